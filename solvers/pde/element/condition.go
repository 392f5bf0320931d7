package element

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// Kind is a kind of boundary condition.
type Kind int

// The kinds of boundary conditions. n is the outward normal.
const (
	Dirichlet Kind = iota + 1 // u = Value
	Neumann                   // (a ∇u)·n = Value
	Robin                     // (a ∇u)·n + Alpha u = Value
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case Dirichlet:
		return "dirichlet"
	case Neumann:
		return "neumann"
	case Robin:
		return "robin"
	default:
		return fmt.Sprintf("Kind(%d)", int(k))
	}
}

// Condition is a condition on a part of the boundary: on the edges with one of Markers whose middle is in Where. Where several conditions
// hold, the first of the list counts, for edges and for the points of Dirichlet edges. Edges with none have (a ∇u)·n = 0.
type Condition struct {
	Kind    Kind
	Markers []int                      // nil: any
	Where   func(x, y float64) bool    // nil: everywhere
	Value   func(x, y float64) float64 // nil: zero
	Alpha   func(x, y float64) float64 // for Robin: ≥ 0

	// Moving is for [Heat]: a Value that depends on time, in its place.
	Moving func(t, x, y float64) float64
}

// on tells whether c holds on an edge.
func (c Condition) on(m mesh.Mesh, e mesh.Edge) bool { return holds(c.Markers, c.Where, m, e) }

func holds(markers []int, where func(x, y float64) bool, m mesh.Mesh, e mesh.Edge) bool {
	if markers != nil && !slices.Contains(markers, e.Marker) {
		return false
	}
	a, b := m.Points[e.A], m.Points[e.B]
	return where == nil || where((a[0]+b[0])/2, (a[1]+b[1])/2)
}

// value is what Value or Moving gives.
func (c Condition) value(t, x, y float64) float64 {
	switch {
	case c.Moving != nil:
		return c.Moving(t, x, y)
	case c.Value != nil:
		return c.Value(x, y)
	default:
		return 0
	}
}

// boundary is a list of conditions on a mesh.
type boundary struct {
	conditions []Condition
	mesh       mesh.Mesh
	of         []int // the condition of each edge; -1: none
	fixed      []int // the condition that fixes each point; -1: none
}

// assign gives each edge its condition.
func assign(name string, m mesh.Mesh, conditions []Condition, moving bool) (*boundary, error) {
	b := &boundary{conditions: conditions, mesh: m, fixed: slices.Repeat([]int{-1}, len(m.Points))}
	var errs []error
	for i, c := range conditions {
		switch {
		case c.Kind < Dirichlet || c.Kind > Robin:
			errs = append(errs, fmt.Errorf("element: %s.Conditions[%d].Kind = %v, want Dirichlet, Neumann or Robin", name, i, c.Kind))
		case (c.Kind == Robin) != (c.Alpha != nil):
			errs = append(errs, fmt.Errorf("element: %s.Conditions[%d] is %v and has Alpha: %t, want Alpha for Robin alone", name, i, c.Kind, c.Alpha != nil))
		case c.Moving != nil && (c.Value != nil || !moving):
			errs = append(errs, fmt.Errorf("element: %s.Conditions[%d].Moving is set, want it in Heat alone, and no Value beside it", name, i))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	of, err := choose(name+".Conditions", m, len(conditions), func(i int, e mesh.Edge) bool { return conditions[i].on(m, e) })
	if err != nil {
		return nil, err
	}
	b.of = of
	for i, c := range conditions {
		for k, e := range m.Boundary {
			if c.Kind != Dirichlet || of[k] != i {
				continue
			}
			for _, p := range []int{e.A, e.B} {
				if b.fixed[p] < 0 {
					b.fixed[p] = i
				}
			}
		}
	}
	return b, nil
}

// choose gives for each edge the first of n conditions that holds; -1 for none. It wants each condition to count somewhere.
func choose(name string, m mesh.Mesh, n int, on func(i int, e mesh.Edge) bool) ([]int, error) {
	of := make([]int, len(m.Boundary))
	used := make([]bool, n)
	var markers []int
	for k, e := range m.Boundary {
		of[k] = -1
		for i := range n {
			if on(i, e) {
				of[k], used[i] = i, true
				break
			}
		}
		if at, found := slices.BinarySearch(markers, e.Marker); !found {
			markers = slices.Insert(markers, at, e.Marker)
		}
	}
	if i := slices.Index(used, false); i >= 0 {
		return nil, fmt.Errorf("element: %s[%d] holds on no edge that an earlier one does not take, "+
			"want it to: the boundary has %d edges with the markers %v", name, i, len(m.Boundary), markers)
	}
	return of, nil
}

// values writes the values of the fixed points at time t.
func (b *boundary) values(u []float64, t float64) error {
	for p, i := range b.fixed {
		if i < 0 {
			continue
		}
		xy := b.mesh.Points[p]
		if u[p] = b.conditions[i].value(t, xy[0], xy[1]); !finite(u[p]) {
			return fmt.Errorf("element: Conditions[%d].Value = %v at %v, want it finite", i, u[p], xy)
		}
	}
	return nil
}

// gauss has the two points of Gauss's rule on an edge, as weights of its first end, each with half the length: exact to degree three.
func gauss() [2]float64 {
	d := 1 / math.Sqrt(12)
	return [2]float64{0.5 + d, 0.5 - d}
}

// addLoad adds ∫ g φ_i over the Neumann and Robin edges at time t.
func (b *boundary) addLoad(load []float64, t float64) error {
	return b.integrate(func(i int, x, y float64) float64 { return b.conditions[i].value(t, x, y) }, "Value",
		func(e mesh.Edge, w, v float64) {
			load[e.A] += w * v
			load[e.B] += (1 - w) * v
		})
}

// doubt bounds the error of the integrals of Value, by the value in the middle of each edge.
func (b *boundary) doubt() (sum float64) {
	for k, e := range b.mesh.Boundary {
		i := b.of[k]
		if i < 0 {
			continue
		}
		p, q := b.mesh.Points[e.A], b.mesh.Points[e.B]
		at := func(w float64) float64 { return b.conditions[i].value(0, w*p[0]+(1-w)*q[0], w*p[1]+(1-w)*q[1]) }
		w := gauss()
		sum += math.Hypot(p[0]-q[0], p[1]-q[1]) * math.Abs((at(w[0])+at(w[1]))/2-at(0.5))
	}
	return sum
}

// addMatrix adds ∫ Alpha φ_j φ_i over the Robin edges, and gives ∫ Alpha.
func (b *boundary) addMatrix(s *Space, values []float64) (total float64, err error) {
	err = b.integrate(func(i int, x, y float64) float64 {
		if b.conditions[i].Kind != Robin {
			return 0
		}
		return b.conditions[i].Alpha(x, y)
	}, "Alpha", func(e mesh.Edge, w, v float64) {
		total += v
		values[s.place(e.A, e.A)] += w * w * v
		values[s.place(e.A, e.B)] += w * (1 - w) * v
		values[s.place(e.B, e.A)] += w * (1 - w) * v
		values[s.place(e.B, e.B)] += (1 - w) * (1 - w) * v
	})
	return total, err
}

// integrate hands each point of the rule on each Neumann or Robin edge to add: the weight of the edge's end A, and the value of f times the
// part of the length.
func (b *boundary) integrate(f func(condition int, x, y float64) float64, name string, add func(e mesh.Edge, w, v float64)) error {
	for k, e := range b.mesh.Boundary {
		i := b.of[k]
		if i < 0 || b.conditions[i].Kind == Dirichlet {
			continue
		}
		p, q := b.mesh.Points[e.A], b.mesh.Points[e.B]
		length := math.Hypot(p[0]-q[0], p[1]-q[1])
		for _, w := range gauss() {
			x, y := w*p[0]+(1-w)*q[0], w*p[1]+(1-w)*q[1]
			v := f(i, x, y)
			if !finite(v) || name == "Alpha" && v < 0 {
				return fmt.Errorf("element: Conditions[%d].%s = %v at (%g, %g), want it finite, and Alpha at least 0", i, name, v, x, y)
			}
			add(e, w, v*length/2)
		}
	}
	return nil
}
