package datasets

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
)

// pairShapes are the shapes of the training and the test pairs, of the axes and dimensions of one sample's input and output, and the rest.
func pairShapes(train, test int, input, output Shape, rest ...Shape) []Shape {
	part := func(prefix string, samples int) []Shape {
		with := func(name string, s Shape) Shape {
			return Shape{prefix + name, slices.Concat([]string{"sample"}, s.Axes), slices.Concat([]int{samples}, s.Dims)}
		}
		return []Shape{with("_input", input), with("_output", output)}
	}
	return slices.Concat(part("train", train), part("test", test), rest)
}

// axis is the shape of a coordinate.
func axis(name string, n int) Shape { return Shape{name, []string{name}, []int{n}} }

// eachDrawn is [eachSample] with scratch memory: start is called once a goroutine.
func eachDrawn(
	ctx context.Context, shapes []Shape, from, to int, report func(done, total int),
	start func() (func(i int, input, output []float64) error, error),
) (input, output []float64, err error) {
	sizeIn, sizeOut := shapes[0].Size()/shapes[0].Dims[0], shapes[1].Size()/shapes[1].Dims[0]
	input, output = make([]float64, (to-from)*sizeIn), make([]float64, (to-from)*sizeOut)
	err = parallel.Each(ctx, to-from, 0, report, func() func(int) error {
		sample, err := start()
		return func(i int) error {
			if err != nil {
				return err
			}
			if err := sample(from+i, input[i*sizeIn:(i+1)*sizeIn], output[i*sizeOut:(i+1)*sizeOut]); err != nil {
				return fmt.Errorf("sample %d: %w", from+i, err)
			}
			return nil
		}
	})
	return input, output, err
}

// checkKind is the error of a kind that is none of a list.
func checkKind[K ~string](field string, kind K, kinds []K) error {
	if slices.Contains(kinds, kind) {
		return nil
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return fmt.Errorf("datasets: %s = %q, want one of %s", field, kind, strings.Join(names, ", "))
}
