package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers/timemlp"
	"github.com/fieldbook-go/fieldbook/layers/unet"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// denoiser is a network that predicts v = α ε - σ x0, sampled and trained; its schedule is [diffusion.StandardVP].
type denoiser struct {
	network string // the model's scope, by which peers know it
	title   string
	model   zoo.Model
	dims    []int // of a sample
	samples int   // at once, drawn
	nfe     int
	batch   int // of training
}

const (
	trainDenoiser = "train-denoiser" // group
	denoiserRate  = 1e-3
	denoiserEMA   = 0.999
)

// timesStride is near the golden ratio, and its multiples are exact in float32.
const timesStride = 2531.0 / 4096

// samplingTolerance is float32's round-off, 6e-8, grown by the steps and by the division by σ of the noisiest one.
const samplingTolerance = 1e-4

// denoiserTolerance is what float32 leaves of Adam's first steps, in which the gradient's smallest components decide on whole steps of the rate.
const denoiserTolerance = 2e-3

// pointDenoiser is the usual network for densities of the plane.
func pointDenoiser() denoiser {
	return denoiser{
		network: "timemlp", title: "3×128 MLP of points of the plane and the time", model: timemlp.Default(),
		dims: []int{2}, samples: 10_000, nfe: 20, batch: 1024,
	}
}

// imageDenoiser has half the default's channels, that a run may end while one waits.
func imageDenoiser() denoiser {
	m := unet.Default()
	m.Channels, m.Out = 32, 3
	return denoiser{network: "unet", title: "U-Net of 32, 64 and 64 channels on 32² RGB images", model: m, dims: []int{32, 32, 3}, samples: 64, nfe: 4, batch: 64}
}

// denoiserBenchmarks are sampling and training of both.
func denoiserBenchmarks() []Benchmark {
	points, images := pointDenoiser(), imageDenoiser()
	return []Benchmark{
		points.sampling("sample-mlp", 5), images.sampling("sample-unet", 1),
		points.training(trainDenoiser+"-mlp", 20), images.training(trainDenoiser+"-unet", 1),
	}
}

func (d denoiser) sampling(name string, turn int) Benchmark {
	return Benchmark{
		Name: name, Turn: turn, Tolerance: samplingTolerance, Problem: d.samplingProblem, Ours: d.sampled,
		Title: fmt.Sprintf("%d samples by DPM-Solver++(2M), %d NFE, %s", d.samples, d.nfe, d.title),
		Peers: []Peer{{"sample_jax", true}, {"sample_torch", true}, {"sample_torch_compile", true}},
	}
}

func (d denoiser) training(name string, turn int) Benchmark {
	return Benchmark{
		Name: name, Group: trainDenoiser, Turn: turn, Tolerance: denoiserTolerance, Problem: d.trainingProblem, Ours: d.trained,
		Title: fmt.Sprintf("denoiser training step, batch %d, Adam and EMA, %s", d.batch, d.title),
		Peers: []Peer{{"train_denoiser_jax", true}, {"train_denoiser_torch", true}, {"train_denoiser_torch_compile", true}},
	}
}

// plan is the sampling run.
func (d denoiser) plan() samplers.Plan {
	return samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: diffusion.StandardVP(), NFE: d.nfe}
}

// samplingProblem is where sampling starts, the levels of its steps, and weights.
func (d denoiser) samplingProblem() (Problem, error) {
	rng := rand.New(rand.NewPCG(11, 12))
	p, err := d.problem(rng)
	if err != nil {
		return Problem{}, err
	}
	p.Arrays["x"] = normals(rng, append([]int{d.samples}, d.dims...)...)
	schedule := d.plan().Schedule
	first, last := schedule.Ends()
	times, err := diffusion.UniformLambda{}.Times(schedule, first, last, d.nfe)
	if err != nil {
		return Problem{}, err
	}
	levels := make([][]float64, len(times))
	for i, t := range times {
		levels[i] = []float64{t, schedule.Alpha(t), schedule.Sigma(t)}
	}
	p.Sizes["levels"] = levels
	return p, nil
}

// trainingProblem is data and noise, the same in every step, where times begin, and weights.
func (d denoiser) trainingProblem() (Problem, error) {
	rng := rand.New(rand.NewPCG(13, 14))
	p, err := d.problem(rng)
	if err != nil {
		return Problem{}, err
	}
	dims := append([]int{d.batch}, d.dims...)
	p.Arrays["data"], p.Arrays["noise"] = normals(rng, dims...), normals(rng, dims...)
	times := make([]float32, d.batch)
	for i := range times {
		times[i] = float32(rng.Float64())
	}
	p.Arrays["times"] = tensors.FromFlatDataAndDimensions(times, append([]int{d.batch}, slices.Repeat([]int{1}, len(d.dims))...)...)
	return p, nil
}

// problem is weights of variance 1 over the inputs of each output, small offsets, and factors about 1.
func (d denoiser) problem(rng *rand.Rand) (Problem, error) {
	p := Problem{
		Sizes:  map[string]any{"network": d.network, "rate": denoiserRate, "ema": denoiserEMA, "stride": timesStride, "threads": benchCores},
		Arrays: map[string]*tensors.Tensor{},
	}
	variables, err := d.variables()
	if err != nil {
		return Problem{}, err
	}
	for _, v := range variables {
		shape, start, scale := v.Shape(), 0.0, 0.1
		if shape.Rank() > 1 {
			scale = math.Sqrt(float64(shape.Dim(-1)) / float64(shape.Size()))
		} else if v.Name() == "scale" {
			start = 1
		}
		w := make([]float32, shape.Size())
		for i := range w {
			w[i] = float32(start + scale*rng.NormFloat64())
		}
		p.Arrays[strings.TrimPrefix(v.Path(), "/"+d.network+"/")] = tensors.FromFlatDataAndDimensions(w, shape.Dimensions...)
	}
	return p, nil
}

// variables are the network's, by path.
func (d denoiser) variables() ([]*model.Variable, error) {
	b, err := backend.New()
	if err != nil {
		return nil, err
	}
	store := model.NewStore()
	err = zoo.Catch("bench", func() {
		g := NewGraph(b, d.network)
		defer g.Finalize()
		x := Parameter(g, "x", shapes.Make(dtypes.Float32, append([]int{1}, d.dims...)...))
		d.model.Forward(store.RootScope(), x, Parameter(g, "t", shapes.Make(dtypes.Float32, 1, 1)))
	})
	if err != nil {
		return nil, err
	}
	var all []*model.Variable
	for v := range store.IterVariables() {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	return all, nil
}

// normals is an array of variance 1.
func normals(rng *rand.Rand, dims ...int) *tensors.Tensor {
	v := make([]float32, shapes.Make(dtypes.Float32, dims...).Size())
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return tensors.FromFlatDataAndDimensions(v, dims...)
}

// weights are a problem's arrays without its data.
func (denoiser) weights(p Problem) map[string]*tensors.Tensor {
	weights := map[string]*tensors.Tensor{}
	for name, value := range p.Arrays {
		if strings.Contains(name, "/") {
			weights[name] = value
		}
	}
	return weights
}

// sampled draws all samples in a call; its value is their mean square.
func (d denoiser) sampled(_ context.Context, p Problem) (Steps, error) {
	b, err := backend.New()
	if err != nil {
		return nil, err
	}
	store := model.NewStore()
	for name, value := range d.weights(p) {
		if _, err := store.CreateVariable(model.JoinPath("/"+d.network, name), value); err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
	}
	task := diffusion.Denoise{Model: d.model, Schedule: d.plan().Schedule, Target: diffusion.V, SigmaData: 1}
	exec, err := model.NewExec(b, store, zoo.GraphFn(d.network, func(scope *model.Scope, in []*Node) []*Node {
		x := d.plan().Sample(task.Denoiser(scope, in[0]), in[0], nil).X
		return []*Node{x, ReduceAllMean(Square(x))}
	}))
	if err != nil {
		return nil, err
	}
	return repeated{func() (float64, error) {
		out, err := exec.Exec(p.Arrays["x"])
		if err != nil {
			return 0, err
		}
		value := float64(tensors.ToScalar[float32](out[1]))
		for _, t := range out {
			t.MustFinalizeAll()
		}
		return value, nil
	}}, nil
}

// trained is the task with the problem's weights.
func (d denoiser) trained(_ context.Context, p Problem) (Steps, error) {
	return newTraining(denoiserTask{d, p}, "/"+d.network, d.weights(p), train.Fit{Rate: denoiserRate, EMA: denoiserEMA})
}

// denoiserTask is the mean square of the error of v.
type denoiserTask struct {
	denoiser
	problem Problem
}

func (t denoiserTask) Validate() error { return t.model.Validate() }

func (t denoiserTask) Data() (zoo.Data, error) {
	rows := []*tensors.Tensor{t.problem.Arrays["data"], t.problem.Arrays["noise"], t.problem.Arrays["times"]}
	return zoo.Data{
		Key: "bench", Rows: []shapes.Shape{rows[0].Shape(), rows[1].Shape(), rows[2].Shape()},
		Load: func(context.Context) ([]*tensors.Tensor, []*tensors.Tensor, error) { return rows, nil, nil },
	}, nil
}

func (t denoiserTask) Loss(s *zoo.Step) []zoo.Term {
	data, noise := s.Rows[0], s.Rows[1]
	// Times move on from step to step, so that no program computes their embedding once for all.
	index := ConvertDType(s.Index, data.DType())
	times := Add(s.Rows[2], Sub(MulScalar(index, timesStride), Floor(MulScalar(index, timesStride))))
	times = Sub(times, Floor(times))
	at := diffusion.LevelAt(diffusion.StandardVP(), AddScalar(MulScalar(times, 1-1e-3), 1e-3))
	v := t.model.Forward(s.Scope, diffusion.Noised(data, noise, at), Reshape(at.T, t.batch, 1))
	return []zoo.Term{{Name: "loss", Value: ReduceAllMean(Square(Sub(v, diffusion.Target(diffusion.V, data, noise, at)))), Weight: 1}}
}
