package gp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/optimizers/gp"
)

// golden is testdata/reference.json.
type golden struct {
	X, New [][]float64
	Y      []float64
	Cases  []struct {
		Kernel                            string
		Lengths, Mean, Var, Gradient      []float64
		Variance, Noise, Likelihood, Best float64
		BestLog                           []float64 `json:"best_log"`
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func rows(x [][]float64) *mat.Dense {
	m := mat.NewDense(len(x), len(x[0]), nil)
	for i, row := range x {
		m.SetRow(i, row)
	}
	return m
}

// near compares numbers relative to 1 or their size.
func near(t *testing.T, name string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*(1+math.Abs(want))) {
		t.Errorf("%s = %.15g, want %.15g", name, got, want)
	}
}

func TestRegressionAgainstScikitLearn(t *testing.T) {
	g := readGolden(t)
	kernels := map[string]gp.Kernel{"RBF": gp.RBF, "Matern52": gp.Matern52, "Matern32": gp.Matern32}
	for _, c := range g.Cases {
		t.Run(fmt.Sprintf("%s %v", c.Kernel, c.Lengths), func(t *testing.T) {
			r := gp.Regression{Kernel: kernels[c.Kernel], Lengths: c.Lengths, Variance: c.Variance, Noise: c.Noise}
			if r.Kernel.String() != c.Kernel {
				t.Errorf("kernel %s, want %s", r.Kernel, c.Kernel)
			}
			p, err := r.Condition(rows(g.X), g.Y)
			if err != nil {
				t.Fatal(err)
			}
			mean, variance, err := p.Predict(rows(g.New))
			if err != nil {
				t.Fatal(err)
			}
			// Round-off times the covariance's condition number, about 40·1.7/0.05.
			const tol = 1e-11
			for i := range mean {
				near(t, "mean", mean[i], c.Mean[i], tol)
				near(t, "variance", variance[i], c.Var[i], tol)
			}
			near(t, "likelihood", p.LogMarginalLikelihood(), c.Likelihood, tol)
			gradient, err := p.Gradient()
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.Gradient {
				near(t, "derivative", gradient[i], c.Gradient[i], tol)
			}
			best, err := r.Fit(t.Context(), rows(g.X), g.Y)
			if err != nil {
				t.Fatal(err)
			}
			p, err = best.Condition(rows(g.X), g.Y)
			if err != nil {
				t.Fatal(err)
			}
			// scikit-learn's search ends when the likelihood changes by 2e-9 of itself, ours on the gradient.
			near(t, "largest likelihood", p.LogMarginalLikelihood(), c.Best, 1e-6)
			if v := p.LogMarginalLikelihood(); !(v >= c.Best-1e-8*math.Abs(c.Best)) {
				t.Errorf("largest likelihood %v is below scikit-learn's %v", v, c.Best)
			}
			for i, v := range append([]float64{best.Variance, best.Noise}, best.Lengths...) {
				near(t, "logarithm of a hyper-parameter", math.Log(v), c.BestLog[i], 5e-3) // the maximum is flat: 1e-6 in the value is 1e-3 here
			}
		})
	}
}

func TestGradientAgainstCentralDifferences(t *testing.T) {
	g := readGolden(t)
	for _, kernel := range []gp.Kernel{gp.RBF, gp.Matern52, gp.Matern32} {
		for _, lengths := range [][]float64{{0.6}, {0.5, 1.4}} {
			theta := append([]float64{math.Log(0.9), math.Log(0.02)}, logs(lengths)...)
			at := func(theta []float64) *gp.Posterior {
				r := gp.Regression{Kernel: kernel, Variance: math.Exp(theta[0]), Noise: math.Exp(theta[1])}
				for _, l := range theta[2:] {
					r.Lengths = append(r.Lengths, math.Exp(l))
				}
				p, err := r.Condition(rows(g.X), g.Y)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			gradient, err := at(theta).Gradient()
			if err != nil {
				t.Fatal(err)
			}
			for i := range theta {
				const h = 1e-5
				shifted := func(by float64) float64 {
					moved := append([]float64(nil), theta...)
					moved[i] += by
					return at(moved).LogMarginalLikelihood()
				}
				// Truncation h²·f‴/6 ≈ 1e-9, cancellation 1e-13/h ≈ 1e-8 for likelihoods of some ten.
				near(t, fmt.Sprintf("%s %v: derivative %d", kernel, lengths, i), gradient[i], (shifted(h)-shifted(-h))/(2*h), 1e-7)
			}
		}
	}
}

func logs(v []float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = math.Log(v[i])
	}
	return out
}

// TestOnePoint has a closed form: mean k·y/(v+s), variance v − k²/(v+s).
func TestOnePoint(t *testing.T) {
	r := gp.Regression{Kernel: gp.RBF, Lengths: []float64{2}, Variance: 3, Noise: 0.5}
	p, err := r.Condition(mat.NewDense(1, 1, []float64{1}), []float64{4})
	if err != nil {
		t.Fatal(err)
	}
	mean, variance, err := p.Predict(mat.NewDense(2, 1, []float64{1, 4}))
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range []float64{3, 3 * math.Exp(-9.0/8)} {
		near(t, "mean", mean[i], k*4/3.5, 1e-15)
		near(t, "variance", variance[i], 3-k*k/3.5, 1e-15)
	}
	near(t, "likelihood", p.LogMarginalLikelihood(), -16/7.0-0.5*math.Log(2*math.Pi*3.5), 1e-15)
}

func TestBadInput(t *testing.T) {
	good := gp.Regression{Kernel: gp.RBF, Lengths: []float64{1}, Variance: 1, Noise: 0.1}
	x := mat.NewDense(2, 2, []float64{0, 1, 2, 3})
	with := func(change func(r *gp.Regression)) gp.Regression {
		r := good
		change(&r)
		return r
	}
	for _, tc := range []struct {
		name string
		r    gp.Regression
		x    *mat.Dense
		y    []float64
		want string
	}{
		{"zero value", gp.Regression{}, x, []float64{1, 2}, "Regression.Lengths is empty"},
		{"variance", with(func(r *gp.Regression) { r.Variance = math.NaN() }), x, []float64{1, 2}, "Regression.Variance = NaN"},
		{"noise", with(func(r *gp.Regression) { r.Noise = -1 }), x, []float64{1, 2}, "Regression.Noise = -1"},
		{"length", with(func(r *gp.Regression) { r.Lengths = []float64{1, 0} }), x, []float64{1, 2}, "Regression.Lengths[1] = 0"},
		{"kernel", with(func(r *gp.Regression) { r.Kernel = 9 }), x, []float64{1, 2}, "Regression.Kernel = 9"},
		{"lengths for other points", with(func(r *gp.Regression) { r.Lengths = []float64{1, 2, 3} }), x, []float64{1, 2}, "want 1 or 2"},
		{"no points", good, nil, nil, "no points"},
		{"values", good, x, []float64{1}, "1 values at 2 points"},
		{"NaN value", good, x, []float64{1, math.NaN()}, "value 1 = NaN"},
		{"infinite point", good, mat.NewDense(1, 1, []float64{math.Inf(1)}), []float64{1}, "point 0 has coordinate 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tc.r.Condition(tc.x, tc.y)
			_, fitErr := tc.r.Fit(t.Context(), tc.x, tc.y)
			for _, err := range []error{err, fitErr} {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error %v, want one with %q", err, tc.want)
				}
			}
		})
	}
	same := mat.NewDense(3, 1, []float64{1, 1, 1})
	if _, err := with(func(r *gp.Regression) { r.Noise = 1e-300 }).Condition(same, []float64{1, 2, 3}); !errors.Is(err, gp.ErrNotPositive) {
		t.Errorf("equal points without noise give %v, want ErrNotPositive", err)
	}
	p, err := good.Condition(x, []float64{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Predict(mat.NewDense(1, 3, nil)); err == nil || !strings.Contains(err.Error(), "points of 3 coordinates, want 2") {
		t.Errorf("points of another dimension give %v", err)
	}
	// Data without noise that the kernel can explain ever better with less of it.
	if _, err := good.Fit(t.Context(), same, []float64{1, 1, 1}); err == nil || !strings.Contains(err.Error(), "no maximum found") {
		t.Errorf("a likelihood without a maximum gives %v", err)
	}
}
