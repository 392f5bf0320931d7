package r3

import (
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/pinns"
)

// Gate multiplies the residual by a front that moves through time, from 1 before it to 0 behind it:
//
//	g = (1 - tanh(Steepness (s - β)))/2,  β ← β + Rate min(exp(-Tolerance mean(g r)²), Largest)
//
// with s the time from 0 to 1 and mean(g r)² the mean square over the step's points. It moves fast where what it lets through is learned, and
// stops once it is open, at β > 1.5. With [R3] the fitness is g|r|, so that no points gather behind the front.
//
// Source: Daw et al. 2023, arXiv:2207.02338, section 4.2 and its code, which has the bound and the defaults. bib: daw2023mitigating
type Gate struct {
	Steepness float64 `json:",omitempty"` // 0: 5
	Start     float64 `json:",omitempty"` // β at first, below 1.5; 0: -0.5
	Rate      float64 `json:",omitempty"` // 0: 1e-3
	Tolerance float64 `json:",omitempty"` // 0: 20
	Largest   float64 `json:",omitempty"` // 0: 0.1
}

var _ pinns.PointWeighting = Gate{}

// open is the β from which on the gate stays as it is.
const open = 1.5

// stateName is that of the way that β has gone.
const stateName = "gate"

func (g Gate) withDefaults() Gate {
	for _, field := range []struct {
		at        *float64
		otherwise float64
	}{{&g.Steepness, 5}, {&g.Start, -0.5}, {&g.Rate, 1e-3}, {&g.Tolerance, 20}, {&g.Largest, 0.1}} {
		if *field.at == 0 {
			*field.at = field.otherwise
		}
	}
	return g
}

// Validate returns every problem at once.
func (g Gate) Validate() error {
	g = g.withDefaults()
	var errs []error
	for _, field := range []struct {
		name  string
		value float64
	}{{"Steepness", g.Steepness}, {"Rate", g.Rate}, {"Tolerance", g.Tolerance}, {"Largest", g.Largest}} {
		if !(field.value > 0) || math.IsInf(field.value, 0) {
			errs = append(errs, fmt.Errorf("r3: Gate.%s = %v, want a number above 0", field.name, field.value))
		}
	}
	if !(g.Start < open) || math.IsInf(g.Start, 0) {
		errs = append(errs, fmt.Errorf("r3: Gate.Start = %v, want a number below %v, where the gate is open", g.Start, open))
	}
	return errors.Join(errs...)
}

// Factor is the gate at each point, before β moves.
func (g Gate) Factor(p pinns.Population) *Node {
	g = g.withDefaults()
	moved := p.State(stateName)
	shift := moved.NodeValue(p.Points.Graph())
	beta := AddScalar(shift, g.Start)
	factor := MulScalar(OneMinus(Tanh(MulScalar(Sub(p.Time(), beta), g.Steepness))), 0.5)
	loss := ReduceAllMean(Square(Mul(factor, p.Residual)))
	step := MulScalar(MinScalar(Exp(MulScalar(loss, -g.Tolerance)), g.Largest), g.Rate)
	moved.SetNodeValue(Where(GreaterThan(beta, Scalar(beta.Graph(), beta.DType(), open)), shift, Add(shift, step)))
	return factor
}
