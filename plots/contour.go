package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Contour draws the lines on which a field has given values, or fills the bands
// between them. Lines of one colour are dashed below zero. A value that is not
// finite leaves a grey hole, and is counted in the legend.
//
// Shapes: Values is [i][j], as in [Field]. Between the middles of the cells the
// field is interpolated linearly, and extrapolated over half a cell at the edge.
type Contour struct {
	Title         string
	X, Y          Axis // Min and Max are the domain, [0, 1] if not given
	Value         Axis // at the colour bar of bands: linear, Log or SymLog
	Values        [][]float64
	Levels        []float64     // rising; nil: about eight round ones
	Filled        bool          // bands in place of lines
	Labels        bool          // the level on each line that has room for it
	Colours       color.Palette // nil: Viridis for bands, ink for lines
	Width, Height vg.Length     // zero: one journal column, and the height that suits
}

var (
	_ Drawing = Contour{}
	_ Layer   = Contour{}
)

// Figure returns the drawing. Of a constant field there are no lines; the legend
// then says so.
//
// Errors: as [Field]; levels that are not finite or do not rise.
func (c Contour) Figure() (Figure, error) {
	return Plane{Title: c.Title, X: c.X, Y: c.Y, Layers: []Layer{c}, Width: c.Width, Height: c.Height}.Figure()
}

func (c Contour) axes() (x, y Axis)     { return c.X, c.Y }
func (c Contour) extent() (x, y extent) { return nothing(), nothing() }

func (c Contour) content(x, y scale) (content, error) {
	if err := errors.Join(validateGrid("Contour.Values", c.Values), validateLevels("Contour.Levels", c.Levels)); err != nil {
		return content{}, err
	}
	u := flat(c.Values)
	values, err := colourScale("Contour.Value", c.Value, u)
	if err != nil {
		return content{}, err
	}
	levels := slices.Clone(c.Levels)
	if levels == nil {
		reached := fieldExtent(c.Values)
		for _, t := range firstTicks(values, 8) {
			// A level that no value is beyond has no line, but for one along the border, where what was extrapolated there crosses it.
			if c.Filled || reached.lo < t.v && t.v < reached.hi {
				levels = append(levels, t.v)
			}
		}
	}
	l := latticeOf(filling(c.X, x), filling(c.Y, y), len(c.Values), len(c.Values[0]))
	out := content{
		keys:    maskKey(lost(u), len(u), "values"),
		numbers: []numbers{l.numbers(c.Value.Label, c.Values)},
	}
	if e := fieldExtent(c.Values); e.lo == e.hi {
		out.keys = append(out.keys, key{name: "constant: " + plain(e.lo)})
	}
	g := l.reaching(c.Values)
	bands := shadesOf(levels, values, coloursOr(c.Colours))
	if c.Filled {
		out.marks = append(out.marks, filled{g, levels, bands, lost(u) > 0})
		values.at = slices.Clone(levels)
		out.bars = []bar{{values, stepped(levels, values, bands)}}
		if !c.Labels {
			return out, nil
		}
	} else if lost(u) > 0 {
		out.marks = append(out.marks, placed{holes(c.Values), l.x0, l.x0 + l.dx*float64(l.nx), l.y0, l.y0 + l.dy*float64(l.ny)})
	}
	lines := isolines{field: g, levels: levels, labels: c.Labels}
	for k, level := range levels {
		switch {
		case c.Filled:
			lines.colours = append(lines.colours, legible(bands[k], bands[k+1]))
		case len(c.Colours) > 0:
			lines.colours = append(lines.colours, shades{values, c.Colours}.at(level))
		}
	}
	lines.thin = c.Filled || len(c.Colours) == 0
	out.marks = append(out.marks, lines)
	if len(c.Colours) > 0 && !c.Filled {
		out.bars = []bar{{values, c.Colours}}
	}
	return out, nil
}

// legible returns black or white, whichever differs more from two colours.
func legible(a, b dataColour) color.Color {
	bright := func(c dataColour) int { return 3*int(c.R) + 6*int(c.G) + int(c.B) } // about luma
	if bright(a)+bright(b) < 2*10*0x80 {
		return dataColour{color.NRGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 0xFF}}
	}
	return dataColour{color.NRGBA{A: 0xFF}}
}

func validateLevels(name string, levels []float64) error {
	for i, v := range levels {
		if !finite(v) || i > 0 && v <= levels[i-1] {
			return fmt.Errorf("plots: %s[%d] = %g, want finite levels that rise", name, i, v)
		}
	}
	return nil
}

// firstTicks returns the labelled ticks of a scale.
func firstTicks(s scale, n int) []tick {
	marks, _ := s.ticks(n)
	return slices.DeleteFunc(marks, func(t tick) bool { return t.label == "" })
}

// shadesOf returns a colour for each of the bands below, between and above the
// levels, spread over the whole map.
func shadesOf(levels []float64, values scale, colours color.Palette) []dataColour {
	edges := append([]float64{0}, make([]float64, 0, len(levels)+1)...)
	for _, v := range levels {
		edges = append(edges, min(max(values.norm(v), 0), 1))
	}
	edges = append(edges, 1)
	middle := func(k int) float64 { return (edges[k] + edges[k+1]) / 2 }
	first, last := middle(0), middle(len(levels))
	out := make([]dataColour, len(levels)+1)
	even := shades{scale{lo: 0, hi: 1}, colours}
	for k := range out {
		at := 0.5
		if last > first {
			at = (middle(k) - first) / (last - first)
		}
		out[k] = even.at(at)
	}
	return out
}

// stepped is the palette of a colour bar of bands.
func stepped(levels []float64, values scale, bands []dataColour) color.Palette {
	p := make(color.Palette, 256)
	for i := range p {
		at, k := (float64(i)+0.5)/256, 0
		for k < len(levels) && values.norm(levels[k]) <= at {
			k++
		}
		p[i] = bands[k].NRGBA
	}
	return p
}

// holes is grey where the field is not finite, and clear elsewhere.
func holes(u [][]float64) image.Image {
	grey := dataColour{maskGrey()}
	nx, ny := len(u), len(u[0])
	img := image.NewPaletted(image.Rect(0, 0, nx, ny), color.Palette{color.NRGBA{}, grey.NRGBA})
	for i, row := range u {
		for j, v := range row {
			if !finite(v) {
				img.SetColorIndex(i, ny-1-j, 1)
			}
		}
	}
	return img
}

// filled paints the region above each level over that above the one before, so
// that bands overlap and no seam shows between them.
type filled struct {
	isoGrid
	levels []float64
	bands  []dataColour
	holes  bool
}

func (m filled) draw(a area) {
	if m.holes {
		a.SetColor(dataColour{maskGrey()})
		a.Fill(vg.Rectangle{Min: a.at(m.xs[0], m.ys[0]), Max: a.at(m.xs[len(m.xs)-1], m.ys[len(m.ys)-1])}.Path())
	}
	for k, c := range m.bands {
		level := -math.MaxFloat64 // all that is finite
		if k > 0 {
			level = m.levels[k-1]
		}
		var path vg.Path
		for _, ring := range m.regions(level) {
			for n, p := range ring {
				at := a.at(p.x, p.y)
				at = vg.Point{X: min(max(at.X, a.Min.X), a.Max.X), Y: min(max(at.Y, a.Min.Y), a.Max.Y)}
				if n == 0 {
					path.Move(at)
				} else {
					path.Line(at)
				}
			}
			path.Close()
		}
		if len(path) > 0 {
			a.SetColor(c)
			a.Fill(path)
		}
	}
}

// isolines strokes the lines of levels, with their numbers on request.
type isolines struct {
	field   interface{ lines(level float64) [][]point }
	levels  []float64
	colours []color.Color // one for each level; nil: ink, dashed below zero
	thin    bool
	labels  bool
}

func (m isolines) draw(a area) {
	var taken []vg.Point
	for k, level := range m.levels {
		style := draw.LineStyle{Color: ink(), Width: dataWidth}
		if m.thin {
			style.Width = 0.7
		}
		if len(m.colours) > 0 {
			style.Color = m.colours[k]
		} else if level < 0 {
			style.Dashes = []vg.Length{2.5, 1.5}
		}
		for _, line := range m.field.lines(level) {
			pts := make([]vg.Point, len(line))
			for i, p := range line {
				pts[i] = a.at(p.x, p.y)
			}
			if m.labels {
				pts = m.label(a, pts, level, style, &taken)
			}
			if len(pts) > 1 {
				a.strokeClipped(style, pts)
			}
		}
	}
}

// label writes the level in a gap of the line, if it has room, strokes what lies
// before the gap, and returns what lies after it.
func (m isolines) label(a area, pts []vg.Point, level float64, style draw.LineStyle, taken *[]vg.Point) []vg.Point {
	text := lettering{size: 6, color: style.Color}
	name := plain(level)
	gap := text.width(name) + 5
	from, to, ok := straightest(pts, gap)
	if !ok {
		return pts
	}
	middle := vg.Point{X: (pts[from].X + pts[to].X) / 2, Y: (pts[from].Y + pts[to].Y) / 2}
	room := vg.Rectangle{Min: a.Min.Add(vg.Point{X: gap / 2, Y: gap / 2}), Max: a.Max.Sub(vg.Point{X: gap / 2, Y: gap / 2})}
	inRoom := middle.X > room.Min.X && middle.X < room.Max.X && middle.Y > room.Min.Y && middle.Y < room.Max.Y
	if !inRoom || slices.ContainsFunc(*taken, func(p vg.Point) bool { return distance(p, middle) < 1.3*gap }) {
		return pts
	}
	*taken = append(*taken, middle)
	turn := math.Atan2(float64(pts[to].Y-pts[from].Y), float64(pts[to].X-pts[from].X))
	if math.Abs(turn) > math.Pi/2 { // never upside down
		turn -= math.Copysign(math.Pi, turn)
	}
	text.draw(a, middle, 0.5, 0.5, turn, name)
	if from > 0 {
		a.strokeClipped(style, pts[:from+1])
	}
	return pts[to:]
}

func distance(p, q vg.Point) vg.Length {
	return vg.Length(math.Hypot(float64(p.X-q.X), float64(p.Y-q.Y)))
}

// straightest finds the stretch of a line that is at least gap long and bends
// least, away from the ends.
func straightest(pts []vg.Point, gap vg.Length) (from, to int, ok bool) {
	along := make([]vg.Length, len(pts))
	for i := 1; i < len(pts); i++ {
		along[i] = along[i-1] + distance(pts[i], pts[i-1])
	}
	total := along[len(along)-1]
	if total < 4*gap {
		return 0, 0, false
	}
	best := vg.Length(0.9) // a chord shorter than this part of its arc is too bent
	for i, j := 0, 0; i < len(pts); i++ {
		for j < len(pts) && along[j]-along[i] < gap {
			j++
		}
		if j == len(pts) {
			break
		}
		if along[i] < total/8 || total-along[j] < total/8 || along[j]-along[i] > 2*gap {
			continue
		}
		if straight := distance(pts[i], pts[j]) / (along[j] - along[i]); straight > best+1e-6 {
			best, from, to, ok = straight, i, j, true
		}
	}
	return from, to, ok
}
