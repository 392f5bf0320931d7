package jet

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// The entries of a jet that carries a second-order operator.
const (
	slopes = 1 // first derivatives along the directions, stacked
	trace  = 2 // the operator
)

// traceName is the operator's name in such a jet.
const traceName = "trace"

// traceTable is the arithmetic of the value, its slopes J_k along a number of directions and L = Σ_k v_kᵀ∇²u v_k + b·∇u:
//
//	(ab)_L = a b_L + a_L b + 2 Σ_k a_k b_k,   f(z)_L = f'(z) z_L + Σ_k z_k f'(z)_k.
func traceTable(directions int) *table {
	return &table{
		entries:    []entry{{}, {stacked: true}, {operator: traceName}},
		order:      2,
		directions: directions,
		product: [][]pair{
			{{0, 0, 1}},
			{{0, slopes, 1}, {slopes, 0, 1}},
			{{0, trace, 1}, {trace, 0, 1}, {slopes, slopes, 2}},
		},
		chain: [][]pair{
			nil,
			{{slopes, 0, 1}},
			{{trace, 0, 1}, {slopes, slopes, 1}},
		},
	}
}

// SeedLaplacian is the coordinates with their gradient and Laplacian: [Jet.Gradient] and [Jet.Laplacian] of what is made
// of them. All first derivatives are one array, and second ones are summed as they arise, so that a layer of d variables
// costs as much as d+2 evaluations.
//
// Shapes: points [n, d]; the jet has the same.
// Source: Li et al. 2024, arXiv:2307.08214. bib: li2024forward
func SeedLaplacian(points *graph.Node) Jet {
	if points.Rank() != 2 {
		exceptions.Panicf("jet: SeedLaplacian of points %s, want [points, coordinates]", points.Shape())
	}
	d := points.Shape().Dim(1)
	identity := make([][][]float64, d)
	for i := range identity {
		identity[i] = [][]float64{make([]float64, d)}
		identity[i][0][i] = 1
	}
	return SeedTrace(points, graph.ConstAs(points, identity), nil)
}

// SeedTrace is the coordinates with the operator L = Σ_k v_kᵀ∇²u v_k + b·∇u, which [Jet.Laplacian] gives of what is made of
// them; [Jet.Gradient] gives the slopes v_k·∇u. A heat equation's time is a coordinate without a direction and with drift.
//
// Shapes: points [n, d]; directions [k, d], [k, 1, d] or [k, n, d]; drift [1, d] or [n, d], or nil for none.
func SeedTrace(points, directions, drift *graph.Node) Jet {
	if directions.Rank() == 2 {
		directions = graph.InsertAxes(directions, 1)
	}
	n, d := points.Shape().Dim(0), points.Shape().Dim(1)
	if points.Rank() != 2 || directions.Rank() != 3 || directions.Shape().Dim(2) != d || !oneOr(directions.Shape().Dim(1), n) {
		exceptions.Panicf("jet: SeedTrace of points %s along %s, want [points, coordinates] and [directions, points or 1, coordinates]", points.Shape(), directions.Shape())
	}
	if drift != nil && (drift.Rank() != 2 || drift.Shape().Dim(1) != d || !oneOr(drift.Shape().Dim(0), n)) {
		exceptions.Panicf("jet: SeedTrace of points %s with drift %s, want [points or 1, coordinates]", points.Shape(), drift.Shape())
	}
	j := traceTable(directions.Shape().Dim(0)).constant(points)
	j.c[slopes], j.c[trace] = directions, drift
	return j
}

func oneOr(got, n int) bool { return got == 1 || got == n }

// SeedHutchinson is the coordinates with an estimate of the Laplacian from k random directions, Σ_k v_kᵀ∇²u v_k / k, whose mean
// is the Laplacian if the directions have mean zero and covariance one: [Rademacher], or standard normal. It costs k+2
// evaluations in any number of variables.
//
// Shapes: points [n, d]; directions [k, d], [k, 1, d] or [k, n, d]. Directions for each point give independent errors, which a
// mean over points averages out.
// Source: Hutchinson 1989; Hu et al. 2024, arXiv:2312.14499. bib: hutchinson1989stochastic, hu2024hutchinson
func SeedHutchinson(points, directions *graph.Node) Jet {
	k := float64(directions.Shape().Dim(0))
	return SeedTrace(points, graph.MulScalar(directions, 1/math.Sqrt(k)), nil)
}

// Rademacher is -1 or 1, each with probability one half, out of uniform draws from [0, 1). Of all independent entries of
// mean 0 and variance 1 it gives Hutchinson's estimate the least variance; for a diagonal Hessian none.
//
// Shapes: as the draws.
func Rademacher(uniform *graph.Node) *graph.Node {
	half := graph.LessThan(uniform, graph.ConstAs(uniform, 0.5))
	return graph.Where(half, graph.Neg(graph.OnesLike(uniform)), graph.OnesLike(uniform))
}

// Gradient is the first derivatives along the directions of [SeedTrace] and its like.
//
// Shapes: [k, n, …] for a value [n, …].
// Panics: if the jet is of another seed.
func (j Jet) Gradient() *graph.Node {
	j.wantTrace("Gradient")
	return j.full(slopes)
}

// Laplacian is the operator of [SeedTrace] and its like.
//
// Shapes: as the value.
// Panics: if the jet is of another seed.
func (j Jet) Laplacian() *graph.Node {
	j.wantTrace("Laplacian")
	return j.full(trace)
}

func (j Jet) wantTrace(asked string) {
	if j.table == nil || j.table.directions == 0 {
		exceptions.Panicf("jet: %s of a jet of another seed, want SeedLaplacian, SeedTrace or SeedHutchinson", asked)
	}
}
