package ode

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/solvers/ode/tableau"
)

// RungeKutta is an explicit Runge–Kutta method by its tableau; a new method is a tableau and not code.
//
// Shapes: y [batch, dim…].
// DType:  float32 or float64.
// Cost:   an evaluation a stage, one less where the last slope is used again.
type RungeKutta struct{ tableau.Explicit }

// DenseRungeKutta is a method with a continuous solution over each step, y(t + θ dt) = y + dt Σ_i (Σ_j w_ij θ^(j+1)) k_i.
type DenseRungeKutta struct {
	RungeKutta
	Weights [][]float64 // w_ij
}

var (
	_ Stepper = RungeKutta{}
	_ Dense   = DenseRungeKutta{}
)

// Info is what the method is.
func (m RungeKutta) Info() Info {
	n := len(m.C)
	if m.Reuses() {
		n--
	}
	return Info{Name: m.Name, Order: m.Order, ErrorOrder: m.ErrorOrder, Evaluations: n, Bib: m.Bib}
}

// Init is the first slope, where it is used again.
func (m RungeKutta) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	if !m.Reuses() {
		return nil
	}
	return []*graph.Node{wantField(s.Total(t0, y0), y0)}
}

// Step makes one step.
func (m RungeKutta) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	y1, errEst, next, _ = m.slopes(s, t, dt, y, state)
	return y1, errEst, next
}

// StepDense is Step with all slopes.
func (m DenseRungeKutta) StepDense(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next, slopes []*graph.Node) {
	return m.slopes(s, t, dt, y, state)
}

// slopes makes one step.
func (m RungeKutta) slopes(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next, k []*graph.Node) {
	k = append(k, state...)
	if len(k) == 0 {
		k = append(k, wantField(s.Total(t, y), y))
	}
	var inner *graph.Node
	for i := 1; i < len(m.C); i++ {
		inner = graph.Add(y, graph.Mul(dt, weighted(m.A[i], k)))
		k = append(k, s.Total(graph.Add(t, graph.MulScalar(dt, m.C[i])), inner))
	}
	y1 = inner
	if m.Reuses() {
		next = k[len(k)-1:]
	} else {
		y1 = graph.Add(y, graph.Mul(dt, weighted(m.B, k)))
	}
	if m.Errors != nil {
		errEst = graph.Mul(dt, weighted(m.Errors, k))
	}
	return y1, errEst, next, k
}

// Interpolate is the solution within a step.
func (m DenseRungeKutta) Interpolate(theta, dt, y, _ *graph.Node, slopes []*graph.Node) *graph.Node {
	sum := graph.ZerosLike(y)
	for i, w := range m.Weights {
		weight := graph.ZerosLike(theta)
		for j := len(w) - 1; j >= 0; j-- {
			weight = graph.Mul(theta, graph.AddScalar(weight, w[j]))
		}
		sum = graph.Add(sum, graph.Mul(weight, slopes[i]))
	}
	return graph.Add(y, graph.Mul(dt, sum))
}
