package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// smallMasked is solved on the grid of its fields.
func smallMasked() datasets.Masked {
	return datasets.Masked{Grid: 17, Train: 2, Test: 6, Seed: 1, Finest: 17}
}

// TestMaskedGolden ties the values to Masked.Version.
func TestMaskedGolden(t *testing.T) { checkGolden(t, smallMasked(), 1e-11) } // round-off of a direct solve

// TestMaskedSolvesTheGridProblem: differences of the solution leave f in the domain and g on its boundary.
func TestMaskedSolvesTheGridProblem(t *testing.T) {
	pairs := load(t, smallMasked()).Test()
	const n = 17
	for s := range pairs.Len() {
		in, u := pairs.Input.Sample(s), pairs.Output.Sample(s)
		channel := func(i, c int) float64 { return in[4*i+c] }
		var worst float64
		inner, edge := 0, 0
		for i := range n * n {
			switch {
			case channel(i, 2) == 1:
				inner++
				for _, j := range []int{i - n, i - 1, i + 1, i + n} {
					if channel(j, 2)+channel(j, 3) != 1 {
						t.Fatalf("sample %d: point %d inside has %d outside beside it", s, i, j)
					}
				}
				laplacian := (u[i-n] + u[i-1] + u[i+1] + u[i+n] - 4*u[i]) * (n - 1) * (n - 1)
				worst = max(worst, math.Abs(laplacian+channel(i, 0)))
			case channel(i, 3) == 1:
				edge++
				worst = max(worst, math.Abs(u[i]-channel(i, 1)))
			case u[i] != 0 || channel(i, 0) != 0 || channel(i, 1) != 0:
				t.Errorf("sample %d: values at point %d outside", s, i)
			}
		}
		if worst > 1e-10 { // round-off in differences, 1e-16 times 4 h^-2 times values of some 1, and in the solve
			t.Errorf("sample %d: the equations are off by %.2g", s, worst)
		}
		if edge != 4*(n-1) { // the way around what is cut off is as long as that around the corner
			t.Errorf("sample %d: %d points on the boundary, want %d", s, edge, 4*(n-1))
		}
		if least := 15*15 - 4*36; inner < least || inner > 15*15 {
			t.Errorf("sample %d: %d points inside, want %d to 225", s, inner, least)
		}
	}
}

// TestMaskedBoundaryValuesAreContinuous: along the boundary, neighbours differ by no more than the series of four modes may; its mean is zero.
func TestMaskedBoundaryValuesAreContinuous(t *testing.T) {
	r := smallMasked()
	r.Grid, r.Finest, r.Cut = 65, 65, [2]int{8, 24}
	const n = 65
	pairs := load(t, r).Test()
	for s := range pairs.Len() {
		in := pairs.Input.Sample(s)
		var largest, jump, mean float64
		for i := range n * n {
			if in[4*i+3] == 0 {
				continue
			}
			largest, mean = max(largest, math.Abs(in[4*i+1])), mean+in[4*i+1]/(4*(n-1))
			for _, j := range []int{i + 1, i + n} {
				if j < n*n && j%n != 0 && in[4*j+3] == 1 {
					jump = max(jump, math.Abs(in[4*i+1]-in[4*j+1]))
				}
			}
		}
		// |g'| ≤ 2π·4/(4 lengths) max |g| by Bernstein's inequality; a step is 1/64.
		if bound := 2 * math.Pi * largest / 64; jump > bound*1.01 || math.Abs(mean) > 1e-12*largest {
			t.Errorf("sample %d: boundary values jump by %.3g, want at most %.3g; mean %.2g, want 0", s, jump, bound, mean)
		}
	}
}

// TestMaskedParts: the same domains, solutions that add up, and of one size.
func TestMaskedParts(t *testing.T) {
	r := smallMasked()
	r.Finest = 33
	both := load(t, r).Test()
	r.Part = datasets.SourcePart
	ofF := load(t, r).Test()
	r.Part = datasets.BoundaryPart
	ofG := load(t, r).Test()
	shapes := map[string]bool{}
	for s := range both.Len() {
		var shape strings.Builder
		for i, u := range both.Output.Sample(s) {
			sum := ofF.Output.Sample(s)[i] + ofG.Output.Sample(s)[i]
			if math.Abs(sum-u) > 1e-14 { // round-off
				t.Fatalf("sample %d: parts add up to %v, want %v", s, sum, u)
			}
			all, f, g := both.Input.Sample(s)[4*i:4*i+4], ofF.Input.Sample(s)[4*i:4*i+4], ofG.Input.Sample(s)[4*i:4*i+4]
			if f[1] != 0 || g[0] != 0 || f[0] != all[0] || g[1] != all[1] || !slices.Equal(f[2:], all[2:]) || !slices.Equal(g[2:], all[2:]) {
				t.Fatalf("sample %d: inputs %v, %v and %v", s, all, f, g)
			}
			shape.WriteByte('0' + byte(all[2]))
		}
		shapes[shape.String()] = true
		sizeF, sizeG := norm(ofF.Output.Sample(s)), norm(inner(ofG, s))
		if ratio := sizeF / sizeG; math.Abs(ratio-1) > 1e-12 { // round-off
			t.Errorf("sample %d: the solution for f is %.3g times that for g, want 1", s, ratio)
		}
	}
	if len(shapes) < 4 {
		t.Errorf("%d shapes among %d samples", len(shapes), both.Len())
	}
}

func norm(u []float64) (sum float64) {
	for _, v := range u {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// inner are the values of an output of [datasets.Masked] within the domain.
func inner(p datasets.Pairs, s int) []float64 {
	u := slices.Clone(p.Output.Sample(s))
	for i := range u {
		u[i] *= p.Input.Sample(s)[4*i+2]
	}
	return u
}

// TestMaskedIsAccurate wants what the documentation says at the default, and the order 4/3 of inner corners below it.
func TestMaskedIsAccurate(t *testing.T) {
	var errs []float64
	for _, finest := range []int{33, 65, 0} {
		r := smallMasked()
		r.Finest = finest
		got, err := datasets.Accuracy(t.Context(), r, 3)
		if err != nil {
			t.Fatal(err)
		}
		errs = append(errs, got)
	}
	t.Logf("%.2g", errs)
	if !(errs[2] > 0 && errs[2] < 2e-3) { // 1e-3, within the factor between some samples
		t.Errorf("error %.3g, want below 2e-3", errs[2])
	}
	if order := math.Log2(errs[0]/errs[2]) / 2; order < 1.2 { // 4/3, or 2 without corners
		t.Errorf("errors %.2g fall with order %.2f, want 4/3", errs, order)
	}
}

func TestMaskedErrors(t *testing.T) {
	for _, c := range []struct {
		change func(*datasets.Masked)
		want   string
	}{
		{func(r *datasets.Masked) { r.Part = "g" }, `Masked.Part = "g"`},
		{func(r *datasets.Masked) { r.Grid = 4 }, "Masked.Grid = 4, want at least 5"},
		{func(r *datasets.Masked) { r.Cut = [2]int{2, 8} }, "Masked.Cut = [2 8], want from 1 to below 8"},
		{func(r *datasets.Masked) { r.Cut = [2]int{3, 2} }, "Masked.Cut = [3 2]"},
		{func(r *datasets.Masked) { r.Finest = 18 }, "Masked.Finest = 18, want one more than a multiple of Grid-1, 16"},
		{func(r *datasets.Masked) { r.Length = 1 }, "Masked.Length = 1"},
		{func(r *datasets.Masked) { r.Train = 0 }, "Masked.Train = 0"},
	} {
		r := smallMasked()
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if (datasets.Masked{}).Validate() == nil {
		t.Error("the zero value is accepted")
	}
}
