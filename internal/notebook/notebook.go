// Package notebook reads Go notebooks, checks their code and runs them without
// a browser.
//
// A notebook is a Jupyter file (nbformat 4) whose code cells are Go as GoNB
// runs it: each cell is compiled to a program of its own; imports, types,
// constants, variables and functions carry over to later cells, values do not;
// what follows a line "%%" is the body of main. [Extract] makes those programs,
// [Check] type-checks them, [Lint] holds them to the house rules, [Run] executes
// them through a kernel.
//
// Cells are named by the number that Jupyter shows in front of them when the
// notebook is run once from top to bottom: code cells that are not blank,
// counted from 1.
package notebook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// MaxFile is the greatest size in bytes of a notebook that Read accepts.
const MaxFile = 64 << 20

// MaxRecorded is the greatest size in bytes of a notebook with its outputs
// that is kept in the repository.
const MaxRecorded = 1 << 20

// maxCells bounds the number of cells of a notebook.
const maxCells = 10_000

// Notebook is the part of a Jupyter file that running it depends on.
type Notebook struct {
	Path   string // as given to Read; used in messages
	Kernel string // name of the kernel that the file asks for; "" if it names none
	Cells  []Cell
}

// Cell is one cell of a notebook.
type Cell struct {
	Kind   string // code, markdown or raw
	Source string
	Number int // 1, 2, … for code cells that are not blank, 0 for all others
}

// file is a Jupyter file as JSON, as far as it is read.
type file struct {
	Format   *int `json:"nbformat"`
	Metadata struct {
		Kernelspec struct {
			Name string `json:"name"`
		} `json:"kernelspec"`
	} `json:"metadata"`
	Cells []struct {
		Kind   string    `json:"cell_type"`
		Source multiline `json:"source"`
	} `json:"cells"`
}

// multiline is text that a Jupyter file gives as a string or as a list of lines.
type multiline string

// UnmarshalJSON reads a string or a list of strings.
func (m *multiline) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		var lines []string
		if err := json.Unmarshal(text, &lines); err != nil {
			return err
		}
		*m = multiline(strings.Join(lines, ""))
		return nil
	}
	return json.Unmarshal(text, (*string)(m))
}

// Read reads the notebook at path.
//
// Errors: what the file system says; a file above MaxFile; what Parse says.
func Read(path string) (*Notebook, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("notebook: %w", err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("notebook: %w", err)
	}
	if len(text) > MaxFile {
		return nil, fmt.Errorf("notebook: %s has more than %d bytes, want at most that: clear its outputs", path, int64(MaxFile))
	}
	return Parse(path, text)
}

// Parse reads a notebook from its text; path is used in messages only.
//
// Errors: text that is no JSON, with the offset; a format other than 4; a cell
// of unknown kind, with its position.
func Parse(path string, text []byte) (*Notebook, error) {
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("notebook: %s is not a notebook: %w%s", path, err, offset(err))
	}
	if f.Format == nil || *f.Format != 4 {
		return nil, fmt.Errorf("notebook: %s: nbformat = %s, want 4", path, formatName(f.Format))
	}
	if len(f.Cells) > maxCells {
		return nil, fmt.Errorf("notebook: %s has %d cells, want at most %d", path, len(f.Cells), maxCells)
	}
	nb := &Notebook{Path: path, Kernel: f.Metadata.Kernelspec.Name}
	number := 0
	for i, c := range f.Cells {
		cell := Cell{Kind: c.Kind, Source: string(c.Source)}
		switch c.Kind {
		case "markdown", "raw":
		case "code":
			if strings.TrimSpace(cell.Source) != "" {
				number++
				cell.Number = number
			}
		default:
			return nil, fmt.Errorf("notebook: %s: cells[%d].cell_type = %q, want code, markdown or raw", path, i, c.Kind)
		}
		nb.Cells = append(nb.Cells, cell)
	}
	return nb, nil
}

// offset says where a JSON text is wrong, if the error knows.
func offset(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf(" (at byte %d)", syntax.Offset)
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf(" (at byte %d)", kind.Offset)
	}
	return ""
}

// formatName is the format as a message shows it.
func formatName(format *int) string {
	if format == nil {
		return "nothing"
	}
	return fmt.Sprint(*format)
}

// CodeCells returns the code cells that are not blank.
func (n *Notebook) CodeCells() []Cell {
	var code []Cell
	for _, cell := range n.Cells {
		if cell.Number > 0 {
			code = append(code, cell)
		}
	}
	return code
}
