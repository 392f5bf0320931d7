package jet

import (
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// MeanInChunks is the mean over all points of what f averages over some of them, by a loop over chunks of points: memory for
// one chunk at a time, which then stays in the processor's caches. About 2,000 points are a good size for networks some
// hundred wide.
//
// The loop makes the gradient with respect to the trainable variables of the scope's store together with the value, and
// hands it to reverse mode as it is: there are no second derivatives with respect to variables, and none at all with
// respect to rows.
//
// Shapes: rows [n, …] each; f gets [at most size, …] of each and gives a scalar, which may depend on these rows and on
// variables alone; returns a scalar.
// Panics: if there are no rows, or size is below 1.
func MeanInChunks(scope *model.Scope, size int, rows []*graph.Node, f func(rows []*graph.Node) *graph.Node) *graph.Node {
	if len(rows) == 0 || size < 1 {
		exceptions.Panicf("jet: MeanInChunks of %d arrays in chunks of %d, want at least 1 of each", len(rows), size)
	}
	rows = slices.Clone(rows)
	n := rows[0].Shape().Dim(0)
	first := (n-1)%size + 1
	c := chunks{size: size, first: first, weight: float64(size) / float64(n), rows: len(rows), f: f}
	head := make([]*graph.Node, len(rows))
	for i, r := range rows {
		if r.Shape().Dim(0) != n {
			exceptions.Panicf("jet: MeanInChunks of rows %s, want %d of them as in the first array", r.Shape(), n)
		}
		rows[i] = graph.StopGradient(r)
		head[i] = graph.SliceAxis(rows[i], 0, graph.AxisRange(0, first))
	}
	// The first chunk, which may be shorter, is not in the loop: f makes its variables here.
	sums := []*graph.Node{graph.MulScalar(f(head), float64(first)/float64(n))}
	values := c.collect(scope, rows[0].Graph())
	trained := values[:c.trained]
	sums = append(sums, graph.Gradient(sums[0], trained...)...)
	if steps := (n - first) / size; steps > 0 {
		state := slices.Concat(rows, values, sums)
		sums = autodiff.For(steps, state, c.step)[len(rows)+len(values):]
		c.bind(values)
	}
	// The value alone, with the gradient that was made along with it: the factor of each is zero.
	total := graph.StopGradient(sums[0])
	for i, w := range trained {
		total = graph.Add(total, graph.ReduceAllSum(graph.Mul(graph.StopGradient(sums[1+i]), graph.Sub(w, graph.StopGradient(w)))))
	}
	return total
}

// chunks is the loop over points.
type chunks struct {
	size, first int
	weight      float64 // of a chunk in the mean
	rows        int     // number of arrays
	variables   []*model.Variable
	trained     int // how many of them are trainable: the first ones
	f           func(rows []*graph.Node) *graph.Node
}

// collect lists the variables that the graph uses so far, trainable ones first, and returns their nodes.
func (c *chunks) collect(scope *model.Scope, g *graph.Graph) []*graph.Node {
	var others []*model.Variable
	for v := range scope.Store().IterVariables() {
		switch {
		case !v.InUseByGraph(g):
		case v.Trainable && v.DType().IsFloat():
			c.variables = append(c.variables, v)
		default:
			others = append(others, v)
		}
	}
	byPath := func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) }
	slices.SortFunc(c.variables, byPath)
	slices.SortFunc(others, byPath)
	c.trained = len(c.variables)
	c.variables = append(c.variables, others...)
	nodes := make([]*graph.Node, len(c.variables))
	for i, v := range c.variables {
		nodes[i] = v.NodeValue(g)
	}
	return nodes
}

// bind sets the nodes that the variables stand for: those of the loop's body within it.
func (c *chunks) bind(nodes []*graph.Node) {
	for i, v := range c.variables {
		v.SetNodeValue(nodes[i])
	}
}

// step adds chunk i, of the loop, to the sums.
func (c *chunks) step(i *graph.Node, state []*graph.Node) []*graph.Node {
	fixed := c.rows + len(c.variables)
	values := state[c.rows:fixed]
	c.bind(values)
	at := graph.AddScalar(graph.MulScalar(i, c.size), c.first)
	part := make([]*graph.Node, c.rows)
	for k, r := range state[:c.rows] {
		starts := []*graph.Node{at}
		dims := slices.Clone(r.Shape().Dimensions)
		for range dims[1:] {
			starts = append(starts, graph.ZerosLike(at))
		}
		dims[0] = c.size
		part[k] = graph.DynamicSlice(r, starts, dims)
	}
	value := graph.MulScalar(c.f(part), c.weight)
	next := slices.Clone(state)
	next[fixed] = graph.Add(state[fixed], value)
	for k, g := range graph.Gradient(value, values[:c.trained]...) {
		next[fixed+1+k] = graph.Add(state[fixed+1+k], g)
	}
	return next
}
