package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// linked keeps objects that are a link of a kind of its own with an id of
// their own; it is a shortener.Objects[T].
type linked[T any] struct {
	s     *Store
	table *linkedTable[T]
}

// linkedTable describes such objects.
type linkedTable[T any] struct {
	// name is that of the table, which has id, account and link_id.
	name string

	// kind is that of their links.
	kind shortener.Kind

	// parts points to the id and the link.
	parts func(object *T) (id *int64, l *shortener.Link)

	// missing tells that there is no such object.
	missing string

	// The statements. "all" is the beginning of one that reads many.
	insert, one, all string
}

func withLinkedStatements[T any](t linkedTable[T]) *linkedTable[T] {
	t.insert = "INSERT INTO " + t.name + " (account, link_id) VALUES (?, ?) RETURNING id"
	t.all = "SELECT " + linkColumns + ", o.id" + linkTables + " JOIN " + t.name + " o ON o.link_id = l.id"
	t.one = t.all + " WHERE o.id = ? AND o.account = ?"
	return &t
}

// Create adds the object with its link, and sets both ids.
func (o linked[T]) Create(ctx context.Context, object *T, once *shortener.Once) (repeated bool, err error) {
	t := o.table
	created := *object
	_, l := t.parts(&created)
	l.Kind, l.Plain = t.kind, false
	link, args, err := o.s.newLink(l)
	if err != nil {
		return false, codedError("creating in "+t.name, err)
	}
	*l = link
	repeated, err = createOnce(ctx, o.s, once, t.name, object, created, func(tx *session, object *T) (int64, error) {
		id, l := t.parts(object)
		if err := insertLink(tx, l, args); err != nil {
			return 0, err
		}
		err := tx.queryRow(t.insert, l.Account, l.ID).Scan(id)
		return *id, err
	}, func(tx *session, object *T, id int64) error {
		return t.read(tx, object, t.one, id, once.Account)
	})
	if err != nil {
		return false, linkError("creating in "+t.name, err)
	}
	return repeated, nil
}

// Repeated returns the object that was made on the promise before.
func (o linked[T]) Repeated(ctx context.Context, once *shortener.Once) (object *T, found bool, err error) {
	return repeated(ctx, o.s, once, o.table.name, o.Get)
}

// Update changes an object of the account and its link.
func (o linked[T]) Update(ctx context.Context, account string, id int64, change func(object *T) error) (before, after *T, err error) {
	t := o.table
	err = o.s.writer.do(ctx, func(tx *session) error {
		var was T
		if err := t.read(tx, &was, t.one+tx.forUpdate("l"), id, account); err != nil {
			return notFound(err, t.missing)
		}
		is := was
		_, link := t.parts(&was)
		changed, err := o.s.changeLink(tx, link, func(l *shortener.Link) error {
			isID, isLink := t.parts(&is)
			*isLink = *l
			err := change(&is)
			*isID = id
			*l = *isLink
			return err
		})
		if err != nil {
			return err
		}
		_, link = t.parts(&is)
		*link = *changed
		before, after = &was, &is
		return nil
	})
	if err != nil {
		return nil, nil, linkError("updating in "+t.name, err)
	}
	return before, after, nil
}

// Delete removes an object of the account with its link.
func (o linked[T]) Delete(ctx context.Context, account string, id int64) (*T, error) {
	t := o.table
	var object *T
	err := o.s.writer.do(ctx, func(tx *session) error {
		object = new(T)
		if err := t.read(tx, object, t.one+tx.forUpdate("l"), id, account); err != nil {
			return err
		}
		_, l := t.parts(object)
		return o.s.removeLink(tx, l)
	})
	if err != nil {
		return nil, t.codedError("deleting", err)
	}
	return object, nil
}

// Get returns an object of the account.
func (o linked[T]) Get(ctx context.Context, account string, id int64) (*T, error) {
	var object T
	if err := o.table.scan(o.s.pools.lookups.QueryRowContext(ctx, o.table.one, id, account), &object); err != nil {
		return nil, o.table.codedError("reading", err)
	}
	_, l := o.table.parts(&object)
	var err error
	if l.Channels, err = readIDs(o.s.pools.lookups.QueryContext(ctx, selectChannelsOfLink, l.ID)); err != nil {
		return nil, o.table.codedError("reading", err)
	}
	return &object, nil
}

// After returns the account's objects behind an id, in order of id.
func (o linked[T]) After(ctx context.Context, account string, after int64, limit int) (list []T, err error) {
	t := o.table
	err = o.s.readAfter(ctx, t.all+" WHERE o.account = ? AND o.id > ? ORDER BY o.id LIMIT ?", []any{account, after, max(limit, 0)},
		func(r row) error {
			var object T
			err := t.scan(r, &object)
			list = append(list, object)
			return err
		}, func(i int) *shortener.Link {
			_, l := t.parts(&list[i])
			return l
		})
	if err != nil {
		return nil, t.codedError("reading", err)
	}
	return list, nil
}

// List returns a page of the account's objects, newest first.
func (o linked[T]) List(ctx context.Context, account, search string, limit, offset int) (list []T, total int, err error) {
	t := o.table
	count, where, args := "SELECT COUNT(*) FROM "+t.name+" o", " WHERE o.account = ?", []any{account}
	if search != "" {
		pattern, err := likePattern(search)
		if err != nil {
			return nil, 0, err
		}
		count += " JOIN links l ON l.id = o.link_id"
		where += " AND l.search LIKE ? ESCAPE '!'"
		args = append(args, pattern)
	}
	err = o.s.readPage(ctx, page{
		count: count + where,
		query: t.all + where + " ORDER BY o.id DESC",
		args:  args, limit: limit, offset: offset,
		also: func(tx *snapshot) error {
			links := make([]*shortener.Link, len(list))
			for i := range list {
				_, links[i] = t.parts(&list[i])
			}
			return tx.readChannels(ctx, links)
		},
	}, &total, func(r row) error {
		var object T
		err := t.scan(r, &object)
		list = append(list, object)
		return err
	})
	if err != nil {
		return nil, 0, t.codedError("listing", err)
	}
	return list, total, nil
}

func (t *linkedTable[T]) scan(r row, object *T) error {
	id, l := t.parts(object)
	return scanLink(r, l, id)
}

// read reads the one object that the query finds, with its channels.
func (t *linkedTable[T]) read(tx *session, object *T, query string, args ...any) error {
	if err := t.scan(tx.queryRow(query, args...), object); err != nil {
		return err
	}
	_, l := t.parts(object)
	return readChannels(tx, l)
}

// codedError is codedError in the words of the kind.
func (t *linkedTable[T]) codedError(doing string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return &api.Error{Code: api.NotFound, Message: t.missing}
	}
	return codedError(doing+" in "+t.name, err)
}
