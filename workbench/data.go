package workbench

import (
	"errors"
	"fmt"
	"html"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/picture"
)

// Data is a recipe's set of arrays, as a cell has it.
type Data struct {
	datasets.Set
	lab    *Lab
	recipe datasets.Recipe
}

// samplesShown is how many samples Show draws.
const samplesShown = 3

// Show displays what the data are: a table of the arrays with their axes, units and ranges, and a picture of a few samples where there is one
// for such data. Outside of a notebook it prints the table alone.
func (d Data) Show() {
	d.lab.checkEnvironment()
	if err := d.show(); err != nil {
		d.lab.fail(err)
	}
}

func (d Data) show() error {
	table := d.table()
	if !d.lab.notebook {
		return d.print(table)
	}
	var text strings.Builder
	for i, row := range table {
		cell := "td"
		if i == 0 {
			cell = "th"
		}
		text.WriteString("<tr>")
		for _, field := range row {
			fmt.Fprintf(&text, `<%s style="text-align:left">%s</%s>`, cell, html.EscapeString(field), cell)
		}
		text.WriteString("</tr>")
	}
	display("<table>" + text.String() + "</table>")
	drawing, err := picture.Samples(d.Set, samplesShown)
	if errors.Is(err, picture.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	figure, err := drawing.Figure()
	if err != nil {
		return err
	}
	return show(figure)
}

// table is a head and a row for each array.
func (d Data) table() [][]string {
	var units map[string]string
	unknown := "1" // recipes make quantities without dimension
	if measured, is := d.recipe.(datasets.Measured); is {
		units, unknown = measured.Units(), "not given"
	}
	table := [][]string{{"array", "units", "min", "mean", "max", "not finite"}}
	for _, a := range d.Arrays {
		unit := units[a.Name]
		if unit == "" {
			unit = unknown
		}
		s := sumUp(a.Values)
		row := []string{a.Shape().String(), unit, "-", "-", "-", fmt.Sprint(s.bad)}
		if s.n > 0 {
			row[2], row[3], row[4] = fmt.Sprintf("%.4g", s.min), fmt.Sprintf("%.4g", s.mean), fmt.Sprintf("%.4g", s.max)
		}
		table = append(table, row)
	}
	return table
}

func (d Data) print(table [][]string) error {
	w := tabwriter.NewWriter(d.lab.out, 0, 0, 2, ' ', 0)
	for _, row := range table {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// summed is the range of the finite values of an array.
type summed struct {
	min, mean, max float64
	n, bad         int
}

func sumUp(values []float64) summed {
	s := summed{min: math.Inf(1), max: math.Inf(-1)}
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			s.bad++
			continue
		}
		s.n++
		s.min, s.max = min(s.min, v), max(s.max, v)
		s.mean += (v - s.mean) / float64(s.n)
	}
	return s
}
