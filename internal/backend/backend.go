package backend

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // registers "go", the fallback

	"github.com/fieldbook-go/fieldbook/internal/native"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/vjp"
)

// Environment variables by which a user chooses.
const (
	EnvChoice = "FIELDBOOK_BACKEND" // "xla:cpu", "xla:cuda", "go", or any configuration of GoMLX
	envGoMLX  = compute.ConfigEnvVar
	envCUDA   = "FIELDBOOK_CUDA_PLUGIN" // absolute path of xla_cuda_plugin.so, where the set-up did not install it
)

// PureGo is the fallback's configuration: its parallel mode deadlocks on two cores.
const PureGo = "go:ops_sequential"

// Backend is GoMLX's backend with closures that nest and programs that can be read.
type Backend struct {
	compute.Backend
	// Choice is what runs: "xla:cpu", "xla:cuda", "go", or what the user set.
	Choice string
	// Plugin is the XLA plugin's path, empty for the pure-Go backend.
	Plugin string
	// Warning says what is lost with this choice and what to do; empty if nothing is.
	Warning string

	// Native is OpenBLAS, which gonum calls too; nil without it.
	Native *native.Library

	xla     bool
	calls   bool       // programs call Native's handlers
	plain   error      // why programs, or all, do without Native
	mu      sync.Mutex // one program is read at a time
	reading *[]byte    // where Compile puts the text of the program being read; nil: it compiles
}

// config is a choice before it is opened.
type config struct{ choice, gomlx, plugin, warning string }

// New opens the backend that the user set, or the best one that this machine has.
func New() (*Backend, error) {
	if c := os.Getenv(EnvChoice); c != "" {
		return Open(c)
	}
	if c := os.Getenv(envGoMLX); c != "" {
		return open(config{choice: c, gomlx: c})
	}
	return Open("")
}

// Open opens a backend by name: "xla:cpu", "xla:cuda", "go", a configuration of GoMLX, or "" for the best available.
//
// Errors: an unknown name; a plugin that is missing or does not load; a release of go-xla that this package was not built for.
func Open(choice string) (*Backend, error) {
	noDownloads()
	switch choice {
	case "":
		return best()
	case "xla:cpu":
		path, ok := cpuPlugin()
		if !ok {
			return nil, errors.New("backend: no XLA plugin for the CPU was found, run `fieldbook setup`")
		}
		return open(config{choice: choice, gomlx: "xla:" + path, plugin: path})
	case "xla:cuda":
		path, ok := cudaPlugin()
		if !ok {
			return nil, fmt.Errorf("backend: no XLA plugin for CUDA was found, want $%s to be its absolute path", envCUDA)
		}
		return open(config{choice: choice, gomlx: "xla:" + path + ",notf32", plugin: path})
	case "go":
		return open(config{choice: choice, gomlx: PureGo})
	}
	name, _, _ := strings.Cut(choice, ":")
	if name != "xla" && name != "go" {
		return nil, fmt.Errorf("backend: %q is unknown, want xla:cpu, xla:cuda or go", choice)
	}
	return open(config{choice: choice, gomlx: choice})
}

// best is XLA on a GPU, on the CPU, or pure Go.
func best() (*Backend, error) {
	if !linked {
		return open(config{choice: "go", gomlx: PureGo, warning: "this program was built without a C compiler, and so without XLA: running in pure Go, up to 30 times slower, without FFT and complex numbers. Install gcc (on Debian: apt-get install gcc libc6-dev) and build again."})
	}
	if path, ok := cudaPlugin(); ok && hasGPU() {
		if b, err := open(config{choice: "xla:cuda", gomlx: "xla:" + path + ",notf32", plugin: path}); err == nil {
			return b, nil
		}
	}
	if path, ok := cpuPlugin(); ok {
		return open(config{choice: "xla:cpu", gomlx: "xla:" + path, plugin: path})
	}
	if b, err := open(config{choice: "xla:cpu", gomlx: "xla:cpu"}); err == nil {
		return b, nil // left by GoMLX's own installer, where the wheel does not exist
	}
	return open(config{
		choice: "go", gomlx: PureGo,
		warning: "no XLA plugin was found: running in pure Go, up to 30 times slower, without FFT and complex numbers. Run `fieldbook setup`, then `fieldbook doctor`.",
	})
}

// open makes the decorated backend. GoMLX panics on some bad configurations; they come back as errors.
func open(c config) (b *Backend, err error) {
	if err := CheckInternals(); err != nil {
		return nil, err
	}
	if c.plugin != "" {
		if err := checkPlugin(c.plugin); err != nil {
			return nil, err
		}
	}
	defer func() {
		if e := recover(); e != nil {
			b, err = nil, fmt.Errorf("backend: opening %q: %v", c.choice, e)
		}
	}()
	inner, err := compute.NewWithConfig(c.gomlx)
	if err != nil {
		return nil, fmt.Errorf("backend: opening %q: %w", c.choice, err)
	}
	vjp.Register()
	b = &Backend{Backend: inner, Choice: c.choice, Plugin: c.plugin, Warning: c.warning, xla: isXLA(inner)}
	return b, b.useNative()
}

// XLA says whether programs are compiled by XLA.
func (b *Backend) XLA() bool { return b.xla }

// checkPlugin refuses what is clearly no shared library: loading a damaged one ends the process.
func checkPlugin(path string) error {
	if runtime.GOOS != "linux" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("backend: plugin: %w", err)
	}
	defer f.Close()
	magic := make([]byte, 4)
	if _, err := f.Read(magic); err != nil || string(magic) != "\x7fELF" {
		return fmt.Errorf("backend: %s is not a shared library, remove the environment's folder and run `fieldbook setup`", path)
	}
	return nil
}

// cpuPlugin is the plugin that the set-up installed, or one that GoMLX's own installer left.
func cpuPlugin() (string, bool) {
	root, err := place.Root()
	if err != nil {
		return "", false
	}
	return place.Plugin(root)
}

// cudaPlugin is the plugin named by the user, or the one of the wheel in the environment.
func cudaPlugin() (string, bool) {
	if path := os.Getenv(envCUDA); path != "" {
		return path, true
	}
	root, err := place.Root()
	if err != nil {
		return "", false
	}
	found, err := filepath.Glob(filepath.Join(place.Venv(root), "lib", "python3*", "site-packages", "jax_plugins", "xla_cuda*", "xla_cuda_plugin.so"))
	if err != nil || len(found) == 0 {
		return "", false
	}
	return found[0], true
}

// hasGPU says whether an NVIDIA driver is loaded.
func hasGPU() bool {
	_, err := os.Stat("/proc/driver/nvidia/version")
	return err == nil
}
