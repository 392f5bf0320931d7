"""Writes the meshes of this folder with VTK's and gmsh's own libraries. Run with the folder as its argument."""

import sys

import gmsh
import numpy as np
import vtk
from vtk.util.numpy_support import numpy_to_vtk

folder = sys.argv[1] + "/"


def named(values, name):
    array = numpy_to_vtk(values, deep=True)
    array.SetName(name)
    return array


grid = vtk.vtkUnstructuredGrid()
points = vtk.vtkPoints()
points.SetDataTypeToDouble()
for p in [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (2, 0.5, 0), (0.5, 0.5, 1)]:
    points.InsertNextPoint(p)
grid.SetPoints(points)
for kind, corners in [(vtk.VTK_QUAD, (0, 1, 2, 3)), (vtk.VTK_TRIANGLE, (1, 4, 2)), (vtk.VTK_PYRAMID, (0, 1, 2, 3, 5)), (vtk.VTK_TRIANGLE, (2, 4, 3))]:
    grid.InsertNextCell(kind, len(corners), corners)
grid.GetPointData().AddArray(named(np.arange(6.0) / 3, "temperature"))
grid.GetPointData().AddArray(named(np.arange(18, dtype="f4").reshape(6, 3), "velocity"))
grid.GetCellData().AddArray(named(np.arange(4, dtype="i4") - 1, "material"))
for version in (42, 51):
    for binary in (False, True):
        w = vtk.vtkUnstructuredGridWriter()
        w.SetFileVersion(version)
        w.SetFileTypeToBinary() if binary else w.SetFileTypeToASCII()
        w.SetFileName(folder + f"mesh-{version}-{'binary' if binary else 'ascii'}.vtk")
        w.SetInputData(grid)
        w.Write()
for mode in ("ascii", "binary", "appended", "raw"):
    for packed in (False, True):
        w = vtk.vtkXMLUnstructuredGridWriter()
        w.SetDataMode({"ascii": 0, "binary": 1, "appended": 2, "raw": 2}[mode])
        w.SetEncodeAppendedData(mode != "raw")
        w.SetCompressorTypeToZLib() if packed else w.SetCompressorTypeToNone()
        w.SetHeaderTypeToUInt64() if packed else w.SetHeaderTypeToUInt32()
        w.SetFileName(folder + f"mesh-{mode}{'-zlib' if packed else ''}.vtu")
        w.SetInputData(grid)
        w.Write()

image = vtk.vtkImageData()
image.SetDimensions(4, 3, 1)
image.SetOrigin(1, 2, 0)
image.SetSpacing(0.5, 0.25, 1)
image.GetPointData().SetScalars(named(np.arange(12.0), "u"))
image.GetCellData().SetScalars(named(np.arange(6, dtype="i2"), "k"))
rectilinear = vtk.vtkRectilinearGrid()
rectilinear.SetDimensions(3, 2, 2)
rectilinear.SetXCoordinates(numpy_to_vtk(np.array([0.0, 1, 4]), deep=True))
rectilinear.SetYCoordinates(numpy_to_vtk(np.array([0.0, 2]), deep=True))
rectilinear.SetZCoordinates(numpy_to_vtk(np.array([0.0, 3]), deep=True))
rectilinear.GetPointData().SetVectors(named(np.arange(36.0).reshape(12, 3), "v"))
for name, data, writer in (("image", image, vtk.vtkStructuredPointsWriter), ("rectilinear", rectilinear, vtk.vtkRectilinearGridWriter)):
    for binary in (False, True):
        w = writer()
        w.SetFileTypeToBinary() if binary else w.SetFileTypeToASCII()
        w.SetFileName(folder + f"{name}-{'binary' if binary else 'ascii'}.vtk")
        w.SetInputData(data)
        w.Write()

gmsh.initialize()
gmsh.option.setNumber("General.Terminal", 0)
corners = [gmsh.model.geo.addPoint(x, y, 0, 0.6) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
sides = [gmsh.model.geo.addLine(corners[i], corners[(i + 1) % 4]) for i in range(4)]
gmsh.model.geo.addPlaneSurface([gmsh.model.geo.addCurveLoop(sides)])
gmsh.model.geo.synchronize()
gmsh.model.addPhysicalGroup(1, sides[:2], 7, "wall")
gmsh.model.addPhysicalGroup(1, sides[2:], 8, "outlet")
gmsh.model.addPhysicalGroup(2, [1], 9, "fluid")
gmsh.model.mesh.generate(2)
for version in (2.2, 4.1):
    for binary in (0, 1):
        gmsh.option.setNumber("Mesh.MshFileVersion", version)
        gmsh.option.setNumber("Mesh.Binary", binary)
        gmsh.write(folder + f"square-{version}{'-binary' if binary else ''}.msh")
tags, xyz, _ = gmsh.model.mesh.getNodes()
place = {int(t): i for i, t in enumerate(tags)}
triangles = [place[int(n)] for n in gmsh.model.mesh.getElements(2)[2][0]]
np.savez(folder + "square.npz", points=xyz.reshape(-1, 3), triangle=np.array(triangles).reshape(-1, 3))
gmsh.option.setNumber("Mesh.Binary", 0)
gmsh.model.mesh.setOrder(2)
gmsh.write(folder + "second-order.msh")
