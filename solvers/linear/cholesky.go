package linear

import (
	"fmt"
	"math"
	"slices"
)

// Cholesky is the factorisation A = Pᵀ L Lᵀ P of a sparse symmetric positive definite matrix. It keeps scratch memory, so it is for
// one goroutine.
//
// The order P is by approximate minimum degree. The factor is made of supernodes, each updated by those to its left.
//
// Source: Ng & Peyton 1993, SIAM J. Sci. Comput. 14 (left-looking supernodes); Ashcraft & Grimes 1989, ACM Trans. Math. Softw. 15
// (relaxed supernodes). bib: ng1993supernodes, ashcraft1989relaxed
type Cholesky struct {
	symbolic
	values []float64 // of all supernodes
	slot   []int     // place in values of each stored value of the matrix; -1 above the diagonal
	x      []float64 // scratch of Solve

	// Scratch of Refactor. waiting[s] is the first of the supernodes that next update s, after[d] the one after d; done[d] counts the
	// rows of d whose columns are updated; local[i] is the place of row i in the supernode at work.
	waiting, after, done, local []int
}

// NewCholesky factors the matrix.
//
// Cost: on a grid of n by n points O(n² log n) values and O(n³) operations.
// Errors: a matrix that is invalid, not square or not symmetric; a pivot that is not positive, with its row.
func NewCholesky(m *Matrix) (*Cholesky, error) {
	if err := m.square("NewCholesky"); err != nil {
		return nil, err
	}
	if err := m.symmetric("NewCholesky"); err != nil {
		return nil, err
	}
	g := graphOf(m)
	c := &Cholesky{symbolic: *analyse(g, minimumDegree(g))}
	n := m.Rows
	c.values, c.x = make([]float64, c.size), make([]float64, n)
	c.waiting, c.after, c.done = make([]int, len(c.nodes)), make([]int, len(c.nodes)), make([]int, len(c.nodes))
	c.local = make([]int, n)
	at := make([]int, len(c.nodes))
	for k, offset := 0, 0; k < len(c.nodes); k++ {
		node := &c.nodes[k]
		at[k] = offset
		size := len(node.rows) * node.width
		node.values = c.values[offset:][:size:size]
		offset += size
	}
	c.slot = make([]int, len(m.Index))
	for i := range n {
		for p := m.Start[i]; p < m.Start[i+1]; p++ {
			c.slot[p] = -1
			if j := m.Index[p]; j <= i {
				low, high := min(c.place[i], c.place[j]), max(c.place[i], c.place[j])
				k := c.owner[low]
				row, _ := slices.BinarySearch(c.nodes[k].rows, high)
				c.slot[p] = at[k] + row*c.nodes[k].width + low - c.nodes[k].first
			}
		}
	}
	if err := c.Refactor(m.Values); err != nil {
		return nil, err
	}
	return c, nil
}

// Refactor replaces the factor by that of another matrix of the same pattern, given by its Values. Only those on and below the diagonal are
// read. After an error the factor is of no use until a later Refactor succeeds.
//
// Errors: another number of values; a pivot that is not positive, with its row.
func (c *Cholesky) Refactor(values []float64) error {
	if len(values) != len(c.slot) {
		return fmt.Errorf("linear: Cholesky.Refactor: %d values, want %d as in the matrix that was analysed", len(values), len(c.slot))
	}
	clear(c.values)
	for p, at := range c.slot {
		if at >= 0 {
			c.values[at] += values[p]
		}
	}
	for k := range c.waiting {
		c.waiting[k] = -1
	}
	var diagonal []float64
	for k := range c.nodes {
		node := &c.nodes[k]
		for r, i := range node.rows {
			c.local[i] = r
		}
		diagonal = diagonal[:0]
		for j := range node.width {
			diagonal = append(diagonal, node.values[j*node.width+j])
		}
		for d := c.waiting[k]; d >= 0; {
			next := c.after[d]
			c.update(node, d)
			c.wait(d)
			d = next
		}
		if j, pivot := node.factor(diagonal); j >= 0 {
			return fmt.Errorf("linear: Cholesky: the pivot of row %d is %.3g after elimination of %d rows, "+
				"from %.3g on the diagonal; want a positive definite matrix", c.order[node.first+j], pivot, node.first+j, diagonal[j])
		}
		c.done[k] = node.width
		c.wait(k)
	}
	return nil
}

// wait puts supernode d before the next one that it updates.
func (c *Cholesky) wait(d int) {
	if rows := c.nodes[d].rows; c.done[d] < len(rows) {
		k := c.owner[rows[c.done[d]]]
		c.after[d], c.waiting[k] = c.waiting[k], d
	}
}

// update takes from the block of to what supernode d contributes: the products of its rows within and below to with those within.
func (c *Cholesky) update(to *supernode, d int) {
	from := &c.nodes[d]
	w, start := from.width, c.done[d]
	end := start
	for end < len(from.rows) && from.rows[end] < to.first+to.width {
		end++
	}
	c.done[d] = end
	values, rows, stride := from.values, from.rows, to.width
	column := func(j int) int { return rows[j] - to.first }
	i := start
	for ; i+1 < len(rows); i += 2 {
		a := values[i*w:][:2*w]
		row0, row1 := to.values[c.local[rows[i]]*stride:][:stride], to.values[c.local[rows[i+1]]*stride:][:stride]
		last := min(end, i+2) // columns up to the diagonal; what falls above it is not used
		j := start
		for ; j+1 < last; j += 2 {
			s00, s01, s10, s11 := dot2x2(a, values[j*w:][:2*w], w, w)
			j0, j1 := column(j), column(j+1)
			row0[j0] -= s00
			row0[j1] -= s01
			row1[j0] -= s10
			row1[j1] -= s11
		}
		if j < last {
			b := values[j*w:][:w]
			row0[column(j)] -= dot(a[:w], b)
			row1[column(j)] -= dot(a[w:], b)
		}
	}
	if i < len(rows) {
		a := values[i*w:][:w]
		row := to.values[c.local[rows[i]]*stride:][:stride]
		for j := start; j < min(end, i+1); j++ {
			row[column(j)] -= dot(a, values[j*w:][:w])
		}
	}
}

// dot2x2 gives the scalar products of two rows, of which n entries count, with two others. Rows are stride apart.
func dot2x2(a, b []float64, stride, n int) (s00, s01, s10, s11 float64) {
	a0, a1, b0, b1 := a[:n], a[stride:][:n], b[:n], b[stride:][:n]
	for k, x0 := range a0 {
		x1, y0, y1 := a1[k], b0[k], b1[k]
		s00 += x0 * y0
		s01 += x0 * y1
		s10 += x1 * y0
		s11 += x1 * y1
	}
	return s00, s01, s10, s11
}

// cancelled is the part of a diagonal entry below which a pivot is taken for the round-off of a zero: 16 units in the last place.
const cancelled = 16 * 0x1p-52

// factor is the Cholesky factorisation of a block that all updates have reached: of its square part, and the rows below divided by it. The
// diagonal keeps reciprocals. It returns the column of a pivot that is not positive, or -1.
func (s *supernode) factor(diagonal []float64) (column int, pivot float64) {
	w, v := s.width, s.values
	for i := range w {
		row := v[i*w:][:i+1]
		for j := range i {
			row[j] = (row[j] - dot(row[:j], v[j*w:][:j])) * v[j*w+j]
		}
		pivot = row[i] - dot(row[:i], row[:i])
		if !(pivot > cancelled*diagonal[i]) || math.IsInf(pivot, 1) {
			return i, pivot
		}
		row[i] = 1 / math.Sqrt(pivot)
	}
	i := w
	for ; i+1 < len(s.rows); i += 2 {
		two := v[i*w:][:2*w]
		row0, row1 := two[:w], two[w:]
		j := 0
		for ; j+1 < w; j += 2 {
			b := v[j*w:][:2*w]
			s00, s01, s10, s11 := dot2x2(two, b, w, j)
			row0[j] = (row0[j] - s00) * b[j]
			row1[j] = (row1[j] - s10) * b[j]
			row0[j+1] = (row0[j+1] - s01 - row0[j]*b[w+j]) * b[w+j+1]
			row1[j+1] = (row1[j+1] - s11 - row1[j]*b[w+j]) * b[w+j+1]
		}
		if j < w {
			b := v[j*w:][:w]
			row0[j] = (row0[j] - dot(row0[:j], b[:j])) * b[j]
			row1[j] = (row1[j] - dot(row1[:j], b[:j])) * b[j]
		}
	}
	if i < len(s.rows) {
		row := v[i*w:][:w]
		for j := range w {
			row[j] = (row[j] - dot(row[:j], v[j*w:][:j])) * v[j*w+j]
		}
	}
	return -1, 0
}

// Solve gives dst = A⁻¹ b. Both have an entry a row; they may be the same.
func (c *Cholesky) Solve(dst, b []float64) {
	x := c.x
	for k, i := range c.order {
		x[k] = b[i]
	}
	for k := range c.nodes {
		c.nodes[k].forward(x)
	}
	for k := len(c.nodes) - 1; k >= 0; k-- {
		c.nodes[k].backward(x)
	}
	for k, i := range c.order {
		dst[i] = x[k]
	}
}

// forward solves L y = x for the supernode's columns and takes their part from the rows below.
func (s *supernode) forward(x []float64) {
	w, own := s.width, x[s.first:][:s.width]
	for i := range w {
		row := s.values[i*w:][:i+1]
		own[i] = (own[i] - dot(row[:i], own[:i])) * row[i]
	}
	for r := w; r < len(s.rows); r++ {
		x[s.rows[r]] -= dot(s.values[r*w:][:w], own)
	}
}

// backward solves Lᵀ y = x for the supernode's columns.
func (s *supernode) backward(x []float64) {
	w, own := s.width, x[s.first:][:s.width]
	for r := w; r < len(s.rows); r++ {
		subtract(own, x[s.rows[r]], s.values[r*w:])
	}
	for i := w - 1; i >= 0; i-- {
		row := s.values[i*w:][:i+1]
		own[i] *= row[i]
		subtract(own[:i], own[i], row)
	}
}

// subtract is x -= a y, over the length of x.
func subtract(x []float64, a float64, y []float64) {
	y = y[:len(x)]
	for i := range x {
		x[i] -= a * y[i]
	}
}

// Fill is the number of entries of L that are not zero by the pattern.
func (c *Cholesky) Fill() int { return c.fill }

var _ Operator = (*Cholesky)(nil)

// Apply is [Cholesky.Solve]: the factors of a nearby matrix are a good preconditioner.
func (c *Cholesky) Apply(dst, b []float64) { c.Solve(dst, b) }
