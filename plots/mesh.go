package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Mesh draws a field on triangles: linear between the values of the points, or
// one value for each triangle. The field is one image in every format, so that
// no seams show between triangles; the edges are lines. A triangle with a value
// that is not finite is grey and counted in the legend.
type Mesh struct {
	Title           string
	X, Y            Axis // limits: those of the points if not given
	Value           Axis // at the colour bar: linear, Log or SymLog
	PointX, PointY  []float64
	Triangles       [][3]int  // of points, turning either way
	Nodal, Cellwise []float64 // a value for each point, or for each triangle; neither: the edges alone
	Edges           bool      // the edges of the triangles over the field
	Levels          []float64 // rising; of lines over Nodal values
	Labels          bool      // the level on each line that has room for it
	Colours         color.Palette
	Width, Height   vg.Length // zero: one journal column, and the height that suits
}

var (
	_ Drawing = Mesh{}
	_ Layer   = Mesh{}
)

// Figure returns the drawing.
//
// Errors: no points or triangles; unequal lengths; a point that is not finite;
// a triangle of a point that does not exist; both or of the wrong number Nodal
// and Cellwise; nothing finite; those of the axes.
func (m Mesh) Figure() (Figure, error) {
	return Plane{Title: m.Title, X: m.X, Y: m.Y, Layers: []Layer{m}, Width: m.Width, Height: m.Height}.Figure()
}

func (m Mesh) axes() (x, y Axis) { return m.X, m.Y }

func (m Mesh) extent() (x, y extent) { return pointExtent(m.PointX, m.PointY) }

func pointExtent(px, py []float64) (x, y extent) {
	x, y = nothing(), nothing()
	x.add(px...)
	y.add(py...)
	return x, y
}

func (m Mesh) content(x, y scale) (content, error) {
	if err := m.validate(); err != nil {
		return content{}, err
	}
	px, py, triangles := slices.Clone(m.PointX), slices.Clone(m.PointY), slices.Clone(m.Triangles)
	wires := wireframe{px, py, edgesOf(triangles), draw.LineStyle{Color: ink(), Width: 0.25}}
	given := slices.Concat(m.Nodal, m.Cellwise)
	if len(given) == 0 {
		return content{marks: []mark{wires.thinned()}, numbers: []numbers{{x: px, y: py}}}, nil
	}
	if !slices.ContainsFunc(given, finite) {
		return content{}, fmt.Errorf("plots: Mesh: none of its %d values is finite, want at least one", len(given))
	}
	values, err := colourScale("Mesh.Value", m.Value, given)
	if err != nil {
		return content{}, err
	}
	colours := coloursOr(m.Colours)
	corners := m.corners()
	var out content
	xs, ys := pointExtent(px, py)
	img := rasterTriangles(px, py, triangles, corners, values, colours)
	out.marks = []mark{placed{img, xs.lo, xs.hi, ys.lo, ys.hi}}
	if m.Edges {
		out.marks = append(out.marks, wires.thinned())
	}
	if len(m.Levels) > 0 {
		field := isoMesh{px, py, slices.Clone(m.Nodal), triangles}
		lines := isolines{field: field, levels: slices.Clone(m.Levels), thin: true, labels: m.Labels}
		for _, v := range m.Levels {
			c := shades{values, colours}.at(v)
			lines.colours = append(lines.colours, legible(c, c))
		}
		out.marks = append(out.marks, lines)
	}
	out.bars = []bar{{values, colours}}
	grey := 0
	for _, c := range corners {
		if !finite(c[0] + c[1] + c[2]) {
			grey++
		}
	}
	out.keys = maskKey(grey, len(triangles), "triangles")
	out.numbers = []numbers{m.table(px, py)}
	return out, nil
}

// table is the numbers of the points, or of the middles of the triangles.
func (m Mesh) table(px, py []float64) numbers {
	if len(m.Nodal) > 0 {
		return numbers{name: m.Value.Label, x: px, y: py, value: slices.Clone(m.Nodal)}
	}
	n := numbers{name: m.Value.Label, value: slices.Clone(m.Cellwise)}
	for _, t := range m.Triangles {
		n.x = append(n.x, (px[t[0]]+px[t[1]]+px[t[2]])/3)
		n.y = append(n.y, (py[t[0]]+py[t[1]]+py[t[2]])/3)
	}
	return n
}

// corners returns the values at the corners of each triangle.
func (m Mesh) corners() [][3]float64 {
	out := make([][3]float64, len(m.Triangles))
	for k, t := range m.Triangles {
		if len(m.Cellwise) > 0 {
			v := m.Cellwise[k]
			out[k] = [3]float64{v, v, v}
			continue
		}
		out[k] = [3]float64{m.Nodal[t[0]], m.Nodal[t[1]], m.Nodal[t[2]]}
	}
	return out
}

func (m Mesh) validate() error {
	problems := []error{validatePoints("Mesh", m.PointX, m.PointY), validateLevels("Mesh.Levels", m.Levels)}
	if len(m.Levels) > 0 && len(m.Nodal) == 0 {
		problems = append(problems, errors.New("plots: Mesh.Levels without Nodal values, want a value for each point"))
	}
	if len(m.Triangles) == 0 {
		problems = append(problems, errors.New("plots: Mesh has no triangles, want at least one"))
	}
	for k, t := range m.Triangles {
		for _, i := range t {
			if i < 0 || i >= len(m.PointX) {
				return errors.Join(append(problems, fmt.Errorf("plots: Mesh.Triangles[%d] = %v, want points 0 to %d", k, t, len(m.PointX)-1))...)
			}
		}
	}
	if len(m.Nodal) > 0 && len(m.Cellwise) > 0 {
		problems = append(problems, errors.New("plots: Mesh has Nodal and Cellwise values, want one of them"))
	}
	if n := len(m.Nodal); n != 0 && n != len(m.PointX) {
		problems = append(problems, fmt.Errorf("plots: Mesh.Nodal has %d values, want %d, as many as points", n, len(m.PointX)))
	}
	if n := len(m.Cellwise); n != 0 && n != len(m.Triangles) {
		problems = append(problems, fmt.Errorf("plots: Mesh.Cellwise has %d values, want %d, as many as triangles", n, len(m.Triangles)))
	}
	return errors.Join(problems...)
}

// validatePoints checks the places of a mesh, of particles or of nodes.
func validatePoints(kind string, px, py []float64) error {
	if len(px) != len(py) {
		return fmt.Errorf("plots: %s has %d PointX, %d PointY, want as many", kind, len(px), len(py))
	}
	if len(px) == 0 {
		return fmt.Errorf("plots: %s has no points, want at least one", kind)
	}
	for i := range px {
		if !finite(px[i]) || !finite(py[i]) {
			return fmt.Errorf("plots: %s: point %d is (%g, %g), want finite places", kind, i, px[i], py[i])
		}
	}
	return nil
}

// edgesOf returns each edge of the triangles once.
func edgesOf(triangles [][3]int) [][2]int {
	var edges [][2]int
	for _, t := range triangles {
		for k := range 3 {
			a, b := t[k], t[(k+1)%3]
			edges = append(edges, [2]int{min(a, b), max(a, b)})
		}
	}
	slices.SortFunc(edges, func(p, q [2]int) int {
		if p[0] != q[0] {
			return p[0] - q[0]
		}
		return p[1] - q[1]
	})
	return slices.Compact(edges)
}

// rasterTriangles draws the triangles on an image of the rectangle that the
// points span, 1,500 pixels along its longer side: clear outside the mesh.
func rasterTriangles(px, py []float64, triangles [][3]int, corners [][3]float64, values scale, colours color.Palette) image.Image {
	const most, missing, clear = 1500, 254, 255
	palette := make(color.Palette, 256)
	for i := range missing {
		palette[i] = colours[(i*(len(colours)-1)+(missing-1)/2)/(missing-1)]
	}
	palette[missing], palette[clear] = maskGrey(), color.NRGBA{}
	xs, ys := pointExtent(px, py)
	w, h := max(xs.hi-xs.lo, 1e-300), max(ys.hi-ys.lo, 1e-300)
	nx := int(min(max(most*min(1, w/h), 1), most))
	ny := int(min(max(most*min(1, h/w), 1), most))
	img := image.NewPaletted(image.Rect(0, 0, nx, ny), palette)
	for i := range img.Pix {
		img.Pix[i] = clear
	}
	for k, t := range triangles {
		var p [3]point // in pixels, y down
		for c, n := range t {
			p[c] = point{(px[n] - xs.lo) / w * float64(nx), (ys.hi - py[n]) / h * float64(ny)}
		}
		v := corners[k]
		grey := !finite(v[0] + v[1] + v[2])
		scan(p, nx, ny, func(x, y int, weights [3]float64) {
			index := uint8(missing)
			if !grey {
				n := values.norm(weights[0]*v[0] + weights[1]*v[1] + weights[2]*v[2])
				index = uint8(math.Round(min(max(n, 0), 1) * (missing - 1)))
			}
			img.Pix[y*img.Stride+x] = index
		})
	}
	return img
}

// scan calls put for each pixel whose middle lies in a triangle, edges included,
// with the weights of the corners there.
func scan(p [3]point, nx, ny int, put func(x, y int, weights [3]float64)) {
	area := (p[1].x-p[0].x)*(p[2].y-p[0].y) - (p[2].x-p[0].x)*(p[1].y-p[0].y)
	if area == 0 || !finite(area) {
		return
	}
	const slack = 1e-9 // round-off at an edge that two triangles share
	top := max(0, int(math.Floor(min(p[0].y, p[1].y, p[2].y)-0.5)))
	foot := min(ny-1, int(math.Ceil(max(p[0].y, p[1].y, p[2].y))))
	left := max(0, int(math.Floor(min(p[0].x, p[1].x, p[2].x)-0.5)))
	right := min(nx-1, int(math.Ceil(max(p[0].x, p[1].x, p[2].x))))
	for y := top; y <= foot; y++ {
		for x := left; x <= right; x++ {
			cx, cy := float64(x)+0.5, float64(y)+0.5
			w1 := ((cx-p[0].x)*(p[2].y-p[0].y) - (p[2].x-p[0].x)*(cy-p[0].y)) / area
			w2 := ((p[1].x-p[0].x)*(cy-p[0].y) - (cx-p[0].x)*(p[1].y-p[0].y)) / area
			if w0 := 1 - w1 - w2; w0 >= -slack && w1 >= -slack && w2 >= -slack {
				put(x, y, [3]float64{w0, w1, w2})
			}
		}
	}
}

// wireframe draws edges between points.
type wireframe struct {
	x, y  []float64
	edges [][2]int
	style draw.LineStyle
}

// thinned returns the wires, as an image where there are many.
func (m wireframe) thinned() mark {
	if len(m.edges) > maxVector {
		return rasterised{m}
	}
	return m
}

func (m wireframe) draw(a area) {
	for _, e := range m.edges {
		a.strokeClipped(m.style, []vg.Point{a.at(m.x[e[0]], m.y[e[0]]), a.at(m.x[e[1]], m.y[e[1]])})
	}
}

// maxVector is the number of small shapes beyond which they are drawn as one
// image: a PDF of more is slow to show, and larger than the image.
const maxVector = 4000

// rasterised draws a mark as an image of 400 dots an inch: journals ask for 300
// for pictures.
type rasterised struct{ mark }

func (m rasterised) draw(a area) {
	const dpi = 400
	size := a.Size()
	c := vgimg.NewWith(vgimg.UseWH(size.X, size.Y), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.Transparent))
	page := draw.New(c)
	if _, dark := a.Canvas.Canvas.(darkCanvas); dark {
		page.Canvas = darkCanvas{page.Canvas}
	}
	inner := area{Canvas: page, x: a.x, y: a.y}
	inner.Rectangle = vg.Rectangle{Max: size}
	m.mark.draw(inner)
	a.DrawImage(a.Rectangle, c.Image())
}
