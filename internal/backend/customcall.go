//go:build cgo

package backend

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/stablehlo"
	xlashapes "github.com/gomlx/go-xla/types/shapes"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// The unexported names that custom calls rely on.
const (
	nodeValue      = "value" // xla.Node: its value in the program
	nodeShape      = "shape" // xla.Node
	valueStatement = "stmt"  // stablehlo.Value: what made it
)

// checkCustomCalls returns an error if a field that custom calls rely on is missing or has another type; the rest of the
// decorator does without them.
func checkCustomCalls() error {
	return errors.Join(
		wantField[xla.Node, *stablehlo.Value](nodeValue),
		wantField[xla.Node, shapes.Shape](nodeShape),
		wantField[stablehlo.Value, *stablehlo.Statement](valueStatement),
	)
}

// wantField returns an error unless the struct S has a field of type F.
func wantField[S, F any](name string) error {
	s := reflect.TypeFor[S]()
	if f, ok := s.FieldByName(name); !ok || f.Type != reflect.TypeFor[F]() {
		return fmt.Errorf("backend: %s.%s is not what custom calls were built for; pin go-xla v0.4.2", s, name)
	}
	return nil
}

// field points to an unexported field, whose type checkCustomCalls has verified.
func field[F, S any](s *S, name string) *F {
	return (*F)(reflect.ValueOf(s).Elem().FieldByName(name).Addr().UnsafePointer())
}

// mlir is an attribute that is written as it is.
type mlir string

// ToStableHLO makes go-xla write it so.
func (m mlir) ToStableHLO() string { return string(m) }

// apiVersion makes XLA pass typed buffers and attributes to a handler.
const apiVersion = int32(4)

// customCall adds a call of a handler to the program. go-xla's own form is for another version of the interface: its
// attributes are changed after it was made.
func (f *function) customCall(call native.CustomCall, results []shapes.Shape, arguments ...compute.Value) ([]compute.Value, error) {
	in := make([]*stablehlo.Value, len(arguments))
	for i, x := range arguments {
		node, ok := x.(*xla.Node)
		if !ok {
			return nil, fmt.Errorf("backend: argument %d of %s is a %T, want XLA's", i, call.Target, x)
		}
		in[i] = *field[*stablehlo.Value](node, nodeValue)
	}
	outShapes := make([]xlashapes.Shape, len(results))
	for i, s := range results {
		outShapes[i] = xlashapes.Make(s.DType, s.Dimensions...)
	}
	// Empty layouts stand for row-major ones.
	made, err := stablehlo.CustomCallV2(call.Target, "", in, make([][]int, len(in)), outShapes, make([][]int, len(results)))
	if err != nil {
		return nil, fmt.Errorf("backend: %s: %w", call.Target, err)
	}
	attributes := (*field[*stablehlo.Statement](made[0], valueStatement)).Attributes
	attributes["api_version"], attributes["backend_config"] = apiVersion, mlir(call.Config)
	out := make([]compute.Value, len(made))
	for i, v := range made {
		node := *arguments[0].(*xla.Node) // of the same builder
		*field[*stablehlo.Value](&node, nodeValue) = v
		*field[shapes.Shape](&node, nodeShape) = results[i]
		out[i] = &node
	}
	return out, nil
}
