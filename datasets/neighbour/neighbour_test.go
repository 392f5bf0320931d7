package neighbour_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets/neighbour"
)

// cloud draws points; with lattice they lie on few values, so that many distances are equal and many points coincide.
func cloud(rng *rand.Rand, n, dim int, lattice bool) []float64 {
	points := make([]float64, n*dim)
	for i := range points {
		points[i] = 3 * rng.Float64()
		if lattice {
			points[i] = math.Floor(points[i])
		}
	}
	return points
}

// all is the search through all points. Images a period away stand for periodic axes.
func all(points, x, sides []float64) []neighbour.Neighbour {
	var list []neighbour.Neighbour
	for i := range len(points) / len(x) {
		var sum float64
		for a := range x {
			d := math.Abs(x[a] - points[i*len(x)+a])
			if sides != nil && sides[a] > 0 {
				d = min(d, math.Abs(d-sides[a]))
			}
			sum += d * d
		}
		list = append(list, neighbour.Neighbour{Index: i, Distance: math.Sqrt(sum)})
	}
	slices.SortStableFunc(list, func(a, b neighbour.Neighbour) int { return cmp.Compare(a.Distance, b.Distance) })
	return list
}

// TestTree compares with the search through all points, to the bit.
func TestTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for trial := range 400 {
		dim, n, lattice := 1+trial%5, 1+rng.IntN(300), trial%3 == 0
		points := cloud(rng, n, dim, lattice)
		var sides []float64
		if trial%2 == 0 {
			sides = make([]float64, dim)
			for a := range sides {
				sides[a] = []float64{3, 0, 3.5}[rng.IntN(3)]
			}
		}
		tree, err := neighbour.New(points, dim, sides)
		if err != nil {
			t.Fatal(err)
		}
		x := cloud(rng, 1, dim, lattice)
		if trial%4 == 1 {
			x = points[:dim] // a point of the tree
		}
		want := all(points, x, sides)
		k := 1 + rng.IntN(n)
		got, err := tree.Nearest(x, k)
		if err != nil || !slices.Equal(got, want[:k]) {
			t.Fatalf("trial %d: %d nearest of %d points, %d axes, sides %v: %v, %v, want %v", trial, k, n, dim, sides, got, err, want[:k])
		}
		radius := 1.5 * rng.Float64()
		if lattice {
			radius = 1 // on which points lie
		}
		inside := 0
		for inside < n && want[inside].Distance <= radius {
			inside++
		}
		if got, err = tree.Within(x, radius); err != nil || !slices.Equal(got, want[:inside]) {
			t.Fatalf("trial %d: within %v of %d points: %v, %v, want %v", trial, radius, n, got, err, want[:inside])
		}
	}
}

// TestPeriodicShift: a periodic box may be moved by whole periods.
func TestPeriodicShift(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	points := cloud(rng, 200, 2, false)
	moved := slices.Clone(points)
	for i := range moved {
		moved[i] += 3 * float64(rng.IntN(7)-3)
	}
	a, errA := neighbour.New(points, 2, []float64{3, 3})
	b, errB := neighbour.New(moved, 2, []float64{3, 3})
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	for range 50 {
		x := cloud(rng, 1, 2, false)
		near, err := a.Nearest(x, 5)
		if err != nil {
			t.Fatal(err)
		}
		again, err := b.Nearest([]float64{x[0] - 3, x[1] + 30}, 5)
		if err != nil {
			t.Fatal(err)
		}
		for i := range near {
			// Shifting by 30 rounds the coordinates at 30 epsilon.
			if near[i].Index != again[i].Index || math.Abs(near[i].Distance-again[i].Distance) > 1e-13 {
				t.Errorf("%v and after a shift %v", near, again)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	tree, err := neighbour.New([]float64{0, 0, 1, 1}, 2, nil)
	if err != nil || tree.Len() != 2 {
		t.Fatal(err)
	}
	result := func(_ any, err error) error { return err }
	for want, err := range map[string]error{
		"dim = 0":                        result(neighbour.New([]float64{1}, 0, nil)),
		"0 values":                       result(neighbour.New(nil, 2, nil)),
		"3 values":                       result(neighbour.New([]float64{1, 2, 3}, 2, nil)),
		"point 1, axis 0 is NaN":         result(neighbour.New([]float64{1, 2, math.NaN(), 3}, 2, nil)),
		"1 sides for 2 axes":             result(neighbour.New([]float64{1, 2}, 2, []float64{1})),
		"sides[1] = -1":                  result(neighbour.New([]float64{1, 2}, 2, []float64{1, -1})),
		"3 axes in a tree of 2":          result(tree.Nearest([]float64{1, 2, 3}, 1)),
		"x[1] = +Inf":                    result(tree.Within([]float64{1, math.Inf(1)}, 1)),
		"k = 3, want 1 to 2":             result(tree.Nearest([]float64{1, 2}, 3)),
		"radius = NaN":                   result(tree.Within([]float64{1, 2}, math.NaN())),
		"count = 3":                      result(neighbour.Farthest([]float64{1, 2}, 1, nil, 3, 0)),
		"first = 2, want it from 0 to 1": result(neighbour.Farthest([]float64{1, 2}, 1, nil, 1, 2)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func TestFarthest(t *testing.T) {
	got, err := neighbour.Farthest([]float64{0, 0.1, 0.4, 0.7, 1}, 1, nil, 4, 1)
	if want := []int{1, 4, 2, 3}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	got, err = neighbour.Farthest([]float64{0, 0.1, 0.4, 0.7, 1}, 1, []float64{1}, 3, 0) // 0 and 1 coincide
	if want := []int{0, 2, 3}; err != nil || !slices.Equal(got, want) {
		t.Errorf("periodic: %v, %v, want %v", got, err, want)
	}
	got, err = neighbour.Farthest([]float64{5, 5, 5}, 1, nil, 3, 2)
	if want := []int{2, 0, 1}; err != nil || !slices.Equal(got, want) {
		t.Errorf("points that coincide: %v, %v, want %v", got, err, want)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	points := cloud(rng, 300, 3, false)
	chosen, err := neighbour.Farthest(points, 3, nil, 20, 7)
	if err != nil {
		t.Fatal(err)
	}
	// Each is at least as far from those before it as any point is from all that were chosen.
	centres := make([]float64, 0, 60)
	for _, c := range chosen {
		centres = append(centres, points[3*c:3*c+3]...)
	}
	cover := 0.0
	for i := range 300 {
		cover = max(cover, all(centres, points[3*i:3*i+3], nil)[0].Distance)
	}
	for i := 1; i < 20; i++ {
		if d := all(centres[:3*i], centres[3*i:3*i+3], nil)[0].Distance; d < cover {
			t.Errorf("choice %d is %v from those before it, and all is covered within %v", i, d, cover)
		}
	}
}

func BenchmarkTree(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, dim := range []int{2, 3} {
		points := cloud(rng, 100_000, dim, false)
		b.Run(fmt.Sprintf("build/axes=%d", dim), func(b *testing.B) {
			for range b.N {
				if _, err := neighbour.New(points, dim, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		tree, err := neighbour.New(points, dim, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("nearest8/axes=%d", dim), func(b *testing.B) {
			for i := range b.N {
				at := i % 100_000 * dim
				if _, err := tree.Nearest(points[at:at+dim], 8); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("all8/axes=%d", dim), func(b *testing.B) {
			for i := range b.N {
				at := i % 100_000 * dim
				all(points, points[at:at+dim], nil)
			}
		})
	}
}
