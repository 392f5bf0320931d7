package autodiff

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// Memory is what a scan keeps of its steps for the reverse pass.
type Memory int

// Kinds of memory, for n steps and a state of s bytes.
const (
	// EveryState keeps n·s bytes and computes nothing twice.
	EveryState Memory = iota
	// Checkpoints keeps about 2√n·s bytes, every √n-th state and those of one stretch between, and does each step twice.
	Checkpoints
	// Inverted keeps the last state alone and goes back by Scan.Inverse; round-off of the way back is in the gradients.
	Inverted
)

// Scan is a loop of many steps with a gradient:
//
//	state ← body(i, state, args), i = 0 … n−1
//
// It compiles to one loop however many steps there are, and nests in other loops. Its gradient is a loop backwards over the
// states. Derivatives of higher orders are scans again, which keep every state.
//
// The body sees nothing from outside: what it needs goes through args, or through xs, of which each step sees its own row.
// Arrays of any type may take part; gradients go to and through real and complex ones.
//
// Source: checkpoints at two levels, Griewank and Walther 2008, section 12.3, with stretches of equal length. bib: griewank2008evaluating
type Scan struct {
	Steps  int    // the number of steps n, or the most where Count is given
	Memory Memory // what is kept for the gradient

	// Count is n as a scalar int32 node, from 0 to Steps, known only as the program runs; nil: n is Steps.
	Count *graph.Node
	// Stretch is the number of steps between checkpoints; 0: √Steps, rounded up.
	Stretch int
	// Backward makes i run from n−1 to 0.
	Backward bool
	// Inverse is the state before step i from the state after it, for Memory Inverted.
	Inverse func(i *graph.Node, next, args, x []*graph.Node) (state []*graph.Node)
}

// ScanBody is a step of a scan over arrays: it returns the next state and what the scan collects as row i of its answer.
// i is a scalar int32, x is row i of xs.
type ScanBody func(i *graph.Node, state, args, x []*graph.Node) (next, y []*graph.Node)

// Validate says what is wrong with the settings.
func (s Scan) Validate() error {
	switch {
	case s.Steps < 1:
		return fmt.Errorf("autodiff: Scan.Steps = %d, want 1 or more", s.Steps)
	case s.Memory < EveryState || s.Memory > Inverted:
		return fmt.Errorf("autodiff: Scan.Memory = %d, want EveryState, Checkpoints or Inverted", s.Memory)
	case s.Stretch < 0:
		return fmt.Errorf("autodiff: Scan.Stretch = %d, want 0 or more", s.Stretch)
	case s.Memory == Inverted && s.Inverse == nil:
		return fmt.Errorf("autodiff: Scan.Inverse = nil, want the inverse of a step for Memory Inverted")
	case s.Count != nil && (s.Count.DType() != dtypes.Int32 || !s.Count.IsScalar()):
		return fmt.Errorf("autodiff: Scan.Count = %s, want a scalar int32", s.Count.Shape())
	}
	return nil
}

// Run is the state after the last step.
//
// Shapes: each node comes back as it came in.
// Panics: on settings that Validate refuses; if the state is empty, or comes back from body with another shape.
// Cost:   the gradient is one evaluation and one reverse pass of body a step, and one evaluation more with Checkpoints or
// one of Inverse with Inverted.
func (s Scan) Run(state, args []*graph.Node, body func(i *graph.Node, state, args []*graph.Node) []*graph.Node) []*graph.Node {
	final, _ := s.Over(state, args, nil, func(i *graph.Node, state, args, _ []*graph.Node) (next, y []*graph.Node) {
		return body(i, state, args), nil
	})
	return final
}

// Over is the state after the last step, and the rows that the steps gave; rows of steps that Count leaves out are zero.
//
// Shapes: xs [steps, …]; the state comes back as it came in; ys [steps, …].
// Panics: as [Scan.Run]; if an array of xs has another number of rows.
func (s Scan) Over(state, args, xs []*graph.Node, body ScanBody) (final, ys []*graph.Node) {
	if err := s.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	if len(state) == 0 {
		exceptions.Panicf("autodiff: Scan: the state is empty, want at least one node")
	}
	for i, x := range xs {
		if x.Rank() == 0 || x.Shape().Dimensions[0] != s.Steps {
			exceptions.Panicf("autodiff: Scan: xs[%d] is %s, want %d rows, one a step", i, x.Shape(), s.Steps)
		}
	}
	r := &run{Scan: s, body: body, state: len(state), args: len(args)}
	if r.Stretch == 0 {
		r.Stretch = int(math.Ceil(math.Sqrt(float64(s.Steps))))
	}
	r.ys = r.rowShapes(operands{state, args, xs})
	if r.Count == nil {
		r.Count = graph.Const(state[0].Graph(), int32(s.Steps))
	}
	out := r.differentiable(operands{state, args, xs})
	return out[:len(state)], out[len(state):]
}

// operands are the arrays of a scan.
type operands struct{ state, args, xs []*graph.Node }

func (o operands) flat() []*graph.Node { return join(o.state, o.args, o.xs) }

// run is a scan with its body and the numbers of its arrays.
type run struct {
	Scan
	body        ScanBody
	state, args int
	ys          []shapes.Shape // of one step
}

// operands is the arrays in the order in which flat laid them.
func (r *run) operands(flat []*graph.Node) operands {
	return operands{flat[:r.state], flat[r.state : r.state+r.args], flat[r.state+r.args:]}
}

// rowShapes is the shapes of what one step gives, by a function that is built and never called.
func (r *run) rowShapes(o operands) (ys []shapes.Shape) {
	g := o.state[0].Graph()
	backend.Closure(g, func(g *graph.Graph) []*graph.Node {
		var in []*graph.Node
		for i, x := range o.flat() {
			in = append(in, graph.Parameter(g, fmt.Sprintf("probe%d", i), x.Shape()))
		}
		p := r.operands(in)
		i := graph.Const(g, int32(0))
		next, y := r.body(i, p.state, p.args, rows(p.xs, i))
		wantShapes(next, o.state)
		for _, x := range y {
			ys = append(ys, x.Shape())
		}
		return next
	})
	return ys
}

// wantShapes panics unless a body's next state is as the state that it got.
func wantShapes(next, state []*graph.Node) {
	if len(next) != len(state) {
		exceptions.Panicf("autodiff: Scan: the body returned %d arrays for a state of %d", len(next), len(state))
	}
	for i, x := range next {
		if !x.Shape().Equal(state[i].Shape()) {
			exceptions.Panicf("autodiff: Scan: the body returned %s for state[%d], want %s", x.Shape(), i, state[i].Shape())
		}
	}
}

// differentiable is the last state and the rows, with the reverse rule.
func (r *run) differentiable(o operands) []*graph.Node {
	var kept []*graph.Node
	return CustomVJP(join(o.flat(), []*graph.Node{r.Count}),
		func(in []*graph.Node) []*graph.Node {
			last := len(in) - 1
			var out []*graph.Node
			out, kept = r.forward(in[last], r.operands(in[:last]))
			return out
		},
		func(in, out, v []*graph.Node) []*graph.Node {
			return r.reverse(in, out, v, stopped(kept))
		})
}

// reverse is the gradients of the inputs. They have a rule of their own, since the states that the forward pass kept do not
// lead back to the inputs: the derivative of the gradients is that of scans that compute them anew.
func (r *run) reverse(in, out, v, kept []*graph.Node) []*graph.Node {
	final := stopped(out[:r.state])
	cotangents := numbers(v)
	last := len(in) - 1
	gradients := CustomVJP(join(in, cotangents),
		func(q []*graph.Node) []*graph.Node {
			return r.backward(q[last], r.operands(q[:last]), final, kept, q[last+1:])
		},
		func(q, _, w []*graph.Node) []*graph.Node {
			anew := r.anew(q[last], r.operands(q[:last]), q[last+1:])
			return spread(Pullback(anew, w, numbers(q)), q)
		})
	return spread(gradients, in)
}

// anew is what backward computes, by scans that have gradients.
func (r *run) anew(n *graph.Node, o operands, cotangents []*graph.Node) []*graph.Node {
	forward := Scan{Steps: r.Steps, Count: n, Backward: r.Backward}
	_, states := forward.Over(o.state, o.args, o.xs, func(i *graph.Node, state, args, x []*graph.Node) (next, y []*graph.Node) {
		next, _ = r.body(i, state, args, x)
		return next, state
	})
	ofState, ofRows := cotangents[:len(numbers(o.state))], cotangents[len(numbers(o.state)):]
	sums := zerosLike(numbers(o.args))
	back := Scan{Steps: r.Steps, Count: n, Backward: !r.Backward}
	final, ofXs := back.Over(join(ofState, sums), o.args, join(states, o.xs, ofRows),
		func(i *graph.Node, carried, args, x []*graph.Node) (next, y []*graph.Node) {
			state, rest := x[:r.state], x[r.state:]
			xs, ofRows := rest[:len(o.xs)], rest[len(o.xs):]
			gState, gArgs, gXs := r.pull(i, operands{state, args, xs}, join(carried[:len(ofState)], ofRows))
			return join(gState, sum(carried[len(ofState):], gArgs)), gXs
		})
	return join(final, ofXs)
}
