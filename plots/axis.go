package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Axis describes one axis of a figure. The zero value is linear, has no label
// and takes its limits from the data.
type Axis struct {
	Label    string
	Unit     string    // set in brackets after the label; "" or "1": dimensionless
	Log      bool      // logarithmic
	SymLog   float64   // > 0: logarithmic on both sides of zero, and linear up to this magnitude
	Min, Max float64   // limits; both zero: from the data
	Ticks    []float64 // where to put the labelled ticks; nil: chosen
}

func (a Axis) fixed() bool { return a.Min != 0 || a.Max != 0 }

func (a Axis) text() string {
	if a.Unit == "" || a.Unit == "1" {
		return a.Label
	}
	return strings.TrimSpace(a.Label + " (" + a.Unit + ")")
}

// or fills the empty label, and the unit with it, from a kind's own axis.
func (a Axis) or(label, unit string) Axis {
	if a.Label == "" {
		a.Label = label
		if a.Unit == "" {
			a.Unit = unit
		}
	}
	return a
}

func (a Axis) validate(name string) error {
	if !finite(a.SymLog) || a.SymLog < 0 {
		return fmt.Errorf("plots: %s.SymLog = %g, want a magnitude > 0, or 0 for an axis of another kind", name, a.SymLog)
	}
	if a.SymLog > 0 && a.Log {
		return fmt.Errorf("plots: %s.Log = true and SymLog = %g, want one of them", name, a.SymLog)
	}
	if !a.fixed() {
		return nil
	}
	if !finite(a.Min) || !finite(a.Max) || a.Min >= a.Max {
		return fmt.Errorf("plots: %s.Min = %g, Max = %g, want finite limits with Min < Max", name, a.Min, a.Max)
	}
	if a.Log && a.Min <= 0 {
		return fmt.Errorf("plots: %s.Min = %g, want > 0 on a log axis", name, a.Min)
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// scale is an axis with its limits settled.
type scale struct {
	text   string
	log    bool
	sym    float64 // the magnitude up to which a symmetric log axis is linear; 0: another axis
	lo, hi float64
	at     []float64 // labelled ticks; nil: chosen
	labels []string  // of at; nil: the numbers
	bare   bool      // tick marks only, without labels
	none   bool      // nothing at all
}

// norm maps lo to 0 and hi to 1.
func (s scale) norm(v float64) float64 {
	if s.log {
		// Not log(v/lo), which overflows before v and lo do.
		return (math.Log(v) - math.Log(s.lo)) / (math.Log(s.hi) - math.Log(s.lo))
	}
	if s.sym > 0 {
		lo := symLog(s.lo, s.sym)
		return (symLog(v, s.sym) - lo) / (symLog(s.hi, s.sym) - lo)
	}
	return (v - s.lo) / (s.hi - s.lo)
}

// extent gathers the range of the data of one axis.
type extent struct{ lo, hi float64 }

func nothing() extent { return extent{math.Inf(1), math.Inf(-1)} }

func (e *extent) add(values ...float64) {
	for _, v := range values {
		if finite(v) {
			e.lo, e.hi = min(e.lo, v), max(e.hi, v)
		}
	}
}

// scale settles an axis: its own limits, else those of the data widened by
// margin, a part of the range on each side.
func (a Axis) scale(data extent, margin float64) scale {
	s := scale{text: a.text(), log: a.Log, sym: a.SymLog, lo: a.Min, hi: a.Max, at: slices.Clone(a.Ticks)}
	if a.fixed() {
		return s
	}
	s.lo, s.hi = data.lo, data.hi
	if s.lo > s.hi { // no data
		s.lo, s.hi = 0, 1
		if a.Log {
			s.lo = 0.1
		}
	}
	if a.Log {
		s.lo, s.hi = widenLog(s.lo, s.hi, margin)
		return s
	}
	half := (s.hi - s.lo) / 2
	if tiny := 1e-12 * max(math.Abs(s.lo), math.Abs(s.hi)); half <= tiny {
		half = max(math.Abs(s.lo)/10, 1e-9)
		s.lo, s.hi = s.lo-half, s.hi+half
	}
	if a.SymLog > 0 {
		s.lo, s.hi = widenSymLog(s.lo, s.hi, a.SymLog, margin)
		return s
	}
	s.lo, s.hi = s.lo-2*half*margin, s.hi+2*half*margin
	return s
}

// widenLog widens limits by a part of their range in the logarithm, within what
// a float64 holds, and opens them where they are nearly equal.
func widenLog(lo, hi, margin float64) (float64, float64) {
	a, b := math.Log(lo), math.Log(hi)
	if b-a < 0.05 {
		a, b = a-0.4, b+0.4
	}
	m := (b - a) * margin
	return max(math.Exp(a-m), math.SmallestNonzeroFloat64), min(math.Exp(b+m), math.MaxFloat64)
}

// tick is one mark on an axis; a minor one has no label.
type tick struct {
	v     float64
	label string
}

// ticks returns about n labelled ticks, and a power of ten by which all labels
// are to be multiplied, or "".
func (s scale) ticks(n int) (marks []tick, factor string) {
	n = max(n, 2)
	if s.at != nil {
		for i, v := range s.at {
			if v < s.lo || v > s.hi {
				continue
			}
			label := plain(v)
			if s.labels != nil {
				label = s.labels[i]
			}
			marks = append(marks, tick{v, label})
		}
		return marks, ""
	}
	if s.sym > 0 && max(math.Abs(s.lo), math.Abs(s.hi)) > s.sym {
		return s.symLogTicks(n), ""
	}
	if s.log && s.lo < s.hi/3 {
		return s.logTicks(n), ""
	}
	return linearTicks(s.lo, s.hi, n)
}

// linearTicks places ticks at multiples of a round step, and returns the power
// of ten that very large or small labels are divided by, or "".
func linearTicks(lo, hi float64, n int) (marks []tick, factor string) {
	step := roundStep(lo, hi, n)
	shift := 0 // labels are divided by 10^shift
	largest := max(math.Abs(lo), math.Abs(hi))
	if e := int(math.Floor(math.Log10(largest) + 1e-9)); e >= 5 || e <= -3 {
		shift = e
		factor = "×10^{" + integer(e) + "}"
	}
	unit := math.Pow(10, float64(shift))
	decimals := 0
	for d := step / unit; decimals < 12 && math.Abs(d-math.Round(d)) > 1e-6; d *= 10 {
		decimals++
	}
	for i := math.Ceil(lo/step - 1e-9); i <= hi/step+1e-9; i++ {
		text := strconv.FormatFloat(i*step/unit+0, 'f', decimals, 64)
		marks = append(marks, tick{i * step, minus(text)})
	}
	return marks, factor
}

// multiples counts the multiples of step from lo to hi.
func multiples(lo, hi, step float64) float64 {
	return math.Floor(hi/step+1e-9) - math.Ceil(lo/step-1e-9) + 1
}

// roundStep is the least step of 1, 2 or 5 times a power of ten that gives at
// most n+1 ticks. Where that leaves fewer than three, 2.5 is tried as well.
func roundStep(lo, hi float64, n int) float64 {
	choose := func(growth ...float64) float64 {
		step := math.Pow(10, math.Floor(math.Log10((hi-lo)/float64(n)))-1)
		for i := 0; multiples(lo, hi, step) > float64(n+1); i++ {
			step *= growth[i%len(growth)]
		}
		return step
	}
	step := choose(2, 2.5, 2)
	if multiples(lo, hi, step) < 3 {
		return choose(2, 1.25, 2, 2)
	}
	return step
}

// logTicks labels decades, or 1, 2 and 5 in each where there are few.
func (s scale) logTicks(n int) []tick {
	first := int(math.Floor(math.Log10(s.lo) + 1e-9))
	last := int(math.Ceil(math.Log10(s.hi) - 1e-9))
	within := func(v float64) bool { return finite(v) && v >= s.lo*(1-1e-9) && v <= s.hi*(1+1e-9) }
	full := 0
	for e := first; e <= last; e++ {
		if within(math.Pow10(e)) {
			full++
		}
	}
	every := max(1, int(math.Ceil(float64(full)/float64(n))))
	short := first >= -2 && last <= 4 // decimals read better than powers
	var marks []tick
	for e := first; e <= last; e++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow10(e)
			if !within(v) || m > 1 && !minors(m, n, full) {
				continue
			}
			t := tick{v: v}
			if m == 1 && mod(e, every) == 0 || full < 2 && (m == 2 || m == 5 || m == 1) {
				t.label = decade(m, e, short)
			}
			if t.label != "" || m > 1 || full <= 4*n {
				marks = append(marks, t)
			}
		}
	}
	return marks
}

// minors reports whether there is room for a minor tick at m times a power of
// ten, on an axis that has room for n labels and shows full decades.
func minors(m, n, full int) bool {
	if 2*n >= 3*full {
		return true
	}
	return 3*n >= 2*full && (m == 2 || m == 5)
}

func mod(a, n int) int { return ((a % n) + n) % n }

func decade(m, e int, short bool) string {
	if short {
		return plain(float64(m) * math.Pow10(e))
	}
	power := "10^{" + integer(e) + "}"
	if m == 1 {
		return power
	}
	return strconv.Itoa(m) + "×" + power
}

// integer writes n with a true minus sign.
func integer(n int) string { return minus(strconv.Itoa(n)) }

// plain writes v in at most six significant digits.
func plain(v float64) string {
	s := strconv.FormatFloat(v, 'g', 6, 64)
	mantissa, exp, found := strings.Cut(s, "e")
	if !found {
		return minus(s)
	}
	n, err := strconv.Atoi(exp)
	if err != nil { // unreachable: FormatFloat writes an integer there
		return minus(s)
	}
	return minus(mantissa) + "×10^{" + integer(n) + "}"
}

func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

// short writes v in two significant digits, as in a title: 1.2×10^{−3}.
func short(v float64) string {
	if a := math.Abs(v); v == 0 || a >= 0.01 && a < 1000 {
		return minus(strconv.FormatFloat(v, 'g', 2, 64))
	}
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(v, 'e', 1, 64), "e")
	n, err := strconv.Atoi(exp)
	if err != nil { // unreachable for a finite v, and right for the others
		return mantissa
	}
	return minus(mantissa) + "×10^{" + integer(n) + "}"
}
