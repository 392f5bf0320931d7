package notebook

import (
	"os/exec"
	"syscall"
)

// detach gives the command a process group of its own, so that Ctrl-C in the
// terminal reaches this program alone, which passes it on.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
