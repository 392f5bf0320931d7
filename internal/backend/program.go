package backend

import (
	"bytes"
	"errors"
	"fmt"
	"io"

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

// graphCaches are graph.Graph's caches of constants, which belong to one function of the graph.
func graphCaches() []string { return []string{"scalars", "tensorConstants"} }
