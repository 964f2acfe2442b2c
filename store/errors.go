package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/linkquay/linkquay/api"
)

var errClosed = errors.New("the store is closed")

// codedError returns err as the *api.Error that the interfaces promise. The
// client's message says nothing about files or SQL.
func codedError(doing string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e
	}
	if isUnstorable(err) {
		return &api.Error{Code: api.Invalid, Message: "The text contains characters that cannot be stored.", Err: fmt.Errorf("%s: %w", doing, err)}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || isMistake(err) {
		return api.AsError(fmt.Errorf("%s: %w", doing, err))
	}
	return unavailable(fmt.Errorf("%s: %w", doing, err))
}

func unavailable(err error) *api.Error {
	return &api.Error{Code: api.Unavailable, Message: "The database is not available. Please try again later.", Err: err}
}

const linkMissing = "Link not found. Please try again."

// linkError is codedError for a statement that finds or changes one link.
func linkError(doing string, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return &api.Error{Code: api.NotFound, Message: linkMissing}
	case !isDuplicate(err):
		return codedError(doing, err)
	case strings.Contains(err.Error(), "external_id"):
		// Both databases name what was violated, by its columns or by its
		// index.
		return conflict("externalid", "Another link has this external id already.")
	}
	return conflict("custom", "That alias is taken. Please choose another one.")
}

// conflict returns the error of a field whose value is taken.
func conflict(field, message string) *api.Error {
	return &api.Error{Code: api.Conflict, Message: message, Fields: []api.FieldError{{Field: field, Message: message}}}
}

// notFound returns the message as an error where a row is missing, and any
// other error as it is.
func notFound(err error, message string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return &api.Error{Code: api.NotFound, Message: message}
	}
	return err
}

// isDuplicate reports whether a unique constraint was violated.
func isDuplicate(err error) bool { return sqliteDuplicate(err) || postgresDuplicate(err) }

// isMistake reports whether the database works but a statement of ours does not.
func isMistake(err error) bool { return sqliteMistake(err) || postgresMistake(err) }

// oneRow returns sql.ErrNoRows where a statement changed nothing.
func oneRow(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return sql.ErrNoRows
}
