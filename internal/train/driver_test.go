package train_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func TestTrainingLowersTheLoss(t *testing.T) {
	d := trained(t, newCurve(), train.Fit{Steps: 300, Batch: 20, Rate: 1e-2}, train.Options{})
	h := d.History()
	if first, last := h.Values[0][0], h.Last("fit"); last > first/20 {
		t.Errorf("fit went from %v to %v in 300 steps, want at least 20 times lower", first, last)
	}
	if got := len(h.Steps); got != 300 || h.Steps[got-1] != 300 {
		t.Errorf("history has %d stretches to step %d, want 300 to 300", got, h.Steps[got-1])
	}
	if !d.Finished() || d.Step() != 300 {
		t.Errorf("driver is at step %d", d.Step())
	}
}

func TestSameBitsOnRerun(t *testing.T) {
	task := newCurve()
	task.Noise = true
	fit := train.Fit{Steps: 120, Batch: 20, Rate: 1e-2, Seed: 7}
	a, b := trained(t, task, fit, train.Options{}), trained(t, task, fit, train.Options{})
	if !reflect.DeepEqual(values(t, a), values(t, b)) {
		t.Error("two runs of one key gave different parameters")
	}
	fit.Seed = 8
	if reflect.DeepEqual(values(t, a), values(t, trained(t, task, fit, train.Options{}))) {
		t.Error("another seed gave the same parameters")
	}
}

func TestChunkSizeAndDevicesDoNotMatter(t *testing.T) {
	task := newCurve()
	task.Noise = true
	fit := train.Fit{Steps: 60, Batch: 20, Rate: 1e-2, Seed: 3}
	base := trained(t, task, fit, train.Options{})
	for _, longest := range []int{1, 7, 50} {
		d := trained(t, task, fit, train.Options{Longest: longest})
		if !reflect.DeepEqual(values(t, base), values(t, d)) {
			t.Errorf("chunks of at most %d steps gave other parameters", longest)
		}
		if !reflect.DeepEqual(base.History(), d.History()) {
			t.Errorf("chunks of at most %d steps gave another history", longest)
		}
	}
	for _, devices := range []int{2, 4} {
		d := trained(t, task, fit, train.Options{Devices: devices})
		for term, want := range base.History().Values {
			for i, w := range want {
				// Sums over a batch of 20 in another order: a few ulp of float32 a step, over 60 steps.
				if got := d.History().Values[term][i]; math.Abs(got-w) > 1e-5*(1+math.Abs(w)) {
					t.Fatalf("%d devices: %s at step %d is %v, want %v", devices, base.History().Terms[term], i+1, got, w)
				}
			}
		}
	}
}

func TestAccumulationIsTheWholeBatch(t *testing.T) {
	fit := train.Fit{Steps: 40, Batch: 40, Rate: 1e-2, Precision: train.Float64}
	whole := trained(t, newCurve(), fit, train.Options{})
	fit.Accumulate = 4
	parts := trained(t, newCurve(), fit, train.Options{})
	for i, want := range whole.History().Values[0] {
		// The mean of four means of ten is the mean of forty: equal to rounding in float64, over 40 steps.
		if got := parts.History().Values[0][i]; math.Abs(got-want) > 1e-10*(1+want) {
			t.Fatalf("step %d: fit %v with four micro-batches, %v with one", i+1, got, want)
		}
	}
}

func TestNotFiniteNamesStepAndTermAndKeepsTheState(t *testing.T) {
	for _, tc := range []struct {
		name          string
		cusp          bool
		term          string
		step, longest int
	}{
		{"a term", false, "size", 23, 0},
		{"a term, in a chunk's first step", false, "size", 20, 10},
		{"the update", true, "", 23, 0},
		{"the update, in a chunk's last step", true, "", 29, 10},
		{"the update of the first step", true, "", 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			task := newCurve()
			task.Break, task.Cusp = int64(tc.step), tc.cusp
			fit := train.Fit{Steps: 60, Batch: 20, Rate: 1e-2, EMA: 0.9}
			d, err := train.New(open(t), task, fit, train.Options{Longest: tc.longest})
			if err != nil {
				t.Fatal(err)
			}
			var bad *train.NotFiniteError
			if err := d.Run(t.Context(), func(train.Progress) error { return nil }); !errors.As(err, &bad) {
				t.Fatalf("error = %v, want a NotFiniteError", err)
			}
			if bad.Step != int64(tc.step) || bad.Term != tc.term || d.Step() != bad.Step {
				t.Errorf("broke at step %d in term %q and stopped after %d, want %d and %q", bad.Step, bad.Term, d.Step(), tc.step, tc.term)
			}
			task.Break = 1000 // so that the program is the same but for a number
			fit.Steps = max(1, tc.step)
			want, err := train.New(open(t), task, fit, train.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := want.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tc.step > 0 {
				if err := want.Run(t.Context(), func(train.Progress) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			if !reflect.DeepEqual(values(t, want), values(t, d)) {
				t.Error("the state kept is not the one before the bad step")
			}
		})
	}
}

func TestInterruptedAndRestoredEqualsUnbroken(t *testing.T) {
	task := newCurve()
	task.Noise, task.Valid = true, true
	for _, tc := range []struct {
		name string
		fit  train.Fit
	}{
		{"in the graph", train.Fit{Steps: 90, Batch: 20, Rate: 1e-2, EMA: 0.9, KeepBest: true, ValidEvery: 20}},
		{"on the host", train.Fit{Steps: 12, Host: optimizers.LBFGS{}, ValidEvery: 4}},
		{"on the host in float64", train.Fit{Steps: 12, Host: optimizers.LBFGS{}, Precision: train.Float64}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			task := validated{task}
			unbroken := trained(t, task, tc.fit, train.Options{Longest: 10})
			d, err := train.New(open(t), task, tc.fit, train.Options{Longest: 10})
			if err != nil {
				t.Fatal(err)
			}
			stop := errors.New("stop")
			err = d.Run(t.Context(), func(p train.Progress) error {
				if p.Step >= 5 {
					return stop
				}
				return nil
			})
			if !errors.Is(err, stop) {
				t.Fatalf("error = %v, want the observer's", err)
			}
			s, err := d.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			again, err := train.New(open(t), task, tc.fit, train.Options{Longest: 4})
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Restore(s); err != nil {
				t.Fatal(err)
			}
			if err := again.Run(t.Context(), func(train.Progress) error { return nil }); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(values(t, unbroken), values(t, again)) {
				t.Error("the resumed run ended elsewhere")
			}
			if !reflect.DeepEqual(unbroken.History(), again.History()) {
				t.Error("the resumed run has another history")
			}
		})
	}
}

func TestStreamEqualsTheSameRowsInOrder(t *testing.T) {
	task := newCurve()
	task.Stream = true
	fit := train.Fit{Steps: 150, Batch: 20, Rate: 1e-2}
	a := trained(t, task, fit, train.Options{})
	b := trained(t, task, fit, train.Options{Longest: 3})
	if !reflect.DeepEqual(values(t, a), values(t, b)) {
		t.Error("a stream cut into other chunks gave other parameters")
	}
	if a.History().Last("fit") > a.History().Values[0][0]/2 {
		t.Errorf("fit went from %v to %v, want it halved", a.History().Values[0][0], a.History().Last("fit"))
	}
}

func TestHostOptimizerConverges(t *testing.T) {
	task := newCurve()
	d := trained(t, task, train.Fit{Steps: 1000, Host: optimizers.LBFGS{}, Precision: train.Float64}, train.Options{})
	// The size term pulls every output 0.1 % towards zero, which alone is a fit of 4.3e-7; Adam stays above 1e-3 in as many steps.
	if got := d.History().Last("fit"); got > 1e-6 {
		t.Errorf("fit is %v after L-BFGS, want at most 1e-6", got)
	}
}

func TestBadInput(t *testing.T) {
	for _, tc := range []struct {
		name string
		task zoo.Task
		fit  train.Fit
		want string
	}{
		{"no steps", newCurve(), train.Fit{}, "Steps = 0 and Epochs = 0"},
		{"two optimizers", newCurve(), train.Fit{Steps: 1, Optimizer: optimizers.Adam{}, Host: optimizers.LBFGS{}}, "want one"},
		{"everything at once", newCurve(), train.Fit{Steps: 1, Clip: -1, EMA: 2}, "Fit.EMA = 2"},
		{"the task's own", curve{}, train.Fit{Steps: 1}, "curve: Rows = 0"},
		{"stream without batch", curve{Stream: true, Activation: Tanh, Given: []float64{0}}, train.Fit{Steps: 1}, "Fit.Batch = 0"},
		{"micro-batches", newCurve(), train.Fit{Steps: 1, Batch: 10, Accumulate: 3}, "divisor of Batch"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := train.New(open(t), tc.task, tc.fit, train.Options{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error = %v, want one with %q", err, tc.want)
			}
		})
	}
}
