package native_test

import (
	"math"
	"sync"
	"testing"

	"gonum.org/v1/gonum/lapack/testlapack"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// TestLAPACK runs gonum's own tests of LAPACK on ours: shapes, layouts, work queries, empty matrices.
func TestLAPACK(t *testing.T) {
	open(t).UseInGonum()
	l := native.LAPACK{}
	t.Run("Dpotrf", func(t *testing.T) { testlapack.DpotrfTest(t, l) })
	t.Run("Dpotri", func(t *testing.T) { testlapack.DpotriTest(t, l) })
	t.Run("Dpotrs", func(t *testing.T) { testlapack.DpotrsTest(t, l) })
	t.Run("Dgetrf", func(t *testing.T) { testlapack.DgetrfTest(t, l) })
	t.Run("Dgetri", func(t *testing.T) { testlapack.DgetriTest(t, l) })
	t.Run("Dgetrs", func(t *testing.T) { testlapack.DgetrsTest(t, l) })
	t.Run("Dgeqrf", func(t *testing.T) { testlapack.DgeqrfTest(t, l) })
	t.Run("Dgelqf", func(t *testing.T) { testlapack.DgelqfTest(t, l) })
	t.Run("Dorgqr", func(t *testing.T) { testlapack.DorgqrTest(t, l) })
	t.Run("Dorglq", func(t *testing.T) { testlapack.DorglqTest(t, l) })
	t.Run("Dormqr", func(t *testing.T) { testlapack.DormqrTest(t, l) })
	t.Run("Dormlq", func(t *testing.T) { testlapack.DormlqTest(t, l) })
	t.Run("Dgels", func(t *testing.T) { testlapack.DgelsTest(t, l) })
	t.Run("Dsyev", func(t *testing.T) { testlapack.DsyevTest(t, l) })
	t.Run("Dgeev", func(t *testing.T) { testlapack.DgeevTest(t, l) })
	// The bound is gonum's own for its tests, in units of round-off times the order.
	t.Run("Dgesvd", func(t *testing.T) { testlapack.DgesvdTest(t, l, 1e-13) })
}

// TestFactorisationsUnderLoad factorises from many goroutines at once; each result must be the same to the bit as alone.
func TestFactorisationsUnderLoad(t *testing.T) {
	open(t).UseInGonum()
	const n, callers, each = 80, 32, 4
	a := mat.NewDense(n, n, newDraw(1).values(n*n))
	square := mat.NewSymDense(n, nil)
	square.SymOuterK(1, a)
	results := func() []float64 {
		var c mat.Cholesky
		var e mat.EigenSym
		var s mat.SVD
		var lu mat.LU
		if !c.Factorize(square) || !e.Factorize(square, true) || !s.Factorize(a, mat.SVDThin) {
			return nil
		}
		lu.Factorize(a)
		return append(append(e.Values(nil), s.Values(nil)...), c.LogDet(), lu.Det())
	}
	want := results()
	if want == nil {
		t.Fatal("a factorisation failed")
	}
	var wait sync.WaitGroup
	for range callers {
		wait.Go(func() {
			for range each {
				if text := differ(results(), want, 0); text != "" {
					t.Error(text)
					return
				}
			}
		})
	}
	wait.Wait()
}

// TestFactorisationsOfBadMatrices expects a refusal, soon, of what has no factors.
func TestFactorisationsOfBadMatrices(t *testing.T) {
	open(t).UseInGonum()
	const n = 40
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		a := mat.NewDense(n, n, newDraw(2).values(n*n))
		a.Set(3, 4, bad)
		symmetric := mat.NewSymDense(n, nil)
		symmetric.SymOuterK(1, mat.NewDense(n, n, newDraw(2).values(n*n)))
		symmetric.SetSym(3, 4, bad)
		if (&mat.SVD{}).Factorize(a, mat.SVDThin) {
			t.Errorf("singular values were found with %v in the matrix", bad)
		}
		if (&mat.Eigen{}).Factorize(a, mat.EigenRight) {
			t.Errorf("eigenvalues were found with %v in the matrix", bad)
		}
		if (&mat.EigenSym{}).Factorize(symmetric, true) {
			t.Errorf("eigenvalues were found with %v in the symmetric matrix", bad)
		}
	}
	indefinite := mat.NewSymDense(n, nil)
	for i := range n {
		indefinite.SetSym(i, i, float64(n/2-i))
	}
	if (&mat.Cholesky{}).Factorize(indefinite) {
		t.Error("an indefinite matrix has a Cholesky factor")
	}
	var lu mat.LU
	lu.Factorize(mat.NewDense(n, n, nil))
	if d := lu.Det(); d != 0 {
		t.Errorf("the determinant of zero is %v", d)
	}
}
