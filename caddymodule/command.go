package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/store"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "linkquay",
		Short: "Administers Linkquay",
		Long: `Administers the keys of Linkquay, tells of its backends, copies what it keeps,
and moves links from one backend to another.

The commands read the configuration to find the database and open it
themselves. They work whether the server runs or not; a running server notices
a change within a second.

  caddy linkquay key create partner --config Caddyfile
  caddy linkquay key list --config Caddyfile
  caddy linkquay key revoke partner --config Caddyfile
  caddy linkquay backends --config Caddyfile
  caddy linkquay capabilities --config Caddyfile
  caddy linkquay backup backups/monday --config Caddyfile
  caddy linkquay restore backups/monday --config Caddyfile
  caddy linkquay migrate plan --from kr --to native --config Caddyfile
  caddy linkquay export links.jsonl --config Caddyfile
  caddy linkquay import links.jsonl --config Caddyfile`,
		CobraFunc: func(cmd *cobra.Command) {
			cmd.PersistentFlags().StringP("config", "c", "", "Configuration file (default: Caddyfile in the current directory)")
			cmd.PersistentFlags().StringP("adapter", "a", "", "Configuration adapter (default: by the file's name)")
			cmd.PersistentFlags().StringArray("envfile", nil, "File of environment variables, as of caddy run; may be repeated")
			cmd.AddCommand(keyCommand(), backendsCommand(), capabilitiesCommand(), backupCommand(), restoreCommand(),
				migrateCommand(), exportCommand(), importCommand())
		},
	})
}

// configured reads the app's settings from the configuration that the flags
// name, and provisions them without starting anything.
func configured(cmd *cobra.Command) (*App, error) {
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return nil, err
	}
	adapter, err := cmd.Flags().GetString("adapter")
	if err != nil {
		return nil, err
	}
	envFiles, err := cmd.Flags().GetStringArray("envfile")
	if err != nil {
		return nil, err
	}
	for _, f := range envFiles {
		if err := loadEnvironment(f); err != nil {
			return nil, err
		}
	}
	raw, _, _, err := caddycmd.LoadConfig(file, adapter)
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 {
		return nil, errors.New("there is no configuration: name it with --config")
	}
	var cfg struct {
		Apps map[string]json.RawMessage `json:"apps"`
	}
	if err := json.Unmarshal(raw, &cfg); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	settings := cfg.Apps["linkquay"]
	if settings == nil {
		settings = json.RawMessage("{}") // a site can use linkquay without the global option
	}
	ctx, err := caddy.ProvisionContext(&caddy.Config{AppsRaw: caddy.ModuleMap{"linkquay": settings}})
	if err != nil {
		return nil, err
	}
	app, err := ctx.App("linkquay")
	if err != nil {
		return nil, err
	}
	return app.(*App), nil
}

// loadEnvironment sets the variables of a file of lines NAME=value, unless they
// are set already. Empty lines and those that begin with # are passed over.
func loadEnvironment(file string) error {
	text, err := os.ReadFile(file) //nolint:gosec // The operator named it.
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok {
			return fmt.Errorf("%s: a line is not of the form NAME=value", file)
		}
		if _, set := os.LookupEnv(name); set {
			continue
		}
		if unquoted, err := strconv.Unquote(value); err == nil {
			value = unquoted
		}
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// withStore runs a command on the open database of the configuration.
func withStore(cmd *cobra.Command, run func(ctx context.Context, app *App, s *store.Store) error) (err error) {
	app, err := configured(cmd)
	if err != nil {
		return err
	}
	s, err := store.Open(cmd.Context(), app.Database.config(zap.NewNop()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return run(cmd.Context(), app, s)
}
