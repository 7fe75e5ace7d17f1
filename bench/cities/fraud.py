"""What is hunted and stands still, five forms. Each adds one box: SIMs, turns at ports, devices, acts, places."""

import numpy as np

from .devices import Shop
from .laws import DAY_S, HOUR_S, Floats, moments
from .ledger import CALL, CALLED, TEXT, TEXTED, Ledger
from .people import SERVICES
from .shifts import Shifts, add_box, add_place, announce, begun, cut_power, plug, stand, turns, within
from .terrain import Ints


def flat(rng: np.random.Generator, low: float = 0.3) -> Floats:
    """A box's rhythm: that of somewhere else, never quite asleep; mean 1."""
    shape = low + np.exp(np.cos((np.arange(24) - rng.uniform(0, 24)) / 12 * np.pi) * rng.uniform(0.5, 1.5))
    return np.asarray(shape / shape.mean())


def daytime(rng: np.random.Generator) -> Floats:
    hour = np.arange(24)
    shape = np.where((hour >= rng.integers(7, 10)) & (hour < rng.integers(18, 23)), 1.0, 0.02)
    return np.asarray(shape / shape.mean())


def looks(rng: np.random.Generator, evasive: bool) -> str:
    if evasive:
        return str(rng.choice(["random", "handset", "twins"]))
    return str(rng.choice(["module", "batch", "handset", "random"], p=[0.4, 0.25, 0.2, 0.15]))


def keyed(rng: np.random.Generator, evasive: bool) -> str:
    """What an IMEI goes with: the port, the SIM, or each turn anew."""
    return str(rng.choice(["port", "sim", "turn"], p=[0.2, 0.4, 0.4] if evasive else [0.5, 0.45, 0.05]))


def pace(rng: np.random.Generator, low: float, high: float, evasive: bool) -> float:
    """Acts an hour: a third of a busy box's where it evades (of a slow box's there would be nothing left to see)."""
    return float(rng.uniform((low + high) / 2, high) / 3 if evasive else rng.uniform(low, high))


def spot(ledger: Ledger, count: int = 1) -> tuple[Floats, Floats]:
    return ledger.terrain.settle(ledger.rng, count, float(ledger.rng.uniform(0.6, 1.4)))


def ring_strangers(
    ledger: Ledger,
    shifts: Shifts,
    per_hour: float,
    rhythm: Floats,
    talk: Floats,
    answer: float,
    again: float,
    own: bool = False,
) -> None:
    """Calls out; `again` is the share to a number the box (the SIM itself: `own`) rings else, talk (median, spread)."""
    rng = ledger.rng
    row, at = within(rng, shifts, per_hour, rhythm)
    peer, number = ledger.strangers(len(row), float(rng.uniform(0.1, 0.5)))
    old = rng.random(len(row)) < again
    if len(row):
        earlier = _earlier(rng, shifts.sim[row], at) if own else rng.permutation(len(row))
        peer, number = np.where(old, peer[earlier], peer), np.where(old, number[earlier], number)
    length = np.where(rng.random(len(row)) < answer, np.maximum(1, talk[0] * rng.lognormal(0, talk[1], len(row))), 0)
    ledger.act(shifts.sim[row], at, CALL, peer, number, length, fraud=True)


def _earlier(rng: np.random.Generator, sim: Ints, at: Floats) -> Ints:
    """For each act an earlier one of the same SIM, itself where there is none."""
    order = np.lexsort((at, sim))
    first = np.searchsorted(sim[order], sim[order])
    pick = first + (rng.random(len(sim)) * (np.arange(len(sim)) - first)).astype(np.int64)
    found = np.empty(len(sim), np.int64)
    found[order] = order[pick]
    return found


def called_back(ledger: Ledger, shifts: Shifts, per_hour: float, rhythm: Floats) -> None:
    row, at = within(ledger.rng, shifts, per_hour, rhythm)
    peer, number = ledger.strangers(len(row), 0.3)
    length = np.where(ledger.rng.random(len(row)) < 0.5, ledger.rng.lognormal(3.2, 1, len(row)), 0)
    ours = peer >= 0
    ledger.act(peer[ours], at[ours], CALL, shifts.sim[row][ours], 0, length[ours])
    ledger.act(shifts.sim[row][~ours], at[~ours], CALLED, -1, number[~ours], length[~ours])


def naive(ledger: Ledger, shop: Shop, evasive: bool) -> None:
    """A bypass gateway: 2-64 ports, 1-4 SIMs each, calls to strangers day and night."""
    rng, laws = ledger.rng, ledger.laws
    box = add_box(ledger, "naive")
    ports = int(np.exp(rng.uniform(np.log(2), np.log(64))))
    each = int(rng.integers(1, 5)) if ports <= 32 else int(rng.integers(1, 3))
    sims = ledger.sims(ports * each, "naive", box)
    start = rng.uniform(0, 0.5) * laws.end_s if rng.random() < 0.4 else 0.0
    dwell = float(rng.choice([20, 30, 60, 120, 240])) * 60
    shifts = turns(rng, sims, ports, dwell, start, laws.end_s, round_s=float(rng.random() < 0.7))
    shifts = cut_power(rng, shifts)
    if rng.random() < 0.35:
        shifts = _replaced(ledger, shifts, box)
    x, y = spot(ledger)
    stand(ledger, shifts, x, y)
    plug(ledger, shop, shifts, keyed(rng, evasive), looks(rng, evasive))
    announce(ledger, shifts)
    begun(ledger, shifts)
    rate = pace(rng, 4, 14, evasive)
    talk = np.array([rng.uniform(40, 160), rng.uniform(0.7, 1.2)])
    ring_strangers(
        ledger,
        shifts,
        rate,
        flat(rng),
        talk,
        rng.uniform(0.3, 0.65),
        rng.uniform(0.2, 0.45) if evasive else rng.uniform(0, 0.1),
    )
    if evasive or rng.random() < 0.3:
        called_back(ledger, shifts, rate * (0.15 if evasive else 0.03), flat(rng))
    add_place(ledger, box, "naive", 1, float(x[0]), float(y[0]), start, laws.end_s)


def _replaced(ledger: Ledger, shifts: Shifts, box: int) -> Shifts:
    """SIMs that the carrier blocks give way to new ones in the same ports."""
    rng = ledger.rng
    sim = shifts.sim.copy()
    for old in np.unique(sim[rng.random(len(sim)) < 0.05]).tolist():
        blocked = rng.uniform(shifts.start_s.min(), ledger.laws.end_s)
        sim[(shifts.sim == old) & (shifts.start_s > blocked)] = ledger.sims(1, "naive", box)[0]
    return Shifts(sim, shifts.start_s, shifts.stop_s, shifts.port, shifts.gateway)


def human(ledger: Ledger, shop: Shop, evasive: bool) -> None:
    """A bank that plays people: sleep, mutual calls, messages, incoming calls, turns at gateways of several cells."""
    rng, laws = ledger.rng, ledger.laws
    box = add_box(ledger, "human")
    gateways = int(rng.integers(1, 6))
    count = int(np.exp(rng.uniform(np.log(8), np.log(128))))
    sims = ledger.sims(count, "human", box)
    x, y = spot(ledger, gateways)
    start = float(rng.choice([0.0, rng.uniform(0, 0.4) * laws.end_s]))
    ports = max(1, int(count / rng.uniform(1.5, 4)))
    wake, rest = rng.uniform(6.5, 9), rng.uniform(21, 23.8)
    shifts = turns(rng, sims, ports, rng.uniform(1, 6) * HOUR_S, start, laws.end_s, (wake, rest))
    shifts = Shifts(shifts.sim, shifts.start_s, shifts.stop_s, shifts.port, rng.integers(0, gateways, len(shifts.sim)))
    shifts = cut_power(rng, shifts)
    stand(ledger, shifts, x, y)
    plug(ledger, shop, shifts, keyed(rng, evasive), looks(rng, evasive))
    announce(ledger, shifts)
    begun(ledger, shifts)
    rate = pace(rng, 0.7, 6, evasive)
    talk = np.array([rng.uniform(40, 150), rng.uniform(0.8, 1.2)])
    ring_strangers(
        ledger,
        shifts,
        rate,
        daytime(rng),
        talk,
        rng.uniform(0.4, 0.75),
        rng.uniform(0.05, 0.45) + (0.15 if evasive else 0),
        own=True,
    )
    called_back(ledger, shifts, rate * rng.uniform(0.05, 0.35), daytime(rng))
    _among(ledger, shifts, sims, rate * rng.uniform(0.1, 0.3))
    _past(ledger, shop, sims)
    for gateway in range(gateways):
        add_place(ledger, box, "human", gateway + 1, float(x[gateway]), float(y[gateway]), start, laws.end_s)


def _among(ledger: Ledger, shifts: Shifts, sims: Ints, per_hour: float) -> None:
    """Calls and messages between the bank's own SIMs: decoys, not counted as fraud."""
    rng = ledger.rng
    for what, share in ((CALL, 1.0), (TEXT, rng.uniform(0.3, 1.5))):
        row, at = within(rng, shifts, per_hour * share, daytime(rng))
        peer = rng.choice(sims, len(row))
        fine = peer != shifts.sim[row]
        length = rng.lognormal(3.5, 0.8, len(row))
        ledger.act(shifts.sim[row][fine], at[fine], what, peer[fine], 0, length[fine] if what == CALL else 0.0)


def _past(ledger: Ledger, shop: Shop, sims: Ints) -> None:
    """Some SIMs were a person's before they joined: another place, another phone, a few contacts."""
    rng = ledger.rng
    for sim in sims[rng.random(len(sims)) < rng.uniform(0, 0.6)].tolist():
        joined = ledger.joined[sim]
        if joined < 6 * HOUR_S:
            continue
        one = np.array([sim])
        ledger.born[sim] = 0.0
        ledger.plugged.append((one, np.array([-1.0]), np.array([joined - 2_400])))
        x, y = ledger.terrain.settle(rng, 1)
        ledger.place(one, [-DAY_S, joined - 1_800], x, y)
        ledger.hold(one, -DAY_S, shop.handset(1))
        for what in (CALL, CALLED, TEXT, TEXTED):
            count = rng.poisson(2.0 * joined / DAY_S)
            day = np.floor(rng.uniform(0, max(joined, 1) / DAY_S, count))
            at = day * DAY_S + moments(rng, ledger.laws.work_by_hour, count)
            kept = at < joined - 3_600
            number = rng.choice(rng.integers(10**8, 10**9, 6), count)[kept]
            ledger.act(
                np.repeat(sim, kept.sum()),
                at[kept],
                what,
                -1,
                number,
                rng.lognormal(3.6, 1, kept.sum()) if what < TEXT else 0.0,
            )


def scam(ledger: Ledger, shop: Shop, evasive: bool) -> None:
    """A relay for swindlers: 1-8 ports, SIMs that live for hours, office hours, a few very long calls."""
    rng, laws = ledger.rng, ledger.laws
    box = add_box(ledger, "scam")
    ports = int(rng.integers(1, 9))
    first = int(rng.integers(0, max(1, laws.days - 1)))
    span = int(rng.integers(1, laws.days - first + 1))
    dwell = rng.uniform(1.5, 7) * HOUR_S
    opened, closed = rng.uniform(8, 10), rng.uniform(17, 20)
    need = int(np.ceil((closed - opened) * HOUR_S / dwell) + 1) * span * ports
    sims = ledger.sims(need, "scam", box)
    shifts = _one_life(rng, sims, ports, dwell, first, span, (opened, closed))
    x, y = spot(ledger)
    stand(ledger, shifts, x, y)
    plug(ledger, shop, shifts, keyed(rng, evasive), looks(rng, evasive))
    announce(ledger, shifts)
    begun(ledger, shifts)
    rate = pace(rng, 10, 40, evasive)
    mean = np.ones(24)
    ring_strangers(
        ledger,
        shifts,
        rate,
        mean,
        np.array([rng.uniform(12, 35), 1.0]),
        rng.uniform(0.3, 0.6),
        0.25 if evasive else 0.05,
    )
    ring_strangers(ledger, shifts, rate * 0.03, mean, np.array([1_800.0, 0.6]), 1.0, 0.2)
    if evasive:
        called_back(ledger, shifts, rate * 0.12, mean)
    add_place(ledger, box, "scam", 1, float(x[0]), float(y[0]), first * DAY_S, (first + span) * DAY_S)


def _one_life(
    rng: np.random.Generator, sims: Ints, ports: int, dwell: float, first: int, span: int, hours: tuple[float, float]
) -> Shifts:
    """Every SIM has one turn and is thrown away."""
    rows = []
    spare = iter(sims.tolist())
    for day in range(first, first + span):
        for port in range(ports):
            at, close = (day * 24 + hours[0]) * HOUR_S + rng.uniform(0, 1_200), (day * 24 + hours[1]) * HOUR_S
            while at < close - 600:
                sim = next(spare, None)
                if sim is None:
                    break
                length = dwell * rng.uniform(0.7, 1.4)
                rows.append((sim, at, min(at + length, close), port))
                at += length + rng.uniform(60, 600)
    table = np.array(rows).reshape(-1, 4)
    sim = table[:, 0].astype(np.int64)
    return Shifts(sim, table[:, 1], table[:, 2], table[:, 3].astype(np.int64), np.zeros(len(sim), np.int64))


def sms(ledger: Ledger, shop: Shop, evasive: bool) -> None:
    """A modem pool that sends the same message to strangers, in rounds."""
    rng, laws = ledger.rng, ledger.laws
    box = add_box(ledger, "sms")
    ports = int(np.exp(rng.uniform(np.log(1), np.log(64))))
    sims = ledger.sims(ports * int(rng.integers(1, 3)), "sms", box)
    start = rng.uniform(0, 0.5) * laws.end_s
    hours = (rng.uniform(7, 10), rng.uniform(18, 24))
    shifts = turns(rng, sims, ports, rng.uniform(0.5, 5) * HOUR_S, start, laws.end_s, hours)
    shifts = cut_power(rng, shifts)
    x, y = spot(ledger)
    stand(ledger, shifts, x, y)
    plug(ledger, shop, shifts, keyed(rng, evasive), looks(rng, evasive))
    announce(ledger, shifts)
    begun(ledger, shifts)
    row, at = within(rng, shifts, pace(rng, 15, 120, evasive), daytime(rng))
    peer, number = ledger.strangers(len(row), float(rng.uniform(0.05, 0.5)))
    ledger.act(shifts.sim[row], at, TEXT, peer, number, fraud=True)
    reply = np.flatnonzero((rng.random(len(row)) < rng.uniform(0.002, 0.02)) & (peer < 0))
    ledger.act(shifts.sim[row][reply], at[reply] + rng.exponential(900, len(reply)), TEXTED, -1, number[reply])
    add_place(ledger, box, "sms", 1, float(x[0]), float(y[0]), start, laws.end_s)


def otp(ledger: Ledger, shop: Shop, evasive: bool) -> None:
    """A pool that takes registration codes: messages in, one act out as the SIM is activated."""
    rng, laws = ledger.rng, ledger.laws
    box = add_box(ledger, "otp")
    count = int(np.exp(rng.uniform(np.log(8), np.log(128))))
    sims = ledger.sims(count, "otp", box)
    start = rng.uniform(0, 0.4) * laws.end_s
    ports = max(1, int(count / rng.choice([1, 4, 8, 16])))
    shifts = turns(rng, sims, ports, float(rng.choice([0.5, 1, 3, 8])) * HOUR_S, start, laws.end_s)
    shifts = cut_power(rng, shifts)
    x, y = spot(ledger)
    stand(ledger, shifts, x, y)
    plug(ledger, shop, shifts, keyed(rng, evasive), looks(rng, evasive))
    announce(ledger, shifts)
    begun(ledger, shifts)
    per_day = pace(rng, 8, 40, evasive)
    share = (shifts.stop_s - shifts.start_s).sum() / len(np.unique(shifts.sim)) / (laws.end_s - start)
    row, at = within(rng, shifts, per_day / 24 / share, flat(rng))
    number = rng.choice(rng.choice(SERVICES, int(rng.integers(3, 25)), replace=False), len(row))
    other = rng.random(len(row)) < rng.uniform(0, 0.4)
    number = np.where(other, rng.integers(10**8, 10**9, len(row)), number)
    ledger.act(shifts.sim[row], at, TEXTED, -1, number, fraud=True)
    _, once = np.unique(shifts.sim, return_index=True)
    what = CALL if rng.random() < 0.5 else TEXT
    ledger.act(shifts.sim[once], shifts.start_s[once] + 120, what, -1, 10_010, 8.0 if what == CALL else 0.0)
    add_place(ledger, box, "otp", 1, float(x[0]), float(y[0]), start, laws.end_s)
