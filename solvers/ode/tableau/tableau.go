// Package tableau has explicit Runge–Kutta methods as numbers, and marches by them in plain Go.
//
// What makes data takes [Explicit.March]: no compilation, any number of solves at once, no backend. Package ode makes steppers of the same
// numbers, for solves in one compiled graph, with gradients; which method to take is said there.
package tableau

// Explicit is an explicit Runge–Kutta method by its tableau:
//
//	k_i = f(t + c_i dt, y + dt Σ_(j<i) a_ij k_j),  y₊ = y + dt Σ b_i k_i,  error ≈ dt Σ e_i k_i
//
// Where the last row of A is B, the last slope is the next step's first and costs nothing.
type Explicit struct {
	Name       string
	Order      int
	ErrorOrder int // 0: no error estimate

	A      [][]float64 // row i has the i numbers left of the diagonal
	B, C   []float64
	Errors []float64 // B less the weights of the other order; nil: no error estimate
	Bib    string
}

// Dense is a method with a continuous solution over each step, y(t + θ dt) = y + dt Σ_i (Σ_j w_ij θ^(j+1)) k_i.
type Dense struct {
	Explicit
	Weights [][]float64 // w_ij
}

// Reuses is whether the last slope is the next step's first.
func (m Explicit) Reuses() bool {
	last := m.A[len(m.A)-1]
	for i, a := range last {
		if a != m.B[i] {
			return false
		}
	}
	return len(last) > 0 && m.B[len(m.B)-1] == 0
}
