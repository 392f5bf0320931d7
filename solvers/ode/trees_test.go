package ode_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// tree is a rooted tree by its subtrees.
type tree []tree

// size is the number of vertices.
func (x tree) size() int {
	n := 1
	for _, s := range x {
		n += s.size()
	}
	return n
}

// density is Butcher's γ: the product of the sizes of all subtrees.
func (x tree) density() float64 {
	d := float64(x.size())
	for _, s := range x {
		d *= s.density()
	}
	return d
}

// treesOf lists the rooted trees with n vertices.
func treesOf(n int) []tree {
	var forests func(n, largest int) [][]tree
	byRank := []tree{} // all trees by size, in a fixed order
	rank := map[int]int{}
	for size := 1; size < n; size++ {
		rank[size] = len(byRank)
		byRank = append(byRank, treesOf(size)...)
	}
	// forests of n vertices with trees up to a place in byRank.
	forests = func(n, upTo int) [][]tree {
		if n == 0 {
			return [][]tree{nil}
		}
		var all [][]tree
		for i := range upTo {
			if s := byRank[i].size(); s <= n {
				for _, rest := range forests(n-s, i+1) {
					all = append(all, append([]tree{byRank[i]}, rest...))
				}
			}
		}
		return all
	}
	var out []tree
	for _, f := range forests(n-1, len(byRank)) {
		out = append(out, f)
	}
	return out
}

// weights lists the elementary weights Φ_i of a tree for all colourings of an additive method's tableaux; a Runge–Kutta method
// has one. A vertex with one branch takes the tableau chain.
func (x tree) weights(stages int, branching, chain [][][]float64) [][]float64 {
	one := make([]float64, stages)
	for i := range one {
		one[i] = 1
	}
	all := [][]float64{one}
	tables := branching
	if len(x) == 1 {
		tables = chain
	}
	for _, s := range x {
		var next [][]float64
		for _, inner := range s.weights(stages, branching, chain) {
			for _, table := range tables {
				for _, sofar := range all {
					w := make([]float64, stages)
					for i := range w {
						sum := 0.0
						for j, a := range table[i] {
							sum += a * inner[j]
						}
						w[i] = sofar[i] * sum
					}
					next = append(next, w)
				}
			}
		}
		all = next
	}
	return all
}

// orderOf is the order of weights b: all trees up to it meet Σ b_i Φ_i = 1/γ.
func orderOf(b []float64, branching, chain [][][]float64, tolerance float64) int {
	for n := 1; ; n++ {
		for _, x := range treesOf(n) {
			for _, w := range x.weights(len(b), branching, chain) {
				sum := 0.0
				for i := range b {
					sum += b[i] * w[i]
				}
				if !(math.Abs(sum-1/x.density()) <= tolerance) {
					return n - 1
				}
			}
		}
	}
}

func TestTreeCounts(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 1, 3: 2, 4: 4, 5: 9, 6: 20} {
		if got := len(treesOf(n)); got != want {
			t.Errorf("%d trees with %d vertices, want %d", got, n, want)
		}
	}
}

func TestImplicitTableaux(t *testing.T) {
	kvaerno, kencarp := ode.Kvaerno5Table(), ode.KenCarp4Table()
	rodas, d := ode.Rodas5PTable()
	tables := func(x ...[][]float64) [][][]float64 { return x }
	for name, c := range map[string]struct {
		table            ode.StageTable
		branching, chain [][][]float64
		order, embedded  int
	}{
		"Kvaerno5": {kvaerno, tables(kvaerno.A), tables(kvaerno.A), 5, 4},
		"KenCarp4": {kencarp, tables(kencarp.A, kencarp.Explicit), tables(kencarp.A, kencarp.Explicit), 4, 3},
		"Rodas5P":  {rodas, tables(rodas.A), tables(rodas.Chain), 5, 4},
	} {
		// The published numbers have 13 to 17 digits; those of Rodas5P are up to 150 and pass through an inverse.
		const tolerance = 2e-13
		if got := orderOf(c.table.B, c.branching, c.chain, tolerance); got != c.order {
			t.Errorf("%s: order %d by its trees, want %d", name, got, c.order)
		}
		if got := orderOf(c.table.Embedded, c.branching, c.chain, tolerance); got != c.embedded {
			t.Errorf("%s: embedded order %d by its trees, want %d", name, got, c.embedded)
		}
		for i, row := range c.table.A {
			if got := total(row); !(math.Abs(got-c.table.C[i]) <= tolerance) {
				t.Errorf("%s: row %d sums to %v, want c = %v", name, i, got, c.table.C[i])
			}
		}
	}
	for i, row := range kencarp.Explicit {
		if got := total(row); !(math.Abs(got-kencarp.C[i]) <= 1e-13) {
			t.Errorf("KenCarp4: explicit row %d sums to %v, want c = %v", i, got, kencarp.C[i])
		}
	}
	for i := range d { // of ∂f/∂t: the sum of row i of Γ
		if got := total(rodas.Chain[i]) - total(rodas.A[i]); !(math.Abs(got-d[i]) <= 2e-13) {
			t.Errorf("Rodas5P: row %d of Γ sums to %v, want d = %v", i, got, d[i])
		}
	}
}

func total(row []float64) float64 {
	sum := 0.0
	for _, x := range row {
		sum += x
	}
	return sum
}
