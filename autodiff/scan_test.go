package autodiff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

const scanSteps = 7

// cell is a step of two states [2, 3] by a matrix [3, 3] and a row [2, 3], that can be inverted: first one state moves by the
// other, then the other by the first. i is the step's number.
func cell(i *Node, state, args, x []*Node) (next, y []*Node) {
	p, q := state[0], state[1]
	time := ConvertDType(AddScalar(i, 1), p.DType())
	p = Add(p, MulScalar(Mul(Tanh(MatMul(q, args[0])), time), 0.1))
	q = Sub(q, MulScalar(Add(Sin(p), x[0]), 0.3))
	return []*Node{p, q}, []*Node{Mul(p, x[0]), ReduceAllSum(Mul(q, state[1]))}
}

func cellInverse(i *Node, next, args, x []*Node) []*Node {
	p, q := next[0], next[1]
	time := ConvertDType(AddScalar(i, 1), p.DType())
	q = Add(q, MulScalar(Add(Sin(p), x[0]), 0.3))
	return []*Node{Sub(p, MulScalar(Mul(Tanh(MatMul(q, args[0])), time), 0.1)), q}
}

// unrolled is what a scan does over n of its steps, as plain operations.
func unrolled(s autodiff.Scan, n int, state, args, xs []*Node, body autodiff.ScanBody) (final, ys []*Node) {
	collected := make([][]*Node, s.Steps)
	for k := range n {
		i := k
		if s.Backward {
			i = n - 1 - k
		}
		var x []*Node
		for _, all := range xs {
			x = append(x, Squeeze(Slice(all, AxisRange(i, i+1)), 0))
		}
		state, collected[i] = body(Const(state[0].Graph(), int32(i)), state, args, x)
	}
	for j := range collected[0] {
		var rows []*Node
		for _, y := range collected {
			if y == nil {
				rows = append(rows, ZerosLike(collected[0][j]))
			} else {
				rows = append(rows, y[j])
			}
		}
		ys = append(ys, Stack(rows, 0))
	}
	return state, ys
}

// scanLoss weighs every output of a scan of cell unevenly.
func scanLoss(final, ys []*Node) *Node {
	loss := Const(final[0].Graph(), 0.0)
	for i, x := range append(append([]*Node{}, final...), ys...) {
		x = ConvertDType(x, dtypes.Float64)
		weight := OnePlus(MulScalar(IotaFull(x.Graph(), x.Shape()), 0.05))
		loss = Add(loss, ReduceAllMean(Mul(weight, Sin(AddScalar(x, float64(i))))))
	}
	return loss
}

// scanInputs are two states, a matrix and rows.
func scanInputs() []*tensors.Tensor {
	return []*tensors.Tensor{check.Random(1, 2, 3), check.Random(2, 2, 3), check.Random(3, 3, 3), check.Random(4, scanSteps, 2, 3)}
}

// scans are the ways to do the steps.
func scans() map[string]autodiff.Scan {
	return map[string]autodiff.Scan{
		"every state":        {Steps: scanSteps},
		"checkpoints":        {Steps: scanSteps, Memory: autodiff.Checkpoints},
		"checkpoint each":    {Steps: scanSteps, Memory: autodiff.Checkpoints, Stretch: 1},
		"one checkpoint":     {Steps: scanSteps, Memory: autodiff.Checkpoints, Stretch: 20},
		"inverted":           {Steps: scanSteps, Memory: autodiff.Inverted, Inverse: cellInverse},
		"backward":           {Steps: scanSteps, Backward: true},
		"checkpoints back":   {Steps: scanSteps, Memory: autodiff.Checkpoints, Backward: true},
		"inverted, backward": {Steps: scanSteps, Memory: autodiff.Inverted, Inverse: cellInverse, Backward: true},
	}
}

// threeScans is one way for each memory.
func threeScans() map[string]autodiff.Scan {
	all := scans()
	return map[string]autodiff.Scan{"every state": all["every state"], "checkpoints": all["checkpoints"], "inverted, backward": all["inverted, backward"]}
}

// derivatives is a loss, its gradients, and the gradients of a function of these.
func derivatives(loss *Node, in []*Node) []*Node {
	first := Gradient(loss, in...)
	again := Const(loss.Graph(), 0.0)
	for _, g := range first {
		again = Add(again, ReduceAllSum(Sin(g)))
	}
	return append(append([]*Node{loss}, first...), Gradient(again, in...)...)
}

func TestScanIsTheUnrolledGraph(t *testing.T) {
	in := scanInputs()
	for name, s := range scans() {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				final, ys := s.Over(in[:2], in[2:3], in[3:], cell)
				got := Gradient(scanLoss(final, ys), in...)
				final, ys = unrolled(s, scanSteps, in[:2], in[2:3], in[3:], cell)
				return append(got, Gradient(scanLoss(final, ys), in...)...)
			}, in[0], in[1], in[2], in[3])
			n := len(out) / 2
			for i := range n {
				// Round-off of some hundred operations on numbers of order 1, the same ones in another order.
				if d := check.MaxDiff(t, out[i], out[n+i]); !(d < 1e-12) {
					t.Errorf("answer %d differs from the unrolled graph by %v", i, d)
				}
			}
		})
	}
}

func TestScanSecondDerivatives(t *testing.T) {
	in, all := scanInputs(), scans()
	for _, name := range []string{"checkpoints", "inverted, backward"} { // the memory is of no matter for the second derivative
		t.Run(name, func(t *testing.T) {
			s := all[name]
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				final, ys := s.Over(in[:2], in[2:3], in[3:], cell)
				got := derivatives(scanLoss(final, ys), in)
				final, ys = unrolled(s, scanSteps, in[:2], in[2:3], in[3:], cell)
				return append(got, derivatives(scanLoss(final, ys), in)...)
			}, in[0], in[1], in[2], in[3])
			n := len(out) / 2
			for i := range n {
				// As above.
				if d := check.MaxDiff(t, out[i], out[n+i]); !(d < 1e-12) {
					t.Errorf("answer %d differs from the unrolled graph by %v", i, d)
				}
			}
		})
	}
}

func TestScanAgainstDifferences(t *testing.T) {
	for name, s := range threeScans() {
		t.Run(name, func(t *testing.T) {
			check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
				return scanLoss(s.Over(in[:2], in[2:3], in[3:], cell))
			}, scanInputs()...)
		})
	}
}

func TestScanCount(t *testing.T) {
	in := scanInputs()
	for name, s := range threeScans() {
		for _, n := range []int{0, 1, 5} {
			t.Run(fmt.Sprintf("%s, %d steps", name, n), func(t *testing.T) {
				out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
					counted := s
					counted.Count = in[4]
					final, ys := counted.Over(in[:2], in[2:3], in[3:4], cell)
					got := append([]*Node{ys[0]}, Gradient(scanLoss(final, ys), in[:4]...)...)
					if n == 0 {
						final, ys = in[:2], []*Node{ZerosLike(ys[0]), ZerosLike(ys[1])}
					} else {
						final, ys = unrolled(s, n, in[:2], in[2:3], in[3:4], cell)
					}
					return append(append(got, ys[0]), Gradient(scanLoss(final, ys), in[:4]...)...)
				}, in[0], in[1], in[2], in[3], int32(n))
				for i := range 5 {
					// As above.
					if d := check.MaxDiff(t, out[i], out[5+i]); !(d < 1e-12) {
						t.Errorf("answer %d differs from the unrolled graph by %v", i, d)
					}
				}
			})
		}
	}
}

func TestScanFloat32(t *testing.T) {
	in := scanInputs()
	for name, s := range threeScans() {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				single := make([]*Node, len(in))
				for i, x := range in {
					single[i] = ConvertDType(x, dtypes.Float32)
				}
				final, ys := s.Over(single[:2], single[2:3], single[3:], cell)
				got := Gradient(scanLoss(final, ys), in...)
				final, ys = s.Over(in[:2], in[2:3], in[3:], cell)
				return append(got, Gradient(scanLoss(final, ys), in...)...)
			}, in[0], in[1], in[2], in[3])
			for i := range in {
				// Some dozen roundings of 6e-8 on numbers of order 1.
				if d := check.MaxDiff(t, out[i], out[len(in)+i]); !(d < 1e-5) {
					t.Errorf("gradient %d differs from float64 by %v", i, d)
				}
			}
		})
	}
}

func TestScanOfMixedTypes(t *testing.T) {
	// A complex rotation, with an integer in the state that picks a row of a table, a boolean that flips, and an integer row.
	body := func(_ *Node, state, args, x []*Node) (next, y []*Node) {
		z, k, flip := state[0], state[1], state[2]
		row := Gather(args[0], ExpandAxes(Rem(Add(k, x[0]), Const(z.Graph(), int32(3))), -1))
		step := Where(flip, row, Neg(row))
		return []*Node{Mul(z, Exp(Complex(MulScalar(step, 0.1), step))), AddScalar(k, 1), LogicalNot(flip)}, []*Node{Abs(z), k}
	}
	start := func(in []*Node) []*Node {
		g := in[0].Graph()
		return []*Node{Complex(in[0], in[1]), Const(g, int32(0)), Const(g, true)}
	}
	loss := func(final, ys []*Node) *Node {
		sum := Add(ReduceAllSum(Sin(Real(final[0]))), ReduceAllSum(Mul(Imag(final[0]), Real(final[0]))))
		return Add(sum, ReduceAllSum(Mul(Cos(ys[0]), ExpandAxes(ConvertDType(ys[1], dtypes.Float64), -1))))
	}
	for _, memory := range []autodiff.Memory{autodiff.EveryState, autodiff.Checkpoints} {
		s := autodiff.Scan{Steps: scanSteps, Memory: memory}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			xs := []*Node{Const(in[0].Graph(), []int32{0, 2, 1, 1, 0, 2, 2})}
			final, ys := s.Over(start(in), in[2:], xs, body)
			got := derivatives(loss(final, ys), in)
			final, ys = unrolled(s, scanSteps, start(in), in[2:], xs, body)
			return append(got, derivatives(loss(final, ys), in)...)
		}, check.Random(1, 4), check.Random(2, 4), check.Random(3, 3, 4))
		n := len(out) / 2
		for i := range n {
			// Round-off of some hundred operations on numbers of order 1 to 100.
			if d := check.MaxDiff(t, out[i], out[n+i]); !(d < 1e-11) {
				t.Errorf("memory %d: answer %d differs from the unrolled graph by %v", memory, i, d)
			}
		}
	}
}

func TestScanNests(t *testing.T) {
	// A scan whose body is a scan, its gradient taken inside a loop of gradient steps.
	inner := autodiff.Scan{Steps: 4, Memory: autodiff.Checkpoints}
	outer := autodiff.Scan{Steps: 3, Memory: autodiff.Checkpoints}
	step := func(_ *Node, state, args []*Node) []*Node {
		return []*Node{Add(state[0], MulScalar(Tanh(MatMul(state[0], args[0])), 0.2))}
	}
	nested := func(y, w *Node) *Node {
		return outer.Run([]*Node{y}, []*Node{w}, func(_ *Node, state, args []*Node) []*Node {
			return inner.Run(state, args, step)
		})[0]
	}
	plain := func(y, w *Node) *Node {
		for range 12 {
			y = step(nil, []*Node{y}, []*Node{w})[0]
		}
		return y
	}
	descend := func(solve func(y, w *Node) *Node, y, w *Node) *Node {
		return autodiff.For(2, []*Node{w, y}, func(_ *Node, s []*Node) []*Node {
			g := Gradient(ReduceAllSum(Square(solve(s[1], s[0]))), s[0])[0]
			return []*Node{Sub(s[0], MulScalar(g, 0.01)), s[1]}
		})[0]
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{descend(nested, in[0], in[1]), descend(plain, in[0], in[1])}
	}, check.Random(1, 2, 3), check.Random(2, 3, 3))
	// Round-off of some hundred operations on numbers of order 1.
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-12) {
		t.Errorf("differs from the unrolled graph by %v", d)
	}
}

func TestScanOddCases(t *testing.T) {
	for name, loss := range map[string]func(x *Node, memory autodiff.Memory) *Node{
		"one step, one array as state, argument and row": func(x *Node, memory autodiff.Memory) *Node {
			s := autodiff.Scan{Steps: 1, Memory: memory}
			final, _ := s.Over([]*Node{x}, []*Node{x}, []*Node{ExpandAxes(x, 0)}, func(_ *Node, s, a, x []*Node) (next, y []*Node) {
				return []*Node{Mul(Sin(s[0]), Mul(a[0], Exp(x[0])))}, nil
			})
			return ReduceAllSum(final[0])
		},
		"a state of integers, numbers in rows alone": func(x *Node, memory autodiff.Memory) *Node {
			s := autodiff.Scan{Steps: 4, Memory: memory}
			start := []*Node{Const(x.Graph(), int32(1))}
			_, ys := s.Over(start, []*Node{x}, nil, func(_ *Node, s, a, _ []*Node) (next, y []*Node) {
				return []*Node{MulScalar(s[0], 2)}, []*Node{Sin(Mul(a[0], MulScalar(ConvertDType(s[0], a[0].DType()), 0.2)))}
			})
			return ReduceAllSum(ys[0])
		},
		"a state and an argument that do nothing": func(x *Node, memory autodiff.Memory) *Node {
			s := autodiff.Scan{Steps: 4, Memory: memory}
			out := s.Run([]*Node{x, MulScalar(x, 2)}, []*Node{x}, func(_ *Node, s, _ []*Node) []*Node {
				return []*Node{Cos(s[0]), s[1]}
			})
			return Add(ReduceAllSum(out[0]), ReduceAllSum(Square(out[1])))
		},
	} {
		for _, memory := range []autodiff.Memory{autodiff.EveryState, autodiff.Checkpoints} {
			t.Run(fmt.Sprintf("%s, memory %d", name, memory), func(t *testing.T) {
				check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
					l := loss(in[0], memory)
					return Add(l, ReduceAllSum(Sin(Gradient(l, in[0])[0])))
				}, check.Random(1, 3))
			})
		}
	}
}

func TestScanRefuses(t *testing.T) {
	same := func(_ *Node, state, _, _ []*Node) (next, y []*Node) { return state, nil }
	for name, c := range map[string]struct {
		scan autodiff.Scan
		fn   autodiff.ScanBody
		xs   int
		want string
	}{
		"no steps":       {autodiff.Scan{}, same, 3, "Scan.Steps = 0"},
		"memory":         {autodiff.Scan{Steps: 3, Memory: 7}, same, 3, "Scan.Memory = 7"},
		"stretch":        {autodiff.Scan{Steps: 3, Stretch: -1}, same, 3, "Scan.Stretch = -1"},
		"inverse":        {autodiff.Scan{Steps: 3, Memory: autodiff.Inverted}, same, 3, "Scan.Inverse"},
		"rows":           {autodiff.Scan{Steps: 3}, same, 4, "want 3 rows"},
		"state's number": {autodiff.Scan{Steps: 3}, func(_ *Node, _, _, _ []*Node) (next, y []*Node) { return nil, nil }, 3, "0 arrays for a state of 1"},
		"state's shape": {autodiff.Scan{Steps: 3}, func(_ *Node, s, _, _ []*Node) (next, y []*Node) {
			return []*Node{ReduceAllSum(s[0])}, nil
		}, 3, "for state[0], want"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				final, _ := c.scan.Over(in[:1], nil, in[1:], c.fn)
				return final
			}, check.Random(1, 2), check.Random(2, c.xs, 2))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return autodiff.Scan{Steps: 3, Count: in[0]}.Run(in[:1], nil, nil)
	}, check.Random(1, 2))
	if err == nil || !strings.Contains(err.Error(), "Scan.Count") {
		t.Errorf("error %v, want one about Scan.Count", err)
	}
}
