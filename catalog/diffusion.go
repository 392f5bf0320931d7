package catalog

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/layers/timemlp"
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
	}
}
