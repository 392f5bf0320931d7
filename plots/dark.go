package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
)

// dataColour is a colour that stands for a value: the same on any page.
type dataColour struct{ color.NRGBA }

// darkCanvas draws for a dark page: greys change ends, colours become lighter.
type darkCanvas struct{ vg.Canvas }

// SetColor sets the colour that c has on a dark page.
func (d darkCanvas) SetColor(c color.Color) { d.Canvas.SetColor(darkened(c)) }

// darkened returns the colour on a dark page of what is c on white.
func darkened(c color.Color) color.Color {
	const page, paper = 0x16, 0xF0 // greys of a dark page and of its text
	if c == nil {
		c = color.Black
	}
	if fixed, ok := c.(dataColour); ok {
		return fixed
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	if most, least := max(n.R, n.G, n.B), min(n.R, n.G, n.B); most-least < 16 {
		grey := uint8(paper - (paper-page)*int(n.G)/0xFF)
		return color.NRGBA{R: grey, G: grey, B: grey, A: n.A}
	}
	// A fifth of white lifts the darkest series colour, blue, to a contrast of
	// more than 4.5 with the page.
	lift := func(v uint8) uint8 { return v + (0xFF-v)/5 }
	return color.NRGBA{R: lift(n.R), G: lift(n.G), B: lift(n.B), A: n.A}
}
