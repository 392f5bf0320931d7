package train_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func open(t testing.TB) *backend.Backend {
	t.Helper()
	b, err := backend.New()
	if err != nil {
		t.Fatal(err)
	}
	if !b.XLA() {
		t.Fatalf("backend is %q, want XLA: run `go run ./cmd/fieldbook setup`", b.Choice)
	}
	return b
}

// curve learns y = sin(3x) from rows with a small network. Its variations are what a key must and must not see.
type curve struct {
	Rows       int
	Activation func(*Node) *Node `json:"-"`
	Small      float64           // a scalar constant in the loss
	Large      float64           // a value in a constant of 64 elements
	Inner      float64           // a constant in a loop's body
	Swap       bool              // another order of that loop's state
	Init       float64           // standard deviation of the weights
	Given      []float64         // an initial value
	Valid      bool
	Noise      bool  // draws in the loss
	Break      int64 // the step of which a term is not finite
	Cusp       bool  // at that step it is not the term but its gradient
	Stream     bool
	Name       string // of the task, a Go-side label that no program holds
}

func newCurve() curve {
	return curve{Rows: 40, Activation: Tanh, Small: 1, Large: 1, Inner: 1, Init: 0.5, Given: []float64{0.25}, Break: -1}
}

func (c curve) Validate() error {
	if c.Rows < 1 && !c.Stream {
		return errors.New("curve: Rows = 0, want at least 1")
	}
	return nil
}

func (c curve) pairs(from int64, n int) []*tensors.Tensor {
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = math.Sin(12.9898 * float64(from+int64(i)+1))
		y[i] = math.Sin(3 * x[i])
	}
	return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, n, 1), tensors.FromFlatDataAndDimensions(y, n, 1)}
}

func (c curve) Data() (zoo.Data, error) {
	row := shapes.Make(dtypes.Float64, max(1, c.Rows), 1)
	d := zoo.Data{
		Key: "sin 3x", Rows: []shapes.Shape{row, row},
		Load: func(context.Context) (rows, whole []*tensors.Tensor, err error) { return c.pairs(0, c.Rows), nil, nil },
	}
	if c.Valid {
		d.Valid = &zoo.Data{Rows: d.Rows, Load: d.Load}
	}
	if c.Stream {
		d.Load = nil
		d.Stream = func(_ context.Context, from int64, n int) ([]*tensors.Tensor, error) { return c.pairs(from, n), nil }
	}
	return d, nil
}

func (c curve) network(s *zoo.Step, x *Node) *Node {
	g := x.Graph()
	normal := func(g *Graph, shape shapes.Shape) *Node {
		return MulScalar(s.Scope.RandomNormal(g, shape), c.Init)
	}
	scope := s.Scope.At("net").WithInitializer(normal)
	h := c.Activation(MatMul(x, scope.VariableWithShape("w1", shapes.Make(x.DType(), 1, 16)).NodeValue(g)))
	given := any([]float32{float32(c.Given[0])})
	if x.DType() == dtypes.Float64 {
		given = c.Given
	}
	bias := scope.VariableWithValue("bias", given)
	return Add(MatMul(h, scope.VariableWithShape("w2", shapes.Make(x.DType(), 16, 1)).NodeValue(g)), ExpandAxes(bias.NodeValue(g), 0))
}

func (c curve) Loss(s *zoo.Step) []zoo.Term {
	g := s.Graph
	x, y := s.Rows[0], s.Rows[1]
	if c.Noise {
		x = Add(x, MulScalar(s.Normal(x.Shape()), 0.01))
	}
	table := make([]float32, 64)
	table[17] = float32(c.Large)
	offset := ReduceAllSum(ConvertDType(Const(g, table), x.DType()))
	u := c.network(s, x)
	state := []*Node{Scalar(g, dtypes.Int32, 0), Scalar(g, x.DType(), 0), Scalar(g, x.DType(), 5)}
	if c.Swap {
		state[1], state[2] = state[2], state[1]
	}
	loop := backend.While(state,
		func(s []*Node) *Node { return LessThan(s[0], Scalar(s[0].Graph(), dtypes.Int32, 3)) },
		func(s []*Node) []*Node { return []*Node{AddScalar(s[0], 1), AddScalar(s[1], c.Inner), s[2]} })
	bad := MulScalar(StopGradient(Add(loop[1], offset)), 0)
	if c.Break >= 0 {
		at := Equal(s.Index, Scalar(g, dtypes.Int64, c.Break))
		if c.Cusp {
			zero := MulScalar(ReduceAllMean(Square(u)), 0)
			bad = Add(bad, Sqrt(Where(at, zero, OnesLike(zero))))
		} else {
			bad = Add(bad, Where(at, Scalar(g, x.DType(), math.NaN()), Scalar(g, x.DType(), 0)))
		}
	}
	return []zoo.Term{
		{Name: "fit", Residual: MulScalar(Sub(u, y), c.Small), Weight: 1},
		{Name: "size", Value: Add(ReduceAllMean(Square(u)), bad), Weight: 1e-3},
	}
}

// validated is a curve with a validation pass.
type validated struct{ curve }

func (v validated) Valid(s *zoo.Step) []zoo.Metric {
	return []zoo.Metric{{Name: "rmse", Value: Sqrt(ReduceAllMean(Square(Sub(v.network(s, s.Rows[0]), s.Rows[1]))))}}
}

// trained runs a task to its end and returns its driver.
func trained(t testing.TB, task zoo.Task, fit train.Fit, o train.Options) *train.Driver {
	t.Helper()
	d, err := train.New(open(t), task, fit, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context(), func(train.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return d
}

// values are a run's results, by variable.
func values(t testing.TB, d *train.Driver) map[string]any {
	t.Helper()
	out := map[string]any{}
	for path, v := range d.Result() {
		out[path] = v.Value()
	}
	return out
}
