"""Where a box may stand before anybody drove: the lead's area, its cells' sectors and timing-advance rings.

A ring is not sharp: handsets have a bias a model, streets one a place (reflections make the way longer), and the base
station rounds. The bias is common to all timing advances of a cell and integrated over. Masts' azimuths in carriers'
lists are wrong by tens of degrees, so a sector's edges are soft, and nothing inside the area is impossible.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from detection.place.lead_file import Area, Sector, Whereabouts
from detection.place.plane import Floats, Plane, bearing_deg
from sensor.cell import timing_advance_step_m

BIAS_M = {"gsm": (60.0, 190.0), "lte": (25.0, 60.0)}  # mean and spread of handset and place bias
NOISE_M = {"gsm": 110.0, "lte": 30.0}  # spread of one timing advance about it
EDGE_DEG = 22.0  # how soft a sector's edge is
BEHIND = 0.03  # the least share of a sector's weight that is left behind the mast
OUTSIDE = 0.05  # the area's weight just outside it, falling off over a tenth of its side
DEFAULT_BEAM_DEG = 110.0
QUADRATURE = np.polynomial.hermite_e.hermegauss(9)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in metres on the plane."""

    west: float
    south: float
    east: float
    north: float

    def grown(self, margin_m: float) -> "Bounds":
        return Bounds(self.west - margin_m, self.south - margin_m, self.east + margin_m, self.north + margin_m)

    def join(self, other: "Bounds") -> "Bounds":
        return Bounds(
            min(self.west, other.west),
            min(self.south, other.south),
            max(self.east, other.east),
            max(self.north, other.north),
        )

    def side_m(self) -> float:
        return max(self.east - self.west, self.north - self.south)


def bounds_of(xy: Floats) -> Bounds:
    """The box about points (n, 2)."""
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    return Bounds(float(west), float(south), float(east), float(north))


def area_bounds(area: Area, plane: Plane) -> Bounds:
    return bounds_of(plane.to_metres([area.lat_min, area.lat_max], [area.lon_min, area.lon_max]))


def log_prior(places: Floats, lead: Whereabouts, plane: Plane) -> Floats:
    """Log density (no norm) of the box's place at places (n, 2)."""
    found = np.zeros(len(places))
    if lead.area is not None:
        found += log_area(places, area_bounds(lead.area, plane))
    for cell in lead.cells:
        if cell.is_placed():
            found += log_sector(places, cell, plane)
    return found


def log_area(places: Floats, area: Bounds) -> Floats:
    """0 inside the area; outside it log(OUTSIDE), less the distance in tenths of its side."""
    centre = np.array([(area.west + area.east) / 2, (area.south + area.north) / 2])
    half = np.array([(area.east - area.west) / 2, (area.north - area.south) / 2])
    beyond = np.maximum(np.abs(places - centre) - half, 0.0)
    distance = np.hypot(beyond[:, 0], beyond[:, 1])
    return np.where(distance > 0, np.log(OUTSIDE) - distance / (0.1 * area.side_m()), 0.0)


def log_sector(places: Floats, cell: Sector, plane: Plane) -> Floats:
    """Log weight of places by one cell: its beam, its range, its timing advances."""
    mast = plane.to_metres(cell.lat or 0.0, cell.lon or 0.0)
    distance = np.hypot(places[:, 0] - mast[0], places[:, 1] - mast[1])
    found = np.zeros(len(places))
    if cell.azimuth_deg is not None:
        off = np.abs((bearing_deg(places, mast) - cell.azimuth_deg + 180) % 360 - 180)
        beyond = np.maximum(off - (cell.beamwidth_deg or DEFAULT_BEAM_DEG) / 2, 0.0) / EDGE_DEG
        found += np.log(BEHIND + (1 - BEHIND) * np.exp(-(beyond**2) / 2))
    if cell.timing_advance:
        return found + log_rings(distance, cell.rat, cell.timing_advance)
    if cell.range_m:
        found -= np.maximum(distance / cell.range_m - 1, 0.0) ** 2 * 4
    return found


def log_rings(distance_m: Floats, rat: str, steps: tuple[int, ...]) -> Floats:
    """Log likelihood of timing advances at distances (n,) from the mast, the common bias integrated over."""
    step = timing_advance_step_m(rat)
    mean, spread = BIAS_M["lte" if rat == "lte" else "gsm"]
    noise = NOISE_M["lte" if rat == "lte" else "gsm"]
    nodes, weights = QUADRATURE
    shown = distance_m[:, None] + mean + spread * nodes
    total = np.zeros_like(shown)
    for advance, count in Counter(steps).items():
        low = -np.inf if advance == 0 else (advance - 0.5) * step
        share = ndtr(((advance + 0.5) * step - shown) / noise) - ndtr((low - shown) / noise)
        total += min(count, 30) * np.log(share + 1e-4)
    top = total.max(axis=1, keepdims=True)
    found: Floats = np.log(np.exp(total - top) @ weights) + top[:, 0]
    return found


def reach(lead: Whereabouts, plane: Plane) -> Bounds | None:
    """The box (m) that holds all that the lead leaves possible; None for a lead that says nothing of a place."""
    if lead.area is not None:
        area = area_bounds(lead.area, plane)
        return area.grown(0.1 * area.side_m())
    boxes = [cell_bounds(cell, plane) for cell in lead.cells if cell.is_placed()]
    if not boxes:
        return None
    west, south = max(box.west for box in boxes), max(box.south for box in boxes)
    east, north = min(box.east for box in boxes), min(box.north for box in boxes)
    if west < east and south < north:
        return Bounds(west, south, east, north)
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.join(box)
    return whole


def cell_bounds(cell: Sector, plane: Plane) -> Bounds:
    """The box (m) about a cell's outermost ring, or its range, or 5 km."""
    mast = plane.to_metres(cell.lat or 0.0, cell.lon or 0.0)
    radius = cell.range_m or 5_000.0
    if cell.timing_advance:
        step = timing_advance_step_m(cell.rat)
        radius = (max(cell.timing_advance) + 0.5) * step + 2.5 * BIAS_M["lte" if cell.rat == "lte" else "gsm"][1]
    return Bounds(mast[0] - radius, mast[1] - radius, mast[0] + radius, mast[1] + radius)
