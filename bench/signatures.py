"""False alarms a cell-hour and seconds to detection of `one-ta-originated`, on simulated events.

    python bench/signatures.py            # short form, under a minute
    python bench/signatures.py --hours 100000 --boxes 200

Every event is drawn: when, at which timing advance, with which request reference; blocks are lost, assignments are
sent twice, the receiver is out at times. What the reader would give is counted in the bins the product counts in,
and the product's own judge is asked at every bin where its first, cheapest check passes. Worlds are drawn anew for
each cell, from laws that the signature does not know: the places' factors are gamma, log-normal, log-normal anew
each hour, or two-valued.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detection.signatures import one_ta_originated as signature
from detection.signatures.tally import BIN_S, PLACES, side
from sensor.gsm.messages.establishment import establishment

HOURS_A_CELL = 24
KINDS = ("even", "office", "stadium", "hospital", "station", "machines")
LAWS = ("gamma", "log-normal", "hourly", "two-valued")
BUSY_HZ = (0.01, 0.03, 0.10)
BOX_HZ = (0.05, 0.10, 0.20, 0.35)
WANTED_S = {  # seconds to 90 % of the boxes, by the other assignments a second at the box's timing advance
    0.01: (960, 360, 180, 90),
    0.03: (7200, 720, 180, 90),
    0.10: (None, None, 720, 180),
}
# ORIGINATED, OTHER, or -1 for neither, of each request reference; first row NECI 0
SIDES = np.array(
    [
        [-1 if (which := side(establishment(ra, neci), neci)) is None else which.value for ra in range(256)]
        for neci in (0, 1)
    ]
)
CAUSES = {"call": (0xE0, 32), "paging": (0x80, 32), "registration": (0x00, 16), "sms": (0x10, 16)}  # at NECI 1


@dataclass
class World:
    """One cell's laws. Rates are events a second by timing advance and minute."""

    kind: str
    law: str
    neci: int
    busy: int  # the timing advance that most of it happens at
    call_hz: NDArray[np.float64]  # (64, minutes)
    other_hz: NDArray[np.float64]
    registration_hz: NDArray[np.float64]
    lost: float
    repeated: float
    out: list[tuple[float, float]] = field(default_factory=list)


def factors(law: str, minutes: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The places' factors on the cell's ratio, mean 1 and coefficient of variation 0.5, (64, minutes)."""
    sigma = np.sqrt(np.log(1.25))
    if law == "gamma":
        return np.repeat(rng.gamma(4.0, 0.25, (PLACES, 1)), minutes, axis=1)
    if law == "log-normal":
        return np.repeat(rng.lognormal(-(sigma**2) / 2, sigma, (PLACES, 1)), minutes, axis=1)
    if law == "hourly":
        hourly = rng.lognormal(-(sigma**2) / 2, sigma, (PLACES, minutes // 60 + 1))
        return np.repeat(hourly, 60, axis=1)[:, :minutes]
    return np.repeat(np.where(rng.random((PLACES, 1)) < 0.2, 2.0, 0.75), minutes, axis=1)


def draw_world(kind: str, law: str, busy_hz: float, hours: float, rng: np.random.Generator) -> World:
    minutes = int(np.ceil(hours * 60))
    at = np.arange(minutes)
    busy = int(rng.integers(0, 12))
    weight = rng.gamma(0.7, 1.0, PLACES) * (np.arange(PLACES) < rng.integers(6, 28))
    weight[busy] = 0
    weight = weight / max(weight.sum(), 1e-9)
    share = 0.4 if kind != "even" else rng.uniform(0.05, 0.2)
    total_hz = busy_hz * weight * (1 - share) / share
    total_hz[busy] = busy_hz
    start = rng.uniform(0, 1440)
    clock_h = ((start + at) / 60) % 24
    day = 0.15 + 0.85 * np.clip(np.sin((clock_h - 6.5) / 17 * np.pi), 0, None) if hours > 3 else np.ones(minutes)
    if hours > 3 and rng.random() < 2 / 7 and kind in ("office", "station"):
        day = day * 0.3  # a day of the weekend
    ratio = rng.lognormal(np.log(0.38), 0.3)
    rho = ratio * factors(law, minutes, rng)
    if hours > 3:
        rho = rho * np.exp(0.15 * np.sin((clock_h - rng.uniform(0, 24)) / 12 * np.pi))
    rate = total_hz[:, None] * day
    registration = np.zeros((PLACES, minutes))
    if kind == "stadium":
        begin = int(rng.integers(0, max(minutes - 180, 1)))
        rate[busy, begin : begin + 120] *= rng.uniform(2, 5)
        rate[busy, begin + 120 : begin + 160] *= rng.uniform(4, 10)
        rho[busy, begin + 120 : begin + 160] *= rng.uniform(1.5, 2.5)
    elif kind == "hospital":
        rate[busy] = total_hz[busy] * (0.5 + 0.5 * day)
        rho[busy] *= 0.7
    elif kind == "station":
        for train in range(int(rng.integers(0, 12)), minutes, int(rng.integers(8, 20))):
            registration[busy, train] += rng.integers(10, 60) / 60 * day[train]
            rho[busy, train + 1 : train + 3] *= 2.0
    elif kind == "machines":
        registration[busy, (at + int(start)) % 60 == 0] += rng.integers(50, 500) / 60
        rate[busy] *= 0.1
    other = rate / (1 + rho)
    call = rate * rho / (1 + rho)
    outages = [(o, o + rng.exponential(300)) for o in rng.uniform(0, hours * 3600, rng.poisson(hours / 4))]
    return World(
        kind, law, int(rng.random() < 0.6), busy, call, other, registration, 0.2, rng.choice([0.0, 0.5, 1.0]), outages
    )


def draw_times(rate_hz: NDArray[np.float64], rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times (s) and timing advances of events at rates by timing advance and minute."""
    counts = rng.poisson(rate_hz * 60)
    ta, minute = np.divmod(np.repeat(np.arange(counts.size), counts.ravel()), counts.shape[1])
    return 60 * (minute + rng.random(len(minute))), ta


def draw_events(
    world: World, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Times, timing advances and request references of what the cell assigns to honest phones."""
    parts = []
    for rate, mix in (
        (world.call_hz, {"call": 1.0}),
        (world.other_hz, {"paging": 0.5, "registration": 0.25, "sms": 0.25}),
        (world.registration_hz, {"registration": 1.0}),
    ):
        when, ta = draw_times(rate, rng)
        cause = rng.choice(len(mix), len(when), p=list(mix.values()))
        first = np.array([code_of(name, world.neci)[0] for name in mix])
        width = np.array([code_of(name, world.neci)[1] for name in mix])
        parts.append((when, ta, first[cause] + (rng.random(len(when)) * width[cause]).astype(int)))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]


def code_of(cause: str, neci: int) -> tuple[int, int]:
    """First request reference and how many of them: at NECI 0 an SMS asks as a call does."""
    return CAUSES["call"] if cause == "sms" and neci == 0 else CAUSES[cause]


def box_times(rate_hz: float, seconds: float, regular: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    """Times (s) of a box's calls: at random, or on a call list with gaps of even length give or take a third."""
    n = int(rate_hz * seconds * 2 + 50)
    gaps = rng.uniform(2 / 3, 4 / 3, n) if regular else rng.exponential(1.0, n)
    when = np.cumsum(gaps / rate_hz) - rng.random() / rate_hz
    return when[(when >= 0) & (when < seconds)]


class Replay:
    """A cell's counts as the product would have them at the end of any bin (signatures.tally.Tally)."""

    def __init__(self, when, ta, ra, world: World, rng: np.random.Generator) -> None:  # type: ignore[no-untyped-def]
        heard = rng.random(len(when)) >= world.lost
        second = (rng.random(len(when)) < world.repeated) & (rng.random(len(when)) >= world.lost)
        heard |= second  # the one or the other copy, and the reader gives it once
        for begin, end in world.out:
            heard &= (when < begin) | (when >= end)
        bins = world.call_hz.shape[1] * int(60 / BIN_S)
        sides = SIDES[world.neci][ra]
        self.sums = np.zeros((2, bins + 1, PLACES), dtype=np.int64)
        for which in (0, 1):
            mine = heard & (sides == which)
            np.add.at(self.sums[which], ((when[mine] / BIN_S).astype(int) + 1, ta[mine]), 1)
        self.sums = self.sums.cumsum(axis=1)
        self.originated_any = world.neci == 0
        self.end = 0

    @property
    def now_s(self) -> float:
        return self.end * BIN_S

    def windows(self, lengths_s):  # type: ignore[no-untyped-def]
        bins = np.minimum(np.round(np.array(lengths_s) / BIN_S).astype(int), self.end)
        return (self.sums[:, self.end] - self.sums[:, self.end - bins].swapaxes(0, 1)), bins * BIN_S

    def worth_asking(self) -> NDArray[np.int64]:
        """Bins at whose end some place passes the judge's first check; at the others it has nothing to say."""
        ends = np.arange(self.sums.shape[1])
        worth = np.zeros(len(ends), dtype=bool)
        for seconds in signature.WINDOWS_S:
            o, b = self.back(seconds)
            ref_o, ref_b = self.back(max(seconds, signature.REFERENCE_S))
            checks = signature.worth_weighing(
                signature.pooled(o), signature.pooled(b), signature.elsewhere(ref_o), signature.elsewhere(ref_b)
            )
            worth |= checks.any(axis=1)
        return ends[worth & (ends > 0)]

    def back(self, seconds: float):  # type: ignore[no-untyped-def]
        """Counts of the last `seconds` at the end of every bin, (bins, 64) each."""
        begin = np.maximum(np.arange(self.sums.shape[1]) - round(seconds / BIN_S), 0)
        counts = self.sums - self.sums[:, begin]
        return counts[0], counts[1]


def worst_of_cell(job: tuple[str, str, float, int]) -> tuple[float, float, int]:
    """Highest log10 odds of a cell without a box, hours judged, and alarms (places that crossed)."""
    kind, law, busy_hz, seed = job
    rng = np.random.default_rng(seed)
    world = draw_world(kind, law, busy_hz, HOURS_A_CELL, rng)
    replay = Replay(*draw_events(world, rng), world, rng)
    worst, alarms = -99.0, set()
    for end in replay.worth_asking()[::STRIDE]:
        replay.end = int(end)
        for evidence in signature.judge(replay):
            worst = max(worst, evidence.log10_odds)
            if evidence.log10_odds >= signature.LOG10_THRESHOLD:
                alarms.add(evidence.timing_advance)
    return worst, float(HOURS_A_CELL), len(alarms)


STRIDE = 3  # every half minute of the bins worth asking


def seconds_to_detection(job: tuple[float, float, str, int, float]) -> float:
    """Seconds until the box's place is raised; infinite where it is not in the time given."""
    box_hz, other_hz, law, seed, limit_s = job
    rng = np.random.default_rng(seed)
    world = draw_world("even", law, other_hz, limit_s / 3600, rng)
    world.neci, world.out, world.lost = 1, [], 0.0
    when, ta, ra = draw_events(world, rng)
    box = box_times(box_hz, limit_s, bool(rng.random() < 0.5), rng)
    when = np.concatenate([when, box])
    ta = np.concatenate([ta, np.full(len(box), world.busy)])
    ra = np.concatenate([ra, 0xE0 + rng.integers(0, 32, len(box))])
    replay = Replay(when, ta, ra, world, rng)
    ends = replay.worth_asking()
    for end in ends[:: max(1, round(limit_s / 60 / BIN_S / 6))]:
        replay.end = int(end)
        for evidence in signature.judge(replay):
            if evidence.log10_odds >= signature.LOG10_THRESHOLD and abs(evidence.timing_advance - world.busy) <= 1:
                return replay.now_s
    return float("inf")


def false_alarms(hours: float, seed: int, run: Callable) -> None:  # type: ignore[type-arg]
    cells = max(1, int(hours / HOURS_A_CELL))
    jobs = [(KINDS[i % 6], LAWS[(i // 6) % 4], BUSY_HZ[(i // 24) % 3], seed + i) for i in range(cells)]
    table: dict[str, list[float]] = {}
    for job, (worst, judged, alarms) in zip(jobs, run(worst_of_cell, jobs), strict=True):
        for key in (job[0], job[1], f"busy {job[2]:.2f}/s", "all"):
            row = table.setdefault(key, [0.0, 0.0, -99.0])
            table[key] = [row[0] + judged, row[1] + alarms, max(row[2], worst)]
    print(f"{'cells without a box':22} {'cell-hours':>10} {'alarms':>7} {'highest log10 odds':>19}")
    for key, (judged, alarms, worst) in table.items():
        print(f"{key:22} {judged:10.0f} {alarms:7.0f} {worst:19.2f}")


def detection_times(boxes: int, seed: int, run: Callable) -> None:  # type: ignore[type-arg]
    print(f"\nseconds to 90 % of {boxes} boxes (wanted, within 1.5 times); other assignments at its timing advance")
    print("calls/s   " + "".join(f"{f'{other:.2f}/s':>22}" for other in WANTED_S))
    for column, box_hz in enumerate(BOX_HZ):
        line = f"{box_hz:<10.2f}"
        for other_hz, wanted in WANTED_S.items():
            limit_s = 1.5 * (wanted[column] or 1800)
            jobs = [(box_hz, other_hz, LAWS[i % 4], seed + 7919 * i, limit_s) for i in range(boxes)]
            found = np.sort(list(run(seconds_to_detection, jobs)))
            at90 = found[int(np.ceil(0.9 * boxes)) - 1]
            share = np.isfinite(found).mean()
            told = f"{at90:.0f}" if np.isfinite(at90) else f"{share:.0%} in {limit_s:.0f}"
            line += f"{f'{told} ({wanted[column] or chr(45)})':>22}"
        print(line)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    options.add_argument("--hours", type=float, default=600)
    options.add_argument("--boxes", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=2)
    chosen = options.parse_args()
    began = time.perf_counter()
    with ProcessPoolExecutor(chosen.workers) as pool:
        run = lambda function, jobs: pool.map(function, jobs, chunksize=4)  # noqa: E731
        false_alarms(chosen.hours, chosen.seed, run)
        detection_times(chosen.boxes, chosen.seed, run)
    print(f"{time.perf_counter() - began:.0f} s, {chosen.workers} workers")


if __name__ == "__main__":
    main()
