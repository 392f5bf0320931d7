package geometry

import (
	"fmt"
	"math"
)

// Sample is points of a domain or of its boundary.
type Sample struct {
	Dims       int
	Points     []float64 // [point, axis]
	Normals    []float64 // [point, axis], out of the domain; nil for points inside
	Parts      []string  // name of the part of the boundary that each point is on; nil for points inside
	Acceptance float64   // share of the points drawn that were kept; 1 where the shape is mapped from a cube
	Measure    Measure   // of all that was sampled
}

// Count is the number of points.
func (s Sample) Count() int { return len(s.Points) / s.Dims }

// Point is the i-th point, a part of Points.
func (s Sample) Point(i int) []float64 { return s.Points[i*s.Dims : (i+1)*s.Dims] }

// Normal is that of the i-th point, a part of Normals.
func (s Sample) Normal(i int) []float64 { return s.Normals[i*s.Dims : (i+1)*s.Dims] }

// Weight is that of each point in an integral: the integral of f is about Weight Σ f(x_i).
func (s Sample) Weight() float64 { return s.Measure.Value / float64(s.Count()) }

// Interior draws n points inside d.
//
// A shape that is the image of a cube is mapped; of any other, the points in its bounds that are inside are kept, in their order. Either
// way the points are uniform by volume, and the same on any machine.
//
// Errors: what is wrong with d or s; n below 1; fewer than one in 10,000 points in the bounds is inside.
func Interior(d Domain, s Sampler, n int) (Sample, error) {
	if err := check(d); err != nil {
		return Sample{}, err
	}
	c := interior(d)
	points, err := c.draw(s, n)
	if err != nil {
		return Sample{}, err
	}
	return Sample{Dims: c.dims, Points: points.x, Acceptance: points.acceptance, Measure: volume(d)}, nil
}

// OnBoundary draws n points from the named parts of the boundary of d, from all if no name is given.
//
// The points are uniform by length, area, …. The parts lie behind one another along the first coordinate of s, so that a sequence that is
// even there gives each part its share. The ends of an interval are equally often.
//
// Errors: what is wrong with d or s; n below 1; a name that no part has; fewer than one in 10,000 points of the parts is on the boundary.
func OnBoundary(d Domain, s Sampler, n int, names ...string) (Sample, error) {
	if err := check(d); err != nil {
		return Sample{}, err
	}
	parts, err := named(d, names)
	if err != nil {
		return Sample{}, err
	}
	c := atlas(parts, d.Dims())
	points, err := c.draw(s, n)
	if err != nil {
		return Sample{}, err
	}
	out := Sample{
		Dims: c.dims, Points: points.x, Normals: points.normals, Parts: make([]string, n),
		Acceptance: points.acceptance, Measure: perimeter(parts, c.dims),
	}
	for i, part := range points.parts {
		out.Parts[i] = parts[part].Name
	}
	return out, nil
}

// Grid is the points inside d of a grid of cells in its bounds, so many cells along each axis, a point in the middle of each. The last axis
// is the fastest.
//
// Errors: what is wrong with d; numbers of cells that are not one for each axis and above 0; no point inside.
func Grid(d Domain, cells []int) (Sample, error) {
	if err := check(d); err != nil {
		return Sample{}, err
	}
	low, high := d.Bounds()
	if len(cells) != len(low) {
		return Sample{}, fmt.Errorf("geometry: Grid of %d numbers of cells, want one for each of %d axes", len(cells), len(low))
	}
	total, whole := 1, 1.0
	for axis, n := range cells {
		if n < 1 || n > math.MaxInt32/total {
			return Sample{}, fmt.Errorf("geometry: Grid with cells[%d] = %d, want at least 1, and at most %d in all", axis, n, math.MaxInt32)
		}
		total *= n
		whole *= high[axis] - low[axis]
	}
	out := Sample{Dims: len(low)}
	x := make([]float64, len(low))
	for i := range total {
		for axis, rest := len(cells)-1, i; axis >= 0; axis-- {
			n := cells[axis]
			x[axis] = low[axis] + (float64(rest%n)+0.5)/float64(n)*(high[axis]-low[axis])
			rest /= n
		}
		if d.Inside(x) {
			out.Points = append(out.Points, x...)
		}
	}
	if len(out.Points) == 0 {
		return Sample{}, fmt.Errorf("geometry: none of the %d points of a Grid of %v cells is inside, want more cells", total, cells)
	}
	out.Acceptance = float64(out.Count()) / float64(total)
	out.Measure = volume(d)
	return out, nil
}

// drawn is points with all that a chart says of them.
type drawn struct {
	x, normals []float64
	parts      []int
	acceptance float64
}

func (c chart) empty(n int) drawn {
	return drawn{x: make([]float64, 0, n*c.dims), normals: make([]float64, 0, n*c.dims), parts: make([]int, 0, n)}
}

// Rejection gives up where fewer than one point in leastShare is kept of at least patience points.
const (
	leastShare = 10_000
	patience   = 1 << 18
)

// draw gives n points of the chart.
func (c chart) draw(s Sampler, n int) (drawn, error) {
	if n < 1 {
		return drawn{}, fmt.Errorf("geometry: sample of %d points, want at least 1", n)
	}
	if s == nil {
		return drawn{}, fmt.Errorf("geometry: the Sampler is nil, want one such as Sobol{Scrambled: true}")
	}
	rule, err := s.Rule(n, c.coords)
	if err != nil {
		return drawn{}, err
	}
	if c.cut && !rule.Endless {
		return c.thin(s, n)
	}
	out := c.empty(n)
	tried := 0
	u, x, normal := c.scratch()
	for ; len(out.parts) < n; tried++ {
		if hopeless(len(out.parts), tried) {
			return drawn{}, refused(len(out.parts), tried)
		}
		if rule.Limit > 0 && tried == rule.Limit {
			return drawn{}, fmt.Errorf("geometry: %T ends after %d points, of which %d are kept, want fewer than %d points or Uniform",
				s, tried, len(out.parts), n)
		}
		rule.At(tried, u)
		out.add(c, u, x, normal)
	}
	out.acceptance = float64(n) / float64(tried)
	return out, nil
}

// thin draws n points by a rule that must know how many there will be: so many in the cube that at least n are kept, less some that are
// spread evenly.
func (c chart) thin(s Sampler, n int) (drawn, error) {
	u, x, normal := c.scratch()
	for m := n; ; {
		rule, err := s.Rule(m, c.coords)
		if err != nil {
			return drawn{}, err
		}
		all := c.empty(m)
		for i := range m {
			rule.At(i, u)
			all.add(c, u, x, normal)
		}
		kept := len(all.parts)
		if kept >= n {
			out := c.empty(n)
			for i := range n {
				from := i * kept / n
				out.x = append(out.x, all.x[from*c.dims:(from+1)*c.dims]...)
				out.normals = append(out.normals, all.normals[from*c.dims:(from+1)*c.dims]...)
				out.parts = append(out.parts, all.parts[from])
			}
			out.acceptance = float64(kept) / float64(m)
			return out, nil
		}
		if hopeless(kept, m) {
			return drawn{}, refused(kept, m)
		}
		m = max(m+1, min(int(float64(m)*float64(n)/max(float64(kept), 0.5)), 16*m))
	}
}

func (c chart) scratch() (u, x, normal []float64) {
	return make([]float64, c.coords), make([]float64, c.dims), make([]float64, c.dims)
}

func (d *drawn) add(c chart, u, x, normal []float64) {
	part := c.at(u, x, normal)
	if part < 0 {
		return
	}
	d.x = append(d.x, x...)
	d.normals = append(d.normals, normal...)
	d.parts = append(d.parts, part)
}

func hopeless(kept, tried int) bool { return tried >= patience && kept*leastShare < tried }

func refused(kept, tried int) error {
	return fmt.Errorf("geometry: %d of %d points drawn are kept, want at least one in %d: "+
		"the shape is empty or fills too little of its bounds; cut it into parts or give it tighter bounds", kept, tried, leastShare)
}
