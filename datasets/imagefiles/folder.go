package imagefiles

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// Kind is what is in a [Folder].
type Kind string

// The kinds of folders.
const (
	KindMNIST    Kind = "mnist" // or a set of the same form, such as Fashion-MNIST
	KindCIFAR10  Kind = "cifar-10"
	KindCIFAR100 Kind = "cifar-100" // with the fine of the two labels
)

// Kinds lists all kinds.
func Kinds() []Kind { return []Kind{KindMNIST, KindCIFAR10, KindCIFAR100} }

// Folder is the recipe of labelled images in files that the user has: from the image to its class.
//
// Arrays: train_input [Train, y, x, channel], 28 × 28 × 1 of MNIST and 32 × 32 × 3 of CIFAR; train_output [Train, class 1]; test_input and
// test_output likewise. The first images of each part, in the files' order.
// Cost: reading the files, and 8 bytes of memory for each value: 1.5 GB for the whole of CIFAR-10. No cache keeps them once more.
//
// Its JSON, and so its [datasets.Key], has the files' hash in place of their folder: the same files have the same key wherever they are,
// compressed or not. Without SHA256 each key reads all of them; with it none does, and files with another hash are refused.
//
// Source: LeCun et al. 1998; Krizhevsky 2009. bib: lecun1998gradient, krizhevsky2009learning
type Folder struct {
	Kind   Kind
	Dir    string `json:"-"` // the folder with the files that [MNIST], [CIFAR10] and [CIFAR100] name
	Train  int    // number of training images, ≥ 1
	Test   int    // number of test images, ≥ 1
	Signed bool   `json:",omitempty"` // values from -1 to 1, as most diffusion models take them; else from 0 to 1
	SHA256 string `json:",omitempty"` // what [Folder.Sum] gives of the right files; empty: any are right
}

var (
	_ datasets.Recipe    = Folder{}
	_ datasets.Kept      = Folder{}
	_ datasets.Described = Folder{}
)

// folderCase is what is fixed of a kind.
type folderCase struct {
	title, source string
	files         []string
	dims          []int // of an image
	archive       string
	read          func(ctx context.Context, dir string, most [2]int) (datasets.Set, error)
}

func (k Kind) folder() folderCase {
	cifarDims := []int{cifarSide, cifarSide, cifarChannels}
	ofRecords := func(r records) func(context.Context, string, [2]int) (datasets.Set, error) {
		return func(ctx context.Context, dir string, most [2]int) (datasets.Set, error) {
			return cifar(ctx, dir, r, most)
		}
	}
	switch k {
	case KindMNIST:
		return folderCase{
			"Handwritten digits, MNIST, or a set of its form", "LeCun et al. 1998",
			[]string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
			[]int{28, 28, 1},
			"the four files of MNIST or of a set of its form", mnist,
		}
	case KindCIFAR10:
		r := cifar10()
		return folderCase{
			"Photographs of ten classes, CIFAR-10", "Krizhevsky 2009", slices.Concat(r.train, r.test), cifarDims,
			// The hash with which other programs check the archive, GoMLX's example of CIFAR among them.
			"the files of cifar-10-binary.tar.gz, SHA-256 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd, of https://www.cs.toronto.edu/~kriz/cifar.html",
			ofRecords(r),
		}
	case KindCIFAR100:
		r := cifar100()
		return folderCase{
			"Photographs of a hundred classes, CIFAR-100", "Krizhevsky 2009", slices.Concat(r.train, r.test), cifarDims,
			"the files of cifar-100-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar.html", ofRecords(r),
		}
	}
	return folderCase{}
}

// Name is the kind's.
func (f Folder) Name() string { return string(f.Kind) }

// Version of the way in which files become values.
func (Folder) Version() int { return 1 }

// KeptElsewhere marks the data as kept by the files.
func (Folder) KeptElsewhere() {}

// Describe says what the data are.
func (f Folder) Describe() datasets.Description {
	c := f.Kind.folder()
	return datasets.Description{Title: c.title, Domain: "pixels of a byte a channel, scaled", Source: c.source}
}

// MarshalJSON writes the hash of the files in place of their folder.
//
// Errors: as [Folder.Sum].
func (f Folder) MarshalJSON() ([]byte, error) {
	type plain Folder // without this method
	if f.SHA256 == "" && f.Dir != "" {
		sum, err := f.Sum()
		if err != nil {
			return nil, err
		}
		f.SHA256 = sum
	}
	return json.Marshal(plain(f))
}

// Validate lists all that is wrong with f. A folder is looked at for its files alone, not for what is in them. Without Dir it is right if it
// has SHA256, as a run's task read back from the store has: all that can be done without the files can then be done.
func (f Folder) Validate() error {
	if !slices.Contains(Kinds(), f.Kind) {
		return fmt.Errorf("imagefiles: Folder.Kind = %q, want one of %q", f.Kind, Kinds())
	}
	size := 1
	for _, d := range f.Kind.folder().dims {
		size *= d
	}
	var errs []error
	for _, part := range []struct {
		field string
		n     int
	}{{"Train", f.Train}, {"Test", f.Test}} {
		if part.n < 1 || part.n > maxValues/size {
			errs = append(errs, fmt.Errorf("imagefiles: Folder.%s = %d, want from 1 to %d images", part.field, part.n, maxValues/size))
		}
	}
	if f.SHA256 != "" && !regexp.MustCompile("^[0-9a-f]{64}$").MatchString(f.SHA256) {
		errs = append(errs, fmt.Errorf("imagefiles: Folder.SHA256 = %q, want 64 of the digits 0 to 9 and a to f, or none", f.SHA256))
	}
	if f.Dir != "" || f.SHA256 == "" {
		errs = append(errs, f.missing())
	}
	return errors.Join(errs...)
}

// missing is the error of a folder without all of its files: what to put there, and how it is checked.
func (f Folder) missing() error {
	c := f.Kind.folder()
	has := func(name string) bool {
		info, err := os.Stat(filepath.Join(f.Dir, name))
		return err == nil && !info.IsDir()
	}
	var lacks []string
	for _, name := range c.files {
		if f.Dir == "" || !has(name) && !has(name+".gz") {
			lacks = append(lacks, name)
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	what := "is empty"
	if f.Dir != "" {
		what = fmt.Sprintf("= %q has no %s", f.Dir, strings.Join(lacks, ", "))
	}
	return fmt.Errorf("imagefiles: Folder.Dir %s, want a folder with %s: %s, each as it is or with .gz; nothing is downloaded. "+
		"Lengths and labels are checked as they are read, and that their SHA-256 is Folder.SHA256, if that is given",
		what, c.archive, strings.Join(c.files, ", "))
}

// Arrays describes the images and their classes.
func (f Folder) Arrays() []datasets.Shape {
	dims := f.Kind.folder().dims
	var out []datasets.Shape
	for _, part := range []struct {
		n             int
		input, output string
	}{{f.Train, datasets.TrainInput, datasets.TrainOutput}, {f.Test, datasets.TestInput, datasets.TestOutput}} {
		out = append(out,
			datasets.Shape{Name: part.input, Axes: []string{"sample", "y", "x", "channel"}, Dims: append([]int{part.n}, dims...)},
			datasets.Shape{Name: part.output, Axes: []string{"sample", "class"}, Dims: []int{part.n, 1}})
	}
	return out
}

// maxFile is the most bytes of a file, uncompressed; the largest of those meant here has 154 MB.
const maxFile = 1 << 30

// Sum is the SHA-256 of the list of files in hexadecimal: of a line for each with its name, its uncompressed length and the SHA-256 of its
// uncompressed bytes.
//
// Errors: a file that is missing, is cut short by gzip's reckoning or has more than 2³⁰ bytes.
func (f Folder) Sum() (string, error) { return f.sum(context.Background()) }

func (f Folder) sum(ctx context.Context) (string, error) {
	all := sha256.New()
	for _, name := range f.Kind.folder().files {
		length, sum, err := f.sumFile(ctx, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%s %d %x\n", name, length, sum)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

func (f Folder) sumFile(ctx context.Context, name string) (length int64, sum []byte, err error) {
	path, r, err := open(ctx, f.Dir, name)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	h := sha256.New()
	length, err = io.Copy(h, io.LimitReader(r, maxFile+1))
	if err != nil {
		return 0, nil, fmt.Errorf("imagefiles: hash of %s: %w", path, err)
	}
	if length > maxFile {
		return 0, nil, fmt.Errorf("imagefiles: %s has more than %d bytes, want a file of %s", path, maxFile, f.Kind)
	}
	return length, h.Sum(nil), nil
}

// Make reads the images.
//
// Errors: what Validate finds; files of another hash than SHA256; files that are not as described or have fewer images.
func (f Folder) Make(ctx context.Context, report func(done, total int)) (datasets.Set, error) {
	if err := f.Validate(); err != nil {
		return datasets.Set{}, err
	}
	if err := f.missing(); err != nil { // Validate lets a folder without a place pass
		return datasets.Set{}, err
	}
	if f.SHA256 != "" {
		sum, err := f.sum(ctx)
		if err != nil {
			return datasets.Set{}, err
		}
		if sum != f.SHA256 {
			return datasets.Set{}, fmt.Errorf("imagefiles: the files in %s have the SHA-256 %s, want Folder.SHA256 = %s", f.Dir, sum, f.SHA256)
		}
	}
	set, err := f.Kind.folder().read(ctx, f.Dir, [2]int{f.Train, f.Test})
	if err != nil {
		return datasets.Set{}, err
	}
	for i, want := range f.Arrays() {
		a := set.Arrays[i]
		if !a.Shape().Equal(want) {
			return datasets.Set{}, fmt.Errorf("imagefiles: the files in %s give %v, want %v", f.Dir, a.Shape(), want)
		}
		if f.Signed && len(want.Dims) > 2 {
			for k, v := range a.Values {
				a.Values[k] = 2*v - 1
			}
		}
	}
	if report != nil {
		report(f.Train+f.Test, f.Train+f.Test)
	}
	return set, nil
}
