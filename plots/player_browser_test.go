package plots_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// playerState is what is seen of the players in a page.
type playerState struct {
	Title   string
	Players int
	Buttons int
	At      string // the slider's place in the first player
	Label   string
	Alt     string
	Wide    int // pixels of the picture in the first player that are drawn
	Still   int // pixels of the strip where no script ran
	Loaded  int // what the page fetched
}

// lookAtPlayers reads the page; the frame where no script may run is apart.
const lookAtPlayers = `(() => {
	const first = document.querySelector('.fieldbook-player');
	const still = document.querySelector('iframe')?.contentDocument?.querySelector('.fieldbook-player');
	return {
		title: document.title,
		players: document.querySelectorAll('.fieldbook-player').length,
		buttons: document.querySelectorAll('.fieldbook-player button').length,
		at: first.querySelector('input')?.value ?? '',
		label: first.querySelector('span')?.innerText ?? '',
		alt: first.querySelector('img').alt,
		wide: first.querySelector('img').naturalWidth,
		still: still && !still.querySelector('button') ? still.querySelector('img').naturalWidth : 0,
		loaded: performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length,
	};
})()`

// browser opens a file in a browser without a window.
func browser(t *testing.T, page string) context.Context {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Fatal("no browser to show a page in: install Chromium (Debian: `apt-get install chromium`)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1000, 1600),
	)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+page)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// TestPlayerInBrowser plays an animation in a page as an exported notebook has
// it, in one where the output is put in later as JupyterLab does, and without
// scripts as in a notebook that is not trusted.
func TestPlayerInBrowser(t *testing.T) {
	a := animationOf(t, turbulence(16, 5))
	a.Title, a.FPS = hostile, 20
	a.Frames[0].Label = hostile
	player := string(bytesOf(t, a.WriteHTML))
	folder := t.TempDir()
	page := filepath.Join(folder, "page.html")
	// One output that is part of the page, one that a script puts in and whose
	// scripts it runs anew, and one in a frame without scripts.
	document := fmt.Sprintf(`<!DOCTYPE html><meta charset="utf-8"><title>page</title>
<div>%s</div><div id="later"></div><iframe sandbox="allow-same-origin" width="900" height="600" srcdoc="%s"></iframe>
<script>
	const later = document.querySelector('#later');
	later.innerHTML = new TextDecoder().decode(Uint8Array.from(atob('%s'), c => c.charCodeAt(0)));
	for (const script of later.querySelectorAll('script')) {
		const again = document.createElement('script');
		again.textContent = script.textContent;
		script.replaceWith(again);
	}
</script>`, player, html.EscapeString(player), base64.StdEncoding.EncodeToString([]byte(player)))
	if err := os.WriteFile(page, []byte(document), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx := browser(t, page)
	var seen playerState
	wait := func(what string, done func(playerState) bool) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			now, err := chromedp.Run(ctx, chromedp.Evaluate[playerState](lookAtPlayers))
			if err != nil {
				t.Fatal(err)
			}
			if seen = now; done(seen) {
				return
			}
		}
		t.Fatalf("%s: not so in 30 s: %+v", what, seen)
	}
	do := func(script string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(() => {"+script+"; return true})()")); err != nil {
			t.Fatal(err)
		}
	}
	wait("two players are set up, and the strip stands where no script runs", func(p playerState) bool {
		return p.Players == 2 && p.Buttons == 2 && p.Wide > 200 && p.Still > 200 && p.At == "0"
	})
	if seen.Title != "page" || seen.Label != hostile || !strings.HasPrefix(seen.Alt, hostile) {
		t.Errorf("title %q, label %q, alt %q: text is not shown as it is", seen.Title, seen.Label, seen.Alt)
	}
	if seen.Loaded != 0 {
		t.Errorf("the page fetched %d things, want none", seen.Loaded)
	}
	do(`document.querySelector('button').click()`)
	wait("it plays", func(p playerState) bool { return p.At != "0" && p.Label == "t = 0.2" })
	wait("it begins again after its end", func(p playerState) bool { return p.At == "0" })
	do(`document.querySelector('button').click();
		const s = document.querySelector('input'); s.value = 3; s.dispatchEvent(new Event('input'))`)
	wait("the slider chooses a frame", func(p playerState) bool { return p.At == "3" && p.Label == "t = 0.3" })
	time.Sleep(300 * time.Millisecond) // six frames, if it were still playing
	wait("it stands still", func(p playerState) bool { return p.At == "3" })
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(t.ArtifactDir(), "player.png")
	if err := os.WriteFile(kept, picture, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("the page: %s (kept with -artifacts)", kept)
}
