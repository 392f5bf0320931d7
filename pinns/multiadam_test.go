package pinns_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// weights are all parameters of a result, one after another.
func weights(t *testing.T, result *runs.Trained) []float64 {
	t.Helper()
	out, err := result.Eval(t.Context(), func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		var all []*graph.Node
		variables := slices.SortedFunc(scope.Store().IterVariables(), func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
		for _, v := range variables {
			x := v.NodeValue(in[0].Graph())
			all = append(all, graph.Reshape(x, x.Shape().Size()))
		}
		return []*graph.Node{graph.Concatenate(all, 0)}
	}, []float64{0})
	if err != nil {
		t.Fatal(err)
	}
	return check.Floats(out[0])
}

// MultiAdam's steps do not depend on the terms' scales.
func TestMultiAdamIgnoresTheScalesOfTerms(t *testing.T) {
	after := func(o zoo.Optimizer, scales map[string]float64) []float64 {
		s := pinns.Solver{Network: net(10), Problem: poisson(), Interior: 64, Boundary: 32, Weights: scales}
		result, _ := check.Trained(t, s, train.Fit{Steps: 200, Optimizer: o, Precision: train.Float64})
		return weights(t, result)
	}
	scales := map[string]float64{"equation": 1e4, "boundary": 1e-3}
	multi := optimizers.MultiAdam{Epsilon: 1e-12}
	plain, scaled := after(multi, nil), after(multi, scales)
	// ε is a part of 1e-9 of the root of the boundary's scaled moments, gradients of 1e-3 or so, and steps are of size 1e-3.
	if d := furthest(plain, scaled); !(d < 1e-6) {
		t.Errorf("after 200 steps the parameters are %.2g apart, want less than 1e-6", d)
	} else {
		t.Logf("largest difference %.2g", d)
	}
	if d := furthest(plain, after(optimizers.Adam{Epsilon: 1e-12}, scales)); d < 1e-2 {
		t.Errorf("Adam on the scaled terms ends %.2g from it: the test's scales do not matter", d)
	}
}

func furthest(a, b []float64) float64 {
	worst := 0.0
	for i, x := range a {
		worst = max(worst, math.Abs(x-b[i]))
	}
	return worst
}
