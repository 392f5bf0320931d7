package sde_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/sde"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// querier is increments and areas over [s, t] of n paths.
func querier(t *testing.T, tree sde.Tree, seed uint64, n int) func(s, u float64) (dw, h []float64) {
	t.Helper()
	exec, err := model.NewExec(check.Backend(t), model.NewStore(), zoo.GraphFn(t.Name(), func(_ *model.Scope, in []*Node) []*Node {
		dw, h := tree.Increments(in[0], in[1], in[2], n, 1)
		return []*Node{dw, h}
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return func(s, u float64) (dw, h []float64) {
		out, err := exec.Exec(seed, s, u)
		if err != nil {
			t.Fatal(err)
		}
		return check.Floats(out[0]), check.Floats(out[1])
	}
}

// Increments and areas of parts make those of the whole, whatever the partition: W adds up, and ∫W does.
func TestPartsMakeTheWhole(t *testing.T) {
	tree := sde.Tree{T0: -1, T1: 2, Depth: 20}
	query := querier(t, tree, 5, 7)
	at := func(u float64) float64 { return tree.T0 + u*(tree.T1-tree.T0) }
	wholeW, wholeH := query(at(0), at(1))
	for _, cuts := range [][]float64{{0, 0.5, 1}, {0, 1.0 / 64, 7.0 / 16, 29.0 / 32, 1}, {0, 3.0 / 1024, 5.0 / 1024, 1}} {
		sum, area := make([]float64, 7), make([]float64, 7)
		for i := 1; i < len(cuts); i++ {
			dw, h := query(at(cuts[i-1]), at(cuts[i]))
			for k := range dw {
				area[k] += (cuts[i] - cuts[i-1]) * (sum[k] + h[k] + dw[k]/2)
				sum[k] += dw[k]
			}
		}
		for k := range sum {
			// Round-off of twenty halvings of values below 6, in telescoping sums; the division of H by the length of a part is
			// undone by the sum.
			if d := max(math.Abs(sum[k]-wholeW[k]), math.Abs(area[k]-wholeW[k]/2-wholeH[k])); !(d < 1e-14) {
				t.Errorf("cuts %v: path %d of the parts differs from the whole by %v", cuts, k, d)
			}
		}
	}
}

// The host's tree is the graph's, at times on and off the grid, at the ends and beyond.
func TestHostTree(t *testing.T) {
	const n = 6
	tree := sde.Tree{T0: -1, T1: 2, Depth: 33}
	query := querier(t, tree, 11, n)
	for _, ends := range [][2]float64{{-1, 2}, {-1, -0.25}, {0.1, 0.7}, {1.99, 2}, {-2, 0.3}, {1, 5}} {
		dw, h := query(ends[0], ends[1])
		for k := range n {
			wantW, wantH, err := tree.HostIncrement(11, uint64(k), ends[0], ends[1])
			if err != nil {
				t.Fatal(err)
			}
			// Round-off of 33 halvings of values below 9, divided by a length of 0.01 in H.
			if d := max(math.Abs(dw[k]-wantW), 0.01*math.Abs(h[k]-wantH)); !(d < 1e-14) {
				t.Errorf("%v, path %d: the host differs by %v", ends, k, d)
			}
		}
	}
	var degenerate *sde.DegenerateError
	if _, _, err := tree.HostIncrement(1, 2, 0.5, 0.5); !errors.As(err, &degenerate) {
		t.Errorf("an empty interval gives error %v, want a DegenerateError", err)
	}
	if _, _, err := (sde.Tree{}).HostAt(1, 2, 0.5); err == nil {
		t.Error("the zero tree gives no error")
	}
	if w, i, err := tree.HostAt(1, 2, -1); w != 0 || i != 0 || err != nil {
		t.Errorf("W(T0) = %v, its integral %v, error %v, want zeros", w, i, err)
	}
}

// Over an interval that is no node of the tree, the halves of the path are a Brownian bridge given W and H.
func TestBridgeGivenTheArea(t *testing.T) {
	const n, from, to = 40_000, 0.2, 0.9
	query := querier(t, sde.Tree{T0: 0, T1: 1, Depth: 30}, 17, n)
	w, h := query(from, to)
	w1, h1 := query(from, (from+to)/2)
	w2, h2 := query((from+to)/2, to)
	products := [5]float64{}
	for k := range w {
		// H = (H₁+H₂)/2 + (W₁−W₂)/4; round-off of ∫W over lengths of 0.35, and the parts of 1e-9 by which the middle is rounded.
		if d := math.Abs((h1[k]+h2[k])/2 + (w1[k]-w2[k])/4 - h[k]); !(d < 1e-8) {
			t.Fatalf("path %d: areas of the halves make the whole's but for %v", k, d)
		}
		bridge := w1[k] - w2[k] - 3*h[k]
		difference := h1[k] - h2[k]
		for i, v := range []float64{bridge * bridge * 4, bridge * w[k] * 2, bridge * h[k] * math.Sqrt(48), difference * difference * 12, difference * bridge * math.Sqrt(48)} {
			products[i] += v / (n * (to - from))
		}
	}
	for i, want := range []float64{1, 0, 0, 1, 0} {
		// Five standard errors of products of standard normals: variance 2 for squares, 1 for independent ones.
		if !(math.Abs(products[i]-want) < 5*math.Sqrt((1+want)/n)) {
			t.Errorf("moment %d of the bridge is %v, want %v", i, products[i], want)
		}
	}
}

// A deeper tree is the same path at the times of a shallower one.
func TestSamePathAtEveryDepth(t *testing.T) {
	coarse := querier(t, sde.Tree{T0: 0, T1: 1, Depth: 4}, 9, 5)
	fine := querier(t, sde.Tree{T0: 0, T1: 1, Depth: 30}, 9, 5)
	other := querier(t, sde.Tree{T0: 0, T1: 1, Depth: 30}, 10, 5)
	for i := range 16 {
		s, u := float64(i)/16, float64(i+1)/16
		w1, h1 := coarse(s, u)
		w2, h2 := fine(s, u)
		w3, _ := other(s, u)
		for k := range w1 {
			// Thirty halvings round values below 3, and H divides the round-off by 1/16.
			if d := max(math.Abs(w1[k]-w2[k]), math.Abs(h1[k]-h2[k])); !(d < 1e-13) {
				t.Errorf("[%v, %v], path %d: differs by %v between depths", s, u, k, d)
			}
			if w2[k] == w3[k] {
				t.Errorf("[%v, %v], path %d: two seeds give the same increment %v", s, u, k, w2[k])
			}
		}
	}
}

func TestMomentsOfPaths(t *testing.T) {
	const n = 40_000
	query := querier(t, sde.Tree{T0: 0, T1: 2, Depth: 12}, 3, n)
	w1, h1 := query(0, 0.75)
	w2, h2 := query(0.75, 1)
	lengths := []float64{0.75, 0.75 / 12, 0.25, 0.25 / 12}
	all := [][]float64{w1, h1, w2, h2}
	names := []string{"W on [0, 0.75]", "H on [0, 0.75]", "W on [0.75, 1]", "H on [0.75, 1]"}
	for i, x := range all {
		mean, fourth := 0.0, 0.0
		for _, v := range x {
			mean += v / n
			fourth += v * v * v * v / n
		}
		// Five standard errors, here and below; the fourth power of a normal has variance 96.
		if !(math.Abs(mean) < 5*math.Sqrt(lengths[i]/n)) {
			t.Errorf("%s has mean %v", names[i], mean)
		}
		if kurtosis := fourth / (lengths[i] * lengths[i]); !(math.Abs(kurtosis-3) < 5*math.Sqrt(96.0/n)) {
			t.Errorf("%s has a fourth moment of %v variances squared, want 3", names[i], kurtosis)
		}
		for j := range i + 1 {
			cov, want, variance := 0.0, 0.0, 1.0
			for k, v := range x {
				cov += v * all[j][k] / (n * math.Sqrt(lengths[i]*lengths[j]))
			}
			if i == j {
				want, variance = 1, 2
			}
			if !(math.Abs(cov-want) < 5*math.Sqrt(variance/n)) {
				t.Errorf("%s and %s have correlation %v, want %v", names[i], names[j], cov, want)
			}
		}
	}
}

func TestTreeValidate(t *testing.T) {
	if err := (sde.Tree{T0: 0, T1: 1, Depth: 20}).Validate(); err != nil {
		t.Error(err)
	}
	for want, tree := range map[string]sde.Tree{
		"Tree.T0":    {T0: math.NaN(), T1: 1, Depth: 3},
		"Tree.T1":    {T0: 1, T1: 1, Depth: 3},
		"Tree.Depth": {T0: 0, T1: 1},
	} {
		if err := tree.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one about %s", tree, err, want)
		}
	}
}
