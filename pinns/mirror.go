package pinns

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// mirrors is how a problem on a box continues past its ends: periodic, or mirrored at an end, each unknown with its sign there.
type mirrors struct {
	periodic []bool         // along each space coordinate
	signs    [][][2]float64 // [space coordinate][unknown][end]; 0: not known
}

// mirrors finds them in the conditions.
func (p Problem) mirrors() (mirrors, error) {
	space := p.space()
	m := mirrors{periodic: make([]bool, len(space)), signs: make([][][2]float64, len(space))}
	for i := range m.signs {
		m.signs[i] = make([][2]float64, len(p.Unknowns))
	}
	for _, c := range p.Conditions {
		if c.Along != "" {
			m.periodic[slices.Index(space, c.Along)] = true
			continue
		}
		if err := m.mirror(p, c); err != nil {
			return m, fmt.Errorf("pinns: the condition %q: %w", c.Term(), err)
		}
	}
	for i, x := range space {
		for k, u := range p.Unknowns {
			given := 0
			for _, sign := range m.signs[i][k] {
				if sign != 0 {
					given++
				}
			}
			if m.periodic[i] && given > 0 || !m.periodic[i] && given < 2 {
				return m, fmt.Errorf("pinns: %d conditions on %s at the ends of %s, want pinns.Periodic, or u = 0 or u_n = 0 at each end", given, u, x)
			}
		}
	}
	return m, m.check(p)
}

// mirror takes a condition on faces of the box.
func (m mirrors) mirror(p Problem, c Condition) error {
	names := c.parts(p, p.parts())
	x, n := make([]float64, len(p.Coordinates)), make([]float64, len(p.Coordinates))
	for _, part := range p.Domain.Boundary() {
		if !slices.Contains(names, part.Name) {
			continue
		}
		for _, share := range []float64{0.21, 0.5, 0.83} { // three places tell a function from a constant
			u := make([]float64, part.Coords)
			for i := range u {
				u[i] = share
			}
			part.At(u, x, n)
			axis := slices.IndexFunc(n, func(v float64) bool { return v != 0 })
			end := 0
			if n[axis] > 0 {
				end = 1
			}
			along := p.Coordinates[axis]
			if along == p.time() {
				if end == 1 {
					return errors.New("it is at the last time, want conditions at the first")
				}
				break
			}
			unknown, sign, err := p.homogeneous(c, x, n, along)
			if err != nil {
				return err
			}
			at := &m.signs[slices.Index(p.space(), along)][unknown][end]
			if *at != 0 && *at != sign {
				return fmt.Errorf("the second one on %s at %s = %g, want u = 0 or u_n = 0", p.Unknowns[unknown], along, x[axis])
			}
			*at = sign
		}
	}
	return nil
}

// homogeneous reads a condition at a point of a face as one unknown's, that it or a derivative is zero: the sign is -1 for even orders, 1 for odd.
func (p Problem) homogeneous(c Condition, x, n []float64, along string) (unknown int, sign float64, err error) {
	wrong := fmt.Errorf("%q is neither u = 0 nor u_n = 0 for one unknown, want an equation that a mirror stands for", c.Equation)
	residual, atoms, err := c.residualOf(p)
	if err != nil {
		return 0, 0, err
	}
	values := p.constantsAt(x)
	for i, name := range p.Coordinates {
		values[normal+name] = n[i]
	}
	at := func(of string, v float64) float64 {
		for _, a := range atoms {
			values[called(a)] = 0
		}
		values[of] = v
		r, fault := expression.Eval(residual, values)
		err = errors.Join(err, fault)
		return r
	}
	unknown = -1
	for _, a := range atoms {
		zero, one, two := at(called(a), 0), at(called(a), 1), at(called(a), 2)
		switch {
		case err != nil:
			return 0, 0, err
		case math.Abs(zero) > 1e-12 || math.Abs(two-2*one) > 1e-12*math.Abs(one): // round-off
			return 0, 0, wrong
		case one == 0:
			continue
		case unknown >= 0 || slices.ContainsFunc(a.By, func(by string) bool { return by != along }):
			return 0, 0, wrong
		}
		unknown, sign = slices.Index(p.Unknowns, a.Of), float64(2*(len(a.By)%2)-1)
	}
	if unknown < 0 {
		return 0, 0, wrong
	}
	return unknown, sign, nil
}

// called is the name of an unknown or a derivative.
func called(d expression.Derivative) string {
	if len(d.By) == 0 {
		return d.Of
	}
	return d.String()
}

// residualOf is a condition's left side less its right, and the unknowns and derivatives in it.
func (c Condition) residualOf(p Problem) (expression.Expr, []expression.Derivative, error) {
	system, err := c.system(p)
	if err != nil {
		return nil, nil, err
	}
	equations, err := system.WrittenOut()
	if err != nil {
		return nil, nil, err
	}
	e := expression.Binary{Op: expression.Minus, Left: equations[0].Left, Right: equations[0].Right}
	return e, p.atoms(e), nil
}

// atoms are the unknowns, as derivatives of order 0, and the derivatives in an expression, each once.
func (p Problem) atoms(e expression.Expr) []expression.Derivative {
	var atoms []expression.Derivative
	expression.Replace(e, func(leaf expression.Expr) expression.Expr {
		d, ok := leaf.(expression.Derivative)
		if !ok && slices.Contains(p.Unknowns, leaf.String()) {
			d, ok = expression.Derivative{Of: leaf.String()}, true
		}
		if ok && !slices.ContainsFunc(atoms, func(a expression.Derivative) bool { return expression.Equal(a, d) }) {
			atoms = append(atoms, d)
		}
		return leaf
	})
	return atoms
}

// constantsAt has the coefficients, and the coordinates of a point.
func (p Problem) constantsAt(x []float64) map[string]float64 {
	values := map[string]float64{}
	for name, v := range p.Coefficients {
		values[name] = v
	}
	for i, name := range p.Coordinates {
		values[name] = x[i]
	}
	return values
}

// check checks that the equations go over into themselves at each mirror.
func (m mirrors) check(p Problem) error {
	low, high := p.Domain.Bounds()
	for i, x := range p.space() {
		if m.periodic[i] {
			continue
		}
		for end := range 2 {
			signs := map[string]float64{}
			for k, u := range p.Unknowns {
				signs[u] = m.signs[i][k][end]
			}
			if err := p.System().Mirrored(x, signs); err != nil {
				axis := slices.Index(p.Coordinates, x)
				return fmt.Errorf("pinns: the solution does not continue past %s = %g as its mirror image: %w", x, []float64{low[axis], high[axis]}[end], err)
			}
		}
	}
	return nil
}

// periods is the length of each space coordinate's period, in lengths of the domain: 2 with mirrors of the same signs at both ends, else 4.
func (m mirrors) periods() []int {
	out := make([]int, len(m.periodic))
	for i := range out {
		out[i] = 2
		if m.periodic[i] {
			out[i] = 1
			continue
		}
		for _, signs := range m.signs[i] {
			if signs[0] != signs[1] {
				out[i] = 4
			}
		}
	}
	return out
}

// fold is the place in the domain of a grid point of the period, with a sign for an unknown, 0 where an odd one vanishes. There are cells grid
// cells between the domain's ends.
func (m mirrors) fold(axis, unknown, point, cells int) (inside int, sign float64) {
	if m.periodic[axis] {
		return point, 1
	}
	signs := m.signs[axis][unknown]
	sign = 1
	if point > 2*cells {
		point, sign = 4*cells-point, signs[0]
	}
	if point > cells {
		point, sign = 2*cells-point, sign*signs[1]
	}
	if point == 0 && signs[0] < 0 || point == cells && signs[1] < 0 {
		sign = 0
	}
	return point, sign
}

// spaceBounds are those of the coordinates but time.
func (p Problem) spaceBounds() (low, high []float64) {
	from, to := p.Domain.Bounds()
	for i, c := range p.Coordinates {
		if c != p.time() {
			low, high = append(low, from[i]), append(high, to[i])
		}
	}
	return low, high
}
