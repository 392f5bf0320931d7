// Package place says where things are: the module's root, the environment
// that `fieldbook setup` makes, and the programs and the plugin inside it.
// It starts nothing, makes nothing and imports only the standard library,
// since every notebook cell links it.
package place

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Module is the path of the module whose root Root looks for.
const Module = "github.com/fieldbook-go/fieldbook"

// Names of the environment variables that override the search.
const (
	RootVariable = "FIELDBOOK_ROOT" // folder of the module's go.mod
	EnvVariable  = "FIELDBOOK_ENV"  // folder of the environment
)

// EnvName is the folder, below the module's root, that holds the environment
// unless EnvVariable names another.
const EnvName = ".fieldbook-env"

// ErrNoRoot says that no module root was found.
var ErrNoRoot = errors.New("the Fieldbook module was not found")

// wheelPlugin is the XLA CPU plugin's file below a site-packages folder.
const wheelPlugin = "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so"

// wheelOpenBLAS is OpenBLAS's file below a site-packages folder.
const wheelOpenBLAS = "scipy_openblas64/lib/libscipy_openblas64_.so"

// Root returns the absolute path of the folder that holds the module's go.mod.
// It takes, in order: $FIELDBOOK_ROOT; the nearest folder at or above the
// working directory whose go.mod declares Module; the folder that the last
// set-up wrote to PointerFile. Its error wraps ErrNoRoot if there is none.
func Root() (string, error) {
	if set := os.Getenv(RootVariable); set != "" {
		root, err := filepath.Abs(set)
		if err != nil {
			return "", fmt.Errorf("place: %s = %q: %w", RootVariable, set, err)
		}
		if !declaresModule(filepath.Join(root, "go.mod")) {
			return "", fmt.Errorf("place: %s = %q, want the folder of module %s: %w", RootVariable, set, Module, ErrNoRoot)
		}
		return root, nil
	}
	working, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("place: working directory: %w", err)
	}
	if root, ok := rootAbove(working); ok {
		return root, nil
	}
	if root, ok := pointedRoot(); ok {
		return root, nil
	}
	return "", fmt.Errorf("place: %w at or above %s; go to its folder or set %s", ErrNoRoot, working, RootVariable)
}

// rootAbove walks from dir to the file system's root and returns the first
// folder whose go.mod declares Module.
func rootAbove(dir string) (string, bool) {
	for {
		if declaresModule(filepath.Join(dir, "go.mod")) {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

// declaresModule tells whether the go.mod file at path declares Module.
func declaresModule(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "module" {
			return strings.Trim(fields[1], `"`) == Module
		}
	}
	return false
}

// PointerFile returns the file, in the user's configuration folder, in which
// set-up notes the module's root for programs that are started elsewhere.
func PointerFile() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("place: user's configuration folder: %w", err)
	}
	return filepath.Join(config, "fieldbook", "root"), nil
}

// pointedRoot returns the root that PointerFile names, if it still holds the
// module.
func pointedRoot() (string, bool) {
	pointer, err := PointerFile()
	if err != nil {
		return "", false
	}
	text, err := os.ReadFile(pointer)
	if err != nil {
		return "", false
	}
	root := strings.TrimSpace(string(text))
	return root, filepath.IsAbs(root) && declaresModule(filepath.Join(root, "go.mod"))
}

// Env returns the folder of the environment of the module at root:
// $FIELDBOOK_ENV if that is set, else EnvName below root.
func Env(root string) string {
	if set := os.Getenv(EnvVariable); set != "" {
		if abs, err := filepath.Abs(set); err == nil {
			return abs
		}
	}
	return filepath.Join(root, EnvName)
}

// Venv returns the folder of the Python virtual environment.
func Venv(root string) string { return filepath.Join(Env(root), "venv") }

// Python returns the path of the virtual environment's Python.
func Python(root string) string { return VenvProgram(root, "python") }

// VenvProgram returns the path of a program, such as "jupyter-lab", that is
// installed in the virtual environment.
func VenvProgram(root, name string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(Venv(root), "Scripts", name+".exe")
	}
	return filepath.Join(Venv(root), "bin", name)
}

// Tools returns the folder of the Go programs that set-up builds: gonb, gopls,
// goimports and the checkers.
func Tools(root string) string { return filepath.Join(Env(root), "bin") }

// Tool returns the path of one of the programs in Tools.
func Tool(root, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(Tools(root), name)
}

// Plugin returns the absolute path of the XLA CPU plugin in the environment,
// and whether there is such a file: the one of the Python wheel, else the one
// that GoMLX's installer left in InstalledPlugins.
func Plugin(root string) (path string, ok bool) {
	if path, ok := inPackages(root, wheelPlugin); ok {
		return path, true
	}
	folder := filepath.Join(InstalledPlugins(root), "go-xla")
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", false // the usual case: the wheel exists or nothing does
	}
	for _, entry := range entries {
		stem := strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name()))
		candidate := filepath.Join(folder, entry.Name())
		if strings.HasPrefix(stem, "pjrt_c_api_cpu_") && strings.HasSuffix(stem, "_plugin") && isFile(candidate) {
			return candidate, true
		}
	}
	return "", false
}

// OpenBLAS returns the absolute path of the library that does dense float64
// algebra, and whether there is such a file in the environment.
func OpenBLAS(root string) (path string, ok bool) { return inPackages(root, wheelOpenBLAS) }

// inPackages looks for a file, named from a site-packages folder.
func inPackages(root, name string) (path string, ok bool) {
	for _, packages := range sitePackages(root) {
		candidate := filepath.Join(packages, filepath.FromSlash(name))
		if isFile(candidate) {
			return candidate, true
		}
	}
	return "", false
}

// InstalledPlugins returns the folder into which set-up lets GoMLX's installer
// put plugins, in its folder go-xla, where the wheel does not exist.
func InstalledPlugins(root string) string { return filepath.Join(Env(root), "lib") }

// isFile tells whether path is a file that is not empty.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// sitePackages returns the folders of installed packages that the virtual
// environment may have; they need not exist.
func sitePackages(root string) []string {
	if runtime.GOOS == "windows" {
		return []string{filepath.Join(Venv(root), "Lib", "site-packages")}
	}
	lib := filepath.Join(Venv(root), "lib")
	entries, err := os.ReadDir(lib)
	if err != nil {
		return nil // no environment yet
	}
	var folders []string
	for _, entry := range entries {
		folders = append(folders, filepath.Join(lib, entry.Name(), "site-packages"))
	}
	return folders
}
