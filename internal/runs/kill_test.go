//go:build unix

package runs_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/runs"
)

// A process of this test binary that is told to train does so and says how far it is.
const (
	trainIn   = "FIELDBOOK_TEST_TRAIN_IN" // the store
	killSteps = 4000
	kills     = 20
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(trainIn); dir != "" {
		os.Exit(trainUntilKilled(dir))
	}
	if dir := os.Getenv(makeIn); dir != "" {
		os.Exit(makeUntilKilled(dir))
	}
	os.Exit(m.Run())
}

// trainUntilKilled trains the run of TestKilledAtRandomMoments, one line a stretch of steps.
func trainUntilKilled(dir string) int {
	t := &failing{}
	s := session(t, dir)
	s.CheckpointEvery = 2 * time.Millisecond
	r := opened(t, s, newFitted(), noisyFit(killSteps))
	err := r.Train(context.Background(), func(p runs.Progress) error {
		_, err := fmt.Println(p.Step)
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// failing is a test that is none: its process ends where it would fail.
type failing struct{ testing.TB }

func (failing) Helper() {}

func (failing) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

func (f failing) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

func TestKilledAtRandomMoments(t *testing.T) {
	if testing.Short() {
		t.Skip("starts 21 processes: left out with -short")
	}
	task := newFitted()
	reference := session(t, t.TempDir())
	want := outcomeOf(t, reference, done(t, reference, task, noisyFit(killSteps)), task)

	dir := t.TempDir()
	moments := rand.New(rand.NewPCG(20, 9)) // fixed, so that a failure comes again
	torn, resumed := 0, 0
	for i := range kills {
		if i%5 == 4 { // while it loads, reads the checkpoint or compiles, but not beyond its first steps
			killAfter(t, dir, 0, time.Duration(moments.IntN(800))*time.Millisecond)
		} else if killAfter(t, dir, 1+moments.IntN(80), time.Duration(moments.IntN(8000))*time.Microsecond) > 1 {
			resumed++ // by progress, so that it does not end before the last kill; the delay falls into steps and saves alike
		}
		half, err := filepath.Glob(filepath.Join(dir, "runs", "*", ".new-*"))
		if err != nil {
			t.Fatal(err)
		}
		torn += min(1, len(half))
	}
	t.Logf("%d of %d kills fell into a write; %d processes went on from a checkpoint", torn, kills, resumed)
	if torn == 0 || resumed < kills/2 {
		t.Errorf("%d kills fell into a write and %d processes went on from a checkpoint, want at least 1 and %d: the test tests too little", torn, resumed, kills/2)
	}
	s := session(t, dir)
	r := opened(t, s, task, noisyFit(killSteps))
	if found, err := r.Find(); found || err != nil {
		t.Fatalf("found = %v, %v; want the run unfinished after the last kill", found, err)
	}
	if got := summary(t, s, r.Key()); got.State() != "killed" || got.Step == 0 {
		t.Errorf("the run is %s at step %d, want killed and beyond the first step", got.State(), got.Step)
	}
	last := done(t, s, task, noisyFit(killSteps))
	same(t, fmt.Sprintf("after %d kills", kills), outcomeOf(t, s, last, task), want)
	if half, err := filepath.Glob(filepath.Join(dir, "*", "*", ".new-*")); err != nil || len(half) > 0 {
		t.Errorf("left behind: %v, %v", half, err)
	}
}

// killAfter starts a process that trains in dir and kills it when it has done a number of steps and some time has
// passed since. For steps = 0 the time counts from the start, and the first steps end it. It returns the step that the
// process named first; 0 if it was killed before.
func killAfter(t *testing.T, dir string, steps int, delay time.Duration) (first int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), trainIn+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reached := make(chan int, 1) // the first step, once it has done as many more as it should
	go func() {
		from := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			step, _ := strconv.Atoi(strings.TrimSpace(lines.Text()))
			if from == 0 {
				from = step
			}
			if step >= from+steps {
				break
			}
		}
		reached <- from
	}()
	if steps == 0 {
		select {
		case first = <-reached:
		case <-time.After(delay):
		}
	} else {
		first = <-reached
		time.Sleep(delay)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && !status.Signaled() {
		t.Fatalf("the process ended by itself (%v), want it killed while it trains", err)
	}
	return first
}
