package setup

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/heap"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// Names of the kernel: in Jupyter's interfaces and in its menus.
const (
	KernelName  = "fieldbook"
	KernelTitle = "Fieldbook (Go)"
)

// logo is the kernel's picture in JupyterLab's launcher.
//
//go:embed logo.svg
var logo []byte

// Kernelspec is what Jupyter reads from kernel.json.
type Kernelspec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
}

// NewKernelspec returns the kernelspec of the module at root. In its Env Jupyter
// replaces $NAME by the variable of that name: other dollar signs are doubled.
//
// Errors: if root holds a comma, at which GoNB splits its list of folders.
func NewKernelspec(root string) (Kernelspec, error) {
	if strings.Contains(root, ",") {
		return Kernelspec{}, fmt.Errorf("setup: root = %q, want a path without a comma", root)
	}
	env := place.Env(root)
	literal := func(text string) string { return strings.ReplaceAll(text, "$", "$$") }
	path := []string{literal(shimDir(env)), literal(place.Tools(root)), "${PATH}"}
	return Kernelspec{
		Argv: []string{
			place.Tool(root, "gonb"), "--kernel", "{connection_file}",
			"-go_work=" + root,
			// What the kernel has to say goes to a file: at shutdown it
			// writes a stack trace that means nothing.
			"-logtostderr=false", "-stderrthreshold=FATAL", "-log_file=" + KernelLog(env), "-log_file_max_size=16",
		},
		DisplayName:   KernelTitle,
		Language:      "go",
		InterruptMode: "message",
		Env: map[string]string{
			"PATH":                  strings.Join(path, string(os.PathListSeparator)),
			"GOFLAGS":               "'-ldflags=-s -linkmode=internal' -buildvcs=false",
			"GOWORK":                "",
			"GOMLX_NO_AUTO_INSTALL": "1",
			heap.Variable:           heap.Tunables,
			place.RootVariable:      literal(root),
			place.EnvVariable:       literal(env),
		},
	}, nil
}

// KernelLog is the file in which kernels log.
func KernelLog(env string) string { return filepath.Join(Logs(env), "kernel.log") }

// shimDir is the folder of the go stand-in for cells.
func shimDir(env string) string { return filepath.Join(env, "shim") }

// Shim returns the script that stands in for the go command in cells; see
// docs/adr/0002-go-shim-in-the-kernel.md.
func Shim(goCommand string) string {
	quoted := "'" + strings.ReplaceAll(goCommand, "'", `'\''`) + "'"
	return `#!/bin/sh
# Stands in for the go command in notebook cells. GoNB runs a bare "go get"
# before each cell, which asks the network for what the module already pins.
case "$*" in
get | "get -t") exit 0 ;;
esac
# A build is short: it ends before collecting garbage would pay.
case "$1" in
build) GOGC=off GOPROXY=off && export GOGC GOPROXY ;;
esac
exec ` + quoted + ` "$@"
`
}

// kernelStep writes the kernelspec, the stand-in for go and Jupyter's
// configuration.
func kernelStep(root string) (Step, error) {
	env := place.Env(root)
	spec, err := NewKernelspec(root)
	if err != nil {
		return Step{}, err
	}
	goCommand, err := FindGo(env)
	if err != nil {
		return Step{}, fmt.Errorf("setup: %w", err)
	}
	folder := filepath.Join(jupyterData(env), "kernels", KernelName)
	files, err := jupyterFiles(env)
	if err != nil {
		return Step{}, err
	}
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return Step{}, fmt.Errorf("setup: kernelspec: %w", err)
	}
	files = append(files,
		plainFile{filepath.Join(folder, "logo-svg.svg"), logo, 0o644},
		plainFile{filepath.Join(folder, "kernel.json"), append(text, '\n'), 0o644},
	)
	if runtime.GOOS != "windows" { // no shell there: cells are slower, and right
		files = append(files, plainFile{filepath.Join(shimDir(env), "go"), []byte(Shim(goCommand)), 0o755})
	}
	return filesStep(`kernel "`+KernelTitle+`"`, Logs(env), files), nil
}

// plainFile is a file that set-up writes.
type plainFile struct {
	path    string
	content []byte
	mode    uint32
}

// filesStep returns the step that makes a folder and writes files.
func filesStep(name, folder string, files []plainFile) Step {
	var inputs strings.Builder
	outputs := []string{folder}
	for _, file := range files {
		fmt.Fprintf(&inputs, "%s\n%o\n%s\n", file.path, file.mode, file.content)
		outputs = append(outputs, file.path)
	}
	return Step{
		Name:    name,
		Inputs:  inputs.String(),
		Outputs: outputs,
		Do: func(context.Context, *Task) error {
			return writeFiles(folder, files)
		},
	}
}

// KernelspecFile returns the path of the kernelspec of the module at root.
func KernelspecFile(root string) string {
	return filepath.Join(jupyterData(place.Env(root)), "kernels", KernelName, "kernel.json")
}
