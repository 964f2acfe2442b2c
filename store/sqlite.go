package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Everything that is SQLite's own is in this file.

// beginWrite takes the write lock at once: a transaction that began as a
// reader could fail on its first write, when it is too late to wait.
const beginWrite = "BEGIN IMMEDIATE"

const (
	// lockTimeout is how long a write waits for another process.
	lockTimeout = 5 * time.Second

	// lockPoll is how often the writer looks whether the lock is free. SQLite's
	// own waiting backs off to 100 ms and hardly ever meets the gap between two
	// transactions of a busy process.
	lockPoll = 2 * time.Millisecond
)

// sqliteDialect needs no locks of rows: it has one writer at a time.
var sqliteDialect = &dialect{
	driver: SQLite,
	clock:  "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)",
	beginMigration: func(ctx context.Context, conn *sql.Conn) error {
		return retryBusy(ctx, func() error {
			_, err := conn.ExecContext(ctx, beginWrite)
			return err
		})
	},
}

// openSQLite opens the file at the path, which is made where it is missing.
func openSQLite(ctx context.Context, path string) (_ *pools, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := createFile(path); err != nil {
		return nil, err
	}
	p := &pools{dialect: sqliteDialect, file: path}
	p.checkpoint = p.moveLog
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	p.write, err = sqlitePool(path, 1, url.Values{
		"_busy_timeout": {strconv.FormatInt(lockPoll.Milliseconds(), 10)},
		"_foreign_keys": {"on"},
		"_synchronous":  {"FULL"},
		"_dqs":          {"0"},
	})
	if err != nil {
		return nil, err
	}
	// The mode is kept in the file, so that readers need not ask for it. Two
	// processes that change it at once get "busy" without any waiting.
	err = retryBusy(ctx, func() error {
		var mode string
		if err := p.write.db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
			return err
		}
		if mode != "wal" {
			return fmt.Errorf("the file system cannot hold a write-ahead log (journal mode %s)", mode)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, pool := range []**pool{&p.lookups, &p.lists} {
		*pool, err = sqlitePool(path, max(4, runtime.GOMAXPROCS(0)), url.Values{
			"_busy_timeout": {strconv.FormatInt(lockTimeout.Milliseconds(), 10)},
			"_query_only":   {"on"},
			"_dqs":          {"0"},
		})
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

func sqlitePool(path string, size int, query url.Values) (*pool, error) {
	// A URI keeps characters such as "?" in the path apart from the parameters.
	uri := url.URL{Scheme: "file", OmitHost: true, Path: "/" + strings.TrimPrefix(filepath.ToSlash(path), "/"), RawQuery: query.Encode()}
	connector, err := sqlite.NewConnector(uri.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return &pool{dialect: sqliteDialect, db: db, idle: size}, nil
}

// createFile makes the file with mode 0600 and its folders with mode 0700
// where they are missing. SQLite gives its side files the mode of the file.
func createFile(path string) error {
	var missing []string
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) || dir == filepath.Dir(dir) { //nolint:gosec // The operator names the file.
			break
		}
		missing = append(missing, dir)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil { //nolint:gosec // The operator names the file.
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The operator names the file.
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	// SQLite syncs the folder of its files, but not the folders that we made.
	for _, dir := range missing {
		if err := syncFolder(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	return nil
}

func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path) //nolint:gosec // The operator names the folder.
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// moveLog moves what the write-ahead log holds into the database file, and
// leaves it where another process reads from it.
func (p *pools) moveLog(ctx context.Context) error {
	var busy, log, moved int
	return p.write.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
}

// retryBusy repeats f while another process holds the lock, for lockTimeout at
// most.
func retryBusy(ctx context.Context, f func() error) error {
	deadline := time.Now().Add(lockTimeout)
	for {
		err := f()
		if err == nil || !isBusy(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

func sqliteDuplicate(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func sqliteMistake(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE,
		sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG:
		return true
	}
	return false
}
