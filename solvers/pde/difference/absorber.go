package difference

// absorber is the perfectly matched layer of a [Wave], with rates ζ_d that depend on the place along axis d alone:
//
//	u_tt + (Σζ) u_t + (ζ_1ζ_2 + ζ_2ζ_3 + ζ_3ζ_1) u + ζ_1ζ_2ζ_3 ψ = c² ∇·(∇u + φ),  ψ_t = u
//	φ_d,t = -ζ_d φ_d + (ζ_e + ζ_f - ζ_d) ∂_d u + ζ_e ζ_f ∂_d ψ,  e and f the axes other than d
//
// φ_d is kept on the links along d, in the middle between points; both new fields are advanced by the trapezium rule.
//
// Source: Grote & Sim 2010, arXiv:1001.0319. bib: grote2010pml
//
// Differs from the source: φ here is without c², and u has no factor for its acceleration but the damping of leapfrog.
type absorber struct {
	*operator
	dt                  float64
	sum, pairs, product []float64 // of the ζ at each unknown
	links               []absorbingLink
}

// absorbingLink is a link with a φ.
type absorbingLink struct {
	*link
	weight              float64
	own, slope, product float64 // ζ_d, ζ_e + ζ_f - ζ_d, ζ_e ζ_f
}

// absorbed is the state of an absorber.
type absorbed struct {
	phi, du, dpsi []float64 // φ and the differences of u and ψ along each absorbing link
	psi           []float64 // of each unknown
}

func newAbsorber(o *operator, layer Layer, speed, dt float64) *absorber {
	out := &absorber{operator: o, dt: dt}
	rates := func(at int) (z [3]float64) {
		for axis := range o.h {
			z[axis] = speed * layer.damping(o.grid, float64(o.index(at, axis)), axis)
		}
		return z
	}
	for _, at := range o.unknown {
		z := rates(at)
		out.sum = append(out.sum, z[0]+z[1]+z[2])
		out.pairs = append(out.pairs, z[0]*z[1]+z[1]*z[2]+z[2]*z[0])
		out.product = append(out.product, z[0]*z[1]*z[2])
	}
	for i := range o.geometry.links {
		l := &o.geometry.links[i]
		if l.flux {
			continue
		}
		z := rates(l.at)
		e, f := z[(l.axis+1)%3], z[(l.axis+2)%3]
		own := speed * layer.damping(o.grid, float64(o.index(l.at, l.axis)+l.end)-0.5, l.axis)
		if own != 0 || e != 0 || f != 0 {
			out.links = append(out.links, absorbingLink{l, o.weights[i], own, e + f - own, e * f})
		}
	}
	return out
}

func newAbsorbed(a *absorber, unknowns int) *absorbed {
	if a == nil {
		return nil
	}
	n := len(a.links)
	return &absorbed{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, unknowns)}
}

// differences are those of a field along a link; known is its value at a link to the boundary.
func (l absorbingLink) difference(u []float64, known float64) float64 {
	if l.to >= 0 {
		known = u[l.to]
	}
	return known - u[l.row]
}

// known is the value of u at the end of a link to the boundary.
func (l absorbingLink) known(t float64) float64 {
	if l.to >= 0 || l.value == nil {
		return 0
	}
	return l.value(t, l.x)
}

// start sets φ and ψ to zero. A nil absorber does nothing.
func (a *absorber) start(s *absorbed, u []float64) {
	if a == nil {
		return
	}
	clear(s.phi)
	clear(s.psi)
	clear(s.dpsi)
	for i, l := range a.links {
		s.du[i] = l.difference(u, l.known(0))
	}
}

// addFlow adds V ∇·φ.
func (a *absorber) addFlow(b []float64, s *absorbed) {
	if a == nil {
		return
	}
	for i, l := range a.links {
		b[l.row] += l.weight * s.phi[i]
	}
}

// advance brings φ and ψ to time t, where u is; v is its derivative half a step before.
func (a *absorber) advance(s *absorbed, u, v []float64, t float64) {
	if a == nil {
		return
	}
	for i := range s.psi {
		if a.product[i] != 0 || len(a.h) == 3 {
			s.psi[i] += a.dt * (u[i] - a.dt/2*v[i])
		}
	}
	for i, l := range a.links {
		du := l.difference(u, l.known(t))
		drive := l.slope * (s.du[i] + du) / 2
		if l.product != 0 {
			dpsi := l.difference(s.psi, 0)
			drive += l.product * (s.dpsi[i] + dpsi) / 2
			s.dpsi[i] = dpsi
		}
		s.du[i] = du
		s.phi[i] = ((1-l.own*a.dt/2)*s.phi[i] + a.dt*drive) / (1 + l.own*a.dt/2)
	}
}
