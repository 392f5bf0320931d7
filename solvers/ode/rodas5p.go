package ode

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
)

// Rodas5P is a Rosenbrock pair of order 5(4) with eight stages, linearly implicit: each stage is one linear system, with the
// exact Jacobian at the start of the step in place of Newton's iteration.
//
//	(I − γ h J) u_i = γ (h f(t + c_i h, y + Σ_j a_ij u_j) + Σ_j C_ij u_j + d_i h² ∂f/∂t)
//
// It is L-stable and stiffly accurate; on the problem of Prothero and Robinson the error over all degrees of stiffness falls
// with order 4. A field that depends on time is met by the exact ∂f/∂t. There is no iteration, and so no tolerance of its own,
// and the gradient is that of the operations.
//
// Shapes: y [batch, dim…]; the trajectories must not depend on each other.
// DType:  float32 or float64.
// Panics: in Step, if f(t, y) is not of y's shape.
// Cost:   eight evaluations, n reverse passes, n³/3 + 16 n² multiplications a step.
// Source: Steinebach 2023, table 3. bib: steinebach2023rodas5p
type Rodas5P struct{}

var _ Stepper = Rodas5P{}

// Info is what the stepper is.
func (Rodas5P) Info() Info {
	return Info{Name: "Rodas5P", Order: 5, ErrorOrder: 4, Evaluations: 8, Bib: "steinebach2023rodas5p"}
}

// Init is nothing: no slope is carried from step to step.
func (Rodas5P) Init(System, *graph.Node, *graph.Node) []*graph.Node { return nil }

// Step makes one step.
func (Rodas5P) Step(s System, t, dt, y *graph.Node, _ []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	tab := rodas5PTableau()
	byState, byTime := jacobians(s.Total, t, y)
	factored := linalg.FactorLU(shifted(byState, dt, tab.gamma))
	drift := graph.Mul(graph.Mul(dt, dt), byTime)
	var u []*graph.Node
	for i, c := range tab.times {
		y1 = y
		if i > 0 {
			y1 = graph.Add(y, weighted(tab.a[i], u))
		}
		right := graph.Mul(dt, s.Total(graph.Add(t, graph.MulScalar(dt, c)), y1))
		right = graph.Add(right, graph.MulScalar(drift, tab.d[i]))
		if i > 0 {
			right = graph.Add(right, weighted(tab.c[i], u))
		}
		solved := factored.SolveVector(flat(graph.MulScalar(right, tab.gamma)))
		u = append(u, graph.Reshape(solved, y.Shape().Dimensions...))
	}
	// The last stage is made at the fourth-order solution, and its u is what that lacks.
	errEst = u[len(u)-1]
	return graph.Add(y1, errEst), errEst, nil
}

// rosenbrock is a tableau for the unknowns u, of which a and c hold rows left of the diagonal.
type rosenbrock struct {
	gamma    float64
	a, c     [][]float64
	d, times []float64
}

// rodas5PTableau is the table of the source, for the unknowns u.
func rodas5PTableau() rosenbrock {
	sixth := []float64{-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946}
	return rosenbrock{
		gamma: 0.21193756319429014,
		a: [][]float64{
			{},
			{3},
			{2.849394379747939, 0.45842242204463923},
			{-6.954028509809101, 2.489845061869568, -10.358996098473584},
			{2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641},
			sixth,
			append(append([]float64{}, sixth...), 1),
			append(append([]float64{}, sixth...), 1, 1),
		},
		c: [][]float64{
			{},
			{-14.155112264123755},
			{-17.97296035885952, -2.859693295451294},
			{147.12150275711716, -1.41221402718213, 71.68940251302358},
			{165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306},
			{24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471},
			{
				30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
				-28.087943162872662,
			},
			{
				37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
				-54.66780262877968, -9.48861652309627,
			},
		},
		d: []float64{
			0.21193756319429014, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069, 0, 0, 0,
		},
		times: []float64{0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1, 1, 1},
	}
}
