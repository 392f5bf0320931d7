package pde_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// TestBurgersAgainstAnotherProgram compares with testdata/burgers_reference.py.
func TestBurgersAgainstAnotherProgram(t *testing.T) {
	text, err := os.ReadFile("testdata/burgers_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Cosines, Sines []float64
		Cases          []struct {
			Viscosity, Until float64
			U                []float64 // at 32 points
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	const grid = 1024
	u0 := make([]float64, grid)
	for i := range u0 {
		for j := range reference.Cosines {
			x := 2 * math.Pi * float64(j+1) * float64(i) / grid
			u0[i] += reference.Cosines[j]*math.Cos(x) + reference.Sines[j]*math.Sin(x)
		}
	}
	if len(reference.Cases) != 3 {
		t.Fatalf("%d cases, want 3", len(reference.Cases))
	}
	for _, c := range reference.Cases {
		t.Run(fmt.Sprintf("nu=%v,t=%v", c.Viscosity, c.Until), func(t *testing.T) {
			got := solve(t, pde.Burgers(c.Viscosity), u0, grid, pde.Stepping{Until: c.Until, Steps: 800})
			if len(c.U) != 32 {
				t.Fatalf("%d reference values, want 32", len(c.U))
			}
			for i, want := range c.U {
				// The reference's tolerance of 1e-12 a window of time, over 400 windows.
				if diff := math.Abs(got[i*grid/32] - want); diff > 1e-9 {
					t.Errorf("u(%v) differs by %.2g", float64(i)/32, diff)
				}
			}
		})
	}
}
