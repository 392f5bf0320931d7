package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/notebook"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/internal/results"
	"github.com/fieldbook-go/fieldbook/internal/setup"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// notebookRun is how `fieldbook run` runs notebooks.
type notebookRun struct {
	root    string
	home    string // the store's folder, in which executed notebooks are kept too
	size    string
	seed    uint64
	fresh   bool
	record  bool
	json    bool
	offline bool
	commit  string
	out     io.Writer
	err     io.Writer
}

// target is one notebook to run.
type target struct {
	slug string
	path string
	page bool // of no method: it may claim nothing
}

// newRunCommand returns `fieldbook run`.
func newRunCommand() *cobra.Command {
	r := notebookRun{size: record.DefaultSize, seed: record.DefaultSeed}
	cmd := &cobra.Command{
		Use:   "run <method or notebook>…",
		Short: "Run notebooks without a browser and judge their claims",
		Long: `Run runs each notebook from top to bottom in a kernel of its own and then shows
what it claims: what was measured, the bound, what the paper reports, and
whether the claim holds. Methods are named as "fieldbook list" names them; a
name that ends in .ipynb is a notebook's file. "gallery" shows figures and
claims nothing.

What was trained before is looked up, so that a second run takes seconds; --fresh
trains again. Ctrl-C stops within a step and saves: the same command goes on from
there. At --size quick claims are shown and not judged.

Exit status: 0 if all claims hold, 1 if one is missed, 2 on an error.`,
		Example: `  fieldbook run fno                           every claim must hold
  fieldbook run fno --size quick              show that every cell runs
  fieldbook run fno --fresh --record          the outputs and results that git keeps
  fieldbook run fno --size full --seed 3 --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("run: nothing to run, want a method that `fieldbook list` shows, or a notebook's file")
			}
			return nil
		},
		ValidArgsFunction: completeSlugs,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := r.prepare(cmd, args)
			if err != nil {
				return err
			}
			return r.all(cmd.Context(), targets)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.size, "size", r.size, "quick, standard (minutes on two cores) or full (the paper's scale)")
	flags.Uint64Var(&r.seed, "seed", r.seed, "seed of all randomness")
	flags.BoolVar(&r.fresh, "fresh", false, "train again what the store holds")
	flags.BoolVar(&r.record, "record", false, "keep the outputs in the notebook and the claims in "+results.Folder)
	flags.BoolVar(&r.json, "json", false, "print the results as JSON")
	addOffline(cmd, &r.offline)
	_ = cmd.RegisterFlagCompletionFunc("size", cobra.FixedCompletions(
		[]string{record.SizeQuick, record.SizeStandard, record.SizeFull}, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
	return cmd
}

// completeSlugs offers the methods to the shell.
func completeSlugs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var slugs []string
	for _, e := range catalog.Entries() {
		slugs = append(slugs, e.Slug+"\t"+e.Title)
	}
	for _, p := range catalog.Pages() {
		slugs = append(slugs, p.Slug+"\t"+p.Title)
	}
	return slugs, cobra.ShellCompDirectiveDefault // a notebook's file will do too
}

// prepare checks all that can be checked before anything is run, and sets up
// what is missing.
func (r *notebookRun) prepare(cmd *cobra.Command, args []string) ([]target, error) {
	if err := record.CheckSize(r.size); err != nil {
		return nil, fmt.Errorf("run: --%w", err)
	}
	if r.record && r.size == record.SizeQuick {
		return nil, errors.New("run: --record with --size quick, want standard or full: quick judges no claims")
	}
	root, err := place.Root()
	if err != nil {
		return nil, err
	}
	r.root, r.out, r.err = root, cmd.OutOrStdout(), cmd.ErrOrStderr()
	kept, err := store.Open("")
	if err != nil {
		return nil, err
	}
	r.home = kept.Dir()
	var targets []target
	for _, name := range args {
		t, err := r.find(name)
		if err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	r.commit = commit(cmd.Context(), root)
	_, err = prepare(cmd, setup.Options{Offline: r.offline})
	return targets, err
}

// find finds a notebook and checks that it ends in claims, if it is a method's.
func (r *notebookRun) find(name string) (target, error) {
	if page, ok := catalog.FindPage(name); ok {
		return target{slug: page.Slug, path: filepath.Join(r.root, filepath.FromSlash(page.Notebook)), page: true}, nil
	}
	t := target{slug: strings.TrimSuffix(filepath.Base(name), ".ipynb"), path: name}
	if !strings.HasSuffix(name, ".ipynb") {
		entry, err := catalog.Find(name)
		if err != nil {
			return target{}, err
		}
		t = target{slug: entry.Slug, path: filepath.Join(r.root, filepath.FromSlash(entry.Notebook))}
	} else if r.record {
		return target{}, fmt.Errorf("run: --record of %s, want a method that `fieldbook list` shows", name)
	}
	nb, err := notebook.Read(t.path)
	if err != nil {
		return target{}, err
	}
	return t, notebook.EndsInClaims(nb)
}

// commit is the commit that is checked out, with "-dirty" if files differ from
// it; "" outside git.
func commit(ctx context.Context, root string) string {
	git := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
	git.Dir = root
	name, err := git.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(name))
}

// all runs the notebooks one after another. One that fails does not keep the
// next from running.
func (r *notebookRun) all(ctx context.Context, targets []target) error {
	var wrong []error
	var done []results.Result
	missed := 0
	for _, t := range targets {
		var result results.Result
		ran, err := r.one(ctx, t)
		if ctx.Err() != nil {
			return fmt.Errorf("%s: stopped and saved; the same command goes on from there", t.slug)
		}
		silent := t.page && !ran.claims()
		if err == nil && silent {
			err = r.finish(t, ran)
		} else if err == nil {
			result, err = r.judge(t, ran)
		}
		if err != nil {
			wrong = append(wrong, err)
		}
		if err != nil || silent {
			continue
		}
		done = append(done, result)
		if result.Judged() {
			missed += result.Missed()
		}
		if !r.json {
			if err := printClaims(r.out, result); err != nil {
				return err
			}
		}
	}
	if r.json {
		if err := printJSON(r.out, done); err != nil {
			return err
		}
	}
	switch {
	case len(wrong) > 0:
		return errors.Join(wrong...)
	case missed == 1:
		return &failedError{"run: a claim was missed"}
	case missed > 1:
		return &failedError{fmt.Sprintf("run: %d claims were missed", missed)}
	}
	return nil
}

// printJSON prints a list, which is [] where it is empty.
func printJSON[T any](out io.Writer, list []T) error {
	if list == nil {
		list = []T{}
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(list)
}

// executed is a notebook that ran to its end.
type executed struct {
	file    string // with the outputs
	events  []record.Event
	outcome notebook.Outcome
}

// claims tells whether the notebook claimed something.
func (e executed) claims() bool {
	return slices.ContainsFunc(e.events, func(e record.Event) bool { return e.Claim != nil })
}

// one runs one notebook.
func (r *notebookRun) one(ctx context.Context, t target) (executed, error) {
	kernel, err := notebook.KernelAt(r.root)
	if err != nil {
		return executed{}, err
	}
	folder, err := os.MkdirTemp("", "fieldbook-run-")
	if err != nil {
		return executed{}, fmt.Errorf("run: %w", err)
	}
	defer os.RemoveAll(folder)
	events := filepath.Join(folder, "events.jsonl")
	output := filepath.Join(r.home, "notebooks", t.slug+"-"+r.size+".ipynb")
	past := r.timesFile(t)
	meter := newMeter(r.err, t.slug, readTimes(past))
	outcome, err := notebook.Run(ctx, t.path, notebook.Options{
		Kernel: kernel, Output: output, Env: r.environ(t, events), Progress: meter.show,
	})
	meter.close()
	if err != nil {
		var failed *notebook.CellError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w\nWhat ran is in %s", err, output)
		}
		return executed{}, err
	}
	writeTimes(past, outcome.Times)
	reported, err := record.Read(events)
	return executed{file: output, events: reported, outcome: outcome}, err
}

// judge makes a result of what a notebook reported, and records it on request.
func (r *notebookRun) judge(t target, ran executed) (results.Result, error) {
	cost := results.Cost{Seconds: ran.outcome.Seconds, CPUSeconds: ran.outcome.CPUSeconds, PeakMB: ran.outcome.PeakMB}
	result, err := results.New(t.slug, r.size, r.seed, r.commit, cost, ran.events)
	if err == nil && r.record {
		err = r.keep(t, ran.file, result)
	}
	return result, err
}

// finish says that a page without claims ran, and records it on request.
func (r *notebookRun) finish(t target, ran executed) error {
	if r.record {
		if err := r.keep(t, ran.file, results.Result{}); err != nil {
			return err
		}
	}
	if r.json {
		return nil
	}
	_, err := fmt.Fprintf(r.out, "%s (%s): all %d cells ran in %s\n", t.slug, r.size, ran.outcome.Cells, seconds(ran.outcome.Seconds))
	return err
}

// environ is what the kernel is told.
func (r *notebookRun) environ(t target, events string) []string {
	fresh := ""
	if r.fresh {
		fresh = time.Now().Format(time.RFC3339Nano)
	}
	return []string{
		record.SizeVariable + "=" + r.size,
		record.SeedVariable + "=" + strconv.FormatUint(r.seed, 10),
		record.FreshVariable + "=" + fresh,
		record.SlugVariable + "=" + t.slug,
		record.FileVariable + "=" + events,
	}
}

// keep puts the executed notebook and a method's result where git keeps them.
func (r *notebookRun) keep(t target, executed string, result results.Result) error {
	text, err := recorded(executed)
	if err != nil {
		return err
	}
	files := map[string][]byte{t.path: text}
	if !t.page {
		if files[results.File(r.root, t.slug)], err = result.JSON(); err != nil {
			return err
		}
	}
	return results.WriteFiles(files)
}

// recorded reads an executed notebook that is to be recorded.
func recorded(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	if len(text) > notebook.MaxRecorded {
		return nil, fmt.Errorf("run: %s with its outputs has %d bytes, want at most %d: show fewer or smaller figures; it is not recorded",
			path, len(text), notebook.MaxRecorded)
	}
	return text, nil
}
