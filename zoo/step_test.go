package zoo_test

import (
	"fmt"
	"math"
	"strings"
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

// shared is one backend for all tests: tensors cannot move between two.
var shared = sync.OnceValues(backend.New)

func newExec(t *testing.T, fn func(scope *model.Scope, in []*Node) []*Node) *model.Exec {
	t.Helper()
	b, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewExec(b, model.NewStore(), zoo.GraphFn(t.Name(), fn))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// spot says which draws a step makes.
type spot struct {
	seed  uint64
	step  int64
	micro int64
}

// draws runs fn in the step at a spot; its results come back as float64.
func draws(t *testing.T, at spot, fn func(s *zoo.Step) []*Node) [][]float64 {
	t.Helper()
	e := newExec(t, func(_ *model.Scope, in []*Node) []*Node {
		s := zoo.NewStep(zoo.Step{Graph: in[0].Graph(), Index: in[1]}, zoo.Draw{Seed: in[0], Micro: in[2]})
		out := fn(s)
		for i := range out {
			out[i] = ConvertDType(out[i], dtypes.Float64)
		}
		return out
	})
	defer e.Finalize()
	got, err := e.Call(at.seed, at.step, at.micro)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	for _, x := range got {
		out = append(out, tensors.MustCopyFlatData[float64](x))
	}
	return out
}

const many = 20000

func TestStreamsAreDisjoint(t *testing.T) {
	shape := shapes.Make(dtypes.Float64, many)
	two := func(s *zoo.Step) []*Node { return []*Node{s.Uniform(shape), s.Uniform(shape)} }
	owner := map[float64]string{}
	places := []spot{{7, 0, 0}, {7, 1, 0}, {7, 2, 0}, {7, 255, 0}, {7, 256, 0}, {7, 1 << 20, 0}, {7, 1 << 40, 0}, {7, 0, 1}, {7, 0, 255}, {7, 1, 1}, {8, 0, 0}, {1 << 63, 0, 0}, {0, 0, 0}}
	repeats := 0
	for _, at := range places {
		for number, values := range draws(t, at, two) {
			name := fmt.Sprintf("%+v draw %d", at, number)
			for _, v := range values {
				if other, taken := owner[v]; taken && other != name {
					repeats++
				}
				owner[v] = name
			}
		}
	}
	// 520,000 values of 2^52 give 3e-5 equal pairs by chance; two streams that overlap give thousands.
	if repeats > 1 {
		t.Errorf("%d values came twice among %d streams, want none", repeats, 2*len(places))
	}
}

func TestDrawsArePureFunctionsOfTheirSpot(t *testing.T) {
	shape := shapes.Make(dtypes.Float32, 3, 4)
	both := func(s *zoo.Step) []*Node { return []*Node{s.Uniform(shape), s.Normal(shape)} }
	first, second := draws(t, spot{3, 11, 2}, both), draws(t, spot{3, 11, 2}, both)
	for k := range first {
		for i := range first[k] {
			if first[k][i] != second[k][i] {
				t.Fatalf("draw %d differs between two steps of one spot: %v and %v", k, first[k], second[k])
			}
		}
	}
}

// moments are means of x, x², x³ and x⁴.
func moments(x []float64) (m [4]float64) {
	for _, v := range x {
		for p := range m {
			m[p] += math.Pow(v, float64(p+1)) / float64(len(x))
		}
	}
	return m
}

func TestUniformAndNormalAreWhatTheySay(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		t.Run(dtype.String(), func(t *testing.T) {
			shape := shapes.Make(dtype, many/10, 10)
			got := draws(t, spot{seed: 5, step: 3}, func(s *zoo.Step) []*Node {
				u, n := s.Uniform(shape), s.Normal(shape)
				if !u.Shape().Equal(shape) || !n.Shape().Equal(shape) {
					t.Errorf("shapes %s and %s, want %s", u.Shape(), n.Shape(), shape)
				}
				return []*Node{u, n}
			})
			bins := make([]float64, 20)
			for _, v := range got[0] {
				if v < 0 || v >= 1 {
					t.Fatalf("uniform value %v, want it in [0, 1)", v)
				}
				bins[int(20*v)]++
			}
			chi := 0.0
			for _, n := range bins {
				chi += (n - many/20) * (n - many/20) / (many / 20)
			}
			if chi > 43.8 { // the 99.9 % point of χ² with 19 degrees of freedom; the seed is fixed
				t.Errorf("χ² = %.1f over 20 bins, want at most 43.8", chi)
			}
			// Four standard errors: the variances of xᵖ are 1, 2, 15 and 96.
			for p, m := range moments(got[1]) {
				want, variance := []float64{0, 1, 0, 3}[p], []float64{1, 2, 15, 96}[p]
				if tol := 4 * math.Sqrt(variance/many); math.Abs(m-want) > tol {
					t.Errorf("normal moment %d is %v, want %v within %.3f", p+1, m, want, tol)
				}
			}
			correlation := 0.0
			for i := range got[0] {
				correlation += (got[0][i] - 0.5) * got[1][i] * math.Sqrt(12) / many
			}
			if math.Abs(correlation) > 4/math.Sqrt(many) {
				t.Errorf("two draws of a step correlate by %v, want none", correlation)
			}
		})
	}
}

func TestDerivativesAtDrawnPointsAreKept(t *testing.T) {
	for name, draw := range map[string]func(s *zoo.Step, shape shapes.Shape) *Node{"Uniform": (*zoo.Step).Uniform, "Normal": (*zoo.Step).Normal} {
		t.Run(name, func(t *testing.T) {
			got := draws(t, spot{seed: 1}, func(s *zoo.Step) []*Node {
				x := draw(s, shapes.Make(dtypes.Float64, 50))
				return []*Node{x, Gradient(ReduceAllSum(Sin(MulScalar(x, 2))), x)[0]}
			})
			for i, x := range got[0] {
				// Two operations in float64 of values up to 2.
				if want := 2 * math.Cos(2*x); math.Abs(got[1][i]-want) > 1e-14 {
					t.Fatalf("d sin(2x)/dx at %v is %v, want %v", x, got[1][i], want)
				}
			}
		})
	}
}

func TestBadDraws(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		fn         func(g *Graph)
	}{
		{"no seed", "no seed", func(g *Graph) { (&zoo.Step{Graph: g}).Uniform(shapes.Make(dtypes.Float32, 2)) }},
		{"integers", "want a float dtype", func(g *Graph) { (&zoo.Step{Graph: g}).Uniform(shapes.Make(dtypes.Int32, 2)) }},
		{"too many", "more than 4096 draws", func(g *Graph) {
			s := zoo.NewStep(zoo.Step{Graph: g, Index: Const(g, int64(0))}, zoo.Draw{Seed: Const(g, uint64(0))})
			for range 4097 {
				s.Uniform(shapes.Make(dtypes.Float32))
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := newExec(t, func(_ *model.Scope, in []*Node) []*Node {
				tc.fn(in[0].Graph())
				return in
			})
			defer e.Finalize()
			if _, err := e.Call(float32(1)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestGraphFnTurnsEveryPanicIntoAnError(t *testing.T) {
	for _, thrown := range []any{"a bare panic", fmt.Errorf("an error"), 42} {
		fails := true
		e := newExec(t, func(_ *model.Scope, in []*Node) []*Node {
			if fails {
				panic(thrown)
			}
			return []*Node{AddScalar(in[0], 1)}
		})
		for range 2 { // a bare panic would leave the executor locked, and the second call would hang
			if _, err := e.Call(float32(1)); err == nil || !strings.Contains(err.Error(), fmt.Sprint(thrown)) || !strings.Contains(err.Error(), t.Name()) {
				t.Errorf("error = %v, want one with %q and the function's name", err, thrown)
			}
		}
		fails = false
		out, err := e.Call(float32(1))
		if err != nil || out[0].Value() != float32(2) {
			t.Errorf("after the failure: %v, %v; want 2", out, err)
		}
		e.Finalize()
	}
}
