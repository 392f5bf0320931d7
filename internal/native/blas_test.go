package native_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// open loads the library. Without one the test fails, with what to run.
func open(t testing.TB) *native.Library {
	t.Helper()
	l, err := native.Open()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// draw makes arguments of calls at random.
type draw struct{ *rand.Rand }

func newDraw(seed uint64) draw { return draw{rand.New(rand.NewPCG(seed, 7))} }

func (d draw) values(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = d.NormFloat64()
	}
	return v
}

// size is 0 now and then, mostly small, sometimes past every threshold.
func (d draw) size() int {
	switch d.IntN(12) {
	case 0:
		return 0
	case 1, 2:
		return 1 + d.IntN(3)
	case 3, 4, 5:
		return 100 + d.IntN(60)
	}
	return 1 + d.IntN(40)
}

func (d draw) scale() float64 { return []float64{0, 1, -0.7}[d.IntN(3)] }

func (d draw) increment() int { return []int{-3, -1, 1, 1, 2}[d.IntN(5)] }

// vector is n elements at an increment.
func (d draw) vector(n, inc int) []float64 { return d.values(n*max(inc, -inc) + d.IntN(3)) }

// leading is a leading dimension for so many columns.
func (d draw) leading(cols int) int { return max(1, cols) + d.IntN(2)*d.IntN(5) }

func (d draw) matrix(rows, ld int) []float64 { return d.values(rows*ld + d.IntN(3)) }

// triangular has a diagonal that keeps solutions with it of the size of the right-hand side.
func (d draw) triangular(n, ld int) []float64 {
	a := d.matrix(n, ld)
	for i := range n {
		for j := range n {
			a[i*ld+j] /= float64(n)
		}
		a[i*ld+i] = 1 + d.Float64()
	}
	return a
}

func (d draw) transpose() blas.Transpose {
	return []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}[d.IntN(3)]
}
func (d draw) uplo() blas.Uplo { return []blas.Uplo{blas.Upper, blas.Lower}[d.IntN(2)] }
func (d draw) side() blas.Side { return []blas.Side{blas.Left, blas.Right}[d.IntN(2)] }
func (d draw) diag() blas.Diag { return []blas.Diag{blas.Unit, blas.NonUnit}[d.IntN(2)] }

// swapped is a matrix' shape as stored.
func swapped(t blas.Transpose, rows, cols int) (int, int) {
	if t == blas.NoTrans {
		return rows, cols
	}
	return cols, rows
}

// calls makes a call of each routine with drawn arguments; it can be made twice, and returns all that it may have changed.
var calls = []struct {
	name string
	make func(d draw) func(b blas.Float64) []float64
}{
	{"Ddot", func(d draw) func(blas.Float64) []float64 {
		n, ix, iy := 10*d.size(), d.increment(), d.increment()
		x, y := d.vector(n, ix), d.vector(n, iy)
		return func(b blas.Float64) []float64 { return []float64{b.Ddot(n, x, ix, y, iy)} }
	}},
	{"Dnrm2", func(d draw) func(blas.Float64) []float64 {
		n, ix := 10*d.size(), 1+d.IntN(3)
		x := d.vector(n, ix)
		return func(b blas.Float64) []float64 { return []float64{b.Dnrm2(n, x, ix)} }
	}},
	{"Dasum", func(d draw) func(blas.Float64) []float64 {
		n, ix := 10*d.size(), 1+d.IntN(3)
		x := d.vector(n, ix)
		return func(b blas.Float64) []float64 { return []float64{b.Dasum(n, x, ix)} }
	}},
	{"Daxpy", func(d draw) func(blas.Float64) []float64 {
		n, ix, iy, alpha := 10*d.size(), d.increment(), d.increment(), d.scale()
		x, y := d.vector(n, ix), d.vector(n, iy)
		return func(b blas.Float64) []float64 { y := clone(y); b.Daxpy(n, alpha, x, ix, y, iy); return y }
	}},
	{"Drot", func(d draw) func(blas.Float64) []float64 {
		n, ix, iy := 10*d.size(), d.increment(), d.increment()
		x, y := d.vector(n, ix), d.vector(n, iy)
		return func(b blas.Float64) []float64 {
			x, y := clone(x), clone(y)
			b.Drot(n, x, ix, y, iy, 0.6, -0.8)
			return append(x, y...)
		}
	}},
	{"Dgemv", func(d draw) func(blas.Float64) []float64 {
		t, m, n, ix, iy, alpha, beta := d.transpose(), d.size(), d.size(), d.increment(), d.increment(), d.scale(), d.scale()
		lda := d.leading(n)
		ny, nx := swapped(t, m, n)
		a, x, y := d.matrix(m, lda), d.vector(nx, ix), d.vector(ny, iy)
		return func(b blas.Float64) []float64 {
			y := clone(y)
			b.Dgemv(t, m, n, alpha, a, lda, x, ix, beta, y, iy)
			return y
		}
	}},
	{"Dsymv", func(d draw) func(blas.Float64) []float64 {
		u, n, ix, iy, alpha, beta := d.uplo(), d.size(), d.increment(), d.increment(), d.scale(), d.scale()
		lda := d.leading(n)
		a, x, y := d.matrix(n, lda), d.vector(n, ix), d.vector(n, iy)
		return func(b blas.Float64) []float64 {
			y := clone(y)
			b.Dsymv(u, n, alpha, a, lda, x, ix, beta, y, iy)
			return y
		}
	}},
	{"Dtrmv", func(d draw) func(blas.Float64) []float64 {
		u, t, g, n, ix := d.uplo(), d.transpose(), d.diag(), d.size(), d.increment()
		lda := d.leading(n)
		a, x := d.matrix(n, lda), d.vector(n, ix)
		return func(b blas.Float64) []float64 { x := clone(x); b.Dtrmv(u, t, g, n, a, lda, x, ix); return x }
	}},
	{"Dtrsv", func(d draw) func(blas.Float64) []float64 {
		u, t, g, n, ix := d.uplo(), d.transpose(), d.diag(), d.size(), d.increment()
		lda := d.leading(n)
		a, x := d.triangular(n, lda), d.vector(n, ix)
		return func(b blas.Float64) []float64 { x := clone(x); b.Dtrsv(u, t, g, n, a, lda, x, ix); return x }
	}},
	{"Dger", func(d draw) func(blas.Float64) []float64 {
		m, n, ix, iy, alpha := d.size(), d.size(), d.increment(), d.increment(), d.scale()
		lda := d.leading(n)
		a, x, y := d.matrix(m, lda), d.vector(m, ix), d.vector(n, iy)
		return func(b blas.Float64) []float64 { a := clone(a); b.Dger(m, n, alpha, x, ix, y, iy, a, lda); return a }
	}},
	{"Dsyr", func(d draw) func(blas.Float64) []float64 {
		u, n, ix, alpha := d.uplo(), d.size(), d.increment(), d.scale()
		lda := d.leading(n)
		a, x := d.matrix(n, lda), d.vector(n, ix)
		return func(b blas.Float64) []float64 { a := clone(a); b.Dsyr(u, n, alpha, x, ix, a, lda); return a }
	}},
	{"Dsyr2", func(d draw) func(blas.Float64) []float64 {
		u, n, ix, iy, alpha := d.uplo(), d.size(), d.increment(), d.increment(), d.scale()
		lda := d.leading(n)
		a, x, y := d.matrix(n, lda), d.vector(n, ix), d.vector(n, iy)
		return func(b blas.Float64) []float64 { a := clone(a); b.Dsyr2(u, n, alpha, x, ix, y, iy, a, lda); return a }
	}},
	{"Dgemm", func(d draw) func(blas.Float64) []float64 {
		ta, tb, m, n, k, alpha, beta := d.transpose(), d.transpose(), d.size(), d.size(), d.size(), d.scale(), d.scale()
		ra, ca := swapped(ta, m, k)
		rb, cb := swapped(tb, k, n)
		lda, ldb, ldc := d.leading(ca), d.leading(cb), d.leading(n)
		x, y, c := d.matrix(ra, lda), d.matrix(rb, ldb), d.matrix(m, ldc)
		return func(b blas.Float64) []float64 {
			c := clone(c)
			b.Dgemm(ta, tb, m, n, k, alpha, x, lda, y, ldb, beta, c, ldc)
			return c
		}
	}},
	{"Dsymm", func(d draw) func(blas.Float64) []float64 {
		s, u, m, n, alpha, beta := d.side(), d.uplo(), d.size(), d.size(), d.scale(), d.scale()
		order := m
		if s == blas.Right {
			order = n
		}
		lda, ldb, ldc := d.leading(order), d.leading(n), d.leading(n)
		x, y, c := d.matrix(order, lda), d.matrix(m, ldb), d.matrix(m, ldc)
		return func(b blas.Float64) []float64 {
			c := clone(c)
			b.Dsymm(s, u, m, n, alpha, x, lda, y, ldb, beta, c, ldc)
			return c
		}
	}},
	{"Dsyrk", func(d draw) func(blas.Float64) []float64 {
		u, t, n, k, alpha, beta := d.uplo(), d.transpose(), d.size(), d.size(), d.scale(), d.scale()
		rows, cols := swapped(t, n, k)
		lda, ldc := d.leading(cols), d.leading(n)
		x, c := d.matrix(rows, lda), d.matrix(n, ldc)
		return func(b blas.Float64) []float64 {
			c := clone(c)
			b.Dsyrk(u, t, n, k, alpha, x, lda, beta, c, ldc)
			return c
		}
	}},
	{"Dsyr2k", func(d draw) func(blas.Float64) []float64 {
		u, t, n, k, alpha, beta := d.uplo(), d.transpose(), d.size(), d.size(), d.scale(), d.scale()
		rows, cols := swapped(t, n, k)
		lda, ldb, ldc := d.leading(cols), d.leading(cols), d.leading(n)
		x, y, c := d.matrix(rows, lda), d.matrix(rows, ldb), d.matrix(n, ldc)
		return func(b blas.Float64) []float64 {
			c := clone(c)
			b.Dsyr2k(u, t, n, k, alpha, x, lda, y, ldb, beta, c, ldc)
			return c
		}
	}},
	{"Dtrmm", func(d draw) func(blas.Float64) []float64 { return triangularProduct(d, blas.Float64.Dtrmm) }},
	{"Dtrsm", func(d draw) func(blas.Float64) []float64 { return triangularProduct(d, blas.Float64.Dtrsm) }},
}

func triangularProduct(d draw, routine func(b blas.Float64, s blas.Side, u blas.Uplo, t blas.Transpose, g blas.Diag, m, n int, alpha float64, a []float64, lda int, y []float64, ldb int)) func(blas.Float64) []float64 {
	s, u, t, g, m, n, alpha := d.side(), d.uplo(), d.transpose(), d.diag(), d.size(), d.size(), d.scale()
	order := m
	if s == blas.Right {
		order = n
	}
	lda, ldb := d.leading(order), d.leading(n)
	a, y := d.triangular(order, lda), d.matrix(m, ldb)
	return func(b blas.Float64) []float64 {
		y := clone(y)
		routine(b, s, u, t, g, m, n, alpha, a, lda, y, ldb)
		return y
	}
}

func clone(x []float64) []float64 { return append([]float64(nil), x...) }

// reference is gonum's BLAS with a right Dger: that of its release 0.17 takes the wrong elements for negative increments.
type reference struct{ gonum.Implementation }

func (reference) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	at := func(v []float64, n, inc, i int) float64 {
		if inc < 0 {
			return v[(n-1-i)*-inc]
		}
		return v[i*inc]
	}
	for i := range m {
		for j := range n {
			a[i*lda+j] += alpha * at(x, m, incX, i) * at(y, n, incY, j)
		}
	}
}

// blasTolerance: two orders of summation of at most 1600 products of normal numbers differ by some 1600 ulp of their size.
const blasTolerance = 1e-12

// differ compares two results; text is empty if they agree.
func differ(got, want []float64, tolerance float64) (text string) {
	if len(got) != len(want) {
		return fmt.Sprintf("%d values, want %d", len(got), len(want))
	}
	for i := range want {
		if same := got[i] == want[i] || math.IsNaN(got[i]) && math.IsNaN(want[i]); !same && !(math.Abs(got[i]-want[i]) <= tolerance*(1+math.Abs(want[i]))) {
			return fmt.Sprintf("element %d = %v, want %v", i, got[i], want[i])
		}
	}
	return ""
}

// TestBLASAgreesWithGonum compares every routine with gonum's on random shapes, increments, layouts and scales; elements
// outside the result must stay as they are.
func TestBLASAgreesWithGonum(t *testing.T) {
	open(t)
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(400) {
				call := c.make(newDraw(seed))
				if text := differ(call(native.BLAS{}), call(reference{}), blasTolerance); text != "" {
					t.Fatalf("seed %d: %s", seed, text)
				}
			}
		})
	}
}

// TestBLASUnderLoad makes calls from many goroutines at once.
func TestBLASUnderLoad(t *testing.T) {
	open(t)
	const callers, each = 200, 20
	problems := make(chan string, callers)
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			for i := range each {
				c := calls[(caller+i)%len(calls)]
				call := c.make(newDraw(uint64(1000*caller + i)))
				if text := differ(call(native.BLAS{}), call(reference{}), blasTolerance); text != "" {
					problems <- c.name + ": " + text
					return
				}
			}
		})
	}
	wait.Wait()
	close(problems)
	for p := range problems {
		t.Error(p)
	}
}

// TestLargeAndSmallCallsTogether mixes calls that use all threads with calls that use one: each gives the same to the bit as
// alone, since the number of threads of a call depends on its size.
func TestLargeAndSmallCallsTogether(t *testing.T) {
	open(t)
	const callers, each = 12, 6
	multiply := func(n int) []float64 {
		a, c := newDraw(uint64(n)).values(n*n), make([]float64, n*n)
		native.BLAS{}.Dgemm(blas.NoTrans, blas.Trans, n, n, n, 1, a, n, a, n, 0, c, n)
		return c
	}
	orders := []int{20, 90, 280} // the last one has 2²⁴ multiplications and more
	var want [][]float64
	for _, n := range orders {
		want = append(want, multiply(n))
	}
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			for i := range each {
				which := (caller + i) % len(orders)
				if text := differ(multiply(orders[which]), want[which], 0); text != "" {
					t.Errorf("order %d: %s", orders[which], text)
					return
				}
			}
		})
	}
	wait.Wait()
}

// TestBLASPropagates checks values that are not finite: they reach what depends on them and nothing else, and with beta = 0
// what was in the result does not matter.
func TestBLASPropagates(t *testing.T) {
	open(t)
	const n = 64
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		a, b, c := newDraw(1).values(n*n), newDraw(2).values(n*n), make([]float64, n*n)
		a[3*n+5] = bad
		for i := range c {
			c[i] = math.NaN()
		}
		native.BLAS{}.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n, b, n, 0, c, n)
		for i := range n {
			for j := range n {
				finite := !math.IsNaN(c[i*n+j]) && !math.IsInf(c[i*n+j], 0)
				if finite != (i != 3) {
					t.Fatalf("with A[3,5] = %v, C[%d,%d] = %v", bad, i, j, c[i*n+j])
				}
			}
		}
		y := make([]float64, n)
		y[0] = math.NaN()
		native.BLAS{}.Dgemv(blas.NoTrans, n, n, 1, a, n, b, 1, 0, y, 1)
		for i, v := range y {
			if finite := !math.IsNaN(v) && !math.IsInf(v, 0); finite != (i != 3) {
				t.Fatalf("with A[3,5] = %v, y[%d] = %v", bad, i, v)
			}
		}
	}
}

// TestBLASRefusesWrongArguments expects gonum's panics, not a fault in C.
func TestBLASRefusesWrongArguments(t *testing.T) {
	open(t)
	const n = 40
	a := make([]float64, n*n)
	short := a[:n*n-1]
	b := native.BLAS{}
	for name, call := range map[string]func(){
		"short A":       func() { b.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, short, n, a, n, 0, a, n) },
		"short B":       func() { b.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n, short, n, 0, a, n) },
		"short C":       func() { b.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n, a, n, 0, short, n) },
		"narrow":        func() { b.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n-1, a, n, 0, a, n) },
		"negative":      func() { b.Dgemm(blas.NoTrans, blas.NoTrans, -n, n, n, 1, a, n, a, n, 0, a, n) },
		"flag":          func() { b.Dgemm('x', blas.NoTrans, n, n, n, 1, a, n, a, n, 0, a, n) },
		"triangle":      func() { b.Dsyrk('x', blas.NoTrans, n, n, 1, a, n, 0, a, n) },
		"side":          func() { b.Dtrsm('x', blas.Upper, blas.NoTrans, blas.Unit, n, n, 1, a, n, a, n) },
		"no increment":  func() { b.Dgemv(blas.NoTrans, n, n, 1, a, n, a, 0, 0, a, 1) },
		"short vector":  func() { b.Ddot(1000, a[:999], 1, a, 1) },
		"sparse vector": func() { b.Daxpy(1000, 1, a, 2, a, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the call was accepted")
				}
			}()
			call()
		})
	}
}
