package volume

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

const (
	stages = 3 // of the Runge–Kutta method

	// The largest eigenvalues of the central differences, 16/3 D/h² and 4.62 γ/h³, over the ends of the method's region of stability
	// on the real and the imaginary axis.
	diffusive  = 16.0 / 3 / 2.5127
	dispersive = 4.62 / 1.7320
)

// marcher solves one sample.
type marcher struct {
	Scheme
	law      Law
	sample   int
	stepping pde.Stepping

	slope       func(p, q float64) float64
	source      func(s, u []float64, t float64) // nil: none
	faces       *faces
	u, v, du    []float64 // the state, a stage, a rate of change
	line        []float64 // with ghosts
	left, right []float64
	flux        []float64
	low, high   []float64 // speeds of all cells
	rate        []float64 // of all cells: Courant numbers over dt
}

func newMarcher(s Scheme, law Law, sample int, stepping pde.Stepping) *marcher {
	longest, points, c := 0, s.Grid.Points(), law.Channels
	for _, n := range s.Grid.Cells {
		longest = max(longest, n)
	}
	m := &marcher{Scheme: s, law: law, sample: sample, stepping: stepping, slope: s.Limiter.slope()}
	if m.Sides == nil {
		m.Sides = make([]Sides, len(s.Grid.Cells))
	}
	if law.Source != nil {
		m.source = law.Source(s.Grid)
	}
	m.faces = newFaces(law, s.Flux, longest+1)
	for _, state := range []*[]float64{&m.u, &m.v, &m.du} {
		*state = make([]float64, points*c)
	}
	m.line = make([]float64, (longest+2*ghosts)*c)
	for _, side := range []*[]float64{&m.left, &m.right, &m.flux} {
		*side = make([]float64, (longest+2)*c)
	}
	for _, cells := range []*[]float64{&m.low, &m.high, &m.rate} {
		*cells = make([]float64, points)
	}
	return m
}

// march goes from u0 to the times ts and writes the state at each; steps is the number of steps it took.
func (m *marcher) march(ctx context.Context, u0, ts []float64, frame func(int) []float64) (steps int, err error) {
	copy(m.u, u0)
	if err := m.check(m.u, 0, 0, 0); err != nil {
		return 0, err
	}
	var t float64
	for f, end := range ts {
		for t < end {
			if err := ctx.Err(); err != nil {
				return steps, fmt.Errorf("volume: %s: stopped at step %d of sample %d: %w", m.law.Name, steps+1, m.sample, err)
			}
			next, err := m.next(t, end, steps+1)
			if err != nil {
				return steps, err
			}
			if err := m.step(t, next, steps+1); err != nil {
				return steps, err
			}
			t, steps = next, steps+1
		}
		if err := m.resolved(t); err != nil {
			return steps, err
		}
		copy(frame(f), m.u)
	}
	return steps, nil
}

// next is the time at the end of a step from t: that of a given number of steps, or the latest that the Courant number allows.
func (m *marcher) next(t, end float64, step int) (float64, error) {
	rate, limit := m.fastest(), m.courant()
	if n := m.stepping.Steps; n > 0 {
		next, dt := m.stepping.Until*float64(step)/float64(n), m.stepping.Dt()
		if step%(n/max(m.stepping.Frames, 1)) == 0 {
			next = end
		}
		if courant := rate * dt; courant > limit*(1+1e-9) { // round-off of a step chosen to meet the limit
			frames := max(m.stepping.Frames, 1)
			want := int(math.Ceil(m.stepping.Until*rate/limit/float64(frames))) * frames
			return 0, &CourantError{m.law.Name, m.sample, step, t, dt, courant, limit, want}
		}
		return next, nil
	}
	dt := limit / rate
	switch {
	case t+dt >= end:
		return end, nil
	case t+2*dt > end: // two equal steps rather than a short last one
		return t + (end-t)/2, nil
	case !(t+dt > t):
		return 0, fmt.Errorf("volume: %s: sample %d at t = %.6g: the step %.3g is below round-off: the waves are too fast for the grid",
			m.law.Name, m.sample, t, dt)
	}
	return t + dt, nil
}

// fastest is the greatest Courant number of a step of length 1.
func (m *marcher) fastest() float64 {
	clear(m.rate)
	var same, most float64
	for axis := range m.Grid.Cells {
		h := m.Grid.Size(axis)
		m.law.Speeds(m.low, m.high, m.u, axis)
		for i := range m.rate {
			m.rate[i] += max(math.Abs(m.low[i]), math.Abs(m.high[i])) / h
		}
		var d float64
		for _, v := range m.law.Diffusion {
			d = max(d, v)
		}
		same += diffusive*d/(h*h) + dispersive*math.Abs(m.law.Dispersion)/(h*h*h)
	}
	for _, r := range m.rate {
		most = max(most, r)
	}
	return most + same
}

// step is one of the third-order method of Shu and Osher.
func (m *marcher) step(t, next float64, step int) error {
	dt := next - t
	m.change(m.u, t)
	for i, u := range m.u {
		m.v[i] = u + dt*m.du[i]
	}
	if err := m.check(m.v, step, next, dt); err != nil {
		return err
	}
	m.change(m.v, next)
	for i, u := range m.u {
		m.v[i] = 0.75*u + 0.25*(m.v[i]+dt*m.du[i])
	}
	if err := m.check(m.v, step, next, dt); err != nil {
		return err
	}
	m.change(m.v, t+dt/2)
	for i, u := range m.u {
		m.u[i] = u/3 + 2.0/3*(m.v[i]+dt*m.du[i])
	}
	return m.check(m.u, step, next, dt)
}

// change writes du/dt to m.du.
func (m *marcher) change(u []float64, t float64) {
	clear(m.du)
	cells, c := m.Grid.Cells, m.law.Channels
	if len(cells) == 1 {
		m.sweep(u, 0, 0, c)
	} else {
		for i := range cells[0] {
			m.sweep(u, 1, i*cells[1]*c, c)
		}
		for j := range cells[1] {
			m.sweep(u, 0, j*c, cells[1]*c)
		}
	}
	if m.source != nil {
		m.source(m.du, u, t)
	}
}

// sweep adds what the faces of one line along an axis give; its cells begin at a place of u and are a stride apart.
func (m *marcher) sweep(u []float64, axis, begin, stride int) {
	n, c := m.Grid.Cells[axis], m.law.Channels
	line := m.line[:(n+2*ghosts)*c]
	if stride == c {
		copy(line[ghosts*c:(ghosts+n)*c], u[begin:])
	} else {
		for i := range n {
			copy(line[(ghosts+i)*c:(ghosts+i+1)*c], u[begin+i*stride:])
		}
	}
	m.Sides[axis].extend(line, n, axis, m.law)
	reconstruct(m.left, m.right, line, c, n, m.Reconstruction, m.slope)
	if m.law.Check != nil && m.Reconstruction != Constant {
		m.repair(m.left[:(n+2)*c], m.right[:(n+2)*c], line)
	}
	flux := m.flux[:(n+1)*c]
	m.faces.across(flux, m.left[:(n+1)*c], m.right[c:(n+2)*c], axis)
	m.central(flux, line, m.Grid.Size(axis))
	over := 1 / m.Grid.Size(axis)
	if stride == c {
		du, next := m.du[begin:begin+n*c], flux[c:]
		for i := range du {
			du[i] -= (next[i] - flux[i]) * over
		}
		return
	}
	for i := range n {
		du := m.du[begin+i*stride : begin+i*stride+c]
		for k := range du {
			du[k] -= (flux[(i+1)*c+k] - flux[i*c+k]) * over
		}
	}
}

// repair gives a cell with a state without meaning at either end its average at both: so the average stays the mean of the two for MUSCL,
// on which it depends that density and pressure stay above 0.
func (m *marcher) repair(left, right, line []float64) {
	c := m.law.Channels
	for _, states := range [2][]float64{left, right} {
		for from := 0; from < len(states); from += c {
			point, _, _ := m.law.Check(states[from:])
			if point < 0 {
				break
			}
			from += point * c
			copy(left[from:from+c], line[from+2*c:])
			copy(right[from:from+c], line[from+2*c:])
		}
	}
}

// central adds -D u_x + γ u_xx to the fluxes of a line. The weights are those of fourth order for cell averages.
func (m *marcher) central(flux, line []float64, h float64) {
	c := m.law.Channels
	for k, d := range m.law.Diffusion {
		if d == 0 {
			continue
		}
		scale := d / (12 * h)
		for i := k; i < len(flux); i += c {
			at := line[i+c:]
			flux[i] -= scale * (15*(at[2*c]-at[c]) - (at[3*c] - at[0]))
		}
	}
	if m.law.Dispersion != 0 {
		scale := m.law.Dispersion / (8 * h * h)
		for i := range flux {
			at := line[i:]
			flux[i] += scale * (7*(at[c]+at[4*c]) - 6*(at[2*c]+at[3*c]) - (at[0] + at[5*c]))
		}
	}
}

// check names the first cell of u without meaning. Step is that which gave u.
func (m *marcher) check(u []float64, step int, t, dt float64) error {
	if !finite(u) {
		return &pde.NotFiniteError{
			Equation: m.law.Name, Sample: m.sample, Step: step, Steps: max(m.stepping.Steps, step), Time: t, Dt: dt,
		}
	}
	if m.law.Check == nil {
		return nil
	}
	point, quantity, value := m.law.Check(u)
	if point < 0 {
		return nil
	}
	cell := []int{point}
	if len(m.Grid.Cells) == 2 {
		cell = []int{point / m.Grid.Cells[1], point % m.Grid.Cells[1]}
	}
	return &StateError{m.law.Name, m.sample, cell, step, t, quantity, value}
}

// resolved wants no shock thinner than the diffusion makes it: no fall of a speed by a fifth of its range between two cells that
// has a large Reynolds number. With dispersion, waves have another width.
func (m *marcher) resolved(t float64) error {
	d := math.Inf(1)
	for _, v := range m.law.Diffusion {
		d = min(d, v)
	}
	if m.Coarse || d == 0 || math.IsInf(d, 1) || m.law.Dispersion != 0 {
		return nil
	}
	coarse := &CoarseError{Law: m.law.Name, Sample: m.sample, Time: t, Cells: m.Grid.Cells}
	for axis, n := range m.Grid.Cells {
		h, want := m.Grid.Size(axis), n
		m.law.Speeds(m.low, m.high, m.u, axis)
		for _, speeds := range [2][]float64{m.low, m.high} {
			span := slices.Max(speeds) - slices.Min(speeds)
			if fall := m.steepest(speeds, axis); fall > span/5 {
				coarse.Reynolds = max(coarse.Reynolds, h*fall/d)
			}
			want = max(want, int(math.Ceil(float64(n)*span*h/(4*d*cellLimit))))
		}
		coarse.Want = append(coarse.Want, want)
	}
	if coarse.Reynolds > reynoldsLimit {
		return coarse
	}
	return nil
}

// steepest is the greatest fall from a cell to the next along an axis.
func (m *marcher) steepest(speeds []float64, axis int) (fall float64) {
	n, stride := m.Grid.Cells[axis], 1
	if axis == 0 && len(m.Grid.Cells) == 2 {
		stride = m.Grid.Cells[1]
	}
	for i := range len(speeds) - stride {
		if i/stride%n < n-1 {
			fall = max(fall, speeds[i]-speeds[i+stride])
		}
	}
	return fall
}

// finite tells whether all of u is. The sum of u_i - u_i is NaN exactly if it is not.
func finite(u []float64) bool {
	var sum float64
	for _, v := range u {
		sum += v - v
	}
	return sum == 0
}
