package ode

import (
	"github.com/gomlx/gomlx/core/graph"
)

// BackwardEuler is y₊ = y + dt·f(t + dt, y₊).
//
// It is L-stable, and keeps what is positive or falling so at any step. The error estimate is half the change of dt·f,
// filtered by (I − dt·J)⁻¹.
//
// Shapes: y [batch, dim…]; the trajectories must not depend on each other.
// DType:  float32 or float64.
// Panics: in Step, if Newton does not validate or f(t, y) is not of y's shape.
// Cost:   a Jacobian and its factors a step, an evaluation an iteration; see [Newton].
// Source: Hairer and Wanner 1996, section IV.3. bib: hairer1996stiff
type BackwardEuler struct {
	Newton Newton
}

// Trapezoid is y₊ = y + dt/2·(f(t, y) + f(t + dt, y₊)), also called Crank–Nicolson.
//
// It is A-stable but not L-stable: very fast modes ring on, with alternating signs, and are not damped. The error estimate is
// the difference from backward Euler, filtered by (I − dt/2·J)⁻¹: it is of one order less than the step, and so on the safe
// side.
//
// Shapes: y [batch, dim…]; the trajectories must not depend on each other.
// DType:  float32 or float64.
// Panics: in Step, if Newton does not validate or f(t, y) is not of y's shape.
// Cost:   as [BackwardEuler].
// Source: Hairer and Wanner 1996, section IV.3. bib: hairer1996stiff
type Trapezoid struct {
	Newton Newton
}

// Kvaerno5 is a singly diagonally implicit Runge–Kutta pair of order 5(4) with an explicit first stage, seven stages of which
// six are solved for.
//
// Both members of the pair are stiffly accurate, the fifth-order one is L-stable and the fourth-order one A-stable. Order 5
// holds for steps that resolve all modes; on the problem of Prothero and Robinson the error over all degrees of stiffness falls
// with order 3, since the stages by themselves are of order 2. [Rodas5P] loses less.
//
// Shapes: y [batch, dim…]; the trajectories must not depend on each other.
// DType:  float32 or float64.
// Panics: in Step, if Newton does not validate or f(t, y) is not of y's shape.
// Cost:   a Jacobian and its factors a step, an evaluation an iteration of six stages; see [Newton].
// Source: Kværnø 2004, the method "ESDIRK 5/4" with γ = 0.26. bib: kvaerno2004singly
type Kvaerno5 struct {
	Newton Newton
}

// Counted is a stepper whose number of evaluations differs from step to step.
type Counted interface {
	Stepper
	// Counted is how many evaluations of the field each trajectory took in the step that gave this state, [batch, 1…]; those for
	// the Jacobian are not counted.
	Counted(next []*graph.Node) *graph.Node
}

var (
	_ Counted = BackwardEuler{}
	_ Counted = Trapezoid{}
	_ Counted = Kvaerno5{}
	_ Counted = KenCarp4{}

	_ Tolerant = BackwardEuler{}
	_ Tolerant = Trapezoid{}
	_ Tolerant = Kvaerno5{}
	_ Tolerant = KenCarp4{}
)

// WithTolerances gives Newton the solve's tolerances, unless it has its own.
func (m BackwardEuler) WithTolerances(rtol, atol float64) Stepper {
	m.Newton = m.Newton.or(rtol, atol)
	return m
}

// Counted is the evaluations of the last step.
func (BackwardEuler) Counted(next []*graph.Node) *graph.Node { return next[1] }

// WithTolerances gives Newton the solve's tolerances, unless it has its own.
func (m Trapezoid) WithTolerances(rtol, atol float64) Stepper {
	m.Newton = m.Newton.or(rtol, atol)
	return m
}

// Counted is the evaluations of the last step.
func (Trapezoid) Counted(next []*graph.Node) *graph.Node { return next[1] }

// WithTolerances gives Newton the solve's tolerances, unless it has its own.
func (m Kvaerno5) WithTolerances(rtol, atol float64) Stepper {
	m.Newton = m.Newton.or(rtol, atol)
	return m
}

// Counted is the evaluations of the last step.
func (Kvaerno5) Counted(next []*graph.Node) *graph.Node { return next[1] }

// Info is what the stepper is; Evaluations counts one iteration a stage.
func (BackwardEuler) Info() Info {
	return Info{Name: "backward Euler", Order: 1, ErrorOrder: 1, Evaluations: 1, Bib: "hairer1996stiff"}
}

// Init is f(t0, y0), and a zero for the evaluations.
func (m BackwardEuler) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	return backwardEulerTableau().init(s, t0, y0)
}

// Step makes one step.
func (m BackwardEuler) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	return backwardEulerTableau().step(m.Newton, s, t, dt, y, state)
}

// backwardEulerTableau has an explicit first stage for the error estimate alone.
func backwardEulerTableau() esdirk {
	return esdirk{gamma: 1, a: [][]float64{{}, {0}}, c: []float64{0, 1}, errors: []float64{-0.5, 0.5}, filter: true}
}

// Info is what the stepper is; Evaluations counts one iteration a stage.
func (Trapezoid) Info() Info {
	return Info{Name: "trapezoid", Order: 2, ErrorOrder: 1, Evaluations: 1, Bib: "hairer1996stiff"}
}

// Init is f(t0, y0), and a zero for the evaluations.
func (m Trapezoid) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	return trapezoidTableau().init(s, t0, y0)
}

// Step makes one step.
func (m Trapezoid) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	return trapezoidTableau().step(m.Newton, s, t, dt, y, state)
}

func trapezoidTableau() esdirk {
	return esdirk{gamma: 0.5, a: [][]float64{{}, {0.5}}, c: []float64{0, 1}, errors: []float64{-0.5, 0.5}, filter: true}
}

// Info is what the stepper is; Evaluations counts one iteration a stage.
func (Kvaerno5) Info() Info {
	return Info{Name: "Kvaerno5", Order: 5, ErrorOrder: 4, Evaluations: 6, Bib: "kvaerno2004singly"}
}

// Init is f(t0, y0), and a zero for the evaluations.
func (m Kvaerno5) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	return kvaerno5Tableau().init(s, t0, y0)
}

// Step makes one step.
func (m Kvaerno5) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	return kvaerno5Tableau().step(m.Newton, s, t, dt, y, state)
}

// kvaerno5Tableau is the table of the source; the fourth-order solution is the sixth stage.
func kvaerno5Tableau() esdirk {
	const gamma = 0.26
	sixth := []float64{0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.61943039072480676}
	seventh := []float64{0.13659751177640291, 0, -0.05496908796538376, -0.04118626728321046, 0.62993304899016403, 0.06962479448202728}
	e := esdirk{
		gamma: gamma,
		a: [][]float64{
			{},
			{gamma},
			{0.13, 0.84033320996790809},
			{0.22371961478320505, 0.47675532319799699, -0.06470895363112615},
			{0.16648564323248321, 0.10450018841591720, 0.03631482272098715, -0.13090704451073998},
			sixth,
			seventh,
		},
		c: []float64{0, 0.52, 1.230333209967908, 0.8957659843500759, 0.43639360985864756, 1, 1},
	}
	e.errors = append([]float64{}, seventh...)
	for i, w := range append(append([]float64{}, sixth...), gamma) {
		e.errors[i] -= w
	}
	e.errors = append(e.errors, gamma)
	return e
}
