package sde_test

import (
	"fmt"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/sde"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// BenchmarkSolve is 128 steps of 256 samples of two components with a field of a few operations: mostly the path's cost, which
// grows with the tree's depth.
func BenchmarkSolve(b *testing.B) {
	for _, stepper := range steppers() {
		for _, depth := range []int{7, 30} {
			info := stepper.Info()
			s := sde.Solver{Stepper: stepper, T1: 1, Steps: 128, Depth: depth}
			b.Run(fmt.Sprintf("%s %d/depth=%d", info.Name, info.Calculus, depth), func(b *testing.B) {
				bench(b, func(in []*Node) *Node { return s.Solve(network(in[1:]), Const(in[0].Graph(), uint64(1)), in[0]).Last })
			})
		}
	}
}

// BenchmarkTree is one value of 512 paths.
func BenchmarkTree(b *testing.B) {
	for _, depth := range []int{7, 30} {
		tree := sde.Tree{T1: 1, Depth: depth}
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			bench(b, func(in []*Node) *Node {
				w, _ := tree.At(Const(in[0].Graph(), uint64(1)), ReduceAllMean(Square(in[0])), 256, 2)
				return w
			})
		})
	}
}

// bench runs a function of y0 [256, 2], a matrix [2, 2] and a row [2].
func bench(b *testing.B, fn func(in []*Node) *Node) {
	b.Helper()
	exec, err := model.NewExec(check.Backend(b), model.NewStore(), zoo.GraphFn(b.Name(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{fn(in)}
	}))
	if err != nil {
		b.Fatal(err)
	}
	defer exec.Finalize()
	in := []*tensors.Tensor{check.Random(1, 256, 2), check.Random(2, 2, 2), check.Random(3, 2)}
	run := func() {
		if _, err := exec.Exec(in[0], in[1], in[2]); err != nil {
			b.Fatal(err)
		}
	}
	run() // compiles
	for b.Loop() {
		run()
	}
}
