//go:build unix

package workbench_test

import (
	"encoding/base64"
	"encoding/gob"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// displayed runs a cell as GoNB does, with a pipe for what it displays, and returns that too.
func (n *notebook) displayed(t *testing.T, name string) (output, []protocol.DisplayData) {
	t.Helper()
	dir := t.TempDir()
	forth, back := filepath.Join(dir, "forth"), filepath.Join(dir, "back")
	for _, path := range []string{forth, back} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.OpenFile(back, os.O_RDWR, 0) // opened for both, it waits for nobody
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	type received struct {
		all []protocol.DisplayData
		err error
	}
	done := make(chan received)
	go func() {
		all, err := receive(forth, kept)
		done <- received{all, err}
	}()
	got := n.cell(t, name, protocol.GONB_PIPE_ENV+"="+forth, protocol.GONB_PIPE_BACK_ENV+"="+back)
	if end, err := os.OpenFile(forth, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil { // for a cell that never opened it
		_ = end.Close()
	}
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	return got, r.all
}

// receive reads what a cell displays until it ends; it answers on back each time that the cell asks whether all has come.
func receive(path string, back io.Writer) (all []protocol.DisplayData, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	answers := gob.NewEncoder(back)
	for d := gob.NewDecoder(f); ; {
		var next protocol.DisplayData
		if err := d.Decode(&next); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if request, is := next.Data[protocol.MIMECommValue].(protocol.CommValue); is && request.Address == protocol.GonbuiSyncAddress {
			if err := answers.Encode(protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: request.Value}); err != nil {
				return nil, err
			}
			continue
		}
		all = append(all, next)
	}
}

// picture is the SVG text inside an img element.
func picture(t *testing.T, html string) string {
	t.Helper()
	_, rest, found := strings.Cut(html, "data:image/svg+xml;base64,")
	code, _, _ := strings.Cut(rest, `"`)
	text, err := base64.StdEncoding.DecodeString(code)
	if !found || err != nil {
		t.Fatalf("no picture in %.100q: %v", html, err)
	}
	return string(text)
}

func TestTheChartStaysInTheNotebook(t *testing.T) {
	n := newNotebook(t)
	got, shown := n.displayed(t, "train")
	if got.status != 0 || len(shown) < 2 {
		t.Fatalf("status %d, %d displays, want 0 and pictures\n%s", got.status, len(shown), got.err)
	}
	if strings.Contains(got.out, "steps a second") || strings.Count(got.out, "\n") != 1 {
		t.Errorf("the cell prints %q, want the first line alone", got.out)
	}
	for _, d := range shown {
		if d.DisplayID == "" || d.DisplayID != shown[0].DisplayID {
			t.Errorf("display %q after %q, want one that is renewed", d.DisplayID, shown[0].DisplayID)
		}
	}
	last, _ := shown[len(shown)-1].Data[protocol.MIMETextHTML].(string)
	if svg := picture(t, last); !strings.Contains(svg, "<svg") || !strings.Contains(svg, "misfit") || !strings.Contains(last, "30 steps in ") {
		t.Errorf("the last picture is %.200q, want a chart of the misfit that says how many steps it took", last)
	}
	_, shown = n.displayed(t, "train")
	last, _ = shown[len(shown)-1].Data[protocol.MIMETextHTML].(string)
	if svg := picture(t, last); len(shown) != 1 || !strings.Contains(last, "looked up: 30 steps in ") || !strings.Contains(svg, "misfit") {
		t.Errorf("%d displays of a run that was looked up, the last %.200q, want one chart", len(shown), last)
	}
}

// TestARunOnTheWayLeavesALine trains by asking for a value: the chart is there while it trains.
func TestARunOnTheWayLeavesALine(t *testing.T) {
	n := newNotebook(t)
	_, shown := n.displayed(t, "predict")
	if len(shown) < 2 {
		t.Fatalf("%d displays, want pictures and a line", len(shown))
	}
	first, _ := shown[0].Data[protocol.MIMETextHTML].(string)
	picture(t, first)
	last, _ := shown[len(shown)-1].Data[protocol.MIMETextHTML].(string)
	if strings.Contains(last, "<img") || !strings.Contains(last, "30 steps in ") || shown[len(shown)-1].DisplayID != shown[0].DisplayID {
		t.Errorf("the last display is %.200q, want a line in place of the chart", last)
	}
}

func TestFiguresAndClaimsInTheNotebook(t *testing.T) {
	n := newNotebook(t)
	_, shown := n.displayed(t, "figure")
	if len(shown) != 1 {
		t.Fatalf("%d displays, want one", len(shown))
	}
	html, _ := shown[0].Data[protocol.MIMETextHTML].(string) // as HTML: a bare SVG is hidden in a notebook opened again
	if svg := picture(t, html); !strings.Contains(svg, "<svg") {
		t.Errorf("the figure is %.100q, want SVG", svg)
	}
	_, shown = n.displayed(t, "large figure")
	if html, _ := shown[0].Data[protocol.MIMETextHTML].(string); !strings.Contains(html, "data:image/png;base64,iVBORw0KGgo") {
		t.Errorf("a large figure is %.100q, want PNG", html)
	}
	_, shown = n.displayed(t, "claims")
	if len(shown) != 11 {
		t.Fatalf("%d displays, want 11 claims", len(shown))
	}
	first, _ := shown[0].Data[protocol.MIMETextHTML].(string)
	third, _ := shown[2].Data[protocol.MIMETextHTML].(string)
	if !strings.Contains(first, ">holds</b> &nbsp;holds: 0.5, claimed ≤ 1; paper: 0.7<") || !strings.Contains(third, ">missed</b>") {
		t.Errorf("claims are shown as %q and %q, want one that holds and one that is missed", first, third)
	}
}
