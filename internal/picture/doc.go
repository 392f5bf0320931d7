// Package picture chooses how data are drawn: a test pair for a page, a few samples for a notebook.
package picture
