package autodiff_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// network is two outputs of an input [4, 3] and weights [3, 5], through the kinds of operations that have rules of their own.
func network(in []*Node) []*Node {
	h := Tanh(MatMul(in[0], in[1]))
	h = autodiff.Scan{Steps: 3, Memory: autodiff.Checkpoints}.Run([]*Node{h}, []*Node{in[1]}, func(_ *Node, s, args []*Node) []*Node {
		return []*Node{Add(s[0], MulScalar(Sin(MatMul(MatMul(s[0], Transpose(args[0], 0, 1)), args[0])), 0.1))}
	})[0]
	sorted, _ := autodiff.Sort(1, h)
	chosen := autodiff.If(GreaterThan(ReduceAllSum(in[0]), ReduceAllSum(in[1])), []*Node{sorted},
		func(s []*Node) []*Node { return []*Node{Square(s[0])} }, func(s []*Node) []*Node { return []*Node{Exp(s[0])} })[0]
	spectrum := FFT(Complex(chosen, h))
	return []*Node{ReduceSum(Mul(Real(spectrum), Imag(spectrum)), 1), Softmax(chosen, 1)}
}

// inner is the inner product of two lists of real arrays.
func inner(x, y []*Node) *Node {
	sum := Const(x[0].Graph(), 0.0)
	for i := range x {
		sum = Add(sum, ReduceAllSum(Mul(x[i], y[i])))
	}
	return sum
}

func TestJVP(t *testing.T) {
	const h = 1e-5
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x, v := in[:2], in[2:]
		moved := func(h float64) []*Node {
			return network([]*Node{Add(x[0], MulScalar(v[0], h)), Add(x[1], MulScalar(v[1], h))})
		}
		after, before := moved(h), moved(-h)
		var differences []*Node
		for i := range after {
			differences = append(differences, MulScalar(Sub(after[i], before[i]), 1/(2*h)))
		}
		return append(autodiff.JVP(network(x), x, v), differences...)
	}, check.Random(1, 4, 3), check.Random(2, 3, 5), check.Random(3, 4, 3), check.Random(4, 3, 5))
	for i := range 2 {
		// Truncation h²·f‴ ≈ 1e-10·1e3 and cancellation 1e-15·10/h ≈ 1e-9 for values to 10 and third derivatives to 1e3.
		if d := check.MaxDiff(t, out[i], out[2+i]); !(d < 1e-6) {
			t.Errorf("output %d differs from central differences by %v", i, d)
		}
	}
}

func TestJVPClosedForms(t *testing.T) {
	// y = (x·w, w²), tangents (t, s): (t·w + x·s, 2 w·s); and of complex numbers z³: 3 z² t.
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x, w, dx, dw := in[0], in[1], in[2], in[3]
		got := autodiff.JVP([]*Node{Mul(x, w), Square(w)}, []*Node{x, w}, []*Node{dx, dw})
		z, dz := Complex(x, w), Complex(dx, dw)
		cube := autodiff.JVP([]*Node{Mul(z, Square(z)), Real(z)}, []*Node{z}, []*Node{dz})
		want := Mul(MulScalar(Square(z), 3), dz)
		return []*Node{
			got[0], Add(Mul(dx, w), Mul(x, dw)), got[1], MulScalar(Mul(w, dw), 2),
			Real(cube[0]), Real(want), Imag(cube[0]), Imag(want), cube[1], dx,
		}
	}, check.Random(1, 5), check.Random(2, 5), check.Random(3, 5), check.Random(4, 5))
	for i := 0; i < len(out); i += 2 {
		// A few operations on numbers up to about 30.
		if d := check.MaxDiff(t, out[i], out[i+1]); !(d < 1e-13) {
			t.Errorf("answer %d differs from the closed form by %v", i/2, d)
		}
	}
}

func TestJVPOfScalars(t *testing.T) {
	// Two scalar outputs, which must not be taken for one.
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		y := []*Node{Sin(in[0]), MulScalar(in[0], 3), Const(in[0].Graph(), 1.0)}
		return autodiff.JVP(y, in, []*Node{Const(in[0].Graph(), 2.0)})
	}, 0.0)
	for i, want := range []float64{2, 6, 0} {
		if got := check.Floats(out[i])[0]; got != want { // cos 0 = 1
			t.Errorf("derivative %d is %v, want %v", i, got, want)
		}
	}
}

func TestPullback(t *testing.T) {
	// A cotangent that depends on x is a constant for the product, x²·2x, and not for the product's derivative, 6x².
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x := in[0]
		g := autodiff.Pullback([]*Node{Square(x), x}, []*Node{Square(x), nil}, in)[0]
		return []*Node{g, MulScalar(Mul(x, Square(x)), 2), Gradient(ReduceAllSum(g), x)[0], MulScalar(Square(x), 6)}
	}, check.Random(1, 4))
	for i := range 2 {
		// A few operations on numbers up to about 20.
		if d := check.MaxDiff(t, out[2*i], out[2*i+1]); !(d < 1e-13) {
			t.Errorf("order %d differs from the closed form by %v", i+1, d)
		}
	}
}

func TestHVP(t *testing.T) {
	const h = 1e-5
	loss := func(x []*Node) *Node {
		y := network(x)
		return Add(ReduceAllMean(Sin(y[0])), ReduceAllSum(Square(y[1])))
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x, v, w := in[:2], in[2:4], in[4:6]
		moved := func(h float64) []*Node {
			at := []*Node{Add(x[0], MulScalar(v[0], h)), Add(x[1], MulScalar(v[1], h))}
			return Gradient(loss(at), at...)
		}
		after, before := moved(h), moved(-h)
		l := loss(x)
		hv, hw := autodiff.HVP(l, x, v), autodiff.HVP(l, x, w)
		return []*Node{
			hv[0], MulScalar(Sub(after[0], before[0]), 1/(2*h)), hv[1], MulScalar(Sub(after[1], before[1]), 1/(2*h)),
			inner(w, hv), inner(v, hw),
		}
	}, check.Random(1, 4, 3), check.Random(2, 3, 5), check.Random(3, 4, 3), check.Random(4, 3, 5), check.Random(5, 4, 3), check.Random(6, 3, 5))
	for i := range 2 {
		// Differences: truncation and cancellation of gradients up to 100, as above.
		if d := check.MaxDiff(t, out[2*i], out[2*i+1]); !(d < 1e-5) {
			t.Errorf("product with input %d differs from central differences by %v", i, d)
		}
	}
	// H is symmetric: round-off of some thousand operations on numbers up to 1e3.
	if d := check.MaxDiff(t, out[4], out[5]); !(d < 1e-9) {
		t.Errorf("wᵀHv and vᵀHw differ by %v", d)
	}
}

func TestHVPOfAQuadraticForm(t *testing.T) {
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x, a, v := in[0], in[1], in[2]
		form := ReduceAllSum(Mul(x, MatMul(x, a)))
		return []*Node{autodiff.HVP(form, []*Node{x}, []*Node{v})[0], MatMul(v, Add(a, Transpose(a, 0, 1)))}
	}, check.Random(1, 1, 6), check.Random(2, 6, 6), check.Random(3, 1, 6))
	// Sums of a dozen products of order 1.
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-13) {
		t.Errorf("differs from (A + Aᵀ)v by %v", d)
	}
}

func TestGaussNewtonProduct(t *testing.T) {
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x, v := in[0], in[1]
		w := in[2]
		// One sample a row: its Jacobian gives the products of dense matrices.
		y := Tanh(MatMul(Sin(x), w))
		j := autodiff.Jacobian(y, x)
		jv := Einsum("bmn,bn->bm", j, v)
		// The loss Σ exp(y): H = diag(exp(y)).
		hessian := func(dy []*Node) []*Node { return []*Node{Mul(Exp(y), dy[0])} }
		got := autodiff.GaussNewtonProduct([]*Node{y}, []*Node{x}, []*Node{v}, nil)
		weighted := autodiff.GaussNewtonProduct([]*Node{y}, []*Node{x}, []*Node{v}, hessian)
		// Where y is linear in x, the loss's own second derivatives are the product.
		linear := MatMul(x, w)
		full := autodiff.HVP(ReduceAllSum(Exp(linear)), []*Node{x}, []*Node{v})
		short := autodiff.GaussNewtonProduct([]*Node{linear}, []*Node{x}, []*Node{v}, func(dy []*Node) []*Node {
			return []*Node{Mul(Exp(linear), dy[0])}
		})
		dense := Einsum("bmn,bm->bn", j, jv)
		return []*Node{
			got[0], dense, weighted[0], Einsum("bmn,bm->bn", j, Mul(Exp(y), jv)), short[0], full[0],
			Gradient(ReduceAllSum(Sin(got[0])), x)[0], Gradient(ReduceAllSum(Sin(dense)), x)[0],
		}
	}, check.Random(1, 3, 4), check.Random(2, 3, 4), check.Random(3, 4, 5))
	for i := 0; i < len(out); i += 2 {
		// Sums of some dozen products; exp of numbers to 5.
		if d := check.MaxDiff(t, out[i], out[i+1]); !(d < 1e-11) {
			t.Errorf("product %d differs by %v", i/2, d)
		}
	}
}

func TestJacobian(t *testing.T) {
	// y_i = sin(Σ_j w_ij x_j): ∂y_i/∂x_j = w_ij cos(…); both ways, with more outputs than inputs and fewer.
	for _, m := range []int{2, 20} {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			x, w := in[0], in[1]
			z := Einsum("bij,ijm->bm", x, w)
			got := autodiff.Jacobian(Sin(z), x)
			want := Einsum("bm,ijm->bmij", Cos(z), w)
			if !got.Shape().Equal(want.Shape()) {
				t.Fatalf("shape %s, want %s", got.Shape(), want.Shape())
			}
			// The Jacobian has a derivative in its turn.
			return []*Node{got, want, Gradient(ReduceAllSum(Sin(got)), x)[0], Gradient(ReduceAllSum(Sin(want)), x)[0]}
		}, check.Random(1, 3, 2, 2), check.Random(2, 2, 2, m))
		for i := range 2 {
			// Sums of up to eighty products of order 1.
			if d := check.MaxDiff(t, out[2*i], out[2*i+1]); !(d < 1e-12) {
				t.Errorf("%d outputs: order %d differs from the closed form by %v", m, i+1, d)
			}
		}
	}
}

func TestProductsRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		fn   func(x *Node) *Node
		want string
	}{
		"number": {func(x *Node) *Node { return autodiff.JVP([]*Node{x}, []*Node{x}, nil)[0] }, "JVP: 0 arrays for 1"},
		"shape": {func(x *Node) *Node {
			return autodiff.HVP(ReduceAllSum(x), []*Node{x}, []*Node{ReduceAllSum(x)})[0]
		}, "HVP: array 0"},
		"hessian": {func(x *Node) *Node {
			return autodiff.GaussNewtonProduct([]*Node{x}, []*Node{x}, []*Node{x}, func([]*Node) []*Node { return nil })[0]
		}, "GaussNewtonProduct: 0 arrays"},
		"batch": {func(x *Node) *Node { return autodiff.Jacobian(ReduceAllSum(x), x) }, "one batch axis"},
		"type":  {func(x *Node) *Node { return autodiff.Jacobian(ConvertDType(x, dtypes.Int32), x) }, "want real numbers"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{c.fn(in[0])} }, check.Random(1, 3))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// BenchmarkProducts times the products with weights of a dense network, beside its value and its gradient.
func BenchmarkProducts(b *testing.B) {
	net := func(in []*Node) *Node {
		h := in[0]
		for i := 1; i < 5; i++ {
			h = Tanh(MatMul(h, MulScalar(in[i], 0.1)))
		}
		return h
	}
	in := []any{check.Random(1, 2000, 128)}
	for i := range 4 {
		in = append(in, check.Random(uint64(i), 128, 128))
	}
	for i := range 4 {
		in = append(in, check.Random(uint64(i+7), 128, 128))
	}
	for name, f := range map[string]func(in []*Node) []*Node{
		"forward":  func(in []*Node) []*Node { return []*Node{ReduceAllSum(net(in))} },
		"gradient": func(in []*Node) []*Node { return Gradient(ReduceAllSum(Square(net(in))), in[1:5]...) },
		"JVP": func(in []*Node) []*Node {
			return []*Node{ReduceAllSum(autodiff.JVP([]*Node{net(in)}, in[1:5], in[5:])[0])}
		},
		"HVP":          func(in []*Node) []*Node { return autodiff.HVP(ReduceAllSum(Square(net(in))), in[1:5], in[5:]) },
		"Gauss-Newton": func(in []*Node) []*Node { return autodiff.GaussNewtonProduct([]*Node{net(in)}, in[1:5], in[5:], nil) },
	} {
		b.Run(name, func(b *testing.B) {
			exec, err := model.NewExec(check.Backend(b), model.NewStore(), zoo.GraphFn(name, func(_ *model.Scope, in []*Node) []*Node { return f(in) }))
			if err != nil {
				b.Fatal(err)
			}
			defer exec.Finalize()
			run := func() {
				o, err := exec.Exec(in...)
				if err != nil {
					b.Fatal(err)
				}
				check.Floats(o[0])
			}
			run()
			for b.Loop() {
				run()
			}
		})
	}
}
