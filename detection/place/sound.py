"""Readings that can be used: in order, once each, with a believable place. What was left out is said in words."""

import itertools
from collections.abc import Sequence
from math import hypot, isfinite

import numpy as np

from detection.place.plane import Plane
from sensor.readings import UplinkReading

FAR_M = 30_000.0  # farther from the middle of all places than any drive goes
FASTEST_MPS = 70.0  # faster than any car a team drives: the GPS jumped


def sound(readings: Sequence[UplinkReading]) -> tuple[list[UplinkReading], tuple[str, ...]]:
    """Readings that can be used, by time, and warnings that count the others."""
    warnings: list[str] = []
    placed = [row for row in readings if is_placed(row)]
    note(warnings, len(readings) - len(placed), "without a place or a time")
    known = [row for row in placed if (row.lat, row.lon) != (0.0, 0.0)]
    note(warnings, len(placed) - len(known), "at latitude 0, longitude 0, which is no fix")
    near = [row for row, is_near in zip(known, near_middle(known), strict=True) if is_near]
    note(warnings, len(known) - len(near), f"more than {FAR_M / 1000:.0f} km from the rest")
    if any(after.t_s < before.t_s for before, after in itertools.pairwise(near)):
        warnings.append("rows out of order were sorted by t_s")
    near.sort(key=lambda row: row.t_s)
    single = list({(row.t_s, row.kit, row.freq_mhz, row.slot, row.sub): row for row in near}.values())
    note(warnings, len(near) - len(single), "given twice")
    steady = without_jumps(single)
    note(warnings, len(single) - len(steady), f"where the GPS jumped faster than {FASTEST_MPS:.0f} m/s")
    return steady, tuple(warnings)


def note(warnings: list[str], count: int, what: str) -> None:
    if count:
        warnings.append(f"{count} row{'s' if count > 1 else ''} left out: {what}")


def is_placed(row: UplinkReading) -> bool:
    if row.lat is None or row.lon is None or not all(isfinite(value) for value in (row.lat, row.lon, row.t_s)):
        return False
    level_is_sound = all(value is None or isfinite(value) for value in (row.rssi_dbfs, row.gain_db))
    return abs(row.lat) <= 90 and abs(row.lon) <= 180 and level_is_sound


def near_middle(rows: list[UplinkReading]) -> list[bool]:
    """Whether each row lies within FAR_M of the median place."""
    if not rows:
        return []
    lat, lon = np.array([[row.lat, row.lon] for row in rows], float).T
    plane = Plane(float(np.median(lat)), float(np.median(lon)))
    xy = plane.to_metres(lat, lon)
    return [bool(far < FAR_M) for far in np.hypot(xy[:, 0], xy[:, 1])]


def without_jumps(rows: list[UplinkReading]) -> list[UplinkReading]:
    """Rows by time, less those that no car could have reached from the last good one nor kept for 20 s."""
    if not rows:
        return []
    plane = Plane(float(rows[0].lat or 0.0), float(rows[0].lon or 0.0))
    places = plane.to_metres([row.lat or 0.0 for row in rows], [row.lon or 0.0 for row in rows])
    last: dict[str, tuple[float, float, float]] = {}
    kept = []
    for row, (east, north) in zip(rows, places.tolist(), strict=True):
        before = last.get(row.kit)
        if before is not None and row.t_s - before[0] < 20:
            reach = FASTEST_MPS * max(row.t_s - before[0], 1.0)
            if hypot(east - before[1], north - before[2]) > reach:
                continue
        last[row.kit] = (row.t_s, east, north)
        kept.append(row)
    return kept
