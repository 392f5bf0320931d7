package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Semilinear is a system of equations for the channels u_1 … u_m on a periodic box of one to three axes:
//
//	∂u_c/∂t = L_c u_c + Σ_(j: term j goes to channel c) M_j g_j(w_1, w_2, …) + f_c + s_c(t),  w_i = P_i u_(channel of tap i)
//
// with linear operators L, M and P of constant coefficients, given by their symbols, and pointwise polynomials g. It is solved for
// its lowest Fourier modes: of n points along an axis the modes up to K = ⌈n/(Degree+1)⌉ - 1 are kept (two thirds of them for
// quadratic g), the most for which the products in g alias onto no kept mode. The initial field is projected on these modes.
// Time steps are ETDRK4, exact where there is nothing but L.
//
// Cost: 4 NFE a step, each one real FFT a tap and one a term; 3 more FFTs a channel and step for a Source.
// Source: Cox & Matthews 2002, J. Comput. Phys. 176; Kassam & Trefethen 2005, SIAM J. Sci. Comput. 26;
// the two-thirds rule: Orszag 1971, J. Atmos. Sci. 28. bib: cox2002etd, kassam2005etdrk4, orszag1971aliasing
type Semilinear struct {
	Name    string    // for messages
	Lengths []float64 // of the box along its axes, each > 0

	// Complex says that the two channels are the real and the imaginary part of one complex field, whose symbol is Linear[0].
	Complex bool

	Linear  []Symbol               // L, one a channel; just one if Complex
	Taps    []Tap                  // what g sees: w_i is P_i of a channel
	Terms   []Tap                  // where the g_j go: M_j g_j is added to a channel
	Inner   func(g, w [][]float64) // writes g_j to g[j], w_i in w[i], the points in any order; must be safe for concurrent use
	Degree  int                    // of the g as polynomials, ≥ 1
	Forcing []float64              // f on the grid of the solve [space…, channel]; nil means none

	// Source writes s(t) on the grid of the solve [space…, channel]; nil means none. It must be safe for concurrent use.
	Source func(dst []float64, t float64)
}

// Symbol is what a linear operator multiplies the Fourier mode e^(ik·x) by; k are the angular wave numbers along the axes,
// in radians per unit length. It must not keep k.
type Symbol func(k []float64) complex128

// Tap ties a pointwise quantity to a channel by a linear operator.
type Tap struct {
	Channel int
	Symbol  Symbol // nil is the identity
}

// Channels is the number of values at a point.
func (e Semilinear) Channels() int {
	if e.Complex {
		return 2
	}
	return len(e.Linear)
}

// Validate lists all that is wrong with e.
func (e Semilinear) Validate() error {
	var errs []error
	if len(e.Lengths) < 1 || len(e.Lengths) > 3 {
		errs = append(errs, fmt.Errorf("pde: Semilinear.Lengths = %v, want those of one to three axes", e.Lengths))
	}
	for _, l := range e.Lengths {
		if !(l > 0) || math.IsInf(l, 0) {
			errs = append(errs, fmt.Errorf("pde: Semilinear.Lengths = %v, want all above 0", e.Lengths))
			break
		}
	}
	if len(e.Linear) < 1 || e.Complex && len(e.Linear) != 1 {
		errs = append(errs, fmt.Errorf("pde: Semilinear.Linear has %d symbols, want one a channel, and just one if Complex", len(e.Linear)))
	}
	for i, l := range e.Linear {
		if l == nil {
			errs = append(errs, fmt.Errorf("pde: Semilinear.Linear[%d] is nil, want a symbol", i))
		}
	}
	if len(e.Taps)+len(e.Terms) > 0 && e.Inner == nil {
		errs = append(errs, errors.New("pde: Semilinear.Inner is nil, want the pointwise terms of its Taps and Terms"))
	}
	for name, taps := range map[string][]Tap{"Taps": e.Taps, "Terms": e.Terms} {
		for i, tap := range taps {
			if tap.Channel < 0 || tap.Channel >= e.Channels() {
				errs = append(errs, fmt.Errorf("pde: Semilinear.%s[%d].Channel = %d, want one of the %d channels, from 0",
					name, i, tap.Channel, e.Channels()))
			}
		}
	}
	if e.Degree < 1 {
		errs = append(errs, fmt.Errorf("pde: Semilinear.Degree = %d, want the degree of Inner, at least 1", e.Degree))
	}
	return errors.Join(errs...)
}

// Kept is the highest wave number, in cycles per box, of a solution along an axis of n points.
func (e Semilinear) Kept(n int) int { return (n+e.Degree)/(e.Degree+1) - 1 }

// Solve marches the batch u0 [samples, space…, channels] of initial fields to s.Until; grid has the points along each axis.
//
// Shapes: Ys[i] of the solution as u0.
// Errors: what is wrong with e, s, grid or the length of u0; a [NotFiniteError] if the steps are too large for
// the solution to stay finite; an [UnresolvedError] if the grid is too coarse; the error of ctx, within one step of its end.
func (e Semilinear) Solve(ctx context.Context, u0 []float64, grid []int, s Stepping) (Solution, error) {
	if err := errors.Join(e.Validate(), s.Validate()); err != nil {
		return Solution{}, err
	}
	values, err := e.checkGrid(len(u0), grid)
	if err != nil {
		return Solution{}, err
	}
	modes := e.discretise(grid)
	step := newETDRK4(modes.linear, s.Dt())
	return march(ctx, e.Name, u0, values, s, etdrk4NFE, func() marcher { return newSemilinearMarcher(modes, step) })
}

// checkGrid gives the number of values of a sample.
func (e Semilinear) checkGrid(initial int, grid []int) (values int, err error) {
	if len(grid) != len(e.Lengths) {
		return 0, fmt.Errorf("pde: %s: a grid of %v points, want one number for each of the %d axes", e.Name, grid, len(e.Lengths))
	}
	values = e.Channels()
	for _, n := range grid {
		if n < 4 || e.Kept(n) < 1 {
			return 0, fmt.Errorf("pde: %s: a grid of %v points, want at least 4 along each axis and one mode after dealiasing, "+
				"which takes more than %d", e.Name, grid, e.Degree+1)
		}
		values *= n
	}
	if initial%values != 0 {
		return 0, fmt.Errorf("pde: %s: %d initial values on a grid of %v points with %d channels, want whole samples of %d",
			e.Name, initial, grid, e.Channels(), values)
	}
	if e.Forcing != nil && len(e.Forcing) != values {
		return 0, fmt.Errorf("pde: %s: a forcing of %d values, want %d on a grid of %v points, or nil", e.Name, len(e.Forcing), values, grid)
	}
	if !finite(e.Forcing) {
		return 0, fmt.Errorf("pde: %s: the forcing has a value that is not finite", e.Name)
	}
	return values, nil
}

// semilinearModes is an equation on a grid: all its operators at the kept modes.
type semilinearModes struct {
	Semilinear
	grid, kept []int
	size       int            // kept modes of a channel
	linear     []complex128   // [variable, mode]
	high       []bool         // of each mode: in the highest tenth along some axis
	taps       [][]complex128 // symbols; nil for the identity
	terms      [][]complex128 // symbols over the number of points
	first      []bool         // of each term: no earlier one goes to its channel
	bare       bool           // no term goes to some channel
	mirror     []int          // of the modes with k = 0 on the last axis, in their order: the place of -k
}

func (e Semilinear) discretise(grid []int) *semilinearModes {
	m := &semilinearModes{Semilinear: e, grid: grid, size: 1}
	points := 1
	for axis, n := range grid {
		m.kept = append(m.kept, e.Kept(n))
		points *= n
		m.size *= m.span(axis)
	}
	for _, l := range e.Linear {
		m.linear = append(m.linear, m.symbol(l, 1)...)
	}
	if e.Complex { // the second variable is the conjugate of the modes -k
		l := e.Linear[0]
		m.linear = append(m.linear, m.symbol(func(k []float64) complex128 {
			for i := range k {
				k[i] = -k[i]
			}
			c := l(k)
			return complex(real(c), -imag(c))
		}, 1)...)
	}
	for _, tap := range e.Taps {
		m.taps = append(m.taps, m.symbol(tap.Symbol, 1))
	}
	seen := make([]bool, e.Channels())
	for _, term := range e.Terms {
		symbol := term.Symbol
		if symbol == nil {
			symbol = func([]float64) complex128 { return 1 }
		}
		m.terms = append(m.terms, m.symbol(symbol, 1/float64(points)))
		m.first = append(m.first, !seen[term.Channel])
		seen[term.Channel] = true
	}
	m.bare = slices.Contains(seen, false)
	m.mirror = m.mirrored()
	m.high = m.highest()
	return m
}

// span is the number of kept modes along an axis.
func (m *semilinearModes) span(axis int) int {
	if axis == len(m.grid)-1 {
		return m.kept[axis] + 1
	}
	return 2*m.kept[axis] + 1
}

// highest marks the modes above nine tenths of the kept wave numbers.
func (m *semilinearModes) highest() []bool {
	out := make([]bool, m.size)
	for i := range out {
		rest := i
		for axis := len(m.grid) - 1; axis >= 0; axis-- {
			k := m.waveNumber(axis, rest%m.span(axis))
			out[i] = out[i] || 10*max(k, -k) > 9*m.kept[axis]
			rest /= m.span(axis)
		}
	}
	return out
}

// waveNumber is k, in cycles, of a place along an axis: 0 … K, -K … -1.
func (m *semilinearModes) waveNumber(axis, place int) int {
	if place > m.kept[axis] {
		return place - 2*m.kept[axis] - 1
	}
	return place
}

// symbol evaluates s times scale at the kept modes; nil for nil.
func (m *semilinearModes) symbol(s Symbol, scale float64) []complex128 {
	if s == nil {
		return nil
	}
	out, k := make([]complex128, m.size), make([]float64, len(m.grid))
	for i := range out {
		rest := i
		for axis := len(m.grid) - 1; axis >= 0; axis-- {
			k[axis] = 2 * math.Pi * float64(m.waveNumber(axis, rest%m.span(axis))) / m.Lengths[axis]
			rest /= m.span(axis)
		}
		out[i] = s(k) * complex(scale, 0)
	}
	return out
}

// mirrored finds the modes -k of those with k = 0 on the last axis.
func (m *semilinearModes) mirrored() []int {
	last := len(m.grid) - 1
	rows := m.size / (m.kept[last] + 1)
	out := make([]int, rows)
	for row := range out {
		rest, stride, place := row, 1, 0
		for axis := last - 1; axis >= 0; axis-- {
			span := m.span(axis)
			place += (span - rest%span) % span * stride
			rest, stride = rest/span, stride*span
		}
		out[row] = place * (m.kept[last] + 1)
	}
	return out
}

// semilinearMarcher solves one sample at a time. Modes are scaled such that u = Σ_k v_k e^(ikx). The variables that are marched
// are the modes of the channels; of a complex field the modes v_k and the conjugates of v_-k, each for the half of all k
// that a real field has.
type semilinearMarcher struct {
	*semilinearModes
	etd     *etdrk4
	state   *etdState
	fft     *boxTransform
	ordered *boxTransform // keeps the points in their order, for fields that come in and go out
	forcing []complex128
	source  *timedSource
	steps   int          // made
	tail0   float64      // tail at the start
	channel []complex128 // [channel, mode]: of a complex field
	scratch []complex128 // of one channel
	field   []float64    // of one channel
	w, g    [][]float64
}

func newSemilinearMarcher(modes *semilinearModes, etd *etdrk4) *semilinearMarcher {
	m := &semilinearMarcher{
		semilinearModes: modes, etd: etd, state: newETDState(len(modes.linear)),
		fft: newBoxTransform(modes.grid, modes.kept, true), ordered: newBoxTransform(modes.grid, modes.kept, false),
		scratch: make([]complex128, modes.size),
	}
	points := m.ordered.points
	m.field = make([]float64, points)
	for range modes.Taps {
		m.w = append(m.w, make([]float64, points))
	}
	for range modes.Terms {
		m.g = append(m.g, make([]float64, points))
	}
	if modes.Complex {
		m.channel = make([]complex128, 2*modes.size)
	}
	if modes.Forcing != nil {
		m.forcing = make([]complex128, len(modes.linear))
		m.load(m.forcing, modes.Forcing)
	}
	if modes.Source != nil {
		m.source = &timedSource{at: math.NaN(), values: make([]float64, points*modes.Channels()), modes: make([]complex128, len(modes.linear))}
	}
	return m
}

// timedSource keeps a source at one time, as two stages of a step ask for the same.
type timedSource struct {
	at     float64 // in steps
	values []float64
	modes  []complex128
}

// addSource adds the modes of the source at a time in steps.
func (m *semilinearMarcher) addSource(dst []complex128, at float64) {
	if s := m.source; s.at != at {
		m.Source(s.values, at*m.etd.h)
		m.load(s.modes, s.values)
		s.at = at
	}
	for i, f := range m.source.modes {
		dst[i] += f
	}
}

func (m *semilinearMarcher) start(u0 []float64) {
	m.steps = 0
	m.load(m.state.v, u0)
	m.tail0 = m.tail()
}

func (m *semilinearMarcher) step() bool {
	finite := m.etd.step(m.state, m.nonlinear)
	m.steps++
	m.symmetrise()
	return finite
}

// part is the modes of one channel or variable.
func (m *semilinearMarcher) part(v []complex128, c int) []complex128 {
	return v[c*m.size : (c+1)*m.size]
}

// load gives the variables of a field [space…, channel].
func (m *semilinearMarcher) load(v []complex128, u []float64) {
	channels := m.Channels()
	scale := complex(1/float64(m.ordered.points), 0)
	for c := range channels {
		for i := range m.field {
			m.field[i] = u[i*channels+c]
		}
		part := m.part(v, c)
		m.ordered.toModes(part, m.field)
		for i := range part {
			part[i] *= scale
		}
	}
	if m.Complex {
		m.toVariables(v)
	}
}

func (m *semilinearMarcher) save(dst []float64, _ float64) {
	channels, v := m.Channels(), m.toChannels(m.state.v)
	for c := range channels {
		m.ordered.toPoints(m.field, m.part(v, c))
		for i, u := range m.field {
			dst[i*channels+c] = u
		}
	}
}

// resolved wants little energy in the highest modes, or no more than there was at the start; what is exact can't be unresolved.
func (m *semilinearMarcher) resolved() (share float64, grid []int, ok bool) {
	share = m.tail()
	return share, m.grid, len(m.Terms) == 0 || share <= max(highestShare, m.tail0)
}

// tail is the share of the highest modes in the energy of the fluctuations.
func (m *semilinearMarcher) tail() float64 {
	var all, high float64
	for c := range len(m.state.v) / m.size {
		for i, v := range m.part(m.state.v, c)[1:] {
			energy := real(v)*real(v) + imag(v)*imag(v)
			all += energy
			if m.high[i+1] {
				high += energy
			}
		}
	}
	if all == 0 {
		return 0
	}
	return high / all
}

// toChannels gives the modes of the channels: of a complex field a = (p + q)/2 and b = (p - q)/2i.
func (m *semilinearMarcher) toChannels(v []complex128) []complex128 {
	if !m.Complex {
		return v
	}
	p, q := m.part(v, 0), m.part(v, 1)
	a, b := m.part(m.channel, 0), m.part(m.channel, 1)
	for i := range p {
		sum, difference := p[i]+q[i], p[i]-q[i]
		a[i], b[i] = sum/2, complex(imag(difference)/2, -real(difference)/2)
	}
	return m.channel
}

// toVariables undoes toChannels in place: p = a + ib, q = a - ib.
func (m *semilinearMarcher) toVariables(v []complex128) {
	a, b := m.part(v, 0), m.part(v, 1)
	for i := range a {
		turned := complex(-imag(b[i]), real(b[i]))
		a[i], b[i] = a[i]+turned, a[i]-turned
	}
}

// symmetrise keeps the modes with k = 0 on the last axis those of real fields: each then has its conjugate beside it, and nothing
// else couples the two. Where L grows, round-off would part them.
func (m *semilinearMarcher) symmetrise() {
	stride := m.kept[len(m.kept)-1] + 1
	pair := func(a, b []complex128) {
		for row, there := range m.mirror {
			x, y := a[row*stride], b[there]
			mean := complex((real(x)+real(y))/2, (imag(x)-imag(y))/2)
			a[row*stride], b[there] = mean, complex(real(mean), -imag(mean))
		}
	}
	if m.Complex {
		pair(m.part(m.state.v, 0), m.part(m.state.v, 1))
		return
	}
	for c := range m.Channels() {
		pair(m.part(m.state.v, c), m.part(m.state.v, c))
	}
}

// nonlinear is Σ M g + f + s in modes, a fraction of a step after those made.
func (m *semilinearMarcher) nonlinear(dst, v []complex128, fraction float64) {
	channels := m.toChannels(v)
	for i, tap := range m.Taps {
		modes := m.part(channels, tap.Channel)
		if symbol := m.taps[i]; symbol != nil {
			scratch := m.scratch[:len(modes)]
			for j, s := range symbol[:len(modes)] {
				scratch[j] = s * modes[j]
			}
			modes = scratch
		}
		m.fft.toPoints(m.w[i], modes)
	}
	if m.bare {
		clear(dst)
	}
	if len(m.Terms) > 0 {
		m.Inner(m.g, m.w)
	}
	for j, term := range m.Terms {
		part, symbol := m.part(dst, term.Channel), m.terms[j]
		if m.first[j] {
			m.fft.toModes(part, m.g[j])
			for i, s := range symbol[:len(part)] {
				part[i] *= s
			}
			continue
		}
		m.fft.toModes(m.scratch, m.g[j])
		for i, s := range symbol[:len(part)] {
			part[i] += s * m.scratch[i]
		}
	}
	if m.Complex {
		m.toVariables(dst)
	}
	for i, f := range m.forcing {
		dst[i] += f
	}
	if m.source != nil {
		m.addSource(dst, float64(m.steps)+fraction)
	}
}
