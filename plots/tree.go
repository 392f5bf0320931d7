package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Node is a node of an expression tree: an operator over its arguments, or a
// variable or number without any.
type Node struct {
	Label    string
	Children []Node
}

// Tree draws an expression tree from the root down, each parent in the middle
// over its children and no subtree within another: operators filled, variables
// and numbers open.
//
// Source: Reingold and Tilford 1981, Tidier Drawings of Trees. bib: reingold1981tidier
type Tree struct {
	Title         string
	Root          Node
	Width, Height vg.Length // zero: one journal column, and the height that suits
}

var _ Drawing = Tree{}

// Measures of a tree at full size, and its limits.
const (
	treeLevel    = vg.Length(28) // from one level to the next
	treeGap      = vg.Length(7)  // between neighbours
	treeHeight   = vg.Length(15) // of a node
	leastTree    = 0.55          // of full size: text of 4.4 pt
	mostNodes    = 500
	mostTreeDeep = 60
)

// Figure returns the drawing. A tree that is too wide is drawn smaller.
//
// Errors: a node without a label; more than 500 nodes or 60 levels; a tree that
// would be too small to read, with the width that it needs.
func (t Tree) Figure() (Figure, error) {
	nodes, depth := 0, 0
	if err := t.Root.check(1, &nodes, &depth); err != nil {
		return Figure{}, err
	}
	if nodes > mostNodes || depth > mostTreeDeep {
		return Figure{}, fmt.Errorf("plots: Tree has %d nodes on %d levels, want at most %d on %d", nodes, depth, mostNodes, mostTreeDeep)
	}
	root := t.Root.place()
	left, right := root.bounds()
	natural := right - left
	f := Figure{Width: t.Width, Height: t.Height}
	if f.Width == 0 {
		f.Width = Column
	}
	size := func(width vg.Length) float64 { return min(1, float64((width-2*edge)/natural)) }
	if size(f.Width) < leastTree {
		return Figure{}, fmt.Errorf("plots: Tree.Width = %.0f pt, want at least %.0f for text that can be read", f.Width.Points(), (natural*leastTree + 2*edge).Points())
	}
	head := vg.Length(0)
	if t.Title != "" {
		head = labelText().height() + 8
	}
	body := vg.Length(depth-1)*treeLevel + treeHeight
	if f.Height == 0 {
		f.natural = func(width vg.Length) vg.Length { return head + body*vg.Length(size(width)) + 2*edge + 2 }
		f.Height = f.natural(f.Width)
	}
	f.paint = func(c draw.Canvas) error {
		room := c.Size()
		scale := min(size(room.X), float64((room.Y-head-2*edge-2)/body))
		if scale < leastTree/2 {
			return errors.New("plots: Figure is too small for its tree, want more Width or Height")
		}
		labelText().draw(c, vg.Point{X: c.Min.X + edge, Y: c.Max.Y - edge}, 0, 1, 0, labelText().shorten(t.Title, room.X-2*edge))
		origin := vg.Point{X: c.Center().X - vg.Length(scale)*(left+right)/2, Y: c.Max.Y - edge - head - treeHeight/2*vg.Length(scale) - 1}
		root.draw(c, origin, vg.Length(scale))
		return nil
	}
	return f, f.validate()
}

func (n Node) check(level int, nodes, depth *int) error {
	*nodes++
	*depth = max(*depth, level)
	if *nodes > mostNodes || level > mostTreeDeep {
		return nil // reported by the caller
	}
	if n.Label == "" {
		return errors.New("plots: Tree: a node has no label, want an operator, a variable or a number")
	}
	for _, child := range n.Children {
		if err := child.check(level+1, nodes, depth); err != nil {
			return err
		}
	}
	return nil
}

// treeNode is a node with its place relative to its parent.
type treeNode struct {
	label    string
	half     vg.Length // of its width
	x        vg.Length
	children []*treeNode
	// The outline of the subtree by level, relative to the node.
	left, right []vg.Length
}

// place lays the subtree out: children as close as their outlines allow.
func (n Node) place() *treeNode {
	p := &treeNode{label: n.Label, half: max(labelText().width(n.Label)+8, treeHeight) / 2}
	for i, child := range n.Children {
		c := child.place()
		if i > 0 {
			for level := 0; level < min(len(c.left), len(p.right)-1); level++ {
				c.x = max(c.x, p.right[level+1]-c.left[level]+treeGap)
			}
		}
		p.children = append(p.children, c)
		p.widen(c)
	}
	if k := len(p.children); k > 0 { // the parent over the middle of its children
		middle := (p.children[0].x + p.children[k-1].x) / 2
		p.left, p.right = nil, nil
		for _, c := range p.children {
			c.x -= middle
			p.widen(c)
		}
	}
	if len(p.left) == 0 {
		p.left, p.right = make([]vg.Length, 1), make([]vg.Length, 1)
	}
	p.left[0], p.right[0] = -p.half, p.half
	return p
}

// widen takes a child into the outline.
func (p *treeNode) widen(c *treeNode) {
	for level := range c.left {
		l, r := c.x+c.left[level], c.x+c.right[level]
		if level+1 < len(p.left) {
			p.left[level+1], p.right[level+1] = min(p.left[level+1], l), max(p.right[level+1], r)
			continue
		}
		if len(p.left) == 0 {
			p.left, p.right = append(p.left, 0), append(p.right, 0)
		}
		p.left, p.right = append(p.left, l), append(p.right, r)
	}
}

func (p *treeNode) bounds() (left, right vg.Length) {
	for i := range p.left {
		left, right = min(left, p.left[i]), max(right, p.right[i])
	}
	return left - 1, right + 1
}

// draw draws the subtree with its root at a place, edges below nodes.
func (p *treeNode) draw(c draw.Canvas, at vg.Point, scale vg.Length) {
	for _, child := range p.children {
		to := vg.Point{X: at.X + child.x*scale, Y: at.Y - treeLevel*scale}
		c.StrokeLine2(draw.LineStyle{Color: muted(), Width: 0.8 * scale}, at.X, at.Y, to.X, to.Y)
		child.draw(c, to, scale)
	}
	half := vg.Point{X: p.half * scale, Y: treeHeight / 2 * scale}
	shape := rounded(vg.Rectangle{Min: at.Sub(half), Max: at.Add(half)}, treeHeight/2*scale)
	rim := muted()
	if len(p.children) > 0 {
		rim = cycle(0)
		fillNode(c, shape, rim)
	} else {
		c.SetColor(white())
		c.Fill(shape)
	}
	c.SetLineStyle(draw.LineStyle{Color: rim, Width: 0.9 * scale})
	c.Stroke(shape)
	text := labelText()
	text.size *= scale
	text.draw(c, at, 0.5, 0.5, 0, p.label)
}

// fillNode fills a shape with a light shade that hides what is under it, on a
// dark page too.
func fillNode(c draw.Canvas, shape vg.Path, colour color.Color) {
	c.SetColor(white())
	c.Fill(shape)
	c.SetColor(faded(colour, 0.2))
	c.Fill(shape)
}

// rounded is a rectangle with round corners.
func rounded(r vg.Rectangle, radius vg.Length) vg.Path {
	radius = min(radius, r.Size().X/2, r.Size().Y/2)
	var p vg.Path
	p.Move(vg.Point{X: r.Max.X, Y: r.Min.Y + radius})
	for k, middle := range []vg.Point{
		{X: r.Max.X - radius, Y: r.Max.Y - radius},
		{X: r.Min.X + radius, Y: r.Max.Y - radius},
		{X: r.Min.X + radius, Y: r.Min.Y + radius},
		{X: r.Max.X - radius, Y: r.Min.Y + radius},
	} {
		p.Arc(middle, radius, float64(k)*math.Pi/2, math.Pi/2)
	}
	p.Close()
	return p
}
