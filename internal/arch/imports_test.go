// Package arch_test keeps the module's imports pointing one way: leaves, then
// families, then methods; the workbench on the leaves; the catalog and the
// commands on everything.
package arch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// layer is where a package stands.
type layer string

const (
	leaf      layer = "leaf"
	family    layer = "family"
	method    layer = "method"
	workbench layer = "workbench"
	top       layer = "top" // may import everything
	inner     layer = "internal"
)

// unit is a package of the module, placed.
type unit struct {
	layer  layer
	family string // of a family or a method
}

// placed says where the package at path, relative to the module, stands.
//
// Errors: a package in no known folder.
func placed(path string) (unit, error) {
	first, rest, below := strings.Cut(path, "/")
	if path == "symbolic/expression" { // equations as text, which other families read too
		return unit{layer: leaf}, nil
	}
	switch first {
	case "zoo", "autodiff", "layers", "solvers", "optimizers", "datasets", "metrics", "plots":
		return unit{layer: leaf}, nil
	case "pinns", "operators", "diffusion", "dynamics", "symbolic", "networks":
		if below {
			return unit{method, first}, nil
		}
		return unit{family, first}, nil
	case "workbench":
		return unit{layer: workbench}, nil
	case "catalog", "cmd", "bench":
		return unit{layer: top}, nil
	case "internal":
		if rest == "results" { // README's table is of the catalog's methods
			return unit{layer: top}, nil
		}
		return unit{layer: inner}, nil
	}
	return unit{}, fmt.Errorf("package %s is in no folder of the layout: say in this test what it may import", path)
}

// allowed tells whether a package may import another of the module.
func allowed(from, to unit) bool {
	if from.layer == top {
		return true
	}
	switch to.layer {
	case leaf, inner:
		return true
	case family:
		return from.layer == method
	default:
		return false
	}
}

// listed is a package as go list prints it.
type listed struct {
	ImportPath string
	Imports    []string // without those of tests, which may import all
	Deps       []string // all that it links
}

// packages lists the module's packages.
func packages(t *testing.T) []listed {
	t.Helper()
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "./...")
	list.Dir = root
	output, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var trouble strings.Builder
	list.Stderr = &trouble
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	var all []listed
	for decoder := json.NewDecoder(output); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := list.Wait(); err != nil {
		t.Fatalf("go list: %v\n%s", err, trouble.String())
	}
	return all
}

// relative is the package's path in the module; ok is false outside it.
func relative(path string) (string, bool) {
	return strings.CutPrefix(path, place.Module+"/")
}

func TestImportsPointOneWay(t *testing.T) {
	checked := 0
	for _, p := range packages(t) {
		name, _ := relative(p.ImportPath)
		from, err := placed(name)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, path := range p.Imports {
			imported, ours := relative(path)
			if !ours {
				continue
			}
			to, err := placed(imported)
			if err != nil {
				t.Error(err)
				continue
			}
			checked++
			if !allowed(from, to) {
				t.Errorf("%s (%s) imports %s (%s): what two need moves up into their family or into a leaf", name, from.layer, imported, to.layer)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d imports within the module were looked at", checked)
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"plots", "internal/place", true},
		{"metrics", "zoo", true},
		{"zoo", "operators", false},
		{"solvers/pde", "operators/fno", false},
		{"operators", "layers", true},
		{"operators", "operators/fno", false},
		{"operators", "pinns", false},
		{"operators/fno", "operators", true},
		{"operators/fno", "operators/mppde", false},
		{"operators/fno", "pinns/causal", false},
		{"operators/fno", "workbench", false},
		{"pinns", "symbolic/expression", true},
		{"pinns/causal", "symbolic/expression", true},
		{"workbench", "symbolic/expression", true},
		{"symbolic/expression", "autodiff/jet", true},
		{"symbolic/expression", "symbolic", false},
		{"pinns", "symbolic/odeformer", false},
		{"workbench", "internal/train", true},
		{"workbench", "operators", false},
		{"workbench", "operators/fno", false},
		{"internal/train", "workbench", false},
		{"internal/train", "catalog", false},
		{"internal/results", "catalog", true},
		{"catalog", "operators/fno", true},
		{"cmd/fieldbook", "workbench", true},
	} {
		from, err := placed(c.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := placed(c.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := allowed(from, to); got != c.want {
			t.Errorf("%s may import %s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
	if _, err := placed("utils"); err == nil {
		t.Error("a package in a folder that is not of the layout was placed")
	}
}

// TestWhatIsLinked keeps heavy packages out of what every cell links, and
// device code out of what works on plain slices.
func TestWhatIsLinked(t *testing.T) {
	const gomlx, xla = "github.com/gomlx/", "github.com/gomlx/go-xla/"
	for _, rule := range []struct {
		name    string
		below   string   // packages at or below this path
		banned  []string // prefixes of what they must not link
		because string
	}{
		{"plots", "plots", []string{gomlx}, "it draws plain slices"},
		{"metrics", "metrics", []string{xla, "github.com/gomlx/gomlx/backends/"}, "a backend is the caller's choice"},
		{"datasets", "datasets", []string{xla, "github.com/gomlx/gomlx/backends/"}, "a backend is the caller's choice"},
		{"place", "internal/place", []string{"github.com/", "gopkg.in/", "golang.org/x/"}, "every cell links it"},
		{"record", "internal/record", []string{"github.com/", "gopkg.in/", "golang.org/x/"}, "every cell links it"},
	} {
		t.Run(rule.name, func(t *testing.T) {
			found := false
			for _, p := range packages(t) {
				name, _ := relative(p.ImportPath)
				if name != rule.below && !strings.HasPrefix(name, rule.below+"/") {
					continue
				}
				found = true
				for _, dep := range p.Deps {
					if slices.ContainsFunc(rule.banned, func(prefix string) bool { return strings.HasPrefix(dep, prefix) }) {
						t.Errorf("%s links %s, want it not to: %s", name, dep, rule.because)
					}
				}
			}
			if !found {
				t.Errorf("no package at or below %s", rule.below)
			}
		})
	}
}
