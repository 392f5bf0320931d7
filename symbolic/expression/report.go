package expression

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Report is what [System.Check] found.
type Report struct {
	Equations []EquationCheck // in the system's order
}

// EquationCheck is how far one equation is from holding. Sizes are roots of mean squares over the points.
type EquationCheck struct {
	Equation string  // as the system has it
	Points   int     // at which all terms are finite
	Residual float64 // size of left minus right side
	Holds    bool    // the residual is round-off, or 1e-8 of the largest term at most
	Terms    []TermCheck
	Warnings []string `json:",omitempty"`
}

// TermCheck is one term of an equation.
type TermCheck struct {
	Text     string
	Size     float64
	Factor   float64 // of this term alone that makes the residual smallest: -1 is a wrong sign, 0 a term too many; 1 if the equation holds
	Rest     float64 // size of the residual with that factor
	Helps    bool    // that is a thousandth of the residual at most
	Vanishes bool    // that is no residual any more
}

// Holds tells whether all equations do.
func (r Report) Holds() bool {
	return !slices.ContainsFunc(r.Equations, func(e EquationCheck) bool { return !e.Holds })
}

// String is a paragraph an equation.
func (r Report) String() string {
	parts := make([]string, len(r.Equations))
	for i, e := range r.Equations {
		parts[i] = e.String()
	}
	return strings.Join(parts, "\n")
}

// Largest is the term of the largest size; the zero value if there are none.
func (e EquationCheck) Largest() TermCheck {
	var out TermCheck
	for i, t := range e.Terms {
		if i == 0 || t.Size > out.Size {
			out = t
		}
	}
	return out
}

// String says whether the equation holds, and if not, what would make it hold.
func (e EquationCheck) String() string {
	var b strings.Builder
	b.WriteString(e.Equation + ": ")
	largest := e.Largest()
	switch {
	case e.Points == 0:
		b.WriteString("no point is left at which all terms are finite.")
	case e.Holds && largest.Size == 0:
		b.WriteString("holds, but all terms are 0 at all points, so that nothing was checked.")
	case e.Holds:
		fmt.Fprintf(&b, "holds; the residual is %.1g of the largest term, %s.", e.Residual/largest.Size, largest.Text)
	default:
		fmt.Fprintf(&b, "does not hold; the residual is %.2g of the largest term, %s. %s.", e.Residual/largest.Size, largest.Text, e.remedy())
		sizes := make([]string, len(e.Terms))
		for i, t := range e.Terms {
			sizes[i] = fmt.Sprintf("%s %.3g", t.Text, t.Size)
		}
		b.WriteString("\n\tsizes: " + strings.Join(sizes, ", "))
	}
	for _, w := range e.Warnings {
		b.WriteString("\n\twarning: " + w)
	}
	return b.String()
}

// remedy is a sentence on what would help, likelier mistakes first.
func (e EquationCheck) remedy() string {
	helpful := slices.DeleteFunc(slices.Clone(e.Terms), func(t TermCheck) bool { return !t.Helps })
	if len(helpful) == 0 {
		out := "No single term helps: a term is missing, or more than one is wrong, or this is no solution"
		if e.Residual < 1e-4*e.Largest().Size {
			out += "; as small as that, the solution's numbers may just have too few digits"
		}
		return out
	}
	slices.SortStableFunc(helpful, func(s, t TermCheck) int { return cmp.Compare(s.oddity(), t.oddity()) })
	var gone, less []string
	for _, t := range helpful {
		if t.Vanishes {
			gone = append(gone, t.change())
		} else {
			less = append(less, fmt.Sprintf("to %.1g of that if %s", t.Rest/e.Residual, t.change()))
		}
	}
	if len(gone) > 0 {
		return "It vanishes if " + strings.Join(gone, ", or if ")
	}
	return "It falls " + strings.Join(less, ", or ")
}

// near tells whether the factor is a number, but for what the rest leaves open.
func (t TermCheck) near(x float64) bool { return math.Abs(t.Factor-x) < 1e-6*max(1, math.Abs(x)) }

// oddity orders the factors by how likely they are a slip: a sign, a term too many, a whole number or one over it, any other.
func (t TermCheck) oddity() int {
	switch {
	case t.near(-1):
		return 0
	case t.near(0):
		return 1
	case t.near(math.Round(t.Factor)), math.Abs(t.Factor) < 1 && math.Abs(1/t.Factor-math.Round(1/t.Factor)) < 1e-5:
		return 2
	}
	return 3
}

// change says what the factor does to the term.
func (t TermCheck) change() string {
	switch t.oddity() {
	case 0:
		return "the sign of " + t.Text + " is changed"
	case 1:
		return t.Text + " is left out"
	}
	return fmt.Sprintf("%s is multiplied by %.6g", t.Text, t.Factor)
}
