package imagefiles_test

import (
	"bytes"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets/imagefiles"
)

// FuzzReadIDX: whatever the bytes, the answer is a valid array or an error.
func FuzzReadIDX(f *testing.F) {
	f.Add(images(), 0)
	f.Add(labels(), 2)
	f.Add([]byte{0, 0, 0x0e, 255}, -1)
	f.Fuzz(func(t *testing.T, content []byte, most int) {
		a, err := imagefiles.ReadIDX(bytes.NewReader(content), "x", most)
		if err == nil && a.Validate() != nil {
			t.Error(a.Validate())
		}
	})
}
