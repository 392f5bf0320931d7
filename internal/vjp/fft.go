package vjp

import (
	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// fft is the rule of all four discrete Fourier transforms, over any number of last axes.
//
// A real transform keeps one of each pair of conjugate frequencies. Its rule gives the frequencies without a partner, 0
// and for an even length n/2 on the last axis, weight 1 and halves the rest, since the inverse transform counts each kept
// frequency of a pair twice; the rule of the inverse doubles them.
func fft(node, v *Node) []*Node {
	lengths := param[[]int](node, "fftLength")
	n := 1.0
	for _, length := range lengths {
		n *= float64(length)
	}
	switch kind := param[compute.FFTType](node, "fftType"); kind {
	case compute.FFTForward:
		return []*Node{MulScalar(InverseFFT(v, lengths...), n)}
	case compute.FFTInverse:
		return []*Node{MulScalar(FFT(v, lengths...), 1/n)}
	case compute.FFTForwardReal:
		return []*Node{MulScalar(InverseRealFFT(weighPairs(v, lengths, 0.5), lengths...), n)}
	case compute.FFTInverseReal:
		return []*Node{MulScalar(weighPairs(RealFFT(v, lengths...), lengths, 2), 1/n)}
	default:
		exceptions.Panicf("vjp: FFT of kind %s, want a rule for it", kind)
		return nil
	}
}

// weighPairs multiplies the frequencies of a real transform that stand for a pair.
func weighPairs(spectrum *Node, lengths []int, weight float64) *Node {
	n, last := lengths[len(lengths)-1], spectrum.Rank()-1
	weights := make([]float64, n/2+1)
	for k := range weights {
		weights[k] = weight
		if k == 0 || 2*k == n {
			weights[k] = 1
		}
	}
	w := ConvertDType(Const(spectrum.Graph(), weights), spectrum.DType())
	return Mul(spectrum, ExpandLeftToRank(w, last+1))
}
