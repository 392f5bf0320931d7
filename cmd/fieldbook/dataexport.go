package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/importer"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/internal/npz"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// writeData writes a set as .npz or .h5. An .h5 file has the recipe's name, version, key and fields as attributes, and the names of the axes.
func writeData(cmd *cobra.Command, path string, r datasets.Recipe, key string, set datasets.Set) error {
	if strings.HasSuffix(path, npz.Suffix) {
		return npz.Write(path, set.Arrays)
	}
	root, err := prepare(cmd, setup.Options{})
	if err != nil {
		return err
	}
	fields, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("data: recipe %s: %w", r.Name(), err)
	}
	var units map[string]string
	if measured, is := r.(datasets.Measured); is {
		units = measured.Units()
	}
	var arrays []importer.Exported
	for _, a := range set.Arrays {
		arrays = append(arrays, importer.Exported{Name: a.Name, Axes: a.Axes, Dims: a.Dims, Units: units[a.Name], Values: a.Values})
	}
	return importer.ExportHDF5(cmd.Context(), place.Python(root), path, map[string]string{
		"recipe": string(fields), "recipe_name": r.Name(), "recipe_version": fmt.Sprint(r.Version()), "key": key,
	}, arrays)
}

// importedWith is the recipe of an imported set with some fields set, each written Field=value with the value as JSON or as bare text.
func importedWith(assignments []string) (datasets.Recipe, error) {
	object := map[string]json.RawMessage{}
	var errs []error
	for _, a := range assignments {
		name, value, ok := strings.Cut(a, "=")
		if _, twice := object[name]; !ok || twice {
			errs = append(errs, fmt.Errorf("data: %q for recipe imported, want Field=value, each field once", a))
			continue
		}
		object[name] = json.RawMessage(value)
		if !json.Valid(object[name]) || name == "Set" || name == "Input" || name == "Output" { // a name may look like a number
			text, err := json.Marshal(strings.Trim(value, `"`))
			errs, object[name] = append(errs, err), text
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("data: recipe imported: %w", err)
	}
	var m datasets.Imported
	if err := kinds.Strict(text, &m); err != nil {
		return nil, fmt.Errorf("data: recipe imported: %w, want fields Set, Input, Output, Axes, Every, Train and Test", err)
	}
	return m, m.Validate()
}
