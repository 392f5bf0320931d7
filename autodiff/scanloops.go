package autodiff

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// forward is the last state with the rows, and the states that the memory keeps.
func (r *run) forward(n *graph.Node, o operands) (out, kept []*graph.Node) {
	g := n.Graph()
	ys := make([]*graph.Node, len(r.ys))
	for i, s := range r.ys {
		ys[i] = graph.Zeros(g, stacked(s, r.Steps))
	}
	zero := graph.Const(g, int32(0))
	if r.Memory != Checkpoints {
		if r.Memory == EveryState {
			kept = room(o.state, r.Steps)
		}
		state, ys, kept := r.advance(zero, n, n, o, ys, kept)
		return join(state, ys), kept
	}
	end := loop(zero, r.stretches(n), [][]*graph.Node{{n}, o.state, o.args, o.xs, ys, room(o.state, r.checkpoints())},
		func(k *graph.Node, s [][]*graph.Node) [][]*graph.Node {
			n, o, ys, kept := s[0][0], operands{s[1], s[2], s[3]}, s[4], put(s[5], s[1], k)
			from, to := r.stretch(k, n)
			state, ys, _ := r.advance(from, to, n, o, ys, nil)
			return [][]*graph.Node{s[0], state, o.args, o.xs, ys, kept}
		})
	return join(end[1], end[4]), end[5]
}

// advance does the steps from ≤ k < to, fills in their rows where ys is not empty, and keeps the state before step k as row
// k−from where kept is not empty.
func (r *run) advance(from, to, n *graph.Node, o operands, ys, kept []*graph.Node) (state, rowsOut, keptOut []*graph.Node) {
	end := loop(from, to, [][]*graph.Node{{n, from}, o.state, o.args, o.xs, ys, kept},
		func(k *graph.Node, s [][]*graph.Node) [][]*graph.Node {
			n, from, state, args, xs, ys, kept := s[0][0], s[0][1], s[1], s[2], s[3], s[4], s[5]
			i := r.number(k, n)
			next, y := r.body(i, state, args, rows(xs, i))
			if len(ys) > 0 {
				ys = put(ys, y, i)
			}
			if len(kept) > 0 {
				kept = put(kept, state, graph.Sub(k, from))
			}
			return [][]*graph.Node{s[0], next, args, xs, ys, kept}
		})
	return end[1], end[4], end[5]
}

// gradients are cotangents of the state and what was gathered of the gradients of args and xs; of real and complex arrays
// alone.
type gradients struct{ state, args, xs []*graph.Node }

// backward is the gradients of the state, args and xs.
func (r *run) backward(n *graph.Node, o operands, final, kept, cotangents []*graph.Node) []*graph.Node {
	ofRows := cotangents[len(numbers(o.state)):]
	at := gradients{cotangents[:len(numbers(o.state))], zerosLike(numbers(o.args)), zerosLike(numbers(o.xs))}
	zero := graph.Const(n.Graph(), int32(0))
	switch r.Memory {
	case EveryState:
		at = r.retreat(zero, n, n, kept, o, ofRows, at)
	case Inverted:
		at = r.retreat(zero, n, n, final, o, ofRows, at)
	default:
		at = r.retreatByStretches(n, kept, o, ofRows, at)
	}
	return join(at.state, at.args, at.xs)
}

// retreatByStretches computes the states of one stretch after another anew, the last first.
func (r *run) retreatByStretches(n *graph.Node, kept []*graph.Node, o operands, ofRows []*graph.Node, at gradients) gradients {
	end := loop(graph.Const(n.Graph(), int32(0)), r.stretches(n),
		[][]*graph.Node{{n}, kept, o.args, o.xs, ofRows, at.state, at.args, at.xs},
		func(k *graph.Node, s [][]*graph.Node) [][]*graph.Node {
			n, kept, ofRows := s[0][0], s[1], s[4]
			k = graph.Sub(graph.AddScalar(r.stretches(n), -1), k)
			from, to := r.stretch(k, n)
			o := operands{rows(kept, k), s[2], s[3]}
			_, _, states := r.advance(from, to, n, o, nil, room(o.state, r.Stretch))
			at := r.retreat(from, to, n, states, o, ofRows, gradients{s[5], s[6], s[7]})
			return [][]*graph.Node{s[0], kept, o.args, o.xs, ofRows, at.state, at.args, at.xs}
		})
	return gradients{end[5], end[6], end[7]}
}

// retreat goes back over the steps to > k ≥ from. The state before step k is row k−from of states, or comes from the one after
// it, which states then is.
func (r *run) retreat(from, to, n *graph.Node, states []*graph.Node, o operands, ofRows []*graph.Node, at gradients) gradients {
	end := loop(from, to, [][]*graph.Node{{n, from, to}, states, o.args, o.xs, ofRows, at.state, at.args, at.xs},
		func(k *graph.Node, s [][]*graph.Node) [][]*graph.Node {
			n, from, to, states, args, xs, ofRows := s[0][0], s[0][1], s[0][2], s[1], s[2], s[3], s[4]
			row := graph.Sub(graph.AddScalar(to, -1), k) // from to−1−from down to 0
			i := r.number(graph.Add(row, from), n)
			x := rows(xs, i)
			var state []*graph.Node
			if r.Memory == Inverted {
				state = r.Inverse(i, states, args, x)
				wantShapes(state, states)
				states = state
			} else {
				state = rows(states, row)
			}
			gState, gArgs, gXs := r.pull(i, operands{state, args, x}, join(s[5], rows(ofRows, i)))
			return [][]*graph.Node{s[0], states, args, xs, ofRows, gState, sum(s[6], gArgs), put(s[7], gXs, i)}
		})
	return gradients{end[5], end[6], end[7]}
}

// pull is the reverse pass of one step.
func (r *run) pull(i *graph.Node, at operands, cotangents []*graph.Node) (state, args, x []*graph.Node) {
	at = r.operands(apart(at.flat())) // one part of an inverted state may come from another
	next, y := r.body(i, at.state, at.args, at.xs)
	g := Pullback(numbers(join(next, y)), cotangents, numbers(at.flat()))
	n, m := len(numbers(at.state)), len(numbers(at.args))
	return g[:n], g[n : n+m], g[n+m:]
}

// number is i of the step done as number k.
func (r *run) number(k, n *graph.Node) *graph.Node {
	if r.Backward {
		return graph.Sub(graph.AddScalar(n, -1), k)
	}
	return k
}

// checkpoints is the most that are kept.
func (r *run) checkpoints() int { return (r.Steps + r.Stretch - 1) / r.Stretch }

// stretches is how many begin within n steps.
func (r *run) stretches(n *graph.Node) *graph.Node {
	return graph.Div(graph.AddScalar(n, float64(r.Stretch-1)), graph.Const(n.Graph(), int32(r.Stretch)))
}

// stretch is the first step of a stretch, and the first after it.
func (r *run) stretch(k, n *graph.Node) (from, to *graph.Node) {
	length := graph.Const(n.Graph(), int32(r.Stretch))
	from = graph.Mul(k, length)
	return from, graph.Min(graph.Add(from, length), n)
}

// loop runs body on groups of arrays for from ≤ k < to.
func loop(from, to *graph.Node, groups [][]*graph.Node, body func(k *graph.Node, groups [][]*graph.Node) [][]*graph.Node) [][]*graph.Node {
	split := func(flat []*graph.Node) [][]*graph.Node {
		out := make([][]*graph.Node, len(groups))
		for i, group := range groups {
			out[i], flat = flat[:len(group):len(group)], flat[len(group):]
		}
		return out
	}
	state := append([]*graph.Node{from, to}, join(groups...)...)
	end := While(state,
		func(s []*graph.Node) *graph.Node { return graph.LessThan(s[0], s[1]) },
		func(s []*graph.Node) []*graph.Node {
			return append([]*graph.Node{graph.AddScalar(s[0], 1), s[1]}, join(body(s[0], split(s[2:]))...)...)
		})
	return split(end[2:])
}

// stacked is the shape of n rows.
func stacked(row shapes.Shape, n int) shapes.Shape {
	return shapes.Make(row.DType, append([]int{n}, row.Dimensions...)...)
}

// room is zeros for n rows of each array.
func room(like []*graph.Node, n int) []*graph.Node {
	out := make([]*graph.Node, len(like))
	for i, x := range like {
		out[i] = graph.Zeros(x.Graph(), stacked(x.Shape(), n))
	}
	return out
}

// corner is where row i begins.
func corner(x, i *graph.Node) []*graph.Node {
	at := []*graph.Node{i}
	for range x.Rank() - 1 {
		at = append(at, graph.Const(x.Graph(), int32(0)))
	}
	return at
}

// rows is row i of each array.
func rows(xs []*graph.Node, i *graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(xs))
	for k, x := range xs {
		dims := x.Shape().Dimensions[1:]
		row := graph.DynamicSlice(x, corner(x, i), append([]int{1}, dims...))
		out[k] = graph.Reshape(row, dims...)
	}
	return out
}

// put is the arrays with others as their row i.
func put(xs, row []*graph.Node, i *graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(xs))
	for k, x := range xs {
		one := graph.Reshape(row[k], append([]int{1}, row[k].Shape().Dimensions...)...)
		out[k] = graph.DynamicUpdateSlice(x, one, corner(x, i))
	}
	return out
}
