package datasets

import (
	"math"
	"math/rand/v2"
)

// start draws the initial field of the trajectory at place i on the finest grid. What is drawn does not depend on the grid.
func (t Trajectories) start(i int) []float64 {
	c := trajectoryCases()[t.Equation]
	rng := sampleStream(t.Seed, i, t.Train)
	if c.start.spots {
		return t.spots(rng)
	}
	channels := make([][]float64, t.equation().Channels())
	for j := range channels {
		channels[j] = waves(rng, t.Finest, t.Axes, c.start.mean, c.start.size)
		if c.start.logistic {
			for k, u := range channels[j] {
				channels[j][k] = 1 / (1 + math.Exp(-u))
			}
		}
	}
	return interleave(channels)
}

// interleave puts the channels last.
func interleave(channels [][]float64) []float64 {
	out := make([]float64, 0, len(channels)*len(channels[0]))
	for i := range channels[0] {
		for _, c := range channels {
			out = append(out, c[i])
		}
	}
	return out
}

// waves is a random sum of the modes up to 5, 3 and 2 cycles along each of one, two and three axes, on n points an axis of the unit box:
// independent normal amplitudes of equal variance, scaled so that values have the given mean and, over the random numbers, deviation.
func waves(rng *rand.Rand, n, axes int, mean, deviation float64) []float64 {
	highest := []int{5, 3, 2}[axes-1]
	span := 2*highest + 1
	modes, size := 1, 1
	for range axes {
		modes *= span
		size *= n
	}
	u := make([]float64, size)
	for i := range u {
		u[i] = mean
	}
	scale := deviation / math.Sqrt(float64(modes/2))
	for mode := modes/2 + 1; mode < modes; mode++ { // a half of the modes; the others are their conjugates
		a, b := scale*rng.NormFloat64(), scale*rng.NormFloat64()
		addWave(u, n, axes, a, b, func(axis int) int {
			rest := mode
			for range axes - 1 - axis {
				rest /= span
			}
			return rest%span - highest
		})
	}
	return u
}

// addWave adds a cos(2π k·x) + b sin(2π k·x).
func addWave(u []float64, n, axes int, a, b float64, k func(axis int) int) {
	cos, sin := make([]float64, n), make([]float64, n)
	for i := range n {
		sin[i], cos[i] = math.Sincos(2 * math.Pi * float64(i) / float64(n))
	}
	waves := make([]int, axes)
	for axis := range waves {
		waves[axis] = k(axis)
	}
	for i := range u {
		rest, turns := i, 0
		for axis := axes - 1; axis >= 0; axis-- {
			turns += waves[axis] * (rest % n)
			rest /= n
		}
		turns = (turns%n + n) % n
		u[i] += a*cos[turns] + b*sin[turns]
	}
}

// spots is u = 1 - 0.5 s and v = 0.25 s with the sum s of smooth bumps of width 0.05 to 0.1 at three to six random places, of height 1 at most.
func (t Trajectories) spots(rng *rand.Rand) []float64 {
	n, size := t.Finest, 1
	for range t.Axes {
		size *= n
	}
	s := make([]float64, size)
	for range 3 + rng.IntN(4) {
		at := [3]float64{rng.Float64(), rng.Float64(), rng.Float64()}
		width := 0.05 + 0.05*rng.Float64()
		for i := range s {
			rest, distance := i, 0.0
			for axis := t.Axes - 1; axis >= 0; axis-- { // on the torus: the chord, 2 sin(π d) / 2π, is smooth
				chord := math.Sin(math.Pi*(float64(rest%n)/float64(n)-at[axis])) / math.Pi
				distance += chord * chord
				rest /= n
			}
			s[i] += (1 - s[i]) * math.Exp(-distance/(2*width*width))
		}
	}
	out := make([]float64, 0, 2*size)
	for _, v := range s {
		out = append(out, 1-0.5*v, 0.25*v)
	}
	return out
}
