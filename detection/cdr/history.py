"""What was known of each SIM at each hour: running sums of hourly counts, as numpy columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.cdr.features import COUNTS, HOUR_S, Tables
from detection.cdr.kinds import Counts, told_by

MOST_USERS = 200  # an IMEI with more SIMs than this is a default or a clone of many phones, and joins nobody
LEAST_ACTS = 3  # a SIM that was in a device for less was being tried, as in a repair shop

Ints = NDArray[np.int64]


@dataclass(slots=True)
class History:
    """Rows (SIM, hour) in order; SIM s has rows start[s]:start[s + 1], the last with all that is known."""

    sims: list[str]
    numbers: list[str | None]
    first_s: Ints
    last_s: Ints
    acts: Ints
    sim_of: Ints
    hour: Ints
    counts: Counts  # running sums
    start: Ints
    begins_s: int
    ends_s: int
    sharing: list[tuple[int, int, int, str]]  # (SIM, SIM, from when, IMEI)

    def last_rows(self) -> Ints:
        return self.start[1:] - 1

    def told(self) -> frozenset[str]:
        """The shares that say something in this export."""
        last = self.last_rows()
        return told_by({name: np.array([column[last].sum()]) for name, column in self.counts.items() if name in COUNTS})

    def at(self, rows: Ints) -> Counts:
        return {name: column[rows] for name, column in self.counts.items()}


def build(tables: Tables) -> History:
    """Runs the feature expressions and adds them up by hour."""
    sims = tables.sims.order_by("sim_id").to_pyarrow()
    hourly = tables.hourly.order_by(["sim_id", "hour"]).to_pyarrow()
    sim_of = hourly["sim_id"].to_numpy().astype(np.int64) - int(sims["sim_id"][0].as_py())
    hour = hourly["hour"].to_numpy().astype(np.int64)
    n = len(sims)
    start = np.searchsorted(sim_of, np.arange(n + 1))
    counts: Counts = {name: running(hourly[name].to_numpy().astype(float), start) for name in COUNTS}
    counts["hours"] = running(np.ones(len(hour)), start)
    first_s = sims["first_s"].to_numpy().astype(np.int64)
    last_s = sims["last_s"].to_numpy().astype(np.int64)
    begins, ends = int(first_s.min()), int(last_s.max())
    late = (first_s - begins > 86_400).astype(float) if ends - begins > 1.5 * 86_400 else np.full(n, np.nan)
    counts["late"] = late[sim_of]
    sharing = shared_devices(tables)
    counts["peers"] = peers_by_hour(sharing, sim_of, hour, start)
    return History(
        sims["sim"].to_pylist(),
        sims["number"].to_pylist(),
        first_s,
        last_s,
        sims["acts"].to_numpy().astype(np.int64),
        sim_of,
        hour,
        counts,
        start,
        begins,
        ends,
        sharing,
    )


def running(values: NDArray[np.float64], start: Ints) -> NDArray[np.float64]:
    """Running sums within each SIM."""
    total = np.cumsum(values)
    before = np.where(start[:-1] > 0, total[start[:-1] - 1], 0.0) if len(values) else np.zeros(len(start) - 1)
    since: NDArray[np.float64] = total - np.repeat(before, np.diff(start))
    return since


def shared_devices(tables: Tables) -> list[tuple[int, int, int, str]]:
    """Pairs of SIMs that were both at home in one device, and from when that could be known."""
    rows = tables.devices.order_by(["imei", "sim_id"]).to_pyarrow().to_pylist()
    by_imei: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        if row["acts"] >= LEAST_ACTS:
            by_imei.setdefault(row["imei"], []).append((row["first_s"], row["sim_id"]))
    pairs: list[tuple[int, int, int, str]] = []
    for imei, users in by_imei.items():
        if 2 <= len(users) <= MOST_USERS:
            users.sort()
            for at, (_, one) in enumerate(users):
                pairs.extend((min(one, two), max(one, two), since, imei) for since, two in users[at + 1 :])
    return pairs


def peers_by_hour(
    sharing: list[tuple[int, int, int, str]], sim_of: Ints, hour: Ints, start: Ints
) -> NDArray[np.float64]:
    """Number of SIMs met so far in a SIM's devices, for every row."""
    since: dict[tuple[int, int], int] = {}
    for one, two, when, _ in sharing:
        for pair in ((one, two), (two, one)):
            since[pair] = min(when, since.get(pair, when))
    met = np.zeros(len(hour))
    for (one, _), when in since.items():
        first, last = start[one], start[one + 1]
        met[first + np.searchsorted(hour[first:last], when // HOUR_S) : last] += 1
    return met
