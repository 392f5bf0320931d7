package importer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// vtkCells are the kinds of cells that are read, by VTK's numbers.
func vtkCells() map[int]cellKind {
	return map[int]cellKind{
		1: {"vertex", 1}, 3: {"line", 2}, 5: {"triangle", 3}, 8: {"pixel", 4}, 9: {"quad", 4},
		10: {"tetrahedron", 4}, 11: {"voxel", 8}, 12: {"hexahedron", 8}, 13: {"wedge", 6}, 14: {"pyramid", 5},
	}
}

// vtk reads a legacy file of VTK.
//
// Source: VTK's file formats, versions 1.0 to 5.1, as text and in binary.
type vtk struct {
	text
	*mesh
	dims   []int // of a structured grid, x first; nil: of points
	extent int   // points or cells that the data that follow are of
	axes   []string
	lead   []int // dimensions of the data that follow
}

func openVTK(path string, limit int64) (source, error) {
	data, err := readFile(path, limit)
	if err != nil {
		return nil, err
	}
	v := &vtk{text: text{data: data}, mesh: newMesh()}
	if err := v.read(); err != nil {
		return nil, fmt.Errorf("importer: %s: %w", path, err)
	}
	return &v.memory, nil
}

func (v *vtk) read() error {
	v.line() // # vtk DataFile Version
	v.line() // a title
	switch kind := strings.TrimSpace(v.line()); kind {
	case "ASCII":
	case "BINARY":
		v.binary = true
	default:
		return fmt.Errorf("line 3 is %.40q, want ASCII or BINARY", kind)
	}
	for {
		word := strings.ToUpper(v.word())
		if word == "" {
			break
		}
		if err := v.section(word); err != nil {
			return err
		}
	}
	v.addCells()
	if len(v.list) == 0 {
		return errors.New("has no arrays")
	}
	return nil
}

// section reads what a keyword begins.
func (v *vtk) section(word string) error {
	switch word {
	case "DATASET":
		kind := v.word()
		if !slices.Contains([]string{"STRUCTURED_POINTS", "STRUCTURED_GRID", "RECTILINEAR_GRID", "UNSTRUCTURED_GRID", "POLYDATA"}, kind) {
			return fmt.Errorf("%s: a data set of kind %.40q, want structured points or grid, rectilinear or unstructured grid, or polydata", v.where(), kind)
		}
		return nil
	case "DIMENSIONS":
		return v.dimensions()
	case "ORIGIN", "SPACING", "ASPECT_RATIO":
		values, err := v.numbers(3, strings.ToLower(word))
		if err != nil {
			return err
		}
		v.grid(word == "ORIGIN", values)
		return nil
	case "X_COORDINATES", "Y_COORDINATES", "Z_COORDINATES":
		axis := strings.ToLower(word[:1])
		n, values, err := v.typed("coordinates", 1)
		if err == nil && n > 1 {
			v.add(axis, []string{axis}, []int{n}, values)
		}
		return err
	case "POINTS":
		n, values, err := v.typed("points", 3)
		if err != nil {
			return err
		}
		v.points = n
		axes, dims := []string{"point"}, []int{n}
		if v.dims != nil {
			axes, dims = v.structured(0)
		}
		if size(dims) != n {
			return fmt.Errorf("%s: %d points, want %d as the dimensions have it", v.where(), n, size(dims))
		}
		v.add("points", append(axes, "coordinate"), append(dims, 3), values)
		return nil
	case "CELLS":
		return v.cellList()
	case "VERTICES", "LINES", "POLYGONS":
		return v.polygons(word)
	case "CELL_TYPES":
		return fmt.Errorf("%s: cell types without cells before them", v.where())
	case "POINT_DATA", "CELL_DATA":
		return v.startData(word == "CELL_DATA")
	case "METADATA":
		v.line()
		for strings.TrimSpace(v.line()) != "" { // it ends with an empty line
		}
		return nil
	}
	return v.attribute(word)
}

func (v *vtk) dimensions() error {
	dims, err := v.integers(3, "dimensions")
	if err != nil {
		return err
	}
	for _, n := range dims {
		if n < 1 || n > len(v.data) {
			return fmt.Errorf("%s: dimensions %v, want each at least 1 and the values in the file", v.where(), dims)
		}
	}
	if int64(dims[0])*int64(dims[1]) > int64(len(v.data)) {
		return fmt.Errorf("%s: dimensions %v, want as many values in the file", v.where(), dims)
	}
	v.dims, v.points = dims, size(dims)
	return nil
}

// structured are the axes of a grid that have more than one point; less is 1 for its cells.
func (v *vtk) structured(less int) (axes []string, dims []int) {
	for i := 2; i >= 0; i-- {
		if v.dims[i] > 1 {
			axes, dims = append(axes, "xyz"[i:i+1]), append(dims, v.dims[i]-less)
		}
	}
	if axes == nil {
		return []string{"x"}, []int{1}
	}
	if less > 0 {
		for i := range axes {
			axes[i] += "_cell"
		}
	}
	return axes, dims
}

// grid makes the coordinates of structured points: origin and spacing come in any order.
func (v *vtk) grid(origin bool, values []float64) {
	for i, axis := range []string{"x", "y", "z"} {
		if v.dims == nil || v.dims[i] < 2 {
			continue
		}
		coordinate := v.values[axis]
		if coordinate == nil {
			coordinate = make([]float64, v.dims[i])
			v.add(axis, []string{axis}, []int{v.dims[i]}, coordinate)
		}
		for j := range coordinate {
			if origin {
				coordinate[j] += values[i]
			} else {
				coordinate[j] += float64(j) * values[i]
			}
		}
	}
}

// typed reads a count, a type and that many values, several for each.
func (v *vtk) typed(what string, each int) (n int, values []float64, err error) {
	if n, err = v.count(what); err != nil {
		return 0, nil, err
	}
	if n < 1 || n > len(v.data) {
		return 0, nil, fmt.Errorf("%s: %d %s, want at least 1 and all in the file", v.where(), n, what)
	}
	values, err = v.block(n*each, v.word(), what)
	return n, values, err
}

// vtkWidths are the bytes of a value in binary, by the type's name.
func vtkWidths() map[string]int {
	return map[string]int{
		"unsigned_char": 1, "char": 1, "unsigned_short": 2, "short": 2, "unsigned_int": 4, "int": 4,
		"unsigned_long": 8, "long": 8, "float": 4, "double": 8, "vtktypeint64": 8, "vtkidtype": 8,
	}
}

// block reads n values of a type.
func (v *vtk) block(n int, kind, what string) ([]float64, error) {
	kind = strings.ToLower(kind)
	width := vtkWidths()[kind]
	if width == 0 {
		return nil, fmt.Errorf("%s: %s of type %.40q, want numbers such as float", v.where(), what, kind)
	}
	if !v.binary {
		return v.numbers(n, what)
	}
	v.line()
	if n < 0 || n > (len(v.data)-v.at)/width { // below 0: more than an int holds
		return nil, fmt.Errorf("%s: %d values of %s in the %d bytes that are left: is the file cut off?", v.where(), n, what, len(v.data)-v.at)
	}
	values := make([]float64, n)
	for i := range values {
		var err error
		if values[i], err = bigEndian(kind, v.data[v.at:v.at+width]); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		v.at += width
	}
	return values, nil
}

// bigEndian reads one value of a type of VTK.
func bigEndian(kind string, raw []byte) (float64, error) {
	switch kind {
	case "float":
		return float64(math.Float32frombits(binary.BigEndian.Uint32(raw))), nil
	case "double":
		return math.Float64frombits(binary.BigEndian.Uint64(raw)), nil
	}
	letter := "i"
	if strings.HasPrefix(kind, "unsigned") {
		letter = "u"
	}
	return numpyValue(fmt.Sprintf(">%s%d", letter, len(raw)), raw)
}

// wholes reads n values that are whole numbers.
func (v *vtk) wholes(n int, kind, what string) ([]int, error) {
	values, err := v.block(n, kind, what)
	if err != nil {
		return nil, err
	}
	out := make([]int, n)
	for i, x := range values {
		if out[i] = int(x); float64(out[i]) != x {
			return nil, fmt.Errorf("%s: %s %v, want a whole number", v.where(), what, x)
		}
	}
	return out, nil
}

// lists reads the corners of cells: before version 5 each with their number first, from then on as offsets and all corners.
func (v *vtk) lists() ([][]int, error) {
	n, err := v.count("cells")
	if err != nil {
		return nil, err
	}
	total, err := v.count("corners")
	if err != nil {
		return nil, err
	}
	if err := v.room(n+total, 1, "cells"); err != nil {
		return nil, err
	}
	at := v.at
	if strings.EqualFold(v.word(), "OFFSETS") {
		return v.offsets(n, total)
	}
	v.at = at
	flat, err := v.wholes(total, "int", "cells")
	if err != nil {
		return nil, err
	}
	var cells [][]int
	for range n {
		if len(flat) == 0 || flat[0] < 0 || flat[0] >= len(flat) {
			return nil, fmt.Errorf("%s: the list of cells ends before cell %d of %d does", v.where(), len(cells), n)
		}
		cells = append(cells, flat[1:1+flat[0]])
		flat = flat[1+flat[0]:]
	}
	return cells, nil
}

func (v *vtk) offsets(n, total int) ([][]int, error) {
	offsets, err := v.wholes(n, v.word(), "offsets")
	if err != nil {
		return nil, err
	}
	if word := v.word(); !strings.EqualFold(word, "CONNECTIVITY") {
		return nil, fmt.Errorf("%s: %.40q, want CONNECTIVITY", v.where(), word)
	}
	flat, err := v.wholes(total, v.word(), "connectivity")
	if err != nil {
		return nil, err
	}
	var cells [][]int
	for i := 1; i < n; i++ {
		from, to := offsets[i-1], offsets[i]
		if from < 0 || to < from || to > total {
			return nil, fmt.Errorf("%s: cell %d is from %d to %d of %d corners", v.where(), i-1, from, to, total)
		}
		cells = append(cells, flat[from:to])
	}
	return cells, nil
}

// cellList reads the cells of an unstructured grid, with their types.
func (v *vtk) cellList() error {
	cells, err := v.lists()
	if err != nil {
		return err
	}
	if word := v.word(); !strings.EqualFold(word, "CELL_TYPES") {
		return fmt.Errorf("%s: %.40q, want CELL_TYPES", v.where(), word)
	}
	n, err := v.count("cell types")
	if err != nil {
		return err
	}
	if n != len(cells) {
		return fmt.Errorf("%s: %d cell types for %d cells", v.where(), n, len(cells))
	}
	types, err := v.wholes(n, "int", "cell types")
	if err != nil {
		return err
	}
	for i, corners := range cells {
		if err := v.vtkCell(types[i], corners); err != nil {
			return err
		}
	}
	return nil
}

// vtkCell takes a cell of a type by its number.
func (m *mesh) vtkCell(kind int, corners []int) error {
	k, is := vtkCells()[kind]
	if !is {
		return fmt.Errorf("cell %d is of VTK's type %d, want vertices, lines, triangles, pixels, quads, tetrahedra, voxels, hexahedra, wedges or pyramids (1, 3, 5, 8 to 14)", m.cells, kind)
	}
	if len(corners) != k.corners {
		return fmt.Errorf("cell %d, a %s, has %d corners, want %d", m.cells, k.name, len(corners), k.corners)
	}
	return m.addCell(k, corners)
}

// polygons reads the cells of polydata.
func (v *vtk) polygons(word string) error {
	cells, err := v.lists()
	if err != nil {
		return err
	}
	kinds := map[string]map[int]int{"VERTICES": {1: 1}, "LINES": {2: 3}, "POLYGONS": {3: 5, 4: 9}}[word]
	for _, corners := range cells {
		kind, is := kinds[len(corners)]
		if !is {
			return fmt.Errorf("cell %d of the %s has %d corners, want single vertices, lines of two points, triangles or quads", v.cells, strings.ToLower(word), len(corners))
		}
		if err := v.vtkCell(kind, corners); err != nil {
			return err
		}
	}
	return nil
}

// startData says what the attributes that follow are of.
func (v *vtk) startData(cells bool) error {
	n, err := v.count("values")
	if err != nil {
		return err
	}
	v.axes, v.lead = []string{"point"}, []int{n}
	switch {
	case v.dims != nil && cells:
		v.axes, v.lead = v.structured(1)
	case v.dims != nil:
		v.axes, v.lead = v.structured(0)
	case cells:
		v.axes = []string{"cell"}
	}
	want := v.points
	if cells && v.dims == nil {
		want = v.cells
	} else if cells {
		want = size(v.lead)
	}
	if n != want {
		return fmt.Errorf("%s: data of %d points or cells, want %d", v.where(), n, want)
	}
	v.extent = n
	return nil
}

// attribute reads data of points or cells.
func (v *vtk) attribute(word string) error {
	components, known := map[string]int{"SCALARS": 1, "VECTORS": 3, "NORMALS": 3, "TENSORS": 9, "TEXTURE_COORDINATES": 0, "FIELD": 0}[word]
	if !known || v.lead == nil && word != "FIELD" {
		return fmt.Errorf("%s: %.40q, want a keyword of VTK's legacy format that is read here, such as POINTS, CELLS, POINT_DATA, SCALARS, VECTORS or FIELD", v.where(), word)
	}
	name := v.word()
	if word == "FIELD" {
		return v.field()
	}
	if word == "TEXTURE_COORDINATES" {
		var err error
		if components, err = v.count("components"); err != nil {
			return err
		}
	}
	kind := v.word()
	if word == "SCALARS" {
		at := v.at
		if rest := strings.TrimSpace(v.line()); rest != "" {
			if _, err := fmt.Sscan(rest, &components); err != nil {
				return fmt.Errorf("%s: scalars with %.40q components", v.where(), rest)
			}
		} else {
			v.at = at
		}
		at = v.at
		if strings.EqualFold(v.word(), "LOOKUP_TABLE") {
			v.word()
		} else {
			v.at = at
		}
	}
	return v.attributeValues(name, kind, components)
}

// attributeValues reads the values of an attribute.
func (v *vtk) attributeValues(name, kind string, components int) error {
	if components < 1 || components > 1000 {
		return fmt.Errorf("%s: %s with %d components, want 1 to 1000", v.where(), name, components)
	}
	values, err := v.block(v.extent*components, kind, name)
	if err != nil {
		return err
	}
	axes, dims := slices.Clone(v.axes), slices.Clone(v.lead)
	if components > 1 {
		axes, dims = append(axes, "channel"), append(dims, components)
	}
	v.addAs(name, kind, axes, dims, values)
	return nil
}

// field reads named arrays; those of the file as a whole have axes of their own.
func (v *vtk) field() error {
	n, err := v.count("arrays")
	if err != nil {
		return err
	}
	for range n {
		name := v.word()
		if name == "METADATA" {
			if err := v.section(name); err != nil {
				return err
			}
			name = v.word()
		}
		sizes, err := v.integers(2, "components and tuples")
		if err != nil {
			return err
		}
		kind := v.word()
		if v.lead != nil && sizes[1] == v.extent {
			if err := v.attributeValues(name, kind, sizes[0]); err != nil {
				return err
			}
			continue
		}
		if sizes[0] < 1 || sizes[1] < 1 || sizes[0] > len(v.data) || sizes[1] > len(v.data) {
			return fmt.Errorf("%s: field %s of %d by %d values, want at least 1 by 1 and all in the file", v.where(), name, sizes[1], sizes[0])
		}
		values, err := v.block(sizes[0]*sizes[1], kind, name)
		if err != nil {
			return err
		}
		v.addAs(name, kind, []string{"tuple", "channel"}, []int{sizes[1], sizes[0]}, values)
	}
	return nil
}
