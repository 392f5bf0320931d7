// Package plots draws the figures of a notebook in the form a journal takes:
// PDF with embedded fonts, SVG and PNG from one description.
//
// A figure is declared as a struct of data and labels, one type for each kind.
// Curves and errors:
//
//   - [Lines]: named series over one pair of axes, with a second y axis and an inset
//   - [Compare]: 1-D samples, reference and prediction, with the error below
//   - [Resolution]: error against grid size, one series a method
//   - [WorkPrecision], [Evaluations]: error against time or evaluations
//   - [Spectrum], [BandErrors], [Rollout]: energy and error by wave number and time
//
// Training:
//
//   - [Loss], [SeedLoss]: training history by term, of one run or over seeds
//   - [GradientNorms], [TermWeights], [StepSizes]
//   - [LandscapeLine], [Landscape]: the loss along one direction, or two
//
// Fields and what lies in a plane, of which several can lie over each other in a
// [Plane]:
//
//   - [Field]: a field as coloured cells; [Contour]: lines or filled bands
//   - [Mesh]: a field on triangles
//   - [Arrows], [Streamlines]: a vector field
//   - [Particles], [Network]: points, and a graph
//
// Fields on pages of their own:
//
//   - [FieldRow]: reference, prediction and error; [Snapshots]: one set of limits
//   - [SpaceTime]: one space axis over time; [Surface]: in three dimensions
//
// Samples, systems and statistics:
//
//   - [Scatter], [SampleDensity], [SampleFlow], [Corner]; [Tiles]: images in rows
//   - [PhasePortrait], [TimePath]: paths, over the flow or with time as colour
//   - [Eigenvalues], [SingularValues], [SpectralDensity]
//   - [Bars], [GroupedBars], [Boxes], [Histogram], [Calibration]
//   - [Tree], [Transitions]
//
// [Grid] sets drawings as lettered panels of one figure, and [Animation] one
// after another, as GIF, APNG or a player for a notebook; [Evolution] makes one of
// a field over time. Each kind is a [Drawing]: its Figure method checks the data and
// returns a [Figure], or an error that says what was wrong and what would be
// right. [Wrap] makes a Figure of any gonum plot, and [Theme] gives such a plot
// the look of the others.
//
// # Conventions
//
// Data are plain slices of float64; nothing here knows a graph or a tensor.
// A figure keeps its own copy of the data, so drawing it twice gives the same
// bytes. A NaN or an infinity breaks a line; in a field it is grey, and counted in
// the legend, which always stands outside the axes. A value that is zero or
// negative on a logarithmic axis or colour bar is an error, but in Loss, which
// leaves it out and says so; [Axis].SymLog takes values of either sign. A 2-D
// field u[i][j] is the value at (x_i, y_j): the first index runs to the right and
// the second upwards.
//
// Text is Unicode. Superscripts and subscripts are written as Unicode
// (10⁻³, u₀) or as ^{…} and _{…}. Between dollar signs it is LaTeX, as far as one
// line goes: Greek letters, operators, scripts, accents, \frac as a/b and \sqrt.
// What is not, for a brace that is missing or a command that is not known, is
// drawn as it was written, dollar signs and all; \$ is a dollar. The font is
// Liberation Sans, and DejaVu Sans for the signs that it lacks (∇, ∈); one that
// neither has is a box in PNG and PDF. A unit is given apart from its label and is
// set in brackets; an empty unit or "1" is dimensionless.
//
// Colours: series take those of [Palette]; values from low to high [Viridis],
// [Cividis] or [Magma], on both sides of zero [BlueRed], angles [Twilight];
// [Turbo] where detail counts more than print in grey. [Figure].Dark turns any
// figure into one for a dark page, [Figure].Info goes into its files, and
// [Figure].CSV asks for the numbers beside them.
//
// # What is missing
//
// Fields are on even grids or triangles: no quadrilaterals and no volumes. Maps of
// the earth have no projection. LaTeX has no matrices, no tall fractions and no
// brackets that grow.
package plots
