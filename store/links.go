package store

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

// CreateLink adds the link and sets its ID, and Created and Updated where they
// are zero; or it reads the link that was made before into l.
func (s *Store) CreateLink(ctx context.Context, l *shortener.Link, how shortener.Creation) (existing bool, err error) {
	link, args, err := s.newLink(l)
	if err != nil {
		return false, codedError("creating link", err)
	}
	var reused bool
	existing, err = createOnce(ctx, s, how.Once, onceLink, l, link, func(tx *session, l *shortener.Link) (_ int64, err error) {
		reused = false
		if how.Reuse && link.Plain && link.Kind == shortener.KindLink {
			if reused, err = findPlain(tx, &link, l); reused || err != nil {
				return l.ID, err
			}
		}
		err = insertLink(tx, l, args)
		return l.ID, err
	}, func(tx *session, l *shortener.Link, id int64) error {
		return readLink(tx, l, selectLinkByID, id, link.Account)
	})
	if err != nil {
		return false, linkError("creating link", err)
	}
	return existing || reused, nil
}

// RepeatedLink returns the link that was made on the promise before.
func (s *Store) RepeatedLink(ctx context.Context, once *shortener.Once) (l *shortener.Link, found bool, err error) {
	return repeated(ctx, s, once, onceLink, s.Link)
}

// UpdateLink changes a link of the account, sets its Updated, and returns it as
// it was and as it is. The link is read and written by one job of the writer.
func (s *Store) UpdateLink(ctx context.Context, account string, id int64, change func(l *shortener.Link) error) (before, after *shortener.Link, err error) {
	err = s.writer.do(ctx, func(tx *session) error {
		before = &shortener.Link{}
		err := readLink(tx, before, selectLinkByID+tx.forUpdate("l"), id, account)
		if err == nil {
			after, err = s.changeLink(tx, before, change)
		}
		return err
	})
	if err != nil {
		return nil, nil, linkError("updating link", err)
	}
	return before, after, nil
}

// DeleteLink removes a link and returns what it was. Its id is never used
// again.
func (s *Store) DeleteLink(ctx context.Context, account string, id int64) (*shortener.Link, error) {
	var link shortener.Link
	err := s.writer.do(ctx, func(tx *session) error {
		link = shortener.Link{}
		if err := readLink(tx, &link, selectLinkByID+tx.forUpdate("l"), id, account); err != nil {
			return err
		}
		return s.removeLink(tx, &link)
	})
	if err != nil {
		return nil, linkError("deleting link", err)
	}
	return &link, nil
}

// Link returns a link of the account.
func (s *Store) Link(ctx context.Context, account string, id int64) (*shortener.Link, error) {
	l, err := oneLink(ctx, s.linkByID, id, account)
	if err != nil {
		return nil, err
	}
	if l.Channels, err = readIDs(s.pools.lookups.QueryContext(ctx, selectChannelsOfLink, id)); err != nil {
		return nil, codedError("reading channels of a link", err)
	}
	return l, nil
}

// LinkByAlias returns the link with the alias on the domain, of whatever
// account.
func (s *Store) LinkByAlias(ctx context.Context, domain, alias string) (*shortener.Link, error) {
	return oneLink(ctx, s.linkByAlias, domain, alias)
}

// oneLink looks a link up. Being ready to interrupt a query costs as much as
// finding one row, so that the context is looked at once, before it.
func oneLink(ctx context.Context, stmt *statement, args ...any) (*shortener.Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, codedError("reading link", err)
	}
	var link shortener.Link
	if err := scanLink(stmt.QueryRowContext(context.WithoutCancel(ctx), args...), &link); err != nil {
		return nil, linkError("reading link", err)
	}
	return &link, nil
}

// stamp returns the present moment as it will be read back.
func (s *Store) stamp() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

var _ shortener.Store = (*Store)(nil)
