package setup

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// How often the line of what is at work is renewed: in place on a terminal,
// as a further line elsewhere (a log).
const (
	terminalPulse = 500 * time.Millisecond
	logPulse      = 30 * time.Second
)

// progress prints one line when a step begins and one when it ends, and keeps
// a line of what is at work below them.
type progress struct {
	out      io.Writer
	terminal bool
	width    int // columns of the terminal
	stop     chan struct{}
	stopped  sync.WaitGroup

	mu    sync.Mutex // guards what follows, and the writing
	tasks []*Task    // at work
	begun bool
}

// Task is a step at work, as its Do sees it.
type Task struct {
	name    string
	start   time.Time
	out     *progress
	lock    *envLock // the environment's lock, for children to inherit
	fetched atomic.Int64

	mu   sync.Mutex
	note string // what it is at
}

// newProgress returns a progress that writes to out; nil throws the lines away.
func newProgress(out io.Writer) *progress {
	p := &progress{out: out, stop: make(chan struct{})}
	if out == nil {
		p.out = io.Discard
	}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			p.terminal, p.width = true, width
		}
	}
	return p
}

// say prints a line.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintf(p.out, "  "+format+"\n", args...)
	p.draw()
}

// begin notes that a step is at work. Its children are to inherit lock.
func (p *progress) begin(name string, lock *envLock) *Task {
	task := &Task{name: name, start: time.Now(), out: p, lock: lock}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks = append(p.tasks, task)
	if !p.terminal {
		fmt.Fprintf(p.out, "  %s ...\n", name)
	}
	if !p.begun {
		p.begun = true
		p.stopped.Add(1)
		go p.pulse()
	}
	p.draw()
	return task
}

// pulse renews the line of what is at work until close.
func (p *progress) pulse() {
	defer p.stopped.Done()
	every := logPulse
	if p.terminal {
		every = terminalPulse
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.mu.Lock()
			p.clear()
			if p.terminal {
				p.draw()
			} else if len(p.tasks) > 0 {
				fmt.Fprintf(p.out, "  at work: %s\n", p.working())
			}
			p.mu.Unlock()
		}
	}
}

// clear wipes the line of what is at work.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// draw writes the line of what is at work on a terminal, cut to its width.
func (p *progress) draw() {
	if !p.terminal || len(p.tasks) == 0 {
		return
	}
	line := []rune("  " + p.working())
	if len(line) > p.width-1 {
		line = line[:p.width-1]
	}
	fmt.Fprint(p.out, "\r\x1b[K"+string(line))
}

// working tells what is at work.
func (p *progress) working() string {
	parts := make([]string, 0, len(p.tasks))
	for _, task := range p.tasks {
		part := fmt.Sprintf("%s %.0f s", task.name, time.Since(task.start).Seconds())
		task.mu.Lock()
		if task.note != "" {
			part += " (" + task.note + ")"
		}
		task.mu.Unlock()
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// close ends the renewing.
func (p *progress) close() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// end prints the line of a step that ended, and drops it from those at work.
func (t *Task) end(err error) {
	p := t.out
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, task := range p.tasks {
		if task == t {
			p.tasks = append(p.tasks[:i], p.tasks[i+1:]...)
			break
		}
	}
	outcome := "done"
	if err != nil {
		outcome = "failed"
	}
	line := fmt.Sprintf("%s: %s in %.1f s", t.name, outcome, time.Since(t.start).Seconds())
	if fetched := t.fetched.Load(); fetched > 0 {
		line += ", fetched " + Bytes(fetched)
	}
	p.clear()
	fmt.Fprintf(p.out, "  %s\n", line)
	p.draw()
}

// Note tells what the step is at, in a few words.
func (t *Task) Note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note = fmt.Sprintf(format, args...)
}

// Say prints a line that stays.
func (t *Task) Say(format string, args ...any) { t.out.say(format, args...) }

// AddFetched adds to the bytes that the step fetched.
func (t *Task) AddFetched(bytes int64) { t.fetched.Add(bytes) }

// Bytes writes a number of bytes with a decimal unit, such as "63.1 MB".
func Bytes(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}
