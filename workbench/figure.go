package workbench

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/plots"
)

// maxInline is the largest SVG that goes into the notebook; a larger figure is shown as PNG.
const maxInline = 150 << 10

// Figure shows a drawing below the cell and saves it as figures/<notebook>/<name>.pdf, .svg and .png.
func (l *Lab) Figure(name string, d plots.Drawing) {
	l.checkEnvironment()
	if err := l.figure(name, d); err != nil {
		l.fail(err)
	}
}

func (l *Lab) figure(name string, d plots.Drawing) error {
	if d == nil {
		return fmt.Errorf("workbench: figure %q has no drawing, want one of package plots", name)
	}
	if !regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`).MatchString(name) {
		return fmt.Errorf("workbench: figure name %q, want letters, digits, dots and dashes: it becomes a file's name", name)
	}
	f, err := d.Figure()
	if err != nil {
		return err
	}
	dir := filepath.Join("figures", l.slug)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("workbench: figure %q: %w", name, err)
	}
	base := filepath.Join(dir, name)
	if err := f.Save(base); err != nil {
		return err
	}
	l.record(record.Event{Kind: record.KindFigure, Figure: &record.Figure{Path: base}})
	if !l.notebook {
		l.println(fmt.Sprintf("figure %s.{pdf,svg,png}", base))
		return nil
	}
	return show(f)
}

// show displays a figure in the notebook, as SVG or, where that is large, as PNG. It is an image within HTML: Jupyter hides a
// bare SVG in a notebook that is opened again and not yet trusted.
func show(f plots.Figure) error {
	kind := "svg+xml"
	var w bytes.Buffer
	if err := f.WriteSVG(&w); err != nil {
		return err
	}
	if w.Len() > maxInline {
		kind = "png"
		w.Reset()
		if err := f.WritePNG(&w); err != nil {
			return err
		}
	}
	width := f.Width.Points() * 96 / 72 // CSS pixels
	gonbui.DisplayHTML(fmt.Sprintf(`<img alt="figure" width="%.0f" src="data:image/%s;base64,%s">`, width, kind, base64.StdEncoding.EncodeToString(w.Bytes())))
	return nil
}
