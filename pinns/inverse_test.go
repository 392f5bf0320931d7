package pinns_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/pinns"
)

// cooling is u_t = k u_xx with k = 0.2 behind the observations, exp(-0.2 π² t) sin(πx) at 40 places, and nothing else known.
func cooling(guess float64) pinns.Problem {
	return pinns.Problem{
		Equations: []string{"u_t = k*u_xx"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Trained: map[string]float64{"k": guess},
		Domain: cylinder(), Observations: []pinns.Observations{{Random: 40, Seed: 1}},
		Exact: map[string]string{"u": "exp(-0.2*pi^2*t)*sin(pi*x)"},
	}
}

func TestACoefficientIsFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		guess float64
		fit   train.Fit
	}{
		{"L-BFGS", 0.05, train.Fit{Steps: 200, Host: optimizers.LBFGS{}, Precision: train.Float64}},
		{"Levenberg–Marquardt", 1, train.Fit{Steps: 20, Optimizer: optimizers.LevenbergMarquardt{}, Precision: train.Float64}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pinns.Solver{Network: net(8), Problem: cooling(c.guess), Interior: 64, Weights: map[string]float64{"observations": 100}}
			run, _ := check.Trained(t, s, c.fit)
			found, err := s.Coefficients(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("k = %.5f", found["k"])
			if k := found["k"]; !(math.Abs(k-0.2) < 0.01) || len(found) != 1 { // 0.0005 off was measured
				t.Errorf("coefficients %v from a guess of %v, want k = 0.2 within 5 %%", found, c.guess)
			}
		})
	}
}

// Trained coefficients stand in equations, conditions and the ansatz by name, and begin as the problem says.
func TestTrainedCoefficientsCountWhereTheyStand(t *testing.T) {
	const k, a = 0.5, 3.0
	// u = a exp(-k t) + x of N = a (exp(-k t) - 1)/t.
	s := pinns.Solver{
		Network: formula{[]string{"x", "t"}, []string{"3*(exp(-0.5*t) - 1)/t"}}, Inputs: []string{"x", "t"}, Interior: 16, Boundary: 8,
		Problem: pinns.Problem{
			Equations: []string{"u_t = -k*(u - x)"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Domain: cylinder(),
			Conditions: []pinns.Condition{pinns.Boundary("u = a*exp(-k*t) + x")}, Open: []string{"initial"},
		},
		Ansatz: map[string]string{"u": "a + x + t*N"},
	}
	for _, c := range []struct {
		name    string
		trained map[string]float64
		off     []string // terms that do not vanish
	}{
		{"right", map[string]float64{"a": a, "k": k}, nil},
		{"rate", map[string]float64{"a": a, "k": 0.6}, []string{"equation", "boundary"}},
		{"amplitude", map[string]float64{"a": 2, "k": k}, []string{"equation", "boundary"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s
			s.Problem.Trained = c.trained
			for name, v := range terms(t, s) {
				// Squares of round-off; a change of a tenth is above 1e-4.
				if off := slices.Contains(c.off, name); off && v < 1e-4 || !off && v > 1e-22 {
					t.Errorf("term %q is %v, off = %v", name, v, off)
				}
			}
			found, err := s.Coefficients(t.Context(), untrained{t})
			if err != nil || !maps.Equal(found, c.trained) {
				t.Errorf("coefficients %v, %v, want %v", found, err, c.trained)
			}
		})
	}
	if _, err := s.Coefficients(t.Context(), untrained{t}); err == nil || !strings.Contains(err.Error(), "Problem.Trained is empty") {
		t.Errorf("error %v of a problem without trained coefficients", err)
	}
}
