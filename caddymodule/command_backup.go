package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/store"
)

// What a backup's folder holds.
const (
	backupDatabase = "linkquay.db"
	backupFiles    = "files"
)

func backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup <folder>",
		Short: "Copies the database and the uploaded files, also while the server runs",
		Long: `Copies the database as it is at one moment, and the uploaded files, into a
new folder. The copy of the database is an SQLite file whatever the database is,
and it holds everything: links, statistics, and the hashes of keys.

  caddy linkquay backup backups/monday --config Caddyfile`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) error {
				if err := backup(ctx, s, app.Files, args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "backed up to %s\n", args[0])
				return err
			})
		},
	}
}

func restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore <folder>",
		Short: "Brings a backup into an empty database, while the server is stopped",
		Long: `Reads what "caddy linkquay backup" made into the database and the folder of
files that the configuration names. The database must be empty; it can be of
another kind than the one that was backed up.

  caddy linkquay restore backups/monday --config Caddyfile`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) error {
				// Files first: those that nobody knows do no harm.
				if err := copyFiles(ctx, filepath.Join(args[0], backupFiles), app.Files); err != nil {
					return err
				}
				if err := s.Restore(ctx, filepath.Join(args[0], backupDatabase)); err != nil {
					return err
				}
				if err := adoptFiles(ctx, s, app.Files); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "restored from %s\n", args[0])
				return err
			})
		},
	}
}

// adoptFiles takes the folder for the database that has just been restored.
func adoptFiles(ctx context.Context, s *store.Store, folder string) (err error) {
	instance, err := s.Instance(ctx)
	if err != nil {
		return err
	}
	d, err := files.Open(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Adopt(instance)
}

// backup copies the files before the database and again after it: whatever the
// database names was there in one of the two passes.
func backup(ctx context.Context, s *store.Store, files, to string) error {
	if entries, err := os.ReadDir(to); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty", to)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	copied := filepath.Join(to, backupFiles)
	if err := copyFiles(ctx, files, copied); err != nil {
		return err
	}
	if err := s.Backup(ctx, filepath.Join(to, backupDatabase)); err != nil {
		return err
	}
	return copyFiles(ctx, files, copied)
}

// copyFiles copies what is missing in the folder. A file never changes once it
// has its name. One that is deleted meanwhile is passed over.
func copyFiles(ctx context.Context, from, to string) error {
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		// What begins with a dot is about the folder, or half an upload.
		if _, err := os.Lstat(target); err == nil || strings.HasPrefix(entry.Name(), ".") {
			return nil
		}
		if err := copyFile(path, target); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("copying files: %w", err)
	}
	return nil
}

// copyFile copies a file under another name first, so that half a copy is never
// taken for a whole one.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from) //nolint:gosec // The operator names the folders.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	part := to + ".part"
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // The operator names the folders.
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, to)
}
