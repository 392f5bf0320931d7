package chebyshev

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Parabolic is a system of equations for the channels u_1 … u_m on a box of one to three axes
//
//	∂u_c/∂t = D_c Δu_c + N_c(t, x, u, ∇u)
//
// It is collocated at the inner points and marched by ETDRK4 in the eigenvectors of Δ: diffusion is exact, N explicit. The values on the
// boundary at t = 0 are those of the conditions, whatever the initial field has there.
//
// The order in time is 4 where N fulfils the conditions with g = 0, as in Burgers' equation between walls. Boundary values that
// move lower it to about 3, an N that breaks the conditions to about 2.
//
// Cost: 4 NFE a step, each (d+2) products with a matrix along every axis.
// Source: Cox & Matthews 2002, J. Comput. Phys. 176; Kassam & Trefethen 2005, SIAM J. Sci. Comput. 26, section 4 (a Chebyshev grid).
// bib: cox2002etd, kassam2005etdrk4
type Parabolic struct {
	Name     string // for messages
	Box      pde.Box
	Channels []Channel
	// Inner writes N_c to dst[c] at one point; gradient[c·axes + axis] is ∂u_c/∂x_axis, and is nil unless Gradient is set. It must keep nothing and
	// be safe for concurrent use; nil means N = 0.
	Inner    func(dst []float64, t float64, x, u, gradient []float64)
	Gradient bool // Inner uses ∇u
}

// Channel is one unknown of a [Parabolic].
type Channel struct {
	Diffusivity float64           // D, > 0
	Faces       [][2]pde.Boundary // nil: those of the box
}

// box is the box with the channel's conditions.
func (p Parabolic) box(c int) pde.Box {
	b := p.Box
	if p.Channels[c].Faces != nil {
		b.Faces = p.Channels[c].Faces
	}
	return b
}

// Validate lists all that is wrong with p.
func (p Parabolic) Validate() error {
	errs := []error{validate(p.Box)}
	if len(p.Channels) == 0 {
		errs = append(errs, errors.New("chebyshev: Parabolic.Channels is empty, want at least one"))
	}
	for c, channel := range p.Channels {
		if !(channel.Diffusivity > 0) || math.IsInf(channel.Diffusivity, 0) {
			errs = append(errs, fmt.Errorf("chebyshev: Parabolic.Channels[%d].Diffusivity = %v, want it above 0", c, channel.Diffusivity))
		}
		if channel.Faces != nil {
			errs = append(errs, validate(p.box(c)))
		}
	}
	return errors.Join(errs...)
}

// Solve marches the batch u0 [samples, space…, channels] of initial fields to s.Until.
//
// Shapes: Ys[i] of the solution as u0.
// Errors: what is wrong with p, s or the length of u0; a [pde.NotFiniteError] if the steps are too large for N; a
// [pde.UnresolvedError] if the grid is too coarse at one of the times that are kept; the error of ctx, within one step of its end.
func (p Parabolic) Solve(ctx context.Context, u0 []float64, s pde.Stepping) (pde.Solution, error) {
	if err := errors.Join(p.Validate(), s.Validate()); err != nil {
		return pde.Solution{}, err
	}
	values := p.Box.Size() * len(p.Channels)
	if err := checkLength("an initial field", len(u0), values, p.Box); err != nil {
		return pde.Solution{}, err
	}
	shared := &parabolicGrid{Parabolic: p, grid: axes(p.Box), dt: s.Dt()}
	for c := range p.Channels {
		l, err := newLaplacian(p.box(c))
		if err != nil {
			return pde.Solution{}, err
		}
		shared.laplacians = append(shared.laplacians, l)
		shared.etd = append(shared.etd, newETD(l.values, p.Channels[c].Diffusivity, s.Dt()))
	}
	for _, a := range shared.grid {
		first, _ := a.Derivatives()
		shared.first = append(shared.first, first)
		shared.coefficients = append(shared.coefficients, a.Coefficients())
	}
	visit(shared.grid, func(_ int, x []float64) { shared.points = append(shared.points, x...) })
	return pde.March(ctx, p.Name, u0, values, s, 4, func() pde.Marcher { return newParabolicMarcher(shared) })
}

// parabolicGrid is what the workers share.
type parabolicGrid struct {
	Parabolic
	grid                []Axis
	dt                  float64
	laplacians          []*laplacian // of each channel
	etd                 []*etd
	first, coefficients [][]float64 // matrices of each axis
	points              []float64   // [space…, axis]
}

// parabolicMarcher solves one sample at a time. All that is kept between steps are the modes at the inner points.
type parabolicMarcher struct {
	*parabolicGrid
	stepNumber      int
	v, a, b, d      [][]float64  // modes of each channel
	nv, na, nb, nd  [][]float64  // N in modes
	scratch, values []float64    // of the inner points
	full            [][]float64  // each channel on the whole grid
	gradient        [][]float64  // [channel·axes + axis] on the whole grid
	share0          float64      // of the highest modes at the start
	dst, u, g       []float64    // of one point
	work            [2][]float64 // of the whole grid
}

var _ pde.Resolver = (*parabolicMarcher)(nil)

func newParabolicMarcher(shared *parabolicGrid) *parabolicMarcher {
	channels, size, inner := len(shared.Channels), shared.Box.Size(), shared.laplacians[0].size
	m := &parabolicMarcher{
		parabolicGrid: shared, scratch: make([]float64, inner), values: make([]float64, inner),
		dst: make([]float64, channels), u: make([]float64, channels),
		work: [2][]float64{make([]float64, size), make([]float64, size)},
	}
	for _, stage := range []*[][]float64{&m.v, &m.a, &m.b, &m.d, &m.nv, &m.na, &m.nb, &m.nd} {
		*stage = fields(channels, inner)
	}
	m.full = fields(channels, size)
	if shared.Gradient {
		m.gradient = fields(channels*len(shared.grid), size)
		m.g = make([]float64, len(m.gradient))
	}
	return m
}

func fields(n, size int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, size)
	}
	return out
}

// Start takes the inner points of u0 [space…, channel].
func (m *parabolicMarcher) Start(u0 []float64) {
	m.stepNumber = 0
	channels := len(m.Channels)
	for c, l := range m.laplacians {
		for i, at := range l.places {
			m.v[c][i] = u0[at*channels+c]
		}
		l.change(m.v[c], m.scratch, toModes)
	}
	m.expand(m.v, 0)
	m.share0 = m.share()
}

// Step is one step of ETDRK4.
func (m *parabolicMarcher) Step() bool {
	t := m.dt * float64(m.stepNumber)
	half, next := t+m.dt/2, t+m.dt
	m.stepNumber++
	m.evaluate(m.nv, m.v, t)
	for c, e := range m.etd {
		e.stage(m.a[c], m.v[c], m.nv[c])
	}
	m.evaluate(m.na, m.a, half)
	for c, e := range m.etd {
		e.stage(m.b[c], m.v[c], m.na[c])
	}
	m.evaluate(m.nb, m.b, half)
	for c, e := range m.etd {
		for i, nb := range m.nb[c] {
			m.scratch[i] = 2*nb - m.nv[c][i]
		}
		e.stage(m.d[c], m.a[c], m.scratch)
	}
	m.evaluate(m.nd, m.d, next)
	ok := true
	for c, e := range m.etd {
		e.finish(m.v[c], m.nv[c], m.na[c], m.nb[c], m.nd[c])
		ok = ok && finite(m.v[c])
	}
	return ok
}

// Save writes the field [space…, channel] at time t.
func (m *parabolicMarcher) Save(dst []float64, t float64) {
	m.expand(m.v, t)
	for c, full := range m.full {
		for i, u := range full {
			dst[i*len(m.full)+c] = u
		}
	}
}

// Resolved tells the share of the highest tenth of the Chebyshev coefficients in the energy of the field that was saved last.
func (m *parabolicMarcher) Resolved() (share float64, grid []int, ok bool) {
	share = m.share()
	return share, m.Box.Points, m.Inner == nil || share <= max(highestShare, m.share0)
}

// highestShare is the most that the highest coefficients of a resolved solution hold, as in package pde.
const highestShare = 1e-2

func (m *parabolicMarcher) share() float64 {
	var all, high float64
	for _, full := range m.full {
		copy(m.work[0], full)
		for d, matrix := range m.coefficients {
			along(m.work[1], matrix, m.work[0], m.Box.Points, d)
			m.work[0], m.work[1] = m.work[1], m.work[0]
		}
		for i, v := range m.work[0][1:] {
			rest, top := i+1, false
			for d := len(m.grid) - 1; d >= 0; d-- {
				n := m.grid[d].N
				top = top || 10*(rest%n) > 9*(n-1)
				rest /= n
			}
			all += v * v
			if top {
				high += v * v
			}
		}
	}
	if all == 0 {
		return 0
	}
	return high / all
}

// expand gives all channels on the whole grid from their modes at time t.
func (m *parabolicMarcher) expand(v [][]float64, t float64) {
	for c, l := range m.laplacians {
		copy(m.values, v[c])
		l.change(m.values, m.scratch, toPoints)
		for i, at := range l.places {
			m.full[c][at] = m.values[i]
		}
		l.fill(m.full[c], t)
	}
}

// evaluate gives the modes of N and of what the boundary data add to D Δu.
func (m *parabolicMarcher) evaluate(dst, v [][]float64, t float64) {
	if m.Inner != nil {
		m.expand(v, t)
		for i := range m.gradient {
			along(m.gradient[i], m.first[i%len(m.grid)], m.full[i/len(m.grid)], m.Box.Points, i%len(m.grid))
		}
		for i, at := range m.laplacians[0].places {
			for c, full := range m.full {
				m.u[c] = full[at]
			}
			for j, g := range m.gradient {
				m.g[j] = g[at]
			}
			m.Inner(m.dst, t, m.points[at*len(m.grid):(at+1)*len(m.grid)], m.u, m.g)
			for c, value := range m.dst {
				dst[c][i] = value
			}
		}
	} else {
		for _, field := range dst {
			clear(field)
		}
	}
	for c, l := range m.laplacians {
		l.addLift(dst[c], t, m.Channels[c].Diffusivity)
		l.change(dst[c], m.scratch, toModes)
	}
}
