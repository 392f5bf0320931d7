package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
