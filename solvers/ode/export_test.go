package ode

// StageTable is a stepper's coefficients for tests: y₊ = y + Σ b_i k_i, and the same with Embedded.
//
// A weighs slopes at the places where a vertex of a tree branches, and Chain where it has one branch: they are the same but
// for Rosenbrock methods. Explicit is the other tableau of an additive method.
type StageTable struct {
	A, Chain, Explicit [][]float64 // full rows
	B, Embedded, C     []float64
}

// Kvaerno5Table is the tableau as tests want it.
func Kvaerno5Table() StageTable {
	t := kvaerno5Tableau()
	return t.table()
}

// table is the tableau as tests want it.
func (e esdirk) table() StageTable {
	full := make([][]float64, len(e.c))
	for i := range full {
		full[i] = make([]float64, len(e.c))
		copy(full[i], e.a[i])
		if i > 0 {
			full[i][i] = e.gamma
		}
	}
	b := full[len(full)-1]
	embedded := make([]float64, len(b))
	for i := range b {
		embedded[i] = b[i] - e.errors[i]
	}
	return StageTable{A: full, Chain: full, B: b, Embedded: embedded, C: e.c}
}

// KenCarp4Table is the tableau as tests want it; A is the implicit one.
func KenCarp4Table() StageTable {
	t := kenCarp4Tableau()
	e := esdirk{gamma: t.gamma, a: t.implicit, c: t.c, errors: t.errors}
	table := e.table()
	table.Explicit = make([][]float64, len(t.c))
	for i := range t.c {
		table.Explicit[i] = make([]float64, len(t.c))
		copy(table.Explicit[i], t.explicit[i])
	}
	return table
}

// Rodas5PTable turns the coefficients of the unknowns u back into those of slopes: with Γ⁻¹ = I/γ − C, the tableau of
// slopes is A = a·Γ, the chain A + Γ, and the weights those of y₊ and of the last stage times Γ.
func Rodas5PTable() (table StageTable, d []float64) {
	t := rodas5PTableau()
	n := len(t.times)
	inverse := make([][]float64, n) // Γ⁻¹, lower triangular
	for i := range inverse {
		inverse[i] = make([]float64, n)
		inverse[i][i] = 1 / t.gamma
		for j, c := range t.c[i] {
			inverse[i][j] = -c
		}
	}
	// timesGamma solves x·Γ⁻¹ = row from the last column on.
	timesGamma := func(row []float64) []float64 {
		x := make([]float64, n)
		copy(x, row)
		for j := n - 1; j >= 0; j-- {
			for k := j + 1; k < n; k++ {
				x[j] -= x[k] * inverse[k][j]
			}
			x[j] /= inverse[j][j]
		}
		return x
	}
	table.C = t.times
	for i := range n {
		a := timesGamma(t.a[i])
		unit := make([]float64, n)
		unit[i] = 1
		gamma := timesGamma(unit)
		chain := make([]float64, n)
		for j := range chain {
			chain[j] = a[j] + gamma[j]
		}
		table.A, table.Chain = append(table.A, a), append(table.Chain, chain)
	}
	last := append([]float64{}, t.a[n-1]...)
	table.Embedded = timesGamma(last)
	table.B = timesGamma(append(last, 1))
	return table, t.d
}
