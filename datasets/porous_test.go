package datasets_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestPorousFlowGolden ties the values to PorousFlow.Version.
func TestPorousFlowGolden(t *testing.T) {
	checkGolden(t, datasets.PorousFlow{Medium: datasets.LogNormalMedium, Grid: 11, Train: 2, Test: 1, Seed: 1, Finest: 101}, 1e-10) // round-off
}

// TestPorousFlowIsDarcy: with the defaults it is what Darcy makes.
func TestPorousFlowIsDarcy(t *testing.T) {
	got := load(t, datasets.PorousFlow{Medium: datasets.TwoPhaseMedium, Grid: 11, Train: 2, Test: 2, Seed: 3, Finest: 41})
	if want := load(t, datasets.Darcy{Grid: 11, Train: 2, Test: 2, Seed: 3, Finest: 41}); !reflect.DeepEqual(got, want) {
		t.Error("the default differs from Darcy's")
	}
}

// TestPorousFlowScales: u of two phases falls as both values of a grow.
func TestPorousFlowScales(t *testing.T) {
	r := datasets.PorousFlow{Medium: datasets.TwoPhaseMedium, Low: 5, High: 10, Length: 0.25, Grid: 15, Train: 1, Test: 2, Seed: 4, Finest: 57}
	one := load(t, r).Test()
	r.Low, r.High = 10, 20
	two := load(t, r).Test()
	phases := map[float64]int{}
	for i, u := range one.Output.Values {
		phases[one.Input.Values[i]]++
		if math.Abs(u-2*two.Output.Values[i]) > 1e-9 { // the solver's tolerance
			t.Fatalf("u = %v and %v with twice the permeability", u, two.Output.Values[i])
		}
	}
	if len(phases) != 2 || phases[5] < 50 || phases[10] < 50 {
		t.Errorf("values of a with their numbers: %v", phases)
	}
}

// TestLogNormalMedia: log a has the deviation that is asked for, in the mean over the square.
func TestLogNormalMedia(t *testing.T) {
	for _, r := range []datasets.PorousFlow{{}, {Tau: 8, Alpha: 3}, {Length: 0.1}, {Length: 0.1, Deviation: 0.5}} {
		r.Medium, r.Grid, r.Train, r.Test, r.Finest, r.Seed = datasets.LogNormalMedium, 17, 400, 1, 33, 5
		want := 1.0
		if r.Deviation > 0 {
			want = r.Deviation
		}
		var squares float64
		a := load(t, r).Train().Input.Values
		for _, v := range a {
			squares += math.Log(v) * math.Log(v) / float64(len(a))
		}
		// 400 fields of a few modes each: a standard error of some 4 %. The coarse grid lacks 1 % of the variance for Alpha = 2.
		if got := math.Sqrt(squares); math.Abs(got/want-1) > 0.1 {
			t.Errorf("%+v: deviation %.3g, want %v", r, got, want)
		}
	}
}

// TestPorousFlowIsAccurate wants what the documentation says.
func TestPorousFlowIsAccurate(t *testing.T) {
	for _, c := range []struct {
		r    datasets.PorousFlow
		want float64
	}{
		{datasets.PorousFlow{Medium: datasets.TwoPhaseMedium, Low: 1, High: 10, Length: 0.25}, 3e-3},
		{datasets.PorousFlow{Medium: datasets.LogNormalMedium}, 1e-4},
	} {
		c.r.Grid, c.r.Train, c.r.Test, c.r.Seed = 17, 1, 1, 6
		got, err := datasets.Accuracy(t.Context(), c.r, 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s %v: %.2g", c.r.Medium, c.r.Length, got)
		if !(got > 0 && got < c.want) {
			t.Errorf("%+v: error %.3g, want below %v", c.r, got, c.want)
		}
	}
}

func TestPorousFlowErrors(t *testing.T) {
	good := datasets.PorousFlow{Medium: datasets.TwoPhaseMedium, Grid: 11, Train: 1, Test: 1, Finest: 21}
	for _, c := range []struct {
		change func(*datasets.PorousFlow)
		want   string
	}{
		{func(r *datasets.PorousFlow) { r.Medium = "sand" }, `PorousFlow.Medium = "sand", want one of two-phase, log-normal`},
		{func(r *datasets.PorousFlow) { r.Low = -1 }, "PorousFlow.Low = -1"},
		{func(r *datasets.PorousFlow) { r.Deviation = 4 }, "PorousFlow.Deviation = 4"},
		{func(r *datasets.PorousFlow) { r.Alpha = 1 }, "Alpha = 1, want them above 0 and above 1"},
		{func(r *datasets.PorousFlow) { r.Length = 1 }, "PorousFlow.Length = 1"},
		{func(r *datasets.PorousFlow) { r.Grid = 12 }, "PorousFlow.Grid = 12"},
		{func(r *datasets.PorousFlow) { r.Test = 0 }, "PorousFlow.Test = 0"},
	} {
		r := good
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if good.Validate() != nil || (datasets.PorousFlow{}).Validate() == nil {
		t.Error("the good value is refused or the zero value is accepted")
	}
}
