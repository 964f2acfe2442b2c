package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

const (
	// noOptions is what most links have; it need not be decoded.
	noOptions = "{}"

	selectLink = `SELECT l.id, l.account, l.domain, l.alias, l.url, l.type, l.password_hash, l.expires, l.public,
		l.meta_title, l.meta_description, l.meta_image, l.description, l.campaign, l.channel, l.options,
		c.clicks, l.created, l.updated
		FROM links l JOIN link_clicks c ON c.link_id = l.id`

	selectLinkByID    = selectLink + " WHERE l.id = ? AND l.account = ?"
	selectLinkByAlias = selectLink + " WHERE l.domain = ? AND l.alias = ?"
)

// CreateLink adds the link and sets its ID, and Created and Updated where they
// are zero.
func (s *Store) CreateLink(ctx context.Context, l *shortener.Link) error {
	created, updated := l.Created, l.Updated
	if created.IsZero() {
		created = s.stamp()
	}
	if updated.IsZero() {
		updated = created
	}
	args, err := linkArgs(l)
	if err != nil {
		return codedError("creating link", err)
	}
	args = append(args, moment(updated), l.Account, moment(created))
	visits := l.Clicks

	var id int64
	err = s.writer.do(ctx, func(tx *session) error {
		err := tx.queryRow(`INSERT INTO links (domain, alias, url, type, password_hash, expires, public,
			meta_title, meta_description, meta_image, description, campaign, channel, options, search,
			updated, account, created)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, args...).Scan(&id)
		if err != nil {
			return err
		}
		_, err = tx.exec("INSERT INTO link_clicks (link_id, clicks) VALUES (?, ?)", id, visits)
		return err
	})
	if err != nil {
		return linkError("creating link", err)
	}
	l.ID, l.Created, l.Updated = id, created, updated
	return nil
}

// UpdateLink changes a link of the account, sets its Updated, and returns it as
// it was and as it is. The link is read and written by one job of the writer.
func (s *Store) UpdateLink(ctx context.Context, account string, id int64, change func(l *shortener.Link) error) (before, after *shortener.Link, err error) {
	var was, is shortener.Link
	updated := s.stamp()
	err = s.writer.do(ctx, func(tx *session) error {
		if err := scanLink(tx.queryRow(selectLinkByID, id, account), &was); err != nil {
			return err
		}
		is = was
		if err := change(&is); err != nil {
			return err
		}
		is.Updated = updated
		args, err := linkArgs(&is)
		if err != nil {
			return err
		}
		return oneRow(tx.exec(`UPDATE links SET domain = ?, alias = ?, url = ?, type = ?, password_hash = ?, expires = ?,
			public = ?, meta_title = ?, meta_description = ?, meta_image = ?, description = ?, campaign = ?, channel = ?,
			options = ?, search = ?, updated = ? WHERE id = ?`, append(args, moment(updated), id)...))
	})
	if err != nil {
		return nil, nil, linkError("updating link", err)
	}
	return &was, &is, nil
}

// DeleteLink removes a link and returns what it was. Its id is never used
// again.
func (s *Store) DeleteLink(ctx context.Context, account string, id int64) (*shortener.Link, error) {
	var link shortener.Link
	err := s.writer.do(ctx, func(tx *session) error {
		if err := scanLink(tx.queryRow(selectLinkByID, id, account), &link); err != nil {
			return err
		}
		return oneRow(tx.exec("DELETE FROM links WHERE id = ?", id))
	})
	if err != nil {
		return nil, linkError("deleting link", err)
	}
	return &link, nil
}

// Link returns a link of the account.
func (s *Store) Link(ctx context.Context, account string, id int64) (*shortener.Link, error) {
	return oneLink(ctx, s.linkByID, id, account)
}

// LinkByAlias returns the link with the alias on the domain, of whatever
// account.
func (s *Store) LinkByAlias(ctx context.Context, domain, alias string) (*shortener.Link, error) {
	return oneLink(ctx, s.linkByAlias, domain, alias)
}

// oneLink looks a link up. Being ready to interrupt a query costs as much as
// finding one row, so that the context is looked at once, before it.
func oneLink(ctx context.Context, stmt *sql.Stmt, args ...any) (*shortener.Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, codedError("reading link", err)
	}
	var link shortener.Link
	if err := scanLink(stmt.QueryRowContext(context.WithoutCancel(ctx), args...), &link); err != nil {
		return nil, linkError("reading link", err)
	}
	return &link, nil
}

// linkArgs returns what both creating and updating write, in the order of their
// statements. It shares no memory with the link.
func linkArgs(l *shortener.Link) ([]any, error) {
	options, err := json.Marshal(l.Options)
	if err != nil {
		return nil, fmt.Errorf("encoding options: %w", err)
	}
	return []any{
		l.Domain, l.Alias, l.URL, l.Type, l.PasswordHash, moment(l.Expires), l.Public,
		l.MetaTitle, l.MetaDescription, l.MetaImage, l.Description, l.Campaign, l.Channel,
		string(options), searchText(l.URL, l.Alias, l.MetaTitle),
	}, nil
}

func scanLink(r row, l *shortener.Link) error {
	var options []byte
	err := r.Scan(&l.ID, &l.Account, &l.Domain, &l.Alias, &l.URL, &l.Type, &l.PasswordHash, momentScanner{&l.Expires},
		&l.Public, &l.MetaTitle, &l.MetaDescription, &l.MetaImage, &l.Description, &l.Campaign, &l.Channel, &options,
		&l.Clicks, momentScanner{&l.Created}, momentScanner{&l.Updated})
	if err != nil {
		return err
	}
	if string(options) == noOptions {
		return nil
	}
	if err := json.Unmarshal(options, &l.Options); err != nil {
		return fmt.Errorf("decoding options of link %d: %w", l.ID, err)
	}
	return nil
}

// stamp returns the present moment as it will be read back.
func (s *Store) stamp() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

var _ shortener.Store = (*Store)(nil)
