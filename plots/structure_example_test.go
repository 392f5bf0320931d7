package plots_test

import (
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestGoldenStructure(t *testing.T) {
	golden(t, "tree", ExampleTree)
	golden(t, "transitions", ExampleTransitions)
}

// The right-hand side of a forced, damped oscillator.
func ExampleTree() {
	leaf := func(s string) plots.Node { return plots.Node{Label: s} }
	of := func(s string, children ...plots.Node) plots.Node { return plots.Node{Label: s, Children: children} }
	save("tree", plots.Tree{
		Title: "dv/dt = cos(1.2 t) − 0.25 v − x³",
		Root: of("−",
			of("−", of("cos", of("×", leaf("1.2"), leaf("t"))), of("×", leaf("0.25"), leaf("v"))),
			of("pow", leaf("x"), leaf("3"))),
	})
	// Output:
}

// Regimes of a flow, and how often one follows another.
func ExampleTransitions() {
	save("transitions", plots.Transitions{
		States: []string{"laminar", "waves", "puffs", "slugs", "turbulent"},
		P: [][]float64{
			{0.9, 0.1, 0, 0, 0},
			{0.15, 0.6, 0.25, 0, 0},
			{0.1, 0.1, 0.5, 0.295, 0.005},
			{0, 0, 0.2, 0.45, 0.35},
			{0, 0, 0, 0.08, 0.92},
		},
	})
	// Output:
}
