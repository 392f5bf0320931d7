package workbench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Exit statuses of a cell.
const (
	exitFailed      = 2
	exitInterrupted = 130
)

// fail ends the cell with one message that quotes the line it comes from. Locks and files go with the process.
func (l *Lab) fail(err error) {
	if errors.Is(err, context.Canceled) {
		l.println("Interrupted.")
		l.exit(exitInterrupted)
		return
	}
	message := "Error: " + firstParagraph(err)
	if line := callerLine(); line != "" {
		message += "\n  in: " + line
	}
	_, _ = fmt.Fprintln(os.Stderr, message)
	l.exit(exitFailed)
}

// Must is v, or ends the cell with err: for functions of other packages in a cell.
//
//	e := workbench.Must(metrics.RelL2(got.Values, test.Output.Values, test.Len()))
func Must[T any](v T, err error) T {
	if err != nil {
		Open().fail(err)
	}
	return v
}

// firstParagraph leaves out a stack trace that an error may carry in its text.
func firstParagraph(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\ngoroutine ")
	return strings.TrimSpace(text)
}

// callerLine is the source line outside this package that called it. In a cell the compiler knows GoNB's file, not the
// cell's line number, so the line itself is quoted.
func callerLine() string {
	for skip := 2; ; skip++ {
		pc, file, line, ok := runtime.Caller(skip)
		if !ok {
			return ""
		}
		name := runtime.FuncForPC(pc).Name()
		if strings.Contains(name, "/workbench.") || strings.HasPrefix(name, "runtime.") || strings.HasPrefix(name, "sync.") {
			continue
		}
		return sourceLine(file, line)
	}
}

func sourceLine(file string, line int) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		if n == line {
			return strings.TrimSpace(s.Text())
		}
	}
	return ""
}
