package problems

import (
	"github.com/gomlx/gomlx/core/graph"
)

// Stiff lists the stiff problems.
//
// The references are those of the test set; stiff_reference.py finds the same to eleven digits.
//
// Source: Mazzia and Magherini 2008, problems ROBER, VDPOL, HIRES and OREGO. bib: mazzia2008testset
func Stiff() []Problem {
	return []Problem{Robertson(), VanDerPol(1e6), HIRES(), Oregonator()}
}

// Robertson is an autocatalytic reaction of three species over eleven decades of time. The rates differ by nine orders
// of magnitude, and an error that makes the second species negative, which is of size 1e-5 to 1e-13, makes the solution run
// away.
//
// Units: concentrations and times as in the source.
// Source: Robertson 1966, as ROBER in the test set. bib: mazzia2008testset
func Robertson() Problem {
	return Problem{
		Name: "Robertson",
		Field: columns(func(y []*graph.Node) []*graph.Node {
			a := graph.MulScalar(y[0], 0.04)
			b := graph.MulScalar(graph.Mul(y[1], y[2]), 1e4)
			c := graph.MulScalar(graph.Square(y[1]), 3e7)
			return []*graph.Node{graph.Sub(b, a), graph.Sub(a, graph.Add(b, c)), c}
		}),
		Start:     []float64{1, 0, 0},
		End:       1e11,
		Reference: []float64{0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050},
	}
}

// VanDerPol is the oscillator x” = μ·((1 − x²)·x' − x), whose slow arcs are joined by jumps in a time of order 1/μ. The
// reference is for μ = 1e6; for others there is none.
//
// Units: the slow time, in which an oscillation takes about 1.6.
// Source: VDPOL in the test set. bib: mazzia2008testset
func VanDerPol(mu float64) Problem {
	p := Problem{
		Name: "van der Pol",
		Field: columns(func(y []*graph.Node) []*graph.Node {
			x, v := y[0], y[1]
			damping := graph.Mul(graph.Sub(graph.OnesLike(x), graph.Square(x)), v)
			return []*graph.Node{v, graph.MulScalar(graph.Sub(damping, x), mu)}
		}),
		Start: []float64{2, 0},
		End:   2,
	}
	if mu == 1e6 {
		p.Reference = []float64{0.1706167732170483e1, -0.8928097010247975}
	}
	return p
}

// HIRES is the growth of a plant by high irradiance: a reaction of eight species.
//
// Units: concentrations and times as in the source.
// Source: Schäfer 1975, as HIRES in the test set. bib: mazzia2008testset
func HIRES() Problem {
	return Problem{
		Name: "HIRES",
		Field: columns(func(y []*graph.Node) []*graph.Node {
			sum := func(terms ...term) *graph.Node {
				var total *graph.Node
				for _, t := range terms {
					x := graph.MulScalar(y[t.of-1], t.rate)
					if total == nil {
						total = x
					} else {
						total = graph.Add(total, x)
					}
				}
				return total
			}
			bound := graph.MulScalar(graph.Mul(y[5], y[7]), 280)
			return []*graph.Node{
				graph.AddScalar(sum(term{-1.71, 1}, term{0.43, 2}, term{8.32, 3}), 0.0007),
				sum(term{1.71, 1}, term{-8.75, 2}),
				sum(term{-10.03, 3}, term{0.43, 4}, term{0.035, 5}),
				sum(term{8.32, 2}, term{1.71, 3}, term{-1.12, 4}),
				sum(term{-1.745, 5}, term{0.43, 6}, term{0.43, 7}),
				graph.Sub(sum(term{0.69, 4}, term{1.71, 5}, term{-0.43, 6}, term{0.69, 7}), bound),
				graph.Add(bound, sum(term{-1.81, 7})),
				graph.Sub(sum(term{1.81, 7}), bound),
			}
		}),
		Start: []float64{1, 0, 0, 0, 0, 0, 0, 0.0057},
		End:   321.8122,
		Reference: []float64{
			0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
			0.2386356198831331e-2, 0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2,
		},
	}
}

// term is a rate times species number of, from 1.
type term struct {
	rate float64
	of   int
}

// Oregonator is the oscillating reaction of Belousov and Zhabotinskii, whose species jump over five decades.
//
// Units: concentrations and times as in the source, scaled.
// Source: Field and Noyes 1974, as OREGO in the test set. bib: mazzia2008testset
func Oregonator() Problem {
	return Problem{
		Name: "Oregonator",
		Field: columns(func(y []*graph.Node) []*graph.Node {
			used := graph.Add(graph.MulScalar(y[0], 8.375e-6), y[1])
			return []*graph.Node{
				graph.MulScalar(graph.Add(y[1], graph.Mul(y[0], graph.Sub(graph.OnesLike(used), used))), 77.27),
				graph.MulScalar(graph.Sub(y[2], graph.Mul(graph.AddScalar(y[0], 1), y[1])), 1/77.27),
				graph.MulScalar(graph.Sub(y[0], y[2]), 0.161),
			}
		}),
		Start:     []float64{1, 2, 3},
		End:       360,
		Reference: []float64{0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3},
	}
}

// columns is an autonomous field from one of y's columns [batch, 1].
func columns(f func(y []*graph.Node) []*graph.Node) func(t, y *graph.Node) *graph.Node {
	return func(_, y *graph.Node) *graph.Node {
		c := make([]*graph.Node, y.Shape().Dimensions[1])
		for i := range c {
			c[i] = graph.Slice(y, graph.AxisRange(), graph.AxisElem(i))
		}
		return graph.Concatenate(f(c), 1)
	}
}
