package native_test

import (
	"testing"

	"gonum.org/v1/gonum/lapack/testlapack"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// TestLAPACK runs gonum's own tests of LAPACK on ours: shapes, layouts, work queries, empty matrices.
func TestLAPACK(t *testing.T) {
	open(t).UseInGonum()
	l := native.LAPACK{}
	t.Run("Dpotrf", func(t *testing.T) { testlapack.DpotrfTest(t, l) })
	t.Run("Dpotri", func(t *testing.T) { testlapack.DpotriTest(t, l) })
	t.Run("Dpotrs", func(t *testing.T) { testlapack.DpotrsTest(t, l) })
}
