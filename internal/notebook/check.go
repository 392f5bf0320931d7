package notebook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// maxErrors bounds the errors of one notebook that Check reports.
const maxErrors = 10

// Check type-checks every cell's program of every notebook against the
// packages that they import, compiled as they are now in the module at root.
// It finds what the compiler would: its front end is the same type checker.
//
// Errors: a *[CodeError] for each thing wrong, joined; a package that does not
// compile or does not exist.
func Check(ctx context.Context, root string, notebooks ...*Notebook) error {
	programs := make([][]Program, len(notebooks))
	var paths []string
	var wrong []error
	for i, nb := range notebooks {
		extracted, err := Extract(nb)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		programs[i] = extracted
		for _, p := range extracted {
			paths = append(paths, p.Imports...)
		}
	}
	slices.Sort(paths)
	exports, err := exportFiles(ctx, root, slices.Compact(paths))
	if err != nil {
		return errors.Join(append(wrong, err)...)
	}
	files := token.NewFileSet()
	packages := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		export, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("package %s was not found", path)
		}
		return os.Open(export)
	})
	for i, nb := range notebooks {
		wrong = append(wrong, checkPrograms(files, packages, nb.Path, programs[i])...)
	}
	return errors.Join(wrong...)
}

// checkPrograms type-checks one notebook's programs. An error in a declaration
// shows in each later program, but is reported once.
func checkPrograms(files *token.FileSet, packages types.Importer, path string, programs []Program) []error {
	seen := map[CodeError]bool{}
	var wrong []error
	report := func(e CodeError) {
		if !seen[e] && len(wrong) < maxErrors {
			seen[e] = true
			wrong = append(wrong, &e)
		}
	}
	for _, p := range programs {
		tree, err := parser.ParseFile(files, fmt.Sprintf("cell%d.go", p.Cell), p.Source, parser.SkipObjectResolution)
		if err != nil {
			return append(wrong, fmt.Errorf("notebook: %s, cell [%d]: %w", path, p.Cell, err))
		}
		config := types.Config{Importer: packages, Error: func(err error) {
			var e types.Error
			if errors.As(err, &e) && !unusedImport(e) {
				report(codeError(files, path, p.Cell, e))
			}
		}}
		// Every error went to the callback; the result repeats the first.
		_, _ = config.Check("main", files, []*ast.File{tree}, nil)
	}
	return wrong
}

// unusedImport tells whether the error is one that GoNB avoids, by dropping
// the import.
func unusedImport(e types.Error) bool {
	return e.Soft && strings.Contains(e.Msg, " imported ") && strings.HasSuffix(e.Msg, "and not used")
}

// codeError says in which cell and line a type error is.
func codeError(files *token.FileSet, path string, cell int, e types.Error) CodeError {
	at := files.Position(e.Pos)
	if name, ok := strings.CutPrefix(at.Filename, path+"["); ok {
		if number, err := strconv.Atoi(strings.TrimSuffix(name, "]")); err == nil {
			cell = number
		}
	}
	return CodeError{Path: path, Cell: cell, Line: at.Line, Message: e.Msg}
}

// exportFiles compiles the packages and all that they import, and returns the
// files of their exported types.
func exportFiles(ctx context.Context, root string, paths []string) (map[string]string, error) {
	for _, path := range paths {
		if slices.Contains(strings.Split(path, "/"), "internal") {
			return nil, fmt.Errorf("notebook: import %q: a cell is outside the module and cannot import internal packages", path)
		}
	}
	if len(paths) == 0 {
		return nil, nil
	}
	args := append([]string{"list", "-export", "-deps", "-json=ImportPath,Export", "--"}, paths...)
	list := exec.CommandContext(ctx, "go", args...)
	list.Dir = root
	var output, trouble bytes.Buffer
	list.Stdout, list.Stderr = &output, &trouble
	if err := list.Run(); err != nil {
		return nil, fmt.Errorf("notebook: packages that notebooks import: go list: %w\n%s", err, bytes.TrimSpace(trouble.Bytes()))
	}
	exports := map[string]string{}
	for decoder := json.NewDecoder(&output); ; {
		var found struct{ ImportPath, Export string }
		if err := decoder.Decode(&found); errors.Is(err, io.EOF) {
			return exports, nil
		} else if err != nil {
			return nil, fmt.Errorf("notebook: go list: %w", err)
		}
		exports[found.ImportPath] = found.Export
	}
}
