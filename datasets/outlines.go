package datasets

import (
	"context"
	"errors"
	"fmt"

	"github.com/fieldbook-go/fieldbook/datasets/outline"
)

// OutlineKind names what [Outlines] draws.
type OutlineKind string

// The kinds of outlines; Describe tells what they are.
const (
	StarDomains OutlineKind = "star-domains"
	Airfoils    OutlineKind = "airfoils"
)

// Outlines are plane domains: from their outlines to the signed distance, below 0 inside, on a grid.
//
// Arrays: train_input [Train, loop 1+Holes, Points, axis 2], the outer loop counter-clockwise, holes clockwise; train_output [Train, Grid, Grid,
// channel 1]; test_input and test_output likewise, with axes sample, loop, point, axis and sample, x, y, channel; x, y [Grid].
//
// Source: Jacobs, Ward & Pinkerton 1933, for airfoils. bib: jacobs1933naca
type Outlines struct {
	Kind   OutlineKind
	Points int // corners of a loop
	Grid   int // points of the distance along an axis, ≥ 2
	Train  int // number of training domains, ≥ 1
	Test   int // number of test domains, ≥ 1
	Seed   uint64
	Holes  int // of star domains
}

var (
	_ Sharded   = Outlines{}
	_ Described = Outlines{}
)

// OutlineKinds lists all kinds.
func OutlineKinds() []OutlineKind { return []OutlineKind{StarDomains, Airfoils} }

// starInner is the least radius of the corners of star domains.
const starInner = 0.4

// Name is the kind's.
func (o Outlines) Name() string { return string(o.Kind) }

// Version of the generator, tied to testdata/<kind>.json.
func (Outlines) Version() int { return 1 }

// Describe says what the data are.
func (o Outlines) Describe() Description {
	if o.Kind == Airfoils {
		return Description{
			Title: "NACA airfoils", Equation: `d(x) = \pm\min_{y \in \partial\Omega} |x - y|`,
			Domain:     "chord 1 from the origin; distances on [-0.25, 1.25] × [-0.75, 0.75]",
			Conditions: "camber uniform in [0, 0.06], its place in [0.3, 0.6], thickness in [0.08, 0.2]",
			Method:     "four-digit series, closed trailing edge; distance to each edge", Source: "Jacobs, Ward & Pinkerton 1933",
		}
	}
	return Description{
		Title: "Star-shaped domains", Equation: `d(x) = \pm\min_{y \in \partial\Omega} |x - y|`,
		Domain:     "polygons in the unit disc; distances on [-1.25, 1.25]²",
		Conditions: fmt.Sprintf("a corner in each of Points equal sectors, radius uniform in [%v, 1]; %d holes", starInner, o.Holes),
		Method:     "distance to each edge", Source: "package datasets/outline",
	}
}

// Validate lists all that is wrong with o.
func (o Outlines) Validate() error {
	if err := checkKind("Outlines.Kind", o.Kind, OutlineKinds()); err != nil {
		return err
	}
	errs := []error{checkCounts("Outlines", o.Train, o.Test)}
	least := 4
	if o.Kind == Airfoils {
		least = 8
		if o.Holes != 0 {
			errs = append(errs, fmt.Errorf("datasets: Outlines.Holes = %d, want 0, since airfoils have none", o.Holes))
		}
	}
	if o.Points < least {
		errs = append(errs, fmt.Errorf("datasets: Outlines.Points = %d, want at least %d", o.Points, least))
	}
	if o.Grid < 2 {
		errs = append(errs, fmt.Errorf("datasets: Outlines.Grid = %d, want at least 2", o.Grid))
	}
	if o.Holes < 0 {
		errs = append(errs, fmt.Errorf("datasets: Outlines.Holes = %d, want at least 0", o.Holes))
	}
	return errors.Join(errs...)
}

// Arrays describes the outlines, the distances and the coordinates.
func (o Outlines) Arrays() []Shape {
	return pairShapes(
		o.Train, o.Test,
		Shape{Axes: []string{"loop", "point", "axis"}, Dims: []int{1 + o.Holes, o.Points, 2}},
		Shape{Axes: []string{"x", "y", "channel"}, Dims: []int{o.Grid, o.Grid, 1}},
		axis("x", o.Grid), axis("y", o.Grid),
	)
}

// Make draws the outlines and finds the distances.
func (o Outlines) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := o.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, o, report)
}

// Samples is the number of training and test domains together.
func (o Outlines) Samples() int { return o.Train + o.Test }

// MakeSamples makes some domains.
func (o Outlines) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	x, y := o.points()
	return eachSample(ctx, o.Arrays(), from, to, report, func(i int, input, output []float64) error {
		d, err := o.draw(i)
		if err != nil {
			return fmt.Errorf("datasets: Outlines: %w", err)
		}
		at := 0
		for _, loop := range append([]outline.Loop{d.Outer}, d.Holes...) {
			for _, p := range loop {
				input[at], input[at+1] = p.X, p.Y
				at += 2
			}
		}
		for j := range output {
			output[j] = d.Distance(outline.Point{X: x[j/o.Grid], Y: y[j%o.Grid]})
		}
		return nil
	})
}

// draw draws the domain at place i.
func (o Outlines) draw(i int) (outline.Domain, error) {
	rng := sampleStream(o.Seed, i, o.Train)
	if o.Kind == StarDomains {
		return outline.Star{Corners: o.Points, Inner: starInner, Holes: o.Holes}.Draw(rng), nil
	}
	foil := outline.NACA4{Camber: 0.06 * rng.Float64(), Place: 0.3 + 0.3*rng.Float64(), Thickness: 0.08 + 0.12*rng.Float64()}
	loop, err := foil.Loop(o.Points)
	return outline.Domain{Outer: loop}, err
}

// points are the coordinates of the distances.
func (o Outlines) points() (x, y []float64) {
	left, bottom, side := -1.25, -1.25, 2.5
	if o.Kind == Airfoils {
		left, bottom, side = -0.25, -0.75, 1.5
	}
	x, y = make([]float64, o.Grid), make([]float64, o.Grid)
	for i := range x {
		part := float64(i) / float64(o.Grid-1)
		x[i], y[i] = left+side*part, bottom+side*part
	}
	return x, y
}

// Assemble puts all domains into their arrays.
func (o Outlines) Assemble(input, output []float64) Set {
	x, y := o.points()
	return assemble(o.Arrays(), input, output, x, y)
}
