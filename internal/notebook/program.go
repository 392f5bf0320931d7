package notebook

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"slices"
	"strings"
)

// commentPrefix may stand before a special line, so that editors take the
// cell for plain Go.
const commentPrefix = "//gonb:"

// CodeError is something wrong in a cell's code.
type CodeError struct {
	Path    string // of the notebook
	Cell    int    // number of the cell, from 1
	Line    int    // in the cell, from 1
	Message string
}

// Error names the notebook, the cell and the line.
func (e *CodeError) Error() string {
	return fmt.Sprintf("%s, cell [%d], line %d: %s", e.Path, e.Cell, e.Line, e.Message)
}

// Program is the program that GoNB makes of one cell and of the declarations
// that earlier cells left behind.
type Program struct {
	Cell   int    // number of the cell, from 1
	Source string // one Go file of package main, with line directives into the cells
	// Imports are the paths that the file imports; GoNB drops those not used.
	Imports []string
}

// declaration is one import, type, variable, function or block of constants.
type declaration struct {
	kind  string   // import, type, const, var or func
	names []string // what it declares, "Type.name" for methods
	path  string   // of an import
	text  string   // Go source with its keyword
	cell  int
	line  int // of the text's first line in the cell, from 1
}

// cellCode is one cell, parsed.
type cellCode struct {
	number int
	decls  []declaration
	main   *declaration // nil if the cell only declares
	tree   *ast.File
}

// Extract returns the programs of the notebook's code cells, in their order.
//
// Errors: a *[CodeError] for each cell that cannot be parsed, joined.
// Differs from the source: GoNB also adds missing imports of the standard
// library; here a notebook must state them.
// Source: GoNB 0.11.4, internal/goexec/{composer,parser}.go.
func Extract(nb *Notebook) ([]Program, error) {
	cells, err := parseCells(nb)
	if err != nil {
		return nil, err
	}
	var programs []Program
	var kept []declaration
	for _, cell := range cells {
		kept = merge(kept, cell.decls)
		programs = append(programs, compose(nb.Path, kept, cell))
	}
	return programs, nil
}

// parseCells parses every code cell that is not blank.
func parseCells(nb *Notebook) ([]cellCode, error) {
	var cells []cellCode
	var wrong []error
	for _, cell := range nb.CodeCells() {
		code, err := parseCell(nb.Path, cell)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		cells = append(cells, code)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return cells, nil
}

// parseCell parses one cell's code.
func parseCell(file string, cell Cell) (cellCode, error) {
	text, err := goText(file, cell)
	if err != nil {
		return cellCode{}, err
	}
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, "cell.go", text, parser.SkipObjectResolution)
	if err != nil {
		wrong := &CodeError{Path: file, Cell: cell.Number, Line: 1, Message: err.Error()}
		if list, ok := err.(scanner.ErrorList); ok && len(list) > 0 { //nolint:errorlint // ParseFile returns it unwrapped
			wrong.Line, wrong.Message = list[0].Pos.Line, list[0].Msg
		}
		return cellCode{}, wrong
	}
	code := cellCode{number: cell.Number, tree: tree}
	for _, decl := range tree.Decls {
		for _, d := range split(files, text, decl) {
			d.cell = cell.Number
			if d.kind == "func" && d.names[0] == "main" {
				code.main = &d
				continue
			}
			code.decls = append(code.decls, d)
		}
	}
	return code, nil
}

// goText turns a cell into a Go file whose lines are the cell's lines: special
// lines become blank, "%%" opens main.
func goText(file string, cell Cell) (string, error) {
	lines := strings.Split(cell.Source, "\n")
	inMain := false
	for i, line := range lines {
		special := strings.TrimPrefix(line, commentPrefix)
		word, _, _ := strings.Cut(strings.ReplaceAll(special, "\t", " "), " ")
		switch {
		case word == "%%" || word == "%main":
			if inMain {
				return "", &CodeError{Path: file, Cell: cell.Number, Line: i + 1, Message: "a second " + word + ", want one in a cell"}
			}
			inMain = true
			lines[i] = "func main() {"
		case strings.HasPrefix(word, "%%"):
			return "", &CodeError{Path: file, Cell: cell.Number, Line: i + 1, Message: word + " makes this no Go cell, want Go"}
		case len(special) > 1 && (special[0] == '%' || special[0] == '!'):
			lines[i] = ""
		case strings.HasPrefix(line, "package "):
			lines[i] = "" // as GoNB does
		}
	}
	text := "package main; " + strings.Join(lines, "\n") + "\n"
	if inMain {
		text += "}\n"
	}
	return text, nil
}

// split takes a declaration apart as far as its parts can be replaced one by
// one in a later cell.
func split(files *token.FileSet, text string, decl ast.Decl) []declaration {
	piece := func(kind, keyword string, node ast.Node, names ...string) declaration {
		at := files.Position(node.Pos())
		return declaration{
			kind: kind, names: names, line: at.Line,
			text: keyword + text[at.Offset:files.Position(node.End()).Offset],
		}
	}
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		return []declaration{piece("func", "", decl, functionName(decl))}
	case *ast.GenDecl:
		var pieces []declaration
		if decl.Tok == token.CONST {
			var names []string
			for _, spec := range decl.Specs {
				names = append(names, valueNames(spec.(*ast.ValueSpec))...)
			}
			return []declaration{piece("const", "", decl, names...)}
		}
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ImportSpec:
				d := piece("import", "import ", spec, importName(spec))
				d.path = importPath(spec)
				pieces = append(pieces, d)
			case *ast.TypeSpec:
				pieces = append(pieces, piece("type", "type ", spec, spec.Name.Name))
			case *ast.ValueSpec:
				pieces = append(pieces, piece("var", "var ", spec, valueNames(spec)...))
			}
		}
		return pieces
	}
	return nil
}

// valueNames is what a line of variables or constants declares.
func valueNames(spec *ast.ValueSpec) []string {
	var names []string
	for _, name := range spec.Names {
		names = append(names, name.Name)
	}
	return names
}

// functionName is the function's name, with its receiver's type before it.
func functionName(decl *ast.FuncDecl) string {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return decl.Name.Name
	}
	receiver := decl.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	switch generic := receiver.(type) {
	case *ast.IndexExpr:
		receiver = generic.X
	case *ast.IndexListExpr:
		receiver = generic.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name + "." + decl.Name.Name
	}
	return decl.Name.Name
}

// importName is the name that an import is replaced by: its alias, or the last
// element of its path.
func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil && spec.Name.Name != "." && spec.Name.Name != "_" {
		return spec.Name.Name
	}
	return path.Base(importPath(spec))
}

// importPath is the path without its quotes.
func importPath(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, "\"`") }

// merge adds a cell's declarations to those of earlier cells; one that has a
// name again replaces the earlier one.
func merge(kept, added []declaration) []declaration {
	replaced := func(old declaration) bool {
		return slices.ContainsFunc(added, func(d declaration) bool {
			return d.kind == old.kind && slices.ContainsFunc(d.names, func(name string) bool {
				return name != "_" && slices.Contains(old.names, name)
			})
		})
	}
	merged := slices.DeleteFunc(slices.Clone(kept), replaced)
	return append(merged, added...)
}

// compose writes a cell's program.
func compose(file string, kept []declaration, cell cellCode) Program {
	p := Program{Cell: cell.number}
	var source strings.Builder
	source.WriteString("package main\n\n")
	write := func(d declaration) {
		fmt.Fprintf(&source, "//line %s:%d\n%s\n\n", lineName(file, d.cell), d.line, d.text)
	}
	for _, d := range kept {
		if d.kind == "import" {
			write(d)
			p.Imports = append(p.Imports, d.path)
		}
	}
	for _, d := range kept {
		if d.kind != "import" {
			write(d)
		}
	}
	if cell.main != nil {
		write(*cell.main)
	} else {
		source.WriteString("func main() {}\n")
	}
	p.Source = source.String()
	return p
}

// lineName is the file name that line directives give for a cell.
func lineName(file string, cell int) string {
	return fmt.Sprintf("%s[%d]", file, cell)
}
