package workbench

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"os"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"golang.org/x/term"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/plots"
)

// How often a picture, a terminal's bar and a log's line are renewed.
const (
	pictureEvery = 250 * time.Millisecond
	barEvery     = 100 * time.Millisecond
	logEvery     = 10 * time.Second
)

// bar shows how far something is: a line that stays in a notebook's output and is renewed in place, a bar in a
// terminal, a line now and then in a log.
type bar struct {
	lab   *Lab
	title string
	id    string // of the notebook's display; made with the first picture
	tty   bool
	start time.Time
	shown time.Time
	used  bool
}

func (l *Lab) newBar(title string) *bar {
	f, ok := l.out.(*os.File)
	return &bar{lab: l, title: title, tty: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
}

// due says whether it is time to show something again.
func (b *bar) due() bool {
	every := logEvery
	switch {
	case b.lab.notebook:
		every = pictureEvery
	case b.tty:
		every = barEvery
	}
	if b.used && time.Since(b.shown) < every {
		return false
	}
	b.used, b.shown = true, time.Now()
	return true
}

// data reports on a data set that is being made.
func (b *bar) data(recipe string, done, total int) {
	if time.Since(b.start) < time.Second || !b.due() {
		return
	}
	rate := float64(done) / time.Since(b.start).Seconds()
	left := time.Duration(float64(total-done) / math.Max(rate, 1e-9) * float64(time.Second))
	b.line(fmt.Sprintf("making data: %s %d/%d, %.3g a second, %s left", recipe, done, total, rate, round(left)), float64(done)/float64(max(1, total)))
}

// made says that the data are there, in place of how far they are, if that was shown.
func (b *bar) made(recipe string) {
	if b.used {
		b.line(fmt.Sprintf("made data: %s in %s", recipe, round(time.Since(b.start))), 1)
	}
}

// line shows text, with a bar of the given part of 1 in a terminal.
func (b *bar) line(text string, part float64) {
	switch {
	case b.lab.notebook:
		b.html("<pre>" + html.EscapeString(text) + "</pre>")
	case b.tty:
		const width = 30
		full := int(math.Round(part * width))
		_, _ = fmt.Fprintf(b.lab.out, "\r\x1b[K[%s%s] %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), text)
	default:
		b.lab.println(text)
	}
}

func (b *bar) html(content string) {
	if b.id == "" {
		b.id = "fieldbook_" + gonbui.UniqueId()
	}
	gonbui.UpdateHTML(b.id, content)
}

// end leaves a terminal's bar behind, and waits until the kernel has what was shown last.
func (b *bar) end() {
	if b.id != "" {
		arrived()
	}
	if b.tty && b.used {
		_, _ = fmt.Fprintln(b.lab.out)
	}
}

// chart draws a run's history.
func chart(h *train.History, title, status string, steps int64) plots.Loss {
	c := plots.Loss{Title: title, Status: status, X: plots.Axis{Label: "step", Min: 0, Max: float64(max(1, steps))}}
	floats := func(steps []int64) []float64 {
		out := make([]float64, len(steps))
		for i, s := range steps {
			out[i] = float64(s)
		}
		return out
	}
	at := floats(h.Steps)
	for i, name := range h.Terms {
		c.Curves = append(c.Curves, plots.History{Name: name, Steps: at, Values: h.Values[i]})
	}
	at = floats(h.ValidAt)
	for i, name := range h.Metrics {
		c.Curves = append(c.Curves, plots.History{Name: name, Validation: true, Steps: at, Values: h.Valid[i]})
	}
	return c
}

// picture renews the notebook's chart. It is an image, which stays in the saved notebook.
func (b *bar) picture(h *train.History, status string, steps int64) error {
	if len(h.Steps) == 0 && len(h.ValidAt) == 0 {
		b.html("<pre>" + html.EscapeString(b.title+": "+status) + "</pre>")
		return nil
	}
	f, err := chart(h, b.title, status, steps).Figure()
	if err != nil {
		return err
	}
	var w bytes.Buffer
	if err := f.WriteSVG(&w); err != nil {
		return err
	}
	text := html.EscapeString(b.title + ": " + status)
	b.html(fmt.Sprintf(`<img alt="%s" data-fieldbook-status="%s" src="data:image/svg+xml;base64,%s">`, text, text, base64.StdEncoding.EncodeToString(w.Bytes())))
	return nil
}

// round leaves out what nobody reads in a duration.
func round(d time.Duration) time.Duration {
	switch {
	case d > time.Minute:
		return d.Round(time.Second)
	case d > time.Second:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}
