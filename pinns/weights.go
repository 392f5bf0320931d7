package pinns

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// PointWeighting gives the residual at each point a factor of its own, before it is squared. Implementations are plain data.
type PointWeighting interface {
	Validate() error
	// Factor is what multiplies the residuals, [n, 1]. Graph function; it may keep state by Population.State, and learn by
	// Population.Parameter. Population.Factor is nil here.
	Factor(p Population) *Node
}

// Attention weighs points by how large their residuals were lately:
//
//	λ ← Decay λ + Rate |r| / max|r|
//
// from λ = 0 on, and λ multiplies the residual. Of several equations, |r| is the root of the sum of their squares. The points must stay, or move little.
//
// Source: Anagnostopoulos, Toscano, Stergiopulos & Karniadakis 2024, doi:10.1016/j.cma.2024.116805, eq. (12). bib: anagnostopoulos2024residual
type Attention struct {
	Decay float64 // 0: 0.999
	Rate  float64 // 0: 0.01
}

var _ PointWeighting = Attention{}

func (a Attention) withDefaults() Attention {
	if a.Decay == 0 {
		a.Decay = 0.999
	}
	if a.Rate == 0 {
		a.Rate = 0.01
	}
	return a
}

// Validate returns every problem at once.
func (a Attention) Validate() error {
	a = a.withDefaults()
	var errs []error
	if !(a.Decay > 0 && a.Decay < 1) {
		errs = append(errs, fmt.Errorf("pinns: Attention.Decay = %v, want between 0 and 1", a.Decay))
	}
	if !(a.Rate > 0) {
		errs = append(errs, fmt.Errorf("pinns: Attention.Rate = %v, want above 0", a.Rate))
	}
	return errors.Join(errs...)
}

// Factor is λ after this step's update.
func (a Attention) Factor(p Population) *Node {
	a = a.withDefaults()
	kept := p.State("attention", p.Count(), 1)
	size := magnitude(p.Residual)
	share := Div(size, AddScalar(ReduceAllMax(size), 1e-30))
	next := Add(MulScalar(kept.NodeValue(size.Graph()), a.Decay), MulScalar(share, a.Rate))
	kept.SetNodeValue(next)
	return next
}

// SelfAdaptive weighs points by factors that are trained to make the loss larger while the network is trained to make it smaller. The optimizer and
// its rate are the fit's, for both. The points must stay.
//
// Source: McClenny & Braga-Neto 2023, arXiv:2009.04544, with the mask m(λ) = λ². bib: mcclenny2023self
// Differs from the source: the factors have the network's learning rate, and all begin alike; only the equations' points have them.
type SelfAdaptive struct {
	Start float64 // of all factors; 0: 1
}

var _ PointWeighting = SelfAdaptive{}

// Validate checks the start.
func (s SelfAdaptive) Validate() error {
	if !(s.Start >= 0) {
		return fmt.Errorf("pinns: SelfAdaptive.Start = %v, want at least 0", s.Start)
	}
	return nil
}

// Factor is λ, whose gradient is turned round.
func (s SelfAdaptive) Factor(p Population) *Node {
	if s.Start == 0 {
		s.Start = 1
	}
	lambda := p.Parameter("selfadaptive", s.Start, p.Count(), 1)
	return Sub(MulScalar(StopGradient(lambda), 2), lambda)
}
