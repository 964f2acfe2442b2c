package caddymodule

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/store"
)

// Database says where Linkquay keeps what it knows.
type Database struct {
	// Driver is "sqlite" or "postgres". Default: sqlite.
	Driver string `json:"driver,omitempty"`

	// Source is the path of the database file, or the address of the PostgreSQL
	// database, such as "postgres://user:password@host/name". Placeholders are
	// expanded. Default: linkquay.db in the folder $LINKQUAY_DATA or else
	// linkquay in Caddy's data directory.
	Source string `json:"source,omitempty"`
}

func (d *Database) provision(repl *caddy.Replacer, logger *zap.Logger) error {
	written := d.Source
	d.Source = repl.ReplaceAll(d.Source, "")
	switch d.Driver {
	case "", store.SQLite:
		d.Driver = store.SQLite
		if d.Source == "" {
			d.Source = filepath.Join(dataFolder(repl), "linkquay.db")
		}
		absolute, err := filepath.Abs(d.Source)
		if err != nil {
			return fmt.Errorf("database: %w", err)
		}
		d.Source = absolute
	case store.Postgres:
		if d.Source == "" {
			return errors.New("database: postgres needs an address, such as {env.DATABASE_URL}")
		}
		if d.Source == written {
			logger.Warn("the address of the database stands in the configuration itself; consider a placeholder such as {env.DATABASE_URL}")
		}
	default:
		return fmt.Errorf("database: unknown driver %q: use sqlite or postgres", d.Driver)
	}
	return nil
}

// config returns what opens the database.
func (d *Database) config(logger *zap.Logger) store.Config {
	return store.Config{Driver: d.Driver, Source: d.Source, Logger: logger}
}

// beside returns a path for what belongs to the database and is kept apart from
// it: the database file's own with another ending, or else in the data folder.
func (d *Database) beside(repl *caddy.Replacer, ending string) string {
	if d.Driver == store.SQLite {
		return strings.TrimSuffix(d.Source, filepath.Ext(d.Source)) + ending
	}
	return filepath.Join(dataFolder(repl), "linkquay"+ending)
}

func dataFolder(repl *caddy.Replacer) string {
	if folder := repl.ReplaceAll("{env.LINKQUAY_DATA}", ""); folder != "" {
		return folder
	}
	return filepath.Join(caddy.AppDataDir(), "linkquay")
}
