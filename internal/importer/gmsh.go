package importer

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// gmshCells are the kinds of elements that are read, by gmsh's numbers.
func gmshCells() map[int]cellKind {
	return map[int]cellKind{
		1: {"line", 2}, 2: {"triangle", 3}, 3: {"quad", 4}, 4: {"tetrahedron", 4}, 5: {"hexahedron", 8}, 6: {"wedge", 6}, 7: {"pyramid", 5}, 15: {"vertex", 1},
	}
}

// gmsh reads a mesh that gmsh wrote as text.
//
// Source: gmsh's MSH file format, versions 2.2 and 4.1. Cells have the first of their physical tags, 0 where there is none.
type gmsh struct {
	text
	*mesh
	version  string
	nodes    map[int]int    // number of a node in the file: its place
	elements map[int]int    // likewise of elements
	physical map[[2]int]int // dimension and number of an entity: its physical tag
}

func openGmsh(path string, limit int64) (source, error) {
	data, err := readFile(path, limit)
	if err != nil {
		return nil, err
	}
	g := &gmsh{text: text{data: data}, mesh: newMesh(), nodes: map[int]int{}, elements: map[int]int{}, physical: map[[2]int]int{}}
	if err := g.read(); err != nil {
		return nil, fmt.Errorf("importer: %s: %w", path, err)
	}
	return &g.memory, nil
}

func (g *gmsh) read() error {
	for {
		word := g.word()
		if word == "" {
			break
		}
		name, is := strings.CutPrefix(word, "$")
		if !is {
			return fmt.Errorf("%s: %.40q, want a section such as $Nodes", g.where(), word)
		}
		read := map[string]func() error{
			"MeshFormat": g.format, "Entities": g.entities, "Nodes": g.nodeList, "Elements": g.elementList,
			"NodeData": func() error { return g.dataOf("point", g.nodes, g.points) }, "ElementData": func() error { return g.dataOf("cell", g.elements, g.cells) },
		}[name]
		if read == nil { // names, periodic parts, comments: nothing to compute with
			if err := g.skip("$End" + name); err != nil {
				return err
			}
			continue
		}
		if err := read(); err != nil {
			return err
		}
		if end := g.word(); end != "$End"+name {
			return fmt.Errorf("%s: %.40q, want $End%s", g.where(), end, name)
		}
	}
	if g.points == 0 {
		return errors.New("has no nodes")
	}
	g.addCells()
	return nil
}

// skip reads up to the end of a section.
func (g *gmsh) skip(end string) error {
	for word := g.word(); word != end; word = g.word() {
		if word == "" {
			return fmt.Errorf("ends before %s", end)
		}
	}
	return nil
}

func (g *gmsh) format() error {
	version, kind, width := g.word(), g.word(), g.word()
	if version != "2.2" && version != "4.1" {
		return fmt.Errorf("is of gmsh's format %.10q, want 2.2 or 4.1: gmsh -save -format msh41 writes that", version)
	}
	if kind != "0" {
		return errors.New("is a mesh of gmsh in binary, want text: gmsh -save without -bin writes that")
	}
	if width != "8" {
		return fmt.Errorf("has numbers of %.10q bytes, want 8", width)
	}
	g.version = version
	return nil
}

// entities reads the physical tags of points, curves, surfaces and volumes.
func (g *gmsh) entities() error {
	counts, err := g.integers(4, "entities")
	if err != nil {
		return err
	}
	for dim, n := range counts {
		for range n {
			tag, err := g.integer("entity")
			if err != nil {
				return err
			}
			box := 6
			if dim == 0 {
				box = 3
			}
			if _, err := g.numbers(box, "bounds"); err != nil {
				return err
			}
			lists := 2 // physical tags, and what bounds it
			if dim == 0 {
				lists = 1
			}
			for list := range lists {
				length, err := g.count("tags")
				if err != nil {
					return err
				}
				tags, err := g.integers(length, "tags")
				if err != nil {
					return err
				}
				if list == 0 && length > 0 {
					g.physical[[2]int{dim, tag}] = tags[0]
				}
			}
		}
	}
	return nil
}

func (g *gmsh) nodeList() error {
	if g.points > 0 {
		return fmt.Errorf("%s: a second list of nodes", g.where())
	}
	var xyz []float64
	var err error
	if g.version == "2.2" {
		xyz, err = g.nodes22()
	} else {
		xyz, err = g.nodes41()
	}
	if err != nil {
		return err
	}
	if g.points = len(xyz) / 3; g.points == 0 || g.points != len(g.nodes) {
		return fmt.Errorf("%s: %d nodes with %d numbers, want at least one, and each number once", g.where(), g.points, len(g.nodes))
	}
	g.add("points", []string{"point", "coordinate"}, []int{g.points, 3}, xyz)
	return nil
}

func (g *gmsh) nodes22() (xyz []float64, err error) {
	n, err := g.count("nodes")
	if err != nil {
		return nil, err
	}
	for range n {
		number, err := g.integer("node")
		if err != nil {
			return nil, err
		}
		at, err := g.numbers(3, "coordinates")
		if err != nil {
			return nil, err
		}
		g.nodes[number] = len(xyz) / 3
		xyz = append(xyz, at...)
	}
	return xyz, nil
}

func (g *gmsh) nodes41() (xyz []float64, err error) {
	head, err := g.integers(4, "nodes")
	if err != nil {
		return nil, err
	}
	for range head[0] {
		block, err := g.integers(4, "nodes") // dimension, entity, parametric, count
		if err != nil {
			return nil, err
		}
		if block[3] < 0 {
			return nil, fmt.Errorf("%s: %d nodes", g.where(), block[3])
		}
		numbers, err := g.integers(block[3], "nodes")
		if err != nil {
			return nil, err
		}
		each := 3
		if block[2] != 0 {
			each += min(3, max(0, block[0])) // the node's place on its entity
		}
		for _, number := range numbers {
			at, err := g.numbers(each, "coordinates")
			if err != nil {
				return nil, err
			}
			g.nodes[number] = len(xyz) / 3
			xyz = append(xyz, at[:3]...)
		}
	}
	return xyz, nil
}

func (g *gmsh) elementList() error {
	if g.version == "2.2" {
		n, err := g.count("elements")
		if err != nil {
			return err
		}
		for range n {
			head, err := g.integers(3, "element") // number, type, count of tags
			if err != nil {
				return err
			}
			if head[2] < 0 {
				return fmt.Errorf("%s: %d tags", g.where(), head[2])
			}
			tags, err := g.integers(head[2], "tags")
			if err != nil {
				return err
			}
			tag := 0
			if len(tags) > 0 {
				tag = tags[0]
			}
			if err := g.element(head[0], head[1], tag); err != nil {
				return err
			}
		}
		return nil
	}
	head, err := g.integers(4, "elements")
	if err != nil {
		return err
	}
	for range head[0] {
		block, err := g.integers(4, "elements") // dimension, entity, type, count
		if err != nil {
			return err
		}
		for range block[3] {
			number, err := g.integer("element")
			if err != nil {
				return err
			}
			if err := g.element(number, block[2], g.physical[[2]int{block[0], block[1]}]); err != nil {
				return err
			}
		}
	}
	return nil
}

// element reads the corners of an element.
func (g *gmsh) element(number, kind, tag int) error {
	k, is := gmshCells()[kind]
	if !is {
		return fmt.Errorf("%s: element %d is of gmsh's type %d, want vertices, lines, triangles, quads, tetrahedra, hexahedra, wedges or pyramids of first order (1 to 7, 15)",
			g.where(), number, kind)
	}
	corners, err := g.integers(k.corners, "corners")
	if err != nil {
		return err
	}
	for i, c := range corners {
		at, is := g.nodes[c]
		if !is {
			return fmt.Errorf("%s: element %d has the corner %d, which is no node", g.where(), number, c)
		}
		corners[i] = at
	}
	g.elements[number] = g.cells
	g.tags[k.name] = append(g.tags[k.name], float64(tag))
	return g.addCell(k, corners)
}

// dataOf reads values at nodes or elements; those that have none are NaN.
func (g *gmsh) dataOf(axis string, places map[int]int, n int) error {
	texts, err := g.count("names")
	if err != nil {
		return err
	}
	g.line()
	name := axis + "_data"
	for i := range texts {
		line := strings.Trim(strings.TrimSpace(g.line()), `"`)
		if i == 0 && line != "" {
			name = line
		}
		if g.at == len(g.data) {
			return errors.New("ends within the names of data")
		}
	}
	reals, err := g.count("real tags")
	if err != nil {
		return err
	}
	if _, err := g.numbers(reals, "real tags"); err != nil {
		return err
	}
	wholes, err := g.count("integer tags")
	if err != nil {
		return err
	}
	tags, err := g.integers(wholes, "integer tags") // step, components, count
	if err != nil {
		return err
	}
	if len(tags) < 3 || tags[1] < 1 || tags[1] > 9 || tags[2] < 0 || n == 0 {
		return fmt.Errorf("%s: data %s with the tags %v for %d places, want step, 1 to 9 components and how many there are", g.where(), name, tags, n)
	}
	values := make([]float64, n*tags[1])
	for i := range values {
		values[i] = math.NaN()
	}
	for range tags[2] {
		number, err := g.integer("number")
		if err != nil {
			return err
		}
		at, is := places[number]
		if !is {
			return fmt.Errorf("%s: data %s for %s %d, which there is not", g.where(), name, axis, number)
		}
		here, err := g.numbers(tags[1], name)
		if err != nil {
			return err
		}
		copy(values[at*tags[1]:], here)
	}
	axes, dims := []string{axis}, []int{n}
	if tags[1] > 1 {
		axes, dims = append(axes, "channel"), append(dims, tags[1])
	}
	g.add(name, axes, dims, values)
	return nil
}
