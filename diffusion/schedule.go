package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Schedule is α(t) and σ(t), for numbers and for nodes. λ = log α/σ is strictly monotone in t.
type Schedule interface {
	Validate() error
	// Ends are the times of most and of least noise, between which the schedule is defined.
	Ends() (noise, data float64)
	Alpha(t float64) float64
	Sigma(t float64) float64
	// Rates are the derivatives of α and σ.
	Rates(t float64) (dAlpha, dSigma float64)
	// Time is the inverse of λ.
	Time(lambda float64) float64
	// Nodes are α and σ of times in a graph, elementwise.
	Nodes(t *Node) (alpha, sigma *Node)
}

// Point is a schedule at a time.
type Point struct {
	T              float64
	Alpha, Sigma   float64
	DAlpha, DSigma float64 // derivatives by t
}

// At is the schedule's point at time t.
func At(s Schedule, t float64) Point {
	p := Point{T: t, Alpha: s.Alpha(t), Sigma: s.Sigma(t)}
	p.DAlpha, p.DSigma = s.Rates(t)
	return p
}

// Lambda is log α/σ, infinite where σ or α is 0.
func (p Point) Lambda() float64 { return math.Log(p.Alpha) - math.Log(p.Sigma) }

// Ratio is σ/α, the noise level of x/α.
func (p Point) Ratio() float64 { return p.Sigma / p.Alpha }

// AtLambda is the schedule's point where log α/σ is lambda.
func AtLambda(s Schedule, lambda float64) Point { return At(s, s.Time(lambda)) }

// Inside says whether all of ts are between the schedule's ends.
//
// Errors: the first that is not.
func Inside(s Schedule, ts ...float64) error {
	a, b := s.Ends()
	low, high := min(a, b), max(a, b)
	const slack = 1e-9 // times that come back from λ by its inverse
	for i, t := range ts {
		if !(t >= low-slack*(high-low) && t <= high+slack*(high-low)) {
			return fmt.Errorf("diffusion: time %d is %v, want it in [%v, %v] of %T", i, t, low, high, s)
		}
	}
	return nil
}

// Level is a schedule's point in a graph: scalars, or [batch, 1…] of the rank of x.
type Level struct {
	T, Alpha, Sigma *Node
	DAlpha, DSigma  *Node // derivatives by t
}

// LevelAt is the level at times t. The derivatives are those of the graph. Beyond the schedule's ends, which can be seen of constants alone,
// its formulas go on.
//
// Panics: on constants beyond the schedule's ends; on t that is not real.
func LevelAt(s Schedule, t *Node) Level {
	if !t.DType().IsFloat() {
		exceptions.Panicf("diffusion: LevelAt: t is %s, want real times", t.Shape())
	}
	if constant := t.ConstantValue(); constant != nil {
		low, high := wideEnds(s)
		for i, v := range Values(constant) {
			if !(v >= low && v <= high) {
				noise, data := s.Ends()
				exceptions.Panicf("diffusion: LevelAt: time %d is %v, want it in [%v, %v] of %T", i, v, min(noise, data), max(noise, data), s)
			}
		}
	}
	l := Level{T: t}
	l.Alpha, l.Sigma = s.Nodes(t)
	l.DAlpha, l.DSigma = slope(l.Alpha, t), slope(l.Sigma, t)
	return l
}

// wideEnds are the least and the greatest time of a schedule, and what float32 may round them to.
func wideEnds(s Schedule) (low, high float64) {
	a, b := s.Ends()
	low, high = min(a, b), max(a, b)
	const slack = 1e-6 // ten times the round-off of float32
	return low - slack*(high-low), high + slack*(high-low)
}

// inside is t, and NaN where it is beyond the schedule's ends.
func inside(s Schedule, t *Node) *Node {
	low, high := wideEnds(s)
	beyond := LogicalOr(LessThan(t, MulScalar(OnesLike(t), low)), GreaterThan(t, MulScalar(OnesLike(t), high)))
	return Where(beyond, MulScalar(OnesLike(t), math.NaN()), t)
}

// slope is dy/dt where t has no bearing on y (a constant) or each entry of t on its own of y.
func slope(y, t *Node) *Node {
	return Gradient(ReduceAllSum(Add(y, MulScalar(t, 0))), t)[0]
}

// Ratio is σ/α.
func (l Level) Ratio() *Node { return Div(l.Sigma, l.Alpha) }

// Lambda is log α/σ.
func (l Level) Lambda() *Node { return Sub(Log(l.Alpha), Log(l.Sigma)) }
