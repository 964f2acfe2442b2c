package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs, from PostgreSQL's Appendix A.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	badCharacter         = "22021"
	untranslatable       = "22P05"
	readOnlyTransaction  = "25006"
	adminShutdown        = "57P01"
	crashShutdown        = "57P02"
)

// sqlState returns the server's code for the error, "" where it is not the
// server's.
func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func postgresDuplicate(err error) bool { return sqlState(err) == uniqueViolation }

func postgresMistake(err error) bool {
	// A job that went on behind a statement that failed.
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	state := sqlState(err)
	if state == "" || state == readOnlyTransaction {
		return false
	}
	switch state[:2] {
	case "0A", "21", "22", "23", "25", "26", "2D", "3B", "3D", "3F", "42", "54":
		return true
	}
	return false
}

// isUnstorable reports whether text was refused for a character: PostgreSQL
// has neither NUL nor what is not UTF-8.
func isUnstorable(err error) bool {
	state := sqlState(err)
	return state == badCharacter || state == untranslatable
}

// isTransient reports whether a job that failed so before its commit may well
// succeed when it is run again.
func isTransient(err error) bool {
	state := sqlState(err)
	return state == serializationFailure || state == deadlockDetected || isLost(err)
}

// isRefused reports whether the server said that it did not commit, so that
// there is no doubt of it.
func isRefused(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	state := sqlState(err)
	return len(state) == 5 && (state[:2] == "23" || state == serializationFailure || state == deadlockDetected)
}

// isLost reports whether the connection was lost. One that could not be made is
// not: trying again at once would not help.
func isLost(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if state := sqlState(err); state != "" {
		return state[:2] == "08" || state == adminShutdown || state == crashShutdown || state == readOnlyTransaction
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed)
}
