package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// testCounts counts tests; a subtest is a test.
type testCounts struct{ passed, failed, skipped int }

// String returns the summary, such as "212 passed, 0 failed, 1 skipped".
func (c testCounts) String() string {
	text := fmt.Sprintf("%d passed, %d failed", c.passed, c.failed)
	if c.skipped > 0 {
		text += fmt.Sprintf(", %d skipped", c.skipped)
	}
	return text
}

// testEvent is a line of `go test -json`; see `go doc test2json`.
type testEvent struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// testReader turns the events of go test back into what go test prints without
// -json, and counts.
type testReader struct {
	out    io.Writer
	lines  map[[2]string][]string // package and test: what it printed so far
	failed map[string]int         // package: its failed tests
	counts testCounts
}

// readTestEvents reads events to their end and writes what go test would print.
func readTestEvents(events io.Reader, out io.Writer) (testCounts, error) {
	r := testReader{out: out, lines: make(map[[2]string][]string), failed: make(map[string]int)}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var event testEvent
			if json.Unmarshal(line, &event) == nil {
				r.event(event)
			} else { // go itself, or a program that wrote past the test
				fmt.Fprintf(out, "%s", line)
			}
		}
		if err == io.EOF {
			return r.counts, nil
		}
		if err != nil {
			return r.counts, err
		}
	}
}

// event takes one event.
func (r *testReader) event(e testEvent) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		if !isRunMark(e.Output) {
			r.lines[key] = append(r.lines[key], e.Output)
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e)
		}
		delete(r.lines, key)
	}
}

// endTest counts a test and prints what a failed one printed.
func (r *testReader) endTest(e testEvent) {
	switch e.Action {
	case "pass":
		r.counts.passed++
	case "skip":
		r.counts.skipped++
	case "fail":
		r.counts.failed++
		r.failed[e.Package]++
		r.print(r.lines[[2]string{e.Package, e.Test}])
	}
}

// endPackage prints a package's own lines: of one that passed, the line with its
// result. A package that failed without a failed test (it does not compile, or
// its process ended early) counts as one.
func (r *testReader) endPackage(e testEvent) {
	lines := r.lines[[2]string{e.Package, ""}]
	if e.Action == "fail" {
		if r.failed[e.Package] == 0 {
			r.counts.failed++
		}
		r.print(lines)
		return
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "?   \t") {
			fmt.Fprint(r.out, line)
		}
	}
}

// print writes lines, each of which ends in a line break.
func (r *testReader) print(lines []string) {
	for _, line := range lines {
		fmt.Fprint(r.out, line)
	}
}

// isRunMark tells whether a line only marks a test's start, pause or going on.
func isRunMark(line string) bool {
	for _, mark := range []string{"=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME "} {
		if strings.HasPrefix(line, mark) {
			return true
		}
	}
	return false
}
