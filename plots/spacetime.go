package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/plot/vg"
)

// SpaceTime draws a field of one space axis over time, which runs to the right.
// Times and points need not be evenly spaced: a place in the figure has the
// value of the nearest of each.
//
// Shapes: Values is [time][point]. A value that is not finite is grey and
// counted in the legend.
type SpaceTime struct {
	Title         string
	Time, Space   Axis // labels default to t and x; limits are those of Times and Points
	Value         Axis // at the colour bar: linear, Log or SymLog
	Times, Points []float64
	Values        [][]float64
	Colours       color.Palette // nil: Viridis
	Width, Height vg.Length     // zero: one journal column
}

var _ Drawing = SpaceTime{}

// Figure returns the drawing.
//
// Errors: fewer than two times or points, or such that do not rise; Values of
// another shape; nothing finite; logarithmic Time or Space; limits in the wrong
// order; a value that is not positive where Value is logarithmic.
func (s SpaceTime) Figure() (Figure, error) {
	if err := s.validate(); err != nil {
		return Figure{}, err
	}
	u := flat(s.Values)
	values, err := colourScale("SpaceTime.Value", s.Value, u)
	if err != nil {
		return Figure{}, err
	}
	colours := coloursOr(s.Colours)
	ts, xs := slices.Clone(s.Times), slices.Clone(s.Points)
	t0, t1, x0, x1 := ts[0], ts[len(ts)-1], xs[0], xs[len(xs)-1]
	p := &panel{
		framed:  true,
		x:       s.Time.or("t", "").scale(extent{t0, t1}, 0),
		y:       s.Space.or("x", "").scale(extent{x0, x1}, 0),
		marks:   []mark{placed{rasterNearest(ts, xs, s.Values, values, colours), t0, t1, x0, x1}},
		numbers: []numbers{{name: s.Value.Label, field: true, x: ts, y: xs, value: u}},
	}
	page := single(s.Title, rangeKeys(u, values, "values"), p)
	page.cols = append(page.cols, track{fixed: barWidth, gap: 5})
	page.cells[0] = append(page.cells[0], colourBar(values, colours))
	return page.figure(s.Width, s.Height, Column, 60*vg.Millimeter)
}

func (s SpaceTime) validate() error {
	problems := []error{
		s.Time.validate("SpaceTime.Time"), s.Space.validate("SpaceTime.Space"),
		validateRising("SpaceTime.Times", s.Times), validateRising("SpaceTime.Points", s.Points),
		validateGrid("SpaceTime.Values", s.Values),
	}
	if s.Time.Log || s.Space.Log || s.Time.SymLog > 0 || s.Space.SymLog > 0 {
		problems = append(problems, errors.New("plots: SpaceTime.Time or Space is logarithmic, want linear axes"))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	if len(s.Values) != len(s.Times) || len(s.Values[0]) != len(s.Points) {
		return fmt.Errorf("plots: SpaceTime.Values is %d by %d, want %d by %d, times by points",
			len(s.Values), len(s.Values[0]), len(s.Times), len(s.Points))
	}
	return nil
}

func validateRising(name string, x []float64) error {
	if len(x) < 2 {
		return fmt.Errorf("plots: %s has %d values, want at least 2", name, len(x))
	}
	for i, v := range x {
		if !finite(v) || i > 0 && v <= x[i-1] {
			return fmt.Errorf("plots: %s[%d] = %g, want finite values that rise", name, i, v)
		}
	}
	return nil
}

// rasterNearest turns a field at uneven places into an image of which each pixel
// has the value of the nearest place.
func rasterNearest(xs, ys []float64, u [][]float64, values scale, colours color.Palette) image.Image {
	columns, rows := nearest(xs), nearest(ys)
	even := make([][]float64, len(columns))
	for i, from := range columns {
		even[i] = make([]float64, len(rows))
		for j, k := range rows {
			even[i][j] = u[from][k]
		}
	}
	return raster(even, values, colours)
}

// nearest returns, for pixels over the range of x, the index of the value nearest
// to the middle of each: two pixels a step where the values are even, so that
// the cells at the ends are half as wide, and 1500 in all where they are not.
func nearest(x []float64) []int {
	n := len(x) - 1
	step := (x[n] - x[0]) / float64(n)
	pixels := 2 * n
	for i := range x {
		if math.Abs(x[i]-x[0]-float64(i)*step) > 1e-6*step {
			pixels = max(1500, pixels)
			break
		}
	}
	out := make([]int, pixels)
	for p := range out {
		at := x[0] + (x[n]-x[0])*(float64(p)+0.5)/float64(pixels)
		k := sort.SearchFloat64s(x, at)
		if k > n || k > 0 && at-x[k-1] < x[k]-at {
			k--
		}
		out[p] = k
	}
	return out
}
