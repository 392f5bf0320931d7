package mixture_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
)

// TestAgainstSciPy compares with testdata/mixtures.json, which testdata/mixtures.py made.
func TestAgainstSciPy(t *testing.T) {
	text, err := os.ReadFile("testdata/mixtures.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		MIX16 [][]float64
		Cases []struct {
			Mixture                  string
			Alpha, Sigma, LogDensity float64
			X, Score                 []float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	fixed := map[string]mixture.Mixture{"ring8": mixture.Ring8(), "mix16": mixture.Mix16(), "line3": mixture.Line3()}
	if !reflect.DeepEqual(fixed["mix16"].Means, golden.MIX16) {
		t.Error("the means of MIX16 changed: numbers that were measured with it depend on them")
	}
	if len(golden.Cases) != 6 {
		t.Errorf("%d cases, want 6", len(golden.Cases))
	}
	for _, c := range golden.Cases {
		m := fixed[c.Mixture].Noised(c.Alpha, c.Sigma)
		if got := m.LogDensity(c.X); math.Abs(got-c.LogDensity) > 1e-11 { // round-off of terms up to 1000 in size
			t.Errorf("%s: log-density %v, want %v", c.Mixture, got, c.LogDensity)
		}
		score := make([]float64, len(c.X))
		m.Score(score, c.X)
		for a := range score {
			// The differences' round-off, 1e-16·100/1e-3, and their error of fourth order, h⁴/s⁵.
			if math.Abs(score[a]-c.Score[a]) > 1e-7 {
				t.Errorf("%s: score %v, want %v", c.Mixture, score, c.Score)
				break
			}
		}
	}
}

func TestMoments(t *testing.T) {
	const draws = 40000
	for name, m := range map[string]mixture.Mixture{"ring8": mixture.Ring8(), "mix16": mixture.Mix16(), "line3": mixture.Line3()} {
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		n := m.Dim()
		mean, covariance := m.Moments()
		sum, squares, counts := make([]float64, n), make([]float64, n*n), make([]float64, len(m.Weights))
		rng, x := rand.New(rand.NewPCG(1, 2)), make([]float64, n)
		for range draws {
			counts[m.Draw(x, rng)]++
			for a := range n {
				sum[a] += x[a]
				for b := range n {
					squares[a*n+b] += (x[a] - mean[a]) * (x[b] - mean[b])
				}
			}
		}
		for a := range n {
			// Five standard errors.
			if got, bound := sum[a]/draws, 5*math.Sqrt(covariance[a*n+a]/draws); math.Abs(got-mean[a]) > bound {
				t.Errorf("%s: mean %v along axis %d, want %v within %.2g", name, got, a, mean[a], bound)
			}
			for b := range n {
				// Five of the standard errors of a Gaussian with these variances; of these mixtures, which are flatter, it is less.
				bound := 5 * math.Sqrt(2*covariance[a*n+a]*covariance[b*n+b]/draws)
				if got := squares[a*n+b] / draws; math.Abs(got-covariance[a*n+b]) > bound {
					t.Errorf("%s: covariance %v of axes %d and %d, want %v within %.2g", name, got, a, b, covariance[a*n+b], bound)
				}
			}
		}
		for k, w := range m.Weights {
			if bound := 5 * math.Sqrt(w*(1-w)/draws); math.Abs(counts[k]/draws-w) > bound {
				t.Errorf("%s: Gaussian %d was drawn with frequency %v, want %v", name, k, counts[k]/draws, w)
			}
		}
	}
}

// TestDensityIntegratesToOne sums over a grid, which converges exponentially for Gaussians far from the edges.
func TestDensityIntegratesToOne(t *testing.T) {
	m, h, sum := mixture.Ring8(), 0.05, 0.0
	for i := -60; i <= 60; i++ {
		for j := -60; j <= 60; j++ {
			sum += h * h * math.Exp(m.LogDensity([]float64{h * float64(i), h * float64(j)}))
		}
	}
	if math.Abs(sum-1) > 1e-10 { // exp(-2 (π 0.12/0.05)²) = 1e-49, and round-off
		t.Errorf("the integral is %v, want 1", sum)
	}
}

func TestErrors(t *testing.T) {
	if _, err := mixture.Ring(0, 1, 1); err == nil {
		t.Error("a ring of no Gaussians was accepted")
	}
	if m, err := mixture.Ring(8, 1.5, 0.12); err != nil || !reflect.DeepEqual(m, mixture.Ring8()) {
		t.Errorf("%v, %v, want RING8", m, err)
	}
	for want, change := range map[string]func(*mixture.Mixture){
		"8 weights, 7 means":     func(m *mixture.Mixture) { m.Means = m.Means[1:] },
		"Weights[0] = -1":        func(m *mixture.Mixture) { m.Weights[0] = -1 },
		"Std[2] = 0":             func(m *mixture.Mixture) { m.Std[2] = 0 },
		"Means[1] has 1 axes":    func(m *mixture.Mixture) { m.Means[1] = m.Means[1][1:] },
		"Means[0][1] = NaN":      func(m *mixture.Mixture) { m.Means[0][1] = math.NaN() },
		"sum of Mixture.Weights": func(m *mixture.Mixture) { m.Weights[1] = 0.5 },
	} {
		m := mixture.Ring8()
		change(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if (mixture.Mixture{}).Validate() == nil {
		t.Error("the zero value was accepted")
	}
}
