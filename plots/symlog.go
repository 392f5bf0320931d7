package plots

import (
	"math"
	"slices"
)

// symLog is v/linear up to the magnitude linear, and sign(v) (1 + log10(|v|/linear))
// beyond: continuous, with a decade as long as the linear part on one side.
func symLog(v, linear float64) float64 {
	if a := math.Abs(v); a > linear {
		return math.Copysign(1+math.Log10(a)-math.Log10(linear), v)
	}
	return v / linear
}

// unSymLog is the inverse of symLog.
func unSymLog(t, linear float64) float64 {
	if a := math.Abs(t); a > 1 {
		return math.Copysign(min(linear*math.Pow(10, a-1), math.MaxFloat64), t)
	}
	return t * linear
}

// widenSymLog widens limits by a part of their range on the drawn axis.
func widenSymLog(lo, hi, linear, margin float64) (float64, float64) {
	a, b := symLog(lo, linear), symLog(hi, linear)
	m := (b - a) * margin
	return unSymLog(a-m, linear), unSymLog(b+m, linear)
}

// symLogTicks labels zero and decades on both sides, about n in all.
func (s scale) symLogTicks(n int) []tick {
	inside := func(v float64) bool { return v >= s.lo && v <= s.hi }
	first := int(math.Ceil(math.Log10(s.sym) - 1e-9))
	last := int(math.Floor(math.Log10(max(math.Abs(s.lo), math.Abs(s.hi))) + 1e-9))
	sides := 1
	if s.lo < 0 && s.hi > 0 {
		sides = 2
	}
	every := max(1, int(math.Ceil(float64(sides*(last-first+1))/float64(max(n-1, 1)))))
	short := first >= -2 && last <= 4
	var marks []tick
	if inside(0) {
		marks = append(marks, tick{0, "0"})
	}
	for e := first; e <= last; e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow10(e)
			label := ""
			if m == 1 && mod(e-last, every) == 0 {
				label = decade(1, e, short)
			}
			if m > 1 && every > 1 {
				break
			}
			if inside(v) {
				marks = append(marks, tick{v, label})
			}
			if inside(-v) {
				if label != "" {
					label = "−" + label
				}
				marks = append(marks, tick{-v, label})
			}
		}
	}
	slices.SortFunc(marks, func(a, b tick) int {
		if a.v < b.v {
			return -1
		}
		return 1
	})
	return marks
}
