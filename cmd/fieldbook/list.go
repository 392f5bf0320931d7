package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/results"
)

// listed is one method as `fieldbook list --json` prints it.
type listed struct {
	Slug     string          `json:"slug"`
	Family   string          `json:"family"`
	Title    string          `json:"title"`
	Source   string          `json:"source"`
	Bib      string          `json:"bib"`
	Notebook string          `json:"notebook"`
	Result   *results.Result `json:"result"` // null: not recorded yet
}

// newListCommand returns `fieldbook list`.
func newListCommand() *cobra.Command {
	var asJSON, readme bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the methods and whether their claims hold",
		Long: `List shows every method: the name that the other commands know it by, its
family, its source, and what its recorded run came to.`,
		Example: `  fieldbook list
  fieldbook list --json      with all claims, for a program to read
  fieldbook list --readme    write the table into README.md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := place.Root()
			if err != nil {
				return err
			}
			if readme && asJSON {
				return errors.New("list: --json and --readme, want one of them")
			}
			if readme {
				return updateReadme(root)
			}
			methods, err := methods(root)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), methods)
			}
			return printMethods(cmd.OutOrStdout(), methods)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&readme, "readme", false, "write the table of methods into README.md instead")
	return cmd
}

// methods reads the catalog with its results.
func methods(root string) ([]listed, error) {
	var list []listed
	for _, e := range catalog.Entries() {
		l := listed{Slug: e.Slug, Family: e.Family, Title: e.Title, Source: e.Source, Bib: e.Bib, Notebook: e.Notebook}
		r, found, err := results.Read(root, e.Slug)
		if err != nil {
			return nil, err
		}
		if found {
			l.Result = &r
		}
		list = append(list, l)
	}
	return list, nil
}

// printMethods prints the methods as a table.
func printMethods(out io.Writer, list []listed) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "method\tfamily\ttitle\tsource\tclaims")
	for _, l := range list {
		status := "not recorded yet"
		if l.Result != nil {
			status = verdict(*l.Result)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", l.Slug, l.Family, l.Title, l.Source, status)
	}
	return table.Flush()
}

// updateReadme writes the table of methods into README.md, if it changed.
func updateReadme(root string) error {
	path := filepath.Join(root, "README.md")
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	table, err := results.Table(root, catalog.Entries())
	if err != nil {
		return err
	}
	text, err := results.Readme(string(old), table)
	if err != nil || bytes.Equal(old, []byte(text)) {
		return err
	}
	return results.WriteFiles(map[string][]byte{path: []byte(text)})
}
