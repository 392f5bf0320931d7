package setup_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// fakePython writes a program that answers as a Python would, and returns its path.
func fakePython(t *testing.T, version string, venv bool) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for Python is a shell script")
	}
	path := filepath.Join(t.TempDir(), "python")
	answer := fmt.Sprintf(`{"executable": %q, "version": [%s], "venv": %v, "libc": "glibc"}`, path, version, venv)
	script := "#!/bin/sh\ncat <<'EOS'\n" + answer + "\nEOS\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindPython(t *testing.T) {
	old, bare := fakePython(t, "3, 9, 2", true), fakePython(t, "3, 12, 1", false)
	good, better := fakePython(t, "3, 10, 0", true), fakePython(t, "3, 13, 0", true)
	cases := []struct {
		name  string
		names []string
		want  string   // path; "" for ErrNoPython
		says  []string // parts of the message
	}{
		{"the first that is fit", []string{"no-such-python", old, bare, good, better}, good, nil},
		{"none at all", []string{"no-such-python"}, "", []string{"no-such-python", "3.10", "FIELDBOOK_PYTHON"}},
		{"too old", []string{old}, "", []string{old, "3.9.2", "3.10 or newer"}},
		{"without venv", []string{bare}, "", []string{bare, "lacks its venv module"}},
		{"no Python", []string{"/bin/false"}, "", []string{"/bin/false does not answer"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			python, err := setup.FindPython(t.Context(), c.names)
			if c.want != "" {
				if err != nil || python.Path != c.want {
					t.Fatalf("FindPython = %q, %v; want %q", python.Path, err, c.want)
				}
				return
			}
			if !errors.Is(err, setup.ErrNoPython) {
				t.Fatalf("err = %v, want ErrNoPython", err)
			}
			for _, part := range c.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("message %q lacks %q", err, part)
				}
			}
		})
	}
}

func TestPythonNamesTakesTheUsersAlone(t *testing.T) {
	t.Setenv(setup.PythonVariable, "/opt/python")
	if names := setup.PythonNames(); len(names) != 1 || names[0] != "/opt/python" {
		t.Fatalf("PythonNames = %v, want the variable's alone", names)
	}
}

func TestDownloadedBytes(t *testing.T) {
	for line, want := range map[string]int64{
		"  Downloading xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_x86_64.whl (63.1 MB)": 63_100_000,
		"Downloading anyio-4.16.0-py3-none-any.whl (116 kB)":                            116_000,
		"  Downloading six-1.17.0-py2.py3-none-any.whl.metadata (1.7 kB)":               1_700,
		"  Downloading x.whl (512 bytes)":                                               512,
		"  Using cached x.whl (63.1 MB)":                                                0,
		"Collecting x==1 (from -r requirements.lock (line 3))":                          0,
	} {
		if got := setup.DownloadedBytes(line); got != want {
			t.Errorf("DownloadedBytes(%q) = %d, want %d", line, got, want)
		}
	}
}

// entries splits a lock file into a package line and its hashes each.
func entries(lock string) map[string][]string {
	found := make(map[string][]string)
	current := ""
	for line := range strings.Lines(lock) {
		line = strings.TrimSuffix(strings.TrimRight(line, "\n"), " \\")
		switch {
		case strings.HasPrefix(line, "#"), line == "":
		case strings.HasPrefix(line, " "):
			found[current] = append(found[current], strings.TrimSpace(line))
		default:
			current = line
			found[current] = nil
		}
	}
	return found
}

func TestLockPinsEverything(t *testing.T) {
	// A name, an exact version, and perhaps a condition.
	pin := regexp.MustCompile(`^[a-z0-9-]+==[0-9][0-9A-Za-z.]*( ; .+)?$`)
	hash := regexp.MustCompile(`^--hash=sha256:[0-9a-f]{64}$`)
	packages := entries(setup.Lock)
	for _, wanted := range []string{"jupyterlab==4.6.", "nbclient==", "h5py==3.", "scipy==1.", "xla-cpu-pjrt==0.0.1 ; sys_platform == 'linux'", "scipy-openblas64==0.3.34.0.0 ; sys_platform == 'linux'"} {
		if !strings.Contains(setup.Lock, "\n"+wanted) {
			t.Errorf("the lock lacks %s", wanted)
		}
	}
	for name, hashes := range packages {
		if !pin.MatchString(name) {
			t.Errorf("%q is not one exact version", name)
		}
		if len(hashes) == 0 {
			t.Errorf("%q has no hash", name)
		}
		for _, h := range hashes {
			if !hash.MatchString(h) {
				t.Errorf("%q: %q is not a SHA-256", name, h)
			}
		}
	}
	if strings.Contains(setup.Lock, "://") || strings.Contains(setup.Lock, "--index") || strings.Contains(setup.Lock, "--find-links") {
		t.Error("the lock names where packages come from; that is each user's to choose")
	}
}

func TestWithoutPackage(t *testing.T) {
	const plugin = "xla-cpu-pjrt"
	before, after := entries(setup.Lock), entries(setup.WithoutPackage(setup.Lock, plugin))
	if len(after) != len(before)-1 {
		t.Fatalf("%d packages of %d are left, want one less", len(after), len(before))
	}
	for name, hashes := range before {
		if strings.HasPrefix(name, plugin) {
			if _, ok := after[name]; ok {
				t.Errorf("%q is still there", name)
			}
		} else if len(after[name]) != len(hashes) {
			t.Errorf("%q has %d hashes, want %d", name, len(after[name]), len(hashes))
		}
	}
}
