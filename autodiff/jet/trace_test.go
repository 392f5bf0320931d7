package jet_test

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

func TestLaplacianOfRules(t *testing.T) {
	// Δ f(z) of z = |x|²/10 + x_0/5 + 1 in five variables is f'(z) Δz + f''(z) |∇z|².
	const n, d = 4, 5
	x := check.Random(7, n, d)
	v := check.Floats(x)
	for name, r := range rules() {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				x := jet.SeedLaplacian(in[0])
				z := jet.Add(jet.MulScalar(jet.ReduceSum(jet.Square(x)), 0.1), jet.MulScalar(jet.Column(x, 0), 0.2))
				y := r.jets(jet.AddScalar(z, 1))
				return []*Node{y.Laplacian(), y.Gradient()}
			}, x)
			laplacian, gradient := make([]float64, n), make([]float64, d*n)
			for i := range n {
				z, squares := 1+0.2*v[i*d], 0.0
				slope := make([]float64, d)
				for k := range d {
					z += 0.1 * v[i*d+k] * v[i*d+k]
					slope[k] = 0.2 * v[i*d+k]
				}
				slope[0] += 0.2
				f := r.closed(z)
				for k := range d {
					squares += slope[k] * slope[k]
					gradient[k*n+i] = f[1] * slope[k]
				}
				laplacian[i] = f[1]*0.2*d + f[2]*squares
			}
			// Round-off of some thirty operations.
			if diff := relative(t, out[0], tensors.FromFlatDataAndDimensions(laplacian, n, 1)); !(diff < 1e-13) {
				t.Errorf("Laplacian %v, want %v", check.Floats(out[0]), laplacian)
			}
			if diff := relative(t, out[1], tensors.FromFlatDataAndDimensions(gradient, d, n, 1)); !(diff < 1e-13) {
				t.Errorf("gradient %v, want %v", check.Floats(out[1]), gradient)
			}
		})
	}
}

func TestLaplacianOfLayers(t *testing.T) {
	set := jet.Set{
		Variables: []string{"t", "x"}, Derivatives: []string{"tt", "xx"},
		Operators: []jet.Operator{{Name: "Δ", Terms: []jet.Term{{"tt", 1}, {"xx", 1}}}},
	}
	for name, l := range layers() {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				y, z := l.jets(jet.SeedLaplacian(in[0]), in[1:]), l.jets(jet.Seed(set, in[0]), in[1:])
				sum := Add(z.D("tt"), z.D("xx"))
				return []*Node{y.Laplacian(), sum, y.Gradient(), Stack([]*Node{z.D("t"), z.D("x")}, 0), z.Operator("Δ"), sum}
			}, weights()...)
			for i, what := range []string{"Laplacian", "gradient", "operator"} {
				// The same sums in another order, through four layers.
				if d := relative(t, out[2*i], out[2*i+1]); !(d < 1e-13) {
					t.Errorf("%s differs by %v from what jets of single derivatives give", what, d)
				}
			}
		})
	}
}

func TestTraceWithDrift(t *testing.T) {
	// u = e^{-t} sin(x) cos(2y) under u_t + 3 u_xx + u_yy/4 + u_xy, whose directions are (√3, 1/(2√3)) and the rest of u_yy.
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		a := math.Sqrt(3)
		b := 1 / (2 * a)
		directions := Const(g, [][]float64{{0, a, b}, {0, 0, math.Sqrt(0.25 - b*b)}})
		x := jet.SeedTrace(in[0], directions, Const(g, [][]float64{{1, 0, 0}}))
		u := jet.Mul(jet.Exp(jet.Neg(jet.Column(x, 0))), jet.Mul(jet.Sin(jet.Column(x, 1)), jet.Cos(jet.MulScalar(jet.Column(x, 2), 2))))
		return []*Node{u.Laplacian()}
	}, check.Random(3, 4, 3))
	v, got := check.Floats(check.Random(3, 4, 3)), check.Floats(out[0])
	for i := range got {
		e := math.Exp(-v[3*i])
		sx, cx := math.Sincos(v[3*i+1])
		sy, cy := math.Sincos(2 * v[3*i+2])
		want := e * (-sx*cy - 3*sx*cy - sx*cy - 2*cx*sy)
		if !(math.Abs(got[i]-want) < 1e-14*(1+e)) { // a dozen operations
			t.Errorf("point %d: %v, want %v", i, got[i], want)
		}
	}
}

func TestHutchinson(t *testing.T) {
	const d, k = 6, 4
	// A quadratic xᵀAx/2: over all 2^d sign vectors, which are the whole distribution, the mean is the trace of A exactly.
	a := check.Random(5, d, d)
	signs := make([]float64, 0, 1<<d*d)
	for s := range 1 << d {
		for i := range d {
			signs = append(signs, float64(2*(s>>i&1)-1))
		}
	}
	uniform := make([]float64, k*2*d)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range uniform {
		uniform[i] = r.Float64()
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		quadratic := func(x jet.Jet) jet.Jet { return jet.MulScalar(jet.ReduceSum(jet.Mul(x, jet.MatMul(x, in[1]))), 0.5) }
		all := quadratic(jet.SeedHutchinson(in[0], in[2]))
		v := jet.Rademacher(in[3])
		// For each point its own directions: v_kᵀ A v_k averaged.
		few := quadratic(jet.SeedHutchinson(in[0], v))
		form := MulScalar(ReduceSum(Mul(v, Einsum("knd,de->kne", v, in[1])), 0, 2), 1.0/k)
		// With a diagonal Hessian a single sign vector is exact.
		diagonal := jet.ReduceSum(jet.Exp(jet.SeedHutchinson(in[0], Slice(v, AxisRange(0, 1)))))
		return []*Node{all.Laplacian(), few.Laplacian(), Reshape(form, 2, 1), diagonal.Laplacian(), ReduceAndKeep(Exp(in[0]), ReduceSum, -1), v}
	}, check.Random(6, 2, d), a, tensors.FromFlatDataAndDimensions(signs, 1<<d, d), tensors.FromFlatDataAndDimensions(uniform, k, 2, d))
	trace := 0.0
	for i := range d {
		trace += check.Floats(a)[i*d+i]
	}
	for i, got := range check.Floats(out[0]) {
		if !(math.Abs(got-trace) < 1e-12) { // 64 terms of size up to 20
			t.Errorf("point %d: mean over all signs %v, want the trace %v", i, got, trace)
		}
	}
	if diff := check.MaxDiff(t, out[1], out[2]); !(diff < 1e-13) { // sums of 36 terms
		t.Errorf("estimate differs from the quadratic form by %v", diff)
	}
	if diff := check.MaxDiff(t, out[3], out[4]); !(diff < 1e-13) {
		t.Errorf("a diagonal Hessian's trace is off by %v", diff)
	}
	for i, v := range check.Floats(out[5]) {
		if want := math.Copysign(1, uniform[i]-0.5); v != want {
			t.Errorf("sign %d of the draw %v is %v, want %v", i, uniform[i], v, want)
		}
	}
}

func TestAlongDirections(t *testing.T) {
	// u = sin(w·x) along v: the fourth derivative is (w·v)⁴ sin(w·x).
	w := []float64{0.7, -0.4, 1.1}
	x, v := check.Random(8, 5, 3), check.Random(9, 5, 3)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		set := jet.Set{Variables: []string{"s"}, Derivatives: []string{"ssss"}}
		return []*Node{jet.Sin(jet.MatMul(jet.SeedAlong(set, in[0], in[1]), in[2])).D("ssss")}
	}, x, v, tensors.FromFlatDataAndDimensions(w, 3, 1))
	for i, got := range check.Floats(out[0]) {
		wx, wv := 0.0, 0.0
		for k := range w {
			wx += w[k] * check.Floats(x)[3*i+k]
			wv += w[k] * check.Floats(v)[3*i+k]
		}
		if want := math.Pow(wv, 4) * math.Sin(wx); !(math.Abs(got-want) < 1e-13*(1+math.Abs(want))) { // some ten operations
			t.Errorf("point %d: %v, want %v", i, got, want)
		}
	}
}
