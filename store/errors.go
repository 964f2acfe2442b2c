package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || isMistake(err) {
		return api.AsError(fmt.Errorf("%s: %w", doing, err))
	}
	return unavailable(fmt.Errorf("%s: %w", doing, err))
}

func unavailable(err error) *api.Error {
	return &api.Error{Code: api.Unavailable, Message: "The database is not available. Please try again later.", Err: err}
}

// linkError is codedError for a statement that finds or changes one link.
func linkError(doing string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return &api.Error{Code: api.NotFound, Message: "Link not found. Please try again."}
	}
	if isDuplicate(err) {
		const taken = "That alias is taken. Please choose another one."
		return &api.Error{
			Code:    api.Conflict,
			Message: taken,
			Fields:  []api.FieldError{{Field: "custom", Message: taken}},
		}
	}
	return codedError(doing, err)
}

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
