package volume

import "math"

// ShallowWater is the flow of a thin layer of water over a flat bottom on one or two axes. The channels are the depth h and the
// discharge hv along each axis:
//
//	h_t + ∇·(hv) = 0,  (hv)_t + ∇·(h v⊗v + g h²/2) = 0
//
// The depth must stay above 0: there are no dry beds. The solver of [HLLC] upwinds the velocity across the axis; on one axis it
// is [HLL] with the same bounds.
//
// Source: Toro 2001, Shock-Capturing Methods for Free-Surface Shallow Flows, sections 10.2 and 10.3. bib: toro2001shallow
func ShallowWater(axes int, gravity float64) Law {
	w := water{axes, gravity}
	l := Law{
		Name: "ShallowWater", Axes: axes, Channels: axes + 1,
		Flux: w.flux, Speeds: w.speeds, Contact: w.contact, Check: w.check,
	}
	for a := range axes {
		l.Normal = append(l.Normal, 1+a)
	}
	return l
}

// water is a layer of water on some axes.
type water struct {
	axes    int
	gravity float64
}

func (w water) flux(f, u []float64, axis int) {
	m := w.axes + 1
	for i := 0; i+m <= len(u); i += m {
		w.point(f[i:i+m:i+m], u[i:i+m:i+m], axis)
	}
}

func (w water) point(f, u []float64, axis int) {
	v := u[1+axis] / u[0]
	for c := range f {
		f[c] = v * u[c]
	}
	f[1+axis] += w.gravity * u[0] * u[0] / 2
}

func (w water) speeds(low, high, u []float64, axis int) {
	m := w.axes + 1
	for i := range low {
		u := u[i*m : i*m+m : i*m+m]
		v, c := u[1+axis]/u[0], math.Sqrt(w.gravity*u[0])
		low[i], high[i] = v-c, v+c
	}
}

func (w water) check(u []float64) (point int, quantity string, value float64) {
	m := w.axes + 1
	for i := 0; i+m <= len(u); i += m {
		if !(u[i] > 0) {
			return i / m, "depth", u[i]
		}
	}
	return -1, "", 0
}

// contact is the HLL flux of depth and discharge along the axis; the discharge across goes with the water.
func (w water) contact(f, l, r []float64, axis int) {
	m := w.axes + 1
	var at [2][3]float64
	fl, fr := at[0][:m], at[1][:m]
	for i := 0; i+m <= len(f); i += m {
		f, l, r := f[i:i+m:i+m], l[i:i+m:i+m], r[i:i+m:i+m]
		w.point(fl, l, axis)
		w.point(fr, r, axis)
		sl, sr := w.bounds(l, r, axis)
		sl, sr = min(sl, 0), max(sr, 0)
		for _, c := range [2]int{0, 1 + axis} {
			f[c] = (sr*fl[c] - sl*fr[c] + sl*sr*(r[c]-l[c])) / (sr - sl)
		}
		if w.axes == 2 {
			from, across := l, 2-axis
			if f[0] < 0 {
				from = r
			}
			f[across] = f[0] * from[across] / from[0]
		}
	}
}

// bounds are the least and greatest speed of the two states and of their Roe mean.
func (w water) bounds(l, r []float64, axis int) (sl, sr float64) {
	vl, vr := l[1+axis]/l[0], r[1+axis]/r[0]
	cl, cr := math.Sqrt(w.gravity*l[0]), math.Sqrt(w.gravity*r[0])
	v, c := (cl*vl+cr*vr)/(cl+cr), math.Sqrt(w.gravity*(l[0]+r[0])/2)
	return min(vl-cl, v-c), max(vr+cr, v+c)
}
