package plots

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
)

// Slope is a reference line E ~ k^Exponent in a spectrum.
type Slope struct {
	Exponent float64
	Label    string  // empty: k^{Exponent}
	From, To float64 // wave numbers where it begins and ends; both zero: the middle third of the axis
}

// Spectrum draws energy against wave number on logarithmic axes. The first
// series is taken for the reference and drawn in black, unless it has a colour.
// A point at wave number 0, or of energy 0 as dealiased modes have, has no place
// on these axes and is left out.
type Spectrum struct {
	Title         string
	X, Y          Axis     // labels default to wave number k and E(k); both are logarithmic
	Series        []Series // X the wave number, Y the energy
	Slopes        []Slope
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = Spectrum{}

// Figure returns the drawing.
//
// Errors: no series or an empty one; unequal lengths; nothing finite; a negative
// wave number or energy; a slope that is not finite or ends before it begins.
func (s Spectrum) Figure() (Figure, error) {
	x, y := s.X.or("wave number k", ""), s.Y.or("E(k)", "")
	x.Log, y.Log = true, true
	kept := make([]Series, len(s.Series))
	for i, one := range s.Series {
		kept[i] = withoutZeros(one)
	}
	problems := []error{validateAll("Spectrum", kept, x, y)}
	for i, slope := range s.Slopes {
		problems = append(problems, slope.validate(i))
	}
	if err := errors.Join(problems...); err != nil {
		return Figure{}, err
	}
	series := settle(kept, false)
	if s.Series[0].Color == nil {
		series[0].Color = ink()
		for i := 1; i < len(series); i++ {
			if s.Series[i].Color == nil {
				series[i].Color = cycle(i) // vermilion first, as the prediction in Compare
			}
		}
	}
	p := seriesPanel(series, x, y)
	for _, slope := range s.Slopes {
		p.marks = append(p.marks, slope.marks(series, p.x)...)
	}
	return single(s.Title, seriesKeys(series), p).figure(s.Width, s.Height, Column, 60*vg.Millimeter)
}

// withoutZeros replaces points that have a zero by gaps. A series whose lengths
// differ is returned as it is, for validate to name.
func withoutZeros(s Series) Series {
	if len(s.X) != len(s.Y) {
		return s
	}
	s = s.clone()
	for i := range s.X {
		if s.X[i] == 0 || s.Y[i] == 0 {
			s.X[i], s.Y[i] = nan(), nan()
		}
	}
	return s
}

func (s Slope) validate(i int) error {
	if !finite(s.Exponent) {
		return fmt.Errorf("plots: Spectrum.Slopes[%d].Exponent = %g, want a finite number", i, s.Exponent)
	}
	auto := s.From == 0 && s.To == 0
	if !auto && !(s.From > 0 && s.To > s.From && finite(s.To)) {
		return fmt.Errorf("plots: Spectrum.Slopes[%d] runs from %g to %g, want 0 < From < To", i, s.From, s.To)
	}
	return nil
}

// marks places the line at twice the highest series where it runs.
func (s Slope) marks(series []Series, axis scale) []mark {
	from, to := s.From, s.To
	if from == 0 && to == 0 {
		third := math.Pow(axis.hi/axis.lo, 1.0/3)
		from, to = axis.lo*third, axis.lo*third*third
	}
	level := 0.0
	for _, one := range series {
		for i, k := range one.X {
			if k >= from && k <= to && finite(one.Y[i]) {
				level = max(level, one.Y[i]/math.Pow(k, s.Exponent))
			}
		}
	}
	if level == 0 {
		return nil // no data there to compare with
	}
	at := func(k float64) float64 { return 2 * level * math.Pow(k, s.Exponent) }
	label := s.Label
	if label == "" {
		label = "k^{" + plain(s.Exponent) + "}"
	}
	middle := math.Sqrt(from * to)
	return []mark{
		curve{[]float64{from, to}, []float64{at(from), at(to)}, lineStyle(muted(), 0.9, Dashed)},
		words{x: middle, y: at(middle), dx: 4, dy: 3, text: label, style: noteText()},
	}
}
