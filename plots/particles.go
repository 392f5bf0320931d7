package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Particles draws points in the plane, coloured by a value if there is one.
// Many are drawn as one image, so that a PDF of 100,000 stays small. A particle
// whose place or value is not finite is left out, and counted in the legend.
type Particles struct {
	Title          string
	X, Y           Axis // limits: those of the points if not given
	Value          Axis // at the colour bar: linear, Log or SymLog
	PointX, PointY []float64
	Values         []float64     // none, or one for each point
	Radius         vg.Length     // on the page; 0: 1.5 points
	Colours        color.Palette // nil: Viridis
	Width, Height  vg.Length     // zero: one journal column, and the height that suits
}

var (
	_ Drawing = Particles{}
	_ Layer   = Particles{}
)

// Figure returns the drawing.
//
// Errors: no points, or none that is finite; unequal lengths; a negative
// Radius; those of the axes.
func (p Particles) Figure() (Figure, error) {
	return Plane{Title: p.Title, X: p.X, Y: p.Y, Layers: []Layer{p}, Width: p.Width, Height: p.Height}.Figure()
}

func (p Particles) axes() (x, y Axis) { return p.X, p.Y }

func (p Particles) extent() (x, y extent) {
	x, y = pointExtent(p.PointX, p.PointY)
	return widened(x), widened(y)
}

// widened leaves room for whole dots at the edge.
func widened(e extent) extent {
	if e.lo > e.hi {
		return e
	}
	m := 0.03 * (e.hi - e.lo)
	return extent{e.lo - m, e.hi + m}
}

func (p Particles) content(scale, scale) (content, error) {
	if err := p.validate(); err != nil {
		return content{}, err
	}
	m := swarm{radius: p.Radius, colour: cycle(0)}
	if m.radius == 0 {
		m.radius = 1.5
	}
	n := numbers{name: p.Value.Label}
	for i := range p.PointX {
		if !finite(p.PointX[i]) || !finite(p.PointY[i]) || len(p.Values) > 0 && !finite(p.Values[i]) {
			continue
		}
		n.x, n.y = append(n.x, p.PointX[i]), append(n.y, p.PointY[i])
		if len(p.Values) > 0 {
			n.value = append(n.value, p.Values[i])
		}
	}
	if len(n.x) == 0 {
		return content{}, fmt.Errorf("plots: Particles: none of the %d points is finite, want at least one", len(p.PointX))
	}
	var out content
	m.x, m.y, m.values = n.x, n.y, n.value
	if len(p.Values) > 0 {
		values, err := colourScale("Particles.Value", p.Value, n.value)
		if err != nil {
			return content{}, err
		}
		m.shades = shades{values, coloursOr(p.Colours)}
		out.bars = []bar{{values, m.shades.colours}}
	}
	out.marks = []mark{m}
	if len(m.x) > maxVector {
		out.marks = []mark{rasterised{m}}
	}
	if missing := len(p.PointX) - len(n.x); missing > 0 {
		out.keys = []key{{name: fmt.Sprintf("%d of %d particles not finite", missing, len(p.PointX))}}
	}
	out.numbers = []numbers{n}
	return out, nil
}

func (p Particles) validate() error {
	var problems []error
	if len(p.PointX) != len(p.PointY) {
		problems = append(problems, fmt.Errorf("plots: Particles has %d PointX, %d PointY, want as many", len(p.PointX), len(p.PointY)))
	}
	if len(p.PointX) == 0 {
		problems = append(problems, errors.New("plots: Particles has no points, want at least one"))
	}
	if n := len(p.Values); n != 0 && n != len(p.PointX) {
		problems = append(problems, fmt.Errorf("plots: Particles.Values has %d values, want %d, as many as points, or none", n, len(p.PointX)))
	}
	if !(p.Radius >= 0 && p.Radius <= 100) {
		problems = append(problems, fmt.Errorf("plots: Particles.Radius = %g pt, want 0 to 100", float64(p.Radius)))
	}
	return errors.Join(problems...)
}

// swarm draws many dots.
type swarm struct {
	x, y, values []float64
	radius       vg.Length
	colour       color.Color
	shades       shades // where there are values
}

func (m swarm) draw(a area) {
	for i := range m.x {
		p := a.at(m.x[i], m.y[i])
		if !a.Contains(p) {
			continue
		}
		c := m.colour
		if len(m.values) > 0 {
			c = m.shades.at(m.values[i])
		}
		var path vg.Path
		path.Move(p.Add(vg.Point{X: m.radius}))
		path.Arc(p, m.radius, 0, 2*math.Pi)
		path.Close()
		a.SetColor(c)
		a.Fill(path)
	}
}

// Network draws a graph: nodes at places in the plane, and lines between them.
type Network struct {
	Title          string
	X, Y           Axis // limits: those of the nodes if not given
	Value          Axis // at the colour bar: linear, Log or SymLog
	PointX, PointY []float64
	Edges          [][2]int      // of nodes
	Values         []float64     // none, or one for each node; not finite: grey, and counted in the legend
	Radius         vg.Length     // of the nodes on the page; 0: 2.1 points
	Colours        color.Palette // nil: Viridis
	Width, Height  vg.Length     // zero: one journal column, and the height that suits
}

var (
	_ Drawing = Network{}
	_ Layer   = Network{}
)

// Figure returns the drawing.
//
// Errors: no nodes; unequal lengths; a node that is not finite; an edge of a
// node that does not exist; values of which none is finite; those of the axes.
func (n Network) Figure() (Figure, error) {
	return Plane{Title: n.Title, X: n.X, Y: n.Y, Layers: []Layer{n}, Width: n.Width, Height: n.Height}.Figure()
}

func (n Network) axes() (x, y Axis) { return n.X, n.Y }

func (n Network) extent() (x, y extent) {
	x, y = pointExtent(n.PointX, n.PointY)
	return widened(x), widened(y)
}

func (n Network) content(scale, scale) (content, error) {
	if err := n.validate(); err != nil {
		return content{}, err
	}
	px, py := slices.Clone(n.PointX), slices.Clone(n.PointY)
	wires := wireframe{px, py, slices.Clone(n.Edges), draw.LineStyle{Color: muted(), Width: 0.5}}
	nodes := swarm{x: px, y: py, values: slices.Clone(n.Values), radius: n.Radius, colour: cycle(0)}
	if nodes.radius == 0 {
		nodes.radius = markRadius
	}
	var out content
	if len(n.Values) > 0 {
		values, err := colourScale("Network.Value", n.Value, n.Values)
		if err != nil {
			return content{}, err
		}
		nodes.shades = shades{values, coloursOr(n.Colours)}
		out.bars = []bar{{values, nodes.shades.colours}}
		out.keys = maskKey(lost(n.Values), len(n.Values), "nodes")
	}
	out.marks = []mark{wires.thinned(), nodes}
	if len(px) > maxVector {
		out.marks[1] = rasterised{nodes}
	}
	out.numbers = []numbers{{name: n.Value.Label, x: px, y: py, value: nodes.values}}
	return out, nil
}

func (n Network) validate() error {
	problems := []error{validatePoints("Network", n.PointX, n.PointY)}
	for k, e := range n.Edges {
		if min(e[0], e[1]) < 0 || max(e[0], e[1]) >= len(n.PointX) {
			problems = append(problems, fmt.Errorf("plots: Network.Edges[%d] = %v, want nodes 0 to %d", k, e, len(n.PointX)-1))
			break
		}
	}
	if v := len(n.Values); v != 0 && v != len(n.PointX) {
		problems = append(problems, fmt.Errorf("plots: Network.Values has %d values, want %d, as many as nodes, or none", v, len(n.PointX)))
	}
	if len(n.Values) > 0 && !slices.ContainsFunc(n.Values, finite) {
		problems = append(problems, fmt.Errorf("plots: Network.Values: none of the %d is finite, want at least one", len(n.Values)))
	}
	if !(n.Radius >= 0 && n.Radius <= 100) {
		problems = append(problems, fmt.Errorf("plots: Network.Radius = %g pt, want 0 to 100", float64(n.Radius)))
	}
	return errors.Join(problems...)
}
