package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/metrics"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// SamplerRun is one sampler on one problem within a number of evaluations.
type SamplerRun struct {
	Problem string  `json:"problem"`
	Sampler string  `json:"sampler"`
	Order   int     `json:"order"`           // in theory
	Below   string  `json:"below,omitempty"` // why that is below the number in the name
	NFE     int     `json:"nfe"`
	Error   float64 `json:"error"`
}

// SamplerReference is the exact end of a problem's flow.
type SamplerReference struct {
	Problem string  `json:"problem"`
	Change  float64 `json:"change"` // root mean square distance from a reference with half the steps: 15 times the error that is left
}

// AdaptiveRun is one sampler that chooses its steps, at one tolerance.
type AdaptiveRun struct {
	Problem   string  `json:"problem"`
	Sampler   string  `json:"sampler"`
	Tolerance float64 `json:"tolerance"` // absolute and relative
	NFE       int     `json:"nfe"`       // with those of steps that were rejected
	Error     float64 `json:"error"`
}

// LikelihoodRun is log p of data by the probability flow, within a number of evaluations.
type LikelihoodRun struct {
	Problem string  `json:"problem"`
	Probes  int     `json:"probes"` // random signs by which the trace is estimated; 0: the trace itself
	NFE     int     `json:"nfe"`
	Error   float64 `json:"error"` // in nats, root mean square over the points
}

// SamplersResult is what bench/results/samplers.json holds. It has no times, so that it is the same wherever it is made.
type SamplersResult struct {
	Name       string             `json:"name"`
	References []SamplerReference `json:"references"`
	Runs       []SamplerRun       `json:"runs"`
	Adaptive   []AdaptiveRun      `json:"adaptive"`
	Likelihood []LikelihoodRun    `json:"likelihood"`
}

const (
	samplersResult   = "samplers"
	samplerMoments   = "moments"  // the problem of samplers with noise
	samplerStraight  = "straight" // that of flows
	samplerPoints    = 512
	samplerRefSteps  = 6000
	likelihoodPoints = 64
)

func samplerNFE() []int { return []int{48, 96, 192, 384, 768} }

func samplerTolerances() []float64 { return []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6} }

func likelihoodProbes() []int { return []int{0, 1, 4, 16} }

// samplerProblem is a probability flow with 512 points of noise.
type samplerProblem struct {
	name        string
	data        mixture.Mixture
	schedule    diffusion.Schedule
	first, last float64 // times
}

// samplerProblems are with the standard variance-preserving process, from t = 1 to 0.001.
func samplerProblems() []samplerProblem {
	s := diffusion.StandardVP()
	first, last := s.Ends()
	return []samplerProblem{
		{"RING8", mixture.Ring8(), s, first, last}, {"MIX16", mixture.Mix16(), s, first, last}, {"LINE3", mixture.Line3(), s, first, last},
	}
}

// straightProblem is that of velocities, on the straight path. Between its ends the velocity is finite and so is λ, as the reference wants it.
func straightProblem() samplerProblem {
	return samplerProblem{samplerStraight, mixture.Ring8(), diffusion.ConditionalOT{}, 0.01, 0.99}
}

// flowMethods follow a velocity in equal steps of time.
func flowMethods() []samplers.Method {
	var all []samplers.Method
	for _, tableau := range []samplers.Tableau{
		samplers.Euler, samplers.Midpoint, samplers.HeunTwo, samplers.Kutta3, samplers.RungeKutta4, samplers.ThreeEighths4,
	} {
		all = append(all, samplers.Flow{Tableau: tableau})
	}
	return all
}

// likelihoodProblems are those that log p is measured on.
func likelihoodProblems() []samplerProblem { return samplerProblems()[:2] }

// Samplers measures all samplers: those without noise by the error of the flow's end, those with noise by the moments of their samples.
func Samplers(ctx context.Context, report io.Writer) (SamplersResult, error) {
	b, err := backend.New()
	if err != nil {
		return SamplersResult{}, err
	}
	r := SamplersResult{Name: samplersResult}
	for _, p := range append(samplerProblems(), straightProblem()) {
		if err := r.flow(ctx, b, p); err != nil {
			return r, err
		}
		fmt.Fprintf(report, "%s\n", p.name)
	}
	for _, m := range samplers.Stochastic() {
		plan := samplers.Plan{Method: m, Schedule: diffusion.StandardVP()}
		if _, along := m.(samplers.StochasticDPMSolverPP); along {
			plan.Noise = diffusion.Brownian
		}
		err := r.each(ctx, samplerMoments, plan, samplers.MomentError)
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// flow adds the runs of all samplers without noise on a problem, those that choose their steps, and the likelihoods of its end.
func (r *SamplersResult) flow(ctx context.Context, b compute.Backend, p samplerProblem) error {
	x := diffusion.Start(diffusion.At(p.schedule, p.first), 1, 1, samplerPoints, p.data.Dim())
	var ends [2][]float64
	for i, steps := range []int{samplerRefSteps / 2, samplerRefSteps} {
		var err error
		if ends[i], err = diffusion.ExactFlow(ctx, p.data, p.schedule, p.first, p.last, diffusion.Values(x), steps); err != nil {
			return err
		}
	}
	change, err := metrics.RMSE(ends[0], ends[1], samplerPoints)
	if err != nil {
		return err
	}
	r.References = append(r.References, SamplerReference{p.name, change})
	measure := func(s diffusion.Sampler) (float64, int, error) {
		got, err := diffusion.DrawExact(ctx, closedForm{b}, p.data, s, x, 0)
		if err != nil {
			return 0, 0, err
		}
		e, err := metrics.RMSE(diffusion.Values(got.X), ends[1], samplerPoints)
		return e, got.NFE, err
	}
	methods, plan := samplers.Deterministic(), samplers.Plan{Schedule: p.schedule, From: p.first, To: p.last}
	if p.name == samplerStraight {
		methods, plan.Grid = flowMethods(), diffusion.UniformTime{}
	}
	for _, m := range methods {
		plan.Method = m
		err := r.each(ctx, p.name, plan, func(plan samplers.Plan) (float64, error) {
			e, _, err := measure(plan)
			return e, err
		})
		if err != nil {
			return err
		}
	}
	if err := r.adaptive(ctx, p, measure); err != nil {
		return err
	}
	return r.likelihood(ctx, b, p, ends[1])
}

// adaptive adds the runs of samplers that choose their steps.
func (r *SamplersResult) adaptive(ctx context.Context, p samplerProblem, measure func(diffusion.Sampler) (float64, int, error)) error {
	for _, of := range adaptiveSamplers(p) {
		for _, tolerance := range samplerTolerances() {
			if err := ctx.Err(); err != nil {
				return err
			}
			e, nfe, err := measure(of.at(tolerance))
			if err != nil {
				return fmt.Errorf("bench: %s on %s at %v: %w", of.name, p.name, tolerance, err)
			}
			r.Adaptive = append(r.Adaptive, AdaptiveRun{p.name, of.name, tolerance, nfe, e})
		}
	}
	return nil
}

// adaptiveSampler is one for each tolerance.
type adaptiveSampler struct {
	name string
	at   func(tolerance float64) diffusion.Sampler
}

// adaptiveSamplers are those of a problem.
func adaptiveSamplers(p samplerProblem) []adaptiveSampler {
	if p.name == samplerStraight {
		return []adaptiveSampler{{"flow RK45", func(v float64) diffusion.Sampler {
			return samplers.AdaptiveFlow{Stepper: ode.Dopri5(), Schedule: p.schedule, ATol: v, RTol: v, From: p.first, To: p.last}
		}}}
	}
	solver := func(order int) func(v float64) diffusion.Sampler {
		return func(v float64) diffusion.Sampler {
			return samplers.Adaptive{Order: order, Schedule: p.schedule, ATol: v, RTol: v, MaxSteps: 20_000, From: p.first, To: p.last}
		}
	}
	return []adaptiveSampler{{"DPM-Solver-12", solver(2)}, {"DPM-Solver-23", solver(3)}}
}

// likelihood adds log p of the first points of data against the closed form.
func (r *SamplersResult) likelihood(ctx context.Context, b compute.Backend, p samplerProblem, data []float64) error {
	if !slices.ContainsFunc(likelihoodProblems(), func(q samplerProblem) bool { return q.name == p.name }) {
		return nil
	}
	dim := p.data.Dim()
	data = data[:likelihoodPoints*dim]
	clean, noise := p.data.Noised(p.schedule.Alpha(p.last), p.schedule.Sigma(p.last)), p.data.Noised(p.schedule.Alpha(p.first), p.schedule.Sigma(p.first))
	want := make([]float64, likelihoodPoints)
	for i := range want {
		want[i] = clean.LogDensity(data[i*dim : (i+1)*dim])
	}
	x := tensors.FromFlatDataAndDimensions(data, likelihoodPoints, dim)
	for _, probes := range likelihoodProbes() {
		for _, nfe := range samplerNFE() {
			of := diffusion.Likelihood{
				Schedule: p.schedule, Steps: nfe / 4, Probes: probes, From: p.first, To: p.last,
				Prior: func(x *Node) *Node { return logDensity(noise, x) },
			}
			out, err := closedForm{b}.Eval(ctx, func(_ *model.Scope, in []*Node) []*Node {
				return []*Node{of.Of(diffusion.OfMixture(p.data), in[0], in[1])}
			}, x, uint64(1))
			if err != nil {
				return fmt.Errorf("bench: log p of %s in %d: %w", p.name, nfe, err)
			}
			e, err := metrics.RMSE(diffusion.Values(out[0]), want, likelihoodPoints)
			if err != nil {
				return err
			}
			r.Likelihood = append(r.Likelihood, LikelihoodRun{p.name, probes, nfe, e})
		}
	}
	return nil
}

// logDensity is a mixture's density in a graph, [batch] of x [batch axis].
func logDensity(m mixture.Mixture, x *Node) *Node {
	var terms []*Node
	for k, w := range m.Weights {
		away := ReduceSum(Square(Sub(x, Const(x.Graph(), [][]float64{m.Means[k]}))), 1)
		constant := math.Log(w) - float64(m.Dim())*math.Log(m.Std[k]*math.Sqrt(2*math.Pi))
		terms = append(terms, InsertAxes(AddScalar(MulScalar(away, -1/(2*m.Std[k]*m.Std[k])), constant), 1))
	}
	all := Concatenate(terms, 1)
	most := StopGradient(ReduceMax(all, 1))
	return Add(most, Log(ReduceSum(Exp(Sub(all, InsertAxes(most, 1))), 1)))
}

// each adds a plan's runs with each number of evaluations.
func (r *SamplersResult) each(ctx context.Context, problem string, plan samplers.Plan, measure func(samplers.Plan) (float64, error)) error {
	info := plan.Method.Info()
	for _, nfe := range samplerNFE() {
		if err := ctx.Err(); err != nil {
			return err
		}
		plan.NFE = nfe
		e, err := measure(plan)
		if err != nil {
			return fmt.Errorf("bench: %s on %s in %d: %w", info.Name, problem, nfe, err)
		}
		r.Runs = append(r.Runs, SamplerRun{Problem: problem, Sampler: info.Name, Order: info.Order, Below: info.Below, NFE: nfe, Error: e})
	}
	return nil
}

// closedForm evaluates graph functions without variables.
type closedForm struct{ backend compute.Backend }

func (c closedForm) Eval(_ context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	e, err := model.NewExec(c.backend, model.NewStore(), zoo.GraphFn("a sampler", fn))
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer e.Finalize()
	return e.Call(in...)
}

// ReadSamplers reads the saved result.
func ReadSamplers(text []byte) (SamplersResult, error) {
	var r SamplersResult
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("bench: %s: %w", samplersResult, err)
	}
	return r, nil
}

// Save writes the result, and the page and the picture that are made of it.
func (r SamplersResult) Save(root string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("bench: result of %s: %w", r.Name, err)
	}
	figure, err := r.Figure()
	if err != nil {
		return err
	}
	page, err := r.Page()
	if err != nil {
		return err
	}
	return savePage(root, r.Name, text, page, figure)
}

// samplerRow are the runs of samplers that have the same errors on a problem.
type samplerRow struct {
	problem, below string
	names          []string
	order          int
	errors         []float64 // by samplerNFE
}

// orderPairs are the evaluations from which to twice as many orders are observed.
func orderPairs() []int { return samplerNFE()[2:4] }

// observed is the order of convergence from a number of evaluations to twice as many.
func (w samplerRow) observed(from int) float64 {
	i := slices.Index(samplerNFE(), from)
	return math.Log2(w.errors[i] / w.errors[i+1])
}

// same says whether two samplers differ by no more than round-off: they are one, written in two ways.
func (w samplerRow) same(other *samplerRow) bool {
	if w.problem != other.problem || w.order != other.order || len(w.errors) != len(other.errors) {
		return false
	}
	for i, e := range w.errors {
		if math.Abs(e-other.errors[i]) > 1e-4*e { // below the digits of the page; the flow of MIX16 makes round-off larger
			return false
		}
	}
	return true
}

// rows is in the order of the runs.
//
// Errors: runs that are not of all numbers of evaluations.
func (r SamplersResult) rows() ([]*samplerRow, error) {
	var all []*samplerRow
	count := len(samplerNFE())
	if len(r.Runs)%count != 0 {
		return nil, errors.New("bench: samplers: a sampler lacks runs")
	}
	for runs := range slices.Chunk(r.Runs, count) {
		row := &samplerRow{problem: runs[0].Problem, names: []string{runs[0].Sampler}, order: runs[0].Order, below: runs[0].Below}
		for i, run := range runs {
			if run.Sampler != runs[0].Sampler || run.NFE != samplerNFE()[i] || !(run.Error > 0) {
				return nil, fmt.Errorf("bench: samplers: %+v, want an error above 0 of %s in %d evaluations", run, runs[0].Sampler, samplerNFE()[i])
			}
			row.errors = append(row.errors, run.Error)
		}
		if at := slices.IndexFunc(all, row.same); at >= 0 {
			all[at].names = append(all[at].names, row.names...)
			continue
		}
		all = append(all, row)
	}
	return all, nil
}
