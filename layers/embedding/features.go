package embedding

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/layers"
)

// period is the longest period of [Sinusoidal] over 2π.
const period = 10000

// Sinusoidal is cos(ω_i t) for i = 0 … width/2-1 and then sin(ω_i t), ω_i = 10000^(-2i/width).
//
// Shapes: t [batch, …]; returns [batch, …, width].
// Units:  t from 0 to about 1000, that neighbouring steps of a schedule differ; scale times in [0, 1].
// DType:  float32 or float64, as t.
// Panics: if width is not even and positive.
// Differs from the source: cosines before sines rather than in turn.
// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5; for times Ho et al. 2020, arXiv:2006.11239, appendix B.
// bib: vaswani2017attention, ho2020denoising
func Sinusoidal(t *Node, width int) *Node {
	omega := make([]float64, width/2)
	for i := range omega {
		omega[i] = math.Pow(period, -float64(i)/float64(width/2))
	}
	return waves("Sinusoidal", t, width, omega)
}

// Fourier is cos(2π f_i t) for i = 0 … width/2-1 and then sin(2π f_i t), with frequencies f_i at the quantiles (i+½)/(width/2) of the normal
// distribution of mean zero and standard deviation std.
//
// Shapes: t [batch, …]; returns [batch, …, width].
// Units:  t of size one; details of size 1/(2π std) are told apart.
// DType:  float32 or float64, as t.
// Panics: if width is not even and positive.
// Differs from the source: the frequencies are the quantiles, not draws, so that they need no seed.
// Source: Tancik et al. 2020, arXiv:2006.10739; for times Song et al. 2021, arXiv:2011.13456.
// bib: tancik2020fourier, song2021score
func Fourier(t *Node, width int, std float64) *Node {
	omega := make([]float64, width/2)
	for i := range omega {
		p := (float64(i) + 0.5) / float64(width/2)
		omega[i] = 2 * math.Pi * std * math.Sqrt2 * math.Erfinv(2*p-1)
	}
	return waves("Fourier", t, width, omega)
}

// waves is the cosines and then the sines of the frequencies.
func waves(name string, t *Node, width int, omega []float64) *Node {
	if width < 2 || width%2 != 0 {
		exceptions.Panicf("embedding: %s of %d channels, want an even number, at least 2", name, width)
	}
	dims := make([]int, t.Rank()+1)
	for i := range dims {
		dims[i] = 1
	}
	dims[t.Rank()] = len(omega)
	angle := Mul(InsertAxes(t, -1), Reshape(ConstAs(t, omega), dims...))
	return Concatenate([]*Node{Cos(angle), Sin(angle)}, -1)
}

// Class is the learned vector of a class. Number classes stands for no class: train with it in place of a tenth to a fifth of the
// classes for classifier-free guidance. Any other number has the vector zero.
//
// Shapes: label [batch] or [batch, 1], whole numbers of any type; returns [batch, width] of dtype. Variable w [classes+1, width], started
// with a standard deviation of 0.02.
// Source: Ho & Salimans 2022, arXiv:2207.12598, section 3.2, for no class; the start is that of Peebles & Xie 2023. bib: ho2022classifierfree, peebles2023dit
func Class(scope *model.Scope, label *Node, dtype dtypes.DType, classes, width int) *Node {
	if classes < 1 || width < 1 || label.Shape().Size() != label.Shape().Dim(0) {
		exceptions.Panicf("embedding: Class of %s, %d classes and %d channels, want labels [batch] or [batch, 1] and at least 1 of each", label.Shape(), classes, width)
	}
	w := layers.Weight(scope, label.Graph(), "w", shapes.Make(dtype, classes+1, width), layers.Normal(0.02))
	label = ConvertDType(Reshape(label, label.Shape().Dim(0)), dtypes.Int32)
	return MatMul(OneHot(label, classes+1, dtype), w)
}
