package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/npz"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/operators"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// home is a store of its own for a test.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv(store.Home, dir)
	return dir
}

// tiny is a task that is learned in no time.
func tiny() operators.Pairs {
	return operators.Learn(fno.Model{Modes: []int{4}, Width: 4, Depth: 1, Out: 1},
		datasets.Burgers{Viscosity: 0.1, Grid: 16, Train: 8, Test: 4, Finest: 32, Steps: 20})
}

// storeSession is a session on the store of the test.
var sharedBackend = sync.OnceValues(backend.New)

func storeSession(t *testing.T) *runs.Session {
	t.Helper()
	b, err := sharedBackend()
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return &runs.Session{Backend: b, Store: s, Slug: "tiny"}
}

// trainTiny trains a task in the store of the test.
func trainTiny(t *testing.T, task zoo.Task, steps int, observe func(runs.Progress) error) (*runs.Run, error) {
	t.Helper()
	r, err := storeSession(t).Open(task, train.Fit{Steps: steps, Batch: 4})
	if err != nil {
		t.Fatal(err)
	}
	return r, r.Train(t.Context(), observe)
}

// succeed runs a command that must succeed and returns what it printed.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	status, stdout, stderr := call(t, args...)
	if status != 0 {
		t.Fatalf("%v: status %d, %s", args, status, stderr)
	}
	return stdout
}

// refused runs a command that must refuse with one message.
func refused(t *testing.T, args []string, want ...string) {
	t.Helper()
	status, stdout, stderr := call(t, args...)
	if status != statusError || stdout != "" || strings.Count(stderr, "fieldbook: ") != 1 {
		t.Errorf("%v: status %d, standard output %q, standard error %q; want %d, none and one message", args, status, stdout, stderr, statusError)
	}
	for _, part := range want {
		if !strings.Contains(stderr, part) {
			t.Errorf("%v: message %q lacks %q", args, stderr, part)
		}
	}
}

func TestRunsOfAnEmptyStore(t *testing.T) {
	dir := home(t)
	if out := succeed(t, "runs"); !strings.Contains(out, "no runs in "+dir) {
		t.Errorf("printed %q, want that there are none, and where", out)
	}
	if out := succeed(t, "runs", "--json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("printed %q, want an empty list", out)
	}
	refused(t, []string{"runs", "show", "3f2a"}, `"3f2a"`, dir)
	refused(t, []string{"runs", "rm", "3f2a", "--yes"}, `"3f2a"`)
	refused(t, []string{"runs", "show"}, "1 arg")
	refused(t, []string{"runs", "rm"}, "1 arg")
	refused(t, []string{"runs", "all"}, `"all"`)
}

func TestRunsAreListedShownAndRemoved(t *testing.T) {
	dir := home(t)
	first, err := trainTiny(t, tiny(), 6, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("had enough")
	second, err := trainTiny(t, tiny(), 7, func(runs.Progress) error { return stop })
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	out := succeed(t, "runs")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], second.Key()) || !strings.HasPrefix(lines[2], first.Key()) {
		t.Fatalf("printed\n%s\nwant a head and two runs, the latest first", out)
	}
	for _, want := range []string{"tiny", "operators.Pairs", "done", "6/6", "valid test relative L2 ", "xla:cpu"} {
		if !strings.Contains(lines[2], want) {
			t.Errorf("line %q lacks %q", lines[2], want)
		}
	}
	if !strings.Contains(lines[1], "failed") || !strings.Contains(lines[1], "1/7") {
		t.Errorf("line %q, want a failed run at step 1 of 7", lines[1])
	}
	var list []listedRun
	if err := json.Unmarshal([]byte(succeed(t, "runs", "--json")), &list); err != nil || len(list) != 2 {
		t.Fatalf("%d runs as JSON, %v", len(list), err)
	}
	m, err := first.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if got := list[1]; got.Key != first.Key() || got.State != "done" || got.Seconds != m.Seconds || !reflect.DeepEqual(got.Last, m.Last) {
		t.Errorf("JSON %+v, want the manifest %+v", got, m)
	}

	shown := succeed(t, "runs", "show", first.Key()[:8])
	for _, want := range []string{filepath.Join(dir, "runs", first.Key()), "fno.Model", "datasets.Burgers", "optimizers.Adam", "6 of 6", "last valid test relative L2"} {
		if !strings.Contains(shown, want) {
			t.Errorf("shown\n%s\nlacks %q", shown, want)
		}
	}
	if shown := succeed(t, "runs", "show", second.Key()); !strings.Contains(shown, "had enough") {
		t.Errorf("shown\n%s\nlacks why it failed", shown)
	}
	var one listedRun
	if err := json.Unmarshal([]byte(succeed(t, "runs", "show", "--json", first.Key())), &one); err != nil || one.Key != first.Key() {
		t.Errorf("as JSON: %+v, %v", one, err)
	}

	refused(t, []string{"runs", "rm", first.Key(), "no-such", "--yes"}, "no-such")
	if out := succeed(t, "runs", "rm", first.Key()[:8], first.Key(), "--yes"); strings.Count(out, "removed") != 1 {
		t.Errorf("printed %q, want one run removed once", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "runs", first.Key())); !os.IsNotExist(err) {
		t.Errorf("the run's folder is still there: %v", err)
	}
	if out := succeed(t, "runs"); strings.Contains(out, first.Key()) || !strings.Contains(out, second.Key()) {
		t.Errorf("printed\n%s\nwant the other run alone", out)
	}
}

func TestRemovingAsks(t *testing.T) {
	dir := home(t)
	r, err := trainTiny(t, tiny(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		answer string
		gone   bool
	}{{"\n", false}, {"n\n", false}, {"", false}, {"maybe\n", false}, {"y\n", true}} {
		root := newRootCommand()
		var out, asked bytes.Buffer
		root.SetArgs([]string{"runs", "rm", r.Key()})
		root.SetIn(strings.NewReader(tc.answer))
		root.SetOut(&out)
		root.SetErr(&asked)
		err := root.ExecuteContext(t.Context())
		_, statErr := os.Stat(filepath.Join(dir, "runs", r.Key()))
		if os.IsNotExist(statErr) != tc.gone || (err == nil) != tc.gone || !strings.Contains(asked.String(), r.Key()) {
			t.Errorf("answer %q: %v, asked %q, gone: %v; want the key in the question, and gone: %v", tc.answer, err, asked.String(), os.IsNotExist(statErr), tc.gone)
		}
	}
}

func TestARunThatIsTrainedIsNotRemoved(t *testing.T) {
	home(t)
	r, err := trainTiny(t, tiny(), 3, func(p runs.Progress) error {
		keys, err := storeSession(t).Store.Runs()
		if err != nil || p.Step != 1 {
			return err
		}
		refused(t, []string{"runs", "rm", keys[0], "--yes"}, "being trained by process")
		if out := succeed(t, "runs"); !strings.Contains(out, "running") {
			t.Errorf("printed\n%s\nwant a run that is running", out)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if out := succeed(t, "runs"); !strings.Contains(out, r.Key()) || !strings.Contains(out, "done") {
		t.Errorf("printed\n%s\nwant the run, done", out)
	}
}

func TestDataListsRecipes(t *testing.T) {
	home(t)
	out := succeed(t, "data")
	for _, want := range []string{"burgers", "Viscosity=0.1 Grid=128", "darcy", "navierstokes"} {
		if !strings.Contains(out, want) {
			t.Errorf("printed\n%s\nlacks %q", out, want)
		}
	}
	var list []struct {
		Name   string
		Fields map[string]any
	}
	if err := json.Unmarshal([]byte(succeed(t, "data", "--json")), &list); err != nil || len(list) < 3 || list[0].Fields["Grid"] != 128.0 {
		t.Errorf("as JSON: %+v, %v", list, err)
	}
}

// smallBurgers are the arguments of a recipe that is made at once.
func smallBurgers(more ...string) []string {
	return append([]string{"data", "burgers", "--set", "Grid=16", "--set", "Finest=32", "--set", "Steps=20", "--set", "Test=4", "-n", "8", "--seed", "3"}, more...)
}

func TestDataIsWrittenAndKept(t *testing.T) {
	dir := home(t)
	path := filepath.Join(t.TempDir(), "x.npz")
	out := succeed(t, smallBurgers("-o", path)...)
	if !strings.Contains(out, "train_input [sample 8, x 16, channel 1]") || !strings.Contains(out, path) {
		t.Errorf("printed\n%s\nwant the arrays and the file", out)
	}
	got, err := npz.Read(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	want, err := datasets.Load(t.Context(), datasets.Burgers{Viscosity: 0.1, Grid: 16, Train: 8, Test: 4, Seed: 3, Finest: 32, Steps: 20})
	if err != nil || len(got) != len(want.Arrays) {
		t.Fatalf("%d arrays, want %d, %v", len(got), len(want.Arrays), err)
	}
	for i, a := range want.Arrays {
		if got[i].Name != a.Name || !reflect.DeepEqual(got[i].Dims, a.Dims) || !reflect.DeepEqual(got[i].Values, a.Values) {
			t.Errorf("array %s differs from the recipe's", a.Name)
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "data", "burgers-*", "complete.json"))
	if err != nil || len(kept) != 1 {
		t.Errorf("%d data sets are kept, %v; want 1", len(kept), err)
	}
	var made madeDataJSON
	if err := json.Unmarshal([]byte(succeed(t, smallBurgers("--json")...)), &made); err != nil || made.Recipe != "burgers" || made.File != "" || len(made.Arrays) != 5 || made.Fields["Train"] != 8.0 {
		t.Errorf("as JSON: %+v, %v", made, err)
	}
}

// madeDataJSON is what a program reads of `fieldbook data --json`.
type madeDataJSON struct {
	Recipe, File string
	Fields       map[string]any
	Arrays       []struct{ Name string }
}

func TestDataBadInput(t *testing.T) {
	home(t)
	folder := t.TempDir()
	there := filepath.Join(folder, "there.npz")
	if err := os.Mkdir(there, 0o755); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(folder, "good.npz")
	refused(t, []string{"data", "burger"}, "burger", "did you mean burgers?")
	refused(t, []string{"data", "burgers", "darcy"}, "at most 1")
	refused(t, []string{"data", "-o", good}, "no recipe")
	refused(t, []string{"data", "burgers", "--set", "Gird=1", "-o", good}, "did you mean Grid?")
	refused(t, []string{"data", "burgers", "--set", "Grid=x", "-o", good}, "burgers.Grid = x", "int")
	refused(t, []string{"data", "burgers", "--set", "Grid=100", "-o", good}, "Burgers.Grid = 100", "divisor")
	refused(t, []string{"data", "burgers", "-n", "0", "-o", good}, "Burgers.Train = 0")
	refused(t, []string{"data", "burgers", "-n", "5", "--set", "Train=5", "-o", good}, "set twice")
	refused(t, smallBurgers("-o", filepath.Join(folder, "x.csv")), "x.csv", ".npz")
	refused(t, smallBurgers("-o", filepath.Join(folder, "no", "x.npz")), filepath.Join(folder, "no", "x.npz"))
	refused(t, smallBurgers("-o", there), there)
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("%d files were left, %v; want the folder that was there alone", len(left), err)
	}
}

func TestPredict(t *testing.T) {
	home(t)
	task := tiny()
	r, err := trainTiny(t, task, 20, nil)
	if err != nil {
		t.Fatal(err)
	}
	trained, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	set, err := datasets.Load(t.Context(), task.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	data, alone := filepath.Join(folder, "data.npz"), filepath.Join(folder, "alone.npz")
	two := set.Test().Input
	two.Name = "fields"
	for path, arrays := range map[string][]datasets.Array{data: set.Arrays, alone: {two}} {
		if err := npz.Write(path, arrays); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name  string
		args  []string
		input datasets.Array
	}{
		{"the test inputs of a data set", []string{"--in", data}, set.Test().Input},
		{"an array by its name", []string{"--in", data, "--array", "train_input"}, set.Train().Input},
		{"the only array", []string{"--in", alone}, set.Test().Input},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := filepath.Join(folder, "y.npz")
			printed := succeed(t, append([]string{"predict", r.Key()[:10], "--out", out}, tc.args...)...)
			if !strings.Contains(printed, r.Key()) || !strings.Contains(printed, out) {
				t.Errorf("printed %q, want run and file", printed)
			}
			got, err := npz.Read(out, 0)
			if err != nil || len(got) != 1 {
				t.Fatalf("%d arrays, %v", len(got), err)
			}
			want, err := trained.Predict(t.Context(), task, tc.input)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got[0].Dims, want[0].Dims) || !reflect.DeepEqual(got[0].Values, want[0].Values) {
				t.Errorf("the file's predictions are not the run's")
			}
		})
	}
	var done predicted
	text := succeed(t, "predict", r.Key(), "--in", alone, "--out", filepath.Join(folder, "z.npz"), "--json")
	if err := json.Unmarshal([]byte(text), &done); err != nil || done.Run != r.Key() || done.Task != "operators.Pairs" || len(done.Arrays) != 1 {
		t.Errorf("as JSON: %+v, %v", done, err)
	}
	predictBadInput(t, r.Key(), data, alone)
}

func predictBadInput(t *testing.T, key, data, alone string) {
	t.Helper()
	folder := t.TempDir()
	garbled, narrow, unnamed := filepath.Join(folder, "garbled.npz"), filepath.Join(folder, "narrow.npz"), filepath.Join(folder, "unnamed.npz")
	if err := os.WriteFile(garbled, []byte("PK\x03\x04 and then nothing"), 0o644); err != nil {
		t.Fatal(err)
	}
	wrong := datasets.Array{Name: "a", Axes: []string{"sample", "channel"}, Dims: []int{2, 1}, Values: []float64{1, math.Pi}}
	other := wrong
	other.Name = "b"
	for path, arrays := range map[string][]datasets.Array{narrow: {wrong}, unnamed: {wrong, other}} {
		if err := npz.Write(path, arrays); err != nil {
			t.Fatal(err)
		}
	}
	stop := errors.New("stop")
	half, err := trainTiny(t, tiny(), 9, func(runs.Progress) error { return stop })
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	out := filepath.Join(folder, "y.npz")
	refused(t, []string{"predict"}, "1 arg")
	refused(t, []string{"predict", key}, "--in and --out")
	refused(t, []string{"predict", "nope", "--in", alone, "--out", out}, `"nope"`)
	refused(t, []string{"predict", half.Key(), "--in", alone, "--out", out}, half.Key(), "step 1 of 9")
	refused(t, []string{"predict", key, "--in", filepath.Join(folder, "no.npz"), "--out", out}, "no.npz")
	refused(t, []string{"predict", key, "--in", garbled, "--out", out}, garbled)
	refused(t, []string{"predict", key, "--in", narrow, "--out", out}, key)
	refused(t, []string{"predict", key, "--in", unnamed, "--out", out}, "a, b", "--array")
	refused(t, []string{"predict", key, "--in", data, "--array", "velocity", "--out", out}, "velocity", "test_input")
	refused(t, []string{"predict", key, "--in", alone, "--out", filepath.Join(folder, "no", "y.npz")}, filepath.Join(folder, "no", "y.npz"))
	refused(t, []string{"predict", key, "--in", alone, "--out", filepath.Join(folder, "y.txt")}, "y.txt")
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 3 {
		t.Errorf("%d files, %v; want the three inputs: nothing was left half-written", len(left), err)
	}
}
