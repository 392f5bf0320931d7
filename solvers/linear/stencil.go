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
		at := i * stride
		row, here, centre := dst[at:at+stride], x[at:at+stride], s.Centre[at:at+stride]
		s.offDiagonal(row, x, i, 1, 1)
		row[0], row[stride-1] = 0, 0
		for j := 1; j <= s.N; j++ {
			row[j] += centre[j] * here[j]
		}
	}
}

// offDiagonal writes to dst[j], for j from j0 to N by step, the row (i, j) of A times x less the diagonal.
func (s *Stencil) offDiagonal(dst, x []float64, i, j0, step int) {
	n, stride := s.N, s.N+2
	at := i * stride
	dst = dst[:stride]
	north, here, south := x[at-stride:][:stride], x[at:][:stride], x[at+stride:][:stride]
	east, up, down := s.East[at:][:stride], s.South[at-stride:][:stride], s.South[at:][:stride]
	for j := j0; j <= n; j += step {
		dst[j] = east[j]*here[j+1] + east[j-1]*here[j-1] + down[j]*south[j] + up[j]*north[j]
	}
	if s.SouthEast == nil {
		return
	}
	upEast, downEast := s.SouthWest[at-stride:][:stride], s.SouthEast[at:][:stride]
	upWest, downWest := s.SouthEast[at-stride:][:stride], s.SouthWest[at:][:stride]
	for j := j0; j <= n; j += step {
		dst[j] += downEast[j]*south[j+1] + upWest[j-1]*north[j-1] + downWest[j]*south[j-1] + upEast[j+1]*north[j+1]
	}
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

// relax solves for the points of one colour, (i, j) ≡ (i0, j0) modulo 2, with the others held: a part of a Gauss–Seidel
// sweep. scratch has N+2 entries or more.
func (s *Stencil) relax(x, b, scratch []float64, i0, j0 int) {
	stride := s.N + 2
	scratch = scratch[:stride]
	for i := 2 - i0; i <= s.N; i += 2 {
		at := i * stride
		s.offDiagonal(scratch, x, i, 2-j0, 2)
		row, right, centre := x[at:][:stride], b[at:][:stride], s.Centre[at:][:stride]
		for j := 2 - j0; j <= s.N; j += 2 {
			row[j] = (right[j] - scratch[j]) / centre[j]
		}
	}
}
