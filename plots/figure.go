package plots

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// pngDPI is the resolution of WritePNG in dots an inch: sharp on a screen at
// twice its size. Print takes the PDF.
const pngDPI = 200

// previewDPI is that of WritePreview: 1.5 dots for each of a screen's pixels.
const previewDPI = 144

// maxSide keeps a mistyped size from asking for gigabytes of pixels.
const maxSide = 3000 * vg.Millimeter

// A Drawing is anything that can become a figure: a [Figure] itself, and every
// kind of this package.
type Drawing interface {
	// Figure checks the data and lays the figure out.
	Figure() (Figure, error)
}

// Figure is a drawing with a size. It is a value: nothing that a caller does
// later to the data it was made from changes it, and drawing it twice gives
// the same bytes. Width and Height may be changed; the figure is laid out anew.
type Figure struct {
	Width, Height vg.Length
	Dark          bool   // light ink on a dark page; images and data colours stay as they are
	Info          []Fact // written into the files, such as the run's key and the commit
	CSV           bool   // Save writes the numbers too, as base.csv

	paint   func(draw.Canvas) error
	natural func(width vg.Length) vg.Length // the height that suits a width; nil: Height
	numbers []numbers                       // what is drawn, for CSV
	topless bool                            // nothing stands above the data
}

// heightAt returns the height that suits the figure at a width.
func (f Figure) heightAt(width vg.Length) vg.Length {
	if f.natural == nil {
		return f.Height
	}
	return f.natural(width)
}

var _ Drawing = Figure{}

// Figure returns f itself.
func (f Figure) Figure() (Figure, error) { return f, nil }

// Wrap returns a figure of any gonum plot at the given size. Plotters added to
// p afterwards are not seen. See [Theme] for the look.
func Wrap(p *plot.Plot, width, height vg.Length) Figure {
	if p == nil {
		return Figure{Width: width, Height: height}
	}
	kept := *p
	return Figure{Width: width, Height: height, paint: func(c draw.Canvas) error {
		drawn := kept                    // gonum's Draw tidies the axes in place
		if kept.BackgroundColor != nil { // under the border as well
			c.SetColor(kept.BackgroundColor)
			c.Fill(c.Path())
		}
		drawn.Draw(draw.Crop(c, edge, -edge, edge, -edge))
		return nil
	}}
}

// Draw draws the figure on a canvas of any size, as one part of a larger page
// perhaps.
//
// Errors: an empty Figure; a canvas too small for the labels; what a plotter
// of a wrapped plot panics with.
func (f Figure) Draw(c draw.Canvas) (err error) {
	if f.paint == nil {
		return errors.New("plots: Figure is empty, want one made by Wrap or by a kind's Figure method")
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("plots: Figure: the plot cannot be drawn: %v", r)
		}
	}()
	if f.Dark {
		c.Canvas = darkCanvas{c.Canvas}
	}
	return f.paint(c)
}

func (f Figure) validate() error {
	for _, side := range []struct {
		name string
		size vg.Length
	}{{"Width", f.Width}, {"Height", f.Height}} {
		if v := float64(side.size); math.IsNaN(v) || v <= 0 || side.size > maxSide {
			return fmt.Errorf("plots: Figure.%s = %.4g pt, want more than 0 and at most %.0f pt",
				side.name, v, maxSide.Points())
		}
	}
	return validateInfo(f.Info)
}

// ground is the colour of the page.
func (f Figure) ground() color.Color {
	if f.Dark {
		return darkened(white())
	}
	return white()
}

// render draws the figure on the canvas that open makes, and writes that.
func (f Figure) render(w io.Writer, open func() vg.CanvasWriterTo) (err error) {
	if err := f.validate(); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("plots: Figure: the file cannot be written: %v", r)
		}
	}()
	c := open()
	page := draw.New(c)
	page.SetColor(f.ground())
	page.Fill(page.Path())
	if err := f.Draw(page); err != nil {
		return err
	}
	if _, err := c.WriteTo(w); err != nil {
		return fmt.Errorf("plots: Figure: %w", err)
	}
	return nil
}

// WritePNG writes the figure as PNG at 200 dots an inch. Info becomes text chunks.
func (f Figure) WritePNG(w io.Writer) error { return f.writePNG(w, pngDPI) }

// WritePreview writes the figure as PNG at 144 dots an inch: half of WritePNG's bytes, for what shows a figure whose files are elsewhere.
func (f Figure) WritePreview(w io.Writer) error { return f.writePNG(w, previewDPI) }

func (f Figure) writePNG(w io.Writer, dpi int) error {
	var plain bytes.Buffer
	err := f.render(&plain, func() vg.CanvasWriterTo {
		c := vgimg.NewWith(vgimg.UseWH(f.Width, f.Height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(f.ground()))
		return vgimg.PngCanvas{Canvas: c}
	})
	if err != nil {
		return err
	}
	if _, err := w.Write(withText(plain.Bytes(), f.Info)); err != nil {
		return fmt.Errorf("plots: Figure: %w", err)
	}
	return nil
}

// WriteSVG writes the figure as SVG for a page of HTML. Text stays text, in
// Liberation Sans or a font of the same widths. Info becomes the metadata element.
func (f Figure) WriteSVG(w io.Writer) error { return f.writeSVG(w, false) }

// writeSVG writes the figure as SVG, with its fonts in it on request.
func (f Figure) writeSVG(w io.Writer, embed bool) error {
	return f.render(w, func() vg.CanvasWriterTo { return newSVG(f.Width, f.Height, f.Info, embed) })
}

// WritePDF writes the figure as one page of PDF with its fonts embedded. Info
// becomes the document's keywords.
func (f Figure) WritePDF(w io.Writer) error {
	return f.render(w, func() vg.CanvasWriterTo { return newPDF(f.Width, f.Height, f.Info) })
}

// Save writes base.pdf, base.svg and base.png, with CSV base.csv as well, and
// makes the folder if it is missing. PDF and SVG hold the glyphs that they use. All are made before any is written, and
// each appears whole or not at all.
//
// Errors: those of Draw and of the file system; a message names the file.
func (f Figure) Save(base string) error {
	if base == "" || base[len(base)-1] == filepath.Separator {
		return fmt.Errorf("plots: Figure.Save(%q), want a file's path without its extension", base)
	}
	type file struct {
		name  string
		write func(io.Writer) error
		data  bytes.Buffer
	}
	files := []file{
		{name: base + ".pdf", write: f.WritePDF},
		{name: base + ".svg", write: func(w io.Writer) error { return f.writeSVG(w, true) }},
		{name: base + ".png", write: f.WritePNG},
	}
	if f.CSV {
		files = append(files, file{name: base + ".csv", write: f.WriteCSV})
	}
	for i := range files {
		if err := files[i].write(&files[i].data); err != nil {
			return fmt.Errorf("plots: saving %s: %w", files[i].name, err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return fmt.Errorf("plots: saving %s: %w", base, err)
	}
	for i := range files {
		if err := replace(files[i].name, files[i].data.Bytes()); err != nil {
			return fmt.Errorf("plots: saving %s: %w", files[i].name, err)
		}
	}
	return nil
}

// replace puts data in the named file by way of a temporary one beside it.
func replace(name string, data []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
