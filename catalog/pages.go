package catalog

// Page is a notebook that shows how a package is used: what it claims, if
// anything, is judged when it runs, and no result is kept.
type Page struct {
	Slug     string // its short name: of the notebook and on the command line
	Title    string
	Package  string // below the module's root, with slashes
	Notebook string // path below the module's root, with slashes
}

// Pages returns all notebooks that are no method's, in the order in which they
// are shown.
func Pages() []Page {
	return []Page{
		{Slug: "images", Title: "A small image model", Package: "diffusion", Notebook: "notebooks/diffusion/images.ipynb"},
		{Slug: "your-own-pde", Title: "Your own equation, forward and inverse", Package: "pinns", Notebook: "notebooks/pinns/your-own-pde.ipynb"},
		{Slug: "gallery", Title: "Gallery of figures", Package: "plots", Notebook: "notebooks/plots/gallery.ipynb"},
	}
}

// FindPage returns the page of the slug, and whether there is one.
func FindPage(slug string) (Page, bool) {
	for _, p := range Pages() {
		if p.Slug == slug {
			return p, true
		}
	}
	return Page{}, false
}
