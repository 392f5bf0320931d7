package plots

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Surface draws a field as a shaded surface in three dimensions, seen from a
// point far away. The surface is one image in every format; hidden parts are
// left out by their distance, pixel by pixel. A cell with a corner that is not
// finite is left open, and counted in the legend.
//
// Shapes: Values is [i][j], as in [Field]; the corners of the surface's cells are
// the middles of the field's.
type Surface struct {
	Title         string
	X, Y          Axis // Min and Max are the domain, [0, 1] if not given
	Value         Axis // upwards, and at the colour bar: linear, Log or SymLog
	Values        [][]float64
	Azimuth       float64       // degrees from which it is seen, from the x axis towards y; zero with Elevation zero: −60 and 30
	Elevation     float64       // degrees above the plane, −90 to 90
	Colours       color.Palette // nil: Viridis
	Width, Height vg.Length     // zero: one journal column
}

var _ Drawing = Surface{}

// Figure returns the drawing.
//
// Errors: as [Field]; fewer than two values along an axis; no cell with four
// finite corners; an elevation outside −90 to 90 degrees.
func (s Surface) Figure() (Figure, error) {
	page, err := s.sheet()
	if err != nil {
		return Figure{}, err
	}
	return page.figure(s.Width, s.Height, Column, 66*vg.Millimeter)
}

// sheet checks the surface and lays it out.
func (s Surface) sheet() (sheet, error) {
	field := Field{X: s.X, Y: s.Y, Value: s.Value, Values: s.Values, Colours: s.Colours}
	x, y, err := Plane{Layers: []Layer{field}}.settle()
	if err != nil {
		return sheet{}, err
	}
	if err := s.validate(); err != nil {
		return sheet{}, err
	}
	u := flat(s.Values)
	values, err := colourScale("Surface.Value", s.Value, u)
	if err != nil {
		return sheet{}, err
	}
	if s.Azimuth == 0 && s.Elevation == 0 {
		s.Azimuth, s.Elevation = -60, 30
	}
	x.text, y.text = s.X.or("x", "").text(), s.Y.or("y", "").text()
	l := latticeOf(s.X, s.Y, len(s.Values), len(s.Values[0]))
	relief := &relief{lattice: l, x: x, y: y, z: values, u: clone(s.Values), colours: coloursOr(s.Colours), view: viewFrom(s.Azimuth, s.Elevation)}
	open, cells := relief.open()
	if open == cells {
		return sheet{}, fmt.Errorf("plots: Surface: none of its %d cells has four finite corners, want at least one", cells)
	}
	relief.render()
	p := &panel{blank: true, x: scale{hi: 1, none: true}, y: scale{hi: 1, none: true}, marks: []mark{relief}}
	p.numbers = []numbers{l.numbers(s.Value.Label, s.Values)}
	page := single(s.Title, nil, p)
	if open > 0 {
		page.keys = []key{{name: fmt.Sprintf("%d of %d cells not finite", open, cells)}}
	}
	page.cols = append(page.cols, track{fixed: barWidth, gap: 5})
	page.cells[0] = append(page.cells[0], colourBar(values, coloursOr(s.Colours)))
	return page, nil
}

func (s Surface) validate() error {
	if err := validateGrid("Surface.Values", s.Values); err != nil {
		return err
	}
	if len(s.Values) < 2 || len(s.Values[0]) < 2 {
		return fmt.Errorf("plots: Surface.Values is %d by %d, want at least 2 by 2", len(s.Values), len(s.Values[0]))
	}
	if !finite(s.Azimuth) || !(math.Abs(s.Elevation) <= 90) {
		return fmt.Errorf("plots: Surface.Azimuth = %g, Elevation = %g, want finite degrees, and −90 to 90 for Elevation", s.Azimuth, s.Elevation)
	}
	return nil
}

func clone(u [][]float64) [][]float64 {
	out := make([][]float64, len(u))
	for i, row := range u {
		out[i] = append([]float64(nil), row...)
	}
	return out
}

// solid is a place in the box of a surface, each coordinate in [−1, 1].
type solid struct{ x, y, z float64 }

// view projects in parallel: right and up span the page, near points to the eye.
type view struct{ right, up, near solid }

// viewFrom looks from a direction in degrees.
func viewFrom(azimuth, elevation float64) view {
	sa, ca := math.Sincos(azimuth * math.Pi / 180)
	se, ce := math.Sincos(elevation * math.Pi / 180)
	return view{
		right: solid{-sa, ca, 0},
		up:    solid{-se * ca, -se * sa, ce},
		near:  solid{ce * ca, ce * sa, se},
	}
}

func dot(a, b solid) float64 { return a.x*b.x + a.y*b.y + a.z*b.z }

// relief draws a surface and the box around it.
type relief struct {
	lattice
	x, y, z scale
	u       [][]float64
	colours color.Palette
	view    view
	w, h    float64     // half the size of the box on the page, in units of its width
	img     image.Image // of the surface, as large as the box
}

// tall is the height of the box, as a part of its width.
const tall = 0.7

// node returns the place of value (i, j).
func (m *relief) node(i, j int) solid {
	return solid{2*m.x.norm(m.lattice.x(i)) - 1, 2*m.y.norm(m.lattice.y(j)) - 1, m.height(m.u[i][j])}
}

func (m *relief) height(v float64) float64 {
	return tall * (2*min(max(m.z.norm(v), 0), 1) - 1)
}

// open counts the cells of which a corner is not finite, and all.
func (m *relief) open() (open, cells int) {
	for i := range m.nx - 1 {
		for j := range m.ny - 1 {
			cells++
			if !m.whole(i, j) {
				open++
			}
		}
	}
	return open, cells
}

func (m *relief) whole(i, j int) bool {
	return finite(m.u[i][j]) && finite(m.u[i+1][j]) && finite(m.u[i][j+1]) && finite(m.u[i+1][j+1])
}

func (m *relief) draw(a area) {
	// The box's projection, with room for labels, fills the area.
	const room = 26 // points for ticks and labels
	size := a.Size()
	unit := min(float64(size.X-2*room)/(2*m.w), float64(size.Y-2*room+14)/(2*m.h))
	middle := a.Center()
	page := func(p solid) vg.Point {
		return vg.Point{
			X: middle.X + vg.Length(unit*dot(p, m.view.right)),
			Y: middle.Y + vg.Length(unit*dot(p, m.view.up)),
		}
	}
	m.drawBack(a, page)
	extent := vg.Point{X: vg.Length(unit * m.w), Y: vg.Length(unit * m.h)}
	a.DrawImage(vg.Rectangle{Min: middle.Sub(extent), Max: middle.Add(extent)}, m.img)
	m.drawAxes(a, page)
}

func boxCorners() []solid {
	var corners []solid
	for k := range 8 {
		sign := func(bit int) float64 { return float64(2*(k>>bit&1) - 1) }
		corners = append(corners, solid{sign(0), sign(1), tall * sign(2)})
	}
	return corners
}

// away is the side of the box that faces from the eye along an axis, ±1.
func away(near float64) float64 {
	if near > 0 {
		return -1
	}
	return 1
}

// drawBack draws the three faces of the box behind the surface, with a grid.
func (m *relief) drawBack(a area, page func(solid) vg.Point) {
	bx, by, bz := away(m.view.near.x), away(m.view.near.y), tall*away(m.view.near.z)
	grid := draw.LineStyle{Color: gridGrey(), Width: gridWidth}
	line := func(style draw.LineStyle, p, q solid) {
		s, e := page(p), page(q)
		a.StrokeLine2(style, s.X, s.Y, e.X, e.Y)
	}
	for _, t := range firstTicks(m.x, 5) {
		v := 2*m.x.norm(t.v) - 1
		line(grid, solid{v, -1, bz}, solid{v, 1, bz})
		line(grid, solid{v, by, -tall}, solid{v, by, tall})
	}
	for _, t := range firstTicks(m.y, 5) {
		v := 2*m.y.norm(t.v) - 1
		line(grid, solid{-1, v, bz}, solid{1, v, bz})
		line(grid, solid{bx, v, -tall}, solid{bx, v, tall})
	}
	for _, t := range firstTicks(m.z, 5) {
		v := m.height(t.v)
		line(grid, solid{bx, -1, v}, solid{bx, 1, v})
		line(grid, solid{-1, by, v}, solid{1, by, v})
	}
	edge := draw.LineStyle{Color: muted(), Width: frameWidth}
	for _, sign := range []float64{-1, 1} {
		line(edge, solid{bx, by, -tall}, solid{bx, by, tall})
		line(edge, solid{bx, sign, -tall}, solid{bx, sign, tall})
		line(edge, solid{sign, by, -tall}, solid{sign, by, tall})
		line(edge, solid{bx, -1, sign * tall}, solid{bx, 1, sign * tall})
		line(edge, solid{-1, by, sign * tall}, solid{1, by, sign * tall})
		line(edge, solid{sign, -1, bz}, solid{sign, 1, bz})
		line(edge, solid{-1, sign, bz}, solid{1, sign, bz})
	}
}

// drawAxes sets ticks, numbers and names along the edges of the floor that face
// the eye, and along the upright edge at the left.
func (m *relief) drawAxes(a area, page func(solid) vg.Point) {
	fx, fy, bz := -away(m.view.near.x), -away(m.view.near.y), tall*away(m.view.near.z)
	m.axis(a, m.x, page, func(v float64) solid { return solid{2*m.x.norm(v) - 1, fy, bz} }, solid{0, fy, 0})
	m.axis(a, m.y, page, func(v float64) solid { return solid{fx, 2*m.y.norm(v) - 1, bz} }, solid{fx, 0, 0})
	// Of the two upright edges at the sides the left one.
	left := solid{fx, -fy, 0}
	if dot(left, m.view.right) > 0 {
		left = solid{-fx, fy, 0}
	}
	z := m.z
	z.text = "" // the colour bar has it
	m.axis(a, z, page, func(v float64) solid { return solid{left.x, left.y, m.height(v)} }, left)
}

// axis draws the ticks of one edge; outward points away from the box.
func (m *relief) axis(a area, s scale, page func(solid) vg.Point, at func(float64) solid, outward solid) {
	from, to := page(solid{}), page(outward)
	dir := vg.Point{X: to.X - from.X, Y: to.Y - from.Y}
	length := distance(from, to)
	if length == 0 {
		return
	}
	dir = vg.Point{X: dir.X / length, Y: dir.Y / length}
	style := draw.LineStyle{Color: ink(), Width: frameWidth}
	marks, factor := s.ticks(5)
	start, end := page(at(s.lo)), page(at(s.hi))
	a.StrokeLine2(style, start.X, start.Y, end.X, end.Y)
	text := tickText()
	widest := vg.Length(0)
	// The text stands on that side of its place to which outward points.
	right, up := 0.5-0.5*float64(dir.X), 0.5-0.5*float64(dir.Y)
	for _, t := range marks {
		if t.label == "" {
			continue
		}
		p := page(at(t.v))
		q := p.Add(vg.Point{X: dir.X * majorTick, Y: dir.Y * majorTick})
		a.StrokeLine2(style, p.X, p.Y, q.X, q.Y)
		text.draw(a, q.Add(vg.Point{X: dir.X * pad / 2, Y: dir.Y * pad / 2}), right, up, 0, t.label)
		widest = max(widest, text.width(t.label))
	}
	name := s.text
	if factor != "" && name != "" {
		name += " " + factor
	}
	middle := page(at(middleOf(s)))
	reach := majorTick + pad + widest*vg.Length(math.Abs(float64(dir.X))) + text.height()*vg.Length(math.Abs(float64(dir.Y))) + 3
	labelText().draw(a, middle.Add(vg.Point{X: dir.X * reach, Y: dir.Y * reach}), right, up, 0, name)
}

// middleOf returns the value in the middle of a drawn axis.
func middleOf(s scale) float64 { return (s.lo + s.hi) / 2 }

// render draws the surface on a clear ground as large as the box: with four
// samples a pixel, and the nearest cell in front.
func (m *relief) render() {
	for _, c := range boxCorners() {
		m.w, m.h = max(m.w, math.Abs(dot(c, m.view.right))), max(m.h, math.Abs(dot(c, m.view.up)))
	}
	const most, samples = 900, 2 // pixels along the longer side; samples a pixel along each
	long := max(m.w, m.h)
	nx, ny := samples*max(1, int(most*m.w/long)), samples*max(1, int(most*m.h/long))
	s := shading{fine: image.NewNRGBA(image.Rect(0, 0, nx, ny)), depth: make([]float64, nx*ny), relief: m}
	for i := range s.depth {
		s.depth[i] = math.Inf(-1)
	}
	tint := shades{scale{lo: 0, hi: 255}, m.colours}
	for i := range s.tint {
		s.tint[i] = tint.at(float64(i)).NRGBA
	}
	// The light stands to the left of the eye and above it.
	v := m.view
	s.light = solid{
		v.near.x + 0.7*(v.up.x-v.right.x), v.near.y + 0.7*(v.up.y-v.right.y), v.near.z + 0.7*(v.up.z-v.right.z),
	}
	for i := range m.nx - 1 {
		for j := range m.ny - 1 {
			if m.whole(i, j) {
				s.triangle([3][2]int{{i, j}, {i + 1, j}, {i + 1, j + 1}})
				s.triangle([3][2]int{{i, j}, {i + 1, j + 1}, {i, j + 1}})
			}
		}
	}
	m.img = halved(s.fine)
}

// shading is a surface on its way to an image.
type shading struct {
	*relief
	fine  *image.NRGBA
	depth []float64 // of the nearest point at each pixel
	tint  [256]color.NRGBA
	light solid
}

// triangle draws one half of a cell where nothing nearer is.
func (s *shading) triangle(nodes [3][2]int) {
	size := s.fine.Bounds().Size()
	var p [3]point
	var near, z, lit [3]float64
	for k, n := range nodes {
		q := s.node(n[0], n[1])
		z[k], lit[k] = q.z, s.lit(n[0], n[1])
		p[k] = point{(dot(q, s.view.right)/s.w + 1) / 2 * float64(size.X), (1 - dot(q, s.view.up)/s.h) / 2 * float64(size.Y)}
		near[k] = dot(q, s.view.near)
	}
	mean := func(v, w [3]float64) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }
	scan(p, size.X, size.Y, func(x, y int, w [3]float64) {
		at, depth := y*size.X+x, mean(near, w)
		if depth <= s.depth[at] {
			return
		}
		s.depth[at] = depth
		n := s.tint[int(min(max((mean(z, w)/tall+1)/2, 0), 1)*255+0.5)]
		shade := mean(lit, w)
		dim := func(v uint8) uint8 { return uint8(float64(v)*shade + 0.5) }
		pix := s.fine.Pix[4*at:]
		pix[0], pix[1], pix[2], pix[3] = dim(n.R), dim(n.G), dim(n.B), 0xFF
	})
}

// lit is the brightness of the surface at a node, 0.6 to 1, alike on both of its
// sides: from the normal between the neighbours that are finite.
func (s *shading) lit(i, j int) float64 {
	along := func(di, dj int) solid {
		a, b := s.beside(i, j, -di, -dj), s.beside(i, j, di, dj)
		return solid{b.x - a.x, b.y - a.y, b.z - a.z}
	}
	e, f := along(1, 0), along(0, 1)
	normal := solid{e.y*f.z - e.z*f.y, e.z*f.x - e.x*f.z, e.x*f.y - e.y*f.x}
	size := math.Sqrt(dot(normal, normal) * dot(s.light, s.light))
	if size == 0 {
		return 1
	}
	return 0.6 + 0.4*math.Abs(dot(normal, s.light))/size
}

// beside returns the node next to (i, j), or that one itself at an edge or a hole.
func (s *shading) beside(i, j, di, dj int) solid {
	if k, l := i+di, j+dj; k >= 0 && l >= 0 && k < s.nx && l < s.ny && finite(s.u[k][l]) {
		return s.node(k, l)
	}
	return s.node(i, j)
}

// halved averages squares of two by two pixels.
func halved(fine *image.NRGBA) image.Image {
	size := fine.Bounds().Size()
	out := image.NewNRGBA(image.Rect(0, 0, size.X/2, size.Y/2))
	for y := range size.Y / 2 {
		for x := range size.X / 2 {
			var r, g, b, n int
			for k := range 4 {
				c := fine.NRGBAAt(2*x+k%2, 2*y+k/2)
				if c.A == 0xFF {
					r, g, b, n = r+int(c.R), g+int(c.G), b+int(c.B), n+1
				}
			}
			if n > 0 {
				out.SetNRGBA(x, y, color.NRGBA{R: uint8(r / n), G: uint8(g / n), B: uint8(b / n), A: uint8(255 * n / 4)})
			}
		}
	}
	return out
}
