package native

import "testing"

// TestTranspose compares with indices, for shapes around the blocks' sides; what is outside must stay.
func TestTranspose(t *testing.T) {
	for _, rows := range []int{1, 7, 8, 9, 17, 64, 70} {
		for _, cols := range []int{1, 7, 8, 63, 64, 65, 130} {
			lds, ldd := cols+3, rows+2
			src, dst := make([]float64, rows*lds), make([]float64, cols*ldd)
			for i := range src {
				src[i] = float64(i + 1)
			}
			transpose(dst, ldd, src, lds, rows, cols)
			for j := range cols {
				for i := range ldd {
					want := 0.0
					if i < rows {
						want = src[i*lds+j]
					}
					if got := dst[j*ldd+i]; got != want {
						t.Fatalf("%d by %d: element [%d, %d] = %v, want %v", rows, cols, j, i, got, want)
					}
				}
			}
		}
	}
	for _, n := range []int{1, 7, 8, 9, 40} {
		ld := n + 1
		a := make([]float64, n*ld)
		for i := range a {
			a[i] = float64(i)
		}
		transposeSquare(a, ld, n)
		for i := range n {
			for j := range ld {
				want := float64(j*ld + i)
				if j == n {
					want = float64(i*ld + j)
				}
				if a[i*ld+j] != want {
					t.Fatalf("order %d: element [%d, %d] = %v, want %v", n, i, j, a[i*ld+j], want)
				}
			}
		}
	}
}
