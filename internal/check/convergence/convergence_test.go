package convergence_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
)

func TestOrder(t *testing.T) {
	got := convergence.Order([]float64{1, 0.5, 0.25, 0.125}, []float64{3, 3.0 / 8, 3.0 / 64, 3.0 / 512})
	if math.Abs(got-3) > 1e-12 { // round-off
		t.Errorf("order %v of errors that fall by eight, want 3", got)
	}
}

func TestLargest(t *testing.T) {
	if got := convergence.Largest([]float64{1, 2, 3}, []float64{1, 4, 2}); got != 2 {
		t.Errorf("%v, want 2", got)
	}
	if got := convergence.Largest([]float64{1, math.NaN()}, []float64{1, 0}); !math.IsNaN(got) {
		t.Errorf("%v, want NaN", got)
	}
}
