package train_test

import (
	"reflect"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/train"
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
