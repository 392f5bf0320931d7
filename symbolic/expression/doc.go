// Package expression holds equations as text: what a person writes, such as
//
//	u_t + u*u_x = nu*u_xx
//
// is read once and gives the residual that a physics-informed network drives to zero, the mathematics that a page shows, the text
// that a manifest keeps, and, where one fits, the classical solver that gives the reference.
//
//   - [Parse] and [ParseEquation] read text; [Expr] is the tree. [Simplify], [Derive], [Replace], [Names], [Equal] and [LaTeX] work on
//     it; [Eval] gives its value on numbers, [OnJets] on jets.
//   - [System] is equations with the declarations of their names. [System.Residuals] evaluates them on the jets of the unknowns, the
//     derivatives for which are those of [System.Set]. [System.Semilinear] is the reference on a periodic box. [System.Check] puts
//     a claimed exact solution in, and names the term whose sign or factor is wrong.
//
// The grammar, in which blanks and line breaks part tokens and mean nothing else:
//
//	equation = sum "=" sum .
//	sum      = [ "-" ] term { ( "+" | "-" ) term } .
//	term     = factor { ( "*" | "/" ) factor } .
//	factor   = "-" factor | primary [ "^" factor ] .
//	primary  = number | name | function "(" sum ")" | "(" sum ")" .
//	function = "sin" | "cos" | "tan" | "exp" | "log" | "sqrt" | "sinh" | "cosh" | "tanh" | "abs" | "lap" | "div" | "grad" .
//	name     = letter { letter | digit | "_" } .
//	number   = ( digits [ "." [ digits ] ] | "." digits ) [ ( "e" | "E" ) [ "+" | "-" ] digits ] .
//	digits   = digit { digit } .
//
// Conventions: letters are a to z and A to Z, and Greek ones are spelled out. Of equal rank the left operation comes first, but
// a^b^c is a^(b^c); -a*b is -(a*b) and -a^2 is -(a^2). A product needs its "*". The name pi is the number. u_xt is the derivative of
// the unknown u along the coordinates x and t; a subscript of coordinates with several letters is cut at the longest that fits.
// lap, div and grad are taken over the coordinates that are not time. A text has at most 10 000 bytes and nests at most 200 deep.
//
// Missing: functions of two arguments, comparisons, conditions and integrals; derivatives of expressions other than by lap and div;
// vectors as unknowns; fluxes in [System.Semilinear], such as (u²/2)_x for u u_x, which would save it a transform.
package expression
