package kinds_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/kinds"
)

type model interface{ forward() }

type small struct {
	Width int
	Modes []int  `json:",omitempty"`
	Note  func() `json:"-"`
	Rates []float64
}

func (small) forward() {}

type wrapped struct {
	Model  model
	Frames int
}

func (wrapped) forward() {}

type task struct {
	Model  model `json:"model"`
	Parts  []model
	Next   *task `json:",omitempty"`
	Name   string
	hidden int
}

func known() []any { return []any{task{}, small{}, wrapped{}} }

func TestRoundTrip(t *testing.T) {
	for _, want := range []any{
		small{Width: 3, Rates: []float64{0.1, 1e-300}},
		task{Model: small{Width: 2, Modes: []int{1, 2}}, Name: "a \"b\""},
		task{Model: wrapped{wrapped{small{Width: 1}, 2}, 3}, Parts: []model{small{Width: 4}, wrapped{}}},
		task{Model: small{}, Next: &task{Model: small{Width: 9}}},
		task{},
	} {
		text, err := kinds.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := kinds.Decode(kinds.Name(want), text, known())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s was read as %+v, want %+v", text, got, want)
		}
	}
}

func TestWrittenWithItsKinds(t *testing.T) {
	text, err := kinds.Marshal(task{Model: small{Width: 2}, hidden: 1})
	if want := `{"model":{"kind":"kinds_test.small","settings":{"Width":2,"Rates":null}},"Parts":null,"Name":""}`; err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}

func TestBadInput(t *testing.T) {
	for _, tc := range []struct{ kind, text, want string }{
		{"kinds_test.other", `{}`, "want one of kinds_test.task, kinds_test.small"},
		{"kinds_test.task", `{"model":{"kind":"kinds_test.large","settings":{}}}`, `model: kinds: "kinds_test.large" is unknown`},
		{"kinds_test.task", `{"model":{"kind":"kinds_test.task","settings":{}}}`, "kinds_test.task is no kinds_test.model"},
		{"kinds_test.task", `{"model":{"kind":"kinds_test.small","settings":{"Widht":1}}}`, `unknown field "Widht"`},
		{"kinds_test.task", `{"Width":1}`, `"Width" is unknown`},
		{"kinds_test.task", `{"Parts":[1]}`, "Parts: [0]"},
		{"kinds_test.task", `{"model":`, "unexpected EOF"},
		{"kinds_test.small", `{} {}`, "more after"},
		{"kinds_test.small", `{"Width":"x"}`, "Width"},
	} {
		if _, err := kinds.Decode(tc.kind, []byte(tc.text), known()); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error = %v, want one with %q", tc.text, err, tc.want)
		}
	}
	if _, err := kinds.Marshal(task{Model: small{Rates: []float64{math.NaN()}}}); err == nil || !strings.Contains(err.Error(), "model") {
		t.Errorf("error = %v for a NaN, want one with the field", err)
	}
}
