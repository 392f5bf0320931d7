package importer_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/importer"
)

// The meshes in testdata are written by VTK 9.7.2 and gmsh 4.15.2; the program is testdata/meshes.py.

func TestMeshesOfVTK(t *testing.T) {
	files, err := filepath.Glob("testdata/mesh-*")
	if err != nil || len(files) != 12 {
		t.Fatalf("%d meshes, %v; want 12", len(files), err)
	}
	third := make([]float64, 6)
	for i := range third {
		third[i] = float64(i) / 3
	}
	want := map[string][]float64{
		"points":      {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 2, 0.5, 0, 0.5, 0.5, 1},
		"quad":        {0, 1, 2, 3},
		"triangle":    {1, 4, 2, 2, 4, 3},
		"pyramid":     {0, 1, 2, 3, 5},
		"temperature": third,
		"velocity":    counting(18),
		"material":    {-1, 0, 1, 2},
		"quad_cell":   {0}, "triangle_cell": {1, 3}, "pyramid_cell": {2},
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			s := openStore(t)
			r := imported(t, s, path, importer.Options{})
			if len(r.Arrays) != len(want) {
				t.Errorf("arrays %v, want %d", r.Names(), len(want))
			}
			for name, values64 := range want {
				got := values(t, s, r.Set, name)
				if len(got) != len(values64) {
					t.Fatalf("%s has %d values, want %d", name, len(got), len(values64))
				}
				for i, w := range values64 {
					// A text of VTK has 11 digits of numbers up to 17; all else is exact.
					if d := got[i] - w; math.Abs(d) > 1e-10 || d != 0 && !strings.Contains(path, "ascii") {
						t.Errorf("%s[%d] = %v, want %v", name, i, got[i], w)
					}
				}
			}
			if got := describe(r.Set); !strings.Contains(got, "velocity [point 6, channel 3]") || !strings.Contains(got, "triangle [triangle 2, triangle_corner 3]") {
				t.Errorf("arrays\n%s", got)
			}
		})
	}
}

func TestGridsOfVTK(t *testing.T) {
	for _, form := range []string{"ascii", "binary"} {
		s := openStore(t)
		image := imported(t, s, "testdata/image-"+form+".vtk", importer.Options{})
		if got, want := describe(image.Set), "x [x 4] float64 as float64\ny [y 3] float64 as float64\nk [y_cell 2, x_cell 3] short as float64\nu [y 3, x 4] double as float64"; got != want {
			t.Errorf("%s: arrays\n%s\nwant\n%s", form, got, want)
		}
		if x, y := values(t, s, image.Set, "x"), values(t, s, image.Set, "y"); !slices.Equal(x, []float64{1, 1.5, 2, 2.5}) || !slices.Equal(y, []float64{2, 2.25, 2.5}) {
			t.Errorf("%s: coordinates %v and %v", form, x, y)
		}
		if u := values(t, s, image.Set, "u"); !slices.Equal(u, counting(12)) {
			t.Errorf("%s: u = %v", form, u)
		}
		r := imported(t, s, "testdata/rectilinear-"+form+".vtk", importer.Options{})
		v, _ := r.Array("v")
		if !slices.Equal(v.Axes, []string{"z", "y", "x", "channel"}) || !slices.Equal(v.Dims, []int{2, 2, 3, 3}) || !slices.Equal(values(t, s, r.Set, "v"), counting(36)) {
			t.Errorf("%s: v %v %v, want [z 2, y 2, x 3, channel 3] of 0, 1, 2, …", form, v.Axes, v.Dims)
		}
		if x := values(t, s, r.Set, "x"); !slices.Equal(x, []float64{0, 1, 4}) {
			t.Errorf("%s: x = %v", form, x)
		}
	}
}

func TestMeshesOfGmsh(t *testing.T) {
	s := openStore(t)
	reference := imported(t, s, "testdata/square.npz", importer.Options{})
	for _, file := range []string{"square-2.2", "square-4.1"} {
		r := imported(t, s, "testdata/"+file+".msh", importer.Options{})
		for _, name := range []string{"points", "triangle"} {
			got, want := values(t, s, r.Set, name), values(t, s, reference.Set, name)
			if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-15 }) { // it writes 16 digits
				t.Errorf("%s: %s = %v, want %v", file, name, got, want)
			}
		}
		lines, fluid := values(t, s, r.Set, "line_tag"), values(t, s, r.Set, "triangle_tag")
		if half := len(lines) / 2; lines[0] != 7 || lines[half-1] != 7 || lines[half] != 8 || slices.Max(fluid) != 9 || slices.Min(fluid) != 9 {
			t.Errorf("%s: tags %v of lines and %v of triangles, want 7 and 8, and 9", file, lines, fluid)
		}
	}
}

func TestDataOfGmsh(t *testing.T) {
	mesh, err := os.ReadFile("testdata/square-2.2.msh")
	if err != nil {
		t.Fatal(err)
	}
	whole := string(mesh) + "$NodeData\n1\n\"p (Pa)\"\n1\n0.0\n3\n0\n1\n2\n1 5\n3 7\n$EndNodeData\n$ElementData\n1\n\"q\"\n0\n3\n0\n3\n1\n2 1 2 3\n$EndElementData\n"
	s := openStore(t)
	r := imported(t, s, given(t, "a.msh", whole), importer.Options{AllowNaN: true})
	p, q := values(t, s, r.Set, "p__Pa_"), values(t, s, r.Set, "q")
	if p[0] != 5 || p[1] == p[1] || p[2] != 7 || !slices.Equal(q[3:6], []float64{1, 2, 3}) {
		t.Errorf("p = %v and q = %v, want 5, NaN, 7 and 1, 2, 3 of the second element", p, q)
	}
	refusal(t, given(t, "b.msh", whole), importer.Options{}, "array p__Pa_ has", "NaN")
}

func TestRefusedMeshes(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	vtk, vtu, packed, msh, msh4 := read("mesh-42-ascii.vtk"), read("mesh-ascii.vtu"), read("mesh-raw-zlib.vtu"), read("square-2.2.msh"), read("square-4.1.msh")
	swap := func(text, old, next string) string {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(text, old, next, 1)
	}
	for name, c := range map[string]struct {
		file, text string
		says       []string
	}{
		"cells of an unknown type":  {"a.vtk", swap(vtk, "CELL_TYPES 4\n9", "CELL_TYPES 4\n42"), []string{"cell 0 is of VTK's type 42", "want vertices, lines, triangles"}},
		"cells with wrong corners":  {"a.vtk", swap(vtk, "CELL_TYPES 4\n9", "CELL_TYPES 4\n5"), []string{"cell 0, a triangle, has 4 corners, want 3"}},
		"a corner that is no point": {"a.vtk", swap(vtk, "3 1 4 2", "3 1 6 2"), []string{"cell 1 has the corner 6, want one of 6 points"}},
		"a count beyond the file":   {"a.vtk", swap(vtk, "POINTS 6", "POINTS 60000000"), []string{"60000000 points", "all in the file"}},
		"a count beyond all":        {"a.vtk", swap(vtk, "CELLS 4 ", "CELLS 4000000000000 "), []string{"cut off?"}},
		"a text for a number":       {"a.vtk", swap(vtk, "POINTS 6", "POINTS six"), []string{`line 5: number of points = "six", want a whole number`}},
		"texts":                     {"a.vtk", swap(vtk, "material 1 4 int", "material 1 4 string"), []string{`of type "string", want numbers`}},
		"data of too few points":    {"a.vtk", swap(vtk, "POINT_DATA 6", "POINT_DATA 5"), []string{"data of 5 points or cells, want 6"}},
		"an unknown kind of data":   {"a.vtk", swap(vtk, "UNSTRUCTURED_GRID", "TREE"), []string{`a data set of kind "TREE"`}},
		"neither text nor binary":   {"a.vtk", swap(vtk, "ASCII", "EBCDIC"), []string{`line 3 is "EBCDIC", want ASCII or BINARY`}},
		"vtk in binary, cut off":    {"a.vtk", read("mesh-42-binary.vtk")[:300], []string{"cut off?"}},
		"vtu of another kind":       {"a.vtu", strings.ReplaceAll(vtu, "UnstructuredGrid", "HyperTreeGrid"), []string{`"HyperTreeGrid"`, "want an UnstructuredGrid"}},
		"vtu cut off":               {"a.vtu", vtu[:len(vtu)/2], []string{"cannot be read as XML of VTK"}},
		"vtu of unknown cells":      {"a.vtu", swap(vtu, "9 5 14 5", "9 5 14 69"), []string{"VTK's type 69"}},
		"vtu of another compressor": {"a.vtu", swap(packed, "vtkZLibDataCompressor", "vtkLZMADataCompressor"), []string{"vtkLZMADataCompressor", "want vtkZLibDataCompressor or none"}},
		"vtu cut off in its values": {"a.vtu", packed[:strings.Index(packed, "<AppendedData")+60], []string{"appended values"}},
		"gmsh in binary":            {"a.msh", read("square-2.2-binary.msh"), []string{"a mesh of gmsh in binary, want text"}},
		"gmsh 4.1 in binary":        {"a.msh", read("square-4.1-binary.msh"), []string{"a mesh of gmsh in binary, want text"}},
		"gmsh of another version":   {"a.msh", swap(msh, "2.2 0", "1.0 0"), []string{`gmsh's format "1.0", want 2.2 or 4.1`}},
		"gmsh of second order":      {"a.msh", read("second-order.msh"), []string{"of gmsh's type 8", "first order"}},
		"gmsh with a corner amiss":  {"a.msh", swap(msh, "1 1 2 7 1 1 5\n", "1 1 2 7 1 1 99\n"), []string{"element 1 has the corner 99, which is no node"}},
		"gmsh cut off":              {"a.msh", msh[:len(msh)/2], []string{"line "}},
		"gmsh 4.1 cut off":          {"a.msh", msh4[:len(msh4)*2/3], []string{"line "}},
		"gmsh without an end":       {"a.msh", swap(msh, "$EndNodes", "$EndOfNodes"), []string{`"$EndOfNodes", want $EndNodes`}},
	} {
		t.Run(name, func(t *testing.T) { refusal(t, given(t, c.file, c.text), importer.Options{}, c.says...) })
	}
}

// FuzzMeshes looks for what makes a reader of meshes or tables panic, or take more memory than the file is worth.
func FuzzMeshes(f *testing.F) {
	files, err := filepath.Glob("testdata/*.[vm][tsh]*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("t,u\n0,1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(data, []byte("PK")) || importer.NeedsPython(path) {
			t.Skip("not for these readers")
		}
		_, _ = importer.Import(t.Context(), openStore(t), path, importer.Options{AllowNaN: true, MaxBytes: 1 << 20}) // it must return
	})
}
