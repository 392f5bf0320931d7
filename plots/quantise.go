package plots

import (
	"cmp"
	"image"
	"image/color"
	"math"
	"slices"
)

// paletted turns opaque images into ones that share a palette of at most 256
// colours; exact is true if no colour was changed.
func paletted(images []*image.NRGBA) (out []*image.Paletted, exact bool) {
	counts := map[uint32]int{}
	for _, img := range images {
		for p := 0; p < len(img.Pix); p += 4 {
			counts[packed(img.Pix[p:])]++
		}
	}
	colours := make([]shadeCount, 0, len(counts))
	for c, n := range counts {
		colours = append(colours, shadeCount{[3]int{int(c >> 16), int(c >> 8 & 0xFF), int(c & 0xFF)}, n})
	}
	slices.SortFunc(colours, func(a, b shadeCount) int { return slices.Compare(a.rgb[:], b.rgb[:]) })
	palette := make(color.Palette, 0, 256)
	exact = len(colours) <= 256
	if exact {
		for _, c := range colours {
			palette = append(palette, c.colour())
		}
	} else {
		palette = medianCut(colours, 256)
	}
	nearest := map[uint32]uint8{}
	for _, c := range colours {
		nearest[uint32(c.rgb[0])<<16|uint32(c.rgb[1])<<8|uint32(c.rgb[2])] = closest(palette, c.rgb)
	}
	for _, img := range images {
		p := image.NewPaletted(img.Bounds(), palette)
		for k := range p.Pix {
			p.Pix[k] = nearest[packed(img.Pix[4*k:])]
		}
		out = append(out, p)
	}
	return out, exact
}

func packed(pix []uint8) uint32 { return uint32(pix[0])<<16 | uint32(pix[1])<<8 | uint32(pix[2]) }

// shadeCount is a colour and the number of its pixels.
type shadeCount struct {
	rgb [3]int
	n   int
}

func (s shadeCount) colour() color.Color {
	return color.NRGBA{R: uint8(s.rgb[0]), G: uint8(s.rgb[1]), B: uint8(s.rgb[2]), A: 0xFF}
}

func closest(palette color.Palette, rgb [3]int) uint8 {
	best, least := 0, 1<<30
	for i, c := range palette {
		n := c.(color.NRGBA)
		dr, dg, db := rgb[0]-int(n.R), rgb[1]-int(n.G), rgb[2]-int(n.B)
		if d := dr*dr + dg*dg + db*db; d < least {
			best, least = i, d
		}
	}
	return uint8(best)
}

// medianCut chooses n colours at most: of the boxes that hold the colours, the
// one with the greatest width squared times the root of its pixels is cut at the middle of its
// pixels, until there are enough.
//
// Differs from the source: the next box is not the one with the most pixels, so
// that the rare colours of text and lines keep some.
// Source: Heckbert 1982, Color Image Quantization for Frame Buffer Display. bib: heckbert1982color
func medianCut(colours []shadeCount, n int) color.Palette {
	boxes := []colourBox{newColourBox(slices.Clone(colours))}
	for len(boxes) < n {
		at := 0
		for i, b := range boxes {
			if b.rank > boxes[at].rank {
				at = i
			}
		}
		if boxes[at].rank == 0 {
			break
		}
		low, high := boxes[at].cut()
		boxes[at] = low
		boxes = append(boxes, high)
	}
	palette := make(color.Palette, len(boxes))
	for i, b := range boxes {
		palette[i] = b.mean()
	}
	return palette
}

// colourBox is a set of colours that becomes one of the palette.
type colourBox struct {
	colours []shadeCount
	axis    int     // the channel in which they differ most
	rank    float64 // the box to cut next has the highest; 0: one colour
}

func newColourBox(colours []shadeCount) colourBox {
	b := colourBox{colours: colours}
	widest, pixels := 0, 0
	for axis := range 3 {
		lo, hi := 255, 0
		for _, c := range colours {
			lo, hi = min(lo, c.rgb[axis]), max(hi, c.rgb[axis])
		}
		if hi-lo > widest {
			widest, b.axis = hi-lo, axis
		}
	}
	for _, c := range colours {
		pixels += c.n
	}
	b.rank = float64(widest*widest) * math.Sqrt(float64(pixels))
	return b
}

func (b colourBox) cut() (low, high colourBox) {
	slices.SortFunc(b.colours, func(x, y shadeCount) int {
		return cmp.Or(cmp.Compare(x.rgb[b.axis], y.rgb[b.axis]), slices.Compare(x.rgb[:], y.rgb[:]))
	})
	total, below := 0, 0
	for _, c := range b.colours {
		total += c.n
	}
	k := 0
	for k < len(b.colours)-2 && below+b.colours[k].n <= total/2 {
		below += b.colours[k].n
		k++
	}
	k = max(k, 1)
	return newColourBox(b.colours[:k:k]), newColourBox(b.colours[k:])
}

// mean is the average over the pixels of the box.
func (b colourBox) mean() color.Color {
	var sum [3]int
	total := 0
	for _, c := range b.colours {
		total += c.n
		for i, v := range c.rgb {
			sum[i] += v * c.n
		}
	}
	var s shadeCount
	for i := range sum {
		s.rgb[i] = (sum[i] + total/2) / total
	}
	return s.colour()
}
