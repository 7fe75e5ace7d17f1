"""Ordinary people: households, workplaces, friends, phones; where they go; whom they ring up and text.

A person's contacts are mutual where both are of this carrier. Kinds: worker, pupil, still (hardly leaves home), roving
(drives all day), night (works at night), guest (a short-lived SIM: traveller, roamer, new customer), child (a watch).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .devices import Shop, next_to
from .laws import DAY_S, HOUR_S, Floats, heavy, moments
from .ledger import CALL, CALLED, TEXT, TEXTED, Ledger
from .terrain import Ints

KINDS = ("worker", "pupil", "still", "roving", "night", "guest", "child")


@dataclass(frozen=True, slots=True)
class Folk:
    """Where each person lives and works; rows follow `sims`."""

    sims: Ints
    kind: Ints
    home_x: Floats
    home_y: Floats
    work_x: Floats
    work_y: Floats
    liveliness: Floats


def settle(ledger: Ledger, shop: Shop, count: int) -> Folk:
    """Adds `count` people with homes, phones, contacts and their acts."""
    rng, laws = ledger.rng, ledger.laws
    still = laws.still
    mix = np.array([0.56 - still * 0.5, 0.16, still * 0.7, 0.05, 0.05, 0.04 + laws.churn_day, 0.02])
    kind = rng.choice(len(KINDS), count, p=mix / mix.sum())
    sims = ledger.sims(count, "person")
    for sim, which in zip(sims.tolist(), kind.tolist(), strict=True):
        ledger.kind[sim] = KINDS[which]
    house = np.cumsum((rng.random(count) < 1 / rng.uniform(1.8, 3.2)).astype(np.int64))
    hx, hy = ledger.terrain.settle(rng, int(house[-1]) + 1)
    firms = max(20, count // 25)
    fx, fy = ledger.terrain.settle(rng, firms, 1.6)
    firm = rng.choice(firms, count, p=_zipf(firms, 0.8))
    folk = Folk(
        sims,
        kind,
        hx[house],
        hy[house],
        fx[firm],
        fy[firm],
        heavy(rng, laws.calls_family, 1.0, laws.calls_spread, count),
    )
    ledger.people = np.concatenate([ledger.people, sims[(kind != 6)]])
    _phones(ledger, shop, folk)
    _lives(ledger, folk)
    _walks(ledger, folk)
    edges = _friends(rng, count, house, firm)
    talk(ledger, folk, edges)
    return folk


def _zipf(count: int, power: float) -> Floats:
    weight = 1.0 / np.arange(1, count + 1) ** power
    return np.asarray(weight / weight.sum())


def _phones(ledger: Ledger, shop: Shop, folk: Folk) -> None:
    rng, laws, count = ledger.rng, ledger.laws, len(folk.sims)
    imei = shop.handset(count)
    second = np.flatnonzero(rng.random(count - 1) < laws.dual_sim) + 1
    imei[second] = next_to(imei[second - 1])
    for column in (folk.home_x, folk.home_y, folk.work_x, folk.work_y):
        column[second] = column[second - 1]
    folk.kind[second] = folk.kind[second - 1]
    ledger.body.update(zip(folk.sims[second].tolist(), folk.sims[second - 1].tolist(), strict=True))
    quiet = second[rng.random(len(second)) < 0.6]  # the number for codes and parcels: hardly ever used to call
    folk.liveliness[quiet] *= rng.uniform(0, 0.25, len(quiet))
    ledger.hold(folk.sims, -1.0, imei)
    ledger.imeis = imei
    moved = np.flatnonzero(rng.random(count) < laws.second_hand)
    ledger.hold(folk.sims[moved], rng.uniform(0, laws.end_s, len(moved)), shop.handset(len(moved)))
    sold = rng.permutation(moved)
    buyer = rng.integers(0, count, len(sold))
    ledger.hold(folk.sims[buyer], rng.uniform(0.3, 1.0, len(sold)) * laws.end_s, imei[sold])


def _lives(ledger: Ledger, folk: Folk) -> None:
    rng, end = ledger.rng, ledger.laws.end_s
    guest = folk.sims[folk.kind == 5]
    born = np.where(rng.random(len(guest)) < 0.35, 0.0, rng.uniform(0, end, len(guest)))
    stay = np.where(rng.random(len(guest)) < 0.4, end, rng.gamma(1.2, 1.0 * DAY_S, len(guest)) + 2 * HOUR_S)
    ledger.live(guest, born, np.minimum(born + stay, end))


def _walks(ledger: Ledger, folk: Folk) -> None:
    """Waypoints of every person and day: out to work or errands and home again."""
    rng, laws = ledger.rng, ledger.laws
    count = len(folk.sims)
    reach = ledger.terrain.half_m * 0.95
    leave = np.select([folk.kind == 4, folk.kind == 1], [20.0, 7.3], 8.2) + rng.normal(0, 0.7, count)
    length = np.select([folk.kind == 4, folk.kind == 1], [8.0, 8.5], 9.2) + rng.normal(0, 0.8, count)
    ledger.place(folk.sims, -DAY_S, folk.home_x, folk.home_y)
    for day in range(laws.days):
        rest = bool(laws.is_rest(np.array([day]))[0])
        works = np.isin(folk.kind, (0, 1, 4)) & (rng.random(count) < (0.2 if rest else 0.95))
        wide = np.where(rng.random(count) < 0.1, 0.8, 0.12) * reach
        errand_x = np.clip(folk.home_x + rng.normal(0, 1, count) * wide, -reach, reach)
        errand_y = np.clip(folk.home_y + rng.normal(0, 1, count) * wide, -reach, reach)
        goes = works | (rng.random(count) < np.where(folk.kind == 2, 0.25, 0.7))
        to_x, to_y = np.where(works, folk.work_x, errand_x), np.where(works, folk.work_y, errand_y)
        out = np.where(works, leave, rng.uniform(9, 18, count))
        stay = np.where(works, length, rng.gamma(2.0, 0.8, count)) + rng.normal(0, 0.3, count)
        way = np.hypot(to_x - folk.home_x, to_y - folk.home_y) / rng.uniform(4, 11, count) + 240
        go = day * DAY_S + (out + rng.normal(0, 0.25, count)) * HOUR_S
        back = go + way + np.maximum(stay, 0.3) * HOUR_S
        for at, x, y in (
            (go, folk.home_x, folk.home_y),
            (go + way, to_x, to_y),
            (back, to_x, to_y),
            (back + way, folk.home_x, folk.home_y),
        ):
            ledger.place(folk.sims[goes], at[goes], x[goes], y[goes])
    _rove(ledger, folk, np.flatnonzero(folk.kind == 3))


def _rove(ledger: Ledger, folk: Folk, who: Ints) -> None:
    """Drivers: a new place every half hour or so in the daytime, over what `_walks` gave."""
    for day in range(ledger.laws.days):
        rove(ledger, folk.sims[who], folk.home_x[who], folk.home_y[who], day * DAY_S + 8 * HOUR_S, 10 * HOUR_S)


def rove(ledger: Ledger, sims: Ints, x: Floats, y: Floats, start_s: float, length_s: float, stops: int = 14) -> None:
    """Round trips from x, y over places of the city, `stops` in the time."""
    rng = ledger.rng
    times = start_s + np.sort(rng.uniform(0, length_s, (len(sims), stops)), axis=1)
    to_x, to_y = ledger.terrain.settle(rng, len(sims) * stops, 0.9)
    near = rng.uniform(0.15, 0.7, len(sims))[:, None]
    x2, y2 = x[:, None], y[:, None]
    end = start_s + length_s + 1_500.0
    times = np.column_stack([np.full(len(sims), start_s), times, np.full(len(sims), end - 1)])
    east = np.column_stack([x2, x2 + near * (to_x.reshape(-1, stops) - x2), x2])
    north = np.column_stack([y2, y2 + near * (to_y.reshape(-1, stops) - y2), y2])
    ledger.travel(sims, times, east, north, start_s, end)


def _friends(rng: np.random.Generator, count: int, house: Ints, firm: Ints) -> tuple[Ints, Ints, Floats]:
    """Mutual ties (from, to, weight), both ways: household, colleagues, friends and friends of friends."""
    row = np.arange(count)
    kin = [(row[:-step][same], row[step:][same]) for step in (1, 2, 3) for same in [house[:-step] == house[step:]]]
    by_firm = np.argsort(firm * count + rng.permutation(count))
    mates = [
        (by_firm[:-step][same], by_firm[step:][same])
        for step in (1, 2, 3, 5)
        for same in [firm[by_firm[:-step]] == firm[by_firm[step:]]]
    ]
    social = rng.pareto(1.6, count) + 0.3
    pairs = int(count * rng.uniform(1.5, 3.5))
    left = rng.choice(count, pairs, p=social / social.sum())
    right = rng.choice(count, pairs, p=social / social.sum())
    hop = np.stack([left[:-1], right[1:]])[:, rng.random(pairs - 1) < 0.3]
    a = np.concatenate([part[0] for part in kin + mates] + [left, hop[0]])
    b = np.concatenate([part[1] for part in kin + mates] + [right, hop[1]])
    bond = np.concatenate(
        [np.full(sum(len(part[0]) for part in kin), 5.0), np.ones(len(a) - sum(len(part[0]) for part in kin))]
    )
    weight = bond * rng.lognormal(0, 1.1, len(a))
    good = a != b
    return np.concatenate([a[good], b[good]]), np.concatenate([b[good], a[good]]), np.tile(weight[good], 2)


class Circle:
    """Draws whom a person rings: a contact of this carrier by tie weight, an outside one, or a stranger."""

    def __init__(self, ledger: Ledger, count: int, edges: tuple[Ints, Ints, Floats]) -> None:
        self.ledger, self.count = ledger, count
        order = np.argsort(edges[0], kind="stable")
        self.to = edges[1][order]
        self.total = np.concatenate([[0.0], np.cumsum(edges[2][order])])
        self.start = np.searchsorted(edges[0][order], np.arange(count + 1))
        self.outside = np.maximum(1, ledger.rng.lognormal(2.0, 0.7, count).astype(np.int64))
        self.offset = ledger.rng.integers(10**8, 9 * 10**8, count)
        self.odd = np.clip(ledger.rng.beta(1.2, 1.2 / ledger.laws.strangers - 1.2, count), 0.0, 0.9)

    def contacts(self, row: Ints, *, inside: bool = True) -> tuple[Ints, Ints]:
        """(peer row or -1, number) of a contact of each row."""
        rng = self.ledger.rng
        low, high = self.total[self.start[row]], self.total[self.start[row + 1]]
        pick = np.searchsorted(self.total, low + rng.random(len(row)) * (high - low), side="right") - 1
        known = (high > low) & inside & (rng.random(len(row)) < self.ledger.laws.market)
        place = np.minimum((self.outside[row] * rng.random(len(row)) ** 2.2).astype(np.int64), self.outside[row] - 1)
        number = self.offset[row] + place * 7_919
        return np.where(known, self.to[np.clip(pick, 0, len(self.to) - 1)], -1), number


SERVICES = np.concatenate(
    [
        np.arange(10_000, 10_012),
        95_500 + 11 * np.arange(12),
        106_900_000_000 + 7_919 * np.arange(1, 20) ** 3,
        10_690_000_000_000 + 104_729 * np.arange(1, 12) ** 4,
    ]
)  # a carrier's own lines, banks, and those that send codes for others


def talk(ledger: Ledger, folk: Folk, edges: tuple[Ints, Ints, Floats]) -> None:
    """Calls and messages of all people, out to contacts and strangers, in from outside."""
    rng, laws, count = ledger.rng, ledger.laws, len(folk.sims)
    circle = Circle(ledger, count, edges)
    chatty = heavy(rng, "lognormal", 1.0, 0.35, count)
    texts = np.clip(laws.sms_share * rng.lognormal(0, 0.8, count), 0, 0.95)
    codes = rng.uniform(0.3, 2.5) * rng.gamma(0.7, 1 / 0.7, count)  # parcels, banks, registrations
    rush = (int(rng.integers(-2, laws.days)), float(rng.uniform(9, 22)))  # a day and hour when all ring each other
    for day in range(laws.days):
        rest = bool(laws.is_rest(np.array([day]))[0])
        rate = laws.calls_median * folk.liveliness * np.where(folk.kind == 6, 0.4, 1.0) * (0.8 if rest else 1.0)
        for what, by in (
            (CALL, rate * (1 - texts)),
            (CALLED, rate * (1 - texts) * (1 - laws.market)),
            (TEXT, rate * texts),
            (TEXTED, rate * texts * (1 - laws.market) + codes),
        ):
            row = np.repeat(np.arange(count), rng.poisson(by * 1.3))
            at = day * DAY_S + moments(rng, laws.rest_by_hour if rest else laws.work_by_hour, len(row))
            at = _rush(rng, at, rush) if day == rush[0] else at
            outward = what in (CALL, TEXT)
            peer, number = circle.contacts(row, inside=outward)
            odd = rng.random(len(row)) < circle.odd[row] * (1.0 if what != TEXTED else 3.0)
            shop = rng.random(len(row)) < (0.3 if what != TEXTED else 0.8)
            strange, other = ledger.strangers(len(row), 0.25 if outward else 0.0)
            other = np.where(shop, rng.choice(SERVICES, len(row)), other)
            peer = np.where(odd, np.where(shop, -1, strange), np.where(peer >= 0, folk.sims[peer], -1))
            peer = np.where(peer == folk.sims[row], -1, peer)
            number = np.where(odd, other, number)
            ledger.act(folk.sims[row], at, what, peer, number, spoken(ledger, chatty[row], odd) if what < TEXT else 0.0)


def _rush(rng: np.random.Generator, at: Floats, rush: tuple[int, float]) -> Floats:
    moved = rng.random(len(at)) < 0.15
    return np.where(moved, rush[0] * DAY_S + (rush[1] + rng.gamma(1.5, 0.4, len(at))) * HOUR_S, at)


def spoken(ledger: Ledger, chatty: Floats, odd: NDArray[np.bool_]) -> Floats:
    """Seconds of calls, 0 where nobody answered; strangers answer less and talk shorter."""
    rng, laws = ledger.rng, ledger.laws
    length = heavy(rng, laws.talk_family, laws.talk_median_s, laws.talk_spread, len(chatty)) * chatty
    answered = rng.random(len(chatty)) < laws.answer * np.where(odd, 0.85, 1.0)
    return np.where(answered, np.maximum(1.0, np.minimum(length, 7_000)), 0.0)
