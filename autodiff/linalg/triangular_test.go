package linalg_test

import (
	"fmt"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// triangles are all ways to read a triangle.
func triangles() []linalg.Triangle {
	var all []linalg.Triangle
	for i := range 8 {
		all = append(all, linalg.Triangle{Upper: i&1 != 0, Unit: i&2 != 0, Transposed: i&4 != 0})
	}
	return all
}

// read is the triangle of a matrix, as gonum has it.
func read(tri linalg.Triangle, m *mat.Dense) mat.Matrix {
	n, _ := m.Dims()
	out := mat.NewDense(n, n, nil)
	for r := range n {
		for c := range n {
			switch {
			case r == c && tri.Unit:
				out.Set(r, c, 1)
			case r == c, tri.Upper == (c > r):
				out.Set(r, c, m.At(r, c))
			}
		}
	}
	if tri.Transposed {
		return out.T()
	}
	return out
}

func TestTriangleSolve(t *testing.T) {
	for _, tri := range triangles() {
		t.Run(fmt.Sprintf("%+v", tri), func(t *testing.T) {
			for _, n := range []int{1, 7, 20} {
				a, b := check.Random(1, 2, n, n), check.Random(2, 2, n, 3)
				out := eval(t, func(in []*Node) []*Node {
					a := regular(in[0])
					if tri.Unit { // keep the condition number small
						a = DivScalar(a, n)
					}
					return []*Node{a, tri.Solve(a, in[1])}
				}, a, b)
				for i := range 2 {
					var back mat.Dense
					back.Mul(read(tri, dense(out[0], i)), dense(out[1], i))
					// Round-off of n additions of numbers of order 10.
					if d := apart(&back, dense(b, i)); !(d < 1e-12) {
						t.Errorf("n = %d: T·x differs from b by %v", n, d)
					}
				}
			}
			check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
				return ReduceAllSum(Sin(tri.Solve(DivScalar(regular(in[0]), 5), in[1])))
			}, check.Random(3, 2, 5, 5), check.Random(4, 2, 5, 2))
		})
	}
}
