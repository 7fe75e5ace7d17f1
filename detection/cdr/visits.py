"""When and where a team hears a box: the hours in which it acts most, the cells and rings that carry it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DAY_S, HOUR_S, SLOT_S = 86_400, 3_600, 600
HALF_LIFE_DAYS = 3.0  # what it did last week says less than what it did yesterday
WORTH = 0.6  # of its busiest hour, for an hour to be worth a visit
ALL_DAY = "0-24"
MOST_RANGES = 3
MOST_HOURS = 6  # of one visit
MOST_SPOTS = 8
TOLD_SHARE = 0.9  # of its acts that the spots named shall hold


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell and a timing advance (None unknown) with the share of a box's acts there."""

    cell: int
    timing_advance: int | None
    share: float


def best_hours(local_s: Ints) -> list[str]:
    """Ranges of hours of the day, busiest first, such as "14-18" or "22-2": 14:00 to 18:00 local time.

    `local_s`: times of its acts as the carrier's clock shows them. An hour counts by the tenths of an hour in
    which the box was heard, on the days of its own life alone, the latest days most.
    """
    if not len(local_s):
        return []
    busy = _busy(local_s)
    if busy.min() >= WORTH * busy.max():
        return [ALL_DAY]

    def heard(span: range) -> float:
        return float(sum(busy[hour % 24] for hour in span))

    spans = [_best_of(span, heard) for span in _ranges(busy >= WORTH * busy.max())]
    ranges = sorted((span for span in spans if len(span) > 1 or len(spans) == 1), key=lambda span: -heard(span))
    return [f"{span[0] % 24}-{(span[-1] + 1) % 24 or 24}" for span in ranges[:MOST_RANGES]]


def _best_of(span: range, heard: Callable[[range], float]) -> range:
    """The part of a range that a team can stand through, where it is heard most."""
    parts = [range(begin, begin + MOST_HOURS) for begin in range(span.start, span.stop - MOST_HOURS + 1)]
    return max(parts, key=heard) if parts else span


def _busy(local_s: Ints) -> Floats:
    """For each hour of the day the expected share of its tenths with an act, smoothed over neighbours."""
    slots = np.unique(local_s // SLOT_S)
    first, last = int(local_s.min()) // HOUR_S, int(local_s.max()) // HOUR_S
    hours = np.arange(first, last + 1)
    acted = np.bincount(slots * SLOT_S // HOUR_S - first, minlength=len(hours)) / (HOUR_S // SLOT_S)
    weight = 0.5 ** ((last - hours) / 24 / HALF_LIFE_DAYS)
    heard = np.bincount(hours % 24, weights=weight * acted, minlength=24)
    lived = np.bincount(hours % 24, weights=weight, minlength=24)
    share = heard / np.maximum(lived, 1e-9)
    smooth: Floats = 0.25 * np.roll(share, 1) + 0.5 * share + 0.25 * np.roll(share, -1)
    return smooth


def _ranges(marked: NDArray[np.bool_]) -> list[range]:
    """Runs of marked hours round the clock; not all 24 are marked."""
    begin = int(np.flatnonzero(~marked)[0])
    runs: list[range] = []
    for hour in range(begin, begin + 24):
        if not marked[hour % 24]:
            continue
        if runs and runs[-1].stop == hour:
            runs[-1] = range(runs[-1].start, hour + 1)
        else:
            runs.append(range(hour, hour + 1))
    return [range(run.start % 24, run.start % 24 + len(run)) for run in runs]


def listen_to(cell: Ints, timing_advance: Ints) -> list[Spot]:
    """The cells and rings where a box is heard most, with their shares; -1 stands for what isn't known."""
    keys = np.column_stack([cell, timing_advance])[cell >= 0]
    if not len(keys):
        return []
    spots, acts = np.unique(keys, axis=0, return_counts=True)
    order = np.lexsort((spots[:, 1], spots[:, 0], -acts))
    told: list[Spot] = []
    for at in order[:MOST_SPOTS].tolist():
        if sum(spot.share for spot in told) >= TOLD_SHARE - 1e-9:
            break
        ta = int(spots[at, 1])
        told.append(Spot(int(spots[at, 0]), None if ta < 0 else ta, float(acts[at] / acts.sum())))
    return told
