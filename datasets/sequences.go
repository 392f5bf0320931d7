package datasets

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
)

// SequenceTask names a task of [Sequences].
type SequenceTask string

// The tasks; Describe tells what they are.
const (
	AddingTask     SequenceTask = "adding"
	CopyTask       SequenceTask = "copy-memory"
	ParityTask     SequenceTask = "parity"
	DyckTask       SequenceTask = "dyck"
	ArithmeticTask SequenceTask = "arithmetic"
)

// Sequences are tasks for memory and grammar: from a sequence of symbols or numbers to one answer or an answer a step.
//
// Arrays: train_input [Train, step, channel], train_output [Train, answer, channel 1], test_input and test_output likewise. Symbols are whole numbers.
//
// Differs from the source: parity is asked for at each step, and nested brackets for what may close them.
// Source: Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016, arXiv:1511.06464; Delétang et al. 2023, arXiv:2207.02098.
// bib: hochreiter1997lstm, arjovsky2016unitary, deletang2023chomsky
type Sequences struct {
	Task   SequenceTask
	Length int // of what the task varies; Describe tells
	Train  int // number of training sequences, ≥ 1
	Test   int // number of test sequences, ≥ 1
	Seed   uint64
}

var (
	_ Sharded   = Sequences{}
	_ Described = Sequences{}
)

// sequenceCase is what is fixed of a task.
type sequenceCase struct {
	title, equation, domain, conditions, source string
	least, step                                 int // Length is least, least + step, …
	sizes                                       func(length int) (steps, channels, answers int)
	draw                                        func(input, output []float64, rng *rand.Rand)
}

// copied is the number of symbols to be copied, of an alphabet of copySymbols.
const (
	copied      = 10
	copySymbols = 8
)

func sequenceCases() map[SequenceTask]sequenceCase {
	return map[SequenceTask]sequenceCase{
		AddingTask: {
			title: "Adding", equation: `y = u_i + u_j,\ i < n/2 \le j`, source: "Hochreiter & Schmidhuber 1997, as in Arjovsky et al. 2016",
			domain:     "Length steps of a number, uniform in [0, 1], and a mark; one answer, the sum of the two numbers that are marked",
			conditions: "one mark in each half; always answering 1 has the mean square error 1/6",
			least:      2, step: 2, draw: drawAdding,
			sizes: func(n int) (int, int, int) { return n, 2, 1 },
		},
		CopyTask: {
			title: "Copy memory", equation: `y_{n+10+k} = u_k,\ k < 10`, source: "Hochreiter & Schmidhuber 1997, as in Arjovsky et al. 2016",
			domain:     "10 symbols of 1 to 8, Length blanks 0 of which the last is the mark 9, 10 blanks; answers are blanks until 10 steps before the end",
			conditions: "uniform symbols; always answering at random among them has the cross-entropy 10 log 8/(Length + 20)",
			least:      1, step: 1, draw: drawCopy,
			sizes: func(n int) (int, int, int) { return n + 2*copied, 1, n + 2*copied },
		},
		ParityTask: {
			title: "Parity", equation: `y_k = \sum_{i \le k} u_i \bmod 2`, source: "Delétang et al. 2023, arXiv:2207.02098",
			domain: "Length uniform bits; at each step the parity so far", conditions: "a regular language: one bit of memory", least: 1, step: 1, draw: drawParity,
			sizes: func(n int) (int, int, int) { return n, 1, n },
		},
		DyckTask: {
			title: "Nested brackets", equation: `S \to (S)S \mid [S]S \mid \varepsilon`, source: "Delétang et al. 2023, arXiv:2207.02098, has related tasks",
			domain:     "Length brackets, ( 1, [ 2, ) 3, ] 4, all closed at the end; at each step the bracket that may close next, 3 or 4, or 0",
			conditions: "nestings uniform among all of this length, uniform kinds of brackets; a context-free language: a stack",
			least:      2, step: 2, draw: drawDyck,
			sizes: func(n int) (int, int, int) { return n, 1, n },
		},
		ArithmeticTask: {
			title: "Arithmetic modulo 5", equation: `y = u_0 \circ u_2 \circ \dots \circ u_{n-1} \bmod 5`, source: "Delétang et al. 2023, arXiv:2207.02098",
			domain:     "Length steps of digits 0 to 4 and, between these, + 5, - 6 and × 7; one answer, the value, products first",
			conditions: "uniform digits and signs; a regular language: a sum and a product", least: 1, step: 2, draw: drawArithmetic,
			sizes: func(n int) (int, int, int) { return n, 1, 1 },
		},
	}
}

// SequenceTasks lists all tasks.
func SequenceTasks() []SequenceTask {
	return []SequenceTask{AddingTask, CopyTask, ParityTask, DyckTask, ArithmeticTask}
}

// Name is the task's.
func (s Sequences) Name() string { return string(s.Task) }

// Version of the generator, tied to testdata/<task>.json.
func (Sequences) Version() int { return 1 }

// Describe says what the data are.
func (s Sequences) Describe() Description {
	c := sequenceCases()[s.Task]
	return Description{Title: c.title, Equation: c.equation, Domain: c.domain, Conditions: c.conditions, Method: "by definition", Source: c.source}
}

// Validate lists all that is wrong with s.
func (s Sequences) Validate() error {
	if err := checkKind("Sequences.Task", s.Task, SequenceTasks()); err != nil {
		return err
	}
	errs := []error{checkCounts("Sequences", s.Train, s.Test)}
	if c := sequenceCases()[s.Task]; s.Length < c.least || (s.Length-c.least)%c.step != 0 {
		errs = append(errs, fmt.Errorf("datasets: Sequences.Length = %d, want %d, %d, … for %s", s.Length, c.least, c.least+c.step, s.Task))
	}
	return errors.Join(errs...)
}

// Arrays describes the sequences and the answers.
func (s Sequences) Arrays() []Shape {
	steps, channels, answers := sequenceCases()[s.Task].sizes(s.Length)
	return pairShapes(
		s.Train, s.Test,
		Shape{Axes: []string{"step", "channel"}, Dims: []int{steps, channels}}, Shape{Axes: []string{"answer", "channel"}, Dims: []int{answers, 1}},
	)
}

// Make draws the sequences.
func (s Sequences) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := s.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, s, report)
}

// Samples is the number of training and test sequences together.
func (s Sequences) Samples() int { return s.Train + s.Test }

// MakeSamples draws some sequences.
func (s Sequences) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	draw := sequenceCases()[s.Task].draw
	return eachSample(ctx, s.Arrays(), from, to, report, func(i int, input, output []float64) error {
		draw(input, output, sampleStream(s.Seed, i, s.Train))
		return nil
	})
}

// Assemble puts all sequences into their arrays.
func (s Sequences) Assemble(input, output []float64) Set { return assemble(s.Arrays(), input, output) }

func drawAdding(input, output []float64, rng *rand.Rand) {
	n := len(input) / 2
	for i := range n {
		input[2*i] = rng.Float64()
	}
	for _, i := range []int{rng.IntN(n / 2), n/2 + rng.IntN(n/2)} {
		input[2*i+1] = 1
		output[0] += input[2*i]
	}
}

func drawCopy(input, output []float64, rng *rand.Rand) {
	for i := range copied {
		input[i] = float64(1 + rng.IntN(copySymbols))
		output[len(output)-copied+i] = input[i]
	}
	input[len(input)-copied-1] = copySymbols + 1
}

func drawParity(input, output []float64, rng *rand.Rand) {
	parity := 0
	for i := range input {
		bit := rng.IntN(2)
		parity ^= bit
		input[i], output[i] = float64(bit), float64(parity)
	}
}

// drawDyck opens with the part (h+2)(r-h)/(2r(h+1)) of the ways to go on that open, with r brackets left and h open ones: the ratio of two
// ballot numbers.
func drawDyck(input, output []float64, rng *rand.Rand) {
	var open []int
	for i := range input {
		left, h := float64(len(input)-i), float64(len(open))
		if rng.Float64() < (h+2)*(left-h)/(2*left*(h+1)) {
			kind := 1 + rng.IntN(2)
			open = append(open, kind)
			input[i] = float64(kind)
		} else {
			input[i] = float64(open[len(open)-1] + 2)
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			output[i] = float64(open[len(open)-1] + 2)
		}
	}
}

func drawArithmetic(input, output []float64, rng *rand.Rand) {
	const plus, minus = 5, 6
	sum, product := 0, rng.IntN(5)
	input[0] = float64(product)
	for i := 1; i < len(input); i += 2 {
		sign, digit := plus+rng.IntN(3), rng.IntN(5)
		input[i], input[i+1] = float64(sign), float64(digit)
		switch sign {
		case plus:
			sum, product = sum+product, digit
		case minus:
			sum, product = sum+product, -digit
		default:
			product = product * digit % 5
		}
	}
	output[0] = float64(((sum+product)%5 + 5) % 5)
}
