package volume

import (
	"math"
	"slices"
)

// scalar is a law of one channel with the flux f and speed f' along all axes, with extrema of f.
func scalar(name string, axes int, f, speed func(u float64) float64, extrema ...float64) Law {
	return Law{
		Name: name, Axes: axes, Channels: 1, Scalar: true, Extrema: slices.Repeat([][]float64{extrema}, axes),
		Flux: func(out, u []float64, _ int) {
			for i, v := range u {
				out[i] = f(v)
			}
		},
		Speeds: func(low, high, u []float64, _ int) {
			for i, v := range u {
				s := speed(v)
				low[i], high[i] = s, s
			}
		},
	}
}

// diffusing gives l the diffusion d in all channels.
func (l Law) diffusing(d float64) Law {
	if d != 0 {
		l.Diffusion = slices.Repeat([]float64{d}, l.Channels)
	}
	return l
}

// Advection is u_t + c·∇u = D Δu; velocity has one component for each of the one or two axes.
func Advection(velocity []float64, diffusivity float64) Law {
	l := scalar("Advection", len(velocity), nil, nil)
	l.Flux = func(f, u []float64, axis int) {
		for i, v := range u {
			f[i] = velocity[axis] * v
		}
	}
	l.Speeds = func(low, high, u []float64, axis int) {
		for i := range u {
			low[i], high[i] = velocity[axis], velocity[axis]
		}
	}
	return l.diffusing(diffusivity)
}

// Burgers is u_t + Σ_a (u²/2)_a = ν Δu for one scalar on one or two axes; ν = 0 is the inviscid equation. On one axis a [Wall]
// turns u, which is a velocity there.
func Burgers(axes int, viscosity float64) Law {
	l := quadratic("Burgers", axes, 0.5).diffusing(viscosity)
	if axes == 1 {
		l.Normal = []int{0}
	}
	return l
}

// quadratic has the flux α u².
func quadratic(name string, axes int, alpha float64) Law {
	l := scalar(name, axes, nil, nil, 0)
	l.Flux = func(f, u []float64, _ int) {
		for i, v := range u {
			f[i] = alpha * v * v
		}
	}
	l.Speeds = func(low, high, u []float64, _ int) {
		for i, v := range u {
			s := 2 * alpha * v
			low[i], high[i] = s, s
		}
	}
	return l
}

// Traffic is ρ_t + (v ρ (1 - ρ/ρ_jam))_x = 0 for the density of cars on a road, with the speed v of a free road.
//
// Source: Lighthill & Whitham 1955, Proc. R. Soc. A 229, with Greenshields' linear speed. bib: lighthill1955kinematic
func Traffic(freeSpeed, jam float64) Law {
	return scalar("Traffic", 1,
		func(rho float64) float64 { return freeSpeed * rho * (1 - rho/jam) },
		func(rho float64) float64 { return freeSpeed * (1 - 2*rho/jam) }, jam/2)
}

// BuckleyLeverett is s_t + (s²/(s² + M (1-s)²))_x = 0 for the saturation s of water that drives oil out of rock, M the ratio of the
// viscosities of water and oil. Its flux is convex for small s and concave for large s, so a wave may be a shock with a fan behind.
// The speed is given as the greatest of all s: a sound bound between any two states.
//
// Source: Buckley & Leverett 1942, Trans. AIME 146; LeVeque 2002, section 16.1.1. bib: buckley1942mechanism, leveque2002finite
func BuckleyLeverett(ratio float64) Law {
	slope := func(s float64) float64 {
		bottom := s*s + ratio*(1-s)*(1-s)
		return 2 * ratio * s * (1 - s) / (bottom * bottom)
	}
	var most float64
	const samples = 10_000 // the maximum is flat: its value is right to about 1e-7, and the factor below covers that
	for i := range samples {
		most = max(most, slope((float64(i)+0.5)/samples))
	}
	most *= 1 + 1e-6
	l := scalar("BuckleyLeverett", 1, func(s float64) float64 {
		return s * s / (s*s + ratio*(1-s)*(1-s))
	}, nil, 0, 1)
	l.Speeds = func(low, high, u []float64, _ int) {
		for i, s := range u {
			v := slope(s) // negative outside of [0, 1], where a reconstruction may stray
			low[i], high[i] = math.Min(v, 0), most
		}
	}
	return l
}
