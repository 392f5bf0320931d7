package autodiff_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/zoo"
)

const longSolve = "FIELDBOOK_TEST_LONG_SOLVE" // set in the process whose memory is measured

// field is a step of u' = ν u_xx + a·(u − u³) on a ring of points.
func field(_ *Node, state, args []*Node) []*Node {
	u := state[0]
	n := u.Shape().Dimensions[0]
	left := Concatenate([]*Node{Slice(u, AxisRange(1, n)), Slice(u, AxisRange(0, 1))}, 0)
	right := Concatenate([]*Node{Slice(u, AxisRange(n-1, n)), Slice(u, AxisRange(0, n-1))}, 0)
	diffusion := MulScalar(Sub(Add(left, right), MulScalar(u, 2)), 0.2)
	return []*Node{Add(u, Add(diffusion, MulScalar(Mul(args[0], Sub(u, Mul(u, Square(u)))), 1e-3)))}
}

// longLoss is the mean square of the state after many steps of field.
func longLoss(s autodiff.Scan, u, a *Node) *Node {
	return ReduceAllMean(Square(s.Run([]*Node{u}, []*Node{a}, field)[0]))
}

func TestScanMemory(t *testing.T) {
	const steps, size = 10_000, 1 << 17 // 1 MiB of float64: all states would be 10 GiB
	if os.Getenv(longSolve) == "" {
		if testing.Short() {
			t.Skip("takes half a minute")
		}
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestScanMemory$", "-test.v")
		again.Env = append(os.Environ(), longSolve+"=1")
		out, err := again.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	s := autodiff.Scan{Steps: steps, Memory: autodiff.Checkpoints}
	grads := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return Gradient(longLoss(s, in[0], in[1]), in...)
	}, check.Random(1, size), check.Random(2, size))
	for i, g := range grads {
		if v := check.Floats(g); !(v[0] != 0) || v[0] != v[0] {
			t.Errorf("gradient %d begins with %v, want a number that is not 0", i, v[0])
		}
	}
	peak := peakMemory(t)
	t.Logf("peak memory of the process: %d MiB", peak>>20)
	if peak > 1<<30 {
		t.Errorf("peak memory %d MiB, want at most 1 GiB", peak>>20)
	}
}

// peakMemory is the most memory that the process has had, in bytes.
func peakMemory(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("the peak memory is known on Linux alone")
	}
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	var kib int
	if _, err := fmt.Sscan(strings.TrimSpace(string(rest)), &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// BenchmarkScan times a step of a solve of a 1 MiB state: forward alone, and the gradient by each memory.
func BenchmarkScan(b *testing.B) {
	const steps, size = 400, 1 << 17
	u, a := check.Random(1, size), check.Random(2, size)
	for name, c := range map[string]struct {
		memory   autodiff.Memory
		gradient bool
	}{
		"forward":               {},
		"gradient, every state": {autodiff.EveryState, true},
		"gradient, checkpoints": {autodiff.Checkpoints, true},
	} {
		b.Run(name, func(b *testing.B) {
			s := autodiff.Scan{Steps: steps, Memory: c.memory}
			exec, err := model.NewExec(check.Backend(b), model.NewStore(), zoo.GraphFn(name, func(_ *model.Scope, in []*Node) []*Node {
				loss := longLoss(s, in[0], in[1])
				if !c.gradient {
					return []*Node{loss}
				}
				return append([]*Node{loss}, Gradient(loss, in...)...)
			}))
			if err != nil {
				b.Fatal(err)
			}
			defer exec.Finalize()
			run := func() {
				out, err := exec.Exec(u, a)
				if err != nil {
					b.Fatal(err)
				}
				check.Floats(out[0])
			}
			run()
			start := time.Now()
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(time.Since(start).Microseconds())/float64(b.N*steps), "µs/step")
		})
	}
}

// BenchmarkScanCell times 1000 steps of a recurrent cell, 64 wide and a batch of 32, with their gradient.
func BenchmarkScanCell(b *testing.B) {
	for name, memory := range map[string]autodiff.Memory{"every state": autodiff.EveryState, "checkpoints": autodiff.Checkpoints} {
		b.Run(name, func(b *testing.B) {
			s := autodiff.Scan{Steps: 1000, Memory: memory}
			exec, err := model.NewExec(check.Backend(b), model.NewStore(), zoo.GraphFn(name, func(_ *model.Scope, in []*Node) []*Node {
				y, w := ConvertDType(in[0], dtypes.Float32), MulScalar(ConvertDType(in[1], dtypes.Float32), 0.5)
				out := s.Run([]*Node{y}, []*Node{w}, func(_ *Node, state, args []*Node) []*Node {
					return []*Node{Add(MulScalar(state[0], 0.9), MulScalar(Tanh(MatMul(state[0], args[0])), 0.1))}
				})
				loss := ReduceAllSum(Square(out[0]))
				return append([]*Node{loss}, Gradient(loss, y, w)...)
			}))
			if err != nil {
				b.Fatal(err)
			}
			defer exec.Finalize()
			y, w := check.Random(1, 32, 64), check.Random(2, 64, 64)
			for b.Loop() {
				if _, err := exec.Exec(y, w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
