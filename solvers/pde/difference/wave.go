package difference

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Wave is the equation of second order on a box of one to three axes
//
//	∂²u/∂t² + σ ∂u/∂t = c² Δu + f
//
// by central differences in space and leapfrog in time, explicit and of second order. Without damping and sources, and with
// homogeneous conditions, it conserves an energy to round-off: see [Wave.Energy]. A [Layer] is a perfectly matched one: waves that go out decay
// in it, and nothing is reflected but by the grid and by the face behind it.
//
// Cost: one product with a sparse matrix a step.
// Source: Courant, Friedrichs & Lewy 1928, Math. Ann. 100 (the limit of the step); Grote & Sim 2010, arXiv:1001.0319 (layers).
// bib: courant1928partielle, grote2010pml
type Wave struct {
	Box     pde.Box
	Speed   []float64                            // c > 0: one number, or a field [space…]
	Damping []float64                            // σ ≥ 0 [space…]; nil is zero
	Layer   Layer                                // perfectly matched layers; the zero value is none
	Source  func(t float64, x []float64) float64 // f; nil is zero; must be safe for concurrent use
}

// CFLError says that steps in time are too large for the grid and the speed. Found in an error by [errors.As].
type CFLError struct {
	Dt    float64   // the step
	Limit float64   // the largest stable step
	Speed float64   // the largest on the grid
	Space []float64 // steps of the grid along the axes
	Steps int       // that would be enough
}

// Error says which step and speed do not fit, and what would be right.
func (e *CFLError) Error() string {
	return fmt.Sprintf("difference: Wave: steps of %.4g in time are unstable for a speed of %.4g on a grid with steps of %.4g: want at most %.4g, "+
		"which takes %d steps", e.Dt, e.Speed, e.Space, e.Limit, e.Steps)
}

// Validate lists all that is wrong with w.
func (w Wave) Validate() error {
	if err := w.Box.Validate(); err != nil {
		return err
	}
	errs := []error{w.Layer.check(w.Box)}
	size := w.Box.Size()
	if len(w.Speed) != 1 && len(w.Speed) != size {
		errs = append(errs, fmt.Errorf("difference: Wave.Speed has %d values, want 1 or %d on a grid of %v points", len(w.Speed), size, w.Box.Points))
	}
	errs = append(errs, checkCoefficient("Wave.Speed", w.Speed, newGrid(w.Box)))
	if w.Damping != nil && len(w.Damping) != size {
		errs = append(errs, fmt.Errorf("difference: Wave.Damping has %d values, want %d on a grid of %v points, or none", len(w.Damping), size, w.Box.Points))
	}
	for i, v := range w.Damping {
		if !(v >= 0) || math.IsInf(v, 0) {
			errs = append(errs, fmt.Errorf("difference: Wave.Damping[%d] = %v, want it at least 0", i, v))
			break
		}
	}
	return errors.Join(errs...)
}

// speed is c at a point of the grid.
func (w Wave) speed(i int) float64 {
	if len(w.Speed) == 1 {
		return w.Speed[0]
	}
	return w.Speed[i]
}

// Limit is the largest stable step in time.
//
// Errors: what is wrong with w.
func (w Wave) Limit() (float64, error) {
	if err := w.Validate(); err != nil {
		return 0, err
	}
	return w.limit(newGrid(w.Box)), nil
}

// limit is 2/√λ with a bound λ of the spectrum of -c²Δ: 4/h² an axis, and what Robin faces and layers add to their cells.
func (w Wave) limit(g *grid) float64 {
	var sum, fastest, mean, deepest, corner float64
	for _, c := range w.Speed {
		fastest = max(fastest, c)
		mean += c / float64(len(w.Speed))
	}
	for d, h := range g.h {
		sum += 4/(h*h) + 2/h*max(g.box.Face(d, 0).Coefficient, g.box.Face(d, 1).Coefficient)
		zeta := mean * max(w.Layer.damping(g, 0, d), w.Layer.damping(g, float64(g.box.Points[d]-1), d))
		corner += deepest * zeta
		deepest += zeta
	}
	return 2 / math.Sqrt(fastest*fastest*sum+corner)
}

// Solve marches the batch u0 [samples, space…, 2] of initial fields and their derivatives in time, u and ∂u/∂t, to s.Until; on Dirichlet faces both
// are those of the conditions.
//
// Shapes: Ys[i] of the solution as u0.
// Errors: what is wrong with w, s or the length of u0; a [CFLError]; a [pde.NotFiniteError]; the error of ctx, within one step of its end.
func (w Wave) Solve(ctx context.Context, u0 []float64, s pde.Stepping) (pde.Solution, error) {
	if err := errors.Join(w.Validate(), s.Validate()); err != nil {
		return pde.Solution{}, err
	}
	values := 2 * w.Box.Size()
	if err := checkLength("an initial field", len(u0), values, w.Box); err != nil {
		return pde.Solution{}, err
	}
	shared, err := w.discretise(s.Dt())
	if err != nil {
		return pde.Solution{}, err
	}
	limit := w.limit(shared.grid)
	const roundOff = 1e-12 // at the limit itself the fastest mode neither grows nor decays
	if dt := s.Dt(); dt > limit*(1+roundOff) {
		e := &CFLError{Dt: dt, Limit: limit, Space: shared.h, Steps: int(math.Ceil(s.Until / limit * (1 - roundOff)))}
		for _, c := range w.Speed {
			e.Speed = max(e.Speed, c)
		}
		return pde.Solution{}, e
	}
	return pde.March(ctx, "Wave", u0, values, s, 1, func() pde.Marcher {
		n := len(shared.unknown)
		return &waveMarcher{
			waveGrid: shared, u: make([]float64, n), v: make([]float64, n), a: make([]float64, n),
			absorbed: newAbsorbed(shared.layer, n),
		}
	})
}

// waveGrid is what the workers share.
type waveGrid struct {
	Wave
	*operator
	dt      float64
	square  []float64 // c²/V of each unknown
	damping []float64 // (σ + ζ_1 + ζ_2 + ζ_3) dt/2 of each unknown
	layer   *absorber // nil without layers
	points  []float64 // coordinates of the unknowns [unknown, axis], for a source
}

func (w Wave) discretise(dt float64) (*waveGrid, error) {
	g, err := newGeometry(w.Box, nil)
	if err != nil {
		return nil, err
	}
	o, err := newOperator(g, nil)
	if err != nil {
		return nil, err
	}
	out := &waveGrid{Wave: w, operator: o, dt: dt}
	if w.Layer.Steps != nil {
		var mean float64
		for _, c := range w.Speed {
			mean += c / float64(len(w.Speed))
		}
		out.layer = newAbsorber(o, w.Layer, mean, dt)
	}
	x := make([]float64, len(g.h))
	for i, at := range g.unknown {
		c := w.speed(at)
		out.square = append(out.square, c*c/g.volume[i])
		sigma := 0.0
		if w.Damping != nil {
			sigma = w.Damping[at]
		}
		if out.layer != nil {
			sigma += out.layer.sum[i]
		}
		out.damping = append(out.damping, sigma*dt/2)
		if w.Source != nil {
			g.place(x, at)
			out.points = append(out.points, x...)
		}
	}
	return out, nil
}

// waveMarcher solves one sample at a time: u at the step, v half a step before.
type waveMarcher struct {
	*waveGrid
	*absorbed
	stepNumber int
	u, v, a    []float64
}

// Start takes u and its derivative from u0 [space…, 2].
func (m *waveMarcher) Start(u0 []float64) {
	m.stepNumber = 0
	for i, at := range m.unknown {
		m.u[i], m.v[i] = u0[2*at], u0[2*at+1]
	}
	m.layer.start(m.absorbed, m.u)
	m.accelerate(0)
	for i, a := range m.a {
		m.v[i] -= m.dt/2*a - m.damping[i]*m.v[i]
	}
}

// Step is one step of leapfrog.
func (m *waveMarcher) Step() bool {
	m.accelerate(m.dt * float64(m.stepNumber))
	m.stepNumber++
	for i, a := range m.a {
		m.v[i] = m.later(i, a)
		m.u[i] += m.dt * m.v[i]
	}
	m.layer.advance(m.absorbed, m.u, m.v, m.dt*float64(m.stepNumber))
	return finite(m.u)
}

// later is v half a step after u, from that half a step before.
func (m *waveMarcher) later(i int, a float64) float64 {
	return ((1-m.damping[i])*m.v[i] + m.dt*a) / (1 + m.damping[i])
}

// Save writes u and its derivative [space…, 2] at time t, the latter the mean of those half a step before and after.
func (m *waveMarcher) Save(dst []float64, t float64) {
	m.accelerate(t)
	for i, at := range m.unknown {
		dst[2*at], dst[2*at+1] = m.u[i], (m.v[i]+m.later(i, m.a[i]))/2
	}
	for _, f := range m.fixed {
		dst[2*f.at] = f.value(t, f.x)
		dst[2*f.at+1] = (f.value(t+m.dt, f.x) - f.value(t-m.dt, f.x)) / (2 * m.dt)
	}
}

// accelerate writes c²Δu + f at time t.
func (m *waveMarcher) accelerate(t float64) {
	m.matrix.Apply(m.a, m.u)
	for i := range m.a {
		m.a[i] = -m.a[i]
	}
	m.addInflow(m.a, t, 1)
	m.layer.addFlow(m.a, m.absorbed)
	axes := len(m.h)
	for i := range m.a {
		m.a[i] *= m.square[i]
		if m.layer != nil {
			m.a[i] -= m.layer.pairs[i]*m.u[i] + m.layer.product[i]*m.psi[i]
		}
		if m.Source != nil {
			m.a[i] += m.Source(t, m.points[i*axes:(i+1)*axes])
		}
	}
}

// Energy is what leapfrog with steps of dt conserves, of each state of a batch u [samples, space…, 2] as [Wave.Solve] gives it:
//
//	½ Σ V (u_t²/c²) + ½ u·K u - dt²/8 Σ V (c²Δu)²/c²
//
// The first two terms are the energy of the exact solution to second order. Values on Dirichlet faces count as 0.
//
// Errors: what is wrong with w or the length of u.
func (w Wave) Energy(u []float64, dt float64) ([]float64, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	values := 2 * w.Box.Size()
	if err := checkLength("a state", len(u), values, w.Box); err != nil {
		return nil, err
	}
	g, err := w.discretise(dt)
	if err != nil {
		return nil, err
	}
	n := len(g.unknown)
	field, stress := make([]float64, n), make([]float64, n)
	out := make([]float64, len(u)/values)
	for s := range out {
		state := u[s*values : (s+1)*values]
		for i, at := range g.unknown {
			field[i] = state[2*at]
		}
		g.matrix.Apply(stress, field)
		for i, at := range g.unknown {
			v := state[2*at+1]
			out[s] += v*v/g.square[i]/2 + field[i]*stress[i]/2 - dt*dt/8*g.square[i]*stress[i]*stress[i]
		}
	}
	return out, nil
}
