package pinns

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// gap is conditions that seem to be missing.
type gap struct {
	text     string
	certain  bool     // many solutions meet the problem, whatever else is in it
	along    string   // the coordinate at whose ends they are missing; "" for another part of the boundary
	unknowns []string // that they would be about
}

// Notes are what [Problem.Validate] lets pass but may be an oversight: fewer conditions than the order of the equations asks for, where observations,
// Problem.Open or the kind of the equations may make up for it. A problem that is not valid has none.
//
// Conditions are counted, at the two ends of each coordinate, against the order in it of the whole system: the sum of orders of one unknown from each
// equation, as large as it can be (Jacobi's bound). So a pressure whose time derivative is in no equation wants no initial value.
func (p Problem) Notes() []string {
	if p.Validate() != nil {
		return nil
	}
	var notes []string
	for _, g := range p.gaps() {
		notes = append(notes, "pinns: "+g.text)
	}
	return notes
}

// gaps are those of a problem whose conditions are valid one by one.
func (p Problem) gaps() []gap {
	equations, err := p.orders()
	if err != nil {
		return nil // Validate says so
	}
	var out []gap
	missing := p.uncovered()
	first, said := p.initialGap(equations)
	if said {
		out = append(out, first)
	}
	if t := p.time(); t != "" && (said && (first.certain || len(p.Observations) > 0) || p.observedFirst(t)) {
		low, _ := p.ends(t)
		missing = slices.DeleteFunc(missing, func(part string) bool { return part == low })
	}
	for _, part := range missing {
		out = append(out, gap{
			text: fmt.Sprintf("no condition on the part %q of the boundary, want one, or the part in Problem.Open", part) +
				p.excuse(),
			certain: len(p.Observations) == 0, unknowns: p.Unknowns,
		})
	}
	return append(out, p.spaceGaps(equations)...)
}

// excuse is what a note on a missing condition ends with.
func (p Problem) excuse() string {
	if len(p.Observations) > 0 {
		return "; the observations have to make up for it"
	}
	return ""
}

// uncovered are the parts of the boundary without a condition, but for those that may have none.
func (p Problem) uncovered() []string {
	parts := p.parts()
	covered := append([]string{"final"}, p.Open...)
	for _, c := range p.Conditions {
		if c.validate(p, parts) == nil {
			covered = append(covered, c.parts(p, parts)...)
		}
	}
	return slices.DeleteFunc(parts, func(part string) bool { return slices.Contains(covered, part) })
}

// orders has the unknowns and derivatives that are in each equation.
func (p Problem) orders() ([][]expression.Derivative, error) {
	if p.Residual == nil {
		return p.occurrences(p.System())
	}
	if len(p.Unknowns) > 1 { // the derivatives do not say of which
		return nil, nil
	}
	found := []expression.Derivative{{Of: p.Unknowns[0]}}
	for _, d := range p.Derivatives {
		by := strings.Fields(d)
		if !slices.ContainsFunc(p.Coordinates, func(x string) bool { return len(x) > 1 }) {
			by = strings.Split(d, "")
		}
		found = append(found, expression.Derivative{Of: p.Unknowns[0], By: by})
	}
	return [][]expression.Derivative{found}, nil
}

// occurrences are the unknowns, as derivatives of order 0, and the derivatives in each equation of a system.
func (p Problem) occurrences(s expression.System) ([][]expression.Derivative, error) {
	equations, err := s.WrittenOut()
	if err != nil {
		return nil, err
	}
	out := make([][]expression.Derivative, len(equations))
	for i, e := range equations {
		whole := expression.Replace(expression.Binary{Op: expression.Minus, Left: e.Left, Right: e.Right}, func(leaf expression.Expr) expression.Expr {
			if v, ok := p.Coefficients[leaf.String()]; ok && v == 0 { // what it multiplies does not count
				return expression.Number(0)
			}
			return leaf
		})
		out[i] = p.atoms(expression.Simplify(whole))
	}
	return out, nil
}

// order is how many of a derivative's coordinates are among some.
func order(d expression.Derivative, along []string) int {
	n := 0
	for _, x := range d.By {
		if slices.Contains(along, x) {
			n++
		}
	}
	return n
}

// leading are the derivatives of the highest order along coordinates of each unknown, order 0 left out, and the orders of all unknowns.
func (p Problem) leading(equations [][]expression.Derivative, along []string) (names []string, highest map[string]int) {
	highest = map[string]int{}
	lead := map[string]string{}
	for _, d := range slices.Concat(equations...) {
		if n := order(d, along); n > highest[d.Of] {
			highest[d.Of], lead[d.Of] = n, d.String()
		}
	}
	for _, u := range p.Unknowns {
		if highest[u] > 0 {
			names = append(names, lead[u])
		}
	}
	return names, highest
}

// mostUnknowns bounds the work of systemOrder, which doubles with each unknown.
const mostUnknowns = 12

// systemOrder is the order of the whole system along coordinates; ok is false where it is not known, as for unequal numbers of equations and unknowns.
//
// It is the largest sum of orders over all ways to give each equation an unknown of its own: Jacobi's bound on the number of constants in the solution.
func (p Problem) systemOrder(equations [][]expression.Derivative, along []string) (sum int, ok bool) {
	n := len(p.Unknowns)
	if len(equations) != n || n > mostUnknowns {
		return 0, false
	}
	best := map[int]int{0: 0} // by the set of unknowns that are taken
	for _, equation := range equations {
		next := map[int]int{}
		for taken, sum := range best {
			for _, d := range equation {
				u := 1 << slices.Index(p.Unknowns, d.Of)
				if taken&u == 0 {
					next[taken|u] = max(next[taken|u], sum+order(d, along))
				}
			}
		}
		best = next
	}
	sum, ok = best[1<<n-1]
	return sum, ok
}

// ends are the names of the parts at the two ends of a coordinate; empty where these are no planes.
func (p Problem) ends(x string) (low, high string) { return Condition{Along: x}.ends(p) }

// given are the conditions at the ends of a coordinate, each with what it is about; of two for the same unknown at one end, such as u = 0 and u = 1, one
// counts. Periodicity counts once for each unknown and order.
func (p Problem) given(x string, ends ...string) [][]expression.Derivative {
	var out [][]expression.Derivative
	seen := map[string]bool{}
	parts := p.parts()
	for _, c := range p.Conditions {
		if c.Along != "" && c.Along == x {
			for _, u := range p.Unknowns {
				for k := range c.Order + 1 {
					out = append(out, []expression.Derivative{{Of: u, By: slices.Repeat([]string{x}, k)}})
				}
			}
		}
		if c.Along != "" {
			continue
		}
		about, name := p.about(c)
		for i, end := range ends {
			if key := fmt.Sprint(i, name); slices.Contains(c.parts(p, parts), end) && !seen[key] {
				seen[key] = true
				out = append(out, about)
			}
		}
	}
	return out
}

// about is the unknowns and derivatives in a condition, with a name that two conditions share if they fix the same one.
func (p Problem) about(c Condition) (found []expression.Derivative, name string) {
	s, err := c.system(p)
	if err != nil {
		return nil, c.Equation
	}
	all, err := p.occurrences(s)
	if err != nil || len(all[0]) != 1 {
		return slices.Concat(all...), c.Equation
	}
	return all[0], all[0][0].String()
}

// handedOn adds to the conditions in time the unknowns that observations give at the first moment, as those of [March] do, where no condition has.
func (p Problem) handedOn(t string, given [][]expression.Derivative) [][]expression.Derivative {
	if !p.observedFirst(t) {
		return given
	}
	for _, u := range p.Unknowns {
		if !slices.ContainsFunc(given, func(about []expression.Derivative) bool {
			return len(about) == 1 && about[0].Of == u && len(about[0].By) == 0
		}) {
			given = append(given, []expression.Derivative{{Of: u}})
		}
	}
	return given
}

// observedFirst tells whether all points of some observations are at the first moment.
func (p Problem) observedFirst(t string) bool {
	axis := slices.Index(p.Coordinates, t)
	from, _ := p.Domain.Bounds()
	return slices.ContainsFunc(p.Observations, func(o Observations) bool {
		return len(o.Points) > 0 && !slices.ContainsFunc(o.Points, func(x []float64) bool { return len(x) <= axis || x[axis] != from[axis] })
	})
}

// initialGap compares the conditions at the two ends of time with the order in time.
func (p Problem) initialGap(equations [][]expression.Derivative) (gap, bool) {
	t := p.time()
	low, high := "", ""
	if t != "" {
		low, high = p.ends(t)
	}
	names, highest := p.leading(equations, []string{t})
	if low == "" || high == "" || len(names) == 0 {
		return gap{}, false
	}
	given := p.handedOn(t, p.given(t, low, high))
	want, known := p.systemOrder(equations, []string{t})
	short := known && len(given) < want
	var missing, unknowns []string
	total, useful := 0, 0
	for _, about := range given {
		if slices.ContainsFunc(about, func(d expression.Derivative) bool { return highest[d.Of] > 0 }) {
			useful++
		}
	}
	for _, u := range p.Unknowns {
		total += highest[u]
		for k := range highest[u] {
			has := slices.ContainsFunc(given, func(about []expression.Derivative) bool {
				return slices.ContainsFunc(about, func(d expression.Derivative) bool { return d.Of == u && order(d, []string{t}) == k })
			})
			if !has {
				missing, unknowns = append(missing, called(expression.Derivative{Of: u, By: slices.Repeat([]string{t}, k)})), append(unknowns, u)
			}
		}
	}
	// A constraint, as that a flow has no divergence, may leave fewer states to start from than there are time derivatives.
	if !short && (useful >= total || len(missing) == 0) {
		return gap{}, false
	}
	return gap{
		text:    p.initialText(low, names, missing, len(given), want, short) + p.excuse(),
		certain: short && p.Residual == nil && len(p.Observations) == 0 && !slices.Contains(p.Open, low) && !slices.Contains(p.Open, high),
		along:   t, unknowns: slices.Compact(unknowns),
	}, true
}

func (p Problem) initialText(part string, names, missing []string, given, want int, short bool) string {
	text := "no condition at the first time is about " + strings.Join(missing, ", ")
	if short {
		text = fmt.Sprintf("%d of the %d conditions in time that %s asks for", given, want, strings.Join(names, " with "))
		if len(missing) > 0 {
			text += ", none on " + strings.Join(missing, ", ")
		}
	}
	example := p.Unknowns[0]
	if len(missing) > 0 {
		example = missing[0]
	}
	return fmt.Sprintf("%s; want one such as {Name: %q, Equation: \"%s = 0\", On: []string{%q}}, or %q in Problem.Open",
		text, "initial "+example, example, part, part)
}

// spaceGaps compares the conditions at the two ends of each coordinate of space, and on parts that are no such end, with the order there.
func (p Problem) spaceGaps(equations [][]expression.Derivative) []gap {
	var out []gap
	skip := append(p.uncovered(), p.Open...) // said already, or meant
	t := p.time()
	plain := slices.Clone(skip)
	if t != "" {
		low, high := p.ends(t)
		plain = append(plain, low, high)
	}
	for _, x := range p.space() {
		low, high := p.ends(x)
		if low == "" || high == "" {
			continue
		}
		plain = append(plain, low, high)
		given := len(p.given(x, low, high))
		want, ok := p.systemOrder(equations, []string{x})
		if !ok || given >= want || slices.Contains(skip, low) || slices.Contains(skip, high) {
			continue
		}
		names, _ := p.leading(equations, []string{x})
		how := fmt.Sprintf("want more on %q or %q", low, high)
		if slices.ContainsFunc(p.Conditions, func(c Condition) bool { return c.Along == x }) {
			how = fmt.Sprintf("want a larger order of Periodic(%q, …), one less than that of the equation", x)
		}
		out = append(out, gap{
			text:  fmt.Sprintf("%d of the %d conditions at the two ends of %s that %s asks for; %s", given, want, x, strings.Join(names, " with "), how) + p.excuse(),
			along: x, unknowns: p.Unknowns,
		})
	}
	want, ok := p.systemOrder(equations, p.space())
	for _, part := range p.parts() {
		if given := len(p.given("", part)); ok && given < want/2 && !slices.Contains(plain, part) {
			names, _ := p.leading(equations, p.space())
			out = append(out, gap{
				text:     fmt.Sprintf("%d of the %d conditions on the part %q that %s asks for; want more", given, want/2, part, strings.Join(names, " with ")) + p.excuse(),
				unknowns: p.Unknowns,
			})
		}
	}
	return out
}
