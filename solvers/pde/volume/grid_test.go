package volume_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// TestAveragesOfPolynomials: three Gauss nodes are exact up to degree 5.
func TestAveragesOfPolynomials(t *testing.T) {
	g := volume.Grid{Lower: []float64{-1, 2}, Upper: []float64{1, 5}, Cells: []int{4, 3}}
	got := averages(t, g, func(x []float64) float64 { return math.Pow(x[0], 5) * x[1] * x[1] })
	for i := range 4 {
		for j := range 3 {
			a, b := -1+float64(i)*0.5, 2+float64(j)
			want := (math.Pow(a+0.5, 6) - math.Pow(a, 6)) / 6 / 0.5 * (math.Pow(b+1, 3) - math.Pow(b, 3)) / 3
			if diff := math.Abs(got[i*3+j] - want); diff > 1e-13 { // round-off of numbers of size 20
				t.Errorf("cell %d, %d: %v, want %v", i, j, got[i*3+j], want)
			}
		}
	}
	if c := g.Centres(1); !slices.Equal(c, []float64{2.5, 3.5, 4.5}) {
		t.Errorf("centres %v", c)
	}
}

// TestCoarsenIsTheAveragesOfTheCoarseGrid holds for polynomials that the quadrature has exactly.
func TestCoarsenIsTheAveragesOfTheCoarseGrid(t *testing.T) {
	f := func(u, x []float64) { u[0], u[1] = x[0]*x[0]*x[1], 3-x[0]*math.Pow(x[1], 4) }
	fine := volume.Grid{Upper: []float64{2, 3}, Cells: []int{12, 6}}
	rough := volume.Grid{Upper: []float64{2, 3}, Cells: []int{3, 3}}
	one := fields(t, fine, 2, f)
	got, err := fine.Coarsen(slices.Concat(one, make([]float64, len(one))), 2, []int{4, 2})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(fields(t, rough, 2, f), make([]float64, 18))
	if diff := meanDiff(got, want); diff > 1e-13 || len(got) != len(want) { // round-off of numbers of size 100
		t.Errorf("differs by %.2g", diff)
	}
}

func TestGridRefuses(t *testing.T) {
	g := line(0, 1, 12)
	coarsen := func(values, channels int, by ...int) error {
		_, err := g.Coarsen(make([]float64, values), channels, by)
		return err
	}
	_, none := g.Averages(0, nil)
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"divisor", coarsen(12, 1, 5), "by[0] = 5, want a divisor of the 12 cells"},
		{"zero", coarsen(12, 1, 0), "by[0] = 0"},
		{"axes", coarsen(12, 1, 2, 2), "2 factors, want one for each of the 1 axes"},
		{"values", coarsen(13, 1, 2), "13 values of 1 channels on [12] cells, want whole samples"},
		{"channels", coarsen(12, 0, 2), "12 values of 0 channels"},
		{"averages", none, "0 channels, want at least 1"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, c.err, c.want)
		}
	}
}
