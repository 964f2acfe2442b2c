//go:build race

package migrate_test

// raced says that the race detector is on, which makes all of it slower.
const raced = true
