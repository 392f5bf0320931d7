package mesh_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// generate makes a mesh and wants it valid, of the domain's area and topology.
func generate(t *testing.T, m mesh.Mesher, d mesh.Domain) mesh.Mesh {
	t.Helper()
	got, err := m.Mesh(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Validate(); err != nil {
		t.Fatal(err)
	}
	// Points that divide an edge are off it by a rounding, so the area is off by one rounding for each of them at most.
	if diff := math.Abs(got.Area() - d.Area()); diff > 1e-15*float64(len(got.Points))*d.Area() {
		t.Errorf("the area misses that of the domain by %g", diff)
	}
	if euler := got.Euler(); euler != 1-len(d.Holes) {
		t.Errorf("Euler's number is %d, want 1 less the number of holes: %d", euler, 1-len(d.Holes))
	}
	if loops := got.Loops(); len(loops) != 1+len(d.Holes) {
		t.Errorf("%d curves of boundary, want %d", len(loops), 1+len(d.Holes))
	}
	checkDelaunay(t, got)
	return got
}

// checkDelaunay wants no triangle whose circle holds the tip of a neighbour, which makes a (constrained) Delaunay triangulation.
// It finds the angles opposite the edge: their sum is at most 180°.
func checkDelaunay(t *testing.T, m mesh.Mesh) {
	t.Helper()
	tip := func(tri int, e mesh.Link) float64 {
		for _, v := range m.Triangles[tri] {
			if v != e.A && v != e.B {
				a, b, p := m.Points[e.A], m.Points[e.B], m.Points[v]
				ax, ay, bx, by := a[0]-p[0], a[1]-p[1], b[0]-p[0], b[1]-p[1]
				return math.Abs(math.Atan2(ax*by-ay*bx, ax*bx+ay*by))
			}
		}
		return 0
	}
	for _, e := range m.Edges() {
		if e.Right < 0 {
			continue
		}
		if sum := tip(e.Left, e) + tip(e.Right, e); sum > math.Pi+1e-9 { // angles of points on one circle round to this
			t.Fatalf("the edge from %v to %v is not Delaunay: opposite angles sum to π + %g", m.Points[e.A], m.Points[e.B], sum-math.Pi)
		}
	}
}

func square() mesh.Loop { return mesh.Box([2]float64{0, 0}, [2]float64{1, 1}) }

// naca is the outline of a symmetric aerofoil of 12 % with a closed trailing edge, n points a side.
func naca(n int) mesh.Loop {
	var l mesh.Loop
	thickness := func(x float64) float64 {
		return 0.6 * (0.2969*math.Sqrt(x) - 0.126*x - 0.3516*x*x + 0.2843*x*x*x - 0.1036*x*x*x*x)
	}
	for i := range 2 * n {
		angle := math.Pi * float64(i) / float64(n)
		x := (1 + math.Cos(angle)) / 2
		y := thickness(x)
		if i == 0 || i == n {
			y = 0
		} else if i > n {
			y = -y
		}
		l.Points = append(l.Points, [2]float64{x, y})
	}
	return l
}

func TestMesherKeepsItsPromises(t *testing.T) {
	lShape := mesh.Loop{Points: [][2]float64{{0, 0}, {2, 0}, {2, 1}, {1, 1}, {1, 2}, {0, 2}}}
	uShape := mesh.Loop{Points: [][2]float64{{0, 0}, {3, 0}, {3, 3}, {2, 3}, {2, 1}, {1, 1}, {1, 3}, {0, 3}}}
	cases := map[string]struct {
		mesher mesh.Mesher
		domain mesh.Domain
	}{
		"square":              {mesh.Mesher{Size: 0.1}, mesh.Domain{Outer: square()}},
		"square, 30 degrees":  {mesh.Mesher{Size: 0.1, MinAngle: 30}, mesh.Domain{Outer: square()}},
		"disk":                {mesh.Mesher{Size: 0.2}, mesh.Domain{Outer: mesh.Circle([2]float64{1, 2}, 1, 60)}},
		"ring":                {mesh.Mesher{Size: 0.2}, mesh.Domain{Outer: mesh.Circle([2]float64{}, 1, 60), Holes: []mesh.Loop{mesh.Circle([2]float64{}, 0.4, 24)}}},
		"L":                   {mesh.Mesher{Size: 0.15}, mesh.Domain{Outer: lShape}},
		"U":                   {mesh.Mesher{Size: 0.3}, mesh.Domain{Outer: uShape}},
		"hole near the side":  {mesh.Mesher{Size: 0.3}, mesh.Domain{Outer: square(), Holes: []mesh.Loop{mesh.Circle([2]float64{0.301, 0.5}, 0.3, 40)}}},
		"aerofoil":            {mesh.Mesher{Size: 1}, mesh.Domain{Outer: mesh.Circle([2]float64{0.5, 0}, 5, 40), Holes: []mesh.Loop{naca(40)}}},
		"two holes, far away": {mesh.Mesher{Size: 50}, mesh.Domain{Outer: mesh.Box([2]float64{1e4, -1e4}, [2]float64{1.02e4, -0.99e4}), Holes: []mesh.Loop{mesh.Circle([2]float64{10060, -9950}, 20, 12), mesh.Circle([2]float64{10130, -9940}, 25, 12)}}},
		"finer to one corner": {mesh.Mesher{Size: 0.2, SizeAt: func(x, y float64) float64 { return 0.01 + 0.2*math.Hypot(x, y) }}, mesh.Domain{Outer: square()}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := generate(t, c.mesher, c.domain)
			q := m.Quality()
			wanted := c.mesher.MinAngle
			if wanted == 0 {
				wanted = 25
			}
			if q.MinAngle < wanted-1e-9 { // the test is by a sine, rounded
				t.Errorf("smallest angle %.3f, want at least %v", q.MinAngle, wanted)
			}
			for _, e := range m.Edges() {
				a, b := m.Points[e.A], m.Points[e.B]
				size := c.mesher.Size
				if c.mesher.SizeAt != nil {
					size = min(size, c.mesher.SizeAt((a[0]+b[0])/2, (a[1]+b[1])/2))
				}
				if length := math.Hypot(a[0]-b[0], a[1]-b[1]); length > size {
					t.Fatalf("the edge from %v to %v is %v long, want at most %v", a, b, length, size)
				}
			}
			again := generate(t, c.mesher, c.domain)
			if !reflect.DeepEqual(m, again) {
				t.Error("a second mesh of the same domain differs")
			}
			t.Logf("%v; mean edge about %.2f of the size; %+v", m, math.Sqrt(m.Area()/float64(len(m.Triangles))*4/math.Sqrt(3))/c.mesher.Size, q)
		})
	}
}

// leastAngle is what [mesh.Mesher] promises by default, in degrees, but for a rounding.
func leastAngle(d mesh.Domain) float64 {
	bound := 25.0
	for i, l := range append([]mesh.Loop{d.Outer}, d.Holes...) {
		n := len(l.Points)
		var area float64
		for k, p := range l.Points {
			q := l.Points[(k+1)%n]
			area += p[0]*q[1] - p[1]*q[0]
		}
		inside := math.Copysign(1, area)
		if i > 0 {
			inside = -inside
		}
		for k, p := range l.Points {
			before, after := l.Points[(k+n-1)%n], l.Points[(k+1)%n]
			ax, ay, bx, by := after[0]-p[0], after[1]-p[1], before[0]-p[0], before[1]-p[1]
			if theta := inside * math.Atan2(ax*by-ay*bx, ax*bx+ay*by); theta > 0 && theta < math.Pi/3 {
				bound = min(bound, math.Atan2(math.Sin(theta), 2-math.Cos(theta))*180/math.Pi)
			}
		}
	}
	return bound - 1e-9
}

// TestAcuteCorners has corners of less than 60°, at which thin triangles can't be avoided: elsewhere there are none.
func TestAcuteCorners(t *testing.T) {
	for _, degrees := range []float64{2, 7, 15, 30, 45, 59} {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		d := mesh.Domain{Outer: mesh.Loop{Points: [][2]float64{{0, 0}, {1, 0}, {1.3 * cos, 1.3 * sin}}}}
		m := generate(t, mesh.Mesher{Size: 0.2}, d)
		thin := 0
		for _, v := range m.Triangles {
			one := mesh.Mesh{Points: m.Points, Triangles: [][3]int{v}}
			if one.Quality().MinAngle < 25 {
				thin++
			}
		}
		q := m.Quality()
		t.Logf("corner of %v°: %v, smallest angle %.2f, %d thin triangles", degrees, m, q.MinAngle, thin)
		if bound := leastAngle(d); q.MinAngle < bound {
			t.Errorf("a corner of %v° gives an angle of %.3f°, want at least %.3f°", degrees, q.MinAngle, bound)
		}
	}
}

// star is a polygon whose points are seen from its middle in order.
func star(r *rand.Rand, x, y, low, high float64, n int) mesh.Loop {
	var l mesh.Loop
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.8*r.Float64()) / float64(n))
		radius := low + (high-low)*r.Float64()
		l.Points = append(l.Points, [2]float64{x + radius*cos, y + radius*sin})
	}
	return l
}

// TestRandomStars meshes star-shaped polygons with star-shaped holes, some with very sharp corners.
func TestRandomStars(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		outer := star(r, 0, 0, 0.9, 0.9+2*r.Float64(), 5+r.IntN(40))
		d := mesh.Domain{Outer: outer}
		for k := range r.IntN(4) {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / 3)
			d.Holes = append(d.Holes, star(r, 0.4*cos, 0.4*sin, 0.02, 0.25, 3+r.IntN(12)))
		}
		if d.Validate() != nil { // an outer polygon of few points cuts into the holes
			d.Holes = nil
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := generate(t, mesh.Mesher{Size: 0.1 + 0.4*r.Float64(), MaxPoints: 100_000}, d)
			if got, want := m.Quality().MinAngle, leastAngle(d); got < want {
				t.Errorf("smallest angle %.3f°, want at least %.3f°", got, want)
			}
		})
	}
}

// TestHardDomains has domains far from the origin, very small and very large, with narrow gaps, needles, and points at uneven distances.
func TestHardDomains(t *testing.T) {
	holed := func(at, scale float64) mesh.Domain {
		return mesh.Domain{
			Outer: mesh.Box([2]float64{at, at}, [2]float64{at + scale, at + scale}),
			Holes: []mesh.Loop{mesh.Circle([2]float64{at + scale/2, at + scale/2}, 0.2*scale, 16)},
		}
	}
	wedge := func(degrees float64) mesh.Loop {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		return mesh.Loop{Points: [][2]float64{{0, 0}, {1, 0}, {1.3 * cos, 1.3 * sin}}}
	}
	comb := mesh.Loop{Points: [][2]float64{{2, -1}, {0, -1}}}
	for i := range 100 {
		comb.Points = append(comb.Points, [2]float64{float64(i) / 50, float64(i % 2)})
	}
	uneven := mesh.Loop{Points: [][2]float64{{0, 0}, {1e-9, 0}, {0.1, 0}, {0.10000001, 0}, {0.9, 0}, {1, 0}, {1, 1}, {0, 1}}}
	gap := func(width float64, hole ...[2]float64) mesh.Domain {
		return mesh.Domain{Outer: square(), Holes: []mesh.Loop{{Points: append([][2]float64{{width, 0.5}}, hole...)}}}
	}
	for name, c := range map[string]struct {
		size   float64
		domain mesh.Domain
	}{
		"far away":       {0.1, holed(1e9, 1)},
		"small":          {1e-51, holed(0, 1e-50)},
		"large":          {1e49, holed(0, 1e50)},
		"a tip near":     {0.3, gap(1e-14, [2]float64{0.5, 0.4}, [2]float64{0.5, 0.7})},
		"a side near":    {0.3, gap(1e-3, [2]float64{1e-3, 0.4}, [2]float64{0.5, 0.4}, [2]float64{0.5, 0.7})},
		"a needle":       {0.2, mesh.Domain{Outer: wedge(0.1)}},
		"a comb":         {0.2, mesh.Domain{Outer: comb}},
		"uneven":         {0.2, mesh.Domain{Outer: uneven}},
		"long and thin":  {1e9, mesh.Domain{Outer: mesh.Box([2]float64{0, 0}, [2]float64{100, 0.01})}},
		"many on a disk": {1, mesh.Domain{Outer: mesh.Circle([2]float64{}, 1, 3000)}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := mesh.Mesher{Size: c.size}.Mesh(t.Context(), c.domain)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Validate(); err != nil {
				t.Error(err)
			}
			if got, want := m.Quality().MinAngle, leastAngle(c.domain); got < want {
				t.Errorf("smallest angle %v°, want at least %v°", got, want)
			}
			var far, length float64
			for _, e := range m.Boundary {
				a, b := m.Points[e.A], m.Points[e.B]
				far = max(far, math.Abs(a[0]), math.Abs(a[1]))
				length += math.Hypot(a[0]-b[0], a[1]-b[1])
			}
			// Each point of the boundary is off by one rounding of the largest coordinate, all along the boundary;
			// the sum of areas rounds once a triangle.
			if diff := math.Abs(m.Area() - c.domain.Area()); diff > 0x1p-52*(far*length+float64(len(m.Triangles))*m.Area()) {
				t.Errorf("the area misses that of the domain by %g of it", diff/m.Area())
			}
		})
	}
}

func TestDomainIsRefused(t *testing.T) {
	points := func(xy ...float64) mesh.Loop {
		var l mesh.Loop
		for i := 0; i < len(xy); i += 2 {
			l.Points = append(l.Points, [2]float64{xy[i], xy[i+1]})
		}
		return l
	}
	inner := func(x, y, r float64) mesh.Loop { return mesh.Box([2]float64{x - r, y - r}, [2]float64{x + r, y + r}) }
	cases := map[string]struct {
		domain mesh.Domain
		want   string
	}{
		"no points":      {mesh.Domain{}, "mesh: Domain.Outer has 0 points, want at least 3"},
		"bow tie":        {mesh.Domain{Outer: points(0, 0, 2, 2, 2, 0, 0, 2)}, "Domain.Outer edge 0 from [0 0] to [2 2] and Domain.Outer edge 2 from [2 0] to [0 2] cross"},
		"twice":          {mesh.Domain{Outer: points(0, 0, 1, 0, 1, 1, 1, 0, 0, 1)}, "Domain.Outer edge 1 and Domain.Outer edge 3 start at the same point [1 0]"},
		"closed":         {mesh.Domain{Outer: points(0, 0, 1, 0, 1, 1, 0, 0)}, "ends with its first point [0 0]"},
		"not finite":     {mesh.Domain{Outer: points(0, 0, 1, 0, math.NaN(), 1)}, "Domain.Outer.Points[2] = [NaN 1], want finite"},
		"flat":           {mesh.Domain{Outer: points(0, 0, 1, 1, 2, 2)}, "cross or touch"},
		"spike":          {mesh.Domain{Outer: points(0, 0, 2, 0, 2, 2, 2, 1)}, "cross or touch"},
		"touches itself": {mesh.Domain{Outer: points(0, 0, 4, 0, 4, 4, 2, 0, 0, 4)}, "cross or touch"},
		"markers":        {mesh.Domain{Outer: mesh.Loop{Points: square().Points, Markers: []int{1}}}, "1 markers for 4 edges"},
		"hole outside":   {mesh.Domain{Outer: square(), Holes: []mesh.Loop{inner(3, 0.5, 0.1)}}, "Domain.Holes[0] at [2.9 0.4] lies outside Domain.Outer"},
		"hole around":    {mesh.Domain{Outer: square(), Holes: []mesh.Loop{inner(0.5, 0.5, 2)}}, "Domain.Holes[0] at [-1.5 -1.5] lies outside"},
		"hole crosses":   {mesh.Domain{Outer: square(), Holes: []mesh.Loop{inner(1, 0.5, 0.1)}}, "Domain.Outer edge 1 from [1 0] to [1 1] and Domain.Holes[0] edge 0 from [1.1 0.4] to [0.9 0.4] cross"},
		"hole touches":   {mesh.Domain{Outer: square(), Holes: []mesh.Loop{inner(0.75, 0.5, 0.25)}}, "cross or touch"},
		"holes overlap":  {mesh.Domain{Outer: square(), Holes: []mesh.Loop{inner(0.4, 0.5, 0.2), inner(0.5, 0.55, 0.2)}}, "Domain.Holes[1] edge"},
		"hole in a hole": {mesh.Domain{Outer: square(), Holes: []mesh.Loop{inner(0.5, 0.5, 0.2), inner(0.5, 0.5, 0.1)}}, "Domain.Holes[1] at [0.4 0.4] lies inside Domain.Holes[0]"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.domain.Validate()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if _, err := (mesh.Mesher{Size: 1}).Mesh(t.Context(), c.domain); err == nil {
				t.Error("the mesher takes it")
			}
		})
	}
	clockwise := square()
	slices.Reverse(clockwise.Points)
	generate(t, mesh.Mesher{Size: 0.5}, mesh.Domain{Outer: clockwise, Holes: []mesh.Loop{mesh.Circle([2]float64{0.5, 0.5}, 0.2, 8)}})
}

func TestMesherIsRefused(t *testing.T) {
	d := mesh.Domain{Outer: square()}
	cases := map[string]struct {
		mesher mesh.Mesher
		want   string
	}{
		"zero":        {mesh.Mesher{}, "mesh: Mesher.Size = 0, want"},
		"angle":       {mesh.Mesher{Size: 1, MinAngle: 40}, "mesh: Mesher.MinAngle = 40, want at most 30 degrees"},
		"points":      {mesh.Mesher{Size: 1, MaxPoints: -1}, "mesh: Mesher.MaxPoints = -1, want"},
		"many points": {mesh.Mesher{Size: 0.01, MaxPoints: 100}, "more than 100 points"},
		"size":        {mesh.Mesher{Size: 1, SizeAt: func(x, _ float64) float64 { return 0.25 - x }}, "mesh: Mesher.SizeAt("},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := c.mesher.Mesh(t.Context(), d); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (mesh.Mesher{Size: 0.01}).Mesh(ctx, d); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended gives %v", err)
	}
}

func TestMarkers(t *testing.T) {
	d := mesh.Domain{Outer: square(), Holes: []mesh.Loop{mesh.Circle([2]float64{0.5, 0.5}, 0.2, 16)}}
	m := generate(t, mesh.Mesher{Size: 0.1}, d)
	length := map[int]float64{}
	for i, e := range m.Boundary {
		a, b := m.Points[e.A], m.Points[e.B]
		length[e.Marker] += math.Hypot(a[0]-b[0], a[1]-b[1])
		side := map[int]bool{
			mesh.Bottom: a[1] == 0 && b[1] == 0, mesh.Top: a[1] == 1 && b[1] == 1,
			mesh.Left: a[0] == 0 && b[0] == 0, mesh.Right: a[0] == 1 && b[0] == 1,
		}
		if on, is := side[e.Marker]; is != (e.Marker != -1) || is && !on {
			t.Errorf("edge %d from %v to %v has marker %d", i, a, b, e.Marker)
		}
		n := m.Normals()[i]
		x, y := (a[0]+b[0])/2-0.5, (a[1]+b[1])/2-0.5
		if outward := n[0]*x + n[1]*y; (outward > 0) != (math.Hypot(x, y) > 0.3) {
			t.Errorf("the normal %v at (%v, %v) points inwards", n, x+0.5, y+0.5)
		}
	}
	// The hole's perimeter is that of its polygon, 2 n r sin(π/n); a sum of some tens of lengths rounds to less than 1e-13.
	for marker, want := range map[int]float64{mesh.Bottom: 1, mesh.Right: 1, mesh.Top: 1, mesh.Left: 1, -1: 6.4 * math.Sin(math.Pi/16)} {
		if math.Abs(length[marker]-want) > 1e-13 {
			t.Errorf("the edges with marker %d are %v long, want %v", marker, length[marker], want)
		}
	}
}

// TestDelaunay has points in general position, on a grid (every four on a circle) and on a circle.
func TestDelaunay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var scattered, shuffled [][2]float64
	for range 2000 {
		scattered = append(scattered, [2]float64{r.NormFloat64(), r.NormFloat64()})
	}
	shuffled = mesh.Grid([2]float64{0.1, 0.2}, [2]float64{0.7, 0.9}, 20, 17)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for name, points := range map[string][][2]float64{
		"scattered": scattered, "grid": shuffled, "circle": mesh.Circle([2]float64{3, 1}, 2, 100).Points,
		"triangle": {{0, 0}, {0, 1}, {1, 0}}, "nearly on a line": {{0, 0}, {1, 1e-16}, {2, 0}, {3, 1e-17}, {1.5, 0}},
		"thin": {{0, 0}, {1e8, 1}, {2e8, 1}, {3e8, 0}, {1.5e8, 1.5}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := mesh.Delaunay(points)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Validate(); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(m.Points, points) {
				t.Error("the points changed")
			}
			if want := 2*len(points) - 2 - len(m.Boundary); len(m.Triangles) != want || m.Euler() != 1 {
				t.Errorf("%d triangles, want %d; Euler's number %d, want 1", len(m.Triangles), want, m.Euler())
			}
			checkDelaunay(t, m)
		})
	}
	for want, points := range map[string][][2]float64{
		"of 2 points":            {{0, 0}, {1, 0}},
		"lie on one line":        {{0, 0}, {0.1, 0.1}, {0.5, 0.5}, {3, 3}},
		"points 0 and 2 are bot": {{0, 0}, {1, 0}, {0, 0}, {1, 1}},
		"point 1 = [+Inf 0]":     {{0, 0}, {math.Inf(1), 0}, {0, 1}},
	} {
		if _, err := mesh.Delaunay(points); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// TestDelaunayOfLattices has small sets of points of which many are on a line or a circle, exactly or nearly.
func TestDelaunayOfLattices(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 9))
		seen := map[[2]float64]bool{}
		var points [][2]float64
		for range 10 + r.IntN(80) {
			var p [2]float64
			switch seed % 4 {
			case 0:
				p = [2]float64{float64(r.IntN(9)), float64(r.IntN(9))}
			case 1:
				sin, cos := math.Sincos(float64(r.IntN(60)))
				p = [2]float64{3 * cos, 3 * sin}
			case 2:
				p = [2]float64{0.1 * float64(r.IntN(9)), 0.3 + 1e-15*float64(r.IntN(4))}
			case 3:
				p = [2]float64{r.Float64(), math.Exp2(-float64(r.IntN(100)))}
			}
			if !seen[p] {
				seen[p], points = true, append(points, p)
			}
		}
		m, err := mesh.Delaunay(points)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := m.Validate(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if want := 2*len(points) - 2 - len(m.Boundary); len(m.Triangles) != want || m.Euler() != 1 {
			t.Errorf("seed %d: %d triangles, want %d; Euler's number %d, want 1", seed, len(m.Triangles), want, m.Euler())
		}
		if seed%4 < 2 { // angles of the flat triangles of the others round too much for this check
			checkDelaunay(t, m)
		}
	}
}
