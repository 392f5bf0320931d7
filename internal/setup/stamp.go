package setup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// stampName is the file, in the environment's folder, that notes the steps done.
const stampName = "stamp.json"

// stamp notes which steps were finished, and with what inputs.
type stamp struct {
	Steps map[string]string `json:"steps"` // name: digest of Step.Inputs
}

// readStamp reads the stamp of an environment. One that is missing or cannot be
// read counts as empty: the steps are then done again.
func readStamp(env string) stamp {
	text, err := os.ReadFile(filepath.Join(env, stampName))
	if err != nil {
		return stamp{}
	}
	var s stamp
	if err := json.Unmarshal(text, &s); err != nil {
		return stamp{}
	}
	return s
}

// write replaces the environment's stamp in one move.
func (s stamp) write(env string) error {
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return fmt.Errorf("setup: stamp: %w", err)
	}
	return replaceFile(filepath.Join(env, stampName), append(text, '\n'), 0o644)
}

// digest returns the SHA-256 of a text in hexadecimal.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// replaceFile writes a file so that a reader sees the old content or the new,
// never a part of it. It makes the folders above the file.
func replaceFile(path string, content []byte, mode os.FileMode) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // best effort: the first error is the one to report
		}
	}()
	if _, err = file.Write(content); err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(file.Name(), mode)
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	return nil
}
