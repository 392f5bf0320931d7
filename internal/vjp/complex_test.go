package vjp_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
)

// Away from the origin and from the cut along the negative axis.
func shifted(z *Node) *Node { return AddScalar(z, 2) }

// complexes are functions of complex z and w [4, 6], with a complex or a real answer.
func complexes() map[string]func(z, w *Node) *Node {
	return map[string]func(z, w *Node) *Node{
		"neg":                      func(z, _ *Node) *Node { return Neg(z) },
		"add of a repeated":        func(z, w *Node) *Node { return Add(z, Slice(w, AxisRange(0, 1))) },
		"sub of a repeated":        func(z, w *Node) *Node { return Sub(z, Slice(w, AxisRange(0, 1))) },
		"mul":                      Mul,
		"mul of a repeated":        func(z, w *Node) *Node { return Mul(z, Slice(w, AxisRange(0, 1))) },
		"mul by a scalar":          func(z, w *Node) *Node { return Mul(z, ReduceAllSum(w)) },
		"mul by a real":            func(z, _ *Node) *Node { return MulScalar(z, 3) },
		"square":                   func(z, _ *Node) *Node { return Square(z) },
		"div":                      func(z, w *Node) *Node { return Div(z, shifted(w)) },
		"div of a repeated":        func(z, w *Node) *Node { return Div(z, Slice(shifted(w), AxisRange(0, 1))) },
		"pow":                      func(z, w *Node) *Node { return Pow(shifted(z), w) },
		"sqrt":                     func(z, _ *Node) *Node { return Sqrt(shifted(z)) },
		"rsqrt":                    func(z, _ *Node) *Node { return Rsqrt(shifted(z)) },
		"exp":                      func(z, _ *Node) *Node { return Exp(z) },
		"expm1":                    func(z, _ *Node) *Node { return Expm1(z) },
		"log":                      func(z, _ *Node) *Node { return Log(shifted(z)) },
		"log1p":                    func(z, _ *Node) *Node { return Log1p(shifted(z)) },
		"abs":                      func(z, _ *Node) *Node { return Abs(z) },
		"conj":                     func(z, _ *Node) *Node { return Mul(z, Conj(z)) },
		"real and imag":            func(z, _ *Node) *Node { return Mul(Real(z), Imag(z)) },
		"complex":                  func(z, w *Node) *Node { return Mul(z, Complex(Real(w), Imag(z))) },
		"from a real":              func(z, w *Node) *Node { return Mul(z, ConvertDType(Real(w), z.DType())) },
		"where":                    func(z, w *Node) *Node { return Where(GreaterThan(Real(z), Real(w)), Square(z), w) },
		"matmul":                   func(z, w *Node) *Node { return MatMul(z, Transpose(w, 0, 1)) },
		"einsum":                   func(z, w *Node) *Node { return Einsum("ij,ij->i", z, w) },
		"einsum of modes":          func(z, w *Node) *Node { return Einsum("bki,kio->bko", Reshape(z, 2, 3, 4), Reshape(w, 3, 4, 2)) },
		"dot, axes out of order":   func(z, w *Node) *Node { return dotOutOfOrder(z, w) },
		"reduced sum":              func(z, _ *Node) *Node { return ReduceSum(z, 0) },
		"product":                  func(z, _ *Node) *Node { return ReduceMultiply(z, 1) },
		"mean":                     func(z, _ *Node) *Node { return ReduceMean(z, 1) },
		"cumsum":                   func(z, _ *Node) *Node { return CumSum(z, 1) },
		"slice":                    func(z, _ *Node) *Node { return Slice(z, AxisRange(1, 3), AxisRange().Stride(2)) },
		"pad":                      func(z, w *Node) *Node { return Pad(z, ReduceAllSum(w), PadAxis{Start: 1}, PadAxis{Interior: 1}) },
		"concatenate":              func(z, w *Node) *Node { return Concatenate([]*Node{z, w}, 1) },
		"reverse":                  func(z, w *Node) *Node { return Mul(w, Reverse(z, 0)) },
		"gather":                   func(z, _ *Node) *Node { return Gather(z, rows(z.Graph())) },
		"scatter":                  func(z, w *Node) *Node { return ScatterSum(w, rows(z.Graph()), z, false, false) },
		"convolution":              func(z, w *Node) *Node { return Convolve(Reshape(z, 2, 6, 2), Reshape(w, 2, 2, 6)).NoPadding().Done() },
		"fft":                      func(z, _ *Node) *Node { return FFT(z) },
		"fft over two axes":        func(z, _ *Node) *Node { return FFT(Reshape(z, 2, 3, 4), 3, 4) },
		"inverse fft":              func(z, _ *Node) *Node { return InverseFFT(z) },
		"inverse over two axes":    func(z, _ *Node) *Node { return InverseFFT(z, 4, 6) },
		"real fft":                 func(z, _ *Node) *Node { return RealFFT(Real(z)) },
		"real fft, odd":            func(z, _ *Node) *Node { return RealFFT(Reshape(Real(z), 8, 3)) },
		"real fft, 2":              func(z, _ *Node) *Node { return RealFFT(Reshape(Real(z), 12, 2)) },
		"real fft over two axes":   func(z, _ *Node) *Node { return RealFFT(Real(z), 4, 6) },
		"real fft over three":      func(z, _ *Node) *Node { return RealFFT(Reshape(Real(z), 4, 2, 3), 4, 2, 3) },
		"inverse real":             func(z, _ *Node) *Node { return InverseRealFFT(z) },
		"inverse real, odd":        func(z, _ *Node) *Node { return InverseRealFFT(z, 11) },
		"inverse real, two axes":   func(z, _ *Node) *Node { return InverseRealFFT(z, 4, 10) },
		"inverse real, odd of two": func(z, _ *Node) *Node { return InverseRealFFT(z, 4, 11) },
		"spectral product": func(z, w *Node) *Node {
			return InverseRealFFT(Mul(RealFFT(Real(z), 4, 6), RealFFT(Imag(z), 4, 6)), 4, 6)
		},
	}
}

// dotOutOfOrder contracts two axes that the sides have in another order.
func dotOutOfOrder(z, w *Node) *Node {
	return DotGeneral(Reshape(z, 2, 3, 4), []int{2, 0}, nil, Reshape(w, 4, 2, 3), []int{0, 1}, nil)
}

func TestComplex(t *testing.T) {
	in := []*tensors.Tensor{small(1, 4, 6), small(2, 4, 6), small(3, 4, 6), small(4, 4, 6)}
	for name, f := range complexes() {
		loss := func(in []*Node) *Node {
			out := f(Complex(in[0], in[1]), Complex(in[2], in[3]))
			if !out.DType().IsComplex() {
				return ReduceAllMean(Sin(out))
			}
			return ReduceAllMean(Add(Sin(Real(out)), Mul(Cos(MulScalar(Real(out), 0.7)), Imag(out))))
		}
		t.Run(name, func(t *testing.T) { bothOrders(t, loss, in...) })
	}
}

func TestConvention(t *testing.T) {
	// L = Re(zw) + 10 Im(zw) with z = x + iy, w = u + iv: ∂L/∂x = u + 10v, ∂L/∂y = −v + 10u.
	for _, dtype := range []dtypes.DType{dtypes.Complex64, dtypes.Complex128} {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			z, w := Const(in[0].Graph(), complex(1, 2)), Const(in[0].Graph(), complex(3, 5))
			z, w = ConvertDType(z, dtype), ConvertDType(w, dtype)
			p := Mul(z, w)
			return []*Node{ConvertDType(Gradient(Add(Real(p), MulScalar(Imag(p), 10)), z)[0], dtypes.Complex128)}
		}, small(1, 1))
		if got, want := tensors.ToScalar[complex128](out[0]), complex(53, 25); got != want {
			t.Errorf("%s: gradient %v, want %v", dtype, got, want)
		}
	}
}

func TestModulusAtZero(t *testing.T) {
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		z := Complex(in[0], in[0])
		return []*Node{Real(Gradient(ReduceAllSum(Abs(z)), z)[0])}
	}, tensors.FromFlatDataAndDimensions([]float64{0}, 1))
	if got := check.Floats(out[0])[0]; got != 0 {
		t.Errorf("the gradient of |z| at 0 is %v, want 0", got)
	}
}
