package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
)

// Problem is the work that all contestants do.
type Problem struct {
	Sizes  map[string]any             // what peers read as problem.json
	Arrays map[string]*tensors.Tensor // what they read as problem.npz: data and initial weights
}

// Steps is our solution, set up: Advance does at least n steps (of a training, or the same piece of work once more) and
// returns a value of each: a training's loss, a computation's checksum.
type Steps interface {
	Advance(ctx context.Context, n int) (values []float64, err error)
}

// Benchmark is one comparison.
type Benchmark struct {
	Name      string // as on the command line
	Group     string // a name for several on the command line; empty: none
	Title     string // one line
	Problem   func() (Problem, error)
	Ours      func(ctx context.Context, p Problem) (Steps, error)
	Variants  []Variant
	Peers     []Peer
	Turn      int     // steps a turn
	Tolerance float64 // largest relative difference of the values after a few steps, for peers that compute the same
}

// Variant is another solution of ours, run as ours is and measured beside it; it computes the same.
type Variant struct {
	Name string
	Ours func(ctx context.Context, p Problem) (Steps, error)
}

// Peer is one of the programs in bench/peers.
type Peer struct {
	Module string // the Python module whose make() sets it up
	Same   bool   // it computes the same, so its values must agree with ours
}

// All lists the benchmarks.
func All() []Benchmark {
	return append([]Benchmark{
		fno1D(), fno2D(), pinn2nd(), pinn4th(), pinnBurgers(), pinnAllenCahn(),
		lotkaVolterra(1), lotkaVolterra(64), neuralODEStep(1), neuralODEStep(10),
	}, slices.Concat(float64Benchmarks(), dataBenchmarks(), denoiserBenchmarks(), convolutionBenchmarks())...)
}

// Named finds the benchmarks of a name or of a group.
func Named(name string) ([]Benchmark, error) {
	var found []Benchmark
	var names []string
	for _, b := range All() {
		if b.Name == name || b.Group == name {
			found = append(found, b)
		}
		names = append(names, b.Name)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("bench: %q is unknown, want one of %s", name, strings.Join(names, ", "))
	}
	return found, nil
}
