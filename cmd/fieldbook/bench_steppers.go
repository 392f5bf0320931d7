package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/bench"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// newBenchSteppersCommand returns `fieldbook bench work-precision`.
func newBenchSteppersCommand() *cobra.Command {
	var discard bool
	cmd := &cobra.Command{
		Use:   "work-precision",
		Short: "Measure the steppers of solvers/ode: error against evaluations",
		Long: `Work-precision solves DETEST's problems and a stiff set by the steppers for them at
five tolerances, prints the errors against high-precision references, and writes
bench/results/work-precision.json and docs/work-precision.{md,pdf,svg,png}.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := place.Root()
			if err != nil {
				return err
			}
			r, err := bench.Steppers(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), r.Page())
			if discard {
				return nil
			}
			return r.Save(root)
		},
	}
	cmd.Flags().BoolVar(&discard, "no-save", false, "do not write bench/results and docs")
	return cmd
}
