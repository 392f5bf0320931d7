package bench

import (
	"context"
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
)

// Problem is the work that all contestants do.
type Problem struct {
	Sizes  map[string]any             // what peers read as problem.json
	Arrays map[string]*tensors.Tensor // what they read as problem.npz: data and initial weights, float32
}

// Steps is our solution, set up: Advance does at least n training steps and returns the loss of each.
type Steps interface {
	Advance(ctx context.Context, n int) (losses []float64, err error)
}

// Benchmark is one comparison.
type Benchmark struct {
	Name    string // as on the command line
	Title   string // one line
	Problem func() (Problem, error)
	Ours    func(ctx context.Context, p Problem) (Steps, error)
	Peers   []Peer
	Turn    int // steps a turn
}

// Peer is one of the programs in bench/peers.
type Peer struct {
	Module string // the Python module whose make() sets it up
	Same   bool   // it computes the same, so its losses must agree with ours
}

// All lists the benchmarks.
func All() []Benchmark { return []Benchmark{fno1D(), fno2D()} }

// Named finds a benchmark.
func Named(name string) (Benchmark, error) {
	var names []string
	for _, b := range All() {
		if b.Name == name {
			return b, nil
		}
		names = append(names, b.Name)
	}
	return Benchmark{}, fmt.Errorf("bench: %q is unknown, want one of %s", name, strings.Join(names, ", "))
}
