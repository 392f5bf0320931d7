package mesh

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// rational turns a determinant of differences into a sign without rounding.
func rational(points ...[2]float64) (x, y []*big.Rat) {
	last := points[len(points)-1]
	for _, p := range points[:len(points)-1] {
		minus := func(a, b float64) *big.Rat {
			return new(big.Rat).Sub(new(big.Rat).SetFloat64(a), new(big.Rat).SetFloat64(b))
		}
		x, y = append(x, minus(p[0], last[0])), append(y, minus(p[1], last[1]))
	}
	return x, y
}

func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

func crossed(x, y []*big.Rat, i, j int) *big.Rat {
	return new(big.Rat).Sub(times(x[i], y[j]), times(x[j], y[i]))
}

// TestPredicatesAreExact compares signs with rational arithmetic, on points that are nearly or exactly on a line or a circle.
func TestPredicatesAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	exact := map[string]int{}
	for i := range 20_000 {
		var p [4][2]float64
		scale := math.Exp2(float64(r.IntN(60) - 30))
		for k := range p {
			switch i % 4 {
			case 0: // a coarse grid
				p[k] = [2]float64{float64(r.IntN(5)) * scale, float64(r.IntN(5)) * scale}
			case 1: // a line, but for rounding
				s := r.Float64()
				p[k] = [2]float64{0.1 + 0.3*s, 0.7 - 1.1*s}
			case 2: // a circle, but for rounding
				sin, cos := math.Sincos(6 * r.Float64())
				p[k] = [2]float64{12 + cos*scale, -7 + sin*scale}
			case 3: // neighbours of one float
				step := func(x float64) float64 { return x + float64(r.IntN(7)-3)*0x1p-53 }
				p[k] = [2]float64{step(0.5), step(0.5)}
			}
		}
		x, y := rational(p[0], p[1], p[2])
		if got, want := sign(orient(p[0], p[1], p[2])), crossed(x, y, 0, 1).Sign(); got != want {
			t.Fatalf("orient%v = %d, want %d", p[:3], got, want)
		} else if want == 0 {
			exact["on a line"]++
		}
		x, y = rational(p[:]...)
		det := new(big.Rat)
		for k := range 3 {
			lift := new(big.Rat).Add(times(x[k], x[k]), times(y[k], y[k]))
			det.Add(det, times(lift, crossed(x, y, (k+1)%3, (k+2)%3)))
		}
		if got, want := sign(inCircle(p[0], p[1], p[2], p[3])), det.Sign(); got != want {
			t.Fatalf("inCircle%v = %d, want %d", p, got, want)
		} else if want == 0 {
			exact["on a circle"]++
		}
	}
	if exact["on a line"] < 1000 || exact["on a circle"] < 1000 {
		t.Errorf("only %v cases were degenerate", exact)
	}
}

func sign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	default:
		return 0
	}
}
