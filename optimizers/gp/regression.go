package gp

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Regression is a Gaussian process with noise: y = f(x) + ε, cov f = Variance · k(r), var ε = Noise.
//
// Source: Rasmussen & Williams 2006, algorithm 2.1 and eq. (5.9). bib: rasmussen2006gaussian
type Regression struct {
	Kernel   Kernel
	Lengths  []float64 // ℓ: one for all coordinates, or one each
	Variance float64   // of the function, in units of y²
	Noise    float64   // of a measurement, in units of y²
}

// ErrNotPositive says that a covariance matrix cannot be factored: points too close together for so little noise.
var ErrNotPositive = errors.New("gp: the covariance matrix is not positive definite, want more noise or fewer equal points")

func positive(v float64) bool { return v > 0 && !math.IsInf(v, 1) }

// Validate returns every problem at once.
func (r Regression) Validate() error {
	var errs []error
	if r.Kernel < RBF || r.Kernel > Matern32 {
		errs = append(errs, fmt.Errorf("gp: Regression.Kernel = %d, want RBF, Matern52 or Matern32", int(r.Kernel)))
	}
	if len(r.Lengths) == 0 {
		errs = append(errs, errors.New("gp: Regression.Lengths is empty, want one, or one a coordinate"))
	}
	for i, l := range r.Lengths {
		if !positive(l) {
			errs = append(errs, fmt.Errorf("gp: Regression.Lengths[%d] = %v, want above 0", i, l))
		}
	}
	if !positive(r.Variance) {
		errs = append(errs, fmt.Errorf("gp: Regression.Variance = %v, want above 0", r.Variance))
	}
	if !positive(r.Noise) {
		errs = append(errs, fmt.Errorf("gp: Regression.Noise = %v, want above 0", r.Noise))
	}
	return errors.Join(errs...)
}

// checkPoints wants finite points with as many coordinates as lengths.
func (r Regression) checkPoints(x *mat.Dense) error {
	if x == nil || x.IsEmpty() {
		return errors.New("gp: no points, want at least one row")
	}
	n, d := x.Dims()
	if len(r.Lengths) != 1 && len(r.Lengths) != d {
		return fmt.Errorf("gp: Regression.Lengths has %d entries, want 1 or %d as the points' coordinates", len(r.Lengths), d)
	}
	for i := range n {
		for k, v := range x.RawRowView(i) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("gp: point %d has coordinate %d = %v, want a finite number", i, k, v)
			}
		}
	}
	return nil
}

// length is ℓ of a coordinate.
func (r Regression) length(k int) float64 {
	if len(r.Lengths) == 1 {
		return r.Lengths[0]
	}
	return r.Lengths[k]
}

// squared is r² of two points.
func (r Regression) squared(x, y []float64) float64 {
	sum := 0.0
	for k := range x {
		d := (x[k] - y[k]) / r.length(k)
		sum += d * d
	}
	return sum
}

// Posterior is a process that has seen data.
type Posterior struct {
	process Regression
	x       *mat.Dense
	y       []float64
	factor  mat.Cholesky
	alpha   mat.VecDense // (K + Noise)⁻¹ y
}

// Condition is the process given values y at the rows of x.
//
// Errors: invalid settings or data, and [ErrNotPositive].
// Cost:   n³/3 multiplications.
func (r Regression) Condition(x *mat.Dense, y []float64) (*Posterior, error) {
	if err := errors.Join(r.Validate(), r.checkPoints(x)); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	if len(y) != n {
		return nil, fmt.Errorf("gp: %d values at %d points, want as many", len(y), n)
	}
	if i := firstNotFinite(y); i >= 0 {
		return nil, fmt.Errorf("gp: value %d = %v, want a finite number", i, y[i])
	}
	p := &Posterior{process: r, x: mat.DenseCopyOf(x), y: append([]float64(nil), y...)}
	k := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			f, _ := r.Kernel.at(r.squared(p.x.RawRowView(i), p.x.RawRowView(j)))
			k.SetSym(i, j, r.Variance*f)
		}
		k.SetSym(i, i, r.Variance+r.Noise)
	}
	if !p.factor.Factorize(k) {
		return nil, ErrNotPositive
	}
	if err := p.factor.SolveVecTo(&p.alpha, mat.NewVecDense(n, p.y)); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotPositive, err)
	}
	return p, nil
}

func firstNotFinite(v []float64) int {
	for i, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return i
		}
	}
	return -1
}

// Predict is mean and variance of f at the rows of x.
//
// Cost: n² multiplications a point.
func (p *Posterior) Predict(x *mat.Dense) (mean, variance []float64, err error) {
	if err := p.process.checkPoints(x); err != nil {
		return nil, nil, err
	}
	m, d := x.Dims()
	n, want := p.x.Dims()
	if d != want {
		return nil, nil, fmt.Errorf("gp: points of %d coordinates, want %d as the data's", d, want)
	}
	mean, variance = make([]float64, m), make([]float64, m)
	k, solved := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	for i := range m {
		for j := range n {
			f, _ := p.process.Kernel.at(p.process.squared(x.RawRowView(i), p.x.RawRowView(j)))
			k.SetVec(j, p.process.Variance*f)
		}
		mean[i] = mat.Dot(k, &p.alpha)
		if err := p.factor.SolveVecTo(solved, k); err != nil {
			return nil, nil, fmt.Errorf("%w (%w)", ErrNotPositive, err)
		}
		variance[i] = math.Max(0, p.process.Variance-mat.Dot(k, solved)) // below 0 is round-off
	}
	return mean, variance, nil
}

// LogMarginalLikelihood is log p(y | x).
func (p *Posterior) LogMarginalLikelihood() float64 {
	n := float64(len(p.y))
	return -0.5*floats.Dot(p.y, p.alpha.RawVector().Data) - 0.5*p.factor.LogDet() - 0.5*n*math.Log(2*math.Pi)
}

// Gradient is the derivatives of the log marginal likelihood with respect to the logarithms of Variance, Noise and each of
// Lengths, in this order: ½ tr((ααᵀ − K⁻¹) ∂K).
//
// Errors: [ErrNotPositive].
// Cost:   n³ + n²·d multiplications.
func (p *Posterior) Gradient() ([]float64, error) {
	var inverse mat.SymDense
	if err := p.factor.InverseTo(&inverse); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotPositive, err)
	}
	r, n := p.process, len(p.y)
	g := make([]float64, 2+len(r.Lengths))
	for i := range n {
		xi := p.x.RawRowView(i)
		for j := range i + 1 {
			xj := p.x.RawRowView(j)
			weight := p.alpha.AtVec(i)*p.alpha.AtVec(j) - inverse.At(i, j)
			if i == j {
				weight /= 2 // ½ on the diagonal; off it the two halves of a symmetric pair
				g[1] += weight * r.Noise
			}
			f, slope := r.Kernel.at(r.squared(xi, xj))
			g[0] += weight * r.Variance * f
			for k := range xi {
				d := (xi[k] - xj[k]) / r.length(k)
				g[2+min(k, len(r.Lengths)-1)] += weight * r.Variance * slope * d * d
			}
		}
	}
	return g, nil
}
