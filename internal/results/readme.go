package results

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/record"
)

// Marks between which README's table stands.
const (
	tableStart = "<!-- methods: written by `fieldbook list --readme`, do not edit -->"
	tableEnd   = "<!-- end of methods -->"
)

// Number writes a measured value with three significant digits.
func Number(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0) || v == 0:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case size < 1e-4 || size >= 1e6:
		return strconv.FormatFloat(v, 'e', 2, 64)
	default:
		digits := max(0, 2-int(math.Floor(math.Log10(size))))
		return strconv.FormatFloat(v, 'f', digits, 64)
	}
}

// Got writes what a claim measured, with the spread over seeds where it has one.
func Got(c record.Claim) string {
	if c.Low == nil || c.High == nil {
		return Number(c.Got)
	}
	return fmt.Sprintf("%s (%s to %s over %d seeds)", Number(c.Got), Number(*c.Low), Number(*c.High), c.Seeds)
}

// Bound writes what a claim wants.
func Bound(c record.Claim) string {
	return c.Op + " " + strconv.FormatFloat(c.Want, 'g', -1, 64)
}

// Paper writes what the paper reports.
func Paper(c record.Claim) string {
	if c.Paper == "" {
		return "not reported"
	}
	return c.Paper
}

// Table is README's table of methods in Markdown: each with its first claim,
// which is the one it stands for, and how many of its claims hold.
//
// Errors: a result's file that cannot be read.
func Table(root string, entries []catalog.Entry) (string, error) {
	var table strings.Builder
	table.WriteString("| Method | Family | Source | Main claim | Got | Paper | Claims | Run |\n")
	table.WriteString("|---|---|---|---|---|---|---|---|\n")
	for _, e := range entries {
		r, found, err := Read(root, e.Slug)
		if err != nil {
			return "", err
		}
		cells := []string{fmt.Sprintf("[%s](%s)", plain(e.Title), e.Notebook), plain(e.Family), plain(e.Source)}
		if found {
			first := r.Claims[0]
			cells = append(cells, plain(first.Name)+" "+Bound(first), Got(first), plain(Paper(first)), Status(r),
				fmt.Sprintf("%s, %.0f s, %s", r.Size, r.Seconds, plain(r.Backend)))
		} else {
			cells = append(cells, "", "", "", "not recorded yet", "")
		}
		table.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return table.String(), nil
}

// Status says how many claims hold.
func Status(r Result) string {
	switch missed := r.Missed(); {
	case !r.Judged():
		return "not judged"
	case missed == 0:
		return fmt.Sprintf("all %d hold", len(r.Claims))
	default:
		return fmt.Sprintf("**%d of %d missed**", missed, len(r.Claims))
	}
}

// plain keeps text from ending a cell of a Markdown table.
func plain(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}

// Readme returns the README with its table replaced.
//
// Errors: a README without the two marks, each once and in order.
func Readme(readme, table string) (string, error) {
	before, rest, ok := strings.Cut(readme, tableStart)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended || strings.Contains(after, tableStart) || strings.Contains(after, tableEnd) {
		return "", fmt.Errorf("results: README.md: want the marks %q and %q, once and in this order", tableStart, tableEnd)
	}
	return before + tableStart + "\n" + table + tableEnd + after, nil
}
