package linear

import (
	"fmt"
	"math"
	"slices"
)

// LU is the factorisation P R A Q = L U of a sparse square matrix with a unit lower triangle L and an upper triangle U. It keeps
// scratch memory, so it is for one goroutine.
//
// R divides each row by a power of two near its largest value. The order of the columns Q is by approximate minimum degree, of A + Aᵀ
// where the pattern is about symmetric and the diagonal has no zeros, else of AᵀA. The pivot of a column is the diagonal entry where
// that is at least a tenth of the largest, else the largest.
//
// Source: Gilbert & Peierls 1988, SIAM J. Sci. Stat. Comput. 9. Depth-first searches stop early by symmetric pruning, Eisenstat & Liu 1992,
// SIAM J. Matrix Anal. Appl. 13. bib: gilbert1988lu, eisenstat1992pruning
type LU struct {
	order  []int     // order[k] is the column of A that is eliminated as k-th
	scale  []float64 // R
	place  []int     // place[i] is the number of the pivot in row i; -1 while there is none
	lower  columns   // L without its diagonal
	upper  columns   // U without its diagonal
	pivots []float64 // the diagonal of U
	x      []float64 // scratch
}

// columns is a matrix in compressed columns that grows column by column.
type columns struct {
	start, index []int
	values       []float64
}

func newColumns(room int) columns {
	return columns{start: []int{0}, index: make([]int, 0, room), values: make([]float64, 0, room)}
}

func (c *columns) add(i int, v float64) {
	c.index, c.values = append(c.index, i), append(c.values, v)
}

func (c *columns) close() { c.start = append(c.start, len(c.index)) }

// preferDiagonal is how large a diagonal entry must be, relative to the largest candidate, to become the pivot. A
// smaller bound keeps more of the order that was chosen for low fill, a larger one bounds the growth of round-off better.
const preferDiagonal = 0.1

// NewLU factors the matrix.
//
// Errors: a matrix that is invalid or not square; a column without a pivot above round-off, where the matrix is singular.
func NewLU(m *Matrix) (*LU, error) {
	if err := m.square("NewLU"); err != nil {
		return nil, err
	}
	n := m.Rows
	order, fill := columnOrder(m)
	f := &LU{
		order: order, scale: make([]float64, n), place: slices.Repeat([]int{-1}, n),
		lower: newColumns(fill), upper: newColumns(fill), pivots: make([]float64, n), x: make([]float64, n),
	}
	for i := range n {
		_, exponent := math.Frexp(largest(m.Values[m.Start[i]:m.Start[i+1]]))
		f.scale[i] = math.Ldexp(1, -max(exponent, -1000)) // 2¹⁰⁷³, for the least of numbers, would be infinite
	}
	e := elimination{
		LU: f, a: m.Transpose(), row: make([]int, n), end: make([]int, n), mark: slices.Repeat([]int{-1}, n), at: make([]int, n),
	}
	for k, j := range f.order {
		for p := e.a.Start[j]; p < e.a.Start[j+1]; p++ {
			e.visit(e.a.Index[p], k)
		}
		size := e.solve(j)
		r := e.pivot(j, k)
		if r < 0 || !(math.Abs(f.x[r]) > cancelled*size) || math.IsInf(f.x[r], 0) {
			var best float64
			if r >= 0 {
				best = f.x[r]
			}
			return nil, fmt.Errorf("linear: NewLU: the largest candidate for the pivot of column %d is %.3g after elimination of %d columns, "+
				"from %.3g in rows scaled to 1; want a matrix that is not singular", j, best, k, size)
		}
		e.store(k, r)
		e.prune(r)
	}
	for p, i := range f.lower.index {
		f.lower.index[p] = f.place[i]
	}
	return f, nil
}

// columnOrder chooses the order of elimination. The fill is what L needs if all pivots are on the diagonal, which is not known
// beforehand where the pattern is not symmetric.
func columnOrder(m *Matrix) (order []int, fill int) {
	t := m.Transpose()
	matched, full := 0, true
	for i := range m.Rows {
		full = full && m.At(i, i) != 0
		for _, j := range m.Index[m.Start[i]:m.Start[i+1]] {
			if t.position(i, j) >= 0 {
				matched++
			}
		}
	}
	if !full || 2*matched < len(m.Index) {
		g := graphOfProduct(m, t)
		s := symbolic{order: minimumDegree(g), place: make([]int, m.Rows)}
		s.renumber(g)
		return s.order, 0
	}
	g := graphOf(m)
	s := symbolic{order: minimumDegree(g), place: make([]int, m.Rows)}
	for _, count := range s.columnCounts(g, s.renumber(g)) {
		fill += count - 1
	}
	return s.order, fill
}

// graphOfProduct is the pattern of AᵀA without rows that are dense, which would couple all columns. t is Aᵀ.
func graphOfProduct(m, t *Matrix) graph {
	g := graph{start: make([]int, m.Cols+1)}
	mark := slices.Repeat([]int{-1}, m.Cols)
	for j := range m.Cols {
		mark[j] = j
		for _, i := range t.Index[t.Start[j]:t.Start[j+1]] {
			row := m.Index[m.Start[i]:m.Start[i+1]]
			if len(row) > manyNeighbours(m.Cols) {
				continue
			}
			for _, k := range row {
				if mark[k] != j {
					mark[k] = j
					g.index = append(g.index, k)
				}
			}
		}
		g.start[j+1] = len(g.index)
		slices.Sort(g.neighbours(j))
	}
	return g
}

// elimination is the scratch of a factorisation. Column by column it solves L x = a for the column of A, the part above the pivot
// being the column of U and the part below, divided by the pivot, that of L.
type elimination struct {
	*LU
	a    *Matrix // Aᵀ: its rows are the columns
	row  []int   // row[k] is the row of pivot k
	end  []int   // a search through column k of L stops here: what comes after is found otherwise
	mark []int   // the last column whose search met the row

	stack, at    []int
	above, below []int // pivots that the column depends on, each after those that depend on it; rows without a pivot
}

// visit searches depth first for what row i brings into column k.
func (e *elimination) visit(i, k int) {
	if e.mark[i] == k {
		return
	}
	e.mark[i] = k
	if e.place[i] < 0 {
		e.below = append(e.below, i)
		return
	}
	e.push(e.place[i])
	for len(e.stack) > 0 {
		top := e.stack[len(e.stack)-1]
		deeper := false
		for p := e.at[top]; p < e.end[top] && !deeper; p++ {
			r := e.lower.index[p]
			if e.mark[r] == k {
				continue
			}
			e.mark[r] = k
			if e.place[r] < 0 {
				e.below = append(e.below, r)
				continue
			}
			e.at[top] = p + 1
			e.push(e.place[r])
			deeper = true
		}
		if !deeper {
			e.stack = e.stack[:len(e.stack)-1]
			e.above = append(e.above, top)
		}
	}
}

func (e *elimination) push(k int) {
	e.stack = append(e.stack, k)
	e.at[k] = e.lower.start[k]
}

// solve gives x = L⁻¹ R a for column j of A, and the size of R a. The values above the pivot go to U.
func (e *elimination) solve(j int) (size float64) {
	x := e.x
	for p := e.a.Start[j]; p < e.a.Start[j+1]; p++ {
		i := e.a.Index[p]
		x[i] = e.a.Values[p] * e.scale[i]
		size = max(size, math.Abs(x[i]))
	}
	for top := len(e.above) - 1; top >= 0; top-- {
		k := e.above[top]
		v := x[e.row[k]]
		x[e.row[k]] = 0
		e.upper.add(k, v)
		if v == 0 {
			continue
		}
		from, to := e.lower.start[k], e.lower.start[k+1]
		index, values := e.lower.index[from:to], e.lower.values[from:to]
		for p, i := range index {
			x[i] -= v * values[p]
		}
	}
	return size
}

// pivot chooses a row for column j, the k-th; -1 if there is none.
func (e *elimination) pivot(j, k int) int {
	best, most := -1, -1.0
	for _, i := range e.below {
		if v := math.Abs(e.x[i]); v > most || math.IsNaN(v) {
			best, most = i, v
		}
	}
	if e.place[j] < 0 && e.mark[j] == k && math.Abs(e.x[j]) >= preferDiagonal*most {
		return j
	}
	return best
}

// store appends column k of L and of U with the pivot in row r, and clears x.
func (e *elimination) store(k, r int) {
	pivot := e.x[r]
	for _, i := range e.below {
		if i != r {
			e.lower.add(i, e.x[i]/pivot)
		}
		e.x[i] = 0
	}
	e.lower.close()
	e.upper.close()
	e.pivots[k], e.row[k], e.place[r], e.end[k] = pivot, r, k, len(e.lower.index)
}

// prune shortens searches after the column of L with its pivot in row r: as it holds all that a column before it with an entry in row
// r has below, whatever is reached from there is reached through r.
func (e *elimination) prune(r int) {
	for _, j := range e.above {
		from, to := e.lower.start[j], e.lower.start[j+1]
		if e.end[j] < to || !slices.Contains(e.lower.index[from:to], r) {
			continue
		}
		index, values := e.lower.index, e.lower.values
		for from < to {
			if e.place[index[from]] >= 0 {
				from++
				continue
			}
			to--
			index[from], index[to] = index[to], index[from]
			values[from], values[to] = values[to], values[from]
		}
		e.end[j] = from
	}
	e.above, e.below = e.above[:0], e.below[:0]
}

// Solve gives dst = A⁻¹ b. Both have an entry a row; they may be the same.
func (f *LU) Solve(dst, b []float64) {
	x := f.x
	for i, k := range f.place {
		x[k] = b[i] * f.scale[i]
	}
	for k := range x {
		f.lower.take(x, k)
	}
	for k := len(x) - 1; k >= 0; k-- {
		x[k] /= f.pivots[k]
		f.upper.take(x, k)
	}
	for k, j := range f.order {
		dst[j] = x[k]
	}
}

// take is x -= x[k] times column k.
func (c *columns) take(x []float64, k int) {
	v, from, to := x[k], c.start[k], c.start[k+1]
	if v == 0 {
		return
	}
	index, values := c.index[from:to], c.values[from:to]
	for p, i := range index {
		x[i] -= v * values[p]
	}
}

// Fill is the number of entries of L and U together, the unit diagonal of L left out.
func (f *LU) Fill() int { return len(f.lower.index) + len(f.upper.index) + len(f.pivots) }

var _ Operator = (*LU)(nil)

// Apply is [LU.Solve]: the factors of a nearby matrix are a good preconditioner.
func (f *LU) Apply(dst, b []float64) { f.Solve(dst, b) }
