package geometry_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

type reference struct {
	Sobol, Halton []struct {
		Dims, First int
		Points      []float64
	}
	Discrepancy struct{ Sobol, Halton float64 }
	Ellipse     []struct{ A, B, Perimeter float64 }
}

func golden(t *testing.T) reference {
	t.Helper()
	text, err := os.ReadFile("testdata/sequences_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var out reference
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// cube gives the first n points of the unit cube.
func cube(t testing.TB, s geometry.Sampler, n, dims int) geometry.Sample {
	t.Helper()
	high := make([]float64, dims)
	for i := range high {
		high[i] = 1
	}
	out, err := geometry.Interior(geometry.Box{Low: make([]float64, dims), High: high}, s, n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The plain sequences are scipy's.
func TestSequencesAgainstScipy(t *testing.T) {
	want := golden(t)
	for _, g := range want.Sobol {
		rule, err := geometry.Sobol{}.Rule(1, g.Dims)
		if err != nil {
			t.Fatal(err)
		}
		u := make([]float64, g.Dims)
		for i := range len(g.Points) / g.Dims {
			rule.At(g.First+i, u)
			if !slices.Equal(u, g.Points[i*g.Dims:(i+1)*g.Dims]) { // binary fractions: no rounding
				t.Errorf("Sobol point %d of %d coordinates is %v, want %v", g.First+i, g.Dims, u, g.Points[i*g.Dims:(i+1)*g.Dims])
			}
		}
	}
	for _, g := range want.Halton {
		rule, err := geometry.Halton{}.Rule(1, g.Dims)
		if err != nil {
			t.Fatal(err)
		}
		u := make([]float64, g.Dims)
		for i := range len(g.Points) / g.Dims {
			rule.At(g.First+i, u)
			for axis, v := range g.Points[i*g.Dims : (i+1)*g.Dims] {
				if math.Abs(u[axis]-v) > 1e-15 { // a dozen digits are summed
					t.Errorf("Halton point %d of %d: coordinate %d is %v, want %v", g.First+i, g.Dims, axis, u[axis], v)
				}
			}
		}
	}
}

// centred is the square of the centred L2 discrepancy.
//
// Source: Hickernell 1998, Mathematics of Computation 67; scipy calls it CD.
func centred(s geometry.Sample) float64 {
	n := float64(s.Count())
	out := math.Pow(13.0/12, float64(s.Dims))
	for i := range s.Count() {
		single := 1.0
		for _, v := range s.Point(i) {
			a := math.Abs(v - 0.5)
			single *= 1 + a/2 - a*a/2
		}
		out -= 2 / n * single
		for j := range s.Count() {
			pair := 1.0
			for axis, v := range s.Point(i) {
				w := s.Point(j)[axis]
				pair *= 1 + math.Abs(v-0.5)/2 + math.Abs(w-0.5)/2 - math.Abs(v-w)/2
			}
			out += pair / (n * n)
		}
	}
	return out
}

func TestDiscrepancy(t *testing.T) {
	want := golden(t)
	for _, g := range []struct {
		sampler geometry.Sampler
		want    float64
	}{{geometry.Sobol{}, want.Discrepancy.Sobol}, {geometry.Halton{}, want.Discrepancy.Halton}} {
		// Terms near 1 that cancel.
		if got := centred(cube(t, g.sampler, 256, 3)); math.Abs(got-g.want) > 1e-13 {
			t.Errorf("%T: centred discrepancy %v, want %v", g.sampler, got, g.want)
		}
	}
	random := centred(cube(t, geometry.Uniform{Seed: 1}, 256, 3))
	for _, s := range []geometry.Sampler{
		geometry.Sobol{Scrambled: true, Seed: 1}, geometry.Halton{Scrambled: true, Seed: 1}, geometry.Hammersley{},
	} {
		// Random points have (5/4)³ - (13/12)³ = 0.68 over n; four times less is far outside their scatter.
		if got := centred(cube(t, s, 256, 3)); got > random/4 {
			t.Errorf("%T: centred discrepancy %v, of random points %v", s, got, random)
		}
	}
}

// Of the first 2^m points in two dimensions each box of 2^-k by 2^(k-m) has one: Sobol's first two coordinates are a (0, m, 2)-net, and scrambling
// keeps it one.
func TestSobolIsANet(t *testing.T) {
	const m = 8
	for _, s := range []geometry.Sobol{{}, {Scrambled: true, Seed: 1}, {Scrambled: true, Seed: 2}} {
		points := cube(t, s, 1<<m, 2)
		for k := range m + 1 {
			seen := map[[2]int]bool{}
			for i := range points.Count() {
				x := points.Point(i)
				seen[[2]int{int(x[0] * float64(int(1)<<k)), int(x[1] * float64(int(1)<<(m-k)))}] = true
			}
			if len(seen) != 1<<m {
				t.Errorf("%+v: %d of %d boxes with sides 2^-%d and 2^-%d have a point, want all", s, len(seen), 1<<m, k, m-k)
			}
		}
	}
}

// unlikely tells whether counts, equally many wanted in each, are as uneven as one in ten thousand would be by chance.
func unlikely(counts []int) bool {
	total := 0
	for _, c := range counts {
		total += c
	}
	want, chi := float64(total)/float64(len(counts)), 0.0
	for _, c := range counts {
		chi += (float64(c) - want) * (float64(c) - want) / want
	}
	return chi > distuv.ChiSquared{K: float64(len(counts) - 1)}.Quantile(1-1e-4)
}

// Over seeds, one point of a scrambled sequence is uniform on the square, and two neighbours in the plain order differ in no fixed way.
func TestScrambledPointsAreUniform(t *testing.T) {
	for _, make := range []func(seed uint64) geometry.Sampler{
		func(seed uint64) geometry.Sampler { return geometry.Sobol{Scrambled: true, Seed: seed} },
		func(seed uint64) geometry.Sampler { return geometry.Halton{Scrambled: true, Seed: seed} },
	} {
		for _, i := range []int{0, 5} {
			var cells, lowest [64]int
			for seed := range uint64(4000) {
				rule, err := make(seed).Rule(8, 2)
				if err != nil {
					t.Fatal(err)
				}
				var u [2]float64
				rule.At(i, u[:])
				cells[int(8*u[0])*8+int(8*u[1])]++
				fine := u[0] * (1 << 20)
				lowest[int(64*(fine-math.Floor(fine)))]++ // digits beyond those of the plain point
			}
			if unlikely(cells[:]) || unlikely(lowest[:]) {
				t.Errorf("%T: point %d is in the cells %v, its last digits in %v", make(0), i, cells, lowest)
			}
		}
	}
}

func TestLatinHypercube(t *testing.T) {
	const n, dims = 1000, 5
	points := cube(t, geometry.LatinHypercube{Seed: 1}, n, dims)
	for axis := range dims {
		var seen [n]bool
		for i := range n {
			seen[int(points.Point(i)[axis]*n)] = true
		}
		if slices.Contains(seen[:], false) {
			t.Errorf("a slice of axis %d has no point", axis)
		}
	}
	var cells [25]int
	for i := range n {
		cells[int(5*points.Point(i)[0])*5+int(5*points.Point(i)[1])]++
	}
	if unlikely(cells[:]) { // rows and columns are full by design, so this is a lax bound on their combination
		t.Errorf("points fall into cells %v", cells)
	}
}

func TestHammersley(t *testing.T) {
	got := cube(t, geometry.Hammersley{}, 4, 2).Points
	if want := []float64{0.125, 0, 0.375, 0.5, 0.625, 0.25, 0.875, 0.75}; !slices.Equal(got, want) {
		t.Errorf("Hammersley points %v, want %v", got, want)
	}
}

// slope is that of the logarithm of the root mean square error of an integral over the number of points, over seeds.
func slope(t *testing.T, d geometry.Domain, want float64, f func(x []float64) float64, sampler func(seed uint64) geometry.Sampler) float64 {
	t.Helper()
	var xs, ys []float64
	for power := 6; power <= 12; power += 2 {
		var squares float64
		for seed := range uint64(8) {
			points, err := geometry.Interior(d, sampler(seed), 1<<power)
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			for i := range points.Count() {
				sum += points.Weight() * f(points.Point(i))
			}
			squares += (sum - want) * (sum - want)
		}
		xs, ys = append(xs, float64(power)), append(ys, math.Log2(squares)/2)
	}
	var mx, my, xy, xx float64
	for i := range xs {
		mx, my = mx+xs[i]/float64(len(xs)), my+ys[i]/float64(len(xs))
	}
	for i := range xs {
		xy, xx = xy+(xs[i]-mx)*(ys[i]-my), xx+(xs[i]-mx)*(xs[i]-mx)
	}
	return xy / xx
}

// Errors of integrals fall as they should, on the cube, on mapped shapes, and on shapes that are cut from their bounds.
func TestOrder(t *testing.T) {
	uniform := func(seed uint64) geometry.Sampler { return geometry.Uniform{Seed: seed} }
	sobol := func(seed uint64) geometry.Sampler { return geometry.Sobol{Scrambled: true, Seed: seed} }
	halton := func(seed uint64) geometry.Sampler { return geometry.Halton{Scrambled: true, Seed: seed} }
	cube := geometry.Box{Low: []float64{0, 0, 0}, High: []float64{1, 1, 1}}
	smooth := func(x []float64) float64 { return math.Exp(x[0] + x[1] + x[2]) }
	disk := geometry.Disk(0, 0, 1)
	square := func(x []float64) float64 { return x[0] * x[0] }
	cut := squareWithHole()
	sin, cos := math.Sincos(0.5)
	for _, loop := range []mesh.Loop{cut.Outline.Outer, cut.Outline.Holes[0]} {
		for i, p := range loop.Points {
			loop.Points[i] = [2]float64{cos*p[0] - sin*p[1], sin*p[0] + cos*p[1]}
		}
	}
	middle := 2*cos - 2*sin
	moment := 12*middle*middle + (256.0-16)/12
	// 8 seeds and 4 sizes know a slope to ±0.1; Sobol's is -3/2 but for logarithms, on
	// triangles less, since which triangle has a point jumps; cut shapes have a jump along lines that are not those of axes: -3/4.
	for _, test := range []struct {
		name      string
		domain    geometry.Domain
		want      float64
		f         func(x []float64) float64
		sampler   func(seed uint64) geometry.Sampler
		low, high float64
	}{
		{"cube, uniform", cube, math.Pow(math.E-1, 3), smooth, uniform, -0.75, -0.25},
		{"cube, Sobol", cube, math.Pow(math.E-1, 3), smooth, sobol, -1.75, -1.2},
		{"cube, Halton", cube, math.Pow(math.E-1, 3), smooth, halton, -1.5, -0.85},
		{"disk, uniform", disk, math.Pi / 4, square, uniform, -0.75, -0.25},
		{"disk, Sobol", disk, math.Pi / 4, square, sobol, -1.75, -1.2},
		{"triangles, Sobol", triangles(t), 68, square, sobol, -1.75, -0.8},
		{"polygon, uniform", cut, moment, square, uniform, -0.75, -0.25},
		{"polygon, Sobol", cut, moment, square, sobol, -1.1, -0.6},
	} {
		got := slope(t, test.domain, test.want, test.f, test.sampler)
		t.Logf("%s: order %.2f", test.name, got)
		if !(test.low < got && got < test.high) {
			t.Errorf("%s: the error falls like n^%.2f, want an exponent in (%v, %v)", test.name, got, test.low, test.high)
		}
	}
}

// Points are uniform by area: chi-square tests on cells of equal area, of random points and, less likely to fail, of sequences.
func TestUniformity(t *testing.T) {
	const n = 20_000
	radial := func(x []float64) int { // 5 rings and 8 sectors of the unit disk
		sector := int((math.Atan2(x[1], x[0])/(2*math.Pi) + 0.5) * 8)
		return min(sector, 7)*5 + int(5*(x[0]*x[0]+x[1]*x[1]))
	}
	grid := func(x []float64) int {
		return []int{0, 1, 2, 3, 4, -1, -1, 5, 6, -1, -1, 7, 8, 9, 10, 11}[int(x[0])*4+int(x[1])]
	}
	for _, test := range []struct {
		name   string
		domain geometry.Domain
		cells  int
		cell   func(x []float64) int
	}{
		{"disk", geometry.Disk(0, 0, 1), 40, radial},
		{"disk by rejection", geometry.Intersection{Of: []geometry.Domain{geometry.Disk(0, 0, 1)}}, 40, radial},
		{"ellipse", geometry.Ellipse{Semiaxes: [2]float64{3, 0.5}}, 40, func(x []float64) int { return radial([]float64{x[0] / 3, x[1] / 0.5}) }},
		{"polygon", squareWithHole(), 12, grid},
		{"triangles", triangles(t), 12, grid},
		{"ball", geometry.Ball{Centre: []float64{0, 0, 0}, Radius: 1}, 32, func(x []float64) int {
			r := norm(x)
			return int(4*r*r*r)*8 + int(2*(1+x[2]/r))*2 + btoi(x[0] > 0)
		}},
		{"ball of six dimensions", geometry.Ball{Centre: make([]float64, 6), Radius: 1}, 64, func(x []float64) int {
			return btoi(x[0] > 0) + 2*btoi(x[1] > x[2]) + 4*btoi(x[3] > 0) + 8*btoi(x[4] > x[5]) + 16*int(4*math.Pow(norm(x), 6))
		}},
	} {
		for _, s := range []geometry.Sampler{
			geometry.Uniform{Seed: 5}, geometry.Sobol{Scrambled: true}, geometry.Halton{Scrambled: true}, geometry.LatinHypercube{Seed: 3},
		} {
			points, err := geometry.Interior(test.domain, s, n)
			if err != nil {
				t.Fatal(err)
			}
			counts := make([]int, test.cells)
			for i := range n {
				counts[test.cell(points.Point(i))]++
			}
			if unlikely(counts) {
				t.Errorf("%s, %T: counts %v, want about %d in each", test.name, s, counts, n/test.cells)
			}
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Boundary points are uniform by arc length, and by area.
func TestBoundaryUniformity(t *testing.T) {
	const n, cells = 20_000, 40
	ellipse := geometry.Ellipse{Semiaxes: [2]float64{3, 0.3}}
	// Arc length of the ellipse by a fine sum of chords.
	const fine = 400_000
	lengths := make([]float64, fine+1)
	at := func(i int) (x, y float64) {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / fine)
		return 3 * cos, 0.3 * sin
	}
	for i := range fine {
		x0, y0 := at(i)
		x1, y1 := at(i + 1)
		lengths[i+1] = lengths[i] + math.Hypot(x1-x0, y1-y0)
	}
	for _, test := range []struct {
		name   string
		domain geometry.Domain
		cell   func(x []float64) int
	}{
		{"ellipse", ellipse, func(x []float64) int {
			turn := math.Atan2(x[1]/0.3, x[0]/3) / (2 * math.Pi)
			return min(int(cells*lengths[int((turn-math.Floor(turn))*fine)]/lengths[fine]), cells-1)
		}},
		{"sphere", geometry.Ball{Centre: []float64{0, 0, 0}, Radius: 1}, func(x []float64) int {
			turn := math.Atan2(x[1], x[0]) / (2 * math.Pi)
			return min(int(2.5*(x[2]+1)), 4)*8 + min(int(8*(turn-math.Floor(turn))), 7)
		}},
		{"square with a hole", squareWithHole(), func(x []float64) int {
			switch { // ten cells an edge of the square; the hole is left out
			case x[1] == 0 || x[1] == 4:
				return min(int(2.5*x[0]), 9) + 10*btoi(x[1] == 4)
			case x[0] == 0 || x[0] == 4:
				return 20 + min(int(2.5*x[1]), 9) + 10*btoi(x[0] == 4)
			}
			return -1
		}},
	} {
		for _, s := range []geometry.Sampler{geometry.Uniform{Seed: 8}, geometry.Sobol{Scrambled: true, Seed: 2}} {
			points, err := geometry.OnBoundary(test.domain, s, n)
			if err != nil {
				t.Fatal(err)
			}
			counts := make([]int, cells)
			for i := range n {
				if c := test.cell(points.Point(i)); c >= 0 {
					counts[c]++
				}
			}
			if unlikely(counts) {
				t.Errorf("%s, %T: counts %v", test.name, s, counts)
			}
		}
	}
}

// A sequence is continued by what was drawn before: the first points are the same however many are drawn, also where some are refused.
func TestPrefixes(t *testing.T) {
	for _, s := range []geometry.Sampler{
		geometry.Uniform{Seed: 1}, geometry.Sobol{}, geometry.Sobol{Scrambled: true}, geometry.Halton{}, geometry.Halton{Scrambled: true},
	} {
		for _, d := range []geometry.Domain{squareWithHole(), geometry.Disk(0, 0, 1)} {
			few, err := geometry.Interior(d, s, 100)
			if err != nil {
				t.Fatal(err)
			}
			many, err := geometry.Interior(d, s, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(few.Points, many.Points[:len(few.Points)]) {
				t.Errorf("%#v: the first 100 points of 100 and of 1000 differ", s)
			}
		}
	}
	a, b := cube(t, geometry.Uniform{Seed: 1}, 1, 2), cube(t, geometry.Uniform{Seed: 2}, 1, 2)
	if slices.Equal(a.Points, b.Points) {
		t.Error("two seeds give the same point")
	}
}

func TestDrawCounts(t *testing.T) {
	for _, s := range []geometry.Sampler{geometry.LatinHypercube{Seed: 1}, geometry.Hammersley{}, geometry.Uniform{}} {
		points, err := geometry.Interior(squareWithHole(), s, 777)
		if err != nil {
			t.Fatal(err)
		}
		if points.Count() != 777 || math.Abs(points.Acceptance-0.75) > 0.06 { // four standard errors of random points
			t.Errorf("%T: %d points, acceptance %v, want 777 and about 0.75", s, points.Count(), points.Acceptance)
		}
		sum := 0.0
		for i := range points.Count() {
			sum += points.Point(i)[0] / 777
		}
		if math.Abs(sum-2) > 0.2 { // the standard deviation is 1.3, so four standard errors; no strip may be left out
			t.Errorf("%T: mean %v, want 2", s, sum)
		}
	}
	grid, err := geometry.Grid(squareWithHole(), []int{8, 8})
	if err != nil {
		t.Fatal(err)
	}
	if grid.Count() != 48 || grid.Weight() != 0.25 || grid.Point(0)[1] != 0.25 || grid.Point(1)[1] != 0.75 {
		t.Errorf("grid of %d points of weight %v that starts with %v, want 48 of 0.25 from (0.25, 0.25)", grid.Count(), grid.Weight(), grid.Points[:4])
	}
}

func TestDrawErrors(t *testing.T) {
	apart := geometry.Intersection{Of: []geometry.Domain{geometry.Disk(0, 0, 1), geometry.Disk(1.8, 1.8, 1)}}
	high := geometry.Box{Low: make([]float64, 70), High: slices.Repeat([]float64{1}, 70)}
	for _, test := range []struct {
		domain  geometry.Domain
		sampler geometry.Sampler
		n       int
		want    string
	}{
		{geometry.Disk(0, 0, 1), nil, 1, "the Sampler is nil"},
		{geometry.Disk(0, 0, 1), geometry.Uniform{}, 0, "sample of 0 points, want at least 1"},
		{apart, geometry.Uniform{}, 1, "0 of 262144 points drawn are kept, want at least one in 10000"},
		{apart, geometry.LatinHypercube{}, 1, "points drawn are kept, want at least one in 10000"},
		{high, geometry.Sobol{}, 1, "Sobol of 1 points of 70 coordinates, want at most 2^32 of 64"},
		{high, geometry.Halton{}, 1, "Halton of 70 coordinates, want at most 64"},
		{high, geometry.Hammersley{}, 1, "Halton of 69 coordinates"},
	} {
		if _, err := geometry.Interior(test.domain, test.sampler, test.n); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Interior of %T with %T says %v, want %q", test.domain, test.sampler, err, test.want)
		}
	}
	for _, test := range []struct {
		cells []int
		want  string
	}{
		{[]int{3}, "Grid of 1 numbers of cells, want one for each of 2 axes"},
		{[]int{3, 0}, "cells[1] = 0"},
		{[]int{1, 1}, "none of the 1 points"},
		{[]int{1 << 20, 1 << 20}, "cells[1] = 1048576"},
	} {
		if _, err := geometry.Grid(squareWithHole(), test.cells); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Grid of %v says %v, want %q", test.cells, err, test.want)
		}
	}
}

// Points are evenly spread by arc length to the accuracy of the table, and perimeters are scipy's.
func TestEllipseArcs(t *testing.T) {
	for _, g := range golden(t).Ellipse {
		e := geometry.Ellipse{Semiaxes: [2]float64{g.A, g.B}}
		if got := e.Perimeter(); math.Abs(got-g.Perimeter) > 1e-14*g.Perimeter { // a few roundings on both sides
			t.Errorf("perimeter of %v is %v, want %v", e.Semiaxes, got, g.Perimeter)
		}
		const n = 100_000
		points, err := geometry.OnBoundary(e, geometry.Hammersley{}, n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			// Chords of arcs that bend by up to 2π/n·(A/B)² are shorter by the square of that over 24.
			bend := 2 * math.Pi / n * (g.A / g.B) * (g.A / g.B)
			if d := apart(points.Point(i), points.Point((i+1)%n)) * n / g.Perimeter; math.Abs(d-1) > bend*bend/24+1e-8 {
				t.Fatalf("semiaxes %v: points %d and the next are %v of the mean distance apart", e.Semiaxes, i, d)
			}
		}
	}
}
