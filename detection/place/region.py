"""Highest-density regions of a gridded posterior, as GeoJSON (RFC 7946) with their areas and the fix."""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.place.plane import Floats, Plane

Mask = NDArray[np.bool_]
Corner = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells of `step` m: `rows` x `columns`, south-west corner at `west`, `south` (m on the plane)."""

    west: float
    south: float
    step: float
    rows: int
    columns: int

    def centres(self) -> Floats:
        """Centres (rows * columns, 2) in metres, row by row from the south-west."""
        east = self.west + (np.arange(self.columns) + 0.5) * self.step
        north = self.south + (np.arange(self.rows) + 0.5) * self.step
        return np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)


def highest_density(mass: Floats, share: float) -> Mask:
    """The fewest cells (n,) that hold at least `share` of the mass."""
    order = np.argsort(-mass, kind="stable")
    count = int(np.searchsorted(np.cumsum(mass[order]), share * mass.sum() * (1 - 1e-12))) + 1
    mask = np.zeros(len(mass), bool)
    mask[order[:count]] = True
    return mask


def circle_radius_m(mask: Mask, step: float) -> float:
    """Radius (m) of the circle whose area is that of the region."""
    return float(np.sqrt(mask.sum() * step**2 / np.pi))


def geometric_median(places: Floats, mass: Floats) -> Floats:
    """The point (2,) of least expected distance (Weiszfeld's iteration)."""
    weight = mass / mass.sum()
    at: Floats = weight @ places
    for _ in range(60):
        pull = weight / np.maximum(np.hypot(places[:, 0] - at[0], places[:, 1] - at[1]), 1.0)
        onward = pull @ places / pull.sum()
        if np.hypot(*(onward - at)) < 0.1:
            break
        at = onward
    return at


def share_within(places: Floats, mass: Floats, at: Floats, radius_m: float, step: float) -> float:
    """Share of the mass within a radius of a point; a cell on the edge counts by how far it reaches in."""
    distance = np.hypot(places[:, 0] - at[0], places[:, 1] - at[1])
    inside = np.clip((radius_m - distance) / step + 0.5, 0, 1)
    if step > 2 * radius_m:
        inside = (distance < step / 2) * (np.pi * radius_m**2 / step**2)
    return float(min(inside @ mass / mass.sum(), 1.0))


def outline(mask: Mask, grid: Grid, plane: Plane) -> dict[str, Any]:
    """The region as a MultiPolygon: [lon, lat], rings closed, outer ones counter-clockwise, holes clockwise."""
    rings = trace(mask.reshape(grid.rows, grid.columns))
    outer = [ring for ring in rings if signed_area(ring) > 0]
    polygons: list[list[list[Corner]]] = [[ring] for ring in outer]
    for hole in (ring for ring in rings if signed_area(ring) < 0):
        around = [polygon for polygon in polygons if holds(polygon[0], hole)]
        min(around, key=lambda polygon: signed_area(polygon[0])).append(hole)
    coordinates = [[to_lon_lat(ring, grid, plane) for ring in polygon] for polygon in polygons]
    return {"type": "MultiPolygon", "coordinates": coordinates}


def trace(mask: Mask) -> list[list[Corner]]:
    """Closed rings of corners (column, row) round the cells, the region on the left; corners that touch stay apart."""
    padded = np.pad(mask, 1)
    onward: dict[Corner, list[Corner]] = {}
    for row, column in np.argwhere(mask).tolist():
        south, north = not padded[row, column + 1], not padded[row + 2, column + 1]
        west, east = not padded[row + 1, column], not padded[row + 1, column + 2]
        corners = ((column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1))
        for side, open_side in enumerate((south, east, north, west)):
            if open_side:
                onward.setdefault(corners[side], []).append(corners[(side + 1) % 4])
    rings: list[list[Corner]] = []
    while onward:
        rings.extend(straighten(ring) for ring in split(follow(onward, next(iter(onward)))))
    return rings


def follow(onward: dict[Corner, list[Corner]], start: Corner) -> list[Corner]:
    """One ring taken out of the edges; where two rings touch it turns left, and stays with its cell."""
    ring, at, came = [start], start, (0, 0)
    while True:
        ways = onward[at]
        left = (at[0] - came[1], at[1] + came[0])
        to = left if len(ways) > 1 and left in ways else ways[0]
        ways.remove(to)
        if not ways:
            del onward[at]
        came, at = (to[0] - at[0], to[1] - at[1]), to
        ring.append(at)
        if at == start:
            return ring


def split(ring: list[Corner]) -> list[list[Corner]]:
    """A ring that touches itself as rings that don't."""
    rings: list[list[Corner]] = []
    walked: list[Corner] = []
    place: dict[Corner, int] = {}
    for at in ring:
        if at in place:
            rings.append([*walked[place[at] :], at])
            for gone in walked[place[at] + 1 :]:
                del place[gone]
            del walked[place[at] + 1 :]
        else:
            place[at] = len(walked)
            walked.append(at)
    return rings


def straighten(ring: list[Corner]) -> list[Corner]:
    """The ring without the corners on its straight sides."""
    body = ring[:-1]
    kept = [
        at
        for before, at, after in zip(body[-1:] + body[:-1], body, body[1:] + body[:1], strict=True)
        if (at[0] - before[0]) * (after[1] - at[1]) != (at[1] - before[1]) * (after[0] - at[0])
    ]
    return [*kept, kept[0]]


def signed_area(ring: list[Corner]) -> float:
    """Area in cells, positive for a counter-clockwise ring."""
    corners = np.array(ring, float)
    return float((corners[:-1, 0] * corners[1:, 1] - corners[1:, 0] * corners[:-1, 1]).sum() / 2)


def holds(ring: list[Corner], hole: list[Corner]) -> bool:
    """Whether a hole lies in a ring, by a ray from a point just inside the hole's first side."""
    (x0, y0), (x1, y1) = hole[0], hole[1]
    step_x, step_y = np.sign(x1 - x0), np.sign(y1 - y0)
    x, y = x0 + 0.5 * step_x + 0.5 * step_y, y0 + 0.5 * step_y - 0.5 * step_x
    inside = False
    for (ax, ay), (bx, by) in itertools.pairwise(ring):
        if ax == bx and ax > x and min(ay, by) < y < max(ay, by):
            inside = not inside
    return bool(inside)


def to_lon_lat(ring: list[Corner], grid: Grid, plane: Plane) -> list[list[float]]:
    corners = np.array(ring, float) * grid.step + [grid.west, grid.south]
    return [[round(lon, 7), round(lat, 7)] for lat, lon in plane.to_degrees(corners).tolist()]
