package datasets

import (
	"context"
	"fmt"
	"runtime"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
)

// Sharded is an optional ability of a recipe whose samples do not depend on each other: to make some of them at a time, so that
// those made before a crash need not be made again.
type Sharded interface {
	Recipe
	// Samples is the number of training and test samples together; those for training come first.
	Samples() int
	// MakeSamples makes the samples from ≤ i < to: their inputs and their outputs, one after another.
	MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error)
	// Assemble puts the inputs and outputs of all samples into their arrays and adds the coordinates.
	Assemble(input, output []float64) Set
}

// packed is an optional ability of a [Sharded] recipe that has more arrays of samples than inputs and outputs: what MakeSamples gives as a
// sample's input has the others' parts too.
type packed interface {
	// sampleSizes are the lengths of a sample's input and output as MakeSamples gives them.
	sampleSizes() (input, output int)
}

// sampleSizes are the lengths of a sample's input and output: those in the first two arrays, or as a packed recipe has them.
func sampleSizes(r Sharded) (input, output int) {
	if p, is := r.(packed); is {
		return p.sampleSizes()
	}
	return shapeSizes(r.Arrays())
}

func shapeSizes(shapes []Shape) (input, output int) {
	return shapes[0].Size() / shapes[0].Dims[0], shapes[1].Size() / shapes[1].Dims[0]
}

// Shards keeps samples while the rest of a set is being made.
type Shards interface {
	// Kept returns what an earlier attempt kept: inputs and outputs of the first samples, in whole samples.
	Kept() (input, output []float64)
	// Keep takes samples, in order, that follow those kept before. It may wait for more before it stores them.
	Keep(input, output []float64)
}

type shardsKey struct{}

// WithShards returns a context in which [Load] keeps the samples of a [Sharded] recipe in s while it makes them.
func WithShards(ctx context.Context, s Shards) context.Context {
	return context.WithValue(ctx, shardsKey{}, s)
}

// makeSet makes the data of a recipe, going on from kept samples where it can.
func makeSet(ctx context.Context, r Recipe, report func(done, total int)) (Set, error) {
	shards, keeps := ctx.Value(shardsKey{}).(Shards)
	sharded, is := r.(Sharded)
	if !keeps || !is {
		return r.Make(ctx, report)
	}
	samples := sharded.Samples()
	sizeIn, sizeOut := sampleSizes(sharded)
	input, output := shards.Kept()
	done := min(len(input)/sizeIn, samples)
	if len(input) != done*sizeIn || len(output) != done*sizeOut {
		input, output, done = nil, nil, 0 // nothing of ours
	}
	atOnce := 4 * runtime.GOMAXPROCS(0) // so many that cores do not wait for each other, so few that not much is lost
	for done < samples {
		to := min(done+atOnce, samples)
		in, out, err := sharded.MakeSamples(ctx, done, to, func(n, _ int) {
			if report != nil {
				report(done+n, samples)
			}
		})
		if err != nil {
			return Set{}, err
		}
		input, output, done = append(input, in...), append(output, out...), to
		if done < samples {
			shards.Keep(in, out)
		}
	}
	return sharded.Assemble(input, output), nil
}

// makeAll is Make of a valid sharded recipe.
func makeAll(ctx context.Context, r Sharded, report func(done, total int)) (Set, error) {
	input, output, err := r.MakeSamples(ctx, 0, r.Samples(), report)
	if err != nil {
		return Set{}, err
	}
	return r.Assemble(input, output), nil
}

// eachSample makes the samples from ≤ i < to on all cores. sample writes sample i to its parts of what is returned, which are as large as the
// samples of the first two shapes.
func eachSample(
	ctx context.Context, shapes []Shape, from, to int, report func(done, total int), sample func(i int, input, output []float64) error,
) (input, output []float64, err error) {
	sizeIn, sizeOut := shapeSizes(shapes)
	return eachSized(ctx, sizeIn, sizeOut, from, to, report, sample)
}

// eachSized is [eachSample] for samples of these lengths.
func eachSized(
	ctx context.Context, sizeIn, sizeOut, from, to int, report func(done, total int), sample func(i int, input, output []float64) error,
) (input, output []float64, err error) {
	input, output = make([]float64, (to-from)*sizeIn), make([]float64, (to-from)*sizeOut)
	err = parallel.Each(ctx, to-from, 0, report, func() func(int) error {
		return func(i int) error {
			if err := sample(from+i, input[i*sizeIn:(i+1)*sizeIn], output[i*sizeOut:(i+1)*sizeOut]); err != nil {
				return fmt.Errorf("sample %d: %w", from+i, err)
			}
			return nil
		}
	})
	return input, output, err
}

// assemble cuts inputs and outputs into the training and the test part, the first four shapes, and adds the rest.
func assemble(shapes []Shape, input, output []float64, rest ...[]float64) Set {
	cutIn, cutOut := shapes[0].Size(), shapes[1].Size()
	return fill(shapes, append([][]float64{input[:cutIn], output[:cutOut], input[cutIn:], output[cutOut:]}, rest...)...)
}
