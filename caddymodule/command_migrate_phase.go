package caddymodule

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

func dualWriteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "dual-write",
		Short: "Has servers bring to the target what clients write",
		Long: `Begins the phase dual_write: the source answers, and what clients write there
is brought to the target in the same order. It needs a copy that has ended.

  caddy linkquay migrate dual-write --from kr --to native`,
		Args: cobra.NoArgs,
		RunE: phase(func(ctx context.Context, _ *cobra.Command, w *work) error {
			return migrate.BeginDualWrite(ctx, w.mover)
		}),
	}
}

func cutoverCommand() *cobra.Command {
	var o migrate.CutOverOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "cutover",
		Short: "Has the target answer, if both sides are alike",
		Long: `Brings over what is missing, compares both sides by meaning, and begins the
phase cutover: the target answers, and what clients write there is brought back
to the source, so that a rollback costs nothing. Where fewer links than
--min-parity percent are alike, nothing changes and the command fails;
"caddy linkquay migrate status --rows different" names the others.

  caddy linkquay migrate cutover --from kr --to native --min-parity 99.9`,
		Args: cobra.NoArgs,
		RunE: phase(func(ctx context.Context, cmd *cobra.Command, w *work) error {
			if err := w.useAliases(cmd); err != nil {
				return err
			}
			progress, end := migrate.Show(cmd.ErrOrStderr())
			o.Progress = progress
			parity, err := migrate.CutOver(ctx, w.mover, o)
			end()
			if parity != nil {
				if asJSON {
					err = errors.Join(err, printJSON(cmd, parity))
				} else {
					_, printErr := fmt.Fprintln(cmd.OutOrStdout(), parity)
					err = errors.Join(err, printErr)
				}
			}
			return err
		}),
	}
	aliasesFlag(cmd)
	cmd.Flags().Float64Var(&o.MinParity, "min-parity", migrate.DefaultMinParity, "Percent of links that must be alike")
	cmd.Flags().BoolVar(&o.Deep, "deep", false, "Read every link at the source again")
	cmd.Flags().BoolVar(&asJSON, "json", false, "Print JSON")
	return cmd
}

func doneCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "done",
		Short: "Leaves the source alone",
		Long: `Begins the phase done: the target answers, and nothing is brought back to the
source any more. What clients write is noted all the same, so that a rollback can
bring it back.

  caddy linkquay migrate done --from kr --to native`,
		Args: cobra.NoArgs,
		RunE: phase(func(ctx context.Context, _ *cobra.Command, w *work) error {
			return migrate.Finish(ctx, w.mover)
		}),
	}
}

func rollbackCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rollback",
		Short: "Has the source answer again",
		Long: `Brings back to the source what clients have written at the target, and has the
source answer again. The ids of links stay. What was copied stays at the target,
and "caddy linkquay migrate copy" begins anew.

  caddy linkquay migrate rollback --from kr --to native`,
		Args: cobra.NoArgs,
		RunE: phase(func(ctx context.Context, cmd *cobra.Command, w *work) error {
			progress, end := migrate.Show(cmd.ErrOrStderr())
			defer end()
			return migrate.RollBack(ctx, w.mover, progress)
		}),
	}
}

// phase runs what changes the phase of a move, and tells the new one.
func phase(change func(ctx context.Context, cmd *cobra.Command, w *work) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		return withMove(cmd, func(ctx context.Context, w *work) error {
			if err := change(ctx, cmd, w); err != nil {
				return readable(err)
			}
			if err := w.find(ctx); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.ErrOrStderr(), "the move from %s to %s is in the phase %s\n",
				w.mover.Source.Name, w.mover.Target.Name, w.mover.Move.Phase)
			return err
		})
	}
}

// readable is a coded error as an operator reads it.
func readable(err error) error {
	if coded, ok := errors.AsType[*api.Error](err); ok {
		if coded.Err != nil {
			return fmt.Errorf("%s (%w)", coded.Message, coded.Err)
		}
		return errors.New(coded.Message)
	}
	return err
}
