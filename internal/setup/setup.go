// Package setup makes the environment that Fieldbook works in: a folder at the
// module's root with a Python virtual environment (JupyterLab, nbclient, h5py and SciPy
// to read files with, the XLA CPU plugin and OpenBLAS), the notebook kernel built from
// pinned versions, and its kernelspec.
//
// Ensure is called by every command that needs the environment, since it costs
// next to nothing when there is nothing to do. Doctor's checks are in the
// command line, which has more to look at.
//
// What is missing: the stand-in for the go command (see Shim) on Windows.
package setup

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// Ensure makes what is missing of the environment of the module at root, and
// says on options.Out what it does and, in the end, what is wanting.
//
// Errors: the message says what to do; ErrNoPython, ErrNoGo and ErrOffline are
// among them, and ctx's if it ended.
func Ensure(ctx context.Context, root string, options Options) (Report, error) {
	plan, err := NewPlan(root, options)
	if err != nil {
		return Report{}, err
	}
	if options.Out == nil {
		options.Out = io.Discard
	}
	report, err := plan.Run(ctx, options)
	if err != nil {
		return report, err
	}
	if len(report.Done) > 0 {
		notePointer(root)
		line := fmt.Sprintf("set-up: done in %.1f s", report.Took.Seconds())
		if report.Fetched > 0 {
			line += ", fetched " + Bytes(report.Fetched)
		}
		fmt.Fprintf(options.Out, "%s; the environment is in %s\n", line, place.Env(root))
	}
	if _, ok := place.Plugin(root); !ok {
		fmt.Fprintln(options.Out, SlowNotice)
	} else if compiler, ok := Compiler(); !ok {
		fmt.Fprintln(options.Out, SlowNotice)
		fmt.Fprintf(options.Out, "  The plugin is there, but no C compiler (%s) to link it with: %s.\n", compiler, CompilerAdvice())
	}
	return report, nil
}

// NewPlan returns the steps for the module at root.
func NewPlan(root string, options Options) (Plan, error) {
	tools, err := notebookTools().step(root, options.Offline)
	if err != nil {
		return Plan{}, err
	}
	warm, err := warmStep(root, options.Offline)
	if err != nil {
		return Plan{}, err
	}
	kernel, err := kernelStep(root)
	if err != nil {
		return Plan{}, err
	}
	goLane := []Step{tools, kernel, warm}
	if options.Checks {
		lint, err := lintTools().step(root, options.Offline)
		if err != nil {
			return Plan{}, err
		}
		goLane = append(goLane, lint)
	}
	pythonLane := []Step{pythonStep(root, PythonNames()), pluginStep(root, options.Offline)}
	return Plan{Env: place.Env(root), Lanes: [][]Step{pythonLane, goLane}}, nil
}

// notePointer notes root for programs that are started elsewhere. They have
// other ways to find it, so a configuration folder that cannot be written is
// passed over.
func notePointer(root string) {
	if pointer, err := place.PointerFile(); err == nil {
		_ = replaceFile(pointer, []byte(root+"\n"), 0o644)
	}
}

// Compiler returns the C compiler that go links the plugin's caller with, and
// whether it is there.
func Compiler() (name string, ok bool) {
	name = os.Getenv("CC")
	if name == "" {
		for _, usual := range []string{"gcc", "clang", "cc"} {
			if _, err := exec.LookPath(usual); err == nil {
				return usual, true
			}
		}
		name = "gcc"
	}
	fields := strings.Fields(name)
	if len(fields) == 0 {
		return name, false
	}
	_, err := exec.LookPath(fields[0])
	return name, err == nil
}

// CompilerAdvice says how a C compiler is installed on this system.
func CompilerAdvice() string {
	switch runtime.GOOS {
	case "linux":
		return "on Debian or Ubuntu `sudo apt-get install gcc libc6-dev`, on Fedora `sudo dnf install gcc`"
	case "darwin":
		return "`xcode-select --install`"
	}
	return "install gcc or clang"
}

// Notebook returns the absolute path of a notebook that a user named: a path,
// or a path below the root's folder notebooks, with or without its ending.
//
// Errors: if there is no such file.
func Notebook(root, name string) (string, error) {
	tried := []string{name, name + ".ipynb", filepath.Join(root, "notebooks", name), filepath.Join(root, "notebooks", name+".ipynb")}
	for _, path := range tried {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("setup: notebook = %q, want a notebook's file, or its name below %s", name, filepath.Join(root, "notebooks"))
}
