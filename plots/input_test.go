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

// badInput is a drawing that cannot be, and what its error must say.
type badInput struct {
	name    string
	drawing plots.Drawing
	want    string
}

// wantErrors checks that each bad input gives an error that says what was wrong
// and what is wanted.
func wantErrors(t *testing.T, tests []badInput) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.drawing.Figure()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v\nwant it to say %s", err, test.want)
			}
		})
	}
}

// named returns one series of the name x.
func named(s plots.Series) []plots.Series {
	s.Name = "x"
	return []plots.Series{s}
}

func TestBadLines(t *testing.T) {
	nan := math.NaN()
	one := []float64{1, 2, 3}
	good := named(plots.Series{X: one, Y: one})
	negative := named(plots.Series{X: one, Y: []float64{1, -1, 3}})
	wantErrors(t, []badInput{
		{"no series", plots.Lines{}, "plots: Lines has no series, want at least one"},
		{"empty series", plots.Lines{Series: named(plots.Series{})}, `plots: Series "x": no points, want at least one`},
		{
			"unequal",
			plots.Lines{Series: named(plots.Series{X: one, Y: []float64{1, 2, 3, 4}})},
			`plots: Series "x": 3 x values, 4 y values, want as many`,
		},
		{
			"all NaN",
			plots.Lines{Series: named(plots.Series{X: one, Y: []float64{nan, nan, math.Inf(1)}})},
			`plots: Series "x": none of its 3 points is finite, want at least one`,
		},
		{"log y", plots.Lines{Y: plots.Axis{Log: true}, Series: negative}, `plots: Series "x": Y[1] = -1, want > 0 on a log axis`},
		{
			"log x",
			plots.Lines{X: plots.Axis{Log: true}, Series: named(plots.Series{X: []float64{0, 1, 2}, Y: one})},
			`plots: Series "x": X[0] = 0, want > 0 on a log axis`,
		},
		{
			"log band",
			plots.Lines{Y: plots.Axis{Log: true}, Series: named(plots.Series{X: one, Y: one, Low: []float64{1, 1, 0}, High: one})},
			`plots: Series "x": Low[2] = 0, want > 0 on a log axis`,
		},
		{"half a band", plots.Lines{Series: named(plots.Series{X: one, Y: one, Low: one})}, "only one of Low and High given"},
		{"short band", plots.Lines{Series: named(plots.Series{X: one, Y: one, Low: one[:1], High: one})}, "1 values in Low, want 3"},
		{"short notes", plots.Lines{Series: named(plots.Series{X: one, Y: one, Notes: []string{"a"}})}, "1 values in Notes, want 3"},
		{"stroke", plots.Lines{Series: named(plots.Series{X: one, Y: one, Stroke: 9})}, "Stroke = 9, want"},
		{"marker", plots.Lines{Series: named(plots.Series{X: one, Y: one, Marker: -1})}, "Marker = -1, want"},
		{"limits", plots.Lines{X: plots.Axis{Min: 2, Max: 1}, Series: good}, "plots: Lines.X.Min = 2, Max = 1, want finite limits with Min < Max"},
		{"NaN limits", plots.Lines{Y: plots.Axis{Min: nan, Max: 1}, Series: good}, "Lines.Y.Min = NaN"},
		{"log limits", plots.Lines{Y: plots.Axis{Log: true, Max: 1}, Series: good}, "Lines.Y.Min = 0, want > 0 on a log axis"},
		{"width", plots.Lines{Series: good, Width: -1}, "Figure.Width = -1 pt"},
		{"height", plots.Lines{Series: good, Height: 1e9}, "Figure.Height = 1e+09 pt"},
	})
}

func TestBadKinds(t *testing.T) {
	nan := math.NaN()
	one := []float64{1, 2, 3}
	good := named(plots.Series{X: one, Y: one})
	negative := named(plots.Series{X: one, Y: []float64{1, -1, 3}})
	field := [][]float64{{1, 2}, {3, 4}}
	wantErrors(t, []badInput{
		{"loss: nothing", plots.Loss{}, "plots: Loss has no points, want at least one"},
		{"loss: empty", plots.Loss{Curves: []plots.History{{Name: "data"}}}, "plots: Loss has no points"},
		{
			"loss: unequal",
			plots.Loss{Curves: []plots.History{{Name: "data", Steps: one, Values: one[:2]}}},
			`plots: History "data": 3 steps, 2 values, want as many`,
		},
		{
			"loss: step",
			plots.Loss{Curves: []plots.History{{Name: "data", Steps: []float64{1, nan}, Values: one[:2]}}},
			`plots: History "data": Steps[1] = NaN, want a finite number`,
		},

		{"compare: nothing", plots.Compare{Points: one}, "Compare.Reference has 0 samples, want 1 to 6"},
		{
			"compare: samples",
			plots.Compare{Points: one, Reference: [][]float64{one}, Prediction: [][]float64{one, one}},
			"Compare.Prediction has 2 samples, want 1",
		},
		{
			"compare: points",
			plots.Compare{Points: one, Reference: [][]float64{one}, Prediction: [][]float64{one[:2]}},
			`Series "Prediction[0]": 3 x values, 2 y values`,
		},
		{
			"compare: input",
			plots.Compare{Points: one, Reference: [][]float64{one}, Prediction: [][]float64{one}, Input: [][]float64{{nan, nan, nan}}},
			`Series "Input[0]": none of its 3 points is finite`,
		},
		{
			"compare: names",
			plots.Compare{Points: one, Reference: [][]float64{one}, Prediction: [][]float64{one}, Names: []string{"a", "b"}},
			"Compare.Names has 2 names, want 1",
		},
		{
			"compare: log",
			plots.Compare{Y: plots.Axis{Log: true}, Points: one, Reference: [][]float64{one}, Prediction: [][]float64{one}},
			"Compare.Y.Log = true, want a linear axis",
		},

		{"resolution: negative", plots.Resolution{Methods: negative}, "Y[1] = -1, want > 0"},
		{"resolution: trained", plots.Resolution{Methods: good, Trained: -64}, "Resolution.Trained = -64, want"},
		{"work: none", plots.WorkPrecision{}, "WorkPrecision has no series"},
		{"work: zero time", plots.WorkPrecision{Methods: named(plots.Series{X: []float64{0, 1, 2}, Y: one})}, "X[0] = 0, want > 0"},
		{"spectrum: negative", plots.Spectrum{Series: negative}, "Y[1] = -1, want > 0"},
		{"spectrum: all zero", plots.Spectrum{Series: named(plots.Series{X: one, Y: make([]float64, 3)})}, "none of its 3 points is finite"},
		{"spectrum: unequal", plots.Spectrum{Series: named(plots.Series{X: one, Y: one[:1]})}, "3 x values, 1 y values"},
		{"spectrum: slope", plots.Spectrum{Series: good, Slopes: []plots.Slope{{Exponent: nan}}}, "Slopes[0].Exponent = NaN"},
		{"spectrum: range", plots.Spectrum{Series: good, Slopes: []plots.Slope{{From: 4, To: 2}}}, "Slopes[0] runs from 4 to 2, want 0 < From < To"},

		{"field: empty", plots.FieldRow{Prediction: field}, "FieldRow.Reference is empty"},
		{
			"field: ragged",
			plots.FieldRow{Reference: [][]float64{{1, 2}, {3}}, Prediction: field},
			"plots: FieldRow.Reference[1] has 1 values, want 2 as in [0]",
		},
		{"field: shape", plots.FieldRow{Reference: field, Prediction: field[:1]}, "FieldRow.Prediction is 1 by 2, want 2 by 2"},
		{
			"field: NaN",
			plots.FieldRow{Reference: field, Prediction: [][]float64{{nan, nan}, {nan, nan}}},
			"FieldRow.Prediction: none of its 4 values is finite",
		},
		{"field: log", plots.FieldRow{X: plots.Axis{Log: true, Min: 1, Max: 2}, Reference: field, Prediction: field}, "want linear axes"},
		{"field: aspect", plots.FieldRow{Aspect: -1, Reference: field, Prediction: field}, "FieldRow.Aspect = -1, want > 0"},

		{"bars: none", plots.Bars{}, "plots: Bars has no methods, want at least one"},
		{"bars: NaN", plots.Bars{Methods: []plots.Bar{{Name: "x", Values: []float64{nan}}}}, `plots: Bar "x": none of its 1 values is finite`},
		{
			"bars: log",
			plots.Bars{Value: plots.Axis{Log: true}, Methods: []plots.Bar{{Name: "x", Values: []float64{1, 0}}}},
			`plots: Bar "x": Values[1] = 0, want > 0 on a log axis`,
		},

		{"grid: none", plots.Grid{}, "plots: Grid has no drawings, want at least one"},
		{
			"grid: bad cell",
			plots.Grid{Rows: [][]plots.Drawing{{plots.Lines{Series: good}, plots.Lines{}}}},
			"plots: Grid.Rows[0][1]: plots: Lines has no series",
		},
	})
}

// All problems are reported at once.
func TestAllProblems(t *testing.T) {
	_, err := plots.Lines{
		X:      plots.Axis{Min: 2, Max: 1},
		Series: []plots.Series{{Name: "a"}, {Name: "b", X: []float64{1}}},
	}.Figure()
	if err == nil || len(strings.Split(err.Error(), "\n")) != 3 {
		t.Errorf("error = %v, want three lines: the axis and both series", err)
	}
}

// Unusual but right data are drawn without an error, in all formats.
func TestExtremes(t *testing.T) {
	series := func(x, y []float64) []plots.Series { return []plots.Series{{Name: "u", X: x, Y: y}} }
	nan := math.NaN()
	for name, d := range map[string]plots.Drawing{
		"constant":        plots.Lines{Series: series([]float64{0, 1}, []float64{5, 5})},
		"zero":            plots.Lines{Series: series([]float64{0, 1}, []float64{0, 0})},
		"one point":       plots.Lines{Series: series([]float64{3}, []float64{7})},
		"one log point":   plots.WorkPrecision{Methods: series([]float64{3}, []float64{7})},
		"huge":            plots.Lines{Series: series([]float64{-1e300, 1e300}, []float64{-1e307, 1e307})},
		"tiny":            plots.Lines{Series: series([]float64{0, 1e-300}, []float64{0, 1e-300})},
		"far from zero":   plots.Lines{Series: series([]float64{1e9, 1e9 + 1}, []float64{1, 2})},
		"nearly constant": plots.Lines{Series: series([]float64{0, 1}, []float64{1, 1 + 1e-15})},
		"whole log range": plots.Lines{Y: plots.Axis{Log: true}, Series: series([]float64{0, 1}, []float64{5e-324, 1e308})},
		"gaps":            plots.Lines{Series: series([]float64{0, 1, 2, 3, 4}, []float64{1, nan, 2, math.Inf(-1), 3})},
		"outside limits":  plots.Lines{X: plots.Axis{Min: 10, Max: 11}, Series: series([]float64{0, 1}, []float64{1, 2})},
		"crossing limits": plots.Lines{Y: plots.Axis{Min: 1, Max: 2}, Series: series([]float64{0, 1, 2}, []float64{0, 3, 0})},
		"backwards":       plots.Lines{Series: series([]float64{3, 2, 1}, []float64{1, 2, 3})},
		"long names": plots.Lines{Title: strings.Repeat("title ", 60), Series: []plots.Series{
			{Name: strings.Repeat("name ", 60), X: []float64{0, 1}, Y: []float64{0, 1}},
		}},
		"markup":        plots.Lines{Title: "^{ _{ ^{}} x^{2}_{i} ⁻¹", Series: series([]float64{0, 1}, []float64{0, 1})},
		"right answer":  plots.Compare{Points: []float64{0, 1}, Reference: [][]float64{{1, 2}}, Prediction: [][]float64{{1, 2}}},
		"zero answer":   plots.Compare{Points: []float64{0, 1}, Reference: [][]float64{{0, 0}}, Prediction: [][]float64{{1, nan}}},
		"one cell":      plots.FieldRow{Reference: [][]float64{{1}}, Prediction: [][]float64{{1}}},
		"hole":          plots.FieldRow{Reference: [][]float64{{1, nan}}, Prediction: [][]float64{{1, 2}}},
		"space-time":    plots.FieldRow{X: plots.Axis{Max: 20}, Y: plots.Axis{Max: 1}, Aspect: 1, Reference: vortices(9, 0), Prediction: vortices(9, 0)},
		"negative bars": plots.Bars{Methods: []plots.Bar{{Name: "a", Values: []float64{-1, -2}}, {Name: "b", Values: []float64{3}}}},
		"zero bars":     plots.Bars{Methods: []plots.Bar{{Name: "a", Values: []float64{0}}}},
		"empty cell":    plots.Grid{Rows: [][]plots.Drawing{{nil, simple("u")}, {}}},
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

// What cannot be drawn is counted in the legend of a loss, even if it is all.
func TestLossLeavesOut(t *testing.T) {
	steps := []float64{1, 2, 3, 4}
	for _, test := range []struct {
		name   string
		values []float64
		linear bool
		want   string
	}{
		{"all right", []float64{4, 3, 2, 1}, false, ""},
		{"a NaN and a zero", []float64{4, math.NaN(), 0, 1}, false, "2 left out: not finite or ≤ 0"},
		{"all NaN", []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN()}, false, "4 left out"},
		{"negative on a linear axis", []float64{4, -1, 0, math.Inf(1)}, true, "1 left out: not finite"},
	} {
		t.Run(test.name, func(t *testing.T) {
			loss := plots.Loss{Linear: test.linear, Curves: []plots.History{{Name: "data", Steps: steps, Values: test.values}}}
			text := textOf(t, bytesOf(t, figureOf(t, loss).WriteSVG))
			if got := strings.Contains(text, "left out"); got != (test.want != "") {
				t.Errorf("the legend says that points are left out: %v, want %v", got, test.want != "")
			}
			if !strings.Contains(text, test.want) {
				t.Errorf("the legend does not say %q:\n%s", test.want, text)
			}
		})
	}
}

// A title is not cut within its number: where it has no room it is the name.
func TestTitleWithoutRoom(t *testing.T) {
	u, v := vortices(8, 0), vortices(8, 0.3)
	for _, test := range []struct {
		width vg.Length
		want  bool
	}{{plots.Page, true}, {plots.Column, false}} {
		f := figureOf(t, plots.FieldRow{Reference: u, Prediction: v, Width: test.width})
		text := textOf(t, bytesOf(t, f.WriteSVG))
		if got := strings.Contains(text, "rel. L"); got != test.want {
			t.Errorf("at %.0f pt the title gives the error: %v, want %v", test.width.Points(), got, test.want)
		}
		if strings.Contains(text, "…") || !strings.Contains(text, "error") {
			t.Errorf("at %.0f pt a title is cut or missing:\n%s", test.width.Points(), text)
		}
	}
}

// Labels on the axes: step, factor, decades and the grid sizes themselves.
func TestTickLabels(t *testing.T) {
	line := func(lo, hi float64, log bool) plots.Drawing {
		return plots.Lines{
			X: plots.Axis{Min: lo, Max: hi, Log: log}, Series: []plots.Series{{X: []float64{lo, hi}, Y: []float64{0.5, 0.5}}},
			Y: plots.Axis{Min: 0.25, Max: 0.75, Ticks: []float64{0.5}},
		}
	}
	for _, test := range []struct {
		name    string
		drawing plots.Drawing
		want    []string
	}{
		{"unit interval", line(0, 1, false), []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{"negative", line(-2, 2, false), []string{"−2.0", "−1.5", "−1.0", "−0.5", "0.0", "0.5", "1.0", "1.5", "2.0"}},
		{"large", line(0, 2e6, false), []string{"0.0", "0.5", "1.0", "1.5", "2.0", "×10", "6"}},
		{"small", line(0, 2e-4, false), []string{"0.0", "0.5", "1.0", "1.5", "2.0", "×10", "−4"}},
		{"few decades", line(0.1, 100, true), []string{"0.1", "1", "10", "100"}},
		{"many decades", line(1e-8, 1, true), []string{"10", "−8", "−6", "−4", "−2", "0"}},
		{"part of a decade", line(2, 9, true), []string{"2", "5"}},
		{
			"grid sizes",
			plots.Resolution{Methods: []plots.Series{{X: []float64{64, 256, 1024}, Y: []float64{1, 1, 1}}}},
			[]string{"64", "256", "1024"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := strings.Split(textOf(t, bytesOf(t, figureOf(t, test.drawing).WriteSVG)), "\n")
			seen := map[string]bool{}
			for _, l := range lines {
				seen[l] = true
			}
			for _, want := range test.want {
				if !seen[want] {
					t.Errorf("no label %q among %q", want, lines)
				}
			}
		})
	}
}
