package cde_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/cde"
)

// pathsReference is testdata/paths_reference.json. Data are [3, times, 2], paths [queries, 3, 2].
type pathsReference struct {
	Times, Filled, Queries []float64
	Data                   []*float64 // nil: missing
	Linear, Hermite        []float64
	LinearSlope            []float64 `json:"linear_slope"`
	HermiteSlope           []float64 `json:"hermite_slope"`
}

func reference(t *testing.T) pathsReference {
	t.Helper()
	text, err := os.ReadFile("testdata/paths_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref pathsReference
	if err := json.Unmarshal(text, &ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

// wantClose compares values.
func wantClose(t *testing.T, name string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Errorf("%s[%d] = %v, want %v", name, i, got[i], want[i])
		}
	}
}

func TestFill(t *testing.T) {
	ref := reference(t)
	x := make([]float64, len(ref.Data))
	for i, v := range ref.Data {
		x[i] = math.NaN()
		if v != nil {
			x[i] = *v
		}
	}
	got, err := cde.Fill(ref.Times, x, 2)
	if err != nil {
		t.Fatal(err)
	}
	wantClose(t, "filled", got, ref.Filled, 1e-15) // round-off of one line
	for name, test := range map[string]struct {
		times, x []float64
		want     string
	}{
		"one time":      {[]float64{0}, []float64{1, 2}, "1 times"},
		"part of a row": {[]float64{0, 1}, []float64{1, 2, 3}, "3 values"},
		"equal times":   {[]float64{0, 0}, []float64{1, 2, 3, 4}, "times[1] = 0"},
		"NaN":           {[]float64{math.NaN(), 0}, []float64{1, 2, 3, 4}, "times[0] = NaN"},
	} {
		if _, err := cde.Fill(test.times, test.x, 2); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one about %q", name, err, test.want)
		}
	}
}

// Values and derivatives are those of torchcde, for all samples at one time and for each at its own, in both types.
func TestPathsAgainstReference(t *testing.T) {
	ref := reference(t)
	data := tensors.FromFlatDataAndDimensions(ref.Filled, 3, len(ref.Times), 2)
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		tolerance := 1e-13 // round-off of cubics whose coefficients are below 100
		if dtype == dtypes.Float32 {
			tolerance = 5e-5
		}
		for k, q := range ref.Queries {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) (out []*Node) {
				for i, x := range in {
					in[i] = ConvertDType(x, dtype)
				}
				for _, p := range []cde.Path{cde.Linear(in[0], in[1]), cde.Hermite(in[0], in[1])} {
					each := BroadcastToDims(in[2], 3, 1)
					for _, x := range []*Node{p.At(in[2]), p.Derivative(in[2]), p.At(each), p.Derivative(each)} {
						out = append(out, ConvertDType(x, dtypes.Float64))
					}
				}
				return out
			}, ref.Times, data, q)
			for i, want := range [][]float64{ref.Linear, ref.LinearSlope, ref.Linear, ref.LinearSlope, ref.Hermite, ref.HermiteSlope, ref.Hermite, ref.HermiteSlope} {
				wantClose(t, dtype.String(), check.Floats(out[i]), want[6*k:6*k+6], tolerance)
			}
		}
	}
}

// At the observations paths are the data, and Hermite's derivative is the slope of the line from the left; each sample has a
// time of its own here, and the last piece goes on beyond the end.
func TestPathsAtObservations(t *testing.T) {
	times := []float64{0, 0.5, 2}
	x := tensors.FromFlatDataAndDimensions([]float64{1, 2, -1, 1, 2, -1, 1, 2, -1, 1, 2, -1}, 4, 3, 1)
	at := tensors.FromFlatDataAndDimensions([]float64{0, 0.5, 2, 3.5}, 4, 1)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		l, h := cde.Linear(in[0], in[1]), cde.Hermite(in[0], in[1])
		return []*Node{l.At(in[2]), l.Derivative(in[2]), h.At(in[2]), h.Derivative(in[2])}
	}, times, x, at)
	// The last piece from (0.5, 2): slope 2 from the left, −2 of its line, h = 1.5; so 2 + 2u − 16/3 u² + 16/9 u³ at u = 3.
	for i, want := range [][]float64{{1, 2, -1, -4}, {2, -2, -2, -2}, {1, 2, -1, 8}, {2, 2, -2, 18}} {
		wantClose(t, "answer", check.Floats(out[i]), want, 1e-13) // round-off
	}
}

func TestPathsRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		times []float64
		dims  []int
	}{
		"another length":  {[]float64{0, 1, 2}, []int{2, 4, 1}},
		"one observation": {[]float64{0}, []int{2, 1, 1}},
		"no channels":     {[]float64{0, 1}, []int{2, 2}},
	} {
		_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			return cde.Hermite(in[0], in[1]).Nodes()
		}, test.times, check.Random(1, test.dims...))
		if err == nil || !strings.Contains(err.Error(), "want [length] and [batch, length, channels]") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{cde.Linear(in[0], in[1]).At(in[0])}
	}, []float64{0, 1}, check.Random(1, 2, 2, 1))
	if err == nil || !strings.Contains(err.Error(), "want a scalar or [2, 1]") {
		t.Errorf("two times in a row: error %v", err)
	}
}
