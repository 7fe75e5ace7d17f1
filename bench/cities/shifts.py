"""Which SIM works at which port from when to when, and where its gateway stands: the skeleton of every box."""

from dataclasses import dataclass

import numpy as np

from .devices import Shop, whole
from .laws import DAY_S, HOUR_S, Floats
from .ledger import UPDATE, Ledger
from .terrain import Ints

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Shifts:
    """A row is a SIM's turn at a port: from, to, gateway, port."""

    sim: Ints
    start_s: Floats
    stop_s: Floats
    port: Ints
    gateway: Ints

    def take(self, rows: Ints) -> "Shifts":
        return Shifts(self.sim[rows], self.start_s[rows], self.stop_s[rows], self.port[rows], self.gateway[rows])


def turns(
    rng: np.random.Generator,
    sims: Ints,
    ports: int,
    dwell_s: float,
    start_s: float,
    end_s: float,
    hours: tuple[float, float] = (0, 24),
    round_s: float = 0.0,
) -> Shifts:
    """Each port passes its own SIMs round, `dwell_s` each (jittered unless `round_s`), in `hours` of the day."""
    rows: list[tuple[int, float, float, int]] = []
    for port in range(ports):
        mine = sims[port::ports]
        if not len(mine):
            continue
        at, turn = start_s + rng.uniform(0, 300), int(rng.integers(len(mine)))
        while at < end_s:
            length = dwell_s if round_s else dwell_s * rng.uniform(0.6, 1.5)
            hour = at / HOUR_S % 24
            if hours[0] <= hour < hours[1]:
                close = at - at % DAY_S + hours[1] * HOUR_S
                rows.append((int(mine[turn % len(mine)]), at, min(at + length, end_s, close), port))
                turn += 1
                at += length + rng.uniform(20, 90)
            else:
                at = at - at % DAY_S + hours[0] * HOUR_S + (DAY_S if hour >= hours[1] else 0) + rng.uniform(0, 900)
    table = np.array(rows).reshape(-1, 4)
    port_column = table[:, 3].astype(np.int64)
    return Shifts(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], port_column, np.zeros(len(table), np.int64))


def stand(ledger: Ledger, shifts: Shifts, x: Floats, y: Floats) -> None:
    """The SIM's place in each turn is its gateway's."""
    for at in (shifts.start_s, shifts.stop_s):
        ledger.place(shifts.sim, at, x[shifts.gateway], y[shifts.gateway])


def plug(ledger: Ledger, shop: Shop, shifts: Shifts, how: str, forged: str) -> None:
    """IMEIs of the turns: `port` one each port, `sim` one each SIM, `turn` new each turn; `forged` is how they look."""
    rng = ledger.rng
    key = {"port": shifts.gateway * 1_000 + shifts.port, "sim": shifts.sim, "turn": np.arange(len(shifts.sim))}[how]
    distinct, which = np.unique(key, return_inverse=True)
    count = len(distinct)
    if forged == "module":
        imei = shop.batch(count, module=True)
    elif forged == "handset":
        imei = shop.handset(count)
    elif forged == "batch":
        imei = shop.batch(count, module=False)
    elif forged == "twins":
        imei = rng.choice(ledger.imeis, count)
    else:  # random numbers with a valid check digit, no handset's TAC
        imei = whole(rng.integers(10**7, 10**8 - 1, count), rng.integers(0, 10**6, count))
    ledger.hold(shifts.sim, shifts.start_s - 1.0, imei[which])


def announce(ledger: Ledger, shifts: Shifts) -> None:
    """A location update as each turn begins."""
    ledger.act(shifts.sim, shifts.start_s + ledger.rng.uniform(1, 15, len(shifts.sim)), UPDATE)


def cut_power(rng: np.random.Generator, shifts: Shifts) -> Shifts:
    """Now and then the mains fail for minutes to hours: turns break off, and go on after it."""
    if rng.random() < 0.6 or not len(shifts.sim):
        return shifts
    off = float(rng.uniform(shifts.start_s.min(), shifts.stop_s.max()))
    on = off + float(rng.uniform(3, 150)) * MINUTE_S
    before, after = np.flatnonzero(shifts.start_s < off), np.flatnonzero(shifts.stop_s > on)
    first, rest = shifts.take(before), shifts.take(after)
    return Shifts(
        np.concatenate([first.sim, rest.sim]),
        np.concatenate([first.start_s, np.maximum(rest.start_s, on + rng.uniform(1, 60, len(after)))]),
        np.concatenate([np.minimum(first.stop_s, off), rest.stop_s]),
        np.concatenate([first.port, rest.port]),
        np.concatenate([first.gateway, rest.gateway]),
    )


def begun(ledger: Ledger, shifts: Shifts) -> None:
    """Marks when each SIM joined its box, and the only times at which it is on the air."""
    ledger.plugged.append((shifts.sim, shifts.start_s, np.maximum(shifts.stop_s, shifts.start_s)))
    for sim, at in zip(shifts.sim.tolist(), shifts.start_s.tolist(), strict=True):
        ledger.joined[sim] = at if ledger.joined[sim] == 0.0 else min(ledger.joined[sim], at)
        ledger.born[sim] = ledger.joined[sim]


def within(rng: np.random.Generator, shifts: Shifts, per_hour: float, by_hour: Floats) -> tuple[Ints, Floats]:
    """(row of shifts, time) of acts at a rate that follows the day's rhythm (24 weights of mean 1)."""
    length = (shifts.stop_s - shifts.start_s) / HOUR_S
    top = float(by_hour.max())
    row = np.repeat(np.arange(len(shifts.sim)), rng.poisson(np.maximum(0, length) * per_hour * top))
    at = shifts.start_s[row] + rng.random(len(row)) * (shifts.stop_s - shifts.start_s)[row]
    kept = rng.random(len(row)) * top < by_hour[(at / HOUR_S % 24).astype(np.int64)]
    return row[kept], at[kept]


def add_box(ledger: Ledger, form: str) -> int:
    box = sum(1 for known in ledger.boxes if known["gateway"] == 0 and known["first"])
    ledger.boxes.append(
        {"box": box, "form": form, "gateway": 0, "first": True, "x": 0.0, "y": 0.0, "from_s": 0.0, "to_s": 0.0}
    )
    return box


def add_place(
    ledger: Ledger, box: int, form: str, gateway: int, x: float, y: float, from_s: float, to_s: float
) -> None:
    place = {
        "box": box,
        "form": form,
        "gateway": gateway,
        "first": False,
        "x": x,
        "y": y,
        "from_s": from_s,
        "to_s": to_s,
    }
    ledger.boxes.append(place)
