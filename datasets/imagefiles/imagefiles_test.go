package imagefiles_test

import (
	"bytes"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/imagefiles"
)

func write(t *testing.T, folder, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func packed(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// images is an IDX file of three images of 2 × 3.
func images() []byte {
	b := []byte{0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3}
	for i := range 18 {
		b = append(b, byte(15*i))
	}
	return b
}

func labels() []byte { return []byte{0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9} }

func mnist(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	write(t, folder, "train-images-idx3-ubyte", images())
	write(t, folder, "train-labels-idx1-ubyte.gz", packed(t, labels()))
	write(t, folder, "t10k-images-idx3-ubyte.gz", packed(t, images()))
	write(t, folder, "t10k-labels-idx1-ubyte", labels())
	return folder
}

func TestMNIST(t *testing.T) {
	folder := mnist(t)
	set, err := imagefiles.MNIST(folder, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []datasets.Pairs{set.Train(), set.Test()} {
		if !slices.Equal(p.Input.Dims, []int{3, 2, 3, 1}) || !slices.Equal(p.Output.Values, []float64{7, 0, 9}) || p.Output.Validate() != nil {
			t.Errorf("dims %v, labels %v", p.Input.Dims, p.Output.Values)
		}
		if v := p.Input.Sample(1)[4]; v != 150.0/255 {
			t.Errorf("a pixel is %v, want %v", v, 150.0/255)
		}
	}
	if set, err = imagefiles.MNIST(folder, 2); err != nil || set.Train().Len() != 2 || set.Test().Len() != 2 {
		t.Errorf("%d and %d images, %v, want 2", set.Train().Len(), set.Test().Len(), err)
	}
}

func TestReadIDXTypes(t *testing.T) {
	for kind, c := range map[byte]struct {
		bytes []byte
		want  []float64
	}{
		0x08: {[]byte{255, 1}, []float64{255, 1}},
		0x09: {[]byte{255, 1}, []float64{-1, 1}},
		0x0b: {[]byte{0xff, 0xfe, 1, 0}, []float64{-2, 256}},
		0x0c: {[]byte{0xff, 0xff, 0xff, 0xfe, 0, 1, 0, 0}, []float64{-2, 65536}},
		0x0d: {[]byte{0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0}, []float64{1, -2}},
		0x0e: {[]byte{0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0}, []float64{1, -2}},
	} {
		a, err := imagefiles.ReadIDX(bytes.NewReader(append([]byte{0, 0, kind, 1, 0, 0, 0, 2}, c.bytes...)), "x", 0)
		if err != nil || !slices.Equal(a.Values, c.want) {
			t.Errorf("type %02x: %v, %v, want %v", kind, a.Values, err, c.want)
		}
	}
	long := make([]byte, 1<<17+5) // several blocks
	long[1<<17] = 3
	a, err := imagefiles.ReadIDX(bytes.NewReader(append([]byte{0, 0, 8, 1, 0, 2, 0, 5}, long...)), "x", 0)
	if err != nil || len(a.Values) != len(long) || a.Values[1<<17] != 3 {
		t.Errorf("%d values, %v, want %d", len(a.Values), err, len(long))
	}
}

func TestErrors(t *testing.T) {
	huge := []byte{0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}
	wrong := images()
	wrong[0] = 1
	zipped := packed(t, labels())
	for name, c := range map[string]struct {
		file    string
		content []byte
		want    []string
	}{
		"missing":        {"", nil, []string{"no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz"}},
		"truncated":      {"train-images-idx3-ubyte", images()[:20], []string{"train-images-idx3-ubyte is truncated: it ends 14 bytes short at value 0 of 18"}},
		"no header":      {"train-images-idx3-ubyte", images()[:3], []string{"is truncated", "the header"}},
		"empty":          {"train-images-idx3-ubyte", nil, []string{"is truncated", "the header"}},
		"too long":       {"train-images-idx3-ubyte", append(images(), 1), []string{"train-images-idx3-ubyte goes on"}},
		"other format":   {"train-images-idx3-ubyte", wrong, []string{"starts with 01 00 08 03, want an IDX file"}},
		"huge":           {"train-images-idx3-ubyte", huge, []string{"train-images-idx3-ubyte has the dimensions [4294967295"}},
		"rank":           {"train-images-idx3-ubyte", labels(), []string{"has the rank 1, want 3"}},
		"fewer labels":   {"t10k-labels-idx1-ubyte", []byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 0}, []string{"3 images and 2 labels of t10k"}},
		"truncated gzip": {"train-labels-idx1-ubyte.gz", zipped[:len(zipped)-2], []string{"train-labels-idx1-ubyte.gz is truncated"}},
		"broken gzip":    {"train-labels-idx1-ubyte.gz", []byte{0x1f, 0x8b, 0, 0}, []string{"train-labels-idx1-ubyte.gz is no gzip file"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := mnist(t)
			if c.file == "" {
				folder = t.TempDir()
			} else {
				write(t, folder, c.file, c.content)
			}
			_, err := imagefiles.MNIST(folder, 0)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q in it", err, want)
				}
			}
		})
	}
}

// record is one of CIFAR: labels, then a channel after the other.
func record(labels ...byte) []byte {
	b := labels
	for c := range 3 {
		for p := range 1024 {
			b = append(b, byte((p+50*c)%256))
		}
	}
	return b
}

func TestCIFAR(t *testing.T) {
	folder := t.TempDir()
	for i, name := range []string{"data_batch_1.bin", "data_batch_2.bin.gz", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"} {
		content := append(record(byte(i)), record(9)...)
		if strings.HasSuffix(name, ".gz") {
			content = packed(t, content)
		}
		write(t, folder, name, content)
	}
	set, err := imagefiles.CIFAR10(folder, 0)
	if err != nil {
		t.Fatal(err)
	}
	train := set.Train()
	if !slices.Equal(train.Input.Dims, []int{10, 32, 32, 3}) || !slices.Equal(train.Output.Values, []float64{0, 9, 1, 9, 2, 9, 3, 9, 4, 9}) || set.Test().Len() != 2 {
		t.Errorf("dims %v, labels %v", train.Input.Dims, train.Output.Values)
	}
	if got, want := train.Input.Sample(3)[3*40:3*40+3], []float64{40.0 / 255, 90.0 / 255, 140.0 / 255}; !slices.Equal(got, want) {
		t.Errorf("pixel %v, want %v", got, want)
	}
	if set, err = imagefiles.CIFAR10(folder, 3); err != nil || set.Train().Len() != 3 || math.Abs(set.Train().Output.Values[2]-1) > 0 {
		t.Errorf("%d images, %v, want 3", set.Train().Len(), err)
	}
	write(t, folder, "data_batch_3.bin", record(2)[:100])
	if _, err = imagefiles.CIFAR10(folder, 0); err == nil || !strings.Contains(err.Error(), "data_batch_3.bin is truncated: it ends 2973 bytes short at image 0") {
		t.Errorf("error %v for a truncated file", err)
	}
	write(t, folder, "data_batch_1.bin", record(10))
	if _, err = imagefiles.CIFAR10(folder, 0); err == nil || !strings.Contains(err.Error(), "data_batch_1.bin: image 0 has the label 10, want at most 9") {
		t.Errorf("error %v for a wrong label", err)
	}
	write(t, folder, "train.bin", record(3, 77))
	write(t, folder, "test.bin", nil)
	if _, err = imagefiles.CIFAR100(folder, 0); err == nil || !strings.Contains(err.Error(), "holds no images of test_input") {
		t.Errorf("error %v for an empty file", err)
	}
	write(t, folder, "test.bin", record(3, 99))
	if set, err = imagefiles.CIFAR100(folder, 0); err != nil || set.Train().Output.Values[0] != 77 || set.Test().Output.Values[0] != 99 {
		t.Errorf("%v, want the fine labels", err)
	}
}
