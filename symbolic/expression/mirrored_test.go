package expression_test

import (
	"strings"
	"testing"
)

func TestMirrored(t *testing.T) {
	type signs = map[string]float64
	for _, c := range []struct {
		name, equations, unknowns, along string
		signs                            signs
		want                             string // of the error; "": none
	}{
		{"even diffusion", "u_t = u_xx + u*(1 - u) + u_x^2", "u", "x", signs{"u": 1}, ""},
		{"odd advection", "u_t + u*u_x = u_xx - u^3", "u", "x", signs{"u": -1}, ""},
		{"even advection", "u_t + u*u_x = u_xx", "u", "x", signs{"u": 1}, "the term u*u_x of u_t is odd along x where u is even"},
		{"across the advection", "u_t + u*u_x = lap(u)", "u", "y", signs{"u": 1}, ""},
		{"odd growth", "u_t = u*(1 - u)", "u", "x", signs{"u": -1}, "the term u*u of u_t is even along x where u is odd"},
		{"odd constant", "u_t = u_xx - 0.5", "u", "x", signs{"u": -1}, "the term -0.5 of u_t is even"},
		{"waves", "u_t = v_x; v_t = u_x", "u v", "x", signs{"u": 1, "v": -1}, ""},
		{"waves of one parity", "u_t = v_x; v_t = u_x", "u v", "x", signs{"u": 1, "v": 1}, "the term v_x of u_t is odd"},
		{"no evolution", "u_xx = 0", "u", "x", signs{"u": 1}, "no time derivative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := evolution(c.equations, c.unknowns, 2, nil).Mirrored(c.along, c.signs)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error = %v, want one with %q, none if empty", err, c.want)
			}
		})
	}
}
