package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/npz"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// prediction is how `fieldbook predict` predicts.
type prediction struct {
	in, out string
	arrays  []string
	json    bool
}

// newPredictCommand returns `fieldbook predict`.
func newPredictCommand() *cobra.Command {
	var p prediction
	cmd := &cobra.Command{
		Use:   "predict <run> --in x.npz --out y.npz",
		Short: "Apply a trained run to a file of inputs",
		Long: `Predict opens a finished run of the store, by its key or the key's beginning (see
"fieldbook runs"), applies it to an array of an .npz file and writes what it
predicts to another one.

The array is [sample, space…, channel]. A file with several, such as one that
"fieldbook data" wrote, needs --array, unless one of them is named input or
test_input.`,
		Example: `  fieldbook predict 3f2a --in x.npz --out y.npz
  fieldbook predict 3f2a --in burgers.npz --array train_input --out y.npz`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.predict(cmd, args[0]) },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, text string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeRuns(cmd, args, text)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p.in, "in", "", "file of inputs, "+npz.Suffix)
	flags.StringVar(&p.out, "out", "", "file to write, "+npz.Suffix)
	flags.StringArrayVar(&p.arrays, "array", nil, "array of the file that is the input; several times for a task with several inputs, in their order")
	flags.BoolVar(&p.json, "json", false, "print JSON")
	return cmd
}

// predicted is what `fieldbook predict --json` prints.
type predicted struct {
	Run     string           `json:"run"`
	Task    string           `json:"task"`
	Backend string           `json:"backend"`
	Seconds float64          `json:"seconds"` // of all: reading, compiling, computing, writing
	Arrays  []datasets.Shape `json:"arrays"`
	File    string           `json:"file"`
}

// predict does what is cheap to refuse first.
func (p *prediction) predict(cmd *cobra.Command, key string) error {
	start := time.Now()
	if p.in == "" || p.out == "" {
		return errors.New("predict: --in and --out, want both")
	}
	s, err := store.Open("")
	if err != nil {
		return err
	}
	stored, err := s.FindRun(key)
	if err != nil {
		return err
	}
	if err := checkOutput("predict", p.out, npz.Suffix); err != nil {
		return err
	}
	all, err := npz.Read(p.in, 0)
	if err != nil {
		return err
	}
	inputs, err := p.choose(all)
	if err != nil {
		return err
	}
	b, err := backend.New()
	if err != nil {
		return err
	}
	defer b.Finalize()
	if b.Warning != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "fieldbook: warning: %s\n", b.Warning)
	}
	session := runs.Session{Backend: b, Store: s}
	m, trained, err := session.Lookup(stored)
	if err != nil {
		return err
	}
	task, err := catalog.OpenTask(m.Task, m.Settings)
	if err != nil {
		return fmt.Errorf("predict: run %s: %w", m.Key, err)
	}
	out, err := trained.Predict(cmd.Context(), task, inputs...)
	if err != nil {
		return err
	}
	if err := npz.Write(p.out, out); err != nil {
		return err
	}
	done := predicted{Run: m.Key, Task: m.Task, Backend: b.Choice, Seconds: time.Since(start).Seconds(), File: p.out}
	for _, a := range out {
		done.Arrays = append(done.Arrays, a.Shape())
	}
	if p.json {
		return printObject(cmd.OutOrStdout(), done)
	}
	for _, a := range done.Arrays {
		fmt.Fprintln(cmd.OutOrStdout(), a)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "run %s, %s: in %s written to %s\n", done.Run, done.Task, seconds(done.Seconds), done.File)
	return nil
}

// choose picks the inputs among a file's arrays.
func (p *prediction) choose(all []datasets.Array) ([]datasets.Array, error) {
	var names []string
	for _, a := range all {
		names = append(names, a.Name)
	}
	wanted := p.arrays
	if len(wanted) == 0 {
		switch {
		case len(all) == 1:
			wanted = names
		case slices.Contains(names, "input"):
			wanted = []string{"input"}
		case slices.Contains(names, datasets.TestInput):
			wanted = []string{datasets.TestInput}
		default:
			return nil, fmt.Errorf("predict: %s holds the arrays %s, want --array to name one", p.in, strings.Join(names, ", "))
		}
	}
	var chosen []datasets.Array
	for _, name := range wanted {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, fmt.Errorf("predict: %s has no array %q, want one of %s", p.in, name, strings.Join(names, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
