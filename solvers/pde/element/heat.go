package element

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Scheme is a way to step in time.
type Scheme int

// The implicit schemes; both are stable for steps of any length.
const (
	BackwardEuler Scheme = iota + 1 // order 1; damps what the step can't resolve, for rough initial values
	CrankNicolson                   // order 2; for smooth ones: what is rough oscillates from step to step
)

// String names the scheme.
func (s Scheme) String() string {
	switch s {
	case BackwardEuler:
		return "backward Euler"
	case CrankNicolson:
		return "Crank–Nicolson"
	default:
		return fmt.Sprintf("Scheme(%d)", int(s))
	}
}

// weight is that of the new state in the space operator.
func (s Scheme) weight() float64 {
	if s == CrankNicolson {
		return 0.5
	}
	return 1
}

// Heat is a parabolic equation:
//
//	C ∂u/∂t - ∇·(a ∇u) + c u = f(t),  u = Initial at t = 0
//
// The conditions are those of [Problem]; Condition.Moving gives values that depend on time. The matrix is factored once for all steps.
//
// Order: 2 in L2 in space; in time that of the Scheme.
// Source: Thomée 2006, Galerkin Finite Element Methods for Parabolic Problems, chapter 1; Crank & Nicolson 1947.
// bib: thomee2006galerkin, crank1947practical
type Heat struct {
	Capacity   Field // C > 0
	Diffusion  Tensor
	Reaction   Field
	Source     func(t, x, y float64) float64 // nil: zero
	Conditions []Condition
	Initial    Field // at the points; not PerTriangle

	Scheme Scheme
	Until  float64 // final time, > 0
	Steps  int     // of equal length
	Frames int     // states to keep after t = 0, equally spaced, the last at Until; 0 means 1; divides Steps
}

// Evolution is what a solve in time gives.
type Evolution struct {
	Ts    []float64
	Ys    [][]float64 // at the points of the mesh, at each of Ts
	Stats Stats
}

// Validate lists what is wrong with h apart from a mesh.
func (h Heat) Validate() error {
	var errs []error
	if h.Scheme != BackwardEuler && h.Scheme != CrankNicolson {
		errs = append(errs, fmt.Errorf("element: Heat.Scheme = %v, want BackwardEuler or CrankNicolson", h.Scheme))
	}
	if !(h.Until > 0) || math.IsInf(h.Until, 0) {
		errs = append(errs, fmt.Errorf("element: Heat.Until = %v, want a final time above 0", h.Until))
	}
	if h.Steps < 1 {
		errs = append(errs, fmt.Errorf("element: Heat.Steps = %d, want at least 1", h.Steps))
	}
	if h.Frames < 0 || h.Steps >= 1 && h.Steps%max(h.Frames, 1) != 0 {
		errs = append(errs, fmt.Errorf("element: Heat.Frames = %d, want a divisor of the %d steps", h.Frames, h.Steps))
	}
	return errors.Join(errs...)
}

// March solves h.
//
// Errors: what is wrong with h, with its place; the error of ctx, within one step of its end.
func (s *Space) March(ctx context.Context, h Heat) (Evolution, error) {
	return s.march(ctx, h, &system{})
}

func (s *Space) march(ctx context.Context, h Heat, sys *system) (Evolution, error) {
	began := time.Now()
	if err := h.Validate(); err != nil {
		return Evolution{}, err
	}
	m, err := h.start(s, sys)
	if err != nil {
		return Evolution{}, err
	}
	frames := max(h.Frames, 1)
	out := Evolution{}
	var worst float64
	for step := 1; step <= h.Steps; step++ {
		if err := ctx.Err(); err != nil {
			return Evolution{}, fmt.Errorf("element: Heat: stopped at step %d of %d: %w", step, h.Steps, err)
		}
		t := h.Until * float64(step) / float64(h.Steps)
		residual, err := m.step(t)
		if err != nil {
			return Evolution{}, fmt.Errorf("element: Heat: step %d of %d, t = %.6g: %w", step, h.Steps, t, err)
		}
		worst = max(worst, residual)
		if step%(h.Steps/frames) == 0 {
			out.Ts, out.Ys = append(out.Ts, t), append(out.Ys, append([]float64(nil), m.u...))
		}
	}
	out.Stats = m.system.stats()
	out.Stats.Steps, out.Stats.Residual, out.Stats.Runtime = h.Steps, worst, time.Since(began)
	return out, nil
}

// marcher is a heat equation in motion: (C + θ Δt K) u₁ = (C - (1-θ) Δt K) u₀ + Δt (θ F₁ + (1-θ) F₀), C the mass and K the rest.
type marcher struct {
	Heat
	space    *Space
	boundary *boundary
	dt       float64
	system   *system
	left     []float64 // values of the matrix on the left
	right    []float64
	load     []float64 // F₀
	b, u     []float64
}

func (h Heat) start(s *Space, sys *system) (*marcher, error) {
	b, err := assign("Heat", s.mesh, h.Conditions, true)
	if err != nil {
		return nil, err
	}
	m := &marcher{Heat: h, space: s, system: sys, boundary: b, dt: h.Until / float64(h.Steps)}
	if m.u, err = h.Initial.nodal("Heat.Initial", s.mesh); err != nil {
		return nil, err
	}
	capacity, err := h.Capacity.sample("Heat.Capacity", s.mesh)
	if err != nil {
		return nil, err
	}
	for t, c := range capacity {
		if !(c > 0) {
			return nil, fmt.Errorf("element: Heat.Capacity = %v at %v, want it above 0", c, s.mesh.Centroid(t))
		}
	}
	mass := make([]float64, len(s.pattern.Index))
	if err := s.addMass(mass, h.Capacity, "Heat.Capacity"); err != nil {
		return nil, err
	}
	d := discrete{name: "Heat", boundary: b}
	if _, err := d.assemble(s, h.Diffusion, [2]Field{}, h.Reaction, true); err != nil {
		return nil, err
	}
	theta := h.Scheme.weight()
	m.left, m.right = make([]float64, len(mass)), make([]float64, len(mass))
	for k, c := range mass {
		m.left[k] = c + theta*m.dt*d.values[k]
		m.right[k] = c - (1-theta)*m.dt*d.values[k]
	}
	if err := m.system.prepare(s.matrix(m.left), d.known(), true); err != nil {
		return nil, fmt.Errorf("element: Heat: %w", err)
	}
	m.b = make([]float64, len(m.u))
	m.load, err = m.loads(0)
	return m, err
}

// loads gives F at time t.
func (m *marcher) loads(t float64) ([]float64, error) {
	out := make([]float64, len(m.u))
	var err error
	if m.Source != nil {
		err = m.space.addLoad(out, Func(func(x, y float64) float64 { return m.Source(t, x, y) }), "Heat.Source")
	}
	return out, errors.Join(err, m.boundary.addLoad(out, t))
}

// step goes to time t.
func (m *marcher) step(t float64) (residual float64, err error) {
	next, err := m.loads(t)
	if err != nil {
		return 0, err
	}
	m.space.matrix(m.right).Apply(m.b, m.u)
	theta := m.Scheme.weight()
	for i := range m.b {
		m.b[i] += m.dt * (theta*next[i] + (1-theta)*m.load[i])
	}
	m.load = next
	if err := m.boundary.values(m.u, t); err != nil {
		return 0, err
	}
	return m.system.solve(m.u, m.space.matrix(m.left), m.b)
}
