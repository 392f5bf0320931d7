package ode

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// SymplecticEuler moves momenta and then positions, for fields q' = v(t, p), p' = F(t, q):
//
//	p₊ = p + dt·F(t, q),  q₊ = q + dt·v(t + dt, p₊)
//
// It keeps the symplectic form, so that with equal steps the energy of a Hamiltonian system stays within a bound of order dt over
// very long times. It has no error estimate.
//
// Shapes: y [batch, dim…, 2·n]: n positions and then n momenta on the last axis. The first half of y' must depend on momenta
// alone and the second on positions alone, as [Separable] has it; else the order holds, but neither the form is kept nor
// can a step be undone.
// DType:  float32 or float64.
// Panics: if the last axis is odd, or f(t, y) is not of y's shape.
// Cost:   two evaluations a step, a half of each used: with [Separable] the other half is not computed.
// Source: Hairer, Lubich and Wanner 2006, section I.1.2. bib: hairer2006geometric
type SymplecticEuler struct{}

// Leapfrog is kick–drift–kick, also called velocity Verlet, of order 2:
//
//	p½ = p + dt/2·F(t, q),  q₊ = q + dt·v(t + dt/2, p½),  p₊ = p½ + dt/2·F(t + dt, q₊)
//
// It is symplectic and symmetric: a step of −dt goes back to where the step came from. The last force is the next step's first.
// It has no error estimate.
//
// Shapes, dtype, panics and fields: as [SymplecticEuler].
// Cost:   two evaluations a step, a half of each used.
// Source: Hairer, Lubich and Wanner 2006, section I.1.4. bib: hairer2006geometric
type Leapfrog struct{}

// PositionVerlet is the leapfrog as drift–kick–drift, of order 2:
//
//	q½ = q + dt/2·v(t, p),  p₊ = p + dt·F(t + dt/2, q½),  q₊ = q½ + dt/2·v(t + dt, p₊)
//
// It is symplectic and symmetric as [Leapfrog], and takes the force once a step, in the middle. It has no error estimate.
//
// Shapes, dtype, panics and fields: as [SymplecticEuler].
// Cost:   two evaluations a step, a half of each used.
// Source: Hairer, Lubich and Wanner 2006, section I.1.4. bib: hairer2006geometric
type PositionVerlet struct{}

// StormerVerlet is the method of Störmer and Verlet for q” = a(t, q), of order 2, in the form of one step with the velocity q':
//
//	v½ = v + dt/2·a(t, q),  q₊ = q + dt·v½,  v₊ = v½ + dt/2·a(t + dt, q₊)
//
// Positions are those of q₊ − 2q + q₋ = dt²·a(t, q). It is [Leapfrog] for fields whose first half is the velocity, which it
// does not ask for: one evaluation a step whatever the field is made of. It has no error estimate.
//
// Shapes: y [batch, dim…, 2·n]: n positions and then n velocities on the last axis. The first half of y' must be the velocities
// and the second depend on positions alone, as [SecondOrder] has it.
// DType:  float32 or float64.
// Panics: if the last axis is odd, or f(t, y) is not of y's shape.
// Cost:   one evaluation a step.
// Source: Hairer, Lubich and Wanner 2006, eqs. (I.1.12), (I.1.15) and (I.1.17). bib: hairer2006geometric
type StormerVerlet struct{}

var (
	_ Reversible = SymplecticEuler{}
	_ Reversible = Leapfrog{}
	_ Reversible = PositionVerlet{}
	_ Reversible = StormerVerlet{}
)

// Separable is the field q' = velocity(t, p), p' = force(t, q) of y [batch, dim…, 2·n], positions and then momenta on the last axis.
//
// Shapes: velocity and force take and return [batch, dim…, n].
func Separable(velocity, force Field) Field {
	return func(t, y *graph.Node, args []*graph.Node) *graph.Node {
		q, p := halves(y)
		return joined(velocity(t, p, args), force(t, q, args))
	}
}

// SecondOrder is the field of q” = acceleration(t, q): q' = v, v' = acceleration of y [batch, dim…, 2·n], positions and then
// velocities on the last axis.
//
// Shapes: acceleration takes and returns [batch, dim…, n].
func SecondOrder(acceleration Field) Field {
	return Separable(func(_, v *graph.Node, _ []*graph.Node) *graph.Node { return v }, acceleration)
}

// Info is what the stepper is.
func (SymplecticEuler) Info() Info {
	return Info{Name: "symplectic Euler", Order: 1, Evaluations: 2, Bib: "hairer2006geometric"}
}

// Init is nothing: no slope is carried from step to step.
func (SymplecticEuler) Init(_ System, _, y0 *graph.Node) []*graph.Node {
	halves(y0)
	return nil
}

// Step makes one step; there is no error estimate.
func (SymplecticEuler) Step(s System, t, dt, y *graph.Node, _ []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	q, p := halves(y)
	p1 := moved(p, dt, s.force(t, y))
	q1 := moved(q, dt, s.velocity(graph.Add(t, dt), joined(q, p1)))
	return joined(q1, p1), nil, nil
}

// Undo is what Step started from.
func (SymplecticEuler) Undo(s System, t, dt, y1 *graph.Node, _ []*graph.Node) (y *graph.Node, state []*graph.Node) {
	q1, p1 := halves(y1)
	back := graph.Neg(dt)
	q := moved(q1, back, s.velocity(graph.Add(t, dt), y1))
	p := moved(p1, back, s.force(t, joined(q, p1)))
	return joined(q, p), nil
}

// Info is what the stepper is.
func (Leapfrog) Info() Info {
	return Info{Name: "leapfrog", Order: 2, Evaluations: 2, Bib: "hairer2006geometric"}
}

// Init is the force at the start.
func (Leapfrog) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	return []*graph.Node{s.force(t0, y0)}
}

// Step makes one step; there is no error estimate.
func (Leapfrog) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	half := graph.MulScalar(dt, 0.5)
	q, p := halves(y)
	p = moved(p, half, state[0])
	q = moved(q, dt, s.velocity(graph.Add(t, half), joined(q, p)))
	force := s.force(graph.Add(t, dt), joined(q, p))
	return joined(q, moved(p, half, force)), nil, []*graph.Node{force}
}

// Undo is what Step started from.
func (Leapfrog) Undo(s System, t, dt, y1 *graph.Node, next []*graph.Node) (y *graph.Node, state []*graph.Node) {
	half := graph.MulScalar(dt, 0.5)
	q, p := halves(y1)
	p = moved(p, graph.Neg(half), next[0])
	q = moved(q, graph.Neg(dt), s.velocity(graph.Add(t, half), joined(q, p)))
	force := s.force(t, joined(q, p))
	return joined(q, moved(p, graph.Neg(half), force)), []*graph.Node{force}
}

// Info is what the stepper is.
func (PositionVerlet) Info() Info {
	return Info{Name: "position Verlet", Order: 2, Evaluations: 2, Bib: "hairer2006geometric"}
}

// Init is the velocity at the start.
func (PositionVerlet) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	return []*graph.Node{s.velocity(t0, y0)}
}

// Step makes one step; there is no error estimate.
func (PositionVerlet) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	half := graph.MulScalar(dt, 0.5)
	q, p := halves(y)
	q = moved(q, half, state[0])
	p = moved(p, dt, s.force(graph.Add(t, half), joined(q, p)))
	velocity := s.velocity(graph.Add(t, dt), joined(q, p))
	return joined(moved(q, half, velocity), p), nil, []*graph.Node{velocity}
}

// Undo is what Step started from.
func (PositionVerlet) Undo(s System, t, dt, y1 *graph.Node, next []*graph.Node) (y *graph.Node, state []*graph.Node) {
	half := graph.MulScalar(dt, 0.5)
	q, p := halves(y1)
	q = moved(q, graph.Neg(half), next[0])
	p = moved(p, graph.Neg(dt), s.force(graph.Add(t, half), joined(q, p)))
	velocity := s.velocity(t, joined(q, p))
	return joined(moved(q, graph.Neg(half), velocity), p), []*graph.Node{velocity}
}

// Info is what the stepper is.
func (StormerVerlet) Info() Info {
	return Info{Name: "Störmer–Verlet", Order: 2, Evaluations: 1, Bib: "hairer2006geometric"}
}

// Init is the acceleration at the start.
func (StormerVerlet) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	return []*graph.Node{s.force(t0, y0)}
}

// Step makes one step; there is no error estimate.
func (StormerVerlet) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	half := graph.MulScalar(dt, 0.5)
	q, v := halves(y)
	v = moved(v, half, state[0])
	q = moved(q, dt, v)
	a := s.force(graph.Add(t, dt), joined(q, v))
	return joined(q, moved(v, half, a)), nil, []*graph.Node{a}
}

// Undo is what Step started from.
func (StormerVerlet) Undo(s System, t, dt, y1 *graph.Node, next []*graph.Node) (y *graph.Node, state []*graph.Node) {
	half := graph.MulScalar(dt, 0.5)
	q, v := halves(y1)
	v = moved(v, graph.Neg(half), next[0])
	q = moved(q, graph.Neg(dt), v)
	a := s.force(t, joined(q, v))
	return joined(q, moved(v, graph.Neg(half), a)), []*graph.Node{a}
}

// velocity is the first half of y'.
func (s System) velocity(t, y *graph.Node) *graph.Node {
	v, _ := halves(wantField(s.Total(t, y), y))
	return v
}

// force is the second half of y'.
func (s System) force(t, y *graph.Node) *graph.Node {
	_, f := halves(wantField(s.Total(t, y), y))
	return f
}

// halves is the two halves of y's last axis: positions and momenta.
func halves(y *graph.Node) (q, p *graph.Node) {
	dims := y.Shape().Dimensions
	n := dims[len(dims)-1]
	if n%2 != 0 {
		exceptions.Panicf("ode: y is %s, want positions and as many momenta on the last axis", y.Shape())
	}
	part := func(from, to int) *graph.Node {
		return graph.Slice(y, graph.AxisRange().Spacer(), graph.AxisRange(from, to))
	}
	return part(0, n/2), part(n/2, n)
}

// joined is y of its halves.
func joined(q, p *graph.Node) *graph.Node {
	return graph.Concatenate([]*graph.Node{q, p}, -1)
}

// moved is x + dt·slope.
func moved(x, dt, slope *graph.Node) *graph.Node {
	return graph.Add(x, graph.Mul(dt, slope))
}
