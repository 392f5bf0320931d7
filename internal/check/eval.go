package check

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// GraphFn is a graph function on variables and inputs.
type GraphFn = func(scope *model.Scope, in []*Node) []*Node

// shared is one backend for all tests of a process: tensors cannot move between two.
var shared = sync.OnceValues(backend.New) //nolint:gochecknoglobals // a process can load a plugin once

// Backend is the process's backend. Without one the test fails, with what to run.
func Backend(t testing.TB) *backend.Backend {
	t.Helper()
	b, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Run runs a graph function on a store's variables, which it makes where they are missing.
//
// Errors: what the graph function panics with.
func Run(t testing.TB, store *model.Store, fn GraphFn, in ...any) ([]*tensors.Tensor, error) {
	t.Helper()
	exec, err := model.NewExec(Backend(t), store, zoo.GraphFn(t.Name(), fn))
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	return exec.Exec(in...)
}

// Eval is Run for a graph function that should not fail.
func Eval(t testing.TB, store *model.Store, fn GraphFn, in ...any) []*tensors.Tensor {
	t.Helper()
	out, err := Run(t, store, fn, in...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Random is a tensor of standard normal values, float64, the same for the same seed.
func Random(seed uint64, dims ...int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	v := make([]float64, shapes.Make(dtypes.Float64, dims...).Size())
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return tensors.FromFlatDataAndDimensions(v, dims...)
}

// Floats is a float64 tensor's values.
func Floats(t *tensors.Tensor) []float64 { return tensors.MustCopyFlatData[float64](t) }

// MaxDiff is the largest absolute difference of two float64 tensors; NaN if any difference is.
func MaxDiff(t testing.TB, a, b *tensors.Tensor) float64 {
	t.Helper()
	if !a.Shape().Equal(b.Shape()) {
		t.Fatalf("shapes %s and %s differ", a.Shape(), b.Shape())
	}
	x, y := Floats(a), Floats(b)
	worst := 0.0
	for i := range x {
		worst = max(worst, math.Abs(x[i]-y[i])) // max gives NaN if either is
	}
	return worst
}
