package ode

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// Gradient is how the derivative of a solve is found.
type Gradient int

// Ways to a gradient. The first three after None give the derivative of the numbers that the solve computed, to round-off; the
// steps' lengths count as constants. The adjoints solve an equation for the derivative of the exact solution, to the problem's
// tolerances, and give first derivatives alone.
const (
	None               Gradient = iota // graph.Gradient fails on such a solve, rather than give zeros
	ThroughSteps                       // keeps the state of each step
	ThroughCheckpoints                 // keeps about 2√MaxSteps states and makes each step once more
	ThroughInverse                     // keeps no states; for steppers that are [Reversible]

	// BacksolveAdjoint keeps the states at the problem's times alone, and solves for the others backwards. On fields that contract this is
	// unstable by nature: what the field forgot, time backwards invents, and the gradient is wrong or NaN once errors have grown by
	// 1/RTol between two times. Take another there, or more times.
	BacksolveAdjoint

	// InterpolatingAdjoint keeps the state of each step, and takes those between from cubics. For adaptive solves with common steps.
	InterpolatingAdjoint
)

// discrete is whether it is the derivative of the steps.
func (g Gradient) discrete() bool { return g >= ThroughSteps && g <= ThroughInverse }

// Solve is how a problem is to be solved: in one compiled loop, by equal steps (Steps > 0) or by steps that a controller chooses
// for the tolerances.
type Solve struct {
	Stepper Stepper

	Steps int // equal steps between two of the problem's times; 0: adaptive

	Controller    Controller // nil: PID{}
	First         float64    // length of the first step; 0: chosen from the field
	MaxSteps      int        // of adaptive solves, made and rejected; 0: 10,000
	PerTrajectory bool       // each trajectory of a batch has steps of its own, and a batch gives what its rows give alone

	// Norm is the size of an error in units of the tolerances; nil: the root mean square, of each trajectory or of all. It returns
	// a scalar and is for common steps only.
	Norm func(scaled *graph.Node) *graph.Node

	Events   []Event
	Gradient Gradient
}

// Result is a solve's answer in a graph. What is said of each trajectory has T's shape, [batch, 1…] with steps of their own and
// scalar with common steps.
type Result struct {
	Ys                           *graph.Node   // [times, batch, dim…]; NaN where it did not get to
	T, Y                         *graph.Node   // the time and state where it ended
	Dt                           *graph.Node   // the length of the step that was to come
	Status                       *graph.Node   // int32, a [Status]
	Steps, Rejected, Evaluations *graph.Node   // int32; evaluations of the field
	Ratio                        *graph.Node   // the last step's error in units of the tolerances, of y's shape; NaN where not finite
	EventTimes                   []*graph.Node // the first time of each event; NaN if it did not fire
}

const defaultMaxSteps = 10_000

// Validate lists what is wrong.
func (s Solve) Validate() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf("ode: Solve."+format, a...)) }
	if s.Stepper == nil {
		bad("Stepper = nil, want one, such as Tsit5()")
		return errors.Join(errs...)
	}
	info := s.Stepper.Info()
	if s.Steps < 0 {
		bad("Steps = %d, want 1 or more, or 0 for adaptive steps", s.Steps)
	}
	if s.Steps == 0 && info.ErrorOrder == 0 {
		bad("Stepper = %s, want one with an error estimate for adaptive steps, or Steps > 0", info.Name)
	}
	if s.Steps > 0 && (s.Controller != nil || s.First != 0 || s.MaxSteps != 0 || s.PerTrajectory || len(s.Events) > 0) {
		bad("Steps = %d, want 0 with Controller, First, MaxSteps, PerTrajectory or Events, which are for adaptive steps", s.Steps)
	}
	if !(s.First >= 0) {
		bad("First = %v, want a length above 0, or 0 to choose it", s.First)
	}
	if s.MaxSteps < 0 {
		bad("MaxSteps = %d, want 1 or more, or 0 for %d", s.MaxSteps, defaultMaxSteps)
	}
	if s.Norm != nil && s.PerTrajectory {
		bad("Norm is set, want nil with PerTrajectory")
	}
	if s.Gradient < None || s.Gradient > InterpolatingAdjoint {
		bad("Gradient = %d, want None, ThroughSteps, ThroughCheckpoints, ThroughInverse, BacksolveAdjoint or InterpolatingAdjoint", s.Gradient)
	}
	if s.Gradient == InterpolatingAdjoint && (s.Steps > 0 || s.PerTrajectory) {
		bad("Gradient = InterpolatingAdjoint, want another with Steps or PerTrajectory")
	}
	if s.Gradient > None && !s.Gradient.discrete() && len(s.Events) > 0 {
		bad("Gradient is an adjoint, want another with Events")
	}
	if _, is := s.Stepper.(Reversible); s.Gradient == ThroughInverse && !is {
		bad("Stepper = %s, want a reversible one for ThroughInverse", info.Name)
	}
	for i, e := range s.Events {
		if e.Value == nil {
			bad("Events[%d].Value = nil, want a function", i)
		}
	}
	return errors.Join(errs...)
}

// Solve solves a problem inside a graph.
//
// Panics: on settings that Validate refuses, on a problem of wrong shapes.
// Cost:   Info().Evaluations evaluations a step.
func (s Solve) Solve(p Problem) Result {
	if err := s.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	p.check(s.Steps == 0)
	if s.MaxSteps == 0 {
		s.MaxSteps = defaultMaxSteps
	}
	if s.Controller == nil {
		s.Controller = PID{}
	}
	run := func(p Problem) (Result, path) {
		if s.Steps > 0 {
			return s.equal(p)
		}
		return s.adaptive(p)
	}
	if s.Gradient == None {
		r, _ := run(p)
		return r
	}
	return s.differentiable(p, run)
}

// differentiable is a result with a gradient of Ys and Y by the problem's Y0 and args: the reverse pass goes along the path of
// steps that were made.
func (s Solve) differentiable(p Problem, run func(p Problem) (Result, path)) Result {
	var along path
	var events int
	inputs := append([]*graph.Node{p.Y0}, p.args()...)
	out := autodiff.CustomVJP(inputs,
		func(in []*graph.Node) []*graph.Node {
			r, made := run(p.with(in))
			along = made
			events = len(r.EventTimes)
			return append([]*graph.Node{r.Ys, r.Y, r.T, r.Dt, r.Status, r.Steps, r.Rejected, r.Evaluations, r.Ratio}, r.EventTimes...)
		},
		func(in, out, v []*graph.Node) []*graph.Node {
			if !s.Gradient.discrete() {
				return s.adjointGradients(p.with(in), along.constant(), Result{Ys: out[0], Y: out[1], T: out[2]}, v[0], v[1], in)
			}
			return s.pulledBack(p.with(in), along.constant(), v[0], v[1], in)
		})
	return Result{
		Ys: out[0], Y: out[1], T: out[2], Dt: out[3], Status: out[4], Steps: out[5], Rejected: out[6], Evaluations: out[7], Ratio: out[8],
		EventTimes: out[9 : 9+events],
	}
}

// with is the problem with others for Y0 and all args.
func (p Problem) with(in []*graph.Node) Problem {
	p.Y0 = in[0]
	p.Args = in[1 : 1+len(p.Args)]
	if p.Linear != nil {
		p.Linear = in[len(in)-1]
	}
	return p
}
