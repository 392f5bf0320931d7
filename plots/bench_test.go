package plots_test

import (
	"io"
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

// liveLoss is a chart as a long run has it: three terms, training and
// validation, 20,000 steps each.
func liveLoss() plots.Loss {
	steps := linspace(1, 20_000, 20_000)
	l := plots.Loss{Title: "run", Status: "step 20,000 of 50,000 · 310 steps/s · 97 s left · xla:cpu"}
	for i, name := range []string{"residual", "boundary", "initial"} {
		for _, validation := range []bool{false, true} {
			l.Curves = append(l.Curves, plots.History{
				Name: name, Validation: validation, Steps: steps,
				Values: apply(steps, func(s float64) float64 {
					return math.Exp(-s/4000-float64(i)) * (1.5 + math.Sin(s*float64(i+2)))
				}),
			})
		}
	}
	return l
}

// A live chart is drawn four times a second beside the training, so that 30 ms
// are an eighth of one core.
func BenchmarkLossSVG(b *testing.B) {
	l := liveLoss()
	size := 0
	for b.Loop() {
		f := figureOf(b, l)
		size = len(bytesOf(b, f.WriteSVG))
	}
	b.ReportMetric(float64(size)/1000, "kB")
	if ms := float64(b.Elapsed().Milliseconds()) / float64(b.N); b.N > 10 && ms > 30 {
		b.Errorf("%.1f ms a chart, want at most 30", ms)
	}
}

func BenchmarkComparePDF(b *testing.B) {
	x := linspace(0, 1, 1024)
	u := apply(x, math.Sin)
	c := plots.Compare{Points: x, Reference: [][]float64{u, u, u}, Prediction: [][]float64{u, u, u}}
	for b.Loop() {
		if err := figureOf(b, c).WritePDF(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFieldRowPNG(b *testing.B) {
	u := vortices(421, 0)
	for b.Loop() {
		if err := figureOf(b, plots.FieldRow{Reference: u, Prediction: u}).WritePNG(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
