package linear

// Stencil is a symmetric matrix on a grid of N by N points that couples each with its eight neighbours. Each slice has (N+2)²
// entries, one a point and zeros in the border but for Centre, which is 1 there. East is the next
// point along the last axis, South along the first.
type Stencil struct {
	N         int
	Centre    []float64 // of the point with itself
	East      []float64 // with the point (i, j+1)
	South     []float64 // with the point (i+1, j)
	SouthEast []float64 // with the point (i+1, j+1); nil in a five-point stencil
	SouthWest []float64 // with the point (i+1, j-1); nil in a five-point stencil
}

// NewFivePoint returns a five-point stencil with all couplings zero, to be filled in.
func NewFivePoint(n int) *Stencil {
	size := (n + 2) * (n + 2)
	s := &Stencil{N: n, Centre: make([]float64, size), East: make([]float64, size), South: make([]float64, size)}
	for i := range s.Centre {
		s.Centre[i] = 1
	}
	return s
}

func newNinePoint(n int) *Stencil {
	s := NewFivePoint(n)
	s.SouthEast, s.SouthWest = make([]float64, len(s.Centre)), make([]float64, len(s.Centre))
	return s
}

var _ Operator = (*Stencil)(nil)

// Apply gives dst = A x within the border, and zero in it. x is zero in the border.
func (s *Stencil) Apply(dst, x []float64) {
	stride := s.N + 2
	clear(dst[:stride])
	clear(dst[len(dst)-stride:])
	for i := 1; i <= s.N; i++ {
		row := i * stride
		dst[row], dst[row+stride-1] = 0, 0
		for at := row + 1; at <= row+s.N; at++ {
			dst[at] = s.Centre[at]*x[at] + s.neighbours(x, at)
		}
	}
}

// neighbours is the row of A times x at one point, less the diagonal.
func (s *Stencil) neighbours(x []float64, at int) float64 {
	stride := s.N + 2
	sum := s.East[at]*x[at+1] + s.East[at-1]*x[at-1] + s.South[at]*x[at+stride] + s.South[at-stride]*x[at-stride]
	if s.SouthEast != nil {
		sum += s.SouthEast[at]*x[at+stride+1] + s.SouthEast[at-stride-1]*x[at-stride-1] +
			s.SouthWest[at]*x[at+stride-1] + s.SouthWest[at-stride+1]*x[at-stride+1]
	}
	return sum
}

// coupling is the entry of A between the point and its neighbour (di, dj) away, each in -1 … 1.
func (s *Stencil) coupling(at, di, dj int) float64 {
	stride := s.N + 2
	if di < 0 || di == 0 && dj < 0 { // the neighbour holds it
		at, di, dj = at+di*stride+dj, -di, -dj
	}
	switch {
	case di == 0 && dj == 0:
		return s.Centre[at]
	case di == 0:
		return s.East[at]
	case dj == 0:
		return s.South[at]
	case s.SouthEast == nil:
		return 0
	case dj > 0:
		return s.SouthEast[at]
	default:
		return s.SouthWest[at]
	}
}

// relax solves for the points of one colour, (i, j) ≡ (i0, j0) modulo 2, with the others held: a part of a Gauss–Seidel sweep.
func (s *Stencil) relax(x, b []float64, i0, j0 int) {
	stride := s.N + 2
	for i := 2 - i0; i <= s.N; i += 2 {
		end := i*stride + s.N
		for at := i*stride + 2 - j0; at <= end; at += 2 {
			x[at] = (b[at] - s.neighbours(x, at)) / s.Centre[at]
		}
	}
}
