package linear

import (
	"fmt"
	"math"
	"slices"
)

// Jacobi approximates the inverse of a matrix by that of its diagonal: a scale for each unknown, for want of a better one. It is symmetric.
type Jacobi struct {
	inverse []float64
}

// NewJacobi inverts the diagonal.
//
// Errors: a matrix that is invalid or not square; a zero on the diagonal.
func NewJacobi(m *Matrix) (*Jacobi, error) {
	if err := m.square("NewJacobi"); err != nil {
		return nil, err
	}
	inverse := m.Diagonal()
	for i, v := range inverse {
		if v == 0 {
			return nil, fmt.Errorf("linear: NewJacobi: (%d, %d) = 0, want a diagonal without zeros", i, i)
		}
		inverse[i] = 1 / v
	}
	return &Jacobi{inverse}, nil
}

// Apply gives dst = D⁻¹ x.
func (c *Jacobi) Apply(dst, x []float64) {
	for i, v := range c.inverse {
		dst[i] = v * x[i]
	}
}

// ILU0 approximates the inverse of a matrix by that of L U, where L and U have entries only where the matrix has, and L U agrees with
// it there. It is for [GMRES] and [BiCGStab]. On a grid it falls behind [Multigrid] or a direct solve as the grid is refined.
//
// Cost: as an application of the matrix.
// Source: Saad 2003, Iterative Methods for Sparse Linear Systems, algorithm 10.4; Meijerink & van der Vorst 1977, Math. Comp. 31.
// bib: saad2003iterative, meijerink1977iccg
type ILU0 struct {
	m        *Matrix // L below the diagonal, U from the diagonal on; of that the reciprocals
	diagonal []int   // place of (i, i) in the values
}

// NewILU0 factors the matrix within its pattern. There is no shift: a matrix that breaks it down is better served by [NewLU].
//
// Errors: a matrix that is invalid or not square; a diagonal entry that is not stored; a pivot that is zero to round-off, with its row.
func NewILU0(m *Matrix) (*ILU0, error) {
	if err := m.square("NewILU0"); err != nil {
		return nil, err
	}
	f := &ILU0{
		m:        &Matrix{Rows: m.Rows, Cols: m.Cols, Start: m.Start, Index: m.Index, Values: slices.Clone(m.Values)},
		diagonal: make([]int, m.Rows),
	}
	at := slices.Repeat([]int{-1}, m.Cols)
	index, values := f.m.Index, f.m.Values
	for i := range m.Rows {
		from, end := m.Start[i], m.Start[i+1]
		size := largest(values[from:end])
		for p := from; p < end; p++ {
			at[index[p]] = p
		}
		f.diagonal[i] = at[i]
		if at[i] < 0 {
			return nil, fmt.Errorf("linear: NewILU0: no entry is stored at (%d, %d), want the whole diagonal in the pattern", i, i)
		}
		for p := from; index[p] < i; p++ {
			j := index[p]
			values[p] *= values[f.diagonal[j]]
			for q := f.diagonal[j] + 1; q < m.Start[j+1]; q++ {
				if to := at[index[q]]; to >= 0 {
					values[to] -= values[p] * values[q]
				}
			}
		}
		pivot := values[at[i]]
		if !(math.Abs(pivot) > cancelled*size) || math.IsInf(pivot, 0) {
			return nil, fmt.Errorf("linear: NewILU0: the pivot of row %d is %.3g, from values up to %.3g; want one that is not zero", i, pivot, size)
		}
		values[at[i]] = 1 / pivot
		for p := from; p < end; p++ {
			at[index[p]] = -1
		}
	}
	return f, nil
}

// Apply gives dst = (L U)⁻¹ x.
func (f *ILU0) Apply(dst, x []float64) {
	m := f.m
	for i, d := range f.diagonal {
		sum := x[i]
		for p := m.Start[i]; p < d; p++ {
			sum -= m.Values[p] * dst[m.Index[p]]
		}
		dst[i] = sum
	}
	for i := m.Rows - 1; i >= 0; i-- {
		d, sum := f.diagonal[i], dst[i]
		for p := d + 1; p < m.Start[i+1]; p++ {
			sum -= m.Values[p] * dst[m.Index[p]]
		}
		dst[i] = sum * m.Values[d]
	}
}

// IC0 approximates the inverse of a symmetric positive definite matrix by that of L Lᵀ, where L has entries only where the matrix has.
// It is for [CG].
//
// A positive definite matrix may have no such L. Then the diagonal is raised by a share of itself, the least of 0.001, 0.002, 0.004, …
// with which it has one.
//
// Cost: as an application of the matrix.
// Source: Meijerink & van der Vorst 1977, Math. Comp. 31; the shift is that of Manteuffel 1980, Math. Comp. 34.
// bib: meijerink1977iccg, manteuffel1980shifted
type IC0 struct {
	Shift float64 // share by which the diagonal was raised; 0 if L was found without

	m *Matrix // L; of the diagonal, which ends a row, the reciprocals
}

// NewIC0 factors the matrix within its pattern.
//
// Errors: a matrix that is invalid, not square or not symmetric; a diagonal entry that is not positive; no L with a share up to the
// number of rows, which is enough for any positive definite matrix.
func NewIC0(m *Matrix) (*IC0, error) {
	if err := m.square("NewIC0"); err != nil {
		return nil, err
	}
	if err := m.symmetric("NewIC0"); err != nil {
		return nil, err
	}
	for i, v := range m.Diagonal() {
		if !(v > 0) {
			return nil, fmt.Errorf("linear: NewIC0: (%d, %d) = %v, want a positive diagonal", i, i, v)
		}
	}
	lower := m.lower()
	f := &IC0{m: &Matrix{Rows: m.Rows, Cols: m.Cols, Start: lower.Start, Index: lower.Index, Values: slices.Clone(lower.Values)}}
	for !f.factor() {
		f.Shift = max(0.001, 2*f.Shift)
		if f.Shift > 2*float64(m.Rows) {
			return nil, fmt.Errorf("linear: NewIC0: no factor with the diagonal raised by %.3g of itself, want a positive definite matrix", f.Shift/2)
		}
		copy(f.m.Values, lower.Values)
		for _, end := range lower.Start[1:] {
			f.m.Values[end-1] *= 1 + f.Shift
		}
	}
	return f, nil
}

// lower is the part of the matrix on and below the diagonal.
func (m *Matrix) lower() *Matrix {
	l := &Matrix{Rows: m.Rows, Cols: m.Cols, Start: make([]int, m.Rows+1)}
	for i := range m.Rows {
		for p := m.Start[i]; p < m.Start[i+1] && m.Index[p] <= i; p++ {
			l.Index, l.Values = append(l.Index, m.Index[p]), append(l.Values, m.Values[p])
		}
		l.Start[i+1] = len(l.Index)
	}
	return l
}

// factor replaces the lower triangle of a matrix by L; false if a pivot is not positive.
func (f *IC0) factor() bool {
	start, index, values := f.m.Start, f.m.Index, f.m.Values
	for i := range f.m.Rows {
		last := start[i+1] - 1
		for p := start[i]; p < last; p++ {
			j := index[p]
			diagonal := start[j+1] - 1
			// Of the scalar product of rows i and j, columns that both have.
			sum := values[p]
			for q, r := start[i], start[j]; q < p && r < diagonal; {
				switch a, b := index[q], index[r]; {
				case a < b:
					q++
				case a > b:
					r++
				default:
					sum -= values[q] * values[r]
					q++
					r++
				}
			}
			values[p] = sum * values[diagonal]
		}
		row := values[start[i]:last]
		pivot := values[last] - dot(row, row)
		if !(pivot > cancelled*values[last]) || math.IsInf(pivot, 1) {
			return false
		}
		values[last] = 1 / math.Sqrt(pivot)
	}
	return true
}

// Apply gives dst = (L Lᵀ)⁻¹ x.
func (f *IC0) Apply(dst, x []float64) {
	m := f.m
	for i := range m.Rows {
		last, sum := m.Start[i+1]-1, x[i]
		for p := m.Start[i]; p < last; p++ {
			sum -= m.Values[p] * dst[m.Index[p]]
		}
		dst[i] = sum * m.Values[last]
	}
	for i := m.Rows - 1; i >= 0; i-- {
		last := m.Start[i+1] - 1
		v := dst[i] * m.Values[last]
		dst[i] = v
		for p := m.Start[i]; p < last; p++ {
			dst[m.Index[p]] -= v * m.Values[p]
		}
	}
}

var (
	_ Operator = (*Jacobi)(nil)
	_ Operator = (*ILU0)(nil)
	_ Operator = (*IC0)(nil)
)
