package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/picture"
)

// writePage writes <folder>/<recipe>.md and a picture of a test pair beside it.
//
// Errors: a recipe that says nothing of itself; data that have no picture; a folder that can't be written.
func writePage(folder string, r datasets.Recipe, made madeData, set datasets.Set) error {
	described, is := r.(datasets.Described)
	if !is {
		return fmt.Errorf("data: recipe %s has no description for a page", r.Name())
	}
	figure, err := picture.Pair(set)
	if err != nil {
		return fmt.Errorf("data: picture of %s: %w", r.Name(), err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	var png bytes.Buffer
	if err := figure.WritePNG(&png); err != nil {
		return fmt.Errorf("data: picture of %s: %w", r.Name(), err)
	}
	base := filepath.Join(folder, r.Name())
	if err := os.WriteFile(base+".png", png.Bytes(), 0o644); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	text, err := pageText(described, made)
	if err != nil {
		return err
	}
	if err := os.WriteFile(base+".md", text, 0o644); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}

// pageText is the page in Markdown.
func pageText(r datasets.Described, made madeData) ([]byte, error) {
	d := r.Describe()
	fields, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("data: recipe %s: %w", r.Name(), err)
	}
	var page bytes.Buffer
	line := func(format string, a ...any) { fmt.Fprintf(&page, format+"\n", a...) }
	line("# %s (`%s`)\n\n$$%s$$\n", d.Title, r.Name(), d.Equation)
	line("![A test pair](%s.png)\n", r.Name())
	line("| | |\n|---|---|")
	line("| domain | %s |\n| conditions | %s |\n| method | %s |\n| source | %s |", d.Domain, d.Conditions, d.Method, d.Source)
	if made.Error != nil {
		line("| relative error of the test outputs, by refinement | %.1e |", *made.Error)
	}
	line("| made in | %s on this page's machine |", seconds(made.Seconds))
	line("| settings | `%s`, version %d |\n", fields, r.Version())
	line("| array | axes |\n|---|---|")
	for _, a := range made.Arrays {
		axes := ""
		for i, axis := range a.Axes {
			axes += fmt.Sprintf("%s %d, ", axis, a.Dims[i])
		}
		line("| `%s` | %s |", a.Name, axes[:len(axes)-2])
	}
	line("\nWritten by `go run ./cmd/fieldbook data %s --page docs/data`.", r.Name())
	return page.Bytes(), nil
}
