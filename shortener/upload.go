package shortener

import (
	"context"

	"github.com/linkquay/linkquay/api"
)

// CheckUpload returns the error that CreateUpload would for what is wrong with
// the link, so that no body need be taken in to find out. Another request may
// still take the alias before CreateUpload does.
func (s *Shortener) CheckUpload(ctx context.Context, u *Upload, host string) error {
	l := u.Link
	l.Kind, l.URL = KindFile, ""
	if err := s.prepare(ctx, &l, "", host); err != nil || l.Alias == "" {
		return err
	}
	_, err := s.cfg.Store.LinkByAlias(ctx, l.Domain, l.Alias)
	switch {
	case err == nil:
		return errAliasTaken
	case isCode(err, api.NotFound):
		return nil
	}
	return err
}

// CreateUpload checks the link of a stored file and makes the file
// downloadable there: at the link's alias, or at a random one. The password,
// expiry and click limit of a link hold for it. once may be nil; a repeated
// request reads the first one's file into u. Codes: those of Create.
func (s *Shortener) CreateUpload(ctx context.Context, u *Upload, password, host string, once *Once) (repeated bool, err error) {
	l := &u.Link
	l.Kind, l.Plain, l.URL = KindFile, false, ""
	if err := s.prepare(ctx, l, password, host); err != nil {
		return false, err
	}
	return s.place(ctx, l, func() (bool, error) { return s.cfg.Store.Uploads().Create(ctx, u, once) })
}

// DeleteUpload removes a file of the account and returns what it was, so that
// its copy in the folder of files can go too.
func (s *Shortener) DeleteUpload(ctx context.Context, account string, id int64) (*Upload, error) {
	u, err := s.cfg.Store.Uploads().Delete(ctx, account, id)
	if err != nil {
		return nil, err
	}
	s.forget(&u.Link)
	return u, nil
}
