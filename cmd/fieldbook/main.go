// Command fieldbook is Fieldbook's one command: it sets up what is needed, opens
// JupyterLab, runs notebooks without it, looks runs and data up, and tests the
// module. `fieldbook --help` lists what it does.
//
// Exit status: 0 if all went well; 1 if a claim was missed or a test failed; 2
// on an error, with one message on standard error; 130 if it was interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
)

// Exit statuses besides 0.
const (
	statusFailed      = 1 // a claim missed, a test failed
	statusError       = 2 // the work could not be done
	statusInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first Ctrl-C asks the work to stop, a second one ends the process.
	context.AfterFunc(ctx, stop)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run runs the command line and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(longFlags(args))
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var failed *failedError
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(stderr, "fieldbook: %v\n", interruption(err))
		return statusInterrupted
	case errors.As(err, &failed):
		fmt.Fprintf(stderr, "fieldbook: %v\n", err)
		return statusFailed
	}
	fmt.Fprintf(stderr, "fieldbook: %v\n", err)
	return statusError
}

// interruption says that the work was interrupted, with what err adds to that.
func interruption(err error) string {
	text := strings.TrimSuffix(err.Error(), context.Canceled.Error())
	text = strings.TrimSuffix(text, ": ")
	if text == "" {
		return "interrupted"
	}
	return "interrupted: " + text
}

// failedError is a result that is not what was hoped for, as against an error
// that kept the work from being done: it ends with statusFailed.
type failedError struct{ message string }

// Error returns the message.
func (e *failedError) Error() string { return e.message }

// goFlag is a flag written the way Go's own commands take it: -short, -run=X.
var goFlag = regexp.MustCompile(`^-[a-z][a-z-]+(=.*)?$`)

// longFlags rewrites flags in Go's way (-short) in the GNU way (--short), since
// users of Go type both. Arguments after "--" stay as they are.
func longFlags(args []string) []string {
	rewritten := make([]string, 0, len(args))
	for i, arg := range args {
		if arg == "--" {
			return append(rewritten, args[i:]...)
		}
		if goFlag.MatchString(arg) {
			arg = "-" + arg
		}
		rewritten = append(rewritten, arg)
	}
	return rewritten
}
