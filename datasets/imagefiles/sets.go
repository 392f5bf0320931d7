package imagefiles

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// MNIST reads the four files of MNIST or of a set of the same form, such as Fashion-MNIST: train-images-idx3-ubyte, train-labels-idx1-ubyte,
// t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each as it is or with .gz. Of each part it reads the first most images; 0: all.
//
// Errors: a file that is missing or not as described; labels as many as other than images.
// Source: LeCun et al. 1998. bib: lecun1998gradient
func MNIST(folder string, most int) (datasets.Set, error) {
	return mnist(context.Background(), folder, [2]int{most, most})
}

// mnist is [MNIST] with the most training and the most test images.
func mnist(ctx context.Context, folder string, most [2]int) (datasets.Set, error) {
	var set datasets.Set
	for i, part := range []struct{ file, input, output string }{
		{"train", datasets.TrainInput, datasets.TrainOutput}, {"t10k", datasets.TestInput, datasets.TestOutput},
	} {
		images, err := readIDXFile(ctx, folder, part.file+"-images-idx3-ubyte", most[i], 3)
		if err != nil {
			return datasets.Set{}, err
		}
		labels, err := readIDXFile(ctx, folder, part.file+"-labels-idx1-ubyte", most[i], 1)
		if err != nil {
			return datasets.Set{}, err
		}
		if images.Dims[0] != labels.Dims[0] {
			return datasets.Set{}, fmt.Errorf("imagefiles: %s: %d images and %d labels of %s, want as many of each", folder, images.Dims[0], labels.Dims[0], part.file)
		}
		for i := range images.Values {
			images.Values[i] /= 255
		}
		images.Name, images.Axes, images.Dims = part.input, []string{"sample", "y", "x", "channel"}, append(images.Dims, 1)
		labels.Name, labels.Axes, labels.Dims = part.output, []string{"sample", "class"}, append(labels.Dims, 1)
		set.Arrays = append(set.Arrays, images, labels)
	}
	return set, nil
}

// readIDXFile reads bytes of a rank.
func readIDXFile(ctx context.Context, folder, name string, most, rank int) (a datasets.Array, err error) {
	path, r, err := open(ctx, folder, name)
	if err != nil {
		return datasets.Array{}, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	a, err = ReadIDX(r, path, most)
	if err == nil && len(a.Dims) != rank {
		err = fmt.Errorf("imagefiles: %s has the rank %d, want %d", path, len(a.Dims), rank)
	}
	return a, err
}

// Images of CIFAR are 32 × 32 with three channels, red, green, blue, each channel by rows.
const (
	cifarSide     = 32
	cifarChannels = 3
	cifarSize     = cifarSide * cifarSide * cifarChannels
)

// CIFAR10 reads data_batch_1.bin to data_batch_5.bin and test_batch.bin of the binary version of CIFAR-10, as they are or with .gz. Of each part it
// reads the first most images; 0: all.
//
// Errors: a file that is missing or truncated; a label above 9.
// Source: Krizhevsky 2009. bib: krizhevsky2009learning
func CIFAR10(folder string, most int) (datasets.Set, error) {
	return cifar(context.Background(), folder, cifar10(), [2]int{most, most})
}

// CIFAR100 reads train.bin and test.bin of the binary version of CIFAR-100, with the fine of the two labels, likewise.
//
// Errors: as of [CIFAR10]; a label above 99.
// Source: Krizhevsky 2009. bib: krizhevsky2009learning
func CIFAR100(folder string, most int) (datasets.Set, error) {
	return cifar(context.Background(), folder, cifar100(), [2]int{most, most})
}

// records is a version of CIFAR.
type records struct {
	train, test []string // files
	labels      int      // of an image, of which the last counts
	classes     int
}

func cifar10() records {
	train := []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"}
	return records{train, []string{"test_batch.bin"}, 1, 10}
}

func cifar100() records { return records{[]string{"train.bin"}, []string{"test.bin"}, 2, 100} }

func cifar(ctx context.Context, folder string, kind records, most [2]int) (datasets.Set, error) {
	var set datasets.Set
	for i, part := range []struct {
		files         []string
		input, output string
	}{{kind.train, datasets.TrainInput, datasets.TrainOutput}, {kind.test, datasets.TestInput, datasets.TestOutput}} {
		images := make([]float64, 0, min(most[i], maxValues/cifarSize)*cifarSize)
		var answers []float64
		for _, name := range part.files {
			if most[i] > 0 && len(answers) >= most[i] {
				break
			}
			var err error
			if images, answers, err = kind.read(ctx, folder, name, images, answers, most[i]); err != nil {
				return datasets.Set{}, err
			}
		}
		if len(answers) == 0 {
			return datasets.Set{}, fmt.Errorf("imagefiles: %s holds no images of %s", folder, part.input)
		}
		set.Arrays = append(
			set.Arrays,
			datasets.Array{
				Name: part.input, Axes: []string{"sample", "y", "x", "channel"}, Dims: []int{len(answers), cifarSide, cifarSide, cifarChannels}, Values: images,
			},
			datasets.Array{Name: part.output, Axes: []string{"sample", "class"}, Dims: []int{len(answers), 1}, Values: answers},
		)
	}
	return set, nil
}

// read adds the records of a file: labels, of which the last counts, then the image.
func (k records) read(ctx context.Context, folder, name string, images, answers []float64, most int) (_, _ []float64, err error) {
	path, r, err := open(ctx, folder, name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	const pixels = cifarSide * cifarSide
	record := make([]byte, k.labels+cifarSize)
	for n := 0; most == 0 || len(answers) < most; n++ {
		if len(images) > maxValues-cifarSize {
			return nil, nil, fmt.Errorf("imagefiles: %s: more than %d values, want fewer images", path, maxValues)
		}
		if _, err := io.ReadFull(r, record[:1]); err == io.EOF { // between two records; a gzip file that is cut gives another error
			break
		} else if err != nil {
			return nil, nil, fmt.Errorf("imagefiles: %s is truncated at image %d: %w", path, n, err)
		}
		if err := readFull(r, record[1:], path, fmt.Sprintf("image %d", n)); err != nil {
			return nil, nil, err
		}
		label := int(record[k.labels-1])
		if label >= k.classes {
			return nil, nil, fmt.Errorf("imagefiles: %s: image %d has the label %d, want at most %d", path, n, label, k.classes-1)
		}
		answers = append(answers, float64(label))
		for p := range pixels {
			for c := range cifarChannels {
				images = append(images, float64(record[k.labels+c*pixels+p])/255)
			}
		}
	}
	return images, answers, nil
}
