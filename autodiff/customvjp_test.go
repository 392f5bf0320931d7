package autodiff_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// power is x^n by a loop, elementwise, with its reverse rule.
func power(x *Node, n int) *Node {
	return autodiff.CustomVJP([]*Node{x},
		func(in []*Node) []*Node {
			out := autodiff.For(n, []*Node{in[0], OnesLike(in[0])}, func(_ *Node, s []*Node) []*Node {
				return []*Node{s[0], Mul(s[0], s[1])}
			})
			return out[1:]
		},
		func(in, _, v []*Node) []*Node {
			return []*Node{Mul(v[0], MulScalar(PowScalar(in[0], n-1), float64(n)))}
		})[0]
}

func TestCustomVJP(t *testing.T) {
	x := check.Random(1, 3, 4)
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		y, want := power(in[0], 3), Mul(in[0], Square(in[0]))
		loss := func(y *Node) *Node { return ReduceAllSum(Sin(y)) }
		first := func(y *Node) *Node { return Gradient(loss(y), in[0])[0] }
		second := func(y *Node) *Node { return Gradient(loss(first(y)), in[0])[0] }
		return []*Node{y, want, first(y), first(want), second(y), second(want)}
	}, x)
	for i, name := range []string{"value", "gradient", "second derivative"} {
		// Round-off of a few dozen operations on numbers up to about 1000.
		if d := check.MaxDiff(t, got[2*i], got[2*i+1]); !(d < 1e-11) {
			t.Errorf("%s: differs from plain operations by %v", name, d)
		}
	}
}

func TestCustomVJPTwoArrays(t *testing.T) {
	check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
		out := autodiff.CustomVJP(in,
			func(in []*Node) []*Node { return []*Node{MatMul(in[0], in[1]), Sin(in[1])} },
			func(in, _, v []*Node) []*Node {
				return []*Node{
					MatMul(v[0], Transpose(in[1], 0, 1)),
					Add(MatMul(Transpose(in[0], 0, 1), v[0]), Mul(v[1], Cos(in[1]))),
				}
			})
		return Add(ReduceAllMean(Square(out[0])), ReduceAllMean(Tanh(out[1])))
	}, check.Random(1, 3, 4), check.Random(2, 4, 2))
}

func TestCustomVJPHigherOrders(t *testing.T) {
	// The rules use an input, another input, and an output: each must lead to its own derivatives.
	forward := func(in []*Node) []*Node { return []*Node{Mul(in[0], in[1]), Exp(in[1])} }
	rule := func(in, out, v []*Node) []*Node {
		return []*Node{Mul(v[0], in[1]), Add(Mul(v[0], in[0]), Mul(v[1], out[1]))}
	}
	loss := func(y []*Node) *Node { return ReduceAllSum(Add(Sin(y[0]), Square(y[1]))) }
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		var all []*Node
		for _, l := range []*Node{loss(autodiff.CustomVJP(in, forward, rule)), loss(forward(in))} {
			for range 3 {
				g := Gradient(l, in...)
				all = append(all, g...)
				l = Add(ReduceAllSum(Sin(g[0])), ReduceAllSum(Sin(g[1])))
			}
		}
		return all
	}, check.Random(1, 3), check.Random(2, 3))
	for i := range 6 {
		// Round-off of some hundred operations; third derivatives are of order 1e3.
		if d := check.MaxDiff(t, out[i], out[6+i]); !(d < 1e-10) {
			t.Errorf("derivative %d of input %d differs from plain operations by %v", 1+i/2, i%2, d)
		}
	}
}

func TestCustomVJPGradientInARule(t *testing.T) {
	// The second input depends on the first; what the rule differentiates by must not contain that again.
	forward := func(in []*Node) []*Node { return []*Node{Mul(Sin(in[0]), in[1])} }
	rule := func(in, _, v []*Node) []*Node { return Gradient(ReduceAllSum(Mul(v[0], forward(in)[0])), in...) }
	check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
		return ReduceAllSum(autodiff.CustomVJP([]*Node{in[0], Exp(in[0])}, forward, rule)[0])
	}, check.Random(1, 3))
}

func TestCustomVJPMixedTypes(t *testing.T) {
	// x·z over rows that an integer array picks, in float32 and as its number of rows: only x and z have gradients.
	forward := func(in []*Node) []*Node {
		z := Gather(in[1], in[2])
		return []*Node{Mul(ConvertDType(in[0], z.DType()), z), ConvertDType(in[0], dtypes.Float32), AddScalar(in[2], 1)}
	}
	rule := func(in, _, v []*Node) []*Node {
		if v[2] != nil {
			t.Error("integers have a cotangent")
		}
		sum := Add(ReduceAllSum(Mul(Real(v[0]), Real(forward(in)[0]))), ReduceAllSum(Mul(Imag(v[0]), Imag(forward(in)[0]))))
		g := Gradient(sum, in[0], in[1])
		return []*Node{Add(g[0], ConvertDType(v[1], g[0].DType())), g[1], nil}
	}
	loss := func(out []*Node) *Node {
		if out[2].DType() != dtypes.Int32 || out[1].DType() != dtypes.Float32 {
			t.Errorf("outputs %s and %s, want float32 and int32", out[1].Shape(), out[2].Shape())
		}
		sum := Add(ReduceAllSum(Mul(Sin(Real(out[0])), Imag(out[0]))), ReduceAllSum(ConvertDType(out[2], dtypes.Float64)))
		return Add(sum, ReduceAllSum(ConvertDType(MulScalar(out[1], 3), dtypes.Float64)))
	}
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		rows := Const(in[0].Graph(), [][]int32{{1}, {0}, {1}})
		in = append([]*Node{in[0], Complex(in[1], in[2])}, rows)
		var all []*Node
		for _, l := range []*Node{loss(autodiff.CustomVJP(in, forward, rule)), loss(forward(in))} {
			g := Gradient(l, in[0], in[1])
			all = append(all, l, g[0], Real(g[1]), Imag(g[1]))
		}
		return all
	}, check.Random(1, 3, 1), check.Random(2, 2, 4), check.Random(3, 2, 4))
	for i := range 4 {
		// The path through float32 adds a whole number, which it holds exactly; the rest is round-off of a dozen operations.
		if d := check.MaxDiff(t, got[i], got[4+i]); !(d < 1e-13) {
			t.Errorf("answer %d differs from plain operations by %v", i, d)
		}
	}
}

func TestCustomVJPIntegersAlone(t *testing.T) {
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		twice := func(in []*Node) []*Node { return []*Node{MulScalar(in[0], 2)} }
		n := autodiff.CustomVJP([]*Node{Const(in[0].Graph(), int32(21))}, twice, nil)[0]
		return []*Node{ConvertDType(n, dtypes.Float64)}
	}, check.Random(1, 1))
	if got := check.Floats(got[0])[0]; got != 42 {
		t.Errorf("got %v, want 42", got)
	}
}

func TestCustomVJPRefuses(t *testing.T) {
	same := func(in []*Node) []*Node { return in }
	for name, c := range map[string]struct {
		fn   func(x *Node) *Node
		want string
	}{
		"no inputs": {func(*Node) *Node { return autodiff.CustomVJP(nil, same, nil)[0] }, "want at least one"},
		"no outputs": {func(x *Node) *Node {
			return autodiff.CustomVJP([]*Node{x}, func([]*Node) []*Node { return nil }, nil)[0]
		}, "no outputs"},
		"too few":      {gradientOf(func(_, _, _ []*Node) []*Node { return nil }), "returned 0 gradients, want 1"},
		"wrong shape":  {gradientOf(func(_, _, v []*Node) []*Node { return []*Node{ReduceAllSum(v[0])} }), "as its input"},
		"steps":        {func(x *Node) *Node { return autodiff.For(-1, []*Node{x}, nil)[0] }, "steps = -1"},
		"empty state":  {func(*Node) *Node { return autodiff.While(nil, nil, nil)[0] }, "state is empty"},
		"no gradients": {gradientOf(func(_, _, _ []*Node) []*Node { return []*Node{nil} }), "no gradient at all"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{c.fn(in[0])} }, check.Random(1, 3))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// gradientOf differentiates the identity by a rule.
func gradientOf(rule autodiff.VJP) func(x *Node) *Node {
	return func(x *Node) *Node {
		y := autodiff.CustomVJP([]*Node{x}, func(in []*Node) []*Node { return in }, rule)[0]
		return Gradient(ReduceAllSum(y), x)[0]
	}
}

func TestForNests(t *testing.T) {
	// Sum over i < 5 of the sum over j < i+1 of 2, by a loop within a loop.
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return autodiff.For(5, []*Node{in[0]}, func(i *Node, s []*Node) []*Node {
			inner := autodiff.While([]*Node{i, s[0]},
				func(s []*Node) *Node { return GreaterOrEqual(s[0], Const(s[0].Graph(), int32(0))) },
				func(s []*Node) []*Node { return []*Node{AddScalar(s[0], -1), AddScalar(s[1], 2)} })
			return inner[1:]
		})
	}, check.Random(3, 1))
	start := check.Floats(check.Random(3, 1))[0]
	// Fifteen additions of 2 to a number of order 1.
	if d := check.Floats(got[0])[0] - start - 30; !(d < 1e-13 && d > -1e-13) {
		t.Errorf("sum is off by %v", d)
	}
}
