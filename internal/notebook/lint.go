package notebook

import (
	"errors"
	"fmt"
	"go/ast"
	"strings"
)

// MaxLines is the greatest number of code lines of a cell; longer code belongs
// into a package.
const MaxLines = 20

// ErrNoClaims says that a notebook does not end in claims.
var ErrNoClaims = errors.New("no claims in its last code cell, want lab.AtMost or lab.AtLeast there")

// EndsInClaims returns nil if the body of the last code cell calls AtMost,
// AtLeast, AtMostEach or AtLeastEach on something.
//
// Errors: one that wraps ErrNoClaims; a *[CodeError] if a cell cannot be parsed.
func EndsInClaims(nb *Notebook) error {
	code := nb.CodeCells()
	if len(code) == 0 {
		return fmt.Errorf("%s: %w", nb.Path, ErrNoClaims)
	}
	last, err := parseCell(nb.Path, code[len(code)-1])
	if err != nil {
		return err
	}
	claims := false
	for _, decl := range last.tree.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "main" {
			ast.Inspect(f.Body, func(node ast.Node) bool {
				claims = claims || isClaim(node)
				return !claims
			})
		}
	}
	if !claims {
		return fmt.Errorf("%s: %w", nb.Path, ErrNoClaims)
	}
	return nil
}

// isClaim tells whether the node is a call of one of the workbench's methods that claim.
func isClaim(node ast.Node) bool {
	call, ok := node.(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch method.Sel.Name {
	case "AtMost", "AtLeast", "AtMostEach", "AtLeastEach":
		return true
	}
	return false
}

// Lint holds the notebook of a method to the house rules: those of LintPage, and
// it ends in claims.
//
// Errors: each rule broken, joined; a *[CodeError] where it is a cell's.
func Lint(nb *Notebook, kernel string) error {
	return errors.Join(LintPage(nb, kernel), EndsInClaims(nb))
}

// LintPage holds a notebook that claims nothing to the house rules: it names the
// kernel, starts with text, has no shell or kernel commands but "%%", no dot
// import and no cell above MaxLines lines of code.
//
// Errors: as Lint.
func LintPage(nb *Notebook, kernel string) error {
	var wrong []error
	if nb.Kernel != kernel {
		wrong = append(wrong, fmt.Errorf("%s: kernel = %q, want %q", nb.Path, nb.Kernel, kernel))
	}
	if len(nb.Cells) == 0 || nb.Cells[0].Kind != "markdown" {
		wrong = append(wrong, fmt.Errorf("%s: want a first cell of text: title, question, source", nb.Path))
	}
	for _, cell := range nb.CodeCells() {
		wrong = append(wrong, lintCell(nb.Path, cell)...)
	}
	return errors.Join(wrong...)
}

// lintCell holds one cell to the rules.
func lintCell(path string, cell Cell) []error {
	var wrong []error
	report := func(line int, format string, args ...any) {
		wrong = append(wrong, &CodeError{Path: path, Cell: cell.Number, Line: line, Message: fmt.Sprintf(format, args...)})
	}
	count := 0
	for i, line := range strings.Split(cell.Source, "\n") {
		trimmed := strings.TrimSpace(line)
		special := strings.TrimPrefix(line, commentPrefix)
		switch {
		case strings.HasPrefix(special, "!"):
			report(i+1, "a shell command, want none in a notebook")
		case strings.HasPrefix(special, "%"):
			if strings.TrimSpace(special) != "%%" {
				report(i+1, "%s, want no kernel command but %%%%", strings.TrimSpace(special))
			}
		case trimmed != "" && !strings.HasPrefix(trimmed, "//"):
			count++
		}
	}
	if count > MaxLines {
		report(1, "%d lines of code, want at most %d: move some into a package", count, MaxLines)
	}
	code, err := parseCell(path, cell)
	if err != nil {
		return wrong // Extract reports it
	}
	for _, spec := range code.tree.Imports {
		if spec.Name != nil && spec.Name.Name == "." {
			report(1, "a dot import of %s, which later cells that do not use it cannot compile", spec.Path.Value)
		}
	}
	return wrong
}
