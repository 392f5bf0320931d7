package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// listedRun is one run as `fieldbook runs --json` prints it.
type listedRun struct {
	runs.Summary
	State string `json:"state"` // running, done, interrupted, failed, killed or damaged
}

// newRunsCommand returns `fieldbook runs`.
func newRunsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List what was trained, look into a run, or remove it",
		Long: `Runs lists the training runs of the store, the latest first. The store is the
folder .fieldbook in the nearest folder above, or $FIELDBOOK_HOME.

A run's key names what it computes. The beginning of a key will do where only one
run's key begins so.`,
		Example: `  fieldbook runs
  fieldbook runs show 3f2a     all that is known of the run 3f2a…
  fieldbook runs rm 3f2a 77    remove two runs`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := store.Open("")
			if err != nil {
				return err
			}
			list, err := listRuns(s)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			return printRuns(cmd.OutOrStdout(), s, list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newRunsShowCommand(), newRunsRemoveCommand())
	return cmd
}

// newRunsShowCommand returns `fieldbook runs show`.
func newRunsShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show <key>",
		Short: "Print what is known of a run: task, fit, machine, last values",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := store.Open("")
			if err != nil {
				return err
			}
			r, err := s.FindRun(args[0])
			if err != nil {
				return err
			}
			one, err := summarise(r)
			if err != nil {
				return err
			}
			if asJSON {
				return printObject(cmd.OutOrStdout(), one)
			}
			return printRun(cmd.OutOrStdout(), r, one)
		},
		ValidArgsFunction: completeRuns,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// newRunsRemoveCommand returns `fieldbook runs rm`.
func newRunsRemoveCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "rm <key>…",
		Short: "Remove runs from the store, after asking",
		Long: `Rm removes runs with their checkpoints. It asks first, unless --yes is given, and
refuses a run that is being trained. A notebook that needs the run trains it
again.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := store.Open("")
			if err != nil {
				return err
			}
			return removeRuns(cmd, s, args, yes)
		},
		ValidArgsFunction: completeRuns,
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// completeRuns offers the runs' keys to the shell.
func completeRuns(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	s, err := store.Open("")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	list, err := listRuns(s)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var keys []string
	for _, r := range list {
		keys = append(keys, r.Key+"\t"+strings.TrimSpace(r.Slug+" "+r.Task))
	}
	return keys, cobra.ShellCompDirectiveNoFileComp
}

func summarise(r *store.Run) (listedRun, error) {
	s, err := runs.Summarise(r)
	return listedRun{s, s.State()}, err
}

// listRuns reads all runs' manifests, the latest first.
func listRuns(s *store.Store) ([]listedRun, error) {
	keys, err := s.Runs()
	if err != nil {
		return nil, err
	}
	var list []listedRun
	for _, key := range keys {
		r, err := s.Run(key)
		if err != nil {
			return nil, err
		}
		one, err := summarise(r)
		if errors.Is(err, store.ErrMissing) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// printRuns prints the runs as a table.
func printRuns(out io.Writer, s *store.Store, list []listedRun) error {
	if len(list) == 0 {
		_, err := fmt.Fprintf(out, "no runs in %s\n", s.Dir())
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "key\tnotebook\ttask\tstate\tsteps\tlast\ttime\tbackend\twhen")
	for _, r := range list {
		if r.Damaged != "" {
			fmt.Fprintf(table, "%s\t\t\t%s\n", r.Key, r.State)
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d/%d\t%s\t%s\t%s\t%s\n", r.Key, r.Slug, r.Task, r.State, r.Step, r.Steps,
			lastValue(r.Last), seconds(r.Seconds), r.Backend, r.Changed.Local().Format("2006-01-02 15:04"))
	}
	return table.Flush()
}

// lastValue is the one number that says how good a run is: the first metric of the validation, else the first term.
func lastValue(last map[string]float64) string {
	chosen := ""
	for _, name := range sortedNames(last) {
		if chosen == "" || strings.HasPrefix(name, "valid ") && !strings.HasPrefix(chosen, "valid ") {
			chosen = name
		}
	}
	if chosen == "" {
		return ""
	}
	return fmt.Sprintf("%s %.3g", chosen, last[chosen])
}

func sortedNames(last map[string]float64) []string {
	var names []string
	for name := range last {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// printRun prints all that is known of a run.
func printRun(out io.Writer, stored *store.Run, r listedRun) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" {
			fmt.Fprintf(table, "%s\t%s\n", name, text)
		}
	}
	line("key", "%s", r.Key)
	line("folder", "%s", stored.Dir())
	line("state", "%s", r.State)
	line("damaged", "%s", r.Damaged)
	line("error", "%s", r.Error)
	if r.PID != 0 {
		line("process", "%d", r.PID)
	}
	if r.Damaged == "" {
		line("notebook", "%s", r.Slug)
		line("task", "%s", r.Task)
		line("settings", "%s", compact(r.Settings))
		line("fit", "%s", compact(r.Fit))
		line("data", "%s", r.Data)
		line("phase", "%d", r.Phase+1)
		line("after", "%s", r.Previous)
		line("steps", "%d of %d", r.Step, r.Steps)
		line("time", "%s, processor %s, at most %.0f MB", seconds(r.Seconds), seconds(r.CPUSeconds), r.PeakMB)
		line("started", "%s", r.Started.Local().Format(time.DateTime))
		line("changed", "%s", r.Changed.Local().Format(time.DateTime))
		line("backend", "%s, %s", r.Backend, r.Precision)
		line("plugin", "%s", r.Plugin)
		line("machine", "%s, %d cores", r.CPU, r.Cores)
		line("go", "%s", r.Go)
		line("commit", "%s", r.Commit)
		line("seed", "%d", r.Seed)
	}
	for _, name := range sortedNames(r.Last) {
		line("last "+name, "%.6g", r.Last[name])
	}
	return table.Flush()
}

// compact is JSON on one line.
func compact(text json.RawMessage) string {
	line, err := json.Marshal(text)
	if err != nil {
		return string(text)
	}
	return string(line)
}

// removeRuns asks and removes. All runs are found before the first one goes.
func removeRuns(cmd *cobra.Command, s *store.Store, prefixes []string, yes bool) error {
	var found []*store.Run
	for _, prefix := range prefixes {
		r, err := s.FindRun(prefix)
		if err != nil {
			return err
		}
		if pid, err := r.Busy(); err != nil || pid != 0 {
			return errors.Join(err, busy(r, pid))
		}
		if !slices.ContainsFunc(found, func(f *store.Run) bool { return f.Key() == r.Key() }) {
			found = append(found, r)
		}
	}
	if !yes {
		if err := confirm(cmd, found); err != nil {
			return err
		}
	}
	for _, r := range found {
		unlock, err := r.Lock()
		if err != nil {
			return err
		}
		if err := errors.Join(r.Remove(), unlock()); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "removed %s\n", r.Key())
	}
	return nil
}

func busy(r *store.Run, pid int) error {
	if pid == 0 {
		return nil
	}
	return &store.BusyError{Key: r.Key(), PID: pid}
}

// confirm shows the runs and wants a yes.
func confirm(cmd *cobra.Command, found []*store.Run) error {
	in := cmd.InOrStdin()
	if file, ok := in.(*os.File); ok && !term.IsTerminal(int(file.Fd())) {
		return errors.New("runs rm: there is no terminal to ask at, want --yes")
	}
	for _, r := range found {
		one, err := summarise(r)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s  %s  %s  %d/%d  %s\n", one.Key, one.Task, one.State, one.Step, one.Steps, seconds(one.Seconds))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Remove %d? [y/N] ", len(found))
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("runs rm: reading the answer: %w", err)
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errors.New("runs rm: nothing was removed")
	}
	return nil
}
