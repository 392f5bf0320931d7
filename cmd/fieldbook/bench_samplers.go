package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/bench"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// newBenchSamplersCommand returns `fieldbook bench samplers`.
func newBenchSamplersCommand() *cobra.Command {
	var discard bool
	cmd := &cobra.Command{
		Use:   "samplers",
		Short: "Measure the samplers of diffusion models: error against evaluations",
		Long: `Samplers runs all samplers with exact denoisers of three mixtures and of normal
distributions, prints their errors and observed orders, and writes
bench/results/samplers.json and docs/samplers.{md,pdf,svg,png}.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := place.Root()
			if err != nil {
				return err
			}
			r, err := bench.Samplers(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			page, err := r.Page()
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), page)
			if discard {
				return nil
			}
			return r.Save(root)
		},
	}
	cmd.Flags().BoolVar(&discard, "no-save", false, "do not write bench/results and docs")
	return cmd
}
