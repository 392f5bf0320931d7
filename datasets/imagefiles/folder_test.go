package imagefiles_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/imagefiles"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
)

// cifar10 writes the six files of CIFAR-10, of two images each, the fifth batch compressed.
func cifar10(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := range 6 {
		content := append(record(byte(i)), record(9)...)
		switch name := fmt.Sprintf("data_batch_%d.bin", i+1); i {
		case 4:
			write(t, dir, name+".gz", packed(t, content))
		case 5:
			write(t, dir, "test_batch.bin", content)
		default:
			write(t, dir, name, content)
		}
	}
	return dir
}

func TestFolder(t *testing.T) {
	f := imagefiles.Folder{Kind: imagefiles.KindCIFAR10, Dir: cifar10(t), Train: 9, Test: 1, Signed: true}
	set, err := datasets.Load(t.Context(), f) // which compares the arrays with what the recipe says of them
	if err != nil {
		t.Fatal(err)
	}
	train := set.Train()
	if want := []float64{0, 9, 1, 9, 2, 9, 3, 9, 4}; !slices.Equal(train.Output.Values, want) || set.Test().Output.Values[0] != 5 {
		t.Errorf("labels %v and %v, want %v and 5", train.Output.Values, set.Test().Output.Values, want)
	}
	of := func(v byte) float64 { return 2*(float64(v)/255) - 1 }
	if got, want := train.Input.Sample(3)[3*40:3*40+3], []float64{of(40), of(90), of(140)}; !slices.Equal(got, want) {
		t.Errorf("pixel %v, want %v", got, want)
	}
	f.Signed = false
	if set, err = datasets.Load(t.Context(), f); err != nil || set.Test().Input.Values[3*40] != 40.0/255 {
		t.Errorf("%v, want a pixel of 40/255 without Signed", err)
	}
	m := imagefiles.Folder{Kind: imagefiles.KindMNIST, Dir: mnist(t), Train: 2, Test: 1}
	if _, err := datasets.Load(t.Context(), m); err == nil || !strings.Contains(err.Error(), "give train_input [sample 2, y 2, x 3, channel 1], want train_input [sample 2, y 28, x 28, channel 1]") {
		t.Errorf("%v, want images of another size refused", err)
	}
}

// TestFolderKey: the key is of what is in the files, not of where or how they are kept.
func TestFolderKey(t *testing.T) {
	f := imagefiles.Folder{Kind: imagefiles.KindCIFAR10, Dir: cifar10(t), Train: 9, Test: 1}
	key := func(f imagefiles.Folder) string {
		k, err := datasets.Key(f)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	here := key(f)
	other := f
	other.Dir = cifar10(t)
	content := append(record(1), record(9)...)
	if err := os.Remove(filepath.Join(other.Dir, "data_batch_2.bin")); err != nil {
		t.Fatal(err)
	}
	write(t, other.Dir, "data_batch_2.bin.gz", packed(t, content))
	if there := key(other); there != here {
		t.Errorf("the key is %s of the same files elsewhere, one of them compressed, want %s", there, here)
	}
	sum, err := f.Sum()
	if err != nil {
		t.Fatal(err)
	}
	pinned := f
	pinned.SHA256 = sum
	if key(pinned) != here {
		t.Error("another key with the hash given, want the same")
	}
	if _, err := datasets.Load(t.Context(), pinned); err != nil {
		t.Errorf("the files whose hash is given: %v", err)
	}
	content[100]++ // one value of one image
	write(t, other.Dir, "data_batch_2.bin.gz", packed(t, content))
	if key(other) == here {
		t.Error("the same key with another image, want another")
	}
	pinned.Dir = other.Dir
	if _, err := datasets.Load(t.Context(), pinned); err == nil || !strings.Contains(err.Error(), "want Folder.SHA256 = "+sum) {
		t.Errorf("%v, want files of another hash refused", err)
	}
}

// TestFolderReadBack: a recipe out of a run's manifest is valid without the files, which it then asks for.
func TestFolderReadBack(t *testing.T) {
	f := imagefiles.Folder{Kind: imagefiles.KindCIFAR10, Dir: cifar10(t), Train: 9, Test: 1, Signed: true}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "Dir") {
		t.Errorf("%s, want no place of this machine in it", text)
	}
	v, err := kinds.Decode("imagefiles.Folder", text, []any{imagefiles.Folder{}})
	if err != nil {
		t.Fatal(err)
	}
	again := v.(imagefiles.Folder)
	if err := again.Validate(); err != nil {
		t.Errorf("read back: %v", err)
	}
	if _, err := datasets.Load(t.Context(), again); err == nil || !strings.Contains(err.Error(), "Folder.Dir is empty, want a folder with the files of cifar-10-binary.tar.gz") {
		t.Errorf("%v, want the files asked for", err)
	}
	again.Dir = f.Dir
	if _, err := datasets.Load(t.Context(), again); err != nil {
		t.Errorf("with the files: %v", err)
	}
}

func TestFolderRefuses(t *testing.T) {
	dir := cifar10(t)
	for want, change := range map[string]func(f *imagefiles.Folder){
		`Folder.Kind = "", want one of ["mnist" "cifar-10" "cifar-100"]`: func(f *imagefiles.Folder) { f.Kind = "" },
		"Folder.Train = 0, want from 1 to 87381 images":                  func(f *imagefiles.Folder) { f.Train = 0 },
		"Folder.Test = 87382, want from 1 to 87381 images":               func(f *imagefiles.Folder) { f.Test = 87382 },
		`Folder.SHA256 = "ABC", want 64 of the digits`:                   func(f *imagefiles.Folder) { f.SHA256 = "ABC" },
		"has no train.bin, test.bin, want a folder with the files of cifar-100-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar.html: train.bin, test.bin, each as it is or with .gz; nothing is downloaded": func(f *imagefiles.Folder) {
			f.Kind = imagefiles.KindCIFAR100
		},
		"SHA-256 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd": func(f *imagefiles.Folder) { f.Dir = "nowhere" },
		"give train_input [sample 10, y 32":                                        func(f *imagefiles.Folder) { f.Train = 11 },
	} {
		f := imagefiles.Folder{Kind: imagefiles.KindCIFAR10, Dir: dir, Train: 9, Test: 1}
		change(&f)
		if _, err := f.Make(t.Context(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := imagefiles.Folder{Kind: imagefiles.KindCIFAR10, Dir: dir, Train: 9, Test: 1}
	if _, err := f.Make(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want it to stop with its context", err)
	}
}
