package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// ReferenceCase names a problem of [Reference].
type ReferenceCase string

// The problems; Describe of the recipe tells the equations, with their coefficients. Sources of the settings: Raissi et al. 2019 (burgers-sine,
// allen-cahn-cosine, korteweg-de-vries-cosine, schrodinger-sech), Wang et al. 2022, arXiv:2203.07404 (reaction, the two of Kuramoto and Sivashinsky),
// Zhao et al. 2024, arXiv:2307.11833 (convection, wave), Mojgani et al. 2023, arXiv:2205.02902 (convection with viscosity, burgers-drift), Kang et al.
// 2024, arXiv:2412.05994 (helmholtz-sines), Chalapathi et al. 2024, arXiv:2402.13412 (diffusion-sorption), Yao et al. 2023, arXiv:2306.02816
// (four-discs), Chen et al. 2023, arXiv:2210.00124 (gaussian-advection, taylor-green), Kovasznay 1948, Krishnapriyan et al. 2021, arXiv:2109.01050
// (reaction-diffusion), Pearson 1993 (gray-scott-bump), Shen 1991 (lid-driven-cavity), Lorenz 1963.
// bib: krishnapriyan2021failure, pearson1993complex, shen1991hopf, lorenz1963deterministic
// bib: raissi2019pinns, wang2022causality, zhao2024pinnsformer, mojgani2023lagrangian, kang2024pig
// bib: chalapathi2024scaling, yao2023multiadam, chen2023insr, kovasznay1948laminar, taylor1937mechanism
const (
	BurgersSine            ReferenceCase = "burgers-sine"
	BurgersDrift           ReferenceCase = "burgers-drift"
	AllenCahnCosine        ReferenceCase = "allen-cahn-cosine"
	LogisticReaction       ReferenceCase = "reaction"
	PeriodicConvection     ReferenceCase = "convection"
	StandingWaves          ReferenceCase = "wave"
	KuramotoRegular        ReferenceCase = "kuramoto-sivashinsky-regular"
	KuramotoChaotic        ReferenceCase = "kuramoto-sivashinsky-chaotic"
	KortewegDeVriesCosine  ReferenceCase = "korteweg-de-vries-cosine"
	KortewegDeVriesSoliton ReferenceCase = "korteweg-de-vries-solitons"
	SchrodingerSech        ReferenceCase = "schrodinger-sech"
	HelmholtzSines         ReferenceCase = "helmholtz-sines"
	KovasznayFlow          ReferenceCase = "kovasznay"
	TaylorGreenVortices    ReferenceCase = "taylor-green"
	GaussianAdvection      ReferenceCase = "gaussian-advection"
	DiffusionSorption      ReferenceCase = "diffusion-sorption"
	FourDiscs              ReferenceCase = "four-discs"
	ReactionDiffusion      ReferenceCase = "reaction-diffusion"
	GrayScottBump          ReferenceCase = "gray-scott-bump"
	LidDrivenCavity        ReferenceCase = "lid-driven-cavity"
	LorenzOrbit            ReferenceCase = "lorenz-orbit"
)

// Reference is the solution of one problem on a grid of space and time, to compare the solutions of physics-informed networks with. It has no
// samples and no pairs.
//
// Arrays: solution [Frames, Points…, channel] with axes time, x, y, channel; steady problems have no axis of time; x, y [Points], both ends
// included, also where the solution is periodic; time [Frames], from 0 on.
// Accuracy: closed forms to round-off; the others by refinement, relative in L2 over the frames after the start at the default settings:
// allen-cahn-cosine 5e-7, kuramoto-sivashinsky-regular 1e-8, kuramoto-sivashinsky-chaotic 1e-6, korteweg-de-vries-cosine 1e-9,
// schrodinger-sech 5e-6, diffusion-sorption 5e-6, four-discs 2e-5, reaction-diffusion 5e-9, gray-scott-bump 1e-10, lid-driven-cavity 5e-5,
// lorenz-orbit 1e-10. Effort lowers them.
// Cost: below 10 CPU-seconds.
type Reference struct {
	Case         ReferenceCase
	Points       int        // along each axis of space, ≥ 2; 0 means the case's
	Frames       int        // times, the first 0, ≥ 2; 0 means the case's; steady cases have none
	Coefficients [2]float64 // of the case, which Describe names; both 0 means the case's
	Effort       int        // the solver takes so many times its points and steps; 0 means 1
}

var _ Described = Reference{}

// referenceCase is a problem with all that is fixed of it.
type referenceCase struct {
	name                                        ReferenceCase
	title, equation, conditions, method, source string
	low, high                                   []float64 // ends of the axes of space
	until                                       float64   // 0: steady
	points, frames                              int
	channels                                    []string
	coefficients                                [2]float64
	coefficientNames                            string // "": none
	limits                                      func(c [2]float64) error
	exact                                       func(dst, x []float64, t float64, c [2]float64) // nil: solve is
	solve                                       func(ctx context.Context, r Reference, c referenceCase) ([]float64, error)
}

// find is the case of this name, the zero value if there is none.
func (c ReferenceCase) find() referenceCase {
	for _, found := range referenceCases() {
		if found.name == c {
			return found
		}
	}
	return referenceCase{}
}

// ReferenceCases lists the names of all cases.
func ReferenceCases() []ReferenceCase {
	var names []ReferenceCase
	for _, c := range referenceCases() {
		names = append(names, c.name)
	}
	return names
}

func referenceCases() []referenceCase {
	return slices.Concat(burgersCases(), waveCases(), fourierCases(), planeCases(), []referenceCase{sorptionCase(), discsCase(), cavityCase(), lorenzCase()})
}

// Describe says what the data are.
func (r Reference) Describe() Description {
	c := r.Case.find()
	full := r.withDefaults()
	domain := "" // an orbit has none but the time
	for i, name := range []string{"x", "y"}[:len(c.low)] {
		domain += fmt.Sprintf("%s in [%.6g, %.6g], ", name, c.low[i], c.high[i])
	}
	if c.until > 0 {
		domain += fmt.Sprintf("t in [0, %.6g]", c.until)
	} else {
		domain += "steady"
	}
	conditions := c.conditions
	if c.coefficientNames != "" {
		conditions += fmt.Sprintf("; Coefficients %s = %.6g", c.coefficientNames, full.Coefficients)
	}
	return Description{Title: c.title, Equation: c.equation, Domain: domain, Conditions: conditions, Method: c.method, Source: c.source}
}

// Name is "reference-" and the case.
func (r Reference) Name() string { return "reference-" + string(r.Case) }

// Version of the generator, tied to testdata/reference-<case>.json.
func (Reference) Version() int { return 1 }

func (r Reference) withDefaults() Reference {
	c := r.Case.find()
	if r.Points == 0 {
		r.Points = c.points
	}
	if r.Frames == 0 {
		r.Frames = c.frames
	}
	if r.Coefficients == [2]float64{} {
		r.Coefficients = c.coefficients
	}
	if r.Effort == 0 {
		r.Effort = 1
	}
	return r
}

// Validate lists all that is wrong with r.
func (r Reference) Validate() error {
	if err := checkKind("Reference.Case", r.Case, ReferenceCases()); err != nil {
		return err
	}
	c := r.Case.find()
	var errs []error
	full := r.withDefaults()
	if full.Points < 2 {
		errs = append(errs, fmt.Errorf("datasets: Reference.Points = %d, want at least 2, or 0 for %d", r.Points, c.points))
	}
	if c.until == 0 && r.Frames != 0 {
		errs = append(errs, fmt.Errorf("datasets: Reference.Frames = %d, want 0: %s is steady", r.Frames, r.Case))
	} else if c.until > 0 && full.Frames < 2 {
		errs = append(errs, fmt.Errorf("datasets: Reference.Frames = %d, want at least 2, or 0 for %d", r.Frames, c.frames))
	}
	if full.Effort < 1 || full.Effort > 16 {
		errs = append(errs, fmt.Errorf("datasets: Reference.Effort = %d, want 1 to 16, or 0 for 1", r.Effort))
	}
	for i, v := range full.Coefficients {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			errs = append(errs, fmt.Errorf("datasets: Reference.Coefficients[%d] = %v, want a finite number", i, v))
		}
	}
	switch {
	case c.coefficientNames == "" && r.Coefficients != [2]float64{}:
		errs = append(errs, fmt.Errorf("datasets: Reference.Coefficients = %v, want none: %s has no coefficients", r.Coefficients, r.Case))
	case c.limits != nil:
		if err := c.limits(full.Coefficients); err != nil {
			errs = append(errs, fmt.Errorf("datasets: Reference.Coefficients = %v, want %s with %w", full.Coefficients, c.coefficientNames, err))
		}
	}
	return errors.Join(errs...)
}

// Arrays describes the solution and its coordinates.
func (r Reference) Arrays() []Shape {
	c := r.Case.find()
	full := r.withDefaults()
	solution := Shape{Name: "solution"}
	var rest []Shape
	if c.until > 0 {
		solution.Axes, solution.Dims = []string{"time"}, []int{full.Frames}
	}
	for _, name := range []string{"x", "y"}[:len(c.low)] {
		solution.Axes, solution.Dims = append(solution.Axes, name), append(solution.Dims, full.Points)
		rest = append(rest, axis(name, full.Points))
	}
	solution.Axes, solution.Dims = append(solution.Axes, "channel"), append(solution.Dims, len(c.channels))
	if c.until > 0 {
		rest = append(rest, axis("time", full.Frames))
	}
	return append([]Shape{solution}, rest...)
}

// Make solves the problem.
func (r Reference) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := r.Validate(); err != nil {
		return Set{}, err
	}
	c := r.Case.find()
	full := r.withDefaults()
	solve := c.solve
	if solve == nil {
		solve = exactly
	}
	solution, err := solve(ctx, full, c)
	if err != nil {
		return Set{}, fmt.Errorf("datasets: Reference %s: %w", r.Case, err)
	}
	if report != nil {
		report(1, 1)
	}
	var rest [][]float64
	for i := range c.low {
		rest = append(rest, full.points(c, i))
	}
	if c.until > 0 {
		rest = append(rest, full.times(c))
	}
	return fill(r.Arrays(), append([][]float64{solution}, rest...)...), nil
}

// points are the places along an axis.
func (r Reference) points(c referenceCase, axis int) []float64 {
	x := closedPoints(r.Points)
	for i, s := range x {
		x[i] = c.low[axis]*(1-s) + c.high[axis]*s
	}
	return x
}

// times are those of the frames.
func (r Reference) times(c referenceCase) []float64 {
	t := closedPoints(r.Frames)
	for i := range t {
		t[i] *= c.until
	}
	return t
}

// exactly evaluates a closed form.
func exactly(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
	times := []float64{0}
	if c.until > 0 {
		times = r.times(c)
	}
	channels, axes := len(c.channels), len(c.low)
	places := 1
	points := make([][]float64, axes)
	for i := range points {
		points[i], places = r.points(c, i), places*r.Points
	}
	out, x := make([]float64, len(times)*places*channels), make([]float64, axes)
	for f, t := range times {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for p := range places {
			for i, rest := axes-1, p; i >= 0; i, rest = i-1, rest/r.Points {
				x[i] = points[i][rest%r.Points]
			}
			at := (f*places + p) * channels
			c.exact(out[at:at+channels], x, t, r.Coefficients)
		}
	}
	return out, nil
}
