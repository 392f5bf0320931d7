package workbench_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/workbench"
)

func claimCells() map[string]func() {
	return map[string]func(){
		"claims": func() {
			lab := workbench.Open()
			lab.AtMost("holds", 0.5, 1, workbench.Paper("0.7"))
			lab.AtMost("equal", 1, 1, workbench.NotReported)
			lab.AtMost("missed", 1.5, 1, workbench.NotReported)
			lab.AtLeast("holds from below", 3, 2, workbench.NotReported)
			lab.AtLeast("missed from below", 1, 2, workbench.NotReported)
			lab.AtMost("not a number", math.NaN(), 1, workbench.NotReported)
			lab.AtLeast("not a number from below", math.NaN(), 1, workbench.NotReported)
			lab.AtMostEach("worst seed", []float64{0.2, 1.25, 0.3}, 1, workbench.NotReported)
			lab.AtLeastEach("each seed", []float64{5, 4, 6}, 4, workbench.NotReported)
			lab.AtMostEach("one seed broke", []float64{0.2, math.NaN(), 0.3}, 1, workbench.NotReported)
			lab.AtLeastEach("one seed broke, from below", []float64{2, math.NaN()}, 1, workbench.NotReported)
		},
		"claim without a name": func() {
			workbench.Open().AtMost("", 1, 1, workbench.NotReported)
			fmt.Println("after the failure")
		},
		"claim without values": func() { workbench.Open().AtMostEach("none", nil, 1, workbench.NotReported) },
		"claim without a bound": func() {
			workbench.Open().AtLeast("unbounded", 1, math.NaN(), workbench.NotReported)
		},
	}
}

func TestClaims(t *testing.T) {
	want := []struct {
		name       string
		op         string
		got, want  float64
		pass       bool
		seeds      int
		low, high  float64
		paper, say string
	}{
		{"holds", "<=", 0.5, 1, true, 1, 0, 0, "0.7", "holds: 0.5, claimed ≤ 1; paper: 0.7"},
		{"equal", "<=", 1, 1, true, 1, 0, 0, "", "equal: 1, claimed ≤ 1"},
		{"missed", "<=", 1.5, 1, false, 1, 0, 0, "", "missed: 1.5, claimed ≤ 1"},
		{"holds from below", ">=", 3, 2, true, 1, 0, 0, "", "holds from below: 3, claimed ≥ 2"},
		{"missed from below", ">=", 1, 2, false, 1, 0, 0, "", "missed from below: 1, claimed ≥ 2"},
		{"not a number", "<=", math.NaN(), 1, false, 1, 0, 0, "", "not a number: NaN, claimed ≤ 1"},
		{"not a number from below", ">=", math.NaN(), 1, false, 1, 0, 0, "", "not a number from below: NaN"},
		{"worst seed", "<=", 1.25, 1, false, 3, 0.2, 1.25, "", "worst seed: 1.25, claimed ≤ 1 (3 seeds: 0.2 to 1.25)"},
		{"each seed", ">=", 4, 4, true, 3, 4, 6, "", "each seed: 4, claimed ≥ 4 (3 seeds: 4 to 6)"},
		{"one seed broke", "<=", math.NaN(), 1, false, 3, math.NaN(), math.NaN(), "", "one seed broke: NaN"},
		{"one seed broke, from below", ">=", math.NaN(), 1, false, 2, math.NaN(), math.NaN(), "", "one seed broke, from below: NaN"},
	}
	n := newNotebook(t)
	lines := strings.Split(strings.TrimSpace(n.ok(t, "claims")), "\n")
	events := n.events(t)
	if len(lines) != len(want) || len(events) != len(want) {
		t.Fatalf("%d lines and %d events, want %d of each:\n%s", len(lines), len(events), len(want), strings.Join(lines, "\n"))
	}
	for i, w := range want {
		verdict := "[missed] "
		if w.pass {
			verdict = "[holds] "
		}
		if !strings.HasPrefix(lines[i], verdict+w.say) {
			t.Errorf("claim is shown as %q, want %q", lines[i], verdict+w.say)
		}
		c := events[i].Claim
		if c == nil || events[i].Kind != record.KindClaim {
			t.Fatalf("event %d is %+v, want a claim", i, events[i])
		}
		if c.Name != w.name || c.Op != w.op || !same(c.Got, w.got) || c.Want != w.want || c.Pass != w.pass || c.Seeds != w.seeds || c.Paper != w.paper {
			t.Errorf("claim is recorded as %+v, want %+v", *c, w)
		}
		if (c.Low != nil) != (w.seeds > 1) || (c.High != nil) != (w.seeds > 1) {
			t.Errorf("%s: range %v to %v, want one for several seeds alone", c.Name, c.Low, c.High)
		} else if c.Low != nil && (!same(*c.Low, w.low) || !same(*c.High, w.high)) {
			t.Errorf("%s: range %v to %v, want %v to %v", c.Name, *c.Low, *c.High, w.low, w.high)
		}
	}
}

// same is equality under which NaN equals NaN.
func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestClaimsAreNotJudgedAtQuickSize(t *testing.T) {
	n := newNotebook(t, "FIELDBOOK_SIZE=quick")
	for line := range strings.Lines(n.ok(t, "claims")) {
		if !strings.HasPrefix(line, "[not judged at quick size] ") {
			t.Errorf("claim is shown as %q, want it not judged", line)
		}
	}
	if events := n.events(t); len(events) != 11 {
		t.Errorf("%d claims recorded, want all 11 with what was measured", len(events))
	}
}

func TestBadClaims(t *testing.T) {
	n := newNotebook(t)
	n.fails(t, "claim without a name", []string{`claim ""`, "in: workbench.Open().AtMost(\"\", 1, 1, workbench.NotReported)"})
	n.fails(t, "claim without values", []string{`claim "none" with 0 values`})
	n.fails(t, "claim without a bound", []string{`claim "unbounded"`, "bound NaN"})
	if events := n.events(t); len(events) != 0 {
		t.Errorf("%d events of claims that are none: %+v", len(events), events)
	}
}
