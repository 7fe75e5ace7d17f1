"""What answers and follows: people ring back whom they missed, exchange SIMs, take phones to be repaired."""

import numpy as np

from .devices import Shop
from .laws import DAY_S, HOUR_S
from .ledger import CALL, CALLED, Ledger, held
from .people import Folk
from .terrain import Ints

SILENT = {"naive": 0.03, "scam": 0.05, "car": 0.05, "pair": 0.2, "sms": 0.0, "otp": 0.0, "human": 0.5}
DESKS = (
    "call-centre-out",
    "survey-desk",
    "election-desk",
    "telesales",
    "collections",
    "call-centre-in",
    "estate-agent",
)
MACHINES = (
    "alarm",
    "meter",
    "card-terminal",
    "tracker",
    "lift-phone",
    "clinic-notifier",
    "school-notifier",
    "parcel-shelf",
)


def redial(ledger: Ledger) -> None:
    """Who isn't answered tries again: people within minutes, desks after hours or days."""
    rng = ledger.rng
    desk = np.array([kind in DESKS for kind in ledger.kind])
    boxed = np.array(ledger.box) >= 0
    sim, time, what, peer, number, seconds, fraud = (
        np.concatenate([getattr(part, name) for part in ledger.acts])
        for name in ("sim", "time_s", "what", "peer", "number", "seconds", "fraud")
    )
    missed = np.flatnonzero((what == CALL) & (seconds == 0))
    keen = rng.uniform(0, 1)  # cities differ: in some nobody tries twice
    desks, boxes = keen * rng.uniform(0.2, 0.7), rng.uniform(0, 0.25) * (rng.random() < 0.7)
    chance = np.select([desk[sim[missed]], boxed[sim[missed]]], [desks, boxes], 0.35 * keen)
    rows = missed[rng.random(len(missed)) < chance]
    soon = ~desk[sim[rows]] | (rng.random(len(rows)) < 0.3)
    wait = np.where(soon, rng.exponential(500, len(rows)) + 15, rng.choice([2.0, 5.0, 24.0], len(rows)) * HOUR_S)
    at = time[rows] + wait * rng.uniform(0.8, 1.2, len(rows))
    length = np.where(rng.random(len(rows)) < 0.4, np.maximum(1, rng.lognormal(3.5, 1, len(rows))), 0)
    who = _next_port(ledger, sim[rows])
    ledger.act(who, at, CALL, peer[rows], number[rows], length, fraud[rows])


def _next_port(ledger: Ledger, sim: Ints) -> Ints:
    """A gateway gives the second try to any of its SIMs."""
    box, kind = np.array(ledger.box), np.array(ledger.kind)
    who = sim.copy()
    for number in np.unique(box[sim[np.isin(kind[sim], ("naive", "human"))]]).tolist():
        mine = np.flatnonzero(box[sim] == number)
        who[mine] = ledger.rng.choice(np.flatnonzero(box == number), len(mine))
    return who


def ring_back(ledger: Ledger) -> None:
    """Some who missed a call ring the number back, soon or later; a box hardly ever answers, a trade mostly."""
    rng = ledger.rng
    sim, time, what, peer, number, seconds = (
        np.concatenate([getattr(part, name) for part in ledger.acts])
        for name in ("sim", "time_s", "what", "peer", "number", "seconds")
    )
    chance = np.where(seconds == 0, rng.uniform(0.03, 0.12), rng.uniform(0.002, 0.02))
    back = np.flatnonzero((what == CALL) & (number > 100_000) & (rng.random(len(sim)) < chance))
    ours = np.flatnonzero((what == CALL) & (peer >= 0) & (rng.random(len(sim)) < chance))
    answers = np.array([SILENT.get(kind, 0.1 if kind in MACHINES else 0.8) for kind in ledger.kind])
    for rows, inward in ((back[peer[back] < 0], True), (ours, False)):
        at = time[rows] + rng.exponential(1.0, len(rows)) * rng.choice([600.0, 7_200.0], len(rows)) + 30
        length = np.where(
            rng.random(len(rows)) < answers[sim[rows]], np.maximum(2, rng.lognormal(3.5, 1, len(rows))), 0
        )
        if inward:
            ledger.act(sim[rows], at, CALLED, -1, number[rows], length)
        else:
            ledger.act(peer[rows], at, CALL, sim[rows], 0, length)


def exchange(ledger: Ledger, folk: Folk) -> None:
    """Lost or worn SIMs: a new IMSI goes on in the same phone under the same number."""
    rng, end = ledger.rng, ledger.laws.end_s
    plain = np.array([ledger.kind[sim] not in ("guest",) for sim in folk.sims.tolist()])
    share = rng.uniform(0.0003, 0.0015) * ledger.laws.days
    old = folk.sims[plain & (rng.random(len(folk.sims)) < share)]
    when = rng.uniform(0, end, len(old))
    imei = held(ledger, old, when)
    for n, sim in enumerate(old.tolist()):
        new = ledger.sims(1, ledger.kind[sim])
        ledger.hold(new, when[n], imei[n])
        ledger.body[int(new[0])] = ledger.body.get(sim, sim)
        ledger.dead[sim], ledger.born[int(new[0])] = float(when[n]), float(when[n])
        ledger.swaps.append((sim, int(new[0]), float(when[n])))


def repair(ledger: Ledger, shop: Shop, folk: Folk, subscribers: int) -> None:
    """Repair shops try customers' SIMs in a phone of theirs: minutes each, a test call or two, all on one IMEI."""
    rng = ledger.rng
    for _ in range(int(rng.poisson(rng.uniform(2, 6) * subscribers / 10_000))):
        x, y = ledger.terrain.settle(rng, 1, 1.5)
        bench_phone = shop.handset(1)
        for day in range(ledger.laws.days):
            visits = int(rng.integers(1, 8))
            who = rng.choice(folk.sims, visits, replace=False)
            at = np.sort(day * DAY_S + rng.uniform(9.5, 18.5, visits) * HOUR_S)
            stay = rng.uniform(4, 25, visits) * 60
            own = held(ledger, who, at)
            ledger.hold(who, at, bench_phone)
            ledger.hold(who, at + stay, own)
            for n in range(visits):
                ledger.kind[int(who[n])] = "repair-customer"
                ledger.travel(who[n : n + 1], at[n : n + 1], x, y, at[n] - 300, at[n] + stay[n] + 600)
            test = rng.random(visits) < 0.8
            ledger.act(who[test], at[test] + 90, CALL, -1, rng.choice([10_000, 10_001, 10_086], test.sum()), 12.0)
