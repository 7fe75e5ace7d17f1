"""People who share something that boxes share too: a bus, an employer's batch of phones, a stall that sold the SIM."""

import numpy as np

from .devices import Shop
from .laws import DAY_S, HOUR_S
from .ledger import CALL, TEXT, Ledger
from .people import Folk
from .terrain import Ints

OWN_LINE = 10_010  # the carrier's own service number


def gather(ledger: Ledger, shop: Shop, folk: Folk, subscribers: int) -> None:
    """All of them, as often as a city of that size has them."""
    rng = ledger.rng
    spare = rng.permutation(np.flatnonzero((folk.kind == 0) | (folk.kind == 1)))
    for _ in range(int(rng.poisson(subscribers / 2_500))):
        size = int(rng.integers(8, 40))
        riders, spare = spare[:size], spare[size:]
        _bus(ledger, folk, riders)
    for _ in range(int(rng.poisson(subscribers / 4_000))):
        _fleet(ledger, shop, folk, int(rng.integers(5, 40)))
    for _ in range(int(rng.poisson(subscribers / 6_000))):
        _stall(ledger, shop, int(rng.integers(4, 30)))


def _name(ledger: Ledger, sims: Ints, kind: str) -> None:
    for sim in sims.tolist():
        ledger.kind[sim] = kind


def _bus(ledger: Ledger, folk: Folk, rows: Ints) -> None:
    """Riders of one bus: the same way through the same cells, morning and evening."""
    rng = ledger.rng
    stops = int(rng.integers(4, 12))
    x, y = ledger.terrain.settle(rng, 2)
    bend = rng.normal(0, 400, (2, stops))
    line = np.linspace(0, 1, stops)
    east, north = x[0] + line * (x[1] - x[0]) + bend[0], y[0] + line * (y[1] - y[0]) + bend[1]
    sims = folk.sims[rows]
    _name(ledger, sims, "bus-rider")
    for day in range(ledger.laws.days):
        for hour, way in ((rng.uniform(6.8, 8.2), 1), (rng.uniform(17, 18.8), -1)):
            mine = sims[rng.random(len(sims)) < 0.85]
            start = day * DAY_S + hour * HOUR_S
            times = start + np.cumsum(np.full(stops, rng.uniform(150, 420)))
            late = rng.uniform(-40, 40, len(mine))[:, None]
            places = np.broadcast_to(east[::way], (len(mine), stops)), np.broadcast_to(north[::way], (len(mine), stops))
            ledger.travel(mine, times[None, :] + late, *places, start, times[-1] + 120)


def _fleet(ledger: Ledger, shop: Shop, folk: Folk, size: int) -> None:
    """A firm's staff: phones bought together, calls and messages among each other all day."""
    rng = ledger.rng
    first = int(rng.integers(len(folk.sims)))
    near = np.argsort(np.hypot(folk.work_x - folk.work_x[first], folk.work_y - folk.work_y[first]))[:size]
    sims = folk.sims[near]
    _name(ledger, sims, "fleet")
    ledger.hold(sims, -0.7, shop.batch(size, module=False))
    for day in range(ledger.laws.days):
        for what, rate in ((CALL, rng.uniform(1, 6)), (TEXT, rng.uniform(0, 3))):
            who = np.repeat(sims, rng.poisson(rate, size))
            peer = rng.choice(sims, len(who))
            fine = peer != who
            at = day * DAY_S + rng.uniform(8, 18.5, len(who)) * HOUR_S
            ledger.act(
                who[fine], at[fine], what, peer[fine], 0, rng.lognormal(3.3, 0.8, fine.sum()) if what == CALL else 0.0
            )


def _stall(ledger: Ledger, shop: Shop, size: int) -> None:
    """SIMs sold at one stall on one day: activated there one after another, then an ordinary new customer's life."""
    rng, laws = ledger.rng, ledger.laws
    sims = ledger.sims(size, "stall-customer")
    x, y = ledger.terrain.settle(rng, 1, 1.5)
    day = int(rng.integers(laws.days))
    sold = np.sort(day * DAY_S + rng.uniform(9, 19, size) * HOUR_S)
    home_x, home_y = ledger.terrain.settle(rng, size)
    ledger.live(sims, sold, np.full(size, laws.end_s))
    ledger.place(sims, sold - 60, x[0], y[0])
    ledger.place(sims, sold + rng.uniform(300, 1_500, size), x[0], y[0])
    ledger.place(sims, sold + rng.uniform(2_400, 9_000, size), home_x, home_y)
    ledger.hold(sims, -1.0, shop.handset(size))
    ledger.act(sims, sold + rng.uniform(20, 200, size), CALL, -1, OWN_LINE, 9.0)
    for what, rate in ((CALL, 3.0), (CALL + 1, 2.5), (TEXT, 0.8), (TEXT + 1, 2.0)):
        who = np.repeat(sims, rng.poisson(rate * laws.days * rng.gamma(1.0, 1.0, size)))
        at = np.floor(rng.uniform(0, laws.days, len(who))) * DAY_S + rng.uniform(7, 23, len(who)) * HOUR_S
        number = 10**8 + who * 1_009 + (8 * rng.random(len(who)) ** 2).astype(np.int64) * 13
        ledger.act(who, at, what, -1, number, rng.lognormal(3.6, 1, len(who)) * (rng.random(len(who)) < laws.answer))
