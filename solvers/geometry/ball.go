package geometry

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Ball is the points of two or more dimensions that are at most Radius from Centre. Its distance is exact. Its boundary is the part "sphere",
// "circle" in the plane.
type Ball struct {
	Centre []float64
	Radius float64
}

// Disk is a [Ball] of the plane.
func Disk(x, y, radius float64) Ball { return Ball{Centre: []float64{x, y}, Radius: radius} }

// Validate lists all that is wrong with b.
func (b Ball) Validate() error {
	var dims error
	if len(b.Centre) < 2 {
		dims = fmt.Errorf("geometry: Ball with %d coordinates of its Centre, want at least 2; in one dimension use Interval", len(b.Centre))
	}
	return errors.Join(dims, checkFinite("Ball.Centre", b.Centre), checkAbove("Ball.Radius", b.Radius))
}

// Dims is the number of coordinates.
func (b Ball) Dims() int { return len(b.Centre) }

// Bounds is the cube round the ball.
func (b Ball) Bounds() (low, high []float64) {
	for _, c := range b.Centre {
		low, high = append(low, c-b.Radius), append(high, c+b.Radius)
	}
	return low, high
}

// Inside tells whether the ball has x.
func (b Ball) Inside(x []float64) bool { return b.Distance(x) <= 0 }

// Distance is exact.
func (b Ball) Distance(x []float64) float64 {
	var squares float64
	for i, v := range x {
		squares += (v - b.Centre[i]) * (v - b.Centre[i])
	}
	return math.Sqrt(squares) - b.Radius
}

// Boundary is the sphere.
func (b Ball) Boundary() []Part {
	d := len(b.Centre)
	p := Part{Name: "sphere", Coords: directionCoords(d), Whole: float64(d) * b.Volume().Value / b.Radius}
	if d == 2 {
		p.Name = "circle"
	}
	p.At = func(u, x, normal []float64) bool {
		direction(u, normal)
		for i, n := range normal {
			x[i] = b.Centre[i] + b.Radius*n
		}
		return true
	}
	return []Part{p}
}

// Volume is π^(d/2) r^d / Γ(d/2 + 1).
func (b Ball) Volume() Measure {
	half := float64(len(b.Centre)) / 2
	gamma, _ := math.Lgamma(half + 1)
	return Measure{Value: math.Exp(half*math.Log(math.Pi) - gamma + 2*half*math.Log(b.Radius))}
}

// chart takes the radius from the first number, its direction from the others.
func (b Ball) chart() chart {
	d := len(b.Centre)
	return chart{dims: d, coords: 1 + directionCoords(d), whole: b.Volume().Value, at: func(u, x, _ []float64) int {
		radius := b.Radius * math.Pow(u[0], 1/float64(d))
		direction(u[1:], x)
		for i := range x {
			x[i] = b.Centre[i] + radius*x[i]
		}
		return 0
	}}
}

// directionCoords is how many numbers name a direction in d dimensions.
func directionCoords(d int) int {
	if d <= 3 {
		return d - 1
	}
	return d
}

// direction writes a unit vector that is uniform for uniform u: by the angle in the plane, by the height and the angle in space, else by as
// many normal values as there are axes.
//
// Source: Muller 1959, Communications of the ACM 2. bib: muller1959spheres
func direction(u, n []float64) {
	switch len(n) {
	case 2:
		n[1], n[0] = math.Sincos(2 * math.Pi * u[0])
	case 3:
		n[2] = 2*u[0] - 1
		across := math.Sqrt(1 - n[2]*n[2])
		sin, cos := math.Sincos(2 * math.Pi * u[1])
		n[0], n[1] = across*cos, across*sin
	default:
		var squares float64
		for i := range n {
			v := min(max(u[i], 0x1p-54), 1-0x1p-53) // off the ends, where the normal value is not finite
			n[i] = math.Erfinv(2*v - 1)
			squares += n[i] * n[i]
		}
		if squares == 0 { // all numbers are 1/2
			n[0], squares = 1, 1
		}
		for i := range n {
			n[i] /= math.Sqrt(squares)
		}
	}
}

// Ellipse is the points with (x/A)² + (y/B)² ≤ 1 from its centre, A and B its Semiaxes along x and y; turned by [Rotate]. Its distance is
// exact. Its boundary is the part "ellipse".
type Ellipse struct {
	Centre, Semiaxes [2]float64
}

// Validate lists all that is wrong with e.
func (e Ellipse) Validate() error {
	return errors.Join(checkFinite("Ellipse.Centre", e.Centre[:]),
		checkAbove("Ellipse.Semiaxes[0]", e.Semiaxes[0]), checkAbove("Ellipse.Semiaxes[1]", e.Semiaxes[1]))
}

// Dims is 2.
func (e Ellipse) Dims() int { return 2 }

// Bounds is the box round the ellipse.
func (e Ellipse) Bounds() (low, high []float64) {
	return []float64{e.Centre[0] - e.Semiaxes[0], e.Centre[1] - e.Semiaxes[1]},
		[]float64{e.Centre[0] + e.Semiaxes[0], e.Centre[1] + e.Semiaxes[1]}
}

// Inside tells whether the ellipse has x.
func (e Ellipse) Inside(x []float64) bool {
	return math.Hypot((x[0]-e.Centre[0])/e.Semiaxes[0], (x[1]-e.Centre[1])/e.Semiaxes[1]) <= 1
}

// Distance is exact: that to the nearest point of the ellipse, which is the root of a decreasing function.
//
// Source: Eberly 2013, Distance from a Point to an Ellipse, an Ellipsoid, or a Hyperellipsoid. bib: eberly2013ellipse
func (e Ellipse) Distance(x []float64) float64 {
	a, b := e.Semiaxes[0], e.Semiaxes[1]
	p, q := math.Abs(x[0]-e.Centre[0]), math.Abs(x[1]-e.Centre[1])
	if a < b {
		a, b, p, q = b, a, q, p
	}
	sign := 1.0
	if math.Hypot(p/a, q/b) <= 1 {
		sign = -1
	}
	if q == 0 {
		if reach := (a - b) * (a + b) / a; p < reach { // inside the evolute the nearest point is not on the axis
			s := p / reach
			return sign * math.Hypot(a*s-p, b*math.Sqrt(1-s*s))
		}
		return sign * math.Abs(p-a)
	}
	// The nearest point is (p r/(w + r - 1), q/w) with r = (a/b)² and w, the source's s + 1, that which puts it on the ellipse.
	z0, z1, ratio := p/a, q/b, (a/b)*(a/b)
	more := (a/b - 1) * (a/b + 1)
	low, high := z1, math.Hypot(ratio*z0, z1)
	for {
		w := low + (high-low)/2
		if w <= low || w >= high {
			break
		}
		if math.Hypot(ratio*z0/(w+more), z1/w) > 1 {
			low = w
		} else {
			high = w
		}
	}
	return sign * math.Hypot(p*((high-1)/(high+more)), q*((high-1)/high))
}

// Boundary is the ellipse, by arc length: counter-clockwise from its rightmost point.
func (e Ellipse) Boundary() []Part {
	table := newArc(e.Semiaxes[0], e.Semiaxes[1])
	return []Part{{Name: "ellipse", Coords: 1, Whole: e.Perimeter(), At: func(u, x, normal []float64) bool {
		quarter := min(math.Floor(4*u[0]), 3)
		rest := 4*u[0] - quarter
		if int(quarter)%2 == 1 { // run from the y axis back to the x axis, for the table starts at the x axis
			rest = 1 - rest
		}
		sin, cos := math.Sincos(table.angle(rest))
		if quarter == 1 || quarter == 2 {
			cos = -cos
		}
		if quarter >= 2 {
			sin = -sin
		}
		x[0], x[1] = e.Centre[0]+e.Semiaxes[0]*cos, e.Centre[1]+e.Semiaxes[1]*sin
		n0, n1 := cos*e.Semiaxes[1], sin*e.Semiaxes[0]
		length := math.Hypot(n0, n1)
		normal[0], normal[1] = n0/length, n1/length
		return true
	}}}
}

// Volume is π A B.
func (e Ellipse) Volume() Measure { return Measure{Value: math.Pi * e.Semiaxes[0] * e.Semiaxes[1]} }

// Perimeter is 4 A E(1 - B²/A²), by the arithmetic-geometric mean.
//
// Source: Olver et al. 2010, section 19.8(i). bib: olver2010nist
func (e Ellipse) Perimeter() float64 {
	a0 := max(e.Semiaxes[0], e.Semiaxes[1])
	a, b := 1.0, min(e.Semiaxes[0], e.Semiaxes[1])/a0
	c, power := math.Sqrt((1-b)*(1+b)), 0.5
	sum := power * c * c
	for range 12 { // quadratic; six steps do for a ratio of 1e-6
		a, b, c = (a+b)/2, math.Sqrt(a*b), (a-b)/2
		power *= 2
		sum += power * c * c
	}
	return 2 * math.Pi * a0 / a * (1 - sum)
}

func (e Ellipse) chart() chart {
	disk := Disk(0, 0, 1).chart()
	return chart{dims: 2, coords: disk.coords, whole: e.Volume().Value, at: func(u, x, normal []float64) int {
		disk.at(u, x, normal)
		for i := range x {
			x[i] = e.Centre[i] + e.Semiaxes[i]*x[i]
		}
		return 0
	}}
}

// arc is the length along a quarter of an ellipse at equally spaced angles, from the x axis.
type arc struct {
	a, b   float64
	length []float64 // at the end of each cell
}

// Cells of a quarter. With a rule of five points in each the length is right to 1e-13 for semiaxes in a ratio of 1:100, to 1e-8 for 1:1000.
const arcCells = 256

func newArc(a, b float64) arc {
	out := arc{a: a, b: b}
	var sum float64
	for i := range arcCells {
		sum += out.between(cellStart(i), cellStart(i+1))
		out.length = append(out.length, sum)
	}
	return out
}

func cellStart(i int) float64 { return math.Pi / 2 * float64(i) / arcCells }

// speed is the derivative of the length with respect to the angle.
func (c arc) speed(angle float64) float64 {
	sin, cos := math.Sincos(angle)
	return math.Hypot(c.a*sin, c.b*cos)
}

// between is the length between two angles in one cell, by the rule of Gauss and Legendre with five points.
func (c arc) between(from, to float64) float64 {
	half, middle := (to-from)/2, (to+from)/2
	// In closed form: 0, ±√(5 ∓ 2√(10/7))/3, weights 128/225 and (322 ± 13√70)/900.
	inner, outer := math.Sqrt(5-2*math.Sqrt(10.0/7))/3, math.Sqrt(5+2*math.Sqrt(10.0/7))/3
	innerWeight, outerWeight := (322+13*math.Sqrt(70))/900, (322-13*math.Sqrt(70))/900
	return half * (128.0/225*c.speed(middle) +
		innerWeight*(c.speed(middle-half*inner)+c.speed(middle+half*inner)) +
		outerWeight*(c.speed(middle-half*outer)+c.speed(middle+half*outer)))
}

// angle is that at a share of the length of the quarter.
func (c arc) angle(share float64) float64 {
	s := share * c.length[arcCells-1]
	cell, _ := slices.BinarySearch(c.length, s)
	cell = min(cell, arcCells-1)
	start := cellStart(cell)
	if cell > 0 {
		s -= c.length[cell-1]
	}
	angle := start
	for range 4 { // Newton; the speed changes little in a cell
		angle = min(max(angle-(c.between(start, angle)-s)/c.speed(angle), start), cellStart(cell+1))
	}
	return angle
}
