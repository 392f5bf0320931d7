//go:build cgo

package backend

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/stablehlo"
	"github.com/gomlx/gomlx/core/graph"
)

// linked says whether XLA is in this program: its bindings are in C.
const linked = true

// noDownloads keeps go-xla from fetching a plugin: nothing downloads in a cell; the set-up does.
func noDownloads() { xla.EnableAutoInstall(false) }

// isXLA says whether b compiles by XLA.
func isXLA(b compute.Backend) bool {
	_, ok := b.(*xla.Backend)
	return ok
}

// precision matches the attribute by which programs for CPU and CUDA differ.
func precision() *regexp.Regexp { return regexp.MustCompile(`,?\s*precision_config = \[[^\]]*\]`) }

// programText is what go-xla would compile, less its first line (the module's name) and the precision attributes.
func programText(b compute.Builder) ([]byte, error) {
	field := reflect.ValueOf(b).Elem().FieldByName(builderProgram)
	var w bytes.Buffer
	if err := (*stablehlo.Builder)(field.UnsafePointer()).Write(&w); err != nil {
		return nil, fmt.Errorf("backend: reading a program: %w", err)
	}
	_, text, _ := bytes.Cut(w.Bytes(), []byte("\n"))
	return precision().ReplaceAll(text, nil), nil
}

// The unexported names that this package relies on.
const builderProgram = "builder" // xla.Builder: the StableHLO program

// builderCaches are xla.Builder's caches of reduction functions, which belong to one function of the program.
func builderCaches() []string {
	return []string{"cacheReductions", "cacheArgMinMax", "cacheSelections"}
}

// CheckInternals returns an error if a field that the decorator relies on is missing or has another kind.
func CheckInternals() error {
	var errs []error
	want := func(t reflect.Type, name string, ok func(reflect.Type) bool) {
		if f, found := t.FieldByName(name); !found || !ok(f.Type) {
			errs = append(errs, fmt.Errorf("backend: %s.%s is not what this release of Fieldbook was built for; pin go-xla v0.4.2 and gomlx v0.28.3", t, name))
		}
	}
	isMap := func(t reflect.Type) bool { return t.Kind() == reflect.Map }
	for _, name := range builderCaches() {
		want(reflect.TypeFor[xla.Builder](), name, isMap)
	}
	for _, name := range graphCaches() {
		want(reflect.TypeFor[graph.Graph](), name, isMap)
	}
	want(reflect.TypeFor[xla.Builder](), builderProgram, func(t reflect.Type) bool { return t == reflect.TypeFor[*stablehlo.Builder]() })
	return errors.Join(errs...)
}
