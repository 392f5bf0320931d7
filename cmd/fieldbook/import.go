package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/internal/importer"
	"github.com/fieldbook-go/fieldbook/internal/imports"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// importFlags are the flags of `fieldbook import`.
type importFlags struct {
	name     string
	arrays   []string
	axes     []string
	units    []string
	maxSize  string
	memory   string
	allowNaN bool
	offline  bool
	json     bool
}

// newImportCommand returns `fieldbook import`.
func newImportCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import [file]",
		Short: "Take arrays out of a file into the store, where notebooks find them",
		Long: `Import reads the arrays of a file of HDF5, NetCDF, MATLAB (5 or 7.3), NumPy (.npy,
.npz), a table (.csv, .tsv, .txt) or a mesh (VTK, gmsh) and keeps them in the
store under a name. A notebook then has them as datasets.Imported. The file
is data and never run: pickles, objects and links to other files are refused.
It may be larger than the memory.

Axes are named in the order in which the program that wrote the file has them.
An axis sample goes first and an axis channel last in what a notebook gets.

Without a file it lists what was imported.`,
		Example: `  fieldbook import
  fieldbook import burgers_data_R10.mat --array a --array u --axes sample,x
  fieldbook import run.h5 --name flow --array fields/u=velocity --axes velocity=sample,time,x,y,channel
  fieldbook import flow.nc --units u=m/s --allow-nan`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return f.list(cmd)
			}
			return f.read(cmd, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "name of the set; without it the file's")
	flags.StringArrayVar(&f.arrays, "array", nil, "array to take, as its name in the file or name=new-name; may be given several times; without it all")
	flags.StringArrayVar(&f.axes, "axes", nil, "names of the axes, as array=sample,x,… or sample,x,… for all arrays with so many")
	flags.StringArrayVar(&f.units, "units", nil, "units of an array, as array=m/s")
	flags.StringVar(&f.maxSize, "max-size", "16GiB", "most that the arrays may take in the store")
	flags.StringVar(&f.memory, "memory", "4GiB", "most memory that reading HDF5, NetCDF or MATLAB may take")
	flags.BoolVar(&f.allowNaN, "allow-nan", false, "keep values that are NaN or infinite")
	addOffline(cmd, &f.offline)
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// options are the importer's, out of the flags.
//
// Errors: all that is wrong at once.
func (f *importFlags) options() (importer.Options, error) {
	o := importer.Options{Name: f.name, AllowNaN: f.allowNaN, Axes: map[string][]string{}, Units: map[string]string{}}
	var errs []error
	for _, text := range f.arrays {
		from, to, renamed := strings.Cut(text, "=")
		if from == "" || renamed && to == "" {
			errs = append(errs, fmt.Errorf("import: --array %s, want name or name=new-name", text))
		}
		o.Arrays = append(o.Arrays, importer.Rename{From: from, To: to})
	}
	for _, text := range f.axes {
		name, axes, named := strings.Cut(text, "=")
		if !named {
			name, axes = "", text
		}
		if _, twice := o.Axes[name]; twice || axes == "" || named && name == "" {
			errs = append(errs, fmt.Errorf("import: --axes %s, want array=axis,axis,… or axis,axis,…, once for each", text))
		}
		o.Axes[name] = strings.Split(axes, ",")
	}
	for _, text := range f.units {
		name, units, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			errs = append(errs, fmt.Errorf("import: --units %s, want array=units", text))
		}
		o.Units[name] = units
	}
	var err error
	if o.MaxBytes, err = parseBytes(f.maxSize); err != nil {
		errs = append(errs, fmt.Errorf("import: --max-size %w", err))
	}
	if o.Memory, err = parseBytes(f.memory); err != nil {
		errs = append(errs, fmt.Errorf("import: --memory %w", err))
	}
	return o, errors.Join(errs...)
}

// read imports a file.
func (f *importFlags) read(cmd *cobra.Command, path string) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	s, err := store.Open("")
	if err != nil {
		return err
	}
	if importer.NeedsPython(path) {
		root, err := prepare(cmd, setup.Options{Offline: f.offline})
		if err != nil {
			return err
		}
		o.Python = place.Python(root)
	}
	line := newLiveLine(cmd.ErrOrStderr())
	o.Report = func(done, total int64) { line.show(filepath.Base(path), int(done), int(total)) }
	start := time.Now()
	result, err := importer.Import(cmd.Context(), s, path, o)
	line.clear()
	if err != nil {
		return err
	}
	if f.json {
		return printObject(cmd.OutOrStdout(), result.Set)
	}
	return printImport(cmd.OutOrStdout(), result, time.Since(start).Seconds())
}

// list prints what was imported.
func (f *importFlags) list(cmd *cobra.Command) error {
	s, err := store.Open("")
	if err != nil {
		return err
	}
	sets, err := imports.List(s)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if f.json {
		return printJSON(out, sets)
	}
	if len(sets) == 0 {
		_, err := fmt.Fprintf(out, "nothing was imported into %s\n", s.Dir())
		return err
	}
	for _, set := range sets {
		fmt.Fprintf(out, "%s  %s  of %s\n", set.Name, set.Hash[:12], set.File)
		for _, a := range set.Arrays {
			fmt.Fprintf(out, "    %s\n", imports.Shape(a))
		}
	}
	return nil
}

// printImport prints a table of the arrays, and how a notebook gets them.
func printImport(out io.Writer, r importer.Result, took float64) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "array\ttype\tunits\tmin\tmean\tmax\tNaN")
	bytes := int64(0)
	for _, a := range r.Arrays {
		units := a.Units
		if units == "" {
			units = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.4g\t%.4g\t%.4g\t%d\n", imports.Shape(a), a.From, units, a.Stats.Min, a.Stats.Mean, a.Stats.Max, a.Stats.NaN)
		bytes += int64(a.Size() * a.DType.Width())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, a := range r.Arrays {
		if a.Stats.Inf > 0 {
			fmt.Fprintf(out, "%s has %d infinite values\n", a.Name, a.Stats.Inf)
		}
	}
	if r.Replaced != "" {
		fmt.Fprintf(out, "the name %s stood for %s before\n", r.Name, r.Replaced[:12])
	}
	how := "kept in the store"
	if r.Kept {
		how = "in the store already"
	}
	fmt.Fprintf(out, "%s in %s, %s\n", setup.Bytes(bytes), seconds(took), how)
	_, err := fmt.Fprintf(out, "in a notebook: lab.Data(datasets.Imported{Set: %q}), or by its hash, %s\n", r.Name, r.Hash[:12])
	return err
}

// parseBytes reads a size such as 512MiB, 16GiB or 2GB.
func parseBytes(text string) (int64, error) {
	units := []struct {
		name string
		size int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1}}
	for _, u := range units {
		digits, is := strings.CutSuffix(text, u.name)
		if !is {
			continue
		}
		var n float64
		var rest string
		if read, _ := fmt.Sscanf(digits+" .", "%g %s", &n, &rest); read == 2 && rest == "." && n*float64(u.size) >= 1 && n*float64(u.size) < 1<<62 {
			return int64(n * float64(u.size)), nil
		}
		break
	}
	return 0, fmt.Errorf("%q, want a size such as 512MiB or 16GiB", text)
}
