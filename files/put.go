package files

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"

	"github.com/dustin/go-humanize"

	"github.com/linkquay/linkquay/api"
)

// Stored is a file that was put.
type Stored struct {
	// Name is random; OpenFile and Remove take it.
	Name string

	// Size is in bytes.
	Size int64

	// ContentType is what the first 512 bytes look like (WHATWG MIME Sniffing),
	// whatever the client said. It may be text/html: serve files as attachments
	// and with nosniff.
	ContentType string

	// SHA256 is the hash of the content.
	SHA256 [sha256.Size]byte
}

// sniffed is how many bytes tell the type.
const sniffed = 512

// Put stores what the body holds, at most limit bytes. When it returns nil, the
// file is on the disk whole and survives a crash; otherwise nothing of it is
// left, and after a crash Sweep removes what is.
//
// Errors are TooLarge over the limit, Unavailable where the disk is full or
// fails, and Invalid where the body ends early. A body's own *api.Error is
// passed on, and so is the context's error: it is looked at between two reads,
// and cannot end one that hangs.
func (d *Dir) Put(ctx context.Context, body io.Reader, limit int64) (Stored, error) {
	temp := tempPrefix + random()
	f, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return Stored{}, notStored(err)
	}
	stored, err := write(ctx, f, body, limit)
	if err == nil {
		err = synced(f.Sync())
	}
	if closing := f.Close(); err == nil {
		err = synced(closing)
	}
	if err == nil {
		stored.Name, err = d.publish(temp)
	}
	if err != nil {
		// Where this fails too, Sweep does it.
		_ = d.root.Remove(temp)
		return Stored{}, err
	}
	return stored, nil
}

// write copies the body to the file.
func write(ctx context.Context, f io.Writer, body io.Reader, limit int64) (Stored, error) {
	var s Stored
	hash := sha256.New()
	head := make([]byte, 0, sniffed)
	buf := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return Stored{}, err
		}
		n, err := body.Read(buf)
		chunk := buf[:n]
		if s.Size += int64(n); s.Size > limit {
			return Stored{}, api.Errorf(api.TooLarge, "The file is over the limit of %s.", humanize.IBytes(uint64(max(limit, 0))))
		}
		hash.Write(chunk)
		head = append(head, chunk[:min(n, sniffed-len(head))]...)
		if _, failed := f.Write(chunk); failed != nil {
			return Stored{}, notStored(failed)
		}
		switch {
		case errors.Is(err, io.EOF):
			s.ContentType = http.DetectContentType(head)
			hash.Sum(s.SHA256[:0])
			return s, nil
		case err != nil:
			return Stored{}, notRead(err)
		}
	}
}

// publish gives an upload that is on the disk its name.
func (d *Dir) publish(temp string) (string, error) {
	digits := random()
	outer, inner := digits[:2], digits[:2]+"/"+digits[2:4]
	name := inner + "/" + digits[4:]
	if err := d.root.MkdirAll(inner, folderMode); err != nil {
		return "", notStored(err)
	}
	if err := d.root.Rename(temp, name); err != nil {
		return "", notStored(err)
	}
	// The new names are on the disk only when their folders are, innermost
	// first: a crash may then leave a file that nobody knows, but no name
	// without a file.
	for _, folder := range []string{inner, outer, "."} {
		if err := d.sync(folder); err != nil {
			_ = d.root.Remove(name)
			return "", notStored(err)
		}
	}
	return name, nil
}

func (d *Dir) sync(folder string) error {
	// Windows keeps names in a journal and has no way to sync a folder.
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func synced(err error) error {
	if err == nil {
		return nil
	}
	return notStored(err)
}

func notStored(err error) error {
	return unavailable("The file could not be stored.", err)
}

// notRead is an error of the body's.
func notRead(err error) error {
	if _, ok := errors.AsType[*api.Error](err); ok || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return api.Errorf(api.TooLarge, "The file is over the limit of %s.", humanize.IBytes(uint64(max(tooLarge.Limit, 0))))
	}
	return &api.Error{Code: api.Invalid, Message: "The upload ended before the file did.", Err: fmt.Errorf("reading an upload: %w", err)}
}
