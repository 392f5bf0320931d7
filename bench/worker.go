package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// introduction is a worker's first line.
type introduction struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// turn is its answer to a line with a number of steps.
type turn struct {
	Milliseconds float64   `json:"ms"`     // for all steps
	Losses       []float64 `json:"losses"` // of each step, or another value of it
}

// Work is our side of the protocol that bench/peers/worker.py speaks too: it writes who it is, then for each line "N" of
// commands does at least N steps and writes their time and values, until commands ends.
func Work(ctx context.Context, name string, commands io.Reader, answers io.Writer) error {
	found, err := Named(name)
	if err != nil {
		return err
	}
	b := found[0]
	p, err := b.Problem()
	if err != nil {
		return err
	}
	steps, err := b.Ours(ctx, p)
	if err != nil {
		return err
	}
	write := json.NewEncoder(answers)
	if err := write.Encode(introduction{"Fieldbook", version()}); err != nil {
		return err
	}
	lines := bufio.NewScanner(commands)
	for lines.Scan() {
		n, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		if err != nil {
			return fmt.Errorf("bench: worker was told %q, want a number of steps", lines.Text())
		}
		start := time.Now()
		losses, err := steps.Advance(ctx, n)
		if err != nil {
			return err
		}
		took := time.Since(start).Seconds() * 1e3
		if err := write.Encode(turn{took, losses}); err != nil {
			return err
		}
	}
	return lines.Err()
}

// version is the release of GoMLX that we run on.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/gomlx/gomlx" {
				return "GoMLX " + strings.TrimPrefix(m.Version, "v")
			}
		}
	}
	return "unknown"
}
