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

// SamplersResult is what bench/results/samplers.json holds. It has no times, so that it is the same wherever it is made.
type SamplersResult struct {
	Name       string             `json:"name"`
	References []SamplerReference `json:"references"`
	Runs       []SamplerRun       `json:"runs"`
}

const (
	samplersResult  = "samplers"
	samplerMoments  = "moments" // the problem of samplers with noise
	samplerPoints   = 512
	samplerRefSteps = 6000
)

func samplerNFE() []int { return []int{48, 96, 192, 384, 768} }

// samplerSchedule is that of the standard variance-preserving process, from t = 1 to 0.001.
func samplerSchedule() diffusion.Schedule { return diffusion.StandardVP() }

// samplerProblem is a probability flow with 512 points of noise.
type samplerProblem struct {
	name string
	data mixture.Mixture
}

func samplerProblems() []samplerProblem {
	return []samplerProblem{{"RING8", mixture.Ring8()}, {"MIX16", mixture.Mix16()}, {"LINE3", mixture.Line3()}}
}

// Samplers measures all samplers: those without noise by the error of the flow's end, those with noise by the moments of their samples.
func Samplers(ctx context.Context, report io.Writer) (SamplersResult, error) {
	b, err := backend.New()
	if err != nil {
		return SamplersResult{}, err
	}
	r := SamplersResult{Name: samplersResult}
	for _, p := range samplerProblems() {
		if err := r.flow(ctx, b, p); err != nil {
			return r, err
		}
		fmt.Fprintf(report, "%s\n", p.name)
	}
	for _, m := range samplers.Stochastic() {
		plan := samplers.Plan{Method: m}
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

// flow adds the runs of all samplers without noise on a problem.
func (r *SamplersResult) flow(ctx context.Context, b compute.Backend, p samplerProblem) error {
	s := samplerSchedule()
	noise, data := s.Ends()
	x := diffusion.Start(diffusion.At(s, noise), 1, 1, samplerPoints, p.data.Dim())
	var ends [2][]float64
	for i, steps := range []int{samplerRefSteps / 2, samplerRefSteps} {
		var err error
		if ends[i], err = diffusion.ExactFlow(ctx, p.data, s, noise, data, diffusion.Values(x), steps); err != nil {
			return err
		}
	}
	change, err := metrics.RMSE(ends[0], ends[1], samplerPoints)
	if err != nil {
		return err
	}
	r.References = append(r.References, SamplerReference{p.name, change})
	for _, m := range samplers.Deterministic() {
		err := r.each(ctx, p.name, samplers.Plan{Method: m}, func(plan samplers.Plan) (float64, error) {
			got, err := diffusion.DrawExact(ctx, closedForm{b}, p.data, plan, x, 0)
			if err != nil {
				return 0, err
			}
			return metrics.RMSE(diffusion.Values(got.X), ends[1], samplerPoints)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each adds a plan's runs with each number of evaluations.
func (r *SamplersResult) each(ctx context.Context, problem string, plan samplers.Plan, measure func(samplers.Plan) (float64, error)) error {
	info := plan.Method.Info()
	plan.Schedule = samplerSchedule()
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

// observed is the order of convergence of the last pair of runs.
func (w samplerRow) observed() float64 {
	n := len(w.errors)
	return math.Log2(w.errors[n-2] / w.errors[n-1])
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
