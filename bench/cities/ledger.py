"""What a city's makers write down: SIMs, where each stands when, which device holds it, and what it does.

Times are seconds since the first day's midnight; places are waypoints, between which a SIM moves straight.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .laws import Floats, Laws
from .terrain import Ints, Terrain

CALL, CALLED, TEXT, TEXTED, UPDATE, DATA = range(6)
FAR_S = 1e8  # keys of waypoints: sim * FAR_S + time


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts in columns. `peer` is a SIM of this export or -1, `number` counts where it is -1."""

    sim: Ints
    time_s: Floats
    what: Ints
    peer: Ints
    number: Ints
    seconds: Floats
    fraud: NDArray[np.bool_]


@dataclass(slots=True)
class Ledger:
    """Grows while the city is made; `rng`, `laws` and `terrain` are what its makers draw with."""

    rng: np.random.Generator
    laws: Laws
    terrain: Terrain
    kind: list[str] = field(default_factory=list)
    box: list[int] = field(default_factory=list)
    born: list[float] = field(default_factory=list)
    dead: list[float] = field(default_factory=list)
    joined: list[float] = field(default_factory=list)
    ways: list[tuple[Ints, Floats, Floats, Floats]] = field(default_factory=list)
    trips: list[tuple[Ints, Floats, Floats, Floats]] = field(default_factory=list)  # waypoints that count in `away`
    away: list[tuple[Ints, Floats, Floats]] = field(default_factory=list)  # SIM, from, to: `ways` don't count there
    plugged: list[tuple[Ints, Floats, Floats]] = field(default_factory=list)  # a box's SIMs are on the air only then
    body: dict[int, int] = field(default_factory=dict)  # SIM -> SIM with which it goes about
    swaps: list[tuple[int, int, float]] = field(default_factory=list)  # old SIM, new SIM of the same number, when
    devices: list[tuple[Ints, Floats, Ints]] = field(default_factory=list)
    acts: list[Acts] = field(default_factory=list)
    boxes: list[dict[str, object]] = field(default_factory=list)
    people: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # SIMs that strangers may ring up
    imeis: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # of ordinary handsets

    def sims(self, count: int, kind: str, box: int = -1) -> Ints:
        first = len(self.kind)
        self.kind += [kind] * count
        self.box += [box] * count
        self.born += [0.0] * count
        self.dead += [self.laws.end_s] * count
        self.joined += [0.0 if box >= 0 else np.inf] * count
        return np.arange(first, first + count)

    def live(self, sims: Ints, born: Floats, dead: Floats) -> None:
        for sim, start, stop in zip(sims.tolist(), born.tolist(), dead.tolist(), strict=True):
            self.born[sim], self.dead[sim] = start, stop

    def place(self, sims: Ints, time_s: ArrayLike, x: ArrayLike, y: ArrayLike) -> None:
        parts = np.broadcast_arrays(sims, time_s, x, y)
        sim, at, east, north = (np.asarray(part).ravel() for part in parts)
        self.ways.append((sim.astype(np.int64), at.astype(float), east.astype(float), north.astype(float)))

    def travel(
        self, sims: Ints, time_s: ArrayLike, x: ArrayLike, y: ArrayLike, from_s: ArrayLike, to_s: ArrayLike
    ) -> None:
        """Waypoints that take the place of the usual ones from `from_s` to `to_s` (one span a SIM)."""
        who, start, stop = (np.asarray(part).ravel() for part in np.broadcast_arrays(sims, from_s, to_s))
        self.away.append((who.astype(np.int64), start.astype(float), stop.astype(float)))
        usual, self.ways = self.ways, []
        self.place(sims[:, None] if np.ndim(time_s) == 2 else sims, time_s, x, y)
        self.trips += self.ways
        self.ways = usual

    def hold(self, sims: Ints, time_s: ArrayLike, imei: ArrayLike) -> None:
        sim, at, device = (np.asarray(part).ravel() for part in np.broadcast_arrays(sims, time_s, imei))
        self.devices.append((sim.astype(np.int64), at.astype(float), device.astype(np.int64)))

    def act(
        self,
        sim: Ints,
        time_s: Floats,
        what: int,
        peer: ArrayLike = -1,
        number: ArrayLike = 0,
        seconds: ArrayLike = 0.0,
        fraud: ArrayLike = False,
    ) -> None:
        parts = np.broadcast_arrays(sim, time_s, what, peer, number, seconds, fraud)
        kinds = (np.int64, np.float64, np.int64, np.int64, np.int64, np.float64, np.bool_)
        self.acts.append(Acts(*(np.asarray(part).astype(kind) for part, kind in zip(parts, kinds, strict=True))))

    def strangers(self, count: int, near: float) -> tuple[Ints, Ints]:
        """Numbers called out of the blue: (peer, number); `near` is the share in this export."""
        number = self.rng.integers(10**8, 10**9, count)
        if not len(self.people):
            return np.full(count, -1), number
        inside = self.rng.random(count) < near
        return np.where(inside, self.rng.choice(self.people, count), -1), number


def inside(sim: Ints, time_s: Floats, spans: list[tuple[Ints, Floats, Floats]]) -> NDArray[np.bool_]:
    """Whether each SIM and time lies in a span; spans of one SIM don't overlap."""
    if not spans:
        return np.zeros(len(sim), np.bool_)
    who, start, stop = (np.concatenate([span[n] for span in spans]) for n in range(3))
    key = who * FAR_S + start
    order = np.argsort(key)
    at = np.searchsorted(key[order], sim * FAR_S + time_s, side="right") - 1
    at = np.maximum(at, 0)
    return np.asarray((who[order][at] == sim) & (start[order][at] <= time_s) & (time_s < stop[order][at]))


class Whereabouts:
    """Where every SIM is at a time, from all waypoints."""

    def __init__(self, ledger: Ledger) -> None:
        sim, time, x, y = (np.concatenate([way[n] for way in ledger.ways]) for n in range(4))
        kept = ~inside(sim.astype(np.int64), time, ledger.away)
        trips = [np.concatenate([way[n] for way in ledger.trips]) if ledger.trips else np.zeros(0) for n in range(4)]
        sim, time = np.concatenate([sim[kept], trips[0]]), np.concatenate([time[kept], trips[1]])
        order = np.argsort(sim * FAR_S + time, kind="stable")
        self.key = (sim * FAR_S + time)[order]
        self.sim = sim[order].astype(np.int64)
        self.x = np.concatenate([x[kept], trips[2]])[order]
        self.y = np.concatenate([y[kept], trips[3]])[order]
        self.body = np.arange(len(ledger.kind))
        for follower, leader in ledger.body.items():
            self.body[follower] = leader

    def at(self, sim: Ints, time_s: Floats) -> tuple[Floats, Floats]:
        sim = self.body[sim]
        key = sim * FAR_S + time_s
        after = np.searchsorted(self.key, key, side="right")
        before = np.clip(after - 1, 0, len(self.key) - 1)
        after = np.clip(after, 0, len(self.key) - 1)
        before = np.where(self.sim[before] == sim, before, after)
        after = np.where(self.sim[after] == sim, after, before)
        gap = self.key[after] - self.key[before]
        part = np.where(gap > 0, (key - self.key[before]) / np.where(gap > 0, gap, 1), 0.0)
        part = np.clip(part, 0, 1)
        return self.x[before] + part * (self.x[after] - self.x[before]), self.y[before] + part * (
            self.y[after] - self.y[before]
        )


def held(ledger: Ledger, sim: Ints, time_s: Floats) -> Ints:
    """IMEI that holds each SIM at each time."""
    who = np.concatenate([part[0] for part in ledger.devices])
    since = np.concatenate([part[1] for part in ledger.devices])
    imei = np.concatenate([part[2] for part in ledger.devices])
    key = who * FAR_S + since
    order = np.argsort(key, kind="stable")
    at = np.searchsorted(key[order], sim * FAR_S + time_s, side="right") - 1
    at = np.clip(at, 0, len(order) - 1)
    at = np.where(who[order][at] == sim, at, np.minimum(at + 1, len(order) - 1))
    return np.asarray(imei[order][at])
