"""Reads arrays out of a file of HDF5, NetCDF or MATLAB and sends them to standard output.

The caller sends two lines of JSON: what to open, and, after the list of what there is, the paths of the arrays that it wants.
All that is sent back is in frames: four letters, the length and the CRC-32 of the content, the content. HEAD is the list as
JSON, DATA are values, little-endian float32 or float64, the last axis the fastest; DONE ends the values, FAIL is a message.

Files are data: no pickle, no object, no plugin of the HDF5 library and no second file is opened.
"""

import json
import os
import re
import struct
import sys
import zlib

PIPE = os.fdopen(os.dup(1), "wb", buffering=0)
os.dup2(2, 1)  # what a library prints must not get between the frames

import numpy as np

EXACT = 2**53  # integers above are not all float64 numbers
DEEPEST = 32  # groups within groups


class Refused(Exception):
    """What is wrong with the file, in words for the user."""


def send(tag, content):
    content = memoryview(content).cast("B")
    for part in (tag + struct.pack("<QI", len(content), zlib.crc32(content)), content):
        part = memoryview(part)
        while len(part):
            part = part[PIPE.write(part) :]


def send_json(tag, value):
    send(tag, json.dumps(value).encode())


class Array:
    """An array of the file: its facts, and read(slices) for its values."""

    def __init__(self, path, dims, dtype, read, axes=None, units="", reverse=False, problem="", name=None):
        self.path, self.dims, self.dtype, self.read = path, tuple(int(n) for n in dims), dtype, read
        self.axes, self.units, self.reverse, self.name = axes, units, reverse, name or path
        self.problem = problem or dtype_problem(dtype)
        self.convert = None  # of stored numbers into what they mean

    def width(self):
        if self.convert is not None or self.dtype.kind in "iu" and self.dtype.itemsize > 2:
            return 8
        return 8 if self.dtype.itemsize == 8 else 4

    def facts(self):
        dims, axes = self.dims, self.axes
        if not self.problem and not dims:
            dims, axes = (1,), ["value"]
        if not self.problem and 0 in dims:
            self.problem = "has no values"
        return {
            "path": self.path, "name": self.name, "dims": dims, "axes": axes or [], "reverse": self.reverse, "problem": self.problem,
            "dtype": "" if self.problem else self.dtype.name, "width": 0 if self.problem else self.width(), "units": self.units,
        }

    def send(self, budget):
        itemsize = max(8, self.dtype.itemsize)  # of the widest form in memory
        for where in blocks(self.dims, budget // itemsize):
            values = np.asarray(self.read(where))
            if values.dtype.kind == "c":
                raise Refused(f"array {self.path} holds complex numbers, want real ones: keep the real and imaginary parts as two arrays")
            if values.dtype.kind not in "iufb":
                raise Refused(f"array {self.path} holds values of type {values.dtype}, want numbers")
            if values.dtype.kind in "iu" and values.dtype.itemsize == 8 and values.size:
                if int(values.max()) > EXACT or int(values.min()) < -EXACT:
                    raise Refused(f"array {self.path} holds integers above 2^53, want numbers that float64 holds exactly")
            if self.convert is not None:
                values = self.convert(values)
            send(b"DATA", np.ascontiguousarray(values, dtype="<f8" if self.width() == 8 else "<f4"))


def blocks(dims, budget):
    """Gives slices that cover an array in the order of its values, each of at most budget values."""
    inner, axis = 1, len(dims)
    while axis > 0 and inner * dims[axis - 1] <= budget:
        axis -= 1
        inner *= dims[axis]
    if axis == 0:
        yield tuple(slice(0, n) for n in dims)
        return
    step = max(1, budget // inner)
    for outer in np.ndindex(*dims[: axis - 1]):
        for at in range(0, dims[axis - 1], step):
            here = tuple(slice(i, i + 1) for i in outer)
            yield here + (slice(at, min(at + step, dims[axis - 1])),) + tuple(slice(0, n) for n in dims[axis:])


def dtype_problem(dtype):
    if dtype is None:
        return "holds values of a type that NumPy does not have, want numbers"
    if dtype.kind == "c" or dtype.names in (("real", "imag"), ("r", "i")):
        return "holds complex numbers, want real ones: keep the real and imaginary parts as two arrays"
    if dtype.names:
        return "holds records of " + ", ".join(dtype.names[:5]) + ", want numbers"
    if dtype.kind in "OSU":
        return "holds text or objects, want numbers"
    if dtype.kind not in "iufb" or dtype.itemsize > 8:
        return f"holds values of type {dtype}, want numbers of at most 64 bits"
    return ""


def text(value):
    """A short text out of an attribute."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(())[()]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value[:64] if isinstance(value, str) else ""


def number(value):
    """A number out of an attribute; None if it is none."""
    try:
        value = np.asarray(value)
        return float(value.reshape(())) if value.size == 1 and value.dtype.kind in "iuf" else None
    except (TypeError, ValueError):
        return None


def unpack(array, attribute):
    """Follows NetCDF's conventions for packed values and for values that are missing, which become NaN."""
    scale, offset = number(attribute("scale_factor")), number(attribute("add_offset"))
    missing = {m for m in (number(attribute("_FillValue")), number(attribute("missing_value"))) if m is not None and m == m}
    if array.problem or (scale is None and offset is None and not missing):
        return

    def convert(raw):
        values = raw.astype("f8")
        gone = np.isin(values, list(missing))
        values = values * (1.0 if scale is None else scale) + (0.0 if offset is None else offset)
        values[gone] = np.nan
        return values

    array.convert = convert


class HDF5:
    """A file of HDF5, which those of NetCDF 4 and MATLAB 7.3 are too."""

    def __init__(self, path, budget):
        import h5py

        self.h5py = h5py
        with open(path, "rb") as raw:
            self.matlab = raw.read(10) == b"MATLAB 7.3"
        try:
            self.file = h5py.File(path, "r", rdcc_nbytes=2 * budget)
        except OSError as error:
            raise Refused(f"cannot be read as HDF5: {plain(error)}")

    def arrays(self, most):
        found, groups = [], []
        self.walk(self.file, "", found, groups, most, set(), 0)
        stacked = self.stack(found)
        if stacked is not None:
            found = stacked
        self.name_axes(found)
        shorten(found)
        return found

    def walk(self, group, prefix, found, groups, most, seen, depth):
        if depth > DEEPEST:
            raise Refused(f"groups within groups, {prefix}, more than {DEEPEST} deep")
        for key in group:
            path = prefix + key
            if len(found) > most:
                raise Refused(f"more than {most} arrays")
            link = group.get(key, getlink=True)
            if isinstance(link, self.h5py.ExternalLink):
                found.append(Array(path, (), None, None, problem="is a link to another file, want the values in this one"))
                continue
            if not isinstance(link, self.h5py.HardLink) or key == "#refs#":
                continue  # another name of what is here; the insides of cells
            item = group[key]
            address = self.h5py.h5o.get_info(item.id).addr
            if isinstance(item, self.h5py.Group):
                kind = text(item.attrs.get("MATLAB_class", ""))
                if kind:
                    found.append(Array(path, (), None, None, problem=f"is a MATLAB {kind}, want numbers"))
                elif address not in seen:
                    seen.add(address)
                    self.walk(item, path + "/", found, groups, most, seen, depth + 1)
            elif isinstance(item, self.h5py.Dataset):
                array = self.array(item, path)
                if array is not None:
                    found.append(array)

    def array(self, item, path):
        if text(item.attrs.get("NAME", "")).startswith("This is a netCDF dimension but not a netCDF variable"):
            return None
        try:
            dtype = item.dtype
        except TypeError:
            dtype = None
        problem, kind = "", text(item.attrs.get("MATLAB_class", ""))
        if kind in ("char", "cell", "struct", "function_handle") or "MATLAB_sparse" in item.attrs:
            problem = f"is a MATLAB {kind or 'sparse matrix'}, want numbers"
        elif item.shape is None or "MATLAB_empty" in item.attrs:
            problem = "has no values"
        elif item.external:
            problem = "keeps its values in another file, want them in this one"
        elif item.is_virtual:
            problem = "is put together from other arrays or files, want the values in this one"
        elif dtype is not None:
            problem = dtype_problem(dtype) or self.filter_problem(item)
        array = Array(path, item.shape or (), dtype, item.__getitem__, self.axes(item, path),
                      text(item.attrs.get("units", item.attrs.get("unit", ""))), self.matlab, problem)
        array.item = item
        unpack(array, lambda name: item.attrs[name] if name in item.attrs else None)
        return array

    def filter_problem(self, item):
        plist = item.id.get_create_plist()
        for i in range(plist.get_nfilters()):
            code, _, _, name = plist.get_filter(i)
            if not self.h5py.h5z.filter_avail(code):
                name = name.decode("ascii", "replace")[:40] or "no name"
                return f"is compressed with filter {code} ({name}), which is not known here, want gzip, lzf, szip or none"
        return ""

    def axes(self, item, path):
        """The names of the axes, where the file gives them all."""
        rank = len(item.shape or ())
        given = item.attrs.get("axes")
        if isinstance(given, np.ndarray) and given.ndim == 1 and len(given) == rank:
            names = [text(name) for name in given]
        elif item.is_scale and rank == 1:
            names = [path.rsplit("/", 1)[-1]]
        else:
            names = [dim.label or (dim[0].name.rsplit("/", 1)[-1] if len(dim) and dim[0] else "") for dim in item.dims] if rank else []
        return names if all(names) else None

    def stack(self, found):
        """PDEBench keeps a group a sample in some files: 0000/data, 0001/data, …, all alike. They are one array here."""
        groups = {}
        for array in found:
            head, _, rest = array.path.partition("/")
            if not head.isdigit() or not rest or array.problem:
                return None
            groups.setdefault(head, {})[rest] = array
        if not groups:
            return None
        names = sorted(groups, key=int)
        first = groups[names[0]]
        out = []
        for rest, array in first.items():
            alike = all(g.get(rest) is not None and (g[rest].dims, g[rest].dtype) == (array.dims, array.dtype) for g in groups.values())
            if not alike or any(len(g) != len(first) for g in groups.values()):
                return None
            if rest.startswith("grid/"):
                out.append(Array(rest, array.dims, array.dtype, array.read, units=array.units))
                continue
            items = [groups[name][rest].item for name in names]

            def read(where, items=items):
                return np.stack([items[i][where[1:]] for i in range(where[0].start, where[0].stop)])

            out.append(Array(rest, (len(items),) + array.dims, array.dtype, read, units=array.units))
        return out

    def name_axes(self, found):
        """The Well's and PDEBench's layouts say which axis is which."""
        here = {a.path: a for a in found if not a.problem}
        if "dimensions" in self.file and isinstance(self.file["dimensions"], self.h5py.Group):
            self.well(here)
            return
        coordinates = {}
        for letter, axis in (("x", "x"), ("y", "y"), ("z", "z"), ("t", "time")):
            for path in (letter + "-coordinate", "grid/" + letter):
                if path in here and len(here[path].dims) == 1:
                    coordinates[axis] = here[path]
        space = [axis for axis in "xyz" if axis in coordinates]
        if not space:
            return
        for axis, array in coordinates.items():
            array.axes, array.name = [axis], axis
        for array in here.values():
            if array.axes is None and array not in coordinates.values():
                array.axes = self.pdebench(array.dims, space, coordinates)
        times = [a.dims[a.axes.index("time")] for a in here.values() if a.axes and "time" in a.axes and a not in coordinates.values()]
        if "time" in coordinates and times and any(n != coordinates["time"].dims[0] for n in times):
            coordinates["time"].axes = ["time_edge"]  # the file has the ends of the steps

    def pdebench(self, dims, space, coordinates):
        for names in (["sample", "time"] + space, ["sample", "time"] + space + ["channel"], ["sample"] + space, ["sample", "channel"] + space):
            fits = len(names) == len(dims) and ("time" not in names or "time" in coordinates)
            for name, n in zip(names, dims):
                want = coordinates[name].dims[0] if name in coordinates else n
                fits = fits and (n == want or name == "time" and n == want - 1)
            if fits:
                return names
        return None

    def well(self, here):
        spatial = [text(name) for name in np.atleast_1d(self.file["dimensions"].attrs.get("spatial_dims", []))]
        for path, array in here.items():
            attrs, head = self.file[path].attrs, path.split("/", 1)[0]
            if head == "dimensions" and len(array.dims) == 1:
                array.axes = [path.rsplit("/", 1)[-1]]
            match = re.fullmatch(r"t([0-2])_fields", head)
            if match is None:
                continue
            varying = np.atleast_1d(attrs.get("dim_varying", [True] * len(spatial)))
            names = ["sample"] * bool(attrs.get("sample_varying", True)) + ["time"] * bool(attrs.get("time_varying", True))
            names += [name for name, varies in zip(spatial, varying) if varies]
            names += [[], ["channel"], ["row", "channel"]][int(match.group(1))]
            if len(names) == len(array.dims):
                array.axes = names


class MATLAB5:
    """A file of MATLAB 5 to 7. Its arrays have the first axis fastest: they are sent as if transposed."""

    def __init__(self, path, budget):
        import scipy.io

        self.io, self.path = scipy.io, path
        self.types = {"double": "f8", "single": "f4", "logical": "b1"}
        for bits in (8, 16, 32, 64):
            self.types[f"int{bits}"], self.types[f"uint{bits}"] = f"i{bits // 8}", f"u{bits // 8}"

    def arrays(self, most):
        try:
            listed = self.io.whosmat(self.path)
        except MemoryError:
            raise
        except Exception as error:  # SciPy names no type of its own for a bad file
            raise Refused(f"cannot be read as MATLAB 5: {plain(error)}")
        if len(listed) > most:
            raise Refused(f"more than {most} arrays")
        found = []
        for name, dims, kind in listed:
            if kind in self.types:
                found.append(Array(name, dims[::-1], np.dtype(self.types[kind]), self.reader(name, dims), reverse=True))
            else:
                found.append(Array(name, (), None, None, problem=f"is a MATLAB {kind}, want numbers"))
        shorten(found)
        return found

    def reader(self, name, dims):
        kept = []

        def read(where):
            if not kept:
                try:
                    values = self.io.loadmat(self.path, variable_names=[name])[name]
                except MemoryError:
                    raise
                except Exception as error:
                    raise Refused(f"array {name} cannot be read: {plain(error)}")
                if values.shape != tuple(dims):
                    raise Refused(f"array {name} has the shape {values.shape}, want {tuple(dims)} as the file's list has it")
                kept.append(values.T)
            part = kept[0][where]
            if all(s.stop == n for s, n in zip(where, kept[0].shape)):
                kept.clear()  # the last block
            return part

        return read


class NetCDF3:
    """A file of the classic NetCDF format."""

    def __init__(self, path, budget):
        import scipy.io

        try:
            self.file = scipy.io.netcdf_file(path, "r", mmap=True, maskandscale=False)
        except Exception as error:
            raise Refused(f"cannot be read as NetCDF 3: {plain(error)}")

    def arrays(self, most):
        found = []
        for name, variable in list(self.file.variables.items())[: most + 1]:
            dtype = np.dtype(variable.data.dtype)
            problem = "holds text, want numbers" if dtype.kind == "S" else ""
            array = Array(name, variable.shape, dtype, variable.data.__getitem__, list(variable.dimensions),
                          text(getattr(variable, "units", "")), problem=problem)
            unpack(array, lambda attribute, v=variable: getattr(v, attribute, None))
            found.append(array)
        shorten(found)
        return found


def shorten(found):
    """Gives each array a name of its own that can be a file's."""
    def clean(name):
        return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".-")[:80] or "array"

    last = [clean(a.name.rsplit("/", 1)[-1]) for a in found]
    taken = set()
    for a, short in zip(found, last):
        name = short if last.count(short) == 1 else clean(a.path)
        while name in taken:
            name += "_"
        taken.add(name)
        a.name = name


def plain(error):
    """The first line of an error, without the path that the caller names."""
    line = str(error).strip().split("\n", 1)[0]
    return f"{line or type(error).__name__}"[:300]


def limit_memory(limit):
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (ImportError, OSError, ValueError):
        pass  # a system without such a limit


def main():
    order = json.loads(sys.stdin.readline())
    limit_memory(order["memory"])
    kind = {"hdf5": HDF5, "matlab5": MATLAB5, "netcdf3": NetCDF3}[order["kind"]]
    arrays = kind(order["path"], order["block"]).arrays(order["most"])
    send_json(b"HEAD", [a.facts() for a in arrays])
    wanted = json.loads(sys.stdin.readline() or "[]")
    by_path = {a.path: a for a in arrays}
    for path in wanted:
        by_path[path].send(order["block"])
    send_json(b"DONE", len(wanted))


try:
    main()
except Refused as error:
    send_json(b"FAIL", str(error))
except MemoryError:
    send_json(b"FAIL", "takes more memory than reading is allowed, --memory raises that")
except BrokenPipeError:
    pass  # the caller is gone
except Exception as error:
    send_json(b"FAIL", f"cannot be read: {type(error).__name__}: {plain(error)}")
