package pde

// The equations below are for a periodic box of the given lengths, one to three axes unless said otherwise.

// laplacian is the symbol -|k|².
func laplacian(k []float64) float64 {
	var sum float64
	for _, v := range k {
		sum -= v * v
	}
	return sum
}

// scalar is an equation of one channel with one pointwise term of u itself.
func scalar(name string, lengths []float64, linear, outer Symbol, degree int, g func(u float64) float64) Semilinear {
	return Semilinear{
		Name: name, Lengths: lengths, Degree: degree,
		Linear: []Symbol{linear}, Taps: []Tap{{}}, Terms: []Tap{{Symbol: outer}},
		Inner: func(out, w [][]float64) {
			dst := out[0][:len(w[0])]
			for i, u := range w[0] {
				dst[i] = g(u)
			}
		},
	}
}

// Advection is u_t + c·∇u = ν Δu, solved exactly; velocity has one component an axis.
func Advection(lengths, velocity []float64, diffusivity float64) Semilinear {
	return Semilinear{
		Name: "Advection", Lengths: lengths, Degree: 1,
		Linear: []Symbol{func(k []float64) complex128 {
			var phase float64
			for i, c := range velocity {
				phase += c * k[i]
			}
			return complex(diffusivity*laplacian(k), -phase)
		}},
	}
}

// Burgers is u_t + u u_x = ν u_xx on [0, 1), in the conservative form u_t = ν u_xx - (u²/2)_x.
func Burgers(viscosity float64) Semilinear { return BurgersIn([]float64{1}, viscosity) }

// BurgersIn is Burgers' equation for one scalar in a box: u_t + Σ_i (u²/2)_(x_i) = ν Δu.
func BurgersIn(lengths []float64, viscosity float64) Semilinear {
	e := scalar("Burgers", lengths,
		func(k []float64) complex128 { return complex(viscosity*laplacian(k), 0) },
		func(k []float64) complex128 {
			var sum float64
			for _, v := range k {
				sum += v
			}
			return complex(0, -sum/2)
		}, 2, nil)
	e.Inner = square
	return e
}

// square is the pointwise u², without a call a point.
func square(out, w [][]float64) {
	u := w[0]
	dst := out[0][:len(u)]
	for i, v := range u {
		dst[i] = v * v
	}
}

// KortewegDeVries is u_t + 6 u u_x + u_xxx = 0 on one axis. A soliton of speed c is (c/2) sech²(√c (x - ct)/2).
//
// Source: Korteweg & de Vries 1895 in the scaling of Gardner et al. 1967, Phys. Rev. Lett. 19. bib: gardner1967kdv
func KortewegDeVries(length float64) Semilinear {
	e := scalar("KortewegDeVries", []float64{length},
		func(k []float64) complex128 { return complex(0, k[0]*k[0]*k[0]) },
		func(k []float64) complex128 { return complex(0, -3*k[0]) }, 2, nil)
	e.Inner = square
	return e
}

// KuramotoSivashinsky is u_t = -Δu - Δ²u - |∇u|²/2, for the height of a flame front. Its mean falls steadily; on one axis the slope
// u_x obeys [KuramotoSivashinskySlope].
//
// Source: Kuramoto & Tsuzuki 1976; Sivashinsky 1977; the form of Kassam & Trefethen 2005, integrated. bib: kassam2005etdrk4
func KuramotoSivashinsky(lengths []float64) Semilinear {
	e := Semilinear{
		Name: "KuramotoSivashinsky", Lengths: lengths, Degree: 2,
		Linear: []Symbol{func(k []float64) complex128 {
			l := laplacian(k)
			return complex(-l-l*l, 0)
		}},
		Terms: []Tap{{Symbol: func([]float64) complex128 { return -0.5 }}},
		Inner: func(out, w [][]float64) {
			square(out, w)
			for _, slope := range w[1:] {
				dst := out[0][:len(slope)]
				for i, s := range slope {
					dst[i] += s * s
				}
			}
		},
	}
	for axis := range lengths {
		e.Taps = append(e.Taps, Tap{Symbol: func(k []float64) complex128 { return complex(0, k[axis]) }})
	}
	return e
}

// KuramotoSivashinskySlope is u_t = -u_xx - u_xxxx - u u_x on one axis; it keeps the mean.
//
// Source: Kassam & Trefethen 2005, SIAM J. Sci. Comput. 26, section 4. bib: kassam2005etdrk4
func KuramotoSivashinskySlope(length float64) Semilinear {
	e := scalar("KuramotoSivashinskySlope", []float64{length},
		func(k []float64) complex128 {
			l := laplacian(k)
			return complex(-l-l*l, 0)
		},
		func(k []float64) complex128 { return complex(0, -k[0]/2) }, 2, nil)
	e.Inner = square
	return e
}

// AllenCahn is u_t = D Δu + r (u - u³). A front between -1 and 1 is tanh(x √(r/2D)).
//
// Source: Allen & Cahn 1979, Acta Metall. 27. bib: allen1979microscopic
func AllenCahn(lengths []float64, diffusivity, rate float64) Semilinear {
	return scalar("AllenCahn", lengths,
		func(k []float64) complex128 { return complex(diffusivity*laplacian(k)+rate, 0) },
		func([]float64) complex128 { return complex(-rate, 0) }, 3, func(u float64) float64 { return u * u * u })
}

// CahnHilliard is u_t = D Δ(u³ - u - γ Δu); it keeps the mean.
//
// Source: Cahn & Hilliard 1958, J. Chem. Phys. 28. bib: cahn1958free
func CahnHilliard(lengths []float64, mobility, gamma float64) Semilinear {
	return scalar("CahnHilliard", lengths,
		func(k []float64) complex128 {
			l := laplacian(k)
			return complex(mobility*(-l-gamma*l*l), 0)
		},
		func(k []float64) complex128 { return complex(mobility*laplacian(k), 0) }, 3, func(u float64) float64 { return u * u * u })
}

// FisherKPP is u_t = D Δu + r u (1 - u).
//
// Source: Fisher 1937, Ann. Eugenics 7; Kolmogorov, Petrovsky & Piskunov 1937. bib: fisher1937wave
func FisherKPP(lengths []float64, diffusivity, rate float64) Semilinear {
	e := scalar("FisherKPP", lengths,
		func(k []float64) complex128 { return complex(diffusivity*laplacian(k)+rate, 0) },
		func([]float64) complex128 { return complex(-rate, 0) }, 2, nil)
	e.Inner = square
	return e
}

// SwiftHohenberg is u_t = r u - (q² + Δ)² u + g u² - u³.
//
// Source: Swift & Hohenberg 1977, Phys. Rev. A 15. bib: swift1977hydrodynamic
func SwiftHohenberg(lengths []float64, rate, wave, quadratic float64) Semilinear {
	return scalar("SwiftHohenberg", lengths,
		func(k []float64) complex128 {
			l := wave*wave + laplacian(k)
			return complex(rate-l*l, 0)
		},
		nil, 3, func(u float64) float64 { return u * u * (quadratic - u) })
}

// GrayScott has the channels u and v:
//
//	u_t = D_u Δu - u v² + F (1 - u),  v_t = D_v Δv + u v² - (F + κ) v
//
// Source: Gray & Scott 1983 as in Pearson 1993, Science 261. bib: pearson1993complex
func GrayScott(lengths []float64, diffusivityU, diffusivityV, feed, kill float64) Semilinear {
	return Semilinear{
		Name: "GrayScott", Lengths: lengths, Degree: 3,
		Linear: []Symbol{
			func(k []float64) complex128 { return complex(diffusivityU*laplacian(k)-feed, 0) },
			func(k []float64) complex128 { return complex(diffusivityV*laplacian(k)-feed-kill, 0) },
		},
		Taps:  []Tap{{Channel: 0}, {Channel: 1}},
		Terms: []Tap{{Channel: 0}, {Channel: 1}},
		Inner: func(g, w [][]float64) {
			u, v := w[0], w[1]
			for i := range u {
				reaction := u[i] * v[i] * v[i]
				g[0][i], g[1][i] = feed-reaction, reaction
			}
		},
	}
}

// Schrodinger is the nonlinear equation i u_t + Δu/2 + κ |u|² u = 0, its channels the real and the imaginary part; κ = 1 focuses.
// It keeps Σ |u|². On one axis a soliton is a sech(a x) e^(ia²t/2) for κ = 1.
//
// Source: Zakharov & Shabat 1972, Sov. Phys. JETP 34. bib: zakharov1972exact
func Schrodinger(lengths []float64, coupling float64) Semilinear {
	return Semilinear{
		Name: "Schrodinger", Lengths: lengths, Degree: 3, Complex: true,
		Linear: []Symbol{func(k []float64) complex128 { return complex(0, laplacian(k)/2) }},
		Taps:   []Tap{{Channel: 0}, {Channel: 1}},
		Terms:  []Tap{{Channel: 0}, {Channel: 1}},
		Inner: func(g, w [][]float64) {
			a, b := w[0], w[1]
			for i := range a {
				size := coupling * (a[i]*a[i] + b[i]*b[i])
				g[0][i], g[1][i] = -size*b[i], size*a[i]
			}
		},
	}
}
