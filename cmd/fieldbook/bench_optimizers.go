package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/bench"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// newBenchOptimizersCommand returns `fieldbook bench pinn-optimizers`.
func newBenchOptimizersCommand() *cobra.Command {
	var discard bool
	var only string
	cmd := &cobra.Command{
		Use:   "pinn-optimizers",
		Short: "Measure optimizers of physics-informed networks: error against seconds",
		Long: `Pinn-optimizers trains a network on each of five equations by each of five
optimizers, at most two minutes each, half an hour in all, and writes
bench/results/pinn-optimizers.json and docs/pinn-optimizers.{md,pdf,svg,png}.
Measure on a machine that does nothing else.`,
		Example: `  fieldbook bench pinn-optimizers --only 'Poisson.*natural'`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pattern, err := regexp.Compile(only)
			if err != nil {
				return fmt.Errorf("bench: --only = %q, want a regular expression: %w", only, err)
			}
			root, err := place.Root()
			if err != nil {
				return err
			}
			r, err := bench.Optimizers(cmd.Context(), cmd.ErrOrStderr(), root, pattern)
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
	cmd.Flags().StringVar(&only, "only", "", "run those whose \"problem, optimizer\" matches; the others stay as they are saved")
	cmd.Flags().BoolVar(&discard, "no-save", false, "do not write bench/results and docs")
	return cmd
}
