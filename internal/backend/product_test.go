package backend_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/native"
)

// handler is the name of the custom call by which OpenBLAS is called.
const handler = "fieldbook_product_f64"

// openNative is the backend with OpenBLAS.
func openNative(t testing.TB) *backend.Backend {
	t.Helper()
	b := check.Backend(t)
	if b.Native == nil {
		t.Fatalf("%s: run `go run ./cmd/fieldbook setup`", b.Float64())
	}
	return b
}

// label is an axis of an operand: what it is, which of its kind, and its size.
type label struct{ kind, index, size int }

// Kinds of axes.
const (
	batchAxis = iota
	leftAxis
	rightAxis
	contractedAxis
)

// id numbers the labels, of which there are at most two of a kind.
func (l label) id() int { return 2*l.kind + l.index }

// contraction is a random DotGeneral.
type contraction struct {
	lhs, rhs      []label
	result, inner []label // axes over which it goes, and over which it sums
}

func newContraction(r *rand.Rand) contraction {
	most := []int{5, 9, 14}[r.IntN(3)]
	draw := func(kind, n, most int) (a []label) {
		for i := range n {
			a = append(a, label{kind, i, 1 + r.IntN(most)})
		}
		return a
	}
	batch, inner := draw(batchAxis, r.IntN(3), 3), draw(contractedAxis, 1+r.IntN(2), most)
	left, right := draw(leftAxis, r.IntN(3), most), draw(rightAxis, r.IntN(3), most)
	operand := func(free []label) []label {
		a := slices.Concat(batch, free, inner)
		if r.IntN(3) > 0 {
			r.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
		}
		return a
	}
	c := contraction{lhs: operand(left), rhs: operand(right), inner: inner}
	inOrder := func(kind int, a []label) (out []label) { // as they come in the operand
		for _, l := range a {
			if l.kind == kind {
				out = append(out, l)
			}
		}
		return out
	}
	c.result = slices.Concat(batch, inOrder(leftAxis, c.lhs), inOrder(rightAxis, c.rhs))
	return c
}

// axes are where the labels of one kind lie in an operand.
func axes(a []label, kind int) []int {
	var p [2]int
	n := 0
	for i, x := range a {
		if x.kind == kind {
			p[x.index] = i
			n++
		}
	}
	return p[:n]
}

func dims(a []label) []int {
	d := make([]int, len(a))
	for i, x := range a {
		d[i] = x.size
	}
	return d
}

func (c contraction) dot(x, y *Node) *Node {
	return DotGeneral(x, axes(c.lhs, contractedAxis), axes(c.lhs, batchAxis), y, axes(c.rhs, contractedAxis), axes(c.rhs, batchAxis))
}

// host computes the same with loops.
func (c contraction) host(x, y []float64) (out []float64) {
	at := func(a []label, v *[8]int) (offset int) {
		for _, l := range a {
			offset = offset*l.size + v[l.id()]
		}
		return offset
	}
	var v [8]int
	each(c.result, &v, func() {
		sum := 0.0
		each(c.inner, &v, func() { sum += x[at(c.lhs, &v)] * y[at(c.rhs, &v)] })
		out = append(out, sum)
	})
	return out
}

// each runs f for all values of the axes, the last one fastest.
func each(a []label, v *[8]int, f func()) {
	if len(a) == 0 {
		f()
		return
	}
	for i := range a[0].size {
		v[a[0].id()] = i
		each(a[1:], v, f)
	}
}

// TestProductsOfAnyShape compares hundreds of random contractions, and their gradients, with plain loops.
func TestProductsOfAnyShape(t *testing.T) {
	b := openNative(t)
	r := rand.New(rand.NewPCG(3, 4))
	handed := 0
	for n := range 300 {
		c := newContraction(r)
		x, y := check.Random(uint64(n), dims(c.lhs)...), check.Random(uint64(1000+n), dims(c.rhs)...)
		text, err := b.Text("dot", func(g *Graph) []*Node {
			return []*Node{c.dot(Parameter(g, "x", x.Shape()), Parameter(g, "y", y.Shape()))}
		})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), handler) {
			handed++
		}
		got := MustExecOnce(b, c.dot, x, y)
		want := c.host(check.Floats(x), check.Floats(y))
		for i, v := range check.Floats(got) {
			// Two orders of summation of at most 400 products of normal numbers: some 400 ulp of their size.
			if !(math.Abs(v-want[i]) <= 1e-12*(1+math.Abs(want[i]))) {
				t.Fatalf("case %d, %v by %v: element %d = %v, want %v", n, c.lhs, c.rhs, i, v, want[i])
			}
		}
	}
	if handed < 60 {
		t.Errorf("%d of 300 products were handed to OpenBLAS, want many", handed)
	}
}

// TestThinProducts multiplies matrices of which one side is so long that the product is done in pieces, stored both ways.
func TestThinProducts(t *testing.T) {
	b := openNative(t)
	for _, tc := range []struct{ m, n, k int }{{3001, 21, 17}, {19, 3001, 23}, {18, 22, 3001}, {130, 128, 128}, {400, 30, 400}} {
		x, y := check.Random(1, tc.m, tc.k), check.Random(2, tc.k, tc.n)
		out := MustExecOnceN(b, func(x, y *Node) []*Node {
			xt, yt := StopGradient(Transpose(x, 0, 1)), StopGradient(Transpose(y, 0, 1))
			return []*Node{
				DotGeneral(x, []int{1}, nil, y, []int{0}, nil), DotGeneral(xt, []int{0}, nil, y, []int{0}, nil),
				DotGeneral(x, []int{1}, nil, yt, []int{1}, nil), DotGeneral(xt, []int{0}, nil, yt, []int{1}, nil),
			}
		}, x, y)
		a, c := check.Floats(x), check.Floats(y)
		want := make([]float64, tc.m*tc.n)
		for i := range tc.m {
			for l := range tc.k {
				for j := range tc.n {
					want[i*tc.n+j] += a[i*tc.k+l] * c[l*tc.n+j]
				}
			}
		}
		for form, got := range out {
			for i, v := range check.Floats(got) {
				// At most 3001 products of normal numbers in another order: some 100 ulp of their sum's size, 60.
				if !(math.Abs(v-want[i]) <= 1e-11) {
					t.Fatalf("%v, form %d: element %d = %v, want %v", tc, form, i, v, want[i])
				}
			}
		}
	}
}

// TestProductsInLoops multiplies inside a While inside a While, and repeats to the bit.
func TestProductsInLoops(t *testing.T) {
	b := openNative(t)
	const n, outer, inner = 40, 3, 4
	count := func(limit int32) func(s []*Node) *Node {
		return func(s []*Node) *Node { return LessThan(s[0], Const(s[0].Graph(), limit)) }
	}
	loops := func(x *Node) *Node {
		zero := Const(x.Graph(), int32(0))
		return backend.While([]*Node{zero, x, x}, count(outer), func(s []*Node) []*Node {
			in := backend.While([]*Node{Const(s[0].Graph(), int32(0)), s[1], s[2]}, count(inner), func(s []*Node) []*Node {
				return []*Node{AddScalar(s[0], 1), MulScalar(MatMul(s[1], s[2]), 0.2), s[2]}
			})
			return []*Node{AddScalar(s[0], 1), in[1], s[2]}
		})[1]
	}
	x := check.Random(5, n, n)
	text, err := b.Text("loops", func(g *Graph) []*Node { return []*Node{loops(Parameter(g, "x", x.Shape()))} })
	if err != nil || !strings.Contains(string(text), handler) {
		t.Fatalf("the loop's product is not OpenBLAS's (%v)", err)
	}
	exec := MustNewExec(b, loops)
	got := check.Floats(exec.MustCall(x)[0])
	factor := check.Floats(x)
	want := factor
	for range outer * inner {
		next := make([]float64, n*n)
		for i := range n {
			for j := range n {
				for k := range n {
					next[i*n+j] += 0.2 * want[i*n+k] * factor[k*n+j]
				}
			}
		}
		want = next
	}
	for i := range want {
		// 12 products of 40 terms, each step's error grown by the ones after it: some 1000 ulp of the largest element.
		if !(math.Abs(got[i]-want[i]) <= 1e-12*norm(want)) {
			t.Fatalf("element %d = %v, want %v", i, got[i], want[i])
		}
	}
	for range 20 {
		for i, v := range check.Floats(exec.MustCall(x)[0]) {
			if v != got[i] {
				t.Fatalf("element %d = %v, and %v before", i, v, got[i])
			}
		}
	}
}

func norm(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

// TestGradientsOfProducts differentiates twice through batched products.
func TestGradientsOfProducts(t *testing.T) {
	b := openNative(t)
	x, y := check.Random(1, 3, 20, 24), check.Random(2, 3, 24, 20)
	// f = Σ (x y)³/3 has df/dx = (x y)² yᵀ, and the sum of that df/dx has gradients of its own; both by hand below.
	out := MustExecOnceN(b, func(x, y *Node) []*Node {
		z := Einsum("bij,bjk->bik", x, y)
		dx := Gradient(DivScalar(ReduceAllSum(Mul(z, Square(z))), 3), x)[0]
		byHand := Einsum("bik,bjk->bij", Square(z), y)
		ddx := Gradient(ReduceAllSum(dx), x)[0]
		ones := OnesLike(dx)
		ddxByHand := Einsum("bik,bjk->bij", MulScalar(Mul(z, Einsum("bij,bjk->bik", ones, y)), 2), y)
		return []*Node{Sub(dx, byHand), byHand, Sub(ddx, ddxByHand), ddxByHand}
	}, x, y)
	for i, order := range []string{"first", "second"} {
		// The same sums in another order: some 100 ulp of the largest element.
		if d, size := norm(check.Floats(out[2*i])), norm(check.Floats(out[2*i+1])); !(d <= 1e-13*size) {
			t.Errorf("%s gradient: off by %v of %v", order, d, size)
		}
	}
}

// TestProductsUnderLoad runs several programs at once from many goroutines.
func TestProductsUnderLoad(t *testing.T) {
	b := openNative(t)
	const programs, callers, each = 4, 24, 10
	x := check.Random(9, 2, 96, 96)
	execs, want := make([]*Exec, programs), make([][]float64, programs)
	for p := range programs {
		execs[p] = MustNewExec(b, func(x *Node) *Node {
			for range p + 1 {
				x = MulScalar(Einsum("bij,bjk->bik", x, x), 0.1)
			}
			return x
		})
		want[p] = check.Floats(execs[p].MustCall(x)[0])
	}
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			for i := range each {
				p := (caller + i) % programs
				input, err := x.LocalClone()
				if err != nil {
					t.Error(err)
					return
				}
				for j, v := range check.Floats(execs[p].MustCall(input)[0]) {
					if v != want[p][j] {
						t.Errorf("program %d: element %d = %v, want %v", p, j, v, want[p][j])
						return
					}
				}
			}
		})
	}
	wait.Wait()
}

// TestProductsPropagate checks values that are not finite.
func TestProductsPropagate(t *testing.T) {
	b := openNative(t)
	const n = 32
	x := check.Floats(check.Random(1, n, n))
	x[2*n+7], x[5*n+1] = math.NaN(), math.Inf(-1)
	out := MustExecOnce(b, func(x *Node) *Node { return MatMul(x, x) }, tensors.FromFlatDataAndDimensions(x, n, n))
	for i, v := range check.Floats(out) {
		// Rows 2 and 5 hold the values, and columns 7 and 1 take them from all rows.
		row, column := i/n, i%n
		want := row == 2 || row == 5 || column == 7 || column == 1
		if got := math.IsNaN(v) || math.IsInf(v, 0); got != want {
			t.Fatalf("element [%d, %d] = %v, want it finite: %v", row, column, v, !want)
		}
	}
}

// TestHandlerRefusesWrongSizes writes calls whose sizes are not those of their buffers.
func TestHandlerRefusesWrongSizes(t *testing.T) {
	b := openNative(t)
	f64 := func(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float64, dims...) }
	right := native.Product(1, 8, 8, 8, false, false)
	for _, tc := range []struct {
		name         string
		call         native.CustomCall
		x, y, result shapes.Shape
		refused      bool
	}{
		{"right", right, f64(8, 8), f64(8, 8), f64(8, 8), false},
		{"left too small", right, f64(8, 7), f64(8, 8), f64(8, 8), true},
		{"right too small", right, f64(8, 8), f64(7, 8), f64(8, 8), true},
		{"result too small", right, f64(8, 8), f64(8, 8), f64(8, 7), true},
		{"batch", native.Product(2, 8, 8, 8, false, false), f64(8, 8), f64(8, 8), f64(8, 8), true},
		{"negative", native.Product(-1, -8, 8, 8, false, false), f64(8, 8), f64(8, 8), f64(8, 8), true},
		{"float32", right, shapes.Make(dtypes.Float32, 8, 8), f64(8, 8), f64(8, 8), true},
		{"no sizes", native.CustomCall{Target: right.Target, Config: "{}"}, f64(8, 8), f64(8, 8), f64(8, 8), true},
		{"few sizes", native.CustomCall{Target: right.Target, Config: "{sizes = array<i64: 1, 8, 8>}"}, f64(8, 8), f64(8, 8), f64(8, 8), true},
		{"sizes of 32 bits", native.CustomCall{Target: right.Target, Config: "{sizes = array<i32: 1, 8, 8, 8, 0, 0>}"}, f64(8, 8), f64(8, 8), f64(8, 8), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := runCall(b, tc.call, tc.x, tc.y, tc.result)
			if refused := err != nil; refused != tc.refused {
				t.Fatalf("error = %v, want one: %v", err, tc.refused)
			}
			if err != nil && !strings.Contains(err.Error(), "fieldbook: product") {
				t.Errorf("error = %v, want the handler's", err)
			}
		})
	}
}

// runCall compiles and runs a program that is one custom call, on zeros.
func runCall(b *backend.Backend, call native.CustomCall, x, y, result shapes.Shape) error {
	builder := b.Builder("call")
	main := builder.Main()
	var arguments []compute.Value
	var buffers []compute.Buffer
	for i, s := range []shapes.Shape{x, y} {
		p, err := main.Parameter([]string{"x", "y"}[i], s, nil)
		if err != nil {
			return err
		}
		zeros, err := tensors.FromShape(s).Buffer(b, 0)
		if err != nil {
			return err
		}
		arguments, buffers = append(arguments, p), append(buffers, zeros)
	}
	out, err := backend.CustomCall(main, call, []shapes.Shape{result}, arguments...)
	if err != nil {
		return err
	}
	if err := main.Return(out, nil); err != nil {
		return err
	}
	program, err := builder.Compile()
	if err != nil {
		return err
	}
	defer program.Finalize()
	_, err = program.Execute(buffers, []bool{false, false}, 0)
	return err
}
