package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/fieldbook-go/fieldbook/internal/results"
)

// printClaims prints what a notebook claims, as a table under a line about the run.
func printClaims(out io.Writer, r results.Result) error {
	facts := []string{r.Size, fmt.Sprintf("seed %d", r.Seed)}
	for _, fact := range []string{r.Backend, r.Precision} {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	if r.Seconds > 0 {
		facts = append(facts, seconds(r.Seconds)+" with all training")
	}
	fmt.Fprintf(out, "%s (%s): %s\n", r.Slug, strings.Join(facts, ", "), verdict(r))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  claim\tgot\twant\tpaper\t")
	for _, c := range r.Claims {
		word := "held"
		switch {
		case !r.Judged():
			word = "not judged"
		case !c.Pass:
			word = "MISSED"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", c.Name, results.Got(c), results.Bound(c), results.Paper(c), word)
	}
	return table.Flush()
}

// verdict says how many claims hold.
func verdict(r results.Result) string {
	switch missed := r.Missed(); {
	case !r.Judged():
		return "every cell ran; claims are not judged at this size"
	case missed == 0 && len(r.Claims) == 1:
		return "its claim holds"
	case missed == 0:
		return fmt.Sprintf("all %d claims hold", len(r.Claims))
	default:
		return fmt.Sprintf("%d of %d claims hold", len(r.Claims)-missed, len(r.Claims))
	}
}
