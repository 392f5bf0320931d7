package catalog_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
)

func TestEntries(t *testing.T) {
	slugs, notebooks := map[string]bool{}, map[string]bool{}
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, e := range catalog.Entries() {
		if !name.MatchString(e.Slug) {
			t.Errorf("slug %q, want lower-case letters, digits and hyphens", e.Slug)
		}
		if slugs[e.Slug] || notebooks[e.Notebook] {
			t.Errorf("%s: its slug or its notebook %s is listed twice", e.Slug, e.Notebook)
		}
		slugs[e.Slug], notebooks[e.Notebook] = true, true
		if e.Title == "" || e.Source == "" || e.Bib == "" {
			t.Errorf("%s: title %q, source %q, bib %q, want all of them", e.Slug, e.Title, e.Source, e.Bib)
		}
		if want := "notebooks/" + e.Family + "/" + e.Slug + ".ipynb"; e.Notebook != want {
			t.Errorf("%s: notebook %s, want %s", e.Slug, e.Notebook, want)
		}
	}
}

func TestFind(t *testing.T) {
	if e, err := catalog.Find("fno"); err != nil || e.Slug != "fno" {
		t.Errorf("Find(fno) = %+v, %v", e, err)
	}
	cases := []struct{ slug, want string }{
		{"fmo", "did you mean fno?"},
		{"FNO", "did you mean fno?"},
		{"fnos", "did you mean fno?"},
		{"", "method = \"\""},
		{"nonsense", "`fieldbook list` shows"},
	}
	for _, c := range cases {
		t.Run(c.slug, func(t *testing.T) {
			_, err := catalog.Find(c.slug)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Find(%q) = %v, want an error with %q", c.slug, err, c.want)
			}
			if c.slug == "nonsense" && err != nil && strings.Contains(err.Error(), "did you mean") {
				t.Errorf("Find(%q) = %v, want no suggestion", c.slug, err)
			}
		})
	}
}
