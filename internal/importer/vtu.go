package importer

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// vtuFile is an unstructured grid in VTK's XML format.
//
// Source: VTK's file formats, XML, versions 0.1 to 2.0: as text, in base 64 in place or appended, raw appended, with zlib or without.
type vtuFile struct {
	XMLName    xml.Name `xml:"VTKFile"`
	Type       string   `xml:"type,attr"`
	ByteOrder  string   `xml:"byte_order,attr"`
	HeaderType string   `xml:"header_type,attr"`
	Compressor string   `xml:"compressor,attr"`
	Pieces     []struct {
		Points    int        `xml:"NumberOfPoints,attr"`
		Cells     int        `xml:"NumberOfCells,attr"`
		PointData []vtuArray `xml:"PointData>DataArray"`
		CellData  []vtuArray `xml:"CellData>DataArray"`
		Corners   []vtuArray `xml:"Cells>DataArray"`
		Place     []vtuArray `xml:"Points>DataArray"`
	} `xml:"UnstructuredGrid>Piece"`

	appended []byte // after the underscore
	raw      bool   // as bytes, not in base 64
	limit    int64  // of the bytes that are unpacked, of all arrays together
}

// vtuArray is an array in it.
type vtuArray struct {
	Name       string `xml:"Name,attr"`
	Type       string `xml:"type,attr"`
	Components string `xml:"NumberOfComponents,attr"`
	Format     string `xml:"format,attr"`
	Offset     int    `xml:"offset,attr"`
	Text       []byte `xml:",chardata"`
}

func openVTU(path string, limit int64) (source, error) {
	data, err := readFile(path, limit)
	if err != nil {
		return nil, err
	}
	m := newMesh()
	if err := readVTU(data, limit, m); err != nil {
		return nil, fmt.Errorf("importer: %s: %w", path, err)
	}
	return &m.memory, nil
}

func readVTU(data []byte, limit int64, m *mesh) error {
	file := vtuFile{limit: limit}
	data, err := file.cutAppended(data)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("cannot be read as XML of VTK: %w", err)
	}
	if file.Type != "UnstructuredGrid" || len(file.Pieces) != 1 {
		return fmt.Errorf("is a %.40q of VTK with %d pieces, want an UnstructuredGrid in one piece", file.Type, len(file.Pieces))
	}
	if file.Compressor != "" && file.Compressor != "vtkZLibDataCompressor" {
		return fmt.Errorf("is compressed by %.40q, want vtkZLibDataCompressor or none", file.Compressor)
	}
	p := file.Pieces[0]
	if p.Points < 1 || p.Cells < 0 || len(p.Place) != 1 {
		return fmt.Errorf("has %d points, %d cells and %d arrays of points, want at least one point and one array", p.Points, p.Cells, len(p.Place))
	}
	p.Place[0].Name = "points"
	if err := file.add(m, p.Place[0], "point", p.Points); err != nil {
		return err
	}
	m.points = p.Points
	if err := file.cells(m, p.Corners, p.Cells); err != nil {
		return err
	}
	for _, a := range p.PointData {
		if err := file.add(m, a, "point", p.Points); err != nil {
			return err
		}
	}
	for _, a := range p.CellData {
		if err := file.add(m, a, "cell", p.Cells); err != nil {
			return err
		}
	}
	m.addCells()
	return nil
}

// cutAppended takes out the appended values, which need not be XML.
func (f *vtuFile) cutAppended(data []byte) ([]byte, error) {
	from := bytes.Index(data, []byte("<AppendedData"))
	if from < 0 {
		return data, nil
	}
	end := bytes.LastIndex(data, []byte("</AppendedData>"))
	tag := bytes.IndexByte(data[from:], '>')
	if end < 0 || tag < 0 || from+tag > end {
		return nil, errors.New("ends within the appended values: is the file cut off?")
	}
	f.raw = bytes.Contains(data[from:from+tag], []byte(`"raw"`))
	content := data[from+tag+1 : end]
	start := bytes.IndexByte(content, '_')
	if start < 0 {
		return nil, errors.New("has no underscore before the appended values")
	}
	f.appended = content[start+1:]
	return slices.Concat(data[:from], data[end+len("</AppendedData>"):]), nil
}

// cells takes connectivity, offsets and types apart.
func (f *vtuFile) cells(m *mesh, arrays []vtuArray, n int) error {
	parts := map[string][]float64{}
	for _, a := range arrays {
		var err error
		if parts[a.Name], err = f.values(a); err != nil {
			return err
		}
	}
	corners, offsets, types := parts["connectivity"], parts["offsets"], parts["types"]
	if len(offsets) != n || len(types) != n {
		return fmt.Errorf("has %d offsets and %d types of %d cells, want one each", len(offsets), len(types), n)
	}
	from := 0
	for i := range n {
		to := int(offsets[i])
		if to < from || to > len(corners) {
			return fmt.Errorf("cell %d is from %d to %d of %d corners", i, from, to, len(corners))
		}
		var cell []int
		for _, c := range corners[from:to] {
			cell = append(cell, int(c))
		}
		if err := m.vtkCell(int(types[i]), cell); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// add takes an array of points or cells.
func (f *vtuFile) add(m *mesh, a vtuArray, axis string, n int) error {
	values, err := f.values(a)
	if err != nil {
		return err
	}
	components := 1
	if a.Components != "" {
		if components, err = strconv.Atoi(a.Components); err != nil || components < 1 {
			return fmt.Errorf("array %s has %.40q components, want 1 or more", a.Name, a.Components)
		}
	}
	if len(values) != n*components {
		return fmt.Errorf("array %s has %d values, want %d of %d components", a.Name, len(values), n, components)
	}
	axes, dims := []string{axis}, []int{n}
	if components > 1 {
		axes, dims = append(axes, "channel"), append(dims, components)
	}
	if a.Name == "points" {
		axes[len(axes)-1] = "coordinate"
	}
	m.addAs(a.Name, strings.ToLower(a.Type), axes, dims, values)
	return nil
}

// values are an array's numbers.
func (f *vtuFile) values(a vtuArray) ([]float64, error) {
	if a.Format == "ascii" || a.Format == "" {
		t := text{data: a.Text}
		var out []float64
		for word := t.word(); word != ""; word = t.word() {
			v, err := cell(word)
			if err != nil {
				return nil, fmt.Errorf("array %s: %w", a.Name, err)
			}
			out = append(out, v)
		}
		return out, nil
	}
	match := map[string]string{
		"Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4", "UInt32": "u4", "Int64": "i8", "UInt64": "u8", "Float32": "f4", "Float64": "f8",
	}[a.Type]
	if match == "" {
		return nil, fmt.Errorf("array %s is of type %.40q, want numbers such as Float64", a.Name, a.Type)
	}
	if f.ByteOrder == "BigEndian" {
		match = ">" + match
	} else {
		match = "<" + match
	}
	content, err := f.content(a)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", a.Name, err)
	}
	width := numpyWidth(match)
	out := make([]float64, len(content)/width)
	for i := range out {
		if out[i], err = numpyValue(match, content[i*width:(i+1)*width]); err != nil {
			return nil, fmt.Errorf("array %s: %w", a.Name, err)
		}
	}
	return out, nil
}

// packed reads bytes that are raw or in base 64. Each piece in base 64 is closed by itself.
type packed struct {
	data []byte
	raw  bool
}

// next is the next piece of n bytes; keep leaves it to be read again.
func (p *packed) next(n int64, keep bool) ([]byte, error) {
	length := n
	if !p.raw {
		length = (n + 2) / 3 * 4
	}
	if n < 0 || length > int64(len(p.data)) {
		return nil, fmt.Errorf("%d bytes where %d are left: is the file cut off?", n, len(p.data))
	}
	piece := p.data[:length]
	if !keep {
		p.data = p.data[length:]
	}
	if p.raw {
		return piece, nil
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(piece)))
	got, err := base64.StdEncoding.Decode(out, piece)
	if err != nil && !keep {
		return nil, fmt.Errorf("base 64: %w", err)
	}
	if int64(got) < n {
		return nil, errors.New("base 64 ends early")
	}
	return out[:n], nil
}

// content are the bytes of an array.
func (f *vtuFile) content(a vtuArray) ([]byte, error) {
	p := packed{data: bytes.TrimSpace(a.Text)}
	if a.Format == "appended" {
		if a.Offset < 0 || a.Offset > len(f.appended) {
			return nil, fmt.Errorf("offset %d of %d appended bytes", a.Offset, len(f.appended))
		}
		p = packed{data: f.appended[a.Offset:], raw: f.raw}
	}
	width := int64(4)
	if f.HeaderType == "UInt64" {
		width = 8
	}
	head, err := p.next(width, true)
	if err != nil {
		return nil, err
	}
	n := f.headNumber(head)
	if f.Compressor == "" {
		if f.limit -= n; n < 0 || f.limit < 0 {
			return nil, errors.New("brings the arrays beyond what is allowed; --max-size raises that")
		}
		all, err := p.next(width+n, false)
		if err != nil {
			return nil, err
		}
		return all[width:], nil
	}
	return f.unpack(p, width, n)
}

// headNumber reads an unsigned number; -1 if it is too large to be true.
func (f *vtuFile) headNumber(raw []byte) int64 {
	var order binary.ByteOrder = binary.LittleEndian
	if f.ByteOrder == "BigEndian" {
		order = binary.BigEndian
	}
	if len(raw) == 4 {
		return int64(order.Uint32(raw))
	}
	if n := order.Uint64(raw); n < 1<<48 {
		return int64(n)
	}
	return -1
}

// unpack reads blocks that zlib compressed: before them stand their number, the size of each, that of the last if it is
// smaller, and what each takes compressed.
func (f *vtuFile) unpack(p packed, width, blocks int64) ([]byte, error) {
	if blocks == 0 {
		return nil, nil
	}
	if blocks < 0 || blocks > int64(len(p.data)) {
		return nil, fmt.Errorf("%d compressed blocks", blocks)
	}
	head, err := p.next(width*(3+blocks), false)
	if err != nil {
		return nil, err
	}
	number := func(i int64) int64 { return f.headNumber(head[i*width : (i+1)*width]) }
	full, last := number(1), number(2)
	total := int64(0)
	for i := range blocks {
		n := number(3 + i)
		if n < 0 || total+n > int64(len(p.data)) {
			return nil, errors.New("compressed blocks longer than the file: is it cut off?")
		}
		total += n
	}
	if full < 0 || last < 0 || last > full || full > f.limit/blocks {
		return nil, errors.New("brings the arrays beyond what is allowed; --max-size raises that")
	}
	f.limit -= blocks * full
	content, err := p.next(total, false)
	if err != nil {
		return nil, err
	}
	var out []byte
	for i := range blocks {
		want := full
		if i == blocks-1 && last > 0 {
			want = last
		}
		r, err := zlib.NewReader(bytes.NewReader(content[:number(3+i)]))
		if err != nil {
			return nil, fmt.Errorf("compressed block %d: %w", i, err)
		}
		block, err := io.ReadAll(io.LimitReader(r, want+1))
		if err != nil {
			return nil, fmt.Errorf("compressed block %d: %w", i, err)
		}
		if int64(len(block)) != want {
			return nil, fmt.Errorf("compressed block %d has another size than %d bytes", i, want)
		}
		out, content = append(out, block...), content[number(3+i):]
	}
	return out, nil
}
