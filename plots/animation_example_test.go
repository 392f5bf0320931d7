package plots_test

import (
	"bytes"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestGoldenAnimation(t *testing.T) {
	golden(t, "evolution", ExampleEvolution)
}

// A field over time as GIF, as APNG and as a player; its strip stands for it in
// print.
func ExampleEvolution() {
	evolution := plots.Evolution{Title: "Rotating modes", TimeUnit: "s"}
	evolution.Value = plots.Axis{Label: "ω", Unit: "1/s", Min: -2.4, Max: 2.4}
	evolution.Colours = plots.BlueRed()
	for k := range 12 {
		t := 0.25 * float64(k)
		evolution.Times = append(evolution.Times, t)
		evolution.Fields = append(evolution.Fields, vortices(48, t))
	}
	animation, err := evolution.Animation()
	if err != nil {
		log.Fatal(err)
	}
	save("evolution", animation)
	write("evolution.gif", animation.WriteGIF)
	write("evolution.apng", animation.WriteAPNG)
	write("evolution.html", animation.WriteHTML)
	// Output:
}

// Any figures can be frames: here a wave that moves.
func ExampleAnimation() {
	x := linspace(0, 1, 201)
	var animation plots.Animation
	for k := range 8 {
		phase := float64(k) / 8
		animation.Frames = append(animation.Frames, plots.Frame{
			Label: "phase " + []string{"0", "⅛", "¼", "⅜", "½", "⅝", "¾", "⅞"}[k],
			Picture: plots.Lines{
				X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "u", Min: -1.1, Max: 1.1},
				Series: []plots.Series{{X: x, Y: apply(x, func(x float64) float64 { return math.Sin(2 * math.Pi * (x - phase)) })}},
			},
		})
	}
	write("wave.gif", animation.WriteGIF)
	// Output:
}

// write writes testdata/out/name.
func write(name string, encode func(io.Writer) error) {
	var data bytes.Buffer
	if err := encode(&data); err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll("testdata/out", 0o755); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", "out", name), data.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
