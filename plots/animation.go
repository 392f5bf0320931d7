package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Frame is one picture of an animation.
type Frame struct {
	Picture Drawing
	Label   string // such as the time; shown by the player
}

// Animation is a sequence of figures, written as GIF, as APNG or as a player for
// a notebook. Its own figure is a strip of some of its frames, for print.
//
// Every frame is drawn at the size of the first one.
type Animation struct {
	Title  string
	Frames []Frame // 1 to 1,000
	FPS    float64 // frames a second, at most 50; 0: 12
	DPI    float64 // dots an inch, 20 to 300; 0: 100
	Once   bool    // stops at the end
}

var _ Drawing = Animation{}

// Limits of an animation, and its defaults.
const (
	mostFrames   = 1000
	mostPixels   = 400e6 // of all frames together: 1.6 GB while they are drawn
	fps          = 12
	animationDPI = 100
	stripFrames  = 6
)

// Figure returns a strip of up to six frames, evenly spaced, three a row, with
// the first and the last.
//
// Errors: no frames or more than 1,000; those of the frames, with their number;
// a speed or resolution that cannot be.
func (a Animation) Figure() (Figure, error) {
	if err := a.validate(); err != nil {
		return Figure{}, err
	}
	var grid Grid
	n := min(len(a.Frames), stripFrames)
	perRow := min(n, 3)
	if n == 4 { // two and two
		perRow = 2
	}
	for i := range n {
		k := 0
		if n > 1 {
			k = int(math.Round(float64(i) * float64(len(a.Frames)-1) / float64(n-1)))
		}
		f, err := a.Frames[k].figure(k)
		if err != nil {
			return Figure{}, err
		}
		if i%perRow == 0 {
			grid.Rows = append(grid.Rows, make([]Drawing, perRow))
		}
		grid.Rows[len(grid.Rows)-1][i%perRow] = f
	}
	return grid.Figure()
}

func (f Frame) figure(k int) (figure Figure, err error) {
	if f.Picture == nil {
		return Figure{}, fmt.Errorf("plots: Animation.Frames[%d].Picture is nil, want a drawing", k)
	}
	defer func() { // a caller's own drawing may panic, and frames are drawn in goroutines
		if r := recover(); r != nil {
			err = fmt.Errorf("plots: Animation.Frames[%d]: the picture cannot be laid out: %v", k, r)
		}
	}()
	figure, err = f.Picture.Figure()
	if err != nil {
		return Figure{}, fmt.Errorf("plots: Animation.Frames[%d]: %w", k, err)
	}
	return figure, nil
}

func (a Animation) validate() error {
	var problems []error
	if n := len(a.Frames); n == 0 || n > mostFrames {
		problems = append(problems, fmt.Errorf("plots: Animation has %d frames, want 1 to %d", n, mostFrames))
	}
	if !(a.FPS >= 0 && a.FPS <= 50) {
		problems = append(problems, fmt.Errorf("plots: Animation.FPS = %g, want at most 50, or 0 for %d", a.FPS, fps))
	}
	if a.DPI != 0 && !(a.DPI >= 20 && a.DPI <= 300) {
		problems = append(problems, fmt.Errorf("plots: Animation.DPI = %g, want 20 to 300, or 0 for %d", a.DPI, animationDPI))
	}
	return errors.Join(problems...)
}

func (a Animation) speed() float64 {
	if a.FPS == 0 {
		return fps
	}
	return a.FPS
}

// images draws all frames. They are drawn side by side on all cores; each
// depends on nothing but itself.
func (a Animation) images() ([]*image.NRGBA, error) {
	if err := a.validate(); err != nil {
		return nil, err
	}
	dpi := a.DPI
	if dpi == 0 {
		dpi = animationDPI
	}
	first, err := a.Frames[0].figure(0)
	if err != nil {
		return nil, err
	}
	if err := first.validate(); err != nil {
		return nil, err
	}
	pixels := first.Width.Dots(dpi) * first.Height.Dots(dpi) * float64(len(a.Frames))
	if pixels > mostPixels {
		return nil, fmt.Errorf("plots: Animation: %d frames of %.0f by %.0f pixels, want at most %.0f million pixels in all; lower DPI or draw fewer",
			len(a.Frames), first.Width.Dots(dpi), first.Height.Dots(dpi), mostPixels/1e6)
	}
	out := make([]*image.NRGBA, len(a.Frames))
	failed := make([]error, len(a.Frames))
	next := make(chan int)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for k := range next {
				f, err := a.Frames[k].figure(k)
				if err == nil {
					f.Width, f.Height = first.Width, first.Height
					out[k], err = f.pixels(dpi)
				}
				failed[k] = err
			}
		})
	}
	for k := range a.Frames {
		next <- k
	}
	close(next)
	group.Wait()
	return out, errors.Join(failed...)
}

// pixels draws the figure on white, in whole dots an inch.
func (f Figure) pixels(dpi float64) (*image.NRGBA, error) {
	c := vgimg.NewWith(vgimg.UseWH(f.Width, f.Height), vgimg.UseDPI(int(math.Round(dpi))))
	page := vgdraw.NewCanvas(crisp{c}, f.Width, f.Height)
	if err := f.Draw(page); err != nil {
		return nil, err
	}
	img := image.NewNRGBA(c.Image().Bounds())
	draw.Draw(img, img.Bounds(), c.Image(), image.Point{}, draw.Src)
	return img, nil
}

// crisp draws a picture of a field by taking for each pixel the cell that it lies
// in: edges stay sharp, and equal pixels beside each other keep files small.
type crisp struct{ *vgimg.Canvas }

// DrawImage draws a picture in an upright rectangle.
func (c crisp) DrawImage(r vg.Rectangle, img image.Image) {
	from, ok := img.(*image.Paletted)
	if !ok {
		c.Canvas.DrawImage(r, img)
		return
	}
	_, height := c.Size()
	dots := func(v vg.Length) int { return int(math.Round(v.Dots(c.DPI()))) }
	to := image.Rect(dots(r.Min.X), dots(height-r.Max.Y), dots(r.Max.X), dots(height-r.Min.Y))
	cells, page := from.Bounds(), c.Image()
	for y := range to.Dy() {
		row := cells.Min.Y + (2*y+1)*cells.Dy()/(2*to.Dy())
		for x := range to.Dx() {
			n := from.Palette[from.ColorIndexAt(cells.Min.X+(2*x+1)*cells.Dx()/(2*to.Dx()), row)].(color.NRGBA)
			if n.A == 0xFF {
				page.Set(to.Min.X+x, to.Min.Y+y, n)
			}
		}
	}
}

// Evolution is a 2-D field over time, with one set of limits for all times, as
// a source of an [Animation]. A value that is not finite is grey and counted in
// the legend of its frame.
//
// Shapes: Fields [time][i][j], each as Values of [Field].
type Evolution struct {
	Title         string
	X, Y          Axis // Min and Max are the domain, [0, 1] if not given
	Value         Axis // at the colour bar: linear, Log or SymLog
	Fields        [][][]float64
	Times         []float64     // one for each field
	TimeUnit      string        // after the time over each frame
	Colours       color.Palette // nil: Viridis
	Width, Height vg.Length     // zero: 100 mm, and the height that suits
}

// Animation returns a frame for each time.
//
// Errors: no fields, or one of another shape than the first; another number of
// times, or one that is not finite; those of [Field].
func (e Evolution) Animation() (Animation, error) {
	if err := e.validate(); err != nil {
		return Animation{}, err
	}
	var all []float64
	for _, u := range e.Fields {
		all = append(all, flat(u)...)
	}
	values, err := colourScale("Evolution.Value", e.Value, all)
	if err != nil {
		return Animation{}, err
	}
	if len(usable(all, false)) == 0 {
		return Animation{}, errors.New("plots: Evolution: no value is finite, want at least one")
	}
	e.Value.Min, e.Value.Max = values.lo, values.hi
	if e.Width == 0 {
		e.Width = 100 * vg.Millimeter
	}
	a := Animation{Title: e.Title}
	for k, u := range e.Fields {
		label := "t = " + plain(e.Times[k])
		if e.TimeUnit != "" {
			label += " " + e.TimeUnit
		}
		field := Field{
			Title: joined(e.Title, label), X: e.X, Y: e.Y, Value: e.Value, Values: clone(u),
			Colours: e.Colours, Width: e.Width, Height: e.Height,
		}
		f, err := field.Figure()
		if err != nil {
			return Animation{}, fmt.Errorf("plots: Evolution.Fields[%d]: %w", k, err)
		}
		a.Frames = append(a.Frames, Frame{Picture: f, Label: label})
	}
	return a, nil
}

func (e Evolution) validate() error {
	var problems []error
	if len(e.Fields) == 0 {
		problems = append(problems, errors.New("plots: Evolution has no fields, want at least one"))
	}
	if len(e.Times) != len(e.Fields) {
		problems = append(problems, fmt.Errorf("plots: Evolution.Times has %d times, want %d, as many as Fields", len(e.Times), len(e.Fields)))
	}
	for k, t := range e.Times {
		if !finite(t) {
			problems = append(problems, fmt.Errorf("plots: Evolution.Times[%d] = %g, want a finite number", k, t))
		}
	}
	for k, u := range e.Fields {
		if len(u) == 0 || len(u) != len(e.Fields[0]) {
			problems = append(problems, fmt.Errorf("plots: Evolution.Fields[%d] has %d rows, want as many as Fields[0], and none empty", k, len(u)))
			continue
		}
		for i, row := range u {
			if len(row) != len(e.Fields[0][0]) {
				problems = append(problems, fmt.Errorf("plots: Evolution.Fields[%d][%d] has %d values, want %d as in Fields[0][0]", k, i, len(row), len(e.Fields[0][0])))
				break
			}
		}
	}
	return errors.Join(problems...)
}
