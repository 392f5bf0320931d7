package train

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// chunk is the compiled loop over steps.
type chunk struct {
	graph    *Graph
	capacity int // most steps a call
	devices  int
}

// Bounds of a chunk.
const (
	maxSteps     = 1024
	maxRowBytes  = 64 << 20 // of a stream's rows in a chunk
	maxIndexSize = 1 << 18  // row numbers in a chunk
)

// meshAxis is the device mesh's one axis, over which a batch is spread.
const meshAxis = "data"

// capacity is the most steps that a chunk may have.
func (p *plan) capacity() int {
	c := maxSteps
	if p.gathers() {
		c = min(c, maxIndexSize/p.fit.Batch)
	}
	if p.data.Stream != nil {
		bytes := 0
		for _, s := range p.data.Rows {
			s = p.cast(s)
			bytes += p.fit.Batch * s.Size() / max(1, s.Dim(0)) * s.DType.Size()
		}
		c = min(c, maxRowBytes/max(1, bytes))
	}
	return max(1, c)
}

// gathers says whether each step takes other rows of a finite set.
func (p *plan) gathers() bool {
	return p.data.Stream == nil && len(p.data.Rows) > 0 && p.fit.Batch < p.data.Count()
}

// newChunk builds and compiles the loop.
func newChunk(b *backend.Backend, p *plan, devices int) (*chunk, error) {
	c := &chunk{graph: NewGraph(b, "chunk"), capacity: p.capacity(), devices: max(1, devices)}
	var spec func(rank, axis int) *distributed.ShardingSpec
	if c.devices > 1 {
		mesh, err := distributed.NewDeviceMesh([]int{c.devices}, []string{meshAxis})
		if err != nil {
			return nil, fmt.Errorf("train: %d devices: %w", c.devices, err)
		}
		if err := c.graph.SetAutoSharding(mesh); err != nil {
			return nil, fmt.Errorf("train: %d devices: %w", c.devices, err)
		}
		spec = func(rank, axis int) *distributed.ShardingSpec { return along(mesh, rank, axis) }
	}
	model.SetStore(c.graph, p.store)
	var compileErr error
	err := zoo.Catch("train: building the loop", func() { compileErr = c.graph.Compile(p.chunkProgram(c.graph, c.capacity, spec)...) })
	if err == nil {
		err = compileErr
	}
	return c, err
}

// along spreads one axis of an array over the mesh.
//
// Panics: never for a mesh and an axis of ours; the error of GoMLX's builder is raised as a graph function's.
func along(mesh *distributed.DeviceMesh, rank, axis int) *distributed.ShardingSpec {
	spec := distributed.BuildSpec(mesh)
	for i := range rank {
		if i == axis {
			spec = spec.S(meshAxis)
			continue
		}
		spec = spec.R()
	}
	done, err := spec.Done()
	if err != nil {
		exceptions.Panicf("train: spreading axis %d of %d over %s: %v", axis, rank, mesh, err)
	}
	return done
}

// chunkProgram is
//
//	stop, good, trace, state' = chunk(state, memory, n, start, seed, rows, whole [, numbers])
//
// It does up to n ≤ capacity steps, and stops after the first whose terms are not all finite; stop is that step's number
// in the chunk, or −1. good says whether the parameters at the end are finite: to look at them in each step would cost more
// than a small network's update. trace [capacity, terms] holds each step's terms.
func (p *plan) chunkProgram(g *Graph, capacity int, spec func(rank, axis int) *distributed.ShardingSpec) []*Node {
	in := inputs{params: nodeValues(g, p.params), extra: nodeValues(g, p.extra)}
	var memory [3][]*Node
	for kind := range memory {
		for i, s := range p.memory[kind] {
			memory[kind] = append(memory[kind], Parameter(g, fmt.Sprintf("memory%d_%d", kind, i), s))
		}
	}
	n := Parameter(g, "n", scalar(dtypes.Int32))
	in.index = Parameter(g, "start", scalar(dtypes.Int64))
	in.seed = Parameter(g, "seed", scalar(dtypes.Uint64))
	in.rows = p.sourceParameters(g, capacity, spec)
	in.whole = p.rowParameters(g, "whole", p.data.Whole, 0)
	var numbers []*Node
	if p.gathers() {
		var s *distributed.ShardingSpec
		if spec != nil {
			s = spec(2, 1)
		}
		numbers = []*Node{ShardedParameter(g, "numbers", shapes.Make(dtypes.Int32, capacity, p.fit.Batch), s)}
	}
	l := newLayout(in)
	fixed := len(numbers) + 4 // done, stop, n, trace
	state := append([]*Node{Scalar(g, dtypes.Int32, 0), Scalar(g, dtypes.Int32, -1), n, Zeros(g, shapes.Make(p.dtype(), capacity, len(p.terms)))}, numbers...)
	state = append(state, l.pack(in)...)
	state = append(state, slices.Concat(memory[:]...)...)
	size := len(l.pack(in))
	out := backend.While(state,
		func(s []*Node) *Node {
			return And(LessThan(s[0], s[2]), LessThan(s[1], Scalar(s[1].Graph(), dtypes.Int32, 0)))
		},
		func(s []*Node) []*Node {
			all, kept := l.unpack(s[fixed:fixed+size]), p.splitMemory(s[fixed+size:])
			at := all
			at.index = Add(all.index, ConvertDType(s[0], dtypes.Int64))
			at.rows = p.pickRows(all.rows, s[4:fixed], s[0])
			next, nextMemory, terms := p.step(at, kept)
			head := []*Node{
				AddScalar(s[0], 1), Where(allFinite([]*Node{terms}), s[1], s[0]), s[2],
				DynamicUpdateSlice(s[3], Reshape(terms, 1, len(p.terms)), []*Node{s[0], Scalar(s[0].Graph(), dtypes.Int32, 0)}),
			}
			all.params, all.extra = next.params, next.extra
			body := append(append(head, s[4:fixed]...), l.pack(all)...)
			return append(body, slices.Concat(nextMemory[:]...)...)
		})
	last := l.unpack(out[fixed : fixed+size])
	result := append([]*Node{out[1], allFinite(last.params), out[3]}, last.params...)
	result = append(result, last.extra...)
	return append(result, out[fixed+size:]...)
}

// sourceParameters are the arrays that a chunk's rows come from: all rows, or the stream's as [capacity, batch, …].
func (p *plan) sourceParameters(g *Graph, capacity int, spec func(rank, axis int) *distributed.ShardingSpec) []*Node {
	if p.data.Stream == nil {
		return p.rowParameters(g, "row", p.data.Rows, 0)
	}
	out := make([]*Node, len(p.data.Rows))
	for i, s := range p.data.Rows {
		s = p.cast(s)
		s = shapes.Make(s.DType, append([]int{capacity, p.fit.Batch}, s.Dimensions[1:]...)...)
		var sharding *distributed.ShardingSpec
		if spec != nil {
			sharding = spec(s.Rank(), 1)
		}
		out[i] = ShardedParameter(g, fmt.Sprintf("row%d", i), s, sharding)
	}
	return out
}

// pickRows is a step's batch.
func (p *plan) pickRows(source, numbers []*Node, done *Node) []*Node {
	switch {
	case p.gathers():
		at := Reshape(sliceRows(numbers[0], done, 1), p.fit.Batch, 1)
		out := make([]*Node, len(source))
		for i, x := range source {
			out[i] = Gather(x, at)
		}
		return out
	case p.data.Stream != nil:
		out := make([]*Node, len(source))
		for i, x := range source {
			out[i] = Reshape(sliceRows(x, done, 1), x.Shape().Dimensions[1:]...)
		}
		return out
	}
	return source
}

// splitMemory cuts a flat list by kind.
func (p *plan) splitMemory(flat []*Node) (m [3][]*Node) {
	for kind := range m {
		n := len(p.memory[kind])
		m[kind], flat = flat[:n:n], flat[n:]
	}
	return m
}

// ran is what a call of a chunk gives.
type ran struct {
	stop  int                 // the step of the chunk whose terms were not finite, after which it stopped; −1: none
	good  bool                // the parameters at the end are finite
	trace []float64           // each step's terms
	state [][]*tensors.Tensor // at the end, one list a device
}

// run does n steps from start.
func (c *chunk) run(n int, start int64, seed uint64, state [][]*tensors.Tensor, rows, whole [][]*tensors.Tensor, numbers []*tensors.Tensor) (ran, error) {
	var in []any
	for d := range c.devices {
		for _, t := range state[d] {
			in = append(in, t)
		}
		in = append(in, int32(n), start, seed)
		for _, t := range slices.Concat(rows[d], whole[d]) {
			in = append(in, t)
		}
		if numbers != nil {
			in = append(in, numbers[d])
		}
	}
	var out []*tensors.Tensor
	if err := zoo.Catch("train: a chunk of steps", func() { out = c.graph.Run(in...) }); err != nil {
		return ran{}, err
	}
	r := ran{stop: int(tensors.ToScalar[int32](out[0])), good: tensors.ToScalar[bool](out[1])}
	per := len(out) / c.devices
	for d := range c.devices {
		r.state = append(r.state, out[d*per+3:(d+1)*per])
	}
	var err error
	r.trace, err = Floats(out[2])
	return r, err
}

// onDevice is a copy of t on a device.
func onDevice(b compute.Backend, t *tensors.Tensor, device int) (*tensors.Tensor, error) {
	c, err := t.LocalClone()
	if err != nil {
		return nil, fmt.Errorf("train: copying to device %d: %w", device, err)
	}
	if err := c.MaterializeOnDevice(b, false, compute.DeviceNum(device)); err != nil {
		return nil, fmt.Errorf("train: copying to device %d: %w", device, err)
	}
	c.FinalizeLocal()
	return c, nil
}

// Floats are a floating-point tensor's values as float64.
func Floats(t *tensors.Tensor) ([]float64, error) {
	var out []float64
	err := t.ConstFlatData(func(flat any) {
		switch v := flat.(type) {
		case []float64:
			out = slices.Clone(v)
		case []float32:
			out = converted[float32, float64](v)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("train: reading values: %w", err)
	}
	return out, nil
}
