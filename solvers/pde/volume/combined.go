package volume

import "math"

// Wave is the term A sin(ω t + 2π l x/L + φ) of a forcing.
type Wave struct {
	Amplitude, Frequency float64 // A, and ω in radians per unit time
	Mode                 int     // l
	Phase                float64 // φ in radians
}

// Combined is the family of the message-passing solvers, on a periodic box of one axis:
//
//	u_t + (α u² - β u_x + γ u_xx)_x = δ(t, x),  δ = Σ_j A_j sin(ω_j t + 2π l_j x/L + φ_j)
//
// It holds Burgers' equation (α = 1/2), the heat equation (α = 0) and that of Korteweg and de Vries. L is the length of the
// grid. The cell averages of δ are exact.
//
// Source: Brandstetter et al. 2022, arXiv:2202.03376, section 4. bib: brandstetter2022mppde
func Combined(alpha, beta, gamma float64, forcing []Wave) Law {
	l := quadratic("Combined", 1, alpha).diffusing(beta)
	l.Dispersion = gamma
	if len(forcing) > 0 {
		l.Source = func(g Grid) func(s, u []float64, t float64) { return forced(forcing, g) }
	}
	return l
}

// Averaged gives the cell averages of the forcing δ at a time, on a grid of one axis; at t = 0 they are the family's initial field.
func Averaged(forcing []Wave, g Grid, t float64) []float64 {
	out := make([]float64, g.Points())
	forced(forcing, g)(out, nil, t)
	return out
}

// forced keeps sin and cos of each wave in space, and turns them by the angle of time: sin(a + b) = sin a cos b + cos a sin b.
func forced(forcing []Wave, g Grid) func(s, u []float64, t float64) {
	n, length := g.Cells[0], g.Upper[0]-g.lower(0)
	table := make([][2][]float64, len(forcing))
	for j, w := range forcing {
		table[j] = [2][]float64{make([]float64, n), make([]float64, n)}
		k := 2 * math.Pi * float64(w.Mode) / length
		mean := 1.0 // of a wave over a cell: sin(kh/2)/(kh/2)
		if half := k * g.Size(0) / 2; half != 0 {
			mean = math.Sin(half) / half
		}
		for i, x := range g.Centres(0) {
			sin, cos := math.Sincos(k * x)
			table[j][0][i], table[j][1][i] = w.Amplitude*mean*sin, w.Amplitude*mean*cos
		}
	}
	return func(s, _ []float64, t float64) {
		for j, w := range forcing {
			sin, cos := math.Sincos(w.Frequency*t + w.Phase)
			a, b := table[j][0][:len(s)], table[j][1][:len(s)]
			for i := range s {
				s[i] += cos*a[i] + sin*b[i]
			}
		}
	}
}
