package philox_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/philox"
)

// The known answers of the authors' library Random123 1.14, tests/kat_vectors, philox4x32 10.
func TestHostBits(t *testing.T) {
	for _, test := range []struct{ seed, stream, index, a, b uint64 }{
		{0, 0, 0, 0xe169c58d_6627e8d5, 0x9b00dbd8_bc57ac4c},
		{math.MaxUint64, math.MaxUint64, math.MaxUint64, 0x41c83b0e_408f276d, 0x6d5451fd_a20bc7c6},
		{0x299f31d0_a4093822, 0x03707344_13198a2e, 0x85a308d3_243f6a88, 0x94fdcceb_d16cfe09, 0x24126ea1_5001e420},
	} {
		if a, b := philox.HostBits(test.seed, test.stream, test.index); a != test.a || b != test.b {
			t.Errorf("HostBits(%#x, %#x, %#x) = %#x, %#x, want %#x, %#x", test.seed, test.stream, test.index, a, b, test.a, test.b)
		}
	}
}

// In a graph the bits are the host's, and XLA's own generator's.
func TestBits(t *testing.T) {
	const seed, stream, n = 0x299f31d0_a4093822, 0x8000_0000_0000_0007, 6
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		s, index := Const(g, uint64(stream)), Iota(g, shapes.Make(dtypes.Uint64, n), 0)
		a, b := philox.Bits(in[0], s, index)
		x, y := philox.Normals(in[0], s, index)
		state := Concatenate([]*Node{Reshape(in[0], 1), Const(g, []uint64{0}), Reshape(s, 1)}, 0)
		_, xla := RandomUniform(state, shapes.Make(dtypes.Float64, 2*n))
		return []*Node{a, b, x, y, xla}
	}, uint64(seed))
	a, b := tensors.MustCopyFlatData[uint64](out[0]), tensors.MustCopyFlatData[uint64](out[1])
	x, y, xla := check.Floats(out[2]), check.Floats(out[3]), check.Floats(out[4])
	for i := range n {
		wantA, wantB := philox.HostBits(seed, stream, uint64(i))
		if a[i] != wantA || b[i] != wantB {
			t.Errorf("Bits of index %d are %#x, %#x, on the host %#x, %#x", i, a[i], b[i], wantA, wantB)
		}
		wantX, wantY := philox.HostNormals(seed, stream, uint64(i))
		// Logarithm, sine and cosine of two libraries: a few units in the last place of values below 9.
		if d := max(math.Abs(x[i]-wantX), math.Abs(y[i]-wantY)); !(d < 1e-14) {
			t.Errorf("Normals of index %d differ from the host's by %v", i, d)
		}
		for j, bits := range []uint64{wantA, wantB} { // GoMLX makes its uniform numbers of XLA's bits
			if d := math.Abs(xla[2*i+j] - float64(bits)*0x1p-64); d != 0 {
				t.Errorf("XLA's draw %d is %v, ours differs by %v", 2*i+j, xla[2*i+j], d)
			}
		}
	}
}

func TestNormalsAreNormal(t *testing.T) {
	const n = 200_000
	var mean, square, fourth, cross, lagged, last float64
	for i := range uint64(n) {
		x, y := philox.HostNormals(7, 3, i)
		mean += (x + y) / (2 * n)
		square += (x*x + y*y) / (2 * n)
		fourth += (x*x*x*x + y*y*y*y) / (2 * n)
		cross += x * y / n
		lagged += x * last / n
		last = x
	}
	// Five standard errors: of 2n values for the moments (variances 1, 2 and 96), of n for the products (variance 1).
	for _, m := range []struct {
		name             string
		got, want, error float64
	}{
		{"mean", mean, 0, math.Sqrt(1.0 / (2 * n))},
		{"variance", square, 1, math.Sqrt(2.0 / (2 * n))},
		{"fourth moment", fourth, 3, math.Sqrt(96.0 / (2 * n))},
		{"covariance of a pair", cross, 0, math.Sqrt(1.0 / n)},
		{"covariance of neighbours", lagged, 0, math.Sqrt(1.0 / n)},
	} {
		if !(math.Abs(m.got-m.want) < 5*m.error) {
			t.Errorf("%s = %v, want %v ± %v", m.name, m.got, m.want, 5*m.error)
		}
	}
}
