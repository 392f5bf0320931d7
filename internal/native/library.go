package native

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// Variable is the environment variable that switches OpenBLAS off: "off", or "on", which is what no value means.
const Variable = "FIELDBOOK_OPENBLAS"

// Why there is no library.
var (
	ErrOff     = errors.New("switched off by " + Variable)
	ErrMissing = errors.New("OpenBLAS is not in the environment, run `fieldbook setup`")
)

// Library is OpenBLAS, loaded into this process.
type Library struct {
	Path    string
	Version string // as it describes itself, with the processor that it chose kernels for
	Threads int    // that a large call uses: the cores allowed, or what OPENBLAS_NUM_THREADS says
}

// opened is the one library of the process: its state is the C library's own.
var opened = sync.OnceValues(open) //nolint:gochecknoglobals // a process loads a library once

// Open loads the library of the environment, the first time it is called, and returns it.
//
// Errors: ErrOff; ErrMissing; a library that does not load or lacks a routine; another value of Variable.
func Open() (*Library, error) { return opened() }

func open() (*Library, error) {
	switch set := os.Getenv(Variable); set {
	case "", "on":
	case "off":
		return nil, fmt.Errorf("native: %w", ErrOff)
	default:
		return nil, fmt.Errorf("native: %s = %q, want on or off", Variable, set)
	}
	root, err := place.Root()
	if err != nil {
		return nil, fmt.Errorf("native: %w: %w", ErrMissing, err)
	}
	path, ok := place.OpenBLAS(root)
	if !ok {
		return nil, fmt.Errorf("native: %w", ErrMissing)
	}
	version, threads, err := load(path, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	return &Library{Path: path, Version: version, Threads: threads}, nil
}

// UseInGonum makes gonum's float64 algebra call the library, in the whole process. It must not run beside gonum's calls.
func (l *Library) UseInGonum() {
	blas64.Use(BLAS{})
	lapack64.Use(LAPACK{})
}
