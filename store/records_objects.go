package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
	"github.com/linkquay/linkquay/records"
)

// maxAlike is how many objects of one name are looked at.
const maxAlike = 100

// writeObject writes an object. The query finds those that may be it.
func writeObject[T comparable](w *recordWriter, t *objectTable[T], o T, where string, args ...any) (records.Outcome, error) {
	if err := w.lock(t.name); err != nil {
		return records.Outcome{}, err
	}
	found, err := candidates(w, t, where, args)
	if err != nil {
		return records.Outcome{}, err
	}
	identity := t.identity(&o)
	wanted, kind := *identity.id, kindOf(t.name)
	for _, was := range found {
		id := *t.identity(&was).id
		if w.claimed[id] || w.p.Claimed(kind, id) || !alike(t, was, o) {
			continue
		}
		w.claimed[id] = true
		return records.Outcome{State: records.Same, ID: id}, nil
	}
	if len(found) > 0 && !strings.HasPrefix(where, whereAlike) {
		was := found[0]
		old := t.identity(&was)
		taken := conflict(t.taken.Field, t.taken.Message)
		if *old.account != *identity.account {
			return records.Outcome{}, taken
		}
		return w.conflicted(*old.id, taken, func() error {
			*identity.id, *identity.created = *old.id, *old.created
			if err := oneRow(w.tx.exec(t.update, append(t.args(&o), *old.id)...)); err != nil {
				return err
			}
			return t.changed(w.tx)
		})
	}
	id, err := w.nextID(t.name, wanted)
	if err != nil || w.p.DryRun {
		return records.Outcome{State: records.Added, ID: id}, err
	}
	if identity.created.IsZero() {
		*identity.created = w.s.stamp()
	}
	insert := "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ", search, account, created, id) VALUES (" +
		strings.Repeat("?, ", len(t.columns)) + "?, ?, ?, ?)"
	if _, err := w.tx.exec(insert, append(t.args(&o), *identity.account, moment(*identity.created), id)...); err != nil {
		return records.Outcome{}, err
	}
	w.claimed[id] = true
	return records.Outcome{State: records.Added, ID: id}, t.changed(w.tx)
}

func candidates[T any](w *recordWriter, t *objectTable[T], where string, args []any) (found []T, err error) {
	rows, err := w.tx.query(t.all+where+" ORDER BY id LIMIT ?", append(args, maxAlike)...)
	if err != nil {
		return nil, err
	}
	err = scanRows(rows, func(r row) error {
		var o T
		err := t.scan(r, &o)
		found = append(found, o)
		return err
	})
	return found, err
}

func kindOf(table string) records.Kind {
	for _, t := range counted {
		if t.table == table {
			return t.kind
		}
	}
	return ""
}

// alike reports whether two objects are alike in all but their ids. A date that is
// not known is like any.
func alike[T comparable](t *objectTable[T], a, b T) bool {
	x, y := t.identity(&a), t.identity(&b)
	*x.id = *y.id
	if y.created.IsZero() {
		*x.created = time.Time{}
	}
	return a == b
}

// account writes an account. One that was seen, and that nobody has set anything
// of, is taken for one that was not.
func (w *recordWriter) account(r *records.Account) (records.Outcome, error) {
	if err := w.lock("accounts"); err != nil {
		return records.Outcome{}, err
	}
	was, err := scanAccount(w.tx.queryRow(selectAccount, r.Name))
	if errors.Is(err, sql.ErrNoRows) {
		id, err := w.nextID("accounts", r.ID)
		if err != nil || w.p.DryRun {
			return records.Outcome{State: records.Added, ID: id}, err
		}
		registered := r.Registered
		if registered.IsZero() {
			registered = w.s.stamp()
		}
		_, err = w.tx.exec("INSERT INTO accounts (id, name, email, password_hash, registered) VALUES (?, ?, ?, ?, ?)",
			id, r.Name, r.Email, r.PasswordHash, moment(registered))
		return records.Outcome{State: records.Added, ID: id}, err
	}
	if err != nil {
		return records.Outcome{}, err
	}
	if was.Email == r.Email && (was.PasswordHash == r.PasswordHash || r.PasswordHash == "") {
		return records.Outcome{State: records.Same, ID: was.ID}, nil
	}
	set := func() error {
		_, err := w.tx.exec("UPDATE accounts SET email = ?, password_hash = ? WHERE id = ?", r.Email, r.PasswordHash, was.ID)
		return err
	}
	if was.Email == "" && was.PasswordHash == "" {
		if w.p.DryRun {
			return records.Outcome{State: records.Added, ID: was.ID}, nil
		}
		return records.Outcome{State: records.Added, ID: was.ID}, set()
	}
	return w.conflicted(was.ID, conflict("name", "The account has another e-mail address or password here."), set)
}

// backend writes the number of a backend. It is kept or refused: it is part of
// ids that clients know.
func (w *recordWriter) backend(r *records.Backend) (records.Outcome, error) {
	if err := w.lock("backends"); err != nil {
		return records.Outcome{}, err
	}
	taken := conflict("id", "The backend has another number here, and ids that clients know of it would not be understood.")
	var id int64
	err := w.tx.queryRow(selectBackendNumber, r.Name).Scan(&id)
	switch {
	case err == nil && (id == r.ID || r.ID == 0):
		return records.Outcome{State: records.Same, ID: id}, nil
	case err == nil:
		return w.conflicted(id, taken, nil)
	case !errors.Is(err, sql.ErrNoRows):
		return records.Outcome{}, err
	}
	if r.ID != 0 {
		if free, err := w.isFree("backends", r.ID); err != nil || !free {
			if err != nil {
				return records.Outcome{}, err
			}
			return w.conflicted(0, taken, nil)
		}
	}
	id, err = w.nextID("backends", r.ID)
	if err != nil || w.p.DryRun {
		return records.Outcome{State: records.Added, ID: id}, err
	}
	_, err = w.tx.exec("INSERT INTO backends (id, name) VALUES (?, ?)", id, r.Name)
	return records.Outcome{State: records.Added, ID: id}, err
}

func (w *recordWriter) secret(r *records.Secret) (records.Outcome, error) {
	var value []byte
	err := w.tx.queryRow("SELECT value FROM secrets WHERE name = ?", r.Name).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if !w.p.DryRun {
			_, err = w.tx.exec("INSERT INTO secrets (name, value) VALUES (?, ?)", r.Name, r.Value)
			return records.Outcome{State: records.Added}, err
		}
		return records.Outcome{State: records.Added}, nil
	case err != nil:
		return records.Outcome{}, err
	case string(value) == string(r.Value):
		return records.Outcome{State: records.Same}, nil
	}
	if w.p.OnConflict != records.Replace {
		// Each database makes its own when it is first used.
		return records.Outcome{State: records.Skipped}, nil
	}
	if !w.p.DryRun {
		_, err = w.tx.exec("UPDATE secrets SET value = ? WHERE name = ?", r.Value, r.Name)
	}
	return records.Outcome{State: records.Replaced}, err
}

func (w *recordWriter) key(r *records.Key) (records.Outcome, error) {
	hash, err := hex.DecodeString(r.KeyHash)
	if err != nil || len(hash) != sha256.Size {
		return records.Outcome{}, api.InvalidField("keyhash", "must be 64 hexadecimal digits")
	}
	scopes, err := api.ParseScopes(strings.Fields(r.Scopes)...)
	if err != nil {
		return records.Outcome{}, api.InvalidField("scopes", err.Error())
	}
	if r.Backend == "" {
		r.Backend = api.NativeBackend
	}
	var account string
	err = w.tx.queryRow("SELECT account FROM keys WHERE hash = ?", hash).Scan(&account)
	switch {
	case err == nil && account == r.Account:
		return records.Outcome{State: records.Same}, nil
	case err == nil:
		return w.conflicted(0, conflict("keyhash", "The key is another account's here."), nil)
	case !errors.Is(err, sql.ErrNoRows):
		return records.Outcome{}, err
	}
	if r.Revoked.IsZero() {
		var id int64
		err := w.tx.queryRow("SELECT id FROM keys WHERE name = ? AND revoked IS NULL", r.Name).Scan(&id)
		if err == nil {
			return w.conflicted(0, conflict("name", errKeyTaken.Message), nil)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return records.Outcome{}, err
		}
	}
	if w.p.DryRun {
		return records.Outcome{State: records.Added}, nil
	}
	k := keys.Record{
		Name: r.Name, Hash: [sha256.Size]byte(hash), Account: r.Account, Backend: r.Backend, Scopes: scopes,
		Created: r.Created, Expires: r.Expires, Revoked: r.Revoked,
	}
	if r.Limited {
		k.Rate = &api.Rate{Requests: int(r.Requests), Window: time.Duration(r.Window) * time.Millisecond}
	}
	return records.Outcome{State: records.Added}, insertKey(w.tx, &k, "")
}
