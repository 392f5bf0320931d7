package importer

import (
	"fmt"
	"math"
	"strconv"
)

// cellKind is a kind of cells of a mesh, by the name of its array.
type cellKind struct {
	name    string
	corners int
}

// mesh collects cells by kind. Points and cells are counted from 0 in the order of the file.
type mesh struct {
	memory
	points  int
	kinds   []cellKind
	corners map[string][]float64 // by kind: the numbers of the points, cell after cell
	index   map[string][]float64 // by kind: the number of each cell
	tags    map[string][]float64 // by kind: the physical tag of each cell, where there are any
	cells   int
}

func newMesh() *mesh {
	return &mesh{corners: map[string][]float64{}, index: map[string][]float64{}, tags: map[string][]float64{}}
}

// addCell takes a cell.
//
// Errors: a corner that is no point.
func (m *mesh) addCell(k cellKind, corners []int) error {
	if _, is := m.corners[k.name]; !is {
		m.kinds = append(m.kinds, k)
	}
	for _, p := range corners {
		if p < 0 || p >= m.points {
			return fmt.Errorf("cell %d has the corner %d, want one of %d points", m.cells, p, m.points)
		}
		m.corners[k.name] = append(m.corners[k.name], float64(p))
	}
	m.index[k.name] = append(m.index[k.name], float64(m.cells))
	m.cells++
	return nil
}

// addCells makes the arrays of the cells: their corners, their numbers where there are several kinds, and their tags.
func (m *mesh) addCells() {
	for _, k := range m.kinds {
		n := len(m.index[k.name])
		m.addAs(k.name, "int64", []string{k.name, k.name + "_corner"}, []int{n, k.corners}, m.corners[k.name])
		if len(m.kinds) > 1 {
			m.addAs(k.name+"_cell", "int64", []string{k.name}, []int{n}, m.index[k.name])
		}
		if tags := m.tags[k.name]; len(tags) == n {
			m.addAs(k.name+"_tag", "int64", []string{k.name}, []int{n}, tags)
		}
	}
}

// text reads words and numbers, and values in binary, out of a file that is in memory.
type text struct {
	data   []byte
	at     int
	binary bool // values are big-endian, after the end of the line
}

// word is the next word; empty at the end.
func (t *text) word() string {
	for t.at < len(t.data) && t.data[t.at] <= ' ' {
		t.at++
	}
	from := t.at
	for t.at < len(t.data) && t.data[t.at] > ' ' {
		t.at++
	}
	return string(t.data[from:t.at])
}

// line is the rest of the line.
func (t *text) line() string {
	from := t.at
	for t.at < len(t.data) && t.data[t.at] != '\n' {
		t.at++
	}
	line := string(t.data[from:t.at])
	t.at = min(t.at+1, len(t.data))
	return line
}

// where is the number of the line that is read.
func (t *text) where() string {
	n := 1
	for _, c := range t.data[:t.at] {
		if c == '\n' {
			n++
		}
	}
	return fmt.Sprintf("line %d", n)
}

// count reads a number of things, each of which takes two bytes or more.
func (t *text) count(what string) (int, error) {
	word := t.word()
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s: number of %s = %.40q, want a whole number", t.where(), what, word)
	}
	return n, nil
}

// room refuses more values than what is left of the file can hold.
func (t *text) room(n, width int, what string) error {
	if left := len(t.data) - t.at; n < 0 || n > left/width+1 { // below 0: more than an int holds
		return fmt.Errorf("%s: %d values of %s in the %d bytes that are left: is the file cut off?", t.where(), n, what, left)
	}
	return nil
}

// integer reads a whole number.
func (t *text) integer(what string) (int, error) {
	word := t.word()
	n, err := strconv.Atoi(word)
	if err != nil {
		return 0, fmt.Errorf("%s: %s = %.40q, want a whole number", t.where(), what, word)
	}
	return n, nil
}

// integers reads n whole numbers.
func (t *text) integers(n int, what string) ([]int, error) {
	if err := t.room(n, 2, what); err != nil {
		return nil, err
	}
	out := make([]int, n)
	for i := range out {
		var err error
		if out[i], err = t.integer(what); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// numbers reads n numbers written as text.
func (t *text) numbers(n int, what string) ([]float64, error) {
	if err := t.room(n, 2, what); err != nil {
		return nil, err
	}
	out := make([]float64, n)
	for i := range out {
		word := t.word()
		v, err := strconv.ParseFloat(word, 64)
		if err != nil && !math.IsInf(v, 0) {
			return nil, fmt.Errorf("%s: %s = %.40q, want a number", t.where(), what, word)
		}
		out[i] = v
	}
	return out, nil
}
