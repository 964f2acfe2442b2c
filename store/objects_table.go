package store

import (
	"database/sql"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// objectTable describes how the objects of one kind are kept: one row each, with id,
// account, created, search, and columns of their own.
type objectTable[T any] struct {
	// name is that of the table.
	name string

	// columns are the kind's own, and values points to them in this order.
	columns []string
	values  func(object *T) []any

	// identity points to what every object has.
	identity func(object *T) identity

	// label is what a search looks through.
	label func(object *T) string

	// missing tells that there is no such object; taken that what must be
	// unique is not, empty where nothing must.
	missing string
	taken   api.FieldError

	// check refuses a change; nil refuses none.
	check func(tx *session, before, after *T) error

	// release clears the references to an object that is about to be deleted,
	// and returns the addresses of links that visitors now see differently; nil
	// where the database clears them by itself. A link that it changes becomes
	// updated at the moment.
	release func(tx *session, object *T, updated sql.NullInt64) ([]shortener.Address, error)

	// revision names the row of revisions that counts the changes; empty for
	// none.
	revision string

	// The statements. "all" is the beginning of one that reads many.
	insert, update, remove, one, all string
}

// withStatements returns the table with its statements written.
func withStatements[T any](t objectTable[T]) *objectTable[T] {
	t.insert = "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ", search, account, created) VALUES (" +
		strings.Repeat("?, ", len(t.columns)) + "?, ?, ?) RETURNING id"
	t.update = "UPDATE " + t.name + " SET " + strings.Join(t.columns, " = ?, ") + " = ?, search = ? WHERE id = ?"
	t.remove = "DELETE FROM " + t.name + " WHERE id = ?"
	t.all = "SELECT id, account, created, " + strings.Join(t.columns, ", ") + " FROM " + t.name
	t.one = t.all + " WHERE id = ? AND account = ?"
	return &t
}

// args returns what both creating and updating write.
func (t *objectTable[T]) args(object *T) []any {
	return append(t.values(object), searchText(t.label(object)))
}

func (t *objectTable[T]) scan(r row, object *T) error {
	identity := t.identity(object)
	return r.Scan(append([]any{identity.id, identity.account, momentScanner{identity.created}}, t.values(object)...)...)
}

// changed tells other processes that an object has changed.
func (t *objectTable[T]) changed(tx *session) error {
	if t.revision == "" {
		return nil
	}
	return oneRow(tx.exec("UPDATE revisions SET value = value + 1 WHERE name = ?", t.revision))
}
