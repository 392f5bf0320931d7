package plots

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maths reads the LaTeX of a label: one line of variables, operators, scripts
// and the commands of [mathSymbol].
type maths struct {
	rest string
	runs []run
	open bool // an operand stands before: a minus sign is then a difference
}

// parseMath turns the source between two dollar signs into runs. Variables are
// slanted; digits, operators and upright words are not. A fraction is set in
// one line, with brackets where it needs them.
//
// Errors: an unknown command; a brace that is not closed or not opened.
func parseMath(source string) ([]run, error) {
	m := maths{rest: source}
	if err := m.list(1, 0); err != nil {
		return nil, err
	}
	if m.rest != "" {
		return nil, errors.New("plots: label: } without {")
	}
	return joinRuns(m.runs), nil
}

// list reads up to the closing brace or the end.
func (m *maths) list(scale, shift float64) error {
	for {
		m.rest = strings.TrimLeft(m.rest, " \t")
		if m.rest == "" || m.rest[0] == '}' {
			return nil
		}
		if err := m.item(scale, shift); err != nil {
			return err
		}
	}
}

// item reads one character, command, group or script.
func (m *maths) item(scale, shift float64) error {
	r, size := utf8.DecodeRuneInString(m.rest)
	switch r {
	case '\\':
		return m.command(scale, shift)
	case '{':
		return m.group(scale, shift)
	case '^':
		m.rest = m.rest[size:]
		return m.argument(scale*scriptScale, shift+scale*raise)
	case '_':
		m.rest = m.rest[size:]
		return m.argument(scale*scriptScale, shift+scale*lower)
	}
	m.rest = m.rest[size:]
	m.symbol(r, scale, shift)
	return nil
}

// group reads {…}.
func (m *maths) group(scale, shift float64) error {
	m.rest = m.rest[1:]
	m.open = false
	if err := m.list(scale, shift); err != nil {
		return err
	}
	if m.rest == "" {
		return errors.New("plots: label: { without }")
	}
	m.rest = m.rest[1:]
	m.open = true
	return nil
}

// argument reads what follows a command or a script mark: a group or one item.
func (m *maths) argument(scale, shift float64) error {
	m.rest = strings.TrimLeft(m.rest, " ")
	if m.rest == "" || m.rest[0] == '}' || m.rest[0] == '^' || m.rest[0] == '_' {
		return errors.New("plots: label: an argument is missing")
	}
	if m.rest[0] == '{' {
		return m.group(scale, shift)
	}
	m.open = false
	err := m.item(scale, shift)
	m.open = true
	return err
}

// symbol adds one character: spaced where it is an operator between operands
// on the line itself, slanted where it is a variable.
func (m *maths) symbol(r rune, scale, shift float64) {
	if r == '-' {
		r = '−'
	}
	if r == '\'' {
		r = '′'
	}
	text := string(r)
	const relations, operators, openers = "=<>≤≥≈≠∼≡∝∈∉⊂→←↦⇒", "+−±∓×·∗∘⊗⊕∪∩", "([⟨,;:"
	switch {
	case strings.ContainsRune(relations, r), strings.ContainsRune(operators, r) && m.open:
		if shift == 0 {
			text = " " + text + " "
		}
		m.open = false
	case strings.ContainsRune(openers, r), strings.ContainsRune(operators, r):
		if r == ',' {
			text += " "
		}
		m.open = false
	default:
		m.open = true
	}
	upper := unicode.Is(unicode.Greek, r) && unicode.IsUpper(r)
	m.add(run{text: text, scale: scale, shift: shift, slanted: unicode.IsLetter(r) && !upper && r < 0x2000})
}

func (m *maths) add(r run) { m.runs = append(m.runs, r) }

// joinRuns returns the runs with upright neighbours of one kind made one, but for
// a character that has an accent.
func joinRuns(runs []run) []run {
	var out []run
	for i, r := range runs {
		accented := i+1 < len(runs) && runs[i+1].over
		if n := len(out); n > 0 && !r.over && !r.slanted && !accented {
			last := out[n-1]
			text := last.text + r.text
			last.text = r.text
			if last == r {
				out[n-1].text = text
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

// command reads a backslash and what belongs to it.
func (m *maths) command(scale, shift float64) error {
	name := m.rest[1:]
	if end := strings.IndexFunc(name, func(r rune) bool { return r >= 0x80 || !unicode.IsLetter(r) }); end > 0 {
		name = name[:end]
	} else if end == 0 {
		_, size := utf8.DecodeRuneInString(name)
		name = name[:size]
	}
	m.rest = m.rest[1+len(name):]
	plain := func(s string) { m.add(run{text: s, scale: scale, shift: shift}) }
	switch name {
	case "frac", "dfrac", "tfrac":
		return m.fraction(scale, shift)
	case "sqrt":
		return m.root(scale, shift)
	case "mathrm", "text", "operatorname", "mathbf", "mathit", "mathcal":
		return m.words(name, scale, shift)
	case "hat", "widehat", "tilde", "widetilde", "bar", "overline", "dot", "ddot", "vec":
		return m.accent(name, scale, shift)
	case "left", "right", "big", "Big", "bigl", "bigr", "displaystyle", "limits":
		return nil // brackets keep their size, sums their line
	case ",", ";", ":", " ", "quad", "qquad", "!":
		if name != "!" {
			plain(" ")
		}
		return nil
	case "sin", "cos", "tan", "exp", "log", "ln", "max", "min", "sup", "inf", "arg", "det", "tanh", "div", "curl", "Re", "Im":
		plain(name)
		m.open = true
		return nil
	}
	r := mathSymbol(name)
	if r == 0 {
		return fmt.Errorf("plots: label: \\%s is not known", name)
	}
	m.symbol(r, scale, shift)
	return nil
}

// fraction sets \frac{a}{b} as a/b, in brackets beside another factor.
func (m *maths) fraction(scale, shift float64) error {
	factor, start := m.open, len(m.runs)
	if err := m.bracketed(scale, shift, isSum); err != nil {
		return err
	}
	m.add(run{text: "/", scale: scale, shift: shift})
	if err := m.bracketed(scale, shift, isProduct); err != nil {
		return err
	}
	if factor || m.factorFollows() {
		m.bracket(start, scale, shift)
	}
	m.open = true
	return nil
}

// root sets \sqrt{a} as √a, with brackets where a is more than a character.
func (m *maths) root(scale, shift float64) error {
	m.runs = append(m.runs, run{text: "√", scale: scale, shift: shift})
	err := m.bracketed(scale, shift, func(inner []run, shift float64) bool { return isProduct(inner, shift) || m.factorFollows() })
	m.open = true
	return err
}

// bracketed reads an argument and puts brackets round it where it needs them.
func (m *maths) bracketed(scale, shift float64, needs func(inner []run, shift float64) bool) error {
	before := m.runs
	m.runs = nil
	if err := m.argument(scale, shift); err != nil {
		return err
	}
	inner := m.runs
	m.runs = append(before, inner...)
	if needs(inner, shift) {
		m.bracket(len(before), scale, shift)
	}
	return nil
}

// bracket puts the runs from start on in brackets.
func (m *maths) bracket(start int, scale, shift float64) {
	inner := append([]run{{text: "(", scale: scale, shift: shift}}, m.runs[start:]...)
	m.runs = append(append(m.runs[:start:start], inner...), run{text: ")", scale: scale, shift: shift})
}

// isSum reports whether the runs are a sum or another expression with operators.
func isSum(inner []run, shift float64) bool {
	return slices.ContainsFunc(inner, func(r run) bool { return r.shift == shift && strings.ContainsAny(r.text, " +−/=·×") })
}

// isProduct reports whether the runs are more than one number or variable.
func isProduct(inner []run, shift float64) bool {
	count := 0
	for _, r := range inner {
		if r.shift != shift || r.over {
			continue
		}
		if strings.Trim(r.text, "0123456789.") == "" {
			count++
		} else {
			count += utf8.RuneCountInString(r.text)
		}
	}
	return count > 1
}

// factorFollows reports whether what comes next would be read as a factor.
func (m *maths) factorFollows() bool {
	next := maths{rest: strings.TrimLeft(m.rest, " "), open: true}
	for strings.HasPrefix(next.rest, "^") || strings.HasPrefix(next.rest, `\,`) || strings.HasPrefix(next.rest, `\;`) {
		next.rest = strings.TrimLeft(next.rest[min(2, len(next.rest)):], " ")
	}
	if next.rest == "" || next.rest[0] == '}' || next.item(1, 0) != nil || len(next.runs) == 0 {
		return false
	}
	first, _ := utf8.DecodeRuneInString(next.runs[0].text)
	return !strings.ContainsRune(" ,;:)]⟩|‖/", first)
}

// words reads {text} and sets it upright, or slanted for \mathit.
func (m *maths) words(name string, scale, shift float64) error {
	rest := strings.TrimLeft(m.rest, " ")
	if !strings.HasPrefix(rest, "{") {
		return fmt.Errorf("plots: label: \\%s without {", name)
	}
	inner, after, ok := strings.Cut(rest[1:], "}")
	if !ok || strings.ContainsAny(inner, `{\`) {
		return fmt.Errorf("plots: label: \\%s takes plain text", name)
	}
	m.rest = after
	m.add(run{text: inner, scale: scale, shift: shift, slanted: name == "mathit" || name == "mathcal"})
	m.open = true
	return nil
}

// accent sets one character and a mark over it.
func (m *maths) accent(name string, scale, shift float64) error {
	before := len(m.runs)
	if err := m.argument(scale, shift); err != nil {
		return err
	}
	if len(m.runs) != before+1 || utf8.RuneCountInString(m.runs[before].text) != 1 {
		return fmt.Errorf("plots: label: \\%s takes one character", name)
	}
	mark := map[string]string{
		"hat": "ˆ", "widehat": "ˆ", "tilde": "˜", "widetilde": "˜", "bar": "¯", "overline": "¯",
		"dot": "˙", "ddot": "¨", "vec": "→",
	}[name]
	r := run{text: mark, scale: scale, shift: shift, over: true}
	if letter, _ := utf8.DecodeRuneInString(m.runs[before].text); unicode.IsUpper(letter) || strings.ContainsRune("bdfhkl", letter) {
		r.shift += 0.18 * scale // capitals are taller than x by so much
	}
	if name == "vec" {
		r.scale *= 0.6
		r.shift += 0.5 * scale
	}
	m.runs = append(m.runs, r)
	return nil
}

// mathSymbol returns the character of a LaTeX command, or 0.
func mathSymbol(name string) rune {
	const greek = "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι " +
		"kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ varrho ϱ sigma σ tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω " +
		"Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω "
	const others = "partial ∂ nabla ∇ | ‖ Vert ‖ lVert ‖ rVert ‖ vert | mid | in ∈ notin ∉ subset ⊂ infty ∞ int ∫ iint ∬ oint ∮ " +
		"sum ∑ prod ∏ pm ± mp ∓ times × cdot · ast ∗ circ ∘ otimes ⊗ oplus ⊕ le ≤ leq ≤ ge ≥ geq ≥ ll ≪ gg ≫ approx ≈ " +
		"ne ≠ neq ≠ sim ∼ equiv ≡ propto ∝ to → rightarrow → leftarrow ← mapsto ↦ Rightarrow ⇒ forall ∀ exists ∃ cup ∪ " +
		"cap ∩ emptyset ∅ langle ⟨ rangle ⟩ ell ℓ hbar ℏ dagger † prime ′ dots … ldots … cdots ⋯ degree ° { { } } % % $ $ _ _ & & # #"
	words := strings.Fields(greek + others)
	for i := 0; i < len(words); i += 2 {
		if words[i] == name {
			r, _ := utf8.DecodeRuneInString(words[i+1])
			return r
		}
	}
	return 0
}
