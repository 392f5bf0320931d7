package ode

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// KenCarp4 is the implicit–explicit pair of order 4(3): System.Stiff and System.Linear by an L-stable, stiffly accurate ESDIRK,
// System.Field by an explicit tableau, with the same six stages, weights and times.
//
// Field bounds the step as it does an explicit method. The error estimate is that of both parts.
//
// Shapes: y [batch, dim…]; the trajectories must not depend on each other.
// DType:  float32 or float64.
// Panics: in Init and Step, if the system has neither a Stiff nor a Linear part, if Newton does not validate, or if a part's
// value is not of y's shape.
// Cost:   a Jacobian of the implicit part and its factors a step; an evaluation of Field in each of six stages, and one of the
// implicit part in an iteration; see [Newton].
// Differs from the source: the first implicit slope is that of the last stage before, moved to y by the Jacobian of that step.
// Evaluated at y, what Newton leaves would come multiplied by the field's large Jacobian.
// Source: Kennedy and Carpenter 2003, appendix C, ARK4(3)6L[2]SA. bib: kennedy2003additive
type KenCarp4 struct {
	Newton Newton
}

// Info is what the stepper is; Evaluations counts both parts together, and one iteration a stage.
func (KenCarp4) Info() Info {
	return Info{Name: "KenCarp4", Order: 4, ErrorOrder: 3, Evaluations: 6, Bib: "kennedy2003additive"}
}

// Init is the implicit part's slope, and a zero for the evaluations.
func (KenCarp4) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	if s.Stiff == nil && s.Linear == nil {
		exceptions.Panicf("ode: System.Stiff and System.Linear are nil, want the part that KenCarp4 takes implicitly")
	}
	return []*graph.Node{wantField(s.implicit().Total(t0, y0), y0), graph.ZerosLike(perTrajectory(t0, y0))}
}

// WithTolerances gives Newton the solve's tolerances, unless it has its own.
func (m KenCarp4) WithTolerances(rtol, atol float64) Stepper {
	m.Newton = m.Newton.or(rtol, atol)
	return m
}

// Counted is the evaluations of the last step: those of the implicit part.
func (KenCarp4) Counted(next []*graph.Node) *graph.Node { return next[1] }

// Step makes one step.
func (m KenCarp4) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	tab := kenCarp4Tableau()
	stage := newStages(m.Newton, s.implicit(), tab.gamma, t, dt, y)
	// e and u are dt times the explicit and the implicit slopes; e[i] + u[i] has the weight b_i.
	var e, both []*graph.Node
	u := []*graph.Node{graph.Mul(dt, state[0])}
	z := y // a stage's value
	for i, c := range tab.c {
		at := graph.Add(t, graph.MulScalar(dt, c))
		if i > 0 {
			base := graph.Add(y, graph.Add(weighted(tab.explicit[i], e), weighted(tab.implicit[i], u)))
			u = append(u, stage.solve(at, base, predicted(tab.c, u)))
			z = graph.Add(base, graph.MulScalar(u[i], tab.gamma))
		}
		e = append(e, graph.Mul(dt, wantField(s.Field(at, z), y)))
		both = append(both, graph.Add(e[i], u[i]))
	}
	y1 = graph.Add(y, weighted(tab.b, both))
	k := graph.Add(slope(u[len(u)-1], dt, state[0]), stage.moved(graph.Sub(y1, z)))
	return y1, stage.orFailed(weighted(tab.errors, both)), []*graph.Node{k, stage.made}
}

// implicit is the system's stiff and linear parts.
func (s System) implicit() System {
	out := System{Field: s.Stiff, Linear: s.Linear, Args: s.Args}
	if s.Stiff == nil {
		out.Field = func(_, y *graph.Node) *graph.Node { return graph.ZerosLike(y) }
	}
	if s.Bind != nil {
		out.Bind = func(args []*graph.Node) System { return s.Bind(args).implicit() }
	}
	return out
}

// additive is a pair of tableaux with common weights and times; rows as in esdirk.
type additive struct {
	gamma              float64
	explicit, implicit [][]float64
	c, b, errors       []float64
}

// kenCarp4Tableau is the table of the source.
func kenCarp4Tableau() additive {
	const gamma = 1. / 4
	b := []float64{82889. / 524892, 0, 15625. / 83664, 69875. / 102672, -2260. / 8211, gamma}
	embedded := []float64{
		4586570599. / 29645900160, 0, 178811875. / 945068544, 814220225. / 1159782912, -3700637. / 11593932, 61727. / 225920,
	}
	a := additive{
		gamma: gamma,
		explicit: [][]float64{
			{},
			{1. / 2},
			{13861. / 62500, 6889. / 62500},
			{-116923316275. / 2393684061468, -2731218467317. / 15368042101831, 9408046702089. / 11113171139209},
			{
				-451086348788. / 2902428689909, -2682348792572. / 7519795681897, 12662868775082. / 11960479115383,
				3355817975965. / 11060851509271,
			},
			{
				647845179188. / 3216320057751, 73281519250. / 8382639484533, 552539513391. / 3454668386233,
				3354512671639. / 8306763924573, 4040. / 17871,
			},
		},
		implicit: [][]float64{
			{},
			{gamma},
			{8611. / 62500, -1743. / 31250},
			{5012029. / 34652500, -654441. / 2922500, 174375. / 388108},
			{15267082809. / 155376265600, -71443401. / 120774400, 730878875. / 902184768, 2285395. / 8070912},
			b[:5],
		},
		c: []float64{0, 1. / 2, 83. / 250, 31. / 50, 17. / 20, 1},
		b: b,
	}
	for i := range b {
		a.errors = append(a.errors, b[i]-embedded[i])
	}
	return a
}
