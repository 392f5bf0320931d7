package sde_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/sde"
)

// network is dy = tanh(y A) dt + 0.4 sin(y + t) b dW with A [2, 2] and b [2]; with motions, those of a matrix b [2, 3].
func network(args []*Node) sde.System {
	s := sde.System{
		Args: args, Bind: network,
		Drift: func(_, y *Node) *Node { return Tanh(MatMul(y, args[0])) },
	}
	size := func(t, y *Node) *Node { return MulScalar(Sin(Add(y, t)), 0.4) }
	if args[1].Rank() == 1 {
		s.Diffusion = func(t, y *Node) *Node { return Mul(size(t, y), InsertAxes(args[1], 0)) }
		return s
	}
	s.Motions = args[1].Shape().Dimensions[1]
	s.Diffusion = func(t, y *Node) *Node { return Mul(InsertAxes(size(t, y), -1), InsertAxes(args[1], 0)) }
	return s
}

// lossOf weighs all frames and the end unevenly.
func lossOf(s sde.Solver, y0, a, b *Node) *Node {
	sol := s.Solve(network([]*Node{a, b}), Const(y0.Graph(), uint64(7)), y0)
	weights := OnePlus(MulScalar(IotaFull(y0.Graph(), sol.Ys.Shape()), 0.1))
	return Add(ReduceAllMean(Sin(Mul(weights, sol.Ys))), ReduceAllSum(Square(sol.Last)))
}

func steppers() []sde.Stepper {
	return []sde.Stepper{
		sde.EulerMaruyama{}, sde.Milstein{}, sde.Milstein{Calculus: sde.Stratonovich}, sde.Heun{}, sde.ReversibleHeun{}, sde.SRA1{},
	}
}

func TestGradients(t *testing.T) {
	for _, stepper := range steppers() {
		info := stepper.Info()
		all := []int{1}
		if info.Name == "reversible Heun" { // loops in loops are the same for all
			all = []int{1, 3}
		}
		for _, frames := range all {
			t.Run(fmt.Sprintf("%s %d, %d frames", info.Name, info.Calculus, frames), func(t *testing.T) {
				s := sde.Solver{Stepper: stepper, T0: 0.5, T1: 1.5, Steps: 6, Frames: frames, Depth: 4}
				b := check.Random(3, 2)
				if info.General > 0 {
					b = check.Random(3, 2, 3)
				}
				check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
					return lossOf(s, in[0], in[1], in[2])
				}, check.Random(1, 3, 2), check.Random(2, 2, 2), b)
			})
		}
	}
}

// The gradient is that of the steps, whatever was kept of them: all, some, or the last alone.
func TestGradientsOfEveryMemory(t *testing.T) {
	for _, frames := range []int{1, 4} {
		for _, memory := range []autodiff.Memory{autodiff.Checkpoints, autodiff.Inverted} {
			t.Run(fmt.Sprintf("%d frames, memory %d", frames, memory), func(t *testing.T) {
				s := sde.Solver{Stepper: sde.ReversibleHeun{}, T1: 1, Steps: 64, Frames: frames, Depth: 8}
				out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
					want := Gradient(lossOf(s, in[0], in[1], in[2]), in...)
					other := s
					other.Memory = memory
					return append(want, Gradient(lossOf(other, in[0], in[1], in[2]), in...)...)
				}, check.Random(1, 3, 2), check.Random(2, 2, 2), check.Random(3, 2, 3))
				for i := range 3 {
					size := 0.0
					for _, v := range check.Floats(out[i]) {
						size = max(size, math.Abs(v))
					}
					// Round-off of 64 steps there and back, which a smooth field over a unit of time does not blow up.
					if d := check.MaxDiff(t, out[i], out[3+i]); !(d < 1e-13*max(size, 1)) || size == 0 {
						t.Errorf("gradient %d of size %v differs by %v", i, size, d)
					}
				}
			})
		}
	}
}

func TestUndo(t *testing.T) {
	for _, b := range []*tensors.Tensor{check.Random(3, 2), check.Random(3, 2, 3)} {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			s := network(in[1:3])
			var stepper sde.Reversible = sde.ReversibleHeun{}
			at, dt := Const(in[0].Graph(), 0.3), Const(in[0].Graph(), 0.1)
			d := sde.Increment{W: in[3]}
			if s.Motions == 0 {
				d.W = Slice(in[3], AxisRange(), AxisRange(0, 2))
			}
			// The second step starts from a state whose ŷ is not y.
			y, state := stepper.Step(s, at, dt, in[0], d, stepper.Init(s, at, in[0]))
			y1, next := stepper.Step(s, Add(at, dt), dt, y, d, state)
			back, before := stepper.Undo(s, Add(at, dt), dt, y1, d, next)
			return append(append([]*Node{y, back}, state...), before...)
		}, check.Random(1, 4, 2), check.Random(2, 2, 2), b, check.Random(4, 4, 3))
		pairs := [][2]int{{0, 1}, {2, 5}, {3, 6}, {4, 7}}
		for _, p := range pairs {
			// A dozen operations on values below 5.
			if d := check.MaxDiff(t, out[p[0]], out[p[1]]); !(d < 1e-14) {
				t.Errorf("array %d comes back with a difference of %v", p[0], d)
			}
		}
	}
}

// A float32 solve has the float64 path: it differs by its round-off alone.
func TestFloat32(t *testing.T) {
	for _, stepper := range steppers() {
		s := sde.Solver{Stepper: stepper, T1: 1, Steps: 32, Depth: 10}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			single := make([]*Node, 3)
			for i, x := range in {
				single[i] = ConvertDType(x, dtypes.Float32)
			}
			seed := Const(in[0].Graph(), uint64(3))
			y := s.Solve(network(single[1:]), seed, single[0]).Last
			if y.DType() != dtypes.Float32 {
				t.Errorf("%s: y is %s, want float32", stepper.Info().Name, y.DType())
			}
			return []*Node{s.Solve(network(in[1:]), seed, in[0]).Last, ConvertDType(y, dtypes.Float64)}
		}, check.Random(1, 5, 2), check.Random(2, 2, 2), check.Random(3, 2))
		// Thirty-two steps of a few operations on values below 4, each rounded by 1.2e-7.
		if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-5) || d == 0 {
			t.Errorf("%s: float32 differs by %v", stepper.Info().Name, d)
		}
	}
}

// A drift that is not finite, from t = 0.75 on or at once, is found with its place.
func TestFault(t *testing.T) {
	for _, test := range []struct {
		name   string
		from   float64 // the time from which component 1 of sample 2 has no finite drift
		y0     float64 // of that entry
		frames int
		want   *sde.NotFiniteError
	}{
		{"none", 5, 1, 1, nil},
		{"late", 0.75, 1, 1, &sde.NotFiniteError{Sample: 2, Component: 1, Step: 7, Steps: 8, Time: 0.75, Dt: 0.125}},
		{"late, with frames", 0.75, 1, 4, &sde.NotFiniteError{Sample: 2, Component: 1, Step: 7, Steps: 8, Time: 0.75, Dt: 0.125}},
		{"at once", 0, 1, 1, &sde.NotFiniteError{Sample: 2, Component: 1, Step: 1, Steps: 8, Time: 0, Dt: 0.125}},
		{"y0", 0, math.NaN(), 1, &sde.NotFiniteError{Sample: 2, Component: 1, Step: 0, Steps: 8, Time: 0, Dt: 0.125}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := sde.Solver{Stepper: sde.EulerMaruyama{}, T1: 1, Steps: 8, Frames: test.frames, Depth: 5}
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				system := sde.System{
					Drift: func(t, y *Node) *Node { // log of a negative number, for the one entry that starts above 0
						late := MulScalar(ConvertDType(GreaterOrEqual(t, Const(t.Graph(), test.from)), dtypes.Float64), 100)
						positive := MaxScalar(y, 0)
						return Log(Sub(Const(t.Graph(), 50.0), Mul(late, positive)))
					},
					Diffusion: func(_, y *Node) *Node { return ZerosLike(y) },
				}
				return []*Node{s.Solve(system, Const(in[0].Graph(), uint64(1)), in[0]).Fault}
			}, tensors.FromFlatDataAndDimensions([]float64{-100, -100, -100, -100, -100, test.y0, -100, -100}, 4, 2))
			err := s.Err(tensors.MustCopyFlatData[int32](out[0]), 4, 2)
			var got *sde.NotFiniteError
			if !errors.As(err, &got) {
				if test.want != nil || err != nil {
					t.Errorf("error %v, want %v", err, test.want)
				}
				return
			}
			if test.want == nil || *got != *test.want {
				t.Errorf("error %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestSolverValidate(t *testing.T) {
	good := sde.Solver{Stepper: sde.Heun{}, T0: 0, T1: 1, Steps: 10, Frames: 5, Depth: 20}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*sde.Solver){
		"Solver.Stepper = nil":  func(s *sde.Solver) { s.Stepper = nil },
		"Solver.Stepper = Heun": func(s *sde.Solver) { s.Memory = autodiff.Inverted },
		"Solver.Steps = 0":      func(s *sde.Solver) { s.Steps = 0 },
		"Solver.Frames = 3":     func(s *sde.Solver) { s.Frames = 3 },
		"Solver.Depth = 3":      func(s *sde.Solver) { s.Depth = 3 },
		"Tree.Depth = 0":        func(s *sde.Solver) { s.Depth = 0 },
		"Tree.T1 = -1":          func(s *sde.Solver) { s.T1 = -1 },
		"Tree.T1 = NaN":         func(s *sde.Solver) { s.T1 = math.NaN() },
		"Solver.Memory = 9":     func(s *sde.Solver) { s.Memory = 9 },
	} {
		s := good
		change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %s", err, want)
		}
	}
	if err := good.Err([]int32{1}, 2); err == nil {
		t.Error("a fault of one value gives no error")
	}
}

// What does not fit the equation is refused as the graph is built.
func TestSolveRefuses(t *testing.T) {
	good := sde.System{
		Drift:     func(_, y *Node) *Node { return y },
		Diffusion: func(_, y *Node) *Node { return y },
	}
	for want, solve := range map[string]func(y0 *Node){
		"System.Drift gave": func(y0 *Node) {
			s := good
			s.Drift = func(_, y *Node) *Node { return ReduceAllSum(y) }
			solve(sde.Heun{}, s, y0)
		},
		"System.Diffusion gave": func(y0 *Node) {
			s := good
			s.Motions = 3
			solve(sde.Heun{}, s, y0)
		},
		"Milstein is for diagonal noise": func(y0 *Node) {
			s := good
			s.Motions = 3
			solve(sde.Milstein{}, s, y0)
		},
		"Milstein.Calculus = 2": func(y0 *Node) { solve(sde.Milstein{Calculus: sde.Both}, good, y0) },
		"System.Motions = -1": func(y0 *Node) {
			s := good
			s.Motions = -1
			solve(sde.Heun{}, s, y0)
		},
		"System.Bind = nil": func(y0 *Node) {
			s := good
			s.Args = []*Node{y0}
			solve(sde.Heun{}, s, y0)
		},
		"Solver.Steps = 0": func(y0 *Node) {
			sde.Solver{Stepper: sde.Heun{}, T1: 1, Depth: 4}.Solve(good, Const(y0.Graph(), uint64(1)), y0)
		},
		"seed is": func(y0 *Node) {
			sde.Solver{Stepper: sde.Heun{}, T1: 1, Steps: 2, Depth: 4}.Solve(good, Const(y0.Graph(), int32(1)), y0)
		},
		"y0 is": func(y0 *Node) { solve(sde.Heun{}, good, ConvertDType(y0, dtypes.Int32)) },
	} {
		_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			solve(in[0])
			return in
		}, check.Random(1, 3, 2))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
}

func solve(stepper sde.Stepper, s sde.System, y0 *Node) {
	sde.Solver{Stepper: stepper, T1: 1, Steps: 2, Depth: 4}.Solve(s, Const(y0.Graph(), uint64(1)), y0)
}
