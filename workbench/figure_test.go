package workbench_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/plots"
	"github.com/fieldbook-go/fieldbook/workbench"
)

// curve is a drawing that works.
func curve() plots.Lines {
	return plots.Lines{
		X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "u"},
		Series: []plots.Series{{Name: "u", X: []float64{0, 1, 2}, Y: []float64{1, 3, 2}}},
	}
}

func figureCells() map[string]func() {
	return map[string]func(){
		"figure": func() { workbench.Open().Figure("curve-1", curve()) },
		"large figure": func() {
			show := curve()
			for range 60 {
				one := plots.Series{Name: fmt.Sprint(len(show.Series))}
				for i := range 500 {
					one.X, one.Y = append(one.X, float64(i)), append(one.Y, float64(i*7919%1009))
				}
				show.Series = append(show.Series, one)
			}
			workbench.Open().Figure("large", show)
		},
		"no drawing":       func() { workbench.Open().Figure("curve", nil) },
		"bad drawing":      func() { workbench.Open().Figure("curve", plots.Lines{}) },
		"figure above":     func() { workbench.Open().Figure("../curve", curve()) },
		"figure in folder": func() { workbench.Open().Figure("a/curve", curve()) },
		"figure hidden":    func() { workbench.Open().Figure(".curve", curve()) },
		"figure unnamed":   func() { workbench.Open().Figure("", curve()) },
		"animation": func() {
			var frames []plots.Frame
			for i := range 3 {
				frames = append(frames, plots.Frame{Label: fmt.Sprint("t = ", i), Picture: curve()})
			}
			workbench.Open().Animation("moving", plots.Animation{Frames: frames})
		},
		"no frames": func() { workbench.Open().Animation("moving", plots.Animation{}) },
	}
}

func TestFigureWritesThreeFiles(t *testing.T) {
	n := newNotebook(t)
	out := n.ok(t, "figure")
	base := filepath.Join("figures", "made", "curve-1")
	if !strings.Contains(out, base+".{pdf,svg,png}") {
		t.Errorf("the cell says %q, want the files' names", out)
	}
	for suffix, start := range map[string]string{".pdf": "%PDF-", ".svg": "<", ".png": "\x89PNG\r\n"} {
		text, err := os.ReadFile(filepath.Join(n.dir, base+suffix))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.HasPrefix(text, []byte(start)) || len(text) < 1000 {
			t.Errorf("%s has %d bytes and starts with %q, want %q", suffix, len(text), text[:min(8, len(text))], start)
		}
	}
	if svg, err := os.ReadFile(filepath.Join(n.dir, base+".svg")); err != nil || !strings.Contains(string(svg), "notebook: made") {
		t.Errorf("the SVG does not say which notebook it is of: %v", err)
	}
	events := n.events(t)
	if len(events) != 1 || events[0].Kind != record.KindFigure || events[0].Figure.Path != base {
		t.Errorf("events %+v, want the figure %s", events, base)
	}
}

func TestBadFigures(t *testing.T) {
	n := newNotebook(t)
	n.fails(t, "no drawing", []string{`figure "curve" has no drawing`, `in: "no drawing":`})
	n.fails(t, "bad drawing", []string{"Error: plots: "})
	for cell, name := range map[string]string{"figure above": "../curve", "figure in folder": "a/curve", "figure hidden": ".curve", "figure unnamed": ""} {
		n.fails(t, cell, []string{`figure name "` + name + `"`, "want letters, digits"})
	}
	entries, err := os.ReadDir(n.dir)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "figures" || e.Name() == "record.jsonl" }) {
		t.Errorf("something was written: %v", entries)
	}
}

func TestAnimationWritesTwoFiles(t *testing.T) {
	n := newNotebook(t)
	out := n.ok(t, "animation")
	base := filepath.Join("figures", "made", "moving")
	if !strings.Contains(out, base+".{html,gif}") {
		t.Errorf("the cell says %q, want the files' names", out)
	}
	for suffix, want := range map[string]string{".html": "data:image/", ".gif": "GIF89a"} {
		text, err := os.ReadFile(filepath.Join(n.dir, base+suffix))
		if err != nil || !bytes.Contains(text, []byte(want)) {
			t.Errorf("%s has %d bytes without %q: %v", suffix, len(text), want, err)
		}
	}
	if out := newNotebook(t).cell(t, "no frames"); out.status == 0 || !strings.Contains(out.err+out.out, "frame") {
		t.Errorf("an animation without frames: status %d, %q", out.status, out.err+out.out)
	}
}
