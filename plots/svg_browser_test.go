package plots_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// compareInBrowser draws each pair of pictures at 240 pixels, on white, and gives the mean difference of their pixels, as a part of that between black and
// white; -1 for a picture that the browser does not show, nothing before all are loaded.
const compareInBrowser = `(() => {
	const all = [...document.images];
	if (!all.every(i => i.complete)) return [];
	const pixels = i => {
		const c = document.createElement('canvas');
		c.width = 240; c.height = Math.round(240 * i.naturalHeight / i.naturalWidth);
		const draw = c.getContext('2d');
		draw.fillStyle = 'white'; draw.fillRect(0, 0, c.width, c.height);
		draw.drawImage(i, 0, 0, c.width, c.height);
		return draw.getImageData(0, 0, c.width, c.height).data;
	};
	const out = [];
	for (let k = 0; k < all.length; k += 2) {
		if (!all[k].naturalWidth || !all[k + 1].naturalWidth) { out.push(-1); continue; }
		const a = pixels(all[k]), b = pixels(all[k + 1]);
		let sum = 0;
		for (let j = 0; j < Math.min(a.length, b.length); j++) sum += Math.abs(a[j] - b[j]);
		out.push(sum / a.length / 255);
	}
	return out;
})()`

// TestSVGInBrowser: a browser shows the saved SVG of every picture that the tests before have drawn, as the PNG beside it.
func TestSVGInBrowser(t *testing.T) {
	for _, example := range []func(){ExampleLoss, ExampleFieldRow, ExampleBars, ExampleContour, ExampleSurface} { // where it is run alone
		example()
	}
	files, err := filepath.Glob("testdata/out/*.svg")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d pictures: %v", len(files), err)
	}
	var page strings.Builder
	var names []string
	for _, file := range files {
		png, err := os.ReadFile(strings.TrimSuffix(file, ".svg") + ".png")
		if err != nil {
			continue // saved without a PNG
		}
		names = append(names, file)
		fmt.Fprintf(&page, "<img src='data:image/svg+xml;base64,%s'><img src='data:image/png;base64,%s'>\n",
			base64.StdEncoding.EncodeToString(read(t, file)), base64.StdEncoding.EncodeToString(png))
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte("<!DOCTYPE html><meta charset='utf-8'>"+page.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, path)
	var differences []float64
	for deadline := time.Now().Add(time.Minute); len(differences) == 0 && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if differences, err = chromedp.Run(ctx, chromedp.Evaluate[[]float64](compareInBrowser)); err != nil {
			t.Fatal(err)
		}
	}
	if len(differences) != len(names) {
		t.Fatalf("%d of %d pictures were shown in a minute", len(differences), len(names))
	}
	t.Logf("%d pictures, mean differences up to %.3f", len(names), slices.Max(differences))
	for i, d := range differences {
		// The edges of letters and lines are shaded otherwise, which is a hundredth of a picture; a panel or a legend that is missing is a tenth.
		if d < 0 || d > 0.03 {
			t.Errorf("%s: the browser's picture differs by %.3f from the PNG, want at most 0.03", names[i], d)
		}
	}
}
