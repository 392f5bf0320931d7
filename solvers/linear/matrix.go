package linear

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Matrix is a sparse matrix in compressed rows: row i holds Values[p] in column Index[p] for p from Start[i] to Start[i+1].
// The columns of a row rise. A stored value may be zero: it is part of the pattern.
type Matrix struct {
	Rows, Cols int
	Start      []int // Rows+1 entries, from 0 to the number of stored values
	Index      []int
	Values     []float64
}

// Entry is one value of a matrix at its place, counted from 0.
type Entry struct {
	Row, Col int
	Value    float64
}

var _ Operator = (*Matrix)(nil)

// NewMatrix gathers entries in any order; those of one place are added, in the order given. A value of zero is stored.
//
// Cost: O(rows + cols + entries).
// Errors: a number of rows or columns below 0; an entry outside the matrix; a value that is not finite.
func NewMatrix(rows, cols int, entries []Entry) (*Matrix, error) {
	if rows < 0 || cols < 0 {
		return nil, fmt.Errorf("linear: NewMatrix: %d by %d, want at least 0 rows and columns", rows, cols)
	}
	m := &Matrix{Rows: rows, Cols: cols, Start: make([]int, rows+1)}
	byColumn := make([]int, cols+1)
	for k, e := range entries {
		if e.Row < 0 || e.Row >= rows || e.Col < 0 || e.Col >= cols {
			return nil, fmt.Errorf("linear: NewMatrix: entries[%d] is at (%d, %d), want it within %d rows and %d columns", k, e.Row, e.Col, rows, cols)
		}
		if math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
			return nil, fmt.Errorf("linear: NewMatrix: entries[%d] at (%d, %d) = %v, want it finite", k, e.Row, e.Col, e.Value)
		}
		byColumn[e.Col+1]++
		m.Start[e.Row+1]++
	}
	// Two stable counting sorts, by column and then by row, leave the entries in the order of their rows.
	order := make([]int, len(entries))
	accumulate(byColumn)
	for k, e := range entries {
		order[byColumn[e.Col]] = k
		byColumn[e.Col]++
	}
	accumulate(m.Start)
	next := slices.Clone(m.Start)
	m.Index, m.Values = make([]int, len(entries)), make([]float64, len(entries))
	for _, k := range order {
		e := entries[k]
		m.Index[next[e.Row]], m.Values[next[e.Row]] = e.Col, e.Value
		next[e.Row]++
	}
	m.addDuplicates()
	return m, nil
}

// accumulate replaces counts, shifted by one place, by the sums before each.
func accumulate(counts []int) {
	for i := 1; i < len(counts); i++ {
		counts[i] += counts[i-1]
	}
}

// addDuplicates adds values of one place, which are beside each other.
func (m *Matrix) addDuplicates() {
	to := 0
	for i := range m.Rows {
		from, end := m.Start[i], m.Start[i+1]
		m.Start[i] = to
		for p := from; p < end; p++ {
			if to > m.Start[i] && m.Index[to-1] == m.Index[p] {
				m.Values[to-1] += m.Values[p]
				continue
			}
			m.Index[to], m.Values[to] = m.Index[p], m.Values[p]
			to++
		}
	}
	m.Start[m.Rows] = to
	m.Index, m.Values = m.Index[:to], m.Values[:to]
}

// Validate checks what every method rests on; a matrix from [NewMatrix] passes.
//
// Errors: lengths that do not fit; starts that fall; columns out of range or not rising; values that are not finite.
func (m *Matrix) Validate() error {
	if m == nil {
		return errors.New("linear: a nil Matrix, want one made by NewMatrix")
	}
	if m.Rows < 0 || m.Cols < 0 || len(m.Start) != m.Rows+1 {
		return fmt.Errorf("linear: Matrix of %d by %d has %d starts, want one more than rows", m.Rows, m.Cols, len(m.Start))
	}
	if m.Start[0] != 0 || m.Start[m.Rows] != len(m.Index) || len(m.Index) != len(m.Values) {
		return fmt.Errorf("linear: Matrix.Start runs from %d to %d with %d columns and %d values, want 0 and one number for all three",
			m.Start[0], m.Start[m.Rows], len(m.Index), len(m.Values))
	}
	for i := range m.Rows {
		if m.Start[i] > m.Start[i+1] {
			return fmt.Errorf("linear: Matrix.Start[%d] = %d is above Start[%d] = %d, want starts that never fall", i, m.Start[i], i+1, m.Start[i+1])
		}
	}
	for i := range m.Rows {
		before := -1
		for p := m.Start[i]; p < m.Start[i+1]; p++ {
			if j := m.Index[p]; j <= before || j >= m.Cols {
				return fmt.Errorf("linear: Matrix.Index[%d] = %d in row %d, want it above %d and below %d", p, j, i, before, m.Cols)
			}
			if v := m.Values[p]; math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("linear: Matrix at (%d, %d) = %v, want it finite", i, m.Index[p], v)
			}
			before = m.Index[p]
		}
	}
	return nil
}

// Apply gives dst = A x. dst has Rows entries, x Cols.
func (m *Matrix) Apply(dst, x []float64) {
	for i := range m.Rows {
		from, end := m.Start[i], m.Start[i+1]
		index, values := m.Index[from:end], m.Values[from:end]
		var sum float64
		for k, j := range index {
			sum += values[k] * x[j]
		}
		dst[i] = sum
	}
}

// Transpose returns Aᵀ.
//
// Cost: O(rows + cols + stored values).
func (m *Matrix) Transpose() *Matrix {
	t := &Matrix{
		Rows: m.Cols, Cols: m.Rows, Start: make([]int, m.Cols+1),
		Index: make([]int, len(m.Index)), Values: make([]float64, len(m.Values)),
	}
	for _, j := range m.Index {
		t.Start[j+1]++
	}
	accumulate(t.Start)
	next := slices.Clone(t.Start)
	for i := range m.Rows {
		for p := m.Start[i]; p < m.Start[i+1]; p++ {
			q := next[m.Index[p]]
			next[m.Index[p]]++
			t.Index[q], t.Values[q] = i, m.Values[p]
		}
	}
	return t
}

// At returns the value at row i and column j, zero where none is stored.
func (m *Matrix) At(i, j int) float64 {
	if p := m.position(i, j); p >= 0 {
		return m.Values[p]
	}
	return 0
}

// position is the place of (i, j) in Values, or -1.
func (m *Matrix) position(i, j int) int {
	if k, found := slices.BinarySearch(m.Index[m.Start[i]:m.Start[i+1]], j); found {
		return m.Start[i] + k
	}
	return -1
}

// Diagonal returns the values at (i, i), zero where none is stored.
func (m *Matrix) Diagonal() []float64 {
	d := make([]float64, min(m.Rows, m.Cols))
	for i := range d {
		d[i] = m.At(i, i)
	}
	return d
}

// Asymmetry finds the largest |A(i, j) - A(j, i)| of a square matrix and its place; the gap is 0 for a symmetric one.
//
// Cost: O(rows + stored values).
func (m *Matrix) Asymmetry() (i, j int, gap float64) {
	t := m.Transpose()
	for row := range m.Rows {
		p, q := m.Start[row], t.Start[row]
		for p < m.Start[row+1] || q < t.Start[row+1] {
			col, v := m.Cols, 0.0
			if p < m.Start[row+1] {
				col = m.Index[p]
			}
			if q < t.Start[row+1] {
				col = min(col, t.Index[q])
			}
			if p < m.Start[row+1] && m.Index[p] == col {
				v = m.Values[p]
				p++
			}
			if q < t.Start[row+1] && t.Index[q] == col {
				v -= t.Values[q]
				q++
			}
			if math.Abs(v) > gap {
				i, j, gap = row, col, math.Abs(v)
			}
		}
	}
	return i, j, gap
}

// square checks what the methods for square matrices share.
func (m *Matrix) square(who string) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if m.Rows != m.Cols || m.Rows == 0 {
		return fmt.Errorf("linear: %s: a matrix of %d by %d, want it square with at least 1 row", who, m.Rows, m.Cols)
	}
	return nil
}

// roundOff is how far two entries that should be equal may differ, relative to the largest: sums of a few thousand terms in another order.
const roundOff = 1e-12

// symmetric checks what the methods for symmetric matrices share.
func (m *Matrix) symmetric(who string) error {
	if i, j, gap := m.Asymmetry(); gap > roundOff*largest(m.Values) {
		return fmt.Errorf("linear: %s: (%d, %d) = %v and (%d, %d) = %v, want a symmetric matrix", who, i, j, m.At(i, j), j, i, m.At(j, i))
	}
	return nil
}

// largest is the largest magnitude.
func largest(values []float64) (v float64) {
	for _, w := range values {
		v = max(v, math.Abs(w))
	}
	return v
}
