package bench

import (
	"path/filepath"

	"github.com/fieldbook-go/fieldbook/internal/results"
	"github.com/fieldbook-go/fieldbook/plots"
)

// savePage writes a result's JSON to bench/results and the page and the picture that are made of it to docs.
func savePage(root, name string, text []byte, page string, figure plots.Figure) error {
	if err := figure.Save(filepath.Join(root, "docs", name)); err != nil {
		return err
	}
	return results.WriteFiles(map[string][]byte{
		filepath.Join(root, "bench", "results", name+".json"): append(text, '\n'),
		filepath.Join(root, "docs", name+".md"):               []byte(page),
	})
}
