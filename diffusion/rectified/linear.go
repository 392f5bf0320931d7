package rectified

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Gaussian is a coupling of normal X0 and X1 of mean zero, by its second moments. Rows are axes of the first of the two.
type Gaussian struct {
	Source [][]float64 // E X0 X0ᵀ
	Target [][]float64 // E X1 X1ᵀ
	Cross  [][]float64 // E X0 X1ᵀ
}

// Mapped is the coupling of X0 with X1 = M X0.
//
// Errors: matrices that are not square and of one size.
func Mapped(source, m [][]float64) (Gaussian, error) {
	a, err := square("Mapped: source", source, len(source))
	if err != nil {
		return Gaussian{}, err
	}
	b, err := square("Mapped: matrix", m, len(source))
	if err != nil {
		return Gaussian{}, err
	}
	return mapped(a, b), nil
}

func mapped(source, m *mat.Dense) Gaussian {
	var cross, target mat.Dense
	cross.Mul(source, m.T())
	target.Mul(m, &cross)
	return Gaussian{rows(source), rows(&target), rows(&cross)}
}

// square is a matrix of n rows and columns.
func square(name string, m [][]float64, n int) (*mat.Dense, error) {
	if n < 1 || len(m) != n {
		return nil, fmt.Errorf("rectified: %s has %d rows, want %d, and at least 1", name, len(m), n)
	}
	out := mat.NewDense(n, n, nil)
	for i, row := range m {
		if len(row) != n {
			return nil, fmt.Errorf("rectified: %s has %d columns in row %d, want %d", name, len(row), i, n)
		}
		for _, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("rectified: %s has a %v in row %d, want finite numbers", name, v, i)
			}
		}
		out.SetRow(i, row)
	}
	return out, nil
}

func rows(m mat.Matrix) [][]float64 {
	n, _ := m.Dims()
	out := make([][]float64, n)
	for i := range out {
		out[i] = mat.Row(nil, i, m)
	}
	return out
}

// moments are the coupling's as matrices.
func (g Gaussian) moments() (source, target, cross *mat.Dense, err error) {
	n := len(g.Source)
	if source, err = square("Gaussian.Source", g.Source, n); err != nil {
		return nil, nil, nil, err
	}
	if target, err = square("Gaussian.Target", g.Target, n); err != nil {
		return nil, nil, nil, err
	}
	cross, err = square("Gaussian.Cross", g.Cross, n)
	return source, target, cross, err
}

// Cost is E|X1 - X0|².
//
// Errors: moments that are not square and of one size.
func (g Gaussian) Cost() (float64, error) {
	source, target, cross, err := g.moments()
	if err != nil {
		return 0, err
	}
	return mat.Trace(source) + mat.Trace(target) - 2*mat.Trace(cross), nil
}

// Optimal is the least cost of all couplings of the two normal distributions, the squared Bures distance
//
//	tr(A + B - 2 (A^½ B A^½)^½)
//
// Errors: as Cost; a covariance with an eigenvalue below 0.
// Source: Peyré & Cuturi 2019, arXiv:1803.00567, remark 2.31. bib: peyre2019computational
func (g Gaussian) Optimal() (float64, error) {
	source, target, _, err := g.moments()
	if err != nil {
		return 0, err
	}
	root, err := squareRoot("Gaussian.Source", source)
	if err != nil {
		return 0, err
	}
	var inner mat.Dense
	inner.Product(root, target, root)
	both, err := squareRoot("Gaussian.Target", &inner)
	if err != nil {
		return 0, err
	}
	return mat.Trace(source) + mat.Trace(target) - 2*mat.Trace(both), nil
}

// squareRoot is that of a symmetric matrix.
func squareRoot(name string, m *mat.Dense) (*mat.Dense, error) {
	n, _ := m.Dims()
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, (m.At(i, j)+m.At(j, i))/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, true) {
		return nil, fmt.Errorf("rectified: %s has no eigenvalues, want a covariance", name)
	}
	values := e.Values(nil)
	var vectors, out mat.Dense
	e.VectorsTo(&vectors)
	for i, v := range values {
		if v < -1e-12*math.Abs(values[n-1]) { // beyond round-off
			return nil, fmt.Errorf("rectified: %s has the eigenvalue %v, want a covariance, with none below 0", name, v)
		}
		values[i] = math.Sqrt(max(v, 0))
	}
	out.Product(&vectors, mat.NewDiagDense(n, values), vectors.T())
	return &out, nil
}

// Linear is a rectified flow of a Gaussian coupling in closed form: the velocity is A(t) x with A linear in t on equal parts of [0, 1],
// found by exact least squares of the moments. Its matrices are symmetric, which makes it a c-rectified flow with the quadratic cost and
// the potential ½ xᵀA(t)x; with Free they are any, which makes it a plain one.
//
// Source: Liu 2022, arXiv:2209.14577, section 4, of which this is the case of linear gradients. bib: liu2022rectified
type Linear struct {
	Parts int // at least 1; the error of the marginals falls with its square
	Free  bool
}

// Validate says what is wrong.
func (l Linear) Validate() error {
	if l.Parts < 1 {
		return fmt.Errorf("rectified: Linear.Parts = %d, want at least 1", l.Parts)
	}
	return nil
}

// Rectify is the coupling of Z0 = X0 with Z1 where the flow leads it, and the matrix of this map.
//
// Errors: what Validate says; moments that are not square and of one size; a coupling that is degenerate at some time.
func (l Linear) Rectify(g Gaussian) (next Gaussian, flow [][]float64, err error) {
	if err := l.Validate(); err != nil {
		return Gaussian{}, nil, err
	}
	source, target, cross, err := g.moments()
	if err != nil {
		return Gaussian{}, nil, err
	}
	p := linearFit{Linear: l, source: source, target: target, cross: cross}
	knots, err := p.fit()
	if err != nil {
		return Gaussian{}, nil, err
	}
	m := l.flow(knots)
	return mapped(source, m), rows(m), nil
}

// linearFit is the least squares of a round.
type linearFit struct {
	Linear
	source, target, cross *mat.Dense
}

// at is C_t = E X_t X_tᵀ and B_t = E(X1 - X0) X_tᵀ.
func (p linearFit) at(t float64) (c, b *mat.Dense) {
	n, _ := p.source.Dims()
	c, b = mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			s, r, x, y := p.source.At(i, j), p.target.At(i, j), p.cross.At(i, j), p.cross.At(j, i)
			c.Set(i, j, (1-t)*(1-t)*s+t*t*r+t*(1-t)*(x+y))
			b.Set(i, j, t*r+(1-t)*y-t*x-(1-t)*s)
		}
	}
	return c, b
}

// basis are the matrices that A(t) is made of.
func (p linearFit) basis() []*mat.Dense {
	n, _ := p.source.Dims()
	var all []*mat.Dense
	for i := range n {
		for j := range n {
			if j < i && !p.Free {
				continue
			}
			e := mat.NewDense(n, n, nil)
			e.Set(i, j, 1)
			if !p.Free {
				e.Set(j, i, 1)
			}
			all = append(all, e)
		}
	}
	return all
}

// gauss3 are the points and weights of Gauss's rule on [0, 1], exact to degree 5: that of two hats and C_t is 4.
func gauss3() (points, weights [3]float64) {
	r := math.Sqrt(0.6) / 2
	return [3]float64{0.5 - r, 0.5, 0.5 + r}, [3]float64{5. / 18, 8. / 18, 5. / 18}
}

// fit is A at the ends of the parts: the least of ∫ E|X1 - X0 - A(t) X_t|² dt.
func (p linearFit) fit() ([]*mat.Dense, error) {
	n, _ := p.source.Dims()
	basis := p.basis()
	m := len(basis)
	size := (p.Parts + 1) * m
	left, right := mat.NewDense(size, size, nil), mat.NewVecDense(size, nil)
	points, weights := gauss3()
	for part := range p.Parts {
		for q, u := range points {
			c, b := p.at((float64(part) + u) / float64(p.Parts))
			hats := [2]float64{1 - u, u}
			for i, e := range basis {
				var ec mat.Dense
				ec.Mul(e, c) // tr(Eᵀ F C) = Σ F ∘ (E C)
				for end, hat := range hats {
					row := (part+end)*m + i
					right.SetVec(row, right.AtVec(row)+weights[q]*hat*inner(e, b))
					for j, f := range basis {
						for other, second := range hats {
							column := (part+other)*m + j
							left.Set(row, column, left.At(row, column)+weights[q]*hat*second*inner(f, &ec))
						}
					}
				}
			}
		}
	}
	var x mat.VecDense
	if err := x.SolveVec(left, right); err != nil {
		return nil, fmt.Errorf("rectified: Linear: the pairs' lines meet in fewer axes than %d at some time, want a coupling that is not degenerate: %w", n, err)
	}
	knots := make([]*mat.Dense, p.Parts+1)
	for k := range knots {
		knots[k] = mat.NewDense(n, n, nil)
		for i, e := range basis {
			var part mat.Dense
			part.Scale(x.AtVec(k*m+i), e)
			knots[k].Add(knots[k], &part)
		}
	}
	return knots, nil
}

// inner is Σ a ∘ b.
func inner(a, b *mat.Dense) float64 {
	n, _ := a.Dims()
	var sum float64
	for i := range n {
		for j := range n {
			sum += a.At(i, j) * b.At(i, j)
		}
	}
	return sum
}

// stepsPerPart are Runge-Kutta steps: their error, of fourth order, is below 1e-9 where A is of size ten.
const stepsPerPart = 50

// flow is the matrix by which dZ/dt = A(t) Z leads Z0 to Z1.
func (l Linear) flow(knots []*mat.Dense) *mat.Dense {
	n, _ := knots[0].Dims()
	z := mat.NewDense(n, n, nil)
	for i := range n {
		z.Set(i, i, 1)
	}
	h := 1 / float64(l.Parts*stepsPerPart)
	slope := func(part int, u float64, z *mat.Dense) *mat.Dense {
		var a, b, out mat.Dense
		a.Scale(1-u, knots[part])
		b.Scale(u, knots[part+1])
		a.Add(&a, &b)
		out.Mul(&a, z)
		return &out
	}
	plus := func(z, k *mat.Dense, by float64) *mat.Dense {
		var out mat.Dense
		out.Scale(by, k)
		out.Add(&out, z)
		return &out
	}
	for part := range l.Parts {
		for i := range stepsPerPart {
			u, du := float64(i)/stepsPerPart, 1./stepsPerPart
			k1 := slope(part, u, z)
			k2 := slope(part, u+du/2, plus(z, k1, h/2))
			k3 := slope(part, u+du/2, plus(z, k2, h/2))
			k4 := slope(part, u+du, plus(z, k3, h))
			for j, k := range []*mat.Dense{k1, k2, k3, k4} {
				z = plus(z, k, h*[]float64{1, 2, 2, 1}[j]/6)
			}
		}
	}
	return z
}
