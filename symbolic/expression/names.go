package expression

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// checkNames returns the problems of the declarations.
func (s System) checkNames() (errs []error) {
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("expression: System."+format, args...))
	}
	if len(s.Coordinates) == 0 {
		bad("Coordinates is empty, want at least one name")
	}
	if len(s.Unknowns) == 0 {
		bad("Unknowns is empty, want at least one name")
	}
	if s.Time != "" && !slices.Contains(s.Coordinates, s.Time) {
		bad("Time = %q, want one of the coordinates %s, or none", s.Time, strings.Join(s.Coordinates, ", "))
	}
	seen := map[string]bool{}
	check := func(field, name string) {
		switch {
		case isFunction(name) || name == pi:
			bad("%s has %q, want a name that is no function and not pi", field, name)
		case !isName(name):
			bad("%s has %q, want a name: a letter, then letters, digits and underscores", field, name)
		case seen[name]:
			bad("%s has %q, which is declared before, want names that differ", field, name)
		case field != "Coordinates":
			if d, ok := s.derivative(name); ok {
				bad("%s has %q, which reads as a derivative of %s, want another name", field, name, d.Of)
			}
		}
		seen[name] = true
	}
	for _, name := range s.Coordinates {
		check("Coordinates", name)
		others := System{Coordinates: slices.DeleteFunc(slices.Clone(s.Coordinates), func(c string) bool { return c == name })}
		if by, ok := others.split(name); ok {
			bad("Coordinates has %q, which reads as %s in a subscript, want another name", name, strings.Join(by, ", "))
		}
	}
	for _, name := range s.Unknowns {
		check("Unknowns", name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Coefficients)) {
		check("Coefficients", name)
		if value := s.Coefficients[name]; math.IsNaN(value) || math.IsInf(value, 0) {
			bad("Coefficients[%q] = %v, want a finite number", name, value)
		}
	}
	for _, name := range s.Trained {
		check("Trained", name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Sources)) {
		check("Sources", name)
	}
	return errs
}

// checkText wants every name in a text that parses to be among some, or a derivative of an unknown among them.
func (s System) checkText(text string, kinds map[string]string) error {
	all, err := tokens(text)
	if err != nil {
		return err
	}
	var errs []error
	seen := map[string]bool{}
	for _, t := range all {
		if t.kind != name || isFunction(t.text) || seen[t.text] {
			continue
		}
		seen[t.text] = true
		if _, ok := kinds[t.text]; ok {
			continue
		}
		if d, ok := s.derivative(t.text); ok && kinds[d.Of] != "" {
			if len(d.By) > maxOrder {
				errs = append(errs, &SyntaxError{text, t.at, t.String(), fmt.Sprintf("a derivative of order %d at most", maxOrder)})
			}
			continue
		}
		errs = append(errs, &SyntaxError{text, t.at, s.unknownName(t, kinds), s.suggestion(t.text, kinds)})
	}
	return errors.Join(errs...)
}

// unknownName says what is wrong with a name that was not declared.
func (s System) unknownName(t token, kinds map[string]string) string {
	if base, sub, ok := s.subscripted(t.text, kinds); ok {
		if kinds[base] != "an unknown" {
			return fmt.Sprintf("%s, a derivative of %s,", t, kinds[base])
		}
		return fmt.Sprintf("%s, a derivative of %s along %q,", t, base, sub)
	}
	return fmt.Sprintf("the name %s, which is not declared,", t)
}

// suggestion says what would be right in its place.
func (s System) suggestion(text string, kinds map[string]string) string {
	if base, _, ok := s.subscripted(text, kinds); ok {
		if kinds[base] != "an unknown" {
			return "derivatives of the unknowns " + strings.Join(s.Unknowns, ", ")
		}
		return "derivatives along the coordinates " + strings.Join(s.Coordinates, ", ")
	}
	known := append(slices.Sorted(maps.Keys(kinds)), functionNames()...)
	best, least := "", 3
	for _, k := range known {
		// One letter in three may be wrong, and at least one.
		if d := distance(text, k); d < least && d <= max(1, len(text)/3) {
			best, least = k, d
		}
	}
	if best != "" && len(text) > 1 {
		return fmt.Sprintf("%q perhaps", best)
	}
	return "one of " + strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")
}

// subscripted cuts a name at an underscore after a declared name.
func (s System) subscripted(text string, kinds map[string]string) (base, sub string, ok bool) {
	for i := range text {
		if _, declared := kinds[text[:i]]; text[i] == '_' && declared {
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

// distance is the number of letters to insert, leave out, change or swap with the next to make one text the other.
//
// Differs from the source: any number of such steps, no letter in two of them.
// Source: Damerau 1964, Commun. ACM 7. bib: damerau1964technique
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
