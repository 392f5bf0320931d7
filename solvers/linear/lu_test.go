package linear_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// TestLU compares with a dense solve on random sizes and patterns: with and without a diagonal, with rows of very different size.
func TestLU(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	solved, refused := 0, 0
	for trial := range 1000 {
		n := 1 + rng.IntN(60)
		list := entries(rng, n, n, rng.IntN(6*n))
		shift := 0
		switch trial % 3 {
		case 1: // a diagonal somewhere else
			shift = rng.IntN(n)
			fallthrough
		case 0:
			for i := range n {
				list = append(list, linear.Entry{Row: i, Col: (i + shift) % n, Value: 1 + rng.Float64()})
			}
		}
		scale := make([]float64, n)
		for i := range scale {
			scale[i] = math.Ldexp(1, 20*rng.IntN(5)-40)
		}
		for k := range list {
			list[k].Value *= scale[list[k].Row]
		}
		m := matrix(t, n, n, list)
		condition := mat.Cond(unscaled(m, scale), 2)
		f, err := linear.NewLU(m)
		if err != nil {
			if condition < 1e13 { // below it a matrix of 60 rows is not singular to round-off
				t.Fatalf("trial %d, n = %d, condition %.3g: %v", trial, n, condition, err)
			}
			refused++
			continue
		}
		if condition > 1e13 {
			continue
		}
		solved++
		want, b := normal(rng, n), make([]float64, n)
		m.Apply(b, want)
		got := make([]float64, n)
		f.Solve(got, b)
		// Round-off times the condition; 100 for the growth that pivots of a tenth allow, few of 1000 draws need it.
		if gap := distance(got, want); gap > 100*1e-15*condition {
			t.Fatalf("trial %d, n = %d, condition %.3g: differs by %v", trial, n, condition, gap)
		}
		f.Solve(b, b)
		if !slices.Equal(b, got) {
			t.Fatalf("trial %d: a solve in place or a second one gives other bits", trial)
		}
	}
	if solved < 600 || refused < 100 {
		t.Errorf("%d solved and %d refused, want both kinds", solved, refused)
	}
}

// unscaled undoes the scale of the rows.
func unscaled(m *linear.Matrix, scale []float64) *mat.Dense {
	d := dense(m)
	for i, s := range scale {
		for j := range m.Cols {
			d.Set(i, j, d.At(i, j)/s)
		}
	}
	return d
}

// convection is the matrix of -Δu + (vx, vy)·∇u on n by n points within the unit square, times h², central differences.
func convection(t testing.TB, n int, vx, vy float64) *linear.Matrix {
	t.Helper()
	h := 1 / float64(n+1)
	return stencil(t, n, n, [9]float64{0, -1 - vx*h/2, 0, -1 - vy*h/2, 4, -1 + vy*h/2, 0, -1 + vx*h/2, 0})
}

// TestLUOrder solves a convection–diffusion problem with a known solution: central differences are of second order.
func TestLUOrder(t *testing.T) {
	exact := func(x, y float64) float64 { return math.Sin(math.Pi*x) * math.Sin(2*math.Pi*y) }
	const vx, vy = 20.0, -10.0
	var before float64
	for _, n := range []int{19, 39, 79} {
		h := 1 / float64(n+1)
		f, err := linear.NewLU(convection(t, n, vx, vy))
		if err != nil {
			t.Fatal(err)
		}
		b, want := make([]float64, n*n), make([]float64, n*n)
		for i := range b {
			x, y := h*float64(i/n+1), h*float64(i%n+1)
			want[i] = exact(x, y)
			b[i] = h * h * (5*math.Pi*math.Pi*want[i] + vx*math.Pi*math.Cos(math.Pi*x)*math.Sin(2*math.Pi*y) +
				vy*2*math.Pi*math.Sin(math.Pi*x)*math.Cos(2*math.Pi*y))
		}
		f.Solve(b, b)
		gap := distance(b, want)
		if before > 0 {
			if order := math.Log2(before / gap); math.Abs(order-2) > 0.1 { // the next term of the error is of order h² smaller
				t.Errorf("n = %d: order %.3f, want 2", n, order)
			}
		}
		before = gap
	}
}

// TestLUFill counts entries of L and U. SuperLU 7.0 in scipy 1.17.1 has, with permc_spec "MMD_AT_PLUS_A" and "COLAMD", on the
// five-point matrix for n = 85 255658 and 442810.
func TestLUFill(t *testing.T) {
	const n = 85
	m := stencil(t, n, n, fivePoint)
	f, err := linear.NewLU(m)
	if err != nil {
		t.Fatal(err)
	}
	c, err := linear.NewCholesky(m)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*c.Fill() - n*n; f.Fill() != want { // the same order, pivots on the diagonal
		t.Errorf("%d entries, want %d", f.Fill(), want)
	}
	// Helmholtz, -Δ - k², is indefinite, and with it some pivots leave the diagonal. Bounds are a tenth above what was counted.
	for _, c := range []struct {
		k    float64
		fill int
	}{{20, 291000}, {40, 292000}, {80, 492000}} {
		h := 1 / float64(n+1)
		w := fivePoint
		w[4] -= c.k * c.k * h * h
		f, err := linear.NewLU(stencil(t, n, n, w))
		if err != nil {
			t.Fatal(err)
		}
		if f.Fill() > c.fill {
			t.Errorf("k = %v: %d entries, want at most %d", c.k, f.Fill(), c.fill)
		}
	}
	// With the rows turned by one the diagonal has zeros: the order is that of AᵀA.
	var list []linear.Entry
	for i := range m.Rows {
		for p := m.Start[i]; p < m.Start[i+1]; p++ {
			list = append(list, linear.Entry{Row: (i + 1) % m.Rows, Col: m.Index[p], Value: m.Values[p]})
		}
	}
	turned, err := linear.NewLU(matrix(t, m.Rows, m.Rows, list))
	if err != nil {
		t.Fatal(err)
	}
	if turned.Fill() > 501000 { // a tenth above what was counted
		t.Errorf("%d entries with rows turned, want at most 501000", turned.Fill())
	}
}

func TestLUErrors(t *testing.T) {
	place := func(i, j int, v float64) linear.Entry { return linear.Entry{Row: i, Col: j, Value: v} }
	for _, c := range []struct {
		name string
		m    *linear.Matrix
		want string
	}{
		{"nil", nil, "nil Matrix"},
		{"oblong", matrix(t, 3, 2, nil), "NewLU: a matrix of 3 by 2, want it square"},
		{"empty column", matrix(t, 3, 3, []linear.Entry{place(0, 0, 1), place(1, 0, 1), place(2, 2, 1)}), "pivot of column 1 is 0 "},
		{"equal columns", matrix(t, 2, 2, []linear.Entry{place(0, 0, 3), place(1, 0, 7), place(0, 1, 3), place(1, 1, 7)}), "want a matrix that is not singular"},
		{"zeros", matrix(t, 2, 2, []linear.Entry{place(0, 0, 0), place(1, 1, 0)}), "pivot of column"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := linear.NewLU(c.m); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
	for _, v := range []float64{5e-324, 1e-310, 1e308, -1e308} {
		f, err := linear.NewLU(matrix(t, 1, 1, []linear.Entry{place(0, 0, v)}))
		if err != nil {
			t.Fatal(err)
		}
		x := []float64{v}
		if f.Solve(x, x); x[0] != 1 {
			t.Errorf("%v / %v = %v", v, v, x[0])
		}
	}
}

func BenchmarkLU(b *testing.B) {
	for _, n := range []int{85, 256} {
		m := convection(b, n, 20, -10)
		b.Run(fmt.Sprintf("new/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				linear.NewLU(m)
			}
		})
		f, err := linear.NewLU(m)
		if err != nil {
			b.Fatal(err)
		}
		x, y := make([]float64, n*n), make([]float64, n*n)
		x[0] = 1
		b.Run(fmt.Sprintf("solve/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				f.Solve(y, x)
			}
		})
	}
}

// TestRandomGraphs solves systems of random pattern, some rows of which are coupled with hundreds of others, by both direct methods.
func TestRandomGraphs(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 0))
	for _, n := range []int{500, 1500} {
		var list []linear.Entry
		couple := func(i, j int) {
			v := rng.NormFloat64()
			list = append(list, linear.Entry{Row: i, Col: j, Value: v}, linear.Entry{Row: j, Col: i, Value: v})
		}
		for range n {
			couple(rng.IntN(n), rng.IntN(n))
		}
		for hub := range 3 {
			for range n / 2 {
				couple(hub, rng.IntN(n))
			}
		}
		sums := make([]float64, n)
		for _, e := range list {
			sums[e.Row] += math.Abs(e.Value)
		}
		for i := range n {
			list = append(list, linear.Entry{Row: i, Col: i, Value: 2*sums[i] + 1})
		}
		m := matrix(t, n, n, list)
		c, err := linear.NewCholesky(m)
		if err != nil {
			t.Fatal(err)
		}
		f, err := linear.NewLU(m)
		if err != nil {
			t.Fatal(err)
		}
		want, b, x := normal(rng, n), make([]float64, n), make([]float64, n)
		m.Apply(b, want)
		for _, s := range []interface{ Solve(dst, b []float64) }{c, f} {
			s.Solve(x, b)
			if gap := distance(x, want); gap > 1e-11 { // round-off of b, up to a thousand, over diagonal entries that start at 1
				t.Errorf("n = %d, %T: differs by %v", n, s, gap)
			}
		}
	}
}
