package picture_test

import (
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/picture"
)

// TestSolutionsAreDrawn: one of an axis and time, one of two axes and time, one that is steady.
func TestSolutionsAreDrawn(t *testing.T) {
	for _, c := range []datasets.ReferenceCase{datasets.LogisticReaction, datasets.TaylorGreenVortices, datasets.HelmholtzSines} {
		r := datasets.Reference{Case: c, Points: 9}
		set, err := datasets.Load(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		figure, err := picture.Pair(set)
		if err != nil {
			t.Errorf("%s: %v", c, err)
			continue
		}
		if figure.Width <= 0 || figure.Height <= 0 {
			t.Errorf("%s: a figure of %v by %v", c, figure.Width, figure.Height)
		}
	}
}
