package layers

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// SpectralConv multiplies the kept frequencies of x by learned complex matrices.
//
//	y = F⁻¹(R · F x),   (R · F x)[k, o] = Σ_i R[k, i, o] (F x)[k, i] for kept k, else 0
//
// Shapes: x [in, batch, n1, …, nd] on f's grid; returns [out, batch, n1, …, nd]. Variable R [modes, in, 2, out]: real and
// imaginary parts, modes as f keeps them (0, …, m-1 of the last axis, 0, …, m-1, -m, …, -1 of the others), row-major.
// DType:  float32 or float64, as x.
// Cost:   O(n Σ modes) per channel for the transforms, 8 modes·in·out per sample between them.
// Start:  real and imaginary parts uniform in [0, 1/(in·out)).
// Source: Li et al. 2021, arXiv:2010.08895, eq. (4) and (5). bib: li2021fno
func SpectralConv(scope *model.Scope, f *Fourier, x *Node, out int) *Node {
	return f.Inverse(spectralProduct(scope, f, x, out))
}

// spectralProduct is R · F x, [modes, 2, batch, out]. Real and imaginary parts of x stand above each other and those of R
// beside each other, so that one real product for each mode holds all four products of parts.
func spectralProduct(scope *model.Scope, f *Fourier, x *Node, out int) *Node {
	if out < 1 {
		exceptions.Panicf("layers: SpectralConv to %d channels, want at least 1", out)
	}
	spectrum := f.Transform(x)
	modes, batch, in := f.Modes(), x.Shape().Dim(1), x.Shape().Dim(0)
	start := Uniform(0, 1/float64(in*out))
	r := Weight(scope, x.Graph(), "R", shapes.Make(x.DType(), modes, in, 2, out), start)
	p := DotGeneral(Reshape(spectrum, modes, 2*batch, in), []int{2}, []int{0},
		Reshape(r, modes, in, 2*out), []int{1}, []int{0})
	p = Reshape(p, modes, 2, batch, 2, out)
	part := func(x, r int) *Node { return Slice(p, AxisRange(), AxisElem(x), AxisRange(), AxisElem(r)) }
	re := Sub(part(0, 0), part(1, 1))
	im := Add(part(0, 1), part(1, 0))
	return Reshape(Concatenate([]*Node{re, im}, 1), modes, 2, batch, out)
}
