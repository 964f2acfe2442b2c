package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store/postgrestest"
)

// processEnv makes the test binary act as another process on the database:
// "<what> <name> <driver> <source>".
const processEnv = "LINKQUAY_STORE_TEST_PROCESS"

func TestMain(m *testing.M) {
	if v := os.Getenv(processEnv); v != "" {
		if err := otherProcess(context.Background(), v); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// otherProcess opens the database and ("open") closes it again, or ("write")
// creates 200 links, or ("forever") does so from 64 goroutines without end and
// says each alias once it is acknowledged, or ("backups") makes backups to the
// name without end, or ("migrate") stops in the middle of a migration.
func otherProcess(ctx context.Context, v string) error {
	args := strings.SplitN(v, " ", 4)
	what, name := args[0], args[1]
	if what == "migrate" {
		return halfMigration(ctx, Config{Driver: args[2], Source: args[3]})
	}
	s, err := Open(ctx, Config{Driver: args[2], Source: args[3]})
	if err != nil {
		return err
	}
	switch what {
	case "write":
		for i := range 200 {
			if err := create(ctx, s, newLink("main", fmt.Sprintf("%s-%d", name, i))); err != nil {
				return err
			}
		}
	case "backups":
		for {
			fmt.Println("next")
			if err := s.Backup(ctx, name); err != nil {
				return err
			}
		}
	case "forever":
		var wg sync.WaitGroup
		for w := range 64 {
			wg.Go(func() {
				for i := 0; ; i++ {
					// One of its own, and one that all want.
					for _, alias := range []string{fmt.Sprintf("%s-%d-%d-%d", name, os.Getpid(), w, i), fmt.Sprint(name, i)} {
						if err := create(ctx, s, newLink("main", alias)); err != nil {
							if api.AsError(err).Code == api.Conflict {
								continue
							}
							fmt.Fprintln(os.Stderr, err)
							return
						}
						// One write to the pipe, unbuffered: what the parent
						// reads was said before the kill.
						if _, err := fmt.Fprintln(os.Stdout, alias); err != nil {
							return
						}
					}
				}
			})
		}
		wg.Wait()
		return errors.New("the writers ended")
	}
	return s.Close()
}

// halfMigration begins a migration, says so, and never ends it.
func halfMigration(ctx context.Context, cfg Config) error {
	p, err := openPools(ctx, cfg)
	if err != nil {
		return err
	}
	conn, err := p.write.db.Conn(ctx)
	if err != nil {
		return err
	}
	if err := p.dialect.beginMigration(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "CREATE TABLE half (id BIGINT)"); err != nil {
		return err
	}
	fmt.Println("half done")
	<-time.After(time.Hour)
	return errors.New("nobody has killed it")
}

func process(t *testing.T, what, name string, cfg Config) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s %s", processEnv, what, name, cfg.Driver, cfg.Source))
	return cmd
}

// each runs the test on an empty database of every driver.
func each(t *testing.T, test func(t *testing.T, cfg Config)) {
	t.Helper()
	t.Run(SQLite, func(t *testing.T) { test(t, sqliteFile(t)) })
	t.Run(Postgres, func(t *testing.T) { test(t, Config{Driver: Postgres, Source: postgrestest.Database(t)}) })
}

// eachStore is each for a test that needs no more than one open store.
func eachStore(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	each(t, func(t *testing.T, cfg Config) { test(t, openConfig(t, cfg)) })
}

// eachAt is eachStore with a clock.
func eachAt(t *testing.T, now func() time.Time, test func(t *testing.T, s *Store)) {
	t.Helper()
	each(t, func(t *testing.T, cfg Config) {
		cfg.Now = now
		test(t, openConfig(t, cfg))
	})
}

// sqliteFile returns a SQLite database that does not exist yet.
func sqliteFile(tb testing.TB) Config {
	tb.Helper()
	return Config{Driver: SQLite, Source: filepath.Join(tb.TempDir(), "linkquay.db")}
}

// openTemp opens an empty SQLite database.
func openTemp(tb testing.TB) *Store {
	tb.Helper()
	return openConfig(tb, sqliteFile(tb))
}

func openConfig(tb testing.TB, cfg Config) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatalf("Open() = %v", err)
	}
	tb.Cleanup(func() { mustClose(tb, s) })
	return s
}

func mustClose(tb testing.TB, s *Store) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Errorf("Close() = %v", err)
	}
}

func newLink(account, alias string) *shortener.Link {
	return &shortener.Link{Account: account, Alias: alias, URL: "https://example.com/" + alias, Type: "direct"}
}

// create adds a link whatever there is already.
func create(ctx context.Context, s *Store, l *shortener.Link) error {
	_, err := s.CreateLink(ctx, l, shortener.Creation{})
	return err
}

func mustCreate(tb testing.TB, s *Store, l *shortener.Link) *shortener.Link {
	tb.Helper()
	if err := create(tb.Context(), s, l); err != nil {
		tb.Fatalf("CreateLink(%q) = %v", l.Alias, err)
	}
	return l
}

// wantCode reports an error that has not the code, or that tells the client
// what is not for the client.
func wantCode(tb testing.TB, what string, err error, code api.Code) {
	tb.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Code != code {
		tb.Errorf("%s = %v; want %s", what, err, code)
		return
	}
	for _, detail := range []string{"SQL", "sql", "linkquay.db", "/", "constraint", "postgres", "5432"} {
		if strings.Contains(e.Message, detail) {
			tb.Errorf("%s tells the client %q", what, e.Message)
		}
	}
}
