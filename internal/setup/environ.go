package setup

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// without returns the environment less the named variables.
func without(environ []string, names ...string) []string {
	var kept []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		drop := false
		for _, unwanted := range names {
			drop = drop || name == unwanted
		}
		if !drop {
			kept = append(kept, entry)
		}
	}
	return kept
}

// Environ returns environ with what a program needs that starts Jupyter or its
// clients (nbclient, nbconvert): our kernelspec is found, the user's own Jupyter
// configuration is left alone, and the environment's programs come first on the
// PATH.
func Environ(root string, environ []string) []string {
	env := place.Env(root)
	path := filepath.Join(place.Venv(root), filepath.Base(filepath.Dir(place.Python(root))))
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); name == "PATH" && value != "" {
			path += string(os.PathListSeparator) + value
		}
	}
	kept := without(environ, "PATH", "PYTHONPATH", "PYTHONHOME", "JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH",
		"JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTER_TOKEN", "IPYTHONDIR", "VIRTUAL_ENV",
		place.RootVariable, place.EnvVariable)
	return append(kept,
		"PATH="+path,
		"VIRTUAL_ENV="+place.Venv(root),
		"JUPYTER_PATH="+jupyterData(env),
		"JUPYTER_DATA_DIR="+jupyterData(env),
		"JUPYTER_CONFIG_DIR="+jupyterConfig(env),
		"JUPYTER_RUNTIME_DIR="+JupyterRuntime(env),
		"IPYTHONDIR="+filepath.Join(env, "jupyter", "ipython"),
		place.RootVariable+"="+root,
		place.EnvVariable+"="+env,
	)
}

// jupyterData is the folder in which Jupyter looks for kernelspecs.
func jupyterData(env string) string { return filepath.Join(env, "share", "jupyter") }

// jupyterConfig is the folder of Jupyter's configuration, the user's changes in
// JupyterLab's settings included.
func jupyterConfig(env string) string { return filepath.Join(env, "jupyter", "config") }

// JupyterRuntime is the folder in which running servers and kernels note
// where they can be reached.
func JupyterRuntime(env string) string { return filepath.Join(env, "jupyter", "runtime") }

// Logs is the folder of the logs of Jupyter and of the kernels.
func Logs(env string) string { return filepath.Join(env, "log") }
