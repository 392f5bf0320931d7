package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestEllipticGolden ties the values to Elliptic.Version.
func TestEllipticGolden(t *testing.T) {
	checkGolden(t, datasets.Elliptic{Grid: 33, Train: 2, Test: 2, Seed: 1}, 1e-13) // round-off
}

// TestEllipticConstant: with a = 1 the solution is the integral of Green's function, x(1-y) for x ≤ y, with f; of a trigonometric f of
// zero mean it is f's own double integral, less the line through its ends.
func TestEllipticConstant(t *testing.T) {
	const n = 65
	set := load(t, datasets.Elliptic{Constant: true, Modes: 12, Decay: 1, Grid: n, Train: 1, Test: 3, Seed: 2})
	for s := range 3 {
		f, u := set.Test().Input.Sample(s), set.Test().Output.Sample(s)
		for i := range n {
			x, want := float64(i)/(n-1), 0.0
			for k := 1; k <= 12; k++ { // f's coefficients by the trapezium rule, exact for them
				var a, b float64
				w := 2 * math.Pi * float64(k)
				for j := range n - 1 {
					sin, cos := math.Sincos(w * float64(j) / (n - 1))
					a, b = a+2*f[j]*cos/(n-1), b+2*f[j]*sin/(n-1)
				}
				sin, cos := math.Sincos(w * x)
				want += (a*(cos-1) + b*sin) / (w * w)
			}
			if math.Abs(u[i]-want) > 1e-13 { // round-off
				t.Fatalf("sample %d: u(%v) = %v, want %v", s, x, u[i], want)
			}
		}
	}
}

// TestEllipticResidual: central differences of the solution with varying a leave f, to second order.
func TestEllipticResidual(t *testing.T) {
	var errs []float64
	for _, n := range []int{129, 257, 513, 1025} {
		set := load(t, datasets.Elliptic{Grid: 2*n - 1, Train: 1, Test: 1, Seed: 3})
		in, u := set.Test().Input.Values, set.Test().Output.Values
		h, worst := 1/float64(n-1), 0.0
		for i := 2; i < len(u)-2; i += 2 { // u at every second point, a between them
			flux := in[2*(i+1)+1]*(u[i+2]-u[i]) - in[2*(i-1)+1]*(u[i]-u[i-2])
			worst = max(worst, math.Abs(-flux/(h*h)-in[2*i]))
		}
		errs = append(errs, worst)
		if u[0] != 0 || u[len(u)-1] != 0 {
			t.Errorf("u is %v and %v at the ends, want 0", u[0], u[len(u)-1])
		}
	}
	for i := range errs[1:] {
		if order := math.Log2(errs[i] / errs[i+1]); math.Abs(order-2) > 0.2 {
			t.Errorf("residuals %.2g fall with order %.2f, want 2", errs, order)
		}
	}
}

func TestEllipticErrors(t *testing.T) {
	good := datasets.Elliptic{Grid: 33, Train: 1, Test: 1}
	for _, c := range []struct {
		change func(*datasets.Elliptic)
		want   string
	}{
		{func(r *datasets.Elliptic) { r.Grid = 10 }, "Elliptic.Grid = 10, want at least 11"},
		{func(r *datasets.Elliptic) { r.Modes = -1 }, "Elliptic.Modes = -1"},
		{func(r *datasets.Elliptic) { r.Train = 0 }, "Elliptic.Train = 0"},
	} {
		r := good
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if (datasets.Elliptic{}).Validate() == nil {
		t.Error("the zero value is accepted")
	}
}
