package volume

import (
	"errors"
	"fmt"
	"math"
)

// Grid divides a box of one or two axes into equal cells. Cell i along an axis lies between Lower + i h and Lower + (i+1) h.
type Grid struct {
	Lower, Upper []float64 // corners of the box; Lower nil is the origin
	Cells        []int     // along each axis
}

// Validate lists all that is wrong with g.
func (g Grid) Validate() error {
	axes := len(g.Cells)
	if axes < 1 || axes > 2 || len(g.Upper) != axes || g.Lower != nil && len(g.Lower) != axes {
		return fmt.Errorf("volume: Grid with %d lower, %d upper bounds and %d numbers of cells, want one of each for one or two axes",
			len(g.Lower), len(g.Upper), axes)
	}
	var errs []error
	for a, n := range g.Cells {
		if length := g.Upper[a] - g.lower(a); !(length > 0) || math.IsInf(length, 0) {
			errs = append(errs, fmt.Errorf("volume: Grid.Upper[%d] = %v, want a finite one above %v", a, g.Upper[a], g.lower(a)))
		}
		if n < ghosts {
			errs = append(errs, fmt.Errorf("volume: Grid.Cells[%d] = %d, want at least %d", a, n, ghosts))
		}
	}
	return errors.Join(errs...)
}

func (g Grid) lower(axis int) float64 {
	if g.Lower == nil {
		return 0
	}
	return g.Lower[axis]
}

// Points is the number of cells.
func (g Grid) Points() int {
	points := 1
	for _, n := range g.Cells {
		points *= n
	}
	return points
}

// Size is the width h of a cell along an axis.
func (g Grid) Size(axis int) float64 { return (g.Upper[axis] - g.lower(axis)) / float64(g.Cells[axis]) }

// Centres are the midpoints of the cells along an axis.
func (g Grid) Centres(axis int) []float64 {
	out, h := make([]float64, g.Cells[axis]), g.Size(axis)
	for i := range out {
		out[i] = g.lower(axis) + (float64(i)+0.5)*h
	}
	return out
}

// Averages gives the cell averages of a field of some channels by Gauss–Legendre quadrature of order 6 along each axis; f writes the
// channels at x to u, and must keep neither.
//
// Shapes: returns [cells…, channel].
// Errors: what is wrong with g; a number of channels below 1.
func (g Grid) Averages(channels int, f func(u, x []float64)) ([]float64, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if channels < 1 {
		return nil, fmt.Errorf("volume: Grid.Averages: %d channels, want at least 1", channels)
	}
	nodes := [3]float64{-math.Sqrt(0.6) / 2, 0, math.Sqrt(0.6) / 2}
	weights := [3]float64{5.0 / 18, 8.0 / 18, 5.0 / 18}
	axes := len(g.Cells)
	out, u, x := make([]float64, g.Points()*channels), make([]float64, channels), make([]float64, axes)
	for i := range g.Points() {
		for q := range int(math.Pow(3, float64(axes))) {
			weight, cell, node := 1.0, i, q
			for a := axes - 1; a >= 0; a-- {
				x[a] = g.lower(a) + g.Size(a)*(float64(cell%g.Cells[a])+0.5+nodes[node%3])
				weight *= weights[node%3]
				cell, node = cell/g.Cells[a], node/3
			}
			f(u, x)
			for c, v := range u {
				out[i*channels+c] += weight * v
			}
		}
	}
	return out, nil
}

// Coarsen gives the batch u [samples, cells…, channel] on a grid of fewer cells, each the mean of a block of by[axis] cells along
// each axis: exact for cell averages, so that nothing of the conserved quantities is lost.
//
// Shapes: returns [samples, cells/by…, channel].
// Errors: what is wrong with g; a factor that does not divide the cells; a length that is no whole number of samples.
func (g Grid) Coarsen(u []float64, channels int, by []int) ([]float64, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if len(by) != len(g.Cells) {
		return nil, fmt.Errorf("volume: Grid.Coarsen: %d factors, want one for each of the %d axes", len(by), len(g.Cells))
	}
	block := 1
	for a, b := range by {
		if b < 1 || g.Cells[a]%b != 0 {
			return nil, fmt.Errorf("volume: Grid.Coarsen: by[%d] = %d, want a divisor of the %d cells", a, b, g.Cells[a])
		}
		block *= b
	}
	values := g.Points() * channels
	if channels < 1 || len(u)%values != 0 {
		return nil, fmt.Errorf("volume: Grid.Coarsen: %d values of %d channels on %v cells, want whole samples", len(u), channels, g.Cells)
	}
	out := make([]float64, len(u)/block)
	for i, v := range u {
		cell, c := i/channels, i%channels
		place, stride := 0, 1
		for a := len(by) - 1; a >= 0; a-- {
			place += cell % g.Cells[a] / by[a] * stride
			cell, stride = cell/g.Cells[a], stride*(g.Cells[a]/by[a])
		}
		out[(place+cell*stride)*channels+c] += v / float64(block)
	}
	return out, nil
}
