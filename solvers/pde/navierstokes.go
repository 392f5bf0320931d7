package pde

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// NavierStokes is the incompressible flow on the unit torus in terms of its vorticity w = v_x - u_y:
//
//	w_t + u w_x + v w_y = ν (w_xx + w_yy) + f,  u = ψ_y, v = -ψ_x, -Δψ = w
//
// solved for the Fourier modes up to K = ⌈n/3⌉ - 1 of a grid of n by n points, the two-thirds rule, by ETDRK4. The mean
// velocity is zero. The advection is (v² - u²)_xy + (uv)_xx - (uv)_yy, so that two real fields go to the points and two come
// back, each pair in one complex transform.
//
// Cost: 4 NFE a step, each two complex two-dimensional FFTs.
// Source: vorticity form and forcing: Li et al. 2021, arXiv:2010.08895, section 5.3; the form of the advection: Basdevant
// 1983, J. Comput. Phys. 50; time step: see [Semilinear]. bib: li2021fno, basdevant1983technical
//
// Differs from the source: ETDRK4 in place of Crank–Nicolson for the diffusion alone.
type NavierStokes struct {
	Viscosity float64   // ν ≥ 0
	Forcing   []float64 // f on the grid [grid, grid]; nil means none
}

// DiagonalForcing is 0.1 (sin 2π(x+y) + cos 2π(x+y)) on n by n points. Source: Li et al. 2021, section 5.3.
func DiagonalForcing(n int) []float64 {
	f := make([]float64, n*n)
	for i := range f {
		sin, cos := math.Sincos(2 * math.Pi * float64((i/n+i%n)%n) / float64(n))
		f[i] = 0.1 * (sin + cos)
	}
	return f
}

// Solve marches the batch w0 [samples, grid, grid] of vorticities, the axis of x before that of y, to s.Until.
//
// Shapes: Ys[i] of the solution [samples, grid, grid].
// Errors: what is wrong with ns, s or the lengths; a [NotFiniteError] if the steps are too large for the flow to stay
// finite; the error of ctx, within one step of its end.
func (ns NavierStokes) Solve(ctx context.Context, w0 []float64, grid int, s Stepping) (Solution, error) {
	if err := errors.Join(s.Validate(), ns.check(w0, grid)); err != nil {
		return Solution{}, err
	}
	modes := newTorusModes(grid)
	linear := make([]complex128, len(modes.laplace))
	for i, l := range modes.laplace {
		linear[i] = complex(ns.Viscosity*l, 0)
	}
	step := newETDRK4(linear, s.Dt())
	forcing := make([]complex128, len(linear))
	if ns.Forcing != nil {
		newTorusMarcher(modes, nil, nil).load(forcing, ns.Forcing)
	}
	return march(ctx, "NavierStokes", w0, grid*grid, s, etdrk4NFE, func() marcher {
		return newTorusMarcher(modes, step, forcing)
	})
}

func (ns NavierStokes) check(w0 []float64, grid int) error {
	var errs []error
	if !(ns.Viscosity >= 0) || math.IsInf(ns.Viscosity, 0) {
		errs = append(errs, fmt.Errorf("pde: NavierStokes.Viscosity = %v, want at least 0", ns.Viscosity))
	}
	if grid < 4 || len(w0)%max(grid*grid, 1) != 0 {
		errs = append(errs, fmt.Errorf("pde: NavierStokes.Solve: %d initial values on a grid of %d by %d points, "+
			"want whole samples of at least 4 by 4", len(w0), grid, grid))
	}
	if ns.Forcing != nil && len(ns.Forcing) != grid*grid {
		errs = append(errs, fmt.Errorf("pde: NavierStokes.Forcing has %d values, want %d, or nil", len(ns.Forcing), grid*grid))
	} else if !finite(ns.Forcing) {
		errs = append(errs, errors.New("pde: NavierStokes.Forcing has a value that is not finite"))
	}
	return errors.Join(errs...)
}

// torusModes lists the kept modes of real fields of n by n points: k₂ = 0 … K, -K … -1 and, within each, k₁ = 0 … K; the
// others are conjugates of these.
type torusModes struct {
	n, kept     int
	laplace     []float64    // -|κ|², κ = 2πk
	velocity    []complex128 // (κ₁ + iκ₂) / |κ|²: from w to u + iv; 0 for the mean
	even, cross []float64    // (κ₁² - κ₂²) / 2n² and κ₁ κ₂ / 2n²: from uv and v² - u² to the advection
}

func newTorusModes(n int) *torusModes {
	m := &torusModes{n: n, kept: (n+2)/3 - 1}
	scale := 1 / (2 * float64(n) * float64(n))
	for row := range 2*m.kept + 1 {
		for k1 := range m.kept + 1 {
			x, y := 2*math.Pi*float64(k1), 2*math.Pi*float64(m.second(row))
			square := x*x + y*y
			velocity := complex(0, 0)
			if square > 0 {
				velocity = complex(x/square, y/square)
			}
			m.laplace, m.velocity = append(m.laplace, -square), append(m.velocity, velocity)
			m.even, m.cross = append(m.even, (x*x-y*y)*scale), append(m.cross, x*y*scale)
		}
	}
	return m
}

// second is k₂ of a row of modes.
func (m *torusModes) second(row int) int {
	if row > m.kept {
		return row - 2*m.kept - 1
	}
	return row
}

// torusMarcher solves one sample at a time. Modes are scaled such that w = Σ_k w_k e^(iκ·x).
type torusMarcher struct {
	*torusModes
	etd           *etdrk4
	forcing       []complex128
	state         *etdState
	fast, ordered complexFFT   // ordered keeps the points in their order, for fields that come in and go out
	spectrum      []complex128 // [k₂, k₁]
	points        []complex128 // [x, y]
}

func newTorusMarcher(modes *torusModes, etd *etdrk4, forcing []complex128) *torusMarcher {
	n := modes.n
	return &torusMarcher{
		torusModes: modes, etd: etd, forcing: forcing, state: newETDState(len(modes.laplace)),
		fast: newComplexFFT(n), ordered: gonumComplexFFT{fourier.NewCmplxFFT(n)},
		spectrum: make([]complex128, n*n), points: make([]complex128, n*n),
	}
}

func (m *torusMarcher) start(w0 []float64) { m.load(m.state.v, w0) }

func (m *torusMarcher) step() bool { return m.etd.step(m.state, m.nonlinear) }

// load gives the kept modes of the field w.
func (m *torusMarcher) load(modes []complex128, w []float64) {
	for i, v := range w {
		m.points[i] = complex(v, 0)
	}
	m.toModes(m.ordered)
	scale := complex(1/float64(m.n*m.n), 0)
	m.each(func(i, at, _ int) { modes[i] = m.spectrum[at] * scale })
}

func (m *torusMarcher) save(dst []float64, _ float64) {
	clear(m.spectrum)
	m.each(func(i, at, opposite int) {
		w := m.state.v[i]
		m.spectrum[opposite] = complex(real(w), -imag(w))
		m.spectrum[at] = w
	})
	m.toPoints(m.ordered)
	for i := range dst {
		dst[i] = real(m.points[i])
	}
}

// each visits the kept modes: i counts them, at and opposite are the places of k and -k in the spectrum.
func (m *torusMarcher) each(visit func(i, at, opposite int)) {
	i := 0
	for row := range 2*m.kept + 1 {
		k2 := m.second(row)
		at, opposite := (k2+m.n)%m.n*m.n, (m.n-k2)%m.n*m.n
		for k1 := range m.kept + 1 {
			visit(i, at+k1, opposite+(m.n-k1)%m.n)
			i++
		}
	}
}

// nonlinear is forcing less advection, in modes.
func (m *torusMarcher) nonlinear(dst, w []complex128) {
	clear(m.spectrum)
	m.each(func(i, at, opposite int) {
		v, q := m.velocity[i], w[i]
		m.spectrum[opposite] = -v * complex(real(q), -imag(q)) // first, since for k₁ = 0 it is also another's place
		m.spectrum[at] = v * q
	})
	m.toPoints(m.fast)
	for i, z := range m.points {
		u, v := real(z), imag(z)
		m.points[i] = complex(u*v, (v-u)*(v+u))
	}
	m.toModes(m.fast)
	m.each(func(i, at, opposite int) {
		p, q := m.spectrum[at], m.spectrum[opposite]
		q = complex(real(q), -imag(q))
		sum, difference := p+q, p-q // twice the modes of uv, and 2i times those of v² - u²
		even, cross := m.even[i], m.cross[i]
		dst[i] = m.forcing[i] + complex(even*real(sum)+cross*imag(difference), even*imag(sum)-cross*real(difference))
	})
}

// toPoints transforms spectrum to points; the modes above the kept ones are zero.
func (m *torusMarcher) toPoints(fft complexFFT) {
	n := m.n
	for k2 := range n {
		if row := m.spectrum[k2*n : (k2+1)*n]; k2 <= m.kept || k2 >= n-m.kept {
			fft.toSpace(row)
		}
	}
	transpose(m.points, m.spectrum, n)
	for x := range n {
		fft.toSpace(m.points[x*n : (x+1)*n])
	}
}

// toModes transforms points to spectrum, for the kept k₂ only.
func (m *torusMarcher) toModes(fft complexFFT) {
	n := m.n
	for x := range n {
		fft.toModes(m.points[x*n : (x+1)*n])
	}
	transpose(m.spectrum, m.points, n)
	for k2 := range n {
		if row := m.spectrum[k2*n : (k2+1)*n]; k2 <= m.kept || k2 >= n-m.kept {
			fft.toModes(row)
		}
	}
}

// transpose goes by squares that fit in the cache.
func transpose(dst, src []complex128, n int) {
	const block = 16
	for i0 := 0; i0 < n; i0 += block {
		for j0 := 0; j0 < n; j0 += block {
			for i := i0; i < min(i0+block, n); i++ {
				for j := j0; j < min(j0+block, n); j++ {
					dst[j*n+i] = src[i*n+j]
				}
			}
		}
	}
}
