package zoo_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func TestReferences(t *testing.T) {
	keys := zoo.BibKeys()
	if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Errorf("keys %v, want them sorted and each once", keys)
	}
	for _, key := range keys {
		entry, err := zoo.Bib(key)
		if err != nil {
			t.Error(err)
			continue
		}
		if strings.Count(entry, "{") != strings.Count(entry, "}") {
			t.Errorf("%s: braces do not match", key)
		}
		required := map[string][]string{
			"@article":       {"author", "title", "year", "journal"},
			"@inproceedings": {"author", "title", "year", "booktitle"},
			"@book":          {"(author|editor)", "title", "year", "publisher"},
			"@techreport":    {"author", "title", "year", "institution"},
			"@misc":          {"author", "title", "year"},
		}
		kind, _, _ := strings.Cut(entry, "{")
		if required[kind] == nil {
			t.Errorf("%s: kind %s, want one that this test knows the fields of", key, kind)
		}
		for _, field := range required[kind] {
			if !regexp.MustCompile(`(?m)^\s*` + field + `\s*= \{.+\},?$`).MatchString(entry) {
				t.Errorf("%s: no field %s", key, field)
			}
		}
	}
	if entry, err := zoo.Bib("li2021fno"); err != nil || !strings.HasPrefix(entry, "@inproceedings{li2021fno,") || !strings.HasSuffix(entry, "\n}") {
		t.Errorf("Bib(li2021fno) = %q, %v, want that entry and no other", entry, err)
	}
	if _, err := zoo.Bib("li2021"); err == nil || !strings.Contains(err.Error(), `bib key = "li2021"`) {
		t.Errorf("an unknown key gives %v", err)
	}
}

// cited matches "bib: key" and "bib: key, key", also where a comment's line breaks.
var cited = regexp.MustCompile(`\bbib:\s+([a-z]+[0-9]{4}[a-z0-9]*(?:,\s+[a-z]+[0-9]{4}[a-z0-9]*)*)`)

func TestEveryCitedKeyExists(t *testing.T) {
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	keys, uses := zoo.BibKeys(), map[string]int{}
	for _, path := range goFiles(t, root) {
		for _, text := range comments(t, path) {
			found := cited.FindAllStringSubmatch(text, -1)
			if len(found) != strings.Count(text, " bib: ")+strings.Count(text, "\nbib: ") {
				t.Errorf("%s: %q, want bib: followed by keys such as li2021fno, with commas between", path, text)
			}
			for _, match := range found {
				for key := range strings.SplitSeq(match[1], ",") {
					key = strings.TrimSpace(key)
					uses[key]++
					if !slices.Contains(keys, key) {
						t.Errorf("%s: cites %s, want a key of zoo/references.bib", path, key)
					}
				}
			}
		}
	}
	if uses["li2021fno"] == 0 {
		t.Error("no file cites li2021fno: the comments were not read")
	}
}

// goFiles lists the module's Go files but for this package's tests, which speak of keys that do not exist.
func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil || strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "bib_test.go") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// comments is the text of a file's comments.
func comments(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, group := range f.Comments {
		texts = append(texts, group.Text())
	}
	return texts
}
