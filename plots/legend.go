package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Measures of a legend.
const (
	thumbWidth = vg.Length(15)
	thumbGap   = vg.Length(3)
	keyGap     = vg.Length(10)
	keyHeight  = vg.Length(9.5)
)

// key is one entry of a legend.
type key struct {
	name   string
	line   draw.LineStyle // Width 0: none
	marker Marker         // AutoMarker: none
	color  color.Color    // of the marker
	patch  color.Color    // nil: none
	arrow  bool           // as long as the sample
}

// seriesKeys returns an entry for each series that has a name.
func seriesKeys(series []Series) []key {
	var keys []key
	for _, s := range series {
		if s.Name == "" {
			continue
		}
		k := key{name: s.Name, color: s.Color}
		if s.Stroke != NoLine {
			k.line = lineStyle(s.Color, dataWidth, s.Stroke)
		}
		if s.Marker != NoMarker {
			k.marker = s.Marker
		}
		if len(s.Low) > 0 {
			k.patch = faded(s.Color, 0.2)
		}
		keys = append(keys, k)
	}
	return keys
}

func (k key) width(most vg.Length) vg.Length {
	return min(thumbWidth+thumbGap+tickText().width(k.name), most)
}

// flow splits the entries into rows at most width wide.
func flow(keys []key, width vg.Length) [][]key {
	var rows [][]key
	var used vg.Length
	for _, k := range keys {
		w := k.width(width)
		if len(rows) == 0 || used+keyGap+w > width {
			rows = append(rows, nil)
			used = -keyGap
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], k)
		used += keyGap + w
	}
	return rows
}

// drawKeys draws rows of entries from the top left corner down. Where there is
// more than one row the entries stand in columns if all rows then still fit.
func drawKeys(c draw.Canvas, rows [][]key, corner vg.Point, width vg.Length) {
	column := columnWidth(rows, width)
	text := tickText()
	y := corner.Y - keyHeight/2
	for _, row := range rows {
		x := corner.X
		for _, k := range row {
			k.thumb(c, vg.Point{X: x, Y: y})
			name := text.shorten(k.name, corner.X+width-x-thumbWidth-thumbGap)
			text.draw(c, vg.Point{X: x + thumbWidth + thumbGap, Y: y}, 0, 0.5, 0, name)
			if column > 0 {
				x += column
			} else {
				x += k.width(width) + keyGap
			}
		}
		y -= keyHeight
	}
}

// columnWidth returns the common width for entries in columns, or 0 where that
// would not fit.
func columnWidth(rows [][]key, width vg.Length) vg.Length {
	if len(rows) < 2 {
		return 0
	}
	var widest vg.Length
	most := 0
	for _, row := range rows {
		most = max(most, len(row))
		for _, k := range row {
			widest = max(widest, k.width(width))
		}
	}
	if vg.Length(most)*(widest+keyGap)-keyGap > width {
		return 0
	}
	return widest + keyGap
}

// thumb draws the sample of an entry, with its left end at p.
func (k key) thumb(c draw.Canvas, p vg.Point) {
	if k.patch != nil {
		r := vg.Rectangle{Min: p.Add(vg.Point{Y: -2.5}), Max: p.Add(vg.Point{X: thumbWidth, Y: 2.5})}
		c.SetColor(k.patch)
		c.Fill(r.Path())
	}
	if k.line.Width > 0 {
		c.StrokeLine2(k.line, p.X, p.Y, p.X+thumbWidth, p.Y)
	}
	if k.arrow {
		placeArrow(c, p.Add(vg.Point{X: thumbWidth / 2}), thumbWidth, 0, ink())
	}
	if k.marker != AutoMarker {
		drawMarker(c, p.Add(vg.Point{X: thumbWidth / 2}), k.marker, markRadius, k.color)
	}
}
