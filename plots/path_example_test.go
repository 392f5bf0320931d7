package plots_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestGoldenPaths(t *testing.T) {
	golden(t, "timepath", ExampleTimePath)
	golden(t, "timepath3d", ExampleTimePath_space)
	golden(t, "landscape", ExampleLandscape)
	golden(t, "landscapesurface", ExampleLandscape_surface)
}

// A pendulum in the plane of its position.
func ExampleTimePath() {
	t := linspace(0, 20, 1001)
	save("timepath", plots.TimePath{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"}, Time: plots.Axis{Label: "time t", Unit: "s"},
		Equal: true,
		Paths: []plots.Path{{
			Times: t,
			X:     apply(t, func(t float64) float64 { return math.Exp(-t/30) * math.Cos(2*t) }),
			Y:     apply(t, func(t float64) float64 { return math.Exp(-t/30) * math.Sin(2.15*t) }),
		}},
	})
	// Output:
}

// The attractor of Lorenz, by many short steps.
func ExampleTimePath_space() {
	const dt, n = 0.005, 6000
	var path plots.Path
	x, y, z := 1.0, 1.0, 20.0
	for k := range n {
		path.Times = append(path.Times, dt*float64(k))
		path.X, path.Y, path.Z = append(path.X, x), append(path.Y, y), append(path.Z, z)
		// The midpoint method.
		f := func(x, y, z float64) (float64, float64, float64) { return 10 * (y - x), x*(28-z) - y, x*y - 8.0/3*z }
		a, b, c := f(x, y, z)
		a, b, c = f(x+dt/2*a, y+dt/2*b, z+dt/2*c)
		x, y, z = x+dt*a, y+dt*b, z+dt*c
	}
	save("timepath3d", plots.TimePath{Paths: []plots.Path{path}})
	// Output:
}

// valley is a curved valley with the path of a descent into it, on n by n points.
func valley(n int) plots.Landscape {
	loss := func(a, b float64) float64 {
		d := b - 0.5*a*a + 0.3
		return 0.002 + 0.05*(a-0.4)*(a-0.4) + 2*d*d + 0.02*(1-math.Cos(9*a))*(1-math.Cos(7*b))
	}
	l := plots.Landscape{Alpha: linspace(-1.2, 1.2, n), Beta: linspace(-1.2, 1.2, n)}
	for _, a := range l.Alpha {
		l.Loss = append(l.Loss, apply(l.Beta, func(b float64) float64 { return loss(a, b) }))
	}
	a, b := 0.95, -1.1
	for range 120 {
		l.PathX, l.PathY, l.PathLoss = append(l.PathX, a), append(l.PathY, b), append(l.PathLoss, loss(a, b))
		const h = 1e-5
		da, db := (loss(a+h, b)-loss(a-h, b))/(2*h), (loss(a, b+h)-loss(a, b-h))/(2*h)
		a, b = a-0.03*da, b-0.03*db
	}
	return l
}

func ExampleLandscape() {
	save("landscape", valley(61))
	// Output:
}

func ExampleLandscape_surface() {
	l := valley(61)
	l.Surface, l.Azimuth, l.Elevation = true, 60, 50
	save("landscapesurface", l)
	// Output:
}
