package store

import (
	"bufio"
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

// Every link that was acknowledged is there after the process was killed in the
// middle of its writes, and no alias was given twice.
func TestStore_SurvivesKill(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		seen := map[string]bool{}
		for round := range 3 {
			acknowledged := killWriting(t, cfg, 500*(round+1))
			s := openConfig(t, cfg)
			for _, alias := range acknowledged {
				if seen[alias] {
					t.Errorf("alias %q was given twice", alias)
				}
				seen[alias] = true
				if _, err := s.LinkByAlias(t.Context(), "", alias); err != nil {
					t.Errorf("acknowledged link %q is lost: %v", alias, err)
				}
			}
			checkWhole(t, s)
			mustCreate(t, s, newLink("main", fmt.Sprint("next", round)))
		}
	})
}

// killWriting lets a process write until it has acknowledged so many links,
// kills it, and returns all that it has acknowledged.
func killWriting(t *testing.T, cfg Config, links int) (acknowledged []string) {
	t.Helper()
	cmd := process(t, "forever", "k", cfg)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == links {
			// The rest of the pipe was acknowledged too, and is still read.
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(acknowledged) < links {
		t.Fatalf("the process ended with %v after %d links: %s", err, len(acknowledged), &stderr)
	}
	return acknowledged
}

// checkWhole reports a database that is damaged or has half of a write.
func checkWhole(t *testing.T, s *Store) {
	t.Helper()
	var links, clicks, addresses int
	err := s.pools.lists.QueryRowContext(t.Context(), `SELECT (SELECT COUNT(*) FROM links), (SELECT COUNT(*) FROM link_clicks),
		(SELECT COUNT(*) FROM (SELECT DISTINCT domain, alias FROM links) AS d)`).Scan(&links, &clicks, &addresses)
	if err != nil || links != clicks || links != addresses {
		t.Errorf("%d links with %d counts and %d addresses, %v; want the same", links, clicks, addresses, err)
	}
	if s.pools.dialect != sqliteDialect {
		return
	}
	var check string
	if err := s.pools.lists.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Errorf("integrity check: %s, %v", check, err)
	}
}

// A command writes while the server does so without a pause, and both get on.
func TestStore_SecondProcessWritesToo(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		s := openConfig(t, cfg)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for w := range 16 {
			wg.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					if err := create(t.Context(), s, newLink("busy", fmt.Sprintf("server-%d-%d", w, i))); err != nil {
						t.Errorf("CreateLink() = %v", err)
						return
					}
				}
			})
		}
		begin := time.Now()
		out, err := process(t, "write", "command", cfg).CombinedOutput()
		close(stop)
		wg.Wait()
		if err != nil {
			t.Fatalf("the second process: %v\n%s", err, out)
		}
		t.Logf("200 creates of the second process took %v", time.Since(begin))
		if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || total != 200 {
			t.Errorf("the second process' links: %d, %v; want 200", total, err)
		}
	})
}

func TestStore_TwoHandles(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		a, b := openConfig(t, cfg), openConfig(t, cfg)
		var wg sync.WaitGroup
		for name, s := range map[string]*Store{"a": a, "b": b} {
			for w := range 8 {
				wg.Go(func() {
					for i := range 50 {
						if err := create(t.Context(), s, newLink("main", fmt.Sprintf("%s-%d-%d", name, w, i))); err != nil {
							t.Errorf("CreateLink() = %v", err)
						}
					}
				})
			}
		}
		wg.Wait()
		for name, s := range map[string]*Store{"a": a, "b": b} {
			if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || total != 800 {
				t.Errorf("handle %s sees %d links, %v; want 800", name, total, err)
			}
		}
	})
}
