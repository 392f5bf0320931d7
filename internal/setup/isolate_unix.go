//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package setup

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Isolate puts a program that is about to start into a process group of its
// own and makes the end of its context ask the whole group to stop: Ctrl-C then
// reaches the children once, by us, and their children too.
func Isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
}

// tryLock takes the lock at path, unless another holds it. The children that
// inherit the lock's file hold it too.
func tryLock(path string) (lock *envLock, held bool, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		_ = file.Close() // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, false, nil
		}
		return nil, false, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return &envLock{release: file.Close, inherit: func(cmd *exec.Cmd) {
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}}, true, nil
}
