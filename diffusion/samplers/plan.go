package samplers

import (
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Method is a way to make steps. Its fields are its choices; its numbers for given steps are a [diffusion.Table].
type Method interface {
	Validate() error
	Info() Info
	// evaluations says how many evaluations each of the steps gets that together have nfe of them.
	evaluations(nfe int) []int
	// table is the method's numbers for steps between points, of as many evaluations each.
	table(s diffusion.Schedule, points []diffusion.Point, evaluations []int) diffusion.Table
}

// Info is what a method is, for tests and tables.
type Info struct {
	Name       string // as in the literature, with the choices
	Order      int    // of convergence in the length of steps: of x without noise, of its moments with noise; 0: none
	Below      string // why Order is below the number in the name; empty where it is not
	Stochastic bool
	Least      int    // evaluations of the denoiser
	Bib        string // key in references.bib
}

// Plan is a sampling run: a method along a schedule's times, within a number of evaluations of the denoiser.
type Plan struct {
	Method   Method
	Schedule diffusion.Schedule
	Grid     diffusion.Grid // where steps end; nil: [diffusion.UniformLambda]
	NFE      int            // evaluations of the denoiser, all of which are used

	From, To float64 // times of the first and the last step; both 0: the schedule's ends
	ToZero   bool    // one step more, from To to no noise at all: to the denoiser's answer there
	Encode   bool    // from data to noise; for methods without noise

	Noise diffusion.Noise
	Keep  bool // x after each evaluation, and the clean data that it saw, of sampling and of encoding
}

var (
	_ diffusion.Sampler = Plan{}
	_ zoo.Noter         = Plan{}
)

// Validate lists what is wrong.
func (p Plan) Validate() error {
	_, err := p.Table()
	return err
}

// fields is what is wrong with each field.
func (p Plan) fields() error {
	if p.Method == nil || p.Schedule == nil {
		return errors.New("samplers: Plan.Method or Plan.Schedule = nil, want both")
	}
	errs := []error{p.Method.Validate(), p.Schedule.Validate(), p.Noise.Validate(), p.grid().Validate()}
	if errors.Join(errs...) != nil {
		return errors.Join(errs...)
	}
	info := p.Method.Info()
	if least := info.Least; p.NFE < least {
		errs = append(errs, fmt.Errorf("samplers: Plan.NFE = %d, want at least %d for %s", p.NFE, least, info.Name))
	}
	if p.Encode && info.Stochastic {
		errs = append(errs, fmt.Errorf("samplers: Plan.Encode with %s, want a method without noise", info.Name))
	}
	if p.Encode && p.ToZero {
		errs = append(errs, errors.New("samplers: Plan.Encode and Plan.ToZero, want one of them: no noise at all cannot be encoded"))
	}
	if p.Noise == diffusion.Independent && wantsPath(p.Method) {
		errs = append(errs, fmt.Errorf("samplers: Plan.Noise is independent, want %q for %s, whose noises within a step belong together", diffusion.Brownian, info.Name))
	}
	first, last := p.span()
	return errors.Join(append(errs, diffusion.Inside(p.Schedule, first, last))...)
}

// wantsPath says whether the noises of a method are along one path by need.
func wantsPath(m Method) bool {
	w, ok := m.(interface{ alongPath() bool })
	return ok && w.alongPath()
}

func (p Plan) grid() diffusion.Grid {
	if p.Grid == nil {
		return diffusion.UniformLambda{}
	}
	return p.Grid
}

// span is the first and the last time of sampling, not of encoding.
func (p Plan) span() (first, last float64) {
	if p.From == 0 && p.To == 0 {
		return p.Schedule.Ends()
	}
	return p.From, p.To
}

// steps are the points, and the evaluations between them.
func (p Plan) steps() (points []diffusion.Point, evaluations []int, err error) {
	if err := p.fields(); err != nil {
		return nil, nil, err
	}
	nfe := p.NFE
	if p.ToZero {
		nfe-- // the step to no noise is of first order, and has one
	}
	if nfe < 1 {
		return nil, nil, fmt.Errorf("samplers: Plan.NFE = %d with ToZero, want one more, for the step to no noise", p.NFE)
	}
	evaluations = p.Method.evaluations(nfe)
	first, last := p.span()
	ts, err := p.grid().Times(p.Schedule, first, last, len(evaluations))
	if err != nil {
		return nil, nil, err
	}
	for _, t := range ts {
		points = append(points, diffusion.At(p.Schedule, t))
	}
	for i := range points[1:] {
		if before, after := points[i], points[i+1]; !(after.Lambda() > before.Lambda()) {
			return nil, nil, fmt.Errorf("samplers: step %d from t = %v to %v: log α/σ goes from %v to %v, want it to rise: the noise must fall during sampling",
				i, before.T, after.T, before.Lambda(), after.Lambda())
		}
	}
	if p.ToZero {
		points = append(points, diffusion.Point{T: points[len(points)-1].T, Alpha: 1})
		evaluations = append(evaluations, 1)
	}
	if p.Encode {
		slices.Reverse(points)
	}
	return points, evaluations, nil
}

// Table is the plan with all its numbers.
//
// Errors: what is wrong with the plan.
func (p Plan) Table() (diffusion.Table, error) {
	points, evaluations, err := p.steps()
	if err != nil {
		return diffusion.Table{}, err
	}
	t := p.Method.table(p.Schedule, points, evaluations)
	if err := t.Validate(); err != nil {
		return t, fmt.Errorf("samplers: %s: %w; where α or σ is 0, want another first or last time", p.Method.Info().Name, err)
	}
	return t, nil
}

// Sample runs the plan: see [diffusion.Table.Run].
//
// Shapes: x [batch, …], at the first time's level of noise; seed a scalar uint64, nil for methods without noise.
// Panics: on a plan that Validate refuses.
func (p Plan) Sample(d diffusion.Denoiser, x, seed *Node) diffusion.Samples {
	t, err := p.Table()
	if err != nil {
		exceptions.Panicf("%v", err)
	}
	return t.Run(d, x, seed, p.Noise, p.Keep)
}

// First is the point where sampling starts.
//
// Errors: what is wrong with the plan.
func (p Plan) First() (diffusion.Point, error) {
	points, _, err := p.steps()
	if err != nil {
		return diffusion.Point{}, err
	}
	return points[0], nil
}

// manyEvaluations are enough for each method to reach its order.
const manyEvaluations = 24

// Notes says what a plan does that Validate accepts but that its author may not expect: an order that so few evaluations do not reach, since
// the first steps of methods that look back are of lower order; levels beyond the schedule's ends.
func (p Plan) Notes() []string {
	t, err := p.Table()
	if err != nil {
		return nil
	}
	var notes []string
	info := p.Method.Info()
	if got, want := predictions(t), p.predictionsOf(manyEvaluations); got < want {
		least := p.NFE + 1
		for least < manyEvaluations && p.predictionsOf(least) < want {
			least++
		}
		notes = append(notes, fmt.Sprintf("samplers: Plan.NFE = %d for %s: its steps go by %d predictions at most, of the %d that its order takes, so that all are of lower order; want NFE of at least %d",
			p.NFE, info.Name, got, want, least))
	}
	for _, r := range t.Rows {
		if diffusion.Inside(p.Schedule, r.At.T) != nil {
			noise, data := p.Schedule.Ends()
			notes = append(notes, fmt.Sprintf("samplers: %s evaluates at t = %v, σ/α = %v, beyond the schedule's ends %v and %v, where no network was trained; want less churn, or Churn.High lower",
				info.Name, r.At.T, r.At.Ratio(), noise, data))
			break
		}
	}
	return notes
}

// predictionsOf is the most predictions that a step goes by within so many evaluations.
func (p Plan) predictionsOf(nfe int) int {
	p.NFE, p.Grid = nfe, diffusion.UniformTime{} // which has times for any schedule
	t, err := p.Table()
	if err != nil {
		return 0
	}
	return predictions(t)
}

// predictions is the most predictions that a row goes by.
func predictions(t diffusion.Table) int {
	most := 0
	for _, r := range t.Rows {
		most = max(most, len(r.Anchor.D), len(r.Next.D))
	}
	return most
}
