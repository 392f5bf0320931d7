package catalog

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/operators"
	"github.com/fieldbook-go/fieldbook/operators/cnn"
	"github.com/fieldbook-go/fieldbook/operators/deeponet"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func fourier() zoo.Method {
	return zoo.Method{Default: fno.Default(), Bib: "li2021fno", Sizes: fieldSizes(64, 128), Task: learnBurgers}
}

func convolutional() zoo.Method {
	return zoo.Method{Default: cnn.Default(), Bib: "zhu2018bayesian", Sizes: fieldSizes(64, 128), Task: learnBurgers}
}

func deepOperator() zoo.Method {
	return zoo.Method{Default: deeponet.Default(), Bib: "lu2021deeponet", Sizes: fieldSizes(128, 256), Task: learnBurgers}
}

// fieldSizes are two fields of one channel on the circle, on grids of so many points.
func fieldSizes(grids ...int) []zoo.Size {
	var sizes []zoo.Size
	for _, n := range grids {
		field := shapes.Make(dtypes.Float64, 2, n, 1)
		sizes = append(sizes, zoo.Size{Inputs: []shapes.Shape{field}, Output: field})
	}
	return sizes
}

// learnBurgers is a handful of Burgers pairs.
func learnBurgers(m zoo.Model) zoo.Task {
	return operators.Learn(m, datasets.Burgers{Viscosity: 0.1, Grid: 128, Train: 8, Test: 2})
}
