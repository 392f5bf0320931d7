package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/fieldbook-go/fieldbook/internal/notebook"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// Time that a browser may take: to open the notebook, and to run it at the
// quick size on a busy machine.
const (
	browserStart = 2 * time.Minute
	browserRun   = 8 * time.Minute
)

// The browser's window: as tall as the notebook, since JupyterLab keeps only
// the cells in view in the page.
const (
	windowWidth  = 1400
	windowHeight = 14_000
)

// browserProgram finds a Chromium.
func browserProgram(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no browser to look at JupyterLab with: install Chromium (Debian: `apt-get install chromium`)")
	return ""
}

// output is what a command prints, read while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps what is printed.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is what was printed so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// startLab starts `fieldbook lab` on a copy of the notebook, so that nothing is
// saved over it, and returns the address that it prints. It ends with the test.
func startLab(t *testing.T, notebookFile string) (address string) {
	t.Helper()
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp(filepath.Join(root, "notebooks"), "browser-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) }) // it is ignored by git
	path := copyNotebook(t, notebookFile, folder)
	ctx, cancel := context.WithCancel(t.Context())
	var printed output
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"lab", path, "--no-browser"}, &printed, &printed) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	pattern := regexp.MustCompile(`http://127\.0\.0\.1:\d+/\S*`)
	for deadline := time.Now().Add(browserStart); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if address := pattern.FindString(printed.String()); address != "" {
			return address
		}
		if len(ended) > 0 {
			break
		}
	}
	t.Fatalf("`fieldbook lab` printed no address:\n%s", printed.String())
	return ""
}

// openBrowser starts a browser that ends with the test.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browserProgram(t)),
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(windowWidth, windowHeight),
	)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	browser, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	return browser
}

// page is what is seen of the notebook in the page.
type page struct {
	Cells   int    // code cells with code in the page
	Ran     int    // of them, those that have run to their end
	Busy    int    // of them, those that run or wait for their turn
	Error   string // the first error shown; "" for none
	Plots   int    // pictures that are drawn, and not of one colour
	Kernel  string // its name, as the toolbar shows it
	Claims  int    // claims shown
	Widest  int    // width of the widest picture, in pixels
	Dialog  string // the text of a dialog in the way; "" for none
	Loading bool
}

// look reads the page.
const look = `(() => {
	const cells = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].filter(c => c.querySelector('.cm-content')?.innerText.trim());
	const prompt = c => c.querySelector('.jp-InputPrompt')?.innerText ?? '';
	const drawn = image => {
		if (!image.complete || image.naturalWidth < 50) return false;
		const canvas = document.createElement('canvas');
		canvas.width = 64; canvas.height = 64;
		const pen = canvas.getContext('2d');
		pen.drawImage(image, 0, 0, 64, 64);
		const p = pen.getImageData(0, 0, 64, 64).data;
		for (let i = 4; i < p.length; i++) if (p[i] !== p[i % 4]) return true;
		return false;
	};
	const images = [...document.querySelectorAll('.jp-OutputArea-output img')].filter(drawn);
	const vectors = [...document.querySelectorAll('.jp-OutputArea-output svg')].filter(s => s.querySelectorAll('path, polyline, line').length > 5);
	const error = document.querySelector('.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"], .gonb-err-location');
	return {
		cells: cells.length,
		ran: cells.filter(c => /\[\d+\]/.test(prompt(c))).length,
		busy: cells.filter(c => prompt(c).includes('[*]')).length,
		error: error ? (error.closest('.jp-OutputArea') ?? error).innerText : '',
		plots: images.length + vectors.length,
		kernel: document.querySelector('.jp-KernelName')?.innerText ?? '',
		claims: (document.body.innerText.match(/not judged at quick size/g) ?? []).length,
		widest: Math.max(0, ...[...images, ...vectors].map(i => Math.round(i.getBoundingClientRect().width))),
		dialog: document.querySelector('.jp-Dialog')?.innerText ?? '',
		loading: !document.querySelector('.jp-Notebook'),
	};
})()`

// watch looks at the page until done says so.
func watch(ctx context.Context, limit time.Duration, done func(page) bool) (page, error) {
	var seen page
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		now, err := chromedp.Run(ctx, chromedp.Evaluate[page](look))
		if err != nil {
			return seen, err
		}
		seen = now
		if seen.Error != "" {
			return seen, fmt.Errorf("a cell failed:\n%s", seen.Error)
		}
		if done(seen) {
			return seen, nil
		}
		if err := chromedp.Do(ctx, chromedp.Sleep(250*time.Millisecond)); err != nil {
			return seen, err
		}
	}
	return seen, fmt.Errorf("not done in %s; the page: %+v", limit, seen)
}

// screenshot keeps a picture of the page where it can be looked at afterwards.
func screenshot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Errorf("screenshot: %v", err)
		return
	}
	path := filepath.Join(t.ArtifactDir(), name)
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		t.Error(err)
	}
	t.Logf("the page: %s (kept with -artifacts)", path)
}

// runAll chooses Run All Cells from the menu, as a user does.
func runAll(ctx context.Context) error {
	const item = `[data-command="runmenu:run-all"]`
	if err := chromedp.Do(ctx,
		chromedp.Click(chromedp.Search(`//*[contains(@class,'lm-MenuBar-itemLabel') and text()='Run']`)),
		chromedp.WaitVisible(chromedp.CSS(item)),
	); err != nil {
		return err
	}
	at, err := chromedp.Run(ctx, chromedp.Evaluate[[2]float64](
		`(() => { const r = document.querySelector('`+item+`').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`))
	if err != nil {
		return err
	}
	// A menu takes a click only where the pointer has moved before.
	return chromedp.Do(ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]), chromedp.MouseClickXY(at[0], at[1]))
}

// TestBrowser is what a newcomer does: `fieldbook lab`, then Run All Cells.
func TestBrowser(t *testing.T) {
	withKernel(t)
	browserProgram(t)
	t.Setenv(store.Home, t.TempDir())
	t.Setenv(record.SizeVariable, record.SizeQuick)
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "notebooks", filepath.FromSlash(firstNotebook)+".ipynb")
	nb, err := notebook.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	count := len(nb.CodeCells())
	address := startLab(t, file)
	ctx := openBrowser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	seen, err := watch(ctx, browserStart, func(p page) bool { return !p.Loading && p.Cells == count && strings.Contains(p.Kernel, "Fieldbook") })
	if err != nil || seen.Dialog != "" {
		screenshot(ctx, t, "opened.png")
		t.Fatalf("the notebook with its %d code cells did not open: %v; dialog %q", count, err, seen.Dialog)
	}
	if seen.Ran+seen.Plots+seen.Claims > 0 {
		t.Fatalf("before anything ran the page had %d cells that ran, %d plots and %d claims, want none", seen.Ran, seen.Plots, seen.Claims)
	}
	if err := runAll(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := watch(ctx, browserStart, func(p page) bool { return p.Busy+p.Ran == count }); err != nil {
		screenshot(ctx, t, "menu.png")
		t.Fatalf("Run All Cells did not: %v", err)
	}
	seen, err = watch(ctx, browserRun, func(p page) bool { return p.Ran == count })
	screenshot(ctx, t, "notebook.png")
	if err != nil {
		t.Fatal(err)
	}
	if seen.Plots == 0 || seen.Widest < 200 {
		t.Errorf("%d plots, the widest of %d pixels; want one that can be read", seen.Plots, seen.Widest)
	}
	if seen.Claims == 0 {
		t.Error("no claim is shown")
	}
}
