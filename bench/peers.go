package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// Peers returns the Python of the peers' environment, made or renewed if its lock file is not the one it was made from.
// The environment is one folder, peers, beside the one for notebooks.
//
// Errors: no Python 3 with the module venv; what pip says if a package cannot be had.
func Peers(ctx context.Context, root string, report io.Writer) (string, error) {
	folder := filepath.Join(place.Env(root), "peers")
	lock := filepath.Join(root, "bench", "peers", "requirements.lock")
	text, err := os.ReadFile(lock)
	if err != nil {
		return "", fmt.Errorf("bench: the peers' packages: %w", err)
	}
	sum := sha256.Sum256(text)
	want, stamp := hex.EncodeToString(sum[:]), filepath.Join(folder, "made-from")
	python := filepath.Join(folder, "bin", "python")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return python, nil
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		return "", errors.New("bench: python3 was not found on the PATH, want Python 3.11 or later with the module venv")
	}
	if err := os.RemoveAll(folder); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	fmt.Fprintf(report, "making the peers' environment in %s (once)\n", folder)
	for _, arguments := range [][]string{
		{system, "-m", "venv", folder},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", lock},
	} {
		command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
		command.Stdout, command.Stderr = report, report
		if err := command.Run(); err != nil {
			return "", fmt.Errorf("bench: %v: %w", arguments[:4], err)
		}
	}
	if err := os.WriteFile(stamp, []byte(want), 0o644); err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	return python, nil
}
