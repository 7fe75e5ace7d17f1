"""Boxes that move: in a car all day, or a pair of phones carried to another room every few hours."""

import numpy as np

from .devices import Shop
from .fraud import keyed, looks, pace, ring_strangers, spot
from .laws import DAY_S, HOUR_S
from .ledger import Ledger
from .people import rove
from .shifts import add_box, add_place, announce, begun, plug, turns


def car(ledger: Ledger, shop: Shop, evasive: bool) -> None:
    """A box that drives: 2-30 SIMs on one way through the city, parked at night."""
    rng, laws = ledger.rng, ledger.laws
    box = add_box(ledger, "car")
    count = int(np.exp(rng.uniform(np.log(2), np.log(30))))
    sims = ledger.sims(count, "car", box)
    ports = max(1, int(count / rng.choice([1, 1, 2, 4])))
    hours = (rng.uniform(7, 10), rng.uniform(18, 23))
    x, y = spot(ledger)
    one = sims[:1]
    ledger.body.update(dict.fromkeys(sims[1:].tolist(), int(one[0])))
    before = len(ledger.trips)
    ledger.place(one, -DAY_S, x, y)
    for day in range(laws.days):
        start_s, length_s = (day * 24 + hours[0]) * HOUR_S, (hours[1] - hours[0]) * HOUR_S
        rove(ledger, one, x, y, start_s, length_s, int(rng.integers(10, 40)))
    track = [(way[1], way[2], way[3]) for way in ledger.trips[before:]]
    shifts = turns(rng, sims, ports, rng.uniform(0.5, 4) * HOUR_S, 0.0, laws.end_s, hours)
    plug(ledger, shop, shifts, keyed(rng, evasive), looks(rng, evasive))
    announce(ledger, shifts)
    begun(ledger, shifts)
    rate = pace(rng, 6, 25, evasive)
    talk = np.array([rng.uniform(15, 90), 1.0])
    ring_strangers(ledger, shifts, rate, np.ones(24), talk, rng.uniform(0.3, 0.6), 0.25 if evasive else 0.05)
    times = np.concatenate([[-DAY_S], *(part[0] for part in track)])
    order = np.argsort(times)
    east = np.concatenate([x, *(part[1] for part in track)])[order]
    north = np.concatenate([y, *(part[2] for part in track)])[order]
    for half in np.arange(0, laws.end_s, 1_800.0):
        px, py = np.interp(half, times[order], east), np.interp(half, times[order], north)
        add_place(ledger, box, "car", 1, float(px), float(py), half, half + 1_800.0)


def pair(ledger: Ledger, shop: Shop, evasive: bool) -> None:
    """Two phones and an audio cable: 2-4 SIMs, moved every few hours."""
    rng, laws = ledger.rng, ledger.laws
    box = add_box(ledger, "pair")
    count = int(rng.integers(2, 5))
    sims = ledger.sims(count, "pair", box)
    hours = (rng.uniform(8, 10), rng.uniform(18, 22))
    ports = int(rng.integers(1, 3))
    shifts = turns(rng, sims, ports, rng.uniform(1, 4) * HOUR_S, 0.0, laws.end_s, hours)
    stops = np.cumsum(rng.uniform(2, 6, int(laws.end_s / HOUR_S / 2)) * HOUR_S)
    stops = np.concatenate([[0.0], stops[stops < laws.end_s]])
    x, y = spot(ledger, len(stops))
    ends = np.append(stops[1:], laws.end_s)
    times = np.column_stack([stops, ends - 900]).ravel()
    ledger.place(sims[:, None], times[None, :], np.repeat(x, 2)[None, :], np.repeat(y, 2)[None, :])
    plug(ledger, shop, shifts, "turn" if evasive else "port", "handset" if not evasive else looks(rng, True))
    announce(ledger, shifts)
    begun(ledger, shifts)
    rate = pace(rng, 8, 25, evasive)
    talk = np.array([rng.uniform(15, 60), 1.1])
    ring_strangers(ledger, shifts, rate, np.ones(24), talk, rng.uniform(0.3, 0.6), 0.25 if evasive else 0.05)
    for n, stop in enumerate(stops):
        add_place(ledger, box, "pair", 1, float(x[n]), float(y[n]), float(stop), float(ends[n]))
