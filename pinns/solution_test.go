package pinns_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// holed is a square without a disc about the middle, with a closed form on a grid.
func holed() pinns.Solution {
	p := poisson()
	p.Domain = geometry.Difference{Of: p.Domain, Without: []geometry.Domain{geometry.Disk(0.5, 0.5, 0.25)}}
	s := p.Solution()
	s.Grid = []int{21, 21}
	return s
}

// Points of a grid that are no points of the domain have no solution there.
func TestSolutionOutsideTheDomain(t *testing.T) {
	set, err := datasets.Load(t.Context(), holed())
	if err != nil {
		t.Fatal(err)
	}
	points, _ := set.Array("points")
	values, _ := set.Array("values")
	outside := 0
	for i, v := range values.Values {
		x, y := points.Values[2*i], points.Values[2*i+1]
		if r := math.Hypot(x-0.5, y-0.5); r < 0.25-1e-8 != math.IsNaN(v) { // either way at the circle, to rounding
			t.Errorf("the value at (%v, %v), %v from the middle, is %v", x, y, r, v)
		}
		if math.IsNaN(v) {
			outside++
		}
	}
	if outside < 50 { // π 5², with steps of 1/20
		t.Errorf("%d values of %d are NaN, want those in the disc", outside, len(values.Values))
	}
}

// far is right in the domain but for a factor, and far off elsewhere.
type far struct{ factor float64 }

func (f far) Predict(in ...datasets.Array) []datasets.Array {
	out := datasets.Array{Dims: []int{in[0].Dims[0], 1}}
	for i := 0; i < len(in[0].Values); i += 2 {
		x, y := in[0].Values[i], in[0].Values[i+1]
		u := f.factor * math.Sin(math.Pi*x) * math.Sin(math.Pi*y)
		if math.Hypot(x-0.5, y-0.5) < 0.25-1e-8 {
			u = 1e6
		}
		out.Values = append(out.Values, u)
	}
	return []datasets.Array{out}
}

func TestErrorsOutsideTheDomainDoNotCount(t *testing.T) {
	set, err := datasets.Load(t.Context(), holed())
	if err != nil {
		t.Fatal(err)
	}
	e, err := pinns.RelativeL2(far{1.5}, set)
	if err != nil || math.Abs(e-0.5) > 1e-12 { // round-off
		t.Errorf("relative L2 of 1.5 u is %v, %v, want 0.5", e, err)
	}
}

// Four discs are left out of the reference's values too.
func TestReferenceOutsideTheDomain(t *testing.T) {
	p := poisson()
	p.Exact, p.Reference = nil, datasets.Reference{Case: datasets.FourDiscs, Points: 21}
	p.Domain = geometry.Difference{
		Of:      geometry.Box{Low: []float64{-0.5, -0.5}, High: []float64{0.5, 0.5}},
		Without: []geometry.Domain{geometry.Disk(0.3, 0.3, 0.1)},
	}
	set, err := datasets.Load(t.Context(), p.Solution())
	if err != nil {
		t.Fatal(err)
	}
	values, _ := set.Array("values")
	nan, first := 0, values.Values[0]
	for _, v := range values.Values {
		if math.IsNaN(v) {
			nan++
		}
	}
	if want := 9; nan != want || first != 1 { // a grid with steps of 0.05: the 3 × 3 points about the disc's middle, those on its circle not
		t.Errorf("%d values are NaN, the first one is %v, want %d, and 1", nan, first, want)
	}
}
