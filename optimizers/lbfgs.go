package optimizers

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// LBFGS is the limited-memory BFGS method with a line search for the strong Wolfe conditions. It runs on the host: use
// it with all rows in every step, best in float64, as a second phase after Adam.
//
// Cost: 1 gradient an iteration where the first trial step is accepted, as it mostly is; at most 25.
// Source: Nocedal & Wright 2006, algorithms 7.4, 7.5 (two-loop recursion), 3.5 and 3.6 (line search). bib: nocedal2006numerical
type LBFGS struct {
	Memory    int     // pairs kept; 0: 20
	Tolerance float64 // stop when the largest component of the gradient is below; 0: 1e-10
}

func (l LBFGS) withDefaults() LBFGS {
	if l.Memory == 0 {
		l.Memory = 20
	}
	if l.Tolerance == 0 {
		l.Tolerance = 1e-10
	}
	return l
}

// Validate returns every problem at once.
func (l LBFGS) Validate() error {
	var errs []error
	if l.Memory < 0 {
		errs = append(errs, fmt.Errorf("optimizers: LBFGS.Memory = %d, want at least 0", l.Memory))
	}
	if l.Tolerance < 0 || math.IsNaN(l.Tolerance) {
		errs = append(errs, fmt.Errorf("optimizers: LBFGS.Tolerance = %v, want at least 0", l.Tolerance))
	}
	return errors.Join(errs...)
}

// curvature is what LBFGS remembers: steps s, changes of gradient y, and the gradient at the present point.
type curvature struct {
	S, Y  [][]float64
	Value float64
	Grad  []float64
}

// MarshalBinary encodes the state.
func (c *curvature) MarshalBinary() ([]byte, error) {
	type plain curvature
	var w bytes.Buffer
	err := gob.NewEncoder(&w).Encode((*plain)(c))
	return w.Bytes(), err
}

// UnmarshalBinary decodes a state.
func (c *curvature) UnmarshalBinary(data []byte) error {
	type plain curvature
	return gob.NewDecoder(bytes.NewReader(data)).Decode((*plain)(c))
}

// Start is an empty memory.
func (l LBFGS) Start(int) zoo.HostState { return &curvature{} }

// Iterate goes one step along the quasi-Newton direction. It is done when the gradient is small or no lower point is
// found along it.
func (l LBFGS) Iterate(ctx context.Context, f zoo.Evaluator, x []float64, state zoo.HostState) (done bool, err error) {
	l = l.withDefaults()
	c, ok := state.(*curvature)
	if !ok {
		return false, fmt.Errorf("optimizers: LBFGS got a state of type %T, want its own", state)
	}
	g := make([]float64, len(x))
	if c.Value, err = f.Grad(x, g); err != nil { // rows and draws may have changed since the last iteration
		return false, err
	}
	c.Grad = g
	if floats.Norm(g, math.Inf(1)) < l.Tolerance {
		return true, nil
	}
	direction := c.direction()
	if floats.Dot(direction, g) >= 0 { // the memory is of no use here: begin again with the gradient
		c.S, c.Y = nil, nil
		direction = c.direction()
	}
	search := wolfe{f: f, x: x, direction: direction, value: c.Value, slope: floats.Dot(direction, g), trial: make([]float64, len(x)), grad: make([]float64, len(x))}
	first := 1.0
	if len(c.S) == 0 {
		first = math.Min(1, 1/floats.Norm(g, 1))
	}
	step, err := search.find(ctx, first)
	if err != nil || step == 0 {
		return step == 0, err
	}
	s, y := make([]float64, len(x)), make([]float64, len(x))
	floats.SubTo(s, search.trial, x)
	floats.SubTo(y, search.grad, g)
	copy(x, search.trial)
	c.remember(s, y, l.Memory)
	return false, nil
}

// remember keeps a pair if it has positive curvature.
func (c *curvature) remember(s, y []float64, most int) {
	const least = 1e-12 // relative to ‖s‖‖y‖: below it is rounding
	if floats.Dot(s, y) <= least*floats.Norm(s, 2)*floats.Norm(y, 2) {
		return
	}
	c.S, c.Y = append(c.S, s), append(c.Y, y)
	if len(c.S) > most {
		c.S, c.Y = c.S[1:], c.Y[1:]
	}
}

// direction is −H g by the two-loop recursion, algorithm 7.4.
func (c *curvature) direction() []float64 {
	q := append([]float64(nil), c.Grad...)
	n := len(c.S)
	alpha := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		alpha[i] = floats.Dot(c.S[i], q) / floats.Dot(c.S[i], c.Y[i])
		floats.AddScaled(q, -alpha[i], c.Y[i])
	}
	if n > 0 { // eq. (7.20)
		floats.Scale(floats.Dot(c.S[n-1], c.Y[n-1])/floats.Dot(c.Y[n-1], c.Y[n-1]), q)
	}
	for i := range n {
		beta := floats.Dot(c.Y[i], q) / floats.Dot(c.S[i], c.Y[i])
		floats.AddScaled(q, alpha[i]-beta, c.S[i])
	}
	floats.Scale(-1, q)
	return q
}
