package workbench

import (
	"fmt"
	"html"
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/internal/record"
)

// Reference is what the paper reports for a claim.
type Reference string

// NotReported says that the paper gives no number, or none that was verified.
const NotReported Reference = ""

// Paper is a number as the paper prints it.
func Paper(text string) Reference { return Reference(text) }

// AtMost claims that got ≤ want.
func (l *Lab) AtMost(name string, got, want float64, paper Reference) {
	l.claim(name, []float64{got}, "<=", want, paper)
}

// AtLeast claims that got ≥ want.
func (l *Lab) AtLeast(name string, got, want float64, paper Reference) {
	l.claim(name, []float64{got}, ">=", want, paper)
}

// AtMostEach claims that every value, one a seed, is at most want.
func (l *Lab) AtMostEach(name string, got []float64, want float64, paper Reference) {
	l.claim(name, got, "<=", want, paper)
}

// AtLeastEach claims that every value, one a seed, is at least want.
func (l *Lab) AtLeastEach(name string, got []float64, want float64, paper Reference) {
	l.claim(name, got, ">=", want, paper)
}

// claim judges the worst of the values, shows it and records it. A missed claim is shown as missed.
func (l *Lab) claim(name string, values []float64, op string, want float64, paper Reference) {
	l.checkEnvironment()
	if name == "" || len(values) == 0 || math.IsNaN(want) {
		l.fail(fmt.Errorf("workbench: claim %q with %d values and the bound %v, want a name, a value and a number", name, len(values), want))
		return
	}
	c := record.Claim{Name: name, Op: op, Want: want, Paper: string(paper), Seeds: len(values)}
	low, high := slices.Min(values), slices.Max(values) // NaN if any is
	c.Got = high
	c.Pass = high <= want
	if op == ">=" {
		c.Got = low
		c.Pass = low >= want
	}
	if len(values) > 1 {
		c.Low, c.High = &low, &high
	}
	l.showClaim(c)
	l.record(record.Event{Kind: record.KindClaim, Claim: &c})
}

func (l *Lab) showClaim(c record.Claim) {
	sign := map[string]string{"<=": "≤", ">=": "≥"}[c.Op]
	verdict, color := "holds", "#009E73"
	switch {
	case l.size == Quick:
		verdict, color = "not judged at quick size", "#666666"
	case !c.Pass:
		verdict, color = "missed", "#D55E00"
	}
	text := fmt.Sprintf("%s: %.4g, claimed %s %.4g", c.Name, c.Got, sign, c.Want)
	if c.Seeds > 1 {
		text += fmt.Sprintf(" (%d seeds: %.4g to %.4g)", c.Seeds, *c.Low, *c.High)
	}
	if c.Paper != "" {
		text += "; paper: " + c.Paper
	}
	if !l.notebook {
		l.println(fmt.Sprintf("[%s] %s", verdict, text))
		return
	}
	display(fmt.Sprintf(`<div style="border-left:4px solid %s;padding:2px 8px;margin:2px 0"><b style="color:%s">%s</b> &nbsp;%s</div>`,
		color, color, verdict, html.EscapeString(text)))
}
