package optimizers_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
)

// TestSecondOrderInFloat32 finds Rosenbrock's minimum in single precision, and ends by itself.
func TestSecondOrderInFloat32(t *testing.T) {
	problem := optimizers.LeastSquares{{Of: rosenbrock}}
	for _, tc := range []struct {
		name     string
		minimise func(params []*Node) ([]*Node, optimizers.Report)
	}{
		{"LevenbergMarquardt by QR", func(p []*Node) ([]*Node, optimizers.Report) {
			return optimizers.LevenbergMarquardt{}.Minimise(problem, p, nil, 200)
		}},
		{"LevenbergMarquardt by Cholesky", func(p []*Node) ([]*Node, optimizers.Report) {
			return optimizers.LevenbergMarquardt{Factorise: optimizers.ByCholesky}.Minimise(problem, p, nil, 200)
		}},
		{"NaturalGradient", func(p []*Node) ([]*Node, optimizers.Report) {
			return optimizers.NaturalGradient{Damping: 1e-5}.Minimise(problem, p, nil, 200)
		}},
		{"TrustRegion", func(p []*Node) ([]*Node, optimizers.Report) {
			return optimizers.TrustRegion{Gradient: 1e-4}.Minimise(problem.Loss, p, nil, 200)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := eval(t, func(in []*Node) []*Node {
				best, report := tc.minimise([]*Node{ConvertDType(in[0], dtypes.Float32)})
				if best[0].DType() != dtypes.Float32 || report.Loss.DType() != dtypes.Float32 {
					t.Errorf("parameters are %s and the loss %s, want Float32", best[0].DType(), report.Loss.DType())
				}
				return []*Node{ConvertDType(best[0], dtypes.Float64), report.Steps, report.Status}
			}, []float64{-1.2, 1})
			status := optimizers.Status(tensors.ToScalar[int32](out[2]))
			t.Logf("%d steps, %s, at %v", tensors.ToScalar[int32](out[1]), status, check.Floats(out[0]))
			if status == optimizers.Running || status == optimizers.NotFinite {
				t.Errorf("status %q, want an end", status)
			}
			for i, x := range check.Floats(out[0]) {
				// The residuals are known to 10·6e-8 and the least singular value of their Jacobian is 0.4; the trust region ends at a
				// gradient of 1e-4, with a least curvature of 0.2.
				if !(math.Abs(x-1) < 1e-3) {
					t.Errorf("x%d = %v, want 1", i, x)
				}
			}
		})
	}
}
