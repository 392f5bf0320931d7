package geometry_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// shape is a domain with what is known of it.
type shape struct {
	name              string
	domain            geometry.Domain
	exact             bool // its Distance
	volume, perimeter float64
}

// squareWithHole is [0, 4]² without [1, 3]².
func squareWithHole() geometry.Polygon {
	return geometry.Polygon{Outline: mesh.Domain{
		Outer: mesh.Loop{Points: [][2]float64{{0, 0}, {4, 0}, {4, 4}, {0, 4}}},
		Holes: []mesh.Loop{{Points: [][2]float64{{1, 1}, {3, 1}, {3, 3}, {1, 3}}}},
	}}
}

// elbow is [0, 2]² without [1, 2]², its points clockwise.
func elbow() geometry.Polygon {
	return geometry.Polygon{Outline: mesh.Domain{Outer: mesh.Loop{
		Points:  [][2]float64{{0, 0}, {0, 2}, {1, 2}, {1, 1}, {2, 1}, {2, 0}},
		Markers: []int{0, 7, 0, 0, 0, 0},
	}}, Names: map[int]string{7: "lid"}}
}

func triangles(t testing.TB) geometry.Triangles {
	t.Helper()
	m, err := mesh.Mesher{Size: 0.8}.Mesh(context.Background(), squareWithHole().Outline)
	if err != nil {
		t.Fatal(err)
	}
	return geometry.Triangles{Mesh: m}
}

func square(low, high float64) geometry.Box {
	return geometry.Box{Low: []float64{low, low}, High: []float64{high, high}}
}

func shapes(t testing.TB) []shape {
	t.Helper()
	const pi = math.Pi
	disk := geometry.Disk(0, 0, 1)
	lens := 2*pi/3 - math.Sqrt(3)/2 // of two unit disks whose centres are 1 apart
	two := []geometry.Domain{disk, geometry.Disk(1, 0, 1)}
	cylinder := geometry.Cylinder(geometry.Disk(1, 2, 0.5), 0, 3)
	return []shape{
		{"interval", geometry.Interval{Low: -1, High: 2}, true, 3, 2},
		{"rectangle", geometry.Box{Low: []float64{0, 1}, High: []float64{2, 4}}, true, 6, 10},
		{"box of four dimensions", geometry.Box{Low: []float64{0, 0, 0, 0}, High: []float64{1, 2, 1, 3}}, true, 6, 2 * (6 + 3 + 6 + 2)},
		{"disk", geometry.Disk(1, -2, 1.5), true, 2.25 * pi, 3 * pi},
		{"ball", geometry.Ball{Centre: []float64{1, 2, 3}, Radius: 2}, true, 32.0 / 3 * pi, 16 * pi},
		{"ball of five dimensions", geometry.Ball{Centre: make([]float64, 5), Radius: 1}, true, 8.0 / 15 * pi * pi, 8.0 / 3 * pi * pi},
		{"ellipse", geometry.Ellipse{Centre: [2]float64{1, 0}, Semiaxes: [2]float64{1, 2}}, true, 2 * pi, 9.688448220547675},
		{"square with a hole", squareWithHole(), true, 12, 24},
		{"elbow", elbow(), true, 3, 8},
		{"triangles", triangles(t), true, 12, 24},
		{"union", geometry.Union{Of: two}, false, 2*pi - lens, 8.0 / 3 * pi},
		{"intersection", geometry.Intersection{Of: two}, false, lens, 4.0 / 3 * pi},
		{"difference", geometry.Difference{Of: disk, Without: two[1:]}, false, pi - lens, 2 * pi},
		{"union of touching squares", geometry.Union{Of: []geometry.Domain{square(0, 1), geometry.Translate(square(0, 1), 1, 0)}}, false, 2, 6},
		{"union of a square with itself", geometry.Union{Of: []geometry.Domain{square(0, 1), square(0, 1)}}, false, 1, 4},
		{"difference of squares with a common corner", geometry.Difference{Of: square(0, 2), Without: []geometry.Domain{square(1, 2)}}, false, 3, 8},
		{"turned ellipse", geometry.Translate(geometry.Scale(geometry.Rotate(
			geometry.Ellipse{Semiaxes: [2]float64{2, 1}}, 0, 1, 0.7), 0.5), 3, -1), true, pi / 2, 9.688448220547675 / 2},
		{"turned box", geometry.Rotate(geometry.Box{Low: []float64{0, 0, 0}, High: []float64{1, 2, 3}}, 2, 0, -1.1), true, 6, 22},
		{"cylinder", cylinder, true, 0.75 * pi, 3*pi + 0.5*pi},
		{"cylinder of a polygon", geometry.Cylinder(squareWithHole(), 0, 0.5), true, 6, 24 + 12},
		{"cylinder of a difference", geometry.Cylinder(geometry.Difference{
			Of: square(0, 4), Without: []geometry.Domain{geometry.Named{Of: geometry.Disk(2, 2, 1), Name: "hole"}},
		}, 0, 1), false, 16 - pi, 16 + 2*pi + 2*(16-pi)},
	}
}

// Volumes and areas are those of closed forms, to round-off where they are said to be known, else within four standard errors.
func TestMeasures(t *testing.T) {
	for _, s := range shapes(t) {
		t.Run(s.name, func(t *testing.T) {
			volume, err := geometry.Volume(s.domain)
			if err != nil {
				t.Fatal(err)
			}
			perimeter, err := geometry.Perimeter(s.domain)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []struct {
				name string
				got  geometry.Measure
				want float64
			}{{"volume", volume, s.volume}, {"perimeter", perimeter, s.perimeter}} {
				// A dozen roundings; estimates are of 32768 points.
				if d := math.Abs(m.got.Value - m.want); !(d <= 1e-14*m.want+4*m.got.Error) || m.got.Error > 0.005*m.want {
					t.Errorf("%s = %v ± %v, want %v", m.name, m.got.Value, m.got.Error, m.want)
				}
			}
		})
	}
}

// around gives points in the bounds of d, a half wider on each side.
func around(t *testing.T, d geometry.Domain, n int) geometry.Sample {
	t.Helper()
	low, high := d.Bounds()
	for i := range low {
		room := (high[i] - low[i]) / 2
		low[i], high[i] = low[i]-room, high[i]+room
	}
	out, err := geometry.Interior(geometry.Box{Low: low, High: high}, geometry.Uniform{Seed: 1}, n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func shifted(x []float64, by float64, along []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] + by*along[i]
	}
	return out
}

func gradient(d geometry.Domain, x []float64) []float64 {
	const h = 1e-6
	out := make([]float64, len(x))
	for i := range x {
		unit := make([]float64, len(x))
		unit[i] = 1
		out[i] = (d.Distance(shifted(x, h, unit)) - d.Distance(shifted(x, -h, unit))) / (2 * h)
	}
	return out
}

func norm(x []float64) float64 {
	var out float64
	for _, v := range x {
		out = math.Hypot(out, v)
	}
	return out
}

func apart(x, y []float64) float64 { return norm(shifted(x, -1, y)) }

// The distance has the sign of Inside and changes no faster than the place; where it is exact its gradient has length one, and where it is not
// the nearest of many points of the boundary is no nearer.
func TestDistance(t *testing.T) {
	for _, s := range shapes(t) {
		t.Run(s.name, func(t *testing.T) {
			boundary, err := geometry.OnBoundary(s.domain, geometry.Uniform{Seed: 2}, 500)
			if err != nil {
				t.Fatal(err)
			}
			points := around(t, s.domain, 300)
			for i := range points.Count() {
				x := points.Point(i)
				d := s.domain.Distance(x)
				if s.domain.Inside(x) != (d <= 0) {
					t.Fatalf("Inside(%v) = %v, Distance = %v", x, s.domain.Inside(x), d)
				}
				for j := range boundary.Count() {
					if near := apart(x, boundary.Point(j)); near < math.Abs(d)-1e-12 {
						t.Fatalf("Distance(%v) = %v, but a point of the boundary is %v away", x, d, near)
					}
				}
				// Central differences with steps of 1e-6 are off by their square where the distance is smooth.
				if length := norm(gradient(s.domain, x)); s.exact && math.Abs(length-1) > 1e-8 {
					t.Fatalf("gradient of Distance at %v has length %v, want 1", x, length)
				}
			}
		})
	}
}

// Going by the distance along its gradient leads to the boundary: the distance is no less than the exact one either.
func TestExactDistanceLeadsToTheBoundary(t *testing.T) {
	for _, s := range shapes(t) {
		if !s.exact {
			continue
		}
		points := around(t, s.domain, 200)
		for i := range points.Count() {
			x := points.Point(i)
			foot := shifted(x, -s.domain.Distance(x), gradient(s.domain, x))
			if d := s.domain.Distance(foot); math.Abs(d) > 1e-8 { // the error of the gradient times distances of order 1
				t.Fatalf("%s: the nearest point to %v is %v, which is %v off the boundary", s.name, x, foot, d)
			}
		}
	}
}

// Boundary points are on the boundary to round-off; the normal has length one and leads out, and is the gradient of the distance.
func TestBoundary(t *testing.T) {
	for _, s := range shapes(t) {
		t.Run(s.name, func(t *testing.T) {
			sample, err := geometry.OnBoundary(s.domain, geometry.Sobol{Scrambled: true, Seed: 3}, 512)
			if err != nil {
				t.Fatal(err)
			}
			if sample.Count() != 512 || len(sample.Normals) != len(sample.Points) || len(sample.Parts) != 512 {
				t.Fatalf("%d points, %d normal coordinates, %d parts, want those of 512 points", sample.Count(), len(sample.Normals), len(sample.Parts))
			}
			for i := range sample.Count() {
				x, n := sample.Point(i), sample.Normal(i)
				if d := s.domain.Distance(x); math.Abs(d) > 1e-12 {
					t.Fatalf("boundary point %v has Distance %v", x, d)
				}
				if math.Abs(norm(n)-1) > 1e-14 { // a few roundings
					t.Fatalf("normal %v has length %v", n, norm(n))
				}
				const h = 1e-5
				if s.domain.Inside(shifted(x, h, n)) || !s.domain.Inside(shifted(x, -h, n)) {
					t.Fatalf("normal %v at %v does not lead out", n, x)
				}
				// As in TestDistance; no point of the sample is within 1e-6 of a corner.
				if d := apart(gradient(s.domain, x), n); d > 1e-8 {
					t.Fatalf("normal %v at %v, gradient of Distance %v", n, x, gradient(s.domain, x))
				}
			}
		})
	}
}

// By the divergence theorem ∮ n = 0 and ∮ x·n = d V.
func TestDivergence(t *testing.T) {
	const n = 1 << 13
	for _, s := range shapes(t) {
		t.Run(s.name, func(t *testing.T) {
			sample, err := geometry.OnBoundary(s.domain, geometry.Sobol{Scrambled: true, Seed: 4}, n)
			if err != nil {
				t.Fatal(err)
			}
			flux, normal := 0.0, make([]float64, sample.Dims)
			size := 0.0
			for i := range n {
				for axis, v := range sample.Normal(i) {
					flux += sample.Weight() * v * sample.Point(i)[axis]
					normal[axis] += sample.Weight() * v
				}
				size = max(size, norm(sample.Point(i)))
			}
			// Half the error of random points, n^-1/2 of the integral of the absolute values, and that of the measure.
			room := 0.5*s.perimeter/math.Sqrt(n) + 4*sample.Measure.Error
			if want := float64(sample.Dims) * s.volume; math.Abs(flux-want) > size*room {
				t.Errorf("∮ x·n = %v, want %v ± %v", flux, want, size*room)
			}
			if norm(normal) > room {
				t.Errorf("∮ n = %v, want 0 ± %v", normal, room)
			}
		})
	}
}

// Points inside are inside, and their mean is that which the boundary gives: ∫ x_k = ∮ x_k² n_k / 2.
func TestInterior(t *testing.T) {
	const n = 1 << 12
	all := append(shapes(t), shape{
		name: "named ball turned in five dimensions", volume: 8.0 / 15 * math.Pi * math.Pi, perimeter: 8.0 / 3 * math.Pi * math.Pi,
		domain: geometry.Rotate(geometry.Named{Of: geometry.Ball{Centre: []float64{1, 2, 0, 0, 0}, Radius: 1}, Name: "wall"}, 1, 4, 2),
	})
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			inside, err := geometry.Interior(s.domain, geometry.Sobol{Scrambled: true, Seed: 7}, n)
			if err != nil {
				t.Fatal(err)
			}
			boundary, err := geometry.OnBoundary(s.domain, geometry.Sobol{Scrambled: true, Seed: 8}, n)
			if err != nil {
				t.Fatal(err)
			}
			volume, area, size := make([]float64, inside.Dims), make([]float64, inside.Dims), 0.0
			for i := range n {
				if d := s.domain.Distance(inside.Point(i)); d > 1e-12 { // rounding, for points that a map puts on the boundary
					t.Fatalf("point %v is %v outside", inside.Point(i), d)
				}
				for axis, v := range boundary.Point(i) {
					volume[axis] += inside.Weight() * inside.Point(i)[axis]
					area[axis] += boundary.Weight() * v * v * boundary.Normal(i)[axis] / 2
				}
				size = max(size, norm(boundary.Point(i)))
			}
			// As in TestDivergence: half the error of random points on either side, and those of the measures.
			room := size*(0.5*s.volume/math.Sqrt(n)+4*inside.Measure.Error) + size*size/2*(0.5*s.perimeter/math.Sqrt(n)+4*boundary.Measure.Error)
			if apart(volume, area) > room {
				t.Errorf("∫ x = %v by points inside, %v ± %v by those of the boundary", volume, area, room)
			}
		})
	}
}

func TestParts(t *testing.T) {
	channel := geometry.Difference{
		Of: geometry.Box{Low: []float64{0, 0}, High: []float64{2.2, 0.5}}, Without: []geometry.Domain{geometry.Named{Of: geometry.Disk(0.25, 0.25, 0.1), Name: "hole"}},
	}
	flow := geometry.Cylinder(channel, 0, 2)
	for _, test := range []struct {
		domain geometry.Domain
		name   string
		on     func(x, n []float64) bool
	}{
		{channel, "hole", func(x, n []float64) bool {
			return math.Abs(math.Hypot(x[0]-0.25, x[1]-0.25)-0.1) < 1e-15 && n[0]*(x[0]-0.25)+n[1]*(x[1]-0.25) < 0
		}},
		{channel, "x=2.2", func(x, n []float64) bool { return x[0] == 2.2 && n[0] == 1 && n[1] == 0 }},
		{flow, "initial", func(x, n []float64) bool { return x[2] == 0 && n[2] == -1 && channel.Inside(x[:2]) }},
		{flow, "final", func(x, n []float64) bool { return x[2] == 2 && n[2] == 1 }},
		{flow, "hole", func(_, n []float64) bool { return n[2] == 0 }},
		{squareWithHole(), "hole", func(x, n []float64) bool {
			return max(math.Abs(x[0]-2), math.Abs(x[1]-2)) == 1 && n[0]*(x[0]-2)+n[1]*(x[1]-2) == -1
		}},
		{elbow(), "lid", func(x, n []float64) bool { return x[1] == 2 && n[1] == 1 }},
		{geometry.Box{Low: make([]float64, 4), High: []float64{1, 1, 1, 1}}, "x4=1", func(x, n []float64) bool { return x[3] == 1 && n[3] == 1 }},
		{geometry.Interval{Low: 0, High: 1}, "x=1", func(x, n []float64) bool { return x[0] == 1 && n[0] == 1 }},
	} {
		sample, err := geometry.OnBoundary(test.domain, geometry.Halton{Scrambled: true, Seed: 5}, 100, test.name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range sample.Count() {
			if x, n := sample.Point(i), sample.Normal(i); !test.on(x, n) || sample.Parts[i] != test.name {
				t.Fatalf("%T: point %v with normal %v and part %q, want it on %q", test.domain, x, n, sample.Parts[i], test.name)
			}
		}
	}
	if _, err := geometry.OnBoundary(flow, geometry.Uniform{}, 1, "inlet"); err == nil || !strings.Contains(err.Error(), `want one of "x=0", "x=2.2"`) {
		t.Errorf("OnBoundary of a part that is not there says %v", err)
	}
}

// Sets obey De Morgan's laws, and differences are what they are said to be.
func TestBooleanIdentities(t *testing.T) {
	all := square(-3, 3)
	a, b := geometry.Disk(0, 0, 1.5), geometry.Rotate(geometry.Ellipse{Centre: [2]float64{1, 0.5}, Semiaxes: [2]float64{2, 0.6}}, 0, 1, 0.4)
	not := func(d geometry.Domain) geometry.Domain {
		return geometry.Difference{Of: all, Without: []geometry.Domain{d}}
	}
	both := []geometry.Domain{a, b}
	neither := []geometry.Domain{not(a), not(b)}
	points, err := geometry.Interior(all, geometry.Uniform{Seed: 6}, 20_000)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]geometry.Domain{
		"complement of a union":         {not(geometry.Union{Of: both}), geometry.Intersection{Of: neither}},
		"complement of an intersection": {not(geometry.Intersection{Of: both}), geometry.Union{Of: neither}},
		"difference":                    {geometry.Difference{Of: a, Without: both[1:]}, geometry.Intersection{Of: []geometry.Domain{a, not(b)}}},
		"complement twice":              {not(not(a)), a},
	} {
		for i := range points.Count() {
			x := points.Point(i)
			if pair[0].Inside(x) != pair[1].Inside(x) {
				t.Fatalf("%s: %v is in one form and not in the other", name, x)
			}
			if d, e := pair[0].Distance(x), pair[1].Distance(x); (d <= 0) != (e <= 0) {
				t.Fatalf("%s: distances %v and %v", name, d, e)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	nan := math.NaN()
	disk := geometry.Disk(0, 0, 1)
	for _, test := range []struct {
		domain geometry.Domain
		want   string
	}{
		{nil, "the Domain is nil"},
		{geometry.Interval{Low: 1, High: 1}, "Interval from 1 to 1, want finite ends in this order"},
		{geometry.Box{}, "Box with 0 Low and 0 High"},
		{geometry.Box{Low: []float64{0, 2}, High: []float64{1, 1}}, "Box along axis 1 from 2 to 1"},
		{geometry.Box{Low: []float64{nan}, High: []float64{1}}, "Box along axis 0 from NaN to 1"},
		{geometry.Ball{Centre: []float64{1}, Radius: 1}, "use Interval"},
		{geometry.Disk(0, nan, 0), "Ball.Centre[1] = NaN, want a finite coordinate\ngeometry: Ball.Radius = 0, want above 0"},
		{geometry.Ellipse{Semiaxes: [2]float64{1, -1}}, "Ellipse.Semiaxes[1] = -1, want above 0"},
		{geometry.Polygon{}, "Polygon: "},
		{geometry.Triangles{}, "want at least one"},
		{geometry.Union{}, "Union of no domains"},
		{geometry.Union{Of: []geometry.Domain{disk, nil}}, "operand 1 of Union: geometry: the Domain is nil"},
		{geometry.Intersection{Of: []geometry.Domain{disk, geometry.Disk(3, 0, 1)}}, "bounds do not meet along axis 0"},
		{geometry.Difference{Of: disk, Without: []geometry.Domain{geometry.Interval{High: 1}}}, "operand 1 of Difference has 1 dimensions and the first 2"},
		{geometry.Scale(disk, 0), "Similar.Factor = 0"},
		{geometry.Translate(disk, 1), "Shift of 1 numbers, want one for each of 2 axes"},
		{geometry.Rotate(disk, 0, 2, 1), "Axes = [0 2], want two different ones of the axes 0 … 1"},
		{geometry.Rotate(disk, 0, 1, nan), "Angle = NaN"},
		{geometry.Cylinder(disk, 1, 0), "factor B of Product: geometry: Interval from 1 to 0"},
		{geometry.Named{Of: disk}, "Named.Name is empty"},
	} {
		_, err := geometry.Interior(test.domain, geometry.Uniform{}, 1)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Interior of %#v says %v, want %q", test.domain, err, test.want)
		}
		if _, err2 := geometry.OnBoundary(test.domain, geometry.Uniform{}, 1); err2 == nil || err2.Error() != err.Error() {
			t.Errorf("OnBoundary of %#v says %v, Interior %v", test.domain, err2, err)
		}
	}
}

// Whatever the shape and the place, the distance has the sign of Inside and changes no faster than the place.
func FuzzDistance(f *testing.F) {
	f.Add(1.0, 2.0, 0.5, 0.3, -0.2, 1.0, 1.5)
	f.Add(3.0, 1e-3, 1.0, 0.0, 1e-9, 2.9, 0.0)
	f.Add(1e-6, 1e3, -2.0, 0.0, 0.0, 0.0, 1e3)
	f.Fuzz(func(t *testing.T, a, b, angle, x0, x1, y0, y1 float64) {
		x, y := []float64{x0, x1}, []float64{y0, y1}
		ellipse := geometry.Ellipse{Semiaxes: [2]float64{a, b}}
		size := max(a, b, math.Abs(x0), math.Abs(x1), math.Abs(y0), math.Abs(y1))
		turned := geometry.Rotate(ellipse, 0, 1, angle)
		if turned.Validate() != nil || !(size < 1e6) || min(a, b) < 1e-6 {
			t.Skip()
		}
		box := geometry.Box{Low: []float64{-a, -b}, High: []float64{a, b}}
		for _, d := range []geometry.Domain{
			ellipse, turned, box, geometry.Union{Of: []geometry.Domain{turned, box}}, geometry.Difference{Of: box, Without: []geometry.Domain{turned}},
		} {
			// Roundings of coordinates, and of the quotient by the short semiaxis in the sign near the boundary.
			room := 1e-14 * size * (1 + size/min(a, b)*1e-2)
			dx, dy := d.Distance(x), d.Distance(y)
			if math.Abs(dx) > room && d.Inside(x) != (dx < 0) {
				t.Errorf("%T: Inside(%v) = %v, Distance = %v", d, x, d.Inside(x), dx)
			}
			if math.Abs(dx-dy) > apart(x, y)+room {
				t.Errorf("%T: Distance is %v at %v and %v at %v", d, dx, x, dy, y)
			}
		}
	})
}
