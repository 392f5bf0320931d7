package ode

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Input is the numbers of a problem, for a [Program].
//
// Shapes: Y0 [batch, dim…]; Linear [dim…] or [dim, dim].
// DType:  Y0's, float32 or float64, is that of the solve.
type Input struct {
	T0    float64
	Times []float64 // where the solution is wanted, going away from T0; the first may be T0 itself; the solve ends at the last
	Y0    *tensors.Tensor

	RTol, ATol float64 // of adaptive solves; there is no default
	Args       []*tensors.Tensor
	Linear     *tensors.Tensor // nil: none
}

// Solution is the numbers of a solve, and how it went.
type Solution struct {
	Ts         []float64       // Input.Times
	Ys         *tensors.Tensor // [times, batch, dim…]; NaN where the solve did not get to
	Y          *tensors.Tensor // the state where it ended
	Stats      Stats
	Ends       []End       // of each trajectory; one with common steps
	EventTimes [][]float64 // for each event, the first time of each trajectory (or of the batch); NaN if it did not fire
}

// Stats is what a solve took. Of trajectories with steps of their own it is the most that one took.
type Stats struct {
	Steps, Rejected, NFE int
	Runtime              time.Duration // without compilation
}

// End is where and how a trajectory ended, and what it took.
type End struct {
	Status               Status
	T, Dt                float64 // the time reached, and the length of the step that was to come
	Steps, Rejected, NFE int
}

// Program is a solve compiled for a backend. It is compiled anew for other shapes, and, with steppers that iterate, for other
// tolerances.
type Program struct {
	solve    Solve
	problem  Problem // its functions alone
	backend  compute.Backend
	compiled map[[2]float64]*model.Exec
}

// Compile prepares a solve of y' = Field, plus Stiff where it is not nil; of the problem only these are used.
//
// Errors: settings that Validate refuses.
func (s Solve) Compile(b compute.Backend, p Problem) (*Program, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if p.Field == nil {
		return nil, errors.New("ode: Problem.Field = nil, want a function")
	}
	return &Program{s, Problem{Field: p.Field, Stiff: p.Stiff}, b, map[[2]float64]*model.Exec{}}, nil
}

// Close frees what was compiled.
func (p *Program) Close() {
	for key, exec := range p.compiled {
		exec.Finalize()
		delete(p.compiled, key)
	}
}

// Run solves for an input.
//
// Errors: a bad input; a [*FailureError] where a trajectory did not get to the end, with the solution up to there.
func (p *Program) Run(in Input) (Solution, error) {
	if err := in.validate(p.solve.Steps == 0); err != nil {
		return Solution{}, err
	}
	times := in.Times
	if times[0] == in.T0 {
		times = times[1:]
	}
	if len(times) == 0 {
		return Solution{}, fmt.Errorf("ode: Input.Times = %v, want a time beyond T0 = %v", in.Times, in.T0)
	}
	exec, err := p.exec(in)
	if err != nil {
		return Solution{}, err
	}
	dtype := in.Y0.DType()
	given := []*tensors.Tensor{in.Y0, vector(append([]float64{in.T0, in.RTol, in.ATol}, times...), dtype)}
	given = append(given, in.Args...)
	if in.Linear != nil {
		given = append(given, in.Linear)
	}
	if _, err := exec.Compile(shapesOf(given)...); err != nil { // so that Runtime is that of the solve
		return Solution{}, err
	}
	start := time.Now()
	out, err := exec.Exec(anys(given)...)
	if err != nil {
		return Solution{}, err
	}
	return p.solution(in, out, time.Since(start))
}

// shapesOf is the tensors' shapes.
func shapesOf(x []*tensors.Tensor) []shapes.Shape {
	out := make([]shapes.Shape, len(x))
	for i, t := range x {
		out[i] = t.Shape()
	}
	return out
}

// anys is the tensors as an executor takes them.
func anys(x []*tensors.Tensor) []any {
	out := make([]any, len(x))
	for i, t := range x {
		out[i] = t
	}
	return out
}

// validate lists what is wrong.
func (in Input) validate(adaptive bool) error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf("ode: Input."+format, a...)) }
	if in.Y0 == nil || in.Y0.Rank() < 2 || in.Y0.DType() != dtypes.Float32 && in.Y0.DType() != dtypes.Float64 {
		bad("Y0 is %s, want float32 or float64 [batch, dim…]", described(in.Y0))
	}
	if adaptive && (!(in.RTol >= 0) || !(in.ATol >= 0) || in.RTol+in.ATol == 0 || math.IsInf(in.RTol+in.ATol, 0)) {
		bad("RTol, ATol = %v, %v, want tolerances, not negative and not both 0", in.RTol, in.ATol)
	}
	if math.IsNaN(in.T0) || math.IsInf(in.T0, 0) {
		bad("T0 = %v, want a finite time", in.T0)
	}
	if len(in.Times) == 0 {
		bad("Times is empty, want at least the end")
		return errors.Join(errs...)
	}
	way := in.Times[len(in.Times)-1] - in.T0
	for i, t := range in.Times {
		before, name := in.T0, "T0"
		if i > 0 {
			before, name = in.Times[i-1], fmt.Sprintf("Times[%d]", i-1)
		}
		ahead := (t-before)*way > 0 || i == 0 && t == in.T0
		if !ahead || math.IsInf(t, 0) {
			bad("Times[%d] = %v, want a finite time beyond %s = %v on the way to %v", i, t, name, before, in.Times[len(in.Times)-1])
		}
	}
	return errors.Join(errs...)
}

// described is a tensor's shape, or nil.
func described(t *tensors.Tensor) string {
	if t == nil {
		return "nil"
	}
	return t.Shape().String()
}

// exec is the program for an input's tolerances.
func (p *Program) exec(in Input) (*model.Exec, error) {
	s, key := p.solve, [2]float64{}
	if m, is := s.Stepper.(Tolerant); is && s.Steps == 0 {
		s.Stepper, key = m.WithTolerances(in.RTol, in.ATol), [2]float64{in.RTol, in.ATol}
	}
	if exec := p.compiled[key]; exec != nil {
		return exec, nil
	}
	nArgs, linear := len(in.Args), in.Linear != nil
	exec, err := model.NewExec(p.backend, model.NewStore(), zoo.GraphFn("ode", func(_ *model.Scope, x []*graph.Node) []*graph.Node {
		q := p.problem
		number := func(i int) *graph.Node { return graph.Reshape(graph.Slice(x[1], graph.AxisElem(i))) }
		q.Y0, q.T0, q.RTol, q.ATol, q.Args = x[0], number(0), number(1), number(2), x[2:2+nArgs]
		q.Times = graph.Slice(x[1], graph.AxisRange(3))
		if linear {
			q.Linear = x[2+nArgs]
		}
		return packed(s.Solve(q))
	}))
	if err != nil {
		return nil, err
	}
	p.compiled[key] = exec
	return exec, nil
}

// packed is a result in few arrays, since each costs microseconds to fetch: the saved states; the last state and its error; what is
// real and what is whole of each trajectory.
func packed(r Result) []*graph.Node {
	real := append([]*graph.Node{r.T, r.Dt}, r.EventTimes...)
	return []*graph.Node{
		r.Ys, graph.Stack([]*graph.Node{r.Y, r.Ratio}, 0), graph.Stack(real, 0),
		graph.Stack([]*graph.Node{r.Status, r.Steps, r.Rejected, r.Evaluations}, 0),
	}
}

// solution reads the outputs.
func (p *Program) solution(in Input, out []*tensors.Tensor, took time.Duration) (Solution, error) {
	last := float64s(out[1]) // the state, and its error in tolerances
	half := len(last) / 2
	sol := Solution{
		Ts: slices.Clone(in.Times), Ys: out[0], Y: reshaped(last[:half], in.Y0), Stats: Stats{Runtime: took},
	}
	if in.Times[0] == in.T0 {
		sol.Ys = withFirst(in.Y0, out[0])
	}
	real, whole := float64s(out[2]), tensors.MustCopyFlatData[int32](out[3])
	n := len(whole) / 4
	for i := range n {
		e := End{Status(whole[i]), real[i], real[n+i], int(whole[n+i]), int(whole[2*n+i]), int(whole[3*n+i])}
		sol.Ends = append(sol.Ends, e)
		sol.Stats.Steps, sol.Stats.Rejected = max(sol.Stats.Steps, e.Steps), max(sol.Stats.Rejected, e.Rejected)
		sol.Stats.NFE = max(sol.Stats.NFE, e.NFE)
	}
	for k := 2 * n; k < len(real); k += n {
		sol.EventTimes = append(sol.EventTimes, real[k:k+n])
	}
	return sol, p.failure(sol, last[half:], in.Y0.Shape().Dimensions[0])
}

// failure is the error of the first trajectory that did not end as wanted; ratio is the last error in tolerances of all
// components.
func (p *Program) failure(sol Solution, ratio []float64, batch int) error {
	width := len(ratio) / batch
	for i, e := range sol.Ends {
		if e.Status == Done || e.Status == AtEvent {
			continue
		}
		from := i * width
		if len(sol.Ends) < batch {
			from, width = 0, len(ratio)
		}
		worst := from
		for j := from; j < from+width; j++ {
			if math.IsNaN(ratio[j]) || math.IsInf(ratio[j], 0) {
				worst = j
				break
			}
			if math.Abs(ratio[j]) > math.Abs(ratio[worst]) {
				worst = j
			}
		}
		each := len(ratio) / batch
		return &FailureError{
			Status: e.Status, Stepper: p.solve.Stepper.Info().Name, Trajectory: worst / each, T: e.T, Dt: e.Dt, Steps: e.Steps + e.Rejected,
			Component: worst % each,
		}
	}
	return nil
}

// withFirst is y0 before the other states.
func withFirst(y0, ys *tensors.Tensor) *tensors.Tensor {
	dims := slices.Clone(ys.Shape().Dimensions)
	dims[0]++
	if y0.DType() == dtypes.Float32 {
		return tensors.FromFlatDataAndDimensions(append(tensors.MustCopyFlatData[float32](y0), tensors.MustCopyFlatData[float32](ys)...), dims...)
	}
	return tensors.FromFlatDataAndDimensions(append(tensors.MustCopyFlatData[float64](y0), tensors.MustCopyFlatData[float64](ys)...), dims...)
}

// reshaped is numbers with the shape and type of a tensor.
func reshaped(x []float64, like *tensors.Tensor) *tensors.Tensor {
	return vector(x, like.DType(), like.Shape().Dimensions...)
}

// vector is numbers of a type, in one axis if none are given.
func vector(x []float64, dtype dtypes.DType, dims ...int) *tensors.Tensor {
	if len(dims) == 0 {
		dims = []int{len(x)}
	}
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(slices.Clone(x), dims...)
	}
	single := make([]float32, len(x))
	for i, v := range x {
		single[i] = float32(v)
	}
	return tensors.FromFlatDataAndDimensions(single, dims...)
}

// float64s is a tensor's numbers.
func float64s(t *tensors.Tensor) []float64 {
	if t.DType() == dtypes.Float64 {
		return tensors.MustCopyFlatData[float64](t)
	}
	var out []float64
	for _, v := range tensors.MustCopyFlatData[float32](t) {
		out = append(out, float64(v))
	}
	return out
}
