package backend

import (
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// OpenBLAS's routines as graph functions, for package linalg: each says whether it is there, which it is in float64 programs
// on XLA's CPU plugin, and gives no result otherwise. Stacks are [batch, n, n]. None has a gradient of its own.

// Cholesky is L [batch, n, n] with L Lᵀ = A, of A's lower triangle; NaN where A is not positive definite.
func Cholesky(a *graph.Node) (l *graph.Node, ok bool) {
	if !hasRoutines(a) {
		return nil, false
	}
	batch, n := stackOf(a)
	return routine(native.Cholesky(batch, n), 0, a)[0], true
}

// LU is the factors of P A = L U, packed as [batch, n, n], and the row of A [batch, n], int32, that each row of P A is.
func LU(a *graph.Node) (packed, rows *graph.Node, ok bool) {
	if !hasRoutines(a) {
		return nil, nil, false
	}
	batch, n := stackOf(a)
	out := routine(native.LU(batch, n), 0, a, graph.Zeros(a.Graph(), shapes.Make(dtypes.Int32, batch, n)))
	return out[0], out[1], true
}

// Triangular is X [batch, n, k] with T X = B, for the upper or the lower triangle of T [batch, n, n], or with Tᵀ; unit takes
// T's diagonal as ones.
func Triangular(t, b *graph.Node, upper, transposed, unit bool) (x *graph.Node, ok bool) {
	if !hasRoutines(t) {
		return nil, false
	}
	batch, n := stackOf(t)
	return routine(native.Triangular(batch, n, b.Shape().Dim(-1), upper, transposed, unit), 1, t, b)[1], true
}

// EigenSym is V [batch, n, n] and W [batch, n], ascending, with A V = V diag(W), of A's lower triangle; NaN where A is not
// finite.
func EigenSym(a *graph.Node) (v, w *graph.Node, ok bool) {
	if !hasRoutines(a) {
		return nil, nil, false
	}
	batch, n := stackOf(a)
	out := routine(native.Eigen(batch, n), 0, a, graph.Zeros(a.Graph(), shapes.Make(dtypes.Float64, batch, n)))
	return out[0], out[1], true
}

// hasRoutines says whether the routines take an array: float64, not empty, on a backend whose programs call OpenBLAS.
func hasRoutines(x *graph.Node) bool {
	b, ok := x.Graph().Backend().(*Backend)
	return ok && b.calls && x.DType() == dtypes.Float64 && x.Rank() == 3 && x.Shape().Size() > 0
}

func stackOf(x *graph.Node) (batch, n int) { return x.Shape().Dim(0), x.Shape().Dim(1) }

// routineMark begins the name of a loop's first parameter that stands for a custom call: "mark kept target config".
const routineMark = "fieldbook-routine "

// routine calls a handler on all of state; the first kept nodes come back as they are, the others' places take the results.
//
// GoMLX makes nodes only for its own operations. The call travels through it as a loop over the state, which takes and gives
// arrays of given shapes; the name of a parameter of the loop's body tells the decorator to write the call instead.
func routine(call native.CustomCall, kept int, state ...*graph.Node) []*graph.Node {
	g := state[0].Graph()
	parameters := func(g *graph.Graph, first string) []*graph.Node {
		ps := make([]*graph.Node, len(state))
		for i, x := range state {
			name := "state"
			if i == 0 {
				name = first
			}
			ps[i] = graph.Parameter(g, name+strings.Repeat("_", i), x.Shape())
		}
		return ps
	}
	never := Closure(g, func(g *graph.Graph) []*graph.Node {
		parameters(g, "state")
		return []*graph.Node{graph.Const(g, false)}
	})
	body := Closure(g, func(g *graph.Graph) []*graph.Node {
		return parameters(g, routineMark+string(rune('0'+kept))+" "+call.Target+" "+call.Config)
	})
	return graph.While(never, body, state...)
}

// marked is the call that a function stands for.
type marked struct {
	native.CustomCall
	kept int
}

// newMarked reads a parameter's name.
func newMarked(name string) *marked {
	rest, ok := strings.CutPrefix(name, routineMark)
	if !ok {
		return nil
	}
	target, config, _ := strings.Cut(rest[2:], " ")
	return &marked{native.CustomCall{Target: target, Config: config}, int(rest[0] - '0')}
}

// write adds the call to the program.
func (m *marked) write(f *function, state []compute.Value) ([]compute.Value, error) {
	results := make([]shapes.Shape, 0, len(state)-m.kept)
	for _, x := range state[m.kept:] {
		s, err := f.builder.OpShape(x)
		if err != nil {
			return nil, err
		}
		results = append(results, s)
	}
	out, err := f.customCall(m.CustomCall, results, state...)
	if err != nil {
		return nil, err
	}
	return append(append([]compute.Value{}, state[:m.kept]...), out...), nil
}
