package problems

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// detestSolutions is what detest_reference.py found.
//
//go:embed detest.json
var detestSolutions []byte

// DETEST lists the 25 problems of the classical test set for methods for problems that are not stiff, all over 20 units of time:
// single equations (A), small systems (B), moderate systems (C), orbits of eccentricity 0.1 to 0.9 (D), equations of second order (E).
//
// Errors: none but a damaged table of solutions.
// Source: Hull, Enright, Fellen and Sedgwick 1972. bib: hull1972comparing
func DETEST() ([]Problem, error) {
	var solutions map[string][]float64
	if err := json.Unmarshal(detestSolutions, &solutions); err != nil {
		return nil, fmt.Errorf("problems: DETEST's solutions: %w", err)
	}
	var all []Problem
	for _, group := range [][]Problem{singles(), smallSystems(), moderateSystems(), orbits(), secondOrder()} {
		for _, p := range group {
			p.End, p.Reference = 20, solutions[p.Name]
			if len(p.Reference) != len(p.Start) {
				return nil, fmt.Errorf("problems: DETEST's solution of %s has %d components, want %d", p.Name, len(p.Reference), len(p.Start))
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// singles is class A.
func singles() []Problem {
	return []Problem{
		{Name: "A1", Start: []float64{1}, Field: func(_, y *graph.Node) *graph.Node { return graph.Neg(y) }},
		{Name: "A2", Start: []float64{1}, Field: func(_, y *graph.Node) *graph.Node {
			return graph.MulScalar(graph.Mul(y, graph.Square(y)), -0.5)
		}},
		{Name: "A3", Start: []float64{1}, Field: func(t, y *graph.Node) *graph.Node { return graph.Mul(y, graph.Cos(t)) }},
		{Name: "A4", Start: []float64{1}, Field: func(_, y *graph.Node) *graph.Node {
			return graph.Mul(graph.MulScalar(y, 0.25), graph.OneMinus(graph.DivScalar(y, 20)))
		}},
		{Name: "A5", Start: []float64{4}, Field: func(t, y *graph.Node) *graph.Node {
			return graph.Div(graph.Sub(y, t), graph.Add(y, t))
		}},
	}
}

// smallSystems is class B: predator and prey, a linear and a nonlinear reaction, a torus, a rigid body.
func smallSystems() []Problem {
	return []Problem{
		{Name: "B1", Start: []float64{1, 3}, Field: columns(func(y []*graph.Node) []*graph.Node {
			both := graph.Mul(y[0], y[1])
			return []*graph.Node{graph.MulScalar(graph.Sub(y[0], both), 2), graph.Sub(both, y[1])}
		})},
		{Name: "B2", Start: []float64{2, 0, 1}, Field: matrix([][]float64{{-1, 1, 0}, {1, -2, 1}, {0, 1, -1}})},
		{Name: "B3", Start: []float64{1, 0, 0}, Field: columns(func(y []*graph.Node) []*graph.Node {
			square := graph.Square(y[1])
			return []*graph.Node{graph.Neg(y[0]), graph.Sub(y[0], square), square}
		})},
		{Name: "B4", Start: []float64{3, 0, 0}, Field: columns(func(y []*graph.Node) []*graph.Node {
			r := graph.Sqrt(graph.Add(graph.Square(y[0]), graph.Square(y[1])))
			turn := graph.Div(y[2], r)
			return []*graph.Node{
				graph.Neg(graph.Add(y[1], graph.Mul(y[0], turn))), graph.Sub(y[0], graph.Mul(y[1], turn)), graph.Div(y[0], r),
			}
		})},
		{Name: "B5", Start: []float64{0, 1, 1}, Field: columns(func(y []*graph.Node) []*graph.Node {
			return []*graph.Node{
				graph.Mul(y[1], y[2]), graph.Neg(graph.Mul(y[0], y[2])), graph.MulScalar(graph.Mul(y[0], y[1]), -0.51),
			}
		})},
	}
}

// moderateSystems is class C: two chains of decay, two of diffusion, five planets.
func moderateSystems() []Problem {
	decay := func(rate func(i int) float64) [][]float64 {
		a := square(10)
		for i := range 9 {
			a[i][i], a[i+1][i] = -rate(i), rate(i)
		}
		return a
	}
	diffusion := func(n int) [][]float64 {
		a := square(n)
		for i := range n {
			a[i][i] = -2
			if i > 0 {
				a[i][i-1], a[i-1][i] = 1, 1
			}
		}
		return a
	}
	first := func(n int) []float64 {
		y := make([]float64, n)
		y[0] = 1
		return y
	}
	return []Problem{
		{Name: "C1", Start: first(10), Field: matrix(decay(func(int) float64 { return 1 }))},
		{Name: "C2", Start: first(10), Field: matrix(decay(func(i int) float64 { return float64(i + 1) }))},
		{Name: "C3", Start: first(10), Field: matrix(diffusion(10))},
		{Name: "C4", Start: first(51), Field: matrix(diffusion(51))},
		{Name: "C5", Start: planets(), Field: gravity},
	}
}

// orbits is class D: the two-body problem from the nearest point of the orbit.
func orbits() []Problem {
	var all []Problem
	for i, e := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
		all = append(all, Problem{
			Name: fmt.Sprintf("D%d", i+1), Start: []float64{1 - e, 0, 0, math.Sqrt((1 + e) / (1 - e))},
			Field: columns(func(y []*graph.Node) []*graph.Node {
				r3 := graph.PowScalar(graph.Add(graph.Square(y[0]), graph.Square(y[1])), 1.5)
				return []*graph.Node{y[2], y[3], graph.Neg(graph.Div(y[0], r3)), graph.Neg(graph.Div(y[1], r3))}
			}),
		})
	}
	return all
}

// secondOrder is class E: Bessel's, van der Pol's and Duffing's equations, a falling body, a curve of pursuit.
func secondOrder() []Problem {
	accelerated := func(by func(t, x, v *graph.Node) *graph.Node) func(t, y *graph.Node) *graph.Node {
		return func(t, y *graph.Node) *graph.Node {
			return columns(func(y []*graph.Node) []*graph.Node { return []*graph.Node{y[1], by(t, y[0], y[1])} })(t, y)
		}
	}
	return []Problem{
		{Name: "E1", Start: []float64{0.6713967071418030, 0.09540051444747446}, Field: accelerated(func(t, x, v *graph.Node) *graph.Node {
			s := graph.OnePlus(t)
			stiffness := graph.OneMinus(graph.MulScalar(graph.Reciprocal(graph.Square(s)), 0.25))
			return graph.Neg(graph.Add(graph.Div(v, s), graph.Mul(x, stiffness)))
		})},
		{Name: "E2", Start: []float64{2, 0}, Field: accelerated(func(_, x, v *graph.Node) *graph.Node {
			return graph.Sub(graph.Mul(graph.OneMinus(graph.Square(x)), v), x)
		})},
		{Name: "E3", Start: []float64{0, 0}, Field: accelerated(func(t, x, _ *graph.Node) *graph.Node {
			spring := graph.Sub(graph.DivScalar(graph.Mul(x, graph.Square(x)), 6), x)
			return graph.Add(spring, graph.MulScalar(graph.Sin(graph.MulScalar(t, 2.78535)), 2))
		})},
		{Name: "E4", Start: []float64{30, 0}, Field: accelerated(func(_, _, v *graph.Node) *graph.Node {
			return graph.AddScalar(graph.MulScalar(graph.Square(v), -0.4), 0.032)
		})},
		{Name: "E5", Start: []float64{0, 0}, Field: accelerated(func(t, _, v *graph.Node) *graph.Node {
			return graph.Div(graph.Sqrt(graph.OnePlus(graph.Square(v))), graph.AddScalar(graph.Neg(t), 25))
		})},
	}
}

// square is an n×n matrix of zeros.
func square(n int) [][]float64 {
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
	}
	return a
}

// matrix is the field a·y.
func matrix(a [][]float64) func(t, y *graph.Node) *graph.Node {
	return func(_, y *graph.Node) *graph.Node {
		return graph.MatMul(y, graph.Transpose(graph.ConvertDType(graph.Const(y.Graph(), a), y.DType()), 0, 1))
	}
}

// gravity moves five planets [batch, 30], places before velocities, about the sun and by each other.
//
// Units: astronomical units, 100 days, the mass of the sun.
func gravity(_, y *graph.Node) *graph.Node {
	const constant, sun = 2.95912208286, 1.00000597682 // the sun's with the inner planets' masses
	masses := []float64{0.000954786104043, 0.000285583733151, 0.0000437273164546, 0.0000517759138449, 0.00000277777777778}
	place := make([]*graph.Node, len(masses))
	pull := make([]*graph.Node, len(masses)) // towards the origin, of a unit of mass there
	toward := func(d *graph.Node) *graph.Node {
		return graph.Div(d, graph.PowScalar(graph.ReduceAndKeep(graph.Square(d), graph.ReduceSum, 1), 1.5))
	}
	for i := range masses {
		place[i] = graph.Slice(y, graph.AxisRange(), graph.AxisRange(3*i, 3*i+3))
		pull[i] = toward(place[i])
	}
	slopes := []*graph.Node{graph.Slice(y, graph.AxisRange(), graph.AxisRange(15, 30))}
	for j := range masses {
		a := graph.MulScalar(pull[j], -(sun + masses[j]))
		for k := range masses {
			if k != j {
				a = graph.Add(a, graph.MulScalar(graph.Sub(toward(graph.Sub(place[k], place[j])), pull[k]), masses[k]))
			}
		}
		slopes = append(slopes, graph.MulScalar(a, constant))
	}
	return graph.Concatenate(slopes, 1)
}

// planets is the places and velocities of Jupiter, Saturn, Uranus, Neptune and Pluto.
func planets() []float64 {
	return []float64{
		3.42947415189, 3.35386959711, 1.35494901715, 6.64145542550, 5.97156957878, 2.18231499728, 11.2630437207, 14.6952576794,
		6.27960525067, -30.1552268759, 1.65699966404, 1.43785752721, -21.1238353380, 28.4465098142, 15.3882659679,
		-.557160570446, .505696783289, .230578543901, -.415570776342, .365682722812, .169143213293, -.325325669158, .189706021964,
		.0877265322780, -.0240476254170, -.287659532608, -.117219543175, -.176860753121, -.216393453025, -.0148647893090,
	}
}
