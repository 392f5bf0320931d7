package imports_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/imports"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

func saved(t *testing.T, s *store.Store, name, hash string) {
	t.Helper()
	if _, err := imports.Save(t.Context(), s, imports.Set{Name: name, Hash: hash + strings.Repeat("0", 64-len(hash))}); err != nil {
		t.Fatal(err)
	}
}

func TestSetsAreFoundByTheBeginningOfTheirHash(t *testing.T) {
	s, err := store.Open(filepath.Join(t.TempDir(), "with [odd] *name"))
	if err != nil {
		t.Fatal(err)
	}
	saved(t, s, "one", "0123456789a")
	saved(t, s, "two", "0123456789b")
	saved(t, s, "three", "fedcba98")
	for _, c := range []struct{ ask, name, says string }{
		{"one", "one", ""},
		{"0123456789a", "one", ""},
		{"0123456789b" + strings.Repeat("0", 53), "two", ""},
		{"fedcba98", "three", ""},
		{"01234567", "", "the beginning of 2 hashes"},
		{"fedcba9", "", `no imported set "fedcba9"`},
		{"fedcba98" + strings.Repeat("0", 20) + "1", "", "no imported set"},
		{"../../x", "", "imported were one, three, two"},
		{"", "", `no imported set ""`},
	} {
		set, err := imports.Find(s, c.ask)
		switch {
		case c.name != "" && (err != nil || set.Name != c.name):
			t.Errorf("Find(%q) = %q, %v; want %s", c.ask, set.Name, err, c.name)
		case c.name == "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("Find(%q): error = %v, want one with %q", c.ask, err, c.says)
		}
	}
	for _, name := range []string{"", "a/b", "../x", ".hidden", "deadbeef", strings.Repeat("x", 81)} {
		if err := imports.CheckName(name); err == nil {
			t.Errorf("the name %q is taken", name)
		}
	}
}

func TestADamagedIndexIsNamed(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	saved(t, s, "one", "0123456789a")
	files, err := filepath.Glob(filepath.Join(s.Dir(), "data", "import-name-*", "import.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v; want one index", files, err)
	}
	if err := os.WriteFile(files[0], []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = imports.Find(s, "one")
	var bad *store.CorruptError
	if !errors.As(err, &bad) || bad.Path != files[0] {
		t.Errorf("error = %v, want a CorruptError that names %s", err, files[0])
	}
	saved(t, s, "one", "0123456789a") // importing again mends it
	if _, err := imports.Find(s, "one"); err != nil {
		t.Error(err)
	}
}
