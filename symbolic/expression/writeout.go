package expression

import (
	"fmt"
	"slices"
)

// Bounds on what operators may be written out to.
const (
	maxOrder = 16     // of a derivative, as in package jet
	maxNodes = 20_000 // of an expression
)

// WrittenOut is the equations with the sources' texts in place of their names, and with derivatives in place of operators:
// lap(u) is u_xx + u_yy for the space coordinates x and y, and div(a*grad(u)) is what the product rule makes of it.
//
// Errors: as [System.Parsed]; an operator that does not fit its argument, or that is written out to more than a page.
func (s System) WrittenOut() ([]Equation, error) {
	equations, err := s.Parsed()
	if err != nil {
		return nil, err
	}
	w, err := s.writer()
	if err != nil {
		return nil, err
	}
	for i, e := range equations {
		left, err := w.scalar(e.Left)
		if err != nil {
			return nil, fmt.Errorf("expression: System.Equations[%d]: %w", i, err)
		}
		right, err := w.scalar(e.Right)
		if err != nil {
			return nil, fmt.Errorf("expression: System.Equations[%d]: %w", i, err)
		}
		if !within(Binary{Minus, left, right}) {
			return nil, fmt.Errorf("expression: System.Equations[%d]: %w", i, tooLong(Name("it")))
		}
		equations[i] = Equation{left, right}
	}
	return equations, nil
}

// writer writes operators out.
type writer struct {
	System
	space   []string      // the coordinates but time
	sources map[Name]Expr // those declared as text, written out
}

// writer has the sources of a valid system written out.
func (s System) writer() (writer, error) {
	w := writer{System: s, sources: map[Name]Expr{}}
	for _, c := range s.Coordinates {
		if c != s.Time {
			w.space = append(w.space, c)
		}
	}
	for name := range s.Sources {
		e, err := s.source(name)
		if err != nil {
			return writer{}, err
		}
		if e == nil {
			continue
		}
		if w.sources[Name(name)], err = w.scalar(e); err != nil {
			return writer{}, fmt.Errorf("expression: System.Sources[%q]: %w", name, err)
		}
	}
	return w, nil
}

// scalar writes out an expression whose value is a number.
func (w writer) scalar(e Expr) (Expr, error) {
	switch e := e.(type) {
	case Name:
		if source, ok := w.sources[e]; ok {
			return source, nil
		}
	case Negative:
		x, err := w.scalar(e.X)
		return Negative{x}, err
	case Binary:
		left, err := w.scalar(e.Left)
		if err != nil {
			return nil, err
		}
		right, err := w.scalar(e.Right)
		return Binary{e.Op, left, right}, err
	case Call:
		switch e.Function {
		case laplacian:
			v, err := w.gradient(e)
			if err != nil {
				return nil, err
			}
			return w.diverge(e, v)
		case divergence:
			v, err := w.vector(e.Arg)
			if err != nil {
				return nil, err
			}
			return w.diverge(e, v)
		case gradient:
			return nil, fmt.Errorf("%s is a vector where a number is wanted, want it inside of div", e)
		}
		arg, err := w.scalar(e.Arg)
		return Call{e.Function, arg}, err
	}
	return e, nil
}

// gradient is the derivatives of an operator's argument along the space coordinates.
func (w writer) gradient(e Call) ([]Expr, error) {
	if len(w.space) == 0 {
		return nil, fmt.Errorf("%s without a space coordinate, want one besides the time %q", e, w.Time)
	}
	arg, err := w.scalar(e.Arg)
	if err != nil {
		return nil, err
	}
	var out []Expr
	for _, c := range w.space {
		d, err := w.along(arg, c)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// diverge is the sum of the derivatives of a vector's components, each along its coordinate.
func (w writer) diverge(e Call, components []Expr) (Expr, error) {
	var total Expr = Number(0)
	for i, c := range w.space {
		d, err := w.along(components[i], c)
		if err != nil {
			return nil, err
		}
		total = Binary{Plus, total, d}
	}
	if !within(total) {
		return nil, tooLong(e)
	}
	return Simplify(total), nil
}

// vector is the components of an expression in div: gradients, times and over numbers, added up.
func (w writer) vector(e Expr) ([]Expr, error) {
	switch e := e.(type) {
	case Negative:
		v, err := w.vector(e.X)
		return mapped(v, func(x Expr) Expr { return Negative{x} }), err
	case Call:
		if e.Function == gradient {
			return w.gradient(e)
		}
	case Binary:
		switch {
		case e.Op == Plus || e.Op == Minus:
			left, err := w.vector(e.Left)
			if err != nil {
				return nil, err
			}
			right, err := w.vector(e.Right)
			if err != nil {
				return nil, err
			}
			for i := range left {
				left[i] = Binary{e.Op, left[i], right[i]}
			}
			return left, nil
		case (e.Op == Times || e.Op == Over) && hasGradient(e.Left):
			return w.scaled(e.Left, e.Right, func(v, x Expr) Expr { return Binary{e.Op, v, x} })
		case e.Op == Times:
			return w.scaled(e.Right, e.Left, func(v, x Expr) Expr { return Binary{Times, x, v} })
		}
	}
	return nil, fmt.Errorf("%s is no vector, want one such as a*grad(u) in div", e)
}

// scaled is a vector with each component put together with a number.
func (w writer) scaled(vector, by Expr, f func(component, by Expr) Expr) ([]Expr, error) {
	v, err := w.vector(vector)
	if err != nil {
		return nil, err
	}
	x, err := w.scalar(by)
	return mapped(v, func(component Expr) Expr { return f(component, x) }), err
}

func mapped(v []Expr, f func(x Expr) Expr) []Expr {
	out := make([]Expr, len(v))
	for i, x := range v {
		out[i] = f(x)
	}
	return out
}

// hasGradient tells whether a gradient makes an expression a vector.
func hasGradient(e Expr) bool {
	if c, ok := e.(Call); ok {
		return c.Function == gradient
	}
	return slices.ContainsFunc(children(e), hasGradient)
}

// along is the derivative of an expression along a coordinate, the unknowns being functions of all of them.
func (w writer) along(e Expr, coordinate string) (Expr, error) {
	kinds := w.kinds()
	d, err := derive(e, func(leaf Expr) (Expr, error) {
		if d, ok := leaf.(Derivative); ok {
			if len(d.By) == maxOrder {
				return nil, fmt.Errorf("a derivative of %s along %s, want order %d at most", d, coordinate, maxOrder)
			}
			return Derivative{d.Of, w.sorted(append(slices.Clone(d.By), coordinate))}, nil
		}
		name := leaf.String()
		switch kind := kinds[name]; {
		case name == coordinate:
			return Number(1), nil
		case kind == "an unknown":
			return Derivative{name, []string{coordinate}}, nil
		case kind == "a source":
			return nil, fmt.Errorf("a derivative of the source %s, whose values are given, want its text in System.Sources", name)
		}
		return Number(0), nil
	})
	if err != nil {
		return nil, err
	}
	if !within(d) {
		return nil, tooLong(e)
	}
	return Simplify(d), nil
}

func tooLong(e Expr) error {
	shown := e.String()
	if len(shown) > 40 {
		shown = shown[:40] + "…"
	}
	return fmt.Errorf("%s has more than %d parts when written out, want a shorter expression", shown, maxNodes)
}
