// Package r3 moves collocation points to where the residual is large, by the residuals that the step has computed anyway.
//
// A network learns the solution of an evolution equation outwards from the initial state. Where the points are few, what it has learned stops
// spreading, and what is left of the residual gathers in narrow places that few points see. [R3] keeps the points there and draws all others
// anew, in every step and for nothing. [Gate] hides later times until earlier ones are learned; with R3 it is the source's causal R3:
//
//	pinns.Solver{…, Sampling: r3.R3{}, Weighting: r3.Gate{}}
//
// Which to choose: pinns.EveryStep first, which costs as little and is as good on easy problems; R3 where the error of that stays large;
// pinns.RAD where points should stay for a while, as for L-BFGS. [Watched] records how uneven the residual is while a solver is trained,
// [Measure] tells it of values.
//
// Conventions: the fitness of a point is |r|, of several equations the root of the sum of their squares, times the factor of the solver's
// weighting.
//
// Missing: the source's two other shapes of the gate.
//
// Source: Daw, Bu, Wang, Perdikaris & Karpatne 2023, arXiv:2207.02338. bib: daw2023mitigating
package r3

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/pinns"
)

// R3 keeps those points whose fitness is above the mean over all points, and draws the others anew, uniformly, in every step.
//
// Fitness is of the step's own loss, before the update. A point that is kept once goes as soon as its residual has fallen below the mean. Rows
// keep their places: what is drawn anew takes the place of what went.
//
// Cost:   none but n random points a step.
// Source: Daw et al. 2023, arXiv:2207.02338, algorithm 1. bib: daw2023mitigating
type R3 struct{}

var _ pinns.Sampling = R3{}

// Validate returns nil.
func (R3) Validate() error { return nil }

// Next is the points of the next step.
func (R3) Next(p pinns.Population) *Node {
	return Where(BroadcastToShape(above(p.Size()), p.Points.Shape()), p.Points, p.Uniform(p.Count()))
}

// above tells where values [n, 1] are above their mean.
func above(size *Node) *Node { return GreaterThan(size, ReduceAllMean(size)) }
