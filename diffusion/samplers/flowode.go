package samplers

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// AdaptiveFlow follows the velocity dx/dt with steps that a controller chooses for tolerances: the RK45 sampler of flows, with
// Stepper ode.Dopri5(). The whole batch makes the same steps.
//
// Source: Song et al. 2021, arXiv:2011.13456, section 4.3; Liu et al. 2023, arXiv:2209.03003, section 3. bib: song2021score, liu2023flow
type AdaptiveFlow struct {
	Stepper    ode.Stepper
	Schedule   diffusion.Schedule
	ATol, RTol float64
	MaxSteps   int     // made and rejected; 0: 10,000
	From, To   float64 // times of the first and the last step; both 0: the schedule's ends
	Encode     bool    // from data to noise
	Keep       int     // so many states and the clean data seen there, at equal distances in t, the last one included
}

var _ diffusion.Sampler = AdaptiveFlow{}

// Validate lists what is wrong.
func (f AdaptiveFlow) Validate() error {
	if f.Stepper == nil || f.Schedule == nil {
		return errors.New("samplers: AdaptiveFlow.Stepper or Schedule = nil, want both")
	}
	errs := []error{f.Schedule.Validate(), f.solve().Validate()}
	if !(f.ATol > 0) || !(f.RTol > 0) || math.IsInf(f.ATol+f.RTol, 0) {
		errs = append(errs, fmt.Errorf("samplers: AdaptiveFlow.ATol, RTol = %v, %v, want both above 0", f.ATol, f.RTol))
	}
	if f.Keep < 0 {
		errs = append(errs, fmt.Errorf("samplers: AdaptiveFlow.Keep = %d, want 0 for none, or more", f.Keep))
	}
	if errors.Join(errs...) != nil {
		return errors.Join(errs...)
	}
	first, last := f.span()
	if first == last {
		errs = append(errs, fmt.Errorf("samplers: AdaptiveFlow.From, To = %v, %v, want two times", first, last))
	}
	return errors.Join(append(errs, diffusion.Inside(f.Schedule, first, last))...)
}

func (f AdaptiveFlow) solve() ode.Solve { return ode.Solve{Stepper: f.Stepper, MaxSteps: f.MaxSteps} }

func (f AdaptiveFlow) span() (first, last float64) {
	first, last = f.From, f.To
	if first == 0 && last == 0 {
		first, last = f.Schedule.Ends()
	}
	if f.Encode {
		return last, first
	}
	return first, last
}

// First is the level at which x starts.
//
// Errors: what Validate says.
func (f AdaptiveFlow) First() (diffusion.Point, error) {
	if err := f.Validate(); err != nil {
		return diffusion.Point{}, err
	}
	first, _ := f.span()
	return diffusion.At(f.Schedule, first), nil
}

// Sample samples; its answer has the number of evaluations as a node.
//
// Shapes: x [batch, dim…]; seed is not used.
// Panics: on settings that Validate refuses; on a schedule that is not the denoiser's.
// Cost:   the stepper's evaluations a step, made or rejected, and one for each state that is kept.
func (f AdaptiveFlow) Sample(d diffusion.Denoiser, x, _ *Node) diffusion.Samples {
	if err := f.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	first, last := f.span()
	wantKnown(d, f.Schedule, first, last)
	g, dtype := x.Graph(), x.DType()
	number := func(v float64) *Node { return Scalar(g, dtype, v) }
	times := ConvertDType(Const(g, levels(first, last, max(f.Keep, 1))), dtype)
	got := f.solve().Solve(ode.Problem{
		Field: func(t, y *Node, args []*Node) *Node {
			return d.With(args).At(diffusion.Velocity, y, diffusion.LevelAt(f.Schedule, t))
		},
		Args: d.Args, T0: number(first), Y0: x, Times: times, RTol: number(f.RTol), ATol: number(f.ATol),
	})
	most := f.MaxSteps
	if most == 0 {
		most = 10_000
	}
	nfe := most*f.Stepper.Info().Evaluations + f.Keep
	out := diffusion.Samples{
		X: got.Y, NFE: nfe, TotalNFE: d.Total(nfe), Count: AddScalar(got.Evaluations, float64(f.Keep)),
		Done: Equal(got.Status, Scalar(g, dtypes.Int32, float64(ode.Done))),
	}
	if f.Keep > 0 {
		out.States, out.Previews = got.Ys, f.previews(d, times, got.Ys)
	}
	return out
}

// previews are the clean data seen at states.
func (f AdaptiveFlow) previews(d diffusion.Denoiser, times, states *Node) *Node {
	idle := []*Node{ScalarZero(times.Graph(), times.DType())}
	_, rows := autodiff.Scan{Steps: f.Keep}.Over(idle, d.Args, []*Node{times, states}, func(_ *Node, state, args, row []*Node) (next, kept []*Node) {
		return state, []*Node{d.With(args).At(diffusion.X0, row[1], diffusion.LevelAt(f.Schedule, row[0]))}
	})
	return rows[0]
}
