package importer

import "fmt"

// memory is a source whose arrays were read whole.
type memory struct {
	list   []found
	values map[string][]float64
}

// add takes an array in float64.
func (m *memory) add(name string, axes []string, dims []int, values []float64) {
	m.addAs(name, "float64", axes, dims, values)
}

// addAs is add for values that were of another type in the file.
func (m *memory) addAs(name, from string, axes []string, dims []int, values []float64) {
	if m.values == nil {
		m.values = map[string][]float64{}
	}
	path := name
	for n := 2; m.values[path] != nil; n++ { // of two with one name
		path = fmt.Sprintf("%s_%d", name, n)
	}
	m.values[path] = values
	m.list = append(m.list, found{Path: path, Name: clean(path), Axes: axes, Dims: dims, From: from, Width: 8})
}

func (m *memory) arrays() ([]found, error) { return m.list, nil }

func (m *memory) choose([]found) error { return nil }

func (m *memory) copy(f found, to func(block []byte) error) error {
	values, block := m.values[f.Path], make([]byte, 0, 8*blockValues)
	for from := 0; from < len(values); from += blockValues {
		block = block[:0]
		for _, v := range values[from:min(from+blockValues, len(values))] {
			block = appendValue(block, v, f.Width)
		}
		if err := to(block); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) finish() error { return nil }
