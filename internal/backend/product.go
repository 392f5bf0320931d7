package backend

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// A float64 product is handed to OpenBLAS from these sizes of one matrix of its batch: below, XLA's own loops were as fast or
// faster on an x86-64 with AVX-512, as they were for products with vectors.
const (
	leastProduct = 256 // multiplications
	leastSide    = 4   // of each factor
)

// DotGeneral hands float64 products of matrices to OpenBLAS where that pays, and everything else on.
func (f *function) DotGeneral(lhs compute.Value, lhsContracting, lhsBatch []int, rhs compute.Value, rhsContracting, rhsBatch []int, config compute.DotGeneralConfig) (compute.Value, error) {
	p, ok := f.newProduct(lhs, lhsContracting, lhsBatch, rhs, rhsContracting, rhsBatch, config)
	if !ok {
		return f.Function.DotGeneral(lhs, lhsContracting, lhsBatch, rhs, rhsContracting, rhsBatch, config)
	}
	a, err := p.lhs.normal(f, lhs)
	if err != nil {
		return nil, err
	}
	b, err := p.rhs.normal(f, rhs)
	if err != nil {
		return nil, err
	}
	// The right operand in its normal order [batch, free, contracting] is a transposed one to the product.
	call := native.Product(p.batch, p.lhs.free, p.rhs.free, p.lhs.contracting, p.lhs.swapped, !p.rhs.swapped)
	out, err := f.customCall(call, []shapes.Shape{shapes.Make(dtypes.Float64, p.dims...)}, a, b)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// product is a DotGeneral as a batch of products of matrices.
type product struct {
	lhs, rhs operand
	batch    int
	dims     []int // of the result: batch, then the left and the right operand's free axes
}

// newProduct normalises a DotGeneral; ok is false if XLA should do it.
func (f *function) newProduct(lhs compute.Value, lhsContracting, lhsBatch []int, rhs compute.Value, rhsContracting, rhsBatch []int, config compute.DotGeneralConfig) (p product, ok bool) {
	b := f.builder
	plain := func(t dtypes.DType) bool { return t == dtypes.InvalidDType || t == dtypes.Float64 }
	if !b.backend.calls || !plain(config.AccumulatorDType) || !plain(config.OutputDType) {
		return p, false
	}
	l, errL := b.OpShape(lhs)
	r, errR := b.OpShape(rhs)
	if errL != nil || errR != nil || l.DType != dtypes.Float64 || r.DType != dtypes.Float64 {
		return p, false
	}
	p.lhs, p.rhs, p.batch = newOperand(l, lhsContracting, lhsBatch), newOperand(r, rhsContracting, rhsBatch), 1
	if p.lhs.contracting != p.rhs.contracting || len(lhsBatch) != len(rhsBatch) {
		return p, false // wrong, and XLA's message says how
	}
	for i, axis := range lhsBatch {
		if l.Dimensions[axis] != r.Dimensions[rhsBatch[i]] {
			return p, false
		}
		p.batch *= l.Dimensions[axis]
		p.dims = append(p.dims, l.Dimensions[axis])
	}
	p.dims = slices.Concat(p.dims, p.lhs.dims, p.rhs.dims)
	m, n, k := p.lhs.free, p.rhs.free, p.lhs.contracting
	return p, p.batch > 0 && min(m, n, k) >= leastSide && m*n*k >= leastProduct
}

// operand is an array as a batch of matrices.
type operand struct {
	free, contracting int   // rows and columns: the products of these axes
	dims              []int // of the free axes
	swapped           bool  // it lies as [batch, contracting, free]
	order             []int // of its axes, to make it [batch, free, contracting]; nil: it lies well as it is
}

func newOperand(s shapes.Shape, contracting, batch []int) operand {
	o := operand{free: 1, contracting: 1}
	var free []int
	for axis, n := range s.Dimensions {
		if !slices.Contains(contracting, axis) && !slices.Contains(batch, axis) {
			free, o.dims = append(free, axis), append(o.dims, n)
			o.free *= n
		}
	}
	for _, axis := range contracting {
		o.contracting *= s.Dimensions[axis]
	}
	order := slices.Concat(batch, free, contracting)
	switch {
	case slices.IsSorted(order):
	case slices.IsSorted(slices.Concat(batch, contracting, free)):
		o.swapped = true
	default:
		o.order = order
	}
	return o
}

// normal puts the axes into an order that the product takes.
func (o operand) normal(f *function, x compute.Value) (compute.Value, error) {
	if o.order == nil {
		return x, nil
	}
	return f.Function.Transpose(x, o.order...)
}
