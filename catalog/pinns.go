package catalog

import (
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// pinnsKinds are the types that the task of a physics-informed network may name.
func pinnsKinds() []any {
	return []any{
		pinns.Solver{},
		neuralfield.MLP{}, neuralfield.ModifiedMLP{}, neuralfield.SIREN{},
		pinns.EveryStep{}, pinns.RAD{}, pinns.RAR{}, pinns.Slices{},
		pinns.Attention{}, pinns.SelfAdaptive{},
		geometry.Interval{}, geometry.Box{}, geometry.Ball{}, geometry.Ellipse{}, geometry.Polygon{}, geometry.Triangles{},
		geometry.Union{}, geometry.Intersection{}, geometry.Difference{}, geometry.Similar{}, geometry.Product{}, geometry.Named{},
		geometry.Uniform{}, geometry.LatinHypercube{}, geometry.Sobol{}, geometry.Halton{}, geometry.Hammersley{},
	}
}
