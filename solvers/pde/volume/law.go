package volume

import (
	"errors"
	"fmt"
	"math"
)

// Law is a system of conservation laws for the channels u on one or two axes, a = x, y:
//
//	∂u/∂t + Σ_a ∂F_a(u)/∂a = Σ_a D ∂²u/∂a² - γ ∂³u/∂x³ + S(x, t, u)
//
// The functions see many points at once, u [points, channel], and are called from several goroutines.
type Law struct {
	Name     string // for messages
	Axes     int    // 1 or 2
	Channels int    // ≥ 1

	Flux   func(f, u []float64, axis int)         // writes F_axis(u) to f [points, channel]
	Speeds func(low, high, u []float64, axis int) // writes the least and the greatest wave speed of each point

	// Contact writes to f the flux between states l and r by the law's own solver of the Riemann problem, for [HLLC]; nil: none.
	Contact func(f, l, r []float64, axis int)

	// Scalar says that there is one channel, whose fluxes have their extrema along each axis at Extrema, for [Godunov].
	Scalar  bool
	Extrema [][]float64

	// Check finds the first point without meaning, such as a negative density: its place, the quantity and the value; -1 if
	// there is none. Nil: all finite states have meaning.
	Check func(u []float64) (point int, quantity string, value float64)

	Normal     []int     // the channel that changes its sign at a [Wall] across each axis; nil: the law knows no walls
	Diffusion  []float64 // D of each channel, ≥ 0; nil: none
	Dispersion float64   // γ, on one axis

	// Source makes the term S for a grid: it adds the cell averages of S to s [cells…, channel]. Nil: none.
	Source func(g Grid) func(s, u []float64, t float64)
}

// Validate lists all that is wrong with l.
func (l Law) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("volume: Law.%s", fmt.Sprintf(format, args...)))
	}
	if l.Axes < 1 || l.Axes > 2 {
		bad("Axes = %d, want 1 or 2", l.Axes)
	}
	if l.Channels < 1 {
		bad("Channels = %d, want at least 1", l.Channels)
	}
	if l.Flux == nil || l.Speeds == nil {
		bad("Flux and Law.Speeds: nil, want both functions")
	}
	if l.Scalar && (l.Channels != 1 || len(l.Extrema) != l.Axes) {
		bad("Scalar with %d channels and extrema along %d axes, want 1 channel and the extrema along each of the %d axes",
			l.Channels, len(l.Extrema), l.Axes)
	}
	if l.Diffusion != nil && len(l.Diffusion) != l.Channels {
		bad("Diffusion has %d numbers, want one for each of the %d channels, or nil", len(l.Diffusion), l.Channels)
	}
	for c, d := range l.Diffusion {
		if !(d >= 0) || math.IsInf(d, 0) {
			bad("Diffusion[%d] = %v, want a finite number of at least 0", c, d)
		}
	}
	if math.IsNaN(l.Dispersion) || math.IsInf(l.Dispersion, 0) || l.Dispersion != 0 && l.Axes != 1 {
		bad("Dispersion = %v on %d axes, want a finite number, and 0 on more axes than one", l.Dispersion, l.Axes)
	}
	if l.Normal != nil && len(l.Normal) != l.Axes {
		bad("Normal has %d channels, want one for each of the %d axes, or nil", len(l.Normal), l.Axes)
	}
	for a, c := range l.Normal {
		if c < 0 || c >= l.Channels {
			bad("Normal[%d] = %d, want one of the %d channels, from 0", a, c, l.Channels)
		}
	}
	return errors.Join(errs...)
}

// diffuses tells whether a channel has diffusion.
func (l Law) diffuses() bool {
	for _, d := range l.Diffusion {
		if d > 0 {
			return true
		}
	}
	return false
}
