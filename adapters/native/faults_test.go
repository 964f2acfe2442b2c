package native_test

import (
	"context"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

var errAway = &api.Error{Code: api.Unavailable, Message: "The database is not available. Please try again later."}

// away is a store whose database goes away in the middle of a write: after the
// commit or before it, which nobody can tell.
type away struct {
	shortener.Store
	committed bool
}

func (s away) Uploads() shortener.Objects[shortener.Upload] {
	return awayObjects[shortener.Upload]{s.Store.Uploads(), s.committed}
}

func (s away) QRCodes() shortener.Objects[shortener.QRCode] {
	return awayObjects[shortener.QRCode]{s.Store.QRCodes(), s.committed}
}

type awayObjects[T any] struct {
	shortener.Objects[T]
	committed bool
}

func (o awayObjects[T]) Create(ctx context.Context, object *T, once *shortener.Once) (bool, error) {
	if o.committed {
		if _, err := o.Objects.Create(ctx, object, once); err != nil {
			return false, err
		}
	}
	return false, errAway
}

func (o awayObjects[T]) Update(ctx context.Context, account string, id int64, change func(*T) error) (before, after *T, err error) {
	if o.committed {
		if _, _, err := o.Objects.Update(ctx, account, id, change); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, errAway
}

// TestAway makes sure that no file is lost that a row may name.
func TestAway(t *testing.T) {
	for name, committed := range map[string]bool{"BeforeTheCommit": false, "AfterTheCommit": true} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, func(c *shortener.Config) { c.Store = away{c.Store, committed} })
			s.logos.body = picture(t, 20)
			s.refused(api.UploadFile, in{filename: "a", file: strings.NewReader("x")}, api.Unavailable, "")
			s.refused(api.CreateQRCode, in{body: `{"type":"text","data":"x","logo":"https://site.example/1.png"}`}, api.Unavailable, "")
			if len(s.files.kept) != 2 {
				t.Errorf("%d files are kept; want 2", len(s.files.kept))
			}
			if !committed {
				return
			}
			s.refused(api.UpdateQRCode, in{id: 1, body: `{"logo":"https://site.example/2.png"}`}, api.Unavailable, "")
			u, err := s.store.Uploads().Get(t.Context(), "main", 1)
			if err != nil {
				t.Fatal(err)
			}
			q, err := s.store.QRCodes().Get(t.Context(), "main", 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{u.Link.Options.File.Stored, q.Link.Options.QR.LogoFile} {
				if !s.files.kept[file] {
					t.Errorf("the file %q is lost", file)
				}
			}
		})
	}
}

// stale is a store that another process has changed since it was asked for a
// QR code.
type stale struct {
	shortener.Store
	before func()
}

func (s *stale) QRCodes() shortener.Objects[shortener.QRCode] {
	return staleCodes{s.Store.QRCodes(), s}
}

type staleCodes struct {
	shortener.Objects[shortener.QRCode]
	s *stale
}

func (c staleCodes) Update(ctx context.Context, account string, id int64, change func(*shortener.QRCode) error) (before, after *shortener.QRCode, err error) {
	if f := c.s.before; f != nil {
		c.s.before = nil
		f()
	}
	return c.Objects.Update(ctx, account, id, change)
}

// TestQRCodes_TwoUpdates makes sure that two updates that are right alone, but
// not together, do not both succeed.
func TestQRCodes_TwoUpdates(t *testing.T) {
	var store *stale
	s := newSite(t, func(c *shortener.Config) {
		store = &stale{Store: c.Store}
		c.Store = store
	})
	s.logos.body = picture(t, 20)
	s.do(api.CreateQRCode, in{body: `{"type":"text","data":"x"}`})
	long := body(`{'data':'%s'}`, strings.Repeat("x", 2000)) // Too long beside a logo.
	store.before = func() { s.do(api.UpdateQRCode, in{id: 1, body: long}) }
	s.refused(api.UpdateQRCode, in{id: 1, body: `{"logo":"https://site.example/1.png"}`}, api.Invalid, "data")
	s.expect(s.do(api.GetQRCode, in{id: 1}), map[string]string{"details.logo": `""`})
	if len(s.files.kept) != 0 {
		t.Errorf("files stay behind: %v", s.files.kept)
	}
}
