package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestTrajectoriesGolden ties the values to Trajectories.Version.
func TestTrajectoriesGolden(t *testing.T) {
	for _, r := range []datasets.Trajectories{
		{Equation: datasets.KuramotoSivashinsky, Axes: 2, Grid: 8, Frames: 2, Train: 1, Test: 1, Seed: 1, Finest: 32, Warmup: 2},
		{Equation: datasets.GrayScott, Axes: 1, Grid: 32, Frames: 2, Train: 1, Test: 1, Seed: 1},
		{Equation: datasets.Schrodinger, Axes: 1, Grid: 32, Frames: 2, Train: 1, Test: 1, Seed: 1},
		{Equation: datasets.BoussinesqFlow, Axes: 2, Grid: 8, Frames: 2, Train: 1, Test: 1, Seed: 1, Finest: 32},
		{Equation: datasets.FisherKPP, Axes: 3, Grid: 4, Frames: 1, Train: 1, Test: 1, Seed: 1, Finest: 16},
	} {
		checkGolden(t, r, 1e-9) // round-off, which the growing modes of Kuramoto and Sivashinsky blow up by exp(0.5) at most
	}
}

// TestTrajectoriesAreAccurate wants what the documentation says of the defaults: below 1e-6 by refinement.
func TestTrajectoriesAreAccurate(t *testing.T) {
	for _, e := range datasets.Equations() {
		t.Run(string(e), func(t *testing.T) {
			r := datasets.Trajectories{Equation: e, Axes: e.Axes()[0], Grid: 32, Frames: 10, Train: 1, Test: 2, Seed: 3}
			if r.Axes == 2 { // these take the longest; a start that is still smooth shows the solver's error
				r.Frames, r.Warmup, r.Test = 1, 0.2, 1
			}
			if r.Equation == datasets.BoussinesqFlow {
				r.Warmup = 0
			}
			got, err := datasets.Accuracy(t.Context(), r, r.Test)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.2g", got)
			if !(got > 0 && got < 1e-6) {
				t.Errorf("error %.3g, want below 1e-6", got)
			}
		})
	}
}

// TestFrameErrorsSeeACoarseStep: of a chaotic recipe with large steps the error from frame to frame is as large.
func TestFrameErrorsSeeACoarseStep(t *testing.T) {
	r := datasets.Trajectories{Equation: datasets.KuramotoSivashinsky, Axes: 1, Grid: 32, Frames: 3, Train: 1, Test: 1, Warmup: 10}
	var errs []float64
	for _, steps := range []int{16, 32, 64} {
		r.Steps = steps
		got, err := datasets.Accuracy(t.Context(), r, 1)
		if err != nil {
			t.Fatal(err)
		}
		errs = append(errs, got)
	}
	// Fourth order: each halving of the step wins about a factor of 16.
	if !(errs[0] > 8*errs[1] && errs[1] > 8*errs[2] && errs[0] > 1e-8) {
		t.Errorf("errors %.2g at 16, 32 and 64 steps a frame, want fourth order", errs)
	}
}

func TestTrajectoriesShareFrames(t *testing.T) {
	r := datasets.Trajectories{Equation: datasets.GrayScott, Axes: 2, Grid: 16, Frames: 2, Train: 2, Test: 1, Seed: 5, Finest: 32, Interval: 5, Steps: 5}
	set := load(t, r)
	more := r
	more.Train, more.Frames = 3, 4
	longer := load(t, more)
	size := 16 * 16 * 2
	for i := range 2 {
		if !slices.Equal(set.Train().Input.Sample(i), longer.Train().Input.Sample(i)) ||
			!slices.Equal(set.Train().Output.Sample(i), longer.Train().Output.Sample(i)[:2*size]) {
			t.Errorf("trajectory %d depends on how many there are or on its length", i)
		}
	}
	if slices.Equal(set.Train().Input.Sample(0), set.Train().Input.Sample(1)) {
		t.Error("two trajectories agree")
	}
	half := r
	half.Grid = 8
	coarse, fine := load(t, half).Train().Output.Sample(1), set.Train().Output.Sample(1)
	for frame := range 2 {
		for i := range 8 {
			for j := range 8 {
				for c := range 2 {
					a, b := coarse[((frame*8+i)*8+j)*2+c], fine[((frame*16+2*i)*16+2*j)*2+c]
					if a != b {
						t.Fatalf("frame %d, point (%d, %d), channel %d: %v on the coarse grid, %v on the fine one", frame, i, j, c, a, b)
					}
				}
			}
		}
	}
	x, _ := set.Array("x")
	times, _ := set.Array("time")
	if math.Abs(x.Values[1]-0.8/16) > 1e-15 || !slices.Equal(times.Values, []float64{5, 10}) {
		t.Errorf("x = %v, time = %v", x.Values, times.Values)
	}
}

func TestTrajectoriesErrors(t *testing.T) {
	good := datasets.Trajectories{Equation: datasets.AllenCahn, Axes: 1, Grid: 32, Frames: 1, Train: 1, Test: 1}
	for _, c := range []struct {
		change func(*datasets.Trajectories)
		want   string
	}{
		{func(r *datasets.Trajectories) { r.Equation = "heat" }, `Trajectories.Equation = "heat", want one of advection, advection-diffusion`},
		{func(r *datasets.Trajectories) { r.Axes = 4 }, "Trajectories.Axes = 4"},
		{func(r *datasets.Trajectories) { r.Equation, r.Axes = datasets.Schrodinger, 2 }, "want one of [1] for schrodinger"},
		{func(r *datasets.Trajectories) { r.Grid = 33 }, "Trajectories.Grid = 33, want a divisor of the finest grid of 256"},
		{func(r *datasets.Trajectories) { r.Frames = 0 }, "Trajectories.Frames = 0"},
		{func(r *datasets.Trajectories) { r.Train = 0 }, "Trajectories.Train = 0"},
		{func(r *datasets.Trajectories) { r.Interval = -1 }, "Trajectories.Interval = -1"},
		{func(r *datasets.Trajectories) { r.Warmup = 0.3 }, "Trajectories.Warmup = 0.3, want whole intervals of 0.2"},
		{func(r *datasets.Trajectories) { r.Steps = -1 }, "Trajectories.Steps = -1"},
	} {
		r := good
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if good.Validate() != nil {
		t.Error(good.Validate())
	}
	coarse := good
	coarse.Equation, coarse.Grid, coarse.Finest, coarse.Frames = datasets.KortewegDeVries, 8, 32, 10
	if _, err := datasets.Load(t.Context(), coarse); err == nil || !strings.Contains(err.Error(), "is too coarse") {
		t.Errorf("error %v, want that the grid is too coarse", err)
	}
}
