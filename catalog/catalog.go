// Package catalog is the explicit list of every method and of the notebook that
// shows it. It imports every family, so that what it lists exists.
package catalog

import (
	"fmt"

	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Entry is one method.
type Entry struct {
	Slug     string // its short name: of the notebook, of the results and on the command line
	Family   string // operators, pinns, diffusion, dynamics, solvers, symbolic or networks
	Title    string
	Source   string // authors, year and where to find the paper
	Bib      string // key in zoo/references.bib
	Notebook string // path below the module's root, with slashes

	Models []zoo.Method // that the notebook trains: the method's own, and its baselines; empty where it trains none, as with ways to sample
}

// Entries returns all methods, in the order in which they are shown.
func Entries() []Entry {
	return []Entry{
		{
			Slug: "fno", Family: "operators", Title: "Fourier neural operator",
			Source: "Li et al. 2021, arXiv:2010.08895", Bib: "li2021fno",
			Notebook: "notebooks/operators/fno.ipynb",
			Models:   []zoo.Method{fourier(), convolutional(), deepOperator()},
		},
		{
			Slug: "dpm-solver", Family: "diffusion", Title: "DPM-Solver",
			Source: "Lu et al. 2022, arXiv:2206.00927", Bib: "lu2022dpmsolver",
			Notebook: "notebooks/diffusion/dpm-solver.ipynb",
			Models:   []zoo.Method{denoisingNetwork()},
		},
		{
			Slug: "er-sde", Family: "diffusion", Title: "ER-SDE solvers",
			Source: "Cui et al. 2023, arXiv:2309.06169", Bib: "cui2023ersde",
			Notebook: "notebooks/diffusion/er-sde.ipynb",
		},
		{
			Slug: "causal-pinn", Family: "pinns", Title: "Causal training of physics-informed networks",
			Source: "Wang, Sankaran & Perdikaris 2022, arXiv:2203.07404", Bib: "wang2022causality",
			Notebook: "notebooks/pinns/causal-pinn.ipynb",
			Models:   []zoo.Method{causalNetwork()},
		},
		{
			Slug: "multiadam", Family: "pinns", Title: "MultiAdam",
			Source: "Yao et al. 2023, arXiv:2306.02816", Bib: "yao2023multiadam",
			Notebook: "notebooks/pinns/multiadam.ipynb",
			Models:   []zoo.Method{balanced()},
		},
		{
			Slug: "r3", Family: "pinns", Title: "R3 sampling of collocation points",
			Source: "Daw et al. 2023, arXiv:2207.02338", Bib: "daw2023mitigating",
			Notebook: "notebooks/pinns/r3.ipynb",
			Models:   []zoo.Method{retained()},
		},
		{
			Slug: "siren", Family: "pinns", Title: "SIREN",
			Source: "Sitzmann et al. 2020, arXiv:2006.09661", Bib: "sitzmann2020siren",
			Notebook: "notebooks/pinns/siren.ipynb",
			Models:   []zoo.Method{sinusoidal()},
		},
		{
			Slug: "c-rectified-flow", Family: "diffusion", Title: "c-rectified flow",
			Source: "Liu 2022, arXiv:2209.14577", Bib: "liu2022rectified",
			Notebook: "notebooks/diffusion/c-rectified-flow.ipynb",
			Models:   []zoo.Method{potentialNetwork()},
		},
		{
			Slug: "rectified-flow", Family: "diffusion", Title: "Rectified flow",
			Source: "Liu, Gong & Liu 2023, arXiv:2209.03003", Bib: "liu2023flow",
			Notebook: "notebooks/diffusion/rectified-flow.ipynb",
			Models:   []zoo.Method{straightNetwork()},
		},
	}
}

// Models returns every model of every entry, each type once.
func Models() []zoo.Method {
	var all []zoo.Method
	seen := map[string]bool{}
	for _, e := range Entries() {
		for _, m := range e.Models {
			if kind := kinds.Name(m.Default); !seen[kind] {
				seen[kind] = true
				all = append(all, m)
			}
		}
	}
	return all
}

// Find returns the method of the slug.
//
// Errors: no such method; the message names the one whose slug is nearest.
func Find(slug string) (Entry, error) {
	var slugs []string
	for _, e := range Entries() {
		if e.Slug == slug {
			return e, nil
		}
		slugs = append(slugs, e.Slug)
	}
	for _, p := range Pages() {
		slugs = append(slugs, p.Slug)
	}
	return Entry{}, fmt.Errorf("catalog: method = %q, want one that `fieldbook list` shows%s", slug, suggestion(slug, slugs))
}

// distance is the number of letters to insert, delete or change to make b of a.
//
// Source: Wagner & Fischer 1974, the algorithm for Levenshtein's distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
