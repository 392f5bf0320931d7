package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestImagesGolden ties the values to Images.Version.
func TestImagesGolden(t *testing.T) {
	for _, k := range datasets.ImageKinds() {
		checkGolden(t, datasets.Images{Kind: k, Train: 3, Test: 2, Seed: 1, Side: 12}, 1e-12) // round-off over the width of a pixel
	}
}

func TestImagesAreBright(t *testing.T) {
	for kind, classes := range map[datasets.ImageKind]int{datasets.DigitImages: 10, datasets.ShapeImages: 4, datasets.TextureImages: 5} {
		const train = 2000
		pairs := load(t, datasets.Images{Kind: kind, Train: train, Test: 1, Seed: 2, Side: 16}).Train()
		counts := make([]float64, classes)
		for i := range train {
			counts[int(pairs.Output.Values[i])]++
			low, high := 1.0, 0.0
			for _, v := range pairs.Input.Sample(i) {
				low, high = min(low, v), max(high, v)
			}
			if low < 0 || high > 1 || high-low < 0.3 {
				t.Fatalf("%s: image %d of class %v has values from %v to %v", kind, i, pairs.Output.Values[i], low, high)
			}
			if kind != datasets.TextureImages && pairs.Input.Sample(i)[0] > 0 {
				t.Errorf("%s: image %d of class %v reaches a corner", kind, i, pairs.Output.Values[i])
			}
		}
		p := 1 / float64(classes)
		for c, n := range counts {
			if bound := 5 * math.Sqrt(p*(1-p)/train); math.Abs(n/train-p) > bound { // five standard errors
				t.Errorf("%s: class %d has the frequency %v, want %v", kind, c, n/train, p)
			}
		}
	}
}

// TestShapesArea: the sum of the pixels is the area times the brightness, whose mean is 0.8.
func TestShapesArea(t *testing.T) {
	const side = 48
	pairs := load(t, datasets.Images{Kind: datasets.ShapeImages, Train: 4000, Test: 1, Seed: 3, Side: side}).Train()
	var count, sum, squares [4]float64
	for i := range pairs.Len() {
		c := int(pairs.Output.Values[i])
		area := 0.0
		for _, v := range pairs.Input.Sample(i) {
			area += v / (side * side)
		}
		count[c], sum[c], squares[c] = count[c]+1, sum[c]+area, squares[c]+area*area
	}
	radius2 := (0.3*0.3*0.3 - 0.15*0.15*0.15) / (3 * 0.15)                           // mean square
	for c, area := range []float64{math.Pi, 2, 3 * math.Sqrt(3) / 4, 4 * 4.0 / 17} { // in a circle of radius 1
		mean, want := sum[c]/count[c], 0.8*area*radius2
		// Four standard errors, and 2 % for the corners' antialiasing, whose ramp takes a distance for an area.
		if bound := 4*math.Sqrt((squares[c]/count[c]-mean*mean)/count[c]) + 0.02*want; math.Abs(mean-want) > bound {
			t.Errorf("shape %d has the area %v, want %v within %.2g", c, mean, want, bound)
		}
	}
}

// TestDigitsCanBeTold: the nearest of 1000 other digits has the same class for most; 197 when this was written.
func TestDigitsCanBeTold(t *testing.T) {
	set := load(t, datasets.Images{Kind: datasets.DigitImages, Train: 1000, Test: 200, Seed: 4, Side: 16, Noise: 0.1})
	train, test := set.Train(), set.Test()
	right := 0
	for i := range test.Len() {
		best, class := math.Inf(1), -1.0
		for j := range train.Len() {
			var d float64
			for k, v := range train.Input.Sample(j) {
				d += (v - test.Input.Sample(i)[k]) * (v - test.Input.Sample(i)[k])
			}
			if d < best {
				best, class = d, train.Output.Values[j]
			}
		}
		if class == test.Output.Values[i] {
			right++
		}
	}
	t.Logf("%d of 200", right)
	if right < 180 {
		t.Errorf("%d of 200 digits have the class of their nearest neighbour, want 180 or more", right)
	}
}

func TestImagesErrors(t *testing.T) {
	for want, m := range map[string]datasets.Images{
		`Images.Kind = "cats", want one of digits, shapes, textures`: {Kind: "cats"},
		"Images.Side = 7":   {Kind: datasets.DigitImages, Side: 7},
		"Images.Noise = -1": {Kind: datasets.DigitImages, Noise: -1},
		"Images.Train = 0":  {Kind: datasets.DigitImages},
	} {
		if _, err := datasets.Load(t.Context(), m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
