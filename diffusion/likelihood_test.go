package diffusion_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// densities are log p of a mixture with the noise of a schedule's time.
func densities(m mixture.Mixture, s diffusion.Schedule, t float64, x *tensors.Tensor) []float64 {
	noised, v := m.Noised(s.Alpha(t), s.Sigma(t)), check.Floats(x)
	var out []float64
	for i := 0; i < len(v); i += m.Dim() {
		out = append(out, noised.LogDensity(v[i:i+m.Dim()]))
	}
	return out
}

// likelihoods are those of a setting.
func likelihoods(t *testing.T, l diffusion.Likelihood, m mixture.Mixture, x *tensors.Tensor, seed uint64) []float64 {
	t.Helper()
	if err := l.Validate(); err != nil {
		t.Fatal(err)
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{l.Of(diffusion.OfMixture(m), in[0], in[1])}
	}, x, seed)
	return check.Floats(out[0])
}

// logDensity is a mixture's density in a graph, of equal deviations.
func logDensity(m mixture.Mixture) func(x *Node) *Node {
	return func(x *Node) *Node {
		var sum *Node
		for k, w := range m.Weights {
			s := m.Std[k]
			mean := Const(x.Graph(), [][]float64{m.Means[k]})
			norm := math.Log(w) - float64(m.Dim())*math.Log(s*math.Sqrt(2*math.Pi))
			p := Exp(AddScalar(MulScalar(ReduceSum(Square(Sub(x, mean)), 1), -1/(2*s*s)), norm))
			if sum == nil {
				sum = p
				continue
			}
			sum = Add(sum, p)
		}
		return Log(sum)
	}
}

func TestLikelihoods(t *testing.T) {
	vp, edm, ot := diffusion.StandardVP(), diffusion.StandardEDM(), diffusion.ConditionalOT{}
	gauss := mixture.Mixture{Weights: []float64{1}, Means: [][]float64{{0, 0, 0}}, Std: []float64{0.5}}
	for _, c := range []struct {
		name string
		data mixture.Mixture
		of   diffusion.Likelihood
	}{
		{"gaussian, vp", gauss, diffusion.Likelihood{Schedule: vp, Steps: 300, Std: 0.5}},
		{"gaussian, random signs", gauss, diffusion.Likelihood{Schedule: edm, Steps: 300, Std: 0.5, Probes: 1}}, // exact for equal slopes
		{"gaussian, flow", gauss, diffusion.Likelihood{Schedule: ot, Steps: 300, Std: 0.5, From: 0.01, To: 0.99}},
		{"ring, vp", mixture.Ring8(), diffusion.Likelihood{Schedule: vp, Steps: 600, Prior: logDensity(mixture.Ring8().Noised(vp.Alpha(1), vp.Sigma(1)))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := check.Random(8, 6, c.data.Dim())
			_, last := c.of.Schedule.Ends()
			if c.of.To != 0 {
				last = c.of.To
			}
			got, want := likelihoods(t, c.of, c.data, x, 1), densities(c.data, c.of.Schedule, last, x)
			for i := range want {
				// The fourth-order steps' error; densities far from the ring are as low as -100.
				if !(math.Abs(got[i]-want[i]) < 1e-6*max(1, math.Abs(want[i]))) {
					t.Errorf("log p of sample %d is %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

func TestRandomSignsHaveNoBias(t *testing.T) {
	s := diffusion.StandardVP()
	m := mixture.Ring8()
	x := check.Random(9, 200, 2)
	of := diffusion.Likelihood{Schedule: s, Steps: 60, Std: 1}
	exact := likelihoods(t, of, m, x, 1)
	of.Probes = 2
	got := likelihoods(t, of, m, x, 1)
	var mean, square float64
	for i := range exact {
		d := got[i] - exact[i]
		mean += d / 200
		square += d * d / 200
	}
	// The mean of 200 independent errors is within 4 of its standard deviations, and the errors are no accident of round-off.
	if deviation := math.Sqrt(square / 200); !(math.Abs(mean) < 4*deviation) || !(deviation > 1e-4) {
		t.Errorf("the errors' mean is %v, their mean's deviation %v", mean, deviation)
	}
}

func TestLikelihoodRefuses(t *testing.T) {
	for want, l := range map[string]diffusion.Likelihood{
		"Likelihood.Schedule = nil":     {Steps: 1},
		"Likelihood.Steps = 0, want":    {Schedule: diffusion.StandardVP()},
		"Likelihood.Probes = -1, want":  {Schedule: diffusion.StandardVP(), Steps: 1, Probes: -1},
		"is -Inf and +Inf, want it fin": {Schedule: diffusion.ConditionalOT{}, Steps: 1},
		"time 0 is 3, want it in":       {Schedule: diffusion.StandardVP(), Steps: 1, From: 3, To: 0.5},
	} {
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
