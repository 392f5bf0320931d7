package ode_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

const longSolve = "FIELDBOOK_TEST_LONG_ODE" // set in the process whose memory is measured

// TestGradientMemory is the gradient of 10,000 steps of a state of 1 MiB, of which all states would be 10 GiB, within 1 GiB.
func TestGradientMemory(t *testing.T) {
	const steps, size = 10_000, 1 << 17
	if os.Getenv(longSolve) == "" {
		if testing.Short() {
			t.Skip("takes half a minute")
		}
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestGradientMemory$", "-test.v")
		again.Env = append(os.Environ(), longSolve+"=1")
		out, err := again.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	loss := func(way ode.Gradient, y, a *Node) *Node {
		g := y.Graph()
		end := ode.Solve{Stepper: ode.Midpoint(), Steps: steps, Gradient: way}.Solve(ode.Problem{
			Field: func(_, y *Node, args []*Node) *Node { return Mul(args[0], Sub(y, Mul(y, Square(y)))) },
			Y0:    y, Args: []*Node{a}, T0: Const(g, 0.0), Times: Const(g, []float64{1}),
		}).Y
		return ReduceAllMean(Square(end))
	}
	y, a := check.Random(1, 1, size), numbers(0.7)
	start := time.Now()
	check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{loss(ode.None, in[0], in[1])} }, y, a)
	forward := time.Since(start)
	start = time.Now()
	grads := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return Gradient(loss(ode.ThroughCheckpoints, in[0], in[1]), in...)
	}, y, a)
	backward := time.Since(start)
	for i, g := range grads {
		if v := check.Floats(g); !(v[0] != 0) || v[0] != v[0] {
			t.Errorf("gradient %d begins with %v, want a number that is not 0", i, v[0])
		}
	}
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("the peak memory is known on Linux alone")
	}
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	var kib int
	if _, err := fmt.Sscan(strings.TrimSpace(string(rest)), &kib); err != nil {
		t.Fatal(err)
	}
	t.Logf("peak memory of the process: %d MiB; forward %v, with the gradient %v", kib>>10, forward, backward)
	if kib > 1<<20 {
		t.Errorf("peak memory %d MiB, want at most 1 GiB", kib>>10)
	}
}
