package optimizers_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// told is an objective whose losses are given, with the gradient 1 and the rate 1.
type told struct {
	zoo.Objective
	params []*Node
	index  *Node
	losses []float64
}

func (o told) Value() *Node {
	return Reshape(ConvertDType(DynamicSlice(Const(o.index.Graph(), o.losses), []*Node{o.index}, []int{1}), o.params[0].DType()))
}

func (o told) Grad() []*Node {
	var out []*Node
	for _, p := range o.params {
		out = append(out, OnesLike(p))
	}
	return out
}

func (o told) Rate() *Node { return ScalarOne(o.index.Graph(), o.params[0].DType()) }

// TestPlateauAgainstOptax compares with testdata/schedules_reference.py.
func TestPlateauAgainstOptax(t *testing.T) {
	var reference struct {
		Losses   []float64
		Plateaus []struct {
			Settings struct {
				Factor, RTol       float64
				Patience, Cooldown int
				AccumulationSize   int     `json:"accumulation_size"`
				Floor              float64 `json:"min_scale"`
			}
			Factors []float64
		}
	}
	golden(t, "schedules_reference.json", &reference)
	if len(reference.Plateaus) != 3 {
		t.Fatalf("%d plateaus in the reference, want 3", len(reference.Plateaus))
	}
	for _, tc := range reference.Plateaus {
		s := tc.Settings
		o := optimizers.Plateau{
			Optimizer: optimizers.SGD{}, Factor: s.Factor, Patience: s.Patience, Every: s.AccumulationSize,
			Tolerance: s.RTol, Cooldown: s.Cooldown, Floor: s.Floor,
		}
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, precision := range []struct {
			dtype dtypes.DType
			tol   float64
		}{
			{dtypes.Float64, 1e-13}, // a difference of two parameters of size up to 50
			{dtypes.Float32, 1e-5},
		} {
			t.Run(precision.dtype.String(), func(t *testing.T) {
				at := path(t, o, precision.dtype, func(index *Node, params []*Node) zoo.Objective {
					return told{params: params, index: index, losses: reference.Losses}
				}, len(tc.Factors))
				before := -1.5 // where the first parameter starts
				for k, want := range tc.Factors {
					if got := before - at[k][0]; !(math.Abs(got-want) <= precision.tol) {
						t.Errorf("factor at step %d: %v, want %v with %+v", k, got, want, s)
					}
					before = at[k][0]
				}
			})
		}
	}
}
