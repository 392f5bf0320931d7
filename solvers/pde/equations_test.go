package pde_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// cube is a box of d equal sides.
func cube(side float64, d int) []float64 { return slices.Repeat([]float64{side}, d) }

// sampled evaluates f on n points along each axis of a box, [n, …].
func sampled(n int, lengths []float64, f func(x []float64) float64) []float64 {
	size := 1
	for range lengths {
		size *= n
	}
	out, x := make([]float64, size), make([]float64, len(lengths))
	for i := range out {
		rest := i
		for axis := len(lengths) - 1; axis >= 0; axis-- {
			x[axis] = lengths[axis] * float64(rest%n) / float64(n)
			rest /= n
		}
		out[i] = f(x)
	}
	return out
}

// referenceStart is the initial field of testdata/equations_reference.py.
func referenceStart(n int, lengths []float64, mean, amplitude float64) []float64 {
	return sampled(n, lengths, func(x []float64) float64 {
		u := mean
		for j, c := range [][2]float64{{1, 0.3}, {0.7, 1.9}, {0.4, -1}} {
			arg := c[1]
			for axis := range x {
				k := (j + axis) % 3
				if axis == 0 {
					k++
				}
				arg += 2 * math.Pi * float64(k) * x[axis] / lengths[axis]
			}
			u += amplitude * c[0] * math.Cos(arg)
		}
		return u
	})
}

// referenceEquation has the coefficients of testdata/equations_reference.py.
func referenceEquation(t *testing.T, name string, lengths []float64) pde.Semilinear {
	t.Helper()
	switch name {
	case "KortewegDeVries":
		return pde.KortewegDeVries(lengths[0])
	case "KuramotoSivashinskySlope":
		return pde.KuramotoSivashinskySlope(lengths[0])
	case "KuramotoSivashinsky":
		return pde.KuramotoSivashinsky(lengths)
	case "AllenCahn":
		return pde.AllenCahn(lengths, 0.01, 2)
	case "CahnHilliard":
		return pde.CahnHilliard(lengths, 1, 1e-3)
	case "FisherKPP":
		return pde.FisherKPP(lengths, 0.03, 3)
	case "SwiftHohenberg":
		return pde.SwiftHohenberg(lengths, 0.3, 1, 0.5)
	case "GrayScott":
		return pde.GrayScott(lengths, 2e-5, 1e-5, 0.04, 0.06)
	case "Schrodinger":
		return pde.Schrodinger(lengths, 1)
	case "Burgers":
		return pde.BurgersIn(lengths, 0.2)
	}
	t.Fatalf("no equation %s", name)
	return pde.Semilinear{}
}

// interleaved puts channels [points] last: [points, channel].
func interleaved(channels [][]float64) []float64 {
	var out []float64
	for i := range channels[0] {
		for _, c := range channels {
			out = append(out, c[i])
		}
	}
	return out
}

// TestEquationsAgainstAnotherProgram compares with testdata/equations_reference.py, each equation on twice the points of the
// reference, so that the truncation to dealiased modes does not count.
func TestEquationsAgainstAnotherProgram(t *testing.T) {
	text, err := os.ReadFile("testdata/equations_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Cases []struct {
			Name                           string
			Axes, Every, Grid              int
			Length, Until, Mean, Amplitude float64
			U                              [][]float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) != 13 {
		t.Fatalf("%d cases, want 13", len(reference.Cases))
	}
	for _, c := range reference.Cases {
		t.Run(fmt.Sprintf("%s/%d", c.Name, c.Axes), func(t *testing.T) {
			lengths, n := cube(c.Length, c.Axes), 2*c.Grid
			first := referenceStart(n, lengths, c.Mean, c.Amplitude)
			u0 := [][]float64{first}
			switch c.Name {
			case "GrayScott":
				second := make([]float64, len(first))
				for i, u := range first {
					second[i] = 0.5 - 0.5*u
				}
				u0 = append(u0, second)
			case "Schrodinger": // the imaginary part is half of the real one five reference points on
				second := make([]float64, n)
				for i := range second {
					second[i] = 0.5 * first[(i-10+n)%n]
				}
				u0 = append(u0, second)
			}
			e := referenceEquation(t, c.Name, lengths)
			grid := slices.Repeat([]int{n}, c.Axes)
			got := solveBox(t, e, interleaved(u0), grid, pde.Stepping{Until: c.Until, Steps: 1000})
			want := interleaved(c.U)
			step := n / c.Every
			var diff float64
			for i := range want {
				place, rest, stride := 0, i/len(u0), 1
				for range c.Axes {
					place += rest % c.Every * step * stride
					rest, stride = rest/c.Every, stride*n
				}
				diff = max(diff, math.Abs(got[place*len(u0)+i%len(u0)]-want[i]))
			}
			// The reference's tolerance of 1e-11 a step, and what the highest modes on its coarser grid hold.
			if diff > 2e-8 {
				t.Errorf("differs by %.2g", diff)
			}
		})
	}
}

func solveBox(t *testing.T, e pde.Semilinear, u0 []float64, grid []int, s pde.Stepping) []float64 {
	t.Helper()
	sol, err := e.Solve(t.Context(), u0, grid, s)
	if err != nil {
		t.Fatal(err)
	}
	return sol.Last()
}

// TestAdvectionInBoxes moves and damps two modes in one to three axes with one step, exact to round-off.
func TestAdvectionInBoxes(t *testing.T) {
	for _, grid := range [][]int{{12}, {16, 10}, {8, 16, 12}, {9, 16, 5}} {
		d := len(grid)
		lengths, velocity := []float64{2, 1, 3}[:d], []float64{0.7, -0.4, 1.1}[:d]
		const nu, until = 0.02, 0.9
		field := func(t float64) []float64 {
			size := 1
			for _, n := range grid {
				size *= n
			}
			out := make([]float64, size)
			for i := range out {
				rest, arg, square := i, 0.3, 0.0
				for axis := d - 1; axis >= 0; axis-- {
					k := 2 * math.Pi / lengths[axis]
					arg += k * (lengths[axis]*float64(rest%grid[axis])/float64(grid[axis]) - velocity[axis]*t)
					square += k * k
					rest /= grid[axis]
				}
				out[i] = 0.25 + math.Exp(-nu*square*t)*math.Cos(arg)
			}
			return out
		}
		got := solveBox(t, pde.Advection(lengths, velocity, nu), field(0), grid, pde.Stepping{Until: until, Steps: 1})
		if diff := convergence.Largest(got, field(until)); diff > 1e-14 { // round-off of the FFTs
			t.Errorf("grid %v: error %.2g", grid, diff)
		}
	}
}

// TestSolitons follow their closed forms; the box is so long that the tails have no overlap.
func TestSolitons(t *testing.T) {
	sech := func(x float64) float64 { return 1 / math.Cosh(x) }
	t.Run("KortewegDeVries", func(t *testing.T) {
		const length, c, until, n = 40.0, 1.6, 3.0, 256
		wave := func(t float64) []float64 {
			return sampled(n, cube(length, 1), func(x []float64) float64 {
				s := sech(math.Sqrt(c) / 2 * (x[0] - length/3 - c*t))
				return c / 2 * s * s
			})
		}
		got := solveBox(t, pde.KortewegDeVries(length), wave(0), []int{n}, pde.Stepping{Until: until, Steps: 2000})
		if diff := convergence.Largest(got, wave(until)); diff > 1e-7 { // the tails, exp(-√1.6·13) = 5e-8; the step's error is below
			t.Errorf("error %.2g", diff)
		}
	})
	t.Run("Schrodinger", func(t *testing.T) {
		const length, a, until, n = 40.0, 1.2, 2.0, 512
		wave := func(t float64) []float64 {
			var out []float64
			for i := range n {
				s := a * sech(a*(length*float64(i)/n-length/2))
				out = append(out, s*math.Cos(a*a*t/2), s*math.Sin(a*a*t/2))
			}
			return out
		}
		got := solveBox(t, pde.Schrodinger(cube(length, 1), 1), wave(0), []int{n}, pde.Stepping{Until: until, Steps: 1000})
		if diff := convergence.Largest(got, wave(until)); diff > 1e-9 { // the tails, exp(-24) = 4e-11, and the step's error
			t.Errorf("error %.2g", diff)
		}
	})
}

// TestAllenCahnFront: tanh is steady, seen on a periodic box with a front and its mirror image far apart.
func TestAllenCahnFront(t *testing.T) {
	const d, r, n = 0.01, 2.0, 512
	front := sampled(n, cube(4, 1), func(x []float64) float64 {
		return math.Tanh(math.Sqrt(r/(2*d)) * (1 - math.Abs(x[0]-2)))
	})
	got := solveBox(t, pde.AllenCahn(cube(4, 1), d, r), front, []int{n}, pde.Stepping{Until: 2, Steps: 400})
	if diff := convergence.Largest(got, front); diff > 1e-7 { // the two fronts attract each other with exp(-2·2·10) and the tanh has a kink of 2e-9 at x = 2
		t.Errorf("the front moved by %.2g", diff)
	}
}

// TestInvariants wants what each equation keeps, in the truncated form too, kept.
func TestInvariants(t *testing.T) {
	sum := func(u []float64, power float64) (s float64) {
		for _, v := range u {
			s += math.Pow(v, power)
		}
		return s
	}
	for _, c := range []struct {
		e         pde.Semilinear
		n, power  int
		s         pde.Stepping
		tolerance float64 // 1e-13 for sums that each step keeps to round-off; the step's error for the squares
	}{
		{pde.KortewegDeVries(10), 64, 1, pde.Stepping{Until: 1, Steps: 500}, 1e-13},
		{pde.KortewegDeVries(10), 64, 2, pde.Stepping{Until: 1, Steps: 2000}, 1e-8},
		{pde.KuramotoSivashinskySlope(22), 64, 1, pde.Stepping{Until: 20, Steps: 200}, 1e-13},
		{pde.CahnHilliard(cube(1, 2), 1, 1e-3), 32, 1, pde.Stepping{Until: 0.05, Steps: 200}, 1e-13},
		{pde.Schrodinger(cube(8, 1), 1), 64, 2, pde.Stepping{Until: 1, Steps: 1000}, 1e-9},
		{pde.BurgersIn(cube(1, 3), 0.02), 16, 1, pde.Stepping{Until: 0.2, Steps: 50}, 1e-13},
	} {
		d := len(c.e.Lengths)
		u0 := referenceStart(c.n, c.e.Lengths, 0.3, 0.3)
		if c.e.Channels() == 2 {
			u0 = interleaved([][]float64{u0, u0})
		}
		got := solveBox(t, c.e, u0, slices.Repeat([]int{c.n}, d), c.s)
		before, after := sum(u0, float64(c.power)), sum(got, float64(c.power))
		if math.Abs(after/before-1) > c.tolerance || convergence.Largest(u0, got) < 0.01 {
			t.Errorf("%s: Σ u^%d goes from %v to %v, the field by %.2g", c.e.Name, c.power, before, after, convergence.Largest(u0, got))
		}
	}
}

// TestLongGrowthStaysReal marches 200 units of the growing modes of a plane of fields. Without care the round-off between the modes k
// and -k, which the products do not see, grows as exp(t/4), by 22 orders.
func TestLongGrowthStaysReal(t *testing.T) {
	e := pde.KuramotoSivashinsky(cube(20, 2))
	u0 := referenceStart(32, e.Lengths, 0, 1)
	got := solveBox(t, e, u0, []int{32, 32}, pde.Stepping{Until: 200, Steps: 1000})
	var mean, size float64
	for _, u := range got {
		mean += u / float64(len(got))
	}
	for _, u := range got {
		size = max(size, math.Abs(u-mean))
	}
	if !(size > 1 && size < 30) || !(mean < -10) { // the attractor's size, about 10; the mean falls by half the mean of |∇u|² a unit of time
		t.Errorf("size %v, mean %v", size, mean)
	}
}

func TestSemilinearErrors(t *testing.T) {
	good := pde.Stepping{Until: 1, Steps: 1}
	field := make([]float64, 256)
	broken := pde.Burgers(1)
	broken.Terms = []pde.Tap{{Channel: 1}}
	broken.Inner, broken.Degree, broken.Linear = nil, 0, []pde.Symbol{nil}
	for _, c := range []struct {
		e    pde.Semilinear
		grid []int
		want string
	}{
		{broken, []int{256}, "Inner is nil"},
		{broken, []int{256}, "Degree = 0"},
		{broken, []int{256}, "Linear[0] is nil"},
		{broken, []int{256}, "Terms[0].Channel = 1, want one of the 1 channels"},
		{pde.BurgersIn(nil, 1), []int{256}, "Lengths = []"},
		{pde.BurgersIn([]float64{1, -1}, 1), []int{16, 16}, "want all above 0"},
		{pde.BurgersIn([]float64{1, 1}, 1), []int{256}, "want one number for each of the 2 axes"},
		{pde.BurgersIn([]float64{1, 1}, 1), []int{128, 2}, "at least 4 along each axis"},
		{pde.BurgersIn([]float64{1, 1}, 1), []int{15, 16}, "256 initial values on a grid of [15 16] points"},
		{pde.AllenCahn([]float64{1}, 1, 1), []int{4}, "takes more than 4"},
	} {
		_, err := c.e.Solve(t.Context(), field, c.grid, good)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
}

// TestUnresolved: a shock of width 4ν needs some points across it.
func TestUnresolved(t *testing.T) {
	for _, c := range []struct {
		n  int
		ok bool
	}{{64, false}, {128, false}, {512, true}} {
		u0 := sampled(c.n, cube(1, 1), func(x []float64) float64 { return math.Sin(2 * math.Pi * x[0]) })
		sol, err := pde.Burgers(1e-3).Solve(t.Context(), u0, []int{c.n}, pde.Stepping{Until: 0.3, Steps: 600})
		var unresolved *pde.UnresolvedError
		if c.ok {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if !errors.As(err, &unresolved) || sol.Status != pde.Unresolved || sol.Last() != nil ||
			!strings.Contains(err.Error(), "is too coarse") || unresolved.Grid[0] != c.n {
			t.Errorf("%d points: error %v, status %v", c.n, err, sol.Status)
		}
	}
}

func BenchmarkKuramotoSivashinsky2D(b *testing.B) {
	e := pde.KuramotoSivashinsky(cube(60, 2))
	u0 := slices.Concat(referenceStart(128, e.Lengths, 0, 1), referenceStart(128, e.Lengths, 0, 1))
	for b.Loop() {
		if _, err := e.Solve(b.Context(), u0, []int{128, 128}, pde.Stepping{Until: 2, Steps: 20}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/20*200*25, "s/50-trajectories-of-200")
}
