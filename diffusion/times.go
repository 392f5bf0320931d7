package diffusion

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Times is the distribution of the times that a denoiser is trained at.
type Times interface {
	Validate() error
	// Draw is times between the schedule's ends, of the step's draws. Graph function.
	Draw(s *zoo.Step, schedule Schedule, dims []int) *Node
}

// UniformTimes are equally likely between the schedule's ends.
type UniformTimes struct{}

// Validate finds nothing wrong.
func (UniformTimes) Validate() error { return nil }

// Draw is uniform times.
func (UniformTimes) Draw(s *zoo.Step, schedule Schedule, dims []int) *Node {
	noise, data := schedule.Ends()
	return AddScalar(MulScalar(s.Uniform(shapes.Make(s.DType, dims...)), noise-data), data)
}

// LogNormalTimes make log σ/α normal, held between the schedule's ends: EDM's distribution, with mean -1.2 and deviation 1.2.
//
// Source: Karras et al. 2022, arXiv:2206.00364, table 1. bib: karras2022elucidating
type LogNormalTimes struct {
	Mean float64
	Std  float64 // above 0
}

// Validate says what is wrong.
func (l LogNormalTimes) Validate() error { return wantNormal("LogNormalTimes", l.Mean, l.Std) }

func wantNormal(name string, mean, std float64) error {
	if !finite(mean) || !(std > 0) || math.IsInf(std, 0) {
		return fmt.Errorf("diffusion: %s.Mean, Std = %v, %v, want a finite mean and a deviation above 0", name, mean, std)
	}
	return nil
}

// Draw is times by the inverse of λ.
func (l LogNormalTimes) Draw(s *zoo.Step, schedule Schedule, dims []int) *Node {
	z := s.Normal(shapes.Make(s.DType, dims...))
	return TimeNodes(schedule, Neg(AddScalar(MulScalar(z, l.Std), l.Mean)))
}

// LogitNormalTimes are ends of the schedule mixed by 1/(1 + e^-z) of a normal z, more of them in the middle.
//
// Source: Esser et al. 2024, arXiv:2403.03206, section 3.1. bib: esser2024scaling
type LogitNormalTimes struct {
	Mean float64 // of z; above 0: more of them near the noise end
	Std  float64 // above 0
}

// Validate says what is wrong.
func (l LogitNormalTimes) Validate() error { return wantNormal("LogitNormalTimes", l.Mean, l.Std) }

// Draw is times between the ends.
func (l LogitNormalTimes) Draw(s *zoo.Step, schedule Schedule, dims []int) *Node {
	noise, data := schedule.Ends()
	z := AddScalar(MulScalar(s.Normal(shapes.Make(s.DType, dims...)), l.Std), l.Mean)
	return AddScalar(MulScalar(Logistic(z), noise-data), data)
}

// bisections halve a schedule's span to below round-off of float64.
const bisections = 60

// TimeNodes is the inverse of λ in a graph, for any schedule: by halving, between the schedule's ends. Values of λ beyond them give the
// ends. It has no gradient.
//
// Shapes: lambda of any; returns the same.
// Cost:   60 evaluations of the schedule.
func TimeNodes(s Schedule, lambda *Node) *Node {
	noise, data := s.Ends()
	low := MulScalar(OnesLike(lambda), noise) // λ is lower here
	high := MulScalar(OnesLike(lambda), data)
	out := autodiff.For(bisections, []*Node{low, high, StopGradient(lambda)}, func(_ *Node, state []*Node) []*Node {
		low, high, lambda := state[0], state[1], state[2]
		middle := MulScalar(Add(low, high), 0.5)
		alpha, sigma := s.Nodes(middle)
		below := LessThan(Log(Div(alpha, sigma)), lambda)
		return []*Node{Where(below, middle, low), Where(below, high, middle), lambda}
	})
	return StopGradient(MulScalar(Add(out[0], out[1]), 0.5))
}
