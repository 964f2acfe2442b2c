package caddymodule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"time"

	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/verify"
)

// visitTimeout is how long a short URL may take to answer.
const visitTimeout = 20 * time.Second

// verifyFlags are what the command line says.
type verifyFlags struct {
	sourceAddress, targetAddress string
	devices, languages           []string
	sample, rate, workers, limit int
	asJSON                       bool
}

func verifyCommand() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Opens the short URLs of both sides and compares where they land",
		Long: `Opens every short URL of a move on both sides, as several kinds of visitors, and
compares where they land. It fails where a visitor of one side lands elsewhere
than on the other one, and where one of them does not answer.

Visits are not to be counted: they are HEAD requests, and GET ones where HEAD
does not tell enough, and say that they are a bot's. Linkquay counts these apart
and lets them use up no visit; a provider may do otherwise. Rules for countries
are not tried: all visits come from here.

On a branded domain a short URL is the same on both sides. Name where the one is
reached that DNS does not lead to; it is asked for that domain there:

  caddy linkquay migrate verify --from kr --to native --target-address http://127.0.0.1:8080
  caddy linkquay migrate verify --source-address https://1mm.kr --language en,ko,fr --sample 500`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withMove(cmd, func(ctx context.Context, w *work) error { return w.verify(ctx, cmd, &f) })
		},
	}
	cmd.Flags().StringVar(&f.sourceAddress, "source-address", "", "Where the source is reached, such as https://1mm.kr (default: where DNS says)")
	cmd.Flags().StringVar(&f.targetAddress, "target-address", "", "Where the target is reached (default: where DNS says)")
	cmd.Flags().StringSliceVar(&f.devices, "device", verify.DefaultDevices, "Devices of visitors: desktop, macos, linux, iphone, ipad, android, tablet")
	cmd.Flags().StringSliceVar(&f.languages, "language", verify.DefaultLanguages, "Languages of visitors, each with each device")
	cmd.Flags().IntVar(&f.sample, "sample", 0, "How many links to open, spread over all (default: all)")
	cmd.Flags().IntVar(&f.rate, "rate", verify.DefaultRate.Requests, "Requests a second to each side")
	cmd.Flags().IntVar(&f.workers, "workers", verify.DefaultWorkers, "Links at a time")
	cmd.Flags().IntVar(&f.limit, "limit", verify.DefaultLimit, "How many findings to tell")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "Print JSON")
	return cmd
}

// options returns what the flags say.
func (f *verifyFlags) options(private []netip.Prefix) (verify.Options, error) {
	var o verify.Options
	for name, n := range map[string]int{"sample": f.sample, "rate": f.rate - 1, "workers": f.workers - 1, "limit": f.limit - 1} {
		if n < 0 {
			return o, fmt.Errorf("--%s is too small", name)
		}
	}
	var err error
	if o.Source, err = sideAt(f.sourceAddress, private); err != nil {
		return o, fmt.Errorf("--source-address: %w", err)
	}
	if o.Target, err = sideAt(f.targetAddress, private); err != nil {
		return o, fmt.Errorf("--target-address: %w", err)
	}
	if o.Visitors, err = verify.Matrix(f.devices, f.languages); err != nil {
		return o, err
	}
	o.Sample, o.Workers, o.Limit = f.sample, f.workers, f.limit
	o.Rate = api.Rate{Requests: f.rate, Window: time.Second}
	return o, nil
}

// sideAt is a side that is reached at an address, or where DNS says.
func sideAt(address string, private []netip.Prefix) (verify.Side, error) {
	o := guard.Options{AllowPrivate: private, Timeout: visitTimeout}
	if address == "" {
		return verify.Side{Opener: guard.New(o)}, nil
	}
	via, err := url.Parse(address)
	if err != nil || via.Scheme != "http" && via.Scheme != "https" || via.Hostname() == "" || via.User != nil || cmp.Or(via.Path, "/") != "/" || via.RawQuery != "" {
		return verify.Side{}, errors.New("it must be a scheme and host, such as https://203.0.113.7:8443")
	}
	o.Via = via
	return verify.Side{Opener: guard.New(o), Own: true}, nil
}

// verify runs the command.
func (w *work) verify(ctx context.Context, cmd *cobra.Command, f *verifyFlags) error {
	o, err := f.options(w.app.private)
	if err != nil {
		return err
	}
	branded, err := w.branded(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	o.Move, o.Rows, o.Origin = w.mover.Move, w.mover.Store, w.mover.Target.Origin
	o.Branded = func(host string) bool { return branded[api.HostOf(host)] }
	progress, end := migrate.Show(cmd.ErrOrStderr())
	o.Progress = progress
	report, err := verify.Run(ctx, o)
	end()
	if report == nil {
		return err
	}
	if f.asJSON {
		err = printJSON(cmd, report)
	} else {
		err = report.WriteText(cmd.OutOrStdout())
	}
	return errors.Join(err, report.Err())
}

// branded returns the hosts whose short URLs are the same on both sides. A side
// that cannot tell them, such as one that has been given up, is passed over.
func (w *work) branded(ctx context.Context, warnings io.Writer) (map[string]bool, error) {
	hosts := map[string]bool{}
	var failed []error
	for _, p := range []*migrate.Place{w.mover.Source, w.mover.Target} {
		for _, host := range p.Domains {
			hosts[api.HostOf(host)] = true
		}
		if err := addDomains(ctx, p, hosts); err != nil {
			failed = append(failed, fmt.Errorf("reading the domains of %s: %w", p.Name, err))
		}
	}
	switch len(failed) {
	case 2:
		return nil, errors.Join(failed...)
	case 1:
		if _, err := fmt.Fprintln(warnings, "Warning:", failed[0]); err != nil {
			return nil, err
		}
	}
	return hosts, nil
}

// addDomains adds the domains that a place lists.
func addDomains(ctx context.Context, p *migrate.Place, hosts map[string]bool) error {
	for next := 0; ; {
		page, err := p.List(ctx, adapters.KindDomain, next)
		if err != nil {
			return err
		}
		for i := range page.Records {
			hosts[api.HostOf(gjson.GetBytes(page.Records[i].Document, "domain").String())] = true
		}
		if next = page.Next; next == 0 {
			return nil
		}
	}
}
