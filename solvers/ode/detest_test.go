package ode_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/solvers/ode/problems"
)

func TestDETEST(t *testing.T) {
	set, err := problems.DETEST()
	if err != nil {
		t.Fatal(err)
	}
	if len(set) != 25 {
		t.Fatalf("%d problems, want 25", len(set))
	}
	for _, p := range set {
		field := func(t, y *Node, _ []*Node) *Node { return p.Field(t, y) }
		for _, c := range []struct {
			method    ode.Stepper
			tolerance float64
			multiple  float64 // of the tolerance: how much the equations may let errors grow over 20 units of time
		}{{ode.Tsit5(), 1e-8, 1e3}, {ode.Dopri8(), 1e-11, 1e3}} {
			sol, err := solved(t, ode.Solve{Stepper: c.method}, field, ode.Input{Times: []float64{p.End}, Y0: tensor(p.Start), RTol: c.tolerance, ATol: c.tolerance})
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				continue
			}
			size := 1.0
			for _, y := range p.Reference {
				size = max(size, math.Abs(y))
			}
			d := worst(t, sol.Ys, p.Reference) / size / c.tolerance
			t.Logf("%s, %s: off by %.3g tolerances, %+v", p.Name, c.method.Info().Name, d, sol.Stats)
			if !(d <= c.multiple) {
				t.Errorf("%s, %s: off by %.3g tolerances, want at most %v", p.Name, c.method.Info().Name, d, c.multiple)
			}
		}
	}
}
