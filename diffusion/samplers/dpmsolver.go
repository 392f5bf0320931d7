package samplers

import (
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// Kind is where a solver takes its higher order from. The zero value is [Multistep].
type Kind string

// The kinds.
const (
	Multistep  Kind = ""           // from the predictions of the steps before: one evaluation a step, the first steps of lower order
	Singlestep Kind = "singlestep" // from evaluations within the step: as many as the order, the last step what is left of them
)

func (k Kind) validate(name string) error {
	if k != Multistep && k != Singlestep {
		return fmt.Errorf("samplers: %s.Kind = %q, want empty or %q", name, string(k), Singlestep)
	}
	return nil
}

func (k Kind) split(nfe, order int) []int {
	if k == Singlestep {
		return groups(nfe, order)
	}
	return ones(nfe)
}

func wantOrder(name string, order, most int) error {
	if order < 1 || order > most {
		return fmt.Errorf("samplers: %s.Order = %d, want 1 to %d", name, order, most)
	}
	return nil
}

// DPMSolver solves for x with the noise prediction ε as a polynomial in λ and the rest exactly. Order 1 is [DDIM].
//
// Differs from the source: single steps end with one step of what is left of the evaluations, not with lower orders where none
// is left. Of several steps at order 3 the second difference counts in full, as the expansion wants; the published program
// takes half of it, which is of order 2.
// Source: Lu et al. 2022, arXiv:2206.00927, algorithms 1 and 2; noise as SDE-DPM-Solver of arXiv:2211.01095. bib: lu2022dpmsolver, lu2022dpmsolverpp
type DPMSolver struct {
	Order int // 1 to 3
	Kind  Kind
	Eta   float64 // share of the noise of the reverse equation, 0 to 1; above 0 for several steps alone
}

// Validate lists what is wrong.
func (d DPMSolver) Validate() error { return solverFields("DPMSolver", d.Order, d.Kind, d.Eta) }

func solverFields(name string, order int, kind Kind, eta float64) error {
	errs := []error{wantOrder(name, order, 3), kind.validate(name), wantShare(name+".Eta", eta)}
	if kind == Singlestep && eta > 0 {
		errs = append(errs, fmt.Errorf("samplers: %s.Eta = %v with single steps, want 0, or several", name, eta))
	}
	return errors.Join(errs...)
}

// Info is of its order; with noise of order 2 at most.
func (d DPMSolver) Info() Info {
	return solverInfo("DPM-Solver", "lu2022dpmsolver", d.Order, d.Kind, d.Eta)
}

// pastNoise is why several steps with noise are of order 2 at most.
const pastNoise = "differences of past predictions carry noise"

func solverInfo(name, bib string, order int, kind Kind, eta float64) Info {
	i := Info{Name: kindName(name, order, kind, eta), Order: order, Stochastic: eta > 0, Least: 1, Bib: bib}
	if eta > 0 && order > 2 {
		i.Order, i.Below = 2, pastNoise
	}
	return i
}

func kindName(name string, order int, kind Kind, eta float64) string {
	if eta > 0 {
		name = "SDE-" + name
	}
	letter := "M"
	if kind == Singlestep {
		letter = "S"
	}
	name = fmt.Sprintf("%s-%d%s", name, order, letter)
	if eta == 1 { // the reverse equation itself
		return name
	}
	return withEta(name, eta)
}

func (d DPMSolver) evaluations(nfe int) []int { return d.Kind.split(nfe, d.Order) }

func (d DPMSolver) table(s diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	return exponential{diffusion.Epsilon, d.Eta}.table(s, points, evaluations, d.Order, d.Kind)
}

// DPMSolverPP solves for x with the data prediction as a polynomial in λ, which stays stable under strong guidance. With Eta it is
// SDE-DPM-Solver++, of which Eta = 1 solves the reverse equation itself.
//
// Differs from the source: as [DPMSolver].
// Source: Lu et al. 2022, arXiv:2211.01095, algorithms 1 and 2, and SDE-DPM-Solver++. bib: lu2022dpmsolverpp
type DPMSolverPP struct {
	Order int // 1 to 3
	Kind  Kind
	Eta   float64 // share of the noise of the reverse equation, 0 to 1; above 0 for several steps alone
}

// Validate lists what is wrong.
func (d DPMSolverPP) Validate() error { return solverFields("DPMSolverPP", d.Order, d.Kind, d.Eta) }

// Info is of its order; with noise of order 2 at most.
func (d DPMSolverPP) Info() Info {
	return solverInfo("DPM-Solver++", "lu2022dpmsolverpp", d.Order, d.Kind, d.Eta)
}

func (d DPMSolverPP) evaluations(nfe int) []int { return d.Kind.split(nfe, d.Order) }

func (d DPMSolverPP) table(s diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	return exponential{diffusion.X0, d.Eta}.table(s, points, evaluations, d.Order, d.Kind)
}

// table is that of a DPM-Solver.
func (e exponential) table(sch diffusion.Schedule, points []point, evaluations []int, order int, kind Kind) diffusion.Table {
	r := newRows(e.prediction)
	for i, s := range points[:len(points)-1] {
		t := points[i+1]
		switch {
		case t.Sigma == 0 || kind == Singlestep && evaluations[i] == 1:
			r.finish(s, e.first(s, t))
		case kind == Singlestep:
			e.single(r, sch, s, t, evaluations[i])
		default:
			u := history(points, i, order)
			m := e.moments(s, t, len(u))
			if len(u) == 2 {
				m = e.midpoint(s, t)
			}
			r.finish(s, e.to(s, t, weights(u, m)))
		}
	}
	return r.Table
}

// single are the evaluations of one step: at λ_s + h/2 for order 2, at λ_s + h/3 and λ_s + 2h/3 for order 3.
func (e exponential) single(r *rows, sch diffusion.Schedule, s, t point, order int) {
	h := t.Lambda() - s.Lambda()
	if math.IsInf(h, 0) {
		r.stage(s, e.first(s, t)) // refused by the table's Validate
	}
	if order == 2 {
		m := diffusion.AtLambda(sch, s.Lambda()+h/2)
		r.stage(s, e.first(s, m))
		r.finish(m, e.to(s, t, latestFirst(weights([]float64{0, h / 2}, e.midpoint(s, t)))))
		return
	}
	m1, m2 := diffusion.AtLambda(sch, s.Lambda()+h/3), diffusion.AtLambda(sch, s.Lambda()+2*h/3)
	r.stage(s, e.first(s, m1))
	r.stage(m1, e.to(s, m2, latestFirst(weights([]float64{0, h / 3}, e.moments(s, m2, 2)))))
	b := weights([]float64{0, 2 * h / 3}, e.moments(s, t, 2))
	r.finish(m2, e.to(s, t, []float64{b[1], 0, b[0]}))
}

// latestFirst turns weights of the evaluations in turn into those of the loop.
func latestFirst(b []float64) []float64 {
	out := make([]float64, len(b))
	for i, v := range b {
		out[len(b)-1-i] = v
	}
	return out
}
