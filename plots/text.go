package plots

import (
	"image/color"
	"math"
	"strings"
	"unicode/utf8"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
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

// run is a stretch of text at one height, in one font.
type run struct {
	text         string
	scale, shift float64 // of the size of the surrounding text
	slanted      bool    // a variable of mathematics
	symbol       bool    // in the font that has what the text font lacks
	over         bool    // an accent on the run before it
}

// parse splits a line into runs: mathematics between dollar signs, the rest as
// plain text, and each where the font changes. What is not LaTeX of the kind
// that [parseMath] reads is left as it was written, dollar signs and all.
func parse(line string) []run {
	var runs []run
	for {
		before, source, after, ok := cutMath(line)
		if !ok {
			break
		}
		runs = append(runs, parsePlain(strings.ReplaceAll(before, `\$`, "$"))...)
		if math, err := parseMath(source); err == nil {
			runs = append(runs, math...)
		} else {
			runs = append(runs, run{text: "$" + source + "$", scale: 1})
		}
		line = after
	}
	runs = append(runs, parsePlain(strings.ReplaceAll(line, `\$`, "$"))...)
	return splitFonts(runs)
}

// cutMath finds the first $…$; a dollar sign after a backslash is a dollar.
func cutMath(line string) (before, source, after string, ok bool) {
	start := dollar(line)
	if start < 0 {
		return line, "", "", false
	}
	length := dollar(line[start+1:])
	if length <= 0 {
		return line, "", "", false
	}
	end := start + 1 + length
	return line[:start], line[start+1 : end], line[end+1:], true
}

// dollar returns the place of the first dollar sign that has no backslash before it, or -1.
func dollar(s string) int {
	for i := range len(s) {
		if s[i] == '$' && (i == 0 || s[i-1] != '\\') {
			return i
		}
	}
	return -1
}

// parsePlain splits text at ^{…}, _{…} and Unicode superscripts and subscripts.
// A brace that is never closed is plain text.
func parsePlain(line string) []run {
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
		runs = append(runs, run{text: s, scale: scale, shift: shift})
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

// splitFonts moves the characters that the text font lacks to runs of the symbol
// font. One that neither has is left to the text font's box.
func splitFonts(runs []run) []run {
	var out []run
	var regular, slanted, other font.Face
	for _, r := range runs {
		if ascii(r.text) {
			out = append(out, r)
			continue
		}
		if regular.Face == nil {
			regular = font.DefaultCache.Lookup(sans(false), labelSize)
			italic := sans(false)
			italic.Style = xfont.StyleItalic
			slanted = font.DefaultCache.Lookup(italic, labelSize)
			other = symbols(font.DefaultCache, labelSize)
		}
		face := regular
		if r.slanted {
			face = slanted
		}
		part := r
		part.text = ""
		for _, c := range r.text {
			if lacks := c >= 0x80 && !hasGlyph(face, c) && hasGlyph(other, c); lacks != part.symbol {
				if part.text != "" {
					out = append(out, part)
				}
				part.text, part.symbol = "", lacks
			}
			part.text += string(c)
		}
		out = append(out, part)
	}
	return out
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func hasGlyph(face font.Face, r rune) bool {
	var buffer sfnt.Buffer
	index, err := face.Face.GlyphIndex(&buffer, r)
	return err == nil && index != 0
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

// face returns the font of a run within text of the font f.
func (r run) face(fonts *font.Cache, f font.Font) font.Face {
	size := f.Size * vg.Length(r.scale)
	if r.symbol {
		return symbols(fonts, size)
	}
	if r.slanted {
		f.Style = xfont.StyleItalic
	}
	return fonts.Lookup(f, size)
}

// symbols returns DejaVu Sans, which has the operators of mathematics that the
// text font lacks. The first call adds it to the fonts.
func symbols(fonts *font.Cache, size vg.Length) font.Face {
	f := font.Font{Typeface: "DejaVu", Variant: "Sans"}
	if !fonts.Has(f) {
		if face, err := sfnt.Parse(dejavusans.TTF); err == nil {
			fonts.Add(font.Collection{{Font: f, Face: face}})
		}
	}
	return fonts.Lookup(f, size)
}

// set calls put for each run of a line with its place from the line's left end
// on the baseline, and returns the line's width.
func set(line string, fonts *font.Cache, f font.Font, put func(face font.Face, offset vg.Point, text string)) vg.Length {
	var x, last vg.Length
	for _, r := range parse(line) {
		face := r.face(fonts, f)
		width := face.Width(r.text)
		at := vg.Point{X: x, Y: f.Size * vg.Length(r.shift)}
		if r.over {
			at.X -= (last + width) / 2
		}
		if put != nil {
			put(face, at, r.text)
		}
		if !r.over {
			x += width
			last = width
		}
	}
	return x
}

func (t lettering) font() font.Font { return font.From(sans(t.bold), t.size) }

// width returns the width of one line of text.
func (t lettering) width(s string) vg.Length {
	return set(s, font.DefaultCache, t.font(), nil)
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
	start := vg.Point{X: -vg.Length(right) * t.width(s), Y: -vg.Length(up) * t.height()}
	set(s, font.DefaultCache, t.font(), func(face font.Face, offset vg.Point, text string) {
		c.FillString(face, start.Add(offset), text)
	})
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
	e := m.Extents(f)
	return set(txt, m.fonts, f, nil), e.Ascent, e.Descent
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
		start := vg.Point{X: pt.X + vg.Length(sty.XAlign)*w, Y: pt.Y + vg.Length(len(lines)-i)*size}
		set(line, m.fonts, sty.Font, func(face font.Face, offset vg.Point, text string) {
			c.FillString(face, start.Add(offset), text)
		})
	}
}
