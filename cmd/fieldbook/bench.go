package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/bench"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// benchFlags are the flags of `fieldbook bench`.
type benchFlags struct {
	rounds  int
	python  string
	without []string
	keep    bool
	list    bool
}

// newBenchCommand measures ourselves beside other libraries.
func newBenchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [name…]",
		Short: "Measure Fieldbook beside PyTorch, JAX and other libraries",
		Long: `Measure Fieldbook beside other libraries on the same work: same data, same
initial weights, same mathematics, two threads each, taking turns in one run.
Values must agree, else it fails. The first use makes the peers' environment
below .fieldbook-env (4 GB, minutes). Results go to bench/results/<name>.json.`,
		Example: `  fieldbook bench fno-1d fno-2d
  fieldbook bench --rounds 5 --no-save fno-1d`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return benchNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, names []string) error {
			if f.list || len(names) == 0 {
				for _, b := range bench.All() {
					fmt.Fprintf(cmd.OutOrStdout(), "%-20s %s\n", b.Name, b.Title)
				}
				return nil
			}
			return runBenchmarks(cmd, f, names)
		},
	}
	cmd.Flags().IntVar(&f.rounds, "rounds", 15, "turns of each contestant")
	cmd.Flags().StringVar(&f.python, "python", "", "Python that has the peers installed (default: make an environment)")
	cmd.Flags().StringSliceVar(&f.without, "without", nil, "peers to leave out, by module")
	cmd.Flags().BoolVar(&f.keep, "no-save", false, "do not write bench/results")
	cmd.Flags().BoolVar(&f.list, "list", false, "list the benchmarks")
	cmd.AddCommand(newBenchWorkerCommand(), newBenchCellCommand(), newBenchSteppersCommand(), newBenchSamplersCommand(), newBenchOptimizersCommand())
	return cmd
}

// newBenchWorkerCommand is our contestant's process.
func newBenchWorkerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "worker NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return bench.Work(cmd.Context(), args[0], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

func benchNames() []string {
	var names []string
	for _, b := range bench.All() {
		names = append(names, b.Name)
	}
	return names
}

func runBenchmarks(cmd *cobra.Command, f benchFlags, names []string) error {
	var chosen []bench.Benchmark
	for _, name := range names { // all are known before the first one runs
		found, err := bench.Named(name)
		if err != nil {
			return err
		}
		chosen = append(chosen, found...)
	}
	if f.rounds < 1 {
		return fmt.Errorf("bench: --rounds = %d, want at least 1", f.rounds)
	}
	root, err := place.Root()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench: this program's path: %w", err)
	}
	if f.python == "" {
		if f.python, err = bench.Peers(cmd.Context(), root, cmd.ErrOrStderr()); err != nil {
			return err
		}
	}
	o := bench.Options{
		Root: root, Worker: []string{self, "bench", "worker"}, Rounds: f.rounds,
		Report: cmd.ErrOrStderr(), Python: f.python, Without: f.without,
	}
	return measureAll(cmd.Context(), cmd, chosen, o, f.keep)
}

func measureAll(ctx context.Context, cmd *cobra.Command, chosen []bench.Benchmark, o bench.Options, keep bool) error {
	var errs []error
	for _, b := range chosen {
		fmt.Fprintln(o.Report, strings.TrimSuffix(b.Title, "."))
		r, err := bench.Run(ctx, b, o)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprint(cmd.OutOrStdout(), r.Table())
		if !keep {
			errs = append(errs, r.Save(o.Root))
		}
	}
	return errors.Join(errs...)
}
