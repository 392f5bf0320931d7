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

// Work is our side of the protocol that bench/peers/worker.py speaks too, for a benchmark or, after a slash, one of
// its variants: it writes who it is, then for each line "N" of commands does at least N steps and writes their time and
// values, until commands ends.
func Work(ctx context.Context, name string, commands io.Reader, answers io.Writer) error {
	name, variant, _ := strings.Cut(name, variantMark)
	found, err := Named(name)
	if err != nil {
		return err
	}
	b := found[0]
	who, solve, err := b.solution(variant)
	if err != nil {
		return err
	}
	p, err := b.Problem()
	if err != nil {
		return err
	}
	steps, err := solve(ctx, p)
	if err != nil {
		return err
	}
	write := json.NewEncoder(answers)
	if err := write.Encode(introduction{who, version()}); err != nil {
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

// variantMark parts a benchmark's name from that of a variant.
const variantMark = "/"

// solution is ours or one of its variants, and what it is called.
func (b Benchmark) solution(variant string) (who string, solve func(context.Context, Problem) (Steps, error), err error) {
	if variant == "" {
		return "Fieldbook", b.Ours, nil
	}
	for _, v := range b.Variants {
		if v.Name == variant {
			return "Fieldbook, " + variant, v.Ours, nil
		}
	}
	return "", nil, fmt.Errorf("bench: %s has no variant %q", b.Name, variant)
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
