package volume

import (
	"fmt"
	"math"
)

// Euler is the flow of an ideal gas without friction on one or two axes. The channels are the density ρ, the momentum ρv along each
// axis and the energy E:
//
//	ρ_t + ∇·(ρv) = 0,  (ρv)_t + ∇·(ρ v⊗v + p) = 0,  E_t + ∇·((E + p) v) = 0,  E = p/(κ-1) + ρ|v|²/2
//
// with the ratio of specific heats κ > 1, 1.4 for air. [EulerConserved] makes the channels from density, velocity and pressure.
// The solver of [HLLC] takes Davis' and Einfeldt's bounds as the speeds of the outer waves.
//
// Source: Toro 2009, sections 1.1, 3.2 and 10.4 to 10.6. bib: toro2009riemann
func Euler(axes int, heats float64) Law {
	g := gas{axes, heats}
	l := Law{
		Name: "Euler", Axes: axes, Channels: axes + 2,
		Flux: g.flux, Speeds: g.speeds, Contact: g.contact, Check: g.check,
	}
	for a := range axes {
		l.Normal = append(l.Normal, 1+a)
	}
	return l
}

// EulerConserved turns density, velocities and pressure [points, channel] into density, momenta and energy.
//
// Errors: axes that are not 1 or 2; a ratio of specific heats of at most 1; a length that is no whole number of points.
func EulerConserved(axes int, heats float64, primitive []float64) ([]float64, error) {
	if err := checkGas("EulerConserved", axes, heats, len(primitive)); err != nil {
		return nil, err
	}
	out, m := make([]float64, len(primitive)), axes+2
	for i := 0; i < len(out); i += m {
		w, u := primitive[i:i+m], out[i:i+m]
		var kinetic float64
		for a := range axes {
			u[1+a] = w[0] * w[1+a]
			kinetic += w[0] * w[1+a] * w[1+a] / 2
		}
		u[0], u[m-1] = w[0], w[m-1]/(heats-1)+kinetic
	}
	return out, nil
}

// EulerPrimitive turns density, momenta and energy [points, channel] into density, velocities and pressure.
//
// Errors: as [EulerConserved].
func EulerPrimitive(axes int, heats float64, conserved []float64) ([]float64, error) {
	if err := checkGas("EulerPrimitive", axes, heats, len(conserved)); err != nil {
		return nil, err
	}
	g := gas{axes, heats}
	out, m := make([]float64, len(conserved)), axes+2
	for i := 0; i < len(out); i += m {
		u, w := conserved[i:i+m], out[i:i+m]
		w[0], w[m-1] = u[0], g.pressure(u)
		for a := range axes {
			w[1+a] = u[1+a] / u[0]
		}
	}
	return out, nil
}

func checkGas(name string, axes int, heats float64, values int) error {
	if axes < 1 || axes > 2 || !(heats > 1) || values%(max(axes, 0)+2) != 0 {
		return fmt.Errorf("volume: %s: %d axes, a ratio of specific heats of %v and %d values, want one or two axes, a ratio above 1 "+
			"and whole points of axes + 2 values", name, axes, heats, values)
	}
	return nil
}

// gas is an ideal gas on some axes.
type gas struct {
	axes  int
	heats float64
}

// pressure is that of the state u of one point.
func (g gas) pressure(u []float64) float64 {
	var square float64
	for a := 1; a <= g.axes; a++ {
		square += u[a] * u[a]
	}
	return (g.heats - 1) * (u[g.axes+1] - square/(2*u[0]))
}

func (g gas) flux(f, u []float64, axis int) {
	m := g.axes + 2
	for i := 0; i+m <= len(u); i += m {
		u, f := u[i:i+m:i+m], f[i:i+m:i+m]
		p, v := g.pressure(u), u[1+axis]/u[0]
		for c := range f {
			f[c] = v * u[c]
		}
		f[1+axis] += p
		f[m-1] += v * p
	}
}

func (g gas) speeds(low, high, u []float64, axis int) {
	m := g.axes + 2
	for i := range low {
		u := u[i*m : i*m+m : i*m+m]
		v, sound := u[1+axis]/u[0], math.Sqrt(g.heats*g.pressure(u)/u[0])
		low[i], high[i] = v-sound, v+sound
	}
}

func (g gas) check(u []float64) (point int, quantity string, value float64) {
	m := g.axes + 2
	for i := 0; i+m <= len(u); i += m {
		if !(u[i] > 0) {
			return i / m, "density", u[i]
		}
		if p := g.pressure(u[i : i+m]); !(p > 0) {
			return i / m, "pressure", p
		}
	}
	return -1, "", 0
}

// contact is the HLLC flux: the outer waves s_l and s_r, and between them the contact at s_m with one pressure on both sides.
func (g gas) contact(f, l, r []float64, axis int) {
	m := g.axes + 2
	for i := 0; i+m <= len(f); i += m {
		f, l, r := f[i:i+m:i+m], l[i:i+m:i+m], r[i:i+m:i+m]
		pl, pr := g.pressure(l), g.pressure(r)
		vl, vr := l[1+axis]/l[0], r[1+axis]/r[0]
		sl, sr := g.bounds(l, r, vl, vr, pl, pr)
		// Toro's (10.37).
		sm := (pr - pl + l[0]*vl*(sl-vl) - r[0]*vr*(sr-vr)) / (l[0]*(sl-vl) - r[0]*(sr-vr))
		if sm >= 0 {
			g.side(f, l, vl, pl, min(sl, 0), sl, sm, axis)
		} else {
			g.side(f, r, vr, pr, max(sr, 0), sr, sm, axis)
		}
	}
}

// bounds are the least and greatest speed of the two states and of their Roe mean.
func (g gas) bounds(l, r []float64, vl, vr, pl, pr float64) (sl, sr float64) {
	wl, wr := math.Sqrt(l[0]), math.Sqrt(r[0])
	wl, wr = wl/(wl+wr), wr/(wl+wr)
	last := g.axes + 1
	v, enthalpy := wl*vl+wr*vr, wl*(l[last]+pl)/l[0]+wr*(r[last]+pr)/r[0]
	var square float64
	for a := 1; a <= g.axes; a++ {
		mean := wl*l[a]/l[0] + wr*r[a]/r[0]
		square += mean * mean
	}
	roe := math.Sqrt((g.heats - 1) * max(enthalpy-square/2, 0))
	soundL, soundR := math.Sqrt(g.heats*pl/l[0]), math.Sqrt(g.heats*pr/r[0])
	return min(vl-soundL, v-roe), max(vr+soundR, v+roe)
}

// side is the flux of the state u with velocity v and pressure p, beyond an outer wave at s, and from there on, if the wave has not
// passed the face, that of the state between: F + s (u* - u). The wave's speed at the face is outer: 0 if it has passed.
func (g gas) side(f, u []float64, v, p, outer, s, sm float64, axis int) {
	m := g.axes + 2
	for c := range f {
		f[c] = v * u[c]
	}
	f[1+axis] += p
	f[m-1] += v * p
	if outer == 0 {
		return
	}
	scale := (s - v) / (s - sm)
	for c := range f {
		star := scale * u[c]
		switch c {
		case 1 + axis:
			star = scale * u[0] * sm
		case m - 1:
			star = scale * (u[c] + (sm-v)*(u[0]*sm+p/(s-v)))
		}
		f[c] += s * (star - u[c])
	}
}
