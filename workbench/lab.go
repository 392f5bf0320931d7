package workbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// Size is how much work a notebook does.
type Size string

// The sizes.
const (
	Quick    Size = "quick"    // seconds: shows that every cell runs; claims are printed, not judged
	Standard Size = "standard" // minutes on two cores: every claim must hold
	Full     Size = "full"     // the paper's scale, on a GPU
)

// Environment variables beside those of package record.
const (
	devicesVariable  = "FIELDBOOK_DEVICES"
	notebookVariable = "JPY_SESSION_NAME" // Jupyter's path of the notebook
)

// Lab is where a notebook works. Make one with Open.
type Lab struct {
	size    Size
	sizeErr error
	seed    uint64
	seedErr error
	slug    string
	fresh   time.Time // runs that were begun before are made again; zero: none

	out      io.Writer
	exit     func(int)
	notebook bool // output goes to a notebook's cell

	once    sync.Once
	session *runs.Session
	used    []string // keys of the runs whose values were asked for

	evaluated []record.Evaluation // what Eval has recorded
}

// Open declares a lab. It does no work and prints nothing; the first use of the lab prints which backend, size and seed
// are in force.
func Open() *Lab {
	l := &Lab{
		slug: os.Getenv(record.SlugVariable), out: os.Stdout, exit: os.Exit,
		notebook: gonbui.IsNotebook,
	}
	l.size, l.sizeErr = parseSize(os.Getenv(record.SizeVariable))
	if text := os.Getenv(record.SeedVariable); text != "" {
		if l.seed, l.seedErr = strconv.ParseUint(text, 10, 64); l.seedErr != nil {
			l.seedErr = fmt.Errorf("workbench: %s = %q, want a whole number from 0", record.SeedVariable, text)
		}
	}
	if l.slug == "" {
		l.slug = strings.TrimSuffix(filepath.Base(os.Getenv(notebookVariable)), ".ipynb")
	}
	if l.slug == "" || l.slug == "." {
		l.slug = "notebook"
	}
	if text := os.Getenv(record.FreshVariable); text != "" {
		l.fresh = freshSince(text)
	}
	return l
}

// freshSince reads the time at which a fresh run of the notebook began. Any other text means now, so that this cell
// makes anew what it uses.
func freshSince(text string) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t
	}
	return time.Now()
}

func parseSize(text string) (Size, error) {
	switch s := Size(text); s {
	case "":
		return Standard, nil
	case Quick, Standard, Full:
		return s, nil
	}
	return Standard, fmt.Errorf("workbench: %s = %q, want %s, %s or %s", record.SizeVariable, text, Quick, Standard, Full)
}

// Size is the size in force: standard unless FIELDBOOK_SIZE says otherwise.
func (l *Lab) Size() Size { return l.size }

// Seed is the seed in force: 0 unless FIELDBOOK_SEED says otherwise.
func (l *Lab) Seed() uint64 { return l.seed }

// Pick is the number for the size in force.
func (l *Lab) Pick(quick, standard, full int) int { return Pick(l, quick, standard, full) }

// Pick is the value for the lab's size, of any type.
func Pick[T any](l *Lab, quick, standard, full T) T {
	switch l.size {
	case Quick:
		return quick
	case Full:
		return full
	}
	return standard
}

// open makes the session on first use, and says so.
func (l *Lab) open() *runs.Session {
	l.once.Do(func() {
		l.checkEnvironment()
		b, err := backend.New()
		if err != nil {
			l.fail(err)
		}
		s, err := store.Open("")
		if err != nil {
			l.fail(err)
		}
		devices, err := deviceCount()
		if err != nil {
			l.fail(err)
		}
		if b.Warning != "" {
			l.println("WARNING: " + b.Warning)
		}
		l.println(fmt.Sprintf("Fieldbook: %s, %s, size %s, seed %d", b.Choice, b.Float64(), l.size, l.seed))
		l.session = &runs.Session{
			Backend: b, Store: s, Slug: l.slug, Devices: devices,
			Warn: func(err error) { l.println("Warning: " + err.Error()) },
		}
	})
	return l.session
}

// checkEnvironment ends the cell if the size or the seed that was asked for is not one. A declaration does not: it prints
// nothing.
func (l *Lab) checkEnvironment() {
	if err := errors.Join(l.sizeErr, l.seedErr); err != nil {
		l.fail(err)
	}
}

func deviceCount() (int, error) {
	text := os.Getenv(devicesVariable)
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("workbench: %s = %q, want a whole number from 1", devicesVariable, text)
	}
	return n, nil
}

// Data is a recipe's data: read from the store if they were made, else made now and kept.
func (l *Lab) Data(r datasets.Recipe) Data {
	l.checkEnvironment()
	ctx, stop := l.context()
	defer stop()
	set, err := l.data(ctx, r)
	if err != nil {
		l.fail(err)
	}
	return Data{set, l, r}
}

func (l *Lab) data(ctx context.Context, r datasets.Recipe) (datasets.Set, error) {
	bar := l.newBar("making data")
	defer bar.end()
	s, err := store.Open("")
	if err != nil {
		return datasets.Set{}, err
	}
	cache := runs.Cache{Store: s, Report: bar.data, Warn: func(err error) { l.println("Warning: " + err.Error()) }}
	set, err := datasets.Load(datasets.WithCache(ctx, cache), r)
	if err == nil {
		bar.made(r.Name())
	}
	return set, err
}

// Stopwatch is the shortest time that f took in n calls, in s, after one call that is not counted.
func (l *Lab) Stopwatch(n int, f func()) float64 {
	if n < 1 {
		l.fail(fmt.Errorf("workbench: Stopwatch of %d calls, want at least 1", n))
	}
	f()
	best := time.Duration(1<<63 - 1)
	for range n {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best.Seconds()
}

// context ends with the first interrupt.
func (l *Lab) context() (context.Context, func()) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

func (l *Lab) println(text string) { _, _ = fmt.Fprintln(l.out, text) }

// record tells the notebook's runner, if there is one.
func (l *Lab) record(e record.Event) {
	path := os.Getenv(record.FileVariable)
	if path == "" {
		return
	}
	if err := record.Append(path, e); err != nil {
		l.fail(err)
	}
}
