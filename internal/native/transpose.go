package native

// Sides of the blocks in which matrices are transposed: a strip's rows lie in the nearest cache, and a cache line of the result
// is written at once.
const (
	strip = 64
	tile  = 8
)

// transpose writes the rows×cols matrix src, transposed, to dst.
func transpose(dst []float64, ldd int, src []float64, lds, rows, cols int) {
	for j0 := 0; j0 < cols; j0 += strip {
		j1 := min(j0+strip, cols)
		for i0 := 0; i0 < rows; i0 += tile {
			if i0+tile > rows {
				for j := j0; j < j1; j++ {
					for i := i0; i < rows; i++ {
						dst[j*ldd+i] = src[i*lds+j]
					}
				}
				continue
			}
			for j := j0; j < j1; j++ {
				to, from := dst[j*ldd+i0:j*ldd+i0+tile], src[i0*lds+j:]
				to[0], to[1], to[2], to[3] = from[0], from[lds], from[2*lds], from[3*lds]
				to[4], to[5], to[6], to[7] = from[4*lds], from[5*lds], from[6*lds], from[7*lds]
			}
		}
	}
}

// transposeSquare transposes an n×n matrix in place.
func transposeSquare(a []float64, ld, n int) {
	for i0 := 0; i0 < n; i0 += tile {
		for j0 := i0; j0 < n; j0 += tile {
			for i := i0; i < min(i0+tile, n); i++ {
				for j := max(j0, i+1); j < min(j0+tile, n); j++ {
					a[i*ld+j], a[j*ld+i] = a[j*ld+i], a[i*ld+j]
				}
			}
		}
	}
}
