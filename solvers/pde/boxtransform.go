package pde

import (
	"gonum.org/v1/gonum/dsp/fourier"
)

// boxTransform takes real fields on a periodic grid of one or more axes back and forth between their kept modes and their values.
// Modes are [2K₁+1, …, K_d+1]: the wave numbers 0 … K, -K … -1 along each axis but the last, and 0 … K along that,
// the other half being conjugates.
type boxTransform struct {
	grid, kept []int
	points     int
	axes       []axisFFT      // of all axes but the last
	work       [][]complex128 // work[a] has the axes up to a in points, those after it in modes
	last       pseudoSpectral
}

// newBoxTransform chooses, if fast, transforms whose order of the points is their own; else the natural order is kept.
// The highest modes must be below half of the points.
func newBoxTransform(grid, kept []int, fast bool) *boxTransform {
	d := len(grid)
	b := &boxTransform{grid: grid, kept: kept, points: 1}
	for _, n := range grid {
		b.points *= n
	}
	for axis, n := range grid[:d-1] {
		size := 1
		for _, m := range grid[:axis+1] {
			size *= m
		}
		b.work = append(b.work, make([]complex128, size*b.modesAfter(axis)))
		if fast {
			b.axes = append(b.axes, newAxisFFT(n))
		} else {
			b.axes = append(b.axes, newColumnFFT(n))
		}
	}
	if fast {
		b.last = newPseudoSpectral(grid[d-1])
	} else {
		b.last = newGonumFFT(grid[d-1])
	}
	return b
}

// modesAfter is the number of kept modes of the axes after one.
func (b *boxTransform) modesAfter(axis int) int {
	d, n := len(b.grid), 1
	for a := axis + 1; a < d-1; a++ {
		n *= 2*b.kept[a] + 1
	}
	if axis < d-1 {
		n *= b.kept[d-1] + 1
	}
	return n
}

// toPoints gives u = Σ_k v_k e^(ikx), over the kept k and their conjugates.
func (b *boxTransform) toPoints(u []float64, v []complex128) {
	modes := v
	for axis, fft := range b.axes {
		n, low, inner := b.grid[axis], b.kept[axis]+1, b.modesAfter(axis)
		high := low - 1
		from, into := (low+high)*inner, n*inner
		for block := range len(modes) / from {
			src, dst := modes[block*from:(block+1)*from], b.work[axis][block*into:(block+1)*into]
			copy(dst, src[:low*inner])
			clear(dst[low*inner : (n-high)*inner])
			copy(dst[(n-high)*inner:], src[low*inner:])
			fft.toSpace(dst, inner)
		}
		modes = b.work[axis]
	}
	n, k := b.grid[len(b.grid)-1], b.kept[len(b.kept)-1]+1
	for line := range b.points / n {
		b.last.toPoints(u[line*n:(line+1)*n], modes[line*k:(line+1)*k])
	}
}

// toModes gives Σ_x u(x) e^(-ikx) for the kept k.
func (b *boxTransform) toModes(v []complex128, u []float64) {
	modes := v
	if d := len(b.axes); d > 0 {
		modes = b.work[d-1]
	}
	n, k := b.grid[len(b.grid)-1], b.kept[len(b.kept)-1]+1
	for line := range b.points / n {
		b.last.toModes(modes[line*k:(line+1)*k], u[line*n:(line+1)*n])
	}
	for axis := len(b.axes) - 1; axis >= 0; axis-- {
		into := v
		if axis > 0 {
			into = b.work[axis-1]
		}
		n, low, inner := b.grid[axis], b.kept[axis]+1, b.modesAfter(axis)
		high := low - 1
		for block := range len(modes) / (n * inner) {
			src, dst := modes[block*n*inner:(block+1)*n*inner], into[block*(low+high)*inner:(block+1)*(low+high)*inner]
			b.axes[axis].toModes(src, inner)
			copy(dst, src[:low*inner])
			copy(dst[low*inner:], src[(n-high)*inner:])
		}
		modes = into
	}
}

// axisFFT transforms arrays [n, inner] in place along their first axis: toSpace(x)_j = Σ_k x_k e^(2πijk/n), and toModes its inverse
// times n.
type axisFFT interface {
	toSpace(x []complex128, inner int)
	toModes(x []complex128, inner int)
}

// newAxisFFT chooses our own transform, with an order of the points of its own, where n is a power of two.
func newAxisFFT(n int) axisFFT {
	if n >= 4 && n&(n-1) == 0 {
		return rowsFFT{newRadix4(n)}
	}
	return newColumnFFT(n)
}

// columnFFT works for any number of points, in their natural order.
type columnFFT struct {
	fft    *fourier.CmplxFFT
	column []complex128
}

func newColumnFFT(n int) *columnFFT {
	return &columnFFT{fft: fourier.NewCmplxFFT(n), column: make([]complex128, n)}
}

func (c *columnFFT) toSpace(x []complex128, inner int) { c.each(x, inner, c.fft.Sequence) }
func (c *columnFFT) toModes(x []complex128, inner int) { c.each(x, inner, c.fft.Coefficients) }

func (c *columnFFT) each(x []complex128, inner int, transform func(dst, src []complex128) []complex128) {
	for i := range inner {
		for j := range c.column {
			c.column[j] = x[j*inner+i]
		}
		transform(c.column, c.column)
		for j, v := range c.column {
			x[j*inner+i] = v
		}
	}
}

// rowsFFT applies a radix-4 transform to whole rows of numbers, a few columns at a time such that all stages stay in the
// first level of the cache.
type rowsFFT struct{ *radix4 }

// columnsAtOnce of a row: two lines of the cache.
const columnsAtOnce = 8

func (f rowsFFT) toSpace(x []complex128, inner int) {
	for from := 0; from < inner; from += columnsAtOnce {
		f.spaceColumns(x, inner, from, min(columnsAtOnce, inner-from))
	}
}

func (f rowsFFT) toModes(x []complex128, inner int) {
	for from := 0; from < inner; from += columnsAtOnce {
		f.modesColumns(x, inner, from, min(columnsAtOnce, inner-from))
	}
}

// spaceColumns is [radix4.toSpace] for width columns of x.
func (f rowsFFT) spaceColumns(x []complex128, inner, from, width int) {
	row := func(j int) []complex128 { return x[j*inner+from:][:width] }
	for _, s := range f.stages {
		q := s.quarter
		for base := 0; base < f.n; base += 4 * q {
			for j, w := range s.twiddle {
				a, b, c, d := row(base+j), row(base+j+q), row(base+j+2*q), row(base+j+3*q)
				b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
				if j == 0 { // no turn; all there is in the last stage
					for i := range a {
						a[i], b[i], c[i], d[i] = butterfly(a[i], b[i], c[i], d[i])
					}
					continue
				}
				for i := range a {
					y0, y1, y2, y3 := butterfly(a[i], b[i], c[i], d[i])
					a[i], b[i], c[i], d[i] = y0, y1*w[0], y2*w[1], y3*w[2]
				}
			}
		}
	}
	f.rowPairs(row)
}

// modesColumns is [radix4.toModes] for width columns of x.
func (f rowsFFT) modesColumns(x []complex128, inner, from, width int) {
	row := func(j int) []complex128 { return x[j*inner+from:][:width] }
	f.rowPairs(row)
	for i := len(f.stages) - 1; i >= 0; i-- {
		s := f.stages[i]
		q := s.quarter
		for base := 0; base < f.n; base += 4 * q {
			for j, w := range s.conjs {
				a, b, c, d := row(base+j), row(base+j+q), row(base+j+2*q), row(base+j+3*q)
				b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
				if j == 0 {
					for i := range a {
						a[i], d[i], c[i], b[i] = butterfly(a[i], b[i], c[i], d[i])
					}
					continue
				}
				for i := range a {
					a[i], d[i], c[i], b[i] = butterfly(a[i], b[i]*w[0], c[i]*w[1], d[i]*w[2])
				}
			}
		}
	}
}

// rowPairs is the last stage to space, and the first to modes, where n is no power of four.
func (f rowsFFT) rowPairs(row func(j int) []complex128) {
	if !f.pairs {
		return
	}
	for j := 0; j < f.n; j += 2 {
		a, b := row(j), row(j+1)
		for i := range a {
			a[i], b[i] = a[i]+b[i], a[i]-b[i]
		}
	}
}
