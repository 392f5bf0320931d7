package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

func TestDataPage(t *testing.T) {
	t.Setenv("FIELDBOOK_HOME", t.TempDir())
	folder := filepath.Join(t.TempDir(), "pages")
	for recipe, small := range map[string][]string{
		"burgers":           {"--set", "Grid=16", "--set", "Finest=32", "--set", "Steps=20", "--set", "Test=2", "-n", "2"},
		"lorenz63":          {"--set", "Test=2", "-n", "2"},
		"korteweg-de-vries": {"--set", "Frames=3", "--set", "Test=2", "-n", "2"},
		"swift-hohenberg":   {"--set", "Axes=2", "--set", "Grid=16", "--set", "Finest=32", "--set", "Frames=2", "--set", "Test=2", "-n", "2"},
		"fisher-kpp":        {"--set", "Axes=3", "--set", "Grid=8", "--set", "Finest=16", "--set", "Frames=1", "--set", "Test=2", "-n", "2"},
		"darcy":             {"--set", "Grid=11", "--set", "Finest=21", "--set", "Test=2", "-n", "2"},
	} {
		out := succeed(t, append([]string{"data", recipe, "--page", folder}, small...)...)
		if !strings.Contains(out, "relative error of the test outputs, by refinement") {
			t.Errorf("%s: no error in %q", recipe, out)
		}
		page, err := os.ReadFile(filepath.Join(folder, recipe+".md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"$$", "| relative error of the test outputs, by refinement | ", "| `test_output` | sample 2, ", "](" + recipe + ".png)"} {
			if !strings.Contains(string(page), want) {
				t.Errorf("%s: the page has no %q:\n%s", recipe, want, page)
			}
		}
		picture, err := os.ReadFile(filepath.Join(folder, recipe+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
			t.Errorf("%s: picture: %v", recipe, err)
		}
	}
}

// TestDataPagesAreThere: docs/data has a page of every recipe as the catalog has it, and a list of them.
func TestDataPagesAreThere(t *testing.T) {
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "docs", "data")
	again := filepath.Join(t.TempDir(), "docs")
	if err := os.MkdirAll(again, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeIndex(again); err != nil {
		t.Fatal(err)
	}
	index, want := read(t, filepath.Join(folder, "README.md")), read(t, filepath.Join(again, "README.md"))
	if index, want := withoutOrigin(index), withoutOrigin(want); index != want {
		t.Errorf("docs/data/README.md lists\n%s\nwant\n%s", index, want)
	}
	for _, r := range catalog.Recipes() {
		fields, err := json.Marshal(r.Default)
		if err != nil {
			t.Fatal(err)
		}
		settings := fmt.Sprintf("| settings | `%s`, version %d |", fields, r.Default.Version())
		if page := read(t, filepath.Join(folder, r.Name+".md")); !strings.Contains(page, settings) {
			t.Errorf("%s.md is not of the recipe as it stands: run `go run ./cmd/fieldbook data %s --page docs/data`", r.Name, r.Name)
		}
	}
}

// withoutOrigin is a page without the line that says who wrote it, which has the folder in it.
func withoutOrigin(page string) string { return page[:strings.LastIndex(page, "Written by")] }

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
