package pinns_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns"
)

// predictor is a trained solver as the workbench's runs are.
type predictor struct {
	t      *testing.T
	solver pinns.Solver
	run    *runs.Trained
}

func (p predictor) Predict(in ...datasets.Array) []datasets.Array {
	out, err := p.run.Predict(p.t.Context(), p.solver, in...)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func TestDiagnostics(t *testing.T) {
	p := pinns.Problem{
		Equations: []string{"u_t = k*u_xx"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Coefficients: map[string]float64{"k": 0.2},
		Domain: cylinder(), Conditions: []pinns.Condition{pinns.Initial("u = sin(pi*x)"), pinns.Boundary("u = 0")},
		Exact: map[string]string{"u": "exp(-k*pi^2*t)*sin(pi*x)"},
	}
	s := pinns.Solver{
		Network: neuralfield.MLP{Widths: []int{8, 1}, Activation: layers.TanhUnit}, Problem: p, Interior: 64, Boundary: 16,
		Sampling: pinns.EveryStep{}, Weights: map[string]float64{"initial": 10},
	}
	run, _ := check.Trained(t, s, train.Fit{Steps: 50, Rate: 1e-2, Precision: train.Float64})
	set, err := datasets.Load(t.Context(), p.Solution())
	if err != nil {
		t.Fatal(err)
	}
	as := predictor{t, s, run}

	row, err := s.Comparison(as, set, "u")
	if err != nil {
		t.Fatal(err)
	}
	if row.X.Label != "t" || row.Y.Label != "x" || row.X.Max != 0.5 {
		t.Errorf("axes %+v and %+v, want the time to the right", row.X, row.Y)
	}
	i, j := 30, 50 // t = 0.15, x = 0.5
	if want := math.Exp(-0.2*math.Pi*math.Pi*0.15) * math.Sin(math.Pi*0.5); math.Abs(row.Reference[i][j]-want) > 1e-12 {
		t.Errorf("reference at t = 0.15, x = 0.5 is %v, want %v", row.Reference[i][j], want)
	}

	residual, err := s.Residuals(t.Context(), run, [][]float64{{0.5, 0.15}})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := s.ResidualMap(t.Context(), run, set, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := picture.Values[i][j], math.Abs(residual[0][0]); math.Abs(got-want) > 1e-9 {
		t.Errorf("the map has %v at t = 0.15, x = 0.5, want %v", got, want)
	}

	spectrum, err := s.FrequencyError(as, set, "u", "x")
	if err != nil || len(spectrum.Series) != 3 {
		t.Fatalf("%d series, %v; want reference, prediction and error", len(spectrum.Series), err)
	}

	c, err := s.Conflict(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Terms {
		if math.Abs(c.Cosines[i][i]-1) > 1e-12 || c.Norms[i] <= 0 {
			t.Errorf("term %q has cosine %v with itself and norm %v, want 1 and above 0", c.Terms[i], c.Cosines[i][i], c.Norms[i])
		}
	}

	tangent, err := s.TangentSpectrum(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for i, most := range []int{33, 16, 16} { // points, or parameters if these are fewer
		values := tangent.Spectra[i].Values
		if n := len(values); n < 1 || n > most {
			t.Fatalf("%d eigenvalues of %q, want 1 to %d", n, tangent.Spectra[i].Name, most)
		}
		if top := values[len(values)-1]; !(top > 0) {
			t.Errorf("largest eigenvalue of %q is %v, want above 0", tangent.Spectra[i].Name, top)
		}
	}
}

// A kernel has no more directions than there are parameters: what else the 64 points give is round-off.
func TestTangentSpectrumWithoutRoundOff(t *testing.T) {
	p := poisson()
	s := pinns.Solver{Network: neuralfield.MLP{Widths: []int{2, 1}, Activation: layers.TanhUnit}, Problem: p, Interior: 64, Boundary: 64}
	for _, c := range []struct {
		precision train.Precision
		least     float64 // of the largest one
	}{{train.Float64, 1e-13}, {train.Float32, 6e-5}} {
		run, _ := check.Trained(t, s, train.Fit{Steps: 20, Rate: 1e-2, Precision: c.precision})
		tangent, err := s.TangentSpectrum(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		for _, spectrum := range tangent.Spectra {
			n := len(spectrum.Values)
			if n < 3 || n > 9 { // 2·2 + 2 + 2 + 1 parameters; some directions are lost in float32
				t.Errorf("%v: %d eigenvalues of %q, want 3 to 9", c.precision, n, spectrum.Name)
			}
			if ratio := spectrum.Values[0] / spectrum.Values[n-1]; !(ratio > c.least) {
				t.Errorf("%v: the least eigenvalue of %q is %.3g of the largest, want above %.3g", c.precision, spectrum.Name, ratio, c.least)
			}
		}
	}
}
