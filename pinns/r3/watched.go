package r3

import (
	"errors"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Names of the metrics that [Watched] adds.
const (
	KurtosisMetric      = "kurtosis of the residual"
	SkewnessMetric      = "skewness of the residual"
	RetainedMetric      = "share of points above their mean"
	ConcentrationMetric = "mean residual of the points over that of the domain"
)

// Watched is a solver that records with each validation how uneven its residual is: skewness and excess kurtosis of |r| at the places of the
// reference, and, where a Sampling moves the points, the share of points that [R3] would keep and how many times larger than in the domain
// |r| is at the points. It trains as the solver alone does.
//
// Source: Daw et al. 2023, arXiv:2207.02338, section 3. bib: daw2023mitigating
type Watched struct{ pinns.Solver }

var (
	_ zoo.Task      = Watched{}
	_ zoo.Validator = Watched{}
	_ zoo.Refresher = Watched{}
	_ zoo.Predictor = Watched{}
)

// Valid is the solver's metrics, and the others.
func (w Watched) Valid(step *zoo.Step) []zoo.Metric {
	all := w.Solver.Valid(step)
	size := w.Size(step.Scope, step.Rows[0])
	skewness, kurtosis := moments(size)
	all = append(all, zoo.Metric{Name: KurtosisMetric, Value: kurtosis}, zoo.Metric{Name: SkewnessMetric, Value: skewness})
	if w.Sampling == nil {
		return all
	}
	own := w.Size(step.Scope, w.Moved(step.Scope, step.Rows[0]))
	kept := ReduceAllMean(ConvertDType(above(own), own.DType()))
	return append(all, zoo.Metric{Name: RetainedMetric, Value: kept},
		zoo.Metric{Name: ConcentrationMetric, Value: Div(ReduceAllMean(own), AddScalar(ReduceAllMean(size), tiny))})
}

// tiny keeps a residual that is the same everywhere from a division by zero.
const tiny = 1e-30

// moments are skewness and excess kurtosis of values.
func moments(x *Node) (skewness, kurtosis *Node) {
	d := Sub(x, ReduceAllMean(x))
	d = Div(d, AddScalar(Sqrt(ReduceAllMean(Square(d))), tiny))
	return ReduceAllMean(Mul(d, Square(d))), AddScalar(ReduceAllMean(Square(Square(d))), -3)
}

// Unevenness is how a residual is spread over some points.
type Unevenness struct {
	Mean, Max float64
	Skewness  float64 // of a normal distribution 0; NaN if all values are the same
	Kurtosis  float64 // excess: of a normal distribution 0; large if the residual is gathered at few points
	Retained  float64 // share of points above the mean
}

// Measure is the unevenness of the sizes of a residual, by moments of the sample without corrections of bias.
//
// Errors: no values; one that is not finite.
func Measure(size []float64) (Unevenness, error) {
	if len(size) == 0 {
		return Unevenness{}, errors.New("r3: Measure of no values, want at least one")
	}
	n := float64(len(size))
	var u Unevenness
	for i, v := range size {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Unevenness{}, fmt.Errorf("r3: Measure: value %d is %v, want a finite number", i, v)
		}
		u.Mean += v / n
		u.Max = max(u.Max, v)
	}
	var second, third, fourth float64
	for _, v := range size {
		d := v - u.Mean
		second, third, fourth = second+d*d/n, third+d*d*d/n, fourth+d*d*d*d/n
		if v > u.Mean {
			u.Retained += 1 / n
		}
	}
	u.Skewness, u.Kurtosis = third/math.Pow(second, 1.5), fourth/(second*second)-3
	return u, nil
}

// Density is how dense points lie where a residual is small, medium, large: own and domain are |r| at the points and at places spread evenly
// over the domain. The places are put in order of |r| and cut into equal parts; each part's density is the share of the points whose |r| is in
// its range, times the number of parts. Points that are spread evenly have 1 in every part.
//
// Errors: fewer places than parts; fewer than two parts; no points.
func Density(own, domain []float64, parts int) ([]float64, error) {
	if parts < 2 || len(domain) < parts || len(own) == 0 {
		return nil, fmt.Errorf("r3: Density of %d points and %d places in %d parts, want points, at least 2 parts and as many places", len(own), len(domain), parts)
	}
	sorted := slices.Sorted(slices.Values(domain))
	out := make([]float64, parts)
	for _, v := range own {
		below, _ := slices.BinarySearch(sorted, v)
		part := min(below*parts/len(sorted), parts-1)
		out[part] += float64(parts) / float64(len(own))
	}
	return out, nil
}
