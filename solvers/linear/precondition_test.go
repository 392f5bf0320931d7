package linear_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// inverse applies m to each unit vector and inverts what comes of it.
func inverse(t *testing.T, m linear.Operator, n int) *mat.Dense {
	t.Helper()
	d := mat.NewDense(n, n, nil)
	for j := range n {
		x, y := make([]float64, n), make([]float64, n)
		x[j] = 1
		m.Apply(y, x)
		d.SetCol(j, y)
	}
	var inverse mat.Dense
	if err := inverse.Inverse(d); err != nil {
		t.Fatal(err)
	}
	return &inverse
}

// TestIncompleteFactors: the product of the factors is the matrix wherever an entry is stored, which defines them.
func TestIncompleteFactors(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	for trial := range 200 {
		n := 1 + rng.IntN(25)
		m := definite(t, rng, n, rng.IntN(3*n))
		ilu, err := linear.NewILU0(m)
		if err != nil {
			continue // an incomplete factor may have a zero pivot
		}
		ic, err := linear.NewIC0(m)
		if err != nil || ic.Shift != 0 {
			t.Fatalf("shift %v, %v", ic.Shift, err)
		}
		byLU, byCholesky := inverse(t, ilu, n), inverse(t, ic, n)
		for i := range n {
			for p := m.Start[i]; p < m.Start[i+1]; p++ {
				j, v := m.Index[p], m.Values[p]
				// Two inversions of matrices with conditions of up to some thousand; a pivot close to zero makes that of ILU0 worse.
				if gap := math.Abs(byCholesky.At(i, j) - v); gap > 1e-10 {
					t.Fatalf("trial %d: L Lᵀ differs at (%d, %d) by %v", trial, i, j, gap)
				}
				if gap := math.Abs(byLU.At(i, j) - v); gap > 1e-10*mat.Cond(byLU, 2) {
					t.Fatalf("trial %d: L U differs at (%d, %d) by %v", trial, i, j, gap)
				}
			}
		}
	}
}

// TestIC0Shift takes a positive definite matrix of which the incomplete factor breaks down, after Kershaw 1978, J. Comput. Phys. 26.
func TestIC0Shift(t *testing.T) {
	kershaw := [][]float64{{3, -2, 0, 2}, {-2, 3, -2, 0}, {0, -2, 3, -2}, {2, 0, -2, 3}}
	var list []linear.Entry
	for i, row := range kershaw {
		for j, v := range row {
			if v != 0 {
				list = append(list, linear.Entry{Row: i, Col: j, Value: v})
			}
		}
	}
	m := matrix(t, 4, 4, list)
	ic, err := linear.NewIC0(m)
	if err != nil || ic.Shift <= 0 {
		t.Fatalf("shift %v, %v, want it above 0", ic.Shift, err)
	}
	product := inverse(t, ic, 4)
	for i := range 4 {
		for p := m.Start[i]; p < m.Start[i+1]; p++ {
			want := m.Values[p]
			if i == m.Index[p] {
				want *= 1 + ic.Shift
			}
			if gap := math.Abs(product.At(i, m.Index[p]) - want); gap > 1e-12 { // two inversions, conditions of some hundred
				t.Errorf("L Lᵀ differs at (%d, %d) by %v", i, m.Index[p], gap)
			}
		}
	}
	x := make([]float64, 4)
	if _, err := (linear.CG{RTol: 1e-12, MaxIterations: 8}).Solve(t.Context(), m, ic, x, []float64{1, 2, 3, 4}); err != nil {
		t.Error(err)
	}
}

// asMatrix is the stencil in compressed rows, with its border.
func asMatrix(t *testing.T, s *linear.Stencil) *linear.Matrix {
	t.Helper()
	var list []linear.Entry
	couple := func(i, j int, v float64) {
		if v != 0 {
			list = append(list, linear.Entry{Row: i, Col: j, Value: v}, linear.Entry{Row: j, Col: i, Value: v})
		}
	}
	for at, v := range s.Centre {
		list = append(list, linear.Entry{Row: at, Col: at, Value: v})
		couple(at, at+1, s.East[at])
		couple(at, at+s.N+2, s.South[at])
	}
	return matrix(t, len(s.Centre), len(s.Centre), list)
}

// TestPreconditionedCG counts iterations on a coefficient that jumps: a better preconditioner takes fewer. Bounds are a tenth above
// what was counted.
func TestPreconditionedCG(t *testing.T) {
	const n = 63
	s := diffusion(n, blocks(100))
	m := asMatrix(t, s)
	jacobi, err := linear.NewJacobi(m)
	if err != nil {
		t.Fatal(err)
	}
	ic, err := linear.NewIC0(m)
	if err != nil || ic.Shift != 0 { // an M-matrix needs none
		t.Fatalf("shift %v, %v", ic.Shift, err)
	}
	grid, err := linear.NewMultigrid(s)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := linear.NewCholesky(m)
	if err != nil {
		t.Fatal(err)
	}
	b := inside(n, 8)
	before := math.MaxInt
	for _, c := range []struct {
		name       string
		m          linear.Operator
		iterations int
	}{{"none", nil, 862}, {"Jacobi", jacobi, 542}, {"IC0", ic, 189}, {"multigrid", grid, 27}, {"Cholesky", exact, 1}} {
		x := make([]float64, len(b))
		res, err := linear.CG{RTol: 1e-10, MaxIterations: 5000}.Solve(t.Context(), m, c.m, x, b)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if res.Iterations > c.iterations || res.Iterations >= before {
			t.Errorf("%s: %d iterations, want at most %d and below %d", c.name, res.Iterations, c.iterations, before)
		}
		before = res.Iterations
	}
}

func TestPreconditionErrors(t *testing.T) {
	place := func(i, j int, v float64) linear.Entry { return linear.Entry{Row: i, Col: j, Value: v} }
	oblong := matrix(t, 2, 3, nil)
	hollow := matrix(t, 2, 2, []linear.Entry{place(0, 0, 1), place(0, 1, 1), place(1, 0, 1)})
	swap := matrix(t, 2, 2, []linear.Entry{place(0, 0, 1), place(0, 1, 1), place(1, 0, 1), place(1, 1, 1)})
	indefinite := matrix(t, 2, 2, []linear.Entry{place(0, 0, 1), place(0, 1, 9), place(1, 0, 9), place(1, 1, 1)})
	for _, c := range []struct {
		name string
		make func(*linear.Matrix) (linear.Operator, error)
		m    *linear.Matrix
		want string
	}{
		{"Jacobi oblong", jacobi, oblong, "NewJacobi: a matrix of 2 by 3"},
		{"Jacobi hollow", jacobi, hollow, "(1, 1) = 0, want a diagonal without zeros"},
		{"ILU0 oblong", ilu0, oblong, "NewILU0: a matrix of 2 by 3"},
		{"ILU0 hollow", ilu0, hollow, "no entry is stored at (1, 1)"},
		{"ILU0 singular", ilu0, swap, "the pivot of row 1 is 0"},
		{"IC0 oblong", ic0, oblong, "NewIC0: a matrix of 2 by 3"},
		{"IC0 hollow", ic0, hollow, "(1, 1) = 0, want a positive diagonal"},
		{"IC0 unsymmetric", ic0, matrix(t, 2, 2, []linear.Entry{place(1, 0, 2)}), "(1, 0) = 2, want a symmetric matrix"},
		{"IC0 indefinite", ic0, indefinite, "want a positive definite matrix"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.make(c.m); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

func jacobi(m *linear.Matrix) (linear.Operator, error) { return linear.NewJacobi(m) }
func ilu0(m *linear.Matrix) (linear.Operator, error)   { return linear.NewILU0(m) }
func ic0(m *linear.Matrix) (linear.Operator, error)    { return linear.NewIC0(m) }
