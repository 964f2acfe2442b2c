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

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrationFiles embed.FS

// migrateSchema brings the schema to the newest version that the files know. The
// whole of it is one transaction under a lock: of two processes that start at
// once, the second waits and finds nothing left to do, and a process that is
// killed leaves the schema as it was.
func migrateSchema(ctx context.Context, p *pool, files fs.FS, logger *zap.Logger) (err error) {
	migrations, err := fs.Glob(files, "migrations/"+p.dialect.driver+"/*.sql")
	if err != nil {
		return err
	}
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()

	if err := p.dialect.beginMigration(ctx, conn); err != nil {
		return fmt.Errorf("waiting for other processes: %w", err)
	}
	from, err := applyMigrations(ctx, conn, p.dialect, files, migrations)
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
func applyMigrations(ctx context.Context, conn *sql.Conn, d *dialect, files fs.FS, names []string) (version int, err error) {
	if _, err := conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"); err != nil {
		return 0, err
	}
	err = conn.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_version").Scan(&version)
	if err != nil {
		return 0, err
	}
	if version > len(names) {
		return 0, fmt.Errorf("the database has schema version %d and was written by a newer Linkquay; this one knows versions up to %d",
			version, len(names))
	}
	for i, name := range names[version:] {
		script, err := fs.ReadFile(files, name)
		if err != nil {
			return 0, err
		}
		if _, err := conn.ExecContext(ctx, string(script)); err != nil {
			return 0, fmt.Errorf("applying %s: %w", name, err)
		}
		if _, err := conn.ExecContext(ctx, d.rebind("INSERT INTO schema_version (version) VALUES (?)"), version+i+1); err != nil {
			return 0, err
		}
	}
	return version, nil
}
