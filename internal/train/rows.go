package train

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

func scalar(d dtypes.DType) shapes.Shape { return shapes.Make(d) }

// picker gives each step its rows: a pure function of (seed, step).
type picker struct {
	seed  uint64
	rows  int
	batch int

	epoch int
	order []int // permutation of the epoch
}

// fill writes the row numbers of steps from, from+1, … into table, which holds batch numbers a step.
func (p *picker) fill(table []int32, from int64, steps int) {
	per := perEpoch(p.rows, p.batch)
	for k := range steps {
		at := int(from) + k
		epoch, part := at/per, at%per
		if p.order == nil || p.epoch != epoch {
			p.epoch, p.order = epoch, rand.New(rand.NewPCG(p.seed, uint64(epoch))).Perm(p.rows)
		}
		for b := range p.batch {
			table[k*p.batch+b] = int32(p.order[part*p.batch+b])
		}
	}
}

// supply is a chunk's rows from a stream.
type supply struct {
	from int64 // first step
	rows []*tensors.Tensor
	err  error
}

// stream makes the rows of the next chunk while the present one runs.
type stream struct {
	make  func(ctx context.Context, from int64, n int) ([]*tensors.Tensor, error)
	batch int
	steps int // capacity of a chunk
	ready chan supply
}

// take returns the rows of steps from … from+steps and starts on the next ones.
func (s *stream) take(ctx context.Context, from int64) ([]*tensors.Tensor, error) {
	got := supply{from: -1}
	if s.ready != nil {
		got = <-s.ready
		s.ready = nil
	}
	if got.from != from {
		got = s.produce(ctx, from)
	}
	return got.rows, got.err
}

// ahead starts on the rows of a later chunk.
func (s *stream) ahead(ctx context.Context, from int64) {
	ready := make(chan supply, 1)
	s.ready = ready
	go func() { ready <- s.produce(ctx, from) }()
}

func (s *stream) produce(ctx context.Context, from int64) supply {
	rows, err := s.make(ctx, from*int64(s.batch), s.steps*s.batch)
	if err != nil {
		err = fmt.Errorf("train: rows from %d of the stream: %w", from*int64(s.batch), err)
	}
	return supply{from, rows, err}
}

// cast converts floating-point tensors to a dtype, on the host.
func cast(ts []*tensors.Tensor, to dtypes.DType) ([]*tensors.Tensor, error) {
	out := make([]*tensors.Tensor, len(ts))
	for i, t := range ts {
		out[i] = t
		if !t.DType().IsFloat() || t.DType() == to {
			continue
		}
		var err error
		if out[i], err = castOne(t, to); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Cast brings a floating-point tensor to a precision; others are returned as they are.
func Cast(t *tensors.Tensor, p Precision) (*tensors.Tensor, error) {
	out, err := cast([]*tensors.Tensor{t}, p.DType())
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func castOne(t *tensors.Tensor, to dtypes.DType) (out *tensors.Tensor, err error) {
	dims := t.Shape().Dimensions
	readErr := t.ConstFlatData(func(flat any) {
		switch from := flat.(type) {
		case []float64:
			if to == dtypes.Float32 {
				out = tensors.FromFlatDataAndDimensions(converted[float64, float32](from), dims...)
			}
		case []float32:
			if to == dtypes.Float64 {
				out = tensors.FromFlatDataAndDimensions(converted[float32, float64](from), dims...)
			}
		}
	})
	if readErr != nil {
		return nil, fmt.Errorf("train: reading data: %w", readErr)
	}
	if out == nil {
		return nil, fmt.Errorf("train: data of dtype %s, want float32 or float64", t.DType())
	}
	return out, nil
}

func converted[F, T float32 | float64](from []F) []T {
	to := make([]T, len(from))
	for i, x := range from {
		to[i] = T(x)
	}
	return to
}
