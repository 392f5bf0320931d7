package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// BandErrors draws the error of each frequency band over time or training, on a
// logarithmic axis, low bands dark and high bands light: a band that falls late
// is one that is learnt late. An error that is not finite or not positive is a
// gap and is counted in the legend.
//
// Shapes: Errors [band][time].
type BandErrors struct {
	Title         string
	X, Y          Axis // labels default to step and relative L2 error; Y is logarithmic
	Times         []float64
	Errors        [][]float64
	Bands         []string  // names, such as "k < 4"
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = BandErrors{}

// Figure returns the drawing.
//
// Errors: no bands; a number of names or times other than that of the errors; a
// band of which nothing can be drawn; limits in the wrong order.
func (b BandErrors) Figure() (Figure, error) {
	x, y := b.X.or("step", ""), b.Y.or("relative L_{2} error", "")
	y.Log = true
	if len(b.Bands) != len(b.Errors) {
		return Figure{}, fmt.Errorf("plots: BandErrors.Bands has %d names, want %d, as many as bands of Errors", len(b.Bands), len(b.Errors))
	}
	series := make([]Series, len(b.Errors))
	for i := range series {
		series[i] = Series{Name: b.Bands[i], X: b.Times, Y: b.Errors[i], Color: shade(i, len(series))}
	}
	series, bad, err := masked("BandErrors", series, x, y)
	if err != nil {
		return Figure{}, err
	}
	series = settle(series, false)
	p := seriesPanel(series, x, y)
	return single(b.Title, append(seriesKeys(series), leftOut(bad, true)...), p).figure(b.Width, b.Height, Column, 56*vg.Millimeter)
}

// shade is colour i of n along Viridis, without its light end, which is hard to
// see on white.
func shade(i, n int) color.Color {
	return Viridis()[int(210*float64(i)/float64(max(n-1, 1)))]
}

// EigenSpectrum is a set of eigenvalues, each with a weight perhaps, as
// stochastic Lanczos quadrature gives them.
type EigenSpectrum struct {
	Name    string
	Values  []float64
	Weights []float64 // nil: all equal
}

// SpectralDensity draws the density of eigenvalues, of a Hessian or a neural
// tangent kernel perhaps, as a weighted mean of Gaussians, with a stroke at the
// foot for each eigenvalue. On a logarithmic X axis the Gaussians lie in
// log10 λ and the density is that of a decade; eigenvalues that are not positive
// are then left out and counted. On a logarithmic Y axis the curve ends at 1e-5
// of its peak.
//
// Source: Ghorbani, Krishnan and Xiao 2019, arXiv:1901.10159. bib: ghorbani2019investigation
type SpectralDensity struct {
	Title         string
	X, Y          Axis // labels default to eigenvalue λ and density
	Spectra       []EigenSpectrum
	Broadening    float64   // standard deviation of the Gaussians, in λ or log10 λ; 0: by Scott's rule
	Bins          int       // of a histogram behind the curve; 0: none
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = SpectralDensity{}

// floorOfPeak is where a density ends on a log axis.
const floorOfPeak = 1e-5

// Figure returns the drawing. Equal eigenvalues, of which the rule makes no
// width, get one hundredth of their size.
//
// Errors: no spectra, or one of which nothing can be drawn; unequal lengths; a
// weight that is negative or not finite, or no weight at all; a negative width
// or number of bins; limits in the wrong order.
func (d SpectralDensity) Figure() (Figure, error) {
	label := "density"
	if d.X.Log {
		label = "density per decade"
	}
	d.X, d.Y = d.X.or("eigenvalue λ", ""), d.Y.or(label, "")
	if err := d.validate(); err != nil {
		return Figure{}, err
	}
	var series []Series
	var bars []mark
	bad := 0
	rugs := make([]mark, len(d.Spectra))
	for i, s := range d.Spectra {
		values, weights := s.usable(d.X.Log)
		bad += len(s.Values) - len(values)
		curve, steps := d.curves(values, weights)
		curve.Name, curve.Color, curve.Stroke = s.Name, cycle(i), Solid
		series = append(series, curve)
		if d.Bins > 0 {
			fill := band{steps.X, make([]float64, len(steps.X)), steps.Y, faded(cycle(i), 0.25)}
			if d.Y.Log {
				for k := range fill.low {
					fill.low[k] = math.SmallestNonzeroFloat64
				}
			}
			bars = append(bars, fill)
		}
		rugs[i] = rug{values: values, color: cycle(i), row: i}
	}
	series = settle(series, false)
	p := seriesPanel(series, d.X, d.Y)
	if !d.Y.fixed() && !d.Y.Log {
		p.y.lo = 0
	}
	if d.Y.Log {
		for i, b := range bars {
			fill := b.(band)
			for k := range fill.low {
				fill.low[k] = p.y.lo
				fill.high[k] = max(fill.high[k], p.y.lo)
			}
			bars[i] = fill
		}
	}
	p.marks = append(append(bars, p.marks...), rugs...)
	return single(d.Title, append(seriesKeys(series), leftOut(bad, d.X.Log)...), p).figure(d.Width, d.Height, Column, 56*vg.Millimeter)
}

// usable returns what can be drawn on the axis, with its weights.
func (s EigenSpectrum) usable(log bool) (values, weights []float64) {
	for i, v := range s.Values {
		if !drawable(v, log) {
			continue
		}
		values = append(values, v)
		if s.Weights != nil {
			weights = append(weights, s.Weights[i])
		}
	}
	return values, weights
}

// curves returns the density and, as the outline of its bars, the histogram.
func (d SpectralDensity) curves(values, weights []float64) (smoothed, steps Series) {
	on := slices.Clone(values) // where the Gaussians lie
	if d.X.Log {
		for i, v := range on {
			on[i] = math.Log10(v)
		}
	}
	back := func(v float64) float64 {
		if d.X.Log {
			return math.Pow(10, v)
		}
		return v
	}
	width := d.Broadening
	if width == 0 {
		width = scott(on, weights, 1)
	}
	largest := max(math.Abs(slices.Min(on)), math.Abs(slices.Max(on)))
	if least := 1e-9 * largest; !(width > least) {
		width = max(largest/100, 1e-9)
	}
	table := kernelDensity(on, weights, width)
	peak := slices.Max(table.values)
	seen := func(v float64) bool { return v > 2e-3*peak } // what lies outside would only widen the axis
	first := slices.IndexFunc(table.values, seen)
	last := len(table.values) - 1
	for !seen(table.values[last]) {
		last--
	}
	for k, v := range table.values {
		if d.Y.Log && v < floorOfPeak*peak {
			v = nan()
		}
		if !d.Y.Log && (k < first || k > last) {
			continue
		}
		smoothed.X, smoothed.Y = append(smoothed.X, back(table.lo+float64(k)*table.step)), append(smoothed.Y, v)
	}
	if d.Bins == 0 {
		return smoothed, steps
	}
	lo, hi := slices.Min(on), slices.Max(on)
	if lo == hi {
		lo, hi = lo-width, hi+width
	}
	counts := histogram(on, weights, lo, hi, d.Bins)
	total := 0.0
	for _, c := range counts {
		total += c
	}
	for k, c := range counts {
		height := c / total / (hi - lo) * float64(d.Bins)
		left, right := lo+(hi-lo)*float64(k)/float64(d.Bins), lo+(hi-lo)*float64(k+1)/float64(d.Bins)
		steps.X, steps.Y = append(steps.X, back(left), back(right)), append(steps.Y, height, height)
	}
	return smoothed, steps
}

func (d SpectralDensity) validate() error {
	problems := []error{d.X.validate("SpectralDensity.X"), d.Y.validate("SpectralDensity.Y")}
	if len(d.Spectra) == 0 {
		problems = append(problems, errors.New("plots: SpectralDensity has no spectra, want at least one"))
	}
	if !finite(d.Broadening) || d.Broadening < 0 {
		problems = append(problems, fmt.Errorf("plots: SpectralDensity.Broadening = %g, want > 0, or 0 for Scott's rule", d.Broadening))
	}
	if d.Bins < 0 {
		problems = append(problems, fmt.Errorf("plots: SpectralDensity.Bins = %d, want > 0, or 0 for none", d.Bins))
	}
	for _, s := range d.Spectra {
		problems = append(problems, s.validate(d.X.Log))
	}
	return errors.Join(problems...)
}

func (s EigenSpectrum) validate(log bool) error {
	if s.Weights != nil && len(s.Weights) != len(s.Values) {
		return fmt.Errorf("plots: EigenSpectrum %q: %d values, %d weights, want as many or no weights", s.Name, len(s.Values), len(s.Weights))
	}
	if i := slices.IndexFunc(s.Weights, func(w float64) bool { return !finite(w) || w < 0 }); i >= 0 {
		return fmt.Errorf("plots: EigenSpectrum %q: Weights[%d] = %g, want a finite number ≥ 0", s.Name, i, s.Weights[i])
	}
	values, weights := s.usable(log)
	if len(values) == 0 {
		return fmt.Errorf("plots: EigenSpectrum %q: none of its %d values is finite%s, want at least one", s.Name, len(s.Values), positive(log))
	}
	if weights != nil && slices.Max(weights) == 0 {
		return fmt.Errorf("plots: EigenSpectrum %q: all weights of its %d values are 0, want one > 0", s.Name, len(values))
	}
	return nil
}
