package diffusion

import (
	"errors"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Discrete is a table of steps that keeps the variance, made continuous: log α is linear between the entries, of which number
// i, from 0, is at time (i+1)/N.
//
// Source: Lu et al. 2022, arXiv:2206.00927, appendix D. bib: lu2022dpmsolver
type Discrete struct {
	LogAlpha []float64 // falling, below 0
}

// FromBetas is the schedule of the variances β_i of a forward process in steps: α_i² = Π_{j≤i} (1 - β_j).
//
// Errors: a β outside (0, 1); fewer than 2.
func FromBetas(betas []float64) (Discrete, error) {
	var d Discrete
	sum := 0.0
	for i, b := range betas {
		if !(b > 0 && b < 1) {
			return d, fmt.Errorf("diffusion: FromBetas: β[%d] = %v, want it above 0 and below 1", i, b)
		}
		sum += math.Log1p(-b) / 2
		d.LogAlpha = append(d.LogAlpha, sum)
	}
	return d, d.Validate()
}

// LinearBetas are n variances from first to last in equal steps. Source: Ho et al. 2020, arXiv:2006.11239, section 4: 1000 from
// 0.0001 to 0.02. bib: ho2020denoising
func LinearBetas(n int, first, last float64) []float64 {
	b := make([]float64, n)
	for i := range b {
		b[i] = first + (last-first)*float64(i)/float64(max(n-1, 1))
	}
	return b
}

// Validate lists what is wrong.
func (d Discrete) Validate() error {
	if len(d.LogAlpha) < 2 {
		return fmt.Errorf("diffusion: Discrete.LogAlpha has %d entries, want at least 2", len(d.LogAlpha))
	}
	var errs []error
	before := 0.0
	for i, a := range d.LogAlpha {
		if !(a < before) || math.IsInf(a, 0) {
			errs = append(errs, fmt.Errorf("diffusion: Discrete.LogAlpha[%d] = %v after %v, want it lower, so that σ falls during sampling", i, a, before))
			break
		}
		before = a
	}
	return errors.Join(errs...)
}

func (d Discrete) count() float64 { return float64(len(d.LogAlpha)) }

// Ends are 1 and 1/N.
func (d Discrete) Ends() (noise, data float64) { return 1, 1 / d.count() }

// logAlpha is log α at time t and its slope.
func (d Discrete) logAlpha(t float64) (a, slope float64) {
	x := t*d.count() - 1
	i := min(max(int(math.Floor(x)), 0), len(d.LogAlpha)-2)
	step := d.LogAlpha[i+1] - d.LogAlpha[i]
	return d.LogAlpha[i] + (x-float64(i))*step, step * d.count()
}

// Alpha is α(t).
func (d Discrete) Alpha(t float64) float64 {
	a, _ := d.logAlpha(t)
	return math.Exp(a)
}

// Sigma is σ(t).
func (d Discrete) Sigma(t float64) float64 {
	a, _ := d.logAlpha(t)
	return math.Sqrt(-math.Expm1(2 * a))
}

// Rates are the derivatives of α and σ; at an entry those to its right.
func (d Discrete) Rates(t float64) (dAlpha, dSigma float64) {
	a, slope := d.logAlpha(t)
	dAlpha = slope * math.Exp(a)
	return dAlpha, -slope * math.Exp(2*a) / d.Sigma(t)
}

// Time is the inverse of λ.
func (d Discrete) Time(lambda float64) float64 {
	a := vpLogAlpha(lambda)
	i, _ := slices.BinarySearchFunc(d.LogAlpha, a, func(entry, a float64) int {
		if entry > a {
			return -1
		}
		return 1
	})
	i = min(max(i-1, 0), len(d.LogAlpha)-2)
	part := (d.LogAlpha[i] - a) / (d.LogAlpha[i] - d.LogAlpha[i+1])
	return (float64(i) + part + 1) / d.count()
}

// Nodes are α and σ, by a table in the graph of as many entries a time.
func (d Discrete) Nodes(t *Node) (alpha, sigma *Node) {
	// log α = a_0 + Σ_i (a_{i+1} - a_i) clip(x - i, 0, 1), the first and the last piece going on beyond the table.
	n := len(d.LogAlpha) - 1
	low, high, step := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		low[i], high[i], step[i] = 0, 1, d.LogAlpha[i+1]-d.LogAlpha[i]
	}
	low[0], high[n-1] = -2, 2 // times are inside by the Ends, by less than a step beyond
	g := t.Graph()
	number := make([]float64, n)
	for i := range number {
		number[i] = float64(i)
	}
	x := InsertAxes(AddScalar(MulScalar(t, d.count()), -1), -1)
	dims := append(slices.Clone(t.Shape().Dimensions), n)
	ones := slices.Repeat([]int{1}, len(dims))
	ones[len(dims)-1] = n
	wide := func(v []float64) *Node {
		return BroadcastToDims(Reshape(ConvertDType(Const(g, v), t.DType()), ones...), dims...)
	}
	part := Min(Max(Sub(BroadcastToDims(x, dims...), wide(number)), wide(low)), wide(high))
	logAlpha := AddScalar(ReduceSum(Mul(part, wide(step)), -1), d.LogAlpha[0])
	return Exp(logAlpha), Sqrt(Neg(Expm1(MulScalar(logAlpha, 2))))
}
