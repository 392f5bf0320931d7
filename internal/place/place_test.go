package place_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// write makes a file and the folders above it.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// isolate clears what would lead Root out of the test's own folders, and
// returns such a folder.
func isolate(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(place.RootVariable, "")
	t.Setenv(place.EnvVariable, "")
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	t.Setenv("AppData", filepath.Join(dir, "config"))
	return dir
}

const ourModule = "// a comment\n\nmodule " + place.Module + "\n\ngo 1.26\n"

func TestRoot(t *testing.T) {
	cases := []struct {
		name    string
		files   map[string]string // relative path: text
		working string
		rootEnv string // relative; "" leaves it unset
		pointer string // relative root in the pointer file; "" for none
		want    string // relative root; "" for ErrNoRoot
	}{
		{"at the root", map[string]string{"m/go.mod": ourModule}, "m", "", "", "m"},
		{"below the root", map[string]string{"m/go.mod": ourModule, "m/a/b/c/x": ""}, "m/a/b/c", "", "", "m"},
		{"past another module", map[string]string{"m/go.mod": ourModule, "m/tools/go.mod": "module fieldbook/tools\n"}, "m/tools", "", "", "m"},
		{"a longer module path", map[string]string{"m/go.mod": "module " + place.Module + "/v2\n"}, "m", "", "", ""},
		{"variable wins", map[string]string{"m/go.mod": ourModule, "n/go.mod": ourModule}, "m", "n", "", "n"},
		{"variable is wrong", map[string]string{"m/go.mod": ourModule, "n/x": ""}, "m", "n", "", ""},
		{"pointer", map[string]string{"m/go.mod": ourModule, "else/x": ""}, "else", "", "m", "m"},
		{"working directory before pointer", map[string]string{"m/go.mod": ourModule, "n/go.mod": ourModule}, "m", "", "n", "m"},
		{"stale pointer", map[string]string{"else/x": ""}, "else", "", "gone", ""},
		{"nothing", map[string]string{"else/x": ""}, "else", "", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := isolate(t)
			for path, text := range c.files {
				write(t, filepath.Join(dir, path), text)
			}
			if c.rootEnv != "" {
				t.Setenv(place.RootVariable, filepath.Join(dir, c.rootEnv))
			}
			if c.pointer != "" {
				pointer, err := place.PointerFile()
				if err != nil {
					t.Fatal(err)
				}
				write(t, pointer, filepath.Join(dir, c.pointer)+"\n")
			}
			t.Chdir(filepath.Join(dir, c.working))
			got, err := place.Root()
			if c.want == "" {
				if !errors.Is(err, place.ErrNoRoot) {
					t.Fatalf("Root() = %q, %v; want ErrNoRoot", got, err)
				}
				return
			}
			if err != nil || got != filepath.Join(dir, c.want) {
				t.Fatalf("Root() = %q, %v; want %q", got, err, filepath.Join(dir, c.want))
			}
		})
	}
}

func TestEnv(t *testing.T) {
	dir := isolate(t)
	if got, want := place.Env(dir), filepath.Join(dir, place.EnvName); got != want {
		t.Errorf("Env(%q) = %q, want %q", dir, got, want)
	}
	other := filepath.Join(dir, "other")
	t.Setenv(place.EnvVariable, other)
	for name, got := range map[string]string{
		"Venv": place.Venv(dir), "Python": place.Python(dir), "Tools": place.Tools(dir), "Tool": place.Tool(dir, "gonb"),
	} {
		if !strings.HasPrefix(got, other+string(filepath.Separator)) {
			t.Errorf("%s = %q, want it below %q", name, got, other)
		}
	}
}

func TestPlugin(t *testing.T) {
	dir := isolate(t)
	if path, ok := place.Plugin(dir); ok {
		t.Fatalf("Plugin of an empty folder = %q, want none", path)
	}
	// '[' is special in file patterns: a root may have it in its name.
	root := filepath.Join(dir, "odd [name]")
	plugin := filepath.Join(place.Venv(root), "lib", "python3.12", "site-packages", "xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so")
	if filepath.Separator == '\\' {
		plugin = filepath.Join(place.Venv(root), "Lib", "site-packages", "xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so")
	}
	write(t, plugin, "")
	if path, ok := place.Plugin(root); ok {
		t.Fatalf("Plugin with an empty file = %q, want none", path)
	}
	write(t, plugin, "ELF")
	if path, ok := place.Plugin(root); !ok || path != plugin {
		t.Fatalf("Plugin = %q, %v; want %q", path, ok, plugin)
	}
}

func TestOpenBLAS(t *testing.T) {
	root := isolate(t)
	if path, ok := place.OpenBLAS(root); ok {
		t.Fatalf("OpenBLAS of an empty folder = %q, want none", path)
	}
	packages := filepath.Join(place.Venv(root), "lib", "python3.12", "site-packages")
	if filepath.Separator == '\\' {
		packages = filepath.Join(place.Venv(root), "Lib", "site-packages")
	}
	library := filepath.Join(packages, "scipy_openblas64", "lib", "libscipy_openblas64_.so")
	write(t, library, "ELF")
	if path, ok := place.OpenBLAS(root); !ok || path != library {
		t.Fatalf("OpenBLAS = %q, %v; want %q", path, ok, library)
	}
}

func TestPluginOfGoMLXInstaller(t *testing.T) {
	root := isolate(t)
	folder := filepath.Join(place.InstalledPlugins(root), "go-xla")
	write(t, filepath.Join(folder, "pjrt_c_api_cuda_plugin.so"), "ELF")
	write(t, filepath.Join(folder, "pjrt_c_api_cpu_v0.114.0_plugin.so.lock"), "x")
	if path, ok := place.Plugin(root); ok {
		t.Fatalf("Plugin = %q, want none: neither file is a CPU plugin", path)
	}
	plugin := filepath.Join(folder, "pjrt_c_api_cpu_v0.114.0_plugin.so")
	write(t, plugin, "ELF")
	if path, ok := place.Plugin(root); !ok || path != plugin {
		t.Fatalf("Plugin = %q, %v; want %q", path, ok, plugin)
	}
}
