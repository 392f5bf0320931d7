package heap_test

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/heap"
)

// TestGlibcTakesTheTunables asks glibc's loader for its settings: a name that it does not know would be ignored in silence.
func TestGlibcTakesTheTunables(t *testing.T) {
	const loader = "/lib64/ld-linux-x86-64.so.2"
	if _, err := os.Stat(loader); err != nil || runtime.GOARCH != "amd64" {
		t.Skipf("%s is not here: the C library is not glibc for x86-64", loader)
	}
	command := exec.Command(loader, "--list-tunables")
	command.Env = append(os.Environ(), heap.Variable+"="+heap.Tunables)
	out, err := command.Output()
	if err != nil {
		t.Skipf("this glibc cannot list its settings: %v", err)
	}
	for _, want := range []string{
		"glibc.malloc.arena_max: 0x2 ", "glibc.malloc.top_pad: 0x4000000 ",
		"glibc.malloc.trim_threshold: 0x100000000 ", "glibc.malloc.mmap_threshold: 0x40000000 ",
	} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("glibc does not list %q; it has:\n%s", want, onlyMalloc(string(out)))
		}
	}
}

func onlyMalloc(list string) string {
	var lines []string
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "glibc.malloc.") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
