"""Golden of Domain.Distance and Contains: a polygon with a hole by Shapely. Run: python distance.py > distance.json"""
import json, numpy as np, shapely
from shapely import Point, Polygon

rng = np.random.default_rng(3)
def star(n, cx, cy, size):
    a = 2 * np.pi * (np.arange(n) + .25 + .5 * rng.random(n)) / n
    r = size * (.4 + .6 * rng.random(n))
    return np.stack([cx + r * np.cos(a), cy + r * np.sin(a)], 1)
outer, hole = star(9, 0, 0, 1), star(6, 0, 0, .25)[::-1]
domain = Polygon(outer, [hole])
points = rng.uniform(-1.2, 1.2, (40, 2))
distances = [domain.boundary.distance(Point(p)) * (-1 if domain.contains(Point(p)) else 1) for p in points]
print(json.dumps(dict(Origin=f"testdata/distance.py: Shapely {shapely.__version__}", Outer=outer.tolist(), Hole=hole.tolist(), Area=domain.area,
                      Length=domain.exterior.length, Points=points.tolist(), Distances=distances), indent="\t"))
