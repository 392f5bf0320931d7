package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

// cavityCase is the steady flow in a box with a smooth lid.
func cavityCase() referenceCase {
	return referenceCase{
		name: LidDrivenCavity, title: "Flow in a cavity that its lid drives", equation: `v\cdot\nabla v = -\nabla p + \Delta v/\mathit{Re},\quad \nabla\cdot v = 0`,
		conditions: "channels u, v and p; u = 16 x² (1 − x)² at y = 1, u = v = 0 elsewhere on the boundary, p = 0 at the origin; Coefficients Re, unused",
		method:     "weak form for the stream function with 20 + 4 Effort polynomials in each direction, Newton's method",
		source:     "Shen 1991, J. Comput. Phys. 95, for the lid",
		low:        []float64{0, 0}, high: []float64{1, 1}, points: 101, channels: []string{"u", "v", "p"},
		coefficients: [2]float64{100, 0}, coefficientNames: "Re, unused",
		limits: func(c [2]float64) error {
			if !(c[0] > 0 && c[0] <= 1000) {
				return errors.New("0 < Re ≤ 1000")
			}
			return nil
		},
		solve: solveCavity,
	}
}

// polynomials are functions on [0, 1] by their values at Chebyshev's points inside.
type polynomials struct {
	points  []float64
	weights []float64 // of barycentric interpolation
}

// chebyshevInside are n points.
func chebyshevInside(n int) polynomials {
	p := polynomials{make([]float64, n), make([]float64, n)}
	for i := range n {
		angle := (2*float64(i) + 1) * math.Pi / float64(2*n)
		p.points[i] = (1 - math.Cos(angle)) / 2
		p.weights[i] = math.Sin(angle) * float64(1-2*(i%2))
	}
	return p
}

// slope is the matrix of the derivative at the points.
func (p polynomials) slope() *mat.Dense {
	n := len(p.points)
	d := mat.NewDense(n, n, nil)
	for i := range n {
		sum := 0.0
		for j := range n {
			if i != j {
				v := p.weights[j] / p.weights[i] / (p.points[i] - p.points[j])
				d.Set(i, j, v)
				sum += v
			}
		}
		d.Set(i, i, -sum)
	}
	return d
}

// values is the matrix of interpolation to places.
func (p polynomials) values(places []float64) *mat.Dense {
	m := mat.NewDense(len(places), len(p.points), nil)
	for i, x := range places {
		sum, hit := 0.0, -1
		for j, at := range p.points {
			if x == at {
				hit = j
			}
			sum += p.weights[j] / (x - at)
		}
		for j, at := range p.points {
			switch {
			case hit >= 0 && j == hit:
				m.Set(i, j, 1)
			case hit < 0:
				m.Set(i, j, p.weights[j]/(x-at)/sum)
			}
		}
	}
	return m
}

// clamped are the matrices from q's values to the derivatives of order 0 to 4 of x² (1 - x)² q, which is zero with its slope at both ends, at places.
func (p polynomials) clamped(places []float64) [5]*mat.Dense {
	powers := [5]*mat.Dense{p.values(places)} // of the derivative of q; interpolation and differentiation are exact for polynomials
	slope := p.slope()
	for k := range 4 {
		powers[k+1] = new(mat.Dense)
		powers[k+1].Mul(powers[k], slope)
	}
	choose := [5][5]float64{{1}, {1, 1}, {1, 2, 1}, {1, 3, 3, 1}, {1, 4, 6, 4, 1}}
	var out [5]*mat.Dense
	for k := range out {
		out[k] = mat.NewDense(len(places), len(p.points), nil)
		for i, x := range places {
			w := [5]float64{x * x * (1 - x) * (1 - x), 2 * x * (1 - x) * (1 - 2*x), 2 - 12*x + 12*x*x, -12 + 24*x, 24}
			for j := range p.points {
				sum := 0.0
				for l := 0; l <= k; l++ {
					sum += choose[k][l] * w[l] * powers[k-l].At(i, j)
				}
				out[k].Set(i, j, sum)
			}
		}
	}
	return out
}

// lidLift has the derivatives of order 0 to 4 of 16 x² (1 - x)² and of y² (y - 1), whose product has the stream function's values and slopes on the
// boundary.
func lidLift(x float64) (along, up [5]float64) {
	along = [5]float64{16 * x * x * (1 - x) * (1 - x), 32 * x * (1 - x) * (1 - 2*x), 16 * (2 - 12*x + 12*x*x), 16 * (-12 + 24*x), 16 * 24}
	up = [5]float64{x * x * (x - 1), 3*x*x - 2*x, 6*x - 2, 6, 0}
	return along, up
}

// cavityFlow is a stream function: the lift and the product of clamped polynomials.
type cavityFlow struct {
	in polynomials
	q  *mat.Dense // [x, y]
}

// derivatives gives those of the stream function at all pairs of places, by the orders along x and y.
func (s cavityFlow) derivatives(x, y []float64) func(kx, ky int) *mat.Dense {
	a, b := s.in.clamped(x), s.in.clamped(y)
	return func(kx, ky int) *mat.Dense {
		out, left := new(mat.Dense), new(mat.Dense)
		left.Mul(a[kx], s.q)
		out.Mul(left, b[ky].T())
		for i := range x {
			along, _ := lidLift(x[i])
			for j := range y {
				_, up := lidLift(y[j])
				out.Set(i, j, out.At(i, j)+along[kx]*up[ky])
			}
		}
		return out
	}
}

// solveCavity finds the stream function ψ, u = ψ_y and v = -ψ_x, of ψ_y Δψ_x - ψ_x Δψ_y = Δ²ψ/Re, and then the pressure.
func solveCavity(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
	s := cavityFlow{in: chebyshevInside(20 + 4*r.Effort)}
	n := len(s.in.points)
	s.q = mat.NewDense(n, n, nil)
	for _, reynolds := range continuation(r.Coefficients[0]) {
		if err := s.newton(ctx, 1/reynolds); err != nil {
			return nil, err
		}
	}
	return s.fields(r.points(c, 0), 1/r.Coefficients[0]), nil
}

// continuation leads to a Reynolds number by ones from which Newton's method converges.
func continuation(reynolds float64) []float64 {
	var out []float64
	for re := 100.0; re < reynolds; re *= 2 {
		out = append(out, re)
	}
	return append(out, reynolds)
}

// newton solves the weak form for q at one viscosity, from the present q: for all clamped φ
//
//	∫ Δψ (ψ_y φ_x - ψ_x φ_y) + Δψ Δφ/Re = 0
//
// which has no derivative above the second: those of the fourth order are infinite in the corners.
func (s *cavityFlow) newton(ctx context.Context, nu float64) error {
	m := len(s.in.points) + 8 // the weight x² (1 - x)² raises the degree by four, products raise it again
	places, weights := make([]float64, m), make([]float64, m)
	quad.Legendre{}.FixedLocations(places, weights, 0, 1)
	a := s.in.clamped(places)
	phiX, phiY := pairs(a[1], a[0]), pairs(a[0], a[1])
	phiL := added(pairs(a[2], a[0]), pairs(a[0], a[2]))
	for range 30 {
		if err := ctx.Err(); err != nil {
			return err
		}
		d := s.derivatives(places, places)
		y, x, lap := d(0, 1), d(1, 0), added(d(2, 0), d(0, 2))
		weigh := func(v *mat.Dense) []float64 {
			out := make([]float64, m*m)
			for i := range out {
				out[i] = weights[i/m] * weights[i%m] * v.RawMatrix().Data[i]
			}
			return out
		}
		wy, wx, wl := weigh(y), weigh(x), weigh(lap)
		ones := mat.NewDense(m, m, nil)
		ones.Apply(func(int, int, float64) float64 { return nu }, ones)
		j, f := s.system(phiX, phiY, phiL, wy, wx, wl, weigh(ones)), mat.NewVecDense(len(s.q.RawMatrix().Data), nil)
		values := lap.RawMatrix().Data
		for _, part := range []struct {
			phi    *mat.Dense
			factor []float64
			sign   float64
		}{{phiX, wy, 1}, {phiY, wx, -1}, {phiL, weigh(ones), 1}} {
			v, at := mat.NewVecDense(m*m, nil), new(mat.VecDense)
			for i, w := range part.factor {
				v.SetVec(i, w*values[i])
			}
			at.MulVec(part.phi.T(), v)
			f.AddScaledVec(f, part.sign, at)
		}
		if done, err := s.step(j, f); done || err != nil {
			return err
		}
	}
	return errors.New("no convergence in 30 steps of Newton's method")
}

// system is Newton's matrix.
func (s *cavityFlow) system(phiX, phiY, phiL *mat.Dense, wy, wx, wl, wnu []float64) *mat.Dense {
	var j, part mat.Dense
	j.Mul(phiX.T(), added(scaled(phiL, wy), scaled(phiY, wl)))
	part.Mul(phiY.T(), added(scaled(phiL, wx), scaled(phiX, wl)))
	j.Sub(&j, &part)
	part.Mul(phiL.T(), scaled(phiL, wnu))
	j.Add(&j, &part)
	return &j
}

// step goes one of Newton's steps; done says that the next one would be round-off.
func (s *cavityFlow) step(j *mat.Dense, f *mat.VecDense) (done bool, err error) {
	var step mat.VecDense
	if err := step.SolveVec(j, f); err != nil {
		return false, fmt.Errorf("matrix of a Newton step: %w", err)
	}
	q := s.q.RawMatrix().Data
	size, largest := 0.0, 0.0
	for i := range q {
		q[i] -= step.AtVec(i)
		size, largest = max(size, math.Abs(step.AtVec(i))), max(largest, math.Abs(q[i]))
	}
	return size < 1e-9*largest, nil
}

// pairs is the matrix from q to values at all pairs of places, from that of each direction.
func pairs(a, b *mat.Dense) *mat.Dense {
	out := new(mat.Dense)
	out.Kronecker(a, b)
	return out
}

// scaled is a matrix with each row times a factor.
func scaled(a *mat.Dense, by []float64) *mat.Dense {
	out := mat.DenseCopyOf(a)
	for i, f := range by {
		row := out.RawRowView(i)
		for j := range row {
			row[j] *= f
		}
	}
	return out
}

func added(parts ...*mat.Dense) *mat.Dense {
	out := mat.DenseCopyOf(parts[0])
	for _, p := range parts[1:] {
		out.Add(out, p)
	}
	return out
}

// gaussPoints is the number of points of an integral over an interval of the grid.
const gaussPoints = 6

// gauss are the points and weights of Gauss and Legendre's rule on [0, 1].
func gauss() (points, weights []float64) {
	x := []float64{0.2386191860831969, 0.6612093864662645, 0.9324695142031521}
	w := []float64{0.4679139345726910, 0.3607615730481386, 0.1713244923791704}
	for i := range x {
		points, weights = append(points, (1-x[i])/2, (1+x[i])/2), append(weights, w[i]/2, w[i]/2)
	}
	return points, weights
}

// between are the points of integrals over the intervals of a grid.
func between(grid []float64) []float64 {
	at, _ := gauss()
	var out []float64
	for i := range len(grid) - 1 {
		for _, f := range at {
			out = append(out, grid[i]+f*(grid[i+1]-grid[i]))
		}
	}
	return out
}

// slopes of the pressure at all pairs of places, from the equations of motion.
func (s cavityFlow) slopes(x, y []float64, nu float64) (px, py *mat.Dense) {
	d := s.derivatives(x, y)
	u, v := d(0, 1), d(1, 0) // v here is ψ_x, the velocity along y with the other sign
	uxx, uyy, ux, uy := d(2, 1), d(0, 3), d(1, 1), d(0, 2)
	vxx, vyy, vx := d(3, 0), d(1, 2), d(2, 0)
	px, py = mat.NewDense(len(x), len(y), nil), mat.NewDense(len(x), len(y), nil)
	for i := range x {
		for j := range y {
			px.Set(i, j, nu*(uxx.At(i, j)+uyy.At(i, j))-u.At(i, j)*ux.At(i, j)+v.At(i, j)*uy.At(i, j))
			py.Set(i, j, -nu*(vxx.At(i, j)+vyy.At(i, j))+u.At(i, j)*vx.At(i, j)-v.At(i, j)*ux.At(i, j))
		}
	}
	return px, py
}

// fields are u, v and p on a grid; the pressure is integrated from the origin along y = 0, and from there along y.
func (s cavityFlow) fields(grid []float64, nu float64) []float64 {
	n := len(grid)
	d := s.derivatives(grid, grid)
	u, v := d(0, 1), d(1, 0)
	_, weights := gauss()
	bottom, _ := s.slopes(between(grid), []float64{0}, nu)
	_, rise := s.slopes(grid, between(grid), nu)
	out := make([]float64, n*n*3)
	first := 0.0
	for i := range n {
		if i > 0 {
			for g, w := range weights {
				first += (grid[i] - grid[i-1]) * w * bottom.At((i-1)*gaussPoints+g, 0)
			}
		}
		p := first
		for j := range n {
			if j > 0 {
				for g, w := range weights {
					p += (grid[j] - grid[j-1]) * w * rise.At(i, (j-1)*gaussPoints+g)
				}
			}
			copy(out[(i*n+j)*3:], []float64{u.At(i, j), -v.At(i, j), p})
		}
	}
	return out
}
