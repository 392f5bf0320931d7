package plots

import (
	"errors"
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Grid puts other drawings on one page, in rows of equal width. A nil drawing
// leaves its place empty.
type Grid struct {
	Rows          [][]Drawing
	Letters       bool      // (a), (b), … at the corner of each
	Width, Height vg.Length // zero: a journal's page, and the heights of the drawings
}

var _ Drawing = Grid{}

// letterRoom is the height of a letter over a drawing that has no heading.
const letterRoom = labelSize + 2

// tile is one drawing in its place: parts of the width, points of the height.
type tile struct {
	figure      Figure
	left, right float64
	row         int
}

// Figure returns the drawing.
//
// Errors: no drawings; those of the drawings, with the row and column.
func (g Grid) Figure() (Figure, error) {
	width := g.Width
	if width == 0 {
		width = Page
	}
	var tiles []tile
	var problems []error
	heights := make([]vg.Length, len(g.Rows))
	for r, row := range g.Rows {
		for c, d := range row {
			if d == nil {
				continue
			}
			f, err := d.Figure()
			if err != nil {
				problems = append(problems, fmt.Errorf("plots: Grid.Rows[%d][%d]: %w", r, c, err))
				continue
			}
			n := float64(len(row))
			t := tile{f, float64(c) / n, float64(c+1) / n, r}
			tiles = append(tiles, t)
			height := f.heightAt(width * vg.Length(t.right-t.left))
			if g.Letters && f.topless {
				height += letterRoom
			}
			heights[r] = max(heights[r], height)
		}
	}
	if len(tiles) == 0 && len(problems) == 0 {
		problems = append(problems, errors.New("plots: Grid has no drawings, want at least one"))
	}
	if err := errors.Join(problems...); err != nil {
		return Figure{}, err
	}
	f := Figure{Width: width, Height: g.Height, numbers: tileNumbers(tiles), paint: func(c draw.Canvas) error {
		return drawTiles(c, tiles, heights, g.Letters)
	}}
	if f.Height == 0 {
		f.Height = sum(heights)
	}
	return f, f.validate()
}

// tileNumbers gathers the numbers of all tiles; a panel is named by its tile's
// letter and its own, if it has one.
func tileNumbers(tiles []tile) []numbers {
	var all []numbers
	for i, t := range tiles {
		for _, n := range t.figure.numbers {
			n.panel = tileLetter(i) + n.panel
			all = append(all, n)
		}
	}
	return all
}

func sum(lengths []vg.Length) (total vg.Length) {
	for _, l := range lengths {
		total += l
	}
	return total
}

// drawTiles gives each row its part of the canvas's height.
func drawTiles(c draw.Canvas, tiles []tile, heights []vg.Length, letters bool) error {
	size := c.Size()
	stretch := size.Y / sum(heights)
	for i, t := range tiles {
		top := c.Max.Y - sum(heights[:t.row])*stretch
		cell := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: c.Min.X + size.X*vg.Length(t.left), Y: top - heights[t.row]*stretch},
			Max: vg.Point{X: c.Min.X + size.X*vg.Length(t.right), Y: top},
		}}
		corner := vg.Point{X: cell.Min.X + edge, Y: cell.Max.Y - edge}
		if letters && t.figure.topless { // its numbers would touch the letter
			cell.Max.Y -= letterRoom
		}
		if err := t.figure.Draw(cell); err != nil {
			return err
		}
		if letters {
			// The corner over the y axis is free: headings line up with the data.
			letterText().draw(c, corner, 0, 1, 0, "("+tileLetter(i)+")")
		}
	}
	return nil
}

// tileLetter counts a … z, aa, ab, ….
func tileLetter(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return tileLetter(i/26-1) + string(rune('a'+i%26))
}
