"""Draws the figures of ../beside-matplotlib.md with matplotlib, and writes the page.

    go test ./plots -run 'TestBeside$' -beside /tmp/beside
    python3 -m venv /tmp/beside/venv && /tmp/beside/venv/bin/pip install matplotlib==3.11.2
    /tmp/beside/venv/bin/python docs/plots/beside/beside.py /tmp/beside

The first command writes our figures with their numbers as JSON, the last one draws
the same numbers in matplotlib's default style, at its default width, with as many
pixels. In both, the time of a file is that of making the figure and writing the file
to memory, the least of as many repeats, and of all runs that the folder remembers: on
a busy machine run both commands several times. Pictures of the page are both files at
half their width and height, in 256 colours where all would be more than 80 kB.
"""

import io
import json
import platform
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.tri import Triangulation
from PIL import Image

DPI = 200  # of our PNG
WIDTH = matplotlib.rcParamsDefault["figure.figsize"][0]  # inches
MOST = 80_000  # bytes of a picture
HERE = Path(__file__).resolve().parent


def labelled(ax, x, y):
    ax.set_xlabel(x)
    ax.set_ylabel(y)


def middles(n, extent=1.0):
    return (np.arange(n) + 0.5) / n * extent


def band(fig, d):
    ax = fig.subplots()
    for s, marker in zip(d["series"], "os"):
        ax.fill_between(s["X"], s["Low"], s["High"], alpha=0.3)
        ax.loglog(s["X"], s["Y"], marker=marker, label=s["Name"])
    labelled(ax, "training samples", "relative L₂ error")
    ax.legend()


def loss(fig, d):
    ax = fig.subplots()
    for c in d["curves"]:
        ax.semilogy(c["Steps"], c["Values"], label=c["Name"])
    labelled(ax, "step", "loss")
    ax.legend()


def heatmap(fig, d):
    ax = fig.subplots()
    image = ax.imshow(np.transpose(d["values"]), origin="lower", extent=(0, 2, 0, 2))
    fig.colorbar(image, label="vorticity ω (1/s)")
    labelled(ax, "x (m)", "y (m)")


def contours(fig, d):
    ax = fig.subplots()
    u = np.transpose(d["values"])
    at = middles(len(u))
    bands = ax.contourf(at, at, u, levels=d["levels"], extend="both")
    fig.colorbar(bands, label="height (m)")
    ax.set_aspect("equal")
    labelled(ax, "x (m)", "y (m)")


def mesh(fig, d):
    ax = fig.subplots()
    triangles = Triangulation(d["x"], d["y"], d["triangles"])
    shades = ax.tripcolor(triangles, d["values"], shading="gouraud")
    ax.triplot(triangles, color="black", linewidth=0.25)
    fig.colorbar(shades, label="temperature (°C)")
    ax.set_aspect("equal")
    labelled(ax, "x (m)", "y (m)")


def streamlines(fig, d):
    ax = fig.subplots()
    u, v = np.transpose(d["u"]), np.transpose(d["v"])
    at = middles(len(u))
    lines = ax.streamplot(at, at, u, v, color=np.hypot(u, v), linewidth=0.8)
    fig.colorbar(lines.lines, label="speed (m/s)")
    ax.set_aspect("equal")
    labelled(ax, "x (m)", "y (m)")


def surface(fig, d):
    ax = fig.add_subplot(projection="3d")
    u = np.asarray(d["values"])
    x, y = np.meshgrid(middles(len(u)), middles(len(u)), indexing="ij")
    shades = ax.plot_surface(x, y, u, cmap="viridis", rstride=1, cstride=1)
    fig.colorbar(shades, label="height (m)")
    labelled(ax, "x (m)", "y (m)")


def spectrum(fig, d):
    ax = fig.subplots()
    for s, dash in zip(d["series"], ("-", "--")):
        ax.loglog(s["X"], s["Y"], dash, label=s["Name"])
    k = np.array([8.0, 35.0])
    slope = 2 * np.interp(8, d["series"][0]["X"], d["series"][0]["Y"]) * (k / 8) ** (-5 / 3)
    ax.loglog(k, slope, color="gray")
    ax.annotate(r"$k^{-5/3}$", (k.mean(), slope.mean()))
    labelled(ax, "wave number k (1/m)", "E(k) (m³/s²)")
    ax.legend()


def boxes(fig, d):
    ax = fig.subplots()
    names = [m["Name"] for m in d["methods"]]
    ax.boxplot([m["Values"] for m in d["methods"]], tick_labels=names)
    ax.set_yscale("log")
    ax.set_ylabel("relative L₂ error")


def scatter(fig, d, rasterized=False):
    ax = fig.subplots()
    for s in d["sets"]:
        ax.scatter(s["X"], s["Y"], s=0.2, label=s["Name"], rasterized=rasterized)
    ax.set_aspect("equal")
    labelled(ax, "x", "y")
    ax.legend(markerscale=15)


FIGURES = [
    (band, "Lines with bands", "two logarithmic axes, markers"),
    (loss, "Loss curves", "three curves of 1,250 points"),
    (heatmap, "Heat map with colour bar", "128 × 128 cells"),
    (contours, "Filled contours", "60 × 60 points, the same eight levels"),
    (mesh, "Field on a triangulated mesh", "432 points, 768 triangles, linear between points, with edges"),
    (streamlines, "Streamlines", "64 × 64 vectors, coloured by speed; each program chooses its lines"),
    (surface, "Surface", "60 × 60 points, every one drawn"),
    (spectrum, "Spectrum", "two logarithmic axes, and a line of slope −5/3"),
    (boxes, "Boxes", "four methods, 30 values each, whiskers to 1.5 interquartile ranges"),
    (scatter, "Scatter plot", "two sets of 50,000 points"),
]


def drawn(draw, made, kind, kept):
    """The file, and the least time of making it in ms, which the file kept remembers."""
    best = float(kept.read_text()) if kept.exists() else np.inf
    data = {k: arrays(v) for k, v in made["data"].items()}  # lists are read before the clock starts
    for _ in range(made["repeats"] + 1):  # the first loads fonts
        file = io.BytesIO()
        start = time.perf_counter()
        scale = WIDTH / made["width_inches"]
        fig = plt.figure(figsize=(WIDTH, scale * made["height_inches"]), layout="constrained")
        draw(fig, data)
        fig.savefig(file, format=kind, dpi=DPI / scale)
        plt.close(fig)
        best = min(best, 1000 * (time.perf_counter() - start))
    kept.write_text(str(best))
    return file.getvalue(), best


def arrays(value):
    """The value with its lists of numbers as arrays."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{k: arrays(v) for k, v in one.items()} for one in value]
    return np.asarray(value) if isinstance(value, list) else value


def shrink(png, path):
    """Writes the picture for the page."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    image.save(path, optimize=True)
    if path.stat().st_size > MOST:
        image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def row(name, ours, theirs):
    cells = [f"{ours['bytes'][k] / 1000:.0f} | {len(theirs[k][0]) / 1000:.0f}" for k in ("pdf", "png")]
    cells += [f"{ours['ms'][k]:.0f} | {theirs[k][1]:.0f}" for k in ("pdf", "png")]
    return f"| {name} | " + " | ".join(cells) + " |"


def main(folder):
    shown, rows = [], []
    for draw, title, what in FIGURES:
        ours = json.loads((folder / f"{draw.__name__}.json").read_text())
        theirs = {kind: drawn(draw, ours, kind, folder / f"{draw.__name__}-{kind}.ms") for kind in ("pdf", "png")}
        shrink((folder / f"{draw.__name__}.png").read_bytes(), HERE / f"{draw.__name__}-ours.png")
        shrink(theirs["png"][0], HERE / f"{draw.__name__}-matplotlib.png")
        rows.append(row(title.lower(), ours, theirs))
        width = min(round(ours["width_inches"] * 96), 420)  # two beside each other on a page
        pictures = [f'<img alt="{title}, {whose}" src="beside/{draw.__name__}-{whose}.png" width="{width}">' for whose in ("ours", "matplotlib")]
        shown.append(f"## {title}\n\n{what[0].upper()}{what[1:]}.\n\n| ours | matplotlib |\n|---|---|\n| {pictures[0]} | {pictures[1]} |\n")
    ours = json.loads((folder / "scatter.json").read_text())
    theirs = {
        kind: drawn(lambda fig, d: scatter(fig, d, rasterized=True), ours, kind, folder / f"rasterized-{kind}.ms") for kind in ("pdf", "png")
    }
    rows.append(row("scatter plot, matplotlib with `rasterized=True`", ours, theirs))
    versions = f"matplotlib {matplotlib.__version__}, Python {platform.python_version()}, {ours['go'].replace('go', 'Go ')}"
    page = PAGE.format(versions=versions, repeats=ours["repeats"] + 1, cores=ours["cores"], rows="\n".join(rows), figures="\n".join(shown))
    (HERE.parent / "beside-matplotlib.md").write_text(page)


PAGE = """# Ten figures, by this package and by matplotlib

The same numbers, shape and pixels. Ours are made for a journal's column of 88 mm, or a page of 180 mm; matplotlib draws in its default style, at its default
width of 6.4 inches, with `layout="constrained"` so that all labels are within the page. Both can be styled otherwise. The script is
[`beside.py`](beside/beside.py), our side [`plots/beside_test.go`](../../plots/beside_test.go). All kinds are in the [gallery](README.md).

What differs by default: legends stand above the axes in ours and within them in matplotlib; units are a field of their own in ours, put in brackets, and
part of the label's text in matplotlib. In PDF, fields, meshes, surfaces and the points of large scatter plots are images in ours; in matplotlib heat maps are
images, and meshes, surfaces and points are vectors unless it is told `rasterized=True`.

## Sizes and times

Sizes in kB (1,000 bytes); times in ms, of making the figure and writing the file to memory after loading the program: the least of several runs of {repeats} repeats, on
a machine of {cores} cores that was busy with other work, which slows long ones more; two runs differed by up to a factor of three. {versions}.

| figure | PDF kB, ours | matplotlib | PNG kB, ours | matplotlib | PDF ms, ours | matplotlib | PNG ms, ours | matplotlib |
|---|---|---|---|---|---|---|---|---|
{rows}

{figures}
Written by `docs/plots/beside/beside.py`, which says how to run it.
"""

if __name__ == "__main__":
    main(Path(sys.argv[1]))
