package zoo

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Step is what a step may depend on.
type Step struct {
	Graph *Graph
	// Scope holds the variables: the trainable ones are the parameters, the others the task's own state. All are checkpointed.
	Scope *model.Scope
	Rows  []*Node      // [batch, …] each, in the order of Data.Rows
	Whole []*Node      // in the order of Data.Whole
	Index *Node        // the step's number from 0, scalar int64
	Frac  *Node        // Index/steps in [0, 1), scalar float32, for curricula
	Train bool         // false in validation
	DType dtypes.DType // of the parameters: float32 or float64

	draw  Draw
	draws uint64
}

// Draw names a step's random stream.
type Draw struct {
	Seed  *Node // scalar uint64
	Micro *Node // scalar int64: number of the micro-batch under gradient accumulation, below 256; nil: 0
}

// Limits of the counter that a draw's number is packed into.
const (
	maxDraws = 1 << 12
	stepBits = 20 // bits below the step's number: 12 for the draw, 8 for the micro-batch
)

// NewStep is for the driver: it sets the stream that Uniform and Normal take from.
func NewStep(s Step, draw Draw) *Step {
	s.draw = draw
	return &s
}

// Uniform draws from [0, 1).
//
// Shapes: returns shape; DType: float32 or float64, as shape.
// The values are a pure function of (seed, Index, number of the draw in this step): there is no generator state to save,
// and a second call of Loss in the same step (line search) sees the same values.
// Derivatives with respect to what is drawn are kept: u_x at drawn points is not zero.
func (s *Step) Uniform(shape shapes.Shape) *Node {
	if !shape.DType.IsFloat() {
		exceptions.Panicf("zoo: Step.Uniform shape %s, want a float dtype", shape)
	}
	_, v := RandomUniform(s.state(), shape)
	return Identity(v) // RandomUniform ends in StopGradient, which would make u_x at drawn points silently zero
}

// Normal draws from the standard normal distribution; see Uniform.
//
// Source: Box & Muller 1958, on two uniform draws of 1-u in (0, 1].
func (s *Step) Normal(shape shapes.Shape) *Node {
	radius := Sqrt(MulScalar(Log(OneMinus(s.Uniform(shape))), -2))
	return Mul(radius, Cos(MulScalar(s.Uniform(shape), 2*math.Pi)))
}

// state is the Philox state of the next draw. XLA counts up in the second word, so streams that differ in the third
// never meet.
func (s *Step) state() *Node {
	if s.draw.Seed == nil {
		exceptions.Panicf("zoo: Step has no seed, want one made by the driver (NewStep)")
	}
	if s.draws >= maxDraws {
		exceptions.Panicf("zoo: more than %d draws in one step", maxDraws)
	}
	g := s.Graph
	word := AddScalar(MulScalar(ConvertDType(s.Index, dtypes.Uint64), 1<<stepBits), float64(s.draws<<8))
	if s.draw.Micro != nil {
		word = Add(word, ConvertDType(s.draw.Micro, dtypes.Uint64))
	}
	s.draws++
	return Concatenate([]*Node{Reshape(s.draw.Seed, 1), Const(g, []uint64{0}), Reshape(word, 1)}, 0)
}
