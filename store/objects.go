package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// objects keeps the objects of one kind; it is a shortener.Objects[T].
type objects[T any] struct {
	s     *Store
	table *objectTable[T]
}

// Create adds the object and sets its ID, and Created where it is zero.
func (o objects[T]) Create(ctx context.Context, object *T, once *shortener.Once) (repeated bool, err error) {
	t := o.table
	created := *object
	if identity := t.identity(&created); identity.created.IsZero() {
		*identity.created = o.s.stamp()
	}
	repeated, err = createOnce(ctx, o.s, once, t.name, object, created, func(tx *session, object *T) (int64, error) {
		identity := t.identity(object)
		args := append(t.args(object), *identity.account, moment(*identity.created))
		if err := tx.queryRow(t.insert, args...).Scan(identity.id); err != nil {
			return 0, err
		}
		return *identity.id, t.changed(tx)
	}, func(tx *session, object *T, id int64) error {
		return t.scan(tx.queryRow(t.one, id, once.Account), object)
	})
	if err != nil {
		return false, t.codedError("creating", err)
	}
	return repeated, nil
}

// Repeated returns the object that was made on the promise before.
func (o objects[T]) Repeated(ctx context.Context, once *shortener.Once) (object *T, found bool, err error) {
	return repeated(ctx, o.s, once, o.table.name, o.Get)
}

// Update changes an object of the account; its ID, Account and Created stay.
func (o objects[T]) Update(ctx context.Context, account string, id int64, change func(object *T) error) (before, after *T, err error) {
	t := o.table
	err = o.s.writer.do(ctx, func(tx *session) error {
		var was T
		if err := t.scan(tx.queryRow(t.one+tx.forUpdate(t.name), id, account), &was); err != nil {
			return err
		}
		is := was
		if err := change(&is); err != nil {
			return err
		}
		old, identity := t.identity(&was), t.identity(&is)
		*identity.id, *identity.account, *identity.created = *old.id, *old.account, *old.created
		if t.check != nil {
			if err := t.check(tx, &was, &is); err != nil {
				return err
			}
		}
		if err := oneRow(tx.exec(t.update, append(t.args(&is), id)...)); err != nil {
			return err
		}
		before, after = &was, &is
		return t.changed(tx)
	})
	if err != nil {
		return nil, nil, t.codedError("updating", err)
	}
	return before, after, nil
}

// deleteTimeout is how long a delete may take: it may have to change every link
// of an account.
const deleteTimeout = time.Minute

// Delete removes an object of the account and every reference to it.
func (o objects[T]) Delete(ctx context.Context, account string, id int64) (*T, error) {
	t := o.table
	var object T
	ctx, cancel := context.WithTimeout(ctx, deleteTimeout)
	defer cancel()
	err := o.s.writer.doLong(ctx, func(tx *session) error {
		// Whoever is about to refer to it waits for this lock, so that no
		// reference comes behind those that are cleared.
		if err := t.scan(tx.queryRow(t.one+tx.forUpdate(t.name), id, account), &object); err != nil {
			return err
		}
		var changed []shortener.Address
		if t.release != nil {
			var err error
			if changed, err = t.release(tx, &object, moment(o.s.stamp())); err != nil {
				return err
			}
		}
		if err := oneRow(tx.exec(t.remove, id)); err != nil {
			return err
		}
		if err := t.changed(tx); err != nil || len(changed) == 0 {
			return err
		}
		return o.s.noteChanges(tx, changed)
	})
	if err != nil {
		return nil, t.codedError("deleting", err)
	}
	return &object, nil
}

// Get returns an object of the account.
func (o objects[T]) Get(ctx context.Context, account string, id int64) (*T, error) {
	return o.find(ctx, o.table.one, id, account)
}

// find returns the one object that the query finds.
func (o objects[T]) find(ctx context.Context, query string, args ...any) (*T, error) {
	var object T
	if err := o.table.scan(o.s.pools.lookups.QueryRowContext(ctx, query, args...), &object); err != nil {
		return nil, o.table.codedError("reading", err)
	}
	return &object, nil
}

// After returns the account's objects behind an id, in order of id.
func (o objects[T]) After(ctx context.Context, account string, after int64, limit int) (list []T, err error) {
	t := o.table
	rows, err := o.s.pools.lists.QueryContext(ctx, t.all+" WHERE account = ? AND id > ? ORDER BY id LIMIT ?",
		account, after, max(limit, 0))
	if err == nil {
		err = scanRows(rows, func(r row) error {
			var object T
			err := t.scan(r, &object)
			list = append(list, object)
			return err
		})
	}
	if err != nil {
		return nil, t.codedError("reading", err)
	}
	return list, nil
}

// List returns a page of the account's objects, newest first.
func (o objects[T]) List(ctx context.Context, account, search string, limit, offset int) (list []T, total int, err error) {
	t := o.table
	where, args := " WHERE account = ?", []any{account}
	if search != "" {
		pattern, err := likePattern(search)
		if err != nil {
			return nil, 0, err
		}
		where += " AND search LIKE ? ESCAPE '!'"
		args = append(args, pattern)
	}
	err = o.s.readPage(ctx, page{
		count: "SELECT COUNT(*) FROM " + t.name + where,
		query: t.all + where + " ORDER BY id DESC",
		args:  args, limit: limit, offset: offset,
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

// codedError is codedError in the words of the kind.
func (t *objectTable[T]) codedError(doing string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return &api.Error{Code: api.NotFound, Message: t.missing}
	}
	if isDuplicate(err) && t.taken.Message != "" {
		return conflict(t.taken.Field, t.taken.Message)
	}
	return codedError(doing+" in "+t.name, err)
}

// identity points to what every object has.
type identity struct {
	id      *int64
	account *string
	created *time.Time
}
