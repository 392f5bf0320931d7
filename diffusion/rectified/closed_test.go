package rectified_test

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/rectified"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/metrics"
)

var path = diffusion.ConditionalOT{}

// gaussian is N(mean, std² I) as a mixture.
func gaussian(mean []float64, std float64) mixture.Mixture {
	return mixture.Mixture{Weights: []float64{1}, Means: [][]float64{mean}, Std: []float64{std}}
}

// drawn are n points of a mixture.
func drawn(m mixture.Mixture, n int, seed uint64) *tensors.Tensor {
	rng, x := rand.New(rand.NewPCG(seed, 7)), make([]float64, n*m.Dim())
	for i := range n {
		m.Draw(x[i*m.Dim():(i+1)*m.Dim()], rng)
	}
	return tensors.FromFlatDataAndDimensions(x, n, m.Dim())
}

// at is the straight path's level at t.
func at(x *Node, t float64) diffusion.Level {
	return diffusion.LevelAt(path, Scalar(x.Graph(), x.DType(), t))
}

// terms are those of a closed form on pairs.
func terms(t *testing.T, v diffusion.Denoiser, x0, x1 *tensors.Tensor) rectified.Terms {
	t.Helper()
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return rectified.TermsOf(v, solver, in[0], in[1]) }, x0, x1)
	if !tensors.ToScalar[bool](out[4]) {
		t.Fatal("the paths do not come to their end")
	}
	number := func(i int) float64 { return tensors.ToScalar[float64](out[i]) }
	return rectified.Terms{Before: number(0), After: number(1), Straightness: number(2), Crossing: number(3)}
}

// TestBetweenGaussians: with a source N(a, I) and a target N(b, s² I) the path from a + z is a + t(b - a) + c(t) z with
// c² = (1-t)² + s² t², so that E|Z1 - Z0|² = |b - a|² + (s-1)² E|z|², S = (∫c'² - (s-1)²) E|z|², V = d(1 + s² - ∫c'²).
func TestBetweenGaussians(t *testing.T) {
	const s, n = 0.3, 20_000
	a, b := []float64{0.5, -1}, []float64{2, 1}
	x0, x1 := drawn(gaussian(a, 1), n, 1), drawn(gaussian(b, s), n, 2)
	got := terms(t, rectified.Between(gaussian(a, 1), gaussian(b, s)), x0, x1)
	var integral float64
	const parts = 1000
	for i := range parts {
		u := (float64(i) + 0.5) / parts
		c := math.Sqrt((1-u)*(1-u) + s*s*u*u)
		slope := (s*s*u - (1 - u)) / c
		integral += slope * slope / parts
	}
	var z2, after float64
	v := check.Floats(x0)
	for i := 0; i < len(v); i += 2 {
		move := 0.0
		for k := range 2 {
			z := v[i+k] - a[k]
			z2 += z * z / n
			move += math.Pow(b[k]-a[k]+(s-1)*z, 2)
		}
		after += move / n
	}
	for name, c := range map[string]struct{ got, want, tolerance float64 }{
		"E|Z1-Z0|²": {got.After, after, 1e-4}, // the solution's tolerance of 1e-5, on paths of length three
		"S":         {got.Straightness, (integral - (s-1)*(s-1)) * z2, 1e-4},
		"V":         {got.Crossing, 2 * (1 + s*s - integral), 0.03}, // of 20,000 pairs, whose squares deviate by their own size
	} {
		if !(math.Abs(c.got-c.want) < c.tolerance) {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
	if d := got.Defect(); !(d < 0.02) { // of the sample's covariance of X0 and X1, which are independent: 1/√20,000 of about four
		t.Errorf("the identity is off by %v", d)
	}
}

// TestBetweenMixtures: the exact flow leads one mixture to the other, and the identity holds.
func TestBetweenMixtures(t *testing.T) {
	const n = 4000
	target := mixture.Ring8()
	source := mixture.Mixture{Weights: []float64{0.3, 0.7}, Means: [][]float64{{-1, 0}, {1, 0.5}}, Std: []float64{0.4, 0.6}}
	v := rectified.Between(source, target)
	x0, x1 := drawn(source, n, 3), drawn(target, n, 4)
	z1 := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{solver.Sample(v, in[0], nil).X} }, x0)
	distance := func(x, y *tensors.Tensor) float64 {
		d, err := metrics.EnergyDistance(check.Floats(x), check.Floats(y), 2)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	// Two exact samples of 4000 differ by ±2e-4; the source's by 0.4.
	if d := distance(z1[0], x1); !(math.Abs(d) < 1e-3) {
		t.Errorf("energy distance of Z1 from the target %v, want 0 within 1e-3; the source has %v", d, distance(x0, x1))
	}
	got := terms(t, v, x0, x1)
	if d := got.Defect(); !(d < 0.03) { // of 4000 pairs
		t.Errorf("the identity is off by %v: %+v", d, got)
	}
	if !(got.After < got.Before) || !(got.Straightness > 0) || !(got.Crossing > 0) {
		t.Errorf("terms %+v, want a lower cost after, and both others above 0", got)
	}
}

// TestBetweenIsTheDenoisersVelocity: with a normal source it is the velocity of the exact denoiser.
func TestBetweenIsTheDenoisersVelocity(t *testing.T) {
	m := mixture.Mix16()
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		ours := rectified.Between(gaussian(make([]float64, 16), 1), m)
		var pairs []*Node
		for _, t := range []float64{0.02, 0.5, 0.97} {
			l := at(in[0], t)
			pairs = append(pairs, ours.At(diffusion.Velocity, in[0], l), diffusion.OfMixture(m).At(diffusion.Velocity, in[0], l))
		}
		return pairs
	}, check.Random(3, 6, 16))
	for i := 0; i < len(out); i += 2 {
		if d := check.MaxDiff(t, out[i], out[i+1]); !(d < 1e-11) { // round-off, of which the denoiser divides some by 0.03
			t.Errorf("velocities differ by %v", d)
		}
	}
}

func TestOfPairs(t *testing.T) {
	x0, x1 := [][]float64{{0, 0}, {5, 0}}, [][]float64{{1, 2}, {5, -3}}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		v := rectified.OfPairs(in[0], in[1], 0.2)
		on := Const(in[0].Graph(), [][]float64{{0.25, 0.5}, {5, -0.75}}) // on the lines at t = 1/4
		off := AddScalar(on, 0.1)
		return []*Node{v.At(diffusion.Velocity, on, at(on, 0.25)), v.At(diffusion.Velocity, off, at(off, 0.25))}
	}, x0, x1)
	for i, want := range []float64{1, 2, 0, -3} {
		// The other line is some twenty widths away, and has e^-200 of the weight.
		if got := check.Floats(out[0])[i]; !(math.Abs(got-want) < 1e-12) {
			t.Errorf("velocity on a line is %v, want %v", got, want)
		}
		// From 0.1 beside it v leads to the line's end: by 0.1/(1 - 1/4) less.
		if got := check.Floats(out[1])[i]; !(math.Abs(got-(want-0.1/0.75)) < 1e-12) {
			t.Errorf("velocity beside a line is %v, want %v", got, want-0.1/0.75)
		}
	}
}

// TestOfPairsIsNearTheExactVelocity: of many independent pairs the kernel's estimate is near the closed form.
func TestOfPairsIsNearTheExactVelocity(t *testing.T) {
	source, target := gaussian([]float64{0, 0}, 1), gaussian([]float64{2, 0}, 0.5)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		l := at(in[0], 0.5)
		return []*Node{rectified.OfPairs(in[0], in[1], 0.05).At(diffusion.Velocity, in[2], l), rectified.Between(source, target).At(diffusion.Velocity, in[2], l)}
	}, drawn(source, 40_000, 5), drawn(target, 40_000, 6), [][]float64{{1, 0}, {0.8, 0.3}, {1.3, -0.2}})
	// About 400 pairs are within the width, whose velocities deviate by 0.9, and by twice of it from (x1 - x)/(1 - t): 0.1.
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 0.3) {
		t.Errorf("velocities differ by %v, want three standard errors at most", d)
	}
}
