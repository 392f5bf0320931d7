package catalog_test

import (
	"slices"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func TestContract(t *testing.T) {
	for _, m := range catalog.Models() {
		t.Run(kinds.Name(m.Default), func(t *testing.T) { check.Contract(t, m) })
	}
}

// An entry of a way to sample or to solve trains no model.
func TestEveryEntryHasAModelOfItsSource(t *testing.T) {
	for _, e := range catalog.Entries() {
		if len(e.Models) > 0 && !slices.ContainsFunc(e.Models, func(m zoo.Method) bool { return m.Bib == e.Bib }) {
			t.Errorf("%s: no model cites %s", e.Slug, e.Bib)
		}
	}
}

func TestEveryModelCanBeMadeAgain(t *testing.T) {
	for _, m := range catalog.Models() {
		kind := kinds.Name(m.Default)
		if !slices.ContainsFunc(catalog.Kinds(), func(v any) bool { return kinds.Name(v) == kind }) {
			t.Errorf("%s is not among the kinds that a manifest may name", kind)
		}
	}
}
