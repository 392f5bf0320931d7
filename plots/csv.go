package plots

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// numbers are the values behind one mark, for CSV. A field has nx columns of
// x and ny rows of y, and value[i*ny+j]; other marks have a y for each x.
type numbers struct {
	panel, name string
	x, y        []float64
	low, high   []float64 // of a band; nil: none
	value       []float64 // of a field, or of points with a colour; nil: none
	field       bool
}

// WriteCSV writes the numbers that are drawn, one row a point: the panel's
// letter, the name of the series or field, x, y, the ends of a band and the
// value that a colour shows. A column that does not apply is empty.
//
// Errors: a wrapped plot, whose numbers are its own; those of the writer.
func (f Figure) WriteCSV(w io.Writer) error {
	if f.numbers == nil {
		return errors.New("plots: Figure has no numbers to write as CSV, want a figure of one of this package's kinds")
	}
	out := csv.NewWriter(w)
	write := func(cells ...string) {
		_ = out.Write(cells) // kept by the writer, and returned below
	}
	write("panel", "name", "x", "y", "low", "high", "value")
	at := func(values []float64, i int) string {
		if i >= len(values) {
			return ""
		}
		return strconv.FormatFloat(values[i], 'g', -1, 64)
	}
	for _, n := range f.numbers {
		if !n.field {
			for i := range n.x {
				write(n.panel, n.name, at(n.x, i), at(n.y, i), at(n.low, i), at(n.high, i), at(n.value, i))
			}
			continue
		}
		for i := range n.x {
			for j := range n.y {
				write(n.panel, n.name, at(n.x, i), at(n.y, j), "", "", at(n.value, i*len(n.y)+j))
			}
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("plots: Figure: %w", err)
	}
	return nil
}

// figureNumbers gathers the numbers of all panels. Those of a panel that states
// none are read from its marks.
func (s sheet) figureNumbers() []numbers {
	all := []numbers{}
	for _, row := range s.cells {
		for _, p := range row {
			for ; p != nil; p = p.twin {
				own := p.numbers
				if own == nil {
					own = markNumbers(p.marks)
				}
				for _, n := range own {
					n.panel = p.letter
					all = append(all, n)
				}
			}
		}
	}
	return all
}

func markNumbers(marks []mark) []numbers {
	var all []numbers
	for _, m := range marks {
		switch m := m.(type) {
		case curve:
			all = append(all, numbers{x: m.x, y: m.y})
		case band:
			all = append(all, numbers{x: m.x, low: m.low, high: m.high})
		case dots:
			all = append(all, numbers{x: m.x, y: m.y})
		}
	}
	return all
}

// seriesNumbers are those of named series.
func seriesNumbers(series []Series) []numbers {
	var all []numbers
	for _, s := range series {
		all = append(all, numbers{name: s.Name, x: s.X, y: s.Y, low: s.Low, high: s.High})
	}
	return all
}
