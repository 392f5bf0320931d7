package zoo

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute/shapes"
)

// Method is a model as the catalog lists it: what a kept run is opened again with, and what its contract is checked on.
type Method struct {
	Kind    string // package and type, as in a run's manifest: "fno.Model"
	Bib     string // key in references.bib
	Default Model
	// Decode makes a model of its JSON. It does not validate, so that {} gives the zero value.
	Decode func(settings []byte) (Model, error)
	// Sizes are two or more sets of inputs that the default takes.
	Sizes []Size
	// Task is a small thing for a model of this kind to learn: data made in a second, a loss that falls in a few steps.
	Task func(m Model) Task
}

// Size is shapes of inputs, and of what Forward makes of them.
type Size struct {
	Inputs []shapes.Shape
	Output shapes.Shape
}

// MethodOf fills in Kind, Default and Decode of a model type.
func MethodOf[M Model](start M, bib string, sizes []Size, task func(Model) Task) Method {
	return Method{
		Kind: KindOf(start), Bib: bib, Default: start, Sizes: sizes, Task: task,
		Decode: func(settings []byte) (Model, error) {
			var m M
			d := json.NewDecoder(bytes.NewReader(settings))
			d.DisallowUnknownFields()
			if err := d.Decode(&m); err != nil {
				return nil, fmt.Errorf("zoo: settings of a %s: %w", KindOf(m), err)
			}
			return m, nil
		},
	}
}

// KindOf names a model's type by package and type.
func KindOf(m Model) string { return fmt.Sprintf("%T", m) }
