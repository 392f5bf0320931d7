package optimizers_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/optimize/functions"

	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// plain is an Evaluator of a closed-form function that counts its calls.
type plain struct {
	f interface {
		Func(x []float64) float64
		Grad(grad, x []float64)
	}
	calls int
}

func (p *plain) Value(x []float64) (float64, error) { return p.f.Func(x), nil }

func (p *plain) Grad(x, g []float64) (float64, error) {
	p.calls++
	p.f.Grad(g, x)
	return p.f.Func(x), nil
}

func (p *plain) Redraw() error { return nil }

// minimise runs a host optimizer and returns the number of iterations.
func minimise(t *testing.T, h zoo.HostOptimizer, f *plain, x []float64, most int) int {
	t.Helper()
	state := h.Start(len(x))
	for i := range most {
		done, err := h.Iterate(t.Context(), f, x, state)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			return i
		}
	}
	return most
}

func TestLBFGSFindsMinima(t *testing.T) {
	for _, tc := range []struct {
		name string
		f    interface {
			Func(x []float64) float64
			Grad(grad, x []float64)
		}
		start, want []float64
	}{
		{"Rosenbrock", functions.ExtendedRosenbrock{}, []float64{-1.2, 1}, []float64{1, 1}},
		{"Rosenbrock in ten dimensions", functions.ExtendedRosenbrock{}, []float64{-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1}, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"Beale", functions.Beale{}, []float64{1, 1}, []float64{3, 0.5}},
		{"Brown's badly scaled", functions.BrownBadlyScaled{}, []float64{1, 1}, []float64{1e6, 2e-6}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x := append([]float64(nil), tc.start...)
			f := &plain{f: tc.f}
			n := minimise(t, optimizers.LBFGS{}, f, x, 200)
			if n == 200 {
				t.Errorf("not converged after 200 iterations, at %v", x)
			}
			if f.calls > 3*n+30 {
				t.Errorf("%d gradients for %d iterations, want mostly one each", f.calls, n)
			}
			for i := range x {
				// The tolerance is on the gradient (1e-10); these functions have condition numbers up to 1e6 there.
				if math.Abs(x[i]-tc.want[i]) > 1e-5*math.Max(1, math.Abs(tc.want[i])) {
					t.Fatalf("minimum at %v, want %v", x, tc.want)
				}
			}
		})
	}
}

func TestLBFGSStateSurvives(t *testing.T) {
	start := []float64{-1.2, 1}
	straight := append([]float64(nil), start...)
	h := optimizers.LBFGS{}
	f := &plain{f: functions.ExtendedRosenbrock{}}
	minimise(t, h, f, straight, 12)
	cut := append([]float64(nil), start...)
	first := h.Start(2)
	for range 5 {
		if _, err := h.Iterate(t.Context(), f, cut, first); err != nil {
			t.Fatal(err)
		}
	}
	saved, err := first.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	second := h.Start(2)
	if err := second.UnmarshalBinary(saved); err != nil {
		t.Fatal(err)
	}
	for range 7 {
		if _, err := h.Iterate(t.Context(), f, cut, second); err != nil {
			t.Fatal(err)
		}
	}
	if straight[0] != cut[0] || straight[1] != cut[1] {
		t.Errorf("after a save and a load the iterates are at %v, want %v", cut, straight)
	}
	if again, err := second.MarshalBinary(); err != nil || bytes.Equal(again, saved) {
		t.Errorf("the state did not move on (%v)", err)
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	for _, tc := range []struct {
		part interface{ Validate() error }
		want []string
	}{
		{optimizers.Adam{Beta1: 1, Decay: -1}, []string{"Adam.Beta1 = 1", "Adam.Decay = -1"}},
		{optimizers.AMSGrad{Beta2: 1, Epsilon: -1}, []string{"AMSGrad.Beta2 = 1", "AMSGrad.Epsilon = -1"}},
		{optimizers.NAdam{Beta1: -1}, []string{"NAdam.Beta1 = -1"}},
		{optimizers.RAdam{Beta1: 2, Beta2: 0.5}, []string{"RAdam.Beta1 = 2", "RAdam.Beta2 = 0.5"}},
		{optimizers.Adadelta{Rho: 1, Epsilon: -1}, []string{"Adadelta.Rho = 1", "Adadelta.Epsilon = -1"}},
		{optimizers.SGD{Momentum: 2}, []string{"SGD.Momentum = 2"}},
		{optimizers.LBFGS{Memory: -1, Tolerance: -2}, []string{"LBFGS.Memory = -1", "LBFGS.Tolerance = -2"}},
		{optimizers.Cosine{Warmup: 1, Floor: 2}, []string{"Cosine.Warmup = 1", "Cosine.Floor = 2"}},
		{optimizers.Warmup{From: 2, Then: optimizers.Halving{}}, []string{"Warmup.Steps = 0 with Part = 0", "Warmup.From = 2", "Halving.Times = 0"}},
		{optimizers.Warmup{Steps: 1, Part: 2}, []string{"Warmup.Steps = 1 with Part = 2", "Warmup.Part = 2"}},
		{optimizers.OneCycle{Rise: 1, Start: -1, End: 2}, []string{"OneCycle.Rise = 1", "OneCycle.Start = -1", "OneCycle.End = 2"}},
		{optimizers.Exponential{Every: -1}, []string{"Exponential.Factor = 0", "Exponential.Every = -1"}},
		{optimizers.StepDecay{Factor: 1}, []string{"StepDecay.Every = 0", "StepDecay.Factor = 1"}},
		{optimizers.Milestones{At: []int{3, 2}, Factor: -1}, []string{"Milestones.At = [3 2]", "Milestones.Factor = -1"}},
		{optimizers.InverseSqrt{}, []string{"InverseSqrt.Steps = 0"}},
		{
			optimizers.Plateau{Optimizer: optimizers.SGD{Momentum: 2}, Factor: 1, Tolerance: 1, Floor: 2, Patience: -1, Every: -1, Cooldown: -1},
			[]string{"SGD.Momentum = 2", "Plateau.Factor = 1", "Plateau.Tolerance = 1", "Plateau.Floor = 2", "Plateau.Patience = -1", "Plateau.Every = -1", "Plateau.Cooldown = -1"},
		},
		{optimizers.ClipNorm{Optimizer: optimizers.SGD{Momentum: 2}}, []string{"SGD.Momentum = 2", "ClipNorm.Limit = 0"}},
		{optimizers.ClipValue{Limit: -1}, []string{"ClipValue.Limit = -1"}},
		{optimizers.EMA{Warmup: 1}, []string{"EMA.Decay = 0", "EMA.Warmup = 1"}},
		{
			optimizers.MultiAdam{Groups: [][]string{{"a"}, {"a"}, {}}, Weights: []float64{0}, Beta1: 1},
			[]string{"MultiAdam.Groups[1] = [\"a\"]", "MultiAdam.Groups[2] is empty", "MultiAdam.Weights = [0]", "MultiAdam.Weights[0] = 0", "MultiAdam.Beta1 = 1"},
		},
		{optimizers.Halving{Factor: 1}, []string{"Halving.Times = 0", "Halving.Factor = 1"}},
	} {
		err := tc.part.Validate()
		for _, want := range tc.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%T: error %v, want one with %q", tc.part, err, want)
			}
		}
	}
}
