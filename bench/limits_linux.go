package bench

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// withCores runs fn on a thread that may use n of the process' cores. Processes that fn starts inherit the limit, and
// every library sizes its thread pool by it.
func withCores(n int, fn func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, cores unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("bench: the cores of this process: %w", err)
	}
	if before.Count() < n {
		return fmt.Errorf("bench: %d cores are at hand, want %d", before.Count(), n)
	}
	for cpu := 0; cores.Count() < n; cpu++ {
		if before.IsSet(cpu) {
			cores.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &cores); err != nil {
		return fmt.Errorf("bench: limiting the cores: %w", err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	return fn()
}

// peakMegabytes is the high-water mark of a process' resident memory.
func peakMegabytes(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("bench: memory of a contestant: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kilobytes / 1024, err
		}
	}
	return 0, fmt.Errorf("bench: /proc/%d/status has no VmHWM", pid)
}

// clockTick is the unit of /proc/<pid>/stat's times: USER_HZ, 100 on every Linux that Go runs on.
const clockTick = 10 // milliseconds

// cpuMilliseconds is the processor time, in user and system mode, that a process has used so far.
func cpuMilliseconds(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("bench: processor time of a contestant: %w", err)
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name before may hold blanks
	fields := strings.Fields(after)
	const user, system = 11, 12 // counted from the state, which is the third field
	if len(fields) <= system {
		return 0, fmt.Errorf("bench: /proc/%d/stat has %d fields, want more", pid, len(fields))
	}
	u, err := strconv.ParseFloat(fields[user], 64)
	if err != nil {
		return 0, fmt.Errorf("bench: /proc/%d/stat: %w", pid, err)
	}
	s, err := strconv.ParseFloat(fields[system], 64)
	if err != nil {
		return 0, fmt.Errorf("bench: /proc/%d/stat: %w", pid, err)
	}
	return clockTick * (u + s), nil
}
