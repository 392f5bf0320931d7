package plots_test

import (
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"github.com/fieldbook-go/fieldbook/plots"
)

// curves returns two terms of a loss with their steps in common.
func curves(values ...[]float64) []plots.History {
	var all []plots.History
	for i, v := range values {
		all = append(all, plots.History{Name: string(rune('a' + i)), Steps: linspace(1, 3, 3), Values: v})
	}
	return all
}

func TestBadTraining(t *testing.T) {
	nan := math.NaN()
	one := []float64{1, 2, 3}
	runs := func(r plots.Runs) plots.SeedLoss {
		r.Name = "x"
		return plots.SeedLoss{Terms: []plots.Runs{r}}
	}
	wantErrors(t, []badInput{
		{"seeds: none", plots.SeedLoss{}, "plots: SeedLoss has no terms, want at least one"},
		{"seeds: empty", runs(plots.Runs{Steps: one}), `plots: Runs "x": 0 runs of 3 steps, want at least one of each`},
		{"seeds: ragged", runs(plots.Runs{Steps: one, Values: [][]float64{one, one[:2]}}), "Values[1] has 2 values, want 3"},
		{"seeds: NaN", runs(plots.Runs{Steps: one, Values: [][]float64{{nan, 0, -1}}}), "no value of its 1 runs is finite and > 0"},
		{"seeds: step", runs(plots.Runs{Steps: []float64{1, nan, 3}, Values: [][]float64{one}}), "Steps[1] = NaN, want a finite number"},
		{"seeds: band", plots.SeedLoss{Band: 7, Terms: runs(plots.Runs{Steps: one, Values: [][]float64{one}}).Terms}, "SeedLoss.Band = 7, want"},

		{"norms: none", plots.GradientNorms{}, "plots: GradientNorms has no points, want at least one"},
		{"norms: clip", plots.GradientNorms{Groups: curves(one), Clip: -1}, "GradientNorms.Clip = -1, want > 0"},
		{"norms: unequal", plots.GradientNorms{Groups: curves(one[:2])}, `History "a": 3 steps, 2 values`},
		{"norms: limits", plots.GradientNorms{X: plots.Axis{Min: 2, Max: 1}, Groups: curves(one)}, "GradientNorms.X.Min = 2, Max = 1"},

		{"weights: none", plots.TermWeights{}, "plots: TermWeights has no points"},
		{"shares: none", plots.TermWeights{Shares: true}, "plots: TermWeights has no terms or fewer than 2 steps"},
		{"shares: negative", plots.TermWeights{Shares: true, Terms: curves([]float64{1, -1, 1})}, `History "a": Values[1] = -1, want ≥ 0 with Shares`},
		{
			"shares: steps",
			plots.TermWeights{Shares: true, Terms: append(curves(one), plots.History{Name: "b", Steps: []float64{1, 2, 4}, Values: one})},
			"Terms[1]: its steps differ",
		},
		{"shares: zero", plots.TermWeights{Shares: true, Terms: curves(make([]float64, 3))}, "at no step are all weights finite with a positive sum"},

		{"line: none", plots.LandscapeLine{}, "LandscapeLine has no series"},
		{"line: unequal", plots.LandscapeLine{Series: named(plots.Series{X: one, Y: one[:1]})}, "3 x values, 1 y values"},
		{"line: negative", plots.LandscapeLine{Series: named(plots.Series{X: one, Y: []float64{-1, 0, nan}})}, "none of its 3 points is finite"},
	})
}

func TestBadSpectra(t *testing.T) {
	nan := math.NaN()
	one := []float64{1, 2, 3}
	set := func(values ...complex128) []plots.ComplexSet { return []plots.ComplexSet{{Name: "x", Values: values}} }
	spectrum := func(s plots.EigenSpectrum) plots.SpectralDensity {
		s.Name = "x"
		return plots.SpectralDensity{Spectra: []plots.EigenSpectrum{s}}
	}
	log := spectrum(plots.EigenSpectrum{Values: []float64{-1, 0}})
	log.X.Log = true
	wantErrors(t, []badInput{
		{"bands: none", plots.BandErrors{}, "BandErrors has no series"},
		{"bands: names", plots.BandErrors{Times: one, Errors: [][]float64{one}}, "BandErrors.Bands has 0 names, want 1"},
		{"bands: ragged", plots.BandErrors{Times: one, Errors: [][]float64{one[:2]}, Bands: []string{"x"}}, "3 x values, 2 y values"},

		{"eigen: none", plots.Eigenvalues{}, "Eigenvalues has no sets"},
		{"eigen: NaN", plots.Eigenvalues{Sets: set(complex(nan, 0))}, `ComplexSet "x": none of its 1 values is finite`},
		{"eigen: both", plots.Eigenvalues{UnitCircle: true, Stability: []float64{1, 1}, Sets: set(1)}, "has UnitCircle and Stability, want one"},
		{"eigen: constant", plots.Eigenvalues{Stability: []float64{1}, Sets: set(1)}, "Stability has 1 coefficients, want at least 2"},
		{"eigen: R(0)", plots.Eigenvalues{Stability: []float64{2, 1}, Sets: set(1)}, "Stability[0] = 2, want 1"},
		{"eigen: coefficient", plots.Eigenvalues{Stability: []float64{1, nan}, Sets: set(1)}, "Stability[1] = NaN, want finite"},
		{"eigen: log", plots.Eigenvalues{Re: plots.Axis{Log: true}, Sets: set(1)}, "Eigenvalues.Re or Im is logarithmic, want linear"},

		{"density: none", plots.SpectralDensity{}, "SpectralDensity has no spectra"},
		{"density: log", log, "none of its 2 values is finite and > 0"},
		{"density: weights", spectrum(plots.EigenSpectrum{Values: one, Weights: one[:1]}), "3 values, 1 weights"},
		{"density: negative weight", spectrum(plots.EigenSpectrum{Values: one, Weights: []float64{1, -1, 1}}), "Weights[1] = -1, want"},
		{"density: no weight", spectrum(plots.EigenSpectrum{Values: one, Weights: make([]float64, 3)}), "all weights of its 3 values are 0"},
		{"density: width", plots.SpectralDensity{Broadening: -1, Spectra: spectrum(plots.EigenSpectrum{Values: one}).Spectra}, "Broadening = -1"},

		{"singular: none", plots.SingularValues{}, "SingularValues has no matrices"},
		{"singular: negative", plots.SingularValues{Matrices: []plots.Bar{{Name: "x", Values: []float64{1, -1}}}}, "Values[1] = -1, want a finite number ≥ 0"},
		{"singular: zero", plots.SingularValues{Matrices: []plots.Bar{{Name: "x", Values: []float64{0, 0}}}}, "none of its 2 values is > 0"},
	})
}

func TestBadTrajectories(t *testing.T) {
	nan := math.NaN()
	one := []float64{1, 2, 3}
	good := named(plots.Series{X: one, Y: []float64{0.9, 0.5, 0.1}})
	still := func(x, y float64) (float64, float64) { return x, y }
	wantErrors(t, []badInput{
		{"portrait: none", plots.PhasePortrait{Flow: still}, "PhasePortrait has no paths, want at least one, or a Flow with the limits"},
		{"portrait: NaN", plots.PhasePortrait{Paths: named(plots.Series{X: []float64{nan}, Y: []float64{1}})}, "none of its 1 points is finite"},
		{"portrait: arrows", plots.PhasePortrait{Paths: good, Arrows: 1000}, "PhasePortrait.Arrows = 1000, want 2 to 100"},
		{"portrait: fixed", plots.PhasePortrait{Paths: good, Fixed: []plots.FixedPoint{{X: nan}}}, "Fixed[0] = (NaN, 0), want finite"},
		{"portrait: panic", plots.PhasePortrait{Paths: good, Flow: func(float64, float64) (float64, float64) { return one[3], 0 }}, "PhasePortrait.Flow panicked: runtime error: index out of range"},
		{"portrait: log", plots.PhasePortrait{Paths: good, X: plots.Axis{SymLog: 1}}, "PhasePortrait.X or Y is logarithmic"},

		{"flow: none", plots.SampleFlow{}, "SampleFlow has 0 samples at 0 times, want at least 1 at 2"},
		{"flow: times", plots.SampleFlow{Times: []float64{0, 0}, X: [][]float64{{1, 2}}}, "Times[1] = 0, want finite times that rise"},
		{"flow: ragged", plots.SampleFlow{Times: []float64{0, 1}, X: [][]float64{{1}}}, "SampleFlow.X[0] has 1 values, want 2"},
		{"flow: Y", plots.SampleFlow{Times: []float64{0, 1}, X: [][]float64{{1, 2}}, Y: [][]float64{}}, "SampleFlow.Y has 0 samples, want 1"},
		{"flow: NaN", plots.SampleFlow{Times: []float64{0, 1}, X: [][]float64{{1, nan}}}, "none of its 1 paths is finite throughout"},

		{"rollout: none", plots.Rollout{}, "Rollout has no series"},
		{"rollout: above 1", plots.Rollout{Methods: named(plots.Series{X: one, Y: one})}, "Y[1] = 2, want a correlation from -1 to 1"},
		{"rollout: times", plots.Rollout{Methods: named(plots.Series{X: []float64{2, 1}, Y: []float64{1, 1}})}, "X[1] = 1, want finite times that rise"},
		{"rollout: threshold", plots.Rollout{Methods: good, Threshold: 2}, "Rollout.Threshold = 2, want between 0 and 1"},

		{"steps: none", plots.StepSizes{}, "StepSizes has no series"},
		{
			"steps: rejected",
			plots.StepSizes{Solves: []plots.StepRecord{{Name: "x", Times: one, Sizes: one, Rejected: []bool{true}}}},
			`StepRecord "x": 3 sizes, 1 in Rejected`,
		},
		{"steps: negative", plots.StepSizes{Solves: []plots.StepRecord{{Name: "x", Times: one, Sizes: []float64{-1, 0, nan}}}}, "none of its 3 points is finite"},

		{"nfe: zero", plots.Evaluations{Methods: named(plots.Series{X: []float64{0, 1, 2}, Y: one})}, "X[0] = 0, want > 0"},
		{"nfe: order", plots.Evaluations{Methods: named(plots.Series{X: one, Y: one}), Orders: []float64{-1}}, "Evaluations.Orders[0] = -1, want > 0"},
	})
}

func TestBadSamples(t *testing.T) {
	nan := math.NaN()
	one := []float64{1, 2, 3}
	set := func(p plots.PointSet) []plots.PointSet {
		p.Name = "x"
		return []plots.PointSet{p}
	}
	good := set(plots.PointSet{X: one, Y: one})
	names := []string{"a", "b"}
	wantErrors(t, []badInput{
		{"scatter: none", plots.Scatter{}, "Scatter has no sets"},
		{"scatter: unequal", plots.Scatter{Sets: set(plots.PointSet{X: one, Y: one[:1]})}, `PointSet "x": 3 x values, 1 y values`},
		{"scatter: values", plots.Scatter{Sets: set(plots.PointSet{X: one, Y: one, Values: one[:1]})}, "1 values in Values, want 3"},
		{"scatter: log", plots.Scatter{Y: plots.Axis{Log: true}, Sets: set(plots.PointSet{X: one, Y: []float64{0, -1, nan}})}, "none of its 3 points is finite and > 0"},
		{"scatter: opacity", plots.Scatter{Sets: good, Opacity: 2}, "Scatter.Opacity = 2, want at most 1"},
		{"scatter: radius", plots.Scatter{Sets: good, Radius: -1}, "Scatter.Radius = -1 pt"},
		{"scatter: equal", plots.Scatter{Sets: good, Equal: true, X: plots.Axis{Log: true}}, "Scatter.X or Y with Equal is logarithmic"},
		{"tiles: none", plots.Tiles{Images: [][][]float64{{nil}}}, "plots: Tiles.Images has no image"},
		{"tiles: square", plots.Tiles{Images: [][][]float64{{one}}}, "Tiles.Across = 0 for images of 3 values"},
		{"tiles: across", plots.Tiles{Images: [][][]float64{{one}}, Across: 2}, "Tiles.Across = 2 for images of 3 values"},
		{"tiles: sizes", plots.Tiles{Images: [][][]float64{{one, one[:1]}}, Across: 3}, "Tiles.Images[0][1] has 1 values, want 3"},
		{"tiles: channels", plots.Tiles{Images: [][][]float64{{one}}, Channels: 2}, "Tiles.Channels = 2, want 1 or 3"},
		{"tiles: names", plots.Tiles{Images: [][][]float64{{one}}, Across: 1, Rows: names, Columns: names}, "Tiles.Columns has 2 names, want 1"},
		{"tiles: limits", plots.Tiles{Images: [][][]float64{{one}}, Across: 1, Low: 1, High: -1}, "Tiles.Low, High = 1, -1"},
		{"tiles: NaN", plots.Tiles{Images: [][][]float64{{{nan}}}}, "none of its 1 values is finite"},
		{"density: none", plots.SampleDensity{}, "SampleDensity.Sets has 0 sets, want 1 to 4"},
		{"density: bins", plots.SampleDensity{Sets: good, Bins: 1000}, "SampleDensity.Bins = 1000, want at most 500"},
		{"density: log", plots.SampleDensity{Sets: good, X: plots.Axis{Log: true}}, "SampleDensity.X or Y is logarithmic"},
		{"corner: none", plots.Corner{}, "Corner.Names has 0 dimensions, want 2 to 8"},
		{"corner: sample", plots.Corner{Names: names, Sets: []plots.SampleSet{{Name: "x", Samples: [][]float64{{1}}}}}, "Samples[0] has 1 values, want 2"},
		{"corner: NaN", plots.Corner{Names: names, Sets: []plots.SampleSet{{Name: "x", Samples: [][]float64{{1, nan}, {1, 1}}}}}, "1 of its 2 samples are finite, want at least 2"},
		{"corner: true", plots.Corner{Names: names, True: one, Sets: []plots.SampleSet{{Samples: [][]float64{{1, 1}, {2, 2}}}}}, "Corner.True has 3 values, want 2"},
	})
}

func TestBadStatistics(t *testing.T) {
	nan := math.NaN()
	rows := []plots.Bar{{Name: "x", Values: []float64{nan}}}
	zero := []plots.Bar{{Name: "x", Values: []float64{1, 0}}}
	node := func(label string, children ...plots.Node) plots.Node {
		return plots.Node{Label: label, Children: children}
	}
	wide := node("+")
	for range 60 {
		wide.Children = append(wide.Children, node("a long name"))
	}
	deep := node("x")
	for range 100 {
		deep = node("f", deep)
	}
	wantErrors(t, []badInput{
		{"calibration: beyond", plots.Calibration{Methods: named(plots.Series{X: []float64{0, 1}, Y: []float64{0, 2}})}, "Y[1] = 2, want a probability"},
		{"calibration: order", plots.Calibration{Methods: named(plots.Series{X: []float64{1, 0}, Y: []float64{0, 1}})}, "X[1] = 0, want nominal probabilities that rise"},
		{"boxes: none", plots.Boxes{}, "plots: Boxes has no methods"},
		{"boxes: NaN", plots.Boxes{Methods: rows}, "none of its 1 values is finite"},
		{"boxes: log", plots.Boxes{Value: plots.Axis{Log: true}, Methods: zero}, "Values[1] = 0, want > 0 on a log axis"},
		{"boxes: kind", plots.Boxes{Methods: zero, Kind: 9}, "Boxes.Kind = 9"},
		{"bars: none", plots.GroupedBars{}, "GroupedBars has 0 tasks and 0 methods"},
		{"bars: tasks", plots.GroupedBars{Tasks: []string{"a"}, Methods: []plots.BarGroup{{Name: "x"}}}, `BarGroup "x": values for 0 tasks, want 1`},
		{"bars: NaN", plots.GroupedBars{Tasks: []string{"a"}, Methods: []plots.BarGroup{{Name: "x", Values: [][]float64{{nan}}}}}, "no value is finite"},
		{
			"bars: log",
			plots.GroupedBars{Value: plots.Axis{Log: true}, Tasks: []string{"a"}, Methods: []plots.BarGroup{{Name: "x", Values: [][]float64{{-1}}}}},
			"Values[0][0] = -1, want > 0",
		},
		{"histogram: none", plots.Histogram{}, "Histogram has no samples"},
		{"histogram: NaN", plots.Histogram{Samples: rows}, "none of its 1 values is finite"},
		{"histogram: bins", plots.Histogram{Bins: -1, Samples: zero}, "Histogram.Bins = -1"},
		{"tree: label", plots.Tree{Root: node("+", node(""))}, "a node has no label"},
		{"tree: wide", plots.Tree{Root: wide}, "Tree.Width = 249 pt, want at least"},
		{"tree: deep", plots.Tree{Root: deep}, "want at most 500 on 60"},
		{"chain: none", plots.Transitions{}, "Transitions.States has 0 states, want 1 to 12"},
		{"chain: rows", plots.Transitions{States: []string{"a"}}, "Transitions.P has 0 rows, want 1"},
		{"chain: NaN", plots.Transitions{States: []string{"a"}, P: [][]float64{{nan}}}, "P[0][0] = NaN, want a probability"},
		{"chain: sum", plots.Transitions{States: []string{"a", "b"}, P: [][]float64{{0.7, 0.7}, {0, 1}}}, "P[0] has the sum 1.4, want at most 1"},
	})
}

// thrower is a drawing of a caller's that panics.
type thrower struct{}

func (thrower) Figure() (plots.Figure, error) { panic("no data") }

func TestBadAnimations(t *testing.T) {
	nan := math.NaN()
	wantErrors(t, []badInput{
		{"none", plots.Animation{}, "Animation has 0 frames, want 1 to 1000"},
		{"nil", plots.Animation{Frames: make([]plots.Frame, 1)}, "Animation.Frames[0].Picture is nil"},
		{"bad frame", plots.Animation{Frames: []plots.Frame{{Picture: simple("u")}, {Picture: plots.Lines{}}}}, "Animation.Frames[1]: plots: Lines has no series"},
		{"panic", plots.Animation{Frames: []plots.Frame{{Picture: thrower{}}}}, "Animation.Frames[0]: the picture cannot be laid out: no data"},
		{"speed", plots.Animation{FPS: 1000, Frames: []plots.Frame{{Picture: simple("u")}}}, "Animation.FPS = 1000, want at most 50"},
		{"resolution", plots.Animation{DPI: nan, Frames: []plots.Frame{{Picture: simple("u")}}}, "Animation.DPI = NaN, want 20 to 300"},
	})
	huge := plots.Animation{DPI: 300}
	big := simple("u")
	big.Width, big.Height = 2000*vg.Millimeter, 2000*vg.Millimeter
	huge.Frames = []plots.Frame{{Picture: big}}
	if err := huge.WriteGIF(io.Discard); err == nil || !strings.Contains(err.Error(), "million pixels in all") {
		t.Errorf("error = %v, want one that says how many pixels are too many", err)
	}
	for name, test := range map[string]struct {
		evolution plots.Evolution
		want      string
	}{
		"none":   {plots.Evolution{}, "Evolution has no fields"},
		"times":  {plots.Evolution{Fields: [][][]float64{{{1}}}}, "Evolution.Times has 0 times, want 1"},
		"shape":  {plots.Evolution{Times: []float64{0, 1}, Fields: [][][]float64{{{1, 2}}, {{1}}}}, "Fields[1][0] has 1 values, want 2"},
		"empty":  {plots.Evolution{Times: []float64{0}, Fields: [][][]float64{{}}}, "Fields[0] has 0 rows"},
		"NaN":    {plots.Evolution{Times: []float64{0}, Fields: [][][]float64{{{nan}}}}, "no value is finite"},
		"limits": {plots.Evolution{Value: plots.Axis{Min: 2, Max: 1}, Times: []float64{0}, Fields: [][][]float64{{{1}}}}, "Evolution.Value.Min = 2, Max = 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := test.evolution.Animation(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v\nwant it to say %s", err, test.want)
			}
		})
	}
}

func TestBadPathsAndLandscapes(t *testing.T) {
	nan := math.NaN()
	one := []float64{1, 2, 3}
	paths := func(p ...plots.Path) plots.TimePath { return plots.TimePath{Paths: p} }
	landscape := func(change func(*plots.Landscape)) plots.Landscape {
		l := plots.Landscape{Alpha: []float64{-1, 0, 1}, Beta: []float64{0, 1}, Loss: [][]float64{{1, 2}, {3, 4}, {5, 6}}}
		change(&l)
		return l
	}
	wantErrors(t, []badInput{
		{"path: none", plots.TimePath{}, "TimePath has no paths"},
		{"path: unequal", paths(plots.Path{Times: one, X: one, Y: one[:1]}), "Paths[0]: 3 times, 3 x, 1 y and 0 z values, want as many"},
		{"path: mixed", paths(plots.Path{Times: one, X: one, Y: one}, plots.Path{Times: one, X: one, Y: one, Z: one}), "only one has z values"},
		{"path: NaN", paths(plots.Path{Times: []float64{nan}, X: []float64{1}, Y: []float64{1}}), "none of its 1 points is finite"},
		{"path: log", plots.TimePath{X: plots.Axis{Log: true}, Paths: []plots.Path{{Times: one, X: one, Y: one}}}, "TimePath.X, Y, Z or Time is logarithmic"},
		{"path: view", plots.TimePath{Elevation: 100, Paths: []plots.Path{{Times: one, X: one, Y: one}}}, "Elevation = 100, want finite degrees"},
		{"landscape: none", plots.Landscape{}, "Landscape.Alpha has 0 values, want at least 2"},
		{"landscape: uneven", landscape(func(l *plots.Landscape) { l.Alpha = []float64{0, 1, 3} }), "Landscape.Alpha[1] = 1, want values that rise evenly"},
		{"landscape: falling", landscape(func(l *plots.Landscape) { l.Beta = []float64{1, 0} }), "Landscape.Beta[0] = 1, want values that rise"},
		{"landscape: shape", landscape(func(l *plots.Landscape) { l.Loss = l.Loss[:2] }), "Landscape.Loss is 2 by 2, want 3 by 2"},
		{"landscape: zero", landscape(func(l *plots.Landscape) { l.Loss[1][1] = 0 }), "Landscape.Loss[1][1] = 0, want > 0; Linear takes either sign"},
		{"landscape: NaN", landscape(func(l *plots.Landscape) { l.Loss = [][]float64{{nan, nan}, {nan, nan}, {nan, nan}} }), "none of its 6 values is finite"},
		{"landscape: path", landscape(func(l *plots.Landscape) { l.PathX, l.PathY = one, one[:2] }), "3 values in PathX, 2 in PathY"},
		{"landscape: beyond", landscape(func(l *plots.Landscape) { l.PathX, l.PathY = []float64{0, 2}, []float64{0, 0} }), "PathX[1] = 2, want within the loss, from -1 to 1"},
		{
			"landscape: heights",
			landscape(func(l *plots.Landscape) { l.PathX, l.PathY, l.Surface = []float64{0}, []float64{0}, true }),
			"0 in PathLoss, want as many",
		},
	})
}

// What is left out is counted in the figure.
func TestCharts(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	x := []float64{1, 2, 3, 4}
	steps := plots.Runs{Name: "loss", Steps: x, Values: [][]float64{{4, 3, 2, 1}, {4, nan, 0, inf}, {4, 3, 2, -1}}}
	for _, test := range []struct {
		name    string
		drawing plots.Drawing
		want    []string
	}{
		{"seeds", plots.SeedLoss{Terms: []plots.Runs{steps}}, []string{"4 left out: not finite or ≤ 0 (in 2 runs)", "median and least to greatest of 3 seeds"}},
		{"seeds, linear", plots.SeedLoss{Linear: true, Terms: []plots.Runs{steps}}, []string{"2 left out: not finite (in 1 run)"}},
		{
			"norms",
			plots.GradientNorms{Clip: 2.5, Groups: []plots.History{{Name: "all", Steps: x, Values: []float64{4, 3, nan, 1}}}},
			[]string{"1 left out: not finite or ≤ 0", "clipped above 2.5: 50 % of steps"},
		},
		{"shares", plots.TermWeights{Shares: true, Terms: []plots.History{{Name: "a", Steps: x, Values: []float64{1, nan, 0, 1}}}}, []string{"2 left out"}},
		{"landscape", plots.LandscapeLine{Series: named(plots.Series{X: x, Y: []float64{1, inf, 0, 1}})}, []string{"2 left out: not finite or ≤ 0"}},
		{"bands", plots.BandErrors{Times: x, Bands: []string{"low"}, Errors: [][]float64{{1, nan, 0, 1}}}, []string{"2 left out: not finite or ≤ 0", "low"}},
		// RK4 is stable to −2.785 on the real axis and to 2√2 on the imaginary one.
		{
			"region",
			plots.Eigenvalues{
				Stability: []float64{1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24},
				Sets:      []plots.ComplexSet{{Name: "x", Values: []complex128{-2.785, -2.786, 2.828i, 2.829i, complex(nan, 0)}}},
			},
			[]string{"x (2 of 4 outside)", "1 left out"},
		},
		{"circle", plots.Eigenvalues{UnitCircle: true, Sets: []plots.ComplexSet{{Name: "x", Values: []complex128{1, 1i, -1.01}}}}, []string{"x (1 of 3 outside)"}},
		{
			"singular values",
			plots.SingularValues{Relative: true, Threshold: 0.1, Matrices: []plots.Bar{{Name: "x", Values: []float64{0, 10, 2, 0.9, 30}}}},
			[]string{"x (1 zero), rank 2", "threshold 0.1"},
		},
		// S of t² from 0 to 1 is ∫ (1 − 2t)² dt = 1/3, less by 1/(3n²) for n straight pieces.
		{
			"straightness",
			plots.SampleFlow{
				Times: linspace(0, 1, 11),
				X:     [][]float64{apply(linspace(0, 1, 11), func(t float64) float64 { return t * t }), {inf, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
			},
			[]string{"straightness S = 0.33", "1 path left out", "noise", "data"},
		},
		{
			"ends",
			plots.SampleFlow{Times: []float64{0, 1}, X: [][]float64{{0, 1}, {1, 0}}, From: "before", To: "after"},
			[]string{"before", "after"},
		},
		{
			"horizon",
			plots.Rollout{X: plots.Axis{Unit: "s"}, Methods: []plots.Series{
				{Name: "a", X: x, Y: []float64{1, 0.9, 0.5, 0.1}}, {Name: "b", X: x, Y: []float64{1, 1, 1, 0.9}}, {Name: "c", X: x, Y: []float64{1, 1, nan, nan}},
			}},
			[]string{"a: 2.25 s", "b: beyond 4 s", "c: 2 s", "2 left out"},
		},
		{
			"steps",
			plots.StepSizes{Solves: []plots.StepRecord{{Name: "pair", Times: x, Sizes: []float64{1, 2, 0, 1}, Rejected: []bool{false, true, false, false}}}},
			[]string{"pair: 3 steps, 1 rejected", "1 left out: not finite or ≤ 0"},
		},
		{"scatter", plots.Scatter{X: plots.Axis{Log: true}, Sets: []plots.PointSet{{X: []float64{0, 1, 2}, Y: []float64{1, nan, 2}}}}, []string{"2 left out: not finite or ≤ 0"}},
		{"density", plots.SampleDensity{Sets: []plots.PointSet{{Name: "x", X: x, Y: []float64{1, 2, nan, 3}}}}, []string{"x · 1 left out"}},
		{
			"corner",
			plots.Corner{Names: []string{"a", "b"}, Sets: []plots.SampleSet{{Samples: [][]float64{{1, 2}, {2, 1}, {nan, 1}}}}},
			[]string{"1 left out"},
		},
		// The area between y = x² and the diagonal is 1/6.
		{
			"calibration",
			plots.Calibration{Methods: []plots.Series{{Name: "x", X: linspace(0, 1, 101), Y: apply(linspace(0, 1, 101), func(p float64) float64 { return p * p })}}},
			[]string{"x · area 0.17"},
		},
		// Two triangles with legs of a half.
		{"crossing", plots.Calibration{Methods: []plots.Series{{Name: "x", X: []float64{0, 1}, Y: []float64{0.5, 0.5}}}}, []string{"x · area 0.25"}},
		{"boxes", plots.Boxes{Methods: []plots.Bar{{Name: "x", Values: []float64{1, nan, 2}}}}, []string{"x (1 of 3 failed)"}},
		{
			"bars",
			plots.GroupedBars{Tasks: []string{"a", "b"}, Methods: []plots.BarGroup{{Name: "x", Values: [][]float64{{1}, {nan}}}}},
			[]string{"1 left out", "no finite value"},
		},
		{"histogram", plots.Histogram{X: plots.Axis{Log: true}, Samples: []plots.Bar{{Values: []float64{1, 2, 0, nan}}}}, []string{"2 left out: not finite or ≤ 0"}},
		{
			"path",
			plots.TimePath{Paths: []plots.Path{{Times: x, X: []float64{1, 2, nan, 3}, Y: []float64{1, 2, 3, inf}}}},
			[]string{"2 left out: not finite"},
		},
		{
			"landscape in two directions",
			plots.Landscape{Alpha: x, Beta: x[:2], Loss: [][]float64{{1, 2}, {nan, 4}, {5, 6}, {7, inf}}, PathX: []float64{1, 2}, PathY: []float64{1, 2}},
			[]string{"2 of 8 values not finite", "training, from here"},
		},
		{"chain", plots.Transitions{States: []string{"a", "b"}, P: [][]float64{{0.999, 0.001}, {0, 1}}}, []string{"1 transition below 0.01 not drawn"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Join(strings.Split(textOf(t, bytesOf(t, figureOf(t, test.drawing).WriteSVG)), "\n"), "")
			for _, want := range test.want {
				if !strings.Contains(text, strings.ReplaceAll(want, "_", "")) {
					t.Errorf("the figure does not say %q: %s", want, text)
				}
			}
		})
	}
}

// Unusual but right data are drawn without an error, in all formats.
func TestChartExtremes(t *testing.T) {
	nan := math.NaN()
	same := []float64{2, 2, 2}
	x := []float64{1, 2, 3}
	log := plots.Axis{Log: true}
	flow := func(float64, float64) (float64, float64) { return nan, 0 }
	for name, d := range map[string]plots.Drawing{
		"one seed, one step":     plots.SeedLoss{Terms: []plots.Runs{{Steps: []float64{1}, Values: [][]float64{{2}}}}},
		"gap in all seeds":       plots.SeedLoss{Band: plots.SpreadQuartiles, Terms: []plots.Runs{{Steps: x, Values: [][]float64{{1, nan, 1}}}}},
		"constant weight":        plots.TermWeights{Terms: curves(same)},
		"one share":              plots.TermWeights{Shares: true, Terms: curves(same)},
		"flat landscape":         plots.LandscapeLine{Series: named(plots.Series{X: x, Y: same})},
		"one eigenvalue":         plots.Eigenvalues{Sets: []plots.ComplexSet{{Values: []complex128{0}}}},
		"tiny region":            plots.Eigenvalues{Stability: []float64{1, 1e6}, Sets: []plots.ComplexSet{{Values: []complex128{0}}}},
		"large region":           plots.Eigenvalues{Stability: []float64{1, 1e-6}, Sets: []plots.ComplexSet{{Values: []complex128{-1}}}},
		"equal eigenvalues":      plots.SpectralDensity{Bins: 5, Spectra: []plots.EigenSpectrum{{Values: same}}},
		"zero eigenvalues":       plots.SpectralDensity{Bins: 5, Spectra: []plots.EigenSpectrum{{Values: []float64{0, 0}}}},
		"one weight":             plots.SpectralDensity{X: log, Y: log, Bins: 3, Spectra: []plots.EigenSpectrum{{Values: x, Weights: []float64{0, 1, 0}}}},
		"far eigenvalues":        plots.SpectralDensity{Y: log, Broadening: 1e-6, Spectra: []plots.EigenSpectrum{{Values: []float64{0, 1e6}}}},
		"one singular value":     plots.SingularValues{Matrices: []plots.Bar{{Values: []float64{3}}}},
		"point at rest":          plots.PhasePortrait{Paths: named(plots.Series{X: same, Y: same})},
		"flow of NaN":            plots.PhasePortrait{Flow: flow, X: plots.Axis{Max: 1}, Y: plots.Axis{Max: 1}},
		"straight flow":          plots.SampleFlow{Times: []float64{0, 1}, X: [][]float64{{0, 1}}, Y: [][]float64{{0, 0}}},
		"flow at rest":           plots.SampleFlow{Times: []float64{0, 1}, X: [][]float64{{1, 1}}},
		"rollout below at start": plots.Rollout{Methods: named(plots.Series{X: x, Y: []float64{0.1, -0.5, -1}})},
		"all steps rejected":     plots.StepSizes{Solves: []plots.StepRecord{{Times: x, Sizes: x, Rejected: []bool{true, true, true}}}},
		"one setting":            plots.Evaluations{Methods: named(plots.Series{X: x[:1], Y: x[:1]}), Orders: []float64{1, 8}},
		"one point":              plots.Scatter{Equal: true, Sets: []plots.PointSet{{X: x[:1], Y: x[:1], Values: x[:1]}}},
		"equal points":           plots.SampleDensity{Kernel: true, Sets: []plots.PointSet{{X: same, Y: same}}},
		"points on a line":       plots.SampleDensity{Kernel: true, Sets: []plots.PointSet{{X: x, Y: same}}},
		"equal samples":          plots.Corner{Names: []string{"a", "b"}, Sets: []plots.SampleSet{{Samples: [][]float64{{1, 1}, {1, 1}}}}},
		"one probability":        plots.Calibration{Methods: named(plots.Series{X: []float64{0.5}, Y: []float64{0.5}})},
		"equal values":           plots.Boxes{Methods: []plots.Bar{{Values: same}}},
		"zero bars":              plots.GroupedBars{Tasks: []string{"a"}, Methods: []plots.BarGroup{{Values: [][]float64{{0}}}}},
		"constant histogram":     plots.Histogram{Curve: true, Samples: []plots.Bar{{Values: same}}},
		"one value":              plots.Histogram{X: log, Y: log, Curve: true, Samples: []plots.Bar{{Values: x[:1]}}},
		"outlier":                plots.Histogram{Samples: []plots.Bar{{Values: append(linspace(0, 1, 100), 1e9)}}},
		"huge values":            plots.Histogram{Samples: []plots.Bar{{Values: []float64{-1e307, 1e307}}}},
		"point in space":         plots.TimePath{Paths: []plots.Path{{Times: x, X: same, Y: same, Z: same}}},
		"point in the plane":     plots.TimePath{Equal: true, Paths: []plots.Path{{Times: same, X: same, Y: same}}},
		"one time":               plots.TimePath{Paths: []plots.Path{{Times: x[:1], X: x[:1], Y: x[:1]}}},
		"constant loss":          plots.Landscape{Alpha: x, Beta: x, Loss: [][]float64{same, same, same}},
		"loss of either sign":    plots.Landscape{Linear: true, Alpha: x, Beta: x, Loss: [][]float64{{-1, 0, 1}, x, {0, 0, 0}}},
		"constant surface":       plots.Landscape{Surface: true, Alpha: x, Beta: x, Loss: [][]float64{same, same, same}, PathX: x, PathY: x, PathLoss: same},
		"single node":            plots.Tree{Root: plots.Node{Label: "x"}},
		"one state":              plots.Transitions{States: []string{"a"}, P: [][]float64{{1}}},
		"one frame":              plots.Animation{Frames: []plots.Frame{{Picture: simple("u")}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := figureOf(t, d)
			for _, write := range []func(io.Writer) error{f.WritePDF, f.WritePNG} {
				bytesOf(t, write)
			}
			svg := bytesOf(t, f.WriteSVG)
			if bad := regexp.MustCompile(` [a-z1-2]+="[^"]*(NaN|Inf)[ ,LCZ"][^"]*"`).Find(svg); bad != nil {
				t.Errorf("the SVG has coordinates that are not numbers: %s", bad)
			}
		})
	}
}
