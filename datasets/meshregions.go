package datasets

import (
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// region is a part of the plane.
type region interface {
	// part is the part of a triangle's area that is inside.
	part(triangle [3][2]float64) float64
	// depth is the distance to the side, negative outside.
	depth(p [2]float64) float64
}

// halfPlane is direction·x ≥ offset; direction has length one.
type halfPlane struct {
	direction [2]float64
	offset    float64
}

func (h halfPlane) depth(p [2]float64) float64 {
	return h.direction[0]*p[0] + h.direction[1]*p[1] - h.offset
}

func (h halfPlane) part(triangle [3][2]float64) float64 {
	var depth [3]float64
	inside := 0
	for i, p := range triangle {
		if depth[i] = h.depth(p); depth[i] > 0 {
			inside++
		}
	}
	// corner is the part of the triangle that is cut off with corner i.
	corner := func(i int) float64 {
		d, next, last := depth[i], depth[(i+1)%3], depth[(i+2)%3]
		return d / (d - next) * (d / (d - last))
	}
	for i, d := range depth {
		switch {
		case inside == 1 && d > 0:
			return corner(i)
		case inside == 2 && d <= 0:
			return 1 - corner(i)
		}
	}
	return float64(inside) / 3 // none or all
}

// meshDisk is a disk.
type meshDisk struct {
	centre [2]float64
	radius float64
}

func (d meshDisk) from(p [2]float64) [2]float64 {
	return [2]float64{p[0] - d.centre[0], p[1] - d.centre[1]}
}

func (d meshDisk) depth(p [2]float64) float64 {
	q := d.from(p)
	return d.radius - math.Hypot(q[0], q[1])
}

// potential is that of a density of one in the disk, without a boundary: -Δφ = 1 inside, 0 outside.
func (d meshDisk) potential(x, y float64) float64 {
	q := d.from([2]float64{x, y})
	r, square := math.Hypot(q[0], q[1]), d.radius*d.radius
	if r < d.radius {
		return (square-r*r)/4 - square/2*math.Log(d.radius)
	}
	return -square / 2 * math.Log(r)
}

// part adds up, for each edge, the part of the disk in the triangle of that edge and the disk's centre, with the sign of the turn.
func (d meshDisk) part(triangle [3][2]float64) float64 {
	var p [3][2]float64
	for i := range p {
		p[i] = d.from(triangle[i])
	}
	if min(d.depth(triangle[0]), d.depth(triangle[1]), d.depth(triangle[2])) >= 0 {
		return 1
	}
	area := crossProduct([2]float64{p[1][0] - p[0][0], p[1][1] - p[0][1]}, [2]float64{p[2][0] - p[0][0], p[2][1] - p[0][1]}) / 2
	var inside float64
	for i := range p {
		inside += d.wedge(p[i], p[(i+1)%3])
	}
	return min(1, max(0, inside/area))
}

// wedge is the area of the disk about the origin in the triangle of the origin, p and q, positive if that turns left.
func (d meshDisk) wedge(p, q [2]float64) float64 {
	sector := func(u, v [2]float64) float64 {
		return d.radius * d.radius / 2 * math.Atan2(crossProduct(u, v), u[0]*v[0]+u[1]*v[1])
	}
	way := [2]float64{q[0] - p[0], q[1] - p[1]}
	a, b := way[0]*way[0]+way[1]*way[1], p[0]*way[0]+p[1]*way[1]
	root := b*b - a*(p[0]*p[0]+p[1]*p[1]-d.radius*d.radius)
	if root <= 0 {
		return sector(p, q)
	}
	root = math.Sqrt(root)
	enter, leave := (-b-root)/a, (-b+root)/a // on the way from p to q
	if enter >= 1 || leave <= 0 {
		return sector(p, q)
	}
	along := func(t float64) [2]float64 { return [2]float64{p[0] + t*way[0], p[1] + t*way[1]} }
	var sum float64
	first, last := p, q
	if enter > 0 {
		first = along(enter)
		sum += sector(p, first)
	}
	if leave < 1 {
		last = along(leave)
		sum += sector(last, q)
	}
	return sum + crossProduct(first, last)/2
}

func crossProduct(u, v [2]float64) float64 { return u[0]*v[1] - u[1]*v[0] }

// meshCorners are those of triangle t.
func meshCorners(m mesh.Mesh, t int) [3][2]float64 {
	c := m.Triangles[t]
	return [3][2]float64{m.Points[c[0]], m.Points[c[1]], m.Points[c[2]]}
}
