package geometry

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Formula is a function of a domain's coordinates as text, in the grammar of package expression, so that it has exact derivatives.
//
// For the boundary conditions of networks it is an approximate distance: zero on the boundary and positive inside, near the boundary close
// to the distance, and smooth where the distance has ridges.
type Formula struct {
	Steps []Step // each of the coordinates and of the steps before it; the last is the function

	// Kinked says that derivatives jump at the boundary, as those of |x| at 0: ask for them inside only.
	Kinked bool
}

// Step is an expression and the name that later ones have for its value.
type Step struct{ Name, Text string }

// DistanceFormula is the approximate distance of a domain whose coordinates have these names.
//
//	interval  (x - a)(b - x)/(b - a)
//	box       the product of those of its axes, all but the shortest scaled to at most 1; a Product likewise
//	ball      (R² - r²)/(2R); an ellipse likewise
//	polygon   φ₁φ₂/√(φ₁² + φ₂²), edge after edge: of the distances to the lines of a convex one's edges, else of
//	          √(f² + (√(t² + f⁴) - t)²/4), f the distance to an edge's line, t positive between the edge's ends
//
// The slope at the boundary along the normal is 1, in a box and an ellipse at most 1. At corners that of boxes and products is flat, that of a
// polygon is not: its second derivatives grow there like 1/r.
//
// Errors: what is wrong with d; another number of names; a domain for which there is none, as triangles and the results of Union, Intersection
// and Difference.
//
// Differs from the source: a box is a product, which is smooth at its corners.
// Source: Sukumar & Srivastava 2022, arXiv:2104.08426, R-equivalence of order 2 and trimmed lines. bib: sukumar2022exact
func DistanceFormula(d Domain, names ...string) (Formula, error) {
	if err := check(d); err != nil {
		return Formula{}, err
	}
	if len(names) != d.Dims() {
		return Formula{}, fmt.Errorf("geometry: DistanceFormula with names %q, want one for each of %d coordinates", names, d.Dims())
	}
	w := writer{taken: names}
	if _, _, err := w.distance(d, names); err != nil {
		return Formula{}, err
	}
	return w.Formula, nil
}

// writer collects steps.
type writer struct {
	Formula
	taken []string // by the coordinates
}

// add is a step's name, which begins with a letter for what it is.
func (w *writer) add(letter, text string) (name string) {
	for i := len(w.Steps) + 1; name == "" || slices.Contains(w.taken, name); i++ {
		name = letter + strconv.Itoa(i)
	}
	w.taken = append(slices.Clip(w.taken), name)
	w.Steps = append(w.Steps, Step{name, text})
	return name
}

// distance adds the steps for a domain with coordinates x, the last of which has the name; the peak is about its largest value.
func (w *writer) distance(d Domain, x []string) (name string, peak float64, err error) {
	switch d := d.(type) {
	case Named:
		return w.distance(d.Of, x)
	case Interval:
		return w.box([]float64{d.Low}, []float64{d.High}, x)
	case Box:
		return w.box(d.Low, d.High, x)
	case Ball:
		squares := make([]string, len(x))
		for i, c := range d.Centre {
			squares[i] = shifted(x[i], c) + "^2"
		}
		text := fmt.Sprintf("(%s - %s)/%s", number(d.Radius*d.Radius), strings.Join(squares, " - "), number(2*d.Radius))
		return w.add("d", text), d.Radius / 2, nil
	case Ellipse:
		least := min(d.Semiaxes[0], d.Semiaxes[1])
		text := fmt.Sprintf("(1 - (%s/%s)^2 - (%s/%s)^2)*%s", shifted(x[0], d.Centre[0]), number(d.Semiaxes[0]),
			shifted(x[1], d.Centre[1]), number(d.Semiaxes[1]), number(least/2))
		return w.add("d", text), least / 2, nil
	case Polygon:
		name, peak = w.polygon(d, x)
		return name, peak, nil
	case Similar:
		return w.similar(d, x)
	case Product:
		return w.product(d, x)
	}
	return "", 0, fmt.Errorf("geometry: %T has no formula for a distance to its boundary, want an Interval, a Box, a Ball, an Ellipse, a Polygon, "+
		"one of these moved, scaled or named, or a Product of them", d)
}

// box is the product over the axes; all but the shortest are scaled to at most 1.
func (w *writer) box(low, high []float64, x []string) (name string, peak float64, err error) {
	var factors []string
	under, sides := 1.0, make([]float64, len(low))
	for i := range low {
		sides[i] = high[i] - low[i]
	}
	shortest := slices.Index(sides, slices.Min(sides))
	for i, side := range sides {
		factors = append(factors, fmt.Sprintf("%s*(%s - %s)", shifted(x[i], low[i]), number(high[i]), x[i]))
		if i == shortest {
			under *= side
		} else {
			under *= side * side / 4
		}
	}
	return w.add("d", fmt.Sprintf("%s/%s", strings.Join(factors, "*"), number(under))), sides[shortest] / 4, nil
}

// similar takes the coordinates back to the domain that was moved.
func (w *writer) similar(s Similar, x []string) (name string, peak float64, err error) {
	moved := slices.Clone(x)
	for i, by := range s.Shift {
		moved[i] = shifted(x[i], by)
	}
	if s.Angle != 0 {
		i, j := s.Axes[0], s.Axes[1]
		sin, cos := math.Sincos(s.Angle)
		moved[i], moved[j] = fmt.Sprintf("(%s*%s + %s*%s)", number(cos), moved[i], number(sin), moved[j]),
			fmt.Sprintf("(%s*%s + %s*%s)", number(-sin), moved[i], number(cos), moved[j])
	}
	for i := range moved {
		if s.Factor != 1 {
			moved[i] += "/" + number(s.Factor)
		}
		moved[i] = w.add("s", moved[i])
	}
	of, peak, err := w.distance(s.Of, moved)
	if err != nil || s.Factor == 1 {
		return of, peak, err
	}
	return w.add("d", number(s.Factor)+"*"+of), s.Factor * peak, nil
}

// product is that of the factors', over the larger one's peak.
func (w *writer) product(p Product, x []string) (name string, peak float64, err error) {
	d := p.A.Dims()
	a, peakA, err := w.distance(p.A, x[:d])
	if err != nil {
		return "", 0, err
	}
	b, peakB, err := w.distance(p.B, x[d:])
	if err != nil {
		return "", 0, err
	}
	return w.add("d", fmt.Sprintf("%s*%s/%s", a, b, number(max(peakA, peakB)))), min(peakA, peakB), nil
}

// polygon joins the distances to the edges by R-equivalence of order 2, which does not depend on their order.
func (w *writer) polygon(p Polygon, x []string) (name string, peak float64) {
	low, high := p.Bounds()
	size := min(high[0]-low[0], high[1]-low[1])
	convex := p.convex()
	w.Kinked = w.Kinked || !convex
	var lines [][2]float64 // directions of the edges
	p.edges(func(_ int, a, b [2]float64) {
		length := math.Hypot(b[0]-a[0], b[1]-a[1])
		along := [2]float64{(b[0] - a[0]) / length, (b[1] - a[1]) / length}
		same := func(d [2]float64) bool { return math.Hypot(d[0]-along[0], d[1]-along[1]) < straight }
		if convex && slices.ContainsFunc(lines, same) {
			return // on the line of an edge before
		}
		lines = append(lines, along)
		// Positive on the left, where the domain is.
		f := w.add("f", fmt.Sprintf("%s*%s + %s*%s", number(-along[1]), shifted(x[0], a[0]), number(along[0]), shifted(x[1], a[1])))
		if !convex {
			middle := [2]float64{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}
			t := w.add("t", fmt.Sprintf("(%s - %s^2 - %s^2)/%s", number(length*length/4), shifted(x[0], middle[0]), shifted(x[1], middle[1]), number(length)))
			f = w.add("d", fmt.Sprintf("sqrt(%s^2 + (sqrt(%s^2 + %s^4) - %s)^2/4)", f, t, f, t))
		}
		if name == "" {
			name = f
			return
		}
		// The small number gives 0 for 0/0 at corners, and is below round-off elsewhere.
		name = w.add("d", fmt.Sprintf("%s*%s/sqrt(%s^2 + %s^2 + %s)", name, f, name, f, number(1e-30*size*size)))
	})
	return name, size / 4
}

// straight is the angle between edges, in radians, below which they are on one line.
const straight = 1e-9

// convex tells whether the polygon has no hole and turns left at all corners.
func (p Polygon) convex() bool {
	if len(p.Outline.Holes) > 0 {
		return false
	}
	var edges [][2]float64
	p.edges(func(_ int, a, b [2]float64) {
		edges = append(edges, [2]float64{b[0] - a[0], b[1] - a[1]})
	})
	if signedArea(p.Outline.Outer.Points) < 0 { // the edges run forward, their order backward
		slices.Reverse(edges)
	}
	for i, e := range edges {
		next := edges[(i+1)%len(edges)]
		if e[0]*next[1]-e[1]*next[0] < -straight*math.Hypot(e[0], e[1])*math.Hypot(next[0], next[1]) {
			return false
		}
	}
	return true
}

// shifted is the text of x less c.
func shifted(x string, c float64) string {
	switch {
	case c > 0:
		return fmt.Sprintf("(%s - %s)", x, number(c))
	case c < 0:
		return fmt.Sprintf("(%s + %s)", x, number(-c))
	}
	return x
}

// number is the shortest text that reads back as the same bits.
func number(v float64) string {
	text := strconv.FormatFloat(v+0, 'g', -1, 64) // 0 for -0
	if v < 0 {
		return "(" + text + ")"
	}
	return text
}
