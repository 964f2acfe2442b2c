package files_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/files"
)

func TestDir_Sweep(t *testing.T) {
	d, dir := mustOpen(t)
	known, unknown, young := mustPut(t, d, "known").Name, mustPut(t, d, "unknown").Name, mustPut(t, d, "young").Name
	temp := ".upload-" + strings.Repeat("0", 32)
	youngTemp := ".upload-" + strings.Repeat("1", 32)
	foreign := []string{"README", ".upload-notes", "ab/notes.txt", "ab/cd/notes.txt", "ab/cd/ef/" + strings.Repeat("0", 28), "lost+found/x"}
	for _, name := range append([]string{temp, youngTemp}, foreign...) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-files.DefaultAge - time.Minute)
	for _, name := range append([]string{temp, known, unknown}, foreign...) {
		if err := os.Chtimes(filepath.Join(dir, filepath.FromSlash(name)), old, old); err != nil {
			t.Fatal(err)
		}
	}

	var asked []string
	know := func(name string) (bool, error) {
		asked = append(asked, name)
		return name == known, nil
	}
	n, err := d.Sweep(t.Context(), know, files.DefaultAge)
	if err != nil || n != 2 {
		t.Errorf("Sweep = %d, %v; want 2", n, err)
	}
	slices.Sort(asked)
	if want := []string{known, unknown}; !slices.Equal(asked, slices.Sorted(slices.Values(want))) {
		t.Errorf("asked for %v; want %v", asked, want)
	}
	want := append([]string{known, young, youngTemp}, foreign...)
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(list(t, dir))); !slices.Equal(got, want) {
		t.Errorf("left are %v; want %v", got, want)
	}
}

func TestDir_Sweep_doubt(t *testing.T) {
	d, dir := mustOpen(t)
	mustPut(t, d, "a")
	mustPut(t, d, "b")
	away := errors.New("the database is away")
	if n, err := d.Sweep(t.Context(), func(string) (bool, error) { return false, away }, -time.Hour); n != 0 || !errors.Is(err, away) {
		t.Errorf("Sweep = %d, %v; want 0, %v", n, err, away)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if n, err := d.Sweep(ctx, func(string) (bool, error) { cancel(); return true, nil }, -time.Hour); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("Sweep = %d, %v; want 0, canceled", n, err)
	}
	if n := len(list(t, dir)); n != 2 {
		t.Errorf("%d files are left; want 2", n)
	}
}
