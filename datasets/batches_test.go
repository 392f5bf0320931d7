package datasets_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

func take(t *testing.T, b *datasets.Batches) []int {
	t.Helper()
	rows, err := b.Next()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestBatches(t *testing.T) {
	b := &datasets.Batches{Rows: 10, Size: 3, Seed: 4}
	var epochs [][]int
	for range 4 {
		var rows []int
		for range 3 {
			rows = append(rows, take(t, b)...)
		}
		epochs = append(epochs, slices.Clone(rows))
		slices.Sort(rows)
		if len(slices.Compact(rows)) != 9 || rows[0] < 0 || rows[8] > 9 {
			t.Errorf("an epoch has the rows %v, want nine different ones of ten", rows)
		}
	}
	if slices.Equal(epochs[0], epochs[1]) {
		t.Error("two epochs have the same order")
	}
	if other := (&datasets.Batches{Rows: 10, Size: 3, Seed: 5}); slices.Equal(take(t, other), epochs[0][:3]) {
		t.Error("two seeds give the same order")
	}
}

// TestBatchesResume writes the state after each of some steps and goes on from it, also into a cursor that was elsewhere.
func TestBatchesResume(t *testing.T) {
	b := &datasets.Batches{Rows: 7, Size: 2, Seed: 1}
	var want [][]int
	var states []string
	for range 12 {
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, string(text))
		want = append(want, take(t, b))
	}
	used := &datasets.Batches{Rows: 7, Size: 2, Seed: 9}
	take(t, used)
	for i, state := range states {
		for _, c := range []*datasets.Batches{{}, used} {
			if err := json.Unmarshal([]byte(state), c); err != nil {
				t.Fatal(err)
			}
			for j := i; j < len(want); j++ {
				if got := take(t, c); !slices.Equal(got, want[j]) {
					t.Fatalf("from step %d: batch %d is %v, want %v", i, j, got, want[j])
				}
			}
		}
	}
	if states[3] != `{"Rows":7,"Size":2,"Seed":1,"Step":3}` {
		t.Errorf("state %s", states[3])
	}
	_, err := (&datasets.Batches{Size: 2, Step: -1}).Next()
	for _, want := range []string{"Batches.Rows = 0", "Batches.Size = 2", "Batches.Step = -1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func TestSplit(t *testing.T) {
	pairs := load(t, datasets.Sequences{Task: datasets.AddingTask, Length: 4, Train: 20, Test: 1}).Train()
	parts, err := pairs.Split(3, 12, 5)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[float64]bool{}
	for i, n := range []int{12, 5} {
		if parts[i].Len() != n || parts[i].Input.Validate() != nil || parts[i].Output.Validate() != nil {
			t.Errorf("part %d: %v and %v", i, parts[i].Input.Shape(), parts[i].Output.Shape())
		}
		for s := range n {
			in, out := parts[i].Input.Sample(s), parts[i].Output.Sample(s)
			if sum := in[0]*in[1] + in[2]*in[3] + in[4]*in[5] + in[6]*in[7]; sum != out[0] || seen[in[0]] {
				t.Errorf("part %d: pair %d is %v and %v, want its own answer, once", i, s, in, out)
			}
			seen[in[0]] = true
		}
	}
	again, err := pairs.Split(3, 12, 8)
	if err != nil || !slices.Equal(again[0].Input.Values, parts[0].Input.Values) {
		t.Errorf("the first part changes with the second, %v", err)
	}
	if other, err := pairs.Split(4, 12); err != nil || slices.Equal(other[0].Input.Values, parts[0].Input.Values) {
		t.Errorf("two seeds give the same part, %v", err)
	}
	for want, counts := range map[string][]int{"part 1 of 0 pairs": {1, 0}, "21 pairs together, want at most 20": {20, 1}} {
		if _, err := pairs.Split(1, counts...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if _, err := pairs.Take([]int{0, 20}); err == nil || !strings.Contains(err.Error(), "row 20 of train_input, want 0 to 19") {
		t.Errorf("error %v for a row that there is not", err)
	}
}
