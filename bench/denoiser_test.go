package bench

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// small is the points' denoiser on few of them.
func small() denoiser {
	d := pointDenoiser()
	d.samples, d.nfe, d.batch = 8, 4, 8
	return d
}

// host is the network and what is done with it, in float64 and as the peers write it.
type host struct{ Problem }

func (h host) array(name string) []float64 {
	values := tensors.MustCopyFlatData[float32](h.Arrays[name])
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

func (h host) dense(name string, x []float64) []float64 {
	w, y := h.array(name+"/w"), h.array(name+"/b")
	for i, v := range x {
		for j := range y {
			y[j] += v * w[i*len(y)+j]
		}
	}
	return y
}

func silu(x []float64) []float64 {
	for i, v := range x {
		x[i] = v / (1 + math.Exp(-v))
	}
	return x
}

// network is v at a point.
func (h host) network(x []float64, t float64) []float64 {
	e := make([]float64, 64)
	for i := range 32 {
		e[32+i], e[i] = math.Sincos(1000 * t * math.Pow(1e4, -float64(i)/32))
	}
	e = silu(h.dense("embedding/time/mlp/dense0", e))
	e = silu(h.dense("embedding/time/mlp/dense1", e))
	u := append(append([]float64{}, x...), e...)
	for i := range 3 {
		u = silu(h.dense(fmt.Sprintf("mlp/dense%d", i), u))
	}
	return h.dense("mlp/dense3", u)
}

// sampled is the mean square of the samples, by the source's form of DPM-Solver++(2M).
func (h host) sampled() float64 {
	levels := h.Sizes["levels"].([][]float64)
	x := h.array("x")
	sum := 0.0
	for k := 0; k < len(x); k += 2 {
		y, before, last := x[k:k+2], []float64{0, 0}, 0.0
		for i, from := range levels[:len(levels)-1] {
			to := levels[i+1]
			step := math.Log(to[1]/to[2]) - math.Log(from[1]/from[2])
			v := h.network(y, from[0])
			for c := range y {
				data := from[1]*y[c] - from[2]*v[c]
				slope := data
				if i > 0 {
					slope += step / last / 2 * (data - before[c])
				}
				y[c] = to[2]/from[2]*y[c] - to[1]*math.Expm1(-step)*slope
				before[c] = data
			}
			last = step
		}
		sum += y[0]*y[0] + y[1]*y[1]
	}
	return sum / float64(len(x))
}

// loss is that of a step with the first weights.
func (h host) loss() float64 {
	data, noise, times := h.array("data"), h.array("noise"), h.array("times")
	sum := 0.0
	for k, u := range times {
		t := 1e-3 + (1-1e-3)*u
		log := -19.9*t*t/4 - 0.1*t/2
		alpha, sigma := math.Exp(log), math.Sqrt(-math.Expm1(2*log))
		at := func(c int) (clean, noisy float64) { return data[2*k+c], noise[2*k+c] }
		x := make([]float64, 2)
		for c := range x {
			clean, noisy := at(c)
			x[c] = alpha*clean + sigma*noisy
		}
		for c, v := range h.network(x, t) {
			clean, noisy := at(c)
			sum += math.Pow(v-(alpha*noisy-sigma*clean), 2)
		}
	}
	return sum / float64(2*len(times))
}

func TestDenoiserSamples(t *testing.T) {
	p, err := small().samplingProblem()
	if err != nil {
		t.Fatal(err)
	}
	steps, err := small().sampled(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	values, err := steps.Advance(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := host{p}.sampled()
	for _, v := range values {
		if !(math.Abs(v-want) <= samplingTolerance*want) {
			t.Errorf("mean squares %v, want %v", values, want)
		}
	}
}

func TestDenoiserTrains(t *testing.T) {
	p, err := small().trainingProblem()
	if err != nil {
		t.Fatal(err)
	}
	steps, err := small().trained(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	losses, err := steps.Advance(t.Context(), 20)
	if err != nil {
		t.Fatal(err)
	}
	// Cosines of angles up to 1000 have float32's round-off of 6e-5.
	if want := (host{p}).loss(); !(math.Abs(losses[0]-want) <= 1e-3*want) {
		t.Errorf("first loss %v, want %v", losses[0], want)
	}
	if last := losses[len(losses)-1]; !(last < losses[0]) {
		t.Errorf("loss %v after %d steps of fixed data, %v before", last, len(losses), losses[0])
	}
}

// TestDenoiserWeights looks at what peers get: every array of the networks by its path, none for data.
func TestDenoiserWeights(t *testing.T) {
	for _, d := range []denoiser{pointDenoiser(), imageDenoiser()} {
		p, err := d.samplingProblem()
		if err != nil {
			t.Fatal(err)
		}
		variables, err := d.variables()
		if err != nil {
			t.Fatal(err)
		}
		if got := len(d.weights(p)); got != len(variables) || got != len(p.Arrays)-1 {
			t.Errorf("%s: %d weights of %d arrays, want all but one and as many as the %d variables", d.network, got, len(p.Arrays), len(variables))
		}
	}
}
