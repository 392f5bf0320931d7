package importer

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/setup"
)

//go:embed read.py
var readScript string

// Bounds on what Python sends.
const (
	blockBytes = 16 << 20 // of values in a frame
	maxList    = 16 << 20 // of the list of arrays
	maxArrays  = 1000
	endsWithin = 5 * time.Second // after it was asked to
)

// python is a file that Python reads.
type python struct {
	path  string
	cmd   *exec.Cmd
	stop  context.CancelFunc
	in    io.WriteCloser
	out   *frames
	err   *tail
	ended bool
	left  int // arrays still to come

	failed bool // it said why
}

// pythonCommand is a program for the set-up's Python, away from the user's own packages and from plugins of HDF5.
func pythonCommand(ctx context.Context, python, script string) (*exec.Cmd, *tail) {
	cmd := exec.CommandContext(ctx, python, "-I", "-B", "-c", script)
	setup.Isolate(cmd)
	cmd.WaitDelay = endsWithin
	cmd.Env = append(os.Environ(),
		"HDF5_PLUGIN_PRELOAD=::",       // a filter's plugin is code
		"HDF5_USE_FILE_LOCKING=FALSE",  // a file may be on a disk that is read only
		"OPENBLAS_NUM_THREADS=1",       // NumPy's: each thread would take memory
		"PYTHONWARNINGS=ignore",        // of what is read anyhow
		"HDF5_PLUGIN_PATH="+os.DevNull, // no folder
	)
	errors := &tail{}
	cmd.Stderr = errors
	return cmd, errors
}

// tail keeps the end of what a program says.
type tail struct{ text []byte }

// tailBytes is how much of it.
const tailBytes = 2000

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-tailBytes):]
	return len(p), nil
}

func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	return lines[len(lines)-1]
}

func openPython(ctx context.Context, path string, k kind, o Options) (source, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("importer: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	cmd, errs := pythonCommand(ctx, o.Python, readScript)
	p := &python{path: path, cmd: cmd, stop: stop, err: errs}
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		stop()
		return nil, fmt.Errorf("importer: %w", err)
	}
	if err := cmd.Start(); err != nil {
		stop()
		return nil, fmt.Errorf("importer: the set-up's Python does not start: %w; `fieldbook setup` makes it", err)
	}
	p.in, p.out = in, &frames{r: out, most: max(blockBytes, maxList)}
	return p, p.tell(map[string]any{
		"path": full, "kind": k, "block": o.block(), "memory": o.Memory, "most": maxArrays,
	})
}

// tell sends a line of JSON. That it can't be sent shows when the answer is read.
func (p *python) tell(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("importer: %w", err)
	}
	_, _ = p.in.Write(append(line, '\n'))
	return nil
}

// expect reads a frame with a tag.
func (p *python) expect(want string) (content []byte, err error) {
	tag, content, err := p.out.next()
	if err != nil {
		_ = p.cmd.Wait() // it is at its end; that it has one is told by what is missing
		p.ended = true
		said := p.err.last()
		if said == "" {
			said = "it said nothing"
		}
		return nil, fmt.Errorf("importer: %s: reading ended early: %w (%s)", p.path, err, said)
	}
	if tag == tagFail {
		p.failed = true
		var message string
		if err := json.Unmarshal(content, &message); err != nil {
			message = string(content)
		}
		return nil, fmt.Errorf("importer: %s: %s", p.path, message)
	}
	if tag != want {
		return nil, fmt.Errorf("importer: %s: a frame %s out of turn, want %s", p.path, tag, want)
	}
	return content, nil
}

func (p *python) arrays() ([]found, error) {
	content, err := p.expect(tagHead)
	if err != nil {
		return nil, err
	}
	var list []found
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("importer: %s: the list of arrays: %w", p.path, err)
	}
	return list, nil
}

func (p *python) choose(wanted []found) error {
	paths := make([]string, len(wanted))
	for i, f := range wanted {
		paths[i] = f.Path
	}
	p.left = len(paths)
	return p.tell(paths)
}

func (p *python) copy(f found, to func(block []byte) error) error {
	for left := f.bytes(); left > 0; {
		content, err := p.expect(tagData)
		if err != nil {
			return err
		}
		if len(content) == 0 || int64(len(content)) > left || len(content)%f.Width != 0 {
			return fmt.Errorf("importer: %s: %d bytes for the last %d of array %s", p.path, len(content), left, f.Path)
		}
		left -= int64(len(content))
		if err := to(content); err != nil {
			return err
		}
	}
	p.left--
	return nil
}

func (p *python) finish() error {
	defer p.stop()
	_ = p.in.Close() // no array is wanted, or no further one
	if p.ended {
		return nil
	}
	if p.left > 0 || p.failed { // something went wrong before
		p.stop()
		_ = p.cmd.Wait() // killed by us
		return nil
	}
	_, err := p.expect(tagDone)
	if p.ended {
		return err
	}
	if waitErr := p.cmd.Wait(); err == nil && waitErr != nil {
		err = fmt.Errorf("importer: %s: reading: %w (%s)", p.path, waitErr, p.err.last())
	}
	return err
}
