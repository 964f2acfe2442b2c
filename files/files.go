// Package files keeps uploaded files in a folder. A file has a random name and
// is there whole or not at all; who it belongs to and what it is called stands
// in the database.
package files

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/linkquay/linkquay/api"
)

// Dir is a folder of files. Several processes may use the same one. It is safe
// for concurrent use; Close ends it.
//
// Files lie as ab/cd/<28 characters>, so that no folder gets too large, and
// uploads that are under way as .upload-<32 characters>. What is called
// otherwise is left alone.
type Dir struct {
	root  *os.Root
	close sync.Once
}

const (
	folderMode = 0o700
	fileMode   = 0o600

	// tempPrefix begins the name of an upload that is under way.
	tempPrefix = ".upload-"

	// nameBytes are 128 random bits: a name is never given twice, and guessing
	// one finds nothing.
	nameBytes = 16
)

// Open returns the folder. It is made with its parents where it is missing,
// readable by its owner alone, and an error says that it cannot be written to.
func Open(dir string) (*Dir, error) {
	if dir == "" {
		return nil, errors.New("opening the folder of files: no folder is named")
	}
	if err := os.MkdirAll(filepath.Clean(dir), folderMode); err != nil {
		return nil, fmt.Errorf("making the folder of files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of files: %w", err)
	}
	d := &Dir{root: root}
	if err := d.try(); err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("writing to the folder of files: %w", err)
	}
	return d, nil
}

// try writes to the folder.
func (d *Dir) try() error {
	name := tempPrefix + random()
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), d.root.Remove(name))
}

// Close ends the folder's use. Files that are open stay readable.
func (d *Dir) Close() (err error) {
	d.close.Do(func() { err = d.root.Close() })
	return err
}

// OpenFile returns a file and its size in bytes; the caller closes it. An error
// is NotFound for a name that no file has, and Unavailable where the disk
// fails. A file that is removed stays readable for those who opened it.
func (d *Dir) OpenFile(name string) (*os.File, int64, error) {
	if !isName(name) {
		return nil, 0, notFound(nil)
	}
	// A link, which this package never makes, leads to something else.
	if info, err := d.root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil, 0, missing(err)
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, 0, missing(err)
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, 0, missing(err)
	}
	return f, info.Size(), nil
}

// Remove removes a file. One that is not there is no error.
func (d *Dir) Remove(name string) error {
	if !isName(name) {
		return nil
	}
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unavailable("The file could not be removed.", err)
	}
	return nil
}

func random() string {
	var b [nameBytes]byte
	// Since Go 1.24 Read never fails.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// isName reports whether a name is one that Put gives: "ab/cd/<28 more>" in
// lower-case hexadecimal digits.
func isName(name string) bool {
	if len(name) != 2*nameBytes+2 || name[2] != '/' || name[5] != '/' {
		return false
	}
	return isHex(name[:2]) && isHex(name[3:5]) && isHex(name[6:])
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

func missing(err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return notFound(err)
	}
	return unavailable("The file cannot be read at present.", err)
}

func notFound(err error) error {
	return &api.Error{Code: api.NotFound, Message: "File not found.", Err: err}
}

func unavailable(message string, err error) error {
	return &api.Error{Code: api.Unavailable, Message: message, Err: err}
}
