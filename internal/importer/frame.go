package importer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The tags of frames between this program and Python.
const (
	tagHead = "HEAD"
	tagData = "DATA"
	tagDone = "DONE"
	tagFail = "FAIL"
)

// frameHead is the length of what stands before a frame's content: the tag, the length of the content and its CRC-32.
const frameHead = 4 + 8 + 4

// writeFrame sends one frame.
func writeFrame(w io.Writer, tag string, content []byte) error {
	head := binary.LittleEndian.AppendUint64([]byte(tag), uint64(len(content)))
	head = binary.LittleEndian.AppendUint32(head, crc32.ChecksumIEEE(content))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

// frames reads frames of at most a number of bytes. The content is good until the next call.
type frames struct {
	r      io.Reader
	most   int
	buffer []byte
}

func (f *frames) next() (tag string, content []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return "", nil, err
	}
	tag = string(head[:4])
	switch tag {
	case tagHead, tagData, tagDone, tagFail:
	default:
		return "", nil, fmt.Errorf("importer: a frame begins with %q, want %s, %s, %s or %s", tag, tagHead, tagData, tagDone, tagFail)
	}
	n := binary.LittleEndian.Uint64(head[4:])
	if n > uint64(f.most) {
		return "", nil, fmt.Errorf("importer: a frame %s of %d bytes, want at most %d", tag, n, f.most)
	}
	if uint64(cap(f.buffer)) < n {
		f.buffer = make([]byte, n)
	}
	content = f.buffer[:n]
	if _, err := io.ReadFull(f.r, content); err != nil {
		return "", nil, fmt.Errorf("importer: a frame %s ends early: %w", tag, io.ErrUnexpectedEOF)
	}
	if got, want := crc32.ChecksumIEEE(content), binary.LittleEndian.Uint32(head[12:]); got != want {
		return "", nil, fmt.Errorf("importer: a frame %s with CRC-32 %08x, want %08x", tag, got, want)
	}
	return tag, content, nil
}
