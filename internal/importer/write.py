"""Writes arrays that come on standard input into a new file of HDF5.

The frames are those of read.py: HEAD describes the file, DATA are the values of the arrays, one after another, DONE ends them. DONE or
FAIL is the answer.
"""

import json
import os
import struct
import sys
import zlib

PIPE = os.fdopen(os.dup(1), "wb", buffering=0)
os.dup2(2, 1)  # what a library prints must not get between the frames

import h5py
import numpy as np


def receive():
    head = sys.stdin.buffer.read(16)
    if len(head) < 16:
        raise EOFError("the values end early")
    length, checksum = struct.unpack("<QI", head[4:])
    content = sys.stdin.buffer.read(length)
    if len(content) < length or zlib.crc32(content) != checksum:
        raise EOFError("a frame is damaged")
    return head[:4], content


def answer(tag, value):
    content = json.dumps(value).encode()
    PIPE.write(tag + struct.pack("<QI", len(content), zlib.crc32(content)) + content)


def main():
    _, content = receive()
    order = json.loads(content)
    with h5py.File(order["path"], "w", libver=("v108", "v108")) as file:
        for name, text in order["attributes"].items():
            file.attrs[name] = text
        for a in order["arrays"]:
            data = file.create_dataset(a["name"], tuple(a["dims"]), "<f8")
            data.attrs["axes"] = a["axes"]
            if a["units"]:
                data.attrs["units"] = a["units"]
            for dim, axis in zip(data.dims, a["axes"]):
                dim.label = axis
            at, size = 0, int(np.prod(a["dims"], dtype="i8"))
            if len(a["dims"]) == 0 or size == 0:
                raise ValueError(f"array {a['name']} has no values")
            rows = size // a["dims"][0]
            while at < size:
                _, content = receive()
                values = np.frombuffer(content, "<f8")
                first, last = at // rows, (at + len(values)) // rows
                data[first:last] = values.reshape((last - first,) + tuple(a["dims"][1:]))
                at += len(values)
        tag, _ = receive()
        if tag != b"DONE":
            raise EOFError("the values go on after their end")
    answer(b"DONE", len(order["arrays"]))


try:
    main()
except Exception as error:
    answer(b"FAIL", f"{type(error).__name__}: " + str(error).strip().split("\n", 1)[0][:300])
