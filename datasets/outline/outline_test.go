package outline_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets/outline"
)

func loop(corners [][2]float64) outline.Loop {
	var l outline.Loop
	for _, c := range corners {
		l = append(l, outline.Point{X: c[0], Y: c[1]})
	}
	return l
}

// TestAgainstShapely compares with testdata/distance.json, which testdata/distance.py made.
func TestAgainstShapely(t *testing.T) {
	text, err := os.ReadFile("testdata/distance.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Outer, Hole, Points [][2]float64
		Area, Length        float64
		Distances           []float64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	d := outline.Domain{Outer: loop(golden.Outer), Holes: []outline.Loop{loop(golden.Hole)}}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	if math.Abs(d.Area()-golden.Area) > 1e-14 || math.Abs(d.Outer.Length()-golden.Length) > 1e-14 { // round-off
		t.Errorf("area %v and length %v, want %v and %v", d.Area(), d.Outer.Length(), golden.Area, golden.Length)
	}
	inside := 0
	for i, p := range golden.Points {
		got, want := d.Distance(outline.Point{X: p[0], Y: p[1]}), golden.Distances[i]
		if math.Abs(got-want) > 1e-14 { // round-off
			t.Errorf("distance %v of %v, want %v", got, p, want)
		}
		if want < 0 {
			inside++
		}
	}
	if inside < 5 || inside > 35 {
		t.Errorf("%d of 40 points are inside, want some and not all", inside)
	}
}

func TestStar(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for trial := range 2000 {
		s := outline.Star{Corners: 4 + trial%20, Inner: 0.05 + 0.95*rng.Float64(), Holes: trial % 7}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		d := s.Draw(rng)
		if err := d.Validate(); err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		if len(d.Holes) != s.Holes || len(d.Outer) != s.Corners || s.Holes == 0 && !d.Contains(outline.Point{}) {
			t.Errorf("%+v: %d corners, %d holes", s, len(d.Outer), len(d.Holes))
		}
		// By chance: points inside are as many as the area says, within five standard errors.
		const draws = 400
		n := 0.0
		for range draws {
			if d.Contains(outline.Point{X: 2*rng.Float64() - 1, Y: 2*rng.Float64() - 1}) {
				n++
			}
		}
		p := d.Area() / 4
		if bound := 5*math.Sqrt(p*(1-p)/draws) + 1.0/draws; math.Abs(n/draws-p) > bound {
			t.Errorf("%+v: %v of the square is inside, want %v within %.2g", s, n/draws, p, bound)
		}
	}
}

// TestNACA4 checks values of the report and what holds for all: the thickness, and that no outline crosses itself.
func TestNACA4(t *testing.T) {
	l, err := outline.NACA4{Thickness: 0.12}.Loop(200)
	if err != nil {
		t.Fatal(err)
	}
	top := 0.0
	for i, p := range l {
		top = max(top, p.Y)
		if q := l[(200-i)%200]; math.Abs(p.X-q.X)+math.Abs(p.Y+q.Y) > 1e-14 { // round-off
			t.Errorf("points %v and %v, want them mirrored", p, q)
		}
	}
	// The highest point, by the report half the thickness at x = 0.3; the series' coefficients have four digits.
	if math.Abs(top-0.06) > 1e-4 {
		t.Errorf("half the thickness is %v, want 0.06", top)
	}
	if l[0].X != 1 || math.Abs(l[0].Y) > 1e-15 || l[100] != (outline.Point{}) {
		t.Errorf("edges at %v and %v, want (1, 0) and (0, 0)", l[0], l[100])
	}
	count := 0
	for camber := 0.0; camber <= 0.1; camber += 0.02 {
		for place := 0.2; place < 0.81; place += 0.1 {
			for thickness := 0.03; thickness < 0.31; thickness += 0.09 {
				a := outline.NACA4{Camber: camber, Place: min(place, 0.8), Thickness: min(thickness, 0.3)}
				for _, n := range []int{8, 41, 160} {
					l, err := a.Loop(n)
					if err != nil {
						t.Fatal(err)
					}
					if err := (outline.Domain{Outer: l}).Validate(); err != nil {
						t.Errorf("%+v with %d points: %v", a, n, err)
					}
					count++
				}
			}
		}
	}
	if count < 400 {
		t.Errorf("%d airfoils, want 400 or more", count)
	}
}

func TestResampled(t *testing.T) {
	square := loop([][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}})
	got, err := square.Resampled(8)
	want := loop([][2]float64{{0, 0}, {0.5, 0}, {1, 0}, {1, 0.5}, {1, 1}, {0.5, 1}, {0, 1}, {0, 0.5}})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if r := square.Reversed(); r.Area() != -1 || r[0] != square[0] {
		t.Errorf("reversed %v", r)
	}
	for _, bad := range []outline.Loop{nil, {{1, 1}, {1, 1}, {1, 1}}} {
		if _, err := bad.Resampled(8); err == nil {
			t.Errorf("%v was resampled", bad)
		}
	}
	if _, err := square.Resampled(2); err == nil {
		t.Error("two points were accepted")
	}
}

func TestErrors(t *testing.T) {
	square := loop([][2]float64{{0, 0}, {4, 0}, {4, 4}, {0, 4}})
	small := func(x, y float64) outline.Loop {
		return loop([][2]float64{{x, y}, {x, y + 1}, {x + 1, y + 1}, {x + 1, y}})
	}
	for want, d := range map[string]outline.Domain{
		"the outer loop has 2 corners":               {Outer: square[:2]},
		"the outer loop has corner 1 at":             {Outer: loop([][2]float64{{0, 0}, {math.NaN(), 0}, {1, 1}})},
		"the outer loop has the area -16":            {Outer: square.Reversed()},
		"hole 0 has the area 1":                      {Outer: square, Holes: []outline.Loop{small(1, 1).Reversed()}},
		"edge 2 of the outer loop and edge 0 of the": {Outer: loop([][2]float64{{0, 0}, {4, 0}, {4, 4}, {1, -1}})},
		"edge 0 of hole 1 and edge 1 of hole 0":      {Outer: square, Holes: []outline.Loop{small(1, 1), small(2, 1)}},
		"hole 0 is outside":                          {Outer: square, Holes: []outline.Loop{small(5, 1)}},
		"hole 1 is inside hole 0":                    {Outer: square, Holes: []outline.Loop{loop([][2]float64{{0.5, 0.5}, {0.5, 3}, {3, 3}, {3, 0.5}}), small(1, 1)}},
		"turns back on itself at corner":             {Outer: loop([][2]float64{{0, 0}, {4, 0}, {6, 0}, {5, 0}, {0, 4}})},
	} {
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	good := outline.Domain{Outer: square, Holes: []outline.Loop{small(1, 1)}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	_, err := outline.NACA4{Camber: 0.2, Place: 0.9}.Loop(3)
	for _, want := range []string{"NACA4.Camber = 0.2", "NACA4.Place = 0.9", "NACA4.Thickness = 0", "n = 3"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	err = outline.Star{Holes: -1}.Validate()
	for _, want := range []string{"Star.Corners = 0", "Star.Inner = 0", "Star.Holes = -1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func ExampleNACA4_Loop() {
	l, err := outline.NACA4{Camber: 0.02, Place: 0.4, Thickness: 0.12}.Loop(100)
	fmt.Printf("%.4f %v\n", l.Area(), err)
	// Output: 0.0817 <nil>
}
