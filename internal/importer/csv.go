package importer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

// openCSV reads a table of numbers. With a first line of names each column is an array of its own along the axis sample;
// without, the table is one array, values [sample, x]. Columns are parted by commas, semicolons, tabs or blanks, whichever
// the first line has; lines that begin with # are comments.
//
// Errors: rows of different lengths; what is no number; a table larger than limit bytes.
func openCSV(path string, limit int64) (source, error) {
	text, err := readFile(path, limit)
	if err != nil {
		return nil, err
	}
	m, err := readTable(text)
	if err != nil {
		return nil, fmt.Errorf("importer: %s: %w", path, err)
	}
	return m, nil
}

// maxParsed is the largest text or mesh that is read: it is parsed in memory.
const maxParsed = 2 << 30

// readFile reads a file that is parsed in memory.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("importer: %w", err)
	}
	defer f.Close()
	limit = min(limit, maxParsed)
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("importer: %w", err)
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("importer: %s is larger than %d bytes, want at most that: --max-size, and 2 GiB for what is parsed in memory", path, limit)
	}
	return text, nil
}

// separator is what parts the columns of the first line that is no comment.
func separator(text []byte) rune {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		for _, s := range ",;\t" {
			if strings.ContainsRune(line, s) {
				return s
			}
		}
		return ' '
	}
	return ','
}

func readTable(text []byte) (*memory, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.Comment, r.ReuseRecord, r.TrimLeadingSpace, r.FieldsPerRecord = separator(text), '#', true, true, -1
	if r.Comma == ' ' {
		text = blanks(text)
		r = csv.NewReader(bytes.NewReader(text))
		r.Comma, r.Comment, r.ReuseRecord, r.FieldsPerRecord = ' ', '#', true, -1
	}
	var names []string
	var columns [][]float64
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("cannot be read as CSV: %w", err)
		}
		line, _ := r.FieldPos(0)
		if first {
			columns = make([][]float64, len(row))
			if names = header(row); names != nil {
				continue
			}
		}
		if len(row) != len(columns) {
			return nil, fmt.Errorf("line %d has %d columns, want %d as in the first", line, len(row), len(columns))
		}
		for i, field := range row {
			v, err := cell(field)
			if err != nil {
				return nil, fmt.Errorf("line %d, column %d: %w", line, i+1, err)
			}
			columns[i] = append(columns[i], v)
		}
	}
	if len(columns) == 0 || len(columns[0]) == 0 {
		return nil, errors.New("has no rows of numbers, want at least one")
	}
	return tableArrays(names, columns)
}

// blanks puts one blank where there are several.
func blanks(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		out.Write(bytes.Join(bytes.Fields(line), []byte(" ")))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// header is the first row if one of its fields is no number.
func header(row []string) []string {
	for _, field := range row {
		if _, err := cell(field); err != nil {
			names := make([]string, len(row))
			for i, name := range row {
				names[i] = strings.Clone(strings.TrimSpace(name))
				if names[i] == "" {
					names[i] = fmt.Sprintf("column%d", i+1)
				}
			}
			return names
		}
	}
	return nil
}

// cell reads a number; an empty field is NaN.
func cell(field string) (float64, error) {
	field = strings.TrimSpace(field)
	if field == "" {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(field, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || strings.ContainsAny(field, "_xX") {
		return 0, fmt.Errorf("%.40q, want a number", field)
	}
	return v, nil
}

func tableArrays(names []string, columns [][]float64) (*memory, error) {
	m := &memory{}
	rows := len(columns[0])
	if names == nil {
		values := make([]float64, 0, rows*len(columns))
		for i := range rows {
			for _, c := range columns {
				values = append(values, c[i])
			}
		}
		m.add("values", []string{"sample", "x"}, []int{rows, len(columns)}, values)
		return m, nil
	}
	if len(names) > maxArrays {
		return nil, fmt.Errorf("%d columns with names, want at most %d", len(names), maxArrays)
	}
	for i, name := range names {
		m.add(name, []string{"sample"}, []int{rows}, columns[i])
	}
	return m, nil
}
