package setup

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// Lock is the lock file of the Python packages: exact versions with hashes.
// The comment at its head says how it is made again from requirements.in.
//
//go:embed requirements.lock
var Lock string

// The packages, in Lock, whose wheels hold shared libraries for Go: the XLA CPU
// plugin and OpenBLAS.
const (
	pluginPackage   = "xla-cpu-pjrt"
	openBLASPackage = "scipy-openblas64"
)

// PythonVariable names the environment variable that says which Python to take.
const PythonVariable = "FIELDBOOK_PYTHON"

// oldestPython is the least version of Python 3 that the packages in Lock take.
const oldestPython = 10

// probeTimeout bounds the time in which a Python has to say its version.
const probeTimeout = 20 * time.Second

// Python is an interpreter from which a virtual environment can be made.
type Python struct {
	Path    string `json:"executable"`
	Version [3]int `json:"version"`
	Venv    bool   `json:"venv"` // has the modules venv and ensurepip
	Libc    string `json:"libc"` // "glibc", or another or no name
}

// probe makes a Python describe itself as JSON.
const probe = `
import json, platform, sys
try:
    import venv, ensurepip
    has = True
except ImportError:
    has = False
print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]), "venv": has, "libc": platform.libc_ver()[0]}))
`

// ErrNoPython says that no fit Python was found.
var ErrNoPython = errors.New("no Python to build the environment from")

// PythonNames returns the programs that FindPython should try, best first:
// $FIELDBOOK_PYTHON alone if that is set.
func PythonNames() []string {
	if set := os.Getenv(PythonVariable); set != "" {
		return []string{set}
	}
	names := []string{"python3"}
	for minor := 13; minor >= oldestPython; minor-- {
		names = append(names, fmt.Sprintf("python3.%d", minor))
	}
	return append(names, "python3.14", "python")
}

// FindPython returns the first of the named programs that is Python 3.10 or
// newer and can make virtual environments.
//
// Errors: ErrNoPython, with what was found and what to install.
func FindPython(ctx context.Context, names []string) (Python, error) {
	var found []string
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		python, err := probePython(ctx, path)
		switch {
		case ctx.Err() != nil:
			return Python{}, ctx.Err()
		case err != nil:
			found = append(found, fmt.Sprintf("%s does not answer", path))
		case python.Version[0] != 3 || python.Version[1] < oldestPython:
			found = append(found, fmt.Sprintf("%s is version %s", path, python.version()))
		case !python.Venv:
			found = append(found, fmt.Sprintf("%s (version %s) lacks its venv module", path, python.version()))
		default:
			return python, nil
		}
	}
	what := "none found among " + strings.Join(names, ", ")
	if len(found) > 0 {
		what = strings.Join(found, "; ")
	}
	return Python{}, fmt.Errorf("%w: %s; want Python 3.%d or newer with its venv module: %s; or set %s to such a Python",
		ErrNoPython, what, oldestPython, pythonAdvice(), PythonVariable)
}

// probePython asks the program at path what it is.
func probePython(ctx context.Context, path string) (Python, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-I", "-c", probe)
	Isolate(cmd)
	cmd.WaitDelay = grace
	answer, err := cmd.Output()
	if err != nil {
		return Python{}, fmt.Errorf("%s: %w", path, err)
	}
	var python Python
	if err := json.Unmarshal(answer, &python); err != nil {
		return Python{}, fmt.Errorf("%s: %w", path, err)
	}
	return python, nil
}

// version returns the version as "3.11.7".
func (p Python) version() string {
	return fmt.Sprintf("%d.%d.%d", p.Version[0], p.Version[1], p.Version[2])
}

// pythonAdvice says how a Python is installed on this system.
func pythonAdvice() string {
	switch runtime.GOOS {
	case "linux":
		return "on Debian or Ubuntu `sudo apt-get install python3 python3-venv`, on Fedora `sudo dnf install python3`"
	case "darwin":
		return "`brew install python3`"
	case "windows":
		return "`winget install Python.Python.3.13`"
	}
	return "install it with this system's package manager"
}

// hasWheels tells whether the plugin's wheel and OpenBLAS's exist for this system.
func (p Python) hasWheels() bool {
	return runtime.GOOS == "linux" && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") && p.Libc == "glibc"
}

// pythonStep makes the virtual environment and installs the packages of Lock.
// It always starts from an empty folder: a package that was half unpacked when
// an earlier set-up was killed cannot be told from a whole one.
func pythonStep(root string, names []string) Step {
	venv := place.Venv(root)
	return Step{
		Name:    "Python packages",
		Inputs:  strings.Join([]string{Lock, venv, os.Getenv(PythonVariable)}, "\n"),
		Outputs: []string{place.Python(root), place.VenvProgram(root, "jupyter-lab")},
		Remote:  true,
		Do: func(ctx context.Context, task *Task) error {
			python, err := FindPython(ctx, names)
			if err != nil {
				return err
			}
			task.Note("virtual environment")
			if err := os.RemoveAll(venv); err != nil {
				return err
			}
			environ := pythonEnviron()
			if err := (command{env: environ, args: []string{python.Path, "-I", "-m", "venv", venv}}).run(ctx, task); err != nil {
				return err
			}
			return installPackages(ctx, task, root, python, environ)
		},
	}
}

// installPackages installs the packages of Lock into the virtual environment.
func installPackages(ctx context.Context, task *Task, root string, python Python, environ []string) error {
	lock := Lock
	if !python.hasWheels() {
		lock = WithoutPackage(WithoutPackage(lock, pluginPackage), openBLASPackage)
	}
	file := filepath.Join(place.Env(root), "requirements.lock")
	if err := replaceFile(file, []byte(lock), 0o644); err != nil {
		return err
	}
	collected, total := 0, len(packageLines(lock))
	return command{
		env: environ,
		args: []string{
			place.Python(root), "-I", "-u", "-m", "pip", "install", "--no-input", "--disable-pip-version-check",
			"--retries", "5", "--progress-bar", "off", "--require-hashes", "--only-binary=:all:", "--no-deps", "-r", file,
		},
		line: func(line string) {
			if strings.HasPrefix(line, "Collecting ") {
				collected++
				task.Note("%d of at most %d packages found", collected, total)
			}
			if strings.HasPrefix(line, "Installing collected") {
				task.Note("unpacking")
			}
			task.AddFetched(DownloadedBytes(line))
		},
	}.runRetrying(ctx, task)
}

// pythonEnviron is this process's environment without what would lead pip out
// of the virtual environment. Indexes, certificates and proxies stay.
func pythonEnviron() []string {
	return without(os.Environ(), "PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV")
}

// downloadSize finds the size in pip's line "Downloading x.whl (63.1 MB)".
var downloadSize = regexp.MustCompile(`^\s*Downloading .*\(([0-9.]+) ?(bytes|kB|MB|GB)\)`)

// DownloadedBytes returns the size that a line of pip's output gives for a
// download, to pip's one decimal; 0 for any other line.
func DownloadedBytes(line string) int64 {
	match := downloadSize.FindStringSubmatch(line)
	if match == nil {
		return 0
	}
	size, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		return 0 // such as "1.2.3": not a size
	}
	unit := map[string]float64{"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[match[2]]
	return int64(size * unit)
}

// packageLines returns the lines of a lock file that name a package.
func packageLines(lock string) []string {
	var names []string
	for line := range strings.Lines(lock) {
		if strings.Contains(line, "==") && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	return names
}

// WithoutPackage returns a lock file without one package and its hashes.
func WithoutPackage(lock, name string) string {
	var kept strings.Builder
	skipping := false
	for line := range strings.Lines(lock) {
		if !strings.HasPrefix(line, " ") {
			skipping = strings.HasPrefix(line, name+"==")
		}
		if !skipping {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
