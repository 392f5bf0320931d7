package record_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/record"
)

func pointer(v float64) *float64 { return &v }

func TestAppendRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	if events, err := record.Read(path); err != nil || len(events) != 0 {
		t.Fatalf("Read of no file = %v, %v; want none and no error", events, err)
	}
	want := []record.Event{
		{Kind: record.KindClaim, Claim: &record.Claim{
			Name: "relative L2", Got: 7e-4, Op: "<=", Want: 0.0015, Paper: "0.0160", Pass: true,
			Low: pointer(6e-4), High: pointer(8e-4), Seeds: 3,
		}},
		{Kind: record.KindClaim, Claim: &record.Claim{Name: "speed\nup", Got: math.Inf(-1), Op: ">=", Want: 2, High: pointer(math.Inf(1))}},
		{Kind: record.KindRun, Run: &record.Run{Key: "ab12", Task: "learn", Backend: "xla:cpu", Precision: "float32", Seconds: 1.5, CPUSeconds: 2.5, PeakMB: 300, LookedUp: true}},
		{Kind: record.KindEvaluation, Evaluation: &record.Evaluation{Backend: "xla:cpu", Precision: "float64"}},
		{Kind: record.KindFigure, Figure: &record.Figure{Path: "figures/fno/loss"}},
	}
	for _, e := range want {
		if err := record.Append(path, e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := record.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		gotText, _ := json.Marshal(got)
		wantText, _ := json.Marshal(want)
		t.Fatalf("Read = %s\nwant %s", gotText, wantText)
	}
}

func TestNotANumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	claim := record.Claim{Name: "loss", Got: math.NaN(), Op: "<=", Want: 1}
	if err := record.Append(path, record.Event{Kind: record.KindClaim, Claim: &claim}); err != nil {
		t.Fatal(err)
	}
	got, err := record.Read(path)
	if err != nil || len(got) != 1 || !math.IsNaN(got[0].Claim.Got) || got[0].Claim.Want != 1 {
		t.Fatalf("Read = %+v, %v; want one claim with NaN", got, err)
	}
	var n record.Number
	if err := json.Unmarshal([]byte("null"), &n); err != nil || !math.IsNaN(float64(n)) {
		t.Errorf("null = %v, %v; want NaN", n, err)
	}
	if err := json.Unmarshal([]byte(`"much"`), &n); err == nil {
		t.Errorf("\"much\" = %v, want an error", n)
	}
}

func TestAppendRefuses(t *testing.T) {
	figure, claim := &record.Figure{Path: "a"}, &record.Claim{Op: "<="}
	cases := map[string]record.Event{
		"unknown kind": {Kind: "boast", Figure: figure},
		"no value":     {Kind: record.KindClaim},
		"other value":  {Kind: record.KindClaim, Figure: figure},
		"two values":   {Kind: record.KindClaim, Claim: claim, Figure: figure},
	}
	for name, event := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events.jsonl")
			if err := record.Append(path, event); err == nil || !strings.HasPrefix(err.Error(), "record: Event") {
				t.Errorf("Append = %v, want an error about the event", err)
			}
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("the refused event left a file behind: %v", err)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	const good = `{"kind":"figure","figure":{"path":"a"}}` + "\n"
	cases := []struct{ name, text, want string }{
		{"cut line", good + `{"kind":"fig`, "line 2"},
		{"no value", good + good + `{"kind":"run"}` + "\n", "line 3"},
		{"unknown comparison", `{"kind":"claim","claim":{"name":"a","got":1,"op":"==","want":1}}` + "\n", "Claim.Op"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events.jsonl")
			if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			if events, err := record.Read(path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Read = %v, %v; want an error that says %q", events, err, c.want)
			}
		})
	}
}

// Cells that run at the same time must not tear each other's lines.
func TestAppendAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	const writers, each = 8, 50
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				name := fmt.Sprintf("%d/%d %s", w, i, strings.Repeat("x", 300))
				if err := record.Append(path, record.Event{Kind: record.KindFigure, Figure: &record.Figure{Path: name}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	events, err := record.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range events {
		seen[e.Figure.Path] = true
	}
	if len(events) != writers*each || len(seen) != writers*each {
		t.Errorf("%d lines, %d different; want %d of both", len(events), len(seen), writers*each)
	}
}

func TestCheckSize(t *testing.T) {
	for _, size := range []string{"quick", "standard", "full"} {
		if err := record.CheckSize(size); err != nil {
			t.Errorf("CheckSize(%q) = %v, want nil", size, err)
		}
	}
	for _, size := range []string{"", "Quick", "large"} {
		if err := record.CheckSize(size); err == nil || !strings.Contains(err.Error(), "want quick, standard or full") {
			t.Errorf("CheckSize(%q) = %v, want an error that names the three", size, err)
		}
	}
}
