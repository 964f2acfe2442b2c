package live

import (
	"fmt"
	"math/bits"
)

// madeThere marks the ids of objects that were made at the target. Those of the
// source are below it: no site is known to count that far. It fits below the
// numbers that the package fleet tells backends by.
//
// Where links have gone on to a further backend, an id that is marked there is
// marked once more by the next lower bit, and so on: the number of leading ones is
// how many moves away the object was made. The bit behind them is 0.
const madeThere int64 = 1 << 39

// marked returns the id by which clients know an object that was made at the
// target. It fails where the id leaves no room for the mark.
func marked(id int64) (int64, error) {
	moves := marks(id)
	rest := id &^ ones(moves)
	if id < 0 || rest >= madeThere>>(moves+1) {
		return 0, fmt.Errorf("the id %d is too large", id)
	}
	return ones(moves+1) | rest, nil
}

// unmarked returns the id at the target of one that is marked.
func unmarked(id int64) int64 {
	moves := marks(id)
	return id&^ones(moves) | ones(max(moves-1, 0))
}

// marks returns how many marks an id has.
func marks(id int64) int {
	if id < madeThere {
		return 0
	}
	return bits.LeadingZeros64(^uint64(id) << (63 - 39))
}

// ones returns an id of so many marks alone.
func ones(moves int) int64 { return madeThere<<1 - madeThere<<1>>moves }
