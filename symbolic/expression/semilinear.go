package expression

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Box is where a periodic problem lives; its axes are the space coordinates in their order.
type Box struct {
	From    []float64 `json:",omitempty"` // the lowest coordinates; nil means zeros
	Lengths []float64 // of the periods
	Grid    []int     `json:",omitempty"` // points along each axis, for sources; nil will do without
}

// Semilinear is the system for the classical solver on a periodic box. It fits evolution equations u_t = L u + N + f with constant
// coefficients: L is linear, N a sum of products of unknowns and their derivatives, f a function of the coordinates. The
// solver's channels are the unknowns in their order; a solve starts at time 0, and with sources it needs the box's grid.
//
// A product is taken as it is written, not as a flux: the solver multiplies without aliasing, so u u_x and (u²/2)_x are the same to
// round-off. Only the linear terms of an unknown in its own equation are in L, and so limit no step; those of another unknown do.
//
// Errors: as [System.WrittenOut]; which term or equation does not fit, and why.
func (s System) Semilinear(box Box) (pde.Semilinear, error) {
	equations, err := s.WrittenOut()
	if err != nil {
		return pde.Semilinear{}, err
	}
	if s.Time == "" {
		return pde.Semilinear{}, errors.New(`expression: System.Time = "", want the coordinate that is time for an evolution equation`)
	}
	if err := s.checkBox(box); err != nil {
		return pde.Semilinear{}, err
	}
	rates, p, err := s.rates(equations)
	if err != nil {
		return pde.Semilinear{}, err
	}
	out := p.semilinear(rates)
	out.Name, out.Lengths = strings.Join(s.Equations, "; "), slices.Clone(box.Lengths)
	if err := s.addSources(&out, p.sources, box); err != nil {
		return pde.Semilinear{}, err
	}
	return out, out.Validate()
}

func (s System) checkBox(box Box) error {
	want := len(s.Coordinates) - 1
	if len(box.Lengths) != want {
		return fmt.Errorf("expression: Box.Lengths = %v, want %d numbers, one a space coordinate", box.Lengths, want)
	}
	if box.From != nil && len(box.From) != want {
		return fmt.Errorf("expression: Box.From = %v, want %d numbers, one a space coordinate, or none", box.From, want)
	}
	return nil
}

// rates are the right sides of u_t = …, one an unknown.
func (s System) rates(equations []Equation) ([]polynomial, *polynomials, error) {
	p := &polynomials{System: s}
	rates, done := make([]polynomial, len(s.Unknowns)), make([]bool, len(s.Unknowns))
	var errs []error
	bad := func(i int, format string, args ...any) {
		errs = append(errs, fmt.Errorf("expression: System.Equations[%d] = %q: "+format, append([]any{i, s.Equations[i]}, args...)...))
	}
	for i, e := range equations {
		first := len(p.sources)
		all, err := p.terms(Binary{Minus, e.Left, e.Right})
		if err != nil {
			bad(i, "%w", err)
			continue
		}
		channel, weight, rate, err := p.solved(all)
		switch {
		case err != nil:
			bad(i, "%w", err)
		case done[channel]:
			bad(i, "a second equation for %s_%s, want one", s.Unknowns[channel], s.Time)
		default:
			rates[channel], done[channel] = rate, true
			for j := range p.sources[first:] {
				p.sources[first+j].channel = channel
				p.sources[first+j].weight /= -weight
			}
		}
	}
	for c, ok := range done {
		if !ok && len(errs) == 0 {
			errs = append(errs, fmt.Errorf("expression: System.Equations has none for %s_%s, want one", s.Unknowns[c], s.Time))
		}
	}
	return rates, p, errors.Join(errs...)
}

// solved finds the one time derivative in a polynomial that is zero, its weight there, and what it equals.
func (p *polynomials) solved(all polynomial) (channel int, weight float64, rate polynomial, err error) {
	channel = -1
	var rest polynomial
	for _, m := range all {
		timed := slices.ContainsFunc(m.places, func(place int) bool { return slices.Contains(p.atoms[place].By, p.Time) })
		switch {
		case !timed:
			rest = append(rest, m)
		case len(m.places) > 1 || len(p.atoms[m.places[0]].By) > 1:
			return 0, 0, nil, fmt.Errorf("the term %s does not fit, want derivatives along %s of first order and alone", p.shown(m), p.Time)
		case channel >= 0:
			return 0, 0, nil, fmt.Errorf("time derivatives of %s and %s, want one", p.Unknowns[channel], p.atoms[m.places[0]].Of)
		default:
			channel, weight = slices.Index(p.Unknowns, p.atoms[m.places[0]].Of), m.weight
		}
	}
	if channel < 0 {
		return 0, 0, nil, fmt.Errorf("no time derivative, want one such as %s_%s", p.Unknowns[0], p.Time)
	}
	if rate = rest.times(constantly(-1 / weight)); !rate.finite() {
		return 0, 0, nil, errors.New("a coefficient is not finite, want one within float64")
	}
	return channel, weight, rate, nil
}

// semilinear parts the linear terms of each unknown in its own equation, which the solver takes exactly, from all others.
func (p *polynomials) semilinear(rates []polynomial) pde.Semilinear {
	out := pde.Semilinear{Degree: 1}
	taps := map[int]int{} // by place
	var inner [][]monomial
	for channel, rate := range rates {
		var linear, others []monomial
		for _, m := range rate {
			if len(m.places) == 1 && p.atoms[m.places[0]].Of == p.Unknowns[channel] {
				linear = append(linear, m)
				continue
			}
			out.Degree = max(out.Degree, len(m.places))
			tapped := monomial{weight: m.weight}
			for _, place := range m.places {
				if _, ok := taps[place]; !ok {
					taps[place] = len(out.Taps)
					out.Taps = append(out.Taps, p.tap(place))
				}
				tapped.places = append(tapped.places, taps[place])
			}
			others = append(others, tapped)
		}
		out.Linear = append(out.Linear, p.symbol(linear))
		if len(others) > 0 {
			out.Terms = append(out.Terms, pde.Tap{Channel: channel})
			inner = append(inner, others)
		}
	}
	if len(inner) > 0 {
		out.Inner = func(g, w [][]float64) {
			for j, monomials := range inner {
				clear(g[j])
				for _, m := range monomials {
					m.addTo(g[j], w)
				}
			}
		}
	}
	return out
}

// orders is how often a derivative goes along each space coordinate.
func (p *polynomials) orders(place int) []int {
	var out []int
	for _, c := range p.Coordinates {
		if c == p.Time {
			continue
		}
		n := 0
		for _, by := range p.atoms[place].By {
			if by == c {
				n++
			}
		}
		out = append(out, n)
	}
	return out
}

// wave is what a derivative multiplies e^(ik·x) by: Π (i k_a)^n_a.
func wave(k []float64, orders []int) complex128 {
	size, turns := 1.0, 0
	for axis, n := range orders {
		for range n {
			size *= k[axis]
		}
		turns += n
	}
	switch turns % 4 {
	case 1:
		return complex(0, size)
	case 2:
		return complex(-size, 0)
	case 3:
		return complex(0, -size)
	}
	return complex(size, 0)
}

// tap is an unknown or a derivative as the solver sees it.
func (p *polynomials) tap(place int) pde.Tap {
	tap := pde.Tap{Channel: slices.Index(p.Unknowns, p.atoms[place].Of)}
	if orders := p.orders(place); len(p.atoms[place].By) > 0 {
		tap.Symbol = func(k []float64) complex128 { return wave(k, orders) }
	}
	return tap
}

// symbol is that of a linear operator.
func (p *polynomials) symbol(linear []monomial) pde.Symbol {
	orders := make([][]int, len(linear))
	for i, m := range linear {
		orders[i] = p.orders(m.places[0])
	}
	return func(k []float64) complex128 {
		var sum complex128
		for i, m := range linear {
			sum += complex(m.weight, 0) * wave(k, orders[i])
		}
		return sum
	}
}

// addTo adds a monomial at all points.
func (m monomial) addTo(dst []float64, w [][]float64) {
	switch len(m.places) {
	case 0:
		for i := range dst {
			dst[i] += m.weight
		}
	case 1:
		for i, a := range w[m.places[0]] {
			dst[i] += m.weight * a
		}
	case 2:
		b := w[m.places[1]]
		for i, a := range w[m.places[0]] {
			dst[i] += m.weight * a * b[i]
		}
	default:
		for i := range dst {
			x := m.weight
			for _, place := range m.places {
				x *= w[place][i]
			}
			dst[i] += x
		}
	}
}

// finite tells whether all weights are numbers.
func (p polynomial) finite() bool {
	return !slices.ContainsFunc(p, func(m monomial) bool { return math.IsNaN(m.weight) || math.IsInf(m.weight, 0) })
}
