package backend

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/stablehlo"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// errRead stops a compile after the program's text was taken.
var errRead = errors.New("backend: the program was read, not compiled")

// Text is the program of a graph, as text, without compiling it: what is computed, independent of Go names and of the
// device. build gets the graph in which to make the outputs.
//
// On XLA it is StableHLO without the module's name and the matmul precision (which differ by Go closure and by device).
// The pure-Go backend has no such text; there the nodes are printed, and a constant of 32 elements or more is refused,
// since its values would not show.
func (b *Backend) Text(name string, build func(g *graph.Graph) []*graph.Node) ([]byte, error) {
	if !b.xla {
		g := graph.NewGraph(b, name)
		defer g.Finalize()
		var outputs []*graph.Node
		if err := zoo.Catch(name, func() { outputs = build(g) }); err != nil {
			return nil, err
		}
		return nodeText(g, outputs)
	}
	return b.Read(func() error {
		g := graph.NewGraph(b, name)
		defer g.Finalize()
		var compileErr error
		return errors.Join(zoo.Catch(name, func() { compileErr = g.Compile(build(g)...) }), compileErr)
	})
}

// Read is the text of the first program that fn compiles; fn is stopped there by an error, which it must hand on.
// XLA only.
func (b *Backend) Read(fn func() error) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var text []byte
	b.reading = &text
	defer func() { b.reading = nil }()
	switch err := fn(); {
	case err == nil:
		return nil, errors.New("backend: nothing was compiled, so there is no program to read")
	case errors.Is(err, errRead):
		return text, nil
	default:
		return nil, err
	}
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

// nodeText prints a graph for a backend without program text, under a prefix of its own.
func nodeText(g *graph.Graph, outputs []*graph.Node) ([]byte, error) {
	const printed = 32 // GoMLX prints the values of smaller constants only
	var w bytes.Buffer
	_, _ = io.WriteString(&w, "nodes\n")
	for _, n := range g.Nodes() {
		if n.Type() == graph.NodeTypeConstant && n.Shape().Size() >= printed {
			return nil, fmt.Errorf("backend: a constant of shape %s, want fewer than %d elements on the pure-Go backend (pass it as data)", n.Shape(), printed)
		}
		_, _ = fmt.Fprintf(&w, "%s in %s", n, n.Function().Path())
		for _, in := range n.Inputs() {
			_, _ = fmt.Fprintf(&w, " #%d", in.Id())
		}
		_, _ = io.WriteString(&w, "\n")
	}
	for _, n := range outputs {
		_, _ = fmt.Fprintf(&w, "out #%d\n", n.Id())
	}
	return w.Bytes(), nil
}

// The unexported names that this package relies on.
const builderProgram = "builder" // xla.Builder: the StableHLO program

// builderCaches are xla.Builder's caches of reduction functions, which belong to one function of the program.
func builderCaches() []string {
	return []string{"cacheReductions", "cacheArgMinMax", "cacheSelections"}
}

// graphCaches are graph.Graph's caches of constants, which belong to one function of the graph.
func graphCaches() []string { return []string{"scalars", "tensorConstants"} }

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
