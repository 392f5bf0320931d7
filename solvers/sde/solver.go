package sde

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// Solver makes equal steps from T0 to T1 along a Brownian path.
//
// Where Steps is a power of 2 the ends of steps are on the grid of a tree whose Depth is the logarithm of Steps, or any deeper
// one, which gives the same path. Otherwise they are rounded, and Depth should be some 20 above the logarithm. The cost of a
// step grows with Depth, and is mostly the path's where the fields are small.
type Solver struct {
	Stepper Stepper
	T0, T1  float64         // T1 > T0
	Steps   int             // number of equal steps, ≥ 1
	Frames  int             // states to keep after T0, equally spaced, the last at T1; 0 means 1; divides Steps
	Depth   int             // of the path's [Tree], 2^Depth ≥ Steps; see there
	Memory  autodiff.Memory // what is kept for gradients; Inverted needs a [Reversible] stepper
}

// Solution is what a solve gives, as nodes.
type Solution struct {
	Ts    []float64 // times of the frames
	Ys    *Node     // [frames, batch, dim…]
	Last  *Node     // [batch, dim…], y at T1
	Fault *Node     // int32 [2], where y stopped being finite, for [Solver.Err]; no gradient
}

// Validate says what is wrong with the fields.
func (s Solver) Validate() error {
	var errs []error
	if s.Stepper == nil {
		errs = append(errs, errors.New("sde: Solver.Stepper = nil, want a stepper"))
	}
	if _, ok := s.Stepper.(Reversible); s.Memory == autodiff.Inverted && !ok && s.Stepper != nil {
		errs = append(errs, fmt.Errorf("sde: Solver.Stepper = %s, want one that can be undone for Memory Inverted", s.Stepper.Info().Name))
	}
	if s.Steps < 1 {
		errs = append(errs, fmt.Errorf("sde: Solver.Steps = %d, want at least 1", s.Steps))
	}
	if s.Frames < 0 || s.Steps >= 1 && s.Steps%s.frames() != 0 {
		errs = append(errs, fmt.Errorf("sde: Solver.Frames = %d, want a divisor of the %d steps", s.Frames, s.Steps))
	}
	if s.Depth >= 1 && s.Depth <= maxDepth && s.Steps > 1<<s.Depth {
		errs = append(errs, fmt.Errorf("sde: Solver.Depth = %d, want 2^Depth at least the %d steps", s.Depth, s.Steps))
	}
	if s.Memory < autodiff.EveryState || s.Memory > autodiff.Inverted {
		errs = append(errs, fmt.Errorf("sde: Solver.Memory = %d, want EveryState, Checkpoints or Inverted", s.Memory))
	}
	return errors.Join(append(errs, s.Tree().Validate())...)
}

// Tree is the Brownian path of the solve. Element k of [batch, motions…] has path k.
func (s Solver) Tree() Tree { return Tree{T0: s.T0, T1: s.T1, Depth: s.Depth} }

// Dt is the length of a step.
func (s Solver) Dt() float64 { return (s.T1 - s.T0) / float64(s.Steps) }

func (s Solver) frames() int { return max(s.Frames, 1) }

// Solve is the solution from y0 at T0 along the path of a seed. It has gradients with respect to y0 and the system's Args.
//
// Shapes: seed a scalar uint64; y0 [batch, dim…].
// Panics: on settings that Validate refuses; on other shapes, and on those of fields that do not fit.
// Cost:   one loop, or two nested ones where Frames is above 1; a step is one of the stepper's and one of [Tree.At].
func (s Solver) Solve(sys System, seed, y0 *Node) Solution {
	if err := s.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	if seed.DType() != dtypes.Uint64 || !seed.IsScalar() {
		exceptions.Panicf("sde: Solver.Solve: seed is %s, want a scalar uint64", seed.Shape())
	}
	if y0.Rank() < 1 || !y0.DType().IsFloat() {
		exceptions.Panicf("sde: Solver.Solve: y0 is %s, want a real [batch, dim…]", y0.Shape())
	}
	m := march{s, sys}
	state := m.start(y0)
	args := append([]*Node{seed}, sys.Args...)
	sol := Solution{}
	for k := range s.frames() {
		sol.Ts = append(sol.Ts, s.T0+(s.T1-s.T0)*float64(k+1)/float64(s.frames()))
	}
	if s.frames() == 1 {
		state = m.stretch(Const(y0.Graph(), int32(0)), state, args)
		sol.Ys = InsertAxes(state[0], 0)
	} else {
		var ys []*Node
		state, ys = autodiff.Scan{Steps: s.frames()}.Over(state, args, nil, func(k *Node, state, args, _ []*Node) (next, y []*Node) {
			next = m.stretch(k, state, args)
			return next, next[:1]
		})
		sol.Ys = ys[0]
	}
	sol.Last, sol.Fault = state[0], state[1]
	return sol
}

// march is a solve's steps. Its state is y, the fault, W, ∫W, and the stepper's.
type march struct {
	Solver
	system System
}

// start is the state at T0.
func (m march) start(y0 *Node) []*Node {
	g := y0.Graph()
	w := Zeros(g, shapes.Make(dtypes.Float64, m.system.noise(y0)...))
	fault := m.fault(Const(g, []int32{-1, -1}), Const(g, int32(0)), y0)
	kept := m.Stepper.Init(m.system, Scalar(g, y0.DType(), m.T0), y0)
	return append([]*Node{y0, fault, w, ZerosLike(w)}, kept...)
}

// stretch is the steps of one frame.
func (m march) stretch(frame *Node, state, args []*Node) []*Node {
	steps := m.Steps / m.frames()
	first := MulScalar(frame, float64(steps))
	scan := autodiff.Scan{Steps: steps, Memory: m.Memory}
	if m.Memory == autodiff.Inverted {
		scan.Inverse = func(i *Node, next, args, _ []*Node) []*Node { return m.undo(Add(args[0], i), next, args[1:]) }
	}
	return scan.Run(state, append([]*Node{first}, args...), func(i *Node, state, args []*Node) []*Node {
		return m.step(Add(args[0], i), state, args[1:])
	})
}

// step is step number i.
func (m march) step(i *Node, state, args []*Node) []*Node {
	y, w, integral := state[0], state[2], state[3]
	s := m.system.bound(args[1:])
	from, to := m.clock(i), m.clock(AddScalar(i, 1))
	w1, integral1 := m.Tree().At(args[0], to, w.Shape().Dimensions...)
	d := m.increment(y.DType(), from, to, w, integral, w1, integral1)
	y1, next := m.Stepper.Step(s, ConvertDType(from, y.DType()), Scalar(y.Graph(), y.DType(), m.Dt()), y, d, state[4:])
	fault := m.fault(state[1], AddScalar(i, 1), y1)
	return append([]*Node{y1, fault, w1, integral1}, next...)
}

// undo is the state before step number i, but for the fault.
func (m march) undo(i *Node, next, args []*Node) []*Node {
	y1, w1, integral1 := next[0], next[2], next[3]
	s := m.system.bound(args[1:])
	from, to := m.clock(i), m.clock(AddScalar(i, 1))
	w, integral := m.Tree().At(args[0], from, w1.Shape().Dimensions...)
	d := m.increment(y1.DType(), from, to, w, integral, w1, integral1)
	y, state := m.Stepper.(Reversible).Undo(s, ConvertDType(from, y1.DType()), Scalar(y1.Graph(), y1.DType(), m.Dt()), y1, d, next[4:])
	return append([]*Node{y, next[1], w, integral}, state...)
}

// increment is that of a step, in y's type.
func (m march) increment(dtype dtypes.DType, from, to, w, integral, w1, integral1 *Node) Increment {
	d := Increment{W: ConvertDType(Sub(w1, w), dtype)}
	if m.Stepper.Info().Area {
		d.H = ConvertDType(m.Tree().area(from, to, w, integral, w1, integral1), dtype)
	}
	return d
}

// clock is the time of the start of step i, float64.
func (m march) clock(i *Node) *Node {
	return AddScalar(MulScalar(ConvertDType(i, dtypes.Float64), m.Dt()), m.T0)
}

// fault is the first step after which y was not finite, with y's first such entry: [step, entry], or [-1, -1].
func (m march) fault(before, step, y *Node) *Node {
	g := y.Graph()
	size := y.Shape().Size()
	entry := Reshape(Iota(g, shapes.Make(dtypes.Int32, size), 0), y.Shape().Dimensions...)
	none := Const(g, int32(size))
	entry = ReduceAllMin(Where(IsFinite(y), BroadcastToShape(none, entry.Shape()), entry))
	here := Stack([]*Node{step, entry}, 0)
	fresh := LogicalAnd(LessThan(entry, none), LessThan(Slice(before, AxisElem(0)), Const(g, []int32{0})))
	return Where(BroadcastToShape(fresh, shapes.Make(dtypes.Bool, 2)), here, before)
}
