package difference

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Heat is a system of reaction–diffusion equations for the channels u_1 … u_m on a box of one to three axes, or on a part of it
//
//	∂u_c/∂t = D_c ∇·(a ∇u_c) + r_c(t, x, u)
//
// Diffusion is implicit by TR-BDF2, stable at any step and without oscillations; the reaction is explicit by the method of
// second order that goes with it. Without a reaction Σ V u, with the volumes V of the cells, changes by what
// comes through the boundary alone.
//
// Cost: a sparse factorisation a channel once; 2 solves a channel and 3 NFE a step.
// Source: Bank et al. 1985, IEEE Trans. Electron Devices 32 (TR-BDF2); Giraldo, Kelly & Constantinescu 2013,
// SIAM J. Sci. Comput. 35, table of ARK2 (the pair). bib: bank1985transient, giraldo2013implicit
type Heat struct {
	Name        string // for messages
	Box         pde.Box
	Mask        *Mask // nil: the whole box
	Channels    []Channel
	Coefficient []float64 // a [space…] > 0; nil is 1
	// Reaction writes r_c to dst[c] at one point. It must keep nothing and be safe for concurrent use; nil means r = 0.
	Reaction func(dst []float64, t float64, x, u []float64)
}

// Channel is one unknown of a [Heat].
type Channel struct {
	Diffusivity float64           // D, > 0
	Faces       [][2]pde.Boundary // nil: those of the box
}

// box is the box with the channel's conditions.
func (h Heat) box(c int) pde.Box {
	b := h.Box
	if h.Channels[c].Faces != nil {
		b.Faces = h.Channels[c].Faces
	}
	return b
}

// Validate lists all that is wrong with h.
func (h Heat) Validate() error {
	errs := []error{h.Box.Validate()}
	if len(h.Channels) == 0 {
		errs = append(errs, errors.New("difference: Heat.Channels is empty, want at least one"))
	}
	for c, channel := range h.Channels {
		if !(channel.Diffusivity > 0) || math.IsInf(channel.Diffusivity, 0) {
			errs = append(errs, fmt.Errorf("difference: Heat.Channels[%d].Diffusivity = %v, want it above 0", c, channel.Diffusivity))
		}
		if channel.Faces != nil {
			errs = append(errs, h.checkFaces(c))
		}
	}
	return errors.Join(errs...)
}

// checkFaces wants the same axes periodic in all channels.
func (h Heat) checkFaces(c int) error {
	b := h.box(c)
	if err := b.Validate(); err != nil {
		return fmt.Errorf("difference: Heat.Channels[%d]: %w", c, err)
	}
	for d := range b.Points {
		if (b.Face(d, 0).Kind == pde.Periodic) != (h.Box.Face(d, 0).Kind == pde.Periodic) {
			return fmt.Errorf("difference: Heat.Channels[%d].Faces[%d] are %v, those of the box %v, want both periodic or none",
				c, d, b.Face(d, 0).Kind, h.Box.Face(d, 0).Kind)
		}
	}
	return nil
}

// Solve marches the batch u0 [samples, space…, channels] of initial fields to s.Until; the values on Dirichlet faces are those of the conditions.
//
// Shapes: Ys[i] of the solution as u0; points outside of the mask are 0.
// Errors: what is wrong with h, s or the lengths; a coefficient that is not positive, with its place; a [pde.NotFiniteError] if the steps are
// too large for the reaction; the error of ctx, within one step of its end.
func (h Heat) Solve(ctx context.Context, u0 []float64, s pde.Stepping) (pde.Solution, error) {
	if err := errors.Join(h.Validate(), s.Validate()); err != nil {
		return pde.Solution{}, err
	}
	values := h.Box.Size() * len(h.Channels)
	if err := checkLength("an initial field", len(u0), values, h.Box); err != nil {
		return pde.Solution{}, err
	}
	if h.Coefficient != nil && len(h.Coefficient) != h.Box.Size() {
		return pde.Solution{}, fmt.Errorf("difference: Heat.Coefficient has %d values, want %d on a grid of %v points",
			len(h.Coefficient), h.Box.Size(), h.Box.Points)
	}
	shared, err := h.discretise(s.Dt())
	if err != nil {
		return pde.Solution{}, err
	}
	first, err := shared.factorise()
	if err != nil {
		return pde.Solution{}, err
	}
	take := perWorker(first, shared.factorise)
	return pde.March(ctx, h.Name, u0, values, s, 3, func() pde.Marcher {
		f, _ := take() // without an error, as the first that was made
		return newHeatMarcher(shared, f)
	})
}

// The pair of Giraldo, Kelly and Constantinescu: implicit weights (0), (γ, γ), (δ, δ, γ) and explicit ones (0), (2γ), (1-α, α) at the
// times 0, 2γ, 1, with the weights (δ, δ, γ) of the stages in the step of both.
const (
	gamma = 1 - 1/math.Sqrt2
	delta = 1 / (2 * math.Sqrt2)
	alpha = (3 + 2*math.Sqrt2) / 6
)

// heatGrid is what the workers share.
type heatGrid struct {
	Heat
	*grid
	dt        float64
	operators []*operator // of each channel, with a but without D
	places    []int       // where some channel is unknown
	points    []float64   // their coordinates [places, axis]
}

func (h Heat) discretise(dt float64) (*heatGrid, error) {
	out := &heatGrid{Heat: h, dt: dt, grid: newGrid(h.Box)}
	if err := checkCoefficient("Heat.Coefficient", h.Coefficient, out.grid); err != nil {
		return nil, err
	}
	active := make([]bool, out.size)
	for c := range h.Channels {
		g, err := newGeometry(h.box(c), h.Mask)
		if err != nil {
			return nil, err
		}
		o, err := newOperator(g, h.Coefficient)
		if err != nil {
			return nil, err
		}
		out.operators = append(out.operators, o)
		for _, at := range g.unknown {
			active[at] = true
		}
	}
	x := make([]float64, len(out.h))
	for at, is := range active {
		if is {
			out.place(x, at)
			out.places, out.points = append(out.places, at), append(out.points, x...)
		}
	}
	return out, nil
}

// factorise factors V + γ dt D K of each channel; nil where nothing is unknown.
func (h *heatGrid) factorise() ([]factor, error) {
	out := make([]factor, len(h.operators))
	for c, o := range h.operators {
		if len(o.unknown) == 0 {
			continue
		}
		m, err := o.system(o.volume, gamma*h.dt*h.Channels[c].Diffusivity, nil)
		if err != nil {
			return nil, err
		}
		if out[c], err = o.factorise(m); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// heatMarcher solves one sample at a time.
type heatMarcher struct {
	*heatGrid
	factors    []factor
	stepNumber int
	u          [][]float64    // unknowns of each channel at the start of the step
	stage      [][]float64    // and at the stage at work
	full       [][]float64    // whole grid of each channel, for the reaction
	flow       [2][][]float64 // V times the diffusion at the first two stages, with what comes from the boundary
	reaction   [3][][]float64 // on the whole grid, at the stages
	dst, point []float64
}

func newHeatMarcher(shared *heatGrid, factors []factor) *heatMarcher {
	channels := len(shared.Channels)
	m := &heatMarcher{heatGrid: shared, factors: factors, dst: make([]float64, channels), point: make([]float64, channels)}
	m.u, m.stage, m.full = make([][]float64, channels), make([][]float64, channels), make([][]float64, channels)
	for i := range m.flow {
		m.flow[i] = make([][]float64, channels)
	}
	for i := range m.reaction {
		m.reaction[i] = make([][]float64, channels)
	}
	for c, o := range shared.operators {
		n := len(o.unknown)
		m.u[c], m.stage[c], m.full[c] = make([]float64, n), make([]float64, n), make([]float64, o.size)
		for i := range m.flow {
			m.flow[i][c] = make([]float64, n)
		}
		for i := range m.reaction {
			if shared.Reaction != nil {
				m.reaction[i][c] = make([]float64, o.size)
			}
		}
	}
	return m
}

// Start takes the unknown values of u0 [space…, channel].
func (m *heatMarcher) Start(u0 []float64) {
	m.stepNumber = 0
	for c, o := range m.operators {
		for i, at := range o.unknown {
			m.u[c][i] = u0[at*len(m.u)+c]
		}
	}
}

// Step is one step of the pair.
func (m *heatMarcher) Step() bool {
	t := m.dt * float64(m.stepNumber)
	times := [3]float64{t, t + 2*gamma*m.dt, t + m.dt}
	m.stepNumber++
	m.react(0, m.u, times[0])
	for c := range m.u {
		m.diffuse(m.flow[0][c], c, m.u[c], times[0])
		b := m.base(c)
		for i, f := range m.flow[0][c] {
			b[i] += gamma * m.dt * f
		}
		m.addReaction(c, 0, 2*gamma)
		m.solve(c, times[1])
	}
	m.react(1, m.stage, times[1])
	for c := range m.u {
		m.diffuse(m.flow[1][c], c, m.stage[c], times[1])
		b := m.base(c)
		for i, f := range m.flow[0][c] {
			b[i] += delta * m.dt * (f + m.flow[1][c][i])
		}
		m.addReaction(c, 0, 1-alpha)
		m.addReaction(c, 1, alpha)
		m.solve(c, times[2])
	}
	// The implicit weights are those of the last stage; the explicit ones differ.
	m.react(2, m.stage, times[2])
	ok := true
	for c, o := range m.operators {
		copy(m.u[c], m.stage[c])
		if m.Reaction != nil {
			r := [3][]float64{m.reaction[0][c], m.reaction[1][c], m.reaction[2][c]}
			for i, at := range o.unknown {
				m.u[c][i] += m.dt * ((delta-1+alpha)*r[0][at] + (delta-alpha)*r[1][at] + gamma*r[2][at])
			}
		}
		ok = ok && finite(m.u[c])
	}
	return ok
}

// Save writes the field [space…, channel] at time t.
func (m *heatMarcher) Save(dst []float64, t float64) {
	m.expand(m.u, t)
	for c, full := range m.full {
		for i, u := range full {
			dst[i*len(m.full)+c] = u
		}
	}
}

// base sets the right-hand side of a stage to V u.
func (m *heatMarcher) base(c int) []float64 {
	b := m.stage[c]
	for i, v := range m.operators[c].volume {
		b[i] = v * m.u[c][i]
	}
	return b
}

// addReaction adds weight dt V r of a stage.
func (m *heatMarcher) addReaction(c, stage int, weight float64) {
	if m.Reaction == nil {
		return
	}
	o, r := m.operators[c], m.reaction[stage][c]
	for i, at := range o.unknown {
		m.stage[c][i] += weight * m.dt * o.volume[i] * r[at]
	}
}

// solve finds the stage at time t from its right-hand side.
func (m *heatMarcher) solve(c int, t float64) {
	m.operators[c].addInflow(m.stage[c], t, gamma*m.dt*m.Channels[c].Diffusivity)
	if m.factors[c] != nil {
		m.factors[c].Solve(m.stage[c], m.stage[c])
	}
}

// diffuse writes V D ∇·(a ∇u).
func (m *heatMarcher) diffuse(dst []float64, c int, u []float64, t float64) {
	o, d := m.operators[c], m.Channels[c].Diffusivity
	o.matrix.Apply(dst, u)
	for i := range dst {
		dst[i] *= -d
	}
	o.addInflow(dst, t, d)
}

// expand gives all channels on the whole grid.
func (m *heatMarcher) expand(u [][]float64, t float64) {
	for c, o := range m.operators {
		for i, at := range o.unknown {
			m.full[c][at] = u[c][i]
		}
		o.fill(m.full[c], t)
	}
}

// react evaluates the reaction at a stage.
func (m *heatMarcher) react(stage int, u [][]float64, t float64) {
	if m.Reaction == nil {
		return
	}
	m.expand(u, t)
	axes := len(m.h)
	for i, at := range m.places {
		for c, full := range m.full {
			m.point[c] = full[at]
		}
		m.Reaction(m.dst, t, m.points[i*axes:(i+1)*axes], m.point)
		for c, r := range m.dst {
			m.reaction[stage][c][at] = r
		}
	}
}
