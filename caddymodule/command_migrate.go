package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/net/idna"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

func migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Moves links from one backend to another",
		Long: `Moves the links of one backend, and what belongs to them, to another one, while
clients go on working. The steps, in this order:

  caddy linkquay migrate plan --from kr --to native        says what would happen
  caddy linkquay migrate copy --from kr --to native        copies; may be repeated
  caddy linkquay migrate dual-write --from kr --to native  keeps both sides alike
  caddy linkquay migrate cutover --from kr --to native     has the target answer
  caddy linkquay migrate done --from kr --to native        leaves the source alone

  caddy linkquay migrate status     says how far each move is
  caddy linkquay migrate verify     opens the short URLs of both sides
  caddy linkquay migrate rollback   has the source answer again
  caddy linkquay migrate retry      tries again what was given up

--from and --to are names of backends, native among them, or the address of
another Linkquay's database: sqlite:<path> or postgres://… They can be left out
once there is one move only. A running server notices a change within a second.
Where it answers, commands share the api_rate of a backend with it.`,
	}
	cmd.PersistentFlags().String("from", "", "Backend or database that the links are on")
	cmd.PersistentFlags().String("to", "", "Backend or database that they go to")
	cmd.PersistentFlags().String("account", "", "Account that owns the links at the target (default: the backend's own, or main)")
	cmd.PersistentFlags().String("from-account", "", "Account that owns the links at the source (default: the backend's own, or main)")
	cmd.PersistentFlags().String("address", "", "Address of the administration API (default: that of the configuration)")
	cmd.AddCommand(planCommand(), copyCommand(), dualWriteCommand(), cutoverCommand(), doneCommand(), rollbackCommand(),
		retryCommand(), moveStatusCommand(), verifyCommand())
	return cmd
}

// copyFlags are what plan and copy know beyond the sides of a move.
func copyFlags(cmd *cobra.Command) {
	cmd.Flags().String("domain", "", "Branded domain at the target for links of the source's main domain (default: its main domain)")
	aliasesFlag(cmd)
}

func aliasesFlag(cmd *cobra.Command) {
	cmd.Flags().String("aliases", "", "CSV file of short URLs that the source has and cannot list")
}

// work is one move with its sides, for a command.
type work struct {
	*unserved
	mover *migrate.Mover
}

// withSides runs a command with the sides that its flags name. The move is a new
// one that the database does not have.
func withSides(cmd *cobra.Command, run func(ctx context.Context, w *work) error) error {
	return withSidesOf(cmd, func(from, to string) bool { return from == "" && to == "" }, run)
}

// withSidesOf is withSides. Where known says so of the flags, what they leave out
// is that of the one move of the database that they fit.
func withSidesOf(cmd *cobra.Command, known func(from, to string) bool, run func(ctx context.Context, w *work) error) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd.SetContext(ctx)
	return withBackends(cmd, func(ctx context.Context, u *unserved) error {
		flags := func(name string) string { return cmd.Flag(name).Value.String() }
		sides := migrate.Move{Source: flags("from"), SourceAccount: flags("from-account"), Target: flags("to"), TargetAccount: flags("account")}
		if known(sides.Source, sides.Target) {
			if err := u.complete(ctx, &sides); err != nil {
				return err
			}
		}
		if sides.Source == "" || sides.Target == "" {
			return errors.New("name both sides: --from kr --to native")
		}
		source, err := u.place(ctx, sides.Source, sides.SourceAccount)
		if err != nil {
			return fmt.Errorf("--from: %w", err)
		}
		target, err := u.place(ctx, sides.Target, sides.TargetAccount)
		if err != nil {
			return fmt.Errorf("--to: %w", err)
		}
		if source.Name == target.Name {
			return fmt.Errorf("both sides are %q", source.Name)
		}
		return run(ctx, &work{u, &migrate.Mover{
			Store:  u.store.Moves(),
			Source: source,
			Target: target,
			Move: &migrate.Move{
				Source: source.Name, SourceAccount: source.Account, Target: target.Name, TargetAccount: target.Account,
			},
		}})
	})
}

// complete fills in what was left out of the sides of a move, where there is one
// move that fits. Where both are named, there need not be one.
func (u *unserved) complete(ctx context.Context, sides *migrate.Move) error {
	moves, err := u.store.Moves().Moves(ctx)
	if err != nil {
		return err
	}
	fits := func(given, is string) bool { return given == "" || given == is }
	moves = slices.DeleteFunc(moves, func(m migrate.Move) bool {
		return !fits(sides.Source, m.Source) || !fits(sides.SourceAccount, m.SourceAccount) ||
			!fits(sides.Target, m.Target) || !fits(sides.TargetAccount, m.TargetAccount)
	})
	switch {
	case len(moves) == 1:
		*sides = moves[0]
	case sides.Source == "" || sides.Target == "":
		return fmt.Errorf("name both sides, such as --from kr --to native: there are %d moves", len(moves))
	case len(moves) > 1:
		return fmt.Errorf("name the account, too: there are %d moves from %s to %s", len(moves), sides.Source, sides.Target)
	}
	return nil
}

// withMove runs a command with a move that the database has.
func withMove(cmd *cobra.Command, run func(ctx context.Context, w *work) error) error {
	always := func(string, string) bool { return true }
	return withSidesOf(cmd, always, func(ctx context.Context, w *work) error {
		if err := w.find(ctx); err != nil {
			return err
		}
		return run(ctx, w)
	})
}

// find reads the move of the sides.
func (w *work) find(ctx context.Context) error {
	moves, err := w.mover.Store.Moves(ctx)
	if err != nil {
		return err
	}
	wanted := w.mover.Move
	for i := range moves {
		if m := &moves[i]; m.Source == wanted.Source && m.SourceAccount == wanted.SourceAccount &&
			m.Target == wanted.Target && m.TargetAccount == wanted.TargetAccount {
			w.mover.Move = m
			return nil
		}
	}
	return fmt.Errorf("there is no move from %s to %s yet: begin with caddy linkquay migrate copy", wanted.Source, wanted.Target)
}

// useAliases reads the file that aliasesFlag names.
func (w *work) useAliases(cmd *cobra.Command) error {
	file := cmd.Flag("aliases").Value.String()
	if file == "" {
		return nil
	}
	f, err := os.Open(file) //nolint:gosec // The operator named it.
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	source := w.mover.Source
	if source.Aliases, err = migrate.ReadAliases(f, migrate.AliasOptions{Origin: source.Origin, Zone: source.Zone}); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// useCopyFlags reads what copyFlags has defined.
func (w *work) useCopyFlags(cmd *cobra.Command) (domain string, err error) {
	if err := w.useAliases(cmd); err != nil {
		return "", err
	}
	domain = strings.TrimSpace(cmd.Flag("domain").Value.String())
	if domain == "" {
		return "", nil
	}
	if domain, err = hostName(api.HostOf(domain)); err != nil {
		return "", err
	}
	// Browsers ask for it in this form.
	if domain, err = idna.Lookup.ToASCII(domain); err != nil {
		return "", fmt.Errorf("--domain: %w", err)
	}
	return domain, nil
}
