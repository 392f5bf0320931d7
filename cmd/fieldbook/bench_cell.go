package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/bench"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// newBenchCellCommand returns `fieldbook bench cell`.
func newBenchCellCommand() *cobra.Command {
	var offline, discard bool
	rounds := 10
	cmd := &cobra.Command{
		Use:   "cell",
		Short: "Measure how long a warm notebook cell takes, and where the time goes",
		Long: `Cell runs a notebook without a browser whose cells import what a notebook
imports: one kind does nothing else, one looks a run up that was made before. It
prints the time of each and its parts, and writes bench/results/cell.json. Its
exit status is 1 if a median is above its limit.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if rounds < 1 {
				return fmt.Errorf("bench cell: --rounds = %d, want at least 1", rounds)
			}
			root, err := prepare(cmd, setup.Options{Offline: offline})
			if err != nil {
				return err
			}
			r, err := bench.Cell(cmd.Context(), root, rounds, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), r.Table())
			if !discard {
				if err := r.Save(root); err != nil {
					return err
				}
			}
			if slow := r.Slow(); len(slow) > 0 {
				return &failedError{"bench cell: " + strings.Join(slow, "; ")}
			}
			return nil
		},
	}
	addOffline(cmd, &offline)
	cmd.Flags().IntVar(&rounds, "rounds", rounds, "cells of each kind")
	cmd.Flags().BoolVar(&discard, "no-save", false, "do not write bench/results")
	return cmd
}
