package caddymodule

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/store"
)

// exportFlags are those of the command.
type exportFlags struct {
	account, format       string
	secrets, withoutFiles bool
}

func exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export [file]",
		Short: "Writes everything to a file as JSON Lines or CSV, also while the server runs",
		Long: `Writes accounts, links, QR codes, uploads with their contents, campaigns,
channels, domains, pixels, splash pages, overlays, statistics and the ledgers of
backends to a file, as they are at one moment, or to standard output. Brought
into an empty Linkquay with "caddy linkquay import", nothing is lost.

Hashes of passwords and of keys are left out unless --with-secrets is given;
links with a password are switched off by an import without them. A file with
secrets must be kept as safe as the database.

  caddy linkquay export everything.jsonl --with-secrets --config Caddyfile
  caddy linkquay export shop.csv --account shop --config Caddyfile`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) error {
				return exportRecords(ctx, cmd, app, s, f, strings.Join(args, ""))
			})
		},
	}
	cmd.Flags().StringVar(&f.account, "account", "", "Account whose objects are exported (default: all accounts)")
	cmd.Flags().StringVar(&f.format, "format", "", "Format: jsonl or csv (default: csv for a file with that ending, else jsonl)")
	cmd.Flags().BoolVar(&f.secrets, "with-secrets", false, "Include hashes of passwords and keys")
	cmd.Flags().BoolVar(&f.withoutFiles, "without-files", false, "Leave out the contents of uploads and logos")
	return cmd
}

func exportRecords(ctx context.Context, cmd *cobra.Command, app *App, s *store.Store, f exportFlags, to string) error {
	format := records.JSONL
	switch {
	case f.format != "":
		var err error
		if format, err = records.ParseFormat(f.format); err != nil {
			return err
		}
	case strings.EqualFold(filepath.Ext(to), ".csv"):
		format = records.CSV
	}
	missing := 0
	o := records.ExportOptions{
		ReadOptions: records.ReadOptions{Account: f.account, Secrets: f.secrets},
		Missing: func(l *records.Link, err error) {
			missing++
			cmd.PrintErrf("%s: its file is left out: %s\n", records.Label(l), rowText(err))
		},
		Progress: recordProgress(cmd, "exported"),
	}
	if !f.withoutFiles {
		folder, err := existingFiles(app.Files)
		if err != nil {
			return err
		}
		defer func() { _ = folder.Close() }() // nothing was written
		o.Files = folder
	}
	var n int64
	write := func(w io.Writer) (err error) {
		n, err = records.Export(ctx, s, records.NewWriter(w, format), o)
		return err
	}
	var err error
	if to == "" || to == "-" {
		err = write(cmd.OutOrStdout())
	} else if err = replaceFile(to, write); err == nil {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "exported %d records to %s\n", n, to)
	}
	if err == nil && missing > 0 {
		err = fmt.Errorf("%d files could not be read: the export is whole but for them", missing)
	}
	return err
}

// replaceFile writes a file that only its owner reads. Whatever happens, there is
// the old one or the new one whole. What is no file, such as a pipe, is written to.
func replaceFile(name string, write func(w io.Writer) error) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0) //nolint:gosec // The operator names it.
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	partial := name + ".partial-" + rand.Text()[:8]
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // The operator names the file.
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(partial, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return nil
}

// recordFiles are the stored files of commands.
type recordFiles interface {
	records.Folder
	Close() error
}

// existingFiles opens the folder of files, which is not made where it is missing.
func existingFiles(folder string) (recordFiles, error) {
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return noFiles{}, nil
	}
	return files.Open(folder)
}

// noFiles is a folder that is not there.
type noFiles struct{}

var errNoFile = &api.Error{Code: api.NotFound, Message: "File not found."}

func (noFiles) OpenFile(string) (*os.File, int64, error) { return nil, 0, errNoFile }

func (noFiles) Put(context.Context, io.Reader, int64) (files.Stored, error) {
	return files.Stored{}, errNoFile
}

func (noFiles) Remove(string) error { return nil }

func (noFiles) Close() error { return nil }

// recordProgress tells a terminal once a second how far a command is.
func recordProgress(cmd *cobra.Command, doing string) func(n int64) {
	f, ok := cmd.ErrOrStderr().(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	var last time.Time
	return func(n int64) {
		if now := time.Now(); now.Sub(last) >= time.Second {
			last = now
			_, _ = fmt.Fprintf(f, "%s %d records\r", doing, n) // a terminal
		}
	}
}

// rowText is what is wrong with a record, for people.
func rowText(err error) string {
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err.Error()
	}
	if len(e.Fields) == 0 {
		return e.Message
	}
	var texts []string
	for _, f := range e.Fields {
		texts = append(texts, f.Field+": "+f.Message)
	}
	return strings.Join(texts, "; ")
}
