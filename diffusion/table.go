package diffusion

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/philox"
	"github.com/fieldbook-go/fieldbook/solvers/sde"
)

// Table is a sampler with all its numbers: one row for each evaluation of the denoiser, in turn. Samplers of one step and of many,
// predictors with correctors, deterministic and stochastic ones all are such tables, and one compiled loop runs them.
//
// The loop keeps y, where the denoiser is evaluated, x, where the current step began, and the latest predictions D_0, D_1 and so on.
type Table struct {
	Prediction Prediction  // what D is
	Start      Combination // of x before the first row, by its X and Noise
	Rows       []Row
}

// Row is an evaluation and what is made of it:
//
//	D_0 = denoiser(y, At)
//	x ← Anchor of (y, x, D)
//	y ← Next of (y, x, D), with the new x
type Row struct {
	At           Point
	Anchor, Next Combination
}

// Combination is Y y + X x + Σ_k D[k] D_k + Noise z, with z of variance 1.
type Combination struct {
	Y, X  float64
	D     []float64 // the latest prediction first
	Noise float64

	// From and To, From < To, are the values of λ between which a Brownian path's increment is z, where noise is along a path. One
	// may be infinite. Start has none: its noise is drawn.
	From, To float64
}

// Noise is where a sampler's random numbers come from. The zero value is [Independent].
type Noise string

// Kinds of noise. Both are functions of the seed alone.
const (
	Independent Noise = ""         // drawn anew for each evaluation
	Brownian    Noise = "brownian" // the increments of a path in λ, one for each component: runs of one seed with more steps between the same values of λ follow the same path
)

// Validate lists what is wrong.
func (n Noise) Validate() error {
	if n != Independent && n != Brownian {
		return fmt.Errorf("diffusion: Noise = %q, want empty or %q", string(n), Brownian)
	}
	return nil
}

// Validate lists what is wrong with the numbers.
func (t Table) Validate() error {
	errs := []error{t.Prediction.Validate()}
	if len(t.Rows) == 0 {
		errs = append(errs, errors.New("diffusion: Table.Rows is empty, want one for each evaluation"))
	}
	for i, r := range t.Rows {
		numbers := []float64{r.At.T, r.At.Alpha, r.At.Sigma}
		for _, c := range []Combination{r.Anchor, r.Next} {
			numbers = append(append(numbers, c.Y, c.X, c.Noise), c.D...)
		}
		if slices.ContainsFunc(numbers, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			errs = append(errs, fmt.Errorf("diffusion: Table.Rows[%d] at t = %v, α = %v, σ = %v has a number that is not finite", i, r.At.T, r.At.Alpha, r.At.Sigma))
			break
		}
	}
	return errors.Join(errs...)
}

// Stochastic says whether any noise is added.
func (t Table) Stochastic() bool {
	return t.Start.Noise != 0 || slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Anchor.Noise != 0 || r.Next.Noise != 0 })
}

// depth is how many predictions a row looks back on, its own included.
func (t Table) depth() int {
	depth := 1
	for _, r := range t.Rows {
		depth = max(depth, len(r.Anchor.D), len(r.Next.D))
	}
	return depth
}

// Run runs the table on x. It has gradients with respect to x and the denoiser's Args.
//
// Shapes: x [batch, …]; seed a scalar uint64, nil for a table without noise.
// Panics: on a table that Validate refuses, on noise without a seed, on levels that the denoiser does not know.
// Cost:   one evaluation a row.
func (t Table) Run(d Denoiser, x, seed *Node, noise Noise, keep bool) Samples {
	if err := errors.Join(t.Validate(), noise.Validate()); err != nil {
		exceptions.Panicf("%v", err)
	}
	if x.Rank() < 1 || !x.DType().IsFloat() {
		exceptions.Panicf("diffusion: Table.Run: x is %s, want real [batch, …]", x.Shape())
	}
	for _, r := range t.Rows {
		if err := d.Knows(r.At); err != nil {
			exceptions.Panicf("%v", err)
		}
	}
	l := loop{Table: t, denoiser: d, source: noise, columns: t.columns(), depth: t.depth()}
	args := slices.Clone(d.Args)
	if t.Stochastic() {
		if seed == nil || seed.DType() != dtypes.Uint64 || !seed.IsScalar() {
			exceptions.Panicf("diffusion: Table.Run: no seed, or not a scalar uint64: want one, as the sampler adds noise")
		}
		args = append(args, seed)
	}
	state := []*Node{l.started(x, seed)}
	state = append(state, state[0])
	for range l.depth - 1 {
		state = append(state, ZerosLike(x))
	}
	numbers := Const(x.Graph(), l.numbers())
	final, rows := autodiff.Scan{Steps: len(t.Rows)}.Over(state, args, []*Node{numbers}, func(i *Node, state, args, row []*Node) (next, kept []*Node) {
		next, x0 := l.step(i, state, args, row[0])
		if keep {
			kept = []*Node{next[0], x0()}
		}
		return next, kept
	})
	s := Samples{X: final[0], NFE: len(t.Rows), TotalNFE: d.Total(len(t.Rows))}
	if keep {
		s.States, s.Previews = rows[0], rows[1]
	}
	return s
}

// loop is a table's run. Its state is y, x and the predictions of the rows before, the latest first.
type loop struct {
	Table
	denoiser Denoiser
	source   Noise
	depth    int
	columns  []column64
}

// column64 is one number of every row. Those that are 0 in all rows are left out of the program.
type column64 struct {
	of   func(r Row) float64
	used bool
}

// columnsOfPoint, columnsOf are the numbers of the columns of a point and of a combination before its D.
const columnsOfPoint, columnsOf = 5, 5

// columns are those of the level, of Anchor and of Next.
func (t Table) columns() []column64 {
	all := []func(r Row) float64{
		func(r Row) float64 { return r.At.T }, func(r Row) float64 { return r.At.Alpha }, func(r Row) float64 { return r.At.Sigma },
		func(r Row) float64 { return r.At.DAlpha }, func(r Row) float64 { return r.At.DSigma },
	}
	for _, part := range []func(r Row) Combination{func(r Row) Combination { return r.Anchor }, func(r Row) Combination { return r.Next }} {
		all = append(all, func(r Row) float64 { return part(r).Y }, func(r Row) float64 { return part(r).X }, func(r Row) float64 { return part(r).Noise },
			func(r Row) float64 { return part(r).From }, func(r Row) float64 { return part(r).To })
		for k := range t.depth() {
			all = append(all, func(r Row) float64 {
				if d := part(r).D; k < len(d) {
					return d[k]
				}
				return 0
			})
		}
	}
	out := make([]column64, len(all))
	for i, of := range all {
		out[i] = column64{of, slices.ContainsFunc(t.Rows, func(r Row) bool { return of(r) != 0 })}
	}
	return out
}

// numbers is the table as an array [row, column].
func (l loop) numbers() [][]float64 {
	low, high := l.span()
	out := make([][]float64, len(l.Rows))
	for i, r := range l.Rows {
		r.Anchor.From, r.Anchor.To = max(r.Anchor.From, low), min(r.Anchor.To, high)
		r.Next.From, r.Next.To = max(r.Next.From, low), min(r.Next.To, high)
		if !finite(r.At.DAlpha) || !finite(r.At.DSigma) {
			r.At.DAlpha, r.At.DSigma = 0, 0 // of schedules with σ ~ √t at t = 0
		}
		for _, c := range l.columns {
			out[i] = append(out[i], c.of(r))
		}
	}
	return out
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// span is what the path of a table's noise runs over: from the least to the greatest λ, and by one more where that is not finite.
func (l loop) span() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	var below, above float64
	add := func(c Combination) {
		if !(c.From < c.To) {
			return
		}
		for _, lambda := range []float64{c.From, c.To} {
			switch {
			case finite(lambda):
				low, high = min(low, lambda), max(high, lambda)
			case lambda < 0:
				below = 1
			default:
				above = 1
			}
		}
	}
	for _, r := range l.Rows {
		add(r.Anchor)
		add(r.Next)
	}
	if low > high { // one step from no data to no noise
		return 0, 1
	}
	return low - below, high + above
}

// started is x before the first row.
func (l loop) started(x, seed *Node) *Node {
	if l.Start.X != 1 {
		x = MulScalar(x, l.Start.X)
	}
	if l.Start.Noise != 0 {
		first, _ := l.normals(seed, Const(x.Graph(), uint64(0)), x)
		x = Add(x, MulScalar(first, l.Start.Noise))
	}
	return x
}

// step is row i.
func (l loop) step(i *Node, state, args []*Node, row *Node) (next []*Node, x0 func() *Node) {
	y, x := state[0], state[1]
	number := func(column int) *Node { return ConvertDType(Reshape(Slice(row, AxisElem(column))), y.DType()) }
	at := Level{T: number(0), Alpha: number(1), Sigma: number(2), DAlpha: number(3), DSigma: number(4)}
	own := len(l.denoiser.Args)
	d := l.denoiser.With(args[:own]).At(l.Prediction, y, at)
	past := append([]*Node{d}, state[2:]...)

	var seed *Node
	if len(args) > own {
		seed = args[own]
	}
	second := columnsOfPoint + columnsOf + l.depth
	za, zn := l.increments(seed, i, row, y, columnsOfPoint, second)
	combine := func(first int, x, z *Node) *Node {
		var sum *Node
		add := func(column int, v *Node) {
			if !l.columns[column].used {
				return
			}
			term := Mul(number(column), v)
			if sum == nil {
				sum = term
				return
			}
			sum = Add(sum, term)
		}
		add(first, y)
		add(first+1, x)
		for k, p := range past {
			add(first+columnsOf+k, p)
		}
		if z != nil {
			add(first+2, z)
		}
		if sum == nil {
			return ZerosLike(y)
		}
		return sum
	}
	x = combine(columnsOfPoint, x, za)
	next = append([]*Node{combine(second, x, zn), x}, past[:l.depth-1]...)
	return next, func() *Node { return Convert(l.Prediction, X0, d, y, at) }
}

// increments are the noise of a row's two combinations; nil where no row has any.
func (l loop) increments(seed, i, row, y *Node, anchor, next int) (za, zn *Node) {
	withAnchor, withNext := l.columns[anchor+2].used, l.columns[next+2].used
	if !withAnchor && !withNext {
		return nil, nil
	}
	if l.source == Independent {
		return l.normals(seed, AddScalar(ConvertDType(i, dtypes.Uint64), 1), y)
	}
	if withAnchor {
		za = l.increment(seed, row, y, anchor)
	}
	if withNext {
		zn = l.increment(seed, row, y, next)
	}
	return za, zn
}

// normals are two independent normal arrays of y's shape, number index of the seed.
func (loop) normals(seed, index, y *Node) (a, b *Node) {
	g, size := y.Graph(), y.Shape().Size()
	stream := Iota(g, shapes.Make(dtypes.Uint64, size), 0)
	a, b = philox.Normals(seed, stream, index)
	as := func(z *Node) *Node { return ConvertDType(Reshape(z, y.Shape().Dimensions...), y.DType()) }
	return as(a), as(b)
}

// pathDepth makes the parts of a path a millionth of its span.
const pathDepth = 20

// increment is that of the Brownian path, over the root of its length.
func (l loop) increment(seed, row, y *Node, first int) *Node {
	low, high := l.span()
	tree := sde.Tree{T0: low, T1: high, Depth: pathDepth}
	at := func(column int) *Node { return Reshape(Slice(row, AxisElem(first+column))) }
	w0, _ := tree.At(seed, at(3), y.Shape().Dimensions...)
	w1, _ := tree.At(seed, at(4), y.Shape().Dimensions...)
	// A row without noise has no length; its z is multiplied by 0.
	length := MaxScalar(Sub(at(4), at(3)), math.Ldexp(high-low, -pathDepth))
	return ConvertDType(Div(Sub(w1, w0), Sqrt(length)), y.DType())
}
