package rectified_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/diffusion/rectified"
)

func rotation(degrees float64) [][]float64 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return [][]float64{{cos, -sin}, {sin, cos}}
}

var identity = [][]float64{{1, 0}, {0, 1}}

// costs are those of a coupling and of some rounds on it, the last matrix of a flow, and the least of all.
func costs(t *testing.T, l rectified.Linear, g rectified.Gaussian, rounds int) (all []float64, last [][]float64, least float64) {
	t.Helper()
	least, err := g.Optimal()
	if err != nil {
		t.Fatal(err)
	}
	for range rounds + 1 {
		c, err := g.Cost()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
		if g, last, err = l.Rectify(g); err != nil {
			t.Fatal(err)
		}
	}
	return all, last, least
}

// TestRotation: for X1 = R X0 of standard normal X0 the best gradient is that of ½ (log c)' |x|²/2 with c = |X_t|²/|X_0|², which leads
// each point to where it was: the least cost, 0, in one round. Any other velocity, ((R - I)((1-t) I + t R)⁻¹ x, leads it to R x.
func TestRotation(t *testing.T) {
	g, err := rectified.Mapped(identity, rotation(60))
	if err != nil {
		t.Fatal(err)
	}
	all, last, least := costs(t, rectified.Linear{Parts: 20}, g, 1)
	if want := 4 * (1 - 0.5); !(math.Abs(all[0]-want) < 1e-12) || !(math.Abs(least) < 1e-12) { // round-off
		t.Errorf("the cost is %v and the least %v, want %v and 0", all[0], least, want)
	}
	for i, row := range last {
		for j, v := range row {
			if !(math.Abs(v-identity[i][j]) < 1e-4) { // of twenty parts, by their square
				t.Errorf("the flow's matrix is %v, want the identity", last)
			}
		}
	}
	if !(all[1] < 1e-8) { // the square of that
		t.Errorf("after a round the cost is %v, want 0", all[1])
	}
	plain, turned, _ := costs(t, rectified.Linear{Parts: 20, Free: true}, g, 2)
	if !(math.Abs(plain[2]/plain[0]-1) < 1e-3) || !(math.Abs(turned[1][0]-math.Sin(math.Pi/3)) < 1e-3) { // of twenty parts
		t.Errorf("the plain flow's costs are %v with the matrix %v, want them equal, and the rotation", plain, turned)
	}
}

// TestBures: rounds lead to the squared Bures distance, (2-1)² + (½-1)² for these two, and the marginal's error falls with the square of the parts.
func TestBures(t *testing.T) {
	half := [][]float64{{2, 0}, {0, 0.5}}
	r := rotation(60)
	m := [][]float64{{2 * r[0][0], 2 * r[0][1]}, {r[1][0] / 2, r[1][1] / 2}}
	g, err := rectified.Mapped(identity, m)
	if err != nil {
		t.Fatal(err)
	}
	all, last, least := costs(t, rectified.Linear{Parts: 80}, g, 4)
	t.Log(all, last, least)
	if !(math.Abs(least-1.25) < 1e-12) { // round-off
		t.Errorf("the least cost is %v, want 1.25", least)
	}
	for i := 1; i < len(all); i++ {
		if !(all[i] < all[i-1]+1e-3) {
			t.Errorf("costs %v, want none above the one before", all)
		}
	}
	for i, row := range last {
		for j, v := range row {
			if !(math.Abs(v-half[i][j]) < 0.01) {
				t.Errorf("the flow's matrix is %v, want %v of the best coupling", last, half)
			}
		}
	}
	var errors []float64
	for _, parts := range []int{10, 20, 40} {
		next, _, err := rectified.Linear{Parts: parts}.Rectify(g)
		if err != nil {
			t.Fatal(err)
		}
		errors = append(errors, math.Abs(next.Target[0][0]-4)+math.Abs(next.Target[1][1]-0.25)+2*math.Abs(next.Target[0][1]))
	}
	for i := range 2 {
		if order := math.Log2(errors[i] / errors[i+1]); !(order > 1.7) {
			t.Errorf("the marginal's errors are %v, want them to fall by four for twice the parts", errors)
		}
	}
}

func TestLinearRefuses(t *testing.T) {
	g, err := rectified.Mapped(identity, rotation(10))
	if err != nil {
		t.Fatal(err)
	}
	for want, call := range map[string]func() error{
		"Linear.Parts = 0, want at least 1": func() error { _, _, err := rectified.Linear{}.Rectify(g); return err },
		"Mapped: matrix has 1 rows, want 2": func() error { _, err := rectified.Mapped(identity, [][]float64{{1}}); return err },
		"Mapped: source has 0 rows":         func() error { _, err := rectified.Mapped(nil, nil); return err },
		"3 columns in row 1, want 2":        func() error { _, err := rectified.Mapped(identity, [][]float64{{1, 0}, {0, 1, 2}}); return err },
		"Gaussian.Cross has 0 rows, want 2": func() error { _, err := (rectified.Gaussian{Source: identity, Target: identity}).Cost(); return err },
		"has the eigenvalue -1": func() error {
			_, err := (rectified.Gaussian{Source: [][]float64{{1, 0}, {0, -1}}, Target: identity, Cross: identity}).Optimal()
			return err
		},
		"want a coupling that is not degenerate": func() error {
			g, err := rectified.Mapped(identity, [][]float64{{0, 0}, {0, 0}})
			if err != nil {
				return err
			}
			g.Source = [][]float64{{0, 0}, {0, 0}}
			g.Cross = g.Source
			_, _, err = rectified.Linear{Parts: 2}.Rectify(g)
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
