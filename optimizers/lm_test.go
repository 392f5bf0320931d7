package optimizers_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
)

// eval runs a graph function without variables.
func eval(t *testing.T, fn func(in []*Node) []*Node, in ...any) []*tensors.Tensor {
	t.Helper()
	return check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return fn(in) }, in...)
}

// part is a slice of a vector.
func part(x *Node, from, to int) *Node { return Slice(x, AxisRange(from, to)) }

// rosenbrock is (10 (b₂ − b₁²), 1 − b₁).
func rosenbrock(params, _ []*Node) *Node {
	b1, b2 := part(params[0], 0, 1), part(params[0], 1, 2)
	return Concatenate([]*Node{MulScalar(Sub(b2, Square(b1)), 10), OneMinus(b1)}, 0)
}

// misra is y − b₁ (1 − exp(−b₂ x)).
func misra(params, data []*Node) *Node {
	b1, b2 := part(params[0], 0, 1), part(params[0], 1, 2)
	return Sub(data[1], Mul(b1, OneMinus(Exp(Neg(Mul(b2, data[0]))))))
}

// tanhNetwork is two hidden units on one input, minus the data.
func tanhNetwork(params, data []*Node) *Node {
	b := params[0]
	outer := Mul(ExpandAxes(data[0], -1), ExpandAxes(part(b, 0, 2), 0))
	hidden := Tanh(Add(outer, ExpandAxes(part(b, 2, 4), 0)))
	sum := ReduceSum(Mul(hidden, ExpandAxes(part(b, 4, 6), 0)), 1)
	return Sub(Add(sum, part(b, 6, 7)), data[1])
}

// fitted is one minimum of testdata/least_squares.json.
type fitted struct {
	Name                 string
	Start, X, Y, Minimum []float64
	Loss                 float64
}

func scipyMinima(t *testing.T) []fitted {
	t.Helper()
	text, err := os.ReadFile("testdata/least_squares.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Problems []fitted }
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	return golden.Problems
}

func TestLevenbergMarquardtFindsSciPysMinima(t *testing.T) {
	parts := map[string]optimizers.Residuals{
		"rosenbrock":                    {Of: rosenbrock},
		"misra1a from the first start":  {Of: misra, Data: 2, BySample: true},
		"misra1a from the second start": {Of: misra, Data: 2},
		"network":                       {Of: tanhNetwork, Data: 2, BySample: true},
	}
	for _, want := range scipyMinima(t) {
		for _, way := range []optimizers.Factorisation{optimizers.ByQR, optimizers.ByCholesky} {
			t.Run(want.Name+[]string{" Cholesky", " QR"}[way], func(t *testing.T) {
				part := parts[want.Name]
				in := []any{want.Start}
				if part.Data == 2 {
					in = append(in, want.X, want.Y)
				}
				lm := optimizers.LevenbergMarquardt{Factorise: way}
				out := eval(t, func(in []*Node) []*Node {
					best, report := lm.Minimise(optimizers.LeastSquares{part}, in[:1], in[1:], 300)
					return []*Node{best[0], report.Loss, report.Steps, report.Status}
				}, in...)
				loss, steps := tensors.ToScalar[float64](out[1]), tensors.ToScalar[int32](out[2])
				status := optimizers.Status(tensors.ToScalar[int32](out[3]))
				t.Logf("%d steps, %s, loss %.12g", steps, status, loss)
				if status == optimizers.Running || status == optimizers.NotFinite {
					t.Errorf("ends as %q after %d steps, want an end", status, steps)
				}
				// Sums of up to 25 squares; at a minimum the loss does not feel the parameters' last digits.
				if !(math.Abs(loss-want.Loss) <= 1e-12*want.Loss+1e-25) {
					t.Errorf("loss %.15g, scipy has %.15g", loss, want.Loss)
				}
				for i, b := range check.Floats(out[0]) {
					// The loss is flat to round-off within the root of 1e-16, times the problem's condition number.
					if !(math.Abs(b-want.Minimum[i]) <= 1e-6*math.Abs(want.Minimum[i])) {
						t.Errorf("parameter %d is %.12g, scipy has %.12g", i, b, want.Minimum[i])
					}
				}
			})
		}
	}
}

// TestMisraCertified compares with what NIST certifies: b₁, b₂ and the residual sum of squares to 11 digits.
func TestMisraCertified(t *testing.T) {
	data := scipyMinima(t)[1]
	out := eval(t, func(in []*Node) []*Node {
		best, report := optimizers.LevenbergMarquardt{}.Minimise(optimizers.LeastSquares{{Of: misra, Data: 2}}, in[:1], in[1:], 100)
		return []*Node{best[0], report.Loss}
	}, data.Start, data.X, data.Y)
	b, loss := check.Floats(out[0]), check.Floats(out[1])[0]
	for _, v := range []struct{ got, want float64 }{
		{b[0], 2.3894212918e2}, {b[1], 5.5015643181e-4}, {2 * loss, 1.2455138894e-1},
	} {
		// The parameters are certain to about the root of round-off, see above; NIST's criterion for good is 6 digits.
		if !(math.Abs(v.got-v.want) <= 1e-8*v.want) {
			t.Errorf("got %.11g, want %.11g", v.got, v.want)
		}
	}
}

// iterates is the points of single steps.
func iterates(t *testing.T, problem optimizers.LeastSquares, start []float64, steps int) [][]float64 {
	t.Helper()
	lm := optimizers.LevenbergMarquardt{}
	out := eval(t, func(in []*Node) []*Node {
		params, state := in, lm.Init(in)
		var all []*Node
		for range steps {
			params, state = lm.Step(problem, params, nil, state)
			all = append(all, params[0])
		}
		return all
	}, start)
	points := make([][]float64, steps)
	for i := range out {
		points[i] = check.Floats(out[i])
	}
	return points
}

func TestLevenbergMarquardtRates(t *testing.T) {
	t.Run("linear, one parameter", func(t *testing.T) {
		// r = 2θ − 6: each step leaves λ/(1+λ) of the error, λ falling by three from 1e-3: 1e-3, 3.3e-4, …
		line := optimizers.LeastSquares{{Of: func(params, _ []*Node) *Node { return AddScalar(MulScalar(params[0], 2), -6) }}}
		want, damping := 5.0, 1e-3
		for k, x := range iterates(t, line, []float64{8}, 3) {
			want, damping = want*damping/(1+damping), damping/3
			// Round-off of numbers near 3 in θ − 3.
			if !(math.Abs(x[0]-3-want) <= 1e-14) {
				t.Errorf("error %v after step %d, want %v", x[0]-3, k+1, want)
			}
		}
	})
	t.Run("residual left over", func(t *testing.T) {
		// r = (θ+1, κθ²+θ−1): the minimum is 0, and Gauss-Newton leaves κ of the error in each step (Dennis and Schnabel 1983,
		// example 10.2.4).
		const kappa = 0.3
		left := optimizers.LeastSquares{{Of: func(params, _ []*Node) *Node {
			x := params[0]
			return Concatenate([]*Node{AddScalar(x, 1), AddScalar(Add(x, MulScalar(Square(x), kappa)), -1)}, 0)
		}}}
		points := iterates(t, left, []float64{0.3}, 10)
		for k := 6; k < 10; k++ {
			// Quadratic terms are of the error's size, 1e-4 there, and λ is 1e-6.
			if ratio := points[k][0] / points[k-1][0]; !(math.Abs(ratio-kappa) < 1e-3) {
				t.Errorf("step %d leaves %v of the error, want %v", k+1, ratio, kappa)
			}
		}
	})
	t.Run("nothing left over", func(t *testing.T) {
		points := iterates(t, optimizers.LeastSquares{{Of: rosenbrock}}, []float64{-1.2, 1}, 25)
		var errs []float64
		for _, x := range points {
			if e := math.Hypot(x[0]-1, x[1]-1); e > 1e-13 && e < 0.1 { // below it is round-off
				errs = append(errs, e)
			}
		}
		t.Log(errs)
		if len(errs) < 3 {
			t.Fatalf("%d steps between an error of 0.1 and round-off, want at least 3: %v", len(errs), points)
		}
		for k := 2; k < len(errs); k++ { // faster than any linear rate: the ratio itself falls
			if !(errs[k]/errs[k-1] < errs[k-1]/errs[k-2]) || !(errs[k]/errs[k-1] < 0.1) {
				t.Errorf("errors %v, want ratios that fall, below 0.1", errs)
			}
		}
	})
}

// mixed has several outputs a sample, parameters of three shapes and two arrays of data.
func mixed(params, data []*Node) *Node {
	h := Tanh(Add(MatMul(data[0], params[0]), ExpandAxes(params[1], 0)))
	return Mul(Sub(MatMul(h, params[2]), Sin(data[1])), Exp(data[1]))
}

func TestLineariseInEveryWay(t *testing.T) {
	const n, hidden, outs = 7, 3, 2
	for _, tc := range []struct {
		name     string
		bySample bool
		points   int
	}{{"by sample", true, n}, {"by row", false, n}, {"by column", false, 30}} { // 14 and 60 residuals, 15 parameters
		t.Run(tc.name, func(t *testing.T) {
			params := []*tensors.Tensor{check.Random(1, 2, hidden), check.Random(2, hidden), check.Random(3, hidden, outs)}
			in := []any{params[0], params[1], params[2], check.Random(4, tc.points, 2), check.Random(5, tc.points, outs)}
			l := optimizers.LeastSquares{{Of: mixed, Data: 2, BySample: tc.bySample}}
			out := eval(t, func(in []*Node) []*Node {
				r, j := l.Linearise(in[:3], in[3:])
				return []*Node{r, j, l.Loss(in[:3], in[3:])}
			}, in...)
			m, p := tc.points*outs, 2*hidden+hidden+hidden*outs
			if d := out[1].Shape().Dimensions; d[0] != m || d[1] != p {
				t.Fatalf("the Jacobian is %v, want [%d %d]", d, m, p)
			}
			j, column := check.Floats(out[1]), 0
			half := 0.0
			for _, r := range check.Floats(out[0]) {
				half += r * r / 2
			}
			if d := math.Abs(half - check.Floats(out[2])[0]); !(d <= 1e-13*half) { // 60 terms
				t.Errorf("the loss is off by %v", d)
			}
			for k := range params {
				for e := range params[k].Shape().Size() {
					const h = 1e-5
					moved := func(by float64) []float64 {
						v := check.Floats(params[k])
						v[e] += by
						q := append([]any{}, in...)
						q[k] = tensors.FromFlatDataAndDimensions(v, params[k].Shape().Dimensions...)
						return check.Floats(eval(t, func(in []*Node) []*Node { return []*Node{l.Residual(in[:3], in[3:])} }, q...)[0])
					}
					up, down := moved(h), moved(-h)
					for i := range m {
						want := (up[i] - down[i]) / (2 * h)
						// Truncation h²f‴/6 and cancellation 1e-16 f/h, f and f‴ up to 50.
						if d := math.Abs(j[i*p+column] - want); !(d <= 1e-8) {
							t.Fatalf("∂r%d/∂θ%d = %v, central differences give %v", i, column, j[i*p+column], want)
						}
					}
					column++
				}
			}
		})
	}
}

func TestLeastSquaresOfTwoParts(t *testing.T) {
	// ½[(θ−1)² + (θ−2)²] + ½·4(θ−5)²: the weighted mean of 1, 2 and 5 is 23/6.
	difference := func(params, data []*Node) *Node { return Sub(data[0], params[0]) }
	l := optimizers.LeastSquares{
		{Of: difference, Data: 1, BySample: true},
		{Of: func(params, data []*Node) *Node { return MulScalar(difference(params, data), 2) }, Data: 1},
	}
	out := eval(t, func(in []*Node) []*Node {
		best, _ := optimizers.LevenbergMarquardt{}.Minimise(l, in[:1], in[1:], 50)
		return best
	}, []float64{0}, []float64{1, 2}, []float64{5})
	if got := check.Floats(out[0])[0]; !(math.Abs(got-23.0/6) < 1e-12) { // a damped step leaves under 1e-3 of the error each time
		t.Errorf("minimum at %v, want %v", got, 23.0/6)
	}
}

// uphill is θ + 1 and says that its derivative is −1.
func uphill(params, _ []*Node) *Node {
	x := params[0]
	return AddScalar(Sub(StopGradient(MulScalar(x, 2)), x), 1)
}

func TestLevenbergMarquardtOnBadInput(t *testing.T) {
	for _, tc := range []struct {
		name  string
		start float64
		of    func(params, data []*Node) *Node
		want  optimizers.Status
	}{
		{"NaN", 2, func(params, _ []*Node) *Node { return Log(Neg(Square(params[0]))) }, optimizers.NotFinite},
		{"constant", 2, func(params, _ []*Node) *Node { return AddScalar(MulScalar(params[0], 0), 3) }, optimizers.GradientZero},
		{"wrong derivative", 2, uphill, optimizers.Still},
		{"wrong derivative at zero", 0, uphill, optimizers.NoDescent}, // no step is small beside a parameter of zero
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := eval(t, func(in []*Node) []*Node {
				best, report := optimizers.LevenbergMarquardt{}.Minimise(optimizers.LeastSquares{{Of: tc.of}}, in, nil, 20)
				return []*Node{best[0], report.Status, report.Steps}
			}, []float64{tc.start})
			if got := optimizers.Status(tensors.ToScalar[int32](out[1])); got != tc.want {
				t.Errorf("status %q, want %q", got, tc.want)
			}
			if x := check.Floats(out[0])[0]; x != tc.start {
				t.Errorf("the parameter went to %v, want %v", x, tc.start)
			}
		})
	}
}

func TestLeastSquaresRefuses(t *testing.T) {
	good := optimizers.Residuals{Of: func(params, _ []*Node) *Node { return params[0] }}
	for _, tc := range []struct {
		name string
		l    optimizers.LeastSquares
		want string
	}{
		{"no parts", nil, "LeastSquares of 0 parts"},
		{"data left over", optimizers.LeastSquares{good}, "with 1 arrays of data"},
		{"another type", optimizers.LeastSquares{{Data: 1, Of: func(p, _ []*Node) *Node { return ConvertDType(p[0], dtypes.Float32) }}}, "want Float64"},
		{"no rows", optimizers.LeastSquares{{BySample: true, Of: good.Of}, {Of: good.Of, Data: 1}}, "without an array of data"},
		{"rows that do not match", optimizers.LeastSquares{{BySample: true, Data: 1, Of: good.Of}}, "want a multiple"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				_, j := tc.l.Linearise(in[:1], in[1:])
				return []*Node{j}
			}, []float64{1, 2, 3}, []float64{1, 2})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
	err := optimizers.LevenbergMarquardt{Damping: -1, Gradient: math.NaN(), Factorise: 7}.Validate()
	for _, want := range []string{"LevenbergMarquardt.Damping = -1", "LevenbergMarquardt.Gradient = NaN", "LevenbergMarquardt.Factorise = 7"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
