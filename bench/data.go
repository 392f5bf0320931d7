package bench

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// dataBenchmarks are classical solvers making data, beside the same schemes in JAX, and multigrid and a sparse direct solver in Python.
func dataBenchmarks() []Benchmark {
	return []Benchmark{ksData(), burgersData(), navierStokesData(), darcyData()}
}

// solve is a batch of fields that goes through a solver once a step.
type solve struct {
	name, title string
	sizes       map[string]any
	turn        int
	tolerance   float64
	fields      func() ([]float64, error)                                         // the inputs
	dims        []int                                                             // theirs: [sample, space…]
	run         func(ctx context.Context, fields []float64) (pde.Solution, error) // ours
	peers       []Peer
}

func (s solve) benchmark() Benchmark {
	return Benchmark{
		Name: s.name, Title: s.title, Turn: s.turn, Tolerance: s.tolerance, Peers: s.peers,
		Problem: func() (Problem, error) {
			fields, err := s.fields()
			if err != nil {
				return Problem{}, err
			}
			return Problem{
				Sizes:  s.sizes,
				Arrays: map[string]*tensors.Tensor{"fields": tensors.FromFlatDataAndDimensions(fields, s.dims...)},
			}, nil
		},
		Ours: func(ctx context.Context, p Problem) (Steps, error) {
			fields := tensors.MustCopyFlatData[float64](p.Arrays["fields"])
			return repeated{func() (float64, error) {
				solution, err := s.run(ctx, fields)
				if err != nil {
					return 0, err
				}
				return spread(solution.Last(), s.dims[0]), nil
			}}, nil
		},
	}
}

// spread is the mean over the samples of each one's standard deviation, which does not depend on how its mean drifts.
func spread(u []float64, samples int) float64 {
	var sum float64
	for field := range slices.Chunk(u, len(u)/samples) {
		sum += math.Sqrt(stat.PopVariance(field, nil))
	}
	return sum / float64(samples)
}

// waves are sums of a few sine waves on a periodic grid of n by n points.
func waves(samples, n int) []float64 {
	rng := rand.New(rand.NewPCG(3, 4))
	u := make([]float64, samples*n*n)
	for s := range samples {
		field := u[s*n*n : (s+1)*n*n]
		for range 8 {
			k, l, phase := float64(rng.IntN(7)-3), float64(rng.IntN(4)), 2*math.Pi*rng.Float64()
			for i := range field {
				field[i] += math.Sin(2*math.Pi*(k*float64(i/n)+l*float64(i%n))/float64(n)+phase) / 4
			}
		}
	}
	return u
}

// ksData is the Kuramoto–Sivashinsky equation on a square: a fifth of 50 trajectories.
func ksData() Benchmark {
	const samples, n, steps, length, dt = 10, 128, 200, 60.0, 0.1
	return solve{
		name: "ks-2d", title: "Kuramoto–Sivashinsky in 2-D, 128² points, 200 steps of ETDRK4, float64, 10 trajectories", turn: 1,
		// The schemes cut the spectrum at different places; both resolve the fields, to 1e-8 or so.
		tolerance: 1e-6, dims: []int{samples, n, n},
		sizes:  map[string]any{"equation": "ks", "length": length, "dt": dt, "steps": steps},
		fields: func() ([]float64, error) { return waves(samples, n), nil },
		run: func(ctx context.Context, fields []float64) (pde.Solution, error) {
			return pde.KuramotoSivashinsky([]float64{length, length}).
				Solve(ctx, fields, []int{n, n}, pde.Stepping{Until: dt * steps, Steps: steps})
		},
		peers: []Peer{{"data_exponax", true}},
	}.benchmark()
}

// burgersData is Burgers' equation as in the paper on Fourier neural operators: a fifth of 1200 pairs.
func burgersData() Benchmark {
	const samples, n, steps, viscosity = 240, 1024, 200, 0.1
	return solve{
		name: "burgers-data", title: "Burgers' equation, 1024 points, 200 steps of ETDRK4, float64, 240 pairs", turn: 1,
		tolerance: 1e-8, dims: []int{samples, n}, // both resolve the fields; round-off of 200 steps
		sizes: map[string]any{"equation": "burgers", "length": 1, "dt": 1.0 / steps, "steps": steps, "viscosity": viscosity},
		fields: func() ([]float64, error) {
			set, err := datasets.Burgers{Viscosity: viscosity, Grid: n, Train: samples - 1, Test: 1, Steps: 1, Until: 1e-9}.Make(context.Background(), nil)
			return append(set.Train().Input.Values, set.Test().Input.Values...), err
		},
		run: func(ctx context.Context, fields []float64) (pde.Solution, error) {
			return pde.Burgers(viscosity).Solve(ctx, fields, []int{n}, pde.Stepping{Until: 1, Steps: steps})
		},
		peers: []Peer{{"data_exponax", true}},
	}.benchmark()
}

// navierStokesData is the flow of the same paper, to t = 50.
func navierStokesData() Benchmark {
	const samples, n, steps, viscosity, until = 2, 64, 2500, 1e-3, 50.0
	return solve{
		name: "ns-2d", title: "Navier–Stokes vorticity, 64² points, to t = 50 in 2500 steps of ETDRK4, float64, 2 flows", turn: 1,
		tolerance: 1e-6, dims: []int{samples, n, n}, // round-off of 2500 steps
		sizes: map[string]any{"viscosity": viscosity, "dt": until / steps, "steps": steps},
		fields: func() ([]float64, error) {
			g := datasets.GRF{Sigma: math.Pow(7, 1.5), Tau: 7, Alpha: 2.5}
			sampler, err := g.Sampler(n, 2)
			if err != nil {
				return nil, err
			}
			rng := rand.New(rand.NewPCG(7, 8))
			var all []float64
			for range samples {
				field := make([]float64, n*n)
				if err := sampler.Draw(field, rng); err != nil {
					return nil, err
				}
				all = append(all, field...)
			}
			return all, nil
		},
		run: func(ctx context.Context, fields []float64) (pde.Solution, error) {
			return pde.NavierStokes{Viscosity: viscosity, Forcing: pde.DiagonalForcing(n)}.
				Solve(ctx, fields, n, pde.Stepping{Until: until, Steps: steps})
		},
		peers: []Peer{{"data_navierstokes_jax", true}},
	}.benchmark()
}

// darcyTolerance of the residual: below the error of discretisation by far.
const darcyTolerance = 1e-8

// darcyData is Darcy flow as in the same paper: so many of 10,000 samples.
func darcyData() Benchmark {
	const samples, n = 40, 85
	ones := make([]float64, n*n)
	for i := range ones {
		ones[i] = 1
	}
	return solve{
		name: "darcy-data", title: "Darcy flow, 85² points, residual 1e-8, float64, 40 samples", turn: 1,
		tolerance: 1e-6, dims: []int{samples, n, n}, // the residual times the condition of the mean
		sizes: map[string]any{"rtol": darcyTolerance, "processes": benchCores},
		fields: func() ([]float64, error) {
			set, err := datasets.Darcy{Grid: n, Finest: n, Train: samples - 1, Test: 1}.Make(context.Background(), nil)
			return append(set.Train().Input.Values, set.Test().Input.Values...), err
		},
		run: func(ctx context.Context, fields []float64) (pde.Solution, error) {
			return pde.Darcy{RTol: darcyTolerance}.Solve(ctx, fields, ones, n)
		},
		peers: []Peer{{"data_darcy_pyamg", true}, {"data_darcy_scipy", true}},
	}.benchmark()
}
