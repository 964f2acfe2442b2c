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
	var o migrate.RollBackOptions
	cmd := &cobra.Command{
		Use:   "rollback",
		Short: "Has the source answer again",
		Long: `Brings back to the source what clients have written at the target, and has the
source answer again. The ids of links stay. What was copied stays at the target,
and "caddy linkquay migrate copy" begins anew. Where the source does not take
what was written, the target goes on answering; with --force the source answers
all the same, and "caddy linkquay migrate status" lists what it lacks.

  caddy linkquay migrate rollback --from kr --to native`,
		Args: cobra.NoArgs,
		RunE: phase(func(ctx context.Context, cmd *cobra.Command, w *work) error {
			progress, end := migrate.Show(cmd.ErrOrStderr())
			o.Progress = progress
			err := migrate.RollBack(ctx, w.mover, o)
			end()
			if coded, ok := errors.AsType[*api.Error](err); ok && coded.Code != api.Conflict && !o.Force {
				return fmt.Errorf("%w; %s goes on answering: once %s is back run the same command again, or with --force leave what cannot be brought back",
					readable(err), answering(w.mover.Move), w.mover.Source.Name)
			}
			return err
		}),
	}
	cmd.Flags().BoolVar(&o.Force, "force", false, "Go back also if the source does not take what was written")
	return cmd
}

// answering is the name of the side that answers.
func answering(m *migrate.Move) string {
	if m.Phase.AtTarget() {
		return m.Target
	}
	return m.Source
}

func retryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "retry",
		Short: "Has writes that were given up tried again",
		Long: `Has servers try again to bring to the other side what was given up, once the
reason that "caddy linkquay migrate status" gives is mended. What is brought is
what the objects are now. After a forced rollback that overwrites what has been
written at the source since.

  caddy linkquay migrate retry --from kr --to native`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withMove(cmd, func(ctx context.Context, w *work) error {
				n, err := migrate.Retry(ctx, w.mover)
				if err != nil {
					return readable(err)
				}
				_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%d writes are tried again: see caddy linkquay migrate status\n", n)
				return err
			})
		},
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
