package train_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/fieldbook-go/fieldbook/internal/native"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func keyOf(t *testing.T, task zoo.Task, fit train.Fit, o train.Options) string {
	t.Helper()
	d, err := train.New(open(t), task, fit, o)
	if err != nil {
		t.Fatal(err)
	}
	return d.Key()
}

func baseFit() train.Fit { return train.Fit{Steps: 100, Batch: 20, Rate: 1e-2, Seed: 1} }

// sameTanh is graph.Tanh under another Go name.
func sameTanh(x *Node) *Node { return Tanh(x) }

func TestKeyChanges(t *testing.T) {
	base := keyOf(t, newCurve(), baseFit(), train.Options{})
	seen := map[string]string{base: "the base"}
	for _, tc := range []struct {
		name   string
		change func(c *curve, f *train.Fit)
	}{
		{"activation", func(c *curve, _ *train.Fit) { c.Activation = Sigmoid }},
		{"small constant", func(c *curve, _ *train.Fit) { c.Small = 1.0001 }},
		{"large constant", func(c *curve, _ *train.Fit) { c.Large = 1.0001 }},
		{"closure's body", func(c *curve, _ *train.Fit) { c.Inner = 1.0001 }},
		{"order of a loop's state", func(c *curve, _ *train.Fit) { c.Swap = true }},
		{"initialiser", func(c *curve, _ *train.Fit) { c.Init = 0.5001 }},
		{"given value", func(c *curve, _ *train.Fit) { c.Given = []float64{0.2501} }},
		{"number of rows", func(c *curve, _ *train.Fit) { c.Rows = 41 }},
		{"draws", func(c *curve, _ *train.Fit) { c.Noise = true }},
		{"dtype", func(_ *curve, f *train.Fit) { f.Precision = train.Float64 }},
		{"learning rate", func(_ *curve, f *train.Fit) { f.Rate = 1.0001e-2 }},
		{"schedule", func(_ *curve, f *train.Fit) { f.Schedule = optimizers.Cosine{} }},
		{"average's warm-up", func(_ *curve, f *train.Fit) { f.EMA, f.EMAWarmup = 0.9, 10 }},
		{"optimizer in a wrapper", func(_ *curve, f *train.Fit) {
			f.Optimizer = optimizers.ClipNorm{Optimizer: optimizers.SGD{}, Limit: 1e9}
		}},
		{"optimizer", func(_ *curve, f *train.Fit) { f.Optimizer = optimizers.SGD{} }},
		{"optimizer's setting", func(_ *curve, f *train.Fit) { f.Optimizer = optimizers.Adam{Beta1: 0.8} }},
		{"clipping", func(_ *curve, f *train.Fit) { f.Clip = 1 }},
		{"average", func(_ *curve, f *train.Fit) { f.EMA = 0.9 }},
		{"accumulation", func(_ *curve, f *train.Fit) { f.Accumulate = 2 }},
		{"seed", func(_ *curve, f *train.Fit) { f.Seed = 2 }},
		{"steps", func(_ *curve, f *train.Fit) { f.Steps = 101 }},
		{"batch", func(_ *curve, f *train.Fit) { f.Batch = 10 }},
		{"host optimizer", func(_ *curve, f *train.Fit) { f.Host = optimizers.LBFGS{} }},
		{"host optimizer's setting", func(_ *curve, f *train.Fit) { f.Host = optimizers.LBFGS{Memory: 5} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f := newCurve(), baseFit()
			tc.change(&c, &f)
			key := keyOf(t, c, f, train.Options{})
			if other, dup := seen[key]; dup {
				t.Errorf("key %s is also that of %s", key, other)
			}
			seen[key] = tc.name
		})
	}
}

func TestKeyStays(t *testing.T) {
	base := keyOf(t, newCurve(), baseFit(), train.Options{})
	for _, tc := range []struct {
		name   string
		change func(c *curve, f *train.Fit, o *train.Options)
	}{
		{"again", func(*curve, *train.Fit, *train.Options) {}},
		{"a Go rename of a function", func(c *curve, _ *train.Fit, _ *train.Options) { c.Activation = sameTanh }},
		{"a label on the task", func(c *curve, _ *train.Fit, _ *train.Options) { c.Name = "another" }},
		{"chunk size", func(_ *curve, _ *train.Fit, o *train.Options) { o.Longest = 7 }},
		{"device count", func(_ *curve, _ *train.Fit, o *train.Options) { o.Devices = 2 }},
		{"a default in full", func(_ *curve, f *train.Fit, _ *train.Options) {
			f.Optimizer, f.Precision, f.Accumulate = optimizers.Adam{}, train.Float32, 1
		}},
		{"steps as epochs", func(_ *curve, f *train.Fit, _ *train.Options) { f.Steps, f.Epochs = 0, 50 }},
		{"how often it validates", func(_ *curve, f *train.Fit, _ *train.Options) { f.ValidEvery = 3 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, f, o := newCurve(), baseFit(), train.Options{}
			tc.change(&c, &f, &o)
			if key := keyOf(t, c, f, o); key != base {
				t.Errorf("key is %s, want %s", key, base)
			}
		})
	}
	type renamed curve // the same task under another type name
	if key := keyOf(t, curve(renamed(newCurve())), baseFit(), train.Options{}); key != base {
		t.Errorf("key of a renamed type is %s, want %s", key, base)
	}
}

func TestSecondPhaseDependsOnTheFirst(t *testing.T) {
	a := keyOf(t, newCurve(), baseFit(), train.Options{Previous: "one"})
	b := keyOf(t, newCurve(), baseFit(), train.Options{Previous: "two"})
	if a == b {
		t.Error("another first phase gave the second the same key")
	}
}

// dense learns nothing of use, by a product of matrices that OpenBLAS takes in float64.
type dense struct{}

func (dense) Validate() error { return nil }

func (dense) Data() (zoo.Data, error) {
	return zoo.Data{
		Key: "dense", Rows: []shapes.Shape{shapes.Make(dtypes.Float64, 20, 16)},
		Load: func(context.Context) (rows, whole []*tensors.Tensor, err error) {
			return nil, nil, errors.New("a key needs no data")
		},
	}, nil
}

func (dense) Loss(s *zoo.Step) []zoo.Term {
	x := s.Rows[0]
	w := s.Scope.WithInitializer(initializer.Zero).VariableWithShape("w", shapes.Make(x.DType(), 16, 16)).NodeValue(x.Graph())
	return []zoo.Term{{Name: "misfit", Value: ReduceAllMean(Square(Sub(MatMul(x, w), x)))}}
}

// TestKeyTellsOpenBLAS compares keys with those of a process in which OpenBLAS is switched off: a float64 run has another
// one, a float32 run the same.
func TestKeyTellsOpenBLAS(t *testing.T) {
	b := open(t)
	keys := func() []string {
		single, double, host := baseFit(), baseFit(), baseFit()
		double.Precision = train.Float64
		host.Host = optimizers.LBFGS{}
		return []string{
			keyOf(t, dense{}, single, train.Options{}), keyOf(t, dense{}, double, train.Options{}), keyOf(t, dense{}, host, train.Options{}),
		}
	}
	const mark = "keys without OpenBLAS: "
	if os.Getenv(native.Variable) == "off" {
		if b.Native != nil {
			t.Fatalf("%s=off, and yet there is %s", native.Variable, b.Float64())
		}
		t.Log(mark + strings.Join(keys(), " "))
		return
	}
	if b.Native == nil {
		t.Fatalf("%s: run `go run ./cmd/fieldbook setup`", b.Float64())
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKeyTellsOpenBLAS$", "-test.v")
	child.Env = append(os.Environ(), native.Variable+"=off")
	out, err := child.CombinedOutput()
	_, rest, found := strings.Cut(string(out), mark)
	if err != nil || !found {
		t.Fatalf("the process without OpenBLAS: %v\n%s", err, out)
	}
	without, with := strings.Fields(rest)[:3], keys()
	for i, kind := range []string{"float32", "float64", "host optimizer's"} {
		if same, want := with[i] == without[i], kind == "float32"; same != want {
			t.Errorf("%s keys are %s with OpenBLAS and %s without, want them equal: %v", kind, with[i], without[i], want)
		}
	}
}
