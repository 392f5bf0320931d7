//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package setup

import (
	"os/exec"

	"github.com/gofrs/flock"
)

// Isolate leaves the program as it is: without process groups the end of its
// context kills the program alone.
func Isolate(*exec.Cmd) {}

// tryLock takes the lock at path, unless another holds it. Children cannot
// inherit it here.
func tryLock(path string) (lock *envLock, held bool, err error) {
	file := flock.New(path)
	held, err = file.TryLock()
	if err != nil || !held {
		return nil, false, err
	}
	return &envLock{release: file.Unlock, inherit: func(*exec.Cmd) {}}, true, nil
}
