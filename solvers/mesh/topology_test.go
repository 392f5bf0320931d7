package mesh_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

func rectangle(t *testing.T, nx, ny int) mesh.Mesh {
	t.Helper()
	m, err := mesh.Rectangle([2]float64{-1, 0}, [2]float64{2, 1}, nx, ny)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestStructured(t *testing.T) {
	r := rectangle(t, 6, 4)
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(r.Points) != 35 || len(r.Triangles) != 48 || r.Euler() != 1 || r.Points[7] != [2]float64{-0.5, 0.5} {
		t.Errorf("%v, Points[7] = %v", r, r.Points[7])
	}
	if math.Abs(r.Area()-3) > 1e-14 { // 48 roundings of 1/16
		t.Errorf("area %v, want 3", r.Area())
	}
	for _, rings := range []int{1, 2, 7} {
		d, err := mesh.Disk([2]float64{1, 1}, 2, rings)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		n := float64(6 * rings)
		if want := n / 2 * 4 * math.Sin(2*math.Pi/n); math.Abs(d.Area()-want) > 1e-13 || d.Euler() != 1 || len(d.Triangles) != 6*rings*rings {
			t.Errorf("%d rings: area %v, want %v; %v", rings, d.Area(), want, d)
		}
		if q := d.Quality(); q.MinAngle < 36 || q.MaxAngle > 93 {
			t.Errorf("%d rings: angles from %v to %v", rings, q.MinAngle, q.MaxAngle)
		}
	}
	for _, f := range []func() (mesh.Mesh, error){
		func() (mesh.Mesh, error) { return mesh.Rectangle([2]float64{}, [2]float64{1, 1}, 0, 1) },
		func() (mesh.Mesh, error) { return mesh.Rectangle([2]float64{1, 0}, [2]float64{1, 1}, 1, 1) },
		func() (mesh.Mesh, error) { return mesh.Disk([2]float64{}, 0, 1) },
		func() (mesh.Mesh, error) { return mesh.Disk([2]float64{}, 1, 0) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("got %v, want an error that says what is wanted", err)
		}
	}
}

func TestTopology(t *testing.T) {
	m := mesh.Mesh{
		Points:    [][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}},
		Triangles: [][3]int{{0, 1, 2}, {0, 2, 3}},
		Boundary:  []mesh.Edge{{0, 1, 5}, {1, 2, 6}, {2, 3, 7}, {3, 0, 8}},
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	check := func(name string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	check("neighbours", m.Neighbours(), [][3]int{{-1, 1, -1}, {-1, -1, 0}})
	check("adjacency", m.Adjacency(), [][]int{{1, 2, 3}, {0, 2}, {0, 1, 3}, {0, 2}})
	check("edges", m.Edges(), []mesh.Link{{0, 1, 0, -1}, {0, 2, 1, 0}, {3, 0, 1, -1}, {1, 2, 0, -1}, {2, 3, 1, -1}})
	check("normals", m.Normals(), [][2]float64{{0, -1}, {1, 0}, {0, 1}, {-1, 0}})
	check("loops", m.Loops(), [][]int{{0, 1, 2, 3}})
	check("areas", m.Areas(), []float64{0.5, 0.5})
	check("on boundary", m.OnBoundary(), []bool{true, true, true, true})
	fine := m.Refine()
	if err := fine.Validate(); err != nil {
		t.Fatal(err)
	}
	check("refined", []int{len(fine.Points), len(fine.Triangles), len(fine.Boundary), fine.Boundary[3].Marker}, []int{9, 8, 8, 6})
	check("quality", fine.Quality().MinAngle, m.Quality().MinAngle)
	marked := m.Remark(func(middle [2]float64, marker int) int {
		if middle[0] == 1 {
			return 1
		}
		return marker
	})
	check("remarked", []int{marked.Boundary[0].Marker, marked.Boundary[1].Marker, m.Boundary[1].Marker}, []int{5, 1, 6})
}

func TestMeshIsRefused(t *testing.T) {
	good := mesh.Mesh{
		Points:    [][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}},
		Triangles: [][3]int{{0, 1, 2}, {0, 2, 3}},
		Boundary:  []mesh.Edge{{0, 1, 0}, {1, 2, 0}, {2, 3, 0}, {3, 0, 0}},
	}
	cases := map[string]struct {
		spoil func(m *mesh.Mesh)
		want  string
	}{
		"empty":          {func(m *mesh.Mesh) { *m = mesh.Mesh{} }, "no triangle"},
		"clockwise":      {func(m *mesh.Mesh) { m.Triangles[1] = [3]int{2, 0, 3} }, "Triangles[1] = [2 0 3] at [1 1], [0 0], [0 1] is clockwise"},
		"flat":           {func(m *mesh.Mesh) { m.Points[3] = [2]float64{0.25, 0.25} }, "Triangles[1] = [0 2 3] at [0 0], [1 1], [0.25 0.25] is flat"},
		"index":          {func(m *mesh.Mesh) { m.Triangles[0][2] = 4 }, "Triangles[0] = [0 1 4], want indices of the 4 points"},
		"corner twice":   {func(m *mesh.Mesh) { m.Triangles[0][2] = 1 }, "Triangles[0] = [0 1 1], want three different corners"},
		"doubled point":  {func(m *mesh.Mesh) { m.Points[3] = m.Points[1] }, "Points[1] and Points[3] are both [1 0]"},
		"not finite":     {func(m *mesh.Mesh) { m.Points[3][0] = math.NaN() }, "Points[3] = [NaN 1], want finite"},
		"unused":         {func(m *mesh.Mesh) { m.Points = append(m.Points, [2]float64{5, 5}) }, "Points[4] = [5 5] is in no triangle"},
		"overlap":        {func(m *mesh.Mesh) { m.Points[3] = [2]float64{1, 0.5}; m.Triangles[1] = [3]int{0, 3, 2} }, "lie on the same side of the edge from [1 1] to [0 0]"},
		"boundary short": {func(m *mesh.Mesh) { m.Boundary = m.Boundary[:3] }, "Boundary lacks the edge from point 3 at [0 1] to point 0 at [0 0]"},
		"boundary twice": {func(m *mesh.Mesh) { m.Boundary = append(m.Boundary, m.Boundary[0]) }, "Boundary[4] from point 0 to 1"},
		"boundary turns": {func(m *mesh.Mesh) { m.Boundary[0] = mesh.Edge{A: 1, B: 0} }, "Boundary[0] from point 1 to 0"},
		"crossing": {func(m *mesh.Mesh) {
			m.Points = append(m.Points, [2]float64{0.5, -0.1}, [2]float64{2, 2}, [2]float64{0.4, 1.5})
			m.Triangles = append(m.Triangles, [3]int{4, 5, 6})
			m.Boundary = append(m.Boundary, mesh.Edge{A: 4, B: 5}, mesh.Edge{A: 5, B: 6}, mesh.Edge{A: 6, B: 4})
		}, "cross or touch"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := mesh.Mesh{Points: slices.Clone(good.Points), Triangles: slices.Clone(good.Triangles), Boundary: slices.Clone(good.Boundary)}
			c.spoil(&m)
			if err := m.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

// TestMap bends a rectangle to a part of a ring, in the one sense and in the other.
func TestMap(t *testing.T) {
	m := rectangle(t, 30, 10)
	bend := func(sense float64) func(p [2]float64) [2]float64 {
		return func(p [2]float64) [2]float64 {
			sin, cos := math.Sincos(p[0])
			return [2]float64{(2 - p[1]) * cos, (2 - p[1]) * sin * sense}
		}
	}
	bent, err := m.Map(bend(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := bent.Validate(); err != nil {
		t.Fatal(err)
	}
	// Chords of 0.1 radians cut off a part of angle²/6 of the area.
	if diff := math.Abs(bent.Area() - 4.5); diff > 4.5*0.01/6 {
		t.Errorf("the area misses that of the ring by %v", diff)
	}
	if !reflect.DeepEqual(bent.Boundary, m.Boundary) {
		t.Error("the boundary changed")
	}
	if _, err := m.Map(bend(-1)); err == nil || !strings.Contains(err.Error(), "turns triangle 0 at [-1 0] over") {
		t.Errorf("a map that turns the plane over gives %v", err)
	}
	if _, err := m.Map(func(p [2]float64) [2]float64 { return [2]float64{p[0], math.Log(-1 - p[1])} }); err == nil {
		t.Error("a map to values that are not finite is accepted")
	}
}

func TestProbe(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	ring := mesh.Domain{
		Outer: mesh.Circle([2]float64{}, 1, 40),
		Holes: []mesh.Loop{mesh.Circle([2]float64{0.2, 0}, 0.3, 20)},
	}
	m := generate(t, mesh.Mesher{Size: 0.15}, ring)
	l, err := mesh.NewLocator(m)
	if err != nil {
		t.Fatal(err)
	}
	var points [][2]float64
	for range 3000 {
		points = append(points, [2]float64{2.4*r.Float64() - 1.2, 2.4*r.Float64() - 1.2})
	}
	points = append(points, m.Points...)
	for _, e := range m.Edges() { // points that lie on an edge but for a rounding
		s := r.Float64()
		a, b := m.Points[e.A], m.Points[e.B]
		points = append(points, [2]float64{a[0] + s*(b[0]-a[0]), a[1] + s*(b[1]-a[1])})
	}
	f := func(p [2]float64) float64 { return 1 + 2*p[0] - 3*p[1] }
	values := make([]float64, len(m.Points))
	for i, p := range m.Points {
		values[i] = f(p)
	}
	probe := l.Probe(points)
	got, err := probe.Read(values, math.Inf(1))
	if err != nil {
		t.Fatal(err)
	}
	inside := func(loop mesh.Loop, p [2]float64) bool { // convex
		for i, a := range loop.Points {
			b := loop.Points[(i+1)%len(loop.Points)]
			if (b[0]-a[0])*(p[1]-a[1])-(b[1]-a[1])*(p[0]-a[0]) < 0 {
				return false
			}
		}
		return true
	}
	for i, p := range points {
		in := i >= 3000 || inside(ring.Outer, p) && !inside(ring.Holes[0], p)
		if in != !math.IsInf(got[i], 1) || in != (probe.Triangle[i] >= 0) {
			t.Fatalf("the point %v: got %v, inside: %v", p, got[i], in)
		}
		if in && math.Abs(got[i]-f(p)) > 1e-11 { // a point may be put on the edge, by 1e-12 of a triangle's height
			t.Errorf("at %v the linear function is %v, want %v", p, got[i], f(p))
		}
	}
	if _, err := probe.Read(values[:10], 0); err == nil || !strings.Contains(err.Error(), "Probe.Read of 10 values") {
		t.Errorf("too few values give %v", err)
	}
	if tri, _ := l.Locate([2]float64{math.NaN(), 0}); tri != -1 {
		t.Errorf("a point that is not finite is in triangle %d", tri)
	}
	for _, bad := range []mesh.Mesh{{}, {Points: [][2]float64{{0, 0}, {1, 0}, {2, 0}}, Triangles: [][3]int{{0, 1, 2}}}} {
		if _, err := mesh.NewLocator(bad); err == nil {
			t.Error("a locator of a mesh without area is accepted")
		}
	}
}

func TestGrid(t *testing.T) {
	got := mesh.Grid([2]float64{0, 1}, [2]float64{1, 3}, 2, 3)
	if want := [][2]float64{{0, 1}, {0, 2}, {0, 3}, {1, 1}, {1, 2}, {1, 3}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
