package geometry

import (
	"math"
	"testing"
)

// The table of arc lengths adds up to the perimeter, as closely as is said at arcCells.
func TestArcTable(t *testing.T) {
	for _, test := range []struct{ b, tolerance float64 }{{1, 1e-14}, {0.1, 1e-14}, {0.01, 1e-13}, {0.001, 1e-8}} {
		table := newArc(1, test.b)
		want := Ellipse{Semiaxes: [2]float64{1, test.b}}.Perimeter() / 4
		got := table.length[arcCells-1]
		t.Logf("semiaxes 1 and %v: relative error %.1e", test.b, got/want-1)
		if math.Abs(got/want-1) > test.tolerance {
			t.Errorf("quarter of the ellipse with semiaxes 1 and %v is %v long, want %v", test.b, got, want)
		}
	}
}
