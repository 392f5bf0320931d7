package difference

import (
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// operator is V times -∇·(a ∇u) = K u - inflow(t) with the volumes V of the cells.
type operator struct {
	*geometry
	weights []float64 // of the links, with a
	inflows []int     // links to values at the boundary that are not zero
	matrix  *linear.Matrix
}

// newOperator takes a at the points of the grid, or nil for 1. At the face between two cells it is their harmonic mean.
func newOperator(g *geometry, a []float64) (*operator, error) {
	o := &operator{geometry: g, weights: make([]float64, len(g.links))}
	for i, l := range g.links {
		o.weights[i] = l.weight
		if a != nil {
			here := a[l.at]
			if l.neighbour >= 0 {
				there := a[l.neighbour]
				here = 2 * here * there / (here + there)
			}
			o.weights[i] *= here
		}
		if l.to < 0 && l.value != nil {
			o.inflows = append(o.inflows, i)
		}
	}
	var err error
	o.matrix, err = o.system(nil, 1, nil)
	return o, err
}

// system is the matrix diag(mass) + scale K, with the rows and columns of pinned unknowns replaced by those of 1.
func (o *operator) system(mass []float64, scale float64, pinned []bool) (*linear.Matrix, error) {
	entries := make([]linear.Entry, 0, len(o.links)+len(o.unknown))
	diagonal := make([]float64, len(o.unknown))
	copy(diagonal, mass)
	for i, l := range o.links {
		w := scale * o.weights[i]
		if l.flux {
			diagonal[l.row] += w * l.alpha
			continue
		}
		diagonal[l.row] += w
		if l.to >= 0 && (pinned == nil || !pinned[l.row] && !pinned[l.to]) {
			entries = append(entries, linear.Entry{Row: l.row, Col: l.to, Value: -w})
		}
	}
	for i, v := range diagonal {
		if pinned != nil && pinned[i] {
			v = 1
		}
		entries = append(entries, linear.Entry{Row: i, Col: i, Value: v})
	}
	return linear.NewMatrix(len(o.unknown), len(o.unknown), entries)
}

// addInflow adds scale times what comes from the boundary at time t.
func (o *operator) addInflow(b []float64, t, scale float64) {
	for _, i := range o.inflows {
		l := &o.links[i]
		b[l.row] += scale * o.weights[i] * l.value(t, l.x)
	}
}

// factor solves with a factored matrix; it is for one goroutine.
type factor interface {
	Solve(dst, b []float64)
}

// factorise factors a system of the operator.
func (o *operator) factorise(m *linear.Matrix) (factor, error) {
	if o.skewed {
		return linear.NewLU(m)
	}
	return linear.NewCholesky(m)
}

// perWorker hands out first to the first worker that asks and one made anew to each other: factors have scratch memory of their own.
func perWorker[T any](first T, again func() (T, error)) func() (T, error) {
	made := make(chan T, 1)
	made <- first
	return func() (T, error) {
		select {
		case f := <-made:
			return f, nil
		default:
			return again()
		}
	}
}

// checkCoefficient wants a field of positive numbers on the grid, or nil.
func checkCoefficient(name string, a []float64, g *grid) error {
	for i, v := range a {
		if !(v > 0) || !finite(a[i:i+1]) {
			x := make([]float64, len(g.h))
			g.place(x, i%g.size)
			return fmt.Errorf("difference: %s is %v at %v, want it above 0 and finite", name, v, x)
		}
	}
	return nil
}
