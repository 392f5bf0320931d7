package plots_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

// titleText returns the text of an SVG's title as it is set: one part a run.
func titleText(t *testing.T, title string) []string {
	t.Helper()
	svg := bytesOf(t, figureOf(t, plots.Lines{
		Title: title, X: plots.Axis{Min: 0, Max: 1, Ticks: []float64{}}, Y: plots.Axis{Min: 0, Max: 1, Ticks: []float64{}},
		Series: []plots.Series{{X: []float64{0, 1}, Y: []float64{0, 1}}},
		Width:  plots.Page,
	}).WriteSVG)
	var parts []string
	for _, part := range strings.Split(textOf(t, svg), "\n") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func TestMaths(t *testing.T) {
	for source, want := range map[string]string{
		`plain`:                            "plain",
		`$\alpha$`:                         "α",
		`$\Omega \subset R^d$`:             "Ω| ⊂|R|d",
		`$\partial_t u$`:                   "∂|t|u",
		`$\nabla \cdot u = 0$`:             "∇| · |u| = 0",
		`$\|u\|_{L^2}$`:                    "‖|u|‖|L|2",
		`$a - -b$`:                         "a| − −|b",
		`$-1$`:                             "−1",
		`$10^{-3}$`:                        "10|−3",
		`$\frac{1}{2}$`:                    "1/2",
		`$\frac{1}{2} x$`:                  "(1/2)|x",
		`$x \frac{1}{2}$`:                  "x|(1/2)",
		`$\frac{a+b}{cd}$`:                 "(|a| + |b|)/(|c|d|)",
		`$\frac{1}{2} + x$`:                "1/2 + |x",
		`$\sqrt{2}$`:                       "√2",
		`$\sqrt{x} y$`:                     "√(|x|)|y",
		`$\sqrt{x+y}$`:                     "√(|x| + |y|)",
		`$\mathrm{Re} \approx 10^4$`:       "Re ≈ 10|4",
		`$\hat{u}$`:                        "u|ˆ",
		`$\log_{10} x$`:                    "log|10|x",
		`error $\epsilon$ of $u$, in %`:    "error|ϵ| of|u|, in %",
		`costs 5 $`:                        "costs 5 $",
		`\$5 and \$6`:                      "$5 and $6",
		`$\left( x \right)$`:               "(|x|)",
		`$\{x\}$`:                          "{|x|}",
		`$x \in \Omega, \quad t > 0$`:      "x|∈|Ω,|t| > 0",
		`$u'$`:                             "u|′",
		`$\lim$ stays, as does $\frac12x$`: `$\lim$| stays, as does|(1/2)|x`,
	} {
		got := strings.Join(titleText(t, source), "|")
		// Spaces at the ends of a run are its place, not its text.
		normal := func(s string) string { return regexp.MustCompile(` *\| *`).ReplaceAllString(strings.TrimSpace(s), "|") }
		if normal(got) != normal(want) {
			t.Errorf("%s is set as %q, want %q", source, got, want)
		}
	}
}

// What is not LaTeX, or more than labels can do, is drawn as it was written.
func TestBrokenMaths(t *testing.T) {
	for _, source := range []string{
		`$\frac{1}{$`, `$x_{$`, `$}$`, `$x^$`, `$\foo$`, `$\hat{ab}$`, `$\mathrm$`, `$\mathrm{a\b}$`, `$\frac$`, `$$`, `$x__y$`,
		`$\begin{matrix} a \end{matrix}$`, `${`, `$\sqrt$`, `$_$`,
	} {
		if got := strings.Join(titleText(t, source), ""); got != source {
			t.Errorf("%s is set as %q, want it as written", source, got)
		}
	}
}

// Any text at all is drawn in all formats without a panic.
func FuzzLabel(f *testing.F) {
	for _, seed := range []string{`$\frac{a}{b}$`, "∇ ∈ 日本 😀 \x00 \xff", `$\hat x^{_{\}}$`, `$\sqrt{\frac{1}{x}}^2$`, "^{_{", "\ud7ff$\u0301$"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, label string) {
		figure := figureOf(t, plots.Lines{Title: label, Series: []plots.Series{{X: []float64{0, 1}, Y: []float64{0, 1}}}})
		for _, write := range []func() []byte{
			func() []byte { return bytesOf(t, figure.WritePDF) }, func() []byte { return bytesOf(t, figure.WriteSVG) },
			func() []byte { return bytesOf(t, figure.WritePNG) },
		} {
			if len(write()) == 0 {
				t.Error("nothing was written")
			}
		}
	})
}

// The signs that the text font lacks come from the other one, in every format.
func TestSymbolsAreDrawn(t *testing.T) {
	picture := func(title string) []byte {
		return bytesOf(t, figureOf(t, plots.Lines{Title: title, Series: []plots.Series{{X: []float64{0, 1}, Y: []float64{0, 1}}}}).WritePNG)
	}
	box := picture("\U000F0000") // no font has it
	for _, sign := range []string{"∇", "∈", "⊂", "∬", "⟨", "∅", "∘"} {
		if bytes.Equal(picture(sign), box) {
			t.Errorf("%s is drawn as the box of a missing character", sign)
		}
		svg := bytesOf(t, figureOf(t, plots.Lines{Title: sign, Series: []plots.Series{{X: []float64{0, 1}, Y: []float64{0, 1}}}}).WriteSVG)
		if !regexp.MustCompile(`font-family="'DejaVu Sans'[^>]*>` + sign).Match(svg) {
			t.Errorf("the SVG does not name a font that has %s", sign)
		}
	}
}
