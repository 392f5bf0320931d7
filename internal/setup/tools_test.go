package setup_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// module writes a module of one package in a folder of its own.
func module(t *testing.T, goMod, source string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range map[string]string{"go.mod": goMod, "go.sum": "", "x.go": source} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestWarmStep(t *testing.T) {
	const alone = "module example.org/x\n\ngo 1.26\n"
	for _, c := range []struct {
		name, goMod, source string
		offline             bool
		want                error
		says                string
	}{
		{"compiles", alone, "package x\n", false, nil, ""},
		{"does not compile", alone, "package x\n\nvar _ = nothing\n", false, nil, "undefined: nothing"},
		{"does not compile, offline", alone, "package x\n\nvar _ = nothing\n", true, nil, "undefined: nothing"},
		{
			"module not fetched, offline", alone + "\nrequire example.org/never-fetched v1.0.0\n",
			"package x\n\nimport _ \"example.org/never-fetched\"\n", true, setup.ErrOffline, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := t.TempDir()
			t.Setenv(place.EnvVariable, env)
			// GOFLAGS keeps the last case from stopping at go.sum, before the proxy.
			t.Setenv("GOFLAGS", "-mod=mod")
			var out bytes.Buffer
			err := setup.RunWarm(t.Context(), module(t, c.goMod, c.source), env, setup.Options{Offline: c.offline, Out: &out})
			if !errors.Is(err, c.want) {
				t.Fatalf("err = %v, want %v", err, c.want)
			}
			if !strings.Contains(out.String(), c.says) {
				t.Errorf("printed %q, want %q in it", out.String(), c.says)
			}
			if c.says == "" && strings.Contains(out.String(), "does not compile") {
				t.Errorf("printed %q, want nothing about compiling", out.String())
			}
		})
	}
}
