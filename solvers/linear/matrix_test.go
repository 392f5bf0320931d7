package linear_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// entries draws places at random, some of them twice and whole rows not at all.
func entries(rng *rand.Rand, rows, cols, count int) []linear.Entry {
	list := make([]linear.Entry, 0, count)
	for range count {
		list = append(list, linear.Entry{Row: rng.IntN(rows), Col: rng.IntN(cols), Value: rng.NormFloat64()})
	}
	return list
}

func matrix(t testing.TB, rows, cols int, list []linear.Entry) *linear.Matrix {
	t.Helper()
	m, err := linear.NewMatrix(rows, cols, list)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	return m
}

// dense is the matrix as gonum holds it.
func dense(m *linear.Matrix) *mat.Dense {
	d := mat.NewDense(m.Rows, m.Cols, nil)
	for i := range m.Rows {
		for p := m.Start[i]; p < m.Start[i+1]; p++ {
			d.Set(i, m.Index[p], m.Values[p])
		}
	}
	return d
}

func normal(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

func distance(a, b []float64) (worst float64) {
	for i := range a {
		worst = max(worst, math.Abs(a[i]-b[i]))
	}
	return worst
}

func TestMatrix(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for trial := range 200 {
		rows, cols := 1+rng.IntN(20), 1+rng.IntN(20)
		list := entries(rng, rows, cols, rng.IntN(3*rows))
		m := matrix(t, rows, cols, list)
		want := mat.NewDense(rows, cols, nil)
		for _, e := range list {
			want.Set(e.Row, e.Col, want.At(e.Row, e.Col)+e.Value)
		}
		transpose := m.Transpose()
		if err := transpose.Validate(); err != nil {
			t.Fatal(err)
		}
		diagonal := m.Diagonal()
		for i := range rows {
			for j := range cols {
				if v := want.At(i, j); m.At(i, j) != v || transpose.At(j, i) != v || i == j && diagonal[i] != v { // the same sums
					t.Fatalf("trial %d: (%d, %d) = %v, transposed %v, want %v", trial, i, j, m.At(i, j), transpose.At(j, i), v)
				}
			}
		}
		x, got := normal(rng, cols), make([]float64, rows)
		m.Apply(got, x)
		var product mat.VecDense
		product.MulVec(want, mat.NewVecDense(cols, x))
		if gap := distance(got, product.RawVector().Data); gap > 1e-13 { // round-off of sums of 20 numbers of size 1
			t.Fatalf("trial %d: A x differs by %v", trial, gap)
		}
	}
}

func TestMatrixKeepsZeros(t *testing.T) {
	m := matrix(t, 2, 2, []linear.Entry{{Row: 1, Col: 0, Value: 2}, {Row: 0, Col: 1}, {Row: 1, Col: 0, Value: -2}})
	if !slices.Equal(m.Start, []int{0, 1, 2}) || !slices.Equal(m.Index, []int{1, 0}) || !slices.Equal(m.Values, []float64{0, 0}) {
		t.Errorf("%+v, want the two places with zeros", m)
	}
	if empty := matrix(t, 0, 3, nil); len(empty.Diagonal()) != 0 || empty.Transpose().Rows != 3 {
		t.Error("a matrix without rows went wrong")
	}
}

func TestAsymmetry(t *testing.T) {
	m := matrix(t, 3, 3, []linear.Entry{{Row: 0, Col: 1, Value: 4}, {Row: 1, Col: 0, Value: 4}, {Row: 2, Col: 2, Value: 1}, {Row: 2, Col: 1}})
	if _, _, gap := m.Asymmetry(); gap != 0 {
		t.Errorf("gap %v of a symmetric matrix, want 0: a stored zero is a zero", gap)
	}
	m.Values[m.Start[2]] = 3 // at (2, 1)
	if i, j, gap := m.Asymmetry(); i != 1 || j != 2 || gap != 3 {
		t.Errorf("gap %v at (%d, %d), want 3 at (1, 2)", gap, i, j)
	}
}

func TestMatrixErrors(t *testing.T) {
	for _, c := range []struct {
		rows, cols int
		list       []linear.Entry
		want       string
	}{
		{-1, 2, nil, "-1 by 2, want at least 0"},
		{2, 3, []linear.Entry{{Row: 1, Col: 2}, {Row: 2, Col: 0}}, "entries[1] is at (2, 0), want it within 2 rows and 3 columns"},
		{2, 3, []linear.Entry{{Row: 1, Col: -1}}, "entries[0] is at (1, -1)"},
		{2, 3, []linear.Entry{{Row: 1, Col: 1, Value: math.NaN()}}, "entries[0] at (1, 1) = NaN, want it finite"},
	} {
		if _, err := linear.NewMatrix(c.rows, c.cols, c.list); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	for _, c := range []struct {
		m    *linear.Matrix
		want string
	}{
		{nil, "nil Matrix"},
		{&linear.Matrix{Rows: 1, Cols: 1}, "0 starts, want one more than rows"},
		{&linear.Matrix{Rows: 1, Cols: 1, Start: []int{0, 1}}, "runs from 0 to 1 with 0 columns"},
		{&linear.Matrix{Rows: 2, Cols: 1, Start: []int{0, 2, 1}, Index: []int{0}, Values: []float64{1}}, "Start[1] = 2 is above Start[2] = 1"},
		{&linear.Matrix{Rows: 1, Cols: 1, Start: []int{0, 1}, Index: []int{1}, Values: []float64{1}}, "Index[0] = 1 in row 0"},
		{&linear.Matrix{Rows: 1, Cols: 2, Start: []int{0, 2}, Index: []int{1, 0}, Values: []float64{1, 1}}, "Index[1] = 0 in row 0"},
		{&linear.Matrix{Rows: 1, Cols: 1, Start: []int{0, 1}, Index: []int{0}, Values: []float64{math.Inf(1)}}, "(0, 0) = +Inf"},
	} {
		if err := c.m.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
}
