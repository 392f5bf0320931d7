package plots

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// svgCanvas writes SVG 1.1. Against gonum's own canvas it names fallback fonts
// of the same widths, needs no nested groups and labels PNG data as PNG. It
// uses no ids, so several figures can stand in one HTML page.
type svgCanvas struct {
	vector
	info  []Fact
	embed bool                // the fonts, for a file that stands alone
	used  map[string]usedFont // by the rule that names the font
	body  bytes.Buffer
	err   error
}

// usedFont is a font with the characters that are set in it.
type usedFont struct {
	face  font.Face
	runes map[rune]bool
}

var _ vg.CanvasWriterTo = (*svgCanvas)(nil)

func newSVG(w, h vg.Length, info []Fact, embed bool) *svgCanvas {
	return &svgCanvas{vector: newVector(w, h), info: info, embed: embed, used: map[string]usedFont{}}
}

// number writes v to a hundredth of a point, finer than any printer.
func (c *svgCanvas) number(v float64) {
	v = math.Round(v*100) / 100
	if v == 0 {
		v = 0 // no negative zero
	}
	c.body.Write(strconv.AppendFloat(c.body.AvailableBuffer(), v, 'f', -1, 64))
}

func (c *svgCanvas) pair(command byte, x, y float64) {
	c.body.WriteByte(command)
	c.number(x)
	c.body.WriteByte(' ')
	c.number(y)
}

func (c *svgCanvas) move(x, y float64) { c.pair('M', x, y) }
func (c *svgCanvas) line(x, y float64) { c.pair('L', x, y) }
func (c *svgCanvas) closePath()        { c.body.WriteByte('Z') }
func (c *svgCanvas) cubic(x1, y1, x2, y2, x, y float64) {
	c.pair('C', x1, y1)
	c.pair(' ', x2, y2)
	c.pair(' ', x, y)
}

// paint writes the colour as the given attribute.
func (c *svgCanvas) paint(attribute string) {
	n := c.now.color
	fmt.Fprintf(&c.body, ` %s="#%02x%02x%02x"`, attribute, n.R, n.G, n.B)
	if n.A != 0xFF {
		fmt.Fprintf(&c.body, ` %s-opacity="%.3g"`, attribute, float64(n.A)/0xFF)
	}
}

// Stroke draws a line along the path.
func (c *svgCanvas) Stroke(p vg.Path) {
	if c.now.width <= 0 {
		return
	}
	c.body.WriteString(`<path fill="none"`)
	c.paint("stroke")
	c.body.WriteString(` stroke-width="`)
	c.number(c.now.width * c.now.at.scale())
	c.body.WriteByte('"')
	if len(c.now.dashes) > 0 {
		c.body.WriteString(` stroke-dasharray="`)
		for i, d := range c.now.dashes {
			if i > 0 {
				c.body.WriteByte(' ')
			}
			c.number(d)
		}
		c.body.WriteString(`" stroke-dashoffset="`)
		c.number(c.now.offset)
		c.body.WriteByte('"')
	}
	c.body.WriteString(` d="`)
	c.trace(p, c)
	c.body.WriteString("\"/>\n")
}

// Fill fills the path.
func (c *svgCanvas) Fill(p vg.Path) {
	c.body.WriteString(`<path`)
	c.paint("fill")
	c.body.WriteString(` d="`)
	c.trace(p, c)
	c.body.WriteString("\"/>\n")
}

// FillString sets a line of text with its baseline's left end at pt.
func (c *svgCanvas) FillString(f font.Face, pt vg.Point, s string) {
	if f.Font.Size <= 0 || s == "" {
		return
	}
	// A reader of SVG drops spaces at the ends, as in what follows a subscript.
	text := strings.TrimLeft(s, " ")
	pt.X += f.Width(s[:len(s)-len(text)])
	text = strings.TrimRight(text, " ")
	if c.embed {
		c.use(f, text)
	}
	x, y := c.now.at.apply(pt)
	c.body.WriteString(`<text x="`)
	c.number(x)
	c.body.WriteString(`" y="`)
	c.number(y)
	c.body.WriteString(`" font-size="`)
	c.number(f.Font.Size.Points() * c.now.at.scale())
	c.body.WriteByte('"')
	// A reader without the font keeps the layout: its letters are squeezed to
	// the width that they have here.
	if len(text) > 1 {
		c.body.WriteString(` textLength="`)
		c.number(f.Width(text).Points() * c.now.at.scale())
		c.body.WriteString(`" lengthAdjust="spacingAndGlyphs"`)
	}
	if turn := c.now.at.angle() * 180 / math.Pi; math.Abs(turn) > 1e-6 {
		c.body.WriteString(` transform="rotate(`)
		c.number(turn)
		c.pair(' ', x, y)
		c.body.WriteString(`)"`)
	}
	if family := families(f.Font); family != families(sans(false)) {
		fmt.Fprintf(&c.body, ` font-family="%s"`, family)
	}
	if f.Font.Weight >= xfont.WeightSemiBold {
		c.body.WriteString(` font-weight="bold"`)
	}
	if f.Font.Style != xfont.StyleNormal {
		c.body.WriteString(` font-style="italic"`)
	}
	c.paint("fill")
	c.body.WriteByte('>')
	if err := xml.EscapeText(&c.body, []byte(text)); err != nil {
		c.err = err
	}
	c.body.WriteString("</text>\n")
}

// use notes the characters of a text, whose glyphs go into the file.
func (c *svgCanvas) use(f font.Face, text string) {
	family, _, _ := strings.Cut(families(f.Font), ",")
	rule := "font-family:" + family
	if f.Font.Weight >= xfont.WeightSemiBold {
		rule += ";font-weight:bold"
	}
	if f.Font.Style != xfont.StyleNormal {
		rule += ";font-style:italic"
	}
	if _, ok := c.used[rule]; !ok {
		c.used[rule] = usedFont{f, map[rune]bool{}}
	}
	for _, r := range text {
		if r <= 0xFFFF { // what the library can cut
			c.used[rule].runes[r] = true
		}
	}
}

// fontFaces writes the fonts in use, cut to the characters in use.
func (c *svgCanvas) fontFaces(doc *bytes.Buffer) error {
	if len(c.used) == 0 {
		return nil
	}
	doc.WriteString("<style>\n")
	for _, rule := range slices.Sorted(maps.Keys(c.used)) {
		var whole bytes.Buffer
		if _, err := c.used[rule].face.Face.WriteSourceTo(nil, &whole); err != nil {
			return fmt.Errorf("plots: font %s: %w", rule, err)
		}
		cut := fpdf.UTF8CutFont(whole.Bytes(), string(slices.Sorted(maps.Keys(c.used[rule].runes))))
		fmt.Fprintf(doc, "@font-face{%s;src:url(data:font/ttf;base64,%s)}\n", rule, base64.StdEncoding.EncodeToString(cut))
	}
	doc.WriteString("</style>\n")
	return nil
}

// families lists fonts of equal widths, so that a reader without the first one
// sees the same layout.
func families(f font.Font) string {
	if f.Typeface == "DejaVu" {
		return "'DejaVu Sans', 'Liberation Sans', sans-serif"
	}
	switch f.Variant {
	case "Serif":
		return "'Liberation Serif', 'Times New Roman', Times, serif"
	case "Mono":
		return "'Liberation Mono', 'Courier New', Courier, monospace"
	}
	return "'Liberation Sans', Arial, Helvetica, sans-serif"
}

// DrawImage draws a picture in an upright rectangle. A fine one may be smoothed
// by the reader, who shows it smaller than it is; of a coarse one each pixel is
// to be seen.
func (c *svgCanvas) DrawImage(r vg.Rectangle, img image.Image) {
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		c.err = err
		return
	}
	x, y, w, h := c.upright(r)
	c.body.WriteString(`<image preserveAspectRatio="none"`)
	const fine = 4 // pixels a point: a screen has up to three
	if float64(img.Bounds().Dx()) < fine*w {
		c.body.WriteString(` image-rendering="pixelated"`)
	}
	for i, name := range []string{"x", "y", "width", "height"} {
		fmt.Fprintf(&c.body, ` %s="`, name)
		c.number([]float64{x, y, w, h}[i])
		c.body.WriteByte('"')
	}
	c.body.WriteString(` xlink:href="data:image/png;base64,`)
	c.body.WriteString(base64.StdEncoding.EncodeToString(data.Bytes()))
	c.body.WriteString("\"/>\n")
}

// upright maps a rectangle to the page: top left corner and size.
func (v *vector) upright(r vg.Rectangle) (x, y, w, h float64) {
	x0, y0 := v.now.at.apply(r.Min)
	x1, y1 := v.now.at.apply(r.Max)
	return min(x0, x1), min(y0, y1), math.Abs(x1 - x0), math.Abs(y1 - y0)
}

// WriteTo writes the document.
func (c *svgCanvas) WriteTo(w io.Writer) (int64, error) {
	if c.err != nil {
		return 0, c.err
	}
	var doc bytes.Buffer
	doc.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	width, height := c.w.Points(), c.h.Points()
	fmt.Fprintf(&doc, `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" `+
		`width="%.2fpt" height="%.2fpt" viewBox="0 0 %.2f %.2f" font-family="%s" stroke-linejoin="round">`+"\n",
		width, height, width, height, families(sans(false)))
	if len(c.info) > 0 {
		doc.WriteString("<metadata>")
		if err := xml.EscapeText(&doc, []byte(joinFacts(c.info))); err != nil {
			return 0, err
		}
		doc.WriteString("</metadata>\n")
	}
	if err := c.fontFaces(&doc); err != nil {
		return 0, err
	}
	doc.Write(c.body.Bytes())
	doc.WriteString("</svg>\n")
	return doc.WriteTo(w)
}
