"""TopoJSON, read into polygons and borders (TopoJSON specification 1.0, §2).

Arcs are shared by neighbours and delta-encoded on an integer grid: degree = delta sum * scale + translate. A ring
names its arcs in order; ~i is arc i backwards. An arc that two countries name is a border, one that a single country
names is a coast.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

Point = tuple[float, float]  # longitude, latitude, degrees
Ring = list[Point]


def read_arcs(topology: dict[str, Any]) -> list[Ring]:
    """Every arc of the topology in degrees."""
    (scale_x, scale_y), (move_x, move_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    return [
        [
            (x * scale_x + move_x, y * scale_y + move_y)
            for x, y in accumulate(arc, lambda at, step: (at[0] + step[0], at[1] + step[1]))
        ]
        for arc in topology["arcs"]
    ]


def read_polygons(geometry: dict[str, Any], arcs: Sequence[Ring]) -> Iterator[list[Ring]]:
    """Polygons of a geometry (or of a collection), each a list of rings, the outer one first."""
    if geometry["type"] == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from read_polygons(part, arcs)
    elif geometry["type"] == "Polygon":
        yield [join_ring(ring, arcs) for ring in geometry["arcs"]]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["arcs"]:
            yield [join_ring(ring, arcs) for ring in polygon]


def join_ring(indices: Sequence[int], arcs: Sequence[Ring]) -> Ring:
    """One closed ring from its arcs; neighbouring arcs share their end points."""
    ring: Ring = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring.extend(arc if not ring else arc[1:])
    return ring


def border_arcs(countries: dict[str, Any]) -> list[int]:
    """Indices of the arcs that two countries share."""
    named: Counter[int] = Counter()
    for country in countries["geometries"]:
        named.update({index if index >= 0 else ~index for index in flat(country.get("arcs", []))})
    return sorted(index for index, times in named.items() if times > 1)


def flat(nested: Sequence[Any]) -> Iterator[int]:
    """The numbers of a list of lists of any depth."""
    for part in nested:
        if isinstance(part, int):
            yield part
        else:
            yield from flat(part)
