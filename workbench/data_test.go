package workbench_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/importer"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/workbench"
)

// slowDensity takes so long that progress is shown.
type slowDensity struct{ datasets.Density }

func (slowDensity) Name() string { return "slow-density" }

func (d slowDensity) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	time.Sleep(1100 * time.Millisecond)
	report(1, to-from)
	return d.Density.MakeSamples(ctx, from, to, nil)
}

func dataCells() map[string]func() {
	return map[string]func(){
		"slow data": func() {
			workbench.Open().Data(slowDensity{datasets.Density{Kind: datasets.Moons, Train: 1, Test: 1}})
		},
		"show data":     func() { workbench.Open().Data(smallBurgers).Show() },
		"show imported": func() { workbench.Open().Data(datasets.Imported{Set: "flow"}).Show() },
		"markdown":      func() { workbench.Open().Markdown("$$u_t = u_{xx}$$") },
		"show odd":      func() { workbench.Open().Data(datasets.Imported{Set: "odd"}).Show() },
	}
}

// withImports is a notebook whose store has sets that came from files.
func withImports(t *testing.T) *notebook {
	t.Helper()
	n := newNotebook(t)
	s, err := store.Open(n.dir + "/store")
	if err != nil {
		t.Fatal(err)
	}
	flow := "0,1,4,9\n0,2,8,\n"
	for name, o := range map[string]importer.Options{
		"flow": {AllowNaN: true, Units: map[string]string{"values": "m/s"}},
		"odd":  {AllowNaN: true, Units: map[string]string{"values": `<script>alert("x")</script>`}, Axes: map[string][]string{"values": {"row", "column"}}},
	} {
		path := t.TempDir() + "/" + name + ".csv"
		if err := os.WriteFile(path, []byte(flow), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := importer.Import(t.Context(), s, path, o); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestDataSayWhenTheyAreMade makes data and reads them.
func TestDataSayWhenTheyAreMade(t *testing.T) {
	n := newNotebook(t)
	got := n.ok(t, "slow data")
	first, last, _ := strings.Cut(got, "\n")
	if !strings.HasPrefix(first, "making data: slow-density 1/2, ") || !strings.HasPrefix(last, "made data: slow-density in ") {
		t.Errorf("printed\n%s\nwant how far they are, and that they are made", got)
	}
	if got := n.ok(t, "slow data"); got != "" {
		t.Errorf("reading data printed %q, want nothing", got)
	}
}

func TestShowPrintsATable(t *testing.T) {
	n := withImports(t)
	got := n.ok(t, "show imported")
	want := "array                   units  min  mean   max  not finite\nvalues [sample 2, x 4]  m/s    0    3.429  9    1\n"
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	if got := n.ok(t, "show data"); !strings.Contains(got, "test_input [sample 1, x 32, channel 1]    1 ") {
		t.Errorf("printed\n%s\nwant arrays without dimension", got)
	}
}
