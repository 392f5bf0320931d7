package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// firstNotebook is the notebook that `fieldbook lab` opens by default, below
// the root's folder notebooks.
const firstNotebook = "operators/fno"

const (
	labStart = 60 * time.Second // JupyterLab's time to start, on a slow disk too
	labStop  = 15 * time.Second // its time to stop, with its kernels
	labPoll  = 50 * time.Millisecond
)

// lab is a JupyterLab to start.
type lab struct {
	root     string
	notebook string // relative to root, with slashes
	port     int    // 0: the first free one from Jupyter's own
	browser  bool
}

// newLabCommand returns `fieldbook lab`.
func newLabCommand() *cobra.Command {
	var l lab
	var offline, noBrowser bool
	cmd := &cobra.Command{
		Use:   "lab [notebook]",
		Short: "Open JupyterLab on a notebook",
		Long: `Lab sets up what is missing, starts JupyterLab and opens it in the browser, by
default on notebooks/` + firstNotebook + `.ipynb. It listens on this machine alone, and lets
in only who knows the token that is part of the address it prints.

On a remote machine, start it with --no-browser, forward the port with
"ssh -L 8888:127.0.0.1:8888 machine", and open the printed address.`,
		Example: `  fieldbook lab
  fieldbook lab operators/fno --port 8890
  fieldbook lab my/notebook.ipynb --no-browser`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root, err := place.Root()
			if err != nil {
				return err
			}
			name := firstNotebook
			if len(args) == 1 {
				name = args[0]
			}
			l.root, l.browser = root, !noBrowser
			if l.notebook, err = notebookBelow(root, name); err != nil {
				return err
			}
			if l.port < 0 || l.port > 65535 {
				return fmt.Errorf("lab: --port = %d, want 1 to 65535", l.port)
			}
			if _, err := prepare(cmd, setup.Options{Offline: offline}); err != nil {
				return err
			}
			return l.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	addOffline(cmd, &offline)
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "only print the address")
	cmd.Flags().IntVar(&l.port, "port", 0, "port on the loopback (default: the first free one from 8888)")
	return cmd
}

// notebookBelow finds a notebook and returns its path relative to root, which
// is all that JupyterLab shows.
func notebookBelow(root, name string) (string, error) {
	path, err := setup.Notebook(root, name)
	if err != nil {
		return "", err
	}
	relative, err := filepath.Rel(root, path)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("lab: notebook = %q, want one below %s", name, root)
	}
	return filepath.ToSlash(relative), nil
}

// command returns the JupyterLab to start. Its end is asked for by ctx's.
func (l lab) command(ctx context.Context) *exec.Cmd {
	args := []string{
		"-m", "jupyterlab",
		"--ServerApp.ip=127.0.0.1",
		"--ServerApp.root_dir=" + l.root,
		"--LabApp.default_url=" + (&url.URL{Path: "/lab/tree/" + l.notebook}).EscapedPath(),
		"--ServerApp.open_browser=" + strconv.FormatBool(l.browser),
	}
	if l.port != 0 {
		args = append(args, "--ServerApp.port="+strconv.Itoa(l.port), "--ServerApp.port_retries=0")
	}
	if os.Geteuid() == 0 {
		args = append(args, "--ServerApp.allow_root=True") // a container; it refuses otherwise
	}
	cmd := exec.CommandContext(ctx, place.Python(l.root), args...)
	cmd.Dir = l.root
	cmd.Env = setup.Environ(l.root, os.Environ())
	setup.Isolate(cmd)
	cmd.WaitDelay = labStop
	return cmd
}

// run runs JupyterLab until it ends or ctx does, which is no error.
func (l lab) run(ctx context.Context, out io.Writer) error {
	log, err := openLog(filepath.Join(setup.Logs(place.Env(l.root)), "jupyter.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	start, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("lab: log: %w", err)
	}
	server, stop := context.WithCancel(ctx)
	defer stop()
	cmd := l.command(server)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("lab: %w; `fieldbook doctor` tells more", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	note := filepath.Join(setup.JupyterRuntime(place.Env(l.root)), fmt.Sprintf("jpserver-%d.json", cmd.Process.Pid))
	address, err := l.await(ctx, note, ended)
	if err != nil {
		stop()
		<-ended //nolint:errcheck // the reason is in err
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("lab: JupyterLab did not start: %w; its log, %s, ends in:\n%s", err, log.Name(), lastLines(log.Name(), start))
	}
	fmt.Fprintf(out, "\nJupyterLab is open at\n\n    %s\n\nCtrl-C here stops it. Its log is %s\n", address, log.Name())
	err = <-ended
	if ctx.Err() != nil {
		fmt.Fprintln(out, "JupyterLab has stopped.")
		return nil
	}
	if err != nil {
		return fmt.Errorf("lab: JupyterLab ended: %w; its log, %s, ends in:\n%s", err, log.Name(), lastLines(log.Name(), start))
	}
	return nil // shut down from its own menu
}

// await waits for the file in which a server notes its address and token, and
// returns the notebook's address.
func (l lab) await(ctx context.Context, note string, ended chan error) (string, error) {
	deadline := time.After(labStart)
	for {
		if text, err := os.ReadFile(note); err == nil {
			var server struct {
				URL   string `json:"url"`
				Token string `json:"token"`
			}
			if json.Unmarshal(text, &server) == nil && server.URL != "" { // else still being written
				path := (&url.URL{Path: "lab/tree/" + l.notebook}).EscapedPath()
				return server.URL + path + "?token=" + url.QueryEscape(server.Token), nil
			}
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case err := <-ended:
			ended <- err
			return "", fmt.Errorf("it ended: %w", errors.Join(err, errors.New("no address noted")))
		case <-deadline:
			return "", fmt.Errorf("no answer in %.0f s", labStart.Seconds())
		case <-time.After(labPoll):
		}
	}
}

// logLimit is the size in bytes past which a log starts afresh.
const logLimit = 16 << 20

// openLog opens a log to add to.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("lab: log: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600) // it holds the token
	if err != nil {
		return nil, fmt.Errorf("lab: log: %w", err)
	}
	return file, nil
}

// lastLines returns the last lines that a log holds after offset.
func lastLines(path string, offset int64) string {
	const most = 12
	text, err := os.ReadFile(path)
	if err != nil || int64(len(text)) < offset {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text[offset:])), "\n")
	return "    " + strings.Join(lines[max(0, len(lines)-most):], "\n    ")
}
