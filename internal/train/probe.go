package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Probe evaluates a run's weighted loss at other parameters than the trained ones, for pictures of its landscape. The rows and draws are
// those of the first steps, so that one point has one value. Parameters are flat, one after another in the order of their paths.
type Probe struct {
	loop      *hostLoop
	batches   int
	curvature *Graph // the products with the second derivatives, compiled on first use
}

// Probe loads the data of a driver that has been trained or restored; the loss is the mean over so many batches.
//
// Errors: a driver without a state, a task whose rows come from a stream, fewer than one batch.
func (d *Driver) Probe(ctx context.Context, batches int) (*Probe, error) {
	switch {
	case d.state == nil:
		return nil, errNoState
	case d.plan.data.Stream != nil:
		return nil, errors.New("train: the loss of a task with a stream has no fixed rows, want a task with rows or without any")
	case batches < 1:
		return nil, fmt.Errorf("train: a probe of %d batches, want at least 1", batches)
	}
	if d.rows == nil {
		if err := d.loadData(ctx); err != nil {
			return nil, err
		}
	}
	return &Probe{loop: &hostLoop{driver: d}, batches: batches}, nil
}

// Trained is the flat vector of the run's result.
func (p *Probe) Trained() ([]float64, error) {
	d := p.loop.driver
	result := d.Result()
	var parts []*tensors.Tensor
	for _, v := range d.plan.params {
		parts = append(parts, result[v.Path()])
	}
	return flat(parts)
}

// Shapes of the parameters, in the order of the flat vector.
func (p *Probe) Shapes() []shapes.Shape {
	var out []shapes.Shape
	for _, v := range p.loop.driver.plan.params {
		out = append(out, v.Shape())
	}
	return out
}

// Value is the loss at x.
//
// Errors: those of the program; that of ctx.
func (p *Probe) Value(ctx context.Context, x []float64) (float64, error) {
	var sum float64
	for b := range p.batches {
		if ctx.Err() != nil {
			return 0, fmt.Errorf("train: the loss at another point: %w", ctx.Err())
		}
		p.loop.draws = int64(b)
		value, err := p.loop.Value(x)
		if err != nil {
			return 0, err
		}
		sum += value / float64(p.batches)
	}
	return sum, nil
}

// curvatureProgram is the product of the second derivatives at x with a vector.
func (p *plan) curvatureProgram(g *Graph) []*Node {
	value, _, in := p.hostObjective(g)
	size := 0
	for _, x := range in.params {
		size += x.Shape().Size()
	}
	v := Parameter(g, "v", shapes.Make(p.dtype(), size))
	var along *Node
	at := 0
	for i, d := range Gradient(value, in.params...) {
		n := d.Shape().Size()
		part := ReduceAllSum(Mul(Reshape(d, n), Slice(v, AxisRange(at, at+n))))
		at += n
		if i == 0 {
			along = part
			continue
		}
		along = Add(along, part)
	}
	var product []*Node
	for _, d := range Gradient(along, in.params...) {
		product = append(product, Reshape(d, d.Shape().Size()))
	}
	return []*Node{Concatenate(product, 0)}
}

// Curvature writes the product of the loss's second derivatives at x with v to dst.
func (p *Probe) Curvature(ctx context.Context, dst, x, v []float64) error {
	if p.curvature == nil {
		var err error
		d := p.loop.driver
		if p.curvature, err = compile(d.backend, d.plan, "curvature", d.plan.curvatureProgram); err != nil {
			return fmt.Errorf("train: the loss's second derivatives: %w", err)
		}
	}
	clear(dst)
	for b := range p.batches {
		if ctx.Err() != nil {
			return fmt.Errorf("train: curvature: %w", ctx.Err())
		}
		p.loop.draws = int64(b)
		out, err := call(p.curvature, "curvature", append(p.loop.arguments(x), p.loop.vector(v))...)
		if err != nil {
			return err
		}
		product, err := Floats(out[0])
		if err != nil {
			return err
		}
		for i, h := range product {
			dst[i] += h / float64(p.batches)
		}
	}
	return nil
}

// Steepest are the largest eigenvalues of the second derivatives at x and their eigenvectors, by so many steps of Lanczos's method from a
// random vector, each made orthogonal to all before.
//
// Cost: a product with the second derivatives a step.
// Source: Golub & Van Loan 2013, Matrix Computations, section 10.3. bib: golub2013matrix
func (p *Probe) Steepest(ctx context.Context, x []float64, count, steps int, seed uint64) (values []float64, vectors [][]float64, err error) {
	n := len(x)
	steps = min(steps, n)
	if count < 1 || count > steps {
		return nil, nil, fmt.Errorf("train: %d eigenvectors of %d parameters by %d steps, want 1 to as many as steps and parameters", count, n, steps)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	q := make([]float64, n)
	for i := range q {
		q[i] = rng.NormFloat64()
	}
	var basis [][]float64
	t := mat.NewSymDense(steps, nil)
	for k := range steps {
		norm := math.Sqrt(dot(q, q))
		if k > 0 {
			t.SetSym(k-1, k, norm)
		}
		if !(norm > 1e-10*math.Abs(t.At(max(k-1, 0), max(k-1, 0)))) { // the vectors span a space that the matrix keeps
			steps = k
			break
		}
		for i := range q {
			q[i] /= norm
		}
		basis = append(basis, q)
		next := make([]float64, n)
		if err := p.Curvature(ctx, next, x, q); err != nil {
			return nil, nil, err
		}
		t.SetSym(k, k, dot(next, q))
		for range 2 { // once more, for what round-off leaves
			for _, b := range basis {
				blas64.Axpy(-dot(next, b), vector(b), vector(next))
			}
		}
		q = next
	}
	return ritz(t, basis, min(count, steps))
}

// ritz are the largest eigenvalues of the leading part of t, and its eigenvectors in terms of the basis.
func ritz(t *mat.SymDense, basis [][]float64, count int) (values []float64, vectors [][]float64, err error) {
	steps := len(basis)
	var eigen mat.EigenSym
	if !eigen.Factorize(t.SliceSym(0, steps), true) {
		return nil, nil, errors.New("train: the eigenvalues of the second derivatives were not found: a value is not finite")
	}
	all := eigen.Values(nil)
	var small mat.Dense
	eigen.VectorsTo(&small)
	for j := range count {
		column := steps - 1 - j
		v := make([]float64, len(basis[0]))
		for k, b := range basis {
			blas64.Axpy(small.At(k, column), vector(b), vector(v))
		}
		values, vectors = append(values, all[column]), append(vectors, v)
	}
	return values, vectors, nil
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }

func dot(a, b []float64) float64 { return blas64.Dot(vector(a), vector(b)) }

// Flat is the present parameters, one after another in the order of their paths.
func (d *Driver) Flat() ([]float64, error) {
	if d.state == nil {
		return nil, errNoState
	}
	return flat(d.state[0][:len(d.plan.params)])
}

// flat is the values of some arrays, one after another.
func flat(parts []*tensors.Tensor) ([]float64, error) {
	var x []float64
	for _, t := range parts {
		values, err := Floats(t)
		if err != nil {
			return nil, err
		}
		x = append(x, values...)
	}
	return x, nil
}
