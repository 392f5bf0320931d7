package catalog_test

import (
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
)

func TestPages(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range catalog.Entries() {
		seen[e.Slug] = true
	}
	for _, p := range catalog.Pages() {
		if seen[p.Slug] {
			t.Errorf("slug %q is listed twice", p.Slug)
		}
		seen[p.Slug] = true
		if want := "notebooks/" + p.Package + "/" + p.Slug + ".ipynb"; p.Title == "" || p.Notebook != want {
			t.Errorf("%s: title %q, notebook %s; want a title and %s", p.Slug, p.Title, p.Notebook, want)
		}
		if got, ok := catalog.FindPage(p.Slug); !ok || got != p {
			t.Errorf("FindPage(%q) = %+v, %v", p.Slug, got, ok)
		}
	}
	if p, ok := catalog.FindPage("fno"); ok {
		t.Errorf("FindPage(fno) = %+v, want none: it is a method", p)
	}
	if _, err := catalog.Find("galery"); err == nil || !strings.Contains(err.Error(), "did you mean gallery?") {
		t.Errorf("Find(galery) = %v, want a suggestion", err)
	}
}
