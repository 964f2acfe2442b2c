package caddymodule

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/store"
)

func moveStatusCommand() *cobra.Command {
	var rows string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Says how far moves are",
		Long: `Says in which phase each move is, what became of its objects, and what waits to
be brought to the other side. --rows lists single objects: listed, copied, failed,
skipped, deleted, or different for those that are not the same on both sides.

  caddy linkquay migrate status --rows failed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(ctx context.Context, _ *App, s *store.Store) error {
				moves, err := s.Moves().Moves(ctx)
				if err != nil {
					return err
				}
				from, to := cmd.Flag("from").Value.String(), cmd.Flag("to").Value.String()
				reports := []*migrate.StatusReport{}
				for i := range moves {
					m := &moves[i]
					if from != "" && from != m.Source || to != "" && to != m.Target {
						continue
					}
					if rows != "" {
						if err := printRows(ctx, cmd, s.Moves(), m, rows, asJSON); err != nil {
							return err
						}
						continue
					}
					report, err := migrate.StatusOf(ctx, s.Moves(), m)
					if err != nil {
						return err
					}
					reports = append(reports, report)
				}
				if rows != "" {
					return nil
				}
				return printReports(cmd, reports, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&rows, "rows", "", "List the objects with this status, one JSON document a line with --json")
	cmd.Flags().BoolVar(&asJSON, "json", false, "Print JSON")
	return cmd
}

func printReports(cmd *cobra.Command, reports []*migrate.StatusReport, asJSON bool) error {
	if asJSON {
		return printJSON(cmd, reports)
	}
	if len(reports) == 0 {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "there is no move")
		return err
	}
	for _, r := range reports {
		if err := r.WriteText(cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	return nil
}

// moveRow is a row as people and programs read it.
type moveRow struct {
	Kind      string   `json:"kind"`
	SourceID  int64    `json:"source_id"`
	TargetID  int64    `json:"target_id"`
	ShortURL  string   `json:"shorturl,omitempty"`
	Status    string   `json:"status"`
	Error     string   `json:"error,omitempty"`
	Different []string `json:"different,omitempty"`
}

// printRows prints the rows of a move page by page: there may be millions.
func printRows(ctx context.Context, cmd *cobra.Command, s migrate.Store, m *migrate.Move, which string, asJSON bool) error {
	f := migrate.Filter{Move: m.ID, Limit: 1000}
	switch status := migrate.Status(which); status {
	case migrate.Listed, migrate.Copied, migrate.Failed, migrate.Skipped, migrate.Deleted:
		f.Status = status
	case "different":
		f.Different = true
	default:
		return fmt.Errorf("--rows must be listed, copied, failed, skipped, deleted or different, not %q", which)
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	if !asJSON {
		_, _ = fmt.Fprintln(table, "KIND\tSOURCE ID\tTARGET ID\tSHORT URL\tSTATUS\tWHY")
	}
	for {
		rows, err := s.Rows(ctx, f)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := printRow(cmd, table, &rows[i], asJSON); err != nil {
				return err
			}
		}
		if err := table.Flush(); err != nil || len(rows) < f.Limit {
			return err
		}
		f.After = rows[len(rows)-1].ID
	}
}

func printRow(cmd *cobra.Command, table *tabwriter.Writer, r *migrate.Row, asJSON bool) error {
	if asJSON {
		return printLine(cmd, moveRow{string(r.Kind), r.SourceID, r.TargetID, r.ShortURL, string(r.Status), r.Error, r.Different})
	}
	why := r.Error
	if len(r.Different) > 0 {
		why = strings.TrimPrefix(why+"; differs in "+strings.Join(r.Different, ", "), "; ")
	}
	_, err := fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%s\n", r.Kind, r.SourceID, r.TargetID, printable(r.ShortURL), r.Status, printable(why))
	return err
}

// printLine prints a document on a line of its own.
func printLine(cmd *cobra.Command, v any) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printable is what other sites' texts may do to a terminal: nothing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, text)
}
