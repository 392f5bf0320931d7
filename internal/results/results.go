// Package results is what recorded notebooks came to: one JSON file a method in
// notebooks/results, and the table of them in README. Nothing of it is typed by
// hand.
package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/record"
)

// Folder is where results are, below the module's root.
const Folder = "notebooks/results"

// maxFile is the greatest size in bytes of a result's file.
const maxFile = 1 << 20

// Result is one run of a notebook from top to bottom.
type Result struct {
	Slug       string         `json:"slug"`
	Size       string         `json:"size"` // quick, standard or full
	Seed       uint64         `json:"seed"`
	Commit     string         `json:"commit"` // with "-dirty" where files differed from it; "" outside git
	Backend    string         `json:"backend"`
	Precision  string         `json:"precision"`
	Seconds    float64        `json:"seconds"`     // s, with the training that was looked up instead of done again
	CPUSeconds float64        `json:"cpu_seconds"` // s, over all cores, as Seconds
	PeakMB     float64        `json:"peak_mb"`     // MB (1e6 bytes), resident, of the largest process
	Claims     []record.Claim `json:"claims"`
}

// Cost is what running a notebook took, without what it looked up.
type Cost struct {
	Seconds    float64 // s
	CPUSeconds float64 // s, over all cores
	PeakMB     float64 // MB (1e6 bytes), resident
}

// New makes a result of what the cells of a run reported.
//
// The cost is that of making everything: training that was looked up counts
// with what it took when it was done.
//
// Errors: no claim; two claims of one name; a claim whose verdict is not that
// of its numbers.
func New(slug, size string, seed uint64, commit string, cost Cost, events []record.Event) (Result, error) {
	r := Result{
		Slug: slug, Size: size, Seed: seed, Commit: commit,
		Seconds: cost.Seconds, CPUSeconds: cost.CPUSeconds, PeakMB: cost.PeakMB,
	}
	var backends, precisions []string
	counted := map[string]bool{}
	for _, e := range events {
		if e.Claim != nil {
			r.Claims = append(r.Claims, *e.Claim)
		}
		if e.Evaluation != nil {
			backends = append(backends, e.Evaluation.Backend)
			precisions = append(precisions, e.Evaluation.Precision)
		}
		if e.Run == nil {
			continue
		}
		backends = append(backends, e.Run.Backend)
		precisions = append(precisions, e.Run.Precision)
		r.PeakMB = max(r.PeakMB, e.Run.PeakMB)
		if e.Run.LookedUp && !counted[e.Run.Key] {
			r.Seconds += e.Run.Seconds
			r.CPUSeconds += e.Run.CPUSeconds
		}
		counted[e.Run.Key] = true
	}
	r.Backend, r.Precision = distinct(backends), distinct(precisions)
	return r, r.validate()
}

// distinct joins the names that occur, each once, in order.
func distinct(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// validate tells what is wrong with a result.
func (r Result) validate() error {
	var wrong []error
	if r.Slug == "" {
		wrong = append(wrong, errors.New("results: Result.Slug = \"\", want a method's"))
	}
	if err := record.CheckSize(r.Size); err != nil {
		wrong = append(wrong, fmt.Errorf("results: %s: %w", r.Slug, err))
	}
	if len(r.Claims) == 0 {
		wrong = append(wrong, fmt.Errorf("results: %s: no claim was made, want at least one", r.Slug))
	}
	names := map[string]bool{}
	for _, c := range r.Claims {
		if names[c.Name] {
			wrong = append(wrong, fmt.Errorf("results: %s: two claims are named %q, want different names", r.Slug, c.Name))
		}
		names[c.Name] = true
		if c.Pass != holds(c) {
			wrong = append(wrong, fmt.Errorf("results: %s: claim %q: pass = %v, but %v %s %v is %v", r.Slug, c.Name, c.Pass, c.Got, c.Op, c.Want, holds(c)))
		}
	}
	return errors.Join(wrong...)
}

// holds tells whether what was measured is within the bound. NaN is not.
func holds(c record.Claim) bool {
	if c.Op == ">=" {
		return c.Got >= c.Want
	}
	return c.Op == "<=" && c.Got <= c.Want
}

// Judged tells whether claims count: at the quick size they do not, which only
// shows that every cell runs.
func (r Result) Judged() bool { return r.Size != record.SizeQuick }

// Missed is the number of claims that do not hold.
func (r Result) Missed() int {
	missed := 0
	for _, c := range r.Claims {
		if !c.Pass {
			missed++
		}
	}
	return missed
}

// JSON is the result's file.
func (r Result) JSON() ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("results: %s: %w", r.Slug, err)
	}
	return append(text, '\n'), nil
}

// File is the path of a method's result, below the module's root.
func File(root, slug string) string {
	return filepath.Join(root, filepath.FromSlash(Folder), slug+".json")
}

// Read reads a method's result. found is false if there is none.
//
// Errors: a file that is no result of this method.
func Read(root, slug string) (r Result, found bool, err error) {
	path := File(root, slug)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return Result{}, false, nil
	}
	if err != nil {
		return Result{}, false, fmt.Errorf("results: %w", err)
	}
	if info.Size() > maxFile {
		return Result{}, false, fmt.Errorf("results: %s has %d bytes, want at most %d", path, info.Size(), maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Result{}, false, fmt.Errorf("results: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return Result{}, false, fmt.Errorf("results: %s: %w", path, err)
	}
	if err := r.validate(); err != nil {
		return Result{}, false, fmt.Errorf("%s: %w", path, err)
	}
	if r.Slug != slug {
		return Result{}, false, fmt.Errorf("results: %s: slug = %q, want %q", path, r.Slug, slug)
	}
	return r, true, nil
}

// WriteFiles writes files by path, each in one step, and none of them unless
// all could be written beside their places.
//
// Errors: what the file system says.
func WriteFiles(files map[string][]byte) (err error) {
	staged := map[string]string{} // by its place
	defer func() {
		for _, temporary := range staged {
			_ = os.Remove(temporary) // it is gone where all went well
		}
	}()
	for path, text := range files {
		temporary, err := stage(path, text)
		if err != nil {
			return fmt.Errorf("results: %s: %w", path, err)
		}
		staged[path] = temporary
	}
	for path, temporary := range staged {
		if err := os.Rename(temporary, path); err != nil {
			return fmt.Errorf("results: %w", err)
		}
	}
	return nil
}

// stage writes the text to a new file beside path, safe on disk.
func stage(path string, text []byte) (temporary string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}
