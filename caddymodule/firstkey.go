package caddymodule

import (
	"context"
	"fmt"
	"os"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"golang.org/x/term"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
)

// addFirstKey makes an admin key where there is no key at all: none
// configured, none in the database, none in the environment, and no backend
// that takes callers' own. It is written beside the database, to a file that
// only its owner can read, and shown on an interactive terminal, never in a log.
func (a *App) addFirstKey(ctx context.Context) error {
	if len(a.records) > 0 || len(a.forwarding()) > 0 {
		return nil
	}
	db := a.shared.database
	stored, err := db.store.Keys(ctx)
	if err != nil {
		return fmt.Errorf("looking for keys: %w", err)
	}
	if len(stored) > 0 {
		return nil
	}
	key, err := keys.Generate()
	if err != nil {
		return err
	}
	// The file comes first: a key that nobody was told would be worse than a
	// file with a key that does not work, which the next start replaces.
	path := a.Database.beside(caddy.NewReplacer(), ".key")
	if err := writeSecret(path, key); err != nil {
		return fmt.Errorf("writing the first key: %w", err)
	}
	if err := db.store.CreateKey(ctx, &keys.Record{Name: "first", Hash: keys.Hash(key), Scopes: api.ScopeAdmin}); err != nil {
		return fmt.Errorf("storing the first key: %w", err)
	}
	a.logger.Info("made a first API key, since there was none; it is in a file", zap.String("file", path))
	if term.IsTerminal(int(os.Stderr.Fd())) {
		fmt.Fprintf(os.Stderr, "\nYour first API key: %s\n(also in %s)\n\n", key.Reveal(), path)
	}
	return nil
}

// writeSecret writes a file of mode 0600, whatever stood there before.
func writeSecret(path string, secret api.Secret) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // The path is the operator's own.
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(f, secret.Reveal()); err != nil {
		_ = f.Close() // the first error is the one to tell
		return err
	}
	return f.Close()
}
