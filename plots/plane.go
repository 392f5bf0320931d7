package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// Plane draws layers over one pair of axes in the plane, the first at the
// bottom: a field with contours over it, arrows over a mesh. The limits are those
// of X and Y, else what the layers span together; a grid without limits of its
// own fills the plane. Each layer that shows values by colour has its colour bar
// at the right.
type Plane struct {
	Title         string
	X, Y          Axis // of no label: those of the first layer that has one
	Layers        []Layer
	Aspect        float64   // height over width of the plane; 0: that of the domain, within 1/8 to 8
	Width, Height vg.Length // zero: one journal column, and the height that suits
}

var _ Drawing = Plane{}

// Layer is a kind of figure that can lie over others in a [Plane]: [Field],
// [Contour], [Mesh], [Arrows], [Streamlines], [Particles] and [Network].
type Layer interface {
	Drawing
	// axes returns the layer's own axes; their limits are its domain, zero
	// where the data give it.
	axes() (x, y Axis)
	// content checks the data and turns them into marks on the given domain.
	content(x, y scale) (content, error)
	// extent returns the range of the data of a layer whose axes have no limits.
	extent() (x, y extent)
}

// content is what a layer adds to a plane.
type content struct {
	marks   []mark
	bars    []bar
	keys    []key
	numbers []numbers
}

// bar describes a colour bar.
type bar struct {
	values  scale
	colours color.Palette
}

// panel is the colour bar as a narrow panel.
func (b bar) panel() *panel { return colourBar(b.values, b.colours) }

// Figure returns the drawing.
//
// Errors: no layers; logarithmic axes; limits in the wrong order; those of the
// layers.
func (p Plane) Figure() (Figure, error) {
	s, err := p.sheet()
	if err != nil {
		return Figure{}, err
	}
	return s.figureOf(p.Width, p.Height, Column, s.naturalHeight)
}

// sheet checks the plane and lays it out.
func (p Plane) sheet() (sheet, error) {
	x, y, err := p.settle()
	if err != nil {
		return sheet{}, err
	}
	var all content
	var problems []error
	for i, l := range p.Layers {
		c, err := l.content(x, y)
		if err != nil {
			if len(p.Layers) > 1 {
				err = fmt.Errorf("plots: Plane.Layers[%d]: %w", i, err)
			}
			problems = append(problems, err)
			continue
		}
		all.marks = append(all.marks, c.marks...)
		all.bars = append(all.bars, c.bars...)
		all.keys = append(all.keys, c.keys...)
		all.numbers = append(all.numbers, c.numbers...)
	}
	if err := errors.Join(problems...); err != nil {
		return sheet{}, err
	}
	s := single(p.Title, all.keys, &panel{framed: true, x: x, y: y, marks: all.marks, numbers: all.numbers})
	s.aspect = p.Aspect
	if s.aspect == 0 {
		s.aspect = naturalAspect(x, y)
	}
	for i, b := range all.bars {
		t := track{fixed: barWidth, gap: 5}
		if i > 0 {
			t.gap = 8
		}
		s.cols = append(s.cols, t)
		s.cells[0] = append(s.cells[0], b.panel())
	}
	return s, nil
}

// naturalAspect is that of the domain, or of a usual figure where the domain is
// too long and thin to be drawn to scale.
func naturalAspect(x, y scale) float64 {
	const usual, most = 0.6, 8
	if a := (y.hi - y.lo) / (x.hi - x.lo); a > 1.0/most && a < most {
		return a
	}
	return usual
}

// settle finds the axes and their limits.
func (p Plane) settle() (x, y scale, err error) {
	if len(p.Layers) == 0 {
		return x, y, errors.New("plots: Plane has no layers, want at least one")
	}
	ax, ay := p.X, p.Y
	xs, ys := nothing(), nothing()
	for i, l := range p.Layers {
		if l == nil {
			return x, y, fmt.Errorf("plots: Plane.Layers[%d] is nil, want a layer", i)
		}
		lx, ly := l.axes()
		if err := errors.Join(lx.validate("X"), ly.validate("Y")); err != nil {
			return x, y, err
		}
		ax, ay = ax.or(lx.Label, lx.Unit), ay.or(ly.Label, ly.Unit)
		dx, dy := l.extent()
		if lx.fixed() {
			dx = extent{lx.Min, lx.Max}
		}
		if ly.fixed() {
			dy = extent{ly.Min, ly.Max}
		}
		xs.add(dx.lo, dx.hi)
		ys.add(dy.lo, dy.hi)
		if i == 0 {
			ax.Ticks, ay.Ticks = or(ax.Ticks, lx.Ticks), or(ay.Ticks, ly.Ticks)
		}
		if lx.Log || ly.Log || lx.SymLog > 0 || ly.SymLog > 0 {
			return x, y, errors.New("plots: X or Y of a layer is logarithmic, want linear axes in a plane")
		}
	}
	problems := []error{ax.validate("Plane.X"), ay.validate("Plane.Y")}
	if ax.Log || ay.Log || ax.SymLog > 0 || ay.SymLog > 0 {
		problems = append(problems, errors.New("plots: Plane.X or Y is logarithmic, want linear axes"))
	}
	if !finite(p.Aspect) || p.Aspect < 0 {
		problems = append(problems, fmt.Errorf("plots: Plane.Aspect = %g, want > 0, or 0 for that of the domain", p.Aspect))
	}
	ax, ay = ax.or("x", ""), ay.or("y", "")
	return ax.scale(xs, 0), ay.scale(ys, 0), errors.Join(problems...)
}

func or(ticks, other []float64) []float64 {
	if ticks == nil {
		return other
	}
	return ticks
}

// lattice places the points of a field: each value stands in the middle of one
// of the equal cells into which the domain is divided.
type lattice struct {
	nx, ny         int
	x0, y0, dx, dy float64
}

// latticeOf divides the domain of the axes, [0, 1] where they have no limits.
func latticeOf(x, y Axis, nx, ny int) lattice {
	x, y = unitDomain(x), unitDomain(y)
	return lattice{nx, ny, x.Min, y.Min, (x.Max - x.Min) / float64(nx), (y.Max - y.Min) / float64(ny)}
}

// unitDomain gives an axis the limits [0, 1] if it has none.
func unitDomain(a Axis) Axis {
	if !a.fixed() {
		a.Max = 1
	}
	return a
}

// filling gives an axis the limits of the plane if it has none.
func filling(a Axis, s scale) Axis {
	if !a.fixed() {
		a.Min, a.Max = s.lo, s.hi
	}
	return a
}

func (l lattice) x(i int) float64 { return l.x0 + (float64(i)+0.5)*l.dx }
func (l lattice) y(j int) float64 { return l.y0 + (float64(j)+0.5)*l.dy }

// numbers are those of a field on the lattice.
func (l lattice) numbers(name string, u [][]float64) numbers {
	n := numbers{name: name, field: true, value: flat(u)}
	for i := range l.nx {
		n.x = append(n.x, l.x(i))
	}
	for j := range l.ny {
		n.y = append(n.y, l.y(j))
	}
	return n
}

// maskKey says how many values are drawn in grey since they are not finite.
func maskKey(lost, all int, what string) []key {
	if lost == 0 {
		return nil
	}
	return []key{{name: fmt.Sprintf("%d of %d %s not finite", lost, all, what), patch: dataColour{maskGrey()}}}
}

// rangeKeys says how many of the values are not finite, and how many lie beyond
// the ends of the colour bar and so have the colour of an end.
func rangeKeys(u []float64, values scale, what string) []key {
	const roundOff = 1e-9 // of limits that are those of the values
	beyond := 0
	for _, v := range u {
		if n := values.norm(v); finite(v) && (n < -roundOff || n > 1+roundOff || math.IsNaN(n)) {
			beyond++
		}
	}
	keys := maskKey(lost(u), len(u), what)
	if beyond > 0 {
		keys = append(keys, key{name: fmt.Sprintf("%d of %d %s beyond the colour bar", beyond, len(u), what)})
	}
	return keys
}

func maskGrey() color.NRGBA { return color.NRGBA{R: 0xBB, G: 0xBB, B: 0xBB, A: 0xFF} }

// colourScale settles the axis of a colour bar for values.
//
// Errors: limits in the wrong order; a value that is not positive on a
// logarithmic one.
func colourScale(name string, a Axis, values []float64) (scale, error) {
	if err := a.validate(name); err != nil {
		return scale{}, err
	}
	e := nothing()
	e.add(values...)
	if a.Log && e.lo <= 0 {
		return scale{}, fmt.Errorf("plots: %s.Log = true and the least value is %g, want all > 0; SymLog takes either sign", name, e.lo)
	}
	return a.scale(e, 0), nil
}

// shades is a colour map of 255 colours, from which a value takes its own.
type shades struct {
	values  scale
	colours color.Palette
}

// at returns the colour of a value: grey where it is not finite, that of the
// nearer end outside the limits.
func (s shades) at(v float64) dataColour {
	if !finite(v) {
		return dataColour{maskGrey()}
	}
	n := min(max(s.values.norm(v), 0), 1)
	c := s.colours[int(n*float64(len(s.colours)-1)+0.5)]
	return dataColour{color.NRGBAModel.Convert(c).(color.NRGBA)}
}

// coloursOr returns a palette, Viridis if it is empty.
func coloursOr(p color.Palette) color.Palette {
	if len(p) == 0 {
		return Viridis()
	}
	return p
}
