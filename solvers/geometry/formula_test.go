package geometry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

func TestNoDistanceFormula(t *testing.T) {
	disk := geometry.Disk(0, 0, 1)
	for _, c := range []struct {
		domain geometry.Domain
		names  []string
		want   string
	}{
		{geometry.Difference{Of: disk, Without: []geometry.Domain{geometry.Disk(0, 0, 0.5)}}, []string{"x", "y"}, "geometry.Difference has no formula for a distance"},
		{geometry.Scale(geometry.Union{Of: []geometry.Domain{disk}}, 2), []string{"x", "y"}, "geometry.Union has no formula"},
		{geometry.Disk(0, 0, -1), []string{"x", "y"}, "Ball.Radius = -1"},
		{disk, []string{"x"}, "want one for each of 2"},
	} {
		if _, err := geometry.DistanceFormula(c.domain, c.names...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: error = %v, want one with %q", c.domain, err, c.want)
		}
	}
}

func ExampleDistanceFormula() {
	f, err := geometry.DistanceFormula(geometry.Rotate(geometry.Box{Low: []float64{0, -1}, High: []float64{2, 1}}, 0, 1, 0.5), "x", "y")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range f.Steps {
		fmt.Println(step.Name, "=", step.Text)
	}
	// Output:
	// s1 = (0.8775825618903728*x + 0.479425538604203*y)
	// s2 = ((-0.479425538604203)*x + 0.8775825618903728*y)
	// d3 = s1*(2 - s1)*(s2 + 1)*(1 - s2)/2
}
