package results_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/internal/results"
)

func pointer(v float64) *float64 { return &v }

func claim(name string, got float64, op string, want float64, pass bool) record.Event {
	return record.Event{Kind: record.KindClaim, Claim: &record.Claim{Name: name, Got: got, Op: op, Want: want, Pass: pass}}
}

func TestNew(t *testing.T) {
	events := []record.Event{
		{Kind: record.KindRun, Run: &record.Run{Key: "a", Backend: "xla:cpu", Precision: "float32", Seconds: 100, CPUSeconds: 150, PeakMB: 900, LookedUp: true}},
		{Kind: record.KindRun, Run: &record.Run{Key: "b", Backend: "xla:cpu", Precision: "float64", Seconds: 40, CPUSeconds: 70, PeakMB: 200}},
		claim("error", 0.5, "<=", 1, true),
		// A later cell looks both up again: neither may count twice.
		{Kind: record.KindRun, Run: &record.Run{Key: "a", Backend: "xla:cpu", Precision: "float32", Seconds: 100, CPUSeconds: 150, LookedUp: true}},
		{Kind: record.KindRun, Run: &record.Run{Key: "b", Backend: "xla:cpu", Precision: "float64", Seconds: 40, CPUSeconds: 70, LookedUp: true}},
		claim("gain", 2, ">=", 3, false),
		{Kind: record.KindEvaluation, Evaluation: &record.Evaluation{Backend: "go", Precision: "float64"}},
	}
	r, err := results.New("fno", "standard", 7, "abc", results.Cost{Seconds: 60, CPUSeconds: 90, PeakMB: 300}, events)
	if err != nil {
		t.Fatal(err)
	}
	// 60 s for this run, b's training included, and 100 s for a, which was looked up.
	if r.Seconds != 160 || r.CPUSeconds != 240 || r.PeakMB != 900 {
		t.Errorf("cost = %v s, %v CPU-s, %v MB; want 160, 240, 900", r.Seconds, r.CPUSeconds, r.PeakMB)
	}
	if r.Backend != "go, xla:cpu" || r.Precision != "float32, float64" || r.Missed() != 1 || !r.Judged() {
		t.Errorf("result = %+v", r)
	}
}

func TestNewRefuses(t *testing.T) {
	cases := []struct {
		name   string
		size   string
		events []record.Event
		want   string
	}{
		{"no claim", "standard", nil, "no claim"},
		{"one name twice", "standard", []record.Event{claim("a", 1, "<=", 2, true), claim("a", 1, "<=", 2, true)}, "two claims"},
		{"wrong verdict", "standard", []record.Event{claim("a", 3, "<=", 2, true)}, "pass = true, but 3 <= 2 is false"},
		{"NaN passes", "standard", []record.Event{claim("a", math.NaN(), ">=", 2, true)}, "pass = true"},
		{"size", "huge", []record.Event{claim("a", 1, "<=", 2, true)}, `size = "huge"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := results.New("fno", c.size, 0, "", results.Cost{}, c.events); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New = %v, want an error with %q", err, c.want)
			}
		})
	}
}

// example is a result with everything in it.
func example(t *testing.T) results.Result {
	t.Helper()
	spread := record.Claim{Name: "error | at s=1024", Got: 0.000912, Op: "<=", Want: 0.0015, Paper: "0.0160", Pass: true, Low: pointer(8e-4), High: pointer(1e-3), Seeds: 3}
	events := []record.Event{
		{Kind: record.KindRun, Run: &record.Run{Key: "a", Backend: "xla:cpu", Precision: "float32", PeakMB: 900}},
		{Kind: record.KindClaim, Claim: &spread},
		claim("diverges", math.Inf(1), "<=", 2, false),
	}
	r, err := results.New("fno", "standard", 3, "0123abcd", results.Cost{Seconds: 240.25, CPUSeconds: 300}, events)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWriteRead(t *testing.T) {
	root := t.TempDir()
	if _, found, err := results.Read(root, "fno"); found || err != nil {
		t.Fatalf("Read of no file: found = %v, %v; want neither", found, err)
	}
	want := example(t)
	text, err := want.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := results.WriteFiles(map[string][]byte{results.File(root, "fno"): text}); err != nil {
		t.Fatal(err)
	}
	got, found, err := results.Read(root, "fno")
	if err != nil || !found || !reflect.DeepEqual(got, want) {
		t.Fatalf("Read = %+v, %v, %v\nwant %+v", got, found, err, want)
	}
	for _, key := range []string{"slug", "size", "seed", "commit", "backend", "precision", "seconds", "cpu_seconds", "peak_mb", "claims", "name", "got", "op", "want", "paper", "pass"} {
		if !strings.Contains(string(text), `"`+key+`":`) {
			t.Errorf("the file lacks the key %q:\n%s", key, text)
		}
	}
	for name, broken := range map[string]string{
		"cut off": string(text[:len(text)/2]), "no claims": `{"slug": "fno", "size": "standard", "claims": []}`,
		"another's": strings.Replace(string(text), `"slug": "fno"`, `"slug": "other"`, 1),
	} {
		if err := os.WriteFile(results.File(root, "fno"), []byte(broken), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := results.Read(root, "fno"); err == nil || !strings.Contains(err.Error(), "fno.json") {
			t.Errorf("Read of a file %s = %v, want an error that names it", name, err)
		}
	}
}

func TestWriteFilesAllOrNone(t *testing.T) {
	dir := t.TempDir()
	first, blocked := filepath.Join(dir, "a", "first"), filepath.Join(dir, "file", "second")
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("in the way"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := results.WriteFiles(map[string][]byte{first: []byte("1"), blocked: []byte("2")}); err == nil {
		t.Fatal("WriteFiles below a file succeeded")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "a", "*")); len(left) > 0 {
		t.Errorf("%v were written, want nothing", left)
	}
	if hidden, _ := filepath.Glob(filepath.Join(dir, "a", ".*")); len(hidden) > 0 {
		t.Errorf("%v are left over, want nothing", hidden)
	}
}

func TestNumber(t *testing.T) {
	cases := map[float64]string{
		0: "0", 1: "1.00", 0.000912: "0.000912", 0.0160: "0.0160", 3.14159: "3.14", 42.51: "42.5", 123.4: "123", 54321: "54321",
		1.5e-7: "1.50e-07", -2.5e9: "-2.50e+09", math.Inf(1): "+Inf",
	}
	for v, want := range cases {
		if got := results.Number(v); got != want {
			t.Errorf("Number(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	root := t.TempDir()
	entries := []catalog.Entry{
		{Slug: "fno", Family: "operators", Title: "Fourier neural operator", Source: "Li et al. 2021", Notebook: "notebooks/operators/fno.ipynb"},
		{Slug: "none", Family: "pinns", Title: "Nothing yet", Source: "Nobody", Notebook: "notebooks/pinns/none.ipynb"},
	}
	text, err := example(t).JSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := results.WriteFiles(map[string][]byte{results.File(root, "fno"): text}); err != nil {
		t.Fatal(err)
	}
	table, err := results.Table(root, entries)
	if err != nil {
		t.Fatal(err)
	}
	want := `| Method | Family | Source | Main claim | Got | Paper | Claims | Run |
|---|---|---|---|---|---|---|---|
| [Fourier neural operator](notebooks/operators/fno.ipynb) | operators | Li et al. 2021 | error \| at s=1024 <= 0.0015 | 0.000912 (0.000800 to 0.00100 over 3 seeds) | 0.0160 | **1 of 2 missed** | standard, 240 s, xla:cpu |
| [Nothing yet](notebooks/pinns/none.ipynb) | pinns | Nobody |  |  |  | not recorded yet |  |
`
	if table != want {
		t.Errorf("Table =\n%s\nwant\n%s", table, want)
	}
}

func TestReadme(t *testing.T) {
	const readme = "# Title\n\n<!-- methods: written by `fieldbook list --readme`, do not edit -->\nold\n<!-- end of methods -->\n\nEnd.\n"
	once, err := results.Readme(readme, "new\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(readme, "old", "new", 1); once != want {
		t.Errorf("Readme = %q, want %q", once, want)
	}
	if twice, err := results.Readme(once, "new\n"); err != nil || twice != once {
		t.Errorf("Readme again = %q, %v; want no change", twice, err)
	}
	for name, text := range map[string]string{
		"no marks": "# Title\n", "no end": strings.Replace(readme, "<!-- end of methods -->", "", 1), "twice": readme + readme,
	} {
		if _, err := results.Readme(text, "new\n"); err == nil {
			t.Errorf("Readme of a text with %s succeeded", name)
		}
	}
}

// TestReadmeIsUpToDate keeps README's table what the results say.
func TestReadmeIsUpToDate(t *testing.T) {
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := results.Table(root, catalog.Entries())
	if err != nil {
		t.Fatal(err)
	}
	want, err := results.Readme(string(readme), table)
	if err != nil {
		t.Fatal(err)
	}
	if want != string(readme) {
		t.Errorf("README's table is not what notebooks/results say: run `go run ./cmd/fieldbook list --readme`; want\n%s", table)
	}
}

// TestEveryResult reads every file of results and wants it to be a method's.
func TestEveryResult(t *testing.T) {
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(results.File(root, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		slug := strings.TrimSuffix(filepath.Base(file), ".json")
		if _, err := catalog.Find(slug); err != nil {
			t.Errorf("%s belongs to no method: %v", file, err)
		}
		r, _, err := results.Read(root, slug)
		if err != nil {
			t.Error(err)
			continue
		}
		if !r.Judged() || r.Commit == "" || r.Backend == "" || r.Precision == "" || r.Seconds <= 0 || r.CPUSeconds <= 0 || r.PeakMB <= 0 {
			t.Errorf("%s: %+v, want every value", file, r)
		}
	}
	if len(files) == 0 {
		t.Error("no results found")
	}
}
