package catalog_test

import (
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
)

// TestPapers: each line has a recipe of the catalog with settings that it accepts, or says what it waits for.
func TestPapers(t *testing.T) {
	made := 0
	for _, p := range catalog.Papers() {
		if p.Paper == "" || p.What == "" || (p.Recipe == nil) != (p.Waits != "") {
			t.Errorf("%+v, want a name, what it is, and either a recipe or why there is none", p)
		}
		if p.Recipe == nil {
			continue
		}
		made++
		if err := p.Recipe.Validate(); err != nil {
			t.Errorf("%s: %v", p.Paper, err)
		}
		if _, err := catalog.FindRecipe(p.Recipe.Name()); err != nil {
			t.Errorf("%s: %v", p.Paper, err)
		}
	}
	if made < 20 {
		t.Errorf("%d lines have a recipe, want 20 or more", made)
	}
}
