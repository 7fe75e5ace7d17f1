"""Readings gathered into streams and spots: which call was heard at which place, how loud, how surely.

A stream is one call: one slot of one carrier between two silences. A spot is one stay of one kit in one small square
of ground; seconds spent there count as one observation whose error shrinks with the way moved, because fading
averages with movement and freezes at rest. A stop is no new information.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.place.plane import Floats, Plane
from sensor.readings import UplinkReading

FADE_DB = 5.6  # spread of the power of a Rayleigh fade, in dB
SLOWEST_MPS = 0.4  # slower is GPS noise at rest
LEG_M = 30.0  # way over which two streams' difference is averaged
FADE_M = 0.4  # way after which a fade is new: about a wavelength at 900 MHz
LEVEL_DB = 0.9  # what gain steps and short bursts leave on a second's level
CLIPPED_BY_DB, CLIPPED_DB = 5.0, 6.0  # a clipped level is a lower bound: how much is missing, and its spread
MISSED_BY_DB, MISSED_DB = 3.0, 5.0  # how far below the threshold a missed second lies, and its spread
SILENCE_S = 4.0  # a longer gap without a row of the slot ends a call
MISSED_S = 15.0  # and so does a longer row of missed seconds
SPOTS = 150  # about as many squares as the estimate can afford


@dataclass(frozen=True, slots=True)
class Stream:
    """One call as heard. `spots` indexes Survey.spots; `level_db` is rssi - gain, `variance` its error (dB^2)."""

    slot: int | None
    freq_mhz: float | None
    from_s: float
    to_s: float
    spots: tuple[int, ...]
    level_db: Floats
    variance: Floats
    seconds: NDArray[np.int64]  # index into Survey.leg and Survey.moved_m of each second heard
    second_db: Floats  # its level then
    second_over_db: Floats  # and how far that is above what can just be heard


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was heard. `xy` (n, 2) m are the spots, `kit` (n,) the kit's number and `time_s` (n,) its time there."""

    xy: Floats
    kit: NDArray[np.int64]
    time_s: Floats
    streams: tuple[Stream, ...]
    noise_db: float | None  # the receiver's own noise on the levels' scale
    leg: NDArray[np.int64]  # of each kit's each second: the leg of LEG_M it belongs to
    moved_m: Floats  # and the way moved in it


Row = tuple[UplinkReading, int, float]  # a reading, its spot, its speed (m/s)
Thresholds = dict[float | None, float]  # level (dB) by gain (dB); None: whatever the gain


def gather(readings: Sequence[UplinkReading], plane: Plane) -> Survey:
    """The survey of readings that all hold a place (see `sound`)."""
    lat, lon = np.array([(row.lat, row.lon) for row in readings], float).T
    xy = plane.to_metres(lat, lon)
    kits = sorted({row.kit for row in readings})
    size = spot_size_m(readings, xy)
    spots = number_visits(readings, np.floor(xy / size).astype(int).tolist())
    counts = np.bincount(spots)
    numbers = np.array([kits.index(row.kit) for row in readings])
    means = [np.bincount(spots, each) / counts for each in (*xy.T, [row.t_s for row in readings], numbers)]
    rows = list(zip(readings, spots.tolist(), speeds(readings, xy), strict=True))
    kit = np.rint(means[3]).astype(np.int64)
    numbers_of = {(row.kit, row.t_s): index for index, row in enumerate(readings)}
    streams = tuple(form_streams(rows, numbers_of))
    moved = np.array([speed if speed > SLOWEST_MPS else 0.0 for _, _, speed in rows])
    return Survey(
        np.stack(means[:2], axis=1), kit, means[2], streams, noise_db(readings), leg_numbers(readings, moved), moved
    )


def leg_numbers(readings: Sequence[UplinkReading], moved_m: Floats) -> NDArray[np.int64]:
    """The leg of LEG_M (n,) that each reading's second belongs to, by the way its kit has moved; a stop adds none."""
    way: dict[str, tuple[float, float]] = {}
    legs: dict[tuple[str, int], int] = {}
    found = []
    for row, step in zip(readings, moved_m.tolist(), strict=True):
        last, whole = way.get(row.kit, (row.t_s, 0.0))
        whole += step if row.t_s != last else 0.0
        way[row.kit] = (row.t_s, whole)
        found.append(legs.setdefault((row.kit, int(whole // LEG_M)), len(legs)))
    return np.array(found, np.int64)


def noise_db(readings: Sequence[UplinkReading]) -> float | None:
    """Noise less gain where it is least: at high gain, where thermal noise and not the converter's is heard."""
    known = [row.noise_dbfs - (row.gain_db or 0.0) for row in readings if row.noise_dbfs is not None]
    return float(np.quantile(known, 0.05)) if known else None


def number_visits(readings: Sequence[UplinkReading], squares: list[list[int]]) -> NDArray[np.int64]:
    """The spot (n,) of each reading: a kit's stay in one square. Coming back is another spot, as the GPS wanders."""
    now: dict[str, tuple[list[int], int]] = {}
    found, count = [], 0
    for row, square in zip(readings, squares, strict=True):
        stay = now.get(row.kit)
        if stay is None or stay[0] != square:
            now[row.kit] = stay = (square, count)
            count += 1
        found.append(stay[1])
    return np.array(found, np.int64)


def spot_size_m(readings: Sequence[UplinkReading], xy: Floats) -> float:
    """Side of the squares (m): fine for a walk, coarser for a long drive."""
    way = 0.0
    by_kit: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(readings):
        by_kit[row.kit].append(index)
    for index_list in by_kit.values():
        step = np.diff(xy[index_list], axis=0)
        way += float(np.minimum(np.hypot(step[:, 0], step[:, 1]), 50.0).sum())
    return max(8.0, way / SPOTS)


def speeds(readings: Sequence[UplinkReading], xy: Floats) -> list[float]:
    """Speed (m/s) of each row: the GPS's own, else from the places before and after."""
    last: dict[str, tuple[float, Floats, float]] = {}
    found = []
    for row, at in zip(readings, xy, strict=True):
        before = last.get(row.kit)
        speed = row.speed_mps
        if speed is None and before is not None:
            passed = row.t_s - before[0]
            speed = float(np.hypot(*(at - before[1]))) / passed if passed > 0 else before[2]
        found.append(0.0 if speed is None else min(speed, 60.0))
        if before is None or row.t_s > before[0]:
            last[row.kit] = (row.t_s, at, found[-1])
    return found


def level_db(row: UplinkReading) -> float:
    """Power at the antenna (dB, up to the kit's constant); the missing part of a clipped one is added."""
    assert row.rssi_dbfs is not None
    return row.rssi_dbfs - (row.gain_db or 0.0) + CLIPPED_BY_DB * bool(row.clip)


def thresholds_db(rows: Iterable[Row]) -> Thresholds:
    """Level (dB) about which bursts are no longer heard, by gain: the lowest that were heard."""
    by_gain: dict[float | None, list[float]] = defaultdict(list)
    for row, _, _ in rows:
        if is_heard(row):
            by_gain[row.gain_db].append(level_db(row))
            by_gain[None].append(level_db(row))
    return {gain: float(np.quantile(levels, 0.05)) for gain, levels in by_gain.items() if len(levels) > 4}


def is_heard(row: UplinkReading) -> bool:
    return bool(row.det) and row.rssi_dbfs is not None


def form_streams(rows: Sequence[Row], numbers: dict[tuple[str, float], int]) -> list[Stream]:
    """Streams in order of their first second."""
    by_key: dict[tuple[float | None, int | None, int | None], list[Row]] = defaultdict(list)
    seconds: dict[str, dict[float, Row]] = defaultdict(dict)
    for row in rows:
        seconds[row[0].kit][row[0].t_s] = row
        if row[0].det or row[0].slot is not None:
            by_key[row[0].freq_mhz, row[0].slot, row[0].sub].append(row)
    thresholds = thresholds_db(rows)
    found = [
        close(call, between(call, seconds), thresholds, numbers)
        for rows_of_key in by_key.values()
        for call in cut(rows_of_key)
    ]
    return sorted(found, key=lambda stream: (stream.from_s, stream.freq_mhz or 0.0, stream.slot or 0))


def cut(rows: list[Row]) -> Iterable[list[Row]]:
    """One slot's rows cut into calls (their heard rows) where it falls silent; rows that say "missed" bridge."""
    call: list[Row] = []
    before = 0.0  # time of the slot's last row
    for row in sorted(rows, key=lambda row: row[0].t_s):
        now = row[0].t_s
        if call and (now - before > SILENCE_S or now - call[-1][0].t_s > MISSED_S):
            yield call
            call = []
        before = now
        if is_heard(row[0]):
            call.append(row)
    if call:
        yield call


def between(call: list[Row], seconds: dict[str, dict[float, Row]]) -> list[Row]:
    """All seconds of the kits that heard a call, from its first to its last heard one; `seconds` are by time."""
    found: list[Row] = []
    for kit in {row[0].kit for row in call}:
        times = list(seconds[kit])
        low, high = bisect_left(times, call[0][0].t_s), bisect_right(times, call[-1][0].t_s)
        found += itertools.islice(seconds[kit].values(), low, high)
    return found


def close(call: list[Row], seconds: list[Row], thresholds: Thresholds, numbers: dict[tuple[str, float], int]) -> Stream:
    """A call's heard rows as a stream; a second of its kits without one, in between, was missed."""
    first, until = call[0][0], call[-1][0].t_s
    heard = {(row[0].kit, row[0].t_s) for row in call}
    by_spot: dict[int, list[Row]] = defaultdict(list)
    missed: dict[int, list[Row]] = defaultdict(list)
    for row in call:
        by_spot[row[1]].append(row)
    for row in seconds:
        if first.t_s < row[0].t_s < until and (row[0].kit, row[0].t_s) not in heard:
            missed[row[1]].append(row)
    beside = {spot + step for spot in by_spot for step in (-1, 0, 1)}
    spots = tuple(sorted(set(by_spot) | (set(missed) & beside)))
    pairs = np.array([spot_level(by_spot[spot], missed[spot], thresholds) for spot in spots])
    index = np.array([numbers[row[0].kit, row[0].t_s] for row in call], np.int64)
    second_db = np.array([level_db(row[0]) for row in call])
    lowest = min(thresholds.values(), default=float(second_db.min()))
    over_db = second_db - [thresholds.get(row.gain_db, lowest) for row, _, _ in call]
    return Stream(
        first.slot, first.freq_mhz, first.t_s, until, spots, pairs[:, 0], pairs[:, 1], index, second_db, over_db
    )


def spot_level(heard: list[Row], missed: list[Row], thresholds: Thresholds) -> tuple[float, float]:
    """Mean level (dB) of a stream at a spot, and its variance; a missed second lies somewhat below the threshold."""
    lowest = min(thresholds.values(), default=min((level_db(row) for row, _, _ in heard), default=0.0))
    levels = [level_db(row) for row, _, _ in heard]
    levels += [thresholds.get(row.gain_db, lowest) - MISSED_BY_DB for row, _, _ in missed]
    moved = sum(speed for _, _, speed in heard + missed if speed > SLOWEST_MPS)
    variance = FADE_DB**2 / (1 + moved / FADE_M) + LEVEL_DB**2
    variance += MISSED_DB**2 * len(missed) / len(levels)
    if any(row.clip for row, _, _ in heard):
        variance += CLIPPED_DB**2
    return float(np.mean(levels)), variance
