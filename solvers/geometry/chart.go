package geometry

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// chart maps a cube onto a domain or a boundary such that uniform points stay uniform.
type chart struct {
	dims   int                              // of the places
	coords int                              // of the cube
	whole  float64                          // measure of the image of the cube
	cut    bool                             // at gives -1 for some u
	at     func(u, x, normal []float64) int // index of the part that has x, -1 for none
}

// interior is the chart of a domain: its own, if it has one, else that of its bounds.
func interior(d Domain) chart {
	if own, ok := d.(interface{ chart() chart }); ok {
		return own.chart()
	}
	return inBounds(d)
}

// inBounds is the chart of the bounds of d that leaves out what is not inside.
func inBounds(d Domain) chart {
	low, high := d.Bounds()
	whole := 1.0
	for i := range low {
		whole *= high[i] - low[i]
	}
	return chart{dims: len(low), coords: len(low), whole: whole, cut: true, at: func(u, x, _ []float64) int {
		stretch(low, high, u, x)
		if !d.Inside(x) {
			return -1
		}
		return 0
	}}
}

// stretch maps the unit cube to a box.
func stretch(low, high, u, x []float64) {
	for i := range low {
		x[i] = low[i] + u[i]*(high[i]-low[i])
	}
}

func (p Part) chart(dims int) chart {
	return chart{dims: dims, coords: p.Coords, whole: p.Whole, cut: p.Cut, at: func(u, x, normal []float64) int {
		if !p.At(u, x, normal) {
			return -1
		}
		return 0
	}}
}

func (p Part) measure(dims int) Measure {
	if p.Cut && p.Kept != (Measure{}) {
		return p.Kept
	}
	return p.chart(dims).measure()
}

// named lists the parts of the boundary that have one of the names; all of them for no names.
func named(d Domain, names []string) ([]Part, error) {
	all := d.Boundary()
	if len(names) == 0 {
		return all, nil
	}
	var have []string
	for _, p := range all {
		if quoted := strconv.Quote(p.Name); !slices.Contains(have, quoted) {
			have = append(have, quoted)
		}
	}
	for _, name := range names {
		if !slices.Contains(have, strconv.Quote(name)) {
			return nil, fmt.Errorf("geometry: no part of the boundary is %q, want one of %s", name, strings.Join(have, ", "))
		}
	}
	var out []Part
	for _, p := range all {
		if slices.Contains(names, p.Name) {
			out = append(out, p)
		}
	}
	return out, nil
}

// atlas joins parts to one chart. The first coordinate says which part, and what is left of it is the first coordinate there, so that
// points along curves are spread as evenly as the numbers.
func atlas(parts []Part, dims int) chart {
	c := chart{dims: dims, coords: 1}
	ends := make([]float64, len(parts))
	for i, p := range parts {
		c.coords = max(c.coords, p.Coords)
		c.whole += p.Whole
		c.cut = c.cut || p.Cut
		ends[i] = c.whole
	}
	c.at = func(u, x, normal []float64) int {
		i, rest := pick(ends, u[0])
		p := parts[i]
		first := u[0]
		u[0] = rest
		on := p.At(u[:p.Coords], x, normal)
		u[0] = first
		if !on {
			return -1
		}
		return i
	}
	return c
}

// pick finds the piece that u, in [0, 1), falls into, in proportion to their measures, and how far into it u is. The ends are running sums.
func pick(ends []float64, u float64) (piece int, rest float64) {
	s := u * ends[len(ends)-1]
	piece, found := slices.BinarySearch(ends, s)
	if found { // s is the end of this piece, so the start of the next
		piece++
	}
	piece = min(piece, len(ends)-1)
	start := 0.0
	if piece > 0 {
		start = ends[piece-1]
	}
	return piece, min(max((s-start)/(ends[piece]-start), 0), 1-0x1p-53)
}

// Numbers of an estimate: enough replicates for a standard error, enough points that a usual shape is known to three digits.
const (
	replicates = 16
	replicate  = 2048
)

// measure is that of what the chart covers. An estimate is the mean over independent scramblings of the Sobol points, of uniform points for
// more coordinates than Sobol's table has, with the standard error of this mean, which is at least that of one point.
func (c chart) measure() Measure {
	if !c.cut {
		return Measure{Value: c.whole}
	}
	u, x, normal := make([]float64, c.coords), make([]float64, c.dims), make([]float64, c.dims)
	if c.coords == 0 {
		if c.at(u, x, normal) < 0 {
			return Measure{}
		}
		return Measure{Value: c.whole}
	}
	var sum, squares float64
	for r := range replicates {
		at := Uniform{Seed: uint64(r)}.at
		if rule, err := (Sobol{Scrambled: true, Seed: uint64(r)}).Rule(replicate, c.coords); err == nil {
			at = rule.At
		}
		inside := 0
		for i := range replicate {
			at(i, u)
			if c.at(u, x, normal) >= 0 {
				inside++
			}
		}
		share := float64(inside) / replicate
		sum += share
		squares += share * share
	}
	mean := sum / replicates
	variance := max(squares/replicates-mean*mean, 0) / (replicates - 1)
	return Measure{Value: c.whole * mean, Error: c.whole * max(math.Sqrt(variance), 1.0/(replicates*replicate))}
}
