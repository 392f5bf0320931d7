package workbench

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/internal/runs"
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
	f, err := d.Figure()
	if err != nil {
		return err
	}
	base, err := l.base(name)
	if err != nil {
		return err
	}
	f.Info = append(l.facts(), f.Info...)
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

// base is where a figure's files go, without their suffix.
func (l *Lab) base(name string) (string, error) {
	if !regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`).MatchString(name) {
		return "", fmt.Errorf("workbench: figure name %q, want letters, digits, dots and dashes: it becomes a file's name", name)
	}
	dir := filepath.Join("figures", l.slug)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("workbench: figure %q: %w", name, err)
	}
	return filepath.Join(dir, name), nil
}

// Animation shows a player below the cell, with a strip of pictures where scripts may not run, and saves it as
// figures/<notebook>/<name>.html and .gif.
func (l *Lab) Animation(name string, a plots.Animation) {
	l.checkEnvironment()
	if err := l.animation(name, a); err != nil {
		l.fail(err)
	}
}

func (l *Lab) animation(name string, a plots.Animation) error {
	var player, gif bytes.Buffer
	if err := a.WriteHTML(&player); err != nil {
		return err
	}
	if err := a.WriteGIF(&gif); err != nil {
		return err
	}
	base, err := l.base(name)
	if err != nil {
		return err
	}
	for suffix, content := range map[string][]byte{".html": player.Bytes(), ".gif": gif.Bytes()} {
		if err := os.WriteFile(base+suffix, content, 0o644); err != nil {
			return fmt.Errorf("workbench: animation %q: %w", name, err)
		}
	}
	l.record(record.Event{Kind: record.KindFigure, Figure: &record.Figure{Path: base}})
	if !l.notebook {
		l.println(fmt.Sprintf("animation %s.{html,gif}", base))
		return nil
	}
	display(player.String())
	return nil
}

// facts say in a figure's files where it comes from.
func (l *Lab) facts() []plots.Fact {
	var facts []plots.Fact
	for _, f := range []plots.Fact{
		{Name: "notebook", Value: l.slug}, {Name: "runs", Value: strings.Join(l.used, " ")}, {Name: "commit", Value: runs.Commit()},
	} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// display shows HTML below the cell.
func display(html string) {
	gonbui.DisplayHTML(html)
	arrived()
}

// Markdown displays a text with its formatting and its mathematics, such as a problem's Describe. Outside of a notebook it prints the text.
func (l *Lab) Markdown(text string) {
	l.checkEnvironment()
	if !l.notebook {
		l.println(text)
		return
	}
	gonbui.DisplayMarkdown(text)
	arrived()
}

// arrived waits until the kernel has all that was shown: what is in its pipe when the cell ends is lost. It does not wait for ever, as a
// kernel that is being stopped does not answer.
func arrived() {
	const patience = 5 * time.Second
	done := make(chan struct{})
	go func() {
		gonbui.Sync()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
	}
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
		if err := f.WritePreview(&w); err != nil {
			return err
		}
	}
	width := f.Width.Points() * 96 / 72 // CSS pixels
	display(fmt.Sprintf(`<img alt="figure" width="%.0f" src="data:image/%s;base64,%s">`, width, kind, base64.StdEncoding.EncodeToString(w.Bytes())))
	return nil
}
