package jet_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// tower is a function's value and first four derivatives at a point.
type tower [5]float64

// times is the product, by Leibniz's rule.
func (a tower) times(b tower) tower {
	return tower{
		a[0] * b[0],
		a[1]*b[0] + a[0]*b[1],
		a[2]*b[0] + 2*a[1]*b[1] + a[0]*b[2],
		a[3]*b[0] + 3*a[2]*b[1] + 3*a[1]*b[2] + a[0]*b[3],
		a[4]*b[0] + 4*a[3]*b[1] + 6*a[2]*b[2] + 4*a[1]*b[3] + a[0]*b[4],
	}
}

// of is f(g), by Faà di Bruno's formula; a is f's derivatives at g[0].
func (a tower) of(g tower) tower {
	return tower{
		a[0],
		a[1] * g[1],
		a[2]*g[1]*g[1] + a[1]*g[2],
		a[3]*math.Pow(g[1], 3) + 3*a[2]*g[1]*g[2] + a[1]*g[3],
		a[4]*math.Pow(g[1], 4) + 6*a[3]*g[1]*g[1]*g[2] + a[2]*(4*g[1]*g[3]+3*g[2]*g[2]) + a[1]*g[4],
	}
}

// plus is c a + d.
func (a tower) plus(c, d float64) tower {
	for i := range a {
		a[i] *= c
	}
	a[0] += d
	return a
}

// integral is the tower whose derivative is a.
func (a tower) integral(value float64) tower { return tower{value, a[0], a[1], a[2], a[3]} }

func identity(x float64) tower { return tower{x, 1} }

func tanh(x float64) tower {
	t := math.Tanh(x)
	s := 1 - t*t
	return tower{t, s, -2 * t * s, s * (6*t*t - 2), s * (16*t - 24*t*t*t)}
}

func sigmoid(x float64) tower {
	s := 1 / (1 + math.Exp(-x))
	s2, s3, s4, s5 := s*s, s*s*s, s*s*s*s, s*s*s*s*s
	return tower{s, s - s2, s - 3*s2 + 2*s3, s - 7*s2 + 12*s3 - 6*s4, s - 15*s2 + 50*s3 - 60*s4 + 24*s5}
}

func power(x, n float64) tower {
	return tower{
		math.Pow(x, n), n * math.Pow(x, n-1), n * (n - 1) * math.Pow(x, n-2),
		n * (n - 1) * (n - 2) * math.Pow(x, n-3), n * (n - 1) * (n - 2) * (n - 3) * math.Pow(x, n-4),
	}
}

// gauss is the normal density and its first derivatives.
func gauss(x float64) tower {
	g := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
	return tower{g, -x * g, (x*x - 1) * g, (3*x - x*x*x) * g, (x*x*x*x - 6*x*x + 3) * g}
}

// normal is the normal distribution function.
func normal(x float64) tower { return gauss(x).integral(0.5 * math.Erfc(-x/math.Sqrt2)) }

func sine(x float64) tower {
	s, c := math.Sincos(x)
	return tower{s, c, -s, -c, s}
}

func exponential(x float64) tower {
	e := math.Exp(x)
	return tower{e, e, e, e, e}
}

// rule is a function on jets, its derivatives in closed form, and the same function on nodes.
type rule struct {
	jets   func(z jet.Jet) jet.Jet
	closed func(x float64) tower
	nodes  func(z *Node) *Node
}

func rules() map[string]rule {
	gelu := func(x float64) tower { return identity(x).times(normal(x)) }
	return map[string]rule{
		"exp":     {jet.Exp, exponential, Exp},
		"log":     {jet.Log, func(x float64) tower { return power(x, -1).integral(math.Log(x)) }, Log},
		"sqrt":    {jet.Sqrt, func(x float64) tower { return power(x, 0.5) }, Sqrt},
		"sin":     {jet.Sin, sine, Sin},
		"cos":     {jet.Cos, func(x float64) tower { return sine(x + math.Pi/2) }, Cos},
		"tanh":    {jet.Tanh, tanh, Tanh},
		"sigmoid": {jet.Sigmoid, sigmoid, Sigmoid},
		"softplus": {
			jet.Softplus, func(x float64) tower { return sigmoid(x).integral(math.Log1p(math.Exp(x))) },
			func(z *Node) *Node { return Log1P(Exp(z)) },
		},
		"swish": {
			jet.Swish, func(x float64) tower { return identity(x).times(sigmoid(x)) },
			func(z *Node) *Node { return Mul(z, Sigmoid(z)) },
		},
		"erf": {
			jet.Erf, func(x float64) tower { return normal(math.Sqrt2*x).of(tower{0, math.Sqrt2}).plus(2, -1) }, Erf,
		},
		"gelu": {
			jet.GELU, gelu,
			func(z *Node) *Node { return Mul(z, MulScalar(AddScalar(Erf(MulScalar(z, 1/math.Sqrt2)), 1), 0.5)) },
		},
		"gelu by tanh": {
			jet.GELUTanh,
			func(x float64) tower {
				inner := power(x, 3).plus(0.044715, 0)
				inner[0], inner[1] = inner[0]+x, inner[1]+1
				inner = inner.plus(math.Sqrt(2/math.Pi), 0)
				return identity(x).times(tanh(inner[0]).of(inner).plus(0.5, 0.5))
			},
			func(z *Node) *Node {
				inner := MulScalar(Add(z, MulScalar(Mul(z, Square(z)), 0.044715)), math.Sqrt(2/math.Pi))
				return Mul(z, MulScalar(AddScalar(Tanh(inner), 1), 0.5))
			},
		},
		"relu": {
			jet.ReLU, func(x float64) tower { return identity(x) }, // at positive points
			func(z *Node) *Node { return Max(z, ZerosLike(z)) },
		},
		"reciprocal": {jet.Reciprocal, func(x float64) tower { return power(x, -1) }, Reciprocal},
		"square":     {jet.Square, func(x float64) tower { return power(x, 2) }, Square},
		"power 1.7": {
			func(z jet.Jet) jet.Jet { return jet.Pow(z, 1.7) }, func(x float64) tower { return power(x, 1.7) },
			func(z *Node) *Node { return Exp(MulScalar(Log(z), 1.7)) },
		},
		"power 7": {
			func(z jet.Jet) jet.Jet { return jet.Power(z, 7) }, func(x float64) tower { return power(x, 7) },
			func(z *Node) *Node { return Mul(z, Square(Mul(z, Square(z)))) },
		},
		"quotient": {
			func(z jet.Jet) jet.Jet { return jet.Div(jet.Sin(z), jet.Exp(z)) },
			func(x float64) tower { return sine(x).times(exponential(-x).of(tower{0, -1})) },
			func(z *Node) *Node { return Div(Sin(z), Exp(z)) },
		},
		"rational": {
			func(z jet.Jet) jet.Jet {
				return jet.Rational(z, constants(z, 1, 0, 2), constants(z, 3, 1))
			},
			func(x float64) tower {
				return power(x, 2).plus(2, 1).times(power(x+3, -1))
			},
			func(z *Node) *Node { return Div(AddScalar(MulScalar(Square(z), 2), 1), AddScalar(z, 3)) },
		},
		"sum": {
			func(z jet.Jet) jet.Jet {
				return jet.AddScalar(jet.OneMinus(jet.Sub(jet.Add(jet.Sin(z), jet.Exp(z)), jet.MulScalar(z, 3))), 2)
			},
			func(x float64) tower {
				a, b := sine(x), exponential(x)
				for i := range a {
					a[i] = -a[i] - b[i]
				}
				a[0], a[1] = a[0]+3*x+3, a[1]+3
				return a
			},
			func(z *Node) *Node { return AddScalar(Sub(MulScalar(z, 3), Add(Sin(z), Exp(z))), 3) },
		},
		"elementwise": {
			func(z jet.Jet) jet.Jet { return jet.Elementwise(z, func(x *Node) *Node { return Sin(Exp(x)) }) },
			func(x float64) tower { return sine(math.Exp(x)).of(exponential(x)) },
			func(z *Node) *Node { return Sin(Exp(z)) },
		},
	}
}

// constants are coefficients [1, 1].
func constants(z jet.Jet, values ...float64) []*Node {
	var nodes []*Node
	for _, v := range values {
		nodes = append(nodes, ConstAs(z.Value(), [][]float64{{v}}))
	}
	return nodes
}

// relative is the largest difference over 1 + the largest value of b.
func relative(t *testing.T, a, b *tensors.Tensor) float64 {
	t.Helper()
	scale := 1.0
	for _, v := range check.Floats(b) {
		scale = max(scale, math.Abs(v))
	}
	return check.MaxDiff(t, a, b) / scale
}

func TestClosedForms(t *testing.T) {
	points := []float64{0.15, 0.4, 0.8, 1.3, 2.1}
	for name, r := range rules() {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				y := r.jets(jet.Seed(jet.Set{Variables: []string{"x"}, Derivatives: []string{"xxxx"}}, in[0]))
				return []*Node{y.Value(), y.D("x"), y.D("xx"), y.D("xxx"), y.D("xxxx")}
			}, tensors.FromFlatDataAndDimensions(points, len(points), 1))
			for k := range 5 {
				want := make([]float64, len(points))
				for i, x := range points {
					want[i] = r.closed(x)[k]
				}
				// Round-off of about fifty operations; four derivatives at 0.15 amplify it where the function is singular at 0.
				if d := relative(t, out[k], tensors.FromFlatDataAndDimensions(want, len(points), 1)); !(d < 1e-13) {
					t.Errorf("derivative %d: %v, want %v (relative difference %v)", k, check.Floats(out[k]), want, d)
				}
			}
		})
	}
}

// mixed is a smooth positive function of two variables on jets.
func mixed(x jet.Jet) jet.Jet {
	a, b := jet.Column(x, 0), jet.Column(x, 1)
	return jet.AddScalar(jet.Add(jet.MulScalar(jet.Mul(a, b), 0.3), jet.Add(jet.MulScalar(a, 0.2), jet.MulScalar(jet.Square(b), 0.25))), 0.9)
}

// mixedNodes is the same on nodes.
func mixedNodes(x *Node) *Node {
	pick := func(i int) *Node { return MatMul(x, ConstAs(x, [][]float64{{float64(1 - i)}, {float64(i)}})) }
	a, b := pick(0), pick(1)
	return AddScalar(Add(MulScalar(Mul(a, b), 0.3), Add(MulScalar(a, 0.2), MulScalar(Square(b), 0.25))), 0.9)
}

func TestAgainstNestedReverse(t *testing.T) {
	set := jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"ttxx", "tttt", "txxx", "xxxx"}}
	asked := []string{"", "t", "xx", "tx", "txxx", "ttxx"}
	points := tensors.FromFlatDataAndDimensions([]float64{0.2, 0.1, 0.7, -0.4, -0.5, 0.9}, 3, 2)
	for name, r := range rules() {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				var nodes []*Node
				y := r.jets(mixed(jet.Seed(set, in[0])))
				n := jet.Reverse(set, in[0], func(x *Node) *Node { return r.nodes(mixedNodes(x)) })
				for _, d := range asked {
					nodes = append(nodes, y.D(d), n.D(d))
				}
				return nodes
			}, points)
			for i, d := range asked {
				// Fourth derivatives by nested reverse mode take some hundred operations.
				if diff := relative(t, out[2*i], out[2*i+1]); !(diff < 1e-12) {
					t.Errorf("%q: %v by jets, %v by nested reverse mode", d, check.Floats(out[2*i]), check.Floats(out[2*i+1]))
				}
			}
		})
	}
}

func TestHighOrder(t *testing.T) {
	// The derivatives of tanh are polynomials in it: P_{k+1} = (1 - T²) P_k'.
	const n, x = 9, 0.3
	p := []float64{0, 1}
	for range n {
		next := make([]float64, len(p)+1)
		for i := 1; i < len(p); i++ {
			next[i-1] += float64(i) * p[i]
			next[i+1] -= float64(i) * p[i]
		}
		p = next
	}
	want := 0.0
	for i := len(p) - 1; i >= 0; i-- {
		want = want*math.Tanh(x) + p[i]
	}
	// ∂_t⁴∂_x⁵ sin(2t + 3x) = 2⁴ 3⁵ cos(2t + 3x).
	const a, b = 0.4, -0.2
	wantWave := 16 * 243 * math.Cos(2*a+3*b)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		one := jet.Tanh(jet.Seed(jet.NewSet(1, []int{n}), in[0]))
		two := jet.Seed(jet.NewSet(2, []int{4, 5}), in[1])
		wave := jet.Sin(jet.MatMul(two, Const(in[1].Graph(), [][]float64{{2}, {3}})))
		return []*Node{one.Partial(n), wave.Partial(4, 5), wave.D("x0 x0x0x0 x1x1x1x1x1")}
	}, tensors.FromFlatDataAndDimensions([]float64{x}, 1, 1), tensors.FromFlatDataAndDimensions([]float64{a, b}, 1, 2))
	for i, w := range []float64{want, wantWave, wantWave} {
		// The ninth derivative is 9! times a coefficient of round-off 1e-16.
		if got := check.Floats(out[i])[0]; !(math.Abs(got-w) < 1e-11*math.Abs(w)) {
			t.Errorf("derivative %d is %v, want %v", i, got, w)
		}
	}
}
