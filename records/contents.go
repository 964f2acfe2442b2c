package records

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"github.com/linkquay/linkquay/files"
)

// Folder keeps stored files; *files.Dir is one.
type Folder interface {
	OpenFile(name string) (*os.File, int64, error)
	Put(ctx context.Context, body io.Reader, limit int64) (files.Stored, error)
	Remove(name string) error
}

// maxFile is how large a file may be in bytes.
const maxFile = 1 << 40

// contents puts together what files hold, one at a time.
type contents struct {
	// link is the one whose content comes, or has come; 0 for none.
	link int64
	next int64 // part
	size int64
	hash hash.Hash

	body *io.PipeWriter // nil in a dry run, and once the end is known
	put  chan putResult

	whole  bool
	stored files.Stored
	err    error
}

type putResult struct {
	stored files.Stored
	err    error
}

var (
	errPart     = &RowError{Field: "part", Err: errors.New("is not the next part of the file")}
	errChecksum = &RowError{Field: "sha256", Err: errors.New("is not that of the content")}
)

// add takes the next part. After an error, the rest of the file is passed over.
func (c *contents) add(ctx context.Context, o ImportOptions, r *Content) error {
	if r.Part == 0 {
		c.drop(o.Files)
		*c = contents{link: r.Link, hash: sha256.New()}
		if !o.DryRun {
			c.begin(ctx, o.Files)
		}
	}
	if c.link == r.Link && c.err != nil {
		return nil // it was told before
	}
	err := c.append(r)
	if err != nil {
		c.drop(o.Files)
		c.link, c.err = r.Link, err
	}
	return err
}

// begin starts to store a file; the goroutine ends with the body.
func (c *contents) begin(ctx context.Context, folder Folder) {
	body, w := io.Pipe()
	put := make(chan putResult, 1)
	c.body, c.put = w, put
	go func() {
		stored, err := folder.Put(ctx, body, maxFile)
		// Who writes on learns of it.
		_ = body.CloseWithError(errors.Join(err, io.ErrClosedPipe))
		put <- putResult{stored, err}
	}()
}

func (c *contents) append(r *Content) error {
	if c.link != r.Link || c.link == 0 || c.next != r.Part || c.whole {
		return errPart
	}
	c.next++
	c.size += int64(len(r.Data))
	c.hash.Write(r.Data)
	if c.body != nil {
		if _, err := c.body.Write(r.Data); err != nil {
			return err
		}
	}
	if r.SHA256 == "" {
		return nil
	}
	if r.SHA256 != hex.EncodeToString(c.hash.Sum(nil)) {
		return errChecksum
	}
	c.whole = true
	if c.body == nil {
		return nil
	}
	_ = c.body.Close() // never fails
	c.body = nil
	result := <-c.put
	c.stored = result.stored
	return result.err
}

// drop removes what nobody has taken, and ends what is under way.
func (c *contents) drop(folder Folder) {
	if c.body != nil {
		_ = c.body.CloseWithError(errors.New("the rest of the file is missing")) // never fails
		c.stored = (<-c.put).stored
	}
	if c.stored.Name != "" {
		// What cannot be removed is swept one day.
		_ = folder.Remove(c.stored.Name)
	}
	*c = contents{}
}

var (
	errNoContent = errors.New("what the file holds is neither in this file nor in the folder of files")
	errSize      = &RowError{Field: "file", Err: errors.New("has another size than its content")}
)

// takeContent gives a link the file whose content stands in front of it, or that
// lies in the folder under its name.
func (im *importer) takeContent(ctx context.Context, p *pending, r *Link) error {
	c := &im.contents
	if r.File == nil && r.QR == nil {
		return nil
	}
	name := storedName(r)
	if c.link != p.link || c.link == 0 {
		if name == nil {
			if r.Kind() == KindFile {
				return errNoContent
			}
			return nil
		}
		return im.findStored(ctx, p, r, name)
	}
	stored, size, whole, err := c.stored.Name, c.size, c.whole, c.err
	if err == nil && !whole {
		err = errNoContent
	}
	if err == nil && r.File != nil && r.File.Size != size {
		err = errSize
	}
	if err != nil {
		c.drop(im.o.Files)
		return err
	}
	*c = contents{}
	p.stored = stored
	if r.File != nil {
		r.File.Stored = stored
	} else {
		r.QR.LogoFile = stored
	}
	return nil
}

// findStored looks for the file of a record whose content was not exported.
func (im *importer) findStored(ctx context.Context, p *pending, r *Link, name *string) error {
	f, size, err := im.o.Files.OpenFile(*name)
	switch {
	case err != nil && r.Kind() == KindFile:
		return errNoContent
	case err != nil:
		r.QR.LogoFile = ""
		im.notice(p.line, r, "its logo is neither in this file nor in the folder of files: it has none now")
		return nil
	}
	if r.File != nil && r.File.Size != size {
		err = errSize
	} else {
		err = im.ownStored(ctx, p, f, name)
	}
	return errors.Join(err, f.Close())
}

// ownStored copies a file that a link has already: with one of the two links, it
// would be gone for both.
func (im *importer) ownStored(ctx context.Context, p *pending, f io.Reader, name *string) (err error) {
	if im.stored == nil {
		if im.stored, err = im.target.StoredFiles(ctx); err != nil {
			return err
		}
	}
	if !im.stored[*name] {
		im.stored[*name] = true
		return nil
	}
	if im.o.DryRun {
		return nil
	}
	stored, err := im.o.Files.Put(ctx, f, maxFile)
	if err != nil {
		return err
	}
	p.stored, *name = stored.Name, stored.Name
	return nil
}
