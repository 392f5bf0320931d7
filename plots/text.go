package plots

import (
	"image/color"
	"math"
	"strings"
	"unicode/utf8"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

const boldWeight = xfont.WeightBold

// Raised and lowered text, as parts of the size of the text around it.
const (
	scriptScale = 0.72
	raise       = 0.36
	lower       = -0.16
)

// run is a stretch of text at one height.
type run struct {
	text         string
	scale, shift float64 // of the size of the surrounding text
}

// parse splits a line at ^{…}, _{…} and Unicode superscripts and subscripts.
// A brace that is never closed is plain text.
func parse(line string) []run {
	var runs []run
	add := func(s string, shift float64) {
		scale := 1.0
		if shift != 0 {
			scale = scriptScale
		}
		if n := len(runs); n > 0 && runs[n-1].shift == shift {
			runs[n-1].text += s
			return
		}
		runs = append(runs, run{s, scale, shift})
	}
	for len(line) > 0 {
		if shift, inner, rest, ok := braced(line); ok {
			add(inner, shift)
			line = rest
			continue
		}
		r, size := utf8.DecodeRuneInString(line)
		if plain, shift := script(r); shift != 0 {
			add(string(plain), shift)
		} else {
			add(line[:size], 0)
		}
		line = line[size:]
	}
	return runs
}

// braced recognises ^{inner} and _{inner} at the start of s.
func braced(s string) (shift float64, inner, rest string, ok bool) {
	switch {
	case strings.HasPrefix(s, "^{"):
		shift = raise
	case strings.HasPrefix(s, "_{"):
		shift = lower
	default:
		return 0, "", "", false
	}
	inner, rest, ok = strings.Cut(s[2:], "}")
	return shift, inner, rest, ok
}

// script maps a Unicode superscript or subscript to the plain character and
// the shift at which to set it; other runes have shift 0. The font lacks some
// of them, and those it has differ in weight.
func script(r rune) (rune, float64) {
	const raised, plainRaised = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789−+n"
	const lowered, plainLowered = "₀₁₂₃₄₅₆₇₈₉₋₊", "0123456789−+"
	if i := runeIndex(raised, r); i >= 0 {
		return []rune(plainRaised)[i], raise
	}
	if i := runeIndex(lowered, r); i >= 0 {
		return []rune(plainLowered)[i], lower
	}
	return r, 0
}

// runeIndex returns the number of runes before r in s, or -1.
func runeIndex(s string, r rune) int {
	if r < 0x80 {
		return -1
	}
	n := 0
	for _, c := range s {
		if c == r {
			return n
		}
		n++
	}
	return -1
}

// lettering is a style of text for this package's own layout.
type lettering struct {
	size  vg.Length
	bold  bool
	color color.Color
}

func (t lettering) face(scale float64) font.Face {
	return font.DefaultCache.Lookup(sans(t.bold), t.size*vg.Length(scale))
}

// width returns the width of one line of text.
func (t lettering) width(s string) vg.Length {
	var w vg.Length
	for _, r := range parse(s) {
		face := t.face(r.scale)
		w += face.Width(r.text)
	}
	return w
}

// height is that of capitals and digits.
func (t lettering) height() vg.Length { return t.size * capHeight }

// descent is the depth below the baseline that letters such as g reach.
func (t lettering) descent() vg.Length { return 0.22 * t.size }

// draw sets one line of text. The point (right, up), in parts of the text's
// width and capital height, comes to lie at the given place; the text is
// turned about it by rotation, in radians.
func (t lettering) draw(c vg.Canvas, at vg.Point, right, up, rotation float64, s string) {
	if s == "" {
		return
	}
	c.Push()
	defer c.Pop()
	c.SetColor(t.color)
	c.Translate(at)
	if rotation != 0 {
		c.Rotate(rotation)
	}
	x := -vg.Length(right) * t.width(s)
	y := -vg.Length(up) * t.height()
	for _, r := range parse(s) {
		face := t.face(r.scale)
		c.FillString(face, vg.Point{X: x, Y: y + t.size*vg.Length(r.shift)}, r.text)
		x += face.Width(r.text)
	}
}

// shorten cuts s so that it is at most width wide, with an ellipsis.
func (t lettering) shorten(s string, width vg.Length) string {
	if s == "" || t.width(s) <= width {
		return s
	}
	cut := []rune(s)
	for len(cut) > 1 && t.width(string(cut)+"…") > width {
		cut = cut[:len(cut)-1]
	}
	return string(cut) + "…"
}

func labelText() lettering  { return lettering{size: labelSize, color: ink()} }
func tickText() lettering   { return lettering{size: tickSize, color: ink()} }
func noteText() lettering   { return lettering{size: tickSize, color: muted()} }
func letterText() lettering { return lettering{size: labelSize, bold: true, color: ink()} }

// markup brings the same text rules to gonum plots.
type markup struct{ fonts *font.Cache }

var _ text.Handler = markup{}

// Cache returns the fonts that the text is set in.
func (m markup) Cache() *font.Cache { return m.fonts }

// Extents returns the measures of a font.
func (m markup) Extents(f font.Font) font.Extents {
	face := m.fonts.Lookup(f, f.Size)
	return face.Extents()
}

// Lines splits text at its line ends.
func (m markup) Lines(txt string) []string {
	return strings.Split(strings.TrimRight(txt, "\n"), "\n")
}

// Box returns the size of one line: its width, and its extent above and below
// the baseline.
func (m markup) Box(txt string, f font.Font) (width, height, depth vg.Length) {
	for _, r := range parse(txt) {
		face := m.fonts.Lookup(f, f.Size*vg.Length(r.scale))
		width += face.Width(r.text)
	}
	e := m.Extents(f)
	return width, e.Ascent, e.Descent
}

// Draw sets text at pt, placed as gonum's plain handler places it.
func (m markup) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	lines := m.Lines(txt)
	size := sty.Font.Size
	c.Push()
	defer c.Pop()
	c.SetColor(sty.Color)
	c.Rotate(sty.Rotation)
	sin, cos := math.Sincos(-sty.Rotation)
	pt = vg.Point{
		X: pt.X*vg.Length(cos) - pt.Y*vg.Length(sin),
		Y: pt.X*vg.Length(sin) + pt.Y*vg.Length(cos),
	}
	pt.Y += sty.Height(txt)*vg.Length(sty.YAlign) - m.Extents(sty.Font).Ascent
	for i, line := range lines {
		w, _, _ := m.Box(line, sty.Font)
		x := pt.X + vg.Length(sty.XAlign)*w
		y := pt.Y + vg.Length(len(lines)-i)*size
		for _, r := range parse(line) {
			face := m.fonts.Lookup(sty.Font, size*vg.Length(r.scale))
			c.FillString(face, vg.Point{X: x, Y: y + size*vg.Length(r.shift)}, r.text)
			x += face.Width(r.text)
		}
	}
}
