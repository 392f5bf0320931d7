package vjp_test

import (
	"testing"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/images"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
)

// small is numbers with a standard deviation of 1/2: derivatives of what follows stay of order 1.
func small(seed uint64, dims ...int) *tensors.Tensor {
	v := check.Floats(check.Random(seed, dims...))
	for i := range v {
		v[i] /= 2
	}
	return tensors.FromFlatDataAndDimensions(v, dims...)
}

// rows are indices, one of them twice.
func rows(g *Graph) *Node { return Const(g, [][]int32{{1}, {2}, {1}, {0}}) }

// first is the first row.
func first(x *Node) *Node { return Slice(x, AxisRange(0, 1)) }

// positive is numbers of order 1 above 1.
func positive(x *Node) *Node { return OnePlus(Square(x)) }

// elementwise are functions of x and y [4, 6], smooth where they are tried.
func elementwise() map[string]func(x, y *Node) *Node {
	return map[string]func(x, y *Node) *Node{
		"abs":                 func(x, _ *Node) *Node { return Abs(x) },
		"sign":                func(x, _ *Node) *Node { return Mul(x, Sign(x)) },
		"floor":               func(x, _ *Node) *Node { return Mul(x, Floor(x)) },
		"ceil":                func(x, _ *Node) *Node { return Mul(x, Ceil(x)) },
		"round":               func(x, _ *Node) *Node { return Mul(x, Round(x)) },
		"greater":             func(x, y *Node) *Node { return Mul(x, ConvertDType(GreaterThan(x, y), x.DType())) },
		"is finite":           func(x, _ *Node) *Node { return Mul(x, ConvertDType(IsFinite(x), x.DType())) },
		"identity":            func(x, _ *Node) *Node { return Identity(x) },
		"expm1":               func(x, _ *Node) *Node { return Expm1(x) },
		"log1p":               func(x, _ *Node) *Node { return Log1p(Square(x)) },
		"sqrt":                func(x, _ *Node) *Node { return Sqrt(positive(x)) },
		"rsqrt":               func(x, _ *Node) *Node { return Rsqrt(positive(x)) },
		"erf":                 func(x, _ *Node) *Node { return Erf(x) },
		"logistic":            func(x, _ *Node) *Node { return Logistic(x) },
		"tanh":                func(x, _ *Node) *Node { return Tanh(x) },
		"mul of a broadcast":  func(x, y *Node) *Node { return Mul(x, BroadcastToDims(first(y), 4, 6)) },
		"mul by a scalar":     func(x, y *Node) *Node { return Mul(x, ReduceAllMean(y)) },
		"div":                 func(x, y *Node) *Node { return Div(x, positive(y)) },
		"div of a repeated":   func(x, y *Node) *Node { return Div(x, positive(first(y))) },
		"pow":                 func(x, y *Node) *Node { return Pow(positive(x), y) },
		"pow of 2":            func(x, _ *Node) *Node { return PowScalar(x, 2) },
		"atan2":               func(x, y *Node) *Node { return Atan2(x, positive(y)) },
		"atan2 of a repeated": func(x, y *Node) *Node { return Atan2(positive(x), first(y)) },
		"clamp":               func(x, _ *Node) *Node { return clampBetween(x, -0.5, 0.5) },
		"clamp by arrays":     func(x, y *Node) *Node { return Clamp(AddScalar(y, -0.3), x, AddScalar(y, 0.3)) },
		"clip":                func(x, _ *Node) *Node { return Mul(x, ClipScalar(x, -0.5, 0.5)) },
		"rem":                 func(x, y *Node) *Node { return Rem(MulScalar(x, 5), positive(y)) },
		"rem of a repeated":   func(x, y *Node) *Node { return Rem(MulScalar(x, 5), positive(first(y))) },
		"max":                 func(x, y *Node) *Node { return Mul(x, Max(x, y)) },
		"max of a repeated":   func(x, y *Node) *Node { return Mul(x, Max(x, first(y))) },
		"min":                 func(x, y *Node) *Node { return Mul(x, Min(x, y)) },
		"where":               func(x, y *Node) *Node { return Where(GreaterThan(x, y), Square(x), y) },
		"softmax":             func(x, _ *Node) *Node { return Softmax(x, 1) },
		"log of sums":         LogAddExp,
		"softplus":            func(x, _ *Node) *Node { return Softplus(x) },
	}
}

func clampBetween(x *Node, low, high float64) *Node {
	g := x.Graph()
	return Mul(x, Clamp(Scalar(g, x.DType(), low), x, Scalar(g, x.DType(), high)))
}

// structural are functions of x and y [4, 6] that move or sum entries.
func structural() map[string]func(x, y *Node) *Node {
	return map[string]func(x, y *Node) *Node{
		"argmax":  func(x, _ *Node) *Node { return Mul(x, ConvertDType(ExpandAxes(ArgMax(x, 1), -1), x.DType())) },
		"reverse": func(x, _ *Node) *Node { return Mul(x, Reverse(x, 0)) },
		"pad": func(x, y *Node) *Node {
			return Pad(x, ReduceAllSum(y), PadAxis{Start: 2, End: 1}, PadAxis{Interior: 2, End: -1})
		},
		"pad that cuts": func(x, y *Node) *Node {
			return Pad(x, ReduceAllSum(y), PadAxis{Start: -1, End: 1}, PadAxis{Interior: 1, Start: -2})
		},
		"slice":            func(x, _ *Node) *Node { return Slice(x, AxisRange(1, 3), AxisRange().Stride(2)) },
		"product":          func(x, _ *Node) *Node { return ReduceMultiply(x, 1) },
		"product of all":   func(x, _ *Node) *Node { return ReduceAllMultiply(Cos(x)) },
		"product, axes":    func(x, _ *Node) *Node { return ReduceMultiply(Reshape(Cos(x), 2, 4, 3), 0, 2) },
		"max and min":      func(x, _ *Node) *Node { return Mul(ReduceMax(x, 1), ReduceMin(x, 1)) },
		"mean":             func(x, _ *Node) *Node { return ReduceMean(x, 1) },
		"variance":         func(x, _ *Node) *Node { return ReduceVariance(x, 1) },
		"norm":             func(x, _ *Node) *Node { return L2Norm(x, 1) },
		"cumsum":           func(x, _ *Node) *Node { return CumSum(x, 1) },
		"concatenate":      func(x, y *Node) *Node { return Concatenate([]*Node{x, y}, 0) },
		"gather":           func(x, _ *Node) *Node { return Gather(x, rows(x.Graph())) },
		"gather of slices": func(x, _ *Node) *Node { return GatherSlices(x, []int{0}, rows(x.Graph()), []int{2}, false) },
		"scatter sum":      func(x, y *Node) *Node { return ScatterSum(y, rows(x.Graph()), x, false, false) },
		"scatter max":      func(x, y *Node) *Node { return ScatterMax(y, rows(x.Graph()), x, false, false) },
		"scatter":          func(x, _ *Node) *Node { return Scatter(rows(x.Graph()), x, shapes.Make(x.DType(), 5, 6), false, false) },
		"dynamic slice":    func(x, _ *Node) *Node { return DynamicSlice(x, corner(x), []int{2, 2}) },
		"dynamic update": func(x, y *Node) *Node {
			return DynamicUpdateSlice(x, Slice(y, AxisRange(0, 2), AxisRange(0, 2)), corner(x))
		},
		"shift":          func(x, _ *Node) *Node { return ShiftWithScalar(x, 1, ShiftDirLeft, 2, 0) },
		"shift of edges": func(x, _ *Node) *Node { return Shift(x, 1, ShiftDirLeft, 2) },
		"mean pool":      func(x, _ *Node) *Node { return MeanPool(Reshape(x, 2, 6, 2)).Window(3).Strides(2).PadSame().Done() },
		"sum pool":       func(x, _ *Node) *Node { return SumPool(Reshape(x, 2, 6, 2)).Window(2).Strides(2).Done() },
	}
}

// corner is a place in an array [4, 6], as nodes.
func corner(x *Node) []*Node { return []*Node{Const(x.Graph(), int32(1)), Const(x.Graph(), int32(2))} }

// products are bilinear in x and y [4, 6].
func products() map[string]func(x, y *Node) *Node {
	return map[string]func(x, y *Node) *Node{
		"matmul":                 func(x, y *Node) *Node { return MatMul(x, Transpose(y, 0, 1)) },
		"einsum":                 func(x, y *Node) *Node { return Einsum("ij,kj->ik", x, y) },
		"dot, axes out of order": dotOutOfOrder,
		"dot, batch axes out of order": func(x, y *Node) *Node {
			return DotGeneral(Reshape(x, 2, 3, 4), []int{2}, []int{1, 0}, Reshape(y, 3, 2, 4), []int{2}, []int{0, 1})
		},
		"dot, equal axes out of order": func(x, y *Node) *Node {
			return DotGeneral(Reshape(x, 2, 2, 6), []int{0, 1}, nil, Reshape(y, 2, 2, 6), []int{1, 0}, nil)
		},
		"dot, all axes out of order": func(x, y *Node) *Node {
			return DotGeneral(Reshape(x, 2, 2, 6), []int{0, 1, 2}, nil, Reshape(y, 2, 2, 6), []int{1, 0, 2}, nil)
		},
		"dot, outer": func(x, y *Node) *Node {
			return DotGeneral(Reshape(x, 24), nil, nil, Reshape(y, 24), nil, nil)
		},
		"convolution":              func(x, y *Node) *Node { return Convolve(Reshape(x, 2, 6, 2), Reshape(y, 3, 2, 4)).Done() },
		"convolution, even kernel": func(x, y *Node) *Node { return Convolve(Reshape(x, 2, 6, 2), Reshape(y, 2, 2, 6)).Done() },
		"convolution, padded":      func(x, y *Node) *Node { return Convolve(Reshape(x, 2, 6, 2), Reshape(y, 2, 2, 6)).PadSame().Done() },
		"convolution, strides": func(x, y *Node) *Node {
			return Convolve(Reshape(x, 2, 6, 2), Reshape(y, 3, 2, 4)).PadSame().Strides(2).Done()
		},
		"convolution, a rest":  func(x, y *Node) *Node { return Convolve(Reshape(x, 2, 6, 2), Reshape(y, 3, 2, 4)).Strides(2).Done() },
		"convolution, dilated": func(x, y *Node) *Node { return Convolve(Reshape(x, 2, 6, 2), Reshape(y, 2, 2, 6)).Dilations(2).Done() },
		"convolution, dilated input": func(x, y *Node) *Node {
			return Convolve(Reshape(x, 2, 6, 2), Reshape(y, 2, 2, 6)).InputDilationPerAxis(2).Done()
		},
		"convolution, wide padding": func(x, y *Node) *Node {
			return Convolve(Reshape(x, 2, 6, 2), Reshape(y, 2, 2, 6)).PaddingPerDim([][2]int{{3, 2}}).Done()
		},
		"convolution, channel groups": func(x, y *Node) *Node {
			return Convolve(Reshape(x, 2, 3, 4), Reshape(y, 2, 2, 6)).ChannelGroupCount(2).Done()
		},
		"convolution, channel groups and strides": func(x, y *Node) *Node {
			return Convolve(Reshape(x, 1, 6, 4), Reshape(y, 3, 2, 4)).ChannelGroupCount(2).Strides(2).PadSame().Done()
		},
		"convolution, batch groups": func(x, y *Node) *Node {
			return Convolve(Reshape(x, 4, 3, 2), Reshape(y, 2, 2, 6)).BatchGroupCount(2).Done()
		},
		"convolution, channels first": func(x, y *Node) *Node {
			return Convolve(Reshape(x, 2, 2, 6), Reshape(y, 4, 2, 3)).ChannelsAxis(images.ChannelsFirst).Done()
		},
		"convolution, plane": func(x, y *Node) *Node {
			return Convolve(Reshape(x, 1, 4, 6, 1), Reshape(y, 2, 3, 1, 4)).PadSame().Done()
		},
	}
}

// bothOrders compares the first and second derivatives of a function of order 1: those of its value and its gradient's sum.
func bothOrders(t *testing.T, loss func(in []*Node) *Node, in ...*tensors.Tensor) {
	t.Helper()
	check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
		sum := loss(in)
		for _, g := range Gradient(sum, in...) {
			sum = Add(sum, ReduceAllSum(Sin(g)))
		}
		return sum
	}, in...)
}

func TestReal(t *testing.T) {
	for _, group := range []map[string]func(x, y *Node) *Node{elementwise(), structural(), products()} {
		for name, f := range group {
			t.Run(name, func(t *testing.T) {
				bothOrders(t, func(in []*Node) *Node { return ReduceAllMean(Sin(f(in[0], in[1]))) }, small(1, 4, 6), small(2, 4, 6))
			})
		}
	}
}

func TestMaxPool(t *testing.T) {
	check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
		return ReduceAllSum(Sin(MaxPool(Reshape(in[0], 2, 6, 2)).Window(2).Strides(2).Done()))
	}, small(1, 4, 6))
}

func TestProductWithZeros(t *testing.T) {
	// The derivative is not zero where a factor is the only zero.
	for _, v := range [][]float64{{2, 0, 3, 4}, {0, 0, 3, 4}, {0, 1, 1, 5}} {
		check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
			return ReduceAllMultiply(in[0])
		}, tensors.FromFlatDataAndDimensions(v, 2, 2))
	}
}
