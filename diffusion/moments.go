package diffusion

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Moments are the exact mean and deviation of what the table makes of data from N(mean, std²) with one axis, from noised data at a
// point on. All predictions of [OfGaussian] are affine in x, so that x stays normal: how a sampler with noise converges is seen without a draw.
//
// Errors: what Validate says; a deviation that is not above 0; a row whose level has no noise.
// Cost:   quadratic in the number of rows; no graph.
func (t Table) Moments(from Point, mean, std float64, noise Noise) (gotMean, gotStd float64, err error) {
	errs := []error{t.Validate(), noise.Validate()}
	if !(std > 0) || math.IsInf(std, 0) || !finite(mean) {
		errs = append(errs, fmt.Errorf("diffusion: Table.Moments of N(%v, %v²), want a finite mean and a deviation above 0", mean, std))
	}
	for i, r := range t.Rows {
		if !(r.At.Sigma > 0) {
			errs = append(errs, fmt.Errorf("diffusion: Table.Moments: σ = %v at row %d, want it above 0", r.At.Sigma, i))
			break
		}
	}
	if err := errors.Join(errs...); err != nil {
		return 0, 0, err
	}
	g := &gaussian{Table: t, mean: mean, std: std}
	if noise == Brownian {
		g.path = g.brownian()
	}
	y := g.run(affine{mean: from.Alpha * mean}.plus(math.Hypot(from.Alpha*std, from.Sigma), g.fresh()))
	return y.mean, y.deviation(), nil
}

// affine is a number that depends on independent normal ones: a mean, and what it has of each of them.
type affine struct {
	mean float64
	of   []float64
}

// plus is a + c b.
func (a affine) plus(c float64, b affine) affine {
	out := affine{mean: a.mean + c*b.mean, of: slices.Clone(a.of)}
	for i, v := range b.of {
		if i == len(out.of) {
			out.of = append(out.of, 0)
		}
		out.of[i] += c * v
	}
	return out
}

func (a affine) deviation() float64 {
	sum := 0.0
	for _, v := range a.of {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// gaussian runs a table on data of a normal distribution.
type gaussian struct {
	Table
	mean, std float64
	normals   int // independent numbers so far
	path      path
}

// fresh is a normal number of its own.
func (g *gaussian) fresh() affine {
	g.normals++
	return affine{of: append(make([]float64, g.normals-1), 1)}
}

// run is y after the last row.
func (g *gaussian) run(start affine) affine {
	x := affine{}.plus(g.Start.X, start)
	if g.Start.Noise != 0 {
		x = x.plus(g.Start.Noise, g.fresh())
	}
	y, past := x, []affine(nil)
	for _, r := range g.Rows {
		past = append([]affine{g.predicted(y, r.At)}, past...)
		past = past[:min(len(past), g.depth())]
		x = g.combined(r.Anchor, y, x, past)
		y = g.combined(r.Next, y, x, past)
	}
	return y
}

// predicted is the denoiser at y.
func (g *gaussian) predicted(y affine, p Point) affine {
	gain := p.Alpha * g.std * g.std / (p.Alpha*p.Alpha*g.std*g.std + p.Sigma*p.Sigma)
	x0 := affine{mean: g.mean * (1 - gain*p.Alpha)}.plus(gain, y)
	noise := affine{}.plus(1/p.Sigma, y).plus(-p.Alpha/p.Sigma, x0)
	switch g.Prediction {
	case Epsilon:
		return noise
	case Score:
		return affine{}.plus(-1/p.Sigma, noise)
	case V:
		return affine{}.plus(p.Alpha, noise).plus(-p.Sigma, x0)
	case Velocity:
		return affine{}.plus(p.DAlpha, x0).plus(p.DSigma, noise)
	default:
		return x0
	}
}

func (g *gaussian) combined(c Combination, y, x affine, past []affine) affine {
	out := affine{}.plus(c.Y, y).plus(c.X, x)
	for k, d := range c.D {
		if d != 0 && k < len(past) { // before the first rows there are zeros
			out = out.plus(d, past[k])
		}
	}
	switch {
	case c.Noise == 0:
	case g.path.ends != nil:
		out = out.plus(c.Noise, g.path.increment(c))
	default:
		out = out.plus(c.Noise, g.fresh())
	}
	return out
}

// path is a Brownian path's increments over the pieces between all ends of a table's noises, each over the root of its length.
type path struct {
	low, high float64 // what infinite ends are held to
	ends      []float64
	of        []affine
}

func (g *gaussian) brownian() path {
	p := path{}
	p.low, p.high = loop{Table: g.Table}.span()
	for _, r := range g.Rows {
		for _, c := range []Combination{r.Anchor, r.Next} {
			if c.Noise != 0 {
				p.ends = append(p.ends, max(c.From, p.low), min(c.To, p.high))
			}
		}
	}
	slices.Sort(p.ends)
	p.ends = slices.Compact(p.ends)
	for range p.ends {
		p.of = append(p.of, g.fresh())
	}
	return p
}

// increment is that of a combination, over the root of its length.
func (p path) increment(c Combination) affine {
	from, to := max(c.From, p.low), min(c.To, p.high)
	var out affine
	for i, end := range p.ends[:len(p.ends)-1] {
		if from <= end && p.ends[i+1] <= to {
			out = out.plus(math.Sqrt((p.ends[i+1]-end)/(to-from)), p.of[i])
		}
	}
	return out
}
