package caddymodule

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/store"
)

func backendsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backends",
		Short: "Tells how the remote backends do",
		Long: `Tells how the remote backends do: whether they answer, what is left of their
budgets, where their replies are not what was expected, and how many creates
are in doubt. The running server tells, at its administration API; without one,
what the database knows is told.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			statuses, err := backendStatuses(cmd)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd, statuses)
			}
			return printStatuses(cmd.OutOrStdout(), statuses, time.Now())
		},
	}
	cmd.PersistentFlags().String("address", "", "Address of the administration API (default: that of the configuration)")
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "Print JSON")
	cmd.AddCommand(probeCommand(&asJSON))
	return cmd
}

func probeCommand(asJSON *bool) *cobra.Command {
	return &cobra.Command{
		Use:   "probe [name...]",
		Short: "Finds out which API backends speak, by reads that change nothing",
		Long: `Asks backends, all or those that are named, by reads that change nothing, and
tells what they speak and what to set. The running server asks, within the
budget of the backend; the command does without one, and where the server has
another configuration. It fails where a backend does not speak what is
configured.`,
		RunE: func(cmd *cobra.Command, args []string) error { return probe(cmd, args, *asJSON) },
	}
}

// backendStatuses asks the running server, else the database.
func backendStatuses(cmd *cobra.Command) ([]BackendStatus, error) {
	app, err := configured(cmd)
	if err != nil {
		return nil, err
	}
	var statuses []BackendStatus
	err = askServer(cmd, http.MethodGet, adminBackends, &statuses)
	if !errors.Is(err, errNoServer) {
		return statuses, err
	}
	s, err := store.Open(cmd.Context(), app.Database.config(app.logger))
	if err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(app.adapters) {
		statuses = append(statuses, app.status(cmd.Context(), name, s.Ledger()))
	}
	return statuses, s.Close()
}

func probe(cmd *cobra.Command, names []string, asJSON bool) error {
	app, err := configured(cmd)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		names = sortedKeys(app.adapters)
	}
	_, raw, err := adminAddress(cmd)
	if err != nil {
		return err
	}
	file := &activeConfig{}
	if err := json.Unmarshal(raw, file); err != nil {
		return err
	}
	running := map[string]any{}
	if err := askServer(cmd, http.MethodGet, activeBackends, &running); err != nil && !errors.Is(err, errNoServer) {
		return err
	}
	findings, failed := map[string]*adapters.Finding{}, []error{}
	for _, name := range names {
		finding := new(adapters.Finding)
		if backend, ok := running[name]; ok && reflect.DeepEqual(backend, file.Apps.Linkquay.Backends[name]) {
			err = askServer(cmd, http.MethodPost, adminProbe+"?name="+url.QueryEscape(name), finding)
		} else {
			// The server would judge by a configuration that is not the one in question.
			finding, err = app.probe(cmd.Context(), name)
		}
		switch {
		case err != nil:
			failed = append(failed, err)
			continue
		case !finding.Fits:
			failed = append(failed, fmt.Errorf("backend %q: %s", name, finding.Hint))
		}
		findings[name] = finding
	}
	if asJSON {
		err = printJSON(cmd, findings)
	} else {
		err = printFindings(cmd.OutOrStdout(), findings)
	}
	return errors.Join(append(failed, err)...)
}

// activeBackends is where Caddy's administration API has the backends of the
// active configuration.
const activeBackends = "/config/apps/linkquay/backends"

// activeConfig is the part of a configuration that the backends are in.
type activeConfig struct {
	Apps struct {
		Linkquay struct {
			Backends map[string]any `json:"backends"`
		} `json:"linkquay"`
	} `json:"apps"`
}

// probe asks a backend without a server.
func (a *App) probe(ctx context.Context, name string) (*adapters.Finding, error) {
	if _, ok := a.adapters[name]; !ok {
		return nil, fmt.Errorf("there is no remote backend %q; there are: %s", name, strings.Join(sortedKeys(a.adapters), ", "))
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
	finding, err := r.probe(ctx)
	if err != nil {
		return nil, errors.New(api.AsError(err).Message)
	}
	return finding, nil
}

// offline makes a backend without a database, which can tell its capabilities
// and probe.
func (a *App) offline(name string, client *upstream.Client) (*remote, error) {
	r := &remote{name: name, adapter: a.adapters[name], client: client, drift: drift.New(name, drift.Options{})}
	if err := r.make(a, unopened{native.Capabilities(a.contract)}, nil); err != nil {
		return nil, fmt.Errorf("backend %q: %w", name, err)
	}
	return r, nil
}

// unopened is the native backend without its database: it tells what it does,
// and does none of it.
type unopened struct{ capabilities api.Capabilities }

func (u unopened) Capabilities() api.Capabilities { return u.capabilities }

func (unopened) Do(context.Context, *api.Call) (*api.Reply, error) {
	return nil, api.Errorf(api.Unavailable, "The database is not open.")
}

var errNoServer = errors.New("the administration API has no answer")

// askServer asks the running server and reads its answer into v. The error is
// errNoServer where none runs that knows Linkquay, and where it says no.
func askServer(cmd *cobra.Command, method, uri string, v any) error {
	address, _, err := adminAddress(cmd)
	if err != nil {
		return err
	}
	resp, err := caddycmd.AdminAPIRequest(address, method, uri, nil, nil)
	if err != nil {
		// Caddy tells what the server said in the text of the error alone.
		if _, said, ok := strings.Cut(err.Error(), ": {"); ok && gjson.Valid("{"+said) {
			err = errors.New(gjson.Get("{"+said, "error").String())
		}
		return fmt.Errorf("%w: %w", errNoServer, err)
	}
	defer func() { _ = resp.Body.Close() }()
	return json.NewDecoder(resp.Body).Decode(v)
}

// adminAddress returns where the administration API is, and the configuration
// as JSON.
func adminAddress(cmd *cobra.Command) (address string, raw []byte, err error) {
	given := ""
	if f := cmd.Flag("address"); f != nil {
		given = f.Value.String()
	}
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return "", nil, err
	}
	adapter, err := cmd.Flags().GetString("adapter")
	if err != nil {
		return "", nil, err
	}
	raw, file, _, err = caddycmd.LoadConfig(file, adapter)
	if err != nil {
		return "", nil, err
	}
	address, err = caddycmd.DetermineAdminAPIAddress(given, raw, file, adapter)
	return address, raw, err
}

func printJSON(cmd *cobra.Command, v any) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetIndent("", "\t")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func printFindings(w io.Writer, findings map[string]*adapters.Finding) error {
	for _, name := range sortedKeys(findings) {
		f := findings[name]
		verdict := "fits"
		if !f.Fits {
			verdict = "does not fit: " + f.Hint
		}
		speaks := f.API
		if speaks == "" {
			speaks = "nothing that is known"
		}
		text := fmt.Sprintf("%s: speaks %s; the configuration %s\n", name, speaks, verdict)
		for _, tried := range f.Tried {
			text += "  " + tried + "\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

// printStatuses prints a table, and below it what each backend drifted in.
func printStatuses(to io.Writer, statuses []BackendStatus, now time.Time) error {
	table, rest := "NAME\tADAPTER\tADDRESS\tACCOUNT\tSTATE\tCALLS\tFAILED\tLEFT\tIN DOUBT\n", ""
	for _, s := range statuses {
		state, calls, failures, left := "no server runs", "", "", ""
		if h := s.Health; h != nil {
			state, calls, failures, left = healthText(h, now)
			if h.LastError != "" {
				rest += fmt.Sprintf("%s: last error %s ago: %s\n", s.Name, now.Sub(h.LastFailure).Round(time.Second), h.LastError)
			}
		}
		doubt := "?"
		if s.InDoubt >= 0 {
			doubt = strconv.Itoa(s.InDoubt)
		}
		table += strings.Join([]string{s.Name, s.Adapter, s.Address, s.Account, state, calls, failures, left, doubt}, "\t") + "\n"
		for _, d := range s.Drift {
			rest += fmt.Sprintf("%s: drift: %s: %s %s: %d times, last %s ago\n",
				s.Name, d.Operation, cmp.Or(d.Field, "reply"), strings.ReplaceAll(string(d.Kind), "_", " "), d.N, now.Sub(d.Last).Round(time.Second))
		}
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(w, table); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(to, rest)
	return err
}
