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

	"go.uber.org/goleak"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// processEnv makes the test binary act as another process on the database:
// "<what> <name> <path>".
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
// creates 200 links, or ("forever") does so from 16 goroutines without end and
// says each alias once it is acknowledged.
func otherProcess(ctx context.Context, v string) error {
	args := strings.SplitN(v, " ", 3)
	what, name, path := args[0], args[1], args[2]
	s, err := Open(ctx, Config{Path: path})
	if err != nil {
		return err
	}
	switch what {
	case "write":
		for i := range 200 {
			if err := s.CreateLink(ctx, newLink("main", fmt.Sprintf("%s-%d", name, i))); err != nil {
				return err
			}
		}
	case "forever":
		var wg sync.WaitGroup
		for w := range 16 {
			wg.Go(func() {
				for i := 0; ; i++ {
					alias := fmt.Sprintf("%s-%d-%d", name, w, i)
					if err := s.CreateLink(ctx, newLink("main", alias)); err != nil {
						fmt.Fprintln(os.Stderr, err)
						return
					}
					// One write to the pipe, unbuffered: what the parent reads
					// was said before the kill.
					if _, err := fmt.Fprintln(os.Stdout, alias); err != nil {
						return
					}
				}
			})
		}
		wg.Wait()
		return errors.New("the writers ended")
	}
	return s.Close()
}

func process(t *testing.T, what, name, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", processEnv, what, name, path))
	return cmd
}

func openTemp(tb testing.TB) *Store {
	tb.Helper()
	return openPath(tb, filepath.Join(tb.TempDir(), "linkquay.db"))
}

func openPath(tb testing.TB, path string) *Store {
	tb.Helper()
	return openConfig(tb, Config{Path: path})
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

func mustCreate(tb testing.TB, s *Store, l *shortener.Link) *shortener.Link {
	tb.Helper()
	if err := s.CreateLink(tb.Context(), l); err != nil {
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
	for _, detail := range []string{"SQL", "sql", "linkquay.db", "/", "constraint"} {
		if strings.Contains(e.Message, detail) {
			tb.Errorf("%s tells the client %q", what, e.Message)
		}
	}
}
