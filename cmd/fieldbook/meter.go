package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/fieldbook-go/fieldbook/internal/notebook"
	"github.com/fieldbook-go/fieldbook/internal/results"
)

// meterTick is how often a meter on a terminal is drawn again.
const meterTick = 500 * time.Millisecond

// meter shows where a notebook's run is: on a terminal one line that is drawn
// again and again, elsewhere a line for each cell that has ended.
type meter struct {
	out   io.Writer
	width int // columns of the terminal; 0: no terminal
	slug  string
	past  []float64 // s, of each cell the last time; nil: unknown
	start time.Time
	quit  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex
	at    notebook.Progress
	cell  time.Time // start of the running cell
	line  string    // the last that it printed
	drawn bool
}

// newMeter starts a meter; past are the seconds that each cell took the last
// time, if that is known.
func newMeter(out io.Writer, slug string, past []float64) *meter {
	m := &meter{out: out, slug: slug, past: past, start: time.Now(), cell: time.Now(), quit: make(chan struct{})}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		m.width = 80
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			m.width = width
		}
		m.ended.Go(m.tick)
	}
	return m
}

// tick draws the line again until the meter is closed.
func (m *meter) tick() {
	ticker := time.NewTicker(meterTick)
	defer ticker.Stop()
	for {
		select {
		case <-m.quit:
			return
		case <-ticker.C:
			m.mu.Lock()
			m.draw()
			m.mu.Unlock()
		}
	}
}

// show takes note of a change.
func (m *meter) show(p notebook.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.Cell != m.at.Cell {
		m.cell, m.line = time.Now(), ""
	}
	if p.Line != "" {
		m.line = p.Line
	}
	m.at = p
	if m.width > 0 {
		m.draw()
	} else if p.Done {
		fmt.Fprintln(m.out, m.text())
	}
}

// draw writes the line over the last one. The caller holds the lock.
func (m *meter) draw() {
	text := []rune(m.text())
	if len(text) >= m.width {
		text = text[:m.width-1]
	}
	fmt.Fprintf(m.out, "\r\x1b[K%s", string(text))
	m.drawn = true
}

// text is the line: the cell, how long it has run, how long all will take yet,
// and what the cell said last.
func (m *meter) text() string {
	if m.at.Cell == 0 {
		return m.slug + ": starting the kernel"
	}
	parts := []string{fmt.Sprintf("%s: cell %d of %d", m.slug, m.at.Cell, m.at.Cells)}
	if m.at.Done {
		parts = append(parts, "took "+seconds(m.at.Seconds))
	} else {
		parts = append(parts, seconds(time.Since(m.cell).Seconds()))
	}
	if left, ok := m.left(); ok {
		parts = append(parts, "about "+seconds(left)+" left")
	}
	if m.line != "" {
		parts = append(parts, m.line)
	}
	return strings.Join(parts, ", ")
}

// left is how many seconds the cells still need, if they take what they took
// the last time.
func (m *meter) left() (left float64, ok bool) {
	if len(m.past) == 0 || len(m.past) != m.at.Cells {
		return 0, false
	}
	for _, s := range m.past[m.at.Cell:] {
		left += s
	}
	if !m.at.Done {
		left += max(0, m.past[m.at.Cell-1]-time.Since(m.cell).Seconds())
	}
	return left, true
}

// seconds writes a duration for people.
func seconds(s float64) string {
	switch {
	case s < 10:
		return fmt.Sprintf("%.1f s", s)
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	default:
		return fmt.Sprintf("%.0f min", s/60)
	}
}

// close takes the line off the terminal.
func (m *meter) close() {
	close(m.quit)
	m.ended.Wait()
	if m.drawn {
		fmt.Fprint(m.out, "\r\x1b[K")
	}
}

// timesFile is where the seconds of a notebook's cells are noted, apart for
// runs that train again and runs that may look up.
func (r *notebookRun) timesFile(t target) string {
	name := t.slug + "-" + r.size
	if r.fresh {
		name += "-fresh"
	}
	return filepath.Join(r.home, "notebooks", name+".times.json")
}

// readTimes reads the seconds of each cell; nil where they are not known.
func readTimes(path string) []float64 {
	var times []float64
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &times) != nil {
		return nil // an estimate is lost, nothing else
	}
	return times
}

// writeTimes notes the seconds of each cell.
func writeTimes(path string, times []float64) {
	if text, err := json.Marshal(times); err == nil {
		_ = results.WriteFiles(map[string][]byte{path: text}) // an estimate is lost, nothing else
	}
}
