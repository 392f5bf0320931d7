package diffusion_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// level is one in the middle of a schedule, as scalars of x's type.
func level(s diffusion.Schedule, t float64, x *Node) diffusion.Level {
	return diffusion.LevelAt(s, Scalar(x.Graph(), x.DType(), t))
}

func TestPredictionsConvert(t *testing.T) {
	all := []diffusion.Prediction{diffusion.X0, diffusion.Epsilon, diffusion.Score, diffusion.V, diffusion.Velocity}
	for _, s := range []diffusion.Schedule{diffusion.StandardVP(), diffusion.StandardEDM(), diffusion.PolynomialPath{Power: 2}} {
		noise, data := s.Ends()
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			at := level(s, 0.3*noise+0.7*data, in[0])
			x := diffusion.Noised(in[0], in[1], at)
			var pairs []*Node
			for _, from := range all {
				for _, to := range all {
					pairs = append(pairs, diffusion.Convert(from, to, diffusion.Target(from, in[0], in[1], at), x, at), diffusion.Target(to, in[0], in[1], at))
				}
			}
			return pairs
		}, check.Random(1, 3, 2), check.Random(2, 3, 2))
		for i := 0; i < len(out); i += 2 {
			// Round-off, of which a division by σ or α makes up to a hundred times more.
			if d := check.MaxDiff(t, out[i], out[i+1]); !(d < 1e-12) {
				t.Errorf("%T: %s to %s is off by %v", s, all[i/2/len(all)], all[i/2%len(all)], d)
			}
		}
	}
}

func TestMixtureDenoiserIsItsScore(t *testing.T) {
	m := mixture.Mix16()
	s := diffusion.StandardVP()
	x := check.Random(3, 5, 16)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{diffusion.OfMixture(m).At(diffusion.Score, in[0], level(s, 0.2, in[0]))}
	}, x)
	noised, want := m.Noised(s.Alpha(0.2), s.Sigma(0.2)), make([]float64, 16)
	for i := range 5 {
		noised.Score(want, check.Floats(x)[i*16:(i+1)*16])
		for a, w := range want {
			if got := check.Floats(out[0])[i*16+a]; !(math.Abs(got-w) < 1e-12) { // round-off of numbers up to 10
				t.Errorf("score of sample %d, axis %d is %v, want %v", i, a, got, w)
			}
		}
	}
}

func TestPointsDenoiser(t *testing.T) {
	points, x := check.Random(4, 7, 3, 1), check.Random(5, 2, 3, 1)
	s := diffusion.CosinePath{}
	alpha, sigma := s.Alpha(0.4), s.Sigma(0.4)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{diffusion.OfPoints(in[0]).At(diffusion.X0, in[1], level(s, 0.4, in[1]))}
	}, points, x)
	p, v := check.Floats(points), check.Floats(x)
	for i := range 2 {
		var sum float64
		var want [3]float64
		for k := range 7 {
			r2 := 0.0
			for a := range 3 {
				d := v[i*3+a] - alpha*p[k*3+a]
				r2 += d * d
			}
			w := math.Exp(-r2 / (2 * sigma * sigma))
			sum += w
			for a := range 3 {
				want[a] += w * p[k*3+a]
			}
		}
		for a := range 3 {
			if got := check.Floats(out[0])[i*3+a]; !(math.Abs(got-want[a]/sum) < 1e-13) { // round-off
				t.Errorf("sample %d, axis %d: %v, want %v", i, a, got, want[a]/sum)
			}
		}
	}
}

func TestGuidance(t *testing.T) {
	// Of a mixture, guidance by p(k|x) at scale 1 gives the denoiser of Gaussian k alone.
	m := mixture.Mixture{Weights: []float64{0.3, 0.7}, Means: [][]float64{{1, 0}, {-1, 0.5}}, Std: []float64{0.4, 0.4}}
	s := diffusion.StandardVP()
	alpha, sigma := s.Alpha(0.3), s.Sigma(0.3)
	variance := alpha*alpha*0.16 + sigma*sigma
	logP := func(x *Node, _ diffusion.Level, _ []*Node) *Node {
		log := func(k int) *Node {
			mean := Const(x.Graph(), [][]float64{{alpha * m.Means[k][0], alpha * m.Means[k][1]}})
			return AddScalar(MulScalar(ReduceSum(Square(Sub(x, mean)), 1), -1/(2*variance)), math.Log(m.Weights[k]))
		}
		a, b := log(0), log(1)
		return Neg(Log(AddScalar(Exp(Sub(b, a)), 1)))
	}
	y := []float64{0.7, -0.2}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x := in[0]
		at := level(s, 0.3, x)
		whole, part := diffusion.OfMixture(m), diffusion.OfGaussian(m.Means[0], 0.4)
		guided := diffusion.Classifier(whole, logP, nil, 1)
		free := diffusion.ClassifierFree(guided, whole, 2.5)
		epsilon := func(d diffusion.Denoiser) *Node { return d.At(diffusion.Epsilon, x, at) }
		strong := Add(epsilon(whole), MulScalar(Sub(epsilon(part), epsilon(whole)), 2.5))

		// With data from a Gaussian and a measurement of x0 of deviation 0.5, the gradient of the log-likelihood of the mean is known.
		measured := diffusion.Posterior(part, func(x0 *Node, _ diffusion.Level, args []*Node) *Node {
			return MulScalar(ReduceSum(Square(Sub(x0, args[0])), 1), -2)
		}, []*Node{Const(x.Graph(), [][]float64{y})}, 1)
		x0 := part.At(diffusion.X0, x, at)
		gain := alpha * 0.16 / variance
		want := Sub(epsilon(part), MulScalar(Sub(Const(x.Graph(), [][]float64{y}), x0), 4*gain*sigma))
		return []*Node{epsilon(guided), epsilon(part), epsilon(free), strong, epsilon(measured), want}
	}, check.Random(6, 4, 2))
	for i, name := range []string{"classifier", "classifier-free", "posterior"} {
		if d := check.MaxDiff(t, out[2*i], out[2*i+1]); !(d < 1e-12) { // round-off
			t.Errorf("%s guidance is off by %v", name, d)
		}
	}
}

func TestDenoisersRefuse(t *testing.T) {
	whole := diffusion.OfGaussian([]float64{0}, 1)
	for want, build := range map[string]func(x *Node, at diffusion.Level) *Node{
		"ClassifierFree without a condition": func(x *Node, at diffusion.Level) *Node {
			return diffusion.ClassifierFree(diffusion.Denoiser{}, whole, 2).At(diffusion.X0, x, at)
		},
		"Classifier without a condition": func(x *Node, at diffusion.Level) *Node {
			return diffusion.Classifier(whole, nil, nil, 1).At(diffusion.X0, x, at)
		},
		"scale = NaN, want a finite number": func(x *Node, at diffusion.Level) *Node {
			return diffusion.ClassifierFree(whole, whole, math.NaN()).At(diffusion.X0, x, at)
		},
		"Denoiser.Predict = nil, want a graph function": func(x *Node, at diffusion.Level) *Node {
			return diffusion.Denoiser{}.At(diffusion.X0, x, at)
		},
		`Prediction = "noise", want "x0"`: func(x *Node, at diffusion.Level) *Node {
			return whole.At("noise", x, at)
		},
		"x is (Float64)[2, 3], want [batch, 1]": func(x *Node, at diffusion.Level) *Node {
			return whole.At(diffusion.X0, BroadcastToDims(x, 2, 3), at)
		},
	} {
		_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			return []*Node{build(in[0], level(diffusion.CosinePath{}, 0.5, in[0]))}
		}, tensors.FromFlatDataAndDimensions([]float64{1, 2}, 2, 1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
