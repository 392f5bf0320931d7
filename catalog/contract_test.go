package catalog_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func TestContract(t *testing.T) {
	for _, m := range catalog.Models() {
		t.Run(m.Kind, func(t *testing.T) { check.Contract(t, m) })
	}
}

func TestEveryEntryHasAModelOfItsSource(t *testing.T) {
	for _, e := range catalog.Entries() {
		if !slices.ContainsFunc(e.Models, func(m zoo.Method) bool { return m.Bib == e.Bib }) {
			t.Errorf("%s: no model cites %s", e.Slug, e.Bib)
		}
	}
}

func TestModel(t *testing.T) {
	want := fno.Default()
	settings, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := catalog.Model("fno.Model", settings)
	if m, ok := got.(fno.Model); err != nil || !ok || m.Width != want.Width || !slices.Equal(m.Modes, want.Modes) {
		t.Errorf("Model gives %+v, %v, want %+v", got, err, want)
	}
	for _, c := range []struct{ kind, settings, want string }{
		{"nothing.Model", `{}`, `model kind = "nothing.Model"`},
		{"fno.Model", `{"Modes": "many"}`, "settings of a fno.Model"},
		{"fno.Model", `{"Modi": [3]}`, `unknown field "Modi"`},
		{"fno.Model", `{"Modes": [3]}`, "Model.Width = 0"},
	} {
		if _, err := catalog.Model(c.kind, []byte(c.settings)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Model(%s, %s) gives %v, want %q", c.kind, c.settings, err, c.want)
		}
	}
}
