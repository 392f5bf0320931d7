package datasets

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/solvers/ode/tableau"
)

func drawHarmonics(times, dst []float64, rng *rand.Rand) {
	f := unitRange(rng, 0.5, 1)
	var size, phase [3]float64
	for j := range size {
		size[j], phase[j] = rng.NormFloat64()/float64(j+1), 2*math.Pi*rng.Float64()
	}
	for i, t := range times {
		for j := range size {
			dst[i] += size[j] * math.Sin(2*math.Pi*float64(j+1)*f*t+phase[j])
		}
	}
}

// drawOU writes a stationary process of variance 1 and correlation exp(-|t - s|):
//
//	x(t + h) = e^(-h) x(t) + √(1 - e^(-2h)) ξ
//
// Source: Gillespie 1996. bib: gillespie1996exact
func drawOU(times, dst []float64, rng *rand.Rand) {
	dst[0] = rng.NormFloat64()
	for i := 1; i < len(times); i++ {
		h := times[i] - times[i-1]
		dst[i] = math.Exp(-h)*dst[i-1] + math.Sqrt(-math.Expm1(-2*h))*rng.NormFloat64()
	}
}

func drawDamped(times, dst []float64, rng *rand.Rand) {
	size, gamma, omega := unitRange(rng, 0.5, 1.5), unitRange(rng, 0.05, 0.3), unitRange(rng, 1, 3)
	phase := 2 * math.Pi * rng.Float64()
	for i, t := range times {
		sin, cos := math.Sincos(omega*t + phase)
		scale := size * math.Exp(-gamma*t)
		dst[2*i], dst[2*i+1] = scale*cos, -scale*(gamma*cos+omega*sin)
	}
}

// drawTraffic writes one road's counts; time is in days from the midnight before a Monday.
func drawTraffic(times, dst []float64, rng *rand.Rand) {
	a1, a2 := unitRange(rng, 0.7, 1), unitRange(rng, 0.7, 1)
	b1, b2 := unitRange(rng, 1, 2), unitRange(rng, 1, 2)
	scaled := make([]float64, len(times))
	for i, t := range times {
		scaled[i] = 8 * t // in units of three hours
	}
	eta := make([]float64, len(times))
	drawOU(scaled, eta, rng)
	for i, t := range times {
		week := math.Mod(math.Mod(t, 7)+7, 7)
		day, part := math.Modf(week)
		weight := 1.0
		if day >= 5 {
			weight = 0.5
		}
		h := 24 * part
		peak := func(at, width float64) float64 { return math.Exp(-(h - at) * (h - at) / (2 * width * width)) }
		dst[i] = weight * (0.15 + a1*peak(8, b1) + a2*peak(17.5, b2)) * math.Exp(0.15*eta[i])
	}
}

// drawECG writes an electrocardiogram: waves P, Q, R, S and T at fixed angles of a circle that the heart goes around.
//
// Differs from the source: a constant rate, such that the circle is in closed form; heights of a beat vary from sample to sample.
// Source: McSharry et al. 2003, eq. (1) and table I. bib: mcsharry2003dynamical
func drawECG(ctx context.Context, times, dst []float64, rng *rand.Rand) error {
	place := [5]float64{-math.Pi / 3, -math.Pi / 12, 0, math.Pi / 12, math.Pi / 2}
	height := [5]float64{1.2, -5, 30, -7.5, 0.75}
	width := [5]float64{0.25, 0.1, 0.1, 0.1, 0.4}
	for i := range height {
		height[i] *= unitRange(rng, 0.8, 1.2)
	}
	omega := 2 * math.Pi * unitRange(rng, 70, 100) / 60
	start, breath, shift := 2*math.Pi*rng.Float64(), 2*math.Pi*unitRange(rng, 0.2, 0.3), 2*math.Pi*rng.Float64()
	field := func(rate []float64, t float64, z []float64) {
		rate[0] = 0.15*math.Sin(breath*t+shift)/ecgScale - z[0]
		for i, p := range place {
			d := math.Remainder(start+omega*t-p, 2*math.Pi)
			rate[0] -= height[i] * d * math.Exp(-d*d/(2*width[i]*width[i]))
		}
	}
	beats := append([]float64{times[0] - 4*math.Pi/omega}, times...)
	z, _, err := tableau.Dopri8().March(ctx, field, []float64{0}, beats, 1e-10, 1e-10)
	if err != nil {
		return fmt.Errorf("electrocardiogram: %w", err)
	}
	for i := range dst {
		dst[i] = ecgScale * z[1+i]
	}
	return nil
}

// ecgScale brings the highest wave to about 1 mV, and the breathing to 0.15 mV.
const ecgScale = 25
