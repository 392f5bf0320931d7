package runs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// Cache keeps data sets in a store, for datasets.WithCache.
type Cache struct {
	Store *store.Store
	// Report is told how far a set is that is being made; nil: nobody is.
	Report func(recipe string, done, total int)
	// Warn is told of a damaged file that is made again; nil: nobody is.
	Warn func(error)
	// ShardEvery is how often samples are kept while the others are made; 0: every 2 s.
	ShardEvery time.Duration
}

var _ datasets.Cache = Cache{}

// setName is the description beside the arrays.
const setName = "set.json"

// description is set.json.
type description struct {
	Recipe  string          `json:"recipe"`
	Version int             `json:"version"`
	Values  json.RawMessage `json:"values"`
	Arrays  []datasets.Shape

	// Error is the relative L2 error of the test outputs, estimated on one sample; nil where the recipe can't be refined.
	Error *float64 `json:"error,omitempty"`
}

// Set returns the kept data of r, or makes and keeps them. A second process that wants the same waits for the first.
func (c Cache) Set(ctx context.Context, r datasets.Recipe, generate func(context.Context, func(done, total int)) (datasets.Set, error)) (datasets.Set, error) {
	key, err := datasets.Key(r)
	if err != nil {
		return datasets.Set{}, err
	}
	key = r.Name() + "-" + key
	if set, err := c.read(key); err == nil {
		return set, nil
	}
	unlock, err := c.Store.LockData(ctx, key)
	if err != nil {
		return datasets.Set{}, err
	}
	defer unlock()          //nolint:errcheck // the lock goes with the process at the latest
	set, err := c.read(key) // another process may have made it meanwhile
	var bad *store.CorruptError
	if errors.As(err, &bad) && c.Warn != nil {
		c.Warn(fmt.Errorf("%w; making the data again", err))
	}
	if err == nil || bad == nil && !errors.Is(err, store.ErrMissing) {
		return set, err
	}
	report := func(done, total int) {
		if c.Report != nil {
			c.Report(r.Name(), done, total)
		}
	}
	if set, err = generate(datasets.WithShards(ctx, c.newShards(key)), report); err != nil {
		return datasets.Set{}, err
	}
	d := description{Recipe: r.Name(), Version: r.Version()}
	if refinable, is := r.(datasets.Refinable); is {
		accuracy, err := datasets.Accuracy(ctx, refinable, 1)
		if err != nil {
			return datasets.Set{}, err
		}
		d.Error = &accuracy
	}
	if err := c.write(key, r, set, d); err != nil {
		return datasets.Set{}, err
	}
	if err := c.Store.RemoveParts(key); err != nil && c.Warn != nil {
		c.Warn(err)
	}
	return set, nil
}

// Error is the error that was estimated when the data of r were made; nil if r can't be refined.
//
// Errors: store.ErrMissing; a *store.CorruptError.
func (c Cache) Error(r datasets.Recipe) (*float64, error) {
	if view, is := r.(datasets.View); is && view.Source() != nil {
		r = view.Source()
	}
	key, err := datasets.Key(r)
	if err != nil {
		return nil, err
	}
	files, err := c.Store.ReadData(r.Name() + "-" + key)
	if err != nil {
		return nil, err
	}
	var d description
	err = json.Unmarshal(files[setName], &d)
	return d.Error, err
}

// read is the kept data.
//
// Errors: store.ErrMissing; a *store.CorruptError.
func (c Cache) read(key string) (datasets.Set, error) {
	files, err := c.Store.ReadData(key)
	if err != nil {
		return datasets.Set{}, err
	}
	var d description
	if err := json.Unmarshal(files[setName], &d); err != nil {
		return datasets.Set{}, fmt.Errorf("runs: data %s: %s: %w", key, setName, err)
	}
	var set datasets.Set
	for _, s := range d.Arrays {
		t, err := numpy.FromNpyReader(bytes.NewReader(files[s.Name+".npy"]))
		if err != nil {
			return datasets.Set{}, fmt.Errorf("runs: data %s: array %s: %w", key, s.Name, err)
		}
		a := datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims}
		if a.Values, err = tensors.CopyFlatData[float64](t); err != nil {
			return datasets.Set{}, fmt.Errorf("runs: data %s: array %s: %w", key, s.Name, err)
		}
		if err := a.Validate(); err != nil {
			return datasets.Set{}, fmt.Errorf("runs: data %s: %w", key, err)
		}
		set.Arrays = append(set.Arrays, a)
	}
	return set, nil
}

// write keeps a set; d gets what is still missing.
func (c Cache) write(key string, r datasets.Recipe, set datasets.Set, d description) error {
	var err error
	if d.Values, err = json.Marshal(r); err != nil {
		return fmt.Errorf("runs: recipe %s: %w", r.Name(), err)
	}
	var files []store.File
	for _, a := range set.Arrays {
		d.Arrays = append(d.Arrays, a.Shape())
		files = append(files, arrayFile(a.Name, tensors.FromFlatDataAndDimensions(a.Values, a.Dims...)))
	}
	return c.Store.WriteData(key, append(files, jsonFile(setName, d)))
}
