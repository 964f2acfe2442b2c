package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

// importFlags are those of the command.
type importFlags struct {
	account, format, onConflict string
	dryRun                      bool
}

func importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import <file>",
		Short: "Brings in what export has written, or a table of links, also while the server runs",
		Long: `Brings the records of a file into the database, from standard input where the
file is "-". The database need not be empty: ids that are in use are changed,
and what is there already is left alone, so that an import that was interrupted
can be done again.

A file may be written by hand, as JSON Lines or as CSV with the columns url and
custom, and others of an export as needed:

  {"kind":"link","url":"https://example.com/docs","custom":"docs"}

Where an alias, a domain or the like is taken by something else, the record
fails and is told, and the others are imported; --on-conflict skip leaves what
is there without a word, and --on-conflict replace makes it what the file says,
if it is of the same account.

  caddy linkquay import everything.jsonl --dry-run --config Caddyfile
  caddy linkquay import links.csv --account shop --config Caddyfile`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) error {
				return importRecords(ctx, cmd, app, s, f, args[0])
			})
		},
	}
	cmd.Flags().StringVar(&f.account, "account", "", "Account that owns everything in the file (default: the accounts that it names, or main)")
	cmd.Flags().StringVar(&f.format, "format", "", "Format: jsonl or csv (default: what the file looks like)")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "Tell what would become of each record, and write nothing")
	cmd.Flags().StringVar(&f.onConflict, "on-conflict", string(records.Fail), "What to do where something else is in a record's place: fail, skip or replace")
	return cmd
}

func importRecords(ctx context.Context, cmd *cobra.Command, app *App, s *store.Store, f importFlags, from string) (err error) {
	o := records.ImportOptions{Account: f.account, DryRun: f.dryRun, Progress: recordProgress(cmd, "read")}
	if o.OnConflict, err = records.ParseConflict(f.onConflict); err != nil {
		return err
	}
	var format records.Format
	if f.format != "" {
		if format, err = records.ParseFormat(f.format); err != nil {
			return err
		}
	}
	in := cmd.InOrStdin()
	if from != "-" {
		file, err := os.Open(from) //nolint:gosec // The operator names the file.
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	r, err := records.NewReader(in, format, app.zone)
	if err != nil {
		return fmt.Errorf("reading %s: %w", from, err)
	}
	folder, err := app.importFiles(ctx, s, f.dryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	o.Files = folder
	o.Checker = shortener.New(shortener.Config{
		Store: s, Index: shortener.NewIndex(), OwnHosts: app.ownHosts(), Schemes: app.Schemes, Reserved: app.reserved,
	})
	tell := func(line int, r records.Record, text string) {
		if r != nil {
			text = records.Label(r) + ": " + text
		}
		cmd.PrintErrf("line %d: %s\n", line, text)
	}
	o.Notice = tell
	o.Failed = func(line int, r records.Record, err error) { tell(line, r, rowText(err)) }
	summary, err := records.Import(ctx, s, r, o)
	return errors.Join(err, tellSummary(cmd.OutOrStdout(), summary, f.dryRun))
}

// importFiles opens the folder of files and takes it for the database; in a dry
// run it is only read.
func (a *App) importFiles(ctx context.Context, s *store.Store, dryRun bool) (recordFiles, error) {
	if dryRun {
		return existingFiles(a.Files)
	}
	instance, err := s.Instance(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := files.Open(a.Files)
	if err != nil {
		return nil, err
	}
	if err := folder.Claim(instance); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return folder, nil
}

func tellSummary(w io.Writer, s *records.Summary, dryRun bool) error {
	if err := s.WriteText(w); err != nil {
		return err
	}
	if dryRun {
		if _, err := fmt.Fprintln(w, "a dry run: nothing was written"); err != nil {
			return err
		}
	}
	if n := s.Count("", records.Failed); n > 0 {
		return fmt.Errorf("%d records failed; the others are imported, and the import may be repeated", n)
	}
	return nil
}
