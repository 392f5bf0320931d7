package geometry

import (
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// Polygon is a polygon with holes. Its distance is exact.
//
// The parts of its boundary are the edges of one marker. Without names they are "outer" for the marker 0, "hole" for -1, "hole 2" for -2 and
// so on, and "part k" for a marker k above 0; see [mesh.Loop].
//
// Cost: time in proportion to the edges for each point.
type Polygon struct {
	Outline mesh.Domain
	Names   map[int]string // of the markers
}

// Validate lists all that is wrong with p.
func (p Polygon) Validate() error {
	if err := p.Outline.Validate(); err != nil {
		return fmt.Errorf("geometry: Polygon: %w", err)
	}
	return nil
}

// Dims is 2.
func (p Polygon) Dims() int { return 2 }

// Bounds is the box round the polygon.
func (p Polygon) Bounds() (low, high []float64) { return around(p.Outline.Outer.Points) }

// Inside tells whether the polygon has x.
func (p Polygon) Inside(x []float64) bool {
	at := [2]float64{x[0], x[1]}
	inside := crossings(p.Outline.Outer.Points, at)
	for _, h := range p.Outline.Holes {
		inside = inside != crossings(h.Points, at)
	}
	return inside
}

// crossings tells whether a ray from x to the right crosses the loop an odd number of times.
func crossings(loop [][2]float64, x [2]float64) bool {
	odd := false
	for i, a := range loop {
		b := loop[0]
		if i+1 < len(loop) {
			b = loop[i+1]
		}
		if crosses(a, b, x) {
			odd = !odd
		}
	}
	return odd
}

// crosses tells whether a ray from x to the right crosses the edge from a to b, its upper end not among it.
func crosses(a, b, x [2]float64) bool {
	if (a[1] > x[1]) == (b[1] > x[1]) {
		return false
	}
	left := (b[0]-a[0])*(x[1]-a[1]) - (x[0]-a[0])*(b[1]-a[1])
	return (left > 0) == (b[1] > a[1])
}

// Distance is exact.
func (p Polygon) Distance(x []float64) float64 {
	at := [2]float64{x[0], x[1]}
	d := toLoop(p.Outline.Outer.Points, at)
	for _, h := range p.Outline.Holes {
		d = min(d, toLoop(h.Points, at))
	}
	if p.Inside(x) {
		return -d
	}
	return d
}

func toLoop(loop [][2]float64, x [2]float64) float64 {
	d := math.Inf(1)
	for i, a := range loop {
		d = min(d, toEdge(a, loop[(i+1)%len(loop)], x))
	}
	return d
}

// toEdge is the distance of x to the edge from a to b.
func toEdge(a, b, x [2]float64) float64 {
	along := [2]float64{b[0] - a[0], b[1] - a[1]}
	t := ((x[0]-a[0])*along[0] + (x[1]-a[1])*along[1]) / (along[0]*along[0] + along[1]*along[1])
	switch {
	case !(t > 0):
		return math.Hypot(x[0]-a[0], x[1]-a[1])
	case t >= 1:
		return math.Hypot(x[0]-b[0], x[1]-b[1])
	}
	return math.Abs(along[0]*(x[1]-a[1])-along[1]*(x[0]-a[0])) / math.Hypot(along[0], along[1])
}

// Boundary is a part for each name.
func (p Polygon) Boundary() []Part {
	var s sides
	p.edges(func(marker int, a, b [2]float64) { s.add(name(p.Names, marker), a, b) })
	return s.parts()
}

// edges visits the edges loop by loop, each from a to b with the domain on its left.
func (p Polygon) edges(visit func(marker int, a, b [2]float64)) {
	for i, loop := range append([]mesh.Loop{p.Outline.Outer}, p.Outline.Holes...) {
		points := loop.Points
		forward := signedArea(points) > 0
		for k, a := range points {
			b := points[(k+1)%len(points)]
			if forward != (i == 0) {
				a, b = b, a
			}
			marker := -i
			if loop.Markers != nil {
				marker = loop.Markers[k]
			}
			visit(marker, a, b)
		}
	}
}

func signedArea(loop [][2]float64) float64 {
	var sum float64
	for i, a := range loop {
		b := loop[(i+1)%len(loop)]
		sum += (a[0]-loop[0][0])*(b[1]-loop[0][1]) - (b[0]-loop[0][0])*(a[1]-loop[0][1])
	}
	return sum / 2
}

// Volume is the area.
func (p Polygon) Volume() Measure { return Measure{Value: p.Outline.Area()} }

// Triangles is a domain of the plane that is cut into triangles. Its distance is exact. The parts of its boundary are the edges of one
// marker, with the names of [Polygon].
//
// Cost: time in proportion to the edges of the boundary for each place that is asked for; points are drawn from the triangles.
type Triangles struct {
	Mesh  mesh.Mesh
	Names map[int]string // of the markers
}

// Validate lists all that is wrong with t.
func (t Triangles) Validate() error {
	if len(t.Mesh.Triangles) == 0 {
		return errors.New("geometry: Triangles without a triangle, want at least one")
	}
	if err := t.Mesh.Validate(); err != nil {
		return fmt.Errorf("geometry: Triangles: %w", err)
	}
	return nil
}

// Dims is 2.
func (t Triangles) Dims() int { return 2 }

// Bounds is the box round the triangles.
func (t Triangles) Bounds() (low, high []float64) { return around(t.Mesh.Points) }

// Inside tells whether a triangle has x.
func (t Triangles) Inside(x []float64) bool {
	odd := false
	for _, e := range t.Mesh.Boundary {
		if crosses(t.Mesh.Points[e.A], t.Mesh.Points[e.B], [2]float64{x[0], x[1]}) {
			odd = !odd
		}
	}
	return odd
}

// Distance is exact.
func (t Triangles) Distance(x []float64) float64 {
	d := math.Inf(1)
	for _, e := range t.Mesh.Boundary {
		d = min(d, toEdge(t.Mesh.Points[e.A], t.Mesh.Points[e.B], [2]float64{x[0], x[1]}))
	}
	if t.Inside(x) {
		return -d
	}
	return d
}

// Boundary is a part for each name.
func (t Triangles) Boundary() []Part {
	var s sides
	for _, e := range t.Mesh.Boundary {
		s.add(name(t.Names, e.Marker), t.Mesh.Points[e.A], t.Mesh.Points[e.B])
	}
	return s.parts()
}

// Volume is the area.
func (t Triangles) Volume() Measure { return Measure{Value: t.Mesh.Area()} }

// chart takes the triangle from the first number and the place in it from what is left and the second.
func (t Triangles) chart() chart {
	ends := t.Mesh.Areas()
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	return chart{dims: 2, coords: 2, whole: ends[len(ends)-1], at: func(u, x, _ []float64) int {
		triangle, rest := pick(ends, u[0])
		corners := t.Mesh.Triangles[triangle]
		root := math.Sqrt(rest)
		a, b, c := 1-root, root*(1-u[1]), root*u[1]
		for i := range x {
			x[i] = a*t.Mesh.Points[corners[0]][i] + b*t.Mesh.Points[corners[1]][i] + c*t.Mesh.Points[corners[2]][i]
		}
		return 0
	}}
}

// name is that of a marker.
func name(names map[int]string, marker int) string {
	switch given, ok := names[marker]; {
	case ok:
		return given
	case marker == 0:
		return "outer"
	case marker == -1:
		return "hole"
	case marker < 0:
		return fmt.Sprintf("hole %d", -marker)
	}
	return fmt.Sprintf("part %d", marker)
}

// around is the box round points.
func around(points [][2]float64) (low, high []float64) {
	low, high = []float64{points[0][0], points[0][1]}, []float64{points[0][0], points[0][1]}
	for _, p := range points {
		for i, v := range p {
			low[i], high[i] = min(low[i], v), max(high[i], v)
		}
	}
	return low, high
}

// sides collects edges by name, the domain on their left.
type sides struct {
	names []string
	edges map[string][][2][2]float64
}

func (s *sides) add(name string, a, b [2]float64) {
	if s.edges == nil {
		s.edges = map[string][][2][2]float64{}
	}
	if s.edges[name] == nil {
		s.names = append(s.names, name)
	}
	s.edges[name] = append(s.edges[name], [2][2]float64{a, b})
}

func (s *sides) parts() []Part {
	var out []Part
	for _, name := range s.names {
		edges := s.edges[name]
		ends := make([]float64, len(edges))
		var sum float64
		for i, e := range edges {
			sum += math.Hypot(e[1][0]-e[0][0], e[1][1]-e[0][1])
			ends[i] = sum
		}
		out = append(out, Part{Name: name, Coords: 1, Whole: sum, At: func(u, x, normal []float64) bool {
			i, t := pick(ends, u[0])
			a, b := edges[i][0], edges[i][1]
			length := math.Hypot(b[0]-a[0], b[1]-a[1])
			x[0], x[1] = a[0]+t*(b[0]-a[0]), a[1]+t*(b[1]-a[1])
			normal[0], normal[1] = (b[1]-a[1])/length, (a[0]-b[0])/length
			return true
		}})
	}
	return out
}
