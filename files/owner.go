package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// ownerName is the file that says whose files lie in the folder.
const ownerName = ".owner"

// Claim takes the folder for an owner, such as the id of a database, or returns
// an error where it is another's: each would sweep the other's files.
func (d *Dir) Claim(owner string) error {
	f, err := d.root.OpenFile(ownerName, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrExist) {
		return d.checkOwner(owner)
	}
	if err == nil {
		_, err = fmt.Fprintln(f, owner)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return fmt.Errorf("claiming the folder of files: %w", err)
	}
	return nil
}

// Adopt takes the folder for an owner, whosever it was.
func (d *Dir) Adopt(owner string) error {
	if err := d.root.Remove(ownerName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("adopting the folder of files: %w", err)
	}
	return d.Claim(owner)
}

func (d *Dir) checkOwner(owner string) error {
	text, err := d.root.ReadFile(ownerName)
	if err != nil {
		return fmt.Errorf("reading whose the folder of files is: %w", err)
	}
	switch found := strings.TrimSpace(string(text)); found {
	case owner:
		return nil
	case "":
		// Whoever wrote it was killed before the first byte.
		return d.Adopt(owner)
	}
	return fmt.Errorf("the folder of files belongs to another database; choose another one, "+
		"or delete the file %s in it if that database is gone", ownerName)
}
