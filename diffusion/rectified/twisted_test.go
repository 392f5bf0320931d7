package rectified_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion/rectified"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/metrics"
)

// TestTwisted: the pairs are of least cost for no rotation, and of the same marginals for any.
func TestTwisted(t *testing.T) {
	const n = 1000
	made := func(angle float64) (x0, x1, best datasets.Array) {
		r := rectified.Twisted{Angle: angle, Scale: 0.5, Bend: 1, Train: 1, Test: n, Seed: 3}
		set, err := datasets.Load(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		test := set.Test()
		return test.Input, test.Output, r.Best(test.Input)
	}
	cost := func(a, b datasets.Array) (sum float64) {
		for i, v := range a.Values {
			sum += math.Pow(v-b.Values[i], 2) / n
		}
		return sum
	}
	x0, x1, best := made(0)
	if d := cost(x1, best); d != 0 { // the same function of the same numbers, but for 1·x - 0·y
		t.Errorf("without a rotation the pairs are %v from the best ones, want 0", d)
	}
	least, err := metrics.Wasserstein(x0.Values, x1.Values, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if c := cost(x0, x1); !(math.Abs(c-least*least) < 1e-10*c) { // a gradient of a convex function is the best assignment of any points
		t.Errorf("the pairs cost %v, the best assignment %v", c, least*least)
	}
	x0, x1, best = made(60)
	if a, b := cost(x0, x1), cost(x0, best); !(a > 2*b) {
		t.Errorf("rotated pairs cost %v, the best ones %v, want more than twice as much", a, b)
	}
	d, err := metrics.EnergyDistance(x1.Values, best.Values, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(d) < 4e-3) { // two samples of 1000 of one distribution differ by 1e-3
		t.Errorf("the marginals of rotated pairs and of the best ones have the energy distance %v, want 0", d)
	}
}

// turned is the potential of a rotation's best gradient: half of d log|X_t|/dt times |x|².
type turned struct{ cos float64 }

func (turned) Validate() error { return nil }

func (p turned) Forward(_ *model.Scope, in ...*Node) *Node {
	x, t := in[0], in[1]
	rate := func(t *Node) *Node { // c = |X_t|²/|X_0|², and half of its slope
		c := Add(Add(Square(OneMinus(t)), Square(t)), MulScalar(Mul(t, OneMinus(t)), 2*p.cos))
		return Div(MulScalar(AddScalar(MulScalar(t, 2), -1), 1-p.cos), c)
	}
	return MulScalar(Mul(rate(t), ReduceAndKeep(Square(x), ReduceSum, 1)), 0.5)
}

// pieces is a potential of two separate pieces that move by Δ_k from their middles m_k, linear in each.
type pieces struct{ middle, move [][]float64 }

func (pieces) Validate() error { return nil }

func (p pieces) Forward(_ *model.Scope, in ...*Node) *Node {
	x, t := in[0], in[1]
	var near, slope []*Node
	for k := range p.middle {
		at := Add(row(x, p.middle[k]), Mul(t, row(x, p.move[k])))
		near = append(near, MulScalar(ReduceAndKeep(Square(Sub(x, at)), ReduceSum, 1), -20))
		slope = append(slope, ReduceAndKeep(Mul(x, BroadcastToShape(row(x, p.move[k]), x.Shape())), ReduceSum, 1))
	}
	return ReduceAndKeep(Mul(Softmax(Concatenate(near, 1), 1), Concatenate(slope, 1)), ReduceSum, 1)
}

func row(x *Node, v []float64) *Node {
	return ConvertDType(Const(x.Graph(), [][]float64{v}), x.DType())
}

// closed runs graph functions on no variables.
type closed struct{ t *testing.T }

func (c closed) Eval(_ context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	return check.Run(c.t, model.NewStore(), fn, in...)
}

// TestPotentialOfARotation: the flow of the best gradient leads every point back, S + V is all of the cost, and both follow from |X_t|.
func TestPotentialOfARotation(t *testing.T) {
	recipe := rectified.Twisted{Angle: 60, Scale: 1, Train: 1, Test: 500}
	f := rectified.Flow{Model: turned{cos: 0.5}, Pairs: rectified.Paired{Recipe: recipe}, Cost: rectified.Power{P: 2}}
	got, err := f.Measure(t.Context(), closed{t}, solver, 500, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !(got.After < 1e-8) || !(math.Abs(got.Defect()) < 2e-3) { // paths to 1e-5; eight times for each pair
		t.Errorf("terms %+v with defect %v, want no cost after, and none", got, got.Defect())
	}
}

// TestSeparatePiecesStayWrong: of two separate pieces that go to the wrong places, each in one piece, the velocity is a gradient, its loss
// 0 and the paths straight: no round changes the coupling, though the other one costs less.
//
// Source: Hertrich, Chambolle & Delon 2025, arXiv:2505.19712. bib: hertrich2025relation
func TestSeparatePiecesStayWrong(t *testing.T) {
	const n = 400
	p := pieces{middle: [][]float64{{-2, 0}, {2, 0}}, move: [][]float64{{3, 2}, {-3, -2}}}
	x0, err := rectified.Normal(n, []int{2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	x1 := x0
	x1.Values = make([]float64, 2*n)
	for i := range n {
		k := i % 2
		for a := range 2 {
			x0.Values[2*i+a] = p.middle[k][a] + 0.4*math.Tanh(x0.Values[2*i+a]) // within 0.4 of the middle
			x1.Values[2*i+a] = x0.Values[2*i+a] + p.move[k][a]
		}
	}
	f := rectified.Flow{Model: p, Pairs: rectified.Generated{}, Cost: rectified.Power{P: 2}}
	got, err := f.MeasureOn(t.Context(), closed{t}, solver, x0, x1)
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(got.Crossing) < 1e-8) || !(math.Abs(got.Straightness) < 1e-6) || !(math.Abs(got.After-got.Before) < 1e-6) { // the solve's tolerance
		t.Errorf("terms %+v, want no loss, straight paths and the same cost", got)
	}
	least, err := metrics.Wasserstein(x0.Values, x1.Values, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if c := least * least / 2; !(c < got.After/2) {
		t.Errorf("the best coupling costs %v, this one %v, want less than half", c, got.After)
	}
}

func TestTwistedRefuses(t *testing.T) {
	err := rectified.Twisted{Angle: 400, Bend: -1}.Validate()
	for _, want := range []string{"Twisted.Angle = 400", "Twisted.Scale = 0, want it above 0", "Twisted.Bend = -1", "Twisted.Train, Test = 0, 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	wrong := rectified.Flow{Model: network(2), Cost: rectified.Power{P: 2}, Pairs: rectified.Paired{Recipe: rectified.Twisted{Scale: 1, Train: 1, Test: 5}}}
	_, err = check.Run(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		return wrong.Predict(scope, in[0], in[1])
	}, tensors.FromShape(shapes.Make(dtypes.Float64, 3, 2)), tensors.FromShape(shapes.Make(dtypes.Float64, 3)))
	if err == nil || !strings.Contains(err.Error(), "rectified: Flow.Model gave (Float64)[3, 2]") {
		t.Errorf("a potential of two channels gives %v", err)
	}
}
