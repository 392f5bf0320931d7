package jet_test

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

func TestSetRefuses(t *testing.T) {
	tx := []string{"t", "x"}
	term := []jet.Term{{"xx", 1}}
	for name, c := range map[string]struct {
		set  jet.Set
		want string
	}{
		"no variables":       {jet.Set{}, "jet: Set.Variables is empty"},
		"twice":              {jet.Set{Variables: []string{"x", "x"}}, "Set.Variables[1] = \"x\""},
		"unknown variable":   {jet.Set{Variables: tx, Derivatives: []string{"t", "xy"}}, "Set.Derivatives[1] = \"xy\", want names out of the variables t, x"},
		"order":              {jet.Set{Variables: tx, Derivatives: []string{strings.Repeat("x", 17)}}, "of order 17, want at most 16"},
		"index too short":    {jet.NewSet(2, []int{1}), "Set.Indices[0] = [1], want 2 orders"},
		"negative index":     {jet.NewSet(2, []int{1, -1}), "want orders of at least 0"},
		"operator, no name":  {jet.Set{Variables: tx, Operators: []jet.Operator{{Terms: term}}}, "Set.Operators[0].Name = \"\""},
		"operator, no terms": {jet.Set{Variables: tx, Operators: []jet.Operator{{Name: "L"}}}, "Set.Operators[0].Terms is empty"},
		"operator, order 0":  {jet.Set{Variables: tx, Operators: []jet.Operator{{"L", []jet.Term{{"", 1}}}}}, "of order 0, want 1 to 16"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.set.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	good := jet.Set{Variables: []string{"x", "x1"}, Derivatives: []string{"x1x", "x x1", ""}, Operators: []jet.Operator{{"L", term}}}
	if err := good.Validate(); err != nil {
		t.Errorf("a good set is refused: %v", err)
	}
}

func TestGraphFunctionsRefuse(t *testing.T) {
	set := jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"t"}}
	for name, c := range map[string]struct {
		fn   func(x *Node) *Node
		want string
	}{
		"columns":        {func(x *Node) *Node { return jet.Seed(jet.NewSet(3), x).Value() }, "want [points, 3]"},
		"invalid set":    {func(x *Node) *Node { return jet.Seed(jet.NewSet(2, []int{1}), x).Value() }, "want 2 orders"},
		"not asked for":  {func(x *Node) *Node { return jet.Seed(set, x).D("x") }, "was not asked for"},
		"no such name":   {func(x *Node) *Node { return jet.Seed(set, x).D("y") }, "names out of the variables"},
		"no operator":    {func(x *Node) *Node { return jet.Seed(set, x).Operator("L") }, "operator \"L\" was not asked for"},
		"two sets":       {func(x *Node) *Node { return jet.Add(jet.Seed(set, x), jet.SeedLaplacian(x)).Value() }, "jets of different sets"},
		"laplacian":      {func(x *Node) *Node { return jet.Seed(set, x).Laplacian() }, "want SeedLaplacian"},
		"zero jet":       {func(x *Node) *Node { return jet.Add(jet.Jet{}, jet.Lift(x)).Value() }, "an empty Jet"},
		"weights":        {func(x *Node) *Node { return jet.MatMul(jet.Lift(x), x).Value() }, "want weights [2, out]"},
		"negative power": {func(x *Node) *Node { return jet.Power(jet.Lift(x), -1).Value() }, "want at least 0"},
		"axis of points": {func(x *Node) *Node { return jet.Concatenate(0, jet.Lift(x)).Value() }, "want an axis after the points'"},
		"heads":          {func(x *Node) *Node { return jet.Attention(jet.Lift(x), jet.Lift(x), jet.Lift(x), 1).Value() }, "want [points, tokens, channels]"},
		"directions":     {func(x *Node) *Node { return jet.SeedTrace(x, OnesLike(ReduceAllSum(x)), nil).Value() }, "along"},
		"drift":          {func(x *Node) *Node { return jet.SeedTrace(x, x, ReduceSum(x, 0)).Value() }, "with drift"},
		"reverse":        {func(x *Node) *Node { return jet.Reverse(set, x, mixPoints).Value() }, "want a row for each of 3 points"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{c.fn(in[0])} }, check.Random(1, 3, 2))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// mixPoints mixes all points.
func mixPoints(x *Node) *Node { return ReduceAllSum(x) }

func TestExactZeros(t *testing.T) {
	// What is not reached by a variable is zero, in the value's shape; what is linear has no second derivative.
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x := jet.Seed(jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"tt", "tx"}}, in[0])
		y := jet.Mul(jet.Column(x, 1), jet.MulScalar(jet.Column(x, 1), 2))
		return []*Node{y.D("t"), y.D("tt"), y.D("tx"), x.D("tt"), jet.Lift(in[0]).D("t"), x.D("t"), jet.Lift(in[0]).D(""), jet.Lift(in[0]).Partial(0, 0), in[0]}
	}, check.Random(1, 3, 2))
	for i, cols := range []int{1, 1, 1, 2, 2} {
		if d := check.MaxDiff(t, out[i], tensors.FromFlatDataAndDimensions(make([]float64, 3*cols), 3, cols)); d != 0 {
			t.Errorf("derivative %d is %v, want zeros", i, check.Floats(out[i]))
		}
	}
	if d := check.MaxDiff(t, out[5], tensors.FromFlatDataAndDimensions([]float64{1, 0, 1, 0, 1, 0}, 3, 2)); d != 0 {
		t.Errorf("the coordinates' derivative in t is %v, want 1, 0 at each point", check.Floats(out[5]))
	}
	for i, got := range out[6:8] {
		if d := check.MaxDiff(t, got, out[8]); d != 0 {
			t.Errorf("%d: the derivative of no order of what is lifted is off by %v, want the value", i, d)
		}
	}
}
