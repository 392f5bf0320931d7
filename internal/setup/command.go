package setup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// grace is how long a child may take to end after it was asked to.
const grace = 5 * time.Second

// tailLines is how many of a failed program's last lines an error quotes.
const tailLines = 20

// command is a program to run to its end.
type command struct {
	dir  string
	env  []string
	args []string               // program and arguments
	line func(line string)      // called for each line of output; may be nil
	mute func(line string) bool // lines that an error need not quote; may be nil
}

// run runs a program in a process group of its own. When ctx ends the whole
// group is asked to stop, and killed after grace. The error of a program that
// failed quotes its last lines.
//
// The program inherits the environment's lock: should this process be killed,
// the lock is held until the orphan has ended too.
func (c command) run(ctx context.Context, task *Task) error {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env = c.dir, c.env
	Isolate(cmd)
	if task != nil && task.lock != nil {
		task.lock.inherit(cmd)
	}
	cmd.WaitDelay = grace
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	tail := make(chan []string, 1)
	go func() { tail <- readLines(reader, c.line, c.mute) }()
	err := cmd.Run()
	_ = writer.Close() // a pipe's Close never fails
	last := <-tail
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return err
	}
	if err != nil {
		return &failure{program: strings.Join(c.args[:min(3, len(c.args))], " "), tail: last, err: err}
	}
	return nil
}

// readLines hands out each line and returns the last ones that are not mute.
func readLines(reader io.Reader, each func(string), mute func(string) bool) (last []string) {
	lines := bufio.NewScanner(reader)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if each != nil {
			each(lines.Text())
		}
		if mute != nil && mute(lines.Text()) {
			continue
		}
		if last = append(last, lines.Text()); len(last) > tailLines {
			last = last[1:]
		}
	}
	_, _ = io.Copy(io.Discard, reader) // a line past the buffer: the program must not block on it
	return last
}

// failure is the error of a program that ran and failed.
type failure struct {
	program string
	tail    []string
	err     error
}

// Error quotes the program's last lines.
func (f *failure) Error() string {
	text := fmt.Sprintf("%s: %v", f.program, f.err)
	if len(f.tail) > 0 {
		text += "\n    " + strings.Join(f.tail, "\n    ")
	}
	return text
}

// Unwrap returns the reason without the quoted lines.
func (f *failure) Unwrap() error { return f.err }

// Tries of a program that failed for want of the network, and the pause before
// the second, which doubles.
const (
	networkTries = 3
	networkPause = 2 * time.Second
)

// runRetrying is run, again after a pause when the network seems to be at fault.
func (c command) runRetrying(ctx context.Context, task *Task) error {
	pause := networkPause
	for try := 1; ; try++ {
		err := c.run(ctx, task)
		if err == nil || try == networkTries || !isNetwork(err) {
			return err
		}
		task.Say("%s: the network failed, once more in %.0f s", task.name, pause.Seconds())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// isNetwork tells whether a program's last lines speak of the network.
func isNetwork(err error) bool {
	var failed *failure
	if !errors.As(err, &failed) {
		return false
	}
	text := strings.ToLower(strings.Join(failed.tail, "\n"))
	for _, sign := range []string{
		"timeout", "timed out", "connection reset", "connection refused", "connection aborted",
		"connection broken", "incompleteread", "unexpected eof", "no such host", "temporary failure",
		"network is unreachable", "bad gateway", "service unavailable", "gateway time",
		"too many requests", "tls handshake",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}
