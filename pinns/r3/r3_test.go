package r3_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/r3"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// bumps is a function with several maxima between 0 and 1.
func bumps(x, y float64) float64 {
	bump := func(a, b, width float64) float64 { return math.Exp(-((x-a)*(x-a) + (y-b)*(y-b)) / (width * width)) }
	return bump(0.2, 0.3, 0.05) + 0.7*bump(0.7, 0.6, 0.1) + 0.4*bump(0.4, 0.9, 0.03)
}

const bumpsText = "exp(-((x - 0.2)^2 + (y - 0.3)^2)/0.05^2) + " +
	"0.7*exp(-((x - 0.7)^2 + (y - 0.6)^2)/0.1^2) + 0.4*exp(-((x - 0.4)^2 + (y - 0.9)^2)/0.03^2)"

// frozen is a solver whose unknown is 0 whatever the network is, so that |r| is bumps for ever.
func frozen(n int) pinns.Solver {
	box := geometry.Box{Low: []float64{0, 0}, High: []float64{1, 1}}
	p := pinns.Problem{
		Equations: []string{"u = f"}, Coordinates: []string{"x", "y"}, Unknowns: []string{"u"}, Sources: map[string]string{"f": bumpsText}, Domain: box,
	}
	for _, part := range box.Boundary() {
		p.Open = append(p.Open, part.Name)
	}
	return pinns.Solver{
		Network: neuralfield.MLP{Widths: []int{1}, Activation: layers.TanhUnit}, Problem: p,
		Ansatz: map[string]string{"u": "0*N"}, Interior: n, Sampling: r3.R3{}, Sampler: geometry.Uniform{Seed: 3},
	}
}

// populations are the points [n, d] flat before each of the steps, with what probe gives in each.
func populations(t *testing.T, s pinns.Solver, steps int, probe func(step *zoo.Step, terms []zoo.Term) *Node) (points, probed [][]float64) {
	t.Helper()
	next, whole := check.Steps(t, s, 1, func(step *zoo.Step) []*Node {
		terms := s.Loss(step)
		out := []*Node{s.Moved(step.Scope, step.Whole[0])}
		if probe != nil {
			out = append(out, probe(step, terms))
		}
		return out
	})
	points = append(points, check.Floats(whole[0]))
	for range steps {
		out := next()
		points = append(points, check.Floats(out[0]))
		if probe != nil {
			probed = append(probed, check.Floats(out[1]))
		}
	}
	return points, probed
}

func sizes(points []float64) []float64 {
	var f []float64
	for x := range slices.Chunk(points, 2) {
		f = append(f, bumps(x[0], x[1]))
	}
	return f
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// The properties of the source's section 4.1, on an objective that does not change.
func TestInvariantsOnAFrozenObjective(t *testing.T) {
	const n, steps = 1000, 60
	points, _ := populations(t, frozen(n), steps, nil)
	uniform := math.Pi * (0.05*0.05 + 0.7*0.1*0.1 + 0.4*0.03*0.03) // the integral over the plane; of what lies outside the square 1e-7
	for k := range steps {
		old, next := points[k], points[k+1]
		if len(next) != 2*n {
			t.Fatalf("step %d: %d values, want %d", k, len(next), 2*n)
		}
		f, g := sizes(old), sizes(next)
		threshold := mean(f)
		for i := range f {
			stayed := slices.Equal(old[2*i:2*i+2], next[2*i:2*i+2])
			// At the threshold itself the sums' order decides, 1e-12 of it.
			if math.Abs(f[i]-threshold) > 1e-12 && stayed != (f[i] > threshold) {
				t.Fatalf("step %d: point %d has %v, the mean is %v, stayed is %v", k, i, f[i], threshold, stayed)
			}
			if x, y := next[2*i], next[2*i+1]; x < 0 || x >= 1 || y < 0 || y >= 1 {
				t.Fatalf("step %d: point %d is at (%v, %v), outside", k, i, x, y)
			}
		}
		if slices.Max(g) < slices.Max(f) {
			t.Fatalf("step %d: the largest falls from %v to %v", k, slices.Max(f), slices.Max(g))
		}
	}
	last := mean(sizes(points[steps]))
	t.Logf("mean of the population %.3g, uniform %.3g", last, uniform)
	if last < 8*uniform { // 12 times was measured; the threshold rises until hardly any new point passes it
		t.Errorf("the population's mean is %v, want at least 8 times the uniform mean %v", last, uniform)
	}
}

// New points are uniform: those drawn in the last steps have the mean and the second moment of the unit square in both coordinates.
func TestDrawnPointsAreUniform(t *testing.T) {
	points, _ := populations(t, frozen(1000), 20, nil)
	var first, second, product float64
	count := 0
	for k := range 20 {
		for i := range 1000 {
			x, y := points[k+1][2*i], points[k+1][2*i+1]
			if x == points[k][2*i] && y == points[k][2*i+1] {
				continue
			}
			first, second, product, count = first+x+y, second+x*x+y*y, product+x*y, count+1
		}
	}
	c := float64(count)
	for _, m := range []struct {
		name      string
		got, want float64
	}{{"mean", first / (2 * c), 0.5}, {"mean square", second / (2 * c), 1. / 3}, {"mean of the product", product / c, 0.25}} {
		// Standard errors of some 15,000 points are below 0.0025; four of them.
		if math.Abs(m.got-m.want) > 0.01 {
			t.Errorf("%s of %d drawn points is %v, want %v", m.name, count, m.got, m.want)
		}
	}
}

// convection is u_t + 30 u_x = 0, periodic.
func convection() pinns.Problem {
	return pinns.Problem{
		Equations: []string{"u_t + beta*u_x = 0"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Coefficients: map[string]float64{"beta": 30},
		Domain:     geometry.Cylinder(geometry.Interval{Low: 0, High: 2 * math.Pi}, 0, 1),
		Conditions: []pinns.Condition{pinns.Initial("u = sin(x)"), pinns.Periodic("x", 0)},
		Exact:      map[string]string{"u": "sin(x - beta*t)"},
	}
}

func solver(n int) pinns.Solver {
	return pinns.Solver{
		Network: neuralfield.MLP{Widths: []int{20, 20, 1}, Activation: layers.TanhUnit}, Problem: convection(),
		Interior: n, Boundary: 32, Sampler: geometry.LatinHypercube{Seed: 1}, Sampling: r3.R3{},
	}
}

// In a training run too a step keeps exactly the points above the mean, and the residual at the population is larger than in the domain.
func TestOneStepOfTraining(t *testing.T) {
	w := r3.Watched{Solver: solver(200)}
	before, history := check.Trained(t, w, train.Fit{Steps: 100, Seed: 1, ValidEvery: 50})
	after, _ := check.Trained(t, w, train.Fit{Steps: 101, Seed: 1, ValidEvery: 50})
	step, err := r3.Step(t.Context(), w.Solver, before, after)
	if err != nil {
		t.Fatal(err)
	}
	if step.Wrong != 0 || len(step.Retained) < 20 || len(step.Released) < 20 || len(step.Drawn) != len(step.Released) {
		t.Errorf("%d of 200 points are on the wrong side; %d stayed, %d went, %d came", step.Wrong, len(step.Retained), len(step.Released), len(step.Drawn))
	}
	if slices.Min(step.Retained) < step.Threshold*(1-1e-4) || slices.Max(step.Released) > step.Threshold*(1+1e-4) { // float32 sums
		t.Errorf("least retained %v, largest released %v, threshold %v", slices.Min(step.Retained), slices.Max(step.Released), step.Threshold)
	}

	// The metrics are those of the host's functions on the same values.
	places, err := w.Collocation(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	size, err := w.ResidualSize(t.Context(), before, places)
	if err != nil {
		t.Fatal(err)
	}
	u, err := r3.Measure(size)
	if err != nil {
		t.Fatal(err)
	}
	if got := history.LastValid(r3.RetainedMetric); math.Abs(got-u.Retained) > 1e-6 {
		t.Errorf("validation says that %v are retained, want %v", got, u.Retained)
	}
	if c := history.LastValid(r3.ConcentrationMetric); !(c > 1) {
		t.Errorf("the residual at the points is %v times that of the domain, want above 1", c)
	}
}

func TestSameSeedSameBits(t *testing.T) {
	s := solver(64)
	s.Weighting = r3.Gate{}
	var points [2][][]float64
	for i := range points {
		result, _ := check.Trained(t, s, train.Fit{Steps: 50, Seed: 7})
		var err error
		if points[i], err = s.Collocation(t.Context(), result); err != nil {
			t.Fatal(err)
		}
	}
	for i := range points[0] {
		if !slices.Equal(points[0][i], points[1][i]) {
			t.Fatalf("point %d is %v and %v in two runs with one seed", i, points[0][i], points[1][i])
		}
	}
}

// zeroUnknown is the solver with the unknown 0 whatever the network is, and another equation.
func zeroUnknown(s pinns.Solver, equation string) pinns.Solver {
	s.Problem.Equations = []string{equation}
	s.Ansatz = map[string]string{"u": "0*N"}
	return s
}

// The gate in closed form, and its way: with the residual r = c at every point the mean square is c² mean g².
func TestGate(t *testing.T) {
	for _, c := range []struct {
		name     string
		gate     r3.Gate
		equation string
		residual float64
	}{
		{"default", r3.Gate{}, "u_t = 0.5", 0.5},
		{"bounded", r3.Gate{Rate: 0.5, Start: 0.25}, "u_t = 0", 0},
		{"steep", r3.Gate{Steepness: 12, Start: 0.4, Rate: 2, Tolerance: 3, Largest: 1}, "u_t = 1", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := zeroUnknown(solver(64), c.equation)
			s.Sampling, s.Weighting = pinns.EveryStep{}, c.gate
			factors := func(step *zoo.Step, terms []zoo.Term) *Node {
				v := step.Scope.At("points").GetVariable("gate")
				return Concatenate([]*Node{Reshape(terms[0].Residual, 64), Reshape(v.NodeValue(step.Graph), 1)}, 0)
			}
			const steps = 12
			points, probed := populations(t, s, steps, factors)
			full := map[string]float64{"steepness": 5, "start": -0.5, "rate": 1e-3, "tolerance": 20, "largest": 0.1}
			for name, v := range map[string]float64{
				"steepness": c.gate.Steepness, "start": c.gate.Start, "rate": c.gate.Rate, "tolerance": c.gate.Tolerance, "largest": c.gate.Largest,
			} {
				if v != 0 {
					full[name] = v
				}
			}
			beta := full["start"]
			for k := range steps {
				loss := 0.0
				for i := range 64 {
					g := (1 - math.Tanh(full["steepness"]*(points[k][2*i+1]-beta))) / 2
					loss += g * g * c.residual * c.residual / 64
					if got, want := math.Abs(probed[k][i]), g*c.residual; math.Abs(got-want) > 1e-13 { // float64 round-off of numbers up to 1
						t.Fatalf("step %d: |g r| at point %d is %v, want %v", k, i, got, want)
					}
				}
				if beta <= 1.5 {
					beta += full["rate"] * math.Min(math.Exp(-full["tolerance"]*loss), full["largest"])
				}
				if got := full["start"] + probed[k][64]; math.Abs(got-beta) > 1e-12 {
					t.Fatalf("step %d: β is %v, want %v", k, got, beta)
				}
			}
			if c.name == "steep" && !(beta > 1.5) {
				t.Errorf("β ends at %v, want it to have passed 1.5, where it stops", beta)
			}
		})
	}
}

// With the gate, the fitness is g|r|: where |r| is the same everywhere, points before the front are kept, those behind it go.
func TestGatedPointsStayBeforeTheFront(t *testing.T) {
	s := zeroUnknown(solver(400), "u_t = 1")
	s.Weighting = r3.Gate{Start: 0.3, Rate: 1e-9, Steepness: 20}
	points, _ := populations(t, s, 200, nil)
	behind := 0
	for i := range 400 {
		if points[200][2*i+1] > 0.4 {
			behind++
		}
	}
	if behind > 80 { // uniform points would be 240
		t.Errorf("%d of 400 points are behind the front, want few", behind)
	}
}

func TestMeasure(t *testing.T) {
	u, err := r3.Measure([]float64{0, 0, 0, 1, 5})
	if err != nil {
		t.Fatal(err)
	}
	// scipy.stats.skew and scipy.stats.kurtosis of scipy 1.17.1.
	want := r3.Unevenness{Mean: 1.2, Max: 5, Skewness: 1.3627927530355544, Kurtosis: 0.03779990946129397, Retained: 0.2}
	for _, p := range [][2]float64{
		{u.Mean, want.Mean}, {u.Max, want.Max}, {u.Skewness, want.Skewness}, {u.Kurtosis, want.Kurtosis}, {u.Retained, want.Retained},
	} {
		if math.Abs(p[0]-p[1]) > 1e-12 { // round-off
			t.Errorf("%+v, want %+v", u, want)
			break
		}
	}
	for _, bad := range [][]float64{nil, {1, math.NaN()}} {
		if _, err := r3.Measure(bad); err == nil || !strings.Contains(err.Error(), "r3: Measure") {
			t.Errorf("Measure(%v): error %v, want one", bad, err)
		}
	}
}

func TestDensity(t *testing.T) {
	domain := []float64{8, 7, 6, 5, 4, 3, 2, 1}
	got, err := r3.Density([]float64{0.5, 7.5, 8, 9}, domain, 4)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{1, 0, 0, 3}; !slices.Equal(got, want) {
		t.Errorf("densities %v, want %v", got, want)
	}
	for _, parts := range []int{1, 9} {
		if _, err := r3.Density(domain, domain, parts); err == nil || !strings.Contains(err.Error(), "r3: Density") {
			t.Errorf("Density in %d parts: error %v, want one", parts, err)
		}
	}
}

func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		gate r3.Gate
		want string
	}{
		{r3.Gate{Steepness: -1}, "Gate.Steepness = -1, want a number above 0"},
		{r3.Gate{Start: 2}, "Gate.Start = 2, want a number below 1.5"},
		{r3.Gate{Rate: math.NaN()}, "Gate.Rate = NaN"},
		{r3.Gate{Tolerance: math.Inf(1)}, "Gate.Tolerance = +Inf"},
		{r3.Gate{Largest: -0.1}, "Gate.Largest = -0.1"},
	} {
		if err := c.gate.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error = %v, want one with %q", c.gate, err, c.want)
		}
	}
	if err := (r3.Gate{}).Validate(); err != nil {
		t.Error(err)
	}
	still := solver(8)
	still.Sampling = nil
	if _, err := r3.Step(t.Context(), still, nil, nil); err == nil || !strings.Contains(err.Error(), "want a sampling") {
		t.Errorf("Step without a sampling: error = %v", err)
	}
	steady := frozen(8)
	steady.Weighting = r3.Gate{}
	data, err := steady.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, whole, err := data.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = check.Run(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		step := zoo.NewStep(zoo.Step{Graph: g, Scope: scope, DType: dtypes.Float64, Whole: in, Index: Const(g, int64(0))}, zoo.Draw{Seed: Const(g, uint64(1))})
		return []*Node{steady.Loss(step)[0].Mean()}
	}, whole[0])
	if err == nil || !strings.Contains(err.Error(), "want one with the name t") {
		t.Errorf("a gate without time: error = %v", err)
	}
}
