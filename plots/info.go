package plots

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode"
)

// Fact is something that a figure's files say about its origin, such as
// {"run", "3f2a…"}: in the keywords of the PDF, the metadata element of the SVG
// and a text chunk of the PNG.
type Fact struct{ Name, Value string }

// validateInfo checks that the facts fit every format; PNG is the narrowest.
func validateInfo(info []Fact) error {
	for i, f := range info {
		if f.Name == "" || len(f.Name) > 79 || strings.ContainsFunc(f.Name, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
			return fmt.Errorf("plots: Figure.Info[%d].Name = %q, want 1 to 79 letters without spaces or colons", i, f.Name)
		}
		if strings.ContainsFunc(f.Value, unicode.IsControl) {
			return fmt.Errorf("plots: Figure.Info[%d].Value = %q, want one line", i, f.Value)
		}
	}
	return nil
}

// joinFacts writes the facts in one line.
func joinFacts(info []Fact) string {
	parts := make([]string, len(info))
	for i, f := range info {
		parts[i] = f.Name + ": " + f.Value
	}
	return strings.Join(parts, "; ")
}

// withText puts facts into a PNG as text chunks, after the header: of the
// kind for Unicode, since a value need not be Latin.
//
// Source: PNG specification, third edition, section 11.3.3.
func withText(png []byte, info []Fact) []byte {
	const header = 8 + 25 // signature and the first chunk
	if len(info) == 0 {
		return png
	}
	out := append([]byte(nil), png[:header]...)
	for _, f := range info {
		kind, data := "tEXt", f.Name+"\x00"+f.Value
		if !ascii(f.Value) {
			kind, data = "iTXt", f.Name+"\x00\x00\x00\x00\x00"+f.Value
		}
		chunk := append([]byte(kind), data...)
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		out = append(out, chunk...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	}
	return append(out, png[header:]...)
}
