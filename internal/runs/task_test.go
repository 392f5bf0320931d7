package runs_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// wave is a recipe of x and sin(Frequency·x).
type wave struct {
	Rows      int
	Frequency float64
}

func (wave) Name() string { return "wave" }
func (wave) Version() int { return 1 }
func (w wave) Validate() error {
	return nil
}

func (w wave) Arrays() []datasets.Shape {
	axes := []string{"sample", "channel"}
	return []datasets.Shape{{Name: "input", Axes: axes, Dims: []int{w.Rows, 1}}, {Name: "output", Axes: axes, Dims: []int{w.Rows, 1}}}
}

func (w wave) Make(_ context.Context, report func(done, total int)) (datasets.Set, error) {
	var set datasets.Set
	x, y := make([]float64, w.Rows), make([]float64, w.Rows)
	for i := range x {
		x[i] = math.Sin(12.9898 * float64(i+1))
		y[i] = math.Sin(w.Frequency * x[i])
	}
	for i, s := range w.Arrays() {
		set.Arrays = append(set.Arrays, datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims, Values: [][]float64{x, y}[i]})
	}
	if report != nil {
		report(w.Rows, w.Rows)
	}
	return set, nil
}

// fitted learns a wave from noisy inputs. NaN at step Break, if it is not negative.
type fitted struct {
	Wave  wave
	Width int
	Break int64
}

func newFitted() fitted { return fitted{Wave: wave{40, 3}, Width: 16, Break: -1} }

func (fitted) Validate() error { return nil }

func (f fitted) Data() (zoo.Data, error) {
	key, err := datasets.Key(f.Wave)
	row := shapes.Make(dtypes.Float64, f.Wave.Rows, 1)
	d := zoo.Data{Key: key, Rows: []shapes.Shape{row, row}, Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
		set, err := datasets.Load(ctx, f.Wave)
		for _, a := range set.Arrays {
			rows = append(rows, tensors.FromFlatDataAndDimensions(a.Values, a.Dims...))
		}
		return rows, nil, err
	}}
	d.Valid = &zoo.Data{Rows: d.Rows, Load: d.Load}
	return d, err
}

func (f fitted) network(scope *model.Scope, x *Node) *Node {
	g := x.Graph()
	scope = scope.At("net").WithInitializer(func(g *Graph, shape shapes.Shape) *Node { return MulScalar(scope.RandomNormal(g, shape), 0.5) })
	h := Tanh(MatMul(x, scope.VariableWithShape("w1", shapes.Make(x.DType(), 1, f.Width)).NodeValue(g)))
	return MatMul(h, scope.VariableWithShape("w2", shapes.Make(x.DType(), f.Width, 1)).NodeValue(g))
}

func (f fitted) Loss(s *zoo.Step) []zoo.Term {
	x := Add(s.Rows[0], MulScalar(s.Normal(s.Rows[0].Shape()), 0.01))
	u := f.network(s.Scope, x)
	size := ReduceAllMean(Square(u))
	if f.Break >= 0 {
		at := Equal(s.Index, Scalar(s.Graph, dtypes.Int64, f.Break))
		size = Where(at, Scalar(s.Graph, size.DType(), math.NaN()), size)
	}
	return []zoo.Term{{Name: "fit", Residual: Sub(u, s.Rows[1]), Weight: 1}, {Name: "size", Value: size, Weight: 1e-4}}
}

func (f fitted) Valid(s *zoo.Step) []zoo.Metric {
	return []zoo.Metric{{Name: "rmse", Value: Sqrt(ReduceAllMean(Square(Sub(f.network(s.Scope, s.Rows[0]), s.Rows[1]))))}}
}

func (f fitted) Predict(scope *model.Scope, in ...*Node) []*Node {
	return []*Node{f.network(scope, in[0])}
}

// sick is a task whose validation is never finite.
type sick struct{ fitted }

// Valid is the logarithm of a negative number.
func (k sick) Valid(s *zoo.Step) []zoo.Metric {
	broken := Log(MulScalar(ReduceAllMean(Square(k.network(s.Scope, s.Rows[0]))), -1))
	return []zoo.Metric{{Name: "rmse", Value: broken}}
}

var (
	_ zoo.Validator = fitted{}
	_ zoo.Predictor = fitted{}
)

// shared is one backend for all tests.
var shared = sync.OnceValues(backend.New)

// session opens a store in dir.
func session(t testing.TB, dir string) *runs.Session {
	t.Helper()
	b, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	if !b.XLA() {
		t.Fatalf("backend is %q, want XLA: run `go run ./cmd/fieldbook setup`", b.Choice)
	}
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &runs.Session{Backend: b, Store: s}
}

func opened(t testing.TB, s *runs.Session, task zoo.Task, fit train.Fit) *runs.Run {
	t.Helper()
	r, err := s.Open(task, fit)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// done trains a run in a store of its own or in s and returns it.
func done(t testing.TB, s *runs.Session, task zoo.Task, fit train.Fit) *runs.Run {
	t.Helper()
	r := opened(t, s, task, fit)
	if err := r.Train(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// outcome is what must be equal to the bit: the predictions at a few points, and the lines of the history.
type outcome struct {
	Values  any
	Metrics string
}

func outcomeOf(t testing.TB, s *runs.Session, r *runs.Run, task fitted) outcome {
	t.Helper()
	trained, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	out, err := trained.Eval(t.Context(), func(scope *model.Scope, in []*Node) []*Node { return task.Predict(scope, in...) },
		[][]float64{{-1}, {-0.5}, {0.1}, {0.7}})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile(filepath.Join(folder(s, r.Key()), "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return outcome{out[0].Value(), string(lines)}
}

// folder is a run's folder.
func folder(s *runs.Session, key string) string { return filepath.Join(s.Store.Dir(), "runs", key) }

func same(t testing.TB, what string, got, want outcome) {
	t.Helper()
	if !reflect.DeepEqual(got.Values, want.Values) {
		t.Errorf("%s: it predicts %v, the unbroken run %v", what, got.Values, want.Values)
	}
	if got.Metrics != want.Metrics {
		t.Errorf("%s: metrics.jsonl differs from the unbroken run's (%d bytes, want %d)", what, len(got.Metrics), len(want.Metrics))
	}
}

// noisyFit is short, with all that a checkpoint must hold: an average, a best state, a schedule's place, validations.
func noisyFit(steps int) train.Fit {
	return train.Fit{Steps: steps, Batch: 20, Rate: 1e-2, Seed: 5, EMA: 0.9, ValidEvery: 5, Clip: 1}
}

const soon = time.Nanosecond // between checkpoints: one after each chunk

// summary is a run as a list shows it.
func summary(t *testing.T, s *runs.Session, key string) runs.Summary {
	t.Helper()
	r, err := s.Store.Run(key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := runs.Summarise(r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
