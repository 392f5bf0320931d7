package check

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Contract checks what every listed model promises: a valid default, a zero value that is refused with a message that helps,
// the documented shapes, finite output, gradients that are finite and reach every parameter, weights shared between two calls,
// the same output after a round trip through JSON, and a fit that lowers the loss and is read back unchanged.
func Contract(t *testing.T, m zoo.Method) {
	t.Helper()
	t.Run("default", func(t *testing.T) { checkDefault(t, m) })
	t.Run("zero value", func(t *testing.T) { checkZero(t, m) })
	if len(m.Sizes) < 2 || reflect.DeepEqual(m.Sizes[0], m.Sizes[1]) {
		t.Fatalf("sizes %v, want two different ones", m.Sizes)
	}
	for _, size := range m.Sizes {
		t.Run(size.Inputs[0].String(), func(t *testing.T) { checkSize(t, m, size) })
	}
	t.Run("fit", func(t *testing.T) { checkFit(t, m) })
}

// checkDefault wants a default that is valid, survives JSON, and has a source.
func checkDefault(t *testing.T, m zoo.Method) {
	t.Helper()
	if err := m.Default.Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	if again := decoded(t, m); !reflect.DeepEqual(again, m.Default) {
		t.Errorf("after JSON the default is %+v, want %+v", again, m.Default)
	}
	if _, err := decode(m, []byte(`{"NoSuchField": 1}`)); err == nil {
		t.Error("settings with an unknown field are accepted")
	}
	if _, err := zoo.Bib(m.Bib); err != nil {
		t.Error(err)
	}
}

// decoded is the default after a round trip through JSON.
func decoded(t *testing.T, m zoo.Method) zoo.Model {
	t.Helper()
	settings, err := kinds.Marshal(m.Default)
	if err != nil {
		t.Fatal(err)
	}
	again, err := decode(m, settings)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// decode makes a model of the method's type, as a run that is opened from its manifest does.
func decode(m zoo.Method, settings []byte) (zoo.Model, error) {
	v, err := kinds.Decode(kinds.Name(m.Default), settings, []any{m.Default})
	if err != nil {
		return nil, err
	}
	made, ok := v.(zoo.Model)
	if !ok {
		return nil, fmt.Errorf("check: %T is no model", v)
	}
	return made, nil
}

// useful is a message as the house style has it: `package: Type.Field = value, want what`.
var useful = regexp.MustCompile(`^[a-z0-9/]+: [A-Z]\w*\.[A-Z]\w*(\[\d+\])? .*want `)

func checkZero(t *testing.T, m zoo.Method) {
	t.Helper()
	zero, err := decode(m, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	err = zero.Validate()
	if err == nil {
		t.Fatal("the zero value is accepted")
	}
	if !useful.MatchString(err.Error()) {
		t.Errorf("the zero value is refused with %q, want `package: Type.Field = value, want what`", err)
	}
}

// checkSize looks at one set of inputs.
func checkSize(t *testing.T, m zoo.Method, size zoo.Size) {
	t.Helper()
	var in []any
	for i, s := range size.Inputs {
		in = append(in, Random(uint64(i+1), s.Dimensions...))
	}
	wanted := shapes.Make(dtypes.Float64, size.Output.Dimensions...)
	store, again := model.NewStore(), decoded(t, m)
	once := 0
	out := Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		u := m.Default.Forward(scope, in...)
		once = store.NumVariables()
		outputs := []*Node{u, m.Default.Forward(scope, in...), again.Forward(scope, in...)}
		loss := ReduceAllMean(Square(AddScalar(u, -1)))
		return append(outputs, Gradient(loss, values(u.Graph(), Trainable(store))...)...)
	}, in...)
	if !out[0].Shape().Equal(wanted) {
		t.Errorf("output %s, want %s", out[0].Shape(), wanted)
	}
	if n := store.NumVariables(); n != once || n == 0 {
		t.Errorf("%d variables after one call, %d after three, want as many and at least one", once, n)
	}
	checkVaried(t, "output", out[0])
	for i, name := range []string{"a second call", "the model after JSON"} {
		if d := MaxDiff(t, out[0], out[1+i]); d != 0 { // the same operations on the same weights
			t.Errorf("%s differs by %v", name, d)
		}
	}
	for i, v := range Trainable(store) {
		checkVaried(t, "gradient of "+v.Path(), out[3+i])
	}
}

// checkVaried wants values that are finite and not zero everywhere.
func checkVaried(t *testing.T, name string, x *tensors.Tensor) {
	t.Helper()
	v := Floats(x)
	if i := slices.IndexFunc(v, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
		t.Errorf("%s is %v at %d, want finite numbers", name, v[i], i)
	}
	if !slices.ContainsFunc(v, func(v float64) bool { return v != 0 }) {
		t.Errorf("%s is zero everywhere", name)
	}
}
