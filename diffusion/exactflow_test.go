package diffusion_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
)

// below is how much of a mixture with one axis is below x.
func below(m mixture.Mixture, x float64) float64 {
	sum := 0.0
	for k, w := range m.Weights {
		sum += w * math.Erfc((m.Means[k][0]-x)/(m.Std[k]*math.Sqrt2)) / 2
	}
	return sum
}

// With one axis the flow keeps the order of points, so that it keeps how much of the distribution is below each.
func TestExactFlowKeepsQuantiles(t *testing.T) {
	m, s := mixture.Line3(), diffusion.StandardVP()
	first, last := diffusion.At(s, 1), diffusion.At(s, 1e-3)
	x := []float64{-2.5, -1, -0.3, 0, 0.4, 0.9, 1.7, 3}
	var before float64
	for _, steps := range []int{500, 1000} {
		end, err := diffusion.ExactFlow(t.Context(), m, s, 1, 1e-3, x, steps)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for i := range x {
			worst = max(worst, math.Abs(below(m.Noised(last.Alpha, last.Sigma), end[i])-below(m.Noised(first.Alpha, first.Sigma), x[i])))
		}
		// 1000 steps of 0.01 in λ, of fourth order; twice the steps make the error 16 times less, but for higher orders.
		if steps == 1000 && (!(worst < 1e-8) || !(before/worst > 12 && before/worst < 20)) {
			t.Errorf("quantiles move by %v, and by %v in half the steps: want below 1e-8 and 16 times as much", worst, before)
		}
		before = worst
	}
	if x[0] != -2.5 {
		t.Error("the points that were given changed")
	}
}

// The flow of a Gaussian scales its deviation.
func TestExactFlowOfAGaussian(t *testing.T) {
	m := mixture.Mixture{Weights: []float64{1}, Means: [][]float64{{0.7, -2}}, Std: []float64{0.5}}
	s := diffusion.ConditionalOT{} // from noise at 0 to data at 1
	from, to := diffusion.At(s, 0.1), diffusion.At(s, 0.9)
	x := []float64{0.3, 1, -1.5, 0.2}
	got, err := diffusion.ExactFlow(t.Context(), m, s, 0.1, 0.9, x, 1000)
	if err != nil {
		t.Fatal(err)
	}
	scale := math.Hypot(to.Alpha*0.5, to.Sigma) / math.Hypot(from.Alpha*0.5, from.Sigma)
	for i, v := range x {
		mean := m.Means[0][i%2]
		if want := to.Alpha*mean + scale*(v-from.Alpha*mean); !(math.Abs(got[i]-want) < 1e-11) { // fourth order in steps of 0.004 in λ
			t.Errorf("number %d is %v, want %v", i, got[i], want)
		}
	}
}

func TestExactFlowRefuses(t *testing.T) {
	s := diffusion.StandardVP()
	run := func(m mixture.Mixture, s diffusion.Schedule, first, last float64, n, steps int) error {
		_, err := diffusion.ExactFlow(t.Context(), m, s, first, last, make([]float64, n), steps)
		return err
	}
	for want, err := range map[string]error{
		"mixture: Mixture of 0 weights":              run(mixture.Mixture{}, s, 1, 0.1, 2, 5),
		"VPLinear.BetaMin, BetaMax = 0, 0":           run(mixture.Ring8(), diffusion.VPLinear{}, 1, 0.1, 2, 5),
		"ExactFlow of 3 numbers in 5 steps, want a":  run(mixture.Ring8(), s, 1, 0.1, 3, 5),
		"ExactFlow of 2 numbers in 0 steps":          run(mixture.Ring8(), s, 1, 0.1, 2, 0),
		"time 0 is 2, want it in":                    run(mixture.Ring8(), s, 2, 0.1, 2, 5),
		"where log α/σ is -Inf and +Inf, want it fi": run(mixture.Ring8(), diffusion.ConditionalOT{}, 0, 1, 2, 5),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := diffusion.ExactFlow(ctx, mixture.Ring8(), s, 1, 0.1, make([]float64, 20), 5); !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped flow gives %v", err)
	}
}
