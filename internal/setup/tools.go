package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// ErrNoGo says that there is no go command to build with.
var ErrNoGo = errors.New("no go command on the PATH; install Go from https://go.dev/dl")

// toolset is a module that pins programs, and the programs to build from it.
type toolset struct {
	title    string
	dir      string   // folder of the module, below the root
	packages []string // main packages
}

// notebookTools are the programs that the notebook kernel is made of.
func notebookTools() toolset {
	return toolset{
		title: "gonb, gopls and goimports",
		dir:   "tools",
		packages: []string{
			"github.com/janpfeifer/gonb", "golang.org/x/tools/gopls", "golang.org/x/tools/cmd/goimports",
		},
	}
}

// lintTools are the programs that check the code.
func lintTools() toolset {
	return toolset{
		title:    "golangci-lint",
		dir:      filepath.Join("tools", "lint"),
		packages: []string{"github.com/golangci/golangci-lint/v2/cmd/golangci-lint"},
	}
}

// programs returns the paths that the toolset's programs get.
func (t toolset) programs(root string) []string {
	var paths []string
	for _, pkg := range t.packages {
		paths = append(paths, place.Tool(root, pkg[strings.LastIndex(pkg, "/")+1:]))
	}
	return paths
}

// step returns the step that builds the toolset.
func (t toolset) step(root string, offline bool) (Step, error) {
	dir := filepath.Join(root, t.dir)
	inputs := []string{runtime.Version(), runtime.GOOS, runtime.GOARCH}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return Step{}, fmt.Errorf("setup: pinned versions of %s: %w", t.title, err)
		}
		inputs = append(inputs, string(text))
	}
	return Step{
		Name:    t.title,
		Inputs:  strings.Join(inputs, "\n"),
		Outputs: t.programs(root),
		Do: func(ctx context.Context, task *Task) error {
			return t.build(ctx, task, root, offline)
		},
	}, nil
}

// build builds the programs into a folder beside their place and moves them
// there, since a running kernel may hold the old ones.
func (t toolset) build(ctx context.Context, task *Task, root string, offline bool) error {
	goCommand, err := FindGo(place.Env(root))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(place.Tools(root), 0o755); err != nil {
		return err
	}
	// One set-up works at a time, so that one name serves; a killed one's is overwritten.
	temporary := filepath.Join(place.Env(root), "build", filepath.Base(t.dir))
	if err := os.RemoveAll(temporary); err != nil {
		return err
	}
	if err := os.MkdirAll(temporary, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	args := append([]string{goCommand, "build", "-v", "-mod=readonly", "-buildvcs=false", "-o", temporary + string(filepath.Separator)}, t.packages...)
	err = goBuild{dir: filepath.Join(root, t.dir), args: args, offline: offline}.run(ctx, task)
	if err != nil {
		return err
	}
	for _, program := range t.programs(root) {
		if err := os.Rename(filepath.Join(temporary, filepath.Base(program)), program); err != nil {
			return err
		}
	}
	return nil
}

// goBuild is a run of the go command that reports what it compiles.
type goBuild struct {
	dir     string
	args    []string
	offline bool
}

// run builds; it tells the task how many packages are compiled and how much was fetched.
func (b goBuild) run(ctx context.Context, task *Task) error {
	cache := moduleCache(ctx, b.args[0])
	compiled := 0
	var fetched []string
	err := command{
		dir:  b.dir,
		env:  GoEnviron(os.Environ(), b.offline),
		args: b.args,
		// Names of compiled packages and of what is fetched are no part of an error.
		mute: func(line string) bool {
			return !strings.Contains(line, " ") || strings.HasPrefix(line, "go: downloading ")
		},
		line: func(line string) {
			if download, ok := strings.CutPrefix(line, "go: downloading "); ok {
				fetched = append(fetched, download)
				task.Note("fetching %s", download)
			} else if !strings.HasPrefix(line, "go: ") && !strings.HasPrefix(line, "#") {
				compiled++
				task.Note("%d packages compiled", compiled)
			}
		},
	}.runRetrying(ctx, task)
	for _, download := range fetched {
		module, version, _ := strings.Cut(download, " ")
		if info, err := os.Stat(ModuleZip(cache, module, version)); err == nil {
			task.AddFetched(info.Size())
		}
	}
	var failed *failure
	if b.offline && errors.As(err, &failed) && isMissingModule(failed) {
		return fmt.Errorf("%w: a Go module was not fetched yet, and --offline; run `fieldbook setup` without --offline first: %w", ErrOffline, err)
	}
	return err
}

// isMissingModule tells whether the go command wanted a module that it was not
// allowed to fetch.
func isMissingModule(failed *failure) bool {
	return strings.Contains(strings.Join(failed.tail, "\n"), "module lookup disabled by GOPROXY=off")
}

// moduleCache returns the folder of fetched modules, "" if go does not say.
func moduleCache(ctx context.Context, goCommand string) string {
	answer, err := exec.CommandContext(ctx, goCommand, "env", "GOMODCACHE").Output()
	if err != nil {
		return "" // only the count of bytes needs it
	}
	return strings.TrimSpace(string(answer))
}

// ModuleZip returns the file in the module cache that a module was fetched as.
// Upper-case letters are written as '!' and the lower-case letter there.
func ModuleZip(cache, module, version string) string {
	escape := func(text string) string {
		var escaped strings.Builder
		for _, r := range text {
			if unicode.IsUpper(r) {
				escaped.WriteByte('!')
			}
			escaped.WriteRune(unicode.ToLower(r))
		}
		return escaped.String()
	}
	return filepath.Join(cache, "cache", "download", filepath.FromSlash(escape(module)), "@v", escape(version)+".zip")
}

// FindGo returns the absolute path of the go command on the PATH. It passes
// over the stand-in for cells that the environment at env holds.
//
// Errors: ErrNoGo.
func FindGo(env string) (string, error) {
	name := "go"
	if runtime.GOOS == "windows" {
		name = "go.exe"
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if !filepath.IsAbs(dir) || strings.HasPrefix(filepath.Clean(dir)+string(filepath.Separator), env+string(filepath.Separator)) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", ErrNoGo
}

// GoEnviron returns environ for a go command that builds our modules: a
// workspace around them is left out, and offline nothing is fetched.
func GoEnviron(environ []string, offline bool) []string {
	environ = append(without(environ, "GOWORK", "GOMLX_NO_AUTO_INSTALL"), "GOWORK=off", "GOMLX_NO_AUTO_INSTALL=1")
	if offline {
		environ = append(without(environ, "GOPROXY", "GOTOOLCHAIN"), "GOPROXY=off", "GOTOOLCHAIN=local")
	}
	return environ
}

// warmStep compiles the packages that cells import, so that the first cell does
// not have to. A package that does not compile is somebody's work in progress:
// it is reported, and the set-up goes on.
func warmStep(root string, offline bool) (Step, error) {
	inputs := []string{runtime.Version()}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return Step{}, fmt.Errorf("setup: module: %w", err)
		}
		inputs = append(inputs, string(text))
	}
	return Step{
		Name:   "packages for notebooks",
		Inputs: strings.Join(inputs, "\n"),
		Do: func(ctx context.Context, task *Task) error {
			goCommand, err := FindGo(place.Env(root))
			if err != nil {
				return err
			}
			err = goBuild{dir: root, args: []string{goCommand, "build", "-v", "-buildvcs=false", "./..."}, offline: offline}.run(ctx, task)
			var failed *failure
			if errors.As(err, &failed) && !isNetwork(err) && !isMissingModule(failed) && len(failed.tail) > 0 {
				quoted := failed.tail[:min(len(failed.tail), 3)]
				task.Say("a package does not compile, set-up goes on without it: %s", strings.Join(quoted, " "))
				return nil
			}
			return err
		},
	}, nil
}
