package datasets

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// MeshShape names a family of domains.
type MeshShape string

// The shapes. All but the stars are about one wide.
const (
	SquareMesh   MeshShape = "square"    // the unit square
	DiskMesh     MeshShape = "disk"      // of radius 0.5
	RingMesh     MeshShape = "ring"      // that disk without one about its middle, its radius uniform in [0.1, 0.25]
	LMesh        MeshShape = "l"         // the unit square without its upper right quarter
	UMesh        MeshShape = "u"         // the unit square without the middle third of its upper two thirds
	StarMesh     MeshShape = "star"      // r(θ) < 1 + Σ_(k=1)^4 a_k cos(kθ + φ_k), a_k uniform in [-0.15, 0.15]/k
	StarRingMesh MeshShape = "star-ring" // a star without a disk, its radius uniform in [0.15, 0.3], its middle in [-0.1, 0.1]²
)

// MeshShapes lists all shapes.
func MeshShapes() []MeshShape {
	return []MeshShape{SquareMesh, DiskMesh, RingMesh, LMesh, UMesh, StarMesh, StarRingMesh}
}

// meshOutline is a domain whose curved sides become polygons with edges up to a length.
type meshOutline func(longest float64) mesh.Domain

// outline draws a domain of the shape.
func (s MeshShape) outline(rng *rand.Rand) meshOutline {
	middle := [2]float64{0.5, 0.5}
	switch s {
	case DiskMesh:
		return func(longest float64) mesh.Domain { return mesh.Domain{Outer: meshCircle(middle, 0.5, longest)} }
	case RingMesh:
		radius := unitRange(rng, 0.1, 0.25)
		return func(longest float64) mesh.Domain {
			return mesh.Domain{Outer: meshCircle(middle, 0.5, longest), Holes: []mesh.Loop{meshCircle(middle, radius, longest)}}
		}
	case LMesh:
		return fixedOutline([][2]float64{{0, 0}, {1, 0}, {1, 0.5}, {0.5, 0.5}, {0.5, 1}, {0, 1}})
	case UMesh:
		const a, b = 1. / 3, 2. / 3
		return fixedOutline([][2]float64{{0, 0}, {1, 0}, {1, 1}, {b, 1}, {b, a}, {a, a}, {a, 1}, {0, 1}})
	case StarMesh:
		return starOutline(rng)
	case StarRingMesh:
		star := starOutline(rng)
		radius := unitRange(rng, 0.15, 0.3)
		centre := [2]float64{unitRange(rng, -0.1, 0.1), unitRange(rng, -0.1, 0.1)}
		return func(longest float64) mesh.Domain {
			d := star(longest)
			d.Holes = []mesh.Loop{meshCircle(centre, radius, longest)}
			return d
		}
	default:
		return fixedOutline([][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}})
	}
}

func fixedOutline(corners [][2]float64) meshOutline {
	return func(float64) mesh.Domain { return mesh.Domain{Outer: mesh.Loop{Points: corners}} }
}

// meshCircle has twelve edges or more, so that a small hole stays round.
func meshCircle(centre [2]float64, radius, longest float64) mesh.Loop {
	return mesh.Circle(centre, radius, max(12, int(math.Ceil(2*math.Pi*radius/longest))))
}

func starOutline(rng *rand.Rand) meshOutline {
	var size, phase [4]float64
	for k := range size {
		size[k], phase[k] = unitRange(rng, -0.15, 0.15)/float64(k+1), 2*math.Pi*rng.Float64()
	}
	return func(longest float64) mesh.Domain {
		points := make([][2]float64, max(24, int(math.Ceil(2*math.Pi/longest))))
		for i := range points {
			angle := 2 * math.Pi * float64(i) / float64(len(points))
			r := 1.0
			for k := range size {
				r += size[k] * math.Cos(float64(k+1)*angle+phase[k])
			}
			sin, cos := math.Sincos(angle)
			points[i] = [2]float64{r * cos, r * sin}
		}
		return mesh.Domain{Outer: mesh.Loop{Points: points}}
	}
}

// turned is a domain turned about the origin by a random angle and scaled by a random factor.
func (o meshOutline) turned(rng *rand.Rand) meshOutline {
	sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
	factor := unitRange(rng, 0.8, 1.2)
	turn := func(l mesh.Loop) mesh.Loop {
		out := mesh.Loop{Markers: l.Markers, Points: make([][2]float64, len(l.Points))}
		for i, p := range l.Points {
			out.Points[i] = [2]float64{factor * (cos*p[0] - sin*p[1]), factor * (sin*p[0] + cos*p[1])}
		}
		return out
	}
	return func(longest float64) mesh.Domain {
		d := o(longest / factor)
		out := mesh.Domain{Outer: turn(d.Outer)}
		for _, h := range d.Holes {
			out.Holes = append(out.Holes, turn(h))
		}
		return out
	}
}

// fill makes a mesh with up to a number of points, nearly as many as that, drawn between 0.6 nodes and nodes.
func (o meshOutline) fill(ctx context.Context, rng *rand.Rand, nodes int) (mesh.Mesh, error) {
	most := int(unitRange(rng, 0.6, 1) * float64(nodes))
	// A lattice of equilateral triangles has 1.15 area/size² points; refinement makes two to three times as many.
	size := math.Sqrt(2 * o(0.1).Area() / float64(most))
	const tries = 50 // each coarser by 2 % or more, so that a mesh is left with few points but those of the outline
	for range tries {
		m, err := mesh.Mesher{Size: size}.Mesh(ctx, o(size))
		if err != nil {
			return mesh.Mesh{}, err
		}
		if len(m.Points) <= most {
			return m, nil
		}
		size *= max(1.02, math.Sqrt(float64(len(m.Points))/float64(most)))
	}
	return mesh.Mesh{}, fmt.Errorf("a mesh of up to %d points was not found, want more Nodes", most)
}
