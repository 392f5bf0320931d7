package optimizers_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
)

// quadratic is ½ xᵀAx + bᵀx with A and b the data.
func quadratic(params, data []*Node) *Node {
	x := params[0]
	ax := Einsum("ij,j->i", data[0], x)
	return Add(MulScalar(ReduceAllSum(Mul(x, ax)), 0.5), ReduceAllSum(Mul(data[1], x)))
}

// extendedRosenbrock is Σ 100 (x₂ − x₁²)² + (1 − x₁)² over pairs.
func extendedRosenbrock(params, _ []*Node) *Node {
	x := Reshape(params[0], -1, 2)
	x1, x2 := Slice(x, AxisRange(), AxisElem(0)), Slice(x, AxisRange(), AxisElem(1))
	return Add(MulScalar(ReduceAllSum(Square(Sub(x2, Square(x1)))), 100), ReduceAllSum(Square(OneMinus(x1))))
}

// steihaugReference is algorithm 7.2 of Nocedal and Wright in plain Go.
func steihaugReference(h *mat.SymDense, g *mat.VecDense, radius float64, iterations int) (p *mat.VecDense, atEdge bool) {
	n := g.Len()
	p, r, d := mat.NewVecDense(n, nil), mat.VecDenseCopyOf(g), mat.NewVecDense(n, nil)
	d.ScaleVec(-1, g)
	norm := mat.Norm(g, 2)
	for range iterations {
		var hd, trial mat.VecDense
		hd.MulVec(h, d)
		curvature, square := mat.Dot(d, &hd), mat.Dot(r, r)
		alpha := square / curvature
		trial.AddScaledVec(p, alpha, d)
		if curvature <= 0 || mat.Norm(&trial, 2) >= radius {
			pd, dd, pp := mat.Dot(p, d), mat.Dot(d, d), mat.Dot(p, p)
			p.AddScaledVec(p, (-pd+math.Sqrt(pd*pd+dd*(radius*radius-pp)))/dd, d)
			return p, true
		}
		p.CopyVec(&trial)
		r.AddScaledVec(r, alpha, &hd)
		if mat.Norm(r, 2) <= math.Min(0.5, math.Sqrt(norm))*norm {
			break
		}
		d.ScaleVec(mat.Dot(r, r)/square, d)
		d.SubVec(d, r)
	}
	return p, false
}

func TestTrustRegionStepOnQuadratics(t *testing.T) {
	const n = 6
	for _, tc := range []struct {
		name   string
		shift  float64 // of A's eigenvalues
		radius float64
		edge   bool
	}{{"convex", 8, 50, false}, {"convex, small ball", 8, 0.1, true}, {"negative curvature", 0, 2, true}} {
		t.Run(tc.name, func(t *testing.T) {
			raw, b, x := check.Floats(check.Random(1, n, n)), check.Random(2, n), check.Random(3, n)
			h := mat.NewSymDense(n, nil)
			for i := range n {
				for j := i; j < n; j++ {
					h.SetSym(i, j, raw[i*n+j]+raw[j*n+i])
				}
				h.SetSym(i, i, h.At(i, i)+tc.shift)
			}
			var flat []float64
			for i := range n {
				for j := range n {
					flat = append(flat, h.At(i, j))
				}
			}
			tr := optimizers.TrustRegion{Radius: tc.radius}
			out := eval(t, func(in []*Node) []*Node {
				next, state := tr.Step(quadratic, in[:1], in[1:], tr.Init(in[:1]))
				return append(next, state...)
			}, x, tensors.FromFlatDataAndDimensions(flat, n, n), b)
			start, g := mat.NewVecDense(n, check.Floats(x)), mat.NewVecDense(n, nil)
			g.MulVec(h, start)
			g.AddVec(g, mat.NewVecDense(n, check.Floats(b)))
			want, edge := steihaugReference(h, g, tc.radius, 20)
			if edge != tc.edge {
				t.Fatalf("the reference's step is at the edge: %v, want %v", edge, tc.edge)
			}
			for i, v := range check.Floats(out[0]) {
				// A few iterations on a matrix of condition number 10.
				if !(math.Abs(v-start.AtVec(i)-want.AtVec(i)) <= 1e-12) {
					t.Errorf("step %d is %v, want %v", i, v-start.AtVec(i), want.AtVec(i))
				}
			}
			radius := tc.radius
			if tc.edge { // a quadratic is its own model: the gain is 1
				radius *= 2
				if d := mat.Norm(want, 2) - tc.radius; !(math.Abs(d) < 1e-12) {
					t.Errorf("the step is longer than the radius by %v", d)
				}
			}
			if got := check.Floats(out[1])[0]; got != radius {
				t.Errorf("radius %v, want %v", got, radius)
			}
		})
	}
}

func TestTrustRegionFindsMinima(t *testing.T) {
	// x² − y² + y⁴ has a saddle at 0 and minima at y = ±1/√2; the start is all but on the saddle's ridge.
	saddle := func(params, _ []*Node) *Node {
		x, y := part(params[0], 0, 1), part(params[0], 1, 2)
		return ReduceAllSum(Add(Sub(Square(x), Square(y)), Square(Square(y))))
	}
	for _, tc := range []struct {
		name        string
		loss        optimizers.Loss
		start, want []float64
	}{
		{"Rosenbrock", extendedRosenbrock, []float64{-1.2, 1}, []float64{1, 1}},
		{"Rosenbrock in six dimensions", extendedRosenbrock, []float64{-1.2, 1, 2, -1, 0.5, 3}, []float64{1, 1, 1, 1, 1, 1}},
		{"saddle", saddle, []float64{1, 1e-6}, []float64{0, 1 / math.Sqrt2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := eval(t, func(in []*Node) []*Node {
				best, report := optimizers.TrustRegion{}.Minimise(tc.loss, in, nil, 100)
				return []*Node{best[0], report.Loss, report.Steps, report.Status}
			}, tc.start)
			steps, status := tensors.ToScalar[int32](out[2]), optimizers.Status(tensors.ToScalar[int32](out[3]))
			t.Logf("%d steps, %s, loss %v", steps, status, check.Floats(out[1])[0])
			if status != optimizers.GradientZero {
				t.Errorf("status %q after %d steps, want %q", status, steps, optimizers.GradientZero)
			}
			for i, x := range check.Floats(out[0]) {
				// ‖g‖ ≤ 1e-10 and the least eigenvalue of the second derivatives is 0.4.
				if !(math.Abs(x-tc.want[i]) < 1e-9) {
					t.Errorf("x%d = %v, want %v", i, x, tc.want[i])
				}
			}
		})
	}
}

func TestTrustRegionIsSuperlinear(t *testing.T) {
	const steps = 40
	tr := optimizers.TrustRegion{}
	out := eval(t, func(in []*Node) []*Node {
		var all []*Node
		for k := steps - 12; k <= steps; k++ {
			best, _ := tr.Minimise(extendedRosenbrock, in, nil, k-12)
			all = append(all, best[0])
		}
		return all
	}, []float64{-1.2, 1})
	var errs []float64
	for _, x := range out {
		v := check.Floats(x)
		if e := math.Hypot(v[0]-1, v[1]-1); e < 0.1 && e > 1e-12 {
			errs = append(errs, e)
		}
	}
	t.Log(errs)
	if len(errs) < 3 {
		t.Fatalf("errors %v below 0.1, want at least three", errs)
	}
	// ‖r‖ ≤ ‖g‖^1.5 gives order 3/2 in the gradient. In steps of conjugate gradients that end after one of two dimensions the error
	// hardly moves, though the gradient does; so look at every second.
	for k := 2; k < len(errs); k++ {
		if want := math.Pow(errs[k-2], 1.5); !(errs[k] <= want) {
			t.Errorf("errors %v: two steps after %v it is %v, want at most %v", errs, errs[k-2], errs[k], want)
		}
	}
}

func TestTrustRegionOnBadInput(t *testing.T) {
	for _, tc := range []struct {
		name string
		loss optimizers.Loss
		want optimizers.Status
	}{
		{"NaN", func(p, _ []*Node) *Node { return ReduceAllSum(Log(Neg(Square(p[0])))) }, optimizers.NotFinite},
		{"at the minimum", func(p, _ []*Node) *Node { return ReduceAllSum(Square(AddScalar(p[0], -2))) }, optimizers.GradientZero},
		{"wrong derivative", func(p, _ []*Node) *Node {
			return ReduceAllSum(Sub(StopGradient(MulScalar(p[0], 2)), p[0])) // it is x, and says that it falls
		}, optimizers.Still},
	} {
		out := eval(t, func(in []*Node) []*Node {
			best, report := optimizers.TrustRegion{}.Minimise(tc.loss, in, nil, 60)
			return []*Node{best[0], report.Status}
		}, []float64{2})
		if got := optimizers.Status(tensors.ToScalar[int32](out[1])); got != tc.want {
			t.Errorf("%s: status %q, want %q", tc.name, got, tc.want)
		}
		// What is within round-off of the loss counts as no change.
		if x := check.Floats(out[0])[0]; !(math.Abs(x-2) < 1e-13) {
			t.Errorf("%s: the parameter went to %v, want 2", tc.name, x)
		}
	}
	err := optimizers.TrustRegion{Radius: 5, Largest: 2, Gradient: math.NaN(), Iterations: -1}.Validate()
	for _, want := range []string{"Radius = 5", "Gradient = NaN", "Iterations = -1"} {
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("TrustRegion.%s", want)) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
