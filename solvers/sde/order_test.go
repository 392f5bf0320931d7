package sde_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/sde"
)

// depth is of the trees of these tests; steps are powers of two up to 2^depth.
const depth = 11

// problem is an equation on [0, 1] with one value for each path.
type problem struct {
	name   string
	system sde.System
	y0     float64
	exact  func(t *testing.T, tree sde.Tree, path uint64) float64 // y(1); nil: there is none
}

const seed = 2024

// endOf is W(1).
func endOf(t *testing.T, tree sde.Tree, path uint64) float64 {
	t.Helper()
	w, _, err := tree.HostAt(seed, path, tree.T1)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// geometric is dy = a y dt + b y dW, whose solution is exp((a − c)t + bW) with c = b²/2 for Itô.
func geometric(calculus sde.Calculus) problem {
	const a, b = 0.3, 0.6
	shift := 0.0
	if calculus == sde.Ito {
		shift = b * b / 2
	}
	return problem{
		name: "geometric Brownian motion", y0: 1,
		system: sde.System{
			Drift:     func(_, y *Node) *Node { return MulScalar(y, a) },
			Diffusion: func(_, y *Node) *Node { return MulScalar(y, b) },
		},
		exact: func(t *testing.T, tree sde.Tree, path uint64) float64 {
			t.Helper()
			return math.Exp(a - shift + b*endOf(t, tree, path))
		},
	}
}

// bounded is dy = cos²y (a dt + b dW) in Stratonovich's sense, so that tan y moves by a dt + b dW: both fields are nonlinear.
func bounded(calculus sde.Calculus) problem {
	const a, b = 0.5, 0.8
	return problem{
		name: "bounded", y0: 0.4,
		system: sde.System{
			Drift: func(_, y *Node) *Node {
				f := MulScalar(Square(Cos(y)), a)
				if calculus == sde.Ito { // ½ g ∂g/∂y = −b² cos³y sin y
					f = Sub(f, MulScalar(Mul(Mul(Square(Cos(y)), Cos(y)), Sin(y)), b*b))
				}
				return f
			},
			Diffusion: func(_, y *Node) *Node { return MulScalar(Square(Cos(y)), b) },
		},
		exact: func(t *testing.T, tree sde.Tree, path uint64) float64 {
			t.Helper()
			return math.Atan(math.Tan(0.4) + a + b*endOf(t, tree, path))
		},
	}
}

// additive is dy = −θ y dt + σ(t) dW with σ(t) = 1 + ½ sin 3t. By parts its solution is
//
//	y(1) = e^(−θ) y(0) + σ(1) W(1) − ∫ W(s) d/ds (e^(−θ(1−s)) σ(s)) ds,
//
// whose integral is a sum over 2^depth parts, of which the tree knows ∫W.
func additive() problem {
	const theta = 1.5
	return problem{
		name: "Ornstein–Uhlenbeck", y0: 1,
		system: sde.System{
			Drift: func(_, y *Node) *Node { return MulScalar(y, -theta) },
			Diffusion: func(t, y *Node) *Node {
				return BroadcastToShape(AddScalar(MulScalar(Sin(MulScalar(t, 3)), 0.5), 1), y.Shape())
			},
		},
		exact: func(t *testing.T, tree sde.Tree, path uint64) float64 {
			t.Helper()
			const parts = 1 << (depth - 2)
			sum, before := 0.0, 0.0
			for i := range parts {
				_, after, err := tree.HostAt(seed, path, float64(i+1)/parts)
				if err != nil {
					t.Fatal(err)
				}
				s := (float64(i) + 0.5) / parts
				sum += (after - before) * math.Exp(-theta*(1-s)) * (theta*(1+0.5*math.Sin(3*s)) + 1.5*math.Cos(3*s))
				before = after
			}
			return math.Exp(-theta) + (1+0.5*math.Sin(3))*endOf(t, tree, path) - sum
		},
	}
}

// pulled is a nonlinear drift with additive noise, of which no solution is known.
func pulled() problem {
	return problem{
		name: "nonlinear drift, additive noise", y0: 0.5,
		system: sde.System{
			Drift: func(t, y *Node) *Node { return Sub(MulScalar(Sin(MulScalar(y, 3)), 1.5), MulScalar(y, 0.5)) },
			Diffusion: func(t, y *Node) *Node {
				return BroadcastToShape(AddScalar(MulScalar(Cos(t), 0.5), 0.5), y.Shape())
			},
		},
	}
}

// ends is y(1) of n paths, for each number of steps.
func ends(t *testing.T, stepper sde.Stepper, p problem, n int, steps ...int) [][]float64 {
	t.Helper()
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) (ys []*Node) {
		y0 := AddScalar(MulScalar(in[1], 0), p.y0)
		for _, k := range steps {
			s := sde.Solver{Stepper: stepper, T1: 1, Steps: k, Depth: depth}
			ys = append(ys, s.Solve(p.system, in[0], y0).Last)
		}
		return ys
	}, uint64(seed), check.Random(1, n, 1))
	var ys [][]float64
	for _, y := range out {
		ys = append(ys, check.Floats(y))
	}
	return ys
}

// wantOrder checks the slope of the root mean square errors[k][path] over step lengths h: the interval of two standard errors,
// by resampling the paths, must lie within 0.2 of the order.
func wantOrder(t *testing.T, h []float64, errors [][]float64, order float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	n := len(errors[0])
	paths := make([]int, n)
	for i := range paths {
		paths[i] = i
	}
	slope := fitted(h, errors, paths)
	const rounds = 200
	variance := 0.0
	for range rounds {
		for i := range paths {
			paths[i] = r.IntN(n)
		}
		variance += math.Pow(fitted(h, errors, paths)-slope, 2) / rounds
	}
	margin := 2 * math.Sqrt(variance)
	t.Logf("slope %.3f ± %.3f, order %v", slope, margin, order)
	if !(slope-margin >= order-0.2 && slope+margin <= order+0.2) {
		t.Errorf("slope %.3f ± %.3f, want %v ± 0.2", slope, margin, order)
	}
}

// fitted is the slope of log error over log h by least squares, of some of the paths.
func fitted(h []float64, errors [][]float64, paths []int) float64 {
	var x, y, xx, xy float64
	for k, e := range errors {
		square := 0.0
		for _, i := range paths {
			square += e[i] * e[i]
		}
		u, v := math.Log(h[k]), 0.5*math.Log(square)
		x, y, xx, xy = x+u, y+v, xx+u*u, xy+u*v
	}
	n := float64(len(errors))
	return (n*xy - x*y) / (n*xx - x*x)
}

func TestStrongOrder(t *testing.T) {
	const n = 600
	tree := sde.Tree{T1: 1, Depth: depth}
	steps := []int{32, 64, 128, 256}
	for _, test := range []struct {
		stepper  sde.Stepper
		problems []problem
		order    func(sde.Info) float64
	}{
		{sde.EulerMaruyama{}, []problem{geometric(sde.Ito), bounded(sde.Ito)}, diagonal},
		{sde.Milstein{Calculus: sde.Ito}, []problem{geometric(sde.Ito), bounded(sde.Ito)}, diagonal},
		{sde.Milstein{Calculus: sde.Stratonovich}, []problem{geometric(sde.Stratonovich), bounded(sde.Stratonovich)}, diagonal},
		{sde.Heun{}, []problem{geometric(sde.Stratonovich), bounded(sde.Stratonovich)}, diagonal},
		{sde.ReversibleHeun{}, []problem{geometric(sde.Stratonovich), bounded(sde.Stratonovich)}, diagonal},
		{sde.EulerMaruyama{}, []problem{additive()}, ofAdditive},
		{sde.Milstein{}, []problem{additive()}, ofAdditive},
		{sde.Heun{}, []problem{additive()}, ofAdditive},
		{sde.ReversibleHeun{}, []problem{additive()}, ofAdditive},
		{sde.SRA1{}, []problem{pulled()}, ofAdditive},
	} {
		info := test.stepper.Info()
		for _, p := range test.problems {
			t.Run(fmt.Sprintf("%s %d/%s", info.Name, info.Calculus, p.name), func(t *testing.T) {
				counts := steps
				if p.exact == nil { // the finest of the same path instead: at order 1.5 its error is a 23rd of the next one's
					counts = append([]int{2048}, steps...)
				}
				ys := ends(t, test.stepper, p, n, counts...)
				reference := make([]float64, n)
				if p.exact == nil {
					reference, ys = ys[0], ys[1:]
				} else {
					for i := range reference {
						reference[i] = p.exact(t, tree, uint64(i))
					}
				}
				var h []float64
				for k, y := range ys {
					h = append(h, 1/float64(steps[k]))
					for i := range y {
						y[i] -= reference[i]
					}
				}
				wantOrder(t, h, ys, test.order(info))
			})
		}
	}
}

func diagonal(i sde.Info) float64 { return i.Diagonal }

func ofAdditive(i sde.Info) float64 { return i.Additive }

// On linear equations with additive noise SRA1 is better than its order; this holds its constant, against a closed form.
func TestSRA1AgainstClosedForm(t *testing.T) {
	const n = 50
	p := additive()
	tree := sde.Tree{T1: 1, Depth: depth}
	ys := ends(t, sde.SRA1{}, p, n, 128)
	for i, y := range ys[0] {
		// A local error of order dt^2.5 in the noise, so dt² = 6e-5 at the end, as is the error of the closed form's sum, 4e-6.
		if want := p.exact(t, tree, uint64(i)); !(math.Abs(y-want) < 3e-4) {
			t.Errorf("path %d: %v, want %v", i, y, want)
		}
	}
}

// Two motions that do not commute: dy₁ = dW₁, dy₂ = y₁ dW₂. Of two solves, one with steps h' that divide those h of the other,
// the mean square of the difference in y₂ is exactly c (h − h'), with c = 1/2 for values at the start, 1/4 for the mean of both
// ends: what the Lévy areas of the steps add.
func TestMotionsThatDoNotCommute(t *testing.T) {
	const n, finest = 400, 1024
	system := sde.System{
		Motions: 2,
		Drift:   func(_, y *Node) *Node { return ZerosLike(y) },
		Diffusion: func(_, y *Node) *Node {
			y1 := Slice(y, AxisRange(), AxisElem(0))
			rows := Concatenate([]*Node{OnesLike(y1), ZerosLike(y1), ZerosLike(y1), y1}, 1)
			return Reshape(rows, y.Shape().Dimensions[0], 2, 2)
		},
	}
	for _, test := range []struct {
		stepper sde.Stepper
		c       float64
	}{{sde.EulerMaruyama{}, 0.5}, {sde.Heun{}, 0.25}, {sde.ReversibleHeun{}, 0.25}} {
		info := test.stepper.Info()
		t.Run(info.Name, func(t *testing.T) {
			steps := []int{finest, 8, 16, 32, 64, 128}
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) (ys []*Node) {
				for _, k := range steps {
					s := sde.Solver{Stepper: test.stepper, T1: 1, Steps: k, Depth: depth}
					y := s.Solve(system, in[0], MulScalar(in[1], 0)).Last
					ys = append(ys, Slice(y, AxisRange(), AxisElem(1)))
				}
				return ys
			}, uint64(seed), check.Random(1, n, 2))
			reference := check.Floats(out[0])
			var h []float64
			var all [][]float64
			for k, y := range out[1:] {
				errors := check.Floats(y)
				square, fourth := 0.0, 0.0
				for i := range errors {
					errors[i] -= reference[i]
					square += errors[i] * errors[i] / n
					fourth += math.Pow(errors[i], 4) / n
				}
				h = append(h, 1/float64(steps[k+1])-1.0/finest)
				all = append(all, errors)
				margin := 5 * math.Sqrt((fourth-square*square)/n) // five standard errors
				if want := test.c * h[k]; !(math.Abs(square-want) < margin) {
					t.Errorf("%d steps: mean square %v ± %v, want %v", steps[k+1], square, margin, want)
				}
			}
			wantOrder(t, h, all, info.General)
		})
	}
}

// y is W itself where the drift is zero and the diffusion one: every frame of every stepper is the tree's value.
func TestFramesOfThePath(t *testing.T) {
	system := sde.System{
		Drift:     func(_, y *Node) *Node { return ZerosLike(y) },
		Diffusion: func(_, y *Node) *Node { return OnesLike(y) },
	}
	for _, stepper := range []sde.Stepper{sde.EulerMaruyama{}, sde.Milstein{}, sde.Heun{}, sde.ReversibleHeun{}, sde.SRA1{}} {
		s := sde.Solver{Stepper: stepper, T0: -1, T1: 1.5, Steps: 60, Frames: 5, Depth: 30}
		t.Run(stepper.Info().Name, func(t *testing.T) {
			var ts []float64
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				sol := s.Solve(system, in[0], MulScalar(in[1], 0))
				ts = sol.Ts
				return []*Node{sol.Ys, sol.Last}
			}, uint64(5), check.Random(1, 2, 3))
			ys, last := check.Floats(out[0]), check.Floats(out[1])
			for f, time := range ts {
				if want := -1 + 2.5*float64(f+1)/5; math.Abs(time-want) > 1e-15 {
					t.Errorf("frame %d is at %v, want %v", f, time, want)
				}
				for k := range 6 {
					w, _, err := s.Tree().HostAt(5, uint64(k), time)
					if err != nil {
						t.Fatal(err)
					}
					// Sixty sums of values of order 1.
					if d := math.Abs(ys[6*f+k] - w); !(d < 1e-13) {
						t.Errorf("t = %v, component %d: differs from the path by %v", time, k, d)
					}
				}
			}
			for k, y := range last {
				if y != ys[24+k] {
					t.Errorf("component %d: the last value is %v, the last frame has %v", k, y, ys[24+k])
				}
			}
		})
	}
}
