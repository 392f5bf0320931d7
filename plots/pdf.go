package plots

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdfCanvas writes one page of PDF. Against gonum's own canvas its text is
// Unicode (that one is limited to code page 1252, which has no Greek), only the
// glyphs in use are embedded, and equal drawings give equal bytes.
type pdfCanvas struct {
	vector
	doc    *fpdf.Fpdf
	fonts  map[string]bool
	widths map[int]bool // of the images so far, in pixels
	alpha  uint8
	dashes []float64
	err    error
}

var _ vg.CanvasWriterTo = (*pdfCanvas)(nil)

func newPDF(w, h vg.Length, info []Fact) *pdfCanvas {
	doc := fpdf.NewCustom(&fpdf.InitType{
		UnitStr: "pt",
		Size:    fpdf.SizeType{Wd: w.Points(), Ht: h.Points()},
	})
	// A fixed date and order make equal figures equal files.
	fixed := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	doc.SetCreationDate(fixed)
	doc.SetModificationDate(fixed)
	doc.SetCatalogSort(true)
	doc.SetProducer("Fieldbook", true)
	if len(info) > 0 {
		doc.SetKeywords(joinFacts(info), true)
	}
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.AddPage()
	doc.SetLineJoinStyle("round")
	return &pdfCanvas{vector: newVector(w, h), doc: doc, fonts: map[string]bool{}, widths: map[int]bool{}, alpha: 0xFF}
}

func (c *pdfCanvas) move(x, y float64) { c.doc.MoveTo(x, y) }
func (c *pdfCanvas) line(x, y float64) { c.doc.LineTo(x, y) }
func (c *pdfCanvas) closePath()        { c.doc.ClosePath() }
func (c *pdfCanvas) cubic(x1, y1, x2, y2, x, y float64) {
	c.doc.CurveBezierCubicTo(x1, y1, x2, y2, x, y)
}

func (c *pdfCanvas) setAlpha() {
	if a := c.now.color.A; a != c.alpha {
		c.doc.SetAlpha(float64(a)/0xFF, "Normal")
		c.alpha = a
	}
}

// Stroke draws a line along the path.
func (c *pdfCanvas) Stroke(p vg.Path) {
	if c.now.width <= 0 {
		return
	}
	n := c.now.color
	c.setAlpha()
	c.doc.SetDrawColor(int(n.R), int(n.G), int(n.B))
	c.doc.SetLineWidth(c.now.width * c.now.at.scale())
	if !slices.Equal(c.dashes, c.now.dashes) {
		c.doc.SetDashPattern(c.now.dashes, c.now.offset)
		c.dashes = c.now.dashes
	}
	c.trace(p, c)
	c.doc.DrawPath("D")
}

// Fill fills the path.
func (c *pdfCanvas) Fill(p vg.Path) {
	n := c.now.color
	c.setAlpha()
	c.doc.SetFillColor(int(n.R), int(n.G), int(n.B))
	c.trace(p, c)
	c.doc.DrawPath("F")
}

// FillString sets a line of text with its baseline's left end at pt.
func (c *pdfCanvas) FillString(f font.Face, pt vg.Point, s string) {
	if f.Font.Size <= 0 || s == "" {
		return
	}
	if err := c.setFont(f); err != nil {
		c.err = err
		return
	}
	s = strings.Map(func(r rune) rune { // the library has no place for more
		if r > 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, s)
	n := c.now.color
	c.setAlpha()
	c.doc.SetTextColor(int(n.R), int(n.G), int(n.B))
	x, y := c.now.at.apply(pt)
	turn := c.now.at.angle()
	if math.Abs(turn) < 1e-9 {
		c.doc.Text(x, y, s)
		return
	}
	c.doc.TransformBegin()
	c.doc.TransformRotate(-turn*180/math.Pi, x, y)
	c.doc.Text(x, y, s)
	c.doc.TransformEnd()
}

// setFont makes f the font of the next text; its first use embeds it.
func (c *pdfCanvas) setFont(f font.Face) error {
	family := string(f.Font.Typeface) + string(f.Font.Variant)
	style := ""
	if f.Font.Weight >= xfont.WeightSemiBold {
		style += "B"
	}
	if f.Font.Style != xfont.StyleNormal {
		style += "I"
	}
	if !c.fonts[family+style] {
		var data bytes.Buffer
		if _, err := f.Face.WriteSourceTo(nil, &data); err != nil {
			return fmt.Errorf("plots: font %s: %w", f.Name(), err)
		}
		c.doc.AddUTF8FontFromBytes(family, style, data.Bytes())
		c.fonts[family+style] = true
	}
	c.doc.SetFont(family, style, f.Font.Size.Points()*c.now.at.scale())
	return c.doc.Error()
}

// DrawImage draws a picture in an upright rectangle. The library writes images
// in the order of their widths in pixels, and equal ones in no order: each image
// is made a width of its own by columns at its right, which are clipped away.
func (c *pdfCanvas) DrawImage(r vg.Rectangle, img image.Image) {
	width := img.Bounds().Dx()
	padded := width
	for c.widths[padded] {
		padded++
	}
	c.widths[padded] = true
	var data bytes.Buffer
	if err := png.Encode(&data, widen(img, padded)); err != nil {
		c.err = err
		return
	}
	name := fmt.Sprintf("image%d", len(c.widths))
	opts := fpdf.ImageOptions{ImageType: "png"}
	c.doc.RegisterImageOptionsReader(name, opts, &data)
	x, y, w, h := c.upright(r)
	c.doc.ClipRect(x, y, w, h, false)
	c.doc.ImageOptions(name, x, y, w*float64(padded)/float64(width), h, false, opts, 0, "")
	c.doc.ClipEnd()
}

// widen returns img with its last column repeated up to a width.
func widen(img image.Image, width int) image.Image {
	from := img.Bounds()
	if from.Dx() == width {
		return img
	}
	bounds := image.Rect(0, 0, width, from.Dy())
	if p, ok := img.(*image.Paletted); ok { // one byte a pixel
		wide := image.NewPaletted(bounds, p.Palette)
		for y := range bounds.Dy() {
			line := wide.Pix[y*wide.Stride : y*wide.Stride+width]
			n := copy(line, p.Pix[y*p.Stride:y*p.Stride+from.Dx()])
			for x := n; x < width; x++ {
				line[x] = line[n-1]
			}
		}
		return wide
	}
	wide := image.NewNRGBA(bounds)
	draw.Draw(wide, bounds, img, from.Min, draw.Src)
	for x := from.Dx(); x < width; x++ {
		draw.Draw(wide, image.Rect(x, 0, x+1, from.Dy()), img, image.Pt(from.Max.X-1, from.Min.Y), draw.Src)
	}
	return wide
}

// WriteTo writes the document; nothing can be drawn after it.
func (c *pdfCanvas) WriteTo(w io.Writer) (int64, error) {
	if c.err != nil {
		return 0, c.err
	}
	var out bytes.Buffer
	if err := c.doc.Output(&out); err != nil {
		return 0, err
	}
	return out.WriteTo(w)
}
