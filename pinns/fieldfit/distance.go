package fieldfit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// SignedDistance is the task of finding the signed distance Φ of a domain from points of its boundary with normals n alone:
//
//	3000 mean |Φ| + 100 mean (1 - cos(∇Φ, n))   at points of the boundary
//	100 mean exp(-100 |Φ|)                       at points of [-1, 1]^d, drawn anew in each step, as many
//	50 mean | |∇Φ| - 1 |                         at both
//
// Source: Sitzmann et al. 2020, arXiv:2006.09661, section 4.2, with the weights of the authors' code. bib: sitzmann2020siren
type SignedDistance struct {
	Model  zoo.Model
	Domain geometry.Domain // within [-1, 1] along each axis
	Points int             // of the boundary
	Seed   uint64          // of these points
}

var (
	_ zoo.Task      = SignedDistance{}
	_ zoo.Predictor = SignedDistance{}
)

// Validate returns every problem at once.
func (d SignedDistance) Validate() error {
	errs := []error{checkModel("SignedDistance", d.Model)}
	if d.Points < 1 {
		errs = append(errs, fmt.Errorf("fieldfit: SignedDistance.Points = %d, want at least 1", d.Points))
	}
	if d.Domain == nil {
		return errors.Join(append(errs, errors.New("fieldfit: SignedDistance.Domain is nil, want a domain within [-1, 1]"))...)
	}
	if err := d.Domain.Validate(); err != nil {
		return errors.Join(append(errs, err)...)
	}
	low, high := d.Domain.Bounds()
	for i := range low {
		if low[i] < -1 || high[i] > 1 {
			errs = append(errs, fmt.Errorf("fieldfit: SignedDistance.Domain reaches from %v to %v along axis %d, want it within [-1, 1]", low[i], high[i], i))
		}
	}
	return errors.Join(errs...)
}

// Data describes points of the boundary and their normals as rows.
func (d SignedDistance) Data() (zoo.Data, error) {
	text, err := kinds.Marshal(struct {
		Domain geometry.Domain
		Points int
		Seed   uint64
	}{d.Domain, d.Points, d.Seed})
	if err != nil {
		return zoo.Data{}, err
	}
	sum := sha256.Sum256(text)
	rows := shapes.Make(dtypes.Float64, d.Points, d.Domain.Dims())
	return zoo.Data{
		Key: "boundary " + hex.EncodeToString(sum[:8]), Rows: []shapes.Shape{rows, rows},
		Load: func(context.Context) (rows, whole []*tensors.Tensor, err error) {
			s, err := d.boundary()
			if err != nil {
				return nil, nil, err
			}
			array := func(v []float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, d.Points, s.Dims) }
			return []*tensors.Tensor{array(s.Points), array(s.Normals)}, nil, nil
		},
	}, nil
}

func (d SignedDistance) boundary() (geometry.Sample, error) {
	return geometry.OnBoundary(d.Domain, geometry.Uniform{Seed: d.Seed}, d.Points)
}

// Weights of the terms, and the sharpness of the one off the boundary.
const (
	surfaceWeight = 3000
	normalWeight  = 100
	freeWeight    = 100
	freeSharpness = 100
	eikonalWeight = 50
)

// Loss is the four terms.
func (d SignedDistance) Loss(s *zoo.Step) []zoo.Term {
	surface, normals := s.Rows[0], s.Rows[1]
	n := surface.Shape().Dim(0)
	free := AddScalar(MulScalar(s.Uniform(surface.Shape()), 2), -1)
	u := at(d.Model, s.Scope, Concatenate([]*Node{surface, free}, 0))
	slope := Squeeze(u.gradient, -1)
	// The root's own derivative is infinite where a network of ReLU is flat: 1e-12 keeps it finite in float32 and is far below 1.
	steepness := Sqrt(AddScalar(ReduceSum(Square(slope), -1), 1e-12))
	on, off := AxisRange(0, n), AxisRange(n, 2*n)
	cosine := Div(ReduceSum(Mul(Slice(slope, on), normals), -1), Slice(steepness, on))
	return []zoo.Term{
		{Name: "surface", Value: ReduceAllMean(Abs(Slice(u.value, on))), Weight: surfaceWeight},
		{Name: "normals", Value: ReduceAllMean(OneMinus(cosine)), Weight: normalWeight},
		{Name: "free space", Value: ReduceAllMean(Exp(MulScalar(Abs(Slice(u.value, off)), -freeSharpness))), Weight: freeWeight},
		{Name: "eikonal", Value: ReduceAllMean(Abs(AddScalar(steepness, -1))), Weight: eikonalWeight},
	}
}

// Predict is the network's values with their derivatives, as [Field.Predict].
func (d SignedDistance) Predict(scope *model.Scope, in ...*Node) []*Node {
	if len(in) != 1 {
		exceptions.Panicf("fieldfit: SignedDistance.Predict of %d arrays, want one, the points", len(in))
	}
	return at(d.Model, scope, in[0]).nodes()
}

// Distances is a run's signed distance beside the exact one.
type Distances struct {
	Part          // on the middles of cells of [-1, 1]^d
	Error float64 // mean absolute error there
	Angle float64 // mean angle between ∇Φ and the normal at the points of the boundary, degrees
}

// Evaluate compares a run of this task with the exact distance, at the middles of so many cells along each axis of [-1, 1]^d.
func (d SignedDistance) Evaluate(ctx context.Context, run zoo.Trained, cells int) (Distances, error) {
	if err := d.Validate(); err != nil {
		return Distances{}, err
	}
	if cells < 1 {
		return Distances{}, fmt.Errorf("fieldfit: SignedDistance.Evaluate on %d cells along an axis, want at least 1", cells)
	}
	axes, dims := make([]string, d.Domain.Dims()), make([]int, d.Domain.Dims())
	for i := range dims {
		axes[i], dims[i] = fmt.Sprintf("x%d", i), cells
	}
	points, err := gridPoints(datasets.Set{}, axes, dims)
	if err != nil {
		return Distances{}, err
	}
	boundary, err := d.boundary()
	if err != nil {
		return Distances{}, err
	}
	predict := func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{d.Predict(scope, in[0])[0], d.Predict(scope, in[1])[1]}
	}
	got, err := eval(ctx, run, predict, tensor(points), tensors.FromFlatDataAndDimensions(boundary.Points, d.Points, boundary.Dims))
	if err != nil {
		return Distances{}, err
	}
	shape := func(v []float64) datasets.Array {
		return datasets.Array{
			Name: "distance", Axes: append(append([]string{"sample"}, axes...), "channel"), Dims: append(append([]int{1}, dims...), 1), Values: v,
		}
	}
	out := Distances{Part: Part{shape(got[0]), shape(make([]float64, points.Dims[0]))}}
	for i := range points.Dims[0] {
		out.Want.Values[i] = d.Domain.Distance(points.Sample(i))
		out.Error += math.Abs(out.Got.Values[i]-out.Want.Values[i]) / float64(points.Dims[0])
	}
	out.Angle = meanAngle(got[1], boundary)
	return out, nil
}

// meanAngle is that between slopes [point, axis] and the normals, degrees. A slope of zero counts as 90.
func meanAngle(slopes []float64, s geometry.Sample) float64 {
	var sum float64
	for i := range s.Count() {
		var dot, size float64
		for k, n := range s.Normal(i) {
			g := slopes[i*s.Dims+k]
			dot, size = dot+g*n, size+g*g
		}
		angle := 90.0
		if size > 0 {
			angle = math.Acos(min(1, max(-1, dot/math.Sqrt(size)))) * 180 / math.Pi
		}
		sum += angle / float64(s.Count())
	}
	return sum
}
