//go:build unix

package workbench_test

import (
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

func TestShowInTheNotebook(t *testing.T) {
	n := withImports(t)
	html := func(d protocol.DisplayData) string {
		text, _ := d.Data[protocol.MIMETextHTML].(string)
		return text
	}
	for _, cell := range []string{"show imported", "show data"} {
		_, shown := n.displayed(t, cell)
		if len(shown) != 2 || !strings.HasPrefix(html(shown[0]), "<table><tr><th") || !strings.Contains(picture(t, html(shown[1])), "<svg") {
			t.Errorf("%s: %d displays, the first %.100q; want a table and a picture", cell, len(shown), html(shown[0]))
		}
	}
	_, shown := n.displayed(t, "show odd")
	if len(shown) != 1 || strings.Contains(html(shown[0]), "<script") || !strings.Contains(html(shown[0]), "&lt;script&gt;alert(&#34;x&#34;)") {
		t.Errorf("%d displays, %q; want a table alone, its text escaped", len(shown), html(shown[0]))
	}
}

func TestMarkdownInTheNotebook(t *testing.T) {
	n := withImports(t)
	_, shown := n.displayed(t, "markdown")
	if len(shown) != 1 || shown[0].Data[protocol.MIMETextMarkdown] != "$$u_t = u_{xx}$$" {
		t.Errorf("displays %+v, want one of Markdown with the text as it is", shown)
	}
	if out := n.ok(t, "markdown"); out != "$$u_t = u_{xx}$$\n" {
		t.Errorf("outside of a notebook the cell prints %q, want the text", out)
	}
}
