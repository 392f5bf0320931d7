package datasets

import (
	"math"
	"math/rand/v2"
)

// place is a point of a stroke in the unit square, y downwards.
type place struct{ x, y float64 }

// digitStrokes are the strokes of each digit as polygons that are not closed.
func digitStrokes(digit int) [][]place {
	switch digit {
	case 0:
		return [][]place{arc(0.5, 0.5, 0.24, 0.36, 0, 360)}
	case 1:
		return [][]place{{{0.38, 0.27}, {0.54, 0.13}, {0.54, 0.87}}}
	case 2:
		return [][]place{append(arc(0.5, 0.34, 0.23, 0.21, 190, 395), place{0.27, 0.86}, place{0.75, 0.86})}
	case 3:
		return [][]place{append(arc(0.47, 0.31, 0.21, 0.18, 205, 450), arc(0.47, 0.68, 0.24, 0.19, 270, 515)...)}
	case 4:
		return [][]place{{{0.60, 0.87}, {0.60, 0.13}, {0.24, 0.62}, {0.78, 0.62}}}
	case 5:
		return [][]place{append([]place{{0.70, 0.13}, {0.35, 0.13}, {0.32, 0.46}}, arc(0.48, 0.64, 0.24, 0.23, 230, 510)...)}
	case 6:
		return [][]place{append(arc(0.68, 0.62, 0.40, 0.50, 270, 180), arc(0.5, 0.66, 0.22, 0.21, 180, 540)...)}
	case 7:
		return [][]place{{{0.25, 0.14}, {0.75, 0.14}, {0.44, 0.87}}}
	case 8:
		return [][]place{arc(0.5, 0.31, 0.18, 0.18, 90, 450), arc(0.5, 0.68, 0.23, 0.19, 270, 630)}
	default:
		return [][]place{append(arc(0.5, 0.34, 0.22, 0.21, 0, 360), place{0.70, 0.55}, place{0.62, 0.87})}
	}
}

// arc is a part of an ellipse about a centre, from one angle to another in degrees: 0 is to the right, 90 down.
func arc(cx, cy, rx, ry, from, to float64) []place {
	const pieces = 16
	out := make([]place, pieces+1)
	for i := range out {
		sin, cos := math.Sincos((from + (to-from)*float64(i)/pieces) * math.Pi / 180)
		out[i] = place{cx + rx*cos, cy + ry*sin}
	}
	return out
}

// drawDigit draws the strokes of a digit with a pen.
func drawDigit(digit int, rng *rand.Rand) picture {
	strokes := digitStrokes(digit)
	move := handwriting(rng)
	for _, s := range strokes {
		for i := range s {
			s[i] = move(s[i])
		}
	}
	half := unitRange(rng, 0.06, 0.11) / 2
	return func(x, y, pixel float64) float64 {
		least := math.Inf(1)
		for _, s := range strokes {
			for i := 1; i < len(s); i++ {
				least = min(least, segmentDistance(place{x, y}, s[i-1], s[i]))
			}
		}
		return edge(least-half, pixel)
	}
}

// handwriting is a smooth warp and an affine map about the middle of the square.
func handwriting(rng *rand.Rand) func(place) place {
	sin, cos := math.Sincos(unitRange(rng, -0.2, 0.2))
	shear := unitRange(rng, -0.25, 0.25)
	sx, sy := unitRange(rng, 0.75, 1.1), unitRange(rng, 0.8, 1.05)
	tx, ty := unitRange(rng, -0.06, 0.06), unitRange(rng, -0.05, 0.05)
	var size, phase [4]float64
	for i := range size {
		size[i], phase[i] = unitRange(rng, -0.03, 0.03), 2*math.Pi*rng.Float64()
	}
	wave := func(i int, at float64) float64 { return size[i] * math.Sin(2*math.Pi*at+phase[i]) }
	return func(p place) place {
		x := p.x - 0.5 + wave(0, p.x) + wave(1, p.y)
		y := p.y - 0.5 + wave(2, p.x) + wave(3, p.y)
		x, y = sx*x-shear*y, sy*y
		return place{0.5 + cos*x - sin*y + tx, 0.5 + sin*x + cos*y + ty}
	}
}

// segmentDistance is the distance of p from the straight line from a to b.
func segmentDistance(p, a, b place) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	part := 0.0
	if norm := dx*dx + dy*dy; norm > 0 {
		part = min(1, max(0, ((p.x-a.x)*dx+(p.y-a.y)*dy)/norm))
	}
	return math.Hypot(p.x-a.x-part*dx, p.y-a.y-part*dy)
}
