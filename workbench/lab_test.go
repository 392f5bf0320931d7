package workbench_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/workbench"
)

func labCells() map[string]func() {
	return map[string]func(){
		"pick": func() {
			lab := workbench.Open()
			fmt.Println(lab.Size(), lab.Seed(), lab.Pick(1, 2, 3), workbench.Pick(lab, "a", "b", "c"))
		},
		"claim only":  func() { workbench.Open().AtMost("small", 0, 1, workbench.NotReported) },
		"figure only": func() { workbench.Open().Figure("curve", curve()) },
		"data only":   func() { workbench.Open().Data(smallBurgers) },
		"data": func() {
			set := workbench.Open().Data(smallBurgers)
			fmt.Println(set.Train().Input.Dims, set.Test().Output.Values[0])
		},
		"bad data": func() { workbench.Open().Data(datasets.Burgers{}) },
		"must": func() {
			fmt.Println(workbench.Must(42, nil))
			workbench.Must(0, errors.New("the answer is unknown\nand so is the question"))
			fmt.Println("after the failure")
		},
		"stopwatch": func() {
			calls := 0
			seconds := workbench.Open().Stopwatch(3, func() {
				calls++
				if calls > 1 {
					time.Sleep(time.Duration(5-calls) * 20 * time.Millisecond)
				}
			})
			fmt.Println(calls, seconds >= 0.02 && seconds < 0.06)
		},
		"stopwatch of nothing": func() { workbench.Open().Stopwatch(0, func() {}) },
	}
}

var smallBurgers = datasets.Burgers{Viscosity: 0.1, Grid: 32, Train: 2, Test: 1}

func TestSizeAndSeed(t *testing.T) {
	n := newNotebook(t)
	for _, c := range []struct{ size, seed, want string }{
		{"", "", "standard 0 2 b"},
		{"quick", "7", "quick 7 1 a"},
		{"standard", "0", "standard 0 2 b"},
		{"full", "18446744073709551615", "full 18446744073709551615 3 c"},
	} {
		if got := n.ok(t, "pick", "FIELDBOOK_SIZE="+c.size, "FIELDBOOK_SEED="+c.seed); got != c.want+"\n" {
			t.Errorf("size %q and seed %q give %q, want %q", c.size, c.seed, got, c.want)
		}
	}
}

func TestBadEnvironment(t *testing.T) {
	n := newNotebook(t)
	for _, cell := range []string{"claim only", "figure only", "data only", "train"} {
		n.fails(t, cell, []string{`FIELDBOOK_SIZE = "huge", want quick, standard or full`, "in: "}, "FIELDBOOK_SIZE=huge")
		n.fails(t, cell, []string{`FIELDBOOK_SEED = "-1", want a whole number from 0`}, "FIELDBOOK_SEED=-1")
	}
	n.fails(t, "train", []string{`FIELDBOOK_DEVICES = "two", want a whole number from 1`}, "FIELDBOOK_DEVICES=two")
	n.fails(t, "train", []string{`"abacus" is unknown, want xla:cpu`}, "FIELDBOOK_BACKEND=abacus")
	if events := n.events(t); len(events) != 0 {
		t.Errorf("%d events, want none", len(events))
	}
}

func TestData(t *testing.T) {
	n := newNotebook(t)
	made := n.ok(t, "data")
	if !strings.HasPrefix(made, "[2 32 1] ") || strings.Count(made, "\n") != 1 {
		t.Errorf("the data are %q, want two fields of 32 points and nothing else printed", made)
	}
	if kept := n.ok(t, "data"); kept != made {
		t.Errorf("the kept data are %q, want %q", kept, made)
	}
	n.fails(t, "bad data", []string{"datasets: Burgers.", "want"})
}

func TestMust(t *testing.T) {
	n := newNotebook(t)
	n.fails(t, "must", []string{"Error: the answer is unknown\nand so is the question", "in: workbench.Must(0, errors.New("})
	if got := n.cell(t, "must"); got.out != "42\n" {
		t.Errorf("the cell prints %q, want 42 alone", got.out)
	}
}

func TestStopwatch(t *testing.T) {
	n := newNotebook(t)
	if got := n.ok(t, "stopwatch"); got != "4 true\n" {
		t.Errorf("calls and whether the shortest of 60, 40 and 20 ms was taken: %q, want 4 true", got)
	}
	n.fails(t, "stopwatch of nothing", []string{"Stopwatch of 0 calls"})
}
