package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// track is the size of a column or a row of data boxes: a share of what is
// left, or a fixed length; gap is the space before it, beyond axis labels.
type track struct {
	share float64
	fixed vg.Length
	gap   vg.Length
}

// sheet lays panels out in rows and columns whose data boxes line up, under a
// heading and one legend.
type sheet struct {
	title, note string
	keys        []key
	cols, rows  []track
	cells       [][]*panel // [row][column]; nil: empty
	aspect      float64    // height/width of the boxes in shared tracks; 0: as the page allows
}

// single is a sheet of one panel.
func single(title string, keys []key, p *panel) sheet {
	return sheet{
		title: title, keys: keys,
		cols: []track{{share: 1}}, rows: []track{{share: 1}}, cells: [][]*panel{{p}},
	}
}

// figure returns the figure of a sheet. A width or height of zero is replaced by
// a default one; the default height is that of the panels, without the head.
func (s sheet) figure(width, height, defaultWidth, defaultHeight vg.Length) (Figure, error) {
	return s.figureOf(width, height, defaultWidth, func(vg.Length) vg.Length { return defaultHeight })
}

// figureOf is figure with a default height that depends on the width.
func (s sheet) figureOf(width, height, defaultWidth vg.Length, body func(vg.Length) vg.Length) (Figure, error) {
	f := Figure{Width: width, Height: height, paint: s.draw, numbers: s.figureNumbers()}
	f.topless = s.title == "" && s.note == "" && len(s.keys) == 0
	for _, p := range s.cells[0] {
		f.topless = f.topless && (p == nil || p.letter == "" && p.title == "")
	}
	if f.Width == 0 {
		f.Width = defaultWidth
	}
	if f.Height == 0 {
		f.natural = func(w vg.Length) vg.Length {
			const axis = 30 // points: a usual y axis
			return body(w) + s.head(w-2*edge-axis)
		}
		f.Height = f.natural(f.Width)
	}
	return f, f.validate()
}

// head is the height of title, note and legend, above panels width wide.
func (s sheet) head(width vg.Length) vg.Length {
	var h vg.Length
	if s.title != "" {
		h += labelText().height() + 4
	}
	if s.note != "" {
		h += noteText().height() + 4
	}
	if rows := flow(s.keys, width); len(rows) > 0 {
		h += vg.Length(len(rows))*keyHeight + 2
	}
	return h
}

// frames holds the lengths around and of the data boxes.
type frames struct {
	before, size, after []vg.Length // along one direction, by track
}

func (f frames) total() (t vg.Length) {
	for i := range f.size {
		t += f.before[i] + f.size[i] + f.after[i]
	}
	return t
}

// share gives what is left of the length to the tracks, and returns the length
// of one unit of share.
func (f frames) share(tracks []track, length vg.Length) vg.Length {
	var shares float64
	for i, t := range tracks {
		f.size[i] = t.fixed
		shares += t.share
	}
	unit := (length - f.total()) / vg.Length(max(shares, 1e-9))
	f.fill(tracks, unit)
	return unit
}

func (f frames) fill(tracks []track, unit vg.Length) {
	for i, t := range tracks {
		if t.share > 0 {
			f.size[i] = vg.Length(t.share) * unit
		}
	}
}

func newFrames(n int) frames {
	return frames{make([]vg.Length, n), make([]vg.Length, n), make([]vg.Length, n)}
}

// vertical lays the rows out; before is above a row.
func (s sheet) vertical(height vg.Length) (frames, vg.Length) {
	f := newFrames(len(s.rows))
	guess := height / vg.Length(len(s.rows))
	for r, row := range s.cells {
		for _, p := range row {
			if p != nil {
				f.before[r] = max(f.before[r], p.above(guess))
				f.after[r] = max(f.after[r], p.below())
			}
		}
		f.before[r] += s.rows[r].gap
	}
	return f, f.share(s.rows, height)
}

// horizontal lays the columns out for rows of the given heights.
func (s sheet) horizontal(width vg.Length, heights []vg.Length) (frames, vg.Length) {
	f := newFrames(len(s.cols))
	unit := width / vg.Length(len(s.cols))
	// Which tick labels fit depends on the width that they leave: twice is enough.
	for range 2 {
		next := newFrames(len(s.cols))
		for r, row := range s.cells {
			for i, p := range row {
				if p == nil {
					continue
				}
				w := f.size[i]
				if w <= 0 {
					w = 0.8 * unit
				}
				left, right := p.beside(w, heights[r])
				next.before[i], next.after[i] = max(next.before[i], left), max(next.after[i], right)
			}
		}
		for i := range next.before {
			next.before[i] += s.cols[i].gap
		}
		f = next
		unit = f.share(s.cols, width)
	}
	return f, unit
}

// naturalHeight is that at which the data boxes have the sheet's aspect, for a
// page of the given width, without the head.
func (s sheet) naturalHeight(width vg.Length) vg.Length {
	width -= 2 * edge
	heights := make([]vg.Length, len(s.rows))
	for i := range heights {
		heights[i] = 100 // only the number of y ticks depends on it
	}
	_, w := s.horizontal(width, heights)
	v, h := s.vertical(1000)
	v.fill(s.rows, w*vg.Length(s.aspect))
	if h <= 0 {
		return 0
	}
	return v.total() + 2*edge
}

// draw lays the sheet out on a canvas and draws it.
func (s sheet) draw(c draw.Canvas) error {
	page := draw.Crop(c, edge, -edge, edge, -edge)
	size := page.Size()
	// A first pass finds the left margin, with which the legend lines up.
	first, _ := s.vertical(size.Y - s.head(size.X-30))
	narrow, _ := s.horizontal(size.X, first.size)
	indent := narrow.before[0]
	head := s.head(size.X - indent)
	v, h := s.vertical(size.Y - head)
	cols, w := s.horizontal(size.X, v.size)
	const least = 12 // points; less is not a drawing
	if w < least || h < least {
		return fmt.Errorf("plots: Figure.Width = %.0f pt, Height = %.0f pt, want at least %.0f by %.0f for its labels",
			c.Size().X.Points(), c.Size().Y.Points(),
			(c.Size().X + max(0, least-w)*vg.Length(len(s.cols))).Points(),
			(c.Size().Y + max(0, least-h)*vg.Length(len(s.rows))).Points())
	}
	if s.aspect > 0 {
		w, h = min(w, h/vg.Length(s.aspect)), min(h, w*vg.Length(s.aspect))
		cols.fill(s.cols, w)
		v.fill(s.rows, h)
	}
	origin := vg.Point{X: page.Min.X + (size.X-cols.total())/2, Y: page.Max.Y - head}
	s.drawHead(page, vg.Point{X: origin.X + cols.before[0], Y: page.Max.Y})
	s.drawCells(c, origin, cols, v)
	return nil
}

func (s sheet) drawCells(c draw.Canvas, origin vg.Point, cols, rows frames) {
	y := origin.Y
	for r, row := range s.cells {
		y -= rows.before[r]
		x := origin.X
		for i, p := range row {
			x += cols.before[i]
			if p != nil {
				p.draw(c, vg.Rectangle{
					Min: vg.Point{X: x, Y: y - rows.size[r]},
					Max: vg.Point{X: x + cols.size[i], Y: y},
				})
			}
			x += cols.size[i] + cols.after[i]
		}
		y -= rows.size[r] + rows.after[r]
	}
}

// drawHead sets title, note and legend from the corner down.
func (s sheet) drawHead(page draw.Canvas, corner vg.Point) {
	width := page.Max.X - corner.X
	for _, line := range []struct {
		text  string
		style lettering
	}{{s.title, labelText()}, {s.note, noteText()}} {
		if line.text != "" {
			line.style.draw(page, corner, 0, 1, 0, line.style.shorten(line.text, width))
			corner.Y -= line.style.height() + 4
		}
	}
	drawKeys(page, flow(s.keys, width), corner, width)
}
