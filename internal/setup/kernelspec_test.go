package setup_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/heap"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

func TestKernelspec(t *testing.T) {
	t.Setenv(place.EnvVariable, "")
	root := filepath.Join(t.TempDir(), "a $HOME of its own")
	spec, err := setup.NewKernelspec(root)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Argv          []string
		DisplayName   string `json:"display_name"`
		Language      string
		InterruptMode string `json:"interrupt_mode"`
		Env           map[string]string
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.DisplayName != "Fieldbook (Go)" || got.Language != "go" || got.InterruptMode != "message" {
		t.Errorf("kernel.json = %s, want our title, go, and interrupts by message", text)
	}
	if len(got.Argv) < 4 || got.Argv[0] != place.Tool(root, "gonb") || !filepath.IsAbs(got.Argv[0]) ||
		got.Argv[1] != "--kernel" || got.Argv[2] != "{connection_file}" || !slices.Contains(got.Argv, "-go_work="+root) {
		t.Errorf("argv = %q, want gonb by absolute path on the module", got.Argv)
	}
	// Jupyter replaces $HOME unless the dollar sign is doubled.
	doubled := strings.ReplaceAll(root, "$", "$$")
	if got.Env[place.RootVariable] != doubled {
		t.Errorf("%s = %q, want %q", place.RootVariable, got.Env[place.RootVariable], doubled)
	}
	path := strings.Split(got.Env["PATH"], string(os.PathListSeparator))
	if len(path) != 3 || !strings.HasSuffix(path[0], "shim") || path[2] != "${PATH}" {
		t.Errorf("PATH = %q, want the stand-in for go, the tools, and the user's", path)
	}
	if flags := got.Env["GOFLAGS"]; !strings.Contains(flags, "'-ldflags=-s -linkmode=internal'") {
		t.Errorf("GOFLAGS = %q, want the quick link flags", flags)
	}
	if value, ok := got.Env["GOWORK"]; !ok || value != "" {
		t.Errorf("GOWORK = %q, %v; want it cleared, since GoNB works in a workspace", value, ok)
	}
	if got.Env[heap.Variable] != heap.Tunables {
		t.Errorf("%s = %q, want %q", heap.Variable, got.Env[heap.Variable], heap.Tunables)
	}
	if got.Env["GOMLX_NO_AUTO_INSTALL"] != "1" {
		t.Error("a cell could start a download")
	}
}

func TestKernelspecRefusesComma(t *testing.T) {
	if _, err := setup.NewKernelspec("/a,b"); err == nil || !strings.Contains(err.Error(), "comma") {
		t.Fatalf("err = %v, want one about the comma", err)
	}
}

func TestShim(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no stand-in on Windows")
	}
	dir := t.TempDir()
	// The real go of this test tells what it was given.
	real := filepath.Join(dir, "it's go")
	script := "#!/bin/sh\necho \"args=$* GOGC=$GOGC GOPROXY=$GOPROXY\"\nexit 7\n"
	if err := os.WriteFile(real, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	shim := filepath.Join(dir, "go")
	if err := os.WriteFile(shim, []byte(setup.Shim(real)), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string // "" if the shim answers itself, with success
	}{
		{[]string{"get"}, ""},
		{[]string{"get", "-t"}, ""},
		{[]string{"get", "example.com/x@latest"}, "args=get example.com/x@latest GOGC= GOPROXY=direct\n"},
		{[]string{"build", "-o", "a b"}, "args=build -o a b GOGC=off GOPROXY=off\n"},
		{[]string{"work", "init"}, "args=work init GOGC= GOPROXY=direct\n"},
	} {
		cmd := exec.Command(shim, c.args...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GOPROXY=direct"}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		wantStatus := 7
		if c.want == "" {
			wantStatus = 0
		}
		if out.String() != c.want || cmd.ProcessState.ExitCode() != wantStatus {
			t.Errorf("go %v = %q, %v; want %q and status %d", c.args, out.String(), err, c.want, wantStatus)
		}
	}
}

func TestFindGoPassesOverTheShim(t *testing.T) {
	env := t.TempDir()
	shim, other := filepath.Join(env, "shim"), t.TempDir()
	name := "go"
	if runtime.GOOS == "windows" {
		name = "go.exe"
	}
	for _, dir := range []string{shim, other} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", shim+string(os.PathListSeparator)+other)
	if path, err := setup.FindGo(env); err != nil || path != filepath.Join(other, name) {
		t.Fatalf("FindGo = %q, %v; want the one that is not the stand-in", path, err)
	}
	t.Setenv("PATH", shim)
	if path, err := setup.FindGo(env); err == nil {
		t.Fatalf("FindGo = %q, want ErrNoGo", path)
	}
}

func TestModuleZip(t *testing.T) {
	got := setup.ModuleZip("/cache", "github.com/BurntSushi/toml", "v1.6.0")
	want := filepath.Join("/cache", "cache", "download", "github.com", "!burnt!sushi", "toml", "@v", "v1.6.0.zip")
	if got != want {
		t.Fatalf("ModuleZip = %q, want %q", got, want)
	}
}

func TestEnviron(t *testing.T) {
	t.Setenv(place.EnvVariable, "")
	root := t.TempDir()
	environ := setup.Environ(root, []string{
		"PATH=/usr/bin", "HOME=/home/x", "JUPYTER_CONFIG_DIR=/home/x/.jupyter", "PYTHONPATH=/else", "JUPYTER_TOKEN=", "FIELDBOOK_ROOT=/else",
	})
	values := make(map[string]string)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if _, twice := values[name]; twice {
			t.Errorf("%s is set twice", name)
		}
		values[name] = value
	}
	if values["HOME"] != "/home/x" || values[place.RootVariable] != root {
		t.Errorf("HOME = %q, %s = %q; want the first kept, the second ours", values["HOME"], place.RootVariable, values[place.RootVariable])
	}
	if path := values["PATH"]; !strings.HasPrefix(path, place.Venv(root)) || !strings.HasSuffix(path, "/usr/bin") {
		t.Errorf("PATH = %q, want the virtual environment first and the user's after it", path)
	}
	for _, name := range []string{"JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"} {
		if !strings.HasPrefix(values[name], place.Env(root)) {
			t.Errorf("%s = %q, want it in the environment's folder", name, values[name])
		}
	}
	for _, name := range []string{"PYTHONPATH", "JUPYTER_TOKEN"} {
		if value, ok := values[name]; ok {
			t.Errorf("%s = %q, want it gone", name, value)
		}
	}
}
