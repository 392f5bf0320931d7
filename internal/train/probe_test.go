package train_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// valley has a matrix of weights, from (1, 2; 3, 4), and the loss Σ λ_i w_i² with λ = 1, 5, 2, 3: second derivatives 2λ.
type valley struct{}

func (valley) Validate() error         { return nil }
func (valley) Data() (zoo.Data, error) { return zoo.Data{}, nil }
func (valley) Loss(s *zoo.Step) []zoo.Term {
	w := s.Scope.VariableWithValue("w", [][]float64{{1, 2}, {3, 4}}).NodeValue(s.Graph)
	return []zoo.Term{{Name: "height", Value: ReduceAllSum(Mul(Const(s.Graph, [][]float64{{1, 5}, {2, 3}}), Square(w))), Weight: 1}}
}

// probed trains a few steps of gradient descent and probes.
func probed(t *testing.T, task zoo.Task, fit train.Fit, batches int) (*train.Driver, *train.Probe) {
	t.Helper()
	fit.Precision = train.Float64
	d := trained(t, task, fit, train.Options{})
	p, err := d.Probe(t.Context(), batches)
	if err != nil {
		t.Fatal(err)
	}
	return d, p
}

func TestProbe(t *testing.T) {
	_, p := probed(t, valley{}, train.Fit{Steps: 1, Rate: 0.1, Optimizer: optimizers.SGD{}}, 1)
	x, err := p.Trained()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.8, 0, 1.8, 1.6} { // w (1 - 2λ rate)
		near(t, "a trained weight", x[i], want)
	}
	if got := p.Shapes(); len(got) != 1 || !slices.Equal(got[0].Dimensions, []int{2, 2}) {
		t.Errorf("shapes %v, want one of 2 by 2", got)
	}
	value, err := p.Value(t.Context(), []float64{1, -1, 2, 0.5})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the loss", value, 1+5+8+0.75)
	product := make([]float64, 4)
	if err := p.Curvature(t.Context(), product, x, []float64{1, 1, -1, 2}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{2, 10, -4, 12} {
		near(t, "a product with the second derivatives", product[i], want)
	}
	values, vectors, err := p.Steepest(t.Context(), x, 2, 30, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{10, 6} {
		near(t, "an eigenvalue", values[i], want)
		place := []int{1, 3}[i]
		near(t, "an eigenvector", math.Abs(vectors[i][place]), 1)
	}
}

// TestProbeOfRows: the loss over all batches of a network with rows is what training saw; central differences of it along a direction agree
// with the product of second derivatives.
func TestProbeOfRows(t *testing.T) {
	fit := train.Fit{Steps: 20, Batch: 20, Rate: 1e-2}
	d, p := probed(t, newCurve(), fit, 2) // two batches are all 40 rows
	x, err := p.Trained()
	if err != nil {
		t.Fatal(err)
	}
	present, err := d.Flat()
	if err != nil || !slices.Equal(x, present) {
		t.Errorf("the trained parameters are not the present ones: %v", err)
	}
	again, err := p.Value(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if once, err := p.Value(t.Context(), x); err != nil || once != again {
		t.Errorf("two values at one point: %v and %v", once, again)
	}
	v, product := make([]float64, len(x)), make([]float64, len(x))
	for i := range v {
		v[i] = math.Sin(float64(i + 1))
	}
	if err := p.Curvature(t.Context(), product, x, v); err != nil {
		t.Fatal(err)
	}
	const h = 1e-4
	at := func(step float64) float64 {
		moved := slices.Clone(x)
		for i := range moved {
			moved[i] += step * v[i]
		}
		value, err := p.Value(t.Context(), moved)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	var along float64
	for i := range v {
		along += v[i] * product[i]
	}
	// Second differences err by h² and by round-off over h²: 1e-8 each.
	if second := (at(h) - 2*again + at(-h)) / (h * h); math.Abs(second-along) > 1e-5*(1+math.Abs(along)) {
		t.Errorf("curvature along a direction %v, by differences %v", along, second)
	}
}

func TestProbeErrors(t *testing.T) {
	fresh, err := train.New(open(t), valley{}, train.Fit{Steps: 1, Precision: train.Float64}, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Probe(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "there is no state yet") {
		t.Errorf("error %v of a driver that was not run", err)
	}
	if _, err := fresh.Flat(); err == nil {
		t.Error("a driver that was not run has parameters")
	}
	stream := newCurve()
	stream.Stream = true
	streaming := trained(t, stream, train.Fit{Steps: 2, Batch: 4}, train.Options{})
	if _, err := streaming.Probe(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "want a task with rows") {
		t.Errorf("error %v of a stream", err)
	}
	d, p := probed(t, valley{}, train.Fit{Steps: 1}, 1)
	if _, err := d.Probe(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "want at least 1") {
		t.Errorf("error %v of no batches", err)
	}
	if _, _, err := p.Steepest(t.Context(), []float64{1, 2, 3, 4}, 5, 30, 0); err == nil || !strings.Contains(err.Error(), "5 eigenvectors of 4 parameters") {
		t.Errorf("error %v of too many eigenvectors", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Value(stopped, []float64{1, 2, 3, 4}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a context that ended", err)
	}
}
