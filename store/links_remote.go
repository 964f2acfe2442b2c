package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/linkquay/linkquay/shortener"
)

const selectRemoteLinks = selectLink + " WHERE l.domain = '' AND l.kind = 'remote' AND l.alias "

// RemoteLinks returns the account's records of links with the ids at another
// backend, in no order and without those that there are none of.
func (s *Store) RemoteLinks(ctx context.Context, account string, ids []int64) (links []shortener.Link, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = shortener.RemoteAlias(account, id)
	}
	tx, err := s.pools.lists.snapshot(ctx)
	if err != nil {
		return nil, codedError("reading remote links", err)
	}
	defer tx.end()

	query := selectRemoteLinks + "IN (?" + strings.Repeat(", ?", len(args)-1) + ")"
	err = tx.eachRow(ctx, query, args, func(r row) error {
		links = append(links, shortener.Link{})
		return scanLink(r, &links[len(links)-1])
	})
	if err == nil {
		found := make([]*shortener.Link, len(links))
		for i := range links {
			found[i] = &links[i]
		}
		err = tx.readChannels(ctx, found)
	}
	if err != nil {
		return nil, codedError("reading remote links", err)
	}
	return links, nil
}

// ChangeRemoteLink changes the account's record of a link with the id at
// another backend, in the way of UpdateLink. Where there is none, change gets
// a new one, whose ID is 0, and it is added.
func (s *Store) ChangeRemoteLink(ctx context.Context, account string, id int64, change func(l *shortener.Link) error) error {
	alias := shortener.RemoteAlias(account, id)
	run := func() error {
		return s.writer.do(ctx, func(tx *session) error {
			var l shortener.Link
			err := readLink(tx, &l, selectRemoteLinks+"= ?"+tx.forUpdate("l"), alias)
			if errors.Is(err, sql.ErrNoRows) {
				return s.addRemoteLink(tx, shortener.NewRemote(account, id), change)
			}
			if err == nil {
				_, err = s.changeLink(tx, &l, change)
			}
			return err
		})
	}
	err := run()
	if isDuplicate(err) {
		// Of two that add it at once, the second finds that of the first.
		err = run()
	}
	return linkError("changing remote link", err)
}

func (s *Store) addRemoteLink(tx *session, l *shortener.Link, change func(l *shortener.Link) error) error {
	if err := change(l); err != nil {
		return err
	}
	link, args, err := s.newLink(l)
	if err != nil {
		return err
	}
	return insertLink(tx, &link, args)
}

// DeleteRemoteLink removes the account's record of a link with the id at
// another backend. That there is none is no error.
func (s *Store) DeleteRemoteLink(ctx context.Context, account string, id int64) error {
	err := s.writer.do(ctx, func(tx *session) error {
		_, err := tx.exec("DELETE FROM links WHERE domain = '' AND alias = ? AND kind = 'remote'", shortener.RemoteAlias(account, id))
		return err
	})
	return codedError("deleting remote link", err)
}
