package setup

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gomlx/go-xla/installer"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// SlowNotice says, loudly, what it costs that there is no XLA plugin.
const SlowNotice = `
  ************************************************************************
  *  No XLA plugin for this system: computations run on the pure-Go      *
  *  backend. They are right, but up to 30 times slower.                 *
  ************************************************************************`

// pluginStep makes sure of the XLA CPU plugin. Where its wheel exists it came
// with the Python packages; elsewhere GoMLX's own installer is asked. If that
// fails too the step still counts as done: the pure-Go backend serves, Ensure
// says so each time, and `fieldbook setup --fresh` tries again.
func pluginStep(root string, offline bool) Step {
	return Step{
		Name:   "XLA plugin",
		Inputs: strings.Join([]string{Lock, place.Env(root), runtime.GOOS, runtime.GOARCH}, "\n"),
		Do: func(ctx context.Context, task *Task) error {
			if path, ok := place.Plugin(root); ok {
				task.Note("%s", path)
				return nil
			}
			if offline {
				task.Say("XLA plugin: not there, and --offline")
				return nil
			}
			task.Note("fetching with GoMLX's installer")
			failed := make(chan error, 1)
			go func() {
				failed <- installer.CPUAutoInstall(filepath.Join(place.InstalledPlugins(root), "go-xla"), true, installer.Quiet)
			}()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case err := <-failed:
				if err != nil {
					task.Say("XLA plugin: GoMLX's installer failed: %v", firstLine(err.Error()))
				}
				return nil
			}
		},
	}
}

// firstLine returns a text up to its first line break.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
