package plots

import (
	"cmp"
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
	first := int(math.Ceil(math.Log10(s.sym) - 1e-9))
	reach := func(v float64) int { // the decades up to v
		if v < s.sym {
			return 0
		}
		return int(math.Floor(math.Log10(v)+1e-9)) - first + 1
	}
	up, down := reach(s.hi), reach(-s.lo)
	last := first + max(up, down) - 1
	every := max(1, int(math.Ceil(float64(up+down)/float64(max(n-1, 1)))))
	short := first >= -2 && last <= 4
	var marks []tick
	if s.lo <= 0 && s.hi >= 0 {
		marks = append(marks, tick{0, "0"})
	}
	for e := first; e <= last; e++ {
		for m := 1; m <= 9; m++ {
			v, label := float64(m)*math.Pow10(e), ""
			if m > 1 && every > 1 {
				break
			}
			// The decades next to zero have no room beside it where many are left out.
			if m == 1 && mod(last-e, every) == 0 && (every <= 2 || e > first) {
				label = decade(1, e, short)
			}
			if v >= s.lo && v <= s.hi {
				marks = append(marks, tick{v, label})
			}
			if -v >= s.lo && -v <= s.hi {
				if label != "" {
					label = "−" + label
				}
				marks = append(marks, tick{-v, label})
			}
		}
	}
	slices.SortFunc(marks, func(a, b tick) int { return cmp.Compare(a.v, b.v) })
	return marks
}
