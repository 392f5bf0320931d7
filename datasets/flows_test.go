package datasets_test

import (
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// smallFlows has few cells.
func smallFlows(law datasets.FlowLaw) datasets.Flows {
	return datasets.Flows{Law: law, Grid: 8, Frames: 2, Train: 1, Test: 2, Seed: 1, Finest: 32}
}

// TestFlowsGolden ties the values to Flows.Version.
func TestFlowsGolden(t *testing.T) {
	for _, law := range datasets.FlowLaws() {
		checkGolden(t, smallFlows(law), 1e-11) // round-off
	}
}

// TestFlowsConserve: mass, momentum and energy add up to the same in all frames, and the flow moves; depth, density and pressure stay above 0.
func TestFlowsConserve(t *testing.T) {
	for _, law := range datasets.FlowLaws() {
		r := smallFlows(law)
		r.Frames = 10
		pairs := load(t, r).Test()
		channels := pairs.Input.Dims[3]
		for s := range pairs.Len() {
			in, out := pairs.Input.Sample(s), pairs.Output.Sample(s)
			for c := range channels {
				var first, last, moved float64
				for i := c; i < len(in); i += channels {
					u := out[9*len(in)+i]
					first, last, moved = first+in[i], last+u, max(moved, math.Abs(u-in[i]))
				}
				if math.Abs(first-last) > 1e-11 || moved < 0.02 { // round-off of 64 values over some 100 steps
					t.Errorf("%s: channel %d adds up to %v, then to %v; moved by %.2g", law, c, first, last, moved)
				}
			}
			for i := 0; i < len(out); i += channels {
				if out[i] < 0.4 || out[i] > 2 {
					t.Fatalf("%s: depth or density %v", law, out[i])
				}
			}
		}
	}
}

// TestFlowsStart: the first frame is within what the documentation says, and uses its room.
func TestFlowsStart(t *testing.T) {
	r := smallFlows(datasets.EulerFlow)
	r.Train, r.Frames, r.Interval, r.Finest = 12, 1, 1e-3, 16
	low, high := math.Inf(1), math.Inf(-1)
	values := load(t, r).Train().Input.Values
	for i := 0; i < len(values); i += 4 {
		rho, a, b := values[i], values[i+1]/values[i], values[i+2]/values[i]
		pressure := 0.4 * (values[i+3] - rho*(a*a+b*b)/2)
		low, high = min(low, rho, pressure), max(high, rho, pressure)
		if math.Abs(a) > 0.31 || math.Abs(b) > 0.31 { // 0.3 and what averages over cells of products add
			t.Fatalf("velocity (%v, %v)", a, b)
		}
	}
	if low < 0.69 || high > 1.31 || low > 0.85 || high < 1.15 {
		t.Errorf("densities and pressures from %v to %v, want them within 0.7 and 1.3", low, high)
	}
}

// TestFlowsAreAccurate: the error by refinement falls with the cells, and before there are shocks with order two or more.
func TestFlowsAreAccurate(t *testing.T) {
	for _, law := range datasets.FlowLaws() {
		var errs []float64
		for _, finest := range []int{16, 32} {
			r := smallFlows(law)
			r.Frames, r.Interval, r.Finest = 2, 0.04, finest
			got, err := datasets.Accuracy(t.Context(), r, 1)
			if err != nil {
				t.Fatal(err)
			}
			errs = append(errs, got)
		}
		t.Logf("%s: %.2g", law, errs)
		if order := math.Log2(errs[0] / errs[1]); order < 1.8 || errs[1] > 5e-3 { // three waves on 32 cells are ten cells each
			t.Errorf("%s: errors %.2g with order %.2f, want 2 or more", law, errs, order)
		}
	}
}

func TestFlowsOnOneCore(t *testing.T) {
	r := smallFlows(datasets.ShallowWaterFlow)
	several := load(t, r)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if !reflect.DeepEqual(load(t, r), several) {
		t.Error("flows depend on the number of cores")
	}
}

func TestFlowsErrors(t *testing.T) {
	for _, c := range []struct {
		change func(*datasets.Flows)
		want   string
	}{
		{func(r *datasets.Flows) { r.Law = "air" }, `Flows.Law = "air", want one of shallow-water, euler`},
		{func(r *datasets.Flows) { r.Finest = 8 }, "Flows.Finest = 8, want at least 16"},
		{func(r *datasets.Flows) { r.Grid = 9 }, "Flows.Grid = 9, want a divisor of the finest grid of 32 cells"},
		{func(r *datasets.Flows) { r.Frames = 0 }, "Flows.Frames = 0"},
		{func(r *datasets.Flows) { r.Interval = -1 }, "Flows.Interval = -1"},
		{func(r *datasets.Flows) { r.Train = 0 }, "Flows.Train = 0"},
	} {
		r := smallFlows(datasets.EulerFlow)
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if (datasets.Flows{}).Validate() == nil {
		t.Error("the zero value is accepted")
	}
}
