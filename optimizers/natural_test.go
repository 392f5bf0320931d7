package optimizers_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// linear is A·θ − b.
func linear(params, data []*Node) *Node {
	return Sub(Einsum("ij,j->i", data[0], params[0]), data[1])
}

// dense is a tensor as a matrix.
func dense(x *tensors.Tensor) *mat.Dense {
	d := append(append([]int{}, x.Shape().Dimensions...), 1)
	return mat.NewDense(d[0], d[1], check.Floats(x))
}

func TestNaturalGradientSolvesALinearModelInOneStep(t *testing.T) {
	for _, size := range [][2]int{{12, 5}, {4, 9}} { // more and fewer residuals than parameters
		for _, way := range []optimizers.Factorisation{optimizers.ByQR, optimizers.ByCholesky} {
			m, p := size[0], size[1]
			a, b, start := check.Random(1, m, p), check.Random(2, m), check.Random(3, p)
			n := optimizers.NaturalGradient{Damping: 1e-13, Factorise: way}
			out := eval(t, func(in []*Node) []*Node {
				next, state := n.Step(optimizers.LeastSquares{{Of: linear, Data: 2}}, in[:1], in[1:], n.Init(in[:1]))
				return []*Node{next[0], state[1]}
			}, start, a, b)
			// Gauss-Newton with exact line search ends at θ + A⁺(b − Aθ); its step along A⁺ is 1.
			var svd mat.SVD
			if !svd.Factorize(dense(a), mat.SVDThin) {
				t.Fatal("no singular values")
			}
			var left, want mat.Dense
			left.Mul(dense(a), dense(start))
			left.Sub(dense(b), &left)
			svd.SolveTo(&want, &left, min(m, p))
			want.Add(&want, dense(start))
			for i, x := range check.Floats(out[0]) {
				// Singular values are above 0.1: λ moves the answer by 1e-13/0.01, round-off by less.
				if !(math.Abs(x-want.At(i, 0)) < 1e-10) {
					t.Errorf("%d × %d, way %d: θ%d = %v, want %v", m, p, way, i, x, want.At(i, 0))
				}
			}
		}
	}
}

func TestNaturalGradientFollowsItsFormula(t *testing.T) {
	const lambda, mu, rate, steps = 0.3, 0.9, 0.5, 4
	for _, size := range [][2]int{{8, 3}, {3, 8}} {
		for _, way := range []optimizers.Factorisation{optimizers.ByQR, optimizers.ByCholesky} {
			m, p := size[0], size[1]
			a, b, start := check.Random(4, m, p), check.Random(5, m), check.Random(6, p)
			n := optimizers.NaturalGradient{Damping: lambda, Momentum: mu, Rate: rate, Factorise: way}
			out := eval(t, func(in []*Node) []*Node {
				best, report := n.Minimise(optimizers.LeastSquares{{Of: linear, Data: 2}}, in[:1], in[1:], steps)
				return []*Node{best[0], report.Loss}
			}, start, a, b)
			j, theta, phi := dense(a), dense(start), mat.NewDense(p, 1, nil)
			gram := new(mat.Dense)
			gram.Mul(j.T(), j)
			for i := range p {
				gram.Set(i, i, gram.At(i, i)+lambda)
			}
			residual := func() *mat.Dense {
				r := new(mat.Dense)
				r.Mul(j, theta)
				r.Sub(r, dense(b))
				return r
			}
			for range steps {
				var carried, right, fresh mat.Dense
				carried.Scale(mu, phi)
				right.Mul(j, &carried)
				right.Sub(residual(), &right)
				var g mat.Dense
				g.Mul(j.T(), &right)
				if err := fresh.Solve(gram, &g); err != nil {
					t.Fatal(err)
				}
				phi.Add(&carried, &fresh)
				var step mat.Dense
				step.Scale(rate, phi)
				theta.Sub(theta, &step)
			}
			for i, x := range check.Floats(out[0]) {
				// Four solves with a condition number up to 100.
				if !(math.Abs(x-theta.At(i, 0)) < 1e-12) {
					t.Errorf("%d × %d, way %d: θ%d = %v, want %v", m, p, way, i, x, theta.At(i, 0))
				}
			}
			r := mat.Norm(residual(), 2)
			if got := check.Floats(out[1])[0]; !(math.Abs(got-r*r/2) < 1e-12) {
				t.Errorf("%d × %d, way %d: loss %v, want %v", m, p, way, got, r*r/2)
			}
		}
	}
}

func TestNaturalGradientSearchesItsGrid(t *testing.T) {
	// r = θ/√(1+θ²) from θ = 4: φ = θ(1+θ²) = 68, and r² is least where |4 − 68·2^−k| is, at k = 4.
	line := optimizers.LeastSquares{{Of: func(params, _ []*Node) *Node {
		return Div(params[0], Sqrt(AddScalar(Square(params[0]), 1)))
	}}}
	const want = 4 - 68.0/16
	n := optimizers.NaturalGradient{Damping: 1e-14}
	out := eval(t, func(in []*Node) []*Node {
		next, _ := n.Step(line, in, nil, n.Init(in))
		return next
	}, []float64{4})
	if got := check.Floats(out[0])[0]; !(math.Abs(got-want) < 1e-9) { // λ against J² = 2e-4
		t.Errorf("θ = %v, want %v", got, want)
	}
}

// poissonInside is Δu + 2π² sin(πx) sin(πy) at points [n, 2], of the network u = a·tanh(xW + b) with closed derivatives: tanh″ is
// −2 tanh (1 − tanh²).
func poissonInside(params, data []*Node) *Node {
	w, b, a := params[0], params[1], params[2]
	h := Tanh(Add(MatMul(data[0], w), b))
	second := MulScalar(Mul(h, OneMinus(Square(h))), -2)
	laplace := MatMul(second, Mul(a, ExpandAxes(ReduceSum(Square(w), 0), -1)))
	sines := Sin(MulScalar(data[0], math.Pi))
	force := Mul(Slice(sines, AxisRange(), AxisElem(0)), Slice(sines, AxisRange(), AxisElem(1)))
	return Add(laplace, MulScalar(force, 2*math.Pi*math.Pi))
}

// poissonValue is the network.
func poissonValue(params, data []*Node) *Node {
	return MatMul(Tanh(Add(MatMul(data[0], params[0]), params[1])), params[2])
}

// poisson is the loss of 10 × 10 points inside and 40 on the edge of the unit square, for −Δu = 2π² sin πx sin πy, u = 0 on
// the edge; and 20 × 20 points where the solution is compared.
func poisson() (problem optimizers.LeastSquares, inside, edge, grid *tensors.Tensor, exact []float64) {
	const n, side = 10, 20
	var in, on, at []float64
	for i := range n {
		s := (float64(i) + 0.5) / n
		on = append(on, s, 0, s, 1, 0, s, 1, s)
		for k := range n {
			in = append(in, s, (float64(k)+0.5)/n)
		}
	}
	for i := range side {
		for k := range side {
			x, y := float64(i)/(side-1), float64(k)/(side-1)
			at = append(at, x, y)
			exact = append(exact, math.Sin(math.Pi*x)*math.Sin(math.Pi*y))
		}
	}
	problem = optimizers.LeastSquares{
		{Of: poissonInside, Data: 1, BySample: true},
		{Of: func(params, data []*Node) *Node { return MulScalar(poissonValue(params, data), 10) }, Data: 1, BySample: true},
	}
	points := func(v []float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, len(v)/2, 2) }
	return problem, points(in), points(on), points(at), exact
}

// fitting is the objective of a least-squares problem for a first-order method.
type fitting struct {
	zoo.Objective
	problem      optimizers.LeastSquares
	params, data []*Node
}

func (f fitting) Grad() []*Node { return Gradient(f.problem.Loss(f.params, f.data), f.params...) }

func (f fitting) Rate() *Node { return Scalar(f.params[0].Graph(), dtypes.Float64, 3e-3) }

func TestNaturalGradientOnPoissonsEquation(t *testing.T) {
	const width, steps, adamSteps = 16, 300, 5000
	problem, inside, edge, grid, exact := poisson()
	start := []any{check.Random(1, 2, width), check.Random(2, 1, width), check.Random(3, width, 1), inside, edge, grid}
	error2 := func(u *tensors.Tensor) float64 {
		sum, scale := 0.0, 0.0
		for i, v := range check.Floats(u) {
			sum, scale = sum+(v-exact[i])*(v-exact[i]), scale+exact[i]*exact[i]
		}
		return math.Sqrt(sum / scale)
	}
	run := func(n optimizers.NaturalGradient) float64 {
		out := eval(t, func(in []*Node) []*Node {
			best, report := n.Minimise(problem, in[:3], in[3:5], steps)
			return []*Node{poissonValue(best, in[5:]), report.Loss, report.Steps}
		}, start...)
		t.Logf("%+v: loss %.3g after %d steps, relative L2 error %.3g", n, check.Floats(out[1])[0], tensors.ToScalar[int32](out[2]), error2(out[0]))
		return error2(out[0])
	}
	adam := optimizers.Adam{}
	out := eval(t, func(in []*Node) []*Node {
		state := append(append(append([]*Node{}, in[:3]...), in[3:5]...), adam.Init(in[:3])...)
		last := autodiff.For(adamSteps, state, func(_ *Node, s []*Node) []*Node {
			next, memory := adam.Update(fitting{problem: problem, params: s[:3], data: s[3:5]}, s[:3], s[5:])
			return append(append(append([]*Node{}, next...), s[3:5]...), memory...)
		})
		return []*Node{poissonValue(last[:3], in[5:])}
	}, start...)
	adamError := error2(out[0])
	t.Logf("Adam: relative L2 error %.3g after %d steps", adamError, adamSteps)
	// The issue is orders of magnitude: two of them at a small part of the steps, and an error that no first-order run comes near.
	for _, n := range []optimizers.NaturalGradient{{Damping: 1e-2}, {Momentum: 0.5, Damping: 1e-2}} {
		if e := run(n); !(e < adamError/100) || !(e < 1e-4) {
			t.Errorf("%+v: relative L2 error %v after %d steps, Adam has %v after %d", n, e, steps, adamError, adamSteps)
		}
	}
}

func TestNaturalGradientOnBadInput(t *testing.T) {
	for _, tc := range []struct {
		name string
		of   func(params, data []*Node) *Node
		want optimizers.Status
	}{
		{"NaN", func(params, _ []*Node) *Node { return Log(Neg(Square(params[0]))) }, optimizers.NotFinite},
		{"solved", func(params, _ []*Node) *Node { return AddScalar(params[0], -2) }, optimizers.GradientZero},
		{"wrong derivative", uphill, optimizers.NoDescent},
	} {
		out := eval(t, func(in []*Node) []*Node {
			best, report := optimizers.NaturalGradient{Momentum: 0.5}.Minimise(optimizers.LeastSquares{{Of: tc.of}}, in, nil, 20)
			return []*Node{best[0], report.Status}
		}, []float64{2})
		if got := optimizers.Status(tensors.ToScalar[int32](out[1])); got != tc.want {
			t.Errorf("%s: status %q, want %q", tc.name, got, tc.want)
		}
		if x := check.Floats(out[0])[0]; x != 2 {
			t.Errorf("%s: the parameter went to %v, want 2", tc.name, x)
		}
	}
	err := optimizers.NaturalGradient{Damping: -1, Momentum: 1, Rate: -1, Halvings: -1, Factorise: 3}.Validate()
	for _, want := range []string{"Damping = -1", "Momentum = 1", "Rate = -1", "Halvings = -1", "Factorise = 3"} {
		if err == nil || !strings.Contains(err.Error(), "NaturalGradient."+want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
