package pinns

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Sampling says at which points inside the domain the equations are asked to hold. Implementations are plain data.
//
// A host optimizer (Fit.Host) never moves the points: it works on those that the phase before left.
type Sampling interface {
	Validate() error
	// Next is the points of the next step, [n, d]. Graph function; it may keep state by Population.State.
	Next(p Population) *Node
}

// Starter is a Sampling with points of its own for the first step; without, they are spread by Solver.Sampler.
type Starter interface {
	// Start gives n points, [n, d] flat. It is cheap.
	Start(d geometry.Domain, n int) ([]float64, error)
}

// Refreshing is a Sampling that changes the points between steps, now and then, rather than in each step.
type Refreshing interface {
	Sampling
	// Every is the number of steps between changes.
	Every() int
	// Refresh is the new points [n, d], given the residuals at any points [m, d] as |r|, [m, 1].
	Refresh(p Population, residual func(points *Node) *Node) *Node
}

// Sliced is a Sampling whose points lie in slices of time: first those of the first moment, then as many of the next one, and so on.
type Sliced interface {
	Sampling
	// Slices is the number of moments.
	Slices() int
}

// Population is the points of a step inside the domain.
type Population struct {
	Step     *zoo.Step
	Points   *Node // [n, d]
	Residual *Node // [n, equations], of this step's loss, taken as constants; nil in Refresh
	Factor   *Node // [n, 1], what a PointWeighting multiplies the residuals by, taken as a constant; nil without one

	solver Solver
}

// Count is the number of points.
func (p Population) Count() int { return p.Points.Shape().Dim(0) }

// Slices is the number of time slices of a sampling that is [Sliced], 0 of another.
func (p Population) Slices() int {
	if s, ok := p.solver.Sampling.(Sliced); ok {
		return s.Slices()
	}
	return 0
}

// Size is |r| at each point, times the factor of the weighting, [n, 1].
func (p Population) Size() *Node {
	size := magnitude(p.Residual)
	if p.Factor != nil {
		size = Mul(size, p.Factor)
	}
	return size
}

// magnitude is the root of the sum of squares over the equations, [n, 1].
func magnitude(residual *Node) *Node {
	if residual.Shape().Dim(1) == 1 {
		return Abs(residual)
	}
	return Sqrt(ReduceAndKeep(Square(residual), ReduceSum, 1))
}

// Uniform is new random points, uniform by volume, [n, d]. In a box they are drawn; in another domain they are picked out of a large set
// that was drawn before.
func (p Population) Uniform(n int) *Node {
	d, dtype := len(p.solver.Problem.Coordinates), p.Points.DType()
	if !isBox(p.solver.Problem.Domain) {
		pool := p.solver.whole(p.Step, poolArray)
		number := MulScalar(p.Step.Uniform(shapes.Make(dtype, n, 1)), float64(pool.Shape().Dim(0)))
		return Gather(pool, ConvertDType(Floor(number), dtypes.Int32))
	}
	low, high := p.solver.Problem.Domain.Bounds()
	from, side := make([][]float64, 1), make([][]float64, 1)
	for i := range d {
		from[0], side[0] = append(from[0], low[i]), append(side[0], high[i]-low[i])
	}
	u := p.Step.Uniform(shapes.Make(dtype, n, d))
	return Add(Mul(u, ConstAs(u, side)), ConstAs(u, from))
}

// State is a variable that is kept from step to step and is not trained, zero at first. Set it with SetNodeValue.
func (p Population) State(name string, dims ...int) *model.Variable {
	return state(p.Step.Scope, p.Points, name, dims...)
}

// Parameter is a variable that is trained with the network.
func (p Population) Parameter(name string, start float64, dims ...int) *Node {
	return layers.Weight(p.Step.Scope.At(pointsScope), p.Points.Graph(), name, shapes.Make(p.Points.DType(), dims...), layers.Constant(start))
}

// pointsScope is where variables live that belong to points.
const pointsScope = "points"

func state(scope *model.Scope, like *Node, name string, dims ...int) *model.Variable {
	scope = scope.At(pointsScope)
	layers.Weight(scope, like.Graph(), name, shapes.Make(like.DType(), dims...), layers.Constant(0))
	v := scope.GetVariable(name)
	v.Trainable = false
	return v
}

// EveryStep draws all points anew in each step.
type EveryStep struct{}

var _ Sampling = EveryStep{}

// Validate returns nil.
func (EveryStep) Validate() error { return nil }

// Next is new points.
func (EveryStep) Next(p Population) *Node { return p.Uniform(p.Count()) }

// RAD draws the points anew every Period steps, out of Pool random candidates, with a probability in proportion to
//
//	|r|^Exponent / mean(|r|^Exponent) + Offset
//
// without putting back.
//
// Cost:   one residual at Pool points every Period steps.
// Source: Wu, Zhu, Tan, Kartha & Lu 2023, arXiv:2207.10289, algorithm 2 and eq. (2); k and c there are Exponent and Offset. bib: wu2023comprehensive
type RAD struct {
	Period   int     // steps between draws
	Pool     int     // number of candidates; 0: ten times the points
	Exponent float64 `json:",omitempty"` // 0: 1
	Offset   float64 `json:",omitempty"` // 0: 1
}

var _ Refreshing = RAD{}

// Validate returns every problem at once.
func (r RAD) Validate() error {
	return validateResidualDraw("RAD", r.Period, r.Pool, r.Exponent, r.Offset)
}

func validateResidualDraw(name string, period, pool int, exponent, offset float64) error {
	var errs []error
	if period < 1 {
		errs = append(errs, fmt.Errorf("pinns: %s.Period = %d, want at least 1", name, period))
	}
	if pool < 0 {
		errs = append(errs, fmt.Errorf("pinns: %s.Pool = %d, want at least 0", name, pool))
	}
	if !(exponent >= 0) || !(offset >= 0) {
		errs = append(errs, fmt.Errorf("pinns: %s.Exponent = %v, Offset = %v, want at least 0", name, exponent, offset))
	}
	return errors.Join(errs...)
}

// Next is the same points.
func (RAD) Next(p Population) *Node { return p.Points }

// Every is Period.
func (r RAD) Every() int { return r.Period }

// Refresh draws by the residual.
func (r RAD) Refresh(p Population, residual func(points *Node) *Node) *Node {
	n := p.Count()
	candidates := p.Uniform(poolSize(r.Pool, n))
	return pick(p, candidates, density(residual(candidates), r.Exponent, r.Offset), n)
}

func poolSize(pool, n int) int {
	if pool == 0 {
		pool = 10 * n
	}
	return max(pool, n)
}

// density is in proportion to the probabilities of candidates, [m, 1].
func density(size *Node, exponent, offset float64) *Node {
	if exponent == 0 {
		exponent = 1
	}
	if offset == 0 {
		offset = 1
	}
	if exponent != 1 {
		size = Pow(size, Scalar(size.Graph(), size.DType(), exponent))
	}
	tiny := 1e-30 // so that residuals which are zero everywhere draw evenly
	return AddScalar(Div(size, AddScalar(ReduceAllMean(size), tiny)), offset)
}

// pick draws n of the candidates [m, d] without putting back, with probabilities in proportion to density [m, 1].
//
// Source: Efraimidis & Spirakis 2006, doi:10.1016/j.ipl.2005.11.003: the largest of u^(1/density). bib: efraimidis2006weighted
func pick(p Population, candidates, density *Node, n int) *Node {
	m := candidates.Shape().Dim(0)
	u := p.Step.Uniform(shapes.Make(density.DType(), m, 1))
	keys := Neg(Div(Log(OneMinus(u)), density)) // the smallest of these is the largest of u^(1/density)
	return first(keys, candidates, n)
}

// first is the n rows with the smallest keys.
func first(keys, rows *Node, n int) *Node {
	m := rows.Shape().Dim(0)
	numbers := Iota(rows.Graph(), shapes.Make(dtypes.Int32, m), 0)
	_, order := autodiff.Sort(0, Reshape(keys, m), numbers)
	return Gather(rows, Reshape(Slice(order[0], AxisRange(0, n)), n, 1))
}

// RAR keeps its points and every Period steps puts the worst of Pool candidates in the place of those with the smallest residuals, Add
// of them.
//
// Differs from the source: there the number of points grows; here it stays, so that nothing is compiled again.
// Cost:   one residual at Pool points, and one at all points, every Period steps.
// Source: Lu, Meng, Mao & Karniadakis 2021, arXiv:1907.04502, procedure 2.2; Wu et al. 2023, arXiv:2207.10289, algorithm 1.
// bib: lu2021deepxde, wu2023comprehensive
type RAR struct {
	Period int // steps between changes
	Add    int // number of points that are exchanged
	Pool   int // number of candidates; 0: ten times the points
}

var _ Refreshing = RAR{}

// Validate returns every problem at once.
func (r RAR) Validate() error {
	err := validateResidualDraw("RAR", r.Period, r.Pool, 0, 0)
	if r.Add < 1 {
		err = errors.Join(err, fmt.Errorf("pinns: RAR.Add = %d, want at least 1", r.Add))
	}
	return err
}

// Next is the same points.
func (RAR) Next(p Population) *Node { return p.Points }

// Every is Period.
func (r RAR) Every() int { return r.Period }

// Refresh exchanges points.
func (r RAR) Refresh(p Population, residual func(points *Node) *Node) *Node {
	n := p.Count()
	if r.Add > n {
		exceptions.Panicf("pinns: RAR.Add = %d, want at most the number of points, %d", r.Add, n)
	}
	candidates := p.Uniform(poolSize(r.Pool, n))
	worst := first(Neg(residual(candidates)), candidates, r.Add)
	if r.Add == n {
		return worst
	}
	kept := first(Neg(residual(p.Points)), p.Points, n-r.Add)
	return Concatenate([]*Node{kept, worst}, 0)
}

// Slices is points in time slices: Times moments, as many points of space in each, in the order of time. [pinns/causal] weighs them.
//
// The slices lie in the middle of equal parts of the time, and each has the same points of space; drawn anew they lie anywhere in these
// parts, and each slice has points of its own.
type Slices struct {
	Times int  // number of slices
	Anew  bool `json:",omitempty"` // draw times and places in each step
}

var (
	_ Sliced  = Slices{}
	_ Starter = Slices{}
)

// Validate checks the number of slices.
func (s Slices) Validate() error {
	if s.Times < 1 {
		return fmt.Errorf("pinns: Slices.Times = %d, want at least 1", s.Times)
	}
	return nil
}

// Slices is Times.
func (s Slices) Slices() int { return s.Times }

// Start is the points of the first step: a regular grid in space where the domain is an interval times the time, else Sobol's points.
func (s Slices) Start(d geometry.Domain, n int) ([]float64, error) {
	space, from, to, err := timed(d)
	if err != nil {
		return nil, err
	}
	if n%s.Times != 0 {
		return nil, fmt.Errorf("pinns: %d points in %d slices of time, want a multiple", n, s.Times)
	}
	each := n / s.Times
	var places geometry.Sample
	switch v := space.(type) {
	case nil: // time alone
	case geometry.Interval:
		places, err = geometry.Grid(v, []int{each})
	default:
		places, err = geometry.Interior(space, geometry.Sobol{Scrambled: true}, each)
	}
	if err != nil {
		return nil, err
	}
	var out []float64
	for i := range s.Times {
		t := from + (to-from)*(float64(i)+0.5)/float64(s.Times)
		for j := range each {
			if space != nil {
				out = append(out, places.Point(j)...)
			}
			out = append(out, t)
		}
	}
	return out, nil
}

// timed takes a domain in space and time apart; space is nil where there is time alone.
func timed(d geometry.Domain) (space geometry.Domain, from, to float64, err error) {
	if time, ok := d.(geometry.Interval); ok {
		return nil, time.Low, time.High, nil
	}
	p, ok := d.(geometry.Product)
	if ok {
		if time, ok := p.B.(geometry.Interval); ok {
			return p.A, time.Low, time.High, nil
		}
	}
	return nil, 0, 0, fmt.Errorf("pinns: the domain is a %T, want a geometry.Cylinder, with the time last, or a geometry.Interval of time", d)
}

// Next is the same points, or new ones in the order of time.
func (s Slices) Next(p Population) *Node {
	if !s.Anew {
		return p.Points
	}
	n, d := p.Count(), p.Points.Shape().Dim(1)
	g, dtype := p.Points.Graph(), p.Points.DType()
	low, high := p.solver.Problem.Domain.Bounds()
	from, length := low[d-1], high[d-1]-low[d-1]
	// One time in each equal part: they are in order without being sorted.
	part := Add(Iota(g, shapes.Make(dtype, s.Times, 1), 0), p.Step.Uniform(shapes.Make(dtype, s.Times, 1)))
	t := AddScalar(MulScalar(part, length/float64(s.Times)), from)
	t = Reshape(BroadcastToDims(t, s.Times, n/s.Times), n, 1)
	if d == 1 {
		return t
	}
	return Concatenate([]*Node{SliceAxis(p.Uniform(n), 1, AxisRange(0, d-1)), t}, 1)
}
