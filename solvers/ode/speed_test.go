package ode_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// BenchmarkCall is a solve of a step or two: the cost of a call. BenchmarkSteps/op over the steps is that of a step.
func BenchmarkCall(b *testing.B) {
	for name, end := range map[string]float64{"one-step": 1e-6, "long": 20} {
		b.Run(name, func(b *testing.B) {
			field := func(_, y *Node, _ []*Node) *Node {
				u, v := Slice(y, AxisRange(), AxisRange(0, 1)), Slice(y, AxisRange(), AxisRange(1, 2))
				uv := Mul(u, v)
				return Concatenate([]*Node{Sub(MulScalar(u, 1.5), uv), Sub(uv, MulScalar(v, 3))}, 1)
			}
			p, err := ode.Solve{Stepper: ode.Tsit5(), MaxSteps: 100_000}.Compile(check.Backend(b), ode.Problem{Field: field})
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			steps := 0
			for b.Loop() {
				sol, err := p.Run(ode.Input{Times: []float64{end}, Y0: tensor([]float64{1, 1}), RTol: 1e-10, ATol: 1e-10})
				if err != nil {
					b.Fatal(err)
				}
				steps = sol.Stats.Steps + sol.Stats.Rejected
			}
			b.ReportMetric(float64(steps), "steps")
		})
	}
}
