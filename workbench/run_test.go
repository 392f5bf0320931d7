package workbench_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/workbench"
)

// longSteps take a second or two.
const longSteps = 20000

func runCells() map[string]func() {
	short := workbench.Fit{Steps: 30, Batch: 4, Rate: 1e-2}
	two := short.Then(workbench.Fit{Steps: 20, Batch: 4, Rate: 1e-3})
	long := workbench.Fit{Steps: longSteps, Batch: 4, Rate: 1e-3}
	train := func(task line, fit workbench.Fit) func() {
		return func() { workbench.Open().Run(task, fit).Train() }
	}
	return map[string]func(){
		"declare": func() { workbench.Open().Run(line{}, workbench.Fit{}) },
		"train":   train(line{Slope: 2}, short),
		"two":     train(line{Slope: 2}, two),
		"long":    train(line{Slope: 2}, long),
		"bad fit": train(line{Slope: 2}, workbench.Fit{}),
		"bad task": func() {
			workbench.Open().Run(line{}, short).Train()
			fmt.Println("after the failure")
		},
		"break": train(line{Slope: 2, Break: 12}, short),
		"look up": func() {
			r := workbench.Open().Run(line{Slope: 2}, short)
			fmt.Println(r.Key(), r.Parameters(), r.Seconds() > 0, len(r.History().Steps))
		},
		"parameters": func() { fmt.Println(workbench.Open().Run(line{Slope: 3}, short).Parameters()) },
		"seeds":      func() { printSeeds(two) },
		"no seeds": func() {
			lab := workbench.Open()
			lab.Seeds(lab.Run(line{Slope: 2}, short), 0)
		},
		"predict": func() { predict(workbench.Open().Run(line{Slope: 2}, short)) },
		"closed form": func() {
			lab := workbench.Open()
			square := func(_ *model.Scope, in []*Node) []*Node { return []*Node{Mul(in[0], in[0])} }
			workbench.Must(lab.Eval(context.Background(), square, []float64{2}))
			out := workbench.Must(lab.Eval(context.Background(), square, []float64{3, 1e-200}))
			fmt.Println(out[0].Value(), out[0].DType())
		},
		"no closed form": func() {
			workbench.Must(workbench.Open().Eval(context.Background(), func(scope *model.Scope, in []*Node) []*Node {
				return line{}.Predict(scope, in...)
			}, [][]float64{{1}}))
		},
		"predict bad": func() { workbench.Open().Run(line{Slope: 2}, short).Predict() },
		"result of long": func() {
			r := workbench.Open().Run(line{Slope: 2}, long)
			values := r.Predict(column(3))[0].Values
			fmt.Println("result", values)
		},
	}
}

// printSeeds prints the key of each of three seeds, and of two phases run apart.
func printSeeds(fit workbench.Fit) {
	lab := workbench.Open()
	seeds := lab.Seeds(lab.Run(line{Slope: 2}, fit), 3)
	for i, r := range seeds {
		byHand := fit
		byHand.Seed = lab.Seed() + uint64(i)
		next := *fit.Next
		next.Seed = byHand.Seed
		byHand.Next = &next
		fmt.Println("key", r.Key(), lab.Run(line{Slope: 2}, byHand).Key() == r.Key())
	}
}

// column is n inputs.
func column(n int) datasets.Array {
	a := datasets.Array{Name: "x", Axes: []string{"sample", "channel"}, Dims: []int{n, 1}}
	for i := range n {
		a.Values = append(a.Values, float64(i)/float64(n)-0.5)
	}
	return a
}

// predict compares Predict on more rows than one call takes with the graph function on all of them.
func predict(r *workbench.Run) {
	in := column(250)
	got := r.Predict(in)[0]
	direct := workbench.Must(r.Eval(context.Background(), func(scope *model.Scope, in []*Node) []*Node {
		return line{}.Predict(scope, in...)
	}, tensors.FromFlatDataAndDimensions(in.Values, in.Dims...)))
	want := tensors.MustCopyFlatData[float32](direct[0])
	worst, spread := 0.0, slices.Max(got.Values)-slices.Min(got.Values)
	for i, v := range got.Values {
		worst = max(worst, v-float64(want[i]), float64(want[i])-v)
	}
	fmt.Println("predicted", got.Dims, worst < 1e-6, spread > 0.1) // float32 round-off of values of size 1
}

func TestADeclarationDoesNothing(t *testing.T) {
	n := newNotebook(t)
	if out := n.ok(t, "declare"); out != "" {
		t.Errorf("a declaration prints %q", out)
	}
	if _, err := os.Stat(n.dir + "/store"); err == nil {
		t.Error("a declaration makes a store")
	}
}

func TestTrainedOnceThenLookedUp(t *testing.T) {
	n := newNotebook(t)
	out := n.ok(t, "train")
	for _, want := range []string{"Fieldbook: ", ", size standard, seed 0\n", "30 steps in ", "workbench_test.line", "misfit "} {
		if !strings.Contains(out, want) {
			t.Errorf("training prints %q, want %q in it", out, want)
		}
	}
	first := n.lastRun(t)
	if first.LookedUp || first.Key == "" || first.Task != "workbench_test.line" || first.Precision != "float32" || !(first.Seconds > 0) || !(first.PeakMB > 0) {
		t.Errorf("the run is recorded as %+v", first)
	}
	out = n.ok(t, "train")
	if !strings.Contains(out, "looked up: 30 steps in ") || strings.Contains(out, "steps a second") {
		t.Errorf("the second call prints %q, want it looked up", out)
	}
	if again := n.lastRun(t); !again.LookedUp || again.Key != first.Key || again.Seconds != first.Seconds {
		t.Errorf("the second call is recorded as %+v, want %+v looked up", again, first)
	}
	out = n.ok(t, "look up")
	// 1·8 + 8 + 8·1 + 1 parameters.
	if want := fmt.Sprintf("%s 25 true 30\n", first.Key); !strings.HasSuffix(out, want) {
		t.Errorf("the run's facts are %q, want %q", out, want)
	}
	if out := n.ok(t, "train", "FIELDBOOK_SEED=1"); strings.Contains(out, "looked up") || n.lastRun(t).Key == first.Key {
		t.Errorf("another seed gives %q, want another run", out)
	}
}

func TestParametersTrainNothing(t *testing.T) {
	n := newNotebook(t)
	if out := n.ok(t, "parameters"); !strings.HasSuffix(out, "\n25\n") || len(n.events(t)) != 0 {
		t.Errorf("Parameters prints %q and records %v, want 25 and nothing", out, n.events(t))
	}
}

func TestFreshTrainsAgainOnce(t *testing.T) {
	n := newNotebook(t)
	n.ok(t, "two")
	n.ok(t, "train") // the first phase of "two": kept under its own key
	if !n.lastRun(t).LookedUp {
		t.Error("a phase is trained again, want it looked up")
	}
	fresh := record.FreshVariable + "=" + time.Now().Format(time.RFC3339Nano)
	for _, c := range []struct {
		cell     string
		env      []string
		lookedUp bool
	}{
		{"train", []string{fresh}, false},
		{"train", []string{fresh}, true},
		{"two", []string{fresh}, false}, // its first phase is fresh already
		{"two", []string{fresh}, true},
		{"train", []string{fresh}, true},
		{"train", nil, true},
		{"train", []string{record.FreshVariable + "=1"}, false}, // no time: now
	} {
		out := n.ok(t, c.cell, c.env...)
		if got := n.lastRun(t).LookedUp; got != c.lookedUp {
			t.Errorf("%s with %v: looked up %v, want %v\n%s", c.cell, c.env, got, c.lookedUp, out)
		}
	}
}

func TestSeedsMoveEveryPhase(t *testing.T) {
	for _, seed := range []string{"0", "5"} {
		keys := map[string]bool{}
		n := newNotebook(t, "FIELDBOOK_SEED="+seed)
		for _, match := range regexp.MustCompile(`key (\S+) (\S+)`).FindAllStringSubmatch(n.ok(t, "seeds"), -1) {
			keys[match[1]] = true
			if match[2] != "true" {
				t.Errorf("seed %s: run %s is not the one with both phases' seeds set by hand", seed, match[1])
			}
		}
		if len(keys) != 3 {
			t.Errorf("seed %s: %d different runs, want 3", seed, len(keys))
		}
	}
	newNotebook(t).fails(t, "no seeds", []string{"Seeds of 0 runs, want at least 1"})
}

func TestPredictIsDirectEvaluation(t *testing.T) {
	n := newNotebook(t)
	if out := n.ok(t, "predict"); !strings.HasSuffix(out, "predicted [250 1] true true\n") {
		t.Errorf("the cell prints %q, want 250 rows that agree with one evaluation, and vary", out)
	}
	n.fails(t, "predict bad", []string{"Predict got no arrays"})
}

func TestEvalWithoutARun(t *testing.T) {
	n := newNotebook(t)
	if out := n.ok(t, "closed form"); !strings.HasSuffix(out, "\n[9 0] Float64\n") { // 1e-400 is below float64's least, 3e200 above float32's largest
		t.Errorf("a closed form gives %q", out)
	}
	want := record.Evaluation{Backend: "xla:cpu", Precision: "float64"}
	if events := n.events(t); len(events) != 1 || events[0].Evaluation == nil || *events[0].Evaluation != want {
		t.Errorf("events %+v, want once %+v", events, want)
	}
	if out := n.cell(t, "no closed form"); out.status != 2 || !strings.Contains(out.err, "Lab.Eval of a graph with the variable") {
		t.Errorf("a network without values: status %d, %q", out.status, out.err)
	}
}

func TestBadRuns(t *testing.T) {
	n := newNotebook(t)
	n.fails(t, "bad task", []string{"line: Slope = 0, want another number", "in: workbench.Open().Run(line{}, short).Train()"})
	n.fails(t, "bad fit", []string{"Fit.Steps = 0 and Epochs = 0"})
	n.fails(t, "break", []string{`term "misfit" is not finite at step 12`, "Try a smaller Fit.Rate or Fit.Clip"})
	n.fails(t, "break", []string{`term "misfit" is not finite at step 12`}) // nor is the broken run taken for a finished one
	if events := n.events(t); len(events) != 0 {
		t.Errorf("%d events of runs that failed: %+v", len(events), events)
	}
}

func TestInterruptSavesAndTheNextCallGoesOn(t *testing.T) {
	unbroken := newNotebook(t)
	unbroken.ok(t, "long")
	n := newNotebook(t)
	sent := false
	got := n.watched(t, "long", func(out string, cell *os.Process) {
		if !sent && strings.Contains(out, "step ") {
			sent = true
			if err := cell.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
		}
	})
	match := regexp.MustCompile(`Interrupted at step (\d+) of 20000; saved. Run the cell again to go on.\n$`).FindStringSubmatch(got.out)
	if got.status != 130 || match == nil || got.err != "" {
		t.Fatalf("status %d, %q and %q, want 130 and one line that says where it was interrupted", got.status, got.out, got.err)
	}
	if len(n.events(t)) != 0 {
		t.Errorf("an interrupted run is recorded: %+v", n.events(t))
	}
	out := n.ok(t, "long")
	if !strings.Contains(out, "Going on from step ") || !strings.Contains(out, fmt.Sprintf("%d steps in ", longSteps)) {
		t.Errorf("the next call prints %q, want it to go on and to finish", out)
	}
	if n.lastRun(t).LookedUp {
		t.Error("the next call is recorded as looked up, want trained")
	}
	result := func(n *notebook) string {
		_, text, _ := strings.Cut(n.ok(t, "result of long"), "result ")
		return text
	}
	if a, b := result(n), result(unbroken); a != b || a == "" {
		t.Errorf("after the interrupt the result is %q, want that of the unbroken run, %q", a, b)
	}
}
