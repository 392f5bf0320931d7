package runs

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// shardEvery is how much work a crash may cost, in time; what is made faster is never kept in parts.
const shardEvery = 2 * time.Second

// shards keeps the samples of a data set that is being made as parts in the store: each is a bundle with hashes of its own, named after
// the number of its first sample's values.
type shards struct {
	Cache
	key           string
	last          time.Time
	at            int // values of inputs that are stored
	input, output []float64
}

var _ datasets.Shards = (*shards)(nil)

// The files of a part.
const (
	partInput  = "input"
	partOutput = "output"
)

func (c Cache) newShards(key string) *shards { return &shards{Cache: c, key: key, last: time.Now()} }

// part is the key of the part that begins at a number of values.
func (s *shards) part(at int) string { return fmt.Sprintf("%s%s%d", s.key, store.PartMark, at) }

// Kept reads the parts in order, up to the first that is missing or damaged.
func (s *shards) Kept() (input, output []float64) {
	for {
		in, out, err := s.read(s.part(len(input)))
		if err != nil {
			if !errors.Is(err, store.ErrMissing) && s.Warn != nil {
				s.Warn(fmt.Errorf("%w; making the samples from there on again", err))
			}
			s.at = len(input)
			return input, output
		}
		input, output = append(input, in...), append(output, out...)
	}
}

func (s *shards) read(key string) (input, output []float64, err error) {
	files, err := s.Store.ReadData(key)
	if err != nil {
		return nil, nil, err
	}
	values := func(name string) []float64 {
		t, readErr := numpy.FromNpyReader(bytes.NewReader(files[name+".npy"]))
		if readErr != nil {
			err = errors.Join(err, fmt.Errorf("runs: data %s: array %s: %w", key, name, readErr))
			return nil
		}
		v, readErr := tensors.CopyFlatData[float64](t)
		err = errors.Join(err, readErr)
		return v
	}
	input, output = values(partInput), values(partOutput)
	if err == nil && len(input) == 0 {
		err = fmt.Errorf("runs: data %s: no values", key)
	}
	return input, output, err
}

// Keep stores what has come since the last part, if that was long enough ago. What can't be stored is told and made again after a crash.
func (s *shards) Keep(input, output []float64) {
	s.input, s.output = append(s.input, input...), append(s.output, output...)
	every := s.ShardEvery
	if every == 0 {
		every = shardEvery
	}
	if time.Since(s.last) < every {
		return
	}
	file := func(name string, values []float64) store.File {
		return arrayFile(name, tensors.FromFlatDataAndDimensions(values, len(values)))
	}
	err := s.Store.WriteData(s.part(s.at), []store.File{file(partInput, s.input), file(partOutput, s.output)})
	if err != nil {
		if s.Warn != nil {
			s.Warn(fmt.Errorf("%w; a crash would cost what was made of these data", err))
		}
	} else {
		s.at += len(s.input)
		s.input, s.output = nil, nil
	}
	s.last = time.Now()
}
