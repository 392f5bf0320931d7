package layers_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// conv is SpectralConv on the grid of its input.
func conv(scope *model.Scope, x *Node, modes []int, out int) *Node {
	f := layers.NewFourier(x.Graph(), x.DType(), x.Shape().Dimensions[2:], modes)
	return layers.SpectralConv(scope.At("conv"), f, x, out)
}

// moveLast brings an axis to the end; moveBack undoes it.
func moveLast(x *Node, axis int) *Node {
	perm := axes(x.Rank())
	return TransposeAllAxes(x, append(slices.Delete(perm, axis, axis+1), axis)...)
}

func moveBack(x *Node, axis int) *Node {
	perm := axes(x.Rank() - 1)
	return TransposeAllAxes(x, slices.Insert(perm, axis, x.Rank()-1)...)
}

func axes(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// fftConv is the textbook form: FFT, truncate, multiply, fill with zeros, inverse FFT.
func fftConv(x, r *Node, modes []int, out int) *Node {
	d, dims := len(modes), x.Shape().Dimensions
	g, last := x.Graph(), len(dims)-1
	cut := func(x *Node, from, to int) *Node { return SliceAxis(x, -1, AxisRange(from, to)) }
	zeros := func(x *Node, n int) *Node {
		s := x.Shape().Clone()
		s.Dimensions[s.Rank()-1] = n
		return Zeros(g, s)
	}
	X := cut(RealFFT(x), 0, modes[d-1])
	for a := d - 2; a >= 0; a-- {
		n, m := dims[2+a], modes[a]
		X = FFT(moveLast(X, 2+a))
		X = moveBack(Concatenate([]*Node{cut(X, 0, m), cut(X, n-m, n)}, -1), 2+a)
	}
	kept := slices.Clone(X.Shape().Dimensions[2:])
	k := X.Shape().Size() / (dims[0] * dims[1])
	re := Reshape(Slice(r, AxisRange(), AxisRange(), AxisElem(0)), k, dims[0], out)
	im := Reshape(Slice(r, AxisRange(), AxisRange(), AxisElem(1)), k, dims[0], out)
	Y := Einsum("cbk,kco->obk", Reshape(X, dims[0], dims[1], k), Complex(re, im))
	Y = Reshape(Y, append([]int{out, dims[1]}, kept...)...)
	for a := range d - 1 {
		n, m := dims[2+a], modes[a]
		Y = moveLast(Y, 2+a)
		Y = Concatenate([]*Node{cut(Y, 0, m), zeros(Y, n-2*m), cut(Y, m, 2*m)}, -1)
		Y = moveBack(InverseFFT(Y), 2+a)
	}
	if rest := dims[last]/2 + 1 - modes[d-1]; rest > 0 {
		Y = Concatenate([]*Node{Y, zeros(Y, rest)}, -1)
	}
	return InverseRealFFT(Y, dims[last])
}

func TestSpectralConvIsTheFFTForm(t *testing.T) {
	for _, c := range []struct {
		name        string
		grid, modes []int
	}{
		{"1-D even", []int{16}, []int{5}},
		{"1-D odd", []int{15}, []int{4}},
		{"1-D all modes", []int{12}, []int{7}},
		{"1-D one mode", []int{9}, []int{1}},
		{"2-D", []int{12, 10}, []int{3, 4}},
		{"2-D odd", []int{11, 9}, []int{4, 5}},
		{"2-D nearly all modes", []int{9, 8}, []int{4, 5}},
		{"3-D", []int{8, 7, 10}, []int{2, 3, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			const in, out, batch = 3, 2, 4
			store := model.NewStore()
			got := check.Eval(t, store, func(scope *model.Scope, x []*Node) []*Node {
				y := conv(scope, x[0], c.modes, out)
				r := scope.At("conv").GetVariable("R").NodeValue(y.Graph())
				return []*Node{y, fftConv(x[0], r, c.modes, out)}
			}, check.Random(5, append([]int{in, batch}, c.grid...)...))
			// Values are of size 1; each is a sum of at most a thousand products.
			if d := check.MaxDiff(t, got[0], got[1]); !(d < 1e-13) {
				t.Errorf("differs from the FFT form by %v", d)
			}
			if check.Floats(got[0])[0] == 0 {
				t.Error("the answer is zero")
			}
		})
	}
}

func TestSpectralConvGradient(t *testing.T) {
	for _, c := range []struct {
		name        string
		grid, modes []int
	}{{"1-D", []int{8}, []int{3}}, {"2-D", []int{6, 5}, []int{2, 3}}, {"3-D", []int{4, 4, 5}, []int{2, 1, 2}}} {
		t.Run(c.name, func(t *testing.T) {
			const in, out = 2, 3
			x := check.Random(11, append([]int{in, 2}, c.grid...)...)
			store := model.NewStore()
			loss := func(scope *model.Scope, x *Node) *Node { return ReduceAllSum(Sin(conv(scope, x, c.modes, out))) }
			grads := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
				l := loss(scope, in[0])
				r := scope.At("conv").GetVariable("R").NodeValue(l.Graph())
				return Gradient(l, in[0], r)
			}, x)
			exec, err := model.NewExec(check.Backend(t), store, zoo.GraphFn("loss", func(scope *model.Scope, in []*Node) []*Node {
				return []*Node{loss(scope, in[0])}
			}))
			if err != nil {
				t.Fatal(err)
			}
			value := func(x *tensors.Tensor) float64 {
				out, err := exec.Exec(x)
				if err != nil {
					t.Fatal(err)
				}
				return check.Floats(out[0])[0]
			}
			compareGradient(t, "x", x, check.Floats(grads[0]), func(p *tensors.Tensor) float64 { return value(p) })
			r := store.RootScope().At("conv").GetVariable("R")
			start := r.MustValue()
			start = tensors.FromFlatDataAndDimensions(check.Floats(start), start.Shape().Dimensions...)
			compareGradient(t, "R", start, check.Floats(grads[1]), func(p *tensors.Tensor) float64 {
				if err := r.SetValue(p); err != nil {
					t.Fatal(err)
				}
				return value(x)
			})
		})
	}
}

// compareGradient compares a gradient with central differences at up to forty entries.
func compareGradient(t *testing.T, name string, at *tensors.Tensor, grad []float64, value func(*tensors.Tensor) float64) {
	t.Helper()
	const h = 1e-5
	p := check.Floats(at)
	for i := 0; i < len(p); i += 1 + len(p)/40 {
		shifted := func(h float64) float64 {
			q := slices.Clone(p)
			q[i] += h
			return value(tensors.FromFlatDataAndDimensions(q, at.Shape().Dimensions...))
		}
		want := (shifted(h) - shifted(-h)) / (2 * h)
		// Truncation h²|f‴|/6 ≈ 1e-9 and cancellation 1e-15·|f|/h ≈ 1e-9 for |f|, |f‴| up to about 30.
		if math.Abs(grad[i]-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("d/d%s[%d] = %v, central differences give %v", name, i, grad[i], want)
		}
	}
}

func TestSpectralConvDoesNotDependOnTheGrid(t *testing.T) {
	// A function with frequencies up to 3, on 16 and on 48 points.
	sample := func(n int) *tensors.Tensor {
		v := make([]float64, n)
		for j := range v {
			x := 2 * math.Pi * float64(j) / float64(n)
			v[j] = 0.3 + math.Sin(x) - 0.5*math.Cos(3*x+0.2)
		}
		return tensors.FromFlatDataAndDimensions(v, 1, 1, n)
	}
	fn := func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{conv(scope, in[0], []int{4}, 2), conv(scope, in[1], []int{4}, 2)}
	}
	out := check.Eval(t, model.NewStore(), fn, sample(16), sample(48))
	coarse, fine := check.Floats(out[0]), check.Floats(out[1])
	for c := range 2 {
		for j := range 16 {
			if d := math.Abs(coarse[c*16+j] - fine[c*48+3*j]); !(d < 1e-14) { // sums of 48 products of size 1/48
				t.Errorf("channel %d, point %d: differs by %v between grids", c, j, d)
			}
		}
	}
}

func TestFourierRefusesBadModes(t *testing.T) {
	for _, c := range []struct {
		grid, modes []int
		want        string
	}{
		{[]int{64}, []int{34}, "modes[0] = 34, want 1 to 33 for a grid of 64"},
		{[]int{64}, []int{0}, "modes[0] = 0, want 1 to 33"},
		{[]int{8, 8}, []int{5, 2}, "modes[0] = 5, want 1 to 4"},
		{[]int{8, 8}, []int{2}, "want one number for each axis"},
	} {
		exec, err := model.NewExec(check.Backend(t), model.NewStore(), zoo.GraphFn("conv", func(scope *model.Scope, in []*Node) []*Node {
			return []*Node{conv(scope, in[0], c.modes, 1)}
		}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = exec.Exec(check.Random(1, append([]int{1, 1}, c.grid...)...))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("modes %v on %v: error %v, want %q", c.modes, c.grid, err, c.want)
		}
	}
}

func BenchmarkSpectralConv(b *testing.B) {
	for _, c := range []struct {
		name        string
		grid, modes []int
	}{{"1-D", []int{1024}, []int{16}}, {"2-D", []int{64, 64}, []int{12, 12}}} {
		b.Run(c.name, func(b *testing.B) {
			be := check.Backend(b)
			exec, err := model.NewExec(be, model.NewStore(), zoo.GraphFn("conv", func(scope *model.Scope, in []*Node) []*Node {
				return []*Node{conv(scope, in[0], c.modes, 32)}
			}))
			if err != nil {
				b.Fatal(err)
			}
			x := tensors.FromShape(shapes.Make(dtypes.Float32, append([]int{32, 8}, c.grid...)...))
			for b.Loop() {
				if _, err := exec.Exec(x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
