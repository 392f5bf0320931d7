package train

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// keyVersion changes when the driver computes something else from the same programs.
const keyVersion = "fieldbook run 1"

// key is what is computed: programs, given values, and what no program holds. previous is the key of the phase before,
// whose result this one starts from.
func (p *plan) key(b *backend.Backend, previous string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, keyVersion)
	for _, part := range []struct {
		name  string
		build func(g *Graph) []*Node
	}{
		{"step", p.stepProgram},
		{"memory", p.memoryProgram},
		{"valid", p.validProgram},
		{"refresh", p.refreshProgram},
	} {
		g := part.build
		if part.name == "valid" && !p.validates() || part.name == "refresh" && !p.refreshes() || part.name == "step" && p.fit.Host != nil {
			continue
		}
		if part.name == "memory" && len(p.memory[ofOptimizer])+len(p.memory[ofWeighting]) == 0 {
			continue
		}
		text, err := b.Text(part.name, func(graph *Graph) []*Node {
			model.SetStore(graph, p.store)
			return g(graph)
		})
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, part.name, len(text))
		h.Write(text)
	}
	if p.fit.Host != nil {
		if err := p.hashHost(b, h); err != nil {
			return "", err
		}
	}
	if err := p.hashInitial(b, h); err != nil {
		return "", err
	}
	rest, err := json.Marshal(map[string]any{
		"data": p.data.Key, "rows": fmt.Sprint(p.data.Rows), "stream": p.data.Stream != nil, "steps": p.fit.Steps, "batch": p.fit.Batch,
		"seed": p.fit.Seed, "precision": p.fit.Precision, "terms": p.terms, "previous": previous, "best": p.fit.KeepBest,
		"validEvery": p.fit.ValidEvery * btoi(p.fit.KeepBest), "refreshEvery": p.refreshEvery(), "kind": b.XLA(),
	})
	if err != nil {
		return "", fmt.Errorf("train: key: %w", err)
	}
	h.Write(rest)
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}

// btoi is 1 for true.
func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// stepProgram is one step, on parameters of the graph: what a chunk does over and over.
func (p *plan) stepProgram(g *Graph) []*Node {
	in, memory := p.parameters(g)
	next, nextMemory, terms := p.step(in, memory)
	out := append([]*Node{terms}, next.params...)
	out = append(out, next.extra...)
	return append(out, slices.Concat(nextMemory[:]...)...)
}

// memoryProgram is what optimizer, weighting and average start from.
func (p *plan) memoryProgram(g *Graph) []*Node {
	m := p.freshMemory(nodeValues(g, p.params))
	return slices.Concat(m[:]...)
}

// parameters makes a graph parameter of everything that a step takes, the variables first.
func (p *plan) parameters(g *Graph) (in inputs, memory [3][]*Node) {
	in.params, in.extra = nodeValues(g, p.params), nodeValues(g, p.extra)
	for kind := range memory {
		for i, s := range p.memory[kind] {
			memory[kind] = append(memory[kind], Parameter(g, fmt.Sprintf("memory%d_%d", kind, i), s))
		}
	}
	in.index = Parameter(g, "index", scalar(dtypes.Int64))
	in.seed = Parameter(g, "seed", scalar(dtypes.Uint64))
	in.rows = p.rowParameters(g, "row", p.data.Rows, p.fit.Batch)
	in.whole = p.rowParameters(g, "whole", p.data.Whole, 0)
	return in, memory
}

// hashInitial hashes the initialiser's program and the values that were given; for a second phase both are the first's.
func (p *plan) hashInitial(b *backend.Backend, h hash.Hash) error {
	var open bool
	vars := slices.Concat(p.params, p.extra)
	slices.SortFunc(vars, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	for _, v := range vars {
		fmt.Fprintln(h, v.Shape(), v.Trainable)
		if !v.HasValue() {
			open = true
			continue
		}
		value, err := v.Value()
		if err != nil {
			return fmt.Errorf("train: value of %s: %w", v.Path(), err)
		}
		if err := value.ConstBytes(func(data []byte) { h.Write(data) }); err != nil {
			return fmt.Errorf("train: value of %s: %w", v.Path(), err)
		}
	}
	if !open {
		return nil
	}
	if !b.XLA() { // no program to read: GoMLX compiles initialisers itself
		fmt.Fprintln(h, "initialisers of GoMLX", len(vars))
		return nil
	}
	text, err := b.Read(func() error { return p.store.InitializeVariables(b, nil) })
	h.Write(text)
	return err
}

// hashHost hashes a host optimizer's settings and the objective's program.
func (p *plan) hashHost(b *backend.Backend, h hash.Hash) error {
	settings, err := json.Marshal(p.fit.Host)
	if err != nil {
		return fmt.Errorf("train: Fit.Host as JSON: %w", err)
	}
	fmt.Fprintf(h, "%T %s\n", p.fit.Host, settings)
	if b.Native != nil { // programs show it by the calls in them, the host's algebra does not
		fmt.Fprintln(h, "OpenBLAS")
	}
	text, err := b.Text("host", func(g *Graph) []*Node {
		model.SetStore(g, p.store)
		return p.hostProgram(g)
	})
	h.Write(text)
	return err
}

func (p *plan) validates() bool {
	_, ok := p.task.(zoo.Validator)
	return ok && p.data.Valid != nil
}

func (p *plan) refreshes() bool {
	return p.refreshEvery() > 0
}

func (p *plan) refreshEvery() int {
	if t, ok := p.task.(zoo.Refresher); ok {
		return t.RefreshEvery()
	}
	return 0
}
