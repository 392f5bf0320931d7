package check_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
)

// witness keeps what a check says against a test.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func TestGradCheckSeesAWrongGradient(t *testing.T) {
	const right, wrongInput, wrongWeight = 0, 1, 2
	for _, kind := range []int{right, wrongInput, wrongWeight} {
		w := &witness{TB: t}
		// Part of the function without a gradient: what reverse mode gives is then too small.
		check.GradCheck(w, model.NewStore(), func(scope *model.Scope, in []*Node) *Node {
			x := in[0]
			weight := layers.Weight(scope.At("net"), x.Graph(), "w", x.Shape(), layers.Normal(1))
			switch kind {
			case wrongInput:
				x = Add(x, StopGradient(Square(x)))
			case wrongWeight:
				weight = StopGradient(weight)
			}
			return ReduceAllSum(Sin(Mul(x, weight)))
		}, check.Random(1, 2, 3))
		said := strings.Join(w.said, "\n")
		if kind == right && said != "" {
			t.Errorf("a right gradient is refused: %s", said)
		}
		if kind == wrongInput && (len(w.said) != 6 || !strings.Contains(said, "d/d input[5]")) {
			t.Errorf("a wrong gradient of the input gives %q, want all six entries", said)
		}
		if kind == wrongWeight && (len(w.said) != 6 || !strings.Contains(said, "d/d /net/w[0] = 0")) {
			t.Errorf("a wrong gradient of the weight gives %q, want all six entries", said)
		}
	}
}

func TestMaxDiff(t *testing.T) {
	of := func(v ...float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, len(v)) }
	if d := check.MaxDiff(t, of(1, 2, 3), of(1, 4.5, 2)); d != 2.5 {
		t.Errorf("largest difference %v, want 2.5", d)
	}
	zero := 0.0
	if d := check.MaxDiff(t, of(zero/zero, 2), of(1, 4)); d == d { // NaN alone differs from itself
		t.Errorf("largest difference with a NaN is %v, want NaN", d)
	}
}
