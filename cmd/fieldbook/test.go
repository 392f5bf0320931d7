package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// testRun is a run of the checks and tests.
type testRun struct {
	root     string
	packages []string
	short    bool
	run      string // regular expression of test names
	noLint   bool
	offline  bool
	out      io.Writer
	err      io.Writer
}

// checkStop is how long a checker may take to end after it was asked to.
const checkStop = 10 * time.Second

// newTestCommand returns `fieldbook test`.
func newTestCommand() *cobra.Command {
	var t testRun
	cmd := &cobra.Command{
		Use:   "test [packages]",
		Short: "Check the code and run the tests",
		Long: `Test sets up what is missing, checks format and style with golangci-lint (as
.golangci.yml says; go vet is part of it) and runs the tests, the notebooks'
included. It prints what go test prints, then a line that counts the tests, and
its exit status is 0 only if everything passed.

Packages are named as for go test; without any, all are tested.`,
		Example: `  fieldbook test                          what CI runs
  fieldbook test -short                   leave out what takes minutes
  fieldbook test -run Burgers ./solvers/...`,
		RunE: func(cmd *cobra.Command, args []string) error {
			t.packages = args
			if len(args) == 0 {
				t.packages = []string{"./..."}
			}
			root, err := prepare(cmd, setup.Options{Offline: t.offline, Checks: !t.noLint})
			if err != nil {
				return err
			}
			t.root, t.out, t.err = root, cmd.OutOrStdout(), cmd.ErrOrStderr()
			return t.all(cmd.Context())
		},
	}
	addOffline(cmd, &t.offline)
	cmd.Flags().BoolVar(&t.short, "short", false, "leave out what takes minutes")
	cmd.Flags().StringVar(&t.run, "run", "", "only the tests whose names match this regular expression")
	cmd.Flags().BoolVar(&t.noLint, "no-lint", false, "run the tests alone")
	return cmd
}

// all checks, tests and counts. A failed check does not keep the tests from running.
func (t testRun) all(ctx context.Context) error {
	var lint error
	if !t.noLint {
		if lint = t.lint(ctx); lint != nil && !isExit(lint) {
			return lint
		}
	}
	counts, err := t.test(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, counts)
	switch {
	case lint != nil && counts.failed > 0:
		return &failedError{"test: format or style check failed, and tests did"}
	case lint != nil:
		return &failedError{"test: format or style check failed; `" + place.Tool(t.root, "golangci-lint") + " fmt` mends the format"}
	case counts.failed > 0:
		return &failedError{fmt.Sprintf("test: %d failed", counts.failed)}
	}
	return nil
}

// isExit tells whether err is a program's exit status, as against a program
// that could not be run.
func isExit(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit)
}

// command returns a program that works on the module.
func (t testRun) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = t.root
	cmd.Env = setup.GoEnviron(os.Environ(), t.offline)
	setup.Isolate(cmd)
	cmd.WaitDelay = checkStop
	return cmd
}

// lint checks format and style.
func (t testRun) lint(ctx context.Context) error {
	start := time.Now()
	cmd := t.command(ctx, place.Tool(t.root, "golangci-lint"), append([]string{"run"}, t.packages...)...)
	cmd.Stdout, cmd.Stderr = t.out, t.err
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		fmt.Fprintf(t.out, "format and style: ok in %.1f s\n", time.Since(start).Seconds())
	}
	return err
}

// test runs go test and passes on what it prints.
func (t testRun) test(ctx context.Context) (testCounts, error) {
	goCommand, err := setup.FindGo(place.Env(t.root))
	if err != nil {
		return testCounts{}, err
	}
	// Compiling a graph takes one core, so that two packages at a time are faster; some train, and with more the memory would run out.
	args := []string{"test", "-json", "-p=2", "-timeout=60m"}
	if t.short {
		args = append(args, "-short")
	}
	if t.run != "" {
		args = append(args, "-run="+t.run)
	}
	cmd := t.command(ctx, goCommand, append(args, t.packages...)...)
	cmd.Stderr = t.err
	events, err := cmd.StdoutPipe()
	if err != nil {
		return testCounts{}, fmt.Errorf("test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return testCounts{}, fmt.Errorf("test: %w", err)
	}
	counts, reading := readTestEvents(events, t.out)
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return counts, ctx.Err()
	case reading != nil:
		return counts, fmt.Errorf("test: output of go test: %w", reading)
	case err != nil && (!isExit(err) || counts.failed == 0):
		// Such as a pattern that names no package: go has said so.
		return counts, fmt.Errorf("test: go test: %w", err)
	}
	return counts, nil
}
