package diffusion_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
)

// plane is data of 16 numbers, [4, 4] a sample, from a Gaussian on a plane: x = mean + A u with u of N(0, I₂).
type plane struct{ Train int }

func (plane) Name() string    { return "plane" }
func (plane) Version() int    { return 1 }
func (plane) Validate() error { return nil }
func (p plane) Arrays() []datasets.Shape {
	return []datasets.Shape{
		{Name: datasets.TrainInput, Axes: []string{"sample", "x", "y"}, Dims: []int{p.Train, 4, 4}},
		{Name: datasets.TrainOutput, Axes: []string{"sample", "u"}, Dims: []int{p.Train, 2}},
		{Name: datasets.TestInput, Axes: []string{"sample", "x", "y"}, Dims: []int{5, 4, 4}},
	}
}

// basis are the columns of A and the mean: the first axis is about four times as long as the second.
func (plane) basis() (a [2][16]float64, mean [16]float64) {
	for j := range 16 {
		a[0][j], a[1][j], mean[j] = 2*math.Cos(float64(j)), 0.5*math.Sin(1.7*float64(j)), 0.1*float64(j)
	}
	return a, mean
}

func (p plane) Make(context.Context, func(done, total int)) (datasets.Set, error) {
	rng := rand.New(rand.NewPCG(3, 4))
	a, mean := p.basis()
	var set datasets.Set
	for _, s := range p.Arrays() {
		set.Arrays = append(set.Arrays, datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims})
	}
	draw := func(n int) (x, u []float64) {
		for range n {
			u1, u2 := rng.NormFloat64(), rng.NormFloat64()
			u = append(u, u1, u2)
			for j := range 16 {
				x = append(x, mean[j]+a[0][j]*u1+a[1][j]*u2)
			}
		}
		return x, u
	}
	set.Arrays[0].Values, set.Arrays[1].Values = draw(p.Train)
	set.Arrays[2].Values, _ = draw(5)
	return set, nil
}

// covariance is that of samples of 16 numbers.
func covariance(x []float64) (mean [16]float64, c [16][16]float64) {
	n := float64(len(x) / 16)
	for i, v := range x {
		mean[i%16] += v / n
	}
	for i := 0; i < len(x); i += 16 {
		for j := range 16 {
			for k := range 16 {
				c[j][k] += (x[i+j] - mean[j]) * (x[i+k] - mean[k]) / n
			}
		}
	}
	return mean, c
}

// Latents of the plane are N(0, I₂), of which the denoiser is known: samples of them are decoded to the data's Gaussian.
func TestPCALatentsAreSampled(t *testing.T) {
	const n = 8000
	latent := diffusion.Latent{Recipe: plane{Train: 20000}, Encoding: diffusion.PCA{Rank: 2}}
	set, err := datasets.Load(t.Context(), latent)
	if err != nil {
		t.Fatal(err)
	}
	z := set.Train().Input
	var sum, square [3]float64
	for i := 0; i < len(z.Values); i += 2 {
		a, b := z.Values[i], z.Values[i+1]
		for k, v := range [3]float64{a * a, b * b, a * b} {
			square[k] += v / 20000
		}
		sum[0], sum[1] = sum[0]+a/20000, sum[1]+b/20000
	}
	for k, want := range [3]float64{1, 1, 0} {
		if !(math.Abs(square[k]-want) < 1e-10) || !(math.Abs(sum[k]) < 1e-10) { // round-off of 20,000 terms
			t.Errorf("latents have the moments %v and means %v, want 1, 1, 0 and 0", square, sum)
		}
	}
	s := diffusion.StandardVP()
	start := diffusion.Start(diffusion.At(s, 1), 1, 6, n, 2)
	plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: s, NFE: 20}
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{plan.Sample(diffusion.OfGaussian([]float64{0, 0}, 1), in[0], nil).X}
	}, start)[0]
	x, err := latent.Decode(t.Context(), set, got)
	if err != nil {
		t.Fatal(err)
	}
	if dims := x.Shape().Dimensions; !slices.Equal(dims, []int{n, 4, 4}) {
		t.Fatalf("decoded samples are %v, want [%d 4 4]", dims, n)
	}
	a, wantMean := plane{}.basis()
	mean, c := covariance(diffusion.Values(x))
	variance := func(j int) float64 { return a[0][j]*a[0][j] + a[1][j]*a[1][j] }
	// Five standard errors of n samples, and of the 20,000 that the axes are fitted to.
	errors := 5 * math.Sqrt(1./n+1./20000)
	for j := range 16 {
		if !(math.Abs(mean[j]-wantMean[j]) < errors*math.Sqrt(variance(j))) {
			t.Errorf("number %d has the mean %v, want %v", j, mean[j], wantMean[j])
		}
		for k := range 16 {
			if want := a[0][j]*a[0][k] + a[1][j]*a[1][k]; !(math.Abs(c[j][k]-want) < errors*math.Sqrt(2*variance(j)*variance(k))) {
				t.Errorf("covariance of %d and %d is %v, want %v", j, k, c[j][k], want)
			}
		}
	}
}

// affine is an autoencoder of samples [4, 4] by 3x + 7.
type affine struct{}

func (affine) Validate() error { return nil }

func (affine) Forward(_ *model.Scope, in ...*Node) *Node { return in[0] }

func (affine) Encode(_ *model.Scope, x *Node) *Node {
	return Reshape(AddScalar(MulScalar(x, 3), 7), x.Shape().Dim(0), 8, 2)
}

func (affine) Decode(_ *model.Scope, z *Node) *Node {
	return Reshape(DivScalar(AddScalar(z, -7), 3), z.Shape().Dim(0), 4, 4)
}

func TestLatentsComeBack(t *testing.T) {
	source, err := datasets.Load(t.Context(), plane{Train: 300})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		encoding diffusion.Encoding
		dims     []int
	}{
		{diffusion.PCA{Rank: 2}, []int{5, 2}},
		{diffusion.Autoencoded{Model: affine{}, Run: finished{plain{t}}, Latent: []int{8, 2}}, []int{5, 8, 2}},
	} {
		latent := diffusion.Latent{Recipe: plane{Train: 300}, Encoding: c.encoding}
		set, err := datasets.Load(t.Context(), latent)
		if err != nil {
			t.Errorf("%T: %v", c.encoding, err)
			continue
		}
		test := set.Test().Input
		if !slices.Equal(test.Dims, c.dims) || !slices.Equal(set.Train().Output.Values, source.Train().Output.Values) {
			t.Errorf("%T: latents are %v, want %v, with the outputs as they were", c.encoding, test.Dims, c.dims)
		}
		if mean, std := moments(set.Train().Input.Values); !(math.Abs(mean) < 1e-12) || !(math.Abs(std-1) < 1e-12) { // round-off
			t.Errorf("%T: latents have the mean %v and the deviation %v, want 0 and 1", c.encoding, mean, std)
		}
		x := source.Train().Input // of more samples than go through a network at once
		z, err := latent.Encode(t.Context(), set, tensors.FromFlatDataAndDimensions(x.Values, x.Dims...))
		if err != nil || !slices.Equal(diffusion.Values(z), set.Train().Input.Values) {
			t.Errorf("%T: further samples have other latents than those of the set: %v", c.encoding, err)
		}
		back, err := latent.Decode(t.Context(), set, z)
		if err != nil {
			t.Errorf("%T: %v", c.encoding, err)
			continue
		}
		for i, v := range diffusion.Values(back) {
			if !(math.Abs(v-x.Values[i]) < 1e-12) { // round-off of numbers up to 10
				t.Errorf("%T: number %d comes back as %v, want %v", c.encoding, i, v, x.Values[i])
				break
			}
		}
	}
}

// A task learns in the latent space as it does of any recipe.
func TestDenoiseOfLatents(t *testing.T) {
	task := ringTask(0)
	task.Recipe, task.SigmaData = diffusion.Latent{Recipe: plane{Train: 512}, Encoding: diffusion.PCA{Rank: 2}}, 1
	h := losses(t, task, train.Fit{Steps: 20, Precision: train.Float64, Rate: 1e-9})
	mean := 0.0
	for _, v := range h {
		mean += v / float64(len(h))
	}
	if !(math.Abs(mean-1) < 0.04) { // as of the targets' variance
		t.Errorf("the target's mean square is %v, want 1", mean)
	}
}

func TestLatentsRefuse(t *testing.T) {
	run := finished{plain{t}}
	good := diffusion.Latent{Recipe: plane{Train: 20}, Encoding: diffusion.PCA{Rank: 2}}
	load := func(l diffusion.Latent) error {
		_, err := datasets.Load(t.Context(), l)
		return err
	}
	of := func(e diffusion.Encoding) error { return load(diffusion.Latent{Recipe: plane{Train: 20}, Encoding: e}) }
	decode := func(set datasets.Set, z any) error {
		_, err := good.Decode(t.Context(), set, tensors.MustFromAnyValue(z))
		return err
	}
	set, err := datasets.Load(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		"Latent.Recipe or Encoding = nil":                            load(diffusion.Latent{}),
		"PCA.Rank = 0, want at least 1":                              of(diffusion.PCA{}),
		"PCA.Rank = 3, want at most 2: the data vary along no more":  of(diffusion.PCA{Rank: 3}),
		"PCA.Rank = 17 for 20 samples of 16 numbers, want at most":   of(diffusion.PCA{Rank: 17}),
		"Autoencoded.Model or Run = nil":                             of(diffusion.Autoencoded{}),
		"Autoencoded.Latent = [], want":                              of(diffusion.Autoencoded{Model: affine{}, Run: run}),
		"Autoencoded.Model encodes as (Float64)[20, 8, 2], want":     of(diffusion.Autoencoded{Model: affine{}, Run: run, Latent: []int{16}}),
		"Latent.Decode: samples are (Float64)[1, 3], want real":      decode(set, [][]float64{{1, 2, 3}}),
		"Latent.Decode: the set has no array pca_mean [16], want th": decode(datasets.Set{}, [][]float64{{1, 2}}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	text, err := json.Marshal(diffusion.Autoencoded{Model: affine{}, Run: run, Latent: []int{8, 2}})
	if err != nil || !strings.Contains(string(text), `"Run":"finished"`) {
		t.Errorf("an encoding marshals to %s, %v, want the run's key in it", text, err)
	}
}
