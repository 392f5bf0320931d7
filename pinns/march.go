package pinns

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/metrics"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// March solves a problem window after window of time, with a network for each: the state at the end of one window is what the next one
// starts from, at Places points, in place of the conditions on the part "initial", with the largest of their weights.
//
// Source: Wight & Zhao 2020, arXiv:2007.04542; Wang, Sankaran & Perdikaris 2022, arXiv:2203.07404, section 4. bib: wight2020solving, wang2022causality
type March struct {
	Solver  Solver
	Windows int // equal parts of the time
	Places  int // points of space at which a window's end is handed on; 0: 256
}

// Validate returns every problem at once.
func (m March) Validate() error {
	errs := []error{m.Solver.Validate()}
	if m.Windows < 1 || m.Places < 0 {
		errs = append(errs, fmt.Errorf("pinns: March.Windows = %d, Places = %d, want at least 1 and at least 0", m.Windows, m.Places))
	}
	if m.Solver.Problem.Domain != nil {
		_, _, _, err := timed(m.Solver.Problem.Domain)
		errs = append(errs, err)
	}
	if len(m.Solver.Hard) > 0 {
		errs = append(errs, errors.New("pinns: March of a solver with Hard conditions, want soft ones: later windows start from values"))
	}
	return errors.Join(errs...)
}

// Window is the solver of the k-th window, which starts where before ends; before is nil for the first one.
func (m March) Window(ctx context.Context, k int, before zoo.Trained) (Solver, error) {
	if err := m.Validate(); err != nil {
		return Solver{}, err
	}
	if k < 0 || k >= m.Windows || (k == 0) != (before == nil) {
		return Solver{}, fmt.Errorf("pinns: window %d of %d, want one of them, and the run of the window before for all but the first", k, m.Windows)
	}
	s := m.cut(k)
	if before == nil {
		return s, nil
	}
	handed, err := m.handedOn(ctx, k, before)
	if err != nil {
		return Solver{}, err
	}
	s.Weights = maps.Clone(s.Weights)
	var conditions []Condition
	for _, c := range s.Problem.Conditions {
		if len(c.On) != 1 || c.On[0] != "initial" {
			conditions = append(conditions, c)
			continue
		}
		if w, ok := s.Weights[c.Term()]; ok {
			delete(s.Weights, c.Term())
			s.Weights[handed.Name] = max(s.Weights[handed.Name], w)
		}
	}
	s.Problem.Conditions = conditions
	s.Problem.Observations = append(append([]Observations{}, s.Problem.Observations...), handed)
	return s, nil
}

// cut is the solver with the k-th window as its domain.
func (m March) cut(k int) Solver {
	s := m.Solver
	space, from, to, err := timed(s.Problem.Domain)
	if err != nil {
		return s // Validate has said so
	}
	length := (to - from) / float64(m.Windows)
	from, to = from+float64(k)*length, from+float64(k+1)*length
	if whole, ok := s.Problem.Domain.(geometry.Interval); ok {
		whole.Low, whole.High = from, to
		s.Problem.Domain = whole
	} else {
		s.Problem.Domain = geometry.Cylinder(space, from, to)
	}
	s.Problem.Exact, s.Problem.Reference = nil, nil
	return s
}

// handedOn is the state at the start of window k as observations.
func (m March) handedOn(ctx context.Context, k int, before zoo.Trained) (Observations, error) {
	last := m.cut(k - 1)
	space, _, t, err := timed(last.Problem.Domain)
	if err != nil {
		return Observations{}, err
	}
	o := Observations{Name: "start of the window"}
	if space == nil {
		o.Points = [][]float64{{t}}
	} else {
		places, err := geometry.Interior(space, geometry.Sobol{Scrambled: true}, orElse(m.Places, 256))
		if err != nil {
			return Observations{}, err
		}
		for i := range places.Count() {
			o.Points = append(o.Points, append(append([]float64{}, places.Point(i)...), t))
		}
	}
	values, err := last.Evaluate(ctx, before, o.Points)
	if err != nil {
		return Observations{}, err
	}
	o.Values = values
	return o, nil
}

// Evaluate is the unknowns at points, a row each, by the runs of all windows: each point by that of its time.
func (m March) Evaluate(ctx context.Context, windows []zoo.Trained, points [][]float64) ([][]float64, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if len(windows) != m.Windows {
		return nil, fmt.Errorf("pinns: March.Evaluate with %d runs, want one for each of the %d windows", len(windows), m.Windows)
	}
	_, from, to, _ := timed(m.Solver.Problem.Domain) // Validate has asked
	parts := make([][]int, m.Windows)
	for i, x := range points {
		k := int(float64(m.Windows) * (x[len(x)-1] - from) / (to - from))
		k = min(max(k, 0), m.Windows-1)
		parts[k] = append(parts[k], i)
	}
	rows := make([][]float64, len(points))
	for k, part := range parts {
		if len(part) == 0 {
			continue
		}
		places := make([][]float64, len(part))
		for j, i := range part {
			places[j] = points[i]
		}
		values, err := m.cut(k).Evaluate(ctx, windows[k], places)
		if err != nil {
			return nil, err
		}
		for j, i := range part {
			rows[i] = values[j]
		}
	}
	return rows, nil
}

// RelativeL2 is the error of all windows together against a solution's data, over all points and unknowns, relative to the solution.
//
// Errors: as Evaluate; a set that is not a [Solution]'s.
func (m March) RelativeL2(ctx context.Context, windows []zoo.Trained, solution datasets.Set) (float64, error) {
	points, values := solutionArrays(solution)
	if len(points.Dims) != 2 || len(values.Dims) != 2 {
		return 0, errors.New("pinns: March.RelativeL2 of data without points and values, want those of Problem.Solution")
	}
	places := make([][]float64, points.Dims[0])
	for i := range places {
		places[i] = points.Sample(i)
	}
	rows, err := m.Evaluate(ctx, windows, places)
	if err != nil {
		return 0, err
	}
	return metrics.RelL2(slices.Concat(rows...), values.Values, 1)
}

// Evaluate is the unknowns of a trained run at points, a row each.
func (s Solver) Evaluate(ctx context.Context, run zoo.Trained, points [][]float64) ([][]float64, error) {
	if len(points) == 0 {
		return nil, errors.New("pinns: Evaluate at no points, want at least one")
	}
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*graph.Node) []*graph.Node { return s.Predict(scope, in...) }, points)
	if err != nil {
		return nil, err
	}
	flat, err := floats(out[0])
	if err != nil {
		return nil, err
	}
	return rowsOf(flat, len(s.Problem.Unknowns)), nil
}

// floats are a tensor's values as float64.
func floats(t *tensors.Tensor) ([]float64, error) {
	if v, err := tensors.CopyFlatData[float64](t); err == nil {
		return v, nil
	}
	v, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, fmt.Errorf("pinns: values of %s, want floating-point numbers: %w", t.Shape(), err)
	}
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out, nil
}
