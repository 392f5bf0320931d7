package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// State is what doctor found of a thing.
type state string

const (
	stateFound   state = "found"
	stateMissing state = "missing" // and the main job cannot run without it
	stateWanting state = "wanting" // missing or poor, and the main job can run
)

// finding is what doctor found of one thing.
type finding struct {
	Name   string `json:"name"`
	State  state  `json:"state"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"` // what to do; "" if nothing is
}

// newDoctorCommand returns `fieldbook doctor`.
func newDoctorCommand() *cobra.Command {
	var asJSON, probe bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what was found, and what to do about what is missing",
		Long: `Doctor looks at each thing that Fieldbook needs and prints whether it was found
and, if not, what to do. It changes nothing.

Its exit status is 0 if notebooks can be run (things marked "wanting" only cost
time or comfort), else 2.`,
		Example: `  fieldbook doctor
  fieldbook doctor --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if probe {
				return printBackend(cmd.OutOrStdout())
			}
			root, err := place.Root()
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), examine(cmd.Context(), root), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as a JSON array")
	cmd.Flags().BoolVar(&probe, "probe", false, "load the backend in this process and say which it is")
	if err := cmd.Flags().MarkHidden("probe"); err != nil {
		panic(err) //nolint:forbidigo // the flag was added in the line above
	}
	return cmd
}

// report prints the findings; its error counts what is missing.
func report(out io.Writer, findings []finding, asJSON bool) error {
	missing := 0
	for _, f := range findings {
		if f.State == stateMissing {
			missing++
		}
	}
	if asJSON {
		text, err := json.MarshalIndent(findings, "", "  ")
		if err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
		fmt.Fprintf(out, "%s\n", text)
	} else {
		for _, f := range findings {
			fmt.Fprintf(out, "%-8s %-18s %s\n", f.State, f.Name, f.Detail)
			if f.Remedy != "" {
				fmt.Fprintf(out, "%-8s %-18s to do: %s\n", "", "", f.Remedy)
			}
		}
	}
	if missing > 0 {
		return fmt.Errorf("doctor: %d missing without which notebooks cannot run", missing)
	}
	return nil
}

// setupRemedy is what to do about a thing that set-up makes.
const setupRemedy = "run `fieldbook setup`"

// examine looks at each thing.
func examine(ctx context.Context, root string) []finding {
	findings := []finding{
		{"module", stateFound, root, ""},
		findGo(root),
		findCompiler(),
		findPython(ctx),
		findFile("environment", place.Python(root), stateMissing, setupRemedy),
		findFile("JupyterLab", place.VenvProgram(root, "jupyter-lab"), stateMissing, setupRemedy),
		findKernelspec(root),
	}
	for _, tool := range []string{"gonb", "gopls", "goimports"} {
		findings = append(findings, findFile(tool, place.Tool(root, tool), stateMissing, setupRemedy))
	}
	return append(findings,
		findPlugin(root),
		findOpenBLAS(root),
		findBackend(ctx),
		findGPU(ctx),
		findStore(root),
		findSpace(root),
		findFile("golangci-lint", place.Tool(root, "golangci-lint"), stateWanting, "`fieldbook test` builds it"),
		findBrowser(),
	)
}

// findGo looks at the go command.
func findGo(root string) finding {
	path, err := setup.FindGo(place.Env(root))
	if err != nil {
		return finding{"go", stateMissing, "not on the PATH", err.Error()}
	}
	return finding{"go", stateFound, fmt.Sprintf("%s (this program: %s)", path, runtime.Version()), ""}
}

// findCompiler looks for the C compiler.
func findCompiler() finding {
	name, ok := setup.Compiler()
	if !ok {
		return finding{"C compiler", stateWanting, name + " not found: the XLA plugin cannot be linked, and the pure-Go backend is up to 30 times slower", setup.CompilerAdvice()}
	}
	return finding{"C compiler", stateFound, name, ""}
}

// findPython looks for a Python from which the environment can be made.
func findPython(ctx context.Context) finding {
	python, err := setup.FindPython(ctx, setup.PythonNames())
	if err != nil {
		return finding{"python", stateMissing, "none that is fit", err.Error()}
	}
	return finding{"python", stateFound, fmt.Sprintf("%s (version %d.%d.%d)", python.Path, python.Version[0], python.Version[1], python.Version[2]), ""}
}

// findFile looks for a file.
func findFile(name, path string, otherwise state, remedy string) finding {
	if _, err := os.Stat(path); err != nil {
		return finding{name, otherwise, path + " is not there", remedy}
	}
	return finding{name, stateFound, path, ""}
}

// findKernelspec looks at the kernelspec's file and whether it is this module's.
func findKernelspec(root string) finding {
	const name = "kernelspec"
	path := setup.KernelspecFile(root)
	text, err := os.ReadFile(path)
	if err != nil {
		return finding{name, stateMissing, path + " is not there", setupRemedy}
	}
	var got setup.Kernelspec
	want, err := setup.NewKernelspec(root)
	if err != nil {
		return finding{name, stateMissing, err.Error(), "move the module"}
	}
	if json.Unmarshal(text, &got) != nil || strings.Join(got.Argv, "\n") != strings.Join(want.Argv, "\n") {
		return finding{name, stateMissing, path + " is not this module's", setupRemedy}
	}
	return finding{name, stateFound, fmt.Sprintf("%q in %s", got.DisplayName, path), ""}
}

// findPlugin looks for the XLA CPU plugin's file.
func findPlugin(root string) finding {
	path, ok := place.Plugin(root)
	if !ok {
		return finding{
			"XLA plugin", stateWanting, "none: the pure-Go backend serves, up to 30 times slower",
			"run `fieldbook setup --fresh`; there is a wheel for Linux on x86-64 and arm64, and GoMLX's installer for others",
		}
	}
	return finding{"XLA plugin", stateFound, path, ""}
}

// findOpenBLAS looks for the library of float64 algebra. That it loads is seen when the backend does.
func findOpenBLAS(root string) finding {
	const name = "OpenBLAS"
	if path, ok := place.OpenBLAS(root); ok {
		return finding{name, stateFound, path, ""}
	}
	return finding{
		name, stateWanting, "none: float64 algebra runs on plain XLA and gonum, several times slower for large matrices",
		"run `fieldbook setup`; there is a wheel for Linux on x86-64 and arm64",
	}
}

// probeTimeout bounds the loading of the backend, which takes a quarter of a second.
const probeTimeout = 60 * time.Second

// findBackend loads the backend in a process of its own, since a broken plugin
// ends the process that loads it.
func findBackend(ctx context.Context) finding {
	const name = "backend"
	self, err := os.Executable()
	if err != nil {
		return finding{name, stateMissing, err.Error(), "build the command with `go build ./cmd/fieldbook`"}
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "doctor", "--probe")
	answer, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(answer)), "\n")
	last := strings.TrimPrefix(lines[len(lines)-1], "fieldbook: ")
	if err != nil {
		return finding{name, stateMissing, "does not load: " + last, "run `fieldbook setup --fresh`, or unset FIELDBOOK_BACKEND and GOMLX_BACKEND"}
	}
	if warning, ok := strings.CutPrefix(last, warningMark); ok {
		return finding{name, stateWanting, warning, setupRemedy}
	}
	return finding{name, stateFound, last, ""}
}

// warningMark begins printBackend's answer if something is lost with the backend.
const warningMark = "warning: "

// printBackend loads the backend and prints one line about it.
func printBackend(out io.Writer) error {
	b, err := backend.New()
	if err != nil {
		return err
	}
	defer b.Finalize()
	if b.Warning != "" {
		fmt.Fprintln(out, warningMark+b.Warning)
		return nil
	}
	fmt.Fprintf(out, "%s, %d device(s), %s\n", b.Choice, b.NumDevices(), b.Float64())
	return nil
}

// findGPU asks NVIDIA's own program whether there is a GPU.
func findGPU(ctx context.Context) finding {
	const name = "GPU"
	path, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return finding{name, stateFound, "none, and none is needed", ""}
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	answer, err := exec.CommandContext(ctx, path, "--query-gpu=name,memory.total", "--format=csv,noheader").Output()
	if err != nil {
		return finding{name, stateWanting, "nvidia-smi is there but fails: " + err.Error(), "see to NVIDIA's driver"}
	}
	return finding{name, stateFound, strings.ReplaceAll(strings.TrimSpace(string(answer)), "\n", "; "), ""}
}

// findStore looks whether the store can be written: a file is made and removed.
func findStore(root string) finding {
	const name = "store"
	folder := storeFolder(root)
	existing := folder
	for {
		if info, err := os.Stat(existing); err == nil && info.IsDir() {
			break
		}
		if filepath.Dir(existing) == existing {
			break
		}
		existing = filepath.Dir(existing)
	}
	file, err := os.CreateTemp(existing, ".fieldbook-doctor-*")
	if err != nil {
		return finding{name, stateMissing, folder + " cannot be written: " + err.Error(), "set " + store.Home + " to a folder that can"}
	}
	_ = file.Close()
	if err := os.Remove(file.Name()); err != nil {
		return finding{name, stateWanting, err.Error(), "remove it by hand"}
	}
	return finding{name, stateFound, folder, ""}
}

// Free space in bytes below which doctor speaks up: a set-up takes the first
// (measured; the caches of Go included), a checkpoint or two the second.
const (
	spaceForSetup = 2 << 30
	spaceForRuns  = 200 << 20
)

// findSpace looks at the free space where the environment and the store are.
func findSpace(root string) finding {
	const name = "disk space"
	free, err := freeSpace(root)
	if err != nil {
		return finding{name, stateWanting, err.Error(), "see to it that there are 2 GB"}
	}
	detail := setup.Bytes(free) + " free"
	_, err = os.Stat(place.Python(root))
	switch {
	case free < spaceForRuns:
		return finding{name, stateMissing, detail, "free at least 200 MB"}
	case err != nil && free < spaceForSetup:
		return finding{name, stateWanting, detail, "a set-up takes 2 GB, Go's caches included"}
	}
	return finding{name, stateFound, detail, ""}
}

// findBrowser looks for the browser that one test drives.
func findBrowser() finding {
	for _, program := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(program); err == nil {
			return finding{"browser for tests", stateFound, path, ""}
		}
	}
	return finding{"browser for tests", stateWanting, "no Chromium on the PATH", "on Debian or Ubuntu `sudo apt-get install chromium`; only a test needs it"}
}

// storeFolder returns the folder of the store: $FIELDBOOK_HOME, else the nearest
// .fieldbook at or above the working directory, else the one at root.
func storeFolder(root string) string {
	const folder = ".fieldbook"
	if set := os.Getenv(store.Home); set != "" {
		return set
	}
	working, err := os.Getwd()
	if err != nil {
		return filepath.Join(root, folder)
	}
	for dir := working; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, folder)); err == nil && info.IsDir() {
			return filepath.Join(dir, folder)
		}
		if filepath.Dir(dir) == dir {
			return filepath.Join(root, folder)
		}
	}
}
