"""Where a box stands: the sectors and timing-advance rings of its acts, laid over each other on a grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from detection.lead import PlacedCell
from sensor.cell import timing_advance_step_m

METRES_A_DEGREE = 111_320.0
GRID_POINTS = 161
COARSE_POINTS = 61
LEAST_FIT = -5.0  # of the worst explained sighting at the best place, for one place to explain all
SECTOR_EDGE_DEG = 12.0
RING_SPREAD = 0.35  # of a step: multipath and handset bias
TYPICAL_RANGE_M = 1_500.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Acts of a box on a placed cell: the timing advance (None unknown) and the share of its acts."""

    cell: PlacedCell
    timing_advance: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Site:
    """Best place, and the box (degrees) that holds nine tenths of the probability."""

    lat: float
    lon: float
    area: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """A grid round the heaviest sighting, and how well each of its points explains each sighting."""

    lat0: float
    lon0: float
    x: Floats  # (points, points) m east
    y: Floats
    logs: Floats  # (sightings, points, points), logarithms, at most 0

    @property
    def scale(self) -> float:
        return METRES_A_DEGREE * float(np.cos(np.radians(self.lat0)))


def ground(sightings: list[Sighting], masts: list[tuple[float, float]], points: int = GRID_POINTS) -> Ground:
    """`masts` are all masts of the carrier: a box is seldom much nearer to another mast than to its own."""
    heaviest = max(sightings, key=lambda s: s.weight)
    lat0, lon0 = heaviest.cell.lat, heaviest.cell.lon
    scale = METRES_A_DEGREE * float(np.cos(np.radians(lat0)))

    def plane(lat: float, lon: float) -> tuple[float, float]:
        return (lon - lon0) * scale, (lat - lat0) * METRES_A_DEGREE

    others = np.array([plane(*mast) for mast in masts]) if masts else np.zeros((0, 2))
    spacing = _spacing(np.zeros(2), others)
    reach = max(_outer(s, spacing) for s in sightings) * 1.15
    axis = np.linspace(-reach, reach, points)
    x, y = np.meshgrid(axis, axis)
    near = others[np.hypot(*others.T) < 2.5 * reach + 2 * spacing] if len(others) else others
    nearest = np.asarray(cKDTree(near).query(np.stack([x, y], axis=-1))[0]) if len(near) else None
    logs = np.array([_log(s, x, y, *plane(s.cell.lat, s.cell.lon), spacing, nearest) for s in sightings])
    return Ground(lat0, lon0, x, y, logs)


def fits(sightings: list[Sighting], masts: list[tuple[float, float]]) -> bool:
    """Whether one place explains them all."""
    if len(sightings) < 2:
        return True
    return float(ground(sightings, masts, COARSE_POINTS).logs.min(axis=0).max()) > LEAST_FIT


def site(sightings: list[Sighting], masts: list[tuple[float, float]], points: int = GRID_POINTS) -> Site | None:
    """The place of a box from where it was heard; None where no cell of it is placed."""
    if not sightings:
        return None
    on = ground(sightings, masts, points)
    weight = np.array([s.weight for s in sightings]) * min(8.0, 2.0 + len(sightings))
    log = np.tensordot(weight / sum(s.weight for s in sightings), on.logs, 1)
    chance = np.exp(log - log.max())
    chance /= chance.sum()
    best_x, best_y = float((chance * on.x).sum()), float((chance * on.y).sum())
    ordered = np.sort(chance.ravel())[::-1]
    keep = chance >= ordered[np.searchsorted(np.cumsum(ordered), 0.9)]
    lats, lons = on.lat0 + on.y[keep] / METRES_A_DEGREE, on.lon0 + on.x[keep] / on.scale
    area = {"lat_min": lats.min(), "lon_min": lons.min(), "lat_max": lats.max(), "lon_max": lons.max()}
    return Site(
        on.lat0 + best_y / METRES_A_DEGREE,
        on.lon0 + best_x / on.scale,
        {key: round(float(v), 6) for key, v in area.items()},
    )


def point_of(place: Site | None) -> tuple[float | None, float | None]:
    """(lat, lon) as they are written."""
    return (round(place.lat, 6), round(place.lon, 6)) if place else (None, None)


def _spacing(centre: Floats, others: Floats) -> float:
    """Distance (m) to the nearest other mast."""
    distance = np.hypot(*(others - centre).T) if len(others) else np.zeros(0)
    distance = distance[distance > 30]
    return float(distance.min()) if len(distance) else TYPICAL_RANGE_M


def _outer(sighting: Sighting, spacing: float) -> float:
    if sighting.timing_advance is None:
        return sighting.cell.range_m or 1.2 * spacing
    return (sighting.timing_advance + 1.5) * timing_advance_step_m(sighting.cell.identity.rat)


def _log(
    sighting: Sighting, x: Floats, y: Floats, mast_x: float, mast_y: float, spacing: float, nearest: Floats | None
) -> Floats:
    east, north = x - mast_x, y - mast_y
    distance = np.hypot(east, north)
    if sighting.timing_advance is None:
        log = -(np.maximum(0, distance / (sighting.cell.range_m or 0.7 * spacing) - 1) ** 2) * 4
    else:
        step = timing_advance_step_m(sighting.cell.identity.rat)
        off = np.maximum(0, np.abs(distance / step - sighting.timing_advance) - 0.5)
        log = -0.5 * (off / RING_SPREAD) ** 2
    if sighting.cell.azimuth_deg is not None:
        bearing = np.degrees(np.arctan2(east, north))
        turn = np.abs((bearing - sighting.cell.azimuth_deg + 180) % 360 - 180)
        half = (sighting.cell.beamwidth_deg or 120.0) / 2
        log = log - 0.5 * (np.maximum(0, turn - half) / SECTOR_EDGE_DEG) ** 2 - 0.15 * (turn / half) ** 2
    if nearest is not None:
        log = log - 2.0 * np.log(np.maximum(distance, 40) / np.maximum(nearest, 40)) ** 2
    bounded: Floats = np.maximum(log, -25.0)
    return bounded
