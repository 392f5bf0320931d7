package catalog

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/rectified"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/layers/timemlp"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// denoisingNetwork is the network of which DPM-Solver's notebook samples.
func denoisingNetwork() zoo.Method {
	return zoo.Method{Default: timemlp.Default(), Bib: "lu2022dpmsolver", Sizes: planeSizes(20, 50), Task: denoiseRing}
}

// planeSizes are so many points of the plane, each with a time, and a vector at each.
func planeSizes(counts ...int) []zoo.Size {
	var sizes []zoo.Size
	for _, n := range counts {
		points := shapes.Make(dtypes.Float64, n, 2)
		sizes = append(sizes, zoo.Size{Inputs: []shapes.Shape{points, shapes.Make(dtypes.Float64, n, 1)}, Output: points})
	}
	return sizes
}

// denoiseRing is the noise in points of RING8.
func denoiseRing(m zoo.Model) zoo.Task {
	return diffusion.Denoise{
		Model: m, Recipe: datasets.Density{Kind: datasets.Ring8, Train: 512, Test: 1}, Schedule: diffusion.StandardVP(),
		Target: diffusion.Epsilon, SigmaData: 1,
	}
}

// straightNetwork is the network of rectified flows' notebook.
func straightNetwork() zoo.Method {
	return zoo.Method{Default: timemlp.Default(), Bib: "liu2023flow", Sizes: planeSizes(20, 50), Task: flowToRing}
}

// flowToRing is the velocity from noise to points of RING8.
func flowToRing(m zoo.Model) zoo.Task {
	return rectified.Flow{Model: m, Pairs: rectified.Independent{Target: datasets.Density{Kind: datasets.Ring8, Train: 512, Test: 1}}}
}

// potentialNetwork is the network of c-rectified flows' notebook.
func potentialNetwork() zoo.Method {
	m := timemlp.Default()
	m.Out = 1
	sizes := planeSizes(20, 50)
	for i := range sizes {
		sizes[i].Output = shapes.Make(dtypes.Float64, sizes[i].Output.Dim(0), 1)
	}
	return zoo.Method{Default: m, Bib: "liu2022rectified", Sizes: sizes, Task: turnBack}
}

// turnBack is the best gradient of pairs that are turned.
func turnBack(m zoo.Model) zoo.Task {
	return rectified.Flow{Model: m, Cost: rectified.Power{P: 2}, Pairs: rectified.Paired{Recipe: rectified.Twisted{Angle: 60, Scale: 1, Train: 512, Test: 1}}}
}

// diffusionKinds are the types that the task of a diffusion model may name.
func diffusionKinds() []any {
	return []any{
		diffusion.Denoise{},
		diffusion.VPLinear{},
		diffusion.VPCosine{},
		diffusion.SubVP{},
		diffusion.VE{},
		diffusion.EDM{},
		diffusion.Discrete{},
		diffusion.ConditionalOT{},
		diffusion.CosinePath{},
		diffusion.PolynomialPath{},
		diffusion.UniformTimes{},
		diffusion.LogNormalTimes{},
		diffusion.LogitNormalTimes{},
		timemlp.Model{},
		rectified.Flow{},
		rectified.Independent{},
		rectified.Paired{},
		rectified.Generated{},
		rectified.EulerTimes{},
		rectified.Power{},
		rectified.Twisted{},
		samplers.Plan{},
		samplers.AdaptiveFlow{},
		samplers.DPMSolverPP{},
		samplers.DDIM{},
		samplers.Flow{},
		diffusion.UniformTime{},
		ode.DenseRungeKutta{},
	}
}
