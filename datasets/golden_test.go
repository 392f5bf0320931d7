package datasets_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata; raise the recipe's Version as well")

// golden is a file of testdata: what a recipe gave at its version. If a value changes, the recipe's Version must
// go up, or else data kept under the old key would be taken for the new.
type golden struct {
	Origin  string
	Version int
	Recipe  json.RawMessage
	Values  []goldenValue
}

type goldenValue struct {
	Array string
	Index int
	Value float64
}

// checkGolden compares a few values of every array of r with testdata/<name>.json.
func checkGolden(t *testing.T, r datasets.Recipe, tolerance float64) {
	t.Helper()
	set, err := datasets.Load(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", r.Name()+".json")
	if *update {
		writeGolden(t, path, r, set)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want golden
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	recipe, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var old, now any
	if json.Unmarshal(want.Recipe, &old) != nil || json.Unmarshal(recipe, &now) != nil || !equalJSON(old, now) {
		t.Fatalf("%s is for %s, want %s", path, want.Recipe, recipe)
	}
	if want.Version != r.Version() {
		t.Errorf("%s is for version %d, the recipe has %d", path, want.Version, r.Version())
	}
	if len(want.Values) < 2*len(set.Arrays) {
		t.Errorf("%s has %d values, want two or more an array", path, len(want.Values))
	}
	for _, v := range want.Values {
		a, ok := set.Array(v.Array)
		if !ok {
			t.Errorf("no array %s", v.Array)
			continue
		}
		if got := a.Values[v.Index]; !(math.Abs(got-v.Value) <= tolerance) {
			t.Errorf("%s[%d] = %v, want %v: raise Version if this is meant", v.Array, v.Index, got, v.Value)
		}
	}
}

func equalJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func writeGolden(t *testing.T, path string, r datasets.Recipe, set datasets.Set) {
	t.Helper()
	recipe, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	g := golden{
		Origin:  "go test ./datasets -update: our own solver in float64",
		Version: r.Version(), Recipe: recipe,
	}
	for _, a := range set.Arrays {
		n := len(a.Values)
		for _, i := range []int{0, n / 3, n / 2, n - 1} {
			g.Values = append(g.Values, goldenValue{a.Name, i, a.Values[i]})
		}
	}
	text, err := json.MarshalIndent(g, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
