package setup

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// jupyterFiles returns the configuration of Jupyter: our kernel and Python's
// alone, listening on the loopback, and nothing that asks the network (news,
// updates, the extension manager).
func jupyterFiles(env string) ([]plainFile, error) {
	type settings map[string]map[string]any
	folder := jupyterConfig(env)
	var files []plainFile
	for _, file := range []struct {
		path    string
		content settings
	}{
		{filepath.Join(folder, "jupyter_server_config.json"), settings{
			"ServerApp":          {"ip": "127.0.0.1", "allow_remote_access": false},
			"MultiKernelManager": {"default_kernel_name": KernelName},
			"KernelSpecManager":  {"allowed_kernelspecs": []string{KernelName, "python3"}},
		}},
		{filepath.Join(folder, "jupyter_lab_config.json"), settings{
			"LabApp": {
				"news_url":                nil,
				"check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
				"extension_manager":       "readonly",
			},
		}},
		{filepath.Join(folder, "labconfig", "default_setting_overrides.json"), settings{
			"@jupyterlab/apputils-extension:notification":   {"fetchNews": "false", "checkForUpdates": false},
			"@jupyterlab/extensionmanager-extension:plugin": {"enabled": false},
		}},
	} {
		text, err := json.MarshalIndent(file.content, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("setup: Jupyter's configuration: %w", err)
		}
		files = append(files, plainFile{file.path, append(text, '\n'), 0o644})
	}
	return files, nil
}

// writeFiles makes a folder and writes files.
func writeFiles(folder string, files []plainFile) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if err := replaceFile(file.path, file.content, os.FileMode(file.mode)); err != nil {
			return err
		}
	}
	return nil
}
