package pinns_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// dirichlet is lap u + f = 0 with u = 0 on the boundary, built into the ansatz.
func dirichlet(network zoo.Model, domain geometry.Domain, f string) pinns.Solver {
	return pinns.Solver{
		Network: network,
		Problem: pinns.Problem{
			Equations: []string{"lap(u) + f = 0"}, Coordinates: []string{"x", "y"}, Unknowns: []string{"u"}, Domain: domain,
			Sources: map[string]string{"f": f}, Conditions: []pinns.Condition{pinns.Boundary("u = 0")},
		},
		Ansatz: map[string]string{"u": "D*N"}, Hard: []string{"boundary"}, Interior: 256,
	}
}

// corners is a polygon without holes.
func corners(points ...[2]float64) geometry.Polygon {
	return geometry.Polygon{Outline: mesh.Domain{Outer: mesh.Loop{Points: points}}}
}

// triangle has equal sides of length 2.
func triangle() geometry.Polygon {
	return corners([2]float64{-1, 0}, [2]float64{1, 0}, [2]float64{0, math.Sqrt(3)})
}

// angle is three quarters of a square.
func angle() geometry.Polygon {
	return corners([2]float64{-1, -1}, [2]float64{1, -1}, [2]float64{1, 0}, [2]float64{0, 0}, [2]float64{0, 1}, [2]float64{-1, 1})
}

// evaluated is a formula as a function of a point.
func evaluated(t *testing.T, f geometry.Formula, names []string) func(x []float64) float64 {
	t.Helper()
	var steps []expression.Expr
	for _, step := range f.Steps {
		e, err := expression.Parse(step.Text)
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, e)
	}
	return func(x []float64) float64 {
		values, last := map[string]float64{}, 0.0
		for i, name := range names {
			values[name] = x[i]
		}
		for i, e := range steps {
			var err error
			if last, err = expression.Eval(e, values); err != nil {
				t.Fatal(err)
			}
			values[f.Steps[i].Name] = last
		}
		return last
	}
}

// The formulas are zero on the boundary, positive inside, and near the boundary the distance.
func TestDistanceFormula(t *testing.T) {
	square := mesh.Box([2]float64{-1, -1}, [2]float64{1, 1})
	convex := corners([2]float64{0, 0}, [2]float64{1, -0.5}, [2]float64{2, 0}, [2]float64{2, 0.7}, [2]float64{2, 1}, [2]float64{0.5, 2}) // (2, 0.7) is on an edge
	backward := corners([2]float64{0, 0}, [2]float64{0, 3}, [2]float64{4, 0})
	holed := geometry.Polygon{Outline: mesh.Domain{Outer: square, Holes: []mesh.Loop{mesh.Circle([2]float64{0.2, 0}, 0.5, 7)}}}
	for _, c := range []struct {
		name   string
		domain geometry.Domain
		exact  bool // the slope along the normal is 1 everywhere
		kinked bool
	}{
		{"interval", geometry.Interval{Low: -1, High: 3}, true, false},
		{"rectangle", geometry.Box{Low: []float64{0, -2}, High: []float64{5, -1}}, false, false},
		{"cuboid", geometry.Box{Low: []float64{0, 0, 1}, High: []float64{1, 2, 4}}, false, false},
		{"disc", geometry.Disk(0.5, -0.5, 0.3), true, false},
		{"ball", geometry.Ball{Centre: []float64{0, 1, 2}, Radius: 3}, true, false},
		{"ellipse", geometry.Ellipse{Centre: [2]float64{1, 0}, Semiaxes: [2]float64{2, 0.5}}, false, false},
		{"convex polygon", convex, true, false},
		{"triangle, clockwise", backward, true, false},
		{"angle", angle(), true, true},
		{"square with a hole", holed, true, true},
		{"moved polygon", geometry.Translate(geometry.Rotate(geometry.Scale(angle(), 0.1), 0, 1, 0.4), 3, -2), true, true},
		{"named cylinder", geometry.Named{Of: geometry.Product{A: geometry.Disk(0, 0, 1), B: geometry.Interval{Low: 0, High: 5}}, Name: "wall"}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			names := []string{"x", "d1", "f2"}[:c.domain.Dims()] // names that steps would have
			f, err := geometry.DistanceFormula(c.domain, names...)
			if err != nil {
				t.Fatal(err)
			}
			if f.Kinked != c.kinked {
				t.Errorf("Kinked = %v, want %v", f.Kinked, c.kinked)
			}
			d := evaluated(t, f, names)
			inside, err := geometry.Interior(c.domain, geometry.Sobol{Scrambled: true}, 512)
			if err != nil {
				t.Fatal(err)
			}
			for i := range inside.Count() {
				got, distance := d(inside.Point(i)), -c.domain.Distance(inside.Point(i))
				if !(got > 0 && got < 1.2*distance) { // the distance without the factors below 1 that join edges; the trimmed lines are a little more
					t.Errorf("%v at %v inside, want above 0 and not far above the distance %v", got, inside.Point(i), distance)
				}
			}
			edge, err := geometry.OnBoundary(c.domain, geometry.Sobol{}, 256) // without scrambling: corners too
			if err != nil {
				t.Fatal(err)
			}
			off := 0
			for i := range edge.Count() {
				x, n := edge.Point(i), edge.Normal(i)
				if got := d(x); !(math.Abs(got) < 1e-13) { // round-off of coordinates below 5
					t.Errorf("%v at %v on the boundary, want 0", got, x)
				}
				const step = 1e-6 // the difference is off by the second derivative times this, and by round-off of 1e-10
				near := make([]float64, len(x))
				for k := range x {
					near[k] = x[k] - step*n[k]
				}
				slope := d(near) / step
				switch {
				case c.exact && math.Abs(slope-1) > 1e-3:
					off++
				case !c.exact && !(slope > -1e-9 && slope < 1+1e-5):
					t.Errorf("slope %v at %v, want 0 to 1", slope, x)
				}
			}
			if off > 8 { // a corner's neighbourhood of some 1e-3 of the length
				t.Errorf("the slope along the normal is not 1 at %d of %d points, want that at corners only", off, edge.Count())
			}
		})
	}
}

// The second derivatives of an ansatz with the distance are those of differences of its formula.
func TestSecondDerivativesOfTheDistance(t *testing.T) {
	for name, domain := range map[string]geometry.Domain{
		"box": geometry.Box{Low: []float64{0, 1}, High: []float64{2, 4}}, "disc": geometry.Disk(1, 0, 2), "triangle": triangle(), "angle": angle(),
	} {
		t.Run(name, func(t *testing.T) {
			formula, err := geometry.DistanceFormula(domain, "x", "y")
			if err != nil {
				t.Fatal(err)
			}
			d := evaluated(t, formula, []string{"x", "y"})
			u := func(x, y float64) float64 { return d([]float64{x, y}) * (1 + x*y) }
			networks := []zoo.Model{inPlane("1 + x*y")}
			if name == "box" { // without jets too, which takes long for polygons
				networks = append(networks, opaque{inPlane("1 + x*y")})
			}
			for _, network := range networks {
				s := dirichlet(network, domain, "0*x")
				s.Inputs = s.Problem.Coordinates
				if err := s.Validate(); err != nil {
					t.Fatal(err)
				}
				next, _ := check.Steps(t, s, 1, func(step *zoo.Step) []*Node {
					return []*Node{step.Whole[0], s.Residual(step.Scope, step.Whole[0])}
				})
				out := next()
				points, residuals := check.Floats(out[0]), check.Floats(out[1])
				for i, got := range residuals {
					x, y := points[2*i], points[2*i+1]
					if domain.Distance([]float64{x, y}) > -0.05 { // where the differences are not good enough
						continue
					}
					const h = 1e-3
					want := (u(x+h, y) + u(x-h, y) + u(x, y+h) + u(x, y-h) - 4*u(x, y)) / (h * h)
					// The differences' error is the fourth derivative, some 1/0.05³ near a corner, times h²/6.
					if !(math.Abs(got-want) < 2e-3*(1+math.Abs(want))) {
						t.Fatalf("%T: lap(u) = %v at (%v, %v), want %v by differences", network, got, x, y, want)
					}
				}
			}
		})
	}
}

// inPlane is a closed form of x and y in place of the network.
func inPlane(text string) formula { return formula{[]string{"x", "y"}, []string{text}} }

func TestHardConditionsByTheDistance(t *testing.T) {
	disk := geometry.Disk(0, 0, 1)
	for _, c := range []struct {
		name, ansatz string
		domain       geometry.Domain
		want         string // of the error of the check on the boundary; "": none
	}{
		{"disc in time", "1 - x^2 - y^2 + t*D*N", geometry.Cylinder(disk, 0, 2), ""},
		{"the time first, in a box", "1 - x^2 - y^2 + t*D*N", geometry.Product{A: geometry.Interval{Low: 0, High: 1, Names: [2]string{"initial", "final"}}, B: disk}, ""},
		{"wrong at first", "1 - x^2 - y^2 + D*N", geometry.Cylinder(disk, 0, 2), `does not meet "u = 1 - x^2 - y^2"`},
		{"wrong on the boundary", "1 - x^2 - y^2 + t*N", geometry.Cylinder(disk, 0, 2), `does not meet "u = 0"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pinns.Solve(net(4), pinns.Problem{
				Equations: []string{"u_t = lap(u)"}, Coordinates: []string{"x", "y", "t"}, Unknowns: []string{"u"}, Domain: c.domain,
				Conditions: []pinns.Condition{pinns.Initial("u = 1 - x^2 - y^2"), pinns.Boundary("u = 0")},
			})
			if p, ok := c.domain.(geometry.Product); ok && p.A.Dims() == 1 {
				s.Problem.Coordinates = []string{"t", "x", "y"}
			}
			s.Ansatz, s.Hard = map[string]string{"u": c.ansatz}, []string{"initial", "boundary"}
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			data, err := s.Data()
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = data.Load(t.Context())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error = %v, want one with %q, none if empty", err, c.want)
			}
		})
	}
}

func TestNoDistanceForAnAnsatz(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(s *pinns.Solver)
	}{
		{"two discs", "geometry.Union has no formula for a distance", func(s *pinns.Solver) {
			s.Problem.Domain = geometry.Union{Of: []geometry.Domain{geometry.Disk(0, 0, 1), geometry.Disk(1, 0, 1)}}
		}},
		{"a coordinate", `"D", the distance to the boundary, and so has the problem`, func(s *pinns.Solver) {
			s.Problem.Coordinates, s.Problem.Sources = []string{"x", "D"}, nil
			s.Problem.Equations = []string{"lap(u) = 1"}
		}},
		{"a coefficient", `"D", the distance to the boundary, and so has the problem`, func(s *pinns.Solver) {
			s.Problem.Coefficients = map[string]float64{"D": 1}
		}},
		{"derivatives at the boundary", `the condition "flux" has derivatives there`, func(s *pinns.Solver) {
			s.Problem.Domain = angle()
			s.Problem.Conditions = append(s.Problem.Conditions, pinns.Condition{Name: "flux", Equation: "u_n = 1"})
		}},
		{"no space", "no boundary in space of geometry.Interval", func(s *pinns.Solver) {
			s.Problem.Domain = geometry.Interval{Low: 0, High: 1, Names: [2]string{"initial", "boundary"}}
			s.Problem.Coordinates, s.Problem.Equations, s.Problem.Sources = []string{"t"}, []string{"u_t = 1"}, nil
			s.Problem.Conditions, s.Hard = []pinns.Condition{pinns.Initial("u = 0")}, nil
			s.Problem.Open = []string{"boundary"}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := dirichlet(net(4), geometry.Disk(0, 0, 1), "1")
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			c.change(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one with %q", err, c.want)
			}
		})
	}
}

// The deflection of a disc and of a triangle under a uniform load, the boundary held by the distance.
func TestPoissonWithTheDistance(t *testing.T) {
	for _, c := range []struct {
		name     string
		domain   geometry.Domain
		exact    string
		relative float64 // 9e-5 and 1.5e-2 were measured; at corners of the triangle the second derivatives of the distance are not finite
	}{
		{"disc", geometry.Disk(0, 0, 1), "(1 - x^2 - y^2)/4", 5e-4},
		{"triangle", triangle(), "y*((sqrt(3) - y)^2 - 3*x^2)/(4*sqrt(3))", 4e-2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := dirichlet(net(12), c.domain, "1")
			s.Problem.Exact = map[string]string{"u": c.exact}
			if r, err := s.Problem.Check(nil); err != nil || !r.Holds() {
				t.Fatal(r, err)
			}
			fit := train.Fit{Steps: 100, Rate: 1e-2, Precision: train.Float64, Schedule: optimizers.Cosine{}}
			fit = fit.Then(train.Fit{Steps: 100, Host: optimizers.LBFGS{}, Precision: train.Float64})
			result, _ := check.Trained(t, s, fit)
			e := relativeL2(t, s, result)
			t.Logf("relative L2 %.3g", e)
			if !(e < c.relative) {
				t.Errorf("relative L2 = %v, want below %v", e, c.relative)
			}
		})
	}
}
