package caddymodule

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
	"github.com/linkquay/linkquay/store"
)

func keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Makes, lists and revokes API keys, and prints their signature tokens",
	}
	cmd.AddCommand(keyCreateCommand(), keyListCommand(), keyTokenCommand(), keyRevokeCommand())
	return cmd
}

func keyCreateCommand() *cobra.Command {
	var k Key
	var rate string
	cmd := &cobra.Command{
		Use:   "create <name>",
		Short: "Makes an API key and prints it, once",
		Long: `Makes an API key and prints it on standard output. It is kept as a hash
alone and cannot be shown again. Its signature token, with which clients of
YOURLS sign instead of sending the key, is printed beside it.

  caddy linkquay key create partner --backend kr --scopes read,create --rate-limit 120/1m`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) error {
				return createKey(ctx, cmd, app, s, args[0], &k, rate)
			})
		},
	}
	cmd.Flags().StringVar(&k.Account, "account", api.MainAccount, "Account that owns what is made with the key")
	cmd.Flags().StringVar(&k.Backend, "backend", api.NativeBackend, "Backend where the key's links live")
	cmd.Flags().StringSliceVar(&k.Scopes, "scopes", nil, "Scopes: read, create, write, admin (default: read,create,write)")
	cmd.Flags().StringVar(&rate, "rate-limit", "", "Requests and window, such as 120/1m, or off (default: that of the configuration)")
	cmd.Flags().StringVar(&k.Expires, "expires", "", "Date or RFC 3339 time at which the key ends (default: never)")
	return cmd
}

func createKey(ctx context.Context, cmd *cobra.Command, app *App, s *store.Store, name string, k *Key, rate string) error {
	if _, ok := app.Keys[name]; ok {
		return fmt.Errorf("the configuration has a key %q already", name)
	}
	var err error
	if k.RateLimit, err = parseRate(rate); err != nil {
		return err
	}
	plain, err := keys.Generate()
	if err != nil {
		return err
	}
	r, err := k.record(name, plain)
	if err != nil {
		return err
	}
	if err := app.validateKeys(map[string]*Key{name: k}); err != nil {
		return err
	}
	secret, err := s.Secret(ctx, signatureSecret)
	if err != nil {
		return err
	}
	if err := s.CreateKey(ctx, r); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), plain.Reveal()); err != nil {
		return err
	}
	// Beside standard output, so that a script gets the key alone.
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "signature token, for clients of YOURLS: %s\n", keys.Token(secret, r.Hash).Reveal())
	return err
}

func keyListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Lists API keys: those of the configuration and those of the database",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) error {
				ring, err := app.ring(ctx, s)
				if err != nil {
					return err
				}
				table := "NAME\tACCOUNT\tBACKEND\tSCOPES\tRATE LIMIT\tSTATE\n"
				for _, r := range ring.Records() {
					table += fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Account, r.Backend, r.Scopes, rateText(*r.Rate), app.state(r, time.Now()))
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				if _, err := io.WriteString(w, table); err != nil {
					return err
				}
				return w.Flush()
			})
		},
	}
}

func keyTokenCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "token <name>",
		Short: "Prints the signature token of an API key, for clients of YOURLS",
		Long: `Prints the signature token of an API key, also of one of the configuration.
Clients of YOURLS sign with it instead of sending the key.

  caddy linkquay key token partner`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) error {
				ring, err := app.ring(ctx, s)
				if err != nil {
					return err
				}
				secret, err := s.Secret(ctx, signatureSecret)
				if err != nil {
					return err
				}
				for _, r := range ring.Records() {
					if r.Name == args[0] && r.Revoked.IsZero() {
						_, err := fmt.Fprintln(cmd.OutOrStdout(), keys.Token(secret, r.Hash).Reveal())
						return err
					}
				}
				return fmt.Errorf("there is no key %q that opens anything", args[0])
			})
		},
	}
}

func keyRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke <name>",
		Short: "Revokes an API key, also one of the configuration",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) error {
				ring, err := app.ring(ctx, s)
				if err != nil {
					return err
				}
				// A key of the configuration and one of the database may have
				// come to share a name: whoever revokes it means both.
				revoked := 0
				for _, r := range ring.Records() {
					if r.Name != args[0] || !r.Revoked.IsZero() {
						continue
					}
					if err := s.RevokeKey(ctx, &r); err != nil {
						return err
					}
					revoked++
				}
				if revoked == 0 {
					return fmt.Errorf("there is no key %q that could be revoked", args[0])
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "revoked %d key(s) of the name %q\n", revoked, args[0])
				return err
			})
		},
	}
}

// ring returns the keys that the configuration and the database make together.
func (a *App) ring(ctx context.Context, s *store.Store) (*keys.Ring, error) {
	ring, err := keys.NewRing(keys.Config{Configured: a.records, DefaultRate: a.RateLimit.rate(DefaultRequests)})
	if err != nil {
		return nil, err
	}
	stored, err := s.Keys(ctx)
	if err != nil {
		return nil, err
	}
	ring.Load(stored)
	return ring, nil
}

// state says whether a key opens anything, and why not.
func (a *App) state(r keys.Record, now time.Time) string {
	adapter, known := a.adapters[r.Backend]
	switch {
	case !r.Revoked.IsZero():
		return "revoked " + r.Revoked.UTC().Format(time.DateOnly)
	case !known && r.Backend != api.NativeBackend:
		return "its backend is not configured"
	case known && orMain(adapter.Common().Account) != r.Account:
		return "its backend is another account's"
	case r.Expires.IsZero():
		return "active"
	case r.Expires.Before(now):
		return "expired " + r.Expires.UTC().Format(time.DateOnly)
	}
	return "until " + r.Expires.UTC().Format(time.DateOnly)
}

func rateText(r api.Rate) string {
	if r.Requests == 0 {
		return "off"
	}
	return fmt.Sprintf("%d/%s", r.Requests, r.Window)
}

// parseRate reads "120/1m", "off", or nothing.
func parseRate(s string) (*RateLimit, error) {
	switch s {
	case "":
		return nil, nil //nolint:nilnil // No limit of its own is a value here.
	case "off":
		return &RateLimit{Off: true}, nil
	}
	requests, window, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(requests)
	if err != nil {
		return nil, fmt.Errorf("rate-limit must be a number of requests and a window, such as 120/1m, or off")
	}
	l := &RateLimit{Requests: n}
	if err := l.Window.UnmarshalJSON([]byte(strconv.Quote(window))); err != nil {
		return nil, fmt.Errorf("rate-limit: %w", err)
	}
	return l, l.validate()
}
