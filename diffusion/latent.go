package diffusion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Latent are a recipe's inputs as an encoding's latents, of mean 0 and variance 1: what [Denoise] learns from to sample in the latent
// space, with SigmaData 1. Decode takes what [Sample] gives back to data.
//
// Arrays: train_input and test_input [sample, latent…], what the encoding keeps of its fit to train_input, and all else as it is.
// Source: Rombach et al. 2022, arXiv:2112.10752, section 3 and appendix G. bib: rombach2022latent
type Latent struct {
	Recipe   datasets.Recipe
	Encoding Encoding
}

// Encoding is a way from samples to latents and back, with numbers that are fitted to data.
type Encoding interface {
	Validate() error
	// Shapes are the dimensions of a sample's latents, and what Fit gives for so many samples of such dimensions.
	Shapes(samples int, dims []int) (latent []int, fitted []datasets.Shape)
	Fit(ctx context.Context, train datasets.Array) (fitted []datasets.Array, err error)
	// Encode gives the latents of samples, and Decode the samples of latents, both [sample, …] or with the numbers of each in one axis.
	Encode(ctx context.Context, fitted []datasets.Array, x *tensors.Tensor) (*tensors.Tensor, error)
	Decode(ctx context.Context, fitted []datasets.Array, z *tensors.Tensor) (*tensors.Tensor, error)
}

var (
	_ datasets.Recipe = Latent{}
	_ Encoding        = PCA{}
	_ Encoding        = Autoencoded{}
)

// Name is "latent".
func (Latent) Name() string { return "latent" }

// Version of the encoding.
func (Latent) Version() int { return 1 }

// Validate lists what is wrong.
func (l Latent) Validate() error {
	if l.Recipe == nil || l.Encoding == nil {
		return errors.New("diffusion: Latent.Recipe or Encoding = nil, want both")
	}
	errs := []error{l.Recipe.Validate(), l.Encoding.Validate()}
	if errors.Join(errs...) != nil {
		return errors.Join(errs...)
	}
	if _, ok := l.sample(); !ok {
		return fmt.Errorf("diffusion: Latent.Recipe = %s without an array %s [sample, …], want one", l.Recipe.Name(), datasets.TrainInput)
	}
	return nil
}

// sample is the shape of the data that are encoded.
func (l Latent) sample() (datasets.Shape, bool) {
	for _, s := range l.Recipe.Arrays() {
		if s.Name == datasets.TrainInput && len(s.Dims) > 1 {
			return s, true
		}
	}
	return datasets.Shape{}, false
}

// encoded says whether an array is replaced by its latents.
func encoded(name string) bool { return name == datasets.TrainInput || name == datasets.TestInput }

// axes name those of latents.
func latentAxes(rank int) []string {
	axes := []string{"sample"}
	for i := range rank {
		axes = append(axes, fmt.Sprintf("latent%d", i+1))
	}
	return axes
}

// Arrays are the latents, what is fitted, and the rest.
func (l Latent) Arrays() []datasets.Shape {
	sample, _ := l.sample()
	latent, fitted := l.Encoding.Shapes(sample.Dims[0], sample.Dims[1:])
	out := slices.Clone(l.Recipe.Arrays())
	for i, s := range out {
		if encoded(s.Name) {
			out[i].Axes, out[i].Dims = latentAxes(len(latent)), append([]int{s.Dims[0]}, latent...)
		}
	}
	return append(out, fitted...)
}

// Make fits the encoding to the training data and encodes these and the test data.
func (l Latent) Make(ctx context.Context, _ func(done, total int)) (datasets.Set, error) {
	if err := l.Validate(); err != nil {
		return datasets.Set{}, err
	}
	source, err := datasets.Load(ctx, l.Recipe)
	if err != nil {
		return datasets.Set{}, err
	}
	fitted, err := l.Encoding.Fit(ctx, source.Train().Input)
	if err != nil {
		return datasets.Set{}, err
	}
	out := datasets.Set{Arrays: slices.Clone(source.Arrays)}
	for i, a := range out.Arrays {
		if !encoded(a.Name) {
			continue
		}
		z, err := l.Encoding.Encode(ctx, fitted, tensors.FromFlatDataAndDimensions(a.Values, a.Dims...))
		if err != nil {
			return datasets.Set{}, err
		}
		dims := z.Shape().Dimensions
		out.Arrays[i] = datasets.Array{Name: a.Name, Axes: latentAxes(len(dims) - 1), Dims: dims, Values: Values(z)}
	}
	out.Arrays = append(out.Arrays, fitted...)
	return out, nil
}

// Encode gives the latents of further samples; set is this recipe's data.
//
// Shapes: x [batch, …] as the source's inputs; returns [batch, latent…].
// Errors: a set of another recipe; samples of another shape; what the encoder panics with.
func (l Latent) Encode(ctx context.Context, set datasets.Set, x *tensors.Tensor) (*tensors.Tensor, error) {
	return l.run("Encode", set, x, func(fitted []datasets.Array) (*tensors.Tensor, error) { return l.Encoding.Encode(ctx, fitted, x) })
}

// Decode takes latents, such as samples in the latent space, to data; set is this recipe's data.
//
// Shapes: z [batch, latent…]; returns [batch, …] as the source's inputs.
// Errors: a set of another recipe; latents of another shape; what the decoder panics with.
func (l Latent) Decode(ctx context.Context, set datasets.Set, z *tensors.Tensor) (*tensors.Tensor, error) {
	return l.run("Decode", set, z, func(fitted []datasets.Array) (*tensors.Tensor, error) { return l.Encoding.Decode(ctx, fitted, z) })
}

// run checks the shapes on both sides of a map.
func (l Latent) run(name string, set datasets.Set, in *tensors.Tensor, of func(fitted []datasets.Array) (*tensors.Tensor, error)) (*tensors.Tensor, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	sample, _ := l.sample()
	latent, wanted := l.Encoding.Shapes(sample.Dims[0], sample.Dims[1:])
	from, to := sample.Dims[1:], latent
	if name == "Decode" {
		from, to = latent, sample.Dims[1:]
	}
	if dims := in.Shape().Dimensions; !in.DType().IsFloat() || len(dims) < 2 || !slices.Equal(dims[1:], from) {
		return nil, fmt.Errorf("diffusion: Latent.%s: samples are %s, want real [batch, %v]", name, in.Shape(), from)
	}
	var fitted []datasets.Array
	for _, s := range wanted {
		a, ok := set.Array(s.Name)
		if !ok || !a.Shape().Equal(s) {
			return nil, fmt.Errorf("diffusion: Latent.%s: the set has no array %s %v, want the data of this recipe", name, s.Name, s.Dims)
		}
		fitted = append(fitted, a)
	}
	out, err := of(fitted)
	if err != nil {
		return nil, err
	}
	want := append([]int{in.Shape().Dim(0)}, to...)
	if got := out.Shape(); got.Size() != shapes.Make(got.DType, want...).Size() {
		return nil, fmt.Errorf("diffusion: Latent.%s gave %s, want %v", name, got, want)
	}
	return tensors.FromFlatDataAndDimensions(Values(out), want...), nil
}

// PCA encodes samples by their coordinates along the axes of most variance, each divided by its deviation:
//
//	z = S⁻¹ Vᵀ (x - mean),  x ≈ mean + V S z
//
// The fit is in closed form, by singular values; the sign of an axis is that its largest entry is above 0.
//
// Cost: the fit O(n d min(n, d)) for n samples of d numbers.
// Source: Jolliffe 2002, section 2.1. bib: jolliffe2002principal
type PCA struct {
	Rank int // axes that are kept: at least 1, at most the numbers of a sample, and below the number of samples
}

// Validate says what is wrong.
func (p PCA) Validate() error {
	if p.Rank < 1 {
		return fmt.Errorf("diffusion: PCA.Rank = %d, want at least 1", p.Rank)
	}
	return nil
}

// Shapes are Rank latents, and the mean and the axes times their deviations.
func (p PCA) Shapes(_ int, dims []int) (latent []int, fitted []datasets.Shape) {
	size := shapes.Make(0, dims...).Size()
	return []int{p.Rank}, []datasets.Shape{
		{Name: "pca_mean", Axes: []string{"number"}, Dims: []int{size}},
		{Name: "pca_axes", Axes: []string{"axis", "number"}, Dims: []int{p.Rank, size}},
	}
}

// leastDeviation is what an axis must have of the first one's deviation: less is round-off.
const leastDeviation = 1e-10

// Fit finds the axes.
//
// Errors: a rank above that of the data; values that are not finite.
func (p PCA) Fit(_ context.Context, train datasets.Array) ([]datasets.Array, error) {
	n := train.Dims[0]
	size := len(train.Values) / max(n, 1)
	if p.Rank > size || p.Rank >= n {
		return nil, fmt.Errorf("diffusion: PCA.Rank = %d for %d samples of %d numbers, want at most %d", p.Rank, n, size, min(size, n-1))
	}
	mean, away := make([]float64, size), slices.Clone(train.Values)
	for i, v := range away {
		if !finite(v) {
			return nil, fmt.Errorf("diffusion: PCA: number %d of sample %d is %v, want finite data", i%size, i/size, v)
		}
		mean[i%size] += v / float64(n)
	}
	for i := range away {
		away[i] -= mean[i%size]
	}
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(n, size, away), mat.SVDThinV) {
		return nil, errors.New("diffusion: PCA: the singular values did not converge")
	}
	var v mat.Dense
	svd.VTo(&v)
	values := svd.Values(nil)
	axes := make([]float64, 0, p.Rank*size)
	for k := range p.Rank {
		deviation := values[k] / math.Sqrt(float64(n))
		if !(values[k] > leastDeviation*values[0]) {
			return nil, fmt.Errorf("diffusion: PCA.Rank = %d, want at most %d: the data vary along no more axes", p.Rank, k)
		}
		axis := mat.Col(nil, k, &v)
		largest := 0
		for i, a := range axis {
			if math.Abs(a) > math.Abs(axis[largest])*(1+1e-9) { // of equal ones the first, whatever round-off
				largest = i
			}
		}
		deviation = math.Copysign(deviation, axis[largest])
		for _, a := range axis {
			axes = append(axes, deviation*a)
		}
	}
	_, like := p.Shapes(n, train.Dims[1:])
	return filled(like, mean, axes), nil
}

// filled gives each shape its values.
func filled(like []datasets.Shape, values ...[]float64) []datasets.Array {
	var out []datasets.Array
	for i, s := range like {
		out = append(out, datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims, Values: values[i]})
	}
	return out
}

// Encode projects.
func (p PCA) Encode(_ context.Context, fitted []datasets.Array, x *tensors.Tensor) (*tensors.Tensor, error) {
	mean, axes, values := fitted[0].Values, fitted[1].Values, Values(x)
	size := len(mean)
	n := len(values) / size
	z := make([]float64, n*p.Rank)
	for k := range p.Rank {
		axis := axes[k*size : (k+1)*size]
		square := 0.0
		for _, a := range axis {
			square += a * a
		}
		for i := range n {
			for j, a := range axis {
				z[i*p.Rank+k] += a / square * (values[i*size+j] - mean[j])
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(z, n, p.Rank), nil
}

// Decode sums the axes.
func (p PCA) Decode(_ context.Context, fitted []datasets.Array, z *tensors.Tensor) (*tensors.Tensor, error) {
	mean, axes, values := fitted[0].Values, fitted[1].Values, Values(z)
	size, n := len(mean), z.Shape().Dim(0)
	x := make([]float64, 0, n*size)
	for i := range n {
		x = append(x, mean...)
		row := x[i*size:]
		for k := range p.Rank {
			for j := range row {
				row[j] += values[i*p.Rank+k] * axes[k*size+j]
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(x, n, size), nil
}

// Autoencoder is a model with two halves.
type Autoencoder interface {
	zoo.Model
	Encode(scope *model.Scope, x *Node) *Node // [batch, …] to [batch, latent…]
	Decode(scope *model.Scope, z *Node) *Node // back
}

// Autoencoded encodes by a trained autoencoder. Its latents are shifted and divided by one number each, so that all of them together have mean
// 0 and variance 1.
//
// Differs from the source: latents are shifted too.
// Source: Rombach et al. 2022, arXiv:2112.10752, appendix G. bib: rombach2022latent
type Autoencoded struct {
	Model  Autoencoder
	Run    zoo.Trained // of a task whose network is Model
	Latent []int       // dimensions of a sample's latents
}

// MarshalJSON has the run's key for its values.
func (a Autoencoded) MarshalJSON() ([]byte, error) {
	key := ""
	if a.Run != nil {
		key = a.Run.Key()
	}
	return json.Marshal(struct {
		Model  Autoencoder
		Run    string
		Latent []int
	}{a.Model, key, a.Latent})
}

// Validate lists what is wrong.
func (a Autoencoded) Validate() error {
	if a.Model == nil || a.Run == nil {
		return errors.New("diffusion: Autoencoded.Model or Run = nil, want a model and the run that trained it")
	}
	err := a.Model.Validate()
	if len(a.Latent) == 0 || slices.Min(a.Latent) < 1 {
		err = errors.Join(err, fmt.Errorf("diffusion: Autoencoded.Latent = %v, want the dimensions of a sample's latents", a.Latent))
	}
	return err
}

// Shapes are the latents as they are given, and the shift and the scale.
func (a Autoencoded) Shapes(int, []int) (latent []int, fitted []datasets.Shape) {
	return a.Latent, []datasets.Shape{{Name: "latent_scale", Axes: []string{"mean and deviation"}, Dims: []int{2}}}
}

// Fit finds the mean and the deviation of the latents.
//
// Errors: latents that are all equal or not finite; what the encoder panics with.
func (a Autoencoded) Fit(ctx context.Context, train datasets.Array) ([]datasets.Array, error) {
	x := tensors.FromFlatDataAndDimensions(train.Values, train.Dims...)
	_, like := a.Shapes(0, nil)
	z, err := a.Encode(ctx, filled(like, []float64{0, 1}), x)
	if err != nil {
		return nil, err
	}
	dims := z.Shape().Dimensions
	if len(dims) < 1 || !slices.Equal(dims[1:], a.Latent) {
		return nil, fmt.Errorf("diffusion: Autoencoded.Model encodes as %s, want [sample, %v] as Latent says", z.Shape(), a.Latent)
	}
	scale, err := datasets.FitScale(datasets.Array{Name: "latents", Axes: latentAxes(len(dims) - 1), Dims: dims, Values: Values(z)})
	if err != nil {
		return nil, fmt.Errorf("diffusion: Autoencoded: %w", err)
	}
	return filled(like, []float64{scale.Mean[0], scale.Std[0]}), nil
}

// encodedAtOnce is how many samples go through a network in one call.
const encodedAtOnce = 256

// Encode runs the encoder, then scales.
func (a Autoencoded) Encode(ctx context.Context, fitted []datasets.Array, x *tensors.Tensor) (*tensors.Tensor, error) {
	mean, std := fitted[0].Values[0], fitted[0].Values[1]
	return a.run(ctx, x, func(scope *model.Scope, x *Node) *Node {
		return MulScalar(AddScalar(a.Model.Encode(scope, x), -mean), 1/std)
	})
}

// Decode undoes the scale, then runs the decoder.
func (a Autoencoded) Decode(ctx context.Context, fitted []datasets.Array, z *tensors.Tensor) (*tensors.Tensor, error) {
	mean, std := fitted[0].Values[0], fitted[0].Values[1]
	return a.run(ctx, z, func(scope *model.Scope, z *Node) *Node {
		return a.Model.Decode(scope, AddScalar(MulScalar(z, std), mean))
	})
}

// run maps samples, some at once.
func (a Autoencoded) run(ctx context.Context, x *tensors.Tensor, of func(scope *model.Scope, x *Node) *Node) (*tensors.Tensor, error) {
	dims, values := x.Shape().Dimensions, Values(x)
	n := dims[0]
	size := len(values) / max(n, 1)
	var out []float64
	var shape []int
	for from := 0; from < n; from += encodedAtOnce {
		to := min(from+encodedAtOnce, n)
		part := tensors.FromFlatDataAndDimensions(values[from*size:to*size], append([]int{to - from}, dims[1:]...)...)
		got, err := a.Run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node { return []*Node{of(scope, in[0])} }, part)
		if err != nil {
			return nil, fmt.Errorf("diffusion: Autoencoded: %w", err)
		}
		out, shape = append(out, Values(got[0])...), got[0].Shape().Dimensions
	}
	if len(shape) == 0 || len(out) != n*shapes.Make(0, shape[1:]...).Size() {
		return nil, fmt.Errorf("diffusion: Autoencoded.Model gave %v, want real numbers for each of %d samples", shape, n)
	}
	return tensors.FromFlatDataAndDimensions(out, append([]int{n}, shape[1:]...)...), nil
}
