package autodiff_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// branches are two functions of a matrix [2, 3] and a vector [3], with loops, reductions and constants inside.
func branches() (yes, no func(args []*Node) []*Node) {
	yes = func(args []*Node) []*Node {
		s := autodiff.Scan{Steps: 3}.Run(args[:1], args[1:2], func(_ *Node, state, args []*Node) []*Node {
			return []*Node{Sin(Mul(state[0], ExpandAxes(AddScalar(args[0], 0.5), 0)))}
		})
		return []*Node{s[0], ReduceAllSum(args[1])}
	}
	no = func(args []*Node) []*Node {
		return []*Node{MulScalar(Square(args[0]), 0.5), Add(ReduceAllSum(args[0]), ReduceAllSum(Exp(args[1])))}
	}
	return yes, no
}

func TestIf(t *testing.T) {
	yes, no := branches()
	for _, pred := range []bool{true, false} {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			taken := no
			if pred {
				taken = yes
			}
			loss := func(y []*Node) *Node { return Add(ReduceAllSum(Sin(y[0])), Square(y[1])) }
			got := autodiff.If(in[2], in[:2], yes, no)
			want := taken(in[:2])
			return append(derivatives(loss(got), in[:2]), derivatives(loss(want), in[:2])...)
		}, check.Random(1, 2, 3), check.Random(2, 3), pred)
		n := len(out) / 2
		for i := range n {
			// The same operations: round-off of a few dozen on numbers up to about 100.
			if d := check.MaxDiff(t, out[i], out[n+i]); !(d < 1e-12) {
				t.Errorf("%v: answer %d differs from the branch's own by %v", pred, i, d)
			}
		}
	}
}

func TestIfNests(t *testing.T) {
	// The Collatz sequence: a choice in a choice in a loop, with integers and a real that has a gradient.
	next := func(s []*Node) []*Node {
		odd := Equal(Rem(s[0], Const(s[0].Graph(), int32(2))), Const(s[0].Graph(), int32(1)))
		isOne := Equal(s[0], Const(s[0].Graph(), int32(1)))
		return autodiff.If(isOne, append([]*Node{odd}, s...),
			func(s []*Node) []*Node { return s[1:] },
			func(s []*Node) []*Node {
				return autodiff.If(s[0], s[1:],
					func(s []*Node) []*Node { return []*Node{AddScalar(MulScalar(s[0], 3), 1), Mul(s[1], s[1])} },
					func(s []*Node) []*Node {
						return []*Node{Div(s[0], Const(s[0].Graph(), int32(2))), MulScalar(s[1], 2)}
					})
			})
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		s := autodiff.Scan{Steps: 12}.Run([]*Node{Const(in[0].Graph(), int32(6)), in[0]}, nil,
			func(_ *Node, s, _ []*Node) []*Node { return next(s) })
		return []*Node{ConvertDType(s[0], dtypes.Float64), s[1], Gradient(s[1], in[0])[0]}
	}, 0.75)
	// 6 3 10 5 16 8 4 2 1: halve, square, halve, square, halve four times. ((2x)²·2)²·16 = 1024 x⁴.
	const x = 0.75
	for i, want := range []float64{1, 1024 * x * x * x * x, 4096 * x * x * x} {
		if got := check.Floats(out[i])[0]; got != want { // products of few bits, exact
			t.Errorf("answer %d is %v, want %v", i, got, want)
		}
	}
}

func TestIfComputesOneBranch(t *testing.T) {
	// The other branch is a loop that would not end within the test's time.
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		long := func(s []*Node) []*Node {
			return autodiff.For(math.MaxInt32, s, func(_ *Node, s []*Node) []*Node { return []*Node{Sin(AddScalar(s[0], 1))} })
		}
		return autodiff.If(in[0], in[1:], func(s []*Node) []*Node { return []*Node{Neg(s[0])} }, long)
	}, true, check.Random(1, 1000))
	if got, want := check.Floats(out[0])[0], -check.Floats(check.Random(1, 1000))[0]; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSort(t *testing.T) {
	for _, axis := range []int{0, 1, -1} {
		in := []*tensors.Tensor{check.Random(1, 4, 3, 5), check.Random(2, 4, 3, 5)}
		loss := func(in []*Node) *Node {
			sorted, carried := autodiff.Sort(axis, in[0], in[1], ConvertDType(in[1], dtypes.Float32))
			if carried[1].DType() != dtypes.Float32 {
				t.Errorf("a float32 payload comes back as %s", carried[1].Shape())
			}
			weight := MulScalar(IotaFull(sorted.Graph(), sorted.Shape()), 0.05)
			return ReduceAllMean(Mul(weight, Add(Sin(Mul(sorted, carried[0])), Square(carried[0]))))
		}
		check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
			sum := loss(in)
			for _, g := range Gradient(sum, in...) {
				sum = Add(sum, ReduceAllSum(Sin(g)))
			}
			return sum
		}, in...)
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			sorted, carried := autodiff.Sort(axis, in[0], MulScalar(in[0], 2))
			return []*Node{sorted, MulScalar(carried[0], 0.5)}
		}, in[0])
		if d := check.MaxDiff(t, out[0], out[1]); d != 0 { // powers of two
			t.Errorf("axis %d: payloads do not follow their keys", axis)
		}
		wantRising(t, axis, in[0], out[0])
	}
}

// wantRising wants the lines of sorted along an axis of [4, 3, 5] to be those of x in rising order.
func wantRising(t *testing.T, axis int, x, sorted *tensors.Tensor) {
	t.Helper()
	a, b := check.Floats(x), check.Floats(sorted)
	stride, length := 15, 4
	if axis == 1 {
		stride, length = 5, 3
	}
	if axis == -1 {
		stride, length = 1, 5
	}
	for start := range a {
		if start/stride%length != 0 {
			continue
		}
		var line, got []float64
		for k := range length {
			line, got = append(line, a[start+k*stride]), append(got, b[start+k*stride])
		}
		slices.Sort(line)
		if !slices.Equal(line, got) {
			t.Errorf("axis %d: got %v, want %v", axis, got, line)
		}
	}
}

func TestSortOrder(t *testing.T) {
	nan := math.NaN()
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		keys := Concatenate([]*Node{in[0], Neg(in[0])}, 0) // NaNs of both signs
		return []*Node{
			ConvertDType(autodiff.ArgSort(0, keys), dtypes.Float64),
			ConvertDType(autodiff.ArgSort(0, Const(keys.Graph(), []int32{5, -3, 5, 0})), dtypes.Float64),
		}
	}, []float64{nan, 1, math.Inf(1), 1})
	for i, want := range [][]float64{{6, 5, 7, 1, 3, 2, 0, 4}, {1, 3, 0, 2}} {
		if got := check.Floats(out[i]); !slices.Equal(got, want) {
			t.Errorf("order %v, want %v", got, want)
		}
	}
}

func TestSortInALoop(t *testing.T) {
	// Each step sorts and moves: the whole trains.
	check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
		out := autodiff.Scan{Steps: 4}.Run(in[:1], in[1:], func(_ *Node, state, args []*Node) []*Node {
			sorted, _ := autodiff.Sort(0, state[0])
			return []*Node{Sin(Add(MulScalar(sorted, 2), args[0]))}
		})
		return ReduceAllSum(Mul(out[0], in[1]))
	}, check.Random(1, 6), check.Random(2, 6))
}

func TestChoiceRefuses(t *testing.T) {
	same := func(s []*Node) []*Node { return s }
	for name, c := range map[string]struct {
		fn   func(x *Node) *Node
		want string
	}{
		"pred":    {func(x *Node) *Node { return autodiff.If(x, []*Node{x}, same, same)[0] }, "want a scalar boolean"},
		"no args": {func(x *Node) *Node { return autodiff.If(Const(x.Graph(), true), nil, same, same)[0] }, "no args"},
		"branches": {func(x *Node) *Node {
			return autodiff.If(Const(x.Graph(), true), []*Node{x}, same, func(s []*Node) []*Node { return []*Node{ReduceAllSum(s[0])} })[0]
		}, ""},
		"complex keys": {func(x *Node) *Node { return autodiff.ArgSort(0, Complex(x, x)) }, "want an array of reals"},
		"payload": {func(x *Node) *Node {
			_, carried := autodiff.Sort(0, x, ReduceAllSum(x))
			return carried[0]
		}, "want the dimensions of the keys"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{c.fn(in[0])} }, check.Random(1, 3))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
