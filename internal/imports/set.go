package imports

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/store"
)

// DType is the type of stored values.
type DType string

// The types of stored values, little-endian.
const (
	Float32 DType = "float32"
	Float64 DType = "float64"
)

// Width is the number of bytes of a value.
func (d DType) Width() int {
	if d == Float32 {
		return 4
	}
	return 8
}

// Array describes a stored array.
type Array struct {
	Name   string   `json:"name"`
	Axes   []string `json:"axes"`
	Dims   []int    `json:"dims"` // the last axis is the fastest
	Units  string   `json:"units,omitempty"`
	DType  DType    `json:"dtype"`
	From   string   `json:"from"`   // type of the values in the file, e.g. int16
	SHA256 string   `json:"sha256"` // of the stored file
	Stats  Stats    `json:"stats"`
}

// Size is the number of values.
func (a Array) Size() int {
	size := 1
	for _, d := range a.Dims {
		size *= d
	}
	return size
}

// Stats sum an array up.
type Stats struct {
	Min, Mean, Max float64 // of the finite values; 0 if there are none
	NaN, Inf       int64   // how many values are not finite
	First          int     `json:",omitempty"` // index of the first of these
}

// Set describes a stored set.
type Set struct {
	Name   string  `json:"name"`
	File   string  `json:"file"`   // that it came from, without its folder
	Hash   string  `json:"hash"`   // SHA-256 of the content
	Bundle string  `json:"bundle"` // key of the arrays
	Arrays []Array `json:"arrays"`
}

// Array finds an array by its name.
func (s Set) Array(name string) (a Array, ok bool) {
	i := slices.IndexFunc(s.Arrays, func(a Array) bool { return a.Name == name })
	if i < 0 {
		return Array{}, false
	}
	return s.Arrays[i], true
}

// Names lists the arrays.
func (s Set) Names() []string {
	names := make([]string, len(s.Arrays))
	for i, a := range s.Arrays {
		names[i] = a.Name
	}
	return names
}

// Digest is the hash of the content of arrays, whatever their order.
func Digest(arrays []Array) (string, error) {
	var lines []string
	for _, a := range arrays {
		text, err := json.Marshal([]any{a.Name, a.Axes, a.Dims, a.Units, a.DType, a.SHA256})
		if err != nil {
			return "", fmt.Errorf("imports: array %s: %w", a.Name, err)
		}
		lines = append(lines, string(text))
	}
	slices.Sort(lines)
	return sum(strings.Join(lines, "\n")), nil
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

// The keys of a set's index, and the file in it.
const (
	indexPrefix = "import-"
	namePrefix  = "import-name-"
	indexFile   = "import.json"
)

// keyDigits is how much of a hash is in a key.
const keyDigits = 16

// MinDigits is the least beginning of a hash that finds a set.
const MinDigits = 8

// isDigits tells whether a text may be the beginning of a hash.
func isDigits(text string) bool {
	return len(text) >= MinDigits && len(text) <= 2*sha256.Size && regexp.MustCompile(`^[0-9a-f]+$`).MatchString(text)
}

// CheckName tells what is wrong with the name of a set.
func CheckName(name string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$`).MatchString(name) {
		return fmt.Errorf("imports: name %q, want letters, digits, dots, dashes and underscores, at most 80", name)
	}
	if isDigits(name) {
		return fmt.Errorf("imports: name %q, want one that can't be taken for the beginning of a hash", name)
	}
	return nil
}

// Save writes the index of a set whose arrays are stored. It returns the hash that the name stood for before; empty if none.
func Save(ctx context.Context, s *store.Store, set Set) (before string, err error) {
	if err := CheckName(set.Name); err != nil {
		return "", err
	}
	byName := namePrefix + sum(set.Name)[:keyDigits]
	old, err := readIndex(s, byName)
	var bad *store.CorruptError
	if err != nil && !errors.Is(err, store.ErrMissing) && !errors.As(err, &bad) {
		return "", err
	}
	text, err := json.MarshalIndent(set, "", "  ")
	if err != nil {
		return "", fmt.Errorf("imports: %s: %w", set.Name, err)
	}
	file := store.File{Name: indexFile, Write: func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(text))
		return err
	}}
	for _, key := range []string{indexPrefix + set.Hash[:keyDigits], byName} {
		unlock, err := s.LockData(ctx, key)
		if err != nil {
			return "", err
		}
		err = s.WriteData(key, []store.File{file})
		if err = errors.Join(err, unlock()); err != nil {
			return "", err
		}
	}
	return old.Hash, nil
}

func readIndex(s *store.Store, key string) (Set, error) {
	files, err := s.ReadData(key)
	if err != nil {
		return Set{}, err
	}
	var set Set
	if err := json.Unmarshal(files[indexFile], &set); err != nil {
		return Set{}, fmt.Errorf("imports: %s: %w", key, err)
	}
	return set, nil
}

// List is every set that has a name, in the names' order.
func List(s *store.Store) ([]Set, error) {
	keys, err := keysWith(s, namePrefix)
	if err != nil {
		return nil, err
	}
	var sets []Set
	for _, key := range keys {
		set, err := readIndex(s, key)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	slices.SortFunc(sets, func(a, b Set) int { return strings.Compare(a.Name, b.Name) })
	return sets, nil
}

// keysWith are the keys of stored data that begin with a text.
func keysWith(s *store.Store, prefix string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.Dir(), "data"))
	if err != nil {
		return nil, fmt.Errorf("imports: %w", err)
	}
	var keys []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			keys = append(keys, e.Name())
		}
	}
	return keys, nil
}

// Find is the set of a name, or of the first digits of a hash.
//
// Errors: none such, with the names there are; several; a *store.CorruptError.
func Find(s *store.Store, name string) (Set, error) {
	set, err := readIndex(s, namePrefix+sum(name)[:keyDigits])
	if !errors.Is(err, store.ErrMissing) {
		return set, err
	}
	if isDigits(name) {
		if set, err := findHash(s, name); !errors.Is(err, store.ErrMissing) {
			return set, err
		}
	}
	sets, err := List(s)
	if err != nil {
		return Set{}, err
	}
	var names []string
	for _, set := range sets {
		names = append(names, set.Name)
	}
	known := "nothing was imported"
	if len(names) > 0 {
		known = "imported were " + strings.Join(names, ", ")
	}
	return Set{}, fmt.Errorf("%w: no imported set %q in %s, want a name or %d or more digits of a hash as `fieldbook import` lists them; %s",
		store.ErrMissing, name, s.Dir(), MinDigits, known)
}

// findHash is the set whose hash begins with some digits.
func findHash(s *store.Store, digits string) (Set, error) {
	short := digits[:min(len(digits), keyDigits)]
	found, err := keysWith(s, indexPrefix+short)
	if err != nil {
		return Set{}, err
	}
	switch len(found) {
	case 0:
		return Set{}, store.ErrMissing
	case 1:
	default:
		return Set{}, fmt.Errorf("imports: %q is the beginning of %d hashes, want more digits", digits, len(found))
	}
	set, err := readIndex(s, found[0])
	if err == nil && !strings.HasPrefix(set.Hash, digits) {
		return Set{}, store.ErrMissing
	}
	return set, err
}

// Shape writes an array's name with its axes, as in "u [sample 20, x 64]".
func Shape(a Array) string {
	parts := make([]string, len(a.Dims))
	for i, d := range a.Dims {
		parts[i] = fmt.Sprintf("%s %d", a.Axes[i], d)
	}
	return a.Name + " [" + strings.Join(parts, ", ") + "]"
}
