package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/poll"
)

func copyCommand() *cobra.Command {
	var o migrate.CopyOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "copy",
		Short: "Copies what the target does not have yet",
		Long: `Copies links and what belongs to them to the target, and begins the move where
there is none yet. It may be stopped at any moment, and goes on where it was when
it is run again: nothing is made twice. It fails where links did not get to the
target; "caddy linkquay migrate status --rows failed" says why, and --retry
tries those again.

  caddy linkquay migrate copy --from kr --to native --domain go.example.com`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withSides(cmd, func(ctx context.Context, w *work) error {
				if err := w.begin(ctx, cmd); err != nil {
					return err
				}
				progress, end := migrate.Show(cmd.ErrOrStderr())
				o.Progress = progress
				summary, err := w.mover.Copy(ctx, o)
				end()
				if err == nil && o.Retry {
					_, err = migrate.Retry(ctx, w.mover)
				}
				if err != nil {
					return w.stopped(err)
				}
				if asJSON {
					err = printJSON(cmd, summary)
				} else {
					err = printSummary(cmd, summary)
				}
				if failed := failedRows(summary.Counts); err == nil && failed > 0 {
					err = fmt.Errorf("%d objects are not at the target: see caddy linkquay migrate status --rows failed", failed)
				}
				return err
			})
		},
	}
	copyFlags(cmd)
	cmd.Flags().BoolVar(&o.Retry, "retry", false, "Try again what failed, or was given up, before")
	cmd.Flags().IntVar(&o.Workers, "workers", 0, "How many objects are copied at a time (default 4)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "Print JSON")
	return cmd
}

// begin opens the move, in the phase of copying where it had been rolled back,
// and lets running servers notice a new one.
func (w *work) begin(ctx context.Context, cmd *cobra.Command) error {
	domain, err := w.useCopyFlags(cmd)
	if err != nil {
		return err
	}
	if err := migrate.Backwards(ctx, w.mover); err != nil {
		return readable(err)
	}
	s := w.mover.Store
	wanted := *w.mover.Move
	wanted.Domain = domain
	found := w.find(ctx) == nil
	if w.mover.Move, err = s.OpenMove(ctx, wanted); err != nil {
		return err
	}
	m := w.mover.Move
	if domain != "" && domain != m.Domain {
		if !m.Listed.IsZero() {
			return fmt.Errorf("this move began with --domain %q, which links stand on by now", m.Domain)
		}
		m.Domain = domain
		if err := s.SaveProgress(ctx, m); err != nil {
			return err
		}
	}
	switch m.Phase {
	case migrate.RolledBack:
		if err := s.SetPhase(ctx, m.ID, migrate.RolledBack, migrate.Copying); err != nil {
			return err
		}
		m.Phase = migrate.Copying
	case migrate.Copying, migrate.DualWrite:
		if found {
			return nil
		}
	default:
		return fmt.Errorf("the target answers already (phase %s): there is nothing to copy", m.Phase)
	}
	// Every running server is to notice it first.
	return poll.Rest(ctx, migrate.Settle)
}

// stopped is the error of a copy that did not end.
func (w *work) stopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped; run the same command again to go on")
	}
	return fmt.Errorf("%w; run the same command again to go on", readable(err))
}

func failedRows(counts []migrate.Count) (n int) {
	for _, c := range counts {
		if c.Status == migrate.Failed {
			n += c.Rows
		}
	}
	return n
}

func printSummary(cmd *cobra.Command, s *migrate.Summary) error {
	var b strings.Builder
	fmt.Fprintf(&b, "listed: %d new, %d changed, %d gone at the source\n", s.Added, s.Changed, s.Vanished)
	fmt.Fprintf(&b, "this run: %d copied, %d failed, %d cannot be moved, %d deleted\n\n", s.Copied, s.Failed, s.Skipped, s.Deleted)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "KIND\tSTATUS\tOBJECTS\tALIKE\tDIFFERENT")
	for _, c := range s.Counts {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\n", c.Kind, c.Status, c.Rows, c.Same, c.Different)
	}
	_ = w.Flush()
	_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
	return err
}
