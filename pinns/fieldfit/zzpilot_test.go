package fieldfit_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns/fieldfit"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func TestPilot(t *testing.T) {
	steps, _ := strconv.Atoi(os.Getenv("STEPS"))
	grid, _ := strconv.Atoi(os.Getenv("GRID"))
	if steps == 0 {
		t.Skip()
	}
	rate := 5e-4
	if r := os.Getenv("RATE"); r != "" {
		rate, _ = strconv.ParseFloat(r, 64)
	}
	w := []int{64, 64, 64, 1}
	mlp := func(a layers.Activation) neuralfield.MLP { return neuralfield.MLP{Widths: w, Activation: a} }
	pe := func(a layers.Activation) zoo.Model { return neuralfield.PositionalEncoding{Octaves: 6, Network: mlp(a)} }
	s, _ := store.Open(t.TempDir())
	session := &runs.Session{Backend: check.Backend(t), Store: s}
	for _, m := range []struct {
		n string
		m zoo.Model
	}{{"siren", neuralfield.SIREN{Widths: w, First: 30, Hidden: 30}}, {"relu", mlp(layers.ReLU)}, {"tanh", mlp(layers.TanhUnit)}, {"relupe", pe(layers.ReLU)}, {"tanhpe", pe(layers.TanhUnit)}} {
		if o := os.Getenv("ONLY"); o != "" && !strings.Contains(o, m.n) {
			continue
		}
		for _, g := range []fieldfit.Given{fieldfit.Values, fieldfit.Gradients, fieldfit.Laplacians} {
			if o := os.Getenv("GIVEN"); o != "" && o != string("-"+g) {
				continue
			}
			task := fieldfit.Fit(m.m, datasets.Gabor{Grid: grid, Train: 1, Test: 1}, g)
			if err := task.Validate(); err != nil {
				t.Fatal(err)
			}
			r, err := session.Open(task, train.Fit{Steps: steps, Rate: rate})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := r.Train(t.Context(), func(runs.Progress) error { return nil }); err != nil {
				t.Fatal(err)
			}
			res, err := r.Result()
			if err != nil {
				t.Fatal(err)
			}
			f, err := task.Evaluate(t.Context(), res)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Printf("%s %q %v: %.1f ms/step PSNR %.2f grad %.2f lap %.2f\n", m.n, g, time.Since(start).Round(time.Millisecond), time.Since(start).Seconds()*1000/float64(steps), f.Value.PSNR(), f.Gradient.PSNR(), f.Laplacian.PSNR())
		}
	}
}
