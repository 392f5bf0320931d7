package workbench_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/plots"
	"github.com/fieldbook-go/fieldbook/workbench"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// hill has a matrix of weights, from (1, 2; 3, 4), and the loss Σ λ_i w_i² with λ = 1, 5, 2, 3.
type hill struct{ Scale float64 }

func (h hill) Validate() error {
	if h.Scale == 0 {
		return errors.New("hill: Scale = 0, want another number")
	}
	return nil
}
func (hill) Data() (zoo.Data, error) { return zoo.Data{}, nil }
func (h hill) Loss(s *zoo.Step) []zoo.Term {
	w := s.Scope.VariableWithValue("w", [][]float32{{1, 2}, {3, 4}}).NodeValue(s.Graph)
	return []zoo.Term{{Name: "height", Value: MulScalar(ReduceAllSum(Mul(Const(s.Graph, [][]float32{{1, 5}, {2, 3}}), Square(w))), h.Scale), Weight: 1}}
}

func landscapeCells() map[string]func() {
	fit := workbench.Fit{Steps: 40, Rate: 2e-2}
	print := func(l workbench.Landscape) func() {
		return func() {
			out := workbench.Open().Run(hill{1}, fit).Landscape(l)
			if _, err := out.Figure(); err != nil {
				fmt.Println("no figure:", err)
			}
			text, err := json.Marshal(map[string]any{"Alpha": out.Alpha, "Loss": out.Loss, "PathX": out.PathX, "PathY": out.PathY, "PathLoss": out.PathLoss})
			fmt.Printf("\n%s %v\n", text, err)
		}
	}
	return map[string]func(){
		"landscape":        print(workbench.Landscape{Points: 5}),
		"landscape curved": print(workbench.Landscape{Points: 5, Directions: workbench.CurvedDirections}),
		"landscape path":   print(workbench.Landscape{Points: 5, Directions: workbench.PathDirections, Path: 8}),
		"landscape bad":    print(workbench.Landscape{Points: 1}),
		"landscape phases": func() {
			two := fit.Then(workbench.Fit{Steps: 3})
			workbench.Open().Run(hill{1}, two).Landscape(workbench.Landscape{Path: 4})
		},
	}
}

// landscape runs a cell and reads what it drew.
func landscape(t *testing.T, cell string) (l plots.Landscape) {
	t.Helper()
	out := newNotebook(t).ok(t, cell)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	text, ok := strings.CutSuffix(lines[len(lines)-1], " <nil>")
	if !ok || json.Unmarshal([]byte(text), &l) != nil || strings.Contains(out, "no figure") {
		t.Fatalf("the cell prints %q", out)
	}
	return l
}

// bend is the second difference of the loss in the middle of the plane, along its first or second direction.
func bend(l plots.Landscape, second bool) float64 {
	if second {
		return l.Loss[2][3] - 2*l.Loss[2][2] + l.Loss[2][1]
	}
	return l.Loss[3][2] - 2*l.Loss[2][2] + l.Loss[1][2]
}

func TestLandscape(t *testing.T) {
	l := landscape(t, "landscape")
	if len(l.Alpha) != 5 || l.Alpha[0] != -1 || l.Alpha[4] != 1 || len(l.Loss) != 5 || len(l.PathX) != 0 {
		t.Fatalf("%+v, want five points from -1 to 1 and no path", l)
	}
	// Of a quadratic loss the second difference is the same everywhere, and above 0 in all directions.
	for _, second := range []bool{false, true} {
		if !(bend(l, second) > 0) {
			t.Errorf("second difference %v, want it above 0", bend(l, second))
		}
	}
	if a, b := bend(l, false), l.Loss[4][2]-2*l.Loss[3][2]+l.Loss[2][2]; math.Abs(a-b) > 1e-3*a { // float32
		t.Errorf("second differences %v and %v, want equal ones", a, b)
	}
}

func TestLandscapeOfCurvature(t *testing.T) {
	l := landscape(t, "landscape curved")
	// λ = 5 and 3, and both directions as long as the weights: the ratio is that of the eigenvalues.
	if a, b := bend(l, false), bend(l, true); math.Abs(a/b-5.0/3) > 1e-2 { // float32
		t.Errorf("second differences %v and %v, want a ratio of 5 to 3", a, b)
	}
	if cross := l.Loss[3][3] - l.Loss[3][1] - l.Loss[1][3] + l.Loss[1][1]; math.Abs(cross) > 1e-3*bend(l, true) {
		t.Errorf("mixed difference %v, want 0 for eigenvectors", cross)
	}
}

func TestLandscapePath(t *testing.T) {
	l := landscape(t, "landscape path")
	n := len(l.PathX)
	if n < 6 || len(l.PathY) != n || len(l.PathLoss) != n {
		t.Fatalf("a path of %d states, want about 8", n)
	}
	if math.Hypot(l.PathX[n-1], l.PathY[n-1]) > 1e-5 || math.Hypot(l.PathX[0], l.PathY[0]) < 0.01 { // float32
		t.Errorf("the path goes from (%v, %v) to (%v, %v), want its end in the middle", l.PathX[0], l.PathY[0], l.PathX[n-1], l.PathY[n-1])
	}
	for i := range n - 1 {
		if !(l.PathLoss[i+1] < l.PathLoss[i]) {
			t.Errorf("losses %v along the path, want them to fall", l.PathLoss)
		}
	}
}

func TestBadLandscapes(t *testing.T) {
	for cell, want := range map[string]string{
		"landscape bad":    "Landscape.Points = 1",
		"landscape phases": "has 2 phases, want one for the path",
	} {
		if out := newNotebook(t).cell(t, cell); out.status == 0 || !strings.Contains(out.err+out.out, want) {
			t.Errorf("%s: status %d, %q, want %q in it", cell, out.status, out.err+out.out, want)
		}
	}
}
