package optimizers_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func TestSchedulesFollowTheirFormulas(t *testing.T) {
	cosine := func(warmup, floor float64) func(float64) float64 {
		return func(frac float64) float64 {
			if frac < warmup {
				return frac / warmup
			}
			return floor + (1-floor)*(1+math.Cos(math.Pi*(frac-warmup)/(1-warmup)))/2
		}
	}
	const steps = 40
	for _, tc := range []struct {
		name string
		s    zoo.Schedule
		want func(frac float64) float64
		ends [2]float64 // at the first step and just before the end
	}{
		{"cosine", optimizers.Cosine{}, cosine(0, 0), [2]float64{1, 0}},
		{"cosine with a floor", optimizers.Cosine{Floor: 0.2}, cosine(0, 0.2), [2]float64{1, 0.2}},
		{"cosine with warm-up", optimizers.Cosine{Warmup: 0.25}, cosine(0.25, 0), [2]float64{0, 0}},
		{"cosine with both", optimizers.Cosine{Warmup: 0.1, Floor: 0.5}, cosine(0.1, 0.5), [2]float64{0, 0.5}},
		{"halving", optimizers.Halving{Times: 4}, func(frac float64) float64 { return math.Pow(0.5, math.Floor(frac*5)) }, [2]float64{1, 1.0 / 16}},
		{"thirds", optimizers.Halving{Times: 1, Factor: 1.0 / 3}, func(frac float64) float64 { return math.Pow(1.0/3, math.Floor(frac*2)) }, [2]float64{1, 1.0 / 3}},
	} {
		for _, precision := range []struct {
			dtype dtypes.DType
			tol   float64
		}{
			{dtypes.Float64, 1e-13}, // some ten operations on numbers up to π
			{dtypes.Float32, 1e-5},
		} {
			t.Run(tc.name+" "+precision.dtype.String(), func(t *testing.T) {
				fracs := make([]float64, steps+1)
				for k := range steps {
					fracs[k] = (float64(k) + 0.5*float64(min(k, 1))) / steps // halves keep clear of the jumps' rounding
				}
				fracs[steps] = 1 - 1e-6
				out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
					var rates []*Node
					for k := range fracs {
						rate := tc.s.Rate(Scalar(in[0].Graph(), precision.dtype, float64(k)), ConvertDType(Reshape(Slice(in[0], AxisElem(k))), precision.dtype))
						if !rate.Shape().Equal(shapes.Make(precision.dtype)) {
							t.Errorf("the rate has shape %s, want a scalar %s", rate.Shape(), precision.dtype)
						}
						rates = append(rates, Reshape(ConvertDType(rate, dtypes.Float64), 1))
					}
					return []*Node{Concatenate(rates, 0)}
				}, fracs)
				got := check.Floats(out[0])
				for k, frac := range fracs {
					if want := tc.want(frac); math.Abs(got[k]-want) > precision.tol {
						t.Errorf("at %v of the run: %v, want %v", frac, got[k], want)
					}
				}
				// At 1 − 1e-6 the cosine is 2.5e-12 from its end; float32 cannot tell it from the end.
				if math.Abs(got[0]-tc.ends[0]) > 1e-6 || math.Abs(got[steps]-tc.ends[1]) > 1e-6 {
					t.Errorf("it goes from %v to %v, want %v to %v", got[0], got[steps], tc.ends[0], tc.ends[1])
				}
			})
		}
	}
}

// TestSchedulesAgainstOtherPrograms compares with testdata/schedules_reference.py. One compiled program gives the rates
// of all steps.
func TestSchedulesAgainstOtherPrograms(t *testing.T) {
	var reference struct {
		Schedules map[string]struct {
			Origin  string
			Factors []float64
		}
	}
	golden(t, "schedules_reference.json", &reference)
	for _, tc := range []struct {
		name string // in the reference
		s    zoo.Schedule
	}{
		{"one cycle", optimizers.OneCycle{}},
		{"one cycle of its own", optimizers.OneCycle{Rise: 0.5, Start: 0.2, End: 0.01}},
		{"step decay", optimizers.StepDecay{Every: 7, Factor: 0.3}},
		{"milestones", optimizers.Milestones{At: []int{5, 20, 33}, Factor: 0.3}},
		{"exponential", optimizers.Exponential{Factor: 0.97}},
		{"exponential in ten", optimizers.Exponential{Factor: 0.5, Every: 10}},
		{"transformer", optimizers.Warmup{Steps: 8, Then: optimizers.InverseSqrt{Steps: 8}}},
		{"warm-up, then cosine", optimizers.Warmup{Steps: 10, Then: optimizers.Cosine{Floor: 0.1}}},
		{"warm-up, then cosine", optimizers.Warmup{Part: 0.2, Then: optimizers.Cosine{Floor: 0.1}}},
		{"warm-up, then cosine", optimizers.Cosine{Warmup: 0.2, Floor: 0.1}},
		{"warm-up, then steps", optimizers.Warmup{Steps: 10, From: 0.1, Then: optimizers.StepDecay{Every: 7}}},
		{"warm-up, then steps", optimizers.Warmup{Part: 0.2, From: 0.1, Then: optimizers.StepDecay{Every: 7}}},
		{"constant, then cosine", optimizers.Warmup{Part: 0.5, From: 1, Then: optimizers.Cosine{}}},
		{"constant, then cosine", optimizers.Warmup{Steps: 25, From: 1, Then: optimizers.Cosine{}}},
	} {
		want, ok := reference.Schedules[tc.name]
		if !ok {
			t.Fatalf("no schedule %q in the reference", tc.name)
		}
		for _, precision := range []struct {
			dtype dtypes.DType
			tol   float64
		}{
			{dtypes.Float64, 1e-13}, // some ten operations on numbers up to π, and powers of up to 50 by repeated products
			{dtypes.Float32, 2e-6},
		} {
			t.Run(tc.name+" "+precision.dtype.String(), func(t *testing.T) {
				if err := tc.s.Validate(); err != nil {
					t.Fatal(err)
				}
				got := factors(t, tc.s, precision.dtype, len(want.Factors))
				for k, w := range want.Factors {
					if d := math.Abs(got[k] - w); !(d <= precision.tol) {
						t.Errorf("at step %d: %v, want %v (%s), off by %.1e", k, got[k], w, want.Origin, d)
					}
				}
			})
		}
	}
}

// factors are a schedule's at all steps of a run.
func factors(t *testing.T, s zoo.Schedule, dtype dtypes.DType, steps int) []float64 {
	t.Helper()
	exec, err := model.NewExec(check.Backend(t), model.NewStore(), zoo.GraphFn(t.Name(), func(_ *model.Scope, in []*Node) []*Node {
		index := ConvertDType(in[0], dtype)
		return []*Node{ConvertDType(s.Rate(index, DivScalar(index, float64(steps))), dtypes.Float64)}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	var rates []float64
	for k := range steps {
		out, err := exec.Exec(int64(k))
		if err != nil {
			t.Fatal(err)
		}
		rates = append(rates, check.Floats(out[0])[0])
	}
	return rates
}
