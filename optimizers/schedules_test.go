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
