package zoo

import (
	_ "embed" // the references
	"fmt"
	"strings"
)

//go:embed references.bib
var references string

// Bib is the BibTeX entry of a key of references.bib: what to cite for code whose comment names that key.
//
// Errors: no such key.
func Bib(key string) (string, error) {
	for entry := range entries(references) {
		if bibKey(entry) == key {
			return entry, nil
		}
	}
	return "", fmt.Errorf("zoo: bib key = %q, want one of zoo/references.bib", key)
}

// BibKeys lists the keys of references.bib, in its order.
func BibKeys() []string {
	var keys []string
	for entry := range entries(references) {
		keys = append(keys, bibKey(entry))
	}
	return keys
}

// entries goes through the entries of a bibliography, in which each begins a line with @.
func entries(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq("\n"+text, "\n@") {
			if part = strings.TrimSpace(part); part != "" && !yield("@"+part) {
				return
			}
		}
	}
}

// bibKey is the key of @type{key, ….
func bibKey(entry string) string {
	_, rest, _ := strings.Cut(entry, "{")
	key, _, _ := strings.Cut(rest, ",")
	return strings.TrimSpace(key)
}
