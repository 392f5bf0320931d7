package plots_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestGoldenTrajectories(t *testing.T) {
	golden(t, "phaseportrait", ExamplePhasePortrait)
	golden(t, "sampleflow", ExampleSampleFlow)
	golden(t, "sampleflow1d", ExampleSampleFlow_time)
	golden(t, "rollout", ExampleRollout)
	golden(t, "stepsizes", ExampleStepSizes)
	golden(t, "evaluations", ExampleEvaluations)
}

// march returns a path of the classical method of order four.
func march(f func(x, y float64) (dx, dy float64), x, y, dt float64, n int) (xs, ys []float64) {
	for range n {
		xs, ys = append(xs, x), append(ys, y)
		a, b := f(x, y)
		c, d := f(x+dt/2*a, y+dt/2*b)
		e, g := f(x+dt/2*c, y+dt/2*d)
		h, k := f(x+dt*e, y+dt*g)
		x, y = x+dt/6*(a+2*c+2*e+h), y+dt/6*(b+2*d+2*g+k)
	}
	return xs, ys
}

// Paths of a bistable oscillator and the direction of its flow.
func ExamplePhasePortrait() {
	duffing := func(x, v float64) (float64, float64) { return v, x - x*x*x - 0.25*v }
	portrait := plots.PhasePortrait{
		X:    plots.Axis{Label: "displacement x", Unit: "m", Min: -2, Max: 2},
		Y:    plots.Axis{Label: "velocity v", Unit: "m/s", Min: -2, Max: 2},
		Flow: duffing,
		Fixed: []plots.FixedPoint{
			{X: -1, Stable: true}, {X: 1, Stable: true}, {X: 0},
		},
	}
	for _, start := range []struct {
		name string
		x, v float64
	}{{"to the left well", -1.8, 1.5}, {"to the right well", 0.2, 1.8}} {
		x, v := march(duffing, start.x, start.v, 0.02, 1500)
		portrait.Paths = append(portrait.Paths, plots.Series{Name: start.name, X: x, Y: v})
	}
	save("phaseportrait", portrait)
	// Output:
}

// Samples that move from a Gaussian to a ring, on paths that turn.
func ExampleSampleFlow() {
	noise := rand.New(rand.NewPCG(13, 14))
	times := linspace(0, 1, 33)
	flow := plots.SampleFlow{Times: times}
	for range 200 {
		r, phase := 0.5*math.Sqrt(-2*math.Log(1-noise.Float64())), 2*math.Pi*noise.Float64()
		end := 2 + 0.1*noise.NormFloat64()
		radius := func(t float64) float64 { return r + (end-r)*t }
		angle := func(t float64) float64 { return phase + 0.9*math.Sin(math.Pi*t) }
		flow.X = append(flow.X, apply(times, func(t float64) float64 { return radius(t) * math.Cos(angle(t)) }))
		flow.Y = append(flow.Y, apply(times, func(t float64) float64 { return radius(t) * math.Sin(angle(t)) }))
	}
	save("sampleflow", flow)
	// Output:
}

// In one dimension time runs to the right.
func ExampleSampleFlow_time() {
	noise := rand.New(rand.NewPCG(15, 16))
	times := linspace(0, 1, 33)
	flow := plots.SampleFlow{Times: times}
	for range 120 {
		from := noise.NormFloat64()
		to := math.Copysign(2, from) + 0.3*noise.NormFloat64()
		flow.X = append(flow.X, apply(times, func(t float64) float64 { return from + (to-from)*t*t }))
	}
	flow.X[5][9] = math.NaN()
	save("sampleflow1d", flow)
	// Output:
}

func ExampleRollout() {
	t := linspace(0, 12, 121)
	falling := func(tau float64) func(float64) float64 {
		return func(t float64) float64 { return 1 / (1 + math.Exp((t-tau)/0.9)) }
	}
	unstable := apply(t, falling(5.5))
	for i := 60; i < len(unstable); i++ {
		unstable[i] = math.NaN()
	}
	save("rollout", plots.Rollout{
		X: plots.Axis{Label: "time t", Unit: "s"},
		Methods: []plots.Series{
			{Name: "spectral", X: t, Y: apply(t, falling(9)), Low: apply(t, falling(8)), High: apply(t, falling(10))},
			{Name: "convolutional", X: t, Y: unstable},
			{Name: "coarse solver", X: t, Y: apply(t, falling(30)), Stroke: plots.Dashed},
		},
	})
	// Output:
}

// A relaxation oscillation: the controller finds each jump by rejected steps.
func ExampleStepSizes() {
	var record plots.StepRecord
	record.Name = "5(4) pair"
	for t, h := 0.0, 1e-3; t < 20; {
		wanted := 0.3 * math.Exp(-6*math.Exp(-8*math.Pow(math.Mod(t, 6)-4, 2)))
		rejected := h > 1.5*wanted
		record.Times = append(record.Times, t)
		record.Sizes = append(record.Sizes, h)
		record.Rejected = append(record.Rejected, rejected)
		if !rejected {
			t += h
		}
		h *= min(max(0.9*wanted/h, 0.2), 3)
	}
	save("stepsizes", plots.StepSizes{X: plots.Axis{Label: "time t", Unit: "s"}, Solves: []plots.StepRecord{record}})
	// Output:
}

func ExampleEvaluations() {
	nfe := []float64{5, 10, 20, 40, 80}
	order := func(p, c float64) []float64 {
		return apply(nfe, func(n float64) float64 { return c * math.Pow(n/5, -p) })
	}
	save("evaluations", plots.Evaluations{
		Y:      plots.Axis{Label: "RMS error of samples"},
		Orders: []float64{1, 2},
		Methods: []plots.Series{
			{Name: "Euler", X: nfe, Y: order(1, 0.3)},
			{Name: "Heun", X: nfe, Y: order(2, 0.12)},
			{Name: "multistep 3", X: nfe, Y: order(3, 0.06)},
		},
	})
	// Output:
}
