package blocklist_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/blocklist"
)

// clock gives every version of a file a moment of its own, whatever the file
// system's resolution.
var clock = time.Now().Add(-time.Hour)

func mustWrite(t *testing.T, path, list string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(time.Second)
	if err := os.Chtimes(path, clock, clock); err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t *testing.T, list string) (*blocklist.List, string, *observer.ObservedLogs) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blocklist.txt")
	mustWrite(t, path, list)
	core, logs := observer.New(zapcore.InfoLevel)
	l, err := blocklist.Open(path, blocklist.Options{Logger: zap.New(core), Every: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return l, path, logs
}

// refresh looks at the file as often as it takes to believe in a change.
func refresh(l *blocklist.List) (changed int) {
	for range 4 {
		if l.Refresh() {
			changed++
		}
	}
	return changed
}

func TestList_Refresh(t *testing.T) {
	l, path, logs := mustOpen(t, "old.example\n")
	if l.Len() != 1 || !l.Blocked("https://old.example/") || l.Blocked("https://new.example/") {
		t.Fatal("the first list is not there")
	}
	if n := refresh(l); n != 0 {
		t.Errorf("an unchanged file was read %d times", n)
	}
	mustWrite(t, path, "new.example\n")
	if l.Refresh() {
		t.Error("a file that has just changed was read")
	}
	mustWrite(t, path, "new.example\nlast.example\n")
	if l.Refresh() {
		t.Error("a file that still changes was read")
	}
	if n := refresh(l); n != 1 {
		t.Errorf("a changed file was read %d times; want once", n)
	}
	if l.Len() != 2 || l.Blocked("https://old.example/") || !l.Blocked("https://new.example/") {
		t.Error("the new list is not there")
	}

	// Another file under the name, of the same length and age.
	other := path + ".new"
	if err := os.WriteFile(other, []byte("ten.example\nlast.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(other, clock, clock); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if n := refresh(l); n != 1 || !l.Blocked("https://ten.example/") {
		t.Errorf("a replaced file was read %d times; want once", n)
	}
	mustWrite(t, path, "")
	if n := refresh(l); n != 1 || l.Len() != 0 {
		t.Errorf("an emptied file was read %d times, %d are left; want once and none", n, l.Len())
	}
	if n := logs.FilterLevelExact(zapcore.ErrorLevel).Len(); n != 0 {
		t.Errorf("%d errors are logged", n)
	}
}

func TestList_Refresh_keepsTheOld(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"missing": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
		"no list": func(t *testing.T, path string) { mustWrite(t, path, "<html>\n<body>\n") },
		"a folder": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, path, logs := mustOpen(t, "old.example\n")
			for round := 1; round <= 2; round++ {
				spoil(t, path)
				if refresh(l)+refresh(l) != 0 || !l.Blocked("https://old.example/") {
					t.Error("the old list is gone")
				}
				if n := logs.FilterLevelExact(zapcore.ErrorLevel).Len(); n != round {
					t.Errorf("%d errors are logged; want %d", n, round)
				}
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
				mustWrite(t, path, "old.example\nback.example\n")
				if n := refresh(l); n != 1 || !l.Blocked("https://back.example/") {
					t.Errorf("the good list was read %d times; want once", n)
				}
			}
		})
	}
}

func TestList_badLines(t *testing.T) {
	l, _, logs := mustOpen(t, "a.example\nwhat is this\nb.example\nand this\n")
	warnings := logs.FilterLevelExact(zapcore.WarnLevel).All()
	if l.Len() != 2 || len(warnings) != 1 || warnings[0].ContextMap()["lines"] != int64(2) || warnings[0].ContextMap()["first"] != int64(2) {
		t.Errorf("Len = %d, warnings %v; want 2 and one of 2 lines", l.Len(), warnings)
	}
}

func TestOpen_fails(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "page")
	mustWrite(t, page, "<html>")
	for _, path := range []string{"", filepath.Join(dir, "missing"), dir, page} {
		if _, err := blocklist.Open(path, blocklist.Options{}); err == nil {
			t.Errorf("Open(%q) has no error", path)
		}
	}
}

func TestList_Watch(t *testing.T) {
	l, path, _ := mustOpen(t, "old.example\n")
	ctx, cancel := context.WithCancel(t.Context())
	changed := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() { l.Watch(ctx, func() { changed <- struct{}{} }) })
	mustWrite(t, path, "new.example\n")
	<-changed
	if !l.Blocked("https://new.example/") {
		t.Error("onChange came before the new list")
	}
	cancel()
	wg.Wait()
}
