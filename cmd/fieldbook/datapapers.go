package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/datasets"
)

// writePapers writes <folder>/papers.md: the data of each paper's experiment, with the time to make them on this machine.
func writePapers(ctx context.Context, folder string, report io.Writer) error {
	var page bytes.Buffer
	fmt.Fprintf(&page, "# Data of the papers\n\nEach line is a data set that a paper's experiment wants, made here by our own solvers; times are for the whole set, "+
		"from a few samples of it, on this page's machine (%d cores).\n\n| paper | data | recipe and settings | time |\n|---|---|---|---|\n", runtime.GOMAXPROCS(0))
	for _, p := range catalog.Papers() {
		if p.Recipe == nil {
			fmt.Fprintf(&page, "| %s | %s | %s | |\n", p.Paper, p.What, p.Waits)
			continue
		}
		fmt.Fprintf(report, "%s: %s\n", p.Paper, p.What)
		took, err := makingTime(ctx, p.Recipe)
		if err != nil {
			return fmt.Errorf("data of %s: %w", p.Paper, err)
		}
		settings, err := setFields(p.Recipe)
		if err != nil {
			return err
		}
		fmt.Fprintf(&page, "| %s | %s | [`%s`](%s.md) `%s` | %s |\n", p.Paper, p.What, p.Recipe.Name(), p.Recipe.Name(), settings, seconds(took.Seconds()))
	}
	fmt.Fprintf(&page, "\nWritten by `go run ./cmd/fieldbook data --papers %s`.\n", folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "papers.md"), page.Bytes(), 0o644); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}

// makingTime is how long the data take to make: of samples that can be made apart that of one for each core, and in proportion.
func makingTime(ctx context.Context, r datasets.Recipe) (time.Duration, error) {
	if view, is := r.(datasets.View); is {
		if source := view.Source(); source != nil {
			r = source
		}
	}
	start := time.Now()
	sharded, is := r.(datasets.Sharded)
	if !is {
		_, err := r.Make(ctx, nil)
		return time.Since(start), err
	}
	few := min(runtime.GOMAXPROCS(0), sharded.Samples())
	_, _, err := sharded.MakeSamples(ctx, 0, few, nil)
	return time.Since(start) * time.Duration(sharded.Samples()) / time.Duration(few), err
}

// setFields is a recipe's fields that are not zero, as `fieldbook data --set` takes them.
func setFields(r datasets.Recipe) (string, error) {
	settings, err := catalog.Recipe{Name: r.Name(), Default: r}.Settings()
	if err != nil {
		return "", err
	}
	var set []string
	for _, field := range settings {
		switch string(field.Value) {
		case "0", `""`, "false", "[0,0]", "null":
		default:
			set = append(set, field.Name+"="+string(field.Value))
		}
	}
	return strings.Join(set, " "), nil
}
