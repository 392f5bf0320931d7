package zoo

import "github.com/gomlx/compute/shapes"

// Method is a model as the catalog lists it, with what its contract is checked on.
type Method struct {
	Default Model
	Bib     string // key in references.bib
	Sizes   []Size // two or more sets of inputs that the default takes
	// Task is a small thing for a model of this type to learn: data made in a second, a loss that falls in a few steps.
	Task func(m Model) Task
}

// Size is shapes of inputs, and of what Forward makes of them.
type Size struct {
	Inputs []shapes.Shape
	Output shapes.Shape
}
