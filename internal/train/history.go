package train

import (
	"iter"
	"math"
	"slices"
)

// History is a run's record: for each term, means over short stretches of steps, and each validation's metrics. It is
// the same however the steps were cut into chunks.
type History struct {
	Terms   []string
	Every   int64       // steps in a stretch
	Steps   []int64     // number of the last step of each stretch, from 1
	Values  [][]float64 // by term, one entry a stretch
	Metrics []string
	ValidAt []int64     // number of updates before each validation
	Valid   [][]float64 // by metric

	Open  []float64 // sums over the stretch that is not full yet, by term
	Count int64     // steps in it
}

// points is about how many stretches a run is cut into.
const points = 500

func newHistory(p *plan) History {
	h := History{Terms: slices.Clone(p.terms), Every: max(1, int64(p.fit.Steps)/points)}
	h.Values = make([][]float64, len(h.Terms))
	h.Open = make([]float64, len(h.Terms))
	for _, m := range p.metrics {
		h.Metrics = append(h.Metrics, m.Name)
	}
	h.Valid = make([][]float64, len(h.Metrics))
	return h
}

// add records one step's terms.
func (h *History) add(step int64, terms []float64) {
	for i, v := range terms {
		h.Open[i] += v
	}
	h.Count++
	if (step+1)%h.Every != 0 {
		return
	}
	h.Steps = append(h.Steps, step+1)
	for i := range h.Terms {
		h.Values[i] = append(h.Values[i], h.Open[i]/float64(h.Count))
		h.Open[i] = 0
	}
	h.Count = 0
}

func (h *History) addValid(step int64, metrics []float64) {
	h.ValidAt = append(h.ValidAt, step)
	for i, v := range metrics {
		h.Valid[i] = append(h.Valid[i], v)
	}
}

// Last is the latest value of a term by name; NaN if there is none.
func (h *History) Last(term string) float64 { return lastOf(h.Terms, h.Values, term) }

// LastValid is the latest value of a metric by name; NaN if there is none.
func (h *History) LastValid(metric string) float64 { return lastOf(h.Metrics, h.Valid, metric) }

func lastOf(names []string, values [][]float64, name string) float64 {
	if i := slices.Index(names, name); i >= 0 && len(values[i]) > 0 {
		return values[i][len(values[i])-1]
	}
	return math.NaN()
}

// Latest is the latest value of each term and, as "valid <name>", of each metric, in that order.
func (h *History) Latest() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for i, name := range h.Terms {
			if n := len(h.Values[i]); n > 0 && !yield(name, h.Values[i][n-1]) {
				return
			}
		}
		for i, name := range h.Metrics {
			if n := len(h.Valid[i]); n > 0 && !yield("valid "+name, h.Valid[i][n-1]) {
				return
			}
		}
	}
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
