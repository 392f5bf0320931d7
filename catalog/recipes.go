package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
)

// Recipe is a kind of data set that can be made from the command line.
type Recipe struct {
	Name    string
	Title   string
	Default datasets.Recipe
	decode  func(settings []byte) (datasets.Recipe, error) // on top of Default
}

// Recipes returns all recipes, with settings that are soon made on two cores; the papers' are in each recipe's
// documentation. Burgers' are those of the notebook, so that the two share what is stored.
func Recipes() []Recipe {
	list := []Recipe{
		recipe("Burgers' equation, periodic: from the initial field to the one at time 1",
			datasets.Burgers{Viscosity: 0.1, Grid: 128, Train: 1000, Test: 200}),
		recipe("Darcy flow on the unit square: from the permeability to the pressure",
			datasets.Darcy{Grid: 85, Train: 40, Test: 10, Finest: 169}),
		recipe("Navier-Stokes on the torus: from ten frames of the vorticity to the next",
			datasets.NavierStokes{Viscosity: 1e-3, Grid: 32, Train: 8, Test: 2, Out: 10}),
	}
	list = append(
		list,
		described(datasets.Combined{Alpha: [2]float64{0.5, 0.5}, Beta: [2]float64{0.01, 0.2}, Grid: 64, Frames: 50, Train: 32, Test: 8},
			"from the first frame to the later ones"),
		described(datasets.Elliptic{Grid: 100, Train: 200, Test: 50}, "from the coefficients to the solution"),
		described(datasets.Calderon{Angles: 8, Side: 12, Grid: 24, Train: 16, Test: 4}, "from currents at the boundary to the conductivity"),
		described(datasets.Masked{Grid: 20, Train: 40, Test: 10}, "from the source and the boundary's values to the solution"),
		described(datasets.PorousFlow{Medium: datasets.LogNormalMedium, Grid: 33, Train: 40, Test: 10}, "from the permeability to the pressure"),
		described(datasets.HeatBox{Grid: 24, Frames: 50, Train: 100, Test: 20}, "from five temperatures to the field over time"),
		described(datasets.HeatSeries{Grid: 65, Frames: 50, Train: 20, Test: 10}, "from the first frame to the later ones"),
	)
	for _, k := range datasets.MeshKinds() {
		r := datasets.Meshes{Kind: k, Nodes: 300, Train: 20, Test: 5}
		if k == datasets.MeshLayers {
			r.Nodes, r.Train, r.Test = 2401, 8, 2
		}
		list = append(list, described(r, "from the mesh and what is given on it to the solution"))
	}
	list = append(list, described(datasets.MeshSystems{Nodes: 800, Loads: 4, Train: 40, Test: 10}, "from the matrix and the load to the solution"))
	for _, l := range datasets.FlowLaws() { // two CPU-seconds a trajectory on so coarse a grid
		list = append(list, described(datasets.Flows{Law: l, Grid: 64, Finest: 64, Frames: 20, Train: 8, Test: 2}, "from the first frame to the later ones"))
	}
	for _, c := range datasets.ReferenceCases() {
		list = append(list, described(datasets.Reference{Case: c}, "a solution to compare with"))
	}
	for _, e := range datasets.Equations() {
		r := datasets.Trajectories{Equation: e, Axes: e.Axes()[0], Grid: 64, Frames: 50, Train: 20, Test: 5}
		if r.Axes > 1 { // a trajectory takes ten seconds
			r.Frames, r.Train, r.Test = 10, 4, 1
		}
		list = append(list, recipe(r.Describe().Title+" on a periodic box: from the first frame to the later ones", r))
	}
	for _, s := range datasets.Systems() {
		r := datasets.Dynamics{System: s, Frames: 100, Train: 100, Test: 20}
		list = append(list, recipe(r.Describe().Title+": from the first state to the later ones", r))
	}
	return append(list, generalRecipes()...)
}

// generalRecipes are those of no equation: random functions, points, shapes, images and sequences.
func generalRecipes() []Recipe {
	var list []Recipe
	for _, k := range datasets.FieldKinds() {
		list = append(list, described(datasets.RandomFields{Kind: k, Axes: 2, Grid: 64, Train: 40, Test: 10}, "from a few points to the field"))
	}
	list = append(list, described(datasets.GaussianProcess{
		Form: randomfield.Matern, Nu: 2.5, Length: 0.2, Axes: 1, Points: 50, Train: 1000, Test: 100,
	}, "from the points to the values"))
	for _, k := range datasets.DensityKinds() {
		list = append(list, described(datasets.Density{Kind: k, Train: 10000, Test: 2000}, "from the point to its part"))
	}
	for _, k := range datasets.OutlineKinds() {
		list = append(list, described(datasets.Outlines{Kind: k, Points: 32, Grid: 64, Train: 100, Test: 20}, "from the outline to the signed distance"))
	}
	for _, k := range datasets.ImageKinds() {
		list = append(list, described(datasets.Images{Kind: k, Train: 4000, Test: 1000}, "from the image to its class"))
	}
	list = append(list, described(datasets.Gabor{Grid: 64, Train: 20, Test: 5}, "from the image to its derivatives"))
	for _, k := range datasets.SeriesKinds() {
		list = append(list, described(datasets.Series{Kind: k, Frames: 200, Train: 400, Test: 100, Jitter: 0.5}, "from what is seen to the whole signal"))
	}
	for _, s := range []datasets.Sequences{
		{Task: datasets.AddingTask, Length: 100},
		{Task: datasets.CopyTask, Length: 100},
		{Task: datasets.ParityTask, Length: 50},
		{Task: datasets.DyckTask, Length: 50},
		{Task: datasets.ArithmeticTask, Length: 31},
	} {
		s.Train, s.Test = 5000, 1000
		list = append(list, described(s, "from the sequence to the answers"))
	}
	for _, k := range datasets.CloudKinds() {
		list = append(list, described(datasets.PointClouds{Kind: k, Points: 512, Train: 100, Test: 20}, "from the points to the normals"))
	}
	return list
}

// described is the entry of a recipe with a title of its own and what it maps.
func described[R datasets.Described](standard R, maps string) Recipe {
	return recipe(standard.Describe().Title+": "+maps, standard)
}

// recipe is the entry of a type of recipe.
func recipe[R datasets.Recipe](title string, standard R) Recipe {
	return Recipe{
		Name: standard.Name(), Title: title, Default: standard,
		decode: func(settings []byte) (datasets.Recipe, error) {
			r := standard
			return r, kinds.Strict(settings, &r)
		},
	}
}

// FindRecipe returns the recipe of a name.
//
// Errors: no such recipe; the message lists all, and the one that is nearest.
func FindRecipe(name string) (Recipe, error) {
	var names []string
	for _, r := range Recipes() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Recipe{}, fmt.Errorf("catalog: recipe = %q, want one of %s%s", name, strings.Join(names, ", "), suggestion(name, names))
}

// suggestion asks whether the nearest of some names was meant; it is empty if none is near.
func suggestion(name string, names []string) string {
	nearest, least := "", len(name)+1
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d < least {
			nearest, least = n, d
		}
	}
	if 2*least > max(len(nearest), 2) { // half of the letters wrong is another word, not a slip
		return ""
	}
	return ": did you mean " + nearest + "?"
}

// Setting is a field of a recipe with its value as JSON.
type Setting struct {
	Name  string
	Value json.RawMessage
}

// Settings are the fields of the recipe's default, in their order.
func (r Recipe) Settings() ([]Setting, error) {
	text, err := json.Marshal(r.Default)
	if err != nil {
		return nil, fmt.Errorf("catalog: recipe %s: %w", r.Name, err)
	}
	var list []Setting
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil { // the opening brace
		return nil, fmt.Errorf("catalog: recipe %s: %w", r.Name, err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("catalog: recipe %s: %w", r.Name, err)
		}
		s := Setting{Name: fmt.Sprint(name)}
		if err := d.Decode(&s.Value); err != nil {
			return nil, fmt.Errorf("catalog: recipe %s: %w", r.Name, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// With is the recipe with some fields set, each written Field=value with the value as JSON, or as bare text for a field
// that holds text.
//
// Errors: all that is wrong at once: fields that there are not, values of another type, and what the recipe itself finds.
func (r Recipe) With(assignments []string) (datasets.Recipe, error) {
	settings, err := r.Settings()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range settings {
		names = append(names, s.Name)
	}
	var errs []error
	given := map[string]bool{}
	made := r.Default
	object := map[string]json.RawMessage{}
	for _, a := range assignments {
		name, value, ok := strings.Cut(a, "=")
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("catalog: %q for recipe %s, want Field=value", a, r.Name))
			continue
		case !slices.Contains(names, name):
			errs = append(errs, fmt.Errorf("catalog: recipe %s has no field %q, want one of %s%s", r.Name, name, strings.Join(names, ", "), suggestion(name, names)))
			continue
		case given[name]:
			errs = append(errs, fmt.Errorf("catalog: %s.%s is set twice", r.Name, name))
			continue
		}
		given[name] = true
		text, err := r.check(name, value)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		object[name] = text
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	text, err := json.Marshal(object)
	if err == nil {
		made, err = r.decode(text)
	}
	if err != nil {
		return nil, fmt.Errorf("catalog: recipe %s: %w", r.Name, err)
	}
	return made, made.Validate()
}

// check finds out whether a value fits a field, and returns it as JSON.
func (r Recipe) check(name, value string) (json.RawMessage, error) {
	text := json.RawMessage(value)
	if !json.Valid(text) {
		quoted, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("catalog: %s.%s = %s: %w", r.Name, name, value, err)
		}
		text = quoted
	}
	object, err := json.Marshal(map[string]json.RawMessage{name: text})
	if err == nil {
		_, err = r.decode(object)
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("catalog: %s.%s = %s, want a value of type %s", r.Name, name, value, wrong.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("catalog: %s.%s = %s: %w", r.Name, name, value, err)
	}
	return text, nil
}
