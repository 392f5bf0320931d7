package diffusion_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/imagefiles"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
)

// photographs are files as those of CIFAR-10, of two images each, with random bytes.
func photographs(t *testing.T) imagefiles.Folder {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 6 {
		content := make([]byte, 2*3073)
		for k := range content {
			if k%3073 != 0 { // the label
				content[k] = byte(r.IntN(256))
			}
		}
		name := fmt.Sprintf("data_batch_%d.bin", i+1)
		if i == 5 {
			name = "test_batch.bin"
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return imagefiles.Folder{Kind: imagefiles.KindCIFAR10, Dir: dir, Train: 10, Test: 2, Signed: true}
}

// pixelwise is a linear map of each pixel's channels, zero at its start.
type pixelwise struct{}

func (pixelwise) Validate() error { return nil }

func (pixelwise) Forward(scope *model.Scope, in ...*Node) *Node {
	return layers.DenseFrom(scope.At("pixelwise"), in[0], in[0].Shape().Dim(-1), layers.Constant(0))
}

// TestDenoiseLearnsImagesOfAFolder takes a step of a network that answers zero, so that the loss is the target's mean square: 1 where SigmaData
// is the deviation of the data that arrive.
func TestDenoiseLearnsImagesOfAFolder(t *testing.T) {
	folder := photographs(t)
	set, err := datasets.Load(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	square := 0.0
	for _, v := range set.Train().Input.Values {
		square += v * v / float64(len(set.Train().Input.Values))
	}
	task := diffusion.Denoise{
		Model:  pixelwise{},
		Recipe: folder, Schedule: diffusion.StandardEDM(), SigmaData: math.Sqrt(square), Label: diffusion.ByNoise,
		Times: diffusion.LogNormalTimes{Mean: -1.2, Std: 1.2},
	}
	h := losses(t, task, train.Fit{Steps: 1, Rate: 1e-3})
	// The mean of 30,720 squares of about 1, of deviation √2 at most: 5 standard errors are 4 %.
	if len(h) != 1 || !(math.Abs(h[0]-1) < 0.04) {
		t.Errorf("losses %v, want one of about 1", h)
	}
}
