package plots

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"io"
	"strings"
)

//go:embed player.js
var playerScript string

// stripDPI is the resolution of the strip of frames, a page wide.
const stripDPI = 110

// WriteHTML writes a player as a piece of HTML for a notebook's output or any
// page: a button, a slider, and the frames within the page, with nothing loaded
// from elsewhere. Where scripts do not run, as in a notebook that the reader
// has not yet trusted, it is a strip of up to six frames.
//
// Frames share 256 colours. Equal animations give equal bytes, and one can
// stand in a page many times.
//
// Errors: those of [Animation.Figure] and of the writer.
func (a Animation) WriteHTML(w io.Writer) error {
	images, err := a.images()
	if err != nil {
		return err
	}
	strip, err := a.Figure()
	if err != nil {
		return err
	}
	still, err := strip.pixels(stripDPI)
	if err != nil {
		return err
	}
	stills, _ := paletted([]*image.NRGBA{still})
	stillURI, err := dataURI(stills[0])
	if err != nil {
		return err
	}
	frames, _ := paletted(images)
	player := playerData{
		Title: a.Title, Width: frames[0].Bounds().Dx(), Height: frames[0].Bounds().Dy(),
		Delay: 1000 / a.speed(), Once: a.Once,
	}
	for i, f := range frames {
		uri, err := dataURI(f)
		if err != nil {
			return err
		}
		label := a.Frames[i].Label
		if label == "" {
			label = fmt.Sprintf("frame %d", i+1)
		}
		player.Frames, player.Labels = append(player.Frames, uri), append(player.Labels, label)
	}
	data, err := json.Marshal(player) // it escapes <, > and &: no text can end the script
	if err != nil {
		return fmt.Errorf("plots: Animation: %w", err)
	}
	sum := sha256.Sum256(data)
	id := hex.EncodeToString(sum[:8])
	alt := html.EscapeString(joined(a.Title, fmt.Sprintf("%d of %d frames", min(len(frames), stripFrames), len(frames))))
	var page bytes.Buffer
	fmt.Fprintf(&page, `<div class="fieldbook-player" data-player="%s">`, id)
	fmt.Fprintf(&page, `<img src="%s" alt="%s" title="%s" style="max-width:100%%">`, stillURI, alt, alt)
	page.WriteString("</div>\n<script>\n")
	page.WriteString(strings.NewReplacer("PLAYER_ID", id, "PLAYER_DATA", string(data)).Replace(playerScript))
	page.WriteString("</script>\n")
	if _, err := page.WriteTo(w); err != nil {
		return fmt.Errorf("plots: Animation: %w", err)
	}
	return nil
}

// playerData is what the script is given.
type playerData struct {
	Title  string   `json:"title"`
	Width  int      `json:"width"`
	Height int      `json:"height"`
	Delay  float64  `json:"delay"` // milliseconds
	Once   bool     `json:"once"`
	Labels []string `json:"labels"`
	Frames []string `json:"frames"`
}

func dataURI(img image.Image) (string, error) {
	var data bytes.Buffer
	if err := smallPNG(&data, img); err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(data.Bytes()), nil
}
