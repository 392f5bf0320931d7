package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Recipe says how to make a data set. It is a plain struct that marshals to JSON with all that the values depend on.
type Recipe interface {
	// Name of the kind of recipe, e.g. "burgers"; part of the key.
	Name() string
	// Version of the generator; part of the key; goes up whenever Make gives other values.
	Version() int
	// Validate lists all that is wrong, joined by errors.Join. The zero value is refused.
	Validate() error
	// Arrays describes what Make gives, in its order, at no cost. The recipe is valid.
	Arrays() []Shape
	// Make generates the arrays. report, if not nil, is told of the progress. It stops soon after ctx ends.
	Make(ctx context.Context, report func(done, total int)) (Set, error)
}

// View is an optional ability of a recipe: to be derived cheaply from the data of another one, so that only the other
// one's are stored.
type View interface {
	// Source is the recipe whose data Derive takes; nil if this recipe is no view but is to be made itself.
	Source() Recipe
	// Derive gives the same set as Make, out of the source's.
	Derive(source Set) (Set, error)
}

// Cache keeps the sets that were made.
type Cache interface {
	// Set returns the data of r, which is valid, if they are kept; else it calls make, keeps what that returns and returns it.
	Set(ctx context.Context, r Recipe, make func(ctx context.Context, report func(done, total int)) (Set, error)) (Set, error)
}

type cacheKey struct{}

// WithCache returns a context in which [Load] looks up and keeps data in c.
func WithCache(ctx context.Context, c Cache) context.Context {
	return context.WithValue(ctx, cacheKey{}, c)
}

// Key names the data of r: the first 16 hex digits of the SHA-256 of its name, its version and its JSON.
//
// Errors: if r does not marshal, e.g. since it holds a NaN.
func Key(r Recipe) (string, error) {
	recipe, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("datasets: key of recipe %s: %w", r.Name(), err)
	}
	text, err := json.Marshal(struct {
		Name    string
		Version int
		Recipe  json.RawMessage
	}{r.Name(), r.Version(), recipe})
	if err != nil {
		return "", fmt.Errorf("datasets: key of recipe %s: %w", r.Name(), err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

// Load gives the data of r: out of its source if r is a [View], from the cache in ctx if there is
// one, else by making them.
//
// Errors: what Validate finds; what goes wrong in making; arrays that are not as the recipe describes them.
func Load(ctx context.Context, r Recipe) (Set, error) {
	if r == nil {
		return Set{}, errors.New("datasets: Load: the recipe is nil, want one")
	}
	if err := r.Validate(); err != nil {
		return Set{}, err
	}
	set, err := load(ctx, r)
	if err != nil {
		return Set{}, err
	}
	return set, checkArrays(r, set)
}

func load(ctx context.Context, r Recipe) (Set, error) {
	if view, ok := r.(View); ok {
		if source := view.Source(); source != nil {
			return loadView(ctx, r, view, source)
		}
	}
	_, kept := r.(Kept)
	if cache, ok := ctx.Value(cacheKey{}).(Cache); ok && cache != nil && !kept {
		return cache.Set(ctx, r, func(ctx context.Context, report func(done, total int)) (Set, error) {
			set, err := makeSet(ctx, r, report)
			if err != nil {
				return Set{}, err
			}
			return set, checkArrays(r, set) // before it is kept
		})
	}
	return r.Make(ctx, nil)
}

func loadView(ctx context.Context, r Recipe, view View, source Recipe) (Set, error) {
	own, err := Key(r)
	if err != nil {
		return Set{}, err
	}
	its, err := Key(source)
	if err != nil {
		return Set{}, err
	}
	if own == its {
		return Set{}, fmt.Errorf("datasets: recipe %s is a view of itself, want Source to be another recipe or nil", r.Name())
	}
	set, err := Load(ctx, source)
	if err != nil {
		return Set{}, err
	}
	return view.Derive(set)
}

// checkArrays compares what was made with what the recipe describes.
func checkArrays(r Recipe, set Set) error {
	var errs []error
	for _, a := range set.Arrays {
		errs = append(errs, a.Validate())
	}
	got := make([]Shape, len(set.Arrays))
	for i, a := range set.Arrays {
		got[i] = a.Shape()
	}
	if want := r.Arrays(); !slices.EqualFunc(got, want, Shape.Equal) {
		errs = append(errs, fmt.Errorf("datasets: recipe %s gave %v, want %v", r.Name(), got, want))
	}
	return errors.Join(errs...)
}

// checkCounts is the error of having no training or test samples.
func checkCounts(recipe string, train, test int) error {
	var errs []error
	if train < 1 {
		errs = append(errs, fmt.Errorf("datasets: %s.Train = %d, want at least 1", recipe, train))
	}
	if test < 1 {
		errs = append(errs, fmt.Errorf("datasets: %s.Test = %d, want at least 1", recipe, test))
	}
	return errors.Join(errs...)
}
