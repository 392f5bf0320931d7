package plots_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/plots"
)

var beside = flag.String("beside", "", "write the figures of docs/plots/beside-matplotlib.md, their numbers and times into this folder, for docs/plots/beside/beside.py")

// besideRepeats is how often a file is written; the least time counts, since
// others use the machine too.
const besideRepeats = 7

// mostBeside is the greatest size in bytes of a picture of the page.
const mostBeside = 80_000

// besideFigure is a figure with the numbers that the script draws again.
type besideFigure struct {
	name    string
	drawing plots.Drawing
	data    map[string]any
}

// besideFigures returns the ten figures of the page.
func besideFigures() []besideFigure {
	return []besideFigure{
		besideBand(), besideLoss(), besideHeatMap(), besideContours(), besideMesh(),
		besideStreamlines(), besideSurface(), besideSpectrum(), besideBoxes(), besideScatter(),
	}
}

func besideBand() besideFigure {
	n := []float64{16, 32, 64, 128, 256, 512}
	rate := func(p, c float64) []float64 { return apply(n, func(n float64) float64 { return c * math.Pow(n, p) }) }
	methods := []plots.Series{
		{Name: "network", X: n, Y: rate(-0.7, 1), Low: rate(-0.75, 0.9), High: rate(-0.62, 1.1), Marker: plots.Circle},
		{Name: "kernel method", X: n, Y: rate(-0.4, 0.7), Low: rate(-0.42, 0.6), High: rate(-0.38, 0.85), Marker: plots.Square},
	}
	return besideFigure{"band", plots.Lines{
		X: plots.Axis{Label: "training samples", Log: true}, Y: plots.Axis{Label: "relative L₂ error", Log: true}, Series: methods,
	}, map[string]any{"series": methods}}
}

func besideLoss() besideFigure {
	steps := linspace(1, 2500, 1250)
	noise := rand.New(rand.NewPCG(1, 2))
	decay := func(start, tau, floor float64) []float64 {
		return apply(steps, func(s float64) float64 {
			return (start*math.Exp(-s/tau) + floor) * math.Exp(0.25*noise.NormFloat64())
		})
	}
	curves := []plots.History{
		{Name: "residual", Steps: steps, Values: decay(30, 240, 2e-3)},
		{Name: "boundary", Steps: steps, Values: decay(5, 300, 4e-4)},
		{Name: "initial", Steps: steps, Values: decay(2, 180, 2e-5)},
	}
	return besideFigure{"loss", plots.Loss{Curves: curves}, map[string]any{"curves": curves}}
}

func besideHeatMap() besideFigure {
	u := vortices(128, 0)
	return besideFigure{"heatmap", plots.Field{
		X: plots.Axis{Label: "x", Unit: "m", Max: 2}, Y: plots.Axis{Label: "y", Unit: "m", Max: 2},
		Value: plots.Axis{Label: "vorticity ω", Unit: "1/s"}, Values: u,
	}, map[string]any{"values": u}}
}

func besideContours() besideFigure {
	u, levels := grid(60, 60, peaks), []float64{-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2}
	return besideFigure{"contours", plots.Contour{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Value: plots.Axis{Label: "height", Unit: "m"}, Values: u, Levels: levels, Filled: true,
	}, map[string]any{"values": u, "levels": levels}}
}

func besideMesh() besideFigure {
	x, y, triangles := annulus(48, 9)
	nodal := make([]float64, len(x))
	for i := range nodal {
		nodal[i] = 20 + 60*x[i]/(x[i]*x[i]+y[i]*y[i])
	}
	return besideFigure{"mesh", plots.Mesh{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Value:  plots.Axis{Label: "temperature", Unit: "°C"},
		PointX: x, PointY: y, Triangles: triangles, Nodal: nodal, Edges: true,
	}, map[string]any{"x": x, "y": y, "triangles": triangles, "values": nodal}}
}

func besideStreamlines() besideFigure {
	u, v := cells()
	return besideFigure{"streamlines", plots.Streamlines{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Speed: plots.Axis{Label: "speed", Unit: "m/s"}, U: u, V: v, Colours: plots.Viridis(),
	}, map[string]any{"u": u, "v": v}}
}

func besideSurface() besideFigure {
	u := grid(60, 60, peaks)
	return besideFigure{"surface", plots.Surface{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Value: plots.Axis{Label: "height", Unit: "m"}, Values: u,
	}, map[string]any{"values": u}}
}

func besideSpectrum() besideFigure {
	k := linspace(1, 85, 85)
	energy := func(cut float64) []float64 {
		return apply(k, func(k float64) float64 {
			return k / math.Pow(1+k*k/16, 4.0/3) * math.Exp(-math.Pow(k/cut, 2))
		})
	}
	series := []plots.Series{{Name: "reference", X: k, Y: energy(60)}, {Name: "prediction", X: k, Y: energy(38), Stroke: plots.Dashed}}
	return besideFigure{"spectrum", plots.Spectrum{
		X: plots.Axis{Label: "wave number k", Unit: "1/m"}, Y: plots.Axis{Label: "E(k)", Unit: "m³/s²"}, Series: series,
		Slopes: []plots.Slope{{Exponent: -5.0 / 3, Label: "k^{−5/3}", From: 8, To: 35}},
	}, map[string]any{"series": series}}
}

func besideBoxes() besideFigure {
	methods := seedErrors(30)
	return besideFigure{"boxes", plots.Boxes{
		Value: plots.Axis{Label: "relative L₂ error", Log: true}, Kind: plots.BoxOnly, Methods: methods,
	}, map[string]any{"methods": methods}}
}

func besideScatter() besideFigure {
	x, y := rings(50_000, 0.12, 1)
	u, v := rings(50_000, 0.03, 2)
	sets := []plots.PointSet{{Name: "samples", X: x, Y: y}, {Name: "data", X: u, Y: v}}
	return besideFigure{"scatter", plots.Scatter{
		X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "y"}, Equal: true, Sets: sets,
	}, map[string]any{"sets": sets}}
}

// TestBeside keeps the figures of the page such that they draw, and its pictures
// small. With -beside it hands them to the script that makes the page.
func TestBeside(t *testing.T) {
	folder := filepath.Join("..", "docs", "plots")
	page := string(read(t, filepath.Join(folder, "beside-matplotlib.md")))
	for _, f := range besideFigures() {
		figure, err := f.drawing.Figure()
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		if *beside != "" {
			measure(t, f, figure)
			continue
		}
		for _, whose := range []string{"ours", "matplotlib"} {
			name := "beside/" + f.name + "-" + whose + ".png"
			if size := len(read(t, filepath.Join(folder, filepath.FromSlash(name)))); size > mostBeside {
				t.Errorf("%s has %d bytes, want at most %d", name, size, mostBeside)
			}
			if !strings.Contains(page, `src="`+name+`"`) {
				t.Errorf("docs/plots/beside-matplotlib.md does not show %s", name)
			}
		}
	}
}

// measure writes the figure, its numbers and the least time that drawing it took,
// in this run and in those whose result is in the folder.
func measure(t *testing.T, f besideFigure, figure plots.Figure) {
	t.Helper()
	base := filepath.Join(*beside, f.name)
	var before struct {
		Took map[string]float64 `json:"ms"`
	}
	if text, err := os.ReadFile(base + ".json"); err == nil {
		if err := json.Unmarshal(text, &before); err != nil {
			t.Fatalf("%s.json: %v", base, err)
		}
	}
	took := map[string]float64{}
	sizes := map[string]int{}
	for suffix, encode := range map[string]func(plots.Figure, io.Writer) error{"png": plots.Figure.WritePNG, "pdf": plots.Figure.WritePDF} {
		best := math.Inf(1)
		if earlier, ok := before.Took[suffix]; ok {
			best = earlier
		}
		for range besideRepeats + 1 { // the first loads fonts
			var file bytes.Buffer
			start := time.Now()
			drawn, err := f.drawing.Figure()
			if err == nil {
				err = encode(drawn, &file)
			}
			best = min(best, float64(time.Since(start).Microseconds())/1000)
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			sizes[suffix] = file.Len()
		}
		took[suffix] = best
	}
	text, err := json.Marshal(map[string]any{
		"name": f.name, "data": f.data, "bytes": sizes, "ms": took, "go": runtime.Version(), "cores": runtime.NumCPU(),
		"width_inches": figure.Width.Points() / 72, "height_inches": figure.Height.Points() / 72, "repeats": besideRepeats,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := figure.Save(base); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base+".json", text, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %v ms, %v bytes", f.name, took, sizes)
}
