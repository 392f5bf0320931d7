package datasets_test

import (
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestSequencesGolden ties the values to Sequences.Version. They are whole numbers, or as drawn.
func TestSequencesGolden(t *testing.T) {
	for task, length := range map[datasets.SequenceTask]int{
		datasets.AddingTask: 10, datasets.CopyTask: 5, datasets.ParityTask: 12, datasets.DyckTask: 12, datasets.ArithmeticTask: 9,
	} {
		checkGolden(t, datasets.Sequences{Task: task, Length: length, Train: 2, Test: 1, Seed: 1}, 0)
	}
}

func sequences(t *testing.T, task datasets.SequenceTask, length, train int) datasets.Pairs {
	t.Helper()
	return load(t, datasets.Sequences{Task: task, Length: length, Train: train, Test: 1, Seed: 2}).Train()
}

func TestAdding(t *testing.T) {
	pairs := sequences(t, datasets.AddingTask, 20, 20000)
	loss := 0.0
	for i := range pairs.Len() {
		in, sum, marks := pairs.Input.Sample(i), 0.0, [2]float64{}
		for s := range 20 {
			sum += in[2*s] * in[2*s+1]
			marks[s/10] += in[2*s+1]
		}
		if marks != [2]float64{1, 1} || math.Abs(sum-pairs.Output.Values[i]) > 0 {
			t.Fatalf("marks %v, answer %v, want one in each half and %v", marks, pairs.Output.Values[i], sum)
		}
		loss += (sum - 1) * (sum - 1) / float64(pairs.Len())
	}
	// Four standard errors: (u + v - 1)² has the variance 1/15 - 1/36 = 0.039.
	if math.Abs(loss-1.0/6) > 4*math.Sqrt(0.039/20000) {
		t.Errorf("answering 1 has the loss %v, want 1/6", loss)
	}
}

func TestCopyMemory(t *testing.T) {
	pairs := sequences(t, datasets.CopyTask, 7, 100)
	for i := range pairs.Len() {
		in, out := pairs.Input.Sample(i), pairs.Output.Sample(i)
		if len(in) != 27 || !slices.Equal(in[:10], out[17:]) || slices.Min(in[:10]) < 1 || slices.Max(in[:10]) > 8 {
			t.Fatalf("%v answered by %v", in, out)
		}
		if in[16] != 9 || slices.Max(slices.Concat(in[10:16], in[17:], out[:17])) != 0 {
			t.Fatalf("%v answered by %v, want blanks and one mark", in, out)
		}
	}
}

func TestParity(t *testing.T) {
	pairs := sequences(t, datasets.ParityTask, 30, 100)
	for i := range pairs.Len() {
		ones := 0.0
		for s, bit := range pairs.Input.Sample(i) {
			ones += bit
			if got := pairs.Output.Sample(i)[s]; got != math.Mod(ones, 2) {
				t.Fatalf("the parity of %v ones is %v", ones, got)
			}
		}
	}
}

// TestDyck removes pairs of brackets until none is left, and counts how often each of the five nestings of six brackets comes.
func TestDyck(t *testing.T) {
	pairs := sequences(t, datasets.DyckTask, 6, 5000)
	counts := map[string]float64{}
	text := func(symbols []float64) string {
		var b strings.Builder
		for _, s := range symbols {
			b.WriteByte(" ([)]"[int(s)])
		}
		return b.String()
	}
	reduced := func(s string) string {
		for {
			shorter := strings.ReplaceAll(strings.ReplaceAll(s, "()", ""), "[]", "")
			if shorter == s {
				return s
			}
			s = shorter
		}
	}
	for i := range pairs.Len() {
		s := text(pairs.Input.Sample(i))
		if reduced(s) != "" {
			t.Fatalf("%s is not closed", s)
		}
		for k, answer := range pairs.Output.Sample(i) {
			want := 0.0 // the last bracket that is open
			if open := reduced(s[:k+1]); open != "" {
				want = map[byte]float64{'(': 3, '[': 4}[open[len(open)-1]]
			}
			if answer != want {
				t.Fatalf("%s: answer %v at %d, want %v", s, answer, k, want)
			}
		}
		counts[strings.NewReplacer("[", "(", "]", ")").Replace(s)]++
	}
	if len(counts) != 5 {
		t.Errorf("%d nestings, want 5", len(counts))
	}
	for s, n := range counts {
		if bound := 4 * math.Sqrt(0.2*0.8/5000); math.Abs(n/5000-0.2) > bound { // standard errors
			t.Errorf("%s has the frequency %v, want 0.2", s, n/5000)
		}
	}
}

// TestArithmetic compares with the Go type checker's value of the expression.
func TestArithmetic(t *testing.T) {
	pairs := sequences(t, datasets.ArithmeticTask, 15, 300)
	seen := map[float64]bool{}
	for i := range pairs.Len() {
		var b strings.Builder
		for _, s := range pairs.Input.Sample(i) {
			b.WriteByte("01234+-*"[int(s)])
		}
		value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, b.String())
		if err != nil {
			t.Fatal(err)
		}
		v, _ := constant.Int64Val(value.Value)
		if got, want := pairs.Output.Values[i], float64((v%5+5)%5); got != want {
			t.Fatalf("%s = %v modulo 5, want %v", b.String(), got, want)
		}
		seen[pairs.Output.Values[i]] = true
	}
	if len(seen) != 5 {
		t.Errorf("answers %v, want all of 0 to 4", seen)
	}
}

func TestSequencesErrors(t *testing.T) {
	for want, s := range map[string]datasets.Sequences{
		`Sequences.Task = "chess", want one of adding`:       {Task: "chess"},
		"Sequences.Length = 3, want 2, 4, … for adding":      {Task: datasets.AddingTask, Length: 3},
		"Sequences.Length = 0, want 1, 2, … for parity":      {Task: datasets.ParityTask},
		"Sequences.Length = -1, want 1, 3, … for arithmetic": {Task: datasets.ArithmeticTask, Length: -1},
		"Sequences.Train = 0":                                {Task: datasets.DyckTask, Length: 2},
	} {
		if _, err := datasets.Load(t.Context(), s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
