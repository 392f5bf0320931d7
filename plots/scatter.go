package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// PointSet is a named cloud of points.
type PointSet struct {
	Name   string
	X, Y   []float64   // as many of each
	Values []float64   // optional, as many: the colour of each point
	Color  color.Color // nil: the next of Palette
}

// Scatter draws clouds of points. Up to 2,000 points are drawn one by one; more
// become a picture of 300 dots an inch, which keeps PDF and SVG small, while
// axes and text stay lines and letters. Points that are not finite, or not
// positive on a log axis, are left out and counted in the legend.
type Scatter struct {
	Title         string
	X, Y          Axis
	Value         Axis // of the colours, at the colour bar; where a set has Values
	Sets          []PointSet
	Equal         bool      // a unit is as long on both axes
	Radius        vg.Length // of a point; 0: smaller for more points
	Opacity       float64   // in (0, 1]; 0: less for more points
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = Scatter{}

const (
	manyPoints = 2000
	cloudDPI   = 300
)

// Figure returns the drawing.
//
// Errors: no sets; unequal lengths; a set of which nothing can be drawn; an
// opacity beyond 1; a negative radius; Equal on log axes; limits in the wrong
// order.
func (s Scatter) Figure() (Figure, error) {
	s.X, s.Y = s.X.or("x", ""), s.Y.or("y", "")
	if err := s.validate(); err != nil {
		return Figure{}, err
	}
	xs, ys, zs := nothing(), nothing(), nothing()
	sets := make([]PointSet, len(s.Sets))
	total, bad := 0, 0
	for i, set := range s.Sets {
		sets[i] = set.usable(s.X, s.Y)
		if sets[i].Color == nil {
			sets[i].Color = cycle(i)
		}
		total += len(sets[i].X)
		bad += len(set.X) - len(sets[i].X)
		xs.add(sets[i].X...)
		ys.add(sets[i].Y...)
		zs.add(sets[i].Values...)
	}
	p := &panel{x: s.X.scale(xs, 0.03), y: s.Y.scale(ys, 0.03), framed: true}
	if s.Equal {
		p.x, p.y = equalScales(s.X, s.Y, xs, ys)
	}
	radius, opacity := s.look(total)
	values := s.Value.scale(zs, 0)
	var keys []key
	for _, set := range sets {
		p.numbers = append(p.numbers, numbers{name: set.Name, x: set.X, y: set.Y, value: set.Values})
		p.marks = append(p.marks, cloud{set, shades{values, Viridis()}, radius, opacity, total > manyPoints})
		if set.Name != "" {
			keys = append(keys, key{name: set.Name, marker: Circle, color: set.Color})
		}
	}
	keys = append(keys, leftOut(bad, s.X.Log || s.Y.Log)...)
	sh := single(s.Title, keys, p)
	if zs.lo <= zs.hi {
		bar := colourBar(values, Viridis())
		sh.cols = append(sh.cols, track{fixed: barWidth, gap: 3})
		sh.cells[0] = append(sh.cells[0], bar)
	}
	if s.Equal {
		sh.aspect = (p.y.hi - p.y.lo) / (p.x.hi - p.x.lo)
		return sh.figureOf(s.Width, s.Height, Column, sh.columnHeight)
	}
	return sh.figure(s.Width, s.Height, Column, 66*vg.Millimeter)
}

// look is the radius and opacity for so many points: 1,000 points cover their
// part of a column with a twentieth of its area.
func (s Scatter) look(n int) (vg.Length, float64) {
	crowd := math.Sqrt(1000 / float64(max(n, 1)))
	radius := s.Radius
	if radius == 0 {
		radius = vg.Length(min(max(1.6*crowd, 0.5), 2))
	}
	opacity := s.Opacity
	if opacity == 0 {
		opacity = min(max(crowd, 0.25), 0.9)
	}
	return radius, opacity
}

// usable returns the points that can be drawn.
func (p PointSet) usable(x, y Axis) PointSet {
	out := PointSet{Name: p.Name, Color: p.Color}
	for i := range p.X {
		if !drawable(p.X[i], x.Log) || !drawable(p.Y[i], y.Log) || p.Values != nil && !finite(p.Values[i]) {
			continue
		}
		out.X, out.Y = append(out.X, p.X[i]), append(out.Y, p.Y[i])
		if p.Values != nil {
			out.Values = append(out.Values, p.Values[i])
		}
	}
	return out
}

func (p PointSet) validate(x, y Axis) error {
	if len(p.X) != len(p.Y) {
		return fmt.Errorf("plots: PointSet %q: %d x values, %d y values, want as many", p.Name, len(p.X), len(p.Y))
	}
	if p.Values != nil && len(p.Values) != len(p.X) {
		return fmt.Errorf("plots: PointSet %q: %d values in Values, want %d, as many as in X, or none", p.Name, len(p.Values), len(p.X))
	}
	if len(p.usable(x, y).X) == 0 {
		return fmt.Errorf("plots: PointSet %q: none of its %d points is finite%s, want at least one", p.Name, len(p.X), positive(x.Log || y.Log))
	}
	return nil
}

func (s Scatter) validate() error {
	problems := []error{s.X.validate("Scatter.X"), s.Y.validate("Scatter.Y"), s.Value.validate("Scatter.Value")}
	if len(s.Sets) == 0 {
		problems = append(problems, errors.New("plots: Scatter has no sets, want at least one"))
	}
	for _, set := range s.Sets {
		problems = append(problems, set.validate(s.X, s.Y))
	}
	if s.Equal {
		problems = append(problems, wantLinear("Scatter.X or Y with Equal", s.X, s.Y))
	}
	problems = append(problems, wantLinear("Scatter.Value", s.Value))
	if v := s.Radius.Points(); !finite(v) || v < 0 {
		problems = append(problems, fmt.Errorf("plots: Scatter.Radius = %g pt, want > 0, or 0 for one by the number of points", v))
	}
	if !(s.Opacity >= 0 && s.Opacity <= 1) {
		problems = append(problems, fmt.Errorf("plots: Scatter.Opacity = %g, want at most 1, or 0 for one by the number of points", s.Opacity))
	}
	return errors.Join(problems...)
}

// cloud draws a set of points, one by one or as a picture.
type cloud struct {
	set     PointSet
	shades  shades
	radius  vg.Length
	opacity float64
	picture bool
}

// colour is that of point i.
func (m cloud) colour(i int) color.NRGBA {
	c := m.set.Color
	if m.set.Values != nil {
		c = m.shades.at(m.set.Values[i])
	}
	return faded(c, m.opacity).(color.NRGBA)
}

func (m cloud) draw(a area) {
	if !m.picture {
		for i := range m.set.X {
			p := a.at(m.set.X[i], m.set.Y[i])
			if !a.Contains(p) {
				continue
			}
			var disc vg.Path
			disc.Move(p.Add(vg.Point{X: m.radius}))
			disc.Arc(p, m.radius, 0, 2*math.Pi)
			disc.Close()
			a.SetColor(m.colour(i))
			if m.set.Values != nil {
				a.SetColor(dataColour{m.colour(i)})
			}
			a.Fill(disc)
		}
		return
	}
	const dot = cloudDPI / 72.0 // pixels a point
	size := a.Size()
	w, h := int(math.Ceil(size.X.Points()*dot)), int(math.Ceil(size.Y.Points()*dot))
	s := stamper{w: w, h: h, pix: make([]float32, 4*w*h)}
	shapes := discs(m.radius.Points() * dot)
	fixed := m.set.Values == nil
	c := m.colour(0)
	for i := range m.set.X {
		x, y := a.x.norm(m.set.X[i]), a.y.norm(m.set.Y[i])
		if x < 0 || x > 1 || y < 0 || y > 1 {
			continue
		}
		if !fixed {
			c = m.colour(i)
		}
		s.stamp(shapes, x*float64(w), (1-y)*float64(h), c)
	}
	a.DrawImage(a.Rectangle, s.image())
}

// stamper adds up translucent discs, premultiplied by their opacity.
type stamper struct {
	w, h int
	pix  []float32
}

// shifts is into how many parts of a pixel the place of a disc is rounded.
const shifts = 4

// disc is the part of each pixel that a disc covers, its middle near the
// middle of a square of pixels.
type disc struct {
	side  int
	cover []float32
}

// discs tables a disc for each shift of its middle.
func discs(radius float64) []disc {
	half := int(math.Ceil(radius)) + 1
	out := make([]disc, shifts*shifts)
	for k := range out {
		dx, dy := (float64(k%shifts)+0.5)/shifts, (float64(k/shifts)+0.5)/shifts
		d := disc{side: 2*half + 1}
		for y := -half; y <= half; y++ {
			for x := -half; x <= half; x++ {
				r := math.Hypot(float64(x)+0.5-dx, float64(y)+0.5-dy)
				d.cover = append(d.cover, float32(min(max(radius+0.5-r, 0), 1)))
			}
		}
		out[k] = d
	}
	return out
}

func (s stamper) stamp(shapes []disc, x, y float64, c color.NRGBA) {
	px, py := int(x), int(y)
	d := shapes[min(int((y-float64(py))*shifts), shifts-1)*shifts+min(int((x-float64(px))*shifts), shifts-1)]
	half := d.side / 2
	alpha := float32(c.A) / 255
	paint := [3]float32{float32(c.R) / 255, float32(c.G) / 255, float32(c.B) / 255}
	for j := range d.side {
		row := py - half + j
		if row < 0 || row >= s.h {
			continue
		}
		for i := range d.side {
			column := px - half + i
			cover := d.cover[j*d.side+i] * alpha
			if cover == 0 || column < 0 || column >= s.w {
				continue
			}
			p := s.pix[4*(row*s.w+column):]
			for k, v := range paint {
				p[k] = v*cover + p[k]*(1-cover)
			}
			p[3] = cover + p[3]*(1-cover)
		}
	}
}

func (s stamper) image() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, s.w, s.h))
	for i := 0; i < len(s.pix); i += 4 {
		alpha := s.pix[i+3]
		if alpha == 0 {
			continue
		}
		for k := range 3 {
			img.Pix[i+k] = uint8(min(s.pix[i+k]/alpha, 1)*255 + 0.5)
		}
		img.Pix[i+3] = uint8(alpha*255 + 0.5)
	}
	return img
}

// SampleDensity draws the density of samples in the plane, as a histogram or,
// with Kernel, as a mean of Gaussians of Scott's width: one panel for each set,
// such as data and samples of a model, with shared limits and colours. Points
// that are not finite are left out and counted in the title of their panel.
type SampleDensity struct {
	Title         string
	X, Y          Axis // linear
	Sets          []PointSet
	Kernel        bool
	Equal         bool      // a unit is as long on both axes
	Bins          int       // of the histogram, in each direction, at most 500; 0: by the number of points
	Width, Height vg.Length // zero: the page's width, or a column for one set
}

var _ Drawing = SampleDensity{}

// maxDensities is what fits on a page side by side.
const maxDensities = 4

// Figure returns the drawing.
//
// Errors: no sets or more than four; unequal lengths; a set of which nothing is
// finite; a number of bins that cannot be; log axes; limits in the wrong order.
func (d SampleDensity) Figure() (Figure, error) {
	d.X, d.Y = d.X.or("x", ""), d.Y.or("y", "")
	if err := d.validate(); err != nil {
		return Figure{}, err
	}
	xs, ys := nothing(), nothing()
	sets := make([]PointSet, len(d.Sets))
	least := math.MaxInt
	for i, set := range d.Sets {
		sets[i] = set.usable(d.X, d.Y)
		xs.add(sets[i].X...)
		ys.add(sets[i].Y...)
		least = min(least, len(sets[i].X))
	}
	bins := d.Bins
	if bins == 0 {
		bins = min(max(int(math.Sqrt(float64(least))/2), 10), 120)
	}
	if d.Kernel {
		bins = 200
	}
	sx, sy := d.X.scale(xs, 0.06), d.Y.scale(ys, 0.06)
	aspect := 0.85
	if d.Equal {
		sx, sy = equalScales(d.X, d.Y, xs, ys)
		aspect = (sy.hi - sy.lo) / (sx.hi - sx.lo)
	}
	fields := make([][][]float64, len(sets))
	reach := nothing()
	reach.add(0)
	for i, set := range sets {
		fields[i] = set.density(sx, sy, bins, d.Kernel)
		reach.add(flat(fields[i])...)
	}
	values := Axis{Label: "density"}.scale(reach, 0)
	s := sheet{title: d.Title, rows: []track{{share: 1}}, cells: make([][]*panel, 1), aspect: aspect}
	for i, f := range fields {
		p := &panel{title: sets[i].Name, framed: true, x: sx, y: sy, marks: []mark{picture{raster(f, values, Viridis())}}}
		l := latticeOf(Axis{Min: sx.lo, Max: sx.hi}, Axis{Min: sy.lo, Max: sy.hi}, bins, bins)
		p.numbers = []numbers{l.numbers(sets[i].Name, f)}
		if lost := len(d.Sets[i].X) - len(sets[i].X); lost > 0 {
			p.title = joined(p.title, fmt.Sprintf("%d left out", lost))
		}
		p.y.bare = i > 0
		s.cols = append(s.cols, track{share: 1, gap: vg.Length(8 * min(i, 1))})
		s.cells[0] = append(s.cells[0], p)
	}
	s.cols = append(s.cols, track{fixed: barWidth, gap: 3})
	s.cells[0] = append(s.cells[0], colourBar(values, Viridis()))
	width := vg.Length(Column)
	if len(sets) > 1 {
		width = Page
	}
	return s.figureOf(d.Width, d.Height, width, s.columnHeight)
}

func (d SampleDensity) validate() error {
	problems := []error{d.X.validate("SampleDensity.X"), d.Y.validate("SampleDensity.Y")}
	problems = append(problems, wantLinear("SampleDensity.X or Y", d.X, d.Y))
	if n := len(d.Sets); n == 0 || n > maxDensities {
		problems = append(problems, fmt.Errorf("plots: SampleDensity.Sets has %d sets, want 1 to %d", n, maxDensities))
	}
	if d.Bins < 0 || d.Bins > 500 {
		problems = append(problems, fmt.Errorf("plots: SampleDensity.Bins = %d, want at most 500, or 0 for a number by the points", d.Bins))
	}
	for _, set := range d.Sets {
		problems = append(problems, set.validate(d.X, d.Y))
	}
	return errors.Join(problems...)
}

// density returns the density of the points on n by n cells between the limits:
// its integral over the plane is 1.
func (p PointSet) density(sx, sy scale, n int, kernel bool) [][]float64 {
	dx, dy := (sx.hi-sx.lo)/float64(n), (sy.hi-sy.lo)/float64(n)
	f := make([][]float64, n)
	for i := range f {
		f[i] = make([]float64, n)
	}
	unit := 1 / (float64(len(p.X)) * dx * dy)
	for k := range p.X {
		i, j := int(math.Floor((p.X[k]-sx.lo)/dx)), int(math.Floor((p.Y[k]-sy.lo)/dy))
		if p.X[k] == sx.hi {
			i = n - 1
		}
		if p.Y[k] == sy.hi {
			j = n - 1
		}
		if i >= 0 && i < n && j >= 0 && j < n {
			f[i][j] += unit
		}
	}
	if !kernel {
		return f
	}
	// A width below half a cell could not be seen: constant values, for one.
	wide := max(scott(p.X, nil, 2)/dx, 0.5)
	high := max(scott(p.Y, nil, 2)/dy, 0.5)
	along, across := gaussian(wide, 6), gaussian(high, 6)
	for i := range f {
		f[i] = smooth(f[i], across)
	}
	column := make([]float64, n)
	for j := range n {
		for i := range n {
			column[i] = f[i][j]
		}
		for i, v := range smooth(column, along) {
			f[i][j] = v
		}
	}
	return f
}

// levelOf returns the density above which the part share of the mass lies.
func levelOf(f [][]float64, share float64) float64 {
	values := flat(f)
	slices.Sort(values)
	total := 0.0
	for _, v := range values {
		total += v
	}
	above := 0.0
	for i, v := range slices.Backward(values) {
		above += v
		if above >= share*total {
			if i > 0 {
				return (v + values[i-1]) / 2
			}
			return v
		}
	}
	return values[0]
}
