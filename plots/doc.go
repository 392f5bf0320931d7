// Package plots draws the figures of a notebook in the form a journal takes:
// PDF with embedded fonts, SVG and PNG from one description.
//
// A figure is declared as a struct of data and labels, one type for each kind:
//
//   - [Lines]: named series over one pair of axes, linear or logarithmic
//   - [Loss]: training history by term, training solid and validation dashed
//   - [Compare]: 1-D samples, reference and prediction, with the error below
//   - [Resolution]: error against grid size, one series a method
//   - [WorkPrecision]: error against time, one series a method or solver
//   - [Spectrum]: energy against wave number, with reference slopes
//   - [FieldRow]: 2-D fields side by side, reference, prediction and error
//   - [Bars]: methods over seeds, with the spread
//   - [Grid]: other drawings as lettered panels of one figure
//
// Each is a [Drawing]: its Figure method checks the data and returns a
// [Figure], or an error that says what was wrong and what would be right.
// [Wrap] makes a Figure of any gonum plot, and [Theme] gives such a plot the
// look of the others.
//
// # Conventions
//
// Data are plain slices of float64; nothing here knows a graph or a tensor.
// A figure keeps its own copy of the data, so drawing it twice gives the same
// bytes. A NaN or an infinity breaks a line. A value that is zero or negative
// on a logarithmic axis is an error, but in Loss, which leaves it out and says
// so. A 2-D field u[i][j] is the value at (x_i, y_j): the first index runs to
// the right and the second upwards.
//
// Text is Unicode. Superscripts and subscripts are written as Unicode
// (10⁻³, u₀) or as ^{…} and _{…}. A unit is given apart from its label and is
// set in brackets; an empty unit or "1" is dimensionless.
//
// # What is missing
//
// Contours, vector fields, surfaces and animations. The sans font, Liberation
// Sans, has no nabla and no element sign; PNG and PDF show a box for them.
package plots
