package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"go.uber.org/zap"
)

//go:embed migrations/sqlite/*.sql
var migrationFiles embed.FS

// migrate brings the schema to the newest version that this program knows. The
// whole of it is one transaction under the write lock: of two processes that
// start at once, the second waits and finds nothing left to do, and a process
// that is killed leaves the schema as it was.
func migrate(ctx context.Context, db *sql.DB, folder string, logger *zap.Logger) (err error) {
	migrations, err := fs.Glob(migrationFiles, "migrations/"+folder+"/*.sql")
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()

	err = retryBusy(ctx, func() error {
		_, err := conn.ExecContext(ctx, beginWrite)
		return err
	})
	if err != nil {
		return fmt.Errorf("waiting for other processes: %w", err)
	}
	from, err := applyMigrations(ctx, conn, migrations)
	if err != nil {
		_, rollbackErr := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, rollbackErr)
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	if from < len(migrations) {
		logger.Info("database schema migrated", zap.Int("from", from), zap.Int("to", len(migrations)))
	}
	return nil
}

// applyMigrations runs the files after the schema's version and returns what
// the version was. Files are numbered from 1 without gaps, in order of name.
func applyMigrations(ctx context.Context, conn *sql.Conn, files []string) (version int, err error) {
	if _, err := conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"); err != nil {
		return 0, err
	}
	err = conn.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_version").Scan(&version)
	if err != nil {
		return 0, err
	}
	if version > len(files) {
		return 0, fmt.Errorf("the database has schema version %d and was written by a newer Linkquay; this one knows versions up to %d",
			version, len(files))
	}
	for i, file := range files[version:] {
		script, err := migrationFiles.ReadFile(file)
		if err != nil {
			return 0, err
		}
		if _, err := conn.ExecContext(ctx, string(script)); err != nil {
			return 0, fmt.Errorf("applying %s: %w", file, err)
		}
		if _, err := conn.ExecContext(ctx, "INSERT INTO schema_version (version) VALUES (?)", version+i+1); err != nil {
			return 0, err
		}
	}
	return version, nil
}
