package expression

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says what is wrong in a text, and where. Found in an error by [errors.As].
type SyntaxError struct {
	Text   string
	Offset int    // in bytes
	Found  string // what stands there
	Want   string // what would be right
}

// Error is what was found and what was wanted, and below it the text with a caret at that place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("expression: %s at column %d, want %s\n\t%s", e.Found, e.Column(), e.Want, e.shown())
}

// Column counts from 1, in characters.
func (e *SyntaxError) Column() int { return utf8.RuneCountInString(e.Text[:e.Offset]) + 1 }

// shown is the text around the place, on one line, and a caret below.
func (e *SyntaxError) shown() string {
	const before, width = 50, 100
	place := e.Column() - 1
	line := []rune(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, e.Text))
	start := max(0, place-before)
	end := min(len(line), start+width)
	from, to := "", ""
	if start > 0 {
		from = "…"
	}
	if end < len(line) {
		to = "…"
	}
	caret := strings.Repeat(" ", place-start+utf8.RuneCountInString(from)) + "^"
	return from + string(line[start:end]) + to + "\n\t" + caret
}

// kind is what a token is.
type kind int

const (
	end kind = iota
	number
	name
	sign // one of + - * / ^ ( ) =
)

// token is a piece of a text.
type token struct {
	kind kind
	text string
	at   int // offset in bytes
}

// String is the token as a message shows it.
func (t token) String() string {
	if t.kind == end {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

// maxLength bounds a text, in bytes: a page or two of equations.
const maxLength = 10_000

// tokens cuts a text into its tokens, the last of them the end.
func tokens(text string) ([]token, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("expression: a text of %d bytes, want at most %d", len(text), maxLength)
	}
	var out []token
	for at := 0; at < len(text); {
		c := text[at]
		var length int
		var what kind
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			at++
			continue
		case letter(c):
			what, length = name, run(text[at:], func(c byte) bool { return letter(c) || digit(c) || c == '_' })
		case digit(c) || c == '.' && at+1 < len(text) && digit(text[at+1]):
			what, length = number, numberLength(text[at:])
		case strings.IndexByte("+-*/^()=", c) >= 0:
			what, length = sign, 1
		default:
			found, want := strange(text[at:])
			return nil, &SyntaxError{text, at, found, want}
		}
		if two := text[at:min(at+2, len(text))]; two == "**" {
			return nil, &SyntaxError{text, at, `"**"`, `"^" for a power`}
		}
		out = append(out, token{what, text[at : at+length], at})
		at += length
	}
	return append(out, token{kind: end, at: len(text)}), nil
}

// strange says what is wrong with a text's first character, which starts no token.
func strange(text string) (found, want string) {
	r, _ := utf8.DecodeRuneInString(text)
	found = fmt.Sprintf("%q", string(r))
	switch {
	case r == utf8.RuneError:
		return "a byte that is no UTF-8", "plain text"
	case r == '_':
		return found, "a name before it, as in u_x"
	case r > 127:
		return found, "names in the letters a to z and A to Z; Greek ones are spelled out, as nu or alpha"
	}
	return found, "names, numbers and + - * / ^ ( ) ="
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func digit(c byte) bool { return '0' <= c && c <= '9' }

// run is the length of the longest start of a text whose bytes are all wanted.
func run(text string, wanted func(c byte) bool) int {
	n := 0
	for n < len(text) && wanted(text[n]) {
		n++
	}
	return n
}

// numberLength is the length of the number that a text starts with: digits, a fraction, an exponent.
func numberLength(text string) int {
	n := run(text, digit)
	if n < len(text) && text[n] == '.' {
		n++
		n += run(text[n:], digit)
	}
	if n < len(text) && (text[n] == 'e' || text[n] == 'E') {
		exponent := n + 1
		if exponent < len(text) && (text[exponent] == '+' || text[exponent] == '-') {
			exponent++
		}
		if digits := run(text[exponent:], digit); digits > 0 {
			n = exponent + digits
		}
	}
	return n
}

// isName tells whether a text is one name.
func isName(text string) bool {
	found, err := tokens(text)
	return err == nil && len(found) == 2 && found[0].kind == name && found[0].text == text
}
