"""Makes the trades of `trades` live in a city."""

import numpy as np

from .devices import Shop, next_to
from .jobs import TRADES
from .laws import DAY_S, HOUR_S, Floats, moments, shift_by_hour
from .ledger import CALL, CALLED, TEXT, TEXTED, UPDATE, Ledger
from .people import SERVICES, Folk, rove
from .terrain import Ints
from .trades import Range, Trade


def open_all(ledger: Ledger, shop: Shop, folk: Folk, subscribers: int, only: tuple[Trade, ...] = TRADES) -> None:
    """Every trade as often as its range says; overlay trades take people that have none yet."""
    rng = ledger.rng
    free = rng.permutation(np.flatnonzero(np.isin(folk.kind, (0, 2, 3))))
    for trade in only:
        places = int(rng.poisson(rng.uniform(*trade.per_10k) * subscribers / 10_000))
        if trade.overlay:
            who, free = free[:places], free[places:]
            for row in who:
                _overlay(ledger, shop, folk, int(row), trade)
        elif trade.crowd:
            for _ in range(places):
                size = int(rng.integers(*trade.sims))
                crowd, free = free[:size], free[size:]
                _crowd(ledger, folk, crowd, trade)
        else:
            for _ in range(places):
                _site(ledger, shop, trade)


def _overlay(ledger: Ledger, shop: Shop, folk: Folk, row: int, trade: Trade) -> None:
    sims = folk.sims[row : row + 1]
    ledger.kind[sims[0]] = trade.kind
    if trade.moves == "roves":
        for day in range(ledger.laws.days):
            rove(
                ledger,
                sims,
                folk.home_x[row : row + 1],
                folk.home_y[row : row + 1],
                (day * 24 + 9) * HOUR_S,
                9 * HOUR_S,
                20,
            )
    if trade.device == "slots" and ledger.rng.random() < 0.5:
        imei = shop.handset(1)
        ledger.hold(sims, -0.5, imei)
        second = ledger.sims(1, trade.kind)
        ledger.hold(second, -0.5, next_to(imei))
        ledger.body[int(second[0])] = int(sims[0])
        sims = np.concatenate([sims, second])
    business(ledger, sims, trade)


def _crowd(ledger: Ledger, folk: Folk, rows: Ints, trade: Trade) -> None:
    """People at one point: all night (dormitory), in working hours (office), for one evening (stadium)."""
    rng = ledger.rng
    x, y = ledger.terrain.settle(rng, 1, 1.5)
    hours = {"dormitory": (18.0, 31.5), "office-crowd": (8.5, 18.0)}.get(trade.kind, (19.0, 22.0))
    days = range(ledger.laws.days) if trade.kind != "stadium" else [int(rng.integers(ledger.laws.days))]
    for row in rows.tolist():
        ledger.kind[int(folk.sims[row])] = trade.kind
        sim = folk.sims[row : row + 1]
        for day in days:
            late = rng.normal(0, 0.3, 2)
            go, back = day * DAY_S + (hours[0] + late[0]) * HOUR_S, day * DAY_S + (hours[1] + late[1]) * HOUR_S
            spot = np.array([x[0], y[0]]) + rng.normal(0, 25, 2)
            ledger.travel(sim, np.array([[go, back]]), spot[0], spot[1], go - 600, back + 600)


def _site(ledger: Ledger, shop: Shop, trade: Trade) -> None:
    rng = ledger.rng
    count = int(rng.integers(trade.sims[0], trade.sims[1] + 1))
    sims = ledger.sims(count, trade.kind)
    x, y = ledger.terrain.settle(rng, 1, 1.3)
    ledger.place(sims, -DAY_S, x[0] + rng.normal(0, 8, count), y[0] + rng.normal(0, 8, count))
    if trade.moves == "roves":
        for day in range(ledger.laws.days):
            rove(ledger, sims, np.repeat(x, count), np.repeat(y, count), (day * 24 + 7) * HOUR_S, 12 * HOUR_S, 20)
    ledger.hold(sims, -1.0, devices(shop, trade.device, count))
    business(ledger, sims, trade)


def devices(shop: Shop, how: str, count: int) -> Ints:
    if how == "module":
        return shop.module(count)
    if how == "batch":
        return shop.batch(count, module=bool(shop.rng.random() < 0.5))
    if how == "slots":
        first = shop.handset((count + 1) // 2)
        return np.column_stack([first, next_to(first)]).ravel()[:count]
    return shop.handset(count)


def business(ledger: Ledger, sims: Ints, trade: Trade) -> None:
    """The acts of a place's SIMs over all days."""
    rng, laws = ledger.rng, ledger.laws
    pool = int(rng.integers(trade.pool[0], trade.pool[1] + 1))
    regular = ledger.strangers(pool, trade.near)
    fresh = rng.uniform(*trade.fresh)
    answer = rng.uniform(*trade.answer)
    talk = rng.uniform(*trade.talk_s)
    weekend = rng.uniform(*trade.weekend)
    rhythm = shift_by_hour(rng.uniform(*trade.hours[0]), rng.uniform(*trade.hours[1]) % 24.0001, 0.002)
    if trade.device != "module" and not trade.even:  # people eat
        rhythm[12:14] *= rng.uniform(0.2, 1.0, 2)
        rhythm /= rhythm.sum()
    rates = {
        what: one_rate(rng, span)
        for what, span in ((CALL, trade.calls), (CALLED, trade.called), (TEXT, trade.texts), (TEXTED, trade.texted))
    }
    period = rng.uniform(*trade.period_h) * HOUR_S
    works = rng.random((len(sims), laws.days)) > (0.0 if trade.device == "module" or trade.even else 0.12)
    for day in range(laws.days):
        level = weekend if bool(laws.is_rest(np.array([day]))[0]) else 1.0
        for what, rate in rates.items():
            mine = rate * rng.lognormal(0, 0.35, len(sims)) * level * works[:, day]
            who = np.repeat(sims, rng.poisson(mine))
            at = day * DAY_S + moments(rng, rhythm, len(who))
            if period and what in (CALL, TEXT) and rate:
                who, at = _beats(rng, sims, period, day)
            if what == TEXT and rate > 40:
                at = _waves(rng, at)
            _write(
                ledger, who, at, what, regular, fresh if what in (CALL, TEXT) else min(0.8, fresh), answer, talk, trade
            )


def one_rate(rng: np.random.Generator, span: Range) -> float:
    low, high = max(span[0], 0.01), max(span[1], 0.01)
    return 0.0 if span[1] <= 0 else float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _beats(rng: np.random.Generator, sims: Ints, period: float, day: int) -> tuple[Ints, Floats]:
    beats = np.arange(0, DAY_S, period)
    phase = (sims * 7_901.0) % period
    who = np.repeat(sims, len(beats))
    at = day * DAY_S + (beats[None, :] + phase[:, None]).ravel() + rng.normal(0, 4, len(who))
    return who, at


def _waves(rng: np.random.Generator, at: Floats) -> Floats:
    """Messages in rounds: most go out within minutes of a few moments."""
    if len(at) < 5:
        return at
    moments_s = rng.choice(at, max(1, len(at) // 40))
    return np.asarray(
        np.where(rng.random(len(at)) < 0.6, rng.choice(moments_s, len(at)) + rng.exponential(240, len(at)), at)
    )


def _write(
    ledger: Ledger,
    who: Ints,
    at: Floats,
    what: int,
    regular: tuple[Ints, Ints],
    fresh: float,
    answer: float,
    talk: float,
    trade: Trade,
) -> None:
    rng, count = ledger.rng, len(who)
    pick = np.minimum((len(regular[0]) * rng.random(count) ** 1.4).astype(np.int64), len(regular[0]) - 1)
    peer, number = regular[0][pick], regular[1][pick]
    new_peer, new_number = ledger.strangers(count, trade.near if what in (CALL, TEXT) else 0.0)
    new = rng.random(count) < fresh
    peer, number = np.where(new, new_peer, peer), np.where(new, new_number, number)
    if what in (CALLED, TEXTED):  # by SIMs of this carrier: their own call, whose second leg comes by itself
        ours = peer >= 0
        told = np.where(rng.random(count) < 0.9, np.maximum(1, talk * rng.lognormal(0, 0.9, count)), 0)
        ledger.act(peer[ours], at[ours], what - 1, who[ours], 0, told[ours] if what == CALLED else 0.0)
        who, at, peer, number, count = who[~ours], at[~ours], peer[~ours], number[~ours], int((~ours).sum())
    if what == TEXTED:
        number = np.where(rng.random(count) < (0.3 if trade.fresh[1] else 0.0), rng.choice(SERVICES, count), number)
    length = talk * (rng.normal(1, 0.06, count) if trade.even else rng.lognormal(0, 0.9, count))
    seconds = np.where(rng.random(count) < (answer if what == CALL else 0.9), np.maximum(1, length), 0)
    ledger.act(who, at, what, peer, number, seconds if what in (CALL, CALLED) else 0.0)


def updates(ledger: Ledger) -> None:
    """Location updates of all SIMs: when they come alive and every so often."""
    rng, laws = ledger.rng, ledger.laws
    count = len(ledger.kind)
    born = np.array(ledger.born)
    ticks = np.arange(0, laws.end_s, laws.update_s)
    sim = np.repeat(np.arange(count), len(ticks))
    at = (ticks[None, :] + rng.uniform(0, laws.update_s, (count, 1))).ravel() + rng.normal(0, 5, len(sim))
    kept = rng.random(len(sim)) < 0.7
    ledger.act(sim[kept], at[kept], UPDATE)
    late = np.flatnonzero(born > 0)
    ledger.act(late, born[late] + rng.uniform(2, 40, len(late)), UPDATE)
