package store

import (
	"bufio"
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

// Every link that was acknowledged is there after the process was killed.
func TestStore_SurvivesKill(t *testing.T) {
	for round := range 3 {
		path := filepath.Join(t.TempDir(), "linkquay.db")
		cmd := process(t, "forever", "k", path)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var acknowledged []string
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
			if len(acknowledged) == 500*(round+1) {
				// The rest of the pipe was acknowledged too, and is still read.
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || len(acknowledged) < 500 {
			t.Fatalf("the process ended with %v after %d links: %s", err, len(acknowledged), &stderr)
		}
		s := openPath(t, path)
		for _, alias := range acknowledged {
			if _, err := s.LinkByAlias(t.Context(), "", alias); err != nil {
				t.Errorf("acknowledged link %q is lost: %v", alias, err)
			}
		}
		var check string
		if err := s.pools.lists.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
			t.Errorf("integrity check: %s, %v", check, err)
		}
		mustCreate(t, s, newLink("main", "next"))
	}
}

// A command writes while the server does so without a pause, and both get on.
func TestStore_SecondProcessWritesToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "linkquay.db")
	s := openPath(t, path)
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
				if err := s.CreateLink(t.Context(), newLink("busy", fmt.Sprintf("server-%d-%d", w, i))); err != nil {
					t.Errorf("CreateLink() = %v", err)
					return
				}
			}
		})
	}
	begin := time.Now()
	out, err := process(t, "write", "command", path).CombinedOutput()
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatalf("the second process: %v\n%s", err, out)
	}
	t.Logf("200 creates of the second process took %v", time.Since(begin))
	if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || total != 200 {
		t.Errorf("the second process' links: %d, %v; want 200", total, err)
	}
}

func TestStore_TwoHandles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "linkquay.db")
	a, b := openPath(t, path), openPath(t, path)
	var wg sync.WaitGroup
	for name, s := range map[string]*Store{"a": a, "b": b} {
		for w := range 8 {
			wg.Go(func() {
				for i := range 50 {
					if err := s.CreateLink(t.Context(), newLink("main", fmt.Sprintf("%s-%d-%d", name, w, i))); err != nil {
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
}
