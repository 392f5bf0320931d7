package catalog_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/layers/timemlp"
	"github.com/fieldbook-go/fieldbook/operators"
	"github.com/fieldbook-go/fieldbook/operators/cnn"
	"github.com/fieldbook-go/fieldbook/operators/deeponet"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func TestRecipes(t *testing.T) {
	folder := regexp.MustCompile(`^[a-z0-9-]{1,60}$`) // part of a folder's name in the store
	seen := map[string]bool{}
	for _, r := range catalog.Recipes() {
		if !folder.MatchString(r.Name) || seen[r.Name] || r.Title == "" {
			t.Errorf("recipe %q with title %q, want a name in lower case, once, and a title", r.Name, r.Title)
		}
		seen[r.Name] = true
		if err := r.Default.Validate(); err != nil {
			t.Errorf("%s: the default is not valid: %v", r.Name, err)
		}
		if got, err := catalog.FindRecipe(r.Name); err != nil || got.Name != r.Name {
			t.Errorf("FindRecipe(%s) = %s, %v", r.Name, got.Name, err)
		}
		settings, err := r.Settings()
		if err != nil {
			t.Fatal(err)
		}
		fields := reflect.TypeOf(r.Default)
		if len(settings) != fields.NumField() {
			t.Errorf("%s: %d settings, want its %d fields", r.Name, len(settings), fields.NumField())
		}
		var assignments []string
		for i, s := range settings {
			if want := fields.Field(i).Name; s.Name != want {
				t.Errorf("%s: setting %d is %s, want %s", r.Name, i, s.Name, want)
			}
			assignments = append(assignments, s.Name+"="+string(s.Value))
		}
		if same, err := r.With(assignments); err != nil || !reflect.DeepEqual(same, r.Default) {
			t.Errorf("%s with its own settings is %+v, %v; want the default", r.Name, same, err)
		}
	}
	if _, err := catalog.FindRecipe("burger"); err == nil || !strings.Contains(err.Error(), "did you mean burgers?") {
		t.Errorf("error = %v, want a suggestion", err)
	}
}

func TestRecipeWith(t *testing.T) {
	r, err := catalog.FindRecipe("burgers")
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.With([]string{"Grid=256", "Viscosity=1e-2", "Seed=18446744073709551615"})
	want := datasets.Burgers{Viscosity: 0.01, Grid: 256, Train: 1000, Test: 200, Seed: 1<<64 - 1}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if again, err := catalog.FindRecipe("burgers"); err != nil || again.Default != r.Default {
		t.Errorf("the default changed to %+v", again.Default)
	}
	for _, tc := range []struct {
		assignments []string
		want        []string
	}{
		{[]string{"Grid"}, []string{`"Grid"`, "Field=value"}},
		{[]string{"grid=256"}, []string{`no field "grid"`, "did you mean Grid?"}},
		{[]string{"Viscositty=1"}, []string{"did you mean Viscosity?"}},
		{[]string{"Colour=1"}, []string{`no field "Colour"`, "Viscosity, Grid, Train"}},
		{[]string{"Grid=2.5"}, []string{"burgers.Grid = 2.5", "type int"}},
		{[]string{"Grid=many"}, []string{"burgers.Grid = many", "type int"}},
		{[]string{"Grid="}, []string{"burgers.Grid = ", "type int"}},
		{[]string{"Grid=[1]"}, []string{"burgers.Grid = [1]", "type int"}},
		{[]string{"Seed=-1"}, []string{"burgers.Seed = -1", "type uint64"}},
		{[]string{"Viscosity=1e999"}, []string{"burgers.Viscosity = 1e999"}},
		{[]string{"Grid=64", "Grid=32"}, []string{"set twice"}},
		{[]string{"Grid=100"}, []string{"Burgers.Grid = 100", "divisor"}},
		{[]string{"Gird=1", "Train=x", "Test"}, []string{"did you mean Grid?", "burgers.Train = x", `"Test"`}},
	} {
		_, err := r.With(tc.assignments)
		for _, want := range tc.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("With(%q): error %v, want one with %q", tc.assignments, err, want)
			}
		}
	}
}

func TestTasksAreOpenedFromTheirManifest(t *testing.T) {
	burgers := datasets.Burgers{Viscosity: 0.1, Grid: 64, Train: 3, Test: 2}
	flow := datasets.NavierStokes{Viscosity: 1e-3, Grid: 16, Train: 3, Test: 2, Out: 2}
	network := fno.Model{Modes: []int{4}, Width: 8, Depth: 2, Out: 1}
	network2 := network
	network2.Modes = []int{4, 4}
	for _, want := range []zoo.Task{
		operators.Learn(network, burgers),
		operators.Learn(cnn.Default(), burgers),
		operators.Learn(deeponet.Default(), datasets.Burgers{Viscosity: 0.1, Grid: 128, Train: 3, Test: 2}),
		operators.Learn(network2, datasets.Darcy{Grid: 22, Finest: 85, Train: 3, Test: 2}),
		operators.Pairs{Model: operators.Autoregressive{Model: network2, Frames: 2}, Recipe: flow, Scaling: operators.Shared},
		diffusion.Denoise{
			Model: timemlp.Default(), Recipe: datasets.Density{Kind: datasets.Ring8, Train: 2, Test: 1}, Schedule: diffusion.StandardEDM(),
			SigmaData: 0.5, Label: diffusion.ByNoise, Times: diffusion.LogNormalTimes{Mean: -1.2, Std: 1.2},
		},
	} {
		text, err := kinds.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := catalog.OpenTask(kinds.Name(want), text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s was opened as %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, tc := range []struct{ name, text, want string }{
		{"main.Mine", `{}`, `"main.Mine" is unknown`},
		{"fno.Model", `{"Modes":[1],"Width":1,"Depth":1,"Out":1}`, "fno.Model is no task"},
		{"operators.Pairs", `{"Model":{"kind":"fno.Model","settings":{"Modes":[4],"Heads":1}}}`, "Heads"},
		{"operators.Pairs", `{}`, "Pairs.Model is nil"},
		{"operators.Pairs", `{"Model":`, "unexpected EOF"},
	} {
		if _, err := catalog.OpenTask(tc.name, []byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("OpenTask(%s, %s): error %v, want one with %q", tc.name, tc.text, err, tc.want)
		}
	}
}

func TestKindsAreToldApart(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range catalog.Kinds() {
		if name := kinds.Name(k); seen[name] {
			t.Errorf("two types have the kind %s", name)
		} else {
			seen[name] = true
		}
	}
}
