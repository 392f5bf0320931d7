package setup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// needsShell skips where there is no shell to write stand-ins in.
func needsShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins are shell scripts")
	}
}

func TestCommandQuotesLastLines(t *testing.T) {
	needsShell(t)
	var lines []string
	err := setup.RunCommand(t.Context(), []string{"sh", "-c", "for i in $(seq 50); do echo line $i; done; echo last >&2; exit 3"}, func(line string) {
		lines = append(lines, line)
	}, func(line string) bool { return line == "line 50" })
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "last") {
		t.Fatalf("err = %v, want the status and the last line", err)
	}
	if strings.Contains(err.Error(), "line 1\n") {
		t.Error("the error quotes all that the program said")
	}
	if strings.Contains(err.Error(), "line 50") || !strings.Contains(err.Error(), "line 49") {
		t.Errorf("err = %v, want it to quote line 49 and not the mute line 50", err)
	}
	if len(lines) != 51 {
		t.Errorf("%d lines were handed out, want 51", len(lines))
	}
}

func TestCommandStopsGrandchildren(t *testing.T) {
	needsShell(t)
	ctx, cancel := context.WithCancel(t.Context())
	// The grandchild keeps the pipe open: only its end lets run return early.
	started := time.Now()
	err := setup.RunCommand(ctx, []string{"sh", "-c", "sleep 60 & echo started; wait"}, func(string) { cancel() }, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v, want context.Canceled", err)
	}
	// Killing what is left after the grace of 5 s would take longer than this.
	if took := time.Since(started); took > 4*time.Second {
		t.Fatalf("stopping took %v: the grandchild was not asked to stop", took)
	}
}

func TestRunRetrying(t *testing.T) {
	needsShell(t)
	for _, c := range []struct {
		name, says string
		failures   int // of the program, before it succeeds
		wantRuns   string
		wantErr    bool
	}{
		{"no failure", "", 0, "x", false},
		{"the network comes back", "read: connection reset by peer", 1, "xx", false},
		{"not the network", "undefined: foo", 1, "x", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			runs := filepath.Join(t.TempDir(), "runs")
			script := `printf x >>"$1"; if [ $(wc -c <"$1") -le "$2" ]; then echo "$3" >&2; exit 1; fi`
			err := setup.RunRetrying(t.Context(), []string{"sh", "-c", script, "sh", runs, string(rune('0' + c.failures)), c.says})
			if (err != nil) != c.wantErr {
				t.Fatalf("err = %v, want an error: %v", err, c.wantErr)
			}
			text, err := os.ReadFile(runs)
			if err != nil || string(text) != c.wantRuns {
				t.Fatalf("runs = %q, %v; want %q", text, err, c.wantRuns)
			}
		})
	}
}
