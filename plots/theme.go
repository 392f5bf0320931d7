package plots

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Widths of a journal's page: most print one column at 85 to 90 mm and both
// at 170 to 185 mm.
const (
	Column = 88 * vg.Millimeter
	Page   = 180 * vg.Millimeter
)

// Sizes of text, lines and gaps. At Column width 7 pt is the least that most
// journals accept for lettering.
const (
	labelSize  = vg.Length(8)
	tickSize   = vg.Length(7)
	dataWidth  = vg.Length(1.1)
	frameWidth = vg.Length(0.6)
	gridWidth  = vg.Length(0.4)
	majorTick  = vg.Length(3)
	minorTick  = vg.Length(1.7)
	markRadius = vg.Length(2.1)
	edge       = vg.Length(3)   // free border around a figure
	pad        = vg.Length(3)   // between a tick, its label and the axis label
	capHeight  = vg.Length(0.7) // of Liberation Sans, as a part of its size
)

// Palette returns the colours of the series in their order: the eight colours
// that readers with a colour-vision deficiency tell apart, black first left out
// in favour of blue and put at the end.
//
// Source: Okabe and Ito 2008, Color Universal Design, jfly.uni-koeln.de/color.
func Palette() []color.Color {
	return []color.Color{
		color.NRGBA{R: 0x00, G: 0x72, B: 0xB2, A: 0xFF}, // blue
		color.NRGBA{R: 0xD5, G: 0x5E, B: 0x00, A: 0xFF}, // vermilion
		color.NRGBA{R: 0x00, G: 0x9E, B: 0x73, A: 0xFF}, // bluish green
		color.NRGBA{R: 0xCC, G: 0x79, B: 0xA7, A: 0xFF}, // reddish purple
		color.NRGBA{R: 0xE6, G: 0x9F, B: 0x00, A: 0xFF}, // orange
		color.NRGBA{R: 0x56, G: 0xB4, B: 0xE9, A: 0xFF}, // sky blue
		color.NRGBA{R: 0xF0, G: 0xE4, B: 0x42, A: 0xFF}, // yellow
		color.NRGBA{R: 0x00, G: 0x00, B: 0x00, A: 0xFF}, // black
	}
}

// cycle returns the colour of series i.
func cycle(i int) color.Color {
	p := Palette()
	return p[i%len(p)]
}

func white() color.Color    { return color.White }
func ink() color.Color      { return color.NRGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xFF} }
func muted() color.Color    { return color.NRGBA{R: 0x66, G: 0x66, B: 0x66, A: 0xFF} }
func gridGrey() color.Color { return color.NRGBA{R: 0xE4, G: 0xE4, B: 0xE4, A: 0xFF} }
func warning() color.Color  { return color.NRGBA{R: 0xC0, G: 0x20, B: 0x20, A: 0xFF} }

// faded returns c at the given opacity in [0, 1].
func faded(c color.Color, opacity float64) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = uint8(float64(n.A)*opacity + 0.5)
	return n
}

// sans is the font of all text.
func sans(bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		f.Weight = boldWeight
	}
	return f
}

// Theme gives a gonum plot the look of this package's figures: the sans font
// at the sizes for a journal column, thin dark axes without padding, short
// ticks and the text markup of the package comment. A nil plot is left alone.
// Call it before adding a grid or a legend entry, and take series colours from
// [Palette].
func Theme(p *plot.Plot) {
	if p == nil {
		return
	}
	handler := markup{fonts: font.DefaultCache}
	style := func(s *text.Style, size vg.Length) {
		s.Font = font.From(sans(false), size)
		s.Color = ink()
		s.Handler = handler
	}
	p.TextHandler = handler
	style(&p.Title.TextStyle, labelSize)
	style(&p.Legend.TextStyle, tickSize)
	p.Title.Padding = pad
	p.Legend.ThumbnailWidth = thumbWidth
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		style(&a.Label.TextStyle, labelSize)
		style(&a.Tick.Label, tickSize)
		a.Label.Padding = pad
		a.Padding = 0
		a.LineStyle = draw.LineStyle{Color: ink(), Width: frameWidth}
		a.Tick.LineStyle = draw.LineStyle{Color: ink(), Width: frameWidth}
		a.Tick.Length = majorTick
	}
}
