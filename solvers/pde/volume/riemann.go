package volume

import (
	"fmt"
	"math"
)

// Flux is how the flux between two states at a face is found.
type Flux int

// From the simplest on; all need the law's Flux and Speeds.
const (
	Rusanov Flux = iota // local Lax–Friedrichs: for every law, the most diffusive
	HLL                 // two waves: blurs contacts
	HLLC                // the law's own solver, with the contact: for Euler and ShallowWater
	Godunov             // the exact flux of a scalar law
)

// String names the flux.
func (f Flux) String() string {
	names := [...]string{"Rusanov", "HLL", "HLLC", "Godunov"}
	if f < 0 || int(f) >= len(names) {
		return fmt.Sprintf("Flux(%d)", int(f))
	}
	return names[f]
}

// faces finds the fluxes between states l and r [faces, channel] across an axis; it has its own scratch memory.
type faces struct {
	law        Law
	flux       Flux
	fl, fr     []float64
	lowL, lowR []float64
	topL, topR []float64
	extremes   [][][2]float64 // of a scalar law along each axis: places and values of the flux's extrema
}

func newFaces(law Law, flux Flux, most int) *faces {
	n := most * law.Channels
	f := &faces{
		law: law, flux: flux, fl: make([]float64, n), fr: make([]float64, n),
		lowL: make([]float64, most), lowR: make([]float64, most), topL: make([]float64, most), topR: make([]float64, most),
	}
	if flux == Godunov {
		for axis, places := range law.Extrema {
			values := make([]float64, len(places))
			law.Flux(values, places, axis)
			pairs := make([][2]float64, len(places))
			for i := range places {
				pairs[i] = [2]float64{places[i], values[i]}
			}
			f.extremes = append(f.extremes, pairs)
		}
	}
	return f
}

// across writes the fluxes to out.
func (f *faces) across(out, l, r []float64, axis int) {
	if f.flux == HLLC {
		f.law.Contact(out, l, r, axis)
		return
	}
	fl, fr := f.fl[:len(out)], f.fr[:len(out)]
	f.law.Flux(fl, l, axis)
	f.law.Flux(fr, r, axis)
	if f.flux == Godunov {
		f.godunov(out, l, r, axis)
		return
	}
	m := f.law.Channels
	n := len(out) / m
	lowL, lowR, topL, topR := f.lowL[:n], f.lowR[:n], f.topL[:n], f.topR[:n]
	f.law.Speeds(lowL, topL, l, axis)
	f.law.Speeds(lowR, topR, r, axis)
	if f.flux == HLL {
		f.hll(out, l, r)
		return
	}
	for k := range n {
		most := max(math.Abs(lowL[k]), math.Abs(lowR[k]), math.Abs(topL[k]), math.Abs(topR[k]))
		for i := k * m; i < k*m+m; i++ {
			out[i] = (fl[i]+fr[i])/2 - most/2*(r[i]-l[i])
		}
	}
}

// hll takes as the speeds of the two waves the least and the greatest of both states.
//
// Source: Harten, Lax & van Leer 1983, SIAM Rev. 25, (3.6). bib: harten1983upstream
func (f *faces) hll(out, l, r []float64) {
	m := f.law.Channels
	for k := range len(out) / m {
		sl, sr := min(f.lowL[k], f.lowR[k], 0), max(f.topL[k], f.topR[k], 0)
		for i := k * m; i < k*m+m; i++ {
			if sl == sr { // nothing moves
				out[i] = (f.fl[i] + f.fr[i]) / 2
				continue
			}
			out[i] = (sr*f.fl[i] - sl*f.fr[i] + sl*sr*(r[i]-l[i])) / (sr - sl)
		}
	}
}

// godunov is the least flux between l and r where l ≤ r, else the greatest.
//
// Source: Osher 1984, SIAM J. Numer. Anal. 21; LeVeque 2002, (12.4). bib: osher1984riemann, leveque2002finite
func (f *faces) godunov(out, l, r []float64, axis int) {
	for i := range out {
		if l[i] <= r[i] {
			v := min(f.fl[i], f.fr[i])
			for _, e := range f.extremes[axis] {
				if l[i] < e[0] && e[0] < r[i] {
					v = min(v, e[1])
				}
			}
			out[i] = v
			continue
		}
		v := max(f.fl[i], f.fr[i])
		for _, e := range f.extremes[axis] {
			if r[i] < e[0] && e[0] < l[i] {
				v = max(v, e[1])
			}
		}
		out[i] = v
	}
}
