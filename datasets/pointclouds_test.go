package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestPointCloudsGolden ties the values to PointClouds.Version.
func TestPointCloudsGolden(t *testing.T) {
	for _, k := range datasets.CloudKinds() {
		checkGolden(t, datasets.PointClouds{Kind: k, Points: 6, Train: 2, Test: 1, Seed: 1, Noise: 0.01}, 1e-14) // round-off
	}
}

func dot(a, b []float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func cloudsOf(t *testing.T, kind datasets.CloudKind, points, train int) datasets.Pairs {
	t.Helper()
	return load(t, datasets.PointClouds{Kind: kind, Points: points, Train: train, Test: 1, Seed: 2}).Train()
}

func TestSpheres(t *testing.T) {
	pairs := cloudsOf(t, datasets.SphereClouds, 3000, 5)
	for c := range pairs.Len() {
		x, n := pairs.Input.Sample(c), pairs.Output.Sample(c)
		radius := math.Sqrt(dot(x, x))
		var first, second float64 // moments along the first axis
		for p := 0; p < len(x); p += 3 {
			if d := dot(x[p:], n[p:]) - radius; math.Abs(d) > 1e-13 || math.Abs(dot(n[p:], n[p:])-1) > 1e-13 { // round-off
				t.Fatalf("point %v with normal %v on a sphere of radius %v", x[p:p+3], n[p:p+3], radius)
			}
			first += n[p] / 3000
			second += n[p] * n[p] / 3000
		}
		// A coordinate of the unit sphere is uniform: variance 1/3, of its square 4/45. Five standard errors.
		if math.Abs(first) > 5*math.Sqrt(1.0/3/3000) || math.Abs(second-1.0/3) > 5*math.Sqrt(4.0/45/3000) || radius < 0.5 || radius > 1 {
			t.Errorf("radius %v, moments %v and %v, want 0 and 1/3", radius, first, second)
		}
	}
}

// TestTori: going back from a point by r along its normal ends on the unit circle, with one r for all points; and E|x|² = 1 + 2r².
func TestTori(t *testing.T) {
	pairs := cloudsOf(t, datasets.TorusClouds, 3000, 5)
	for c := range pairs.Len() {
		x, n := pairs.Input.Sample(c), pairs.Output.Sample(c)
		r, mean := -1.0, 0.0
		for p := 0; p < len(x); p += 3 {
			b, q := dot(x[p:], n[p:]), dot(x[p:], x[p:])
			mean += q / 3000
			root := math.Sqrt(max(0, b*b-q+1)) // |x - r n| = 1 has the roots b ± root, of which r is the one that all share
			low, high := b-root, b+root
			switch {
			case r < 0 && low <= 0:
				r = high
			case r > 0 && math.Abs(low-r) > 1e-6 && math.Abs(high-r) > 1e-6: // round-off under a root
				t.Fatalf("point %v has the roots %v and %v, want one to be %v", x[p:p+3], low, high, r)
			}
		}
		if r < 0.2 || r > 0.5 {
			t.Fatalf("r = %v, want 0.2 to 0.5", r)
		}
		// |x|² = 1 + r² + 2r cos θ; the variance of cos θ is at most 1/2. Five standard errors.
		if want := 1 + 2*r*r; math.Abs(mean-want) > 5*2*r*math.Sqrt(0.5/3000) {
			t.Errorf("mean square %v, want %v", mean, want)
		}
	}
}

// TestSurfaces: seen along the axis that all normals lean to, the points fill a square; close points part at right angles to the normal.
func TestSurfaces(t *testing.T) {
	pairs := cloudsOf(t, datasets.SurfaceClouds, 4000, 2)
	for c := range pairs.Len() {
		x, n := pairs.Input.Sample(c), pairs.Output.Sample(c)
		checked := 0
		for p := 0; p < len(x); p += 3 {
			for q := 0; q < p; q += 3 {
				d := []float64{x[p] - x[q], x[p+1] - x[q+1], x[p+2] - x[q+2]}
				if length := math.Sqrt(dot(d, d)); length < 0.02 {
					checked++
					// The curvature, at most Σ a k² = 0.3·3·18 = 16, times half the distance.
					if lean := math.Abs(dot(d, n[p:])) / length; lean > 8*0.02 {
						t.Fatalf("points %v apart lean by %v to the normal", length, lean)
					}
				}
			}
		}
		if checked < 100 {
			t.Errorf("%d close pairs, want 100 or more", checked)
		}
	}
}

func TestPointCloudsErrors(t *testing.T) {
	err := datasets.PointClouds{Kind: datasets.TorusClouds, Noise: -1}.Validate()
	for _, want := range []string{"PointClouds.Points = 0", "PointClouds.Noise = -1", "PointClouds.Train = 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if err := (datasets.PointClouds{}).Validate(); err == nil || !strings.Contains(err.Error(), `PointClouds.Kind = "", want one of spheres`) {
		t.Errorf("error %v, want the kinds", err)
	}
}
