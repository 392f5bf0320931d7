package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// TestMain lets doctor, under test, start this program as it starts itself: to
// load the backend in a process of its own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "doctor" {
		main()
	}
	os.Exit(m.Run())
}

// call runs the command line in-process.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

func TestBadInputIsOneMessageAndStatus2(t *testing.T) {
	env := filepath.Join(t.TempDir(), "env")
	t.Setenv(place.EnvVariable, env)
	outside := filepath.Join(t.TempDir(), "outside.ipynb")
	if err := os.WriteFile(outside, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		says []string
	}{
		{"unknown command", []string{"lap"}, []string{`"lap"`, "\tlab"}},
		{"unknown flag", []string{"lab", "--browser"}, []string{"--browser"}},
		{"unknown notebook", []string{"lab", "no/such"}, []string{`"no/such"`, "notebooks"}},
		{"notebook elsewhere", []string{"lab", outside}, []string{outside, "below"}},
		{"two notebooks", []string{"lab", "a", "b"}, []string{"at most 1"}},
		{"offline and nothing there", []string{"setup", "--offline"}, []string{"--offline", "network"}},
		{"offline test", []string{"test", "--offline", "--no-lint"}, []string{"--offline", "network"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := call(t, c.args...)
			if status != statusError || stdout != "" {
				t.Errorf("status %d, standard output %q; want %d and none", status, stdout, statusError)
			}
			if n := strings.Count(stderr, "fieldbook: "); n != 1 {
				t.Errorf("standard error %q: %d messages, want one", stderr, n)
			}
			for _, part := range c.says {
				if !strings.Contains(stderr, part) {
					t.Errorf("message %q lacks %q", stderr, part)
				}
			}
		})
	}
}

func TestPythonMissing(t *testing.T) {
	env := filepath.Join(t.TempDir(), "env")
	t.Setenv(place.EnvVariable, env)
	t.Setenv("FIELDBOOK_PYTHON", "/no/such/python")
	status, _, stderr := call(t, "setup")
	if status != statusError || !strings.Contains(stderr, "/no/such/python") || !strings.Contains(stderr, "3.10") {
		t.Fatalf("status %d, %q; want %d and which Python is wanted", status, stderr, statusError)
	}
	if _, err := os.Stat(filepath.Join(env, "venv")); !os.IsNotExist(err) {
		t.Errorf("a virtual environment was left behind: %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	t.Setenv(place.EnvVariable, filepath.Join(t.TempDir(), "env"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	if status := run(ctx, []string{"setup"}, &out, &err); status != statusInterrupted || !strings.Contains(err.String(), "interrupted") {
		t.Fatalf("status %d, %q; want %d and that it was interrupted", status, err.String(), statusInterrupted)
	}
}

func TestLongFlags(t *testing.T) {
	got := longFlags([]string{"test", "-short", "-run=A|B", "-p", "--json", "-o", "x.npz", "./...", "-1", "--", "-short"})
	want := []string{"test", "--short", "--run=A|B", "-p", "--json", "-o", "x.npz", "./...", "-1", "--", "-short"}
	if !slices.Equal(got, want) {
		t.Fatalf("longFlags = %q, want %q", got, want)
	}
}

// TestHelp holds each command to what a newcomer needs: a summary, a
// description and an example, and a description of each flag.
func TestHelp(t *testing.T) {
	for _, cmd := range newRootCommand().Commands() {
		t.Run(cmd.Name(), func(t *testing.T) {
			if cmd.Short == "" || cmd.Long == "" || !strings.Contains(cmd.Example, "fieldbook "+cmd.Name()) {
				t.Errorf("Short %q, Long of %d bytes, Example %q; want all three", cmd.Short, len(cmd.Long), cmd.Example)
			}
			for line := range strings.Lines(cmd.UsageString()) {
				if len(line) > 160 {
					t.Errorf("help has a line of %d bytes: %q", len(line), line)
				}
			}
			status, stdout, stderr := call(t, cmd.Name(), "--help")
			if status != 0 || stderr != "" || !strings.Contains(stdout, strings.Fields(cmd.Long)[0]) {
				t.Errorf("--help: status %d, %q, %q", status, stdout, stderr)
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		status, stdout, stderr := call(t, "completion", shell)
		if status != 0 || !strings.Contains(stdout, "fieldbook") {
			t.Errorf("completion %s: status %d, %q", shell, status, stderr)
		}
	}
	_, stdout, _ := call(t, cobra.ShellCompRequestCmd, "set")
	if !strings.Contains(stdout, "setup\t") {
		t.Errorf("completion of set = %q, want setup among them", stdout)
	}
}

func TestDoctorReport(t *testing.T) {
	fine := []finding{{"go", stateFound, "/usr/bin/go", ""}, {"GPU", stateWanting, "broken", "mend it"}}
	broken := append(slices.Clone(fine), finding{"gonb", stateMissing, "gone", "run it"})
	var out bytes.Buffer
	if err := report(&out, fine, false); err != nil {
		t.Errorf("report without a missing thing = %v, want no error", err)
	}
	if text := out.String(); !strings.Contains(text, "to do: mend it") || !strings.Contains(text, "/usr/bin/go") {
		t.Errorf("report = %q, want details and remedies", text)
	}
	out.Reset()
	if err := report(&out, broken, true); err == nil || !strings.Contains(err.Error(), "1 missing") {
		t.Errorf("report with a missing thing = %v, want an error that counts it", err)
	}
	var read []finding
	if err := json.Unmarshal(out.Bytes(), &read); err != nil || !slices.Equal(read, broken) {
		t.Errorf("JSON %q reads as %v, %v; want %v", out.String(), read, err, broken)
	}
}

func TestDoctorOfNothing(t *testing.T) {
	t.Setenv(place.EnvVariable, filepath.Join(t.TempDir(), "env"))
	t.Setenv("FIELDBOOK_HOME", filepath.Join(t.TempDir(), "store"))
	status, stdout, stderr := call(t, "doctor", "--json")
	var findings []finding
	if err := json.Unmarshal([]byte(stdout), &findings); err != nil {
		t.Fatal(err)
	}
	states := make(map[string]finding)
	for _, f := range findings {
		states[f.Name] = f
	}
	for _, name := range []string{"environment", "JupyterLab", "kernelspec", "gonb", "gopls", "goimports"} {
		if f := states[name]; f.State != stateMissing || f.Remedy == "" {
			t.Errorf("%s = %+v, want it missing with what to do", name, f)
		}
	}
	if states["store"].State != stateFound || states["go"].State != stateFound {
		t.Errorf("store %+v, go %+v; want both found", states["store"], states["go"])
	}
	if status != statusError || !strings.Contains(stderr, "missing") {
		t.Errorf("status %d, %q; want %d", status, stderr, statusError)
	}
}
