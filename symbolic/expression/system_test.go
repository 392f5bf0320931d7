package expression_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

func burgers() expression.System {
	return expression.System{
		Equations:   []string{"u_t + u*u_x = nu*u_xx"},
		Coordinates: []string{"t", "x"}, Time: "t", Unknowns: []string{"u"},
		Coefficients: map[string]float64{"nu": 0.02},
	}
}

// flow is the incompressible flow in the plane.
func flow() expression.System {
	return expression.System{
		Equations:   []string{"u_t + u*u_x + v*u_y = -p_x + lap(u)/Re", "v_t + u*v_x + v*v_y = -p_y + lap(v)/Re", "u_x + v_y = 0"},
		Coordinates: []string{"t", "x", "y"}, Time: "t", Unknowns: []string{"u", "v", "p"},
		Coefficients: map[string]float64{"Re": 40},
	}
}

func TestSystemErrors(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *expression.System)
		want   []string
	}{
		"misspelt": {
			func(s *expression.System) { s.Equations[0] = "u_t + u*u_x = un*u_xx" },
			[]string{
				`System.Equations[0]: expression: the name "un", which is not declared, at column 15, want "nu" perhaps`,
				"\tu_t + u*u_x = un*u_xx\n\t              ^",
			},
		},
		"letter":            {func(s *expression.System) { s.Equations[0] = "u_t = D*u_xx" }, []string{`"D", which is not declared, at column 7, want one of nu, pi, t, u, x`}},
		"function":          {func(s *expression.System) { s.Equations[0] = "u_t = sine + u" }, []string{`"sine", which is not declared, at column 7, want "sin" perhaps`}},
		"other coordinate":  {func(s *expression.System) { s.Equations[0] = "u_t = u_xy" }, []string{`"u_xy", a derivative of u along "xy", at column 7, want derivatives along the coordinates t, x`}},
		"coefficient's":     {func(s *expression.System) { s.Equations[0] = "u_t = nu_x*u" }, []string{`"nu_x", a derivative of a coefficient, at column 7, want derivatives of the unknowns u`}},
		"order":             {func(s *expression.System) { s.Equations[0] = "u_xxxxxxxxxxxxxxxxx = u" }, []string{"at column 1, want a derivative of order 16 at most"}},
		"no unknown":        {func(s *expression.System) { s.Equations[0] = "x = nu*t" }, []string{`"x = nu*t" has no unknown, want one of u in it`}},
		"syntax":            {func(s *expression.System) { s.Equations[0] = "u_t = 2u" }, []string{`want an operation before it`}},
		"none":              {func(s *expression.System) { *s = expression.System{} }, []string{"Coordinates is empty", "Unknowns is empty", "Equations is empty"}},
		"time":              {func(s *expression.System) { s.Time = "tau" }, []string{`System.Time = "tau", want one of the coordinates t, x, or none`}},
		"twice":             {func(s *expression.System) { s.Trained = []string{"nu"} }, []string{`System.Trained has "nu", which is declared before, want names that differ`}},
		"reserved":          {func(s *expression.System) { s.Unknowns = []string{"u", "sin"} }, []string{`System.Unknowns has "sin", want a name that is no function and not pi`}},
		"no name":           {func(s *expression.System) { s.Unknowns = []string{"u", "2v"} }, []string{`System.Unknowns has "2v", want a name: a letter, then`}},
		"like a derivative": {func(s *expression.System) { s.Trained = []string{"u_x"} }, []string{`System.Trained has "u_x", which reads as a derivative of u, want another name`}},
		"ambiguous":         {func(s *expression.System) { s.Coordinates = append(s.Coordinates, "xx") }, []string{`System.Coordinates has "xx", which reads as x, x in a subscript`}},
		"source":            {func(s *expression.System) { s.Sources = map[string]string{"f": "sin(z)"} }, []string{`System.Sources["f"], a function of the coordinates: expression: the name "z", which is not declared, at column 5, want one of nu, pi, t, x`}},
		"source of unknown": {func(s *expression.System) { s.Sources = map[string]string{"f": "u"} }, []string{`"u", which is not declared`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := burgers()
			c.change(&s)
			err := s.Validate()
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant %s", err, want)
				}
			}
		})
	}
	if err := burgers().Validate(); err != nil {
		t.Error(err)
	}
}

func TestWrittenOut(t *testing.T) {
	base := expression.System{
		Coordinates: []string{"t", "x", "y"}, Time: "t", Unknowns: []string{"u", "v"}, Coefficients: map[string]float64{"D_u": 2},
		Sources: map[string]string{"f": "x^2*y", "given": ""},
	}
	for _, c := range []struct{ equation, want string }{
		{"u_t = D_u*lap(u)", "u_t = D_u*(u_xx + u_yy)"},
		{"u_t = lap(lap(u))", "u_t = u_xxxx + 2*u_xxyy + u_yyyy"},
		{"u_t = lap(u^2)", "u_t = 2*u_x^2 + 2*u*u_xx + 2*u_y^2 + 2*u*u_yy"},
		{"u_t = div(v*grad(u))", "u_t = v_x*u_x + v*u_xx + v_y*u_y + v*u_yy"},
		{"u_t = -div(grad(u)/2 - D_u*grad(v))", "u_t = -(u_xx/2 - D_u*v_xx + u_yy/2 - D_u*v_yy)"},
		{"u_t = f + lap(f) + given", "u_t = x^2*y + 2*y + given"},
		{"u_t = u_yx", "u_t = u_yx"},
	} {
		s := base
		s.Equations = []string{c.equation}
		got, err := s.WrittenOut()
		if err != nil || got[0].String() != c.want {
			t.Errorf("%s is %v (%v), want %s", c.equation, got, err, c.want)
		}
	}
	nested := strings.Repeat("lap(", 20) + "u*v" + strings.Repeat(")", 20)
	product := "lap(u*" + strings.Repeat("sin(u)*", 600) + "v)"
	for _, c := range []struct{ equation, want string }{
		{"u_t = grad(u)", "grad(u) is a vector where a number is wanted"},
		{"u_t = div(u)", "u is no vector, want one such as a*grad(u) in div"},
		{"u_t = div(grad(u)*grad(v))", "grad(v) is a vector where a number is wanted"},
		{"u_t = lap(given)*u", "the source given, whose values are given, want its text in System.Sources"},
		{"u_t = " + nested, "want"},
		{"u_t = u" + strings.Repeat("*f", 4500), "it has more than 20000 parts when written out"},
		{"u_t = " + product, "has more than 20000 parts when written out"},
	} {
		s := base
		s.Equations = []string{c.equation}
		if _, err := s.WrittenOut(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: %v, want %s", c.equation, err, c.want)
		}
	}
	steady := expression.System{Equations: []string{"lap(u) = 1"}, Coordinates: []string{"t"}, Time: "t", Unknowns: []string{"u"}}
	if _, err := steady.WrittenOut(); err == nil || !strings.Contains(err.Error(), "without a space coordinate") {
		t.Errorf("a Laplacian without space: %v", err)
	}
}

func TestDerivatives(t *testing.T) {
	got, err := flow().Derivatives()
	want := map[string][]string{"u": {"t", "x", "y", "xx", "yy"}, "v": {"t", "x", "y", "xx", "yy"}, "p": {"x", "y"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("derivatives %v (%v), want %v", got, err, want)
	}
	set, err := flow().Set()
	viscous := []jet.Operator{{Name: "1 t, -0.025 xx, -0.025 yy", Terms: []jet.Term{{Derivative: "t", Weight: 1}, {Derivative: "xx", Weight: -0.025}, {Derivative: "yy", Weight: -0.025}}}}
	if err != nil || !reflect.DeepEqual(set.Derivatives, []string{"x", "y"}) || !reflect.DeepEqual(set.Operators, viscous) || set.Validate() != nil {
		t.Errorf("set %+v (%v)", set, err)
	}
	polar := expression.System{
		Equations:   []string{"u_theta + u_thetar + u_rtheta = u_tt"},
		Coordinates: []string{"t", "r", "theta"}, Unknowns: []string{"u"},
	}
	set, err = polar.Set()
	twice := []jet.Operator{{Name: "1 theta, 2 r theta, -1 t t", Terms: []jet.Term{{Derivative: "theta", Weight: 1}, {Derivative: "r theta", Weight: 2}, {Derivative: "t t", Weight: -1}}}}
	if err != nil || set.Derivatives != nil || !reflect.DeepEqual(set.Operators, twice) || set.Validate() != nil {
		t.Errorf("set %+v (%v)", set, err)
	}
	// Where nothing is saved there are no operators: a term alone, a coefficient that is trained, and one that varies.
	for _, equation := range []string{"u_t = u*u_xx", "u_t + u_tt = 0", "u_t = c*u_xx", "u_t = x*u_xx", "u_x*u_t + u_xx*u + u_t = u_xx"} {
		s := burgers()
		s.Equations, s.Trained = []string{equation}, []string{"c"}
		if set, err = s.Set(); err != nil || len(set.Operators) > 0 || len(set.Derivatives) < 2 {
			t.Errorf("%s: set %+v (%v)", equation, set, err)
		}
	}
}

func TestSystemAsJSON(t *testing.T) {
	s := burgers()
	s.Sources = map[string]string{"f": "sin(pi*x)", "g": ""}
	s.Trained = []string{"kappa"}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Equations":["u_t + u*u_x = nu*u_xx"],"Coordinates":["t","x"],"Time":"t","Unknowns":["u"],"Coefficients":{"nu":0.02},` +
		`"Trained":["kappa"],"Sources":{"f":"sin(pi*x)","g":""}}`
	if string(text) != want {
		t.Errorf("JSON %s, want %s", text, want)
	}
	var back expression.System
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("back from JSON %+v (%v), want %+v", back, err, s)
	}
}

func TestWith(t *testing.T) {
	s := burgers()
	s.Coefficients, s.Trained = nil, []string{"nu"}
	found := s.With(map[string]float64{"nu": 0.3})
	if found.Coefficients["nu"] != 0.3 || len(found.Trained) != 0 || len(s.Trained) != 1 || s.Coefficients != nil {
		t.Errorf("with a value %+v, and the first %+v", found, s)
	}
	if err := found.Validate(); err != nil {
		t.Error(err)
	}
}

// TestTextsOfSystems: what the equations are written as reads back as the same equations.
func TestTextsOfSystems(t *testing.T) {
	for _, s := range []expression.System{burgers(), flow()} {
		parsed, err := s.WrittenOut()
		if err != nil {
			t.Fatal(err)
		}
		again := s
		again.Equations = nil
		for _, e := range parsed {
			again.Equations = append(again.Equations, e.String())
		}
		back, err := again.Parsed()
		if err != nil || !reflect.DeepEqual(back, parsed) {
			t.Errorf("%v reads back as %v (%v)", parsed, back, err)
		}
	}
}
