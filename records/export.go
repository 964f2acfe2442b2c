package records

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Source gives records.
type Source interface {
	// ReadRecords calls visit with every record, one state of all of them, in the
	// order of the kinds. Contents, Header and End are not among them. It ends
	// with the first error.
	ReadRecords(ctx context.Context, o ReadOptions, visit func(Record) error) error
}

// ReadOptions choose records.
type ReadOptions struct {
	// Account is whose records are read, empty for all accounts. What belongs to
	// no account is read for all alone.
	Account string

	// Secrets has hashes of passwords and keys, and secrets, read too.
	Secrets bool
}

// Opener opens stored files; *files.Dir is one.
type Opener interface {
	OpenFile(name string) (*os.File, int64, error)
}

// ExportOptions say what to export.
type ExportOptions struct {
	ReadOptions

	// Files has the contents of uploads and logos; nil leaves them out. Records
	// have the names of their files then, for whoever moves the folder by other
	// means.
	Files Opener

	// Missing is told what could not be read of the files, and the export goes on
	// without it; nil ends the export.
	Missing func(l *Link, err error)

	// Progress is told how many records were written, now and then; nil for
	// nobody.
	Progress func(n int64)
}

// progressEvery is how many records lie between two calls of Progress.
const progressEvery = 1000

// Export writes everything that the source has, and returns how many records
// that are.
func Export(ctx context.Context, s Source, w Writer, o ExportOptions) (int64, error) {
	e := exporter{w: w, o: o}
	if err := w.Write(&Header{Version: Version, Secrets: o.Secrets, Files: o.Files != nil}); err != nil {
		return 0, err
	}
	err := s.ReadRecords(ctx, o.ReadOptions, func(r Record) error {
		if l, ok := r.(*Link); ok {
			if err := e.contents(ctx, l); err != nil {
				return err
			}
		}
		return e.write(r)
	})
	if err == nil {
		err = w.Write(&End{Records: e.records})
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return e.records, fmt.Errorf("exporting: %w", err)
	}
	return e.records, nil
}

type exporter struct {
	w       Writer
	o       ExportOptions
	records int64
}

func (e *exporter) write(r Record) error {
	e.records++
	if e.o.Progress != nil && e.records%progressEvery == 0 {
		e.o.Progress(e.records)
	}
	return e.w.Write(r)
}

// storedName points to the name of a link's stored file, nil where it has none.
func storedName(l *Link) *string {
	switch {
	case l.File != nil && l.File.Stored != "":
		return &l.File.Stored
	case l.QR != nil && l.QR.LogoFile != "":
		return &l.QR.LogoFile
	}
	return nil
}

// contents writes what the file of a link holds. Its name in the folder is of no
// use elsewhere.
func (e *exporter) contents(ctx context.Context, l *Link) error {
	name := storedName(l)
	if name == nil || e.o.Files == nil {
		return nil
	}
	f, _, err := e.o.Files.OpenFile(*name)
	if err != nil {
		if e.o.Missing == nil {
			return fmt.Errorf("reading the file of %s: %w", Label(l), err)
		}
		e.o.Missing(l, err)
		return nil
	}
	err = e.content(ctx, l.LinkID(), f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	*name = ""
	return nil
}

// partSize is how many bytes a record has of a file: as Base64 they are 32,000
// characters, which is less than a cell of a spreadsheet may have.
const partSize = 24_000

func (e *exporter) content(ctx context.Context, link int64, f io.Reader) error {
	hash := sha256.New()
	buf := make([]byte, partSize)
	for part := int64(0); ; part++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(f, buf)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		hash.Write(buf[:n])
		c := &Content{Link: link, Part: part, Data: buf[:n]}
		if last {
			c.SHA256 = hex.EncodeToString(hash.Sum(nil))
		}
		if err := e.write(c); err != nil || last {
			return err
		}
	}
}

// Label names a record for people, without secrets.
func Label(r Record) string {
	name := ""
	switch r := r.(type) {
	case *Account:
		name = r.Name
	case *Backend:
		name = r.Name
	case *Secret:
		name = r.Name
	case *Key:
		name = r.Name
	case *Domain:
		name = r.Host
	case *Pixel:
		name = r.Type + " " + r.Name
	case *Splash:
		name = r.Name
	case *Overlay:
		name = r.Name
	case *Campaign:
		name = r.Name
	case *Channel:
		name = r.Name
	case *Link:
		name = r.Domain + "/" + r.Alias
	case *Retired:
		name = r.Domain + "/" + r.Alias
	case *Ledger:
		name = r.ShortURL
	}
	if name == "" {
		return string(r.Kind())
	}
	return string(r.Kind()) + " " + shown(name)
}
