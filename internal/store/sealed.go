package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// A sealed file is a JSON object whose first line holds the SHA-256 of all lines after it, so that a single flipped bit
// shows.
const (
	sealHead = "{\n  \"sha256\": \""
	sealTail = "\",\n"
)

// writeSealed writes v, which marshals to an object with at least one field.
func writeSealed(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	body, ok := bytes.CutPrefix(append(text, '\n'), []byte("{\n"))
	if !ok {
		return fmt.Errorf("store: %T is no JSON object with fields, want one", v)
	}
	_, err = fmt.Fprintf(w, "%s%x%s%s", sealHead, sha256.Sum256(body), sealTail, body)
	return err
}

// readSealed checks the text of the file at path and decodes it.
//
// Errors: a *CorruptError.
func readSealed(path string, text []byte, v any) error {
	head := len(sealHead) + 2*sha256.Size + len(sealTail)
	if len(text) < head || string(text[:len(sealHead)]) != sealHead || string(text[head-len(sealTail):head]) != sealTail {
		return &CorruptError{path, "a JSON object that begins with its sha256", fmt.Sprintf("%d bytes of something else", len(text))}
	}
	want, sum := string(text[len(sealHead):len(sealHead)+2*sha256.Size]), sha256.Sum256(text[head:])
	if got := hex.EncodeToString(sum[:]); got != want {
		return &CorruptError{path, "SHA-256 " + short(want), short(got)}
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &CorruptError{path, fmt.Sprintf("JSON of a %T", v), err.Error()}
	}
	return nil
}

// short is enough of a hash to tell two apart.
func short(hash string) string { return hash[:min(12, len(hash))] + "…" }
