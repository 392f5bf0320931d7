package workbench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/shapes"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/plots"
)

// Directions says along which two directions a loss is looked at.
type Directions int

const (
	// RandomDirections are random, each filter of a direction as long as that filter of the weights; biases stay as they are.
	RandomDirections Directions = iota
	// CurvedDirections are the eigenvectors of the loss's second derivatives with the two largest eigenvalues.
	CurvedDirections
	// PathDirections are the two principal components of the states that training went through.
	PathDirections
)

// Landscape says which part of a run's loss is looked at, about the trained weights.
//
// Source: Li et al. 2018, arXiv:1712.09913, sections 4 and 7. bib: li2018visualizing
type Landscape struct {
	Directions Directions
	Reach      float64 // the plane goes from -Reach to Reach; 0 means 1, or as far as the path goes. 1 is as long as the weights, of curved directions too
	Points     int     // along each direction; 0 means 21
	Path       int     // states of training to project on the plane; 0 means none. They are found by training once more
	Batches    int     // that the loss is a mean over; 0 means 1
	Seed       uint64
}

// powerSteps of Lanczos's method find the two steepest directions.
const powerSteps = 30

// validate lists what is wrong with l.
func (l Landscape) validate() error {
	if l.Directions < RandomDirections || l.Directions > PathDirections {
		return fmt.Errorf("workbench: Landscape.Directions = %d, want RandomDirections, CurvedDirections or PathDirections", l.Directions)
	}
	if l.Points < 0 || l.Points == 1 || l.Reach < 0 || math.IsNaN(l.Reach) || math.IsInf(l.Reach, 0) {
		return fmt.Errorf("workbench: Landscape.Points = %d and Reach = %v, want at least 2 points and a reach above 0, or 0 for the usual", l.Points, l.Reach)
	}
	if l.Path < 0 || l.Path == 1 || l.Directions == PathDirections && l.Path < 3 || l.Batches < 0 {
		return fmt.Errorf("workbench: Landscape.Path = %d and Batches = %d, want no path or at least 2 states (3 for PathDirections), and at least 1 batch or 0",
			l.Path, l.Batches)
	}
	return nil
}

// Landscape evaluates the run's loss on a plane through the trained weights; the run is trained if it was not. Set Surface of the figure to
// see it in perspective.
func (r *Run) Landscape(l Landscape) plots.Landscape {
	ctx, stop := r.lab.context()
	defer stop()
	out, err := r.landscape(ctx, l)
	if err != nil {
		r.lab.fail(err)
	}
	return out
}

func (r *Run) landscape(ctx context.Context, l Landscape) (plots.Landscape, error) {
	if err := l.validate(); err != nil {
		return plots.Landscape{}, err
	}
	if err := r.ensure(ctx, false); err != nil {
		return plots.Landscape{}, err
	}
	b := r.lab.newBar("loss landscape of run " + r.run.Key())
	defer b.end()
	v := &view{Landscape: l, ctx: ctx, bar: b}
	if v.Points == 0 {
		v.Points = 21
	}
	var err error
	if v.probe, err = r.run.Probe(ctx, max(1, l.Batches)); err != nil {
		return plots.Landscape{}, err
	}
	if v.origin, err = v.probe.Trained(); err != nil {
		return plots.Landscape{}, err
	}
	if l.Path > 0 {
		v.path, err = r.run.Path(ctx, l.Path, func(done, total int64) { v.show("training once more", int(done), int(total)) })
		if err != nil {
			return plots.Landscape{}, err
		}
	}
	if v.first, v.second, err = v.directions(); err != nil {
		return plots.Landscape{}, err
	}
	return v.draw()
}

// view is a landscape while it is being made.
type view struct {
	Landscape
	ctx           context.Context
	bar           *bar
	probe         *train.Probe
	origin        []float64
	path          [][]float64
	first, second []float64
}

func (v *view) show(what string, done, total int) {
	if v.bar.due() {
		v.bar.line(fmt.Sprintf("%s: %d of %d", what, done, total), float64(done)/float64(total))
	}
}

// directions finds the two that are asked for.
func (v *view) directions() (first, second []float64, err error) {
	switch v.Directions {
	case CurvedDirections:
		_, vectors, err := v.probe.Steepest(v.ctx, v.origin, 2, powerSteps, v.Seed)
		if err != nil {
			return nil, nil, err
		}
		if len(vectors) < 2 {
			return nil, nil, fmt.Errorf("workbench: the loss has %d curved directions, want 2: its second derivatives are zero along the others", len(vectors))
		}
		size := norm(v.origin)
		return scaledTo(vectors[0], size), scaledTo(vectors[1], size), nil
	case PathDirections:
		return v.principal()
	default:
		rng := rand.New(rand.NewPCG(v.Seed, 1))
		return filterNormalised(rng, v.origin, v.probe.Shapes()), filterNormalised(rng, v.origin, v.probe.Shapes()), nil
	}
}

// filterNormalised draws a direction whose every filter (the weights that lead to one output, by the last axis) has the length of that
// filter of x. Arrays of one axis or none get 0.
func filterNormalised(rng *rand.Rand, x []float64, parts []shapes.Shape) []float64 {
	d := make([]float64, len(x))
	at := 0
	for _, s := range parts {
		n := s.Size()
		part, of := d[at:at+n], x[at:at+n]
		at += n
		if s.Rank() < 2 {
			continue
		}
		for i := range part {
			part[i] = rng.NormFloat64()
		}
		filters := s.Dim(s.Rank() - 1)
		for f := range filters {
			var size, want float64
			for i := f; i < n; i += filters {
				size, want = size+part[i]*part[i], want+of[i]*of[i]
			}
			for i := f; i < n; i += filters {
				part[i] *= math.Sqrt(want / size)
			}
		}
	}
	return d
}

// principal are the first two principal components of the path's states less the trained ones.
func (v *view) principal() (first, second []float64, err error) {
	n := len(v.origin)
	away := mat.NewDense(len(v.path), n, nil)
	for i, x := range v.path {
		for j := range x {
			away.Set(i, j, x[j]-v.origin[j])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(away, mat.SVDThinV) {
		return nil, nil, fmt.Errorf("workbench: the principal components of %d states were not found: a weight is not finite", len(v.path))
	}
	if sizes := svd.Values(nil); !(sizes[1] > 0) {
		return nil, nil, fmt.Errorf("workbench: the %d states of training lie on one line, want directions that are not the path's", len(v.path))
	}
	var components mat.Dense
	svd.VTo(&components)
	size := norm(v.origin)
	return scaledTo(mat.Col(nil, 0, &components), size), scaledTo(mat.Col(nil, 1, &components), size), nil
}

// draw evaluates the loss on the plane and along the path.
func (v *view) draw() (plots.Landscape, error) {
	out := plots.Landscape{Title: fmt.Sprintf("loss about the trained weights, %d parameters", len(v.origin))}
	a, b := norm(v.first), norm(v.second)
	if !(a > 0 && b > 0) {
		return out, fmt.Errorf("workbench: a direction has length %v, want weights that are not zero: matrices, for random directions", min(a, b))
	}
	reach := v.Reach
	for _, x := range v.path {
		p, q := v.project(x)
		out.PathX, out.PathY = append(out.PathX, p), append(out.PathY, q)
		loss, err := v.probe.Value(v.ctx, x)
		if err != nil {
			return out, err
		}
		out.PathLoss = append(out.PathLoss, loss)
		if v.Reach == 0 {
			reach = max(reach, 1.1*math.Abs(p), 1.1*math.Abs(q))
		}
	}
	if reach == 0 {
		reach = 1
	}
	for i := range v.Points {
		at := reach * (2*float64(i)/float64(v.Points-1) - 1)
		out.Alpha, out.Beta = append(out.Alpha, at), append(out.Beta, at)
	}
	x := make([]float64, len(v.origin))
	for i, p := range out.Alpha {
		row := make([]float64, v.Points)
		for j, q := range out.Beta {
			for k := range x {
				x[k] = v.origin[k] + p*v.first[k] + q*v.second[k]
			}
			var err error
			if row[j], err = v.probe.Value(v.ctx, x); err != nil {
				return out, err
			}
			v.show("points", i*v.Points+j+1, v.Points*v.Points)
		}
		out.Loss = append(out.Loss, row)
	}
	return out, nil
}

// project is the place on the plane that is nearest to x: the solution of the two normal equations.
func (v *view) project(x []float64) (p, q float64) {
	var aa, ab, bb, ax, bx float64
	for k, d := range v.first {
		e, away := v.second[k], x[k]-v.origin[k]
		aa, ab, bb, ax, bx = aa+d*d, ab+d*e, bb+e*e, ax+d*away, bx+e*away
	}
	det := aa*bb - ab*ab
	return (bb*ax - ab*bx) / det, (aa*bx - ab*ax) / det
}

func norm(x []float64) float64 { return floats.Norm(x, 2) }

// scaledTo is x with the length given; of a length of 0 it is 1, for weights that are all zero.
func scaledTo(x []float64, length float64) []float64 {
	if length == 0 {
		length = 1
	}
	factor := length / norm(x)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = factor * v
	}
	return out
}
