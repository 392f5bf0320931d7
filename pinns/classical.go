package pinns

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Field is the unknowns on a regular grid, both ends of each coordinate included.
type Field struct {
	Coordinates, Unknowns []string
	Axes                  [][]float64 // places along each coordinate
	Values                []float64   // [coordinates…, unknown]

	Error  float64 // of a classical solution, relative in L2: how far it is from that with half as many points and steps
	Points []int   // of the classical solver along each space coordinate, with mirror images
	Steps  int     // in time
}

// Of is the values of an unknown: a row for each place along the first coordinate, with those of all others in it, the last one the
// fastest. It is nil for a name that is none.
func (f Field) Of(unknown string) [][]float64 {
	k, q := slices.Index(f.Unknowns, unknown), len(f.Unknowns)
	if k < 0 {
		return nil
	}
	out, row := make([][]float64, len(f.Axes[0])), len(f.Values)/q/len(f.Axes[0])
	for i := range out {
		for j := range row {
			out[i] = append(out[i], f.Values[(i*row+j)*q+k])
		}
	}
	return out
}

// Set is the field as the data of a [Solution], for [RelativeL2].
func (f Field) Set() datasets.Set {
	grid := make([]int, len(f.Axes))
	for i, a := range f.Axes {
		grid[i] = len(a)
	}
	return Solution{Coordinates: f.Coordinates, Unknowns: f.Unknowns, Grid: grid}.set(crossed(f.Axes), f.Values, f.Axes)
}

// OnGrid is a trained run's answer on the grid of a field.
func (s Solver) OnGrid(ctx context.Context, run zoo.Trained, grid Field) (Field, error) {
	rows, err := s.Evaluate(ctx, run, rowsOf(crossed(grid.Axes), len(grid.Axes)))
	if err != nil {
		return Field{}, err
	}
	return Field{Coordinates: s.Problem.Coordinates, Unknowns: s.Problem.Unknowns, Axes: grid.Axes, Values: slices.Concat(rows...)}, nil
}

// accurate is the estimate of the error at which a classical solution is fine enough: far below the errors of trained networks.
const accurate = 1e-6

// Bounds on the work of a classical solution.
const (
	mostSteps  = 1 << 15
	mostValues = 1 << 25 // that a solve keeps
)

// Classical is the solution by the spectral method of package pde (ETDRK4 in time), on a grid with so many points along each coordinate, both ends
// included: a reference from the same text, without one by hand.
//
// It takes evolution equations u_t = … that are first order in time, polynomials in the unknowns and their derivatives with constant
// coefficients, and functions of the coordinates; on an interval or a box; with initial values; with [Periodic] conditions, or with u = 0 or
// u_n = 0 at the ends. For the latter the solution is continued as its mirror image, odd or even, which the equations must allow.
//
// Points and steps are doubled until the error's estimate is below 1e-6, at most to 4096 points between the ends (256 in two dimensions, 64 in three).
// The estimate is in [Field.Error]; look at it.
//
// Errors: what does not fit, and why; a solution that no grid resolves; the error of ctx.
// Cost: milliseconds for a smooth solution in one dimension, a minute for sharp fronts in two.
func (p Problem) Classical(ctx context.Context, points ...int) (Field, error) {
	m, err := p.fitsClassical(points)
	if err != nil {
		return Field{}, fmt.Errorf("%w; for another method see solvers/pde (difference, chebyshev, element, volume): its result can be Problem.Reference", err)
	}
	base, levels := []int{128, 32, 16}[len(p.space())-1], []int{5, 3, 2}[len(p.space())-1]
	solve := newClassical(p, m, points, base)
	var last, best Field
	for level := 0; level <= levels; level++ {
		next, err := solve.at(ctx, level)
		var unresolved *pde.UnresolvedError
		switch {
		case errors.As(err, &unresolved) && level < levels:
			last = Field{}
			continue
		case err != nil && best.Values != nil && ctx.Err() == nil:
			return best, nil
		case err != nil:
			return Field{}, err
		case last.Values != nil:
			next.Error = apart(last.Values, next.Values)
			best = next
		}
		last = next
		if best.Values != nil && best.Error <= accurate || solve.values(level+1) > mostValues {
			break
		}
	}
	if best.Values == nil {
		return Field{}, fmt.Errorf("pinns: Problem.Classical: no two grids of those up to %v points resolve the solution", solve.grid(levels))
	}
	return best, nil
}

// apart is the difference of two arrays in L2, relative to the second.
func apart(a, b []float64) float64 {
	var difference, size float64
	for i := range a {
		difference += (a[i] - b[i]) * (a[i] - b[i])
		size += b[i] * b[i]
	}
	if difference == 0 {
		return 0
	}
	return math.Sqrt(difference / size)
}

// fitsClassical finds what does not fit before anything is solved.
func (p Problem) fitsClassical(points []int) (mirrors, error) {
	bad := func(format string, args ...any) (mirrors, error) {
		return mirrors{}, fmt.Errorf("pinns: Problem.Classical: "+format, args...)
	}
	if err := p.Validate(); err != nil {
		return mirrors{}, err
	}
	dims := len(p.space())
	switch {
	case p.Residual != nil:
		return bad("Residual is a graph function, want the equations as text")
	case p.time() == "":
		return bad("no coordinate t, want an evolution equation")
	case len(p.Trained) > 0:
		return bad("Trained has coefficients without a value, want them by Problem.With")
	case !isBox(p.Domain):
		return bad("the domain is a %T, want an interval or a box times time", p.Domain)
	case dims < 1 || dims > 3:
		return bad("%d space coordinates, want one to three", dims)
	case len(points) != len(p.Coordinates) || slices.Min(points) < 2:
		return bad("points %v, want at least 2 along each of %v", points, p.Coordinates)
	}
	lengths := make([]float64, dims)
	grid := make([]int, dims)
	for i := range lengths {
		lengths[i], grid[i] = 1, 4
	}
	if _, err := p.System().Semilinear(expression.Box{Lengths: lengths, Grid: grid}); err != nil {
		return bad("%w", err)
	}
	return p.mirrors()
}

// classical solves a problem on grids one finer than the other.
type classical struct {
	Problem
	mirrors
	out     []int // points of the field, along the coordinates
	cells   []int // of the coarsest grid between the ends, along the space coordinates
	periods []int
	steps   int // of the coarsest grid
}

func newClassical(p Problem, m mirrors, out []int, base int) *classical {
	s := &classical{Problem: p, mirrors: m, out: out, periods: m.periods()}
	for i, c := range p.Coordinates {
		cells := out[i] - 1
		whole := cells * ((base + cells - 1) / cells) // so that the field's places are grid points
		if c == p.time() {
			s.steps = whole
		} else {
			s.cells = append(s.cells, whole)
		}
	}
	return s
}

// grid is the points of a period along the axes.
func (s *classical) grid(level int) []int {
	out := make([]int, len(s.cells))
	for i, n := range s.cells {
		out[i] = n << level * s.periods[i]
	}
	return out
}

// frames are those after the start.
func (s *classical) frames() int { return s.out[slices.Index(s.Coordinates, s.time())] - 1 }

// values is how many a solve keeps.
func (s *classical) values(level int) int {
	n := s.frames() * len(s.Unknowns)
	for _, g := range s.grid(level) {
		n *= g
	}
	return n
}

// at is the solution with points and steps doubled so many times, and with more steps if so many are unstable: that shows as values that are
// not finite, or as what looks like a grid that is too coarse.
func (s *classical) at(ctx context.Context, level int) (Field, error) {
	grid := s.grid(level)
	equation, err := s.equation(grid, level)
	if err != nil {
		return Field{}, err
	}
	first, err := s.initial(grid, level)
	if err != nil {
		return Field{}, err
	}
	from, to := s.Domain.Bounds()
	clock := slices.Index(s.Coordinates, s.time())
	for steps := s.steps; ; steps *= 4 {
		stepping := pde.Stepping{Until: to[clock] - from[clock], Steps: steps << level, Frames: s.frames()}
		solution, err := equation.Solve(ctx, first, grid, stepping)
		var notFinite *pde.NotFiniteError
		var unresolved *pde.UnresolvedError
		switch {
		case err == nil:
			s.steps = steps
			return s.field(append([][]float64{first}, solution.Ys...), grid, level), nil
		case !errors.As(err, &notFinite) && (!errors.As(err, &unresolved) || steps > s.steps), steps*4<<level > mostSteps:
			return Field{}, err
		}
	}
}

// field takes the field's places out of the frames of a solve.
func (s *classical) field(frames [][]float64, grid []int, level int) Field {
	from, to := s.Domain.Bounds()
	clock := slices.Index(s.Coordinates, s.time())
	f := Field{Coordinates: s.Coordinates, Unknowns: s.Unknowns, Points: grid, Steps: s.steps << level}
	for i, n := range s.out {
		axis := make([]float64, n)
		for k := range axis {
			share := float64(k) / float64(n-1)
			axis[k] = from[i]*(1-share) + to[i]*share
		}
		f.Axes = append(f.Axes, axis)
	}
	q := len(s.Unknowns)
	place := make([]int, len(s.out))
	for {
		at, axis := 0, 0
		for i, k := range place {
			if i != clock {
				at = at*grid[axis] + k*(s.cells[axis]<<level)/(s.out[i]-1)%grid[axis]
				axis++
			}
		}
		f.Values = append(f.Values, frames[place[clock]][at*q:(at+1)*q]...)
		if !advance(place, s.out) {
			return f
		}
	}
}

// advance goes to the next place of a grid, the last axis the fastest; false at the end.
func advance(place, grid []int) bool {
	for i := len(place) - 1; i >= 0; i-- {
		if place[i]++; place[i] < grid[i] {
			return true
		}
		place[i] = 0
	}
	return false
}

// folded visits each value on a grid with its place in the domain, which it gives by index along the space axes, and its sign.
func (s *classical) folded(grid []int, level int, visit func(i, unknown int, inside []int, sign float64)) {
	place, inside := make([]int, len(grid)), make([]int, len(grid))
	for i := 0; ; i++ {
		for k := range s.Unknowns {
			sign := 1.0
			for axis, point := range place {
				var by float64
				inside[axis], by = s.fold(axis, k, point, s.cells[axis]<<level)
				sign *= by
			}
			visit(i*len(s.Unknowns)+k, k, inside, sign)
		}
		if !advance(place, grid) {
			return
		}
	}
}

// equation is for the solver, its sources continued by mirror images.
func (s *classical) equation(grid []int, level int) (pde.Semilinear, error) {
	system := s.System()
	low, high := s.spaceBounds()
	from, _ := s.Domain.Bounds()
	if start := from[slices.Index(s.Coordinates, s.time())]; start != 0 { // solves start at 0
		var err error
		if system, err = later(system, start); err != nil {
			return pde.Semilinear{}, err
		}
	}
	box := expression.Box{From: low, Grid: grid}
	for i := range low {
		box.Lengths = append(box.Lengths, (high[i]-low[i])*float64(s.periods[i]))
	}
	out, err := system.Semilinear(box)
	if err != nil || slices.Max(s.periods) == 1 {
		return out, err
	}
	mirror := func(v []float64) {
		s.folded(grid, level, func(i, unknown int, inside []int, sign float64) {
			at := 0
			for axis, k := range inside {
				at = at*grid[axis] + k
			}
			if at = at*len(s.Unknowns) + unknown; at != i || sign == 0 {
				v[i] = sign * v[at]
			}
			if sign == 0 {
				v[i] = 0 // also where the text outside the domain has no value
			}
		})
	}
	if out.Forcing != nil {
		mirror(out.Forcing)
	}
	if source := out.Source; source != nil {
		out.Source = func(dst []float64, t float64) {
			source(dst, t)
			mirror(dst)
		}
	}
	return out, nil
}

// later is a system with the time counted from a start.
func later(system expression.System, start float64) (expression.System, error) {
	shift := func(leaf expression.Expr) expression.Expr {
		if !expression.Equal(leaf, expression.Name(system.Time)) {
			return leaf
		}
		return expression.Binary{Op: expression.Plus, Left: leaf, Right: expression.Number(start)}
	}
	equations, sources := slices.Clone(system.Equations), map[string]string{}
	for i, text := range equations {
		e, err := expression.ParseEquation(text)
		if err != nil {
			return system, err
		}
		equations[i] = expression.Equation{Left: expression.Replace(e.Left, shift), Right: expression.Replace(e.Right, shift)}.String()
	}
	for name, text := range system.Sources {
		e, err := expression.Parse(text)
		if err != nil {
			return system, err
		}
		sources[name] = expression.Replace(e, shift).String()
	}
	system.Equations, system.Sources = equations, sources
	return system, nil
}

// initial is the field at the first time, continued by mirror images.
func (s *classical) initial(grid []int, level int) ([]float64, error) {
	starts, err := s.starts()
	if err != nil {
		return nil, err
	}
	from, to := s.Domain.Bounds()
	out, x := make([]float64, s.values(level)/s.frames()), slices.Clone(from)
	s.folded(grid, level, func(i, unknown int, inside []int, sign float64) {
		axis := 0
		for k, c := range s.Coordinates {
			if c == s.time() {
				continue
			}
			share := float64(inside[axis]) / float64(s.cells[axis]<<level)
			x[k] = from[k]*(1-share) + to[k]*share
			axis++
		}
		if sign != 0 && err == nil {
			out[i], err = starts[unknown](x)
			out[i] *= sign
		}
	})
	return out, err
}

// starts are the unknowns at the first time, as functions of the point.
func (p Problem) starts() ([]func(x []float64) (float64, error), error) {
	from, _ := p.Domain.Bounds()
	clock := slices.Index(p.Coordinates, p.time())
	out := make([]func(x []float64) (float64, error), len(p.Unknowns))
	for _, c := range p.Conditions {
		if c.Along != "" || !p.atStart(c, clock, from[clock]) {
			continue
		}
		residual, atoms, err := c.residualOf(p)
		if err != nil {
			return nil, err
		}
		if len(atoms) != 1 || len(atoms[0].By) > 0 {
			return nil, fmt.Errorf("pinns: Problem.Classical: the initial condition %q has more than one unknown or a derivative, want a value of one", c.Equation)
		}
		u := atoms[0].Of
		out[slices.Index(p.Unknowns, u)] = func(x []float64) (float64, error) {
			values := p.constantsAt(x)
			var r [3]float64
			for i := range r {
				values[u] = float64(i)
				var err error
				if r[i], err = expression.Eval(residual, values); err != nil {
					return 0, err
				}
			}
			if slope := r[1] - r[0]; slope != 0 && math.Abs(r[2]-r[1]-slope) <= 1e-9*math.Abs(slope) { // linear, to round-off
				return -r[0] / slope, nil
			}
			return 0, fmt.Errorf("pinns: Problem.Classical: the initial condition %q does not give %s at %s, want an equation that is linear in it", c.Equation, u, p.place(x))
		}
	}
	for k, f := range out {
		if f == nil {
			return nil, fmt.Errorf("pinns: Problem.Classical: no initial value of %s, want a condition at the first time", p.Unknowns[k])
		}
	}
	return out, nil
}

// atStart tells whether a condition is on the face of the first time.
func (p Problem) atStart(c Condition, clock int, start float64) bool {
	names := c.parts(p, p.parts())
	x, n := make([]float64, len(p.Coordinates)), make([]float64, len(p.Coordinates))
	for _, part := range p.Domain.Boundary() {
		u := make([]float64, part.Coords)
		if slices.Contains(names, part.Name) && part.At(u, x, n) && n[clock] < 0 && x[clock] == start {
			return true
		}
	}
	return false
}
