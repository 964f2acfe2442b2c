package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
)

// DefaultAge is how old what nobody knows should be before it is swept: longer
// than any upload takes, and than the database needs to hear of one.
const DefaultAge = 24 * time.Hour

// Sweep removes uploads that never ended and files that nobody knows, both
// when they were not written to for olderThan, and returns how many. It ends
// with the first error of known, so that nothing is removed while the database
// is away, and with the context.
func (d *Dir) Sweep(ctx context.Context, known func(name string) (bool, error), olderThan time.Duration) (int, error) {
	removed := 0
	before := time.Now().Add(-olderThan)
	err := d.each(ctx, ".", func(name string) error {
		switch old, err := d.isOld(name, before); {
		case err != nil || !old:
			return err
		}
		if !isTemp(name) {
			if ok, err := known(name); err != nil || ok {
				return err
			}
		}
		if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		removed++
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("sweeping files: %w", err)
	}
	return removed, nil
}

// each calls do with every name that is one of ours. It reads folders in
// parts, of which the largest has thousands of entries.
func (d *Dir) each(ctx context.Context, folder string, do func(name string) error) error {
	f, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for {
		entries, err := f.ReadDir(256)
		for _, entry := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			name := strings.TrimPrefix(folder+"/"+entry.Name(), "./")
			switch {
			case entry.IsDir() && len(entry.Name()) == 2 && isHex(entry.Name()) && len(name) <= len("ab/cd"):
				err = d.each(ctx, name, do)
			case entry.Type().IsRegular() && (isName(name) || isTemp(name)):
				err = do(name)
			default:
				continue
			}
			if err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

func (d *Dir) isOld(name string, before time.Time) (bool, error) {
	info, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.ModTime().Before(before), err
}

func isTemp(name string) bool {
	digits, ok := strings.CutPrefix(name, tempPrefix)
	return ok && len(digits) == 2*nameBytes && isHex(digits)
}
