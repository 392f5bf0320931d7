package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// contestant is a worker process.
type contestant struct {
	introduction
	label   string
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	errors  bytes.Buffer
	same    bool // its losses must agree with ours
	turns   []turn
	cpu     []float64 // milliseconds a step of processor time, turn by turn
	peak    float64   // megabytes, of resident memory
}

// start launches a worker and waits until it is ready.
func start(ctx context.Context, label string, same bool, environ []string, program string, args ...string) (*contestant, error) {
	c := &contestant{label: label, same: same, command: exec.CommandContext(ctx, program, args...)}
	c.command.Env = append(os.Environ(), environ...)
	c.command.Stderr = &c.errors
	in, err := c.command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("bench: %s: %w", label, err)
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("bench: %s: %w", label, err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	if err := c.command.Start(); err != nil {
		return nil, fmt.Errorf("bench: %s: %w", label, err)
	}
	if err := c.read(&c.introduction); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// read decodes the worker's next line.
func (c *contestant) read(into any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		_ = c.command.Wait() // its error is in what it wrote
		return fmt.Errorf("bench: %s ended early: %s", c.label, lastLines(c.errors.String(), 5))
	}
	if err := json.Unmarshal(line, into); err != nil {
		return fmt.Errorf("bench: %s wrote %q: %w", c.label, strings.TrimSpace(string(line)), err)
	}
	return nil
}

// take lets the worker do n steps.
func (c *contestant) take(n int) (turn, error) {
	if _, err := fmt.Fprintln(c.in, n); err != nil {
		return turn{}, fmt.Errorf("bench: %s: %w: %s", c.label, err, lastLines(c.errors.String(), 5))
	}
	var t turn
	if err := c.read(&t); err != nil {
		return turn{}, err
	}
	if len(t.Losses) < n {
		return turn{}, fmt.Errorf("bench: %s did %d steps, want %d", c.label, len(t.Losses), n)
	}
	return t, nil
}

// measure takes a turn that counts.
func (c *contestant) measure(n int) (turn, error) {
	before, err := cpuMilliseconds(c.command.Process.Pid)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return turn{}, err
	}
	t, err := c.take(n)
	if err != nil {
		return turn{}, err
	}
	after, err := cpuMilliseconds(c.command.Process.Pid)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return turn{}, err
	}
	c.turns, c.cpu = append(c.turns, t), append(c.cpu, (after-before)/float64(len(t.Losses)))
	return t, nil
}

// stop ends the worker.
func (c *contestant) stop() {
	_ = c.in.Close()
	_ = c.command.Wait() // its end was asked for; how it ended does not matter
}

// perStep are milliseconds a step, turn by turn.
func (c *contestant) perStep() []float64 {
	var ms []float64
	for _, t := range c.turns {
		ms = append(ms, t.Milliseconds/float64(len(t.Losses)))
	}
	return ms
}

// measurePeak reads the process' largest resident memory so far.
func (c *contestant) measurePeak() error {
	peak, err := peakMegabytes(c.command.Process.Pid)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil // 0 in the result: not measured
	}
	c.peak = peak
	return err
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
