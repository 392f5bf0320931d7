package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/imports"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// Options say what is imported and how.
type Options struct {
	Name     string              // of the set; empty: the file's, without its ending
	Arrays   []Rename            // arrays to take; none: all
	Axes     map[string][]string // names of the axes, in the order of the file's own program, by an array's name; "": of all arrays of that rank
	Units    map[string]string   // by an array's name; others keep the file's
	MaxBytes int64               // most that the arrays may take in the store; 0: DefaultMaxBytes
	AllowNaN bool                // keep values that are not finite
	Python   string              // the set-up's interpreter
	Memory   int64               // most that Python may take; 0: DefaultMemory
	Block    int                 // bytes of values at a time; 0: as much as suits

	// Report is told how many bytes of values are stored; nil: nobody is.
	Report func(done, total int64)
}

// The defaults of [Options].
const (
	DefaultMaxBytes = 16 << 30
	DefaultMemory   = 4 << 30 // for files of MATLAB 5, whose arrays are read whole: at most 2 GiB each
)

// Rename takes an array under another name.
type Rename struct{ From, To string }

// Result is what an import did.
type Result struct {
	imports.Set
	Kept     bool   // the same was imported before
	Replaced string // hash that the name stood for before; empty: none or the same
}

func (o Options) block() int {
	if o.Block > 0 {
		return min(o.Block, blockBytes)
	}
	return blockBytes
}

// Import reads a file and keeps its arrays in the store under a name.
//
// Errors: what is wrong with the file, or with what is asked for, before anything is stored; values that are not finite; a store that can't be
// written to. Nothing is left half-written.
func Import(ctx context.Context, s *store.Store, path string, o Options) (Result, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Name == "" {
		o.Name = defaultName(path)
	}
	if err := imports.CheckName(o.Name); err != nil {
		return Result{}, err
	}
	src, err := open(ctx, path, o)
	if err != nil {
		return Result{}, err
	}
	set, kept, err := read(ctx, s, src, path, o)
	if err = errors.Join(err, src.finish()); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return Result{}, err
	}
	result := Result{Set: set, Kept: kept}
	if result.Replaced, err = imports.Save(ctx, s, set); err != nil {
		return Result{}, err
	}
	if result.Replaced == set.Hash {
		result.Replaced = ""
	}
	return result, nil
}

// defaultName is a file's name without its ending, with dashes for what a set's name can't have.
func defaultName(path string) string {
	base := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	base = strings.Trim(regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(base, "-"), "-._")
	return base[:min(len(base), 80)]
}

// read chooses arrays of an open file and stores them, unless the same were stored from the same file before.
func read(ctx context.Context, s *store.Store, src source, path string, o Options) (set imports.Set, kept bool, err error) {
	all, err := src.arrays()
	if err != nil {
		return set, false, err
	}
	chosen, arrays, err := plan(all, path, o)
	if err != nil {
		return set, false, err
	}
	set = imports.Set{Name: o.Name, File: filepath.Base(path), Arrays: arrays}
	if set.Bundle, err = bundleKey(path, chosen); err != nil {
		return set, false, err
	}
	unlock, err := s.LockData(ctx, set.Bundle)
	if err != nil {
		return set, false, err
	}
	defer unlock() //nolint:errcheck // the lock goes with the process at the latest
	if kept = readList(s, &set); !kept {
		if err := src.choose(chosen); err != nil {
			return set, false, err
		}
		if err := write(s, src, path, &set, chosen, o); err != nil {
			return set, false, err
		}
		if err := writeList(s, set); err != nil {
			return set, false, err
		}
	}
	for _, a := range set.Arrays {
		if err := checkFinite(a, path, o); err != nil { // they may have been stored when it was allowed
			return set, kept, err
		}
	}
	set.Hash, err = imports.Digest(set.Arrays)
	return set, kept, err
}

// checkFinite refuses an array with values that are not finite, unless it is allowed.
func checkFinite(a imports.Array, path string, o Options) error {
	if a.Stats.NaN+a.Stats.Inf == 0 || o.AllowNaN {
		return nil
	}
	return fmt.Errorf("importer: %s: array %s has %d NaN and %d infinite of %d values, the first at %s; want finite values, or --allow-nan to keep them",
		path, a.Name, a.Stats.NaN, a.Stats.Inf, a.Size(), place(a.Axes, a.Dims, a.Stats.First))
}

// The list of a bundle's arrays with their hashes is a bundle of its own, so that it can be read without them.
const (
	listSuffix = "-list"
	listFile   = "arrays.json"
)

func writeList(s *store.Store, set imports.Set) error {
	text, err := json.MarshalIndent(set.Arrays, "", "  ")
	if err != nil {
		return fmt.Errorf("importer: %w", err)
	}
	return s.WriteData(set.Bundle+listSuffix, []store.File{{Name: listFile, Write: func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}}})
}

// readList fills in hashes and sums of arrays that are stored already. It tells whether they are, as they were written.
func readList(s *store.Store, set *imports.Set) bool {
	files, err := s.ReadData(set.Bundle + listSuffix)
	if err != nil {
		return false
	}
	var stored []imports.Array
	if err := json.Unmarshal(files[listFile], &stored); err != nil || len(stored) != len(set.Arrays) {
		return false
	}
	for i, a := range stored {
		set.Arrays[i].SHA256, set.Arrays[i].Stats = a.SHA256, a.Stats
		if err := imports.Read(s, *set, set.Arrays[i], func(int, []float64) error { return nil }); err != nil {
			return false
		}
	}
	return true
}

// bundleKey names the stored arrays by the file's content and by what is taken of it.
func bundleKey(path string, chosen []found) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("importer: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("importer: %w", err)
	}
	text, err := json.Marshal(chosen)
	if err != nil {
		return "", fmt.Errorf("importer: %w", err)
	}
	h.Write(text)
	return "imported-" + hex.EncodeToString(h.Sum(nil))[:32], nil
}

// write stores the arrays and fills in their hashes and sums.
func write(s *store.Store, src source, path string, set *imports.Set, chosen []found, o Options) error {
	p := &progress{report: o.Report}
	for _, f := range chosen {
		p.total += f.bytes()
	}
	var cause error // without the name of a file that the user never sees
	var files []store.File
	for i := range set.Arrays {
		files = append(files, store.File{Name: set.Arrays[i].Name + imports.Suffix, Write: func(w io.Writer) error {
			out := &output{w: w}
			err := writeArray(out, src, path, &set.Arrays[i], chosen[i], p, o)
			if out.err == nil {
				cause = err
			}
			return err
		}})
	}
	if err := s.WriteData(set.Bundle, files); cause == nil {
		return err
	}
	return cause
}

// output remembers that the disk is at fault.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (n int, err error) {
	n, o.err = o.w.Write(p)
	return n, o.err
}

// progress tells how many bytes of all are stored.
type progress struct {
	done, total int64
	report      func(done, total int64)
}

func (p *progress) add(n int) {
	p.done += int64(n)
	if p.report != nil {
		p.report(p.done, p.total)
	}
}

// writeArray writes one array as NumPy would.
func writeArray(w io.Writer, src source, path string, a *imports.Array, f found, p *progress, o Options) error {
	h, count := sha256.New(), newCounter(a.DType)
	out := io.MultiWriter(w, h)
	if _, err := out.Write(imports.NpyHeader(a.DType, a.Dims)); err != nil {
		return err
	}
	err := src.copy(f, func(block []byte) error {
		count.add(block)
		p.add(len(block))
		if count.bad() > 0 && !o.AllowNaN {
			return nil // it is going to be refused: go on counting, write no more
		}
		_, err := out.Write(block)
		return err
	})
	if err != nil {
		return err
	}
	if count.n != a.Size() {
		return fmt.Errorf("importer: %s: array %s gave %d values, want %d", path, a.Name, count.n, a.Size())
	}
	a.Stats, a.SHA256 = count.stats(), hex.EncodeToString(h.Sum(nil))
	return checkFinite(*a, path, o)
}

// place names a value by its indices, as in "[sample 3, x 17]".
func place(axes []string, dims []int, at int) string {
	parts := make([]string, len(dims))
	for i := len(dims) - 1; i >= 0; i-- {
		parts[i] = fmt.Sprintf("%s %d", axes[i], at%dims[i])
		at /= dims[i]
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// plan picks the arrays that are asked for and names their axes.
//
// Errors: all that is wrong at once.
func plan(all []found, path string, o Options) (chosen []found, arrays []imports.Array, err error) {
	if chosen, err = choose(all, path, o); err != nil {
		return nil, nil, err
	}
	var errs []error
	total := int64(0)
	for i, f := range chosen {
		if err := checkDims(f, path); err != nil {
			return nil, nil, err
		}
		if total += f.bytes(); total > o.MaxBytes || total < 0 {
			return nil, nil, fmt.Errorf("importer: %s: array %s of shape %v brings the arrays to %d bytes, want at most %d; --max-size raises that",
				path, f.Path, userDims(f), total, o.MaxBytes)
		}
		a := imports.Array{Name: f.Name, Dims: f.Dims, Units: f.Units, DType: f.dtype(), From: f.From}
		if units, is := o.Units[f.Name]; is {
			a.Units = units
		}
		a.Axes, err = axesOf(f, o.Axes)
		if err != nil {
			errs = append(errs, fmt.Errorf("importer: %s: %w", path, err))
		}
		arrays = append(arrays, a)
		chosen[i] = f
	}
	errs = append(errs, checkNamed(chosen, path, o)...)
	if len(errs) == 0 && len(o.Axes) > 0 {
		errs = append(errs, checkLengths(arrays, path))
	}
	return chosen, arrays, errors.Join(errs...)
}

// choose picks the arrays that are asked for, and gives them their names.
func choose(all []found, path string, o Options) ([]found, error) {
	var names, bad []string
	for _, f := range all {
		if f.Problem == "" {
			names = append(names, f.Path)
		} else {
			bad = append(bad, fmt.Sprintf("array %s %s", f.Path, f.Problem))
		}
	}
	can := "none can be read"
	if len(names) > 0 {
		can = "--array can take " + strings.Join(names[:min(len(names), 20)], ", ")
	}
	if len(o.Arrays) == 0 {
		if len(bad) > 0 {
			return nil, fmt.Errorf("importer: %s: %s; %s", path, strings.Join(bad[:min(len(bad), 5)], "; "), can)
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("importer: %s has no arrays, want at least one", path)
		}
		return slices.Clone(all), nil
	}
	var chosen []found
	for _, r := range o.Arrays {
		i := slices.IndexFunc(all, func(f found) bool { return f.Path == r.From })
		if i < 0 {
			i = slices.IndexFunc(all, func(f found) bool { return f.Name == r.From })
		}
		if i < 0 {
			return nil, fmt.Errorf("importer: %s has no array %q; %s", path, r.From, can)
		}
		f := all[i]
		if f.Problem != "" {
			return nil, fmt.Errorf("importer: %s: array %s %s; %s", path, f.Path, f.Problem, can)
		}
		if r.To != "" {
			f.Name = r.To
		}
		if !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$`).MatchString(f.Name) {
			return nil, fmt.Errorf("importer: array name %q, want letters, digits, dots, dashes and underscores", f.Name)
		}
		for _, c := range chosen {
			if c.Name == f.Name || c.Path == f.Path {
				return nil, fmt.Errorf("importer: array %s, named %s, is asked for twice", f.Path, f.Name)
			}
		}
		chosen = append(chosen, f)
	}
	return chosen, nil
}

// checkDims refuses dimensions that can't be true.
func checkDims(f found, path string) error {
	n := int64(1)
	for _, d := range f.Dims {
		if d < 1 || n > (1<<56)/int64(d) {
			return fmt.Errorf("importer: %s: array %s has the shape %v, want 1 or more along each axis and fewer than 2^56 values", path, f.Path, userDims(f))
		}
		n *= int64(d)
	}
	if f.Width != 4 && f.Width != 8 || len(f.Dims) == 0 || len(f.Axes) > 0 && len(f.Axes) != len(f.Dims) {
		return fmt.Errorf("importer: %s: array %s of %d axes with %d names and %d bytes a value, want as many names as axes and 4 or 8 bytes",
			path, f.Path, len(f.Dims), len(f.Axes), f.Width)
	}
	return nil
}

// checkNamed refuses axes and units of arrays that are not taken.
func checkNamed(chosen []found, path string, o Options) (errs []error) {
	var names []string
	for _, f := range chosen {
		names = append(names, f.Name)
	}
	check := func(flag, name string) {
		if name != "" && !slices.Contains(names, name) {
			errs = append(errs, fmt.Errorf("importer: %s: %s names the array %q, want one of %s", path, flag, name, strings.Join(names, ", ")))
		}
	}
	for name := range o.Axes {
		check("--axes", name)
	}
	for name := range o.Units {
		check("--units", name)
	}
	if axes, is := o.Axes[""]; is && !slices.ContainsFunc(chosen, func(f found) bool { return len(f.Dims) == len(axes) }) {
		errs = append(errs, fmt.Errorf("importer: %s: --axes %s fits no array, want one with %d axes", path, strings.Join(axes, ","), len(axes)))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) }) // maps have no order
	return errs
}

// userDims are the dimensions in the order of the program that wrote the file.
func userDims(f found) []int {
	dims := slices.Clone(f.Dims)
	if f.Reverse {
		slices.Reverse(dims)
	}
	return dims
}

// axesOf names the axes of an array, in the order of its values.
func axesOf(f found, given map[string][]string) ([]string, error) {
	axes, named := given[f.Name]
	if !named {
		if axes, named = given[""]; named && len(axes) != len(f.Dims) {
			named = false
		}
	}
	switch {
	case named && len(axes) != len(f.Dims):
		return nil, fmt.Errorf("axes of %s = %s, want %d names for the shape %v", f.Name, strings.Join(axes, ","), len(f.Dims), userDims(f))
	case named:
		axes = slices.Clone(axes)
		for i, axis := range axes {
			if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,40}$`).MatchString(axis) || slices.Contains(axes[:i], axis) {
				return nil, fmt.Errorf("axes of %s = %s, want words, each once", f.Name, strings.Join(axes, ","))
			}
		}
	case len(f.Axes) > 0:
		return distinct(f.Axes), nil
	default:
		for i := range f.Dims {
			axes = append(axes, fmt.Sprintf("axis%d", i))
		}
	}
	if f.Reverse {
		slices.Reverse(axes)
	}
	return axes, nil
}

// distinct numbers names of axes that are there twice.
func distinct(axes []string) []string {
	out := slices.Clone(axes)
	for i, axis := range out {
		for n := 2; slices.Contains(out[:i], out[i]); n++ {
			out[i] = fmt.Sprintf("%s%d", axis, n)
		}
	}
	return out
}

// checkLengths refuses axes that have one name and two lengths: most likely they were named in the wrong order.
func checkLengths(arrays []imports.Array, path string) error {
	first := map[string]imports.Array{}
	for _, a := range arrays {
		for i, axis := range a.Axes {
			if axis == "channel" || strings.HasPrefix(axis, "axis") {
				continue
			}
			other, is := first[axis]
			if !is {
				first[axis] = a
				continue
			}
			if n := other.Dims[slices.Index(other.Axes, axis)]; n != a.Dims[i] {
				return fmt.Errorf("importer: %s: axis %s is %d long in %s and %d in %s, want one length: is the order of --axes right, or are they two axes?",
					path, axis, n, other.Name, a.Dims[i], a.Name)
			}
		}
	}
	return nil
}
