package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"go.uber.org/zap"
)

// Backup writes a copy of the whole database to a file, as it is at one moment,
// while others read and write. The copy is a SQLite database whatever the
// store's own is, readable by its owner alone; Restore reads it, and a SQLite
// store may be opened on it. The folder is made where it is missing. A file of
// that name is replaced once the copy is complete and on the disk: whatever
// happens, there is the one or the other. What a killed process leaves behind
// has ".partial-" in its name.
//
// Errors are for the operator, not for clients.
func (s *Store) Backup(ctx context.Context, to string) (err error) {
	if to, err = filepath.Abs(to); err == nil {
		err = s.backup(ctx, to)
	}
	if err != nil {
		return fmt.Errorf("backing up to %s: %w", to, err)
	}
	return nil
}

func (s *Store) backup(ctx context.Context, to string) (err error) {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	if s.isOwnFile(to) {
		return errors.New("that is the database itself")
	}
	partial := to + ".partial-" + rand.Text()[:8]
	if err := createFile(partial); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(partial)) //nolint:gosec // The operator names the file.
		}
	}()
	if s.pools.dialect == sqliteDialect {
		err = vacuumInto(ctx, s.pools.file, partial)
	} else {
		err = s.copyToFile(ctx, partial)
	}
	if err != nil {
		return err
	}
	if err := syncFile(partial); err != nil {
		return err
	}
	if err := os.Rename(partial, to); err != nil { //nolint:gosec // The operator names the file.
		return err
	}
	return syncFolder(filepath.Dir(to))
}

// isOwnFile reports whether the path is that of the store's own file.
func (s *Store) isOwnFile(path string) bool {
	if s.pools.dialect != sqliteDialect {
		return false
	}
	own, err := os.Stat(s.pools.file)
	if err != nil {
		return false
	}
	other, err := os.Stat(path) //nolint:gosec // The operator names the file.
	return err == nil && os.SameFile(own, other)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // The operator names the file.
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// vacuumInto copies one state of a SQLite database into an empty file. The
// connections of the store that are not its writer's may write nothing at all.
func vacuumInto(ctx context.Context, from, to string) (err error) {
	p, err := sqlitePool(from, 1, url.Values{"_busy_timeout": {strconv.FormatInt(lockTimeout.Milliseconds(), 10)}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.db.Close()) }()
	_, err = p.db.ExecContext(ctx, "VACUUM INTO ?", to)
	return err
}

// copyToFile copies one state of a PostgreSQL database into an empty file.
func (s *Store) copyToFile(ctx context.Context, path string) (err error) {
	// A file that is not complete is thrown away: it needs no journal.
	target, err := sqlitePool(path, 1, url.Values{
		"_journal_mode": {"OFF"}, "_synchronous": {"OFF"}, "_foreign_keys": {"off"}, "_dqs": {"0"},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.db.Close()) }()
	if err := migrateSchema(ctx, target, migrationFiles, zap.NewNop()); err != nil {
		return err
	}
	tables, err := readTables(ctx, target.db)
	if err != nil {
		return err
	}

	source, err := s.pools.lists.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = source.Rollback() }() // nothing was written
	if _, err := source.ExecContext(ctx, unlimited); err != nil {
		return err
	}
	if err := sameVersion(ctx, source, target.db); err != nil {
		return err
	}

	tx, err := target.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	for _, t := range tables {
		// Migrations have put rows there.
		if _, err := tx.ExecContext(ctx, t.deleteRows()); err != nil {
			return err
		}
		if err := copyTable(ctx, t, source, sqliteTarget{ctx, tx}); err != nil {
			return fmt.Errorf("copying table %s: %w", t.name, err)
		}
		if !t.counted {
			continue
		}
		last, err := postgresSequence(ctx, source, t)
		if err == nil {
			err = setSQLiteSequence(ctx, tx, t, last)
		}
		if err != nil {
			return fmt.Errorf("copying the next id of table %s: %w", t.name, err)
		}
	}
	return tx.Commit()
}
