package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/importer"
	"github.com/fieldbook-go/fieldbook/internal/npz"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/setup"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// dataFlags are the flags of `fieldbook data`.
type dataFlags struct {
	set    []string
	count  int
	seed   uint64
	output string
	page   string
	papers string
	json   bool
}

// newDataCommand returns `fieldbook data`.
func newDataCommand() *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use:   "data [recipe]",
		Short: "Make a data set and write it to a file",
		Long: `Data makes the data set of a recipe with a classical solver and writes its inputs,
outputs and coordinates, each under its name, into an .npz file that NumPy reads or
an .h5 file of HDF5, which has the recipe and the names of the axes as attributes.
It is kept in the store too, where notebooks with the same recipe find it.

The recipe imported stands for a set that "fieldbook import" took from a file.

Without a recipe it lists all of them with their fields and what these are set
to. --set changes a field: Field=value, written as JSON.`,
		Example: `  fieldbook data
  fieldbook data burgers -o burgers.npz
  fieldbook data burgers --set Grid=256 --set Viscosity=0.01 -n 100 --seed 3 -o x.npz
  fieldbook data imported --set Set=flow -o flow.h5`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.papers != "" {
				return writePapers(cmd.Context(), f.papers, cmd.ErrOrStderr())
			}
			if len(args) == 0 {
				if cmd.Flags().Changed("set") || cmd.Flags().Changed("output") || cmd.Flags().Changed("n") || cmd.Flags().Changed("seed") {
					return errors.New("data: no recipe, want one that `fieldbook data` lists")
				}
				if f.page != "" {
					return f.allPages(cmd)
				}
				return printRecipes(cmd.OutOrStdout(), f.json)
			}
			r, err := f.recipe(cmd, args[0])
			if err != nil {
				return err
			}
			return f.make(cmd, r)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, r := range catalog.Recipes() {
				if len(args) == 0 {
					names = append(names, r.Name+"\t"+r.Title)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.set, "set", nil, "a field of the recipe, as Field=value; may be given several times")
	flags.IntVarP(&f.count, "n", "n", 0, "number of training samples, as --set Train=n")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness, as --set Seed=…")
	flags.StringVarP(&f.output, "output", "o", "", "file to write, which ends in "+npz.Suffix+" or "+importer.HDF5Suffix+"; without it the data are only kept in the store")
	flags.StringVar(&f.page, "page", "", "folder for a page on the data, in Markdown with a picture; without a recipe, for those of all")
	flags.StringVar(&f.papers, "papers", "", "folder for a page on the data of all papers, with the time that each takes")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// allPages makes the data of every recipe as it stands, each with its page, and the list of them.
func (f *dataFlags) allPages(cmd *cobra.Command) error {
	for _, r := range catalog.Recipes() {
		if err := f.make(cmd, r.Default); err != nil {
			return fmt.Errorf("data %s: %w", r.Name, err)
		}
	}
	return writeIndex(f.page)
}

// recipe is the recipe of a name with the fields that the flags set.
func (f *dataFlags) recipe(cmd *cobra.Command, name string) (datasets.Recipe, error) {
	set := slices.Clone(f.set)
	if cmd.Flags().Changed("n") {
		set = append(set, "Train="+strconv.Itoa(f.count))
	}
	if cmd.Flags().Changed("seed") {
		set = append(set, "Seed="+strconv.FormatUint(f.seed, 10))
	}
	if name == (datasets.Imported{}).Name() {
		return importedWith(set)
	}
	r, err := catalog.FindRecipe(name)
	if err != nil {
		return nil, err
	}
	return r.With(set)
}

// madeData is what `fieldbook data --json` prints of what it made.
type madeData struct {
	Recipe  string           `json:"recipe"`
	Key     string           `json:"key"`
	Fields  datasets.Recipe  `json:"fields"`
	Seconds float64          `json:"seconds"`
	Arrays  []datasets.Shape `json:"arrays"`
	Error   *float64         `json:"error,omitempty"` // relative L2, of the test outputs
	File    string           `json:"file,omitempty"`
}

// make makes the data, or finds them in the store, and writes them.
func (f *dataFlags) make(cmd *cobra.Command, r datasets.Recipe) error {
	if f.output != "" {
		if err := checkOutput("data", f.output, npz.Suffix, importer.HDF5Suffix); err != nil {
			return err
		}
	}
	s, err := store.Open("")
	if err != nil {
		return err
	}
	stderr := cmd.ErrOrStderr()
	line := newLiveLine(stderr)
	cache := runs.Cache{
		Store:  s,
		Report: func(recipe string, done, total int) { line.show(recipe, done, total) },
		Warn: func(err error) {
			line.clear()
			fmt.Fprintf(stderr, "fieldbook: warning: %v\n", err)
		},
	}
	start := time.Now()
	set, err := datasets.Load(datasets.WithCache(cmd.Context(), cache), r)
	line.clear()
	if err != nil {
		return err
	}
	made := madeData{Recipe: r.Name(), Fields: r, File: f.output}
	if made.Key, err = datasets.Key(r); err != nil {
		return err
	}
	for _, a := range set.Arrays {
		made.Arrays = append(made.Arrays, a.Shape())
	}
	if f.output != "" {
		if err := writeData(cmd, f.output, r, made.Key, set); err != nil {
			return err
		}
	}
	if _, kept := r.(datasets.Kept); !kept {
		if made.Error, err = cache.Error(r); err != nil {
			return err
		}
	}
	made.Seconds = time.Since(start).Seconds()
	if f.page != "" {
		if err := writePage(f.page, r, made, set); err != nil {
			return err
		}
	}
	return made.print(cmd.OutOrStdout(), f.json)
}

// printObject prints a value as JSON.
func printObject(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func (m madeData) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return printObject(out, m)
	}
	bytes := int64(0)
	for _, a := range m.Arrays {
		fmt.Fprintln(out, a)
		bytes += 8 * int64(a.Size())
	}
	if m.Error != nil {
		fmt.Fprintf(out, "relative error of the test outputs, by refinement: %.1g\n", *m.Error)
	}
	where := "kept in the store"
	if m.File != "" {
		where = "written to " + m.File
	}
	_, err := fmt.Fprintf(out, "%s in %s, %s\n", setup.Bytes(bytes), seconds(m.Seconds), where)
	return err
}

// listedRecipe is one recipe as `fieldbook data --json` prints it.
type listedRecipe struct {
	Name   string          `json:"name"`
	Title  string          `json:"title"`
	Fields datasets.Recipe `json:"fields"`
}

// printRecipes prints the recipes with their fields.
func printRecipes(out io.Writer, asJSON bool) error {
	if asJSON {
		var list []listedRecipe
		for _, r := range catalog.Recipes() {
			list = append(list, listedRecipe{r.Name, r.Title, r.Default})
		}
		return printJSON(out, list)
	}
	for _, r := range catalog.Recipes() {
		settings, err := r.Settings()
		if err != nil {
			return err
		}
		var fields []string
		for _, s := range settings {
			fields = append(fields, fmt.Sprintf("%s=%s", s.Name, s.Value))
		}
		fmt.Fprintf(out, "%s  %s\n    %s\n", r.Name, r.Title, strings.Join(fields, " "))
	}
	return nil
}

// checkOutput finds out, before hours are spent, whether a file can be written.
func checkOutput(command, path string, suffixes ...string) error {
	if !slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(path, suffix) }) {
		return fmt.Errorf("%s: output %s, want a name that ends in %s", command, path, strings.Join(suffixes, " or "))
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: output %s is there and is no file", command, path)
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".fieldbook-probe-*")
	if err != nil {
		return fmt.Errorf("%s: output %s cannot be written: %w", command, path, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// liveLine is a line of progress that is written over; it shows on a terminal only.
type liveLine struct {
	out   io.Writer
	width int // columns; 0: no terminal

	mu   sync.Mutex // recipes may report from several goroutines
	next time.Time
	used bool
}

// liveEvery is how often the line changes at most.
const liveEvery = 100 * time.Millisecond

func newLiveLine(out io.Writer) *liveLine {
	l := &liveLine{out: out}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		l.width = 80
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			l.width = width
		}
	}
	return l
}

// show draws the bar of a task that is done in part.
func (l *liveLine) show(name string, done, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.width == 0 || total < 1 || time.Now().Before(l.next) {
		return
	}
	l.next, l.used = time.Now().Add(liveEvery), true
	part := min(1, max(0, float64(done)/float64(total)))
	room := max(0, l.width-len(name)-10)
	full := int(part * float64(room))
	text := fmt.Sprintf("%s [%s%s] %3.0f %%", name, strings.Repeat("#", full), strings.Repeat(".", room-full), 100*part)
	fmt.Fprintf(l.out, "\r\x1b[K%s", text)
}

// clear wipes the line.
func (l *liveLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used {
		fmt.Fprint(l.out, "\r\x1b[K")
		l.used = false
	}
}
