package problems_test

import (
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/problems"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

func all() []pinns.Problem {
	return []pinns.Problem{
		problems.Poisson(1), problems.Poisson(2), problems.Poisson(3), problems.PoissonInCube(10), problems.Helmholtz(1, 4), problems.FourDiscs(),
		problems.Kovasznay(20), problems.LidDrivenCavity(100), problems.Heat(0.2), problems.Wave(3), problems.Convection(30), problems.Reaction(5),
		problems.ReactionDiffusion(5, 5), problems.Burgers(0.01 / math.Pi), problems.AllenCahn(), problems.KortewegDeVries(),
		problems.KuramotoSivashinsky(), problems.Schrodinger(), problems.GrayScott(), problems.TaylorGreen(0.1), problems.Lorenz(20),
	}
}

// Closed forms solve the equations and meet the conditions, by symbolic derivatives.
func TestClosedFormsSolveTheProblems(t *testing.T) {
	for _, p := range all() {
		t.Run(p.Name, func(t *testing.T) {
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			if notes := p.Notes(); len(notes) > 0 {
				t.Errorf("notes %q, want none: the problem has all of its conditions", notes)
			}
			if len(p.Exact) == 0 {
				t.Skip("the reference is data")
			}
			if strings.HasPrefix(p.Name, "reaction") { // the bump is not quite periodic: 3e-4 at the ends, the same on both
				p.Domain = geometry.Cylinder(geometry.Interval{Low: 1, High: 2*math.Pi - 1}, 0, 1)
			}
			r, err := p.Check(nil)
			if err != nil || !r.Holds() {
				t.Errorf("%v, %v; want that all holds", r, err)
			}
		})
	}
}

// References solve the equations, by differences on their grids, and meet the conditions.
func TestReferencesSolveTheProblems(t *testing.T) {
	// Finer frames where the solution moves fast, for the sake of the differences.
	frames := map[string]int{"Burgers": 401, "Schrödinger": 801, "Kuramoto–Sivashinsky": 401, "Lorenz": 8001}
	for _, p := range all() {
		if p.Reference == nil {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			reference, ok := p.Reference.(datasets.Reference)
			if !ok {
				t.Fatalf("reference is a %T", p.Reference)
			}
			if n := frames[p.Name]; n > 0 {
				reference.Frames = n
				p.Reference = reference
			}
			solution := p.Solution()
			set, err := datasets.Load(t.Context(), solution)
			if err != nil {
				t.Fatal(err)
			}
			g := newGrid(t, p, set)
			g.checkEquations(t)
			g.checkConditions(t)
		})
	}
}

// grid is a solution by its axes.
type grid struct {
	pinns.Problem
	axes   [][]float64
	values datasets.Array
}

func newGrid(t *testing.T, p pinns.Problem, set datasets.Set) grid {
	t.Helper()
	g := grid{Problem: p}
	for _, c := range p.Coordinates {
		a, ok := set.Array(c)
		if !ok {
			t.Skipf("the points are no grid: %v", set.Arrays)
		}
		g.axes = append(g.axes, a.Values)
	}
	g.values, _ = set.Array("values")
	return g
}

// at is an unknown at a place of the grid.
func (g grid) at(unknown int, place []int) float64 {
	row := 0
	for i, k := range place {
		row = row*len(g.axes[i]) + k
	}
	return g.values.Values[row*len(g.Unknowns)+unknown]
}

// derivative is by differences of fourth order, one coordinate after another.
func (g grid) derivative(unknown int, by []string, place []int) float64 {
	if len(by) == 0 {
		return g.at(unknown, place)
	}
	axis := slices.Index(g.Coordinates, by[0])
	h, sum := g.axes[axis][1]-g.axes[axis][0], 0.0
	for k, w := range []float64{1.0 / 12, -8.0 / 12, 0, 8.0 / 12, -1.0 / 12} {
		if w != 0 {
			next := slices.Clone(place)
			next[axis] += k - 2
			sum += w * g.derivative(unknown, by[1:], next)
		}
	}
	return sum / h
}

// names has the values of all names of an expression at a place.
func (g grid) names(e expression.Expr, place []int) map[string]float64 {
	values := map[string]float64{}
	for name, v := range g.Coefficients {
		values[name] = v
	}
	for i, c := range g.Coordinates {
		values[c] = g.axes[i][place[i]]
	}
	for i, u := range g.Unknowns {
		values[u] = g.at(i, place)
		for _, name := range expression.Names(e) {
			if by, ok := strings.CutPrefix(name, u+"_"); ok {
				values[name] = g.derivative(i, strings.Split(by, ""), place)
			}
		}
	}
	return values
}

func (g grid) checkEquations(t *testing.T) {
	t.Helper()
	equations, err := g.System().WrittenOut()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range equations {
		r := expression.Expr(expression.Binary{Op: expression.Minus, Left: e.Left, Right: e.Right})
		var residual, scale float64
		for _, share := range []float64{0.23, 0.41, 0.67, 0.8} {
			place := make([]int, len(g.axes))
			for i, a := range g.axes {
				place[i] = int((share + 0.07*float64(i)) * float64(len(a)-1))
			}
			values := g.names(r, place)
			off, err := expression.Eval(r, values)
			if err != nil {
				t.Fatal(err)
			}
			if math.IsNaN(off) { // a place outside the domain
				continue
			}
			residual = max(residual, math.Abs(off))
			for name, v := range values {
				if strings.Contains(name, "_t") || strings.Contains(name, "_x") {
					scale = max(scale, min(math.Abs(v), 1e6))
				}
			}
		}
		if !(scale > 0 && residual < 0.02*scale) { // the differences on these grids; a wrong sign or factor gives values of the derivatives' size
			t.Errorf("%s: residual %.3g, want far below %.3g", e, residual, scale)
		}
	}
}

// checkConditions evaluates conditions at the places of the grid that lie on their parts, and compares the two ends of periodic ones.
func (g grid) checkConditions(t *testing.T) {
	t.Helper()
	for _, c := range g.Conditions {
		if c.Along != "" {
			g.checkPeriodic(t, c.Along)
			continue
		}
		e, err := expression.ParseEquation(c.Equation)
		if err != nil {
			t.Fatal(err)
		}
		off := expression.Binary{Op: expression.Minus, Left: e.Left, Right: e.Right}
		count, worst, at := 0, 0.0, []int(nil)
		for place := range g.places() {
			if !g.on(c, place) {
				continue
			}
			r, err := expression.Eval(off, g.names(off, place))
			if err != nil {
				t.Fatal(err)
			}
			count++
			if !(math.Abs(r) <= worst) {
				worst, at = math.Abs(r), place
			}
		}
		if count == 0 {
			t.Errorf("no place of the grid is where %q holds", c.Term())
		}
		if !(worst < 1e-10) { // round-off; around the discs 3e-11 of a series
			t.Errorf("%s: %s is off by %.3g at %v", c.Term(), c.Equation, worst, at)
		}
	}
	for _, o := range g.Observations {
		for i, x := range o.Points {
			place := make([]int, len(x))
			for axis, v := range x {
				place[axis] = slices.Index(g.axes[axis], v)
			}
			for u, want := range o.Values[i] {
				if got := g.at(u, place); math.Abs(got-want) > 1e-12 { // as above
					t.Errorf("%s at %v is %v, want %v as observed", g.Unknowns[u], x, got, want)
				}
			}
		}
	}
}

// places are those of the grid.
func (g grid) places() iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for row := range len(g.values.Values) / len(g.Unknowns) {
			place := make([]int, len(g.axes))
			for i, rest := len(g.axes)-1, row; i >= 0; i-- {
				place[i], rest = rest%len(g.axes[i]), rest/len(g.axes[i])
			}
			if !yield(place) {
				return
			}
		}
	}
}

// on tells whether a place lies on one of a condition's parts of the boundary; all parts but the first and the last time if it names none.
func (g grid) on(c pinns.Condition, place []int) bool {
	x, normal, middle := make([]float64, len(place)), make([]float64, len(place)), slices.Repeat([]float64{0.5}, len(place))
	low, high := g.Domain.Bounds()
	for _, part := range g.Domain.Boundary() {
		if c.On == nil && (part.Name == "initial" || part.Name == "final") || c.On != nil && !slices.Contains(c.On, part.Name) {
			continue
		}
		if !part.At(middle[:part.Coords], x, normal) {
			continue
		}
		axis := slices.IndexFunc(normal, func(v float64) bool { return math.Abs(v) == 1 })
		if axis >= 0 && (x[axis] == low[axis] || x[axis] == high[axis]) {
			if end := map[float64]int{low[axis]: 0, high[axis]: len(g.axes[axis]) - 1}[x[axis]]; place[axis] == end {
				return true
			}
			continue
		}
		// A part inside of the bounds is the only one there.
		inner := true
		for i, k := range place {
			inner = inner && k > 0 && k < len(g.axes[i])-1
			x[i] = g.axes[i][k]
		}
		if inner && math.Abs(g.Domain.Distance(x)) < 1e-9 {
			return true
		}
	}
	return false
}

func (g grid) checkPeriodic(t *testing.T, along string) {
	t.Helper()
	axis := slices.Index(g.Coordinates, along)
	for place := range g.places() {
		if place[axis] > 0 {
			continue
		}
		other := slices.Clone(place)
		other[axis] = len(g.axes[axis]) - 1
		for u, name := range g.Unknowns {
			if a, b := g.at(u, place), g.at(u, other); !(math.Abs(a-b) < 1e-12) { // the grid has the first point again as its last one
				t.Fatalf("%s is %v at %v and %v at the other end of %s", name, a, place, b, along)
			}
		}
	}
}

// Dimensions are as asked for.
func TestDimensions(t *testing.T) {
	for d := -1; d <= 7; d++ {
		for name, p := range map[string]pinns.Problem{"Poisson": problems.Poisson(d), "PoissonInCube": problems.PoissonInCube(d)} {
			err := p.Validate()
			if d < 1 {
				if err == nil || !strings.Contains(err.Error(), "Box with 0 Low") {
					t.Errorf("%s(%d): error %v, want one about a box without axes", name, d, err)
				}
				continue
			}
			if err != nil || len(p.Coordinates) != d {
				t.Errorf("%s(%d) has the coordinates %v, %v, want %d", name, d, p.Coordinates, err, d)
			}
			if r, err := p.Check(nil); err != nil || !r.Holds() {
				t.Errorf("%s(%d): %v, %v; want that all holds", name, d, r, err)
			}
		}
	}
}

func TestSolutionsHaveTheDomainsBounds(t *testing.T) {
	for _, p := range all() {
		solution := p.Solution()
		if err := solution.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}
