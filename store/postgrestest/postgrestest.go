// Package postgrestest runs private PostgreSQL servers for tests, from the
// programs that are installed, each in a folder of its own and on a free port
// of the loopback address. A server ends with the process of its test, however
// that ends. Where PostgreSQL is not installed, tests that need it are skipped,
// or fail where the environment variable LINKQUAY_REQUIRE_POSTGRES is 1.
package postgrestest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Require is the environment variable that makes tests fail where PostgreSQL is
// missing.
const Require = "LINKQUAY_REQUIRE_POSTGRES"

// password is that of every server. Tests may look for it where no secret
// belongs.
const password = "pg-Secret/1 ?" //nolint:gosec // It guards nothing.

var shared struct {
	sync.Mutex
	server *Server
}

// Database returns the connection string of an empty database on a server that
// all tests of the process share, and which makes nothing durable.
func Database(tb testing.TB) string {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = start(tb)
	}
	return shared.server.Database(tb)
}

// Start returns a server for one test. Settings are like "fsync=on".
func Start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s := start(tb, settings...)
	tb.Cleanup(s.remove)
	return s
}

var databases atomic.Int64

// Database returns the connection string of an empty database on the server.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		tb.Fatalf("connecting to the test's PostgreSQL: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	name := fmt.Sprintf("test%d", databases.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("creating the test's database: %v", err)
	}
	return s.dsn(name)
}

// programs returns the newest folder with PostgreSQL's programs.
func programs(tb testing.TB) string {
	tb.Helper()
	folders := filepath.SplitList(os.Getenv("PATH"))
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well-formed
	slices.Sort(debian)
	slices.Reverse(debian)
	for _, folder := range append(debian, folders...) {
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil { //nolint:gosec // The folders are those of the PATH.
			return folder
		}
	}
	const missing = "PostgreSQL is not installed (no initdb in /usr/lib/postgresql or the PATH)"
	if os.Getenv(Require) == "1" {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
	return ""
}
