package caddymodule

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/linkquay/linkquay/migrate"
)

func planCommand() *cobra.Command {
	var o migrate.PlanOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Says what a move would do, and writes nothing",
		Long: `Reads all that the source gives, and says what of it would be kept, changed or
lost at the target, what the source cannot tell, which aliases collide, which
links cannot keep their URL, and how long the copy takes. Nothing is written.

It reads each link by itself, as the copy will, and takes as long as that; --quick
reads lists only.

  caddy linkquay migrate plan --from kr --to native --quick`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withSides(cmd, func(ctx context.Context, w *work) error {
				var err error
				if o.Domain, err = w.useCopyFlags(cmd); err != nil {
					return err
				}
				progress, end := migrate.Show(cmd.ErrOrStderr())
				o.Progress = progress
				report, err := migrate.Plan(ctx, w.mover.Source, w.mover.Target, o)
				end()
				switch {
				case err != nil:
					return readable(err)
				case asJSON:
					return printJSON(cmd, report)
				}
				return report.WriteText(cmd.OutOrStdout())
			})
		},
	}
	copyFlags(cmd)
	cmd.Flags().BoolVar(&o.Quick, "quick", false, "Read lists only, and not each link")
	cmd.Flags().IntVar(&o.Limit, "limit", 0, "Objects that --json lists for each finding; -1 for all (default 10000)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "Print JSON")
	return cmd
}
