"""What was known of each SIM, at the end and hour by hour: sums of marks, as numpy columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from detection.cdr.answers import whole_numbers
from detection.cdr.features import COUNTS, HOUR_S, Source
from detection.cdr.kinds import Counts, Telling, told_by

DAY_H = 24
MOST_USERS = 200  # an IMEI with more SIMs than this is a default or a clone of many phones, and joins nobody
LEAST_ACTS = 3  # a SIM that was in a device for less was being tried, as in a repair shop

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hours:
    """Some SIMs hour by hour: `sims[i]` has rows start[i]:start[i + 1], the last with all that is known."""

    sims: Ints
    start: Ints
    hour: Ints
    counts: Counts  # running sums, peers and late

    def of(self, sim: int) -> slice:
        """The rows of a SIM."""
        at = int(np.searchsorted(self.sims, sim))
        return slice(int(self.start[at]), int(self.start[at + 1]))

    def at(self, rows: Ints) -> Counts:
        return {name: column[rows] for name, column in self.counts.items()}


@dataclass(frozen=True, slots=True)
class History:
    """All that is known, an element a SIM; the hours of some are asked for when they are needed."""

    source: Source
    number_id: Ints  # -1 where unknown
    first_s: Ints
    last_s: Ints
    acts: Ints
    counts: Counts
    begins_s: int
    ends_s: int
    sharing: list[tuple[int, int, int, int]]  # (SIM, SIM, from when, IMEI)

    def told(self) -> Telling:
        """What this export tells."""
        return told_by({name: np.array([self.counts[name].sum()]) for name in (*COUNTS, "awake", "life")})

    def at(self, sims: Ints) -> Counts:
        """Counts of SIMs over all that is known."""
        return {name: column[sims] for name, column in self.counts.items()}

    def hours(self, sims: Ints | None = None) -> Hours:
        """The hours of some SIMs (all if None), in order."""
        if sims is None:
            return hours_of(self.source.hourly(), np.arange(len(self.acts)), self)
        chosen = np.unique(sims)
        return hours_of(self.source.of(chosen).hourly(), chosen, self)


def build(source: Source) -> History:
    """Runs the feature expressions."""
    sims = whole_numbers(source.sims.order_by("sim_id"))
    first_s, last_s = sims["first_s"], sims["last_s"]
    begins, ends = int(first_s.min()), int(last_s.max())
    sharing = shared_devices(source)
    counts = totals(source.totals(), len(first_s))
    counts["late"] = lateness(first_s, begins, ends)
    sim, since = _peers(sharing)
    in_time = since // HOUR_S <= last_s[sim] // HOUR_S
    counts["peers"] = np.bincount(sim[in_time], minlength=len(first_s)).astype(float)
    counts |= round_the_clock(counts["hours"], last_s // HOUR_S - first_s // HOUR_S + 1)
    return History(source, sims["number_id"], first_s, last_s, sims["acts"], counts, begins, ends, sharing)


def totals(parts: Sequence[ir.Table], n: int) -> Counts:
    """Every count of n SIMs."""
    counts: Counts = {name: np.zeros(n) for name in COUNTS}
    for part in parts:
        columns = whole_numbers(part)
        sim_id = columns.pop("sim_id")
        for name, column in columns.items():
            counts[name][sim_id] = column
    return counts


def lateness(first_s: Ints, begins: int, ends: int) -> NDArray[np.float64]:
    """1 where a SIM's first act came more than a day after the export began, nan where the export is too short."""
    if ends - begins <= 1.5 * 86_400:
        return np.full(len(first_s), np.nan)
    return (first_s - begins > 86_400).astype(float)


def round_the_clock(hours: NDArray[np.float64], age_h: Ints) -> Counts:
    """`life`, hours since the first act, and `awake`, those with acts; both 0 until a day and a night are over."""
    whole = age_h >= DAY_H
    return {"awake": np.where(whole, hours, 0.0), "life": np.where(whole, age_h, 0).astype(float)}


def hours_of(parts: Sequence[ir.Table], sims: Ints, history: History) -> Hours:
    """Running sums of hourly counts, from the hourly tables of `sims` (ascending)."""
    answers = [whole_numbers(part) for part in parts]
    keys = [np.searchsorted(sims, answer.pop("sim_id")) * 2**32 + answer.pop("hour") for answer in answers]
    rows = np.unique(np.concatenate(keys)) if keys else np.zeros(0, np.int64)
    sim_at, hour = rows >> 32, rows & (2**32 - 1)
    start = np.searchsorted(sim_at, np.arange(len(sims) + 1))
    counts: Counts = {name: np.zeros(len(rows)) for name in COUNTS}
    for key, answer in zip(keys, answers, strict=True):
        at = np.searchsorted(rows, key)
        for name, column in answer.items():
            counts[name][at] = column
    counts = {name: running(column, start) for name, column in counts.items()}
    counts["late"] = history.counts["late"][sims][sim_at]
    counts["peers"] = peers_by_hour(history.sharing, sims, rows, start)
    counts |= round_the_clock(counts["hours"], hour - history.first_s[sims][sim_at] // HOUR_S + 1)
    return Hours(sims, start, hour, counts)


def running(values: NDArray[np.float64], start: Ints) -> NDArray[np.float64]:
    """Running sums within each SIM."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    since: NDArray[np.float64] = total[1:] - np.repeat(total[start[:-1]], np.diff(start))
    return since


def shared_devices(source: Source) -> list[tuple[int, int, int, int]]:
    """Pairs of SIMs that were both at home in one device, and from when that could be known."""
    devices = source.devices
    rows = whole_numbers(devices.filter(devices.acts >= LEAST_ACTS))
    order = np.lexsort((rows["sim_id"], rows["first_s"], rows["imei_id"]))
    imei, sim, since = (rows[name][order] for name in ("imei_id", "sim_id", "first_s"))
    begin = np.flatnonzero(np.diff(imei, prepend=-1))
    users = np.diff(begin, append=len(imei))
    pairs: list[Ints] = []
    for n in np.unique(users[(users >= 2) & (users <= MOST_USERS)]).tolist():
        one, two = (begin[users == n][:, None] + side for side in np.triu_indices(n, 1))
        low, high = np.minimum(sim[one], sim[two]), np.maximum(sim[one], sim[two])
        pairs.append(np.stack([low, high, since[two], imei[one]], axis=-1).reshape(-1, 4))
    return [(a, b, c, d) for a, b, c, d in np.concatenate(pairs).tolist()] if pairs else []


def _peers(sharing: list[tuple[int, int, int, int]]) -> tuple[Ints, Ints]:
    """(SIM, since) once for each SIM that it met in a device."""
    table = np.array(sharing, np.int64).reshape(-1, 4)
    one = np.concatenate([table[:, 0], table[:, 1]])
    two = np.concatenate([table[:, 1], table[:, 0]])
    since = np.concatenate([table[:, 2], table[:, 2]])
    order = np.lexsort((since, two, one))
    one, two, since = one[order], two[order], since[order]
    first = (np.diff(one, prepend=-1) != 0) | (np.diff(two, prepend=-1) != 0)
    return one[first], since[first]


def peers_by_hour(sharing: list[tuple[int, int, int, int]], sims: Ints, rows: Ints, start: Ints) -> NDArray[np.float64]:
    """Number of SIMs met so far in a SIM's devices; `rows` are place in `sims` * 2^32 + hour, in order."""
    one, since = _peers(sharing)
    held = np.isin(one, sims)
    at, since = np.searchsorted(sims, one[held]), since[held]
    row = np.searchsorted(rows, at * 2**32 + since // HOUR_S)
    inside = row < start[at + 1]
    met = np.bincount(row[inside], minlength=len(rows)).astype(float)
    return running(met, start)
