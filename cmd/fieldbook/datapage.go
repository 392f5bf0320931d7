package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/picture"
	"github.com/fieldbook-go/fieldbook/plots"
)

// writePage writes <folder>/<recipe>.md and, where there is a drawing for such data, a picture beside it.
//
// Errors: a recipe that says nothing of itself; a folder that can't be written.
func writePage(folder string, r datasets.Recipe, made madeData, set datasets.Set) error {
	described, is := r.(datasets.Described)
	if !is {
		return fmt.Errorf("data: recipe %s has no description for a page", r.Name())
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	base := filepath.Join(folder, r.Name())
	drawn, err := writePicture(base+".png", r, set)
	if err != nil {
		return err
	}
	text, err := pageText(described, made, drawn)
	if err != nil {
		return err
	}
	if err := os.WriteFile(base+".md", text, 0o644); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}

// writePicture draws a test pair, or, where it is no pair that can be drawn, a few samples of the first array; drawn is false if there is no
// drawing for those either.
func writePicture(file string, r datasets.Recipe, set datasets.Set) (drawn bool, err error) {
	figure, err := picture.Pair(set)
	if err != nil {
		var samples plots.Drawing
		if samples, err = picture.Samples(set, 3); err == nil {
			figure, err = samples.Figure()
		}
	}
	if errors.Is(err, picture.ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("data: picture of %s: %w", r.Name(), err)
	}
	var png bytes.Buffer
	if err := figure.WritePNG(&png); err != nil {
		return false, fmt.Errorf("data: picture of %s: %w", r.Name(), err)
	}
	if err := os.WriteFile(file, png.Bytes(), 0o644); err != nil {
		return false, fmt.Errorf("data: %w", err)
	}
	return true, nil
}

// writeIndex writes <folder>/README.md, which lists the pages of all recipes.
func writeIndex(folder string) error {
	var page bytes.Buffer
	fmt.Fprint(&page, "# Data sets\n\nEach is made here by a classical solver or by a rule, from a seed. [Which paper takes which](papers.md); "+
		"[data from your own files](../import.md).\n\n| recipe | what it is |\n|---|---|\n")
	for _, r := range catalog.Recipes() {
		fmt.Fprintf(&page, "| [`%s`](%s.md) | %s |\n", r.Name, r.Name, r.Title)
	}
	fmt.Fprintf(&page, "\nWritten by `go run ./cmd/fieldbook data --page %s`.\n", folder)
	if err := os.WriteFile(filepath.Join(folder, "README.md"), page.Bytes(), 0o644); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}

// pageText is the page in Markdown.
func pageText(r datasets.Described, made madeData, drawn bool) ([]byte, error) {
	d := r.Describe()
	fields, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("data: recipe %s: %w", r.Name(), err)
	}
	var page bytes.Buffer
	line := func(format string, a ...any) { fmt.Fprintf(&page, format+"\n", a...) }
	line("# %s (`%s`)\n", d.Title, r.Name())
	if d.Equation != "" {
		line("$$%s$$\n", d.Equation)
	}
	if drawn {
		line("![A test pair](%s.png)\n", r.Name())
	}
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
