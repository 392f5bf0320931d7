package catalog

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/causal"
	"github.com/fieldbook-go/fieldbook/pinns/fieldfit"
	"github.com/fieldbook-go/fieldbook/pinns/problems"
	"github.com/fieldbook-go/fieldbook/pinns/r3"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func sinusoidal() zoo.Method {
	return zoo.Method{
		Default: neuralfield.SIREN{Widths: []int{64, 64, 64, 1}, First: 30, Hidden: 30}, Bib: "sitzmann2020siren",
		Sizes: pointSizes(50, 80), Task: fitImage,
	}
}

// pointSizes are so many points of two coordinates, and a value at each.
func pointSizes(counts ...int) []zoo.Size {
	var sizes []zoo.Size
	for _, n := range counts {
		sizes = append(sizes, zoo.Size{
			Inputs: []shapes.Shape{shapes.Make(dtypes.Float64, n, 2)}, Output: shapes.Make(dtypes.Float64, n, 1),
		})
	}
	return sizes
}

// fitImage is an image to fit by its values.
func fitImage(m zoo.Model) zoo.Task {
	return fieldfit.Fit(m, datasets.Gabor{Grid: 32, Train: 1, Test: 1}, fieldfit.Values)
}

// causalNetwork is the causal paper's network.
func causalNetwork() zoo.Method {
	return zoo.Method{
		Default: neuralfield.ModifiedMLP{Widths: []int{64, 64, 64, 1}, Activation: layers.TanhUnit, Weights: neuralfield.Glorot}, Bib: "wang2022causality",
		Sizes: pointSizes(50, 80), Task: reactCausally,
	}
}

// reactCausally is a slow reaction on the unit interval.
func reactCausally(m zoo.Model) zoo.Task {
	return pinns.Solver{
		Network: m, Interior: 8 * 8, Boundary: 16, Sampling: pinns.Slices{Times: 8}, Weighting: causal.Weighting{},
		Problem: pinns.Problem{
			Equations: []string{"u_t = u*(1 - u)"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"},
			Domain:     geometry.Cylinder(geometry.Interval{Low: 0, High: 1}, 0, 1),
			Conditions: []pinns.Condition{pinns.Initial("u = x")}, Open: []string{"x=0", "x=1"},
		},
	}
}

func retained() zoo.Method {
	return zoo.Method{
		Default: neuralfield.MLP{Widths: []int{50, 50, 50, 50, 1}, Activation: layers.TanhUnit}, Bib: "daw2023mitigating",
		Sizes: pointSizes(50, 80), Task: convectRetained,
	}
}

// convectRetained is a wave that moves slowly, with points that follow the residual.
func convectRetained(m zoo.Model) zoo.Task {
	return r3.Watched{Solver: pinns.Solver{
		Network: m, Interior: 64, Boundary: 16, Sampling: r3.R3{}, Weighting: r3.Gate{},
		Problem: pinns.Problem{
			Equations: []string{"u_t + u_x = 0"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"},
			Domain:     geometry.Cylinder(geometry.Interval{Low: 0, High: 1}, 0, 1),
			Conditions: []pinns.Condition{pinns.Initial("u = sin(2*pi*x)"), pinns.Periodic("x", 0)}, Exact: map[string]string{"u": "sin(2*pi*(x - t))"},
		},
	}}
}

// balanced is the network that MultiAdam's notebook trains.
func balanced() zoo.Method {
	return zoo.Method{
		Default: neuralfield.MLP{Widths: []int{50, 50, 50, 1}, Activation: layers.TanhUnit, Weights: neuralfield.Glorot}, Bib: "yao2023multiadam",
		Sizes: pointSizes(50, 80), Task: solvePoisson,
	}
}

// solvePoisson is Poisson's equation on a square, by its residual and its boundary values.
func solvePoisson(m zoo.Model) zoo.Task {
	s := pinns.Solve(m, problems.Poisson(2))
	s.Interior, s.Boundary = 64, 16
	return s
}

// pinnsKinds are the types that the task of a physics-informed network may name.
func pinnsKinds() []any {
	return []any{
		pinns.Solver{},
		fieldfit.Field{},
		fieldfit.SignedDistance{},
		neuralfield.MLP{},
		neuralfield.ModifiedMLP{},
		neuralfield.SIREN{},
		neuralfield.PirateNet{},
		neuralfield.FourierFeatures{},
		neuralfield.PositionalEncoding{},
		pinns.EveryStep{},
		pinns.RAD{},
		pinns.RAR{},
		pinns.Slices{},
		pinns.Attention{},
		pinns.SelfAdaptive{},
		causal.Weighting{},
		r3.R3{},
		r3.Gate{},
		r3.Watched{},
		geometry.Interval{},
		geometry.Box{},
		geometry.Ball{},
		geometry.Ellipse{},
		geometry.Polygon{},
		geometry.Triangles{},
		geometry.Union{},
		geometry.Intersection{},
		geometry.Difference{},
		geometry.Similar{},
		geometry.Product{},
		geometry.Named{},
		geometry.Uniform{},
		geometry.LatinHypercube{},
		geometry.Sobol{},
		geometry.Halton{},
		geometry.Hammersley{},
	}
}
