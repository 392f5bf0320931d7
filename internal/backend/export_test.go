package backend

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// CustomCall lets tests write a custom call that no graph function would.
func CustomCall(f compute.Function, call native.CustomCall, results []shapes.Shape, arguments ...compute.Value) ([]compute.Value, error) {
	return f.(*function).customCall(call, results, arguments...)
}
