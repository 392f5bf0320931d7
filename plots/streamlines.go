package plots

import (
	"cmp"
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
type Streamlines struct {
	Title         string
	X, Y          Axis // Min and Max are the domain, [0, 1] if not given
	Speed         Axis // the colour bar's, if there are Colours
	U, V          [][]float64
	Density       float64       // of the lines; 0: 1, which keeps them a thirtieth of the domain apart
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

func (s Streamlines) axes() (x, y Axis)     { return unitDomain(s.X), unitDomain(s.Y) }
func (s Streamlines) extent() (x, y extent) { return nothing(), nothing() }

func (s Streamlines) content(scale, scale) (content, error) {
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
	l := latticeOf(s.X, s.Y, len(s.U), len(s.U[0]))
	seeds := &tracks{lattice: l, u: s.U, v: s.V, cells: int(math.Round(30 * density))}
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

// tracks places streamlines. It keeps a grid of cells over the domain, in each of
// which one line may run.
type tracks struct {
	lattice
	u, v  [][]float64
	cells int // along each side
	taken []bool
}

// all returns the lines, from seeds at the edge of the domain inwards.
func (f *tracks) all() [][]point {
	f.taken = make([]bool, f.cells*f.cells)
	seeds := make([]int, len(f.taken))
	for i := range seeds {
		seeds[i] = i
	}
	depth := func(c int) int {
		i, j := c/f.cells, c%f.cells
		return min(i, j, f.cells-1-i, f.cells-1-j)
	}
	slices.SortStableFunc(seeds, func(a, b int) int { return cmp.Compare(depth(a), depth(b)) })
	var lines [][]point
	for _, c := range seeds {
		if f.taken[c] {
			continue
		}
		seed := point{(float64(c/f.cells) + 0.5) / float64(f.cells), (float64(c%f.cells) + 0.5) / float64(f.cells)}
		if line := f.through(seed); line != nil {
			lines = append(lines, line)
		}
	}
	return lines
}

// through returns the line through a seed, or nil, and takes no cells, where it
// would be too short to see.
func (f *tracks) through(seed point) []point {
	kept := slices.Clone(f.taken)
	f.taken[f.cell(seed)] = true
	back := f.follow(seed, -1)
	ahead := f.follow(seed, 1)
	slices.Reverse(back)
	line := append(append(back, seed), ahead...)
	length := 0.0
	for i := 1; i < len(line); i++ {
		length += math.Hypot(line[i].x-line[i-1].x, line[i].y-line[i-1].y)
	}
	const least = 0.12 // of the domain's side
	if length < least {
		f.taken = kept
		return nil
	}
	for i, p := range line {
		line[i] = point{f.x0 + p.x*f.dx*float64(f.nx), f.y0 + p.y*f.dy*float64(f.ny)}
	}
	return line
}

func (f *tracks) cell(p point) int {
	n := float64(f.cells)
	i, j := min(int(p.x*n), f.cells-1), min(int(p.y*n), f.cells-1)
	return i*f.cells + j
}

// follow integrates from a seed by the classical Runge–Kutta method in steps of
// equal length, a fifth of a cell, and takes the cells that it enters.
func (f *tracks) follow(p point, sign float64) []point {
	h := sign / float64(5*f.cells)
	var line []point
	now := f.cell(p)
	for range 40 * f.cells { // eight times across the domain
		k1, ok1 := f.direction(p)
		k2, ok2 := f.direction(point{p.x + h/2*k1.x, p.y + h/2*k1.y})
		k3, ok3 := f.direction(point{p.x + h/2*k2.x, p.y + h/2*k2.y})
		k4, ok4 := f.direction(point{p.x + h*k3.x, p.y + h*k3.y})
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return line
		}
		p = point{p.x + h/6*(k1.x+2*k2.x+2*k3.x+k4.x), p.y + h/6*(k1.y+2*k2.y+2*k3.y+k4.y)}
		if p.x < 0 || p.x > 1 || p.y < 0 || p.y > 1 {
			return line
		}
		if c := f.cell(p); c != now {
			if f.taken[c] {
				return line
			}
			f.taken[c], now = true, c
		}
		line = append(line, p)
	}
	return line
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
