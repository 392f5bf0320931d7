package ode_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/solvers/ode/problems"
)

// stiffSolve solves a problem of the stiff set, all of it implicit.
func stiffSolve(t *testing.T, p problems.Problem, m ode.Stepper, rtol, atol float64) ([]float64, ode.Stats) {
	t.Helper()
	q := ode.Problem{Field: func(t, y *Node, _ []*Node) *Node { return p.Field(t, y) }}
	if _, is := m.(ode.KenCarp4); is {
		q.Stiff = q.Field
		q.Field = func(_, y *Node, _ []*Node) *Node { return ZerosLike(y) }
	}
	program, err := ode.Solve{Stepper: m}.Compile(check.Backend(t), q)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	sol, err := program.Run(ode.Input{Times: []float64{p.End}, Y0: tensor(p.Start), RTol: rtol, ATol: atol})
	if err != nil {
		t.Fatalf("%s, %s: %v", p.Name, m.Info().Name, err)
	}
	return check.Floats(sol.Y), sol.Stats
}

func TestStiffSet(t *testing.T) {
	const rtol = 1e-5
	for _, p := range problems.Stiff() {
		// The smallest size of a component that counts, as a part of the largest.
		least := map[string]float64{"Robertson": 1e-8, "van der Pol": 1, "HIRES": 1e-4, "Oregonator": 1e-2}[p.Name]
		slope := check.Floats(check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			return []*Node{p.Field(nil, in[0])}
		}, tensor(p.Reference))[0])
		for _, m := range []ode.Stepper{ode.Kvaerno5{}, ode.KenCarp4{}, ode.Rodas5P{}} {
			y, stats := stiffSolve(t, p, m, rtol, rtol*least)
			// shifted is by how many tolerances the end is off, if it is that of a time later by late.
			shifted := func(late float64) float64 {
				off := 0.0
				for i, want := range p.Reference {
					off = max(off, math.Abs(y[i]-want-late*slope[i])/(rtol*(least+math.Abs(want))))
				}
				return off
			}
			late, limit := 0.0, 1.0
			switch p.Name {
			case "Robertson":
				// Late, the first species is 2083/t, and a relative error of it fades with t: those of the steps of the last e-fold of time
				// add up, all of one sign. There are 25 of them from t = 1; the norm allows √3 tolerances to one component of three.
				limit = math.Sqrt(3) * float64(stats.Steps) / 25
			case "van der Pol":
				limit = 5 // a tolerance at each of the jumps, of which there are three, and √2 for one component of two
			case "Oregonator":
				// An error along the orbit is a shift in time, which no later step takes back. It may be two parts in 1/rtol of the time that
				// has passed. The third species falls with rate 0.16, so that the end alone is off by up to 0.16·360·2 tolerances. Of scipy's
				// solvers with the same tolerances Radau is off by 0.09, BDF by 40.
				late, limit = (y[2]-p.Reference[2])/slope[2], 5
				if shift := math.Abs(late) / p.End / rtol; !(shift <= 2) {
					t.Errorf("%s, %s: late by %.3g tolerances of the time, want at most 2", p.Name, m.Info().Name, shift)
				}
			}
			t.Logf("%s, %s: off by %.3g tolerances, %.3g but for a shift of %.3g in time; %+v",
				p.Name, m.Info().Name, shifted(0), shifted(late), late, stats)
			if off := shifted(late); !(off <= limit) {
				t.Errorf("%s, %s: off by %.3g tolerances, want at most %.3g", p.Name, m.Info().Name, off, limit)
			}
			// An explicit method would need 1e8 steps and more on any of these but HIRES.
			if !(stats.Steps+stats.Rejected < 1000) {
				t.Errorf("%s, %s: %+v, want hundreds of steps", p.Name, m.Info().Name, stats)
			}
		}
	}
}
