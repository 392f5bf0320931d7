package embedding

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/layers"
)

// Time names how a network is told the time. The zero value is [SinusoidalTime].
type Time string

// The ways.
const (
	SinusoidalTime Time = ""        // [Sinusoidal] of Scale times the time
	FourierTime    Time = "fourier" // [Fourier] with frequencies of standard deviation Scale
	NoTime         Time = "none"    // no time among the inputs
)

// Condition names what a network is told beside the time. The zero value is [NoCondition].
type Condition string

// The conditions and their inputs.
const (
	NoCondition     Condition = ""
	ClassCondition  Condition = "class"  // [batch] or [batch, 1], see [Class]; or [batch, 2]: a class with a 1, or zeros where it is not known
	VectorCondition Condition = "vector" // [batch, c], mapped to the embedding by a network of two layers
	TokenCondition  Condition = "tokens" // [batch, length, c], for cross-attention
	FieldCondition  Condition = "field"  // [batch, space…, c] on the state's grid, joined to its channels
)

// Conditioning is the part of a network's settings that says what it is told beside its state.
type Conditioning struct {
	Width     int       // channels of the embedding
	Scale     float64   // of the time: see Time
	Time      Time      `json:",omitempty"`
	Condition Condition `json:",omitempty"`
	Classes   int       `json:",omitempty"` // of ClassCondition
}

// DefaultConditioning is one time in [0, 1] and nothing else.
func DefaultConditioning() Conditioning { return Conditioning{Width: 128, Scale: 1000} }

// Validate returns all problems of the settings; owner is the network's package and type, such as "unet: Model".
func (c Conditioning) Validate(owner string) error {
	var errs []error
	say := func(field string, value any, want string) {
		errs = append(errs, fmt.Errorf("%s.Conditioning.%s = %v, want %s", owner, field, value, want))
	}
	if c.Embeds() && (c.Width < 2 || c.Width%2 != 0) {
		say("Width", c.Width, "an even number, at least 2")
	}
	switch c.Time {
	case SinusoidalTime, FourierTime:
		if !(c.Scale > 0) || math.IsInf(c.Scale, 0) {
			say("Scale", c.Scale, "a positive number")
		}
	case NoTime:
	default:
		say("Time", fmt.Sprintf("%q", string(c.Time)), fmt.Sprintf("sinusoidal (empty), %s or %s", FourierTime, NoTime))
	}
	switch c.Condition {
	case NoCondition, VectorCondition, TokenCondition, FieldCondition:
	case ClassCondition:
		if c.Classes < 1 {
			say("Classes", c.Classes, "at least 1")
		}
	default:
		say("Condition", fmt.Sprintf("%q", string(c.Condition)), fmt.Sprintf("none (empty), %s, %s, %s or %s", ClassCondition, VectorCondition, TokenCondition, FieldCondition))
	}
	return errors.Join(errs...)
}

// Embeds says whether there is an embedding: a time, a class or a vector.
func (c Conditioning) Embeds() bool {
	return c.Time != NoTime || c.Condition == ClassCondition || c.Condition == VectorCondition
}

// Told is what a network's inputs say.
type Told struct {
	State  *Node // the state, with the field's channels after its own
	Vector *Node // the embedding, nil if there is nothing to embed: [batch, Width], or [1, Width] where it is of one time for all samples
	Tokens *Node // [batch, length, c], nil without
}

// Forward reads a network's inputs: the state; the time unless there is none; the condition if there is one. Several times (the ends of
// an interval) come as [batch, k] and have their features joined. One time that is broadcast over the batch is embedded once.
//
// Shapes: state [batch, …, channel], time [batch] or [batch, k], condition as its constant says.
// DType:  float32 or float64, as the state.
func (c Conditioning) Forward(scope *model.Scope, in ...*Node) Told {
	names := c.inputs()
	if len(in) != len(names) {
		exceptions.Panicf("embedding: %d inputs, want %d: %s", len(in), len(names), strings.Join(names, ", "))
	}
	state := in[0]
	batch := state.Shape().Dim(0)
	for i, x := range in {
		if x.Rank() < 1 || x.Shape().Dim(0) != batch {
			exceptions.Panicf("embedding: %s %s, want a first axis of %d as the state's", names[i], x.Shape(), batch)
		}
	}
	told := Told{State: state}
	scope = scope.At("embedding")
	if c.Time != NoTime {
		told.add(c.time(scope.In("time"), in[1], state))
	}
	if c.Condition == NoCondition {
		return told
	}
	condition := in[len(in)-1]
	switch c.Condition {
	case ClassCondition:
		told.add(Class(scope.In("class"), c.label(condition), state.DType(), c.Classes, c.Width))
	case VectorCondition:
		if condition.Rank() != 2 {
			exceptions.Panicf("embedding: vector %s, want [batch, channel]", condition.Shape())
		}
		told.add(c.network(scope.In("vector"), as(state, condition)))
	case TokenCondition:
		if condition.Rank() != 3 {
			exceptions.Panicf("embedding: tokens %s, want [batch, length, channel]", condition.Shape())
		}
		told.Tokens = as(state, condition)
	case FieldCondition:
		told.State = Concatenate([]*Node{state, as(state, condition)}, -1)
	}
	return told
}

// label is the number of each sample's class: that of no class where a second number says that it is not known.
func (c Conditioning) label(condition *Node) *Node {
	if condition.Rank() != 2 || condition.Shape().Dim(1) != 2 {
		return condition
	}
	label, known := SliceAxis(condition, 1, AxisRange(0, 1)), SliceAxis(condition, 1, AxisRange(1, 2))
	return Where(NotEqual(known, ZerosLike(known)), label, MulScalar(OnesLike(label), float64(c.Classes)))
}

// inputs names what Forward wants.
func (c Conditioning) inputs() []string {
	names := []string{"state"}
	if c.Time != NoTime {
		names = append(names, "time")
	}
	if c.Condition != NoCondition {
		names = append(names, string(c.Condition))
	}
	return names
}

// add adds to the embedding.
func (t *Told) add(v *Node) {
	if t.Vector != nil {
		v = Add(t.Vector, v)
	}
	t.Vector = v
}

// time is the times' features through a network of two layers.
func (c Conditioning) time(scope *model.Scope, t, state *Node) *Node {
	if t.Rank() > 2 {
		exceptions.Panicf("embedding: time %s, want [batch] or [batch, k]", t.Shape())
	}
	t = as(state, once(t))
	var features *Node
	if c.Time == FourierTime {
		features = Fourier(t, c.Width, c.Scale)
	} else {
		features = Sinusoidal(MulScalar(t, c.Scale), c.Width)
	}
	batch := t.Shape().Dim(0)
	return c.network(scope, Reshape(features, batch, features.Shape().Size()/batch))
}

// once is t of one row where it is one number broadcast over the batch, as in a sampler's step: its embedding is computed once.
func once(t *Node) *Node {
	if t.Shape().Size() != t.Shape().Dim(0) {
		return t
	}
	for n := t; ; n = n.Inputs()[0] {
		switch {
		case n.Shape().Size() == 1:
			return Reshape(n, slices.Repeat([]int{1}, t.Rank())...)
		case n.Type() != NodeTypeBroadcastInDim && n.Type() != NodeTypeReshape && n.Type() != NodeTypeConvertDType:
			return t
		}
	}
}

// network is dense, SiLU, dense.
func (c Conditioning) network(scope *model.Scope, x *Node) *Node {
	return layers.MLP{Widths: []int{c.Width, c.Width}, Activation: layers.SiLU}.Forward(scope, x)
}

// as is x in the state's type.
func as(state, x *Node) *Node {
	if x.DType() == state.DType() {
		return x
	}
	return ConvertDType(x, state.DType())
}
