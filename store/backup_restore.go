package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"go.uber.org/zap"
)

// Restore copies everything from a file that Backup made into the store, with
// all ids, in one transaction. The store must be empty, as it is after its
// first Open, and may be of the other kind than the one that was backed up: so
// a database moves between SQLite and PostgreSQL. A backup of an older version
// is brought up to date in a copy of it, in the folder for temporary files; one
// of a newer version is refused. Texts that PostgreSQL cannot hold, with NUL or
// what is not UTF-8, get U+FFFD in its place, and the log says how many.
//
// Errors are for the operator, not for clients; after one, nothing is restored.
func (s *Store) Restore(ctx context.Context, from string) (err error) {
	if from, err = filepath.Abs(from); err == nil {
		err = s.restore(ctx, from)
	}
	if err != nil {
		return fmt.Errorf("restoring %s: %w", from, err)
	}
	return nil
}

func (s *Store) restore(ctx context.Context, from string) (err error) {
	if s.isOwnFile(from) {
		return errors.New("that is the database itself")
	}
	source, closeSource, err := openBackup(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	tables, err := readTables(ctx, source.db)
	if err != nil {
		return err
	}
	seeds, err := seededRows(ctx, tables)
	if err != nil {
		return err
	}
	var altered int
	err = s.writer.doLong(ctx, func(tx *session) error {
		r := restoration{ctx: ctx, txCtx: tx.ctx, tables: tables, seeds: seeds, source: source.db}
		if tx.tx != nil {
			r.db = tx.tx
			target := &postgresTarget{ctx: tx.ctx, conn: tx.conn}
			r.target, r.setSequence = target, setPostgresSequence
			defer func() { altered = target.altered }()
			for _, t := range tables {
				if _, err := tx.tx.ExecContext(tx.ctx, "LOCK TABLE "+quoteNames([]string{t.name})+" IN EXCLUSIVE MODE"); err != nil {
					return err
				}
			}
			r.analyze = "ANALYZE "
		} else {
			r.db, r.target, r.setSequence = tx.conn, sqliteTarget{tx.ctx, tx.conn}, setSQLiteSequence
		}
		return r.run()
	})
	if err == nil && altered > 0 {
		s.logger.Warn("texts were altered that PostgreSQL cannot hold", zap.Int("texts", altered))
	}
	return err
}

// restoration is what one Restore has at hand.
type restoration struct {
	// ctx ends the reading, txCtx the writing: to interrupt that of SQLite
	// would end the transaction of other jobs.
	ctx, txCtx context.Context
	tables     []schemaTable

	// seeds are the rows of each table that an empty database has.
	seeds map[string]int

	source      *sql.DB
	db          querier // of the target's transaction
	target      rowTarget
	setSequence func(ctx context.Context, db querier, t schemaTable, last int64) error

	// analyze begins the statement that has a table counted for the planner of
	// queries, which would take it for empty at first; "" for none.
	analyze string
}

func (r *restoration) run() error {
	for _, t := range r.tables {
		n, err := countRows(r.txCtx, r.db, t)
		if err != nil {
			return err
		}
		if n > r.seeds[t.name] {
			return fmt.Errorf("the database is not empty: there are rows in table %s", t.name)
		}
	}
	for _, t := range r.tables {
		if r.seeds[t.name] > 0 {
			if _, err := r.db.ExecContext(r.txCtx, t.deleteRows()); err != nil {
				return err
			}
		}
		if err := copyTable(r.ctx, t, r.source, r.target); err != nil {
			return fmt.Errorf("copying table %s: %w", t.name, err)
		}
		if r.analyze != "" {
			if _, err := r.db.ExecContext(r.txCtx, r.analyze+quoteNames([]string{t.name})); err != nil {
				return err
			}
		}
		if !t.counted {
			continue
		}
		last, err := sqliteSequence(r.ctx, r.source, t)
		if err == nil {
			err = r.setSequence(r.txCtx, r.db, t, last)
		}
		if err != nil {
			return fmt.Errorf("copying the next id of table %s: %w", t.name, err)
		}
	}
	return nil
}

func countRows(ctx context.Context, db querier, t schemaTable) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quoteNames([]string{t.name})).Scan(&n)
	return n, err
}

// seededRows counts what migrations put into an empty database.
func seededRows(ctx context.Context, tables []schemaTable) (seeds map[string]int, err error) {
	empty, err := sqlitePool("empty", 1, url.Values{"mode": {"memory"}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, empty.db.Close()) }()
	if err := migrateSchema(ctx, empty, migrationFiles, zap.NewNop()); err != nil {
		return nil, err
	}
	seeds = map[string]int{}
	for _, t := range tables {
		if seeds[t.name], err = countRows(ctx, empty.db, t); err != nil {
			return nil, err
		}
	}
	return seeds, nil
}

// openBackup opens a backup, or a copy of it where it is of an older version.
func openBackup(ctx context.Context, path string) (p *pool, closeAll func() error, err error) {
	p, version, err := openCopy(ctx, path, url.Values{"mode": {"ro"}, "_query_only": {"on"}})
	if err != nil {
		return nil, nil, err
	}
	known, err := fs.Glob(migrationFiles, "migrations/"+SQLite+"/*.sql")
	switch {
	case err != nil:
	case version == len(known):
		return p, p.db.Close, nil
	case version > len(known):
		err = fmt.Errorf("it has schema version %d and was made by a newer Linkquay; this one knows versions up to %d", version, len(known))
	}
	if err = errors.Join(err, p.db.Close()); err != nil {
		return nil, nil, err
	}

	folder, err := os.MkdirTemp("", "linkquay-restore-")
	if err != nil {
		return nil, nil, err
	}
	p, err = openOlder(ctx, path, filepath.Join(folder, "linkquay.db"))
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(folder))
	}
	return p, func() error { return errors.Join(p.db.Close(), os.RemoveAll(folder)) }, nil
}

// openCopy opens a SQLite database and reads its schema's version.
func openCopy(ctx context.Context, path string, query url.Values) (p *pool, version int, err error) {
	p, err = sqlitePool(path, 1, query)
	if err != nil {
		return nil, 0, err
	}
	err = p.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_version").Scan(&version)
	if err == nil && version == 0 {
		err = errors.New("it has no schema")
	}
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("it is no backup of Linkquay: %w", err), p.db.Close())
	}
	return p, version, nil
}

// openOlder copies the backup and brings the copy up to date.
func openOlder(ctx context.Context, from, to string) (*pool, error) {
	if err := copyFile(from, to); err != nil {
		return nil, err
	}
	p, _, err := openCopy(ctx, to, url.Values{"_foreign_keys": {"on"}, "_dqs": {"0"}})
	if err != nil {
		return nil, err
	}
	if err := migrateSchema(ctx, p, migrationFiles, zap.NewNop()); err != nil {
		return nil, errors.Join(err, p.db.Close())
	}
	return p, nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from) //nolint:gosec // The operator names the file.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // It is in a folder of our own.
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
