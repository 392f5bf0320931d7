package datasets

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

func unitGrid(t *testing.T, cells int) mesh.Mesh {
	t.Helper()
	m, err := mesh.Rectangle([2]float64{0, 0}, [2]float64{1, 1}, cells, cells)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRegionParts: the parts of triangles add up to what is inside the unit square.
func TestRegionParts(t *testing.T) {
	for _, c := range []struct {
		name string
		r    region
		want float64
	}{
		{"side", halfPlane{[2]float64{1, 0}, 0.37}, 0.63},
		{"diagonal", halfPlane{[2]float64{math.Sqrt2 / 2, math.Sqrt2 / 2}, math.Sqrt2 / 2}, 0.5},
		{"corner", halfPlane{[2]float64{0.6, 0.8}, 1.2}, 0.2 * 0.2 / (2 * 0.6 * 0.8)}, // 0.2 from the corner, legs 0.2/0.6 and 0.2/0.8
		{"all", halfPlane{[2]float64{0, 1}, -1}, 1},
		{"none", halfPlane{[2]float64{0, 1}, 2}, 0},
		{"disk", meshDisk{[2]float64{0.52, 0.47}, 0.31}, math.Pi * 0.31 * 0.31},
		{"small disk", meshDisk{[2]float64{0.52, 0.47}, 0.01}, math.Pi * 1e-4},
		{"half disk", meshDisk{[2]float64{0, 0.45}, 0.3}, math.Pi * 0.09 / 2},
		{"quarter disk", meshDisk{[2]float64{1, 1}, 0.5}, math.Pi * 0.25 / 4},
	} {
		m := unitGrid(t, 7)
		var sum float64
		for k := range m.Triangles {
			sum += m.TriangleArea(k) * c.r.part(meshCorners(m, k))
		}
		if math.Abs(sum-c.want) > 1e-14 { // round-off
			t.Errorf("%s: %v inside, want %v", c.name, sum, c.want)
		}
	}
}

// TestDiskPotential: it is continuous with its slope, and -Δ is one inside, zero outside.
func TestDiskPotential(t *testing.T) {
	d := meshDisk{[2]float64{0.1, -0.2}, 0.3}
	const h = 1e-3
	for _, c := range []struct{ x, want float64 }{{0.15, 1}, {0.3, 1}, {0.5, 0}, {2, 0}} {
		at := func(i, j float64) float64 { return d.potential(c.x+i*h, j*h) }
		laplacian := (at(1, 0) + at(-1, 0) + at(0, 1) + at(0, -1) - 4*at(0, 0)) / (h * h)
		if math.Abs(-laplacian-c.want) > 1e-5 { // h² times fourth derivatives up to 6·0.045/0.4⁴
			t.Errorf("-Δφ(%v, 0) = %v, want %v", c.x, -laplacian, c.want)
		}
	}
	inside, outside := d.potential(0.1+0.3-1e-9, -0.2), d.potential(0.1+0.3+1e-9, -0.2)
	if math.Abs(inside-outside) > 1e-9 { // a slope of 0.15 over 2e-9
		t.Errorf("φ is %v and %v on the sides of the disk's edge, want no jump", inside, outside)
	}
}

// TestCutAlongOrder: known solutions with a jump of 10 that cuts through triangles. Without the cuts the order would be 1.
func TestCutAlongOrder(t *testing.T) {
	tilted := halfPlane{[2]float64{0.6, 0.8}, 0.71}
	disk := meshDisk{[2]float64{0.52, 0.47}, 0.31}
	for _, c := range []struct {
		name  string
		r     region
		exact func(x, y float64) float64
	}{
		{"half plane", tilted, func(x, y float64) float64 {
			d := tilted.depth([2]float64{x, y})
			if d > 0 {
				return d / 10
			}
			return d
		}},
		{"disk", disk, func(x, y float64) float64 { // in a field along x
			q := disk.from([2]float64{x, y})
			if square := q[0]*q[0] + q[1]*q[1]; square > disk.radius*disk.radius {
				return q[0] * (1 - 9./11*disk.radius*disk.radius/square)
			}
			return 2. / 11 * q[0]
		}},
	} {
		var errs []float64
		for _, cells := range []int{16, 32, 64, 128} {
			m := cutAlong(unitGrid(t, cells), c.r)
			a := func(x, y float64) float64 {
				if c.r.depth([2]float64{x, y}) > 0 {
					return 10
				}
				return 1
			}
			space, err := element.NewSpace(m)
			if err != nil {
				t.Fatal(err)
			}
			solution, err := space.Solve(t.Context(), element.Problem{
				Diffusion: element.Isotropic(element.Func(a)), Conditions: []element.Condition{{Kind: element.Dirichlet, Value: c.exact}},
			})
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			for i, p := range m.Points {
				d := solution.U[i] - c.exact(p[0], p[1])
				sum += d * d / float64(len(m.Points))
			}
			errs = append(errs, math.Sqrt(sum))
		}
		order := math.Log2(errs[0]/errs[3]) / 3
		t.Logf("%s: %.2g, order %.2f", c.name, errs, order)
		// Both sides of a straight jump are exact, to the round-off of thin triangles; a circle is straight in each triangle, with order 2.
		if errs[3] > 1e-12 && math.Abs(order-2) > 0.2 {
			t.Errorf("%s: errors %.2g fall with order %.2f, want round-off or order 2", c.name, errs, order)
		}
	}
}
