package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Streamlines draws curves along a vector field, about evenly spaced, with an
// arrowhead in the middle of each. A line ends where it would come close to
// another or to itself, at the edge, at a point of rest, and where the field is
// not finite.
//
// Shapes: U and V are [i][j], the components along x and y, placed as in
// [Field] and linear in between.
//
// Source: Jobard and Lefer 1997, Creating evenly-spaced streamlines of arbitrary
// density. bib: jobard1997creating
type Streamlines struct {
	Title         string
	X, Y          Axis // Min and Max are the domain, [0, 1] if not given
	Speed         Axis // the colour bar's, if there are Colours
	U, V          [][]float64
	Density       float64       // of the lines; 0: 1, which starts them a 25th of the domain apart
	Colours       color.Palette // colours by speed; nil: ink
	Width, Height vg.Length     // zero: one journal column, and the height that suits
}

var (
	_ Drawing = Streamlines{}
	_ Layer   = Streamlines{}
)

// Figure returns the drawing.
//
// Errors: as [Arrows]; a Density that is not within 0.1 to 10.
func (s Streamlines) Figure() (Figure, error) {
	return Plane{Title: s.Title, X: s.X, Y: s.Y, Layers: []Layer{s}, Width: s.Width, Height: s.Height}.Figure()
}

func (s Streamlines) axes() (x, y Axis)     { return s.X, s.Y }
func (s Streamlines) extent() (x, y extent) { return nothing(), nothing() }

func (s Streamlines) content(x, y scale) (content, error) {
	speed, err := speeds("Streamlines", s.U, s.V)
	if err != nil {
		return content{}, err
	}
	density := s.Density
	if density == 0 {
		density = 1
	}
	if !(density >= 0.1 && density <= 10) {
		return content{}, fmt.Errorf("plots: Streamlines.Density = %g, want 0.1 to 10, or 0 for 1", s.Density)
	}
	l := latticeOf(filling(s.X, x), filling(s.Y, y), len(s.U), len(s.U[0]))
	seeds := &tracks{lattice: l, u: s.U, v: s.V, apart: 1 / (25 * density)}
	lines := seeds.all()
	var out content
	m := streams{lines: lines, u: speed, lattice: l}
	if len(s.Colours) > 0 {
		values, err := colourScale("Streamlines.Speed", s.Speed, flat(speed))
		if err != nil {
			return content{}, err
		}
		m.shades = shades{values, s.Colours}
		out.bars = []bar{{values, s.Colours}}
	}
	out.marks = []mark{m}
	if n := lost(flat(speed)); n > 0 {
		out.keys = append(out.keys, key{name: fmt.Sprintf("%d of %d vectors not finite", n, l.nx*l.ny)})
	}
	if len(lines) == 0 {
		out.keys = append(out.keys, key{name: "no line: the field is at rest"})
	}
	out.numbers = []numbers{}
	for i, line := range lines {
		n := numbers{name: fmt.Sprintf("line %d", i+1)}
		for _, p := range line {
			n.x, n.y = append(n.x, p.x), append(n.y, p.y)
		}
		out.numbers = append(out.numbers, n)
	}
	return out, nil
}

// tracks places streamlines in the unit square. It keeps the points of all lines
// in bins as wide as the distance between lines.
type tracks struct {
	lattice
	u, v  [][]float64
	apart float64 // between lines where they start
	bins  map[[2]int][]point
	lines [][]point // in the unit square
}

// all returns the lines in the domain: each starts beside those before it, and
// where there are none yet, at points of a square grid.
func (f *tracks) all() [][]point {
	f.bins = map[[2]int][]point{}
	n := int(1/f.apart + 0.5)
	for i := range n * n {
		next := len(f.lines)
		f.try(point{(float64(i/n) + 0.5) / float64(n), (float64(i%n) + 0.5) / float64(n)})
		for ; next < len(f.lines); next++ {
			for _, p := range f.beside(f.lines[next]) {
				f.try(p)
			}
		}
	}
	out := make([][]point, len(f.lines))
	for k, line := range f.lines {
		out[k] = make([]point, len(line))
		for i, p := range line {
			out[k][i] = point{f.x0 + p.x*f.dx*float64(f.nx), f.y0 + p.y*f.dy*float64(f.ny)}
		}
	}
	return out
}

// beside returns places at the distance between lines on both sides of one.
func (f *tracks) beside(line []point) []point {
	var out []point
	every := int(1/f.stride()*f.apart) + 1
	for i := 0; i < len(line); i += every {
		if k, ok := f.direction(line[i]); ok {
			out = append(out,
				point{line[i].x - 1.01*f.apart*k.y, line[i].y + 1.01*f.apart*k.x},
				point{line[i].x + 1.01*f.apart*k.y, line[i].y - 1.01*f.apart*k.x})
		}
	}
	return out
}

// stride is the length of a step: a tenth of the distance between lines.
func (f *tracks) stride() float64 { return f.apart / 10 }

// free reports whether no point of a line lies within a distance of p.
func (f *tracks) free(p point, distance float64) bool {
	i, j := f.bin(p)
	for di := -1; di <= 1; di++ {
		for dj := -1; dj <= 1; dj++ {
			for _, q := range f.bins[[2]int{i + di, j + dj}] {
				if math.Hypot(q.x-p.x, q.y-p.y) < distance {
					return false
				}
			}
		}
	}
	return true
}

func (f *tracks) bin(p point) (i, j int) {
	return int(math.Floor(p.x / f.apart)), int(math.Floor(p.y / f.apart))
}

// try starts a line at a place, and keeps it if it is long enough to see.
func (f *tracks) try(seed point) {
	if seed.x < 0 || seed.x > 1 || seed.y < 0 || seed.y > 1 || !f.free(seed, f.apart) {
		return
	}
	ahead := f.follow(seed, 1)
	closed := len(ahead) > 0 && math.Hypot(ahead[len(ahead)-1].x-seed.x, ahead[len(ahead)-1].y-seed.y) < 1.5*f.stride()
	line := append([]point{seed}, ahead...)
	if !closed {
		back := f.follow(seed, -1)
		slices.Reverse(back)
		line = append(back, line...)
	}
	const least = 3 // distances between lines
	if float64(len(line))*f.stride() < least*f.apart {
		return
	}
	for _, p := range line {
		a, b := f.bin(p)
		f.bins[[2]int{a, b}] = append(f.bins[[2]int{a, b}], p)
	}
	f.lines = append(f.lines, line)
}

// follow integrates from a seed by the classical Runge–Kutta method in steps of
// equal length, until the line comes within half the distance of another one or
// round to its seed.
func (f *tracks) follow(seed point, sign float64) []point {
	h, p := sign*f.stride(), seed
	var line []point
	for range int(8 / f.stride()) { // eight times across the domain
		k1, ok1 := f.direction(p)
		k2, ok2 := f.direction(point{p.x + h/2*k1.x, p.y + h/2*k1.y})
		k3, ok3 := f.direction(point{p.x + h/2*k2.x, p.y + h/2*k2.y})
		k4, ok4 := f.direction(point{p.x + h*k3.x, p.y + h*k3.y})
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return line
		}
		step := point{(k1.x + 2*k2.x + 2*k3.x + k4.x) / 6, (k1.y + 2*k2.y + 2*k3.y + k4.y) / 6}
		if math.Hypot(step.x, step.y) < 0.5 { // it turns about: a point of rest
			return line
		}
		p = point{p.x + h*step.x, p.y + h*step.y}
		if p.x < 0 || p.x > 1 || p.y < 0 || p.y > 1 || !f.free(p, f.apart/2) {
			return line
		}
		line = append(line, p)
		if len(line) > 10 && math.Hypot(p.x-seed.x, p.y-seed.y) < f.stride() {
			return append(line, seed)
		}
		if len(line) > 20 && f.meetsItself(line) {
			return line
		}
	}
	return line
}

// meetsItself reports whether the end of a line has come round to an earlier
// part of it, as on a spiral.
func (f *tracks) meetsItself(line []point) bool {
	end := line[len(line)-1]
	for i := len(line) - 21; i >= 0; i -= 2 {
		if math.Hypot(line[i].x-end.x, line[i].y-end.y) < f.apart/2 {
			return true
		}
	}
	return false
}

// direction returns the unit vector of the field at a place in the unit square,
// and false outside the square, at rest and where it is not finite.
func (f *tracks) direction(p point) (point, bool) {
	if p.x < 0 || p.x > 1 || p.y < 0 || p.y > 1 {
		return point{}, false
	}
	u := f.bilinear(f.u, p) / (f.dx * float64(f.nx))
	v := f.bilinear(f.v, p) / (f.dy * float64(f.ny))
	size := math.Hypot(u, v)
	if !finite(size) || size == 0 {
		return point{}, false
	}
	return point{u / size, v / size}, true
}

// bilinear interpolates between the middles of the cells; in the half cells at
// the edge the value is that of the nearest middle.
func (l lattice) bilinear(u [][]float64, p point) float64 {
	s := min(max(p.x*float64(l.nx)-0.5, 0), float64(l.nx-1))
	t := min(max(p.y*float64(l.ny)-0.5, 0), float64(l.ny-1))
	i, j := min(int(s), max(l.nx-2, 0)), min(int(t), max(l.ny-2, 0))
	s, t = s-float64(i), t-float64(j)
	k, m := min(i+1, l.nx-1), min(j+1, l.ny-1)
	return (1-s)*((1-t)*u[i][j]+t*u[i][m]) + s*((1-t)*u[k][j]+t*u[k][m])
}

// streams draws streamlines.
type streams struct {
	lattice
	lines  [][]point
	u      [][]float64 // speed
	shades shades      // of an empty palette: ink
}

func (m streams) draw(a area) {
	for _, line := range m.lines {
		pts := make([]vg.Point, len(line))
		colours := make([]color.Color, len(line))
		for i, p := range line {
			pts[i] = a.at(p.x, p.y)
			colours[i] = m.colour(p)
		}
		// Pieces of one colour overlap by a point.
		for from := 0; from < len(pts)-1; {
			to := from + 1
			for to < len(pts)-1 && colours[to] == colours[from] {
				to++
			}
			a.strokeClipped(draw.LineStyle{Color: colours[from], Width: 0.8}, pts[from:to+1])
			from = to
		}
		k := len(pts) / 2
		turn := math.Atan2(float64(pts[k].Y-pts[k-1].Y), float64(pts[k].X-pts[k-1].X))
		if a.Contains(pts[k]) {
			fillHead(a.Canvas, pts[k], turn, 4, colours[k])
		}
	}
}

// colour is that of the speed at a place, in 32 steps, so that a line is a few
// strokes.
func (m streams) colour(p point) color.Color {
	if len(m.shades.colours) == 0 {
		return ink()
	}
	at := point{(p.x - m.x0) / (m.dx * float64(m.nx)), (p.y - m.y0) / (m.dy * float64(m.ny))}
	n := m.shades.values.norm(m.bilinear(m.u, at))
	return shades{scale{lo: 0, hi: 1}, m.shades.colours}.at(math.Round(n*32) / 32)
}
