package plots_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// galleryFile is the page that TestGallery keeps up to date.
var galleryFile = filepath.Join("..", "docs", "plots", "README.md")

// galleryGroup is a chapter of the page: kinds of figures in the order in which
// they are shown.
type galleryGroup struct {
	title string
	kinds []string
}

// galleryGroups has every name that an Example shows, once.
func galleryGroups() []galleryGroup {
	return []galleryGroup{
		{"Curves and errors", []string{"Lines", "Compare", "Resolution", "WorkPrecision", "Evaluations"}},
		{"Fields", []string{
			"Field", "Contour", "Mesh", "Arrows", "Streamlines", "Particles", "Network", "Plane",
			"FieldRow", "Snapshots", "SpaceTime", "Surface",
		}},
		{"Training", []string{"Loss", "SeedLoss", "GradientNorms", "TermWeights", "LandscapeLine", "Landscape"}},
		{"Spectra", []string{"Spectrum", "BandErrors", "Eigenvalues", "SpectralDensity", "SingularValues"}},
		{"Trajectories", []string{"PhasePortrait", "TimePath", "Rollout", "StepSizes"}},
		{"Samples", []string{"Scatter", "SampleDensity", "SampleFlow", "Corner", "Tiles"}},
		{"Statistics", []string{"Bars", "GroupedBars", "Boxes", "Histogram", "Calibration"}},
		{"Structure", []string{"Tree", "Transitions"}},
		{"Animations", []string{"Evolution", "Animation"}},
		{"Pages", []string{"Grid", "Wrap", "Figure"}},
	}
}

// TestGallery keeps docs/plots/README.md what the Example functions and the
// comments of the kinds say.
func TestGallery(t *testing.T) {
	if *update {
		ExampleAnimation()
		wave := read(t, filepath.Join("testdata", "out", "wave.gif"))
		if err := os.WriteFile(filepath.Join(filepath.Dir(galleryFile), "wave.gif"), wave, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := readGallery(t).page()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(galleryFile, page, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(read(t, galleryFile), page) {
		t.Errorf("docs/plots/README.md is not what the examples say, want `go test ./plots -run TestGallery -update`")
	}
}

// TestGalleryHasEveryKind wants an Example of every drawing, and its place on
// the page.
func TestGalleryHasEveryKind(t *testing.T) {
	g := readGallery(t)
	placed := map[string]int{}
	for _, group := range galleryGroups() {
		for _, kind := range group.kinds {
			placed[kind]++
		}
	}
	for name, e := range g.entries {
		if placed[name] != 1 {
			t.Errorf("%s is %d times in galleryGroups, want once", name, placed[name])
		}
		if len(e.examples) == 0 {
			t.Errorf("%s is a drawing without an Example function, want one", name)
		}
	}
}

// gallery is what the page is made of.
type gallery struct {
	files   *token.FileSet
	sources map[string][]byte // by file name
	entries map[string]*galleryEntry
	helpers map[string]*ast.FuncDecl // functions of the test files that are no tests
}

// galleryEntry is a kind with its examples.
type galleryEntry struct {
	summary  string // the first sentence of its comment
	examples []*doc.Example
}

// readGallery parses the package with its tests.
func readGallery(t *testing.T) *gallery {
	t.Helper()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	g := &gallery{
		files: token.NewFileSet(), sources: map[string][]byte{},
		entries: map[string]*galleryEntry{}, helpers: map[string]*ast.FuncDecl{},
	}
	var trees []*ast.File
	for _, name := range names {
		g.sources[name] = read(t, name)
		tree, err := parser.ParseFile(g.files, name, g.sources[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree)
		if strings.HasSuffix(name, "example_test.go") {
			for _, decl := range tree.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok && !strings.HasPrefix(f.Name.Name, "Test") && !strings.HasPrefix(f.Name.Name, "Example") {
					g.helpers[f.Name.Name] = f
				}
			}
		}
	}
	p, err := doc.NewFromFiles(g.files, trees, "github.com/fieldbook-go/fieldbook/plots", doc.PreserveAST)
	if err != nil {
		t.Fatal(err)
	}
	g.enter(p)
	return g
}

// enter notes the drawings and all that has an Example.
func (g *gallery) enter(p *doc.Package) {
	add := func(name, text string, examples []*doc.Example) {
		slices.SortStableFunc(examples, func(a, b *doc.Example) int { return int(a.Code.Pos() - b.Code.Pos()) })
		g.entries[name] = &galleryEntry{summary: p.Synopsis(text), examples: examples}
	}
	for _, t := range p.Types {
		draws := slices.ContainsFunc(t.Methods, func(m *doc.Func) bool { return m.Name == "Figure" && m.Level == 0 })
		if draws || len(t.Examples) > 0 {
			add(t.Name, t.Doc, t.Examples)
		}
		for _, f := range t.Funcs {
			if len(f.Examples) > 0 {
				add(f.Name, f.Doc, f.Examples)
			}
		}
	}
}

// page is the page in Markdown.
func (g *gallery) page() ([]byte, error) {
	var page bytes.Buffer
	page.WriteString(`# Figures

Every kind of figure of package ` + "`plots`" + `, with the code that draws it. The data are made up from formulas; none is a measurement. Each picture is the
golden image that the package's test compares, 200 dots an inch, shown at half its size. [Ten of them beside matplotlib's](beside-matplotlib.md).

`)
	for _, group := range galleryGroups() {
		fmt.Fprintf(&page, "- [%s](#%s): ", group.title, anchor(group.title))
		for i, kind := range group.kinds {
			if i > 0 {
				page.WriteString(", ")
			}
			fmt.Fprintf(&page, "[%s](#%s)", kind, anchor(kind))
		}
		page.WriteString("\n")
	}
	needed := map[string]bool{}
	for _, group := range galleryGroups() {
		fmt.Fprintf(&page, "\n## %s\n", group.title)
		for _, kind := range group.kinds {
			if err := g.kind(&page, kind, needed); err != nil {
				return nil, err
			}
		}
	}
	page.WriteString("\n## What the examples share\n\n```go\n")
	page.WriteString(g.shared(needed))
	page.WriteString("```\n\nWritten by `go test ./plots -run TestGallery -update`.\n")
	return page.Bytes(), nil
}

// anchor is the fragment by which a heading is linked.
func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

// kind writes the section of one kind, and notes the functions that it needs.
func (g *gallery) kind(page *bytes.Buffer, name string, needed map[string]bool) error {
	e, ok := g.entries[name]
	if !ok {
		return fmt.Errorf("%s in galleryGroups is no drawing and has no Example", name)
	}
	fmt.Fprintf(page, "\n### %s\n\n%s\n", name, e.summary)
	for _, example := range e.examples {
		picture, err := g.picture(example)
		if err != nil {
			return err
		}
		caption := strings.Join(strings.Fields(example.Doc), " ")
		if caption != "" {
			fmt.Fprintf(page, "\n%s\n", caption)
		}
		fmt.Fprintf(page, "\n%s\n", picture)
		fmt.Fprintf(page, "\n<details><summary>Example%s</summary>\n\n```go\n%s```\n</details>\n", example.Name, g.code(example.Code))
		g.needs(example.Code, needed)
	}
	return nil
}

// picture shows the golden image that an Example saves, or the animation that it
// writes instead.
func (g *gallery) picture(example *doc.Example) (string, error) {
	names := map[string]string{} // by the function that writes it
	ast.Inspect(example.Code, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok && len(call.Args) == 2 {
			if f, ok := call.Fun.(*ast.Ident); ok {
				if text, ok := call.Args[0].(*ast.BasicLit); ok {
					names[f.Name] = strings.Trim(text.Value, `"`)
				}
			}
		}
		return true
	})
	source, scale := "../../plots/testdata/"+names["save"]+".png", 2
	if names["save"] == "" {
		source, scale = names["write"], 1
	}
	file, err := os.Open(filepath.Join(filepath.Dir(galleryFile), filepath.FromSlash(source)))
	if err != nil {
		return "", fmt.Errorf("the picture of Example%s: %w", example.Name, err)
	}
	defer file.Close()
	size, _, err := image.DecodeConfig(file)
	if err != nil {
		return "", fmt.Errorf("the picture of Example%s: %w", example.Name, err)
	}
	return fmt.Sprintf(`<img alt="%s" src="%s" width="%d">`, example.Name, source, size.Width/scale), nil
}

// outputComment is what makes an Example run, and no part of how it is used.
var outputComment = regexp.MustCompile(`(?m)^// Output:\n`)

// source is the text between two places of a file.
func (g *gallery) source(from, to token.Pos) string {
	start := g.files.Position(from)
	return string(g.sources[start.Filename][start.Offset:g.files.Position(to).Offset])
}

// code is what is in a block, moved to the left.
func (g *gallery) code(block ast.Node) string {
	text := g.source(block.Pos(), block.End())
	lines := strings.Split(strings.TrimPrefix(strings.TrimSuffix(text, "}"), "{\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "\t")
	}
	return outputComment.ReplaceAllString(strings.Join(lines, "\n"), "")
}

// needs notes the shared functions that a node calls, and those that they call.
func (g *gallery) needs(node ast.Node, needed map[string]bool) {
	ast.Inspect(node, func(node ast.Node) bool {
		if id, ok := node.(*ast.Ident); ok && !needed[id.Name] {
			if f, ok := g.helpers[id.Name]; ok {
				needed[id.Name] = true
				g.needs(f.Body, needed)
			}
		}
		return true
	})
}

// shared is the code of the functions that the examples call, with their
// comments, in the order of the files.
func (g *gallery) shared(needed map[string]bool) string {
	var functions []*ast.FuncDecl
	for name := range needed {
		functions = append(functions, g.helpers[name])
	}
	slices.SortFunc(functions, func(a, b *ast.FuncDecl) int { return int(a.Pos() - b.Pos()) })
	var parts []string
	for _, f := range functions {
		from := f.Pos()
		if f.Doc != nil {
			from = f.Doc.Pos()
		}
		parts = append(parts, g.source(from, f.End())+"\n")
	}
	return strings.Join(parts, "\n")
}
