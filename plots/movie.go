package plots

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/gif"
	"image/png"
	"io"
	"math"
	"slices"
)

// WriteGIF writes the animation as GIF. All frames share 256 colours, without
// dithering; each stores the part that changed.
//
// Errors: those of [Animation.Figure] and of the writer.
func (a Animation) WriteGIF(w io.Writer) error {
	images, err := a.images()
	if err != nil {
		return err
	}
	frames, _ := paletted(images)
	g := gif.GIF{Config: image.Config{
		ColorModel: frames[0].Palette, Width: frames[0].Bounds().Dx(), Height: frames[0].Bounds().Dy(),
	}}
	if a.Once {
		g.LoopCount = -1
	}
	for i, f := range frames {
		part := f
		if i > 0 {
			part = f.SubImage(changed(frames[i-1].Pix, f.Pix, f.Stride, 1)).(*image.Paletted)
		}
		g.Image = append(g.Image, part)
		// GIF counts hundredths; readers slow down what is below two.
		g.Delay = append(g.Delay, max(int(math.Round(100/a.speed())), 2))
		g.Disposal = append(g.Disposal, gif.DisposalNone)
	}
	if err := gif.EncodeAll(w, &g); err != nil {
		return fmt.Errorf("plots: Animation: %w", err)
	}
	return nil
}

// changed is the smallest rectangle that holds every pixel in which two images
// differ, or one pixel if none does.
func changed(before, after []uint8, stride, size int) image.Rectangle {
	r := image.Rectangle{}
	for row := 0; row*stride < len(after); row++ {
		x, y := before[row*stride:(row+1)*stride], after[row*stride:(row+1)*stride]
		if bytes.Equal(x, y) {
			continue
		}
		left, right := 0, stride-1
		for x[left] == y[left] {
			left++
		}
		for x[right] == y[right] {
			right--
		}
		r = r.Union(image.Rect(left/size, row, right/size+1, row+1))
	}
	if r.Empty() {
		return image.Rect(0, 0, 1, 1)
	}
	return r
}

// WriteAPNG writes the animation as APNG, a PNG that programs which know only
// PNG show as its first frame. No colour is changed. Each frame stores the part
// that changed.
//
// Errors: those of [Animation.Figure] and of the writer.
// Source: PNG Specification, third edition, section 11.3.6, www.w3.org/TR/png-3.
func (a Animation) WriteAPNG(w io.Writer) error {
	images, err := a.images()
	if err != nil {
		return err
	}
	frames, exact := paletted(images)
	file := pngFile{}
	file.WriteString("\x89PNG\r\n\x1a\n")
	plays := uint32(0)
	if a.Once {
		plays = 1
	}
	sequence := uint32(0)
	for i := range images {
		var part image.Image
		var at image.Rectangle
		if exact {
			at = frames[i].Bounds()
			if i > 0 {
				at = changed(frames[i-1].Pix, frames[i].Pix, frames[i].Stride, 1)
			}
			part = frames[i].SubImage(at)
		} else {
			at = images[i].Bounds()
			if i > 0 {
				at = changed(images[i-1].Pix, images[i].Pix, images[i].Stride, 4)
			}
			part = images[i].SubImage(at)
		}
		chunks, err := pngChunks(part)
		if err != nil {
			return err
		}
		if i == 0 {
			file.chunk("IHDR", chunks["IHDR"])
			file.chunk("acTL", numbers32(uint32(len(images)), plays))
			if exact {
				file.chunk("PLTE", chunks["PLTE"])
			}
		}
		// Delay in thousandths; the last two bytes leave the frame and replace what is under it.
		control := numbers32(sequence, uint32(at.Dx()), uint32(at.Dy()), uint32(at.Min.X), uint32(at.Min.Y))
		control = binary.BigEndian.AppendUint16(control, uint16(math.Round(1000/max(a.speed(), 0.02))))
		control = binary.BigEndian.AppendUint16(control, 1000)
		file.chunk("fcTL", append(control, 0, 0))
		sequence++
		if i == 0 {
			file.chunk("IDAT", chunks["IDAT"])
			continue
		}
		file.chunk("fdAT", slices.Concat(numbers32(sequence), chunks["IDAT"]))
		sequence++
	}
	file.chunk("IEND", nil)
	if _, err := file.WriteTo(w); err != nil {
		return fmt.Errorf("plots: Animation: %w", err)
	}
	return nil
}

func numbers32(values ...uint32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.BigEndian.AppendUint32(out, v)
	}
	return out
}

// pngFile is a PNG as it grows.
type pngFile struct{ bytes.Buffer }

func (f *pngFile) chunk(kind string, data []byte) {
	f.Write(numbers32(uint32(len(data))))
	f.WriteString(kind)
	f.Write(data)
	sum := crc32.NewIEEE()
	sum.Write([]byte(kind))
	sum.Write(data)
	f.Write(numbers32(sum.Sum32()))
}

// pngChunks encodes an image and returns its chunks by name, those of the same
// name joined.
func pngChunks(img image.Image) (map[string][]byte, error) {
	var data bytes.Buffer
	if err := smallPNG(&data, img); err != nil {
		return nil, err
	}
	chunks := map[string][]byte{}
	for rest := data.Bytes()[8:]; len(rest) >= 12; {
		n := int(binary.BigEndian.Uint32(rest))
		kind := string(rest[4:8])
		chunks[kind] = append(chunks[kind], rest[8:8+n]...)
		rest = rest[12+n:]
	}
	return chunks, nil
}

func smallPNG(w io.Writer, img image.Image) error {
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(w, img); err != nil {
		return fmt.Errorf("plots: Animation: %w", err)
	}
	return nil
}
