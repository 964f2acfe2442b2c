package caddymodule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/capabilities"
)

//go:generate go run ../cmd/caddy linkquay capabilities --config ../testdata/capabilities.Caddyfile --format markdown --output ../docs/capabilities.md

func capabilitiesCommand() *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:   "capabilities [backend...]",
		Short: "Tells what backends do with each operation, field and value",
		Long: `Tells what each backend, or those that are named, does with each operation,
field and value of the contract: native, emulated or refused. It asks no server.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			app, err := configured(cmd)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = append([]string{api.NativeBackend}, sortedKeys(app.adapters)...)
			}
			var b bytes.Buffer
			if err := app.writeCapabilities(&b, args, format); err != nil {
				return err
			}
			if output != "" {
				return os.WriteFile(output, b.Bytes(), 0o644) //nolint:gosec // It is for everybody to read.
			}
			_, err = b.WriteTo(cmd.OutOrStdout())
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, json or markdown")
	cmd.Flags().StringVarP(&output, "output", "o", "", "File to write to (default: standard output)")
	return cmd
}

func (a *App) writeCapabilities(b *bytes.Buffer, names []string, format string) error {
	var all []capabilities.Backend
	for _, name := range names {
		c, err := a.capabilities(name)
		if err != nil {
			return err
		}
		all = append(all, capabilities.Backend{Name: name, Operations: adapters.Complete(a.contract, c)})
	}
	switch format {
	case "text":
		return capabilities.Text(b, a.contract, all)
	case "markdown":
		return capabilities.Markdown(b, a.contract, all)
	case "json":
		enc := json.NewEncoder(b)
		enc.SetIndent("", "\t")
		enc.SetEscapeHTML(false)
		return enc.Encode(all)
	}
	return fmt.Errorf("--format must be text, json or markdown, not %q", format)
}

// capabilities returns what a backend does, without a database or a request.
func (a *App) capabilities(name string) (api.Capabilities, error) {
	if name == api.NativeBackend {
		return native.Capabilities(a.contract), nil
	}
	if _, ok := a.adapters[name]; !ok {
		return nil, fmt.Errorf("there is no backend %q", name)
	}
	client, err := upstream.New(a.clientConfig(name))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	r, err := a.offline(name, client)
	if err != nil {
		return nil, err
	}
	return r.whole.Capabilities(), nil
}
