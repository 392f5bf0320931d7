//go:build cgo

package backend_test

import (
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// TestFieldsAreChecked expects an error for a field that is missing or has another type: programs are then plain XLA's.
func TestFieldsAreChecked(t *testing.T) {
	type release struct{ value int }
	_ = release{value: 1}
	if err := backend.WantField[release, int]("value"); err != nil {
		t.Errorf("the right field: %v", err)
	}
	for name, err := range map[string]error{
		"missing":      backend.WantField[release, int]("shape"),
		"another type": backend.WantField[release, string]("value"),
	} {
		if err == nil || !strings.Contains(err.Error(), "release.") || !strings.Contains(err.Error(), "pin go-xla") {
			t.Errorf("%s: error = %v, want one that names the field and the release", name, err)
		}
	}
	if err := backend.CheckCustomCalls(); err != nil {
		t.Errorf("the release in go.mod: %v", err)
	}
}
