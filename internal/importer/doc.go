// Package importer reads arrays out of files and keeps them in the store, where package imports finds them.
//
// NumPy's files, tables as CSV, and meshes of VTK and gmsh are read here. Files of HDF5, NetCDF and MATLAB are read by a small program in the
// set-up's Python (see read.py), which sends the values in checked frames. What a file is, its first bytes say, not its name.
//
// Files come from elsewhere: they are data and never run; sizes are compared with a limit before memory or disk is taken; values are streamed
// a block at a time, so that a file may be larger than the memory. A set appears in the store whole or not at all.
package importer
