package diffusion

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// MeanReverting is the schedule of the Ornstein-Uhlenbeck process that leads data to a mean field m, such as a blurred image or a
// coarse solution, and not to 0:
//
//	dx = θ(t) (m - x) dt + s(t) dw,  s² = 2 Level² θ
//	x - m = α (x0 - m) + σ ε,  log α = -∫θ dt,  σ = Level √(1 - α²)
//
// with a rate θ that grows linearly in t. It is a schedule of x - m: denoisers are of x0 - m at x - m, for which see [About],
// [AroundMean], [Residuals] and [Restore]. At the noise end x is m + α (x0 - m) with noise of about the deviation Level. Level 1 is
// [VPLinear] with β = 2θ.
//
// Differs from the source: its θ is a cosine schedule.
// Source: Luo et al. 2023, arXiv:2301.11699, section 3.1, with λ for Level. bib: luo2023image
type MeanReverting struct {
	ThetaMin, ThetaMax float64 // θ at t = 0 and 1, 1 per unit of t; equal: a constant rate
	Level              float64 // deviation of x about m after infinite time, in units of x
	TMin               float64 // the data end, 0 ≤ TMin < 1; the noise end is 1
}

// Validate lists what is wrong.
func (r MeanReverting) Validate() error {
	errs := []error{within("MeanReverting.TMin", r.TMin)}
	if !(r.ThetaMin > 0) || !(r.ThetaMax >= r.ThetaMin) || math.IsInf(r.ThetaMax, 0) {
		errs = append(errs, fmt.Errorf("diffusion: MeanReverting.ThetaMin, ThetaMax = %v, %v, want 0 < ThetaMin ≤ ThetaMax, so that σ grows with t", r.ThetaMin, r.ThetaMax))
	}
	if !(r.Level > 0) || math.IsInf(r.Level, 0) {
		errs = append(errs, fmt.Errorf("diffusion: MeanReverting.Level = %v, want the deviation of the noise, above 0", r.Level))
	}
	return errors.Join(errs...)
}

// unit is the process of level 1.
func (r MeanReverting) unit() VPLinear {
	return VPLinear{BetaMin: 2 * r.ThetaMin, BetaMax: 2 * r.ThetaMax, TMin: r.TMin}
}

// Ends are 1 and TMin.
func (r MeanReverting) Ends() (noise, data float64) { return r.unit().Ends() }

// Alpha is what is left of x0 - m.
func (r MeanReverting) Alpha(t float64) float64 { return r.unit().Alpha(t) }

// Sigma is σ(t).
func (r MeanReverting) Sigma(t float64) float64 { return r.Level * r.unit().Sigma(t) }

// Rates are -θα and Level² θ α²/σ.
func (r MeanReverting) Rates(t float64) (dAlpha, dSigma float64) {
	dAlpha, dSigma = r.unit().Rates(t)
	return dAlpha, r.Level * dSigma
}

// Time is the inverse of λ.
func (r MeanReverting) Time(lambda float64) float64 {
	return r.unit().Time(lambda + math.Log(r.Level))
}

// Nodes are α and σ.
func (r MeanReverting) Nodes(t *Node) (alpha, sigma *Node) {
	alpha, sigma = r.unit().Nodes(t)
	return alpha, MulScalar(sigma, r.Level)
}

// About is the denoiser of x0 - m at x - m, made of one that knows x0 at α x0 + σ ε:
//
//	E[x0 - m | r] = E[x0 | r + α m] - m
//
// So a closed form, or a network that was learned about 0, serves a process about any mean field.
//
// Shapes: m of x's shape.
// Panics: without a denoiser; if m has another shape than x.
// Cost:   the denoiser.
func About(d Denoiser, m *Node) Denoiser {
	if d.Predict == nil {
		exceptions.Panicf("diffusion: About: Denoiser.Predict = nil, want the denoiser of x0")
	}
	n := len(d.Args)
	out := d
	out.Prediction, out.Args = X0, append(slices.Clone(d.Args), m)
	out.Predict = func(r *Node, at Level, args []*Node) *Node {
		m := args[n]
		wantMean("About", m, r)
		return Sub(d.With(args[:n]).At(X0, Add(r, Mul(at.Alpha, m)), at), m)
	}
	return out
}

func wantMean(name string, m, x *Node) {
	if !m.Shape().Equal(x.Shape()) {
		exceptions.Panicf("diffusion: %s: m is %s, want %s as x", name, m.Shape(), x.Shape())
	}
}

// AroundMean samples x about a mean field: s runs on x - m with a denoiser of x0 - m, and m is added to what it gives.
//
// Shapes: x and m [batch, …], x at the sampler's first level; seed as of [Sampler].
// Panics: if m has another shape than x; as s does.
func AroundMean(s Sampler, d Denoiser, x, m, seed *Node) Samples {
	wantMean("AroundMean", m, x)
	got := s.Sample(d, Sub(x, m), seed)
	got.X = Add(got.X, m)
	if got.States != nil {
		all := InsertAxes(m, 0)
		got.States, got.Previews = Add(got.States, all), Add(got.Previews, all)
	}
	return got
}

// Residuals are a recipe's data relative to a mean field of each sample, which is kept as the condition: what [Denoise] learns from for
// [MeanReverting], with Conditional set. As there, data are the recipe's inputs and mean fields its outputs, of one shape.
//
// Arrays: train_input data - mean, train_output the mean field, test_input and test_output likewise; others as they are.
type Residuals struct {
	Recipe datasets.Recipe
	// Swap takes the recipe's outputs for the data and its inputs for the mean fields, as where a solution is to be restored from a coarse one.
	Swap bool `json:",omitempty"`
}

var _ datasets.View = Residuals{}

// Name is "residuals".
func (Residuals) Name() string { return "residuals" }

// Version of the difference.
func (Residuals) Version() int { return 1 }

// Validate lists what is wrong.
func (r Residuals) Validate() error {
	if r.Recipe == nil {
		return errors.New("diffusion: Residuals.Recipe = nil, want a recipe of data and mean fields")
	}
	if err := r.Recipe.Validate(); err != nil {
		return err
	}
	dims := map[string][]int{}
	for _, s := range r.Recipe.Arrays() {
		dims[s.Name] = s.Dims
	}
	var errs []error
	for _, pair := range [][2]string{{datasets.TrainInput, datasets.TrainOutput}, {datasets.TestInput, datasets.TestOutput}} {
		if in, out := dims[pair[0]], dims[pair[1]]; !slices.Equal(in, out) || in == nil && pair[0] == datasets.TrainInput {
			errs = append(errs, fmt.Errorf("diffusion: Residuals.Recipe = %s with %s %v and %s %v, want data and mean fields of one shape", r.Recipe.Name(), pair[0], in, pair[1], out))
		}
	}
	return errors.Join(errs...)
}

// Arrays are those of the recipe.
func (r Residuals) Arrays() []datasets.Shape { return r.Recipe.Arrays() }

// Source is the recipe.
func (r Residuals) Source() datasets.Recipe { return r.Recipe }

// Make makes the recipe's data first.
func (r Residuals) Make(ctx context.Context, report func(done, total int)) (datasets.Set, error) {
	set, err := r.Recipe.Make(ctx, report)
	if err != nil {
		return datasets.Set{}, err
	}
	return r.Derive(set)
}

// Derive takes the difference.
func (r Residuals) Derive(source datasets.Set) (datasets.Set, error) {
	out := datasets.Set{Arrays: slices.Clone(source.Arrays)}
	for _, pair := range [][2]string{{datasets.TrainInput, datasets.TrainOutput}, {datasets.TestInput, datasets.TestOutput}} {
		x := slices.IndexFunc(out.Arrays, func(a datasets.Array) bool { return a.Name == pair[0] })
		m := slices.IndexFunc(out.Arrays, func(a datasets.Array) bool { return a.Name == pair[1] })
		if x < 0 || m < 0 {
			continue
		}
		data, mean := out.Arrays[x].Values, out.Arrays[m].Values
		if len(data) != len(mean) {
			return datasets.Set{}, fmt.Errorf("diffusion: Residuals: %d numbers of %s and %d of %s, want as many", len(data), pair[0], len(mean), pair[1])
		}
		if r.Swap {
			data, mean = mean, data
		}
		difference := make([]float64, len(data))
		for i := range data {
			difference[i] = data[i] - mean[i]
		}
		out.Arrays[x].Values, out.Arrays[m].Values = difference, mean
	}
	return out, nil
}

// Restore draws a sample about each of some mean fields from a finished run of a task on [Residuals].
//
// Shapes: m [batch, …] as the recipe's outputs; the samples have the same.
// Errors: a task that is not of Residuals or not Conditional; m that is not real; as [Draw].
func Restore(ctx context.Context, run zoo.Trained, task Denoise, s Sampler, m *tensors.Tensor, seed uint64) (Drawn, error) {
	if _, ok := task.Recipe.(Residuals); !ok || !task.Conditional {
		return Drawn{}, fmt.Errorf("diffusion: Restore: Denoise.Recipe = %T, Conditional = %v, want Residuals and true", task.Recipe, task.Conditional)
	}
	if !m.DType().IsFloat() {
		return Drawn{}, fmt.Errorf("diffusion: Restore: m is %s, want real mean fields [batch, …]", m.Shape())
	}
	if err := s.Validate(); err != nil {
		return Drawn{}, err
	}
	at, err := s.First()
	if err != nil {
		return Drawn{}, err
	}
	noise := Start(at, task.SigmaData, seed, m.Shape().Dimensions...)
	return drawn(ctx, run, s, func(scope *model.Scope, in []*Node) Samples {
		noise, seed, m := in[0], in[1], ConvertDType(in[2], in[0].DType())
		return AroundMean(s, task.Given(scope, noise, m), Add(noise, m), m, seed)
	}, noise, seed, m)
}
