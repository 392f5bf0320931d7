package pde_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

func TestBoxValidate(t *testing.T) {
	line := func(faces ...pde.Boundary) pde.Box {
		b := pde.Box{Low: []float64{0}, High: []float64{1}, Points: []int{5}}
		if len(faces) == 2 {
			b.Faces = [][2]pde.Boundary{{faces[0], faces[1]}}
		}
		return b
	}
	periodic := pde.Boundary{Kind: pde.Periodic}
	for _, c := range []struct {
		b    pde.Box
		want string // empty: valid
	}{
		{line(), ""},
		{line(periodic, periodic), ""},
		{line(pde.Boundary{Kind: pde.Robin, Coefficient: 2, Value: pde.Constant(1)}, pde.Boundary{Kind: pde.Neumann}), ""},
		{pde.Box{}, "0 Low, 0 High, 0 Points and 0 Faces, want one of each for one to three axes"},
		{pde.Box{Low: []float64{0}, High: []float64{1, 2}, Points: []int{5}}, "1 Low, 2 High, 1 Points"},
		{pde.Box{Low: make([]float64, 4), High: make([]float64, 4), Points: make([]int, 4)}, "one to three axes"},
		{pde.Box{Low: []float64{0}, High: []float64{1}, Points: []int{2}}, "Points[0] = 2, want at least 3"},
		{pde.Box{Low: []float64{1}, High: []float64{1}, Points: []int{5}}, "from Low[0] = 1 to High[0] = 1"},
		{pde.Box{Low: []float64{0}, High: []float64{math.Inf(1)}, Points: []int{5}}, "want finite ends in this order"},
		{line(pde.Boundary{Kind: 7}, pde.Boundary{}), "Faces[0][0].Kind = BoundaryKind(7)"},
		{line(pde.Boundary{}, pde.Boundary{Coefficient: 1}), "Faces[0][1].Coefficient = 1 of a Dirichlet condition"},
		{line(pde.Boundary{Kind: pde.Robin, Coefficient: -1}, pde.Boundary{}), "Coefficient = -1 of a Robin condition, want it above 0"},
		{line(periodic, pde.Boundary{}), "Faces[0] are periodic and Dirichlet, want both periodic or none"},
		{line(periodic, pde.Boundary{Kind: pde.Periodic, Value: pde.Constant(1)}), "Faces[0][1] is periodic and has a Value"},
	} {
		err := c.b.Validate()
		if c.want == "" {
			if err != nil {
				t.Errorf("%+v: %v", c.b, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
}
