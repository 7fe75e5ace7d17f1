"""Honest people and machines of a made-up city, look-alikes of boxes among them."""

import numpy as np

from detection.town.canvas import DAY_S, FIRST_DAY_S, Canvas, Floats, Ints
from detection.town.trades import open_shops


def settle(town: Canvas, trades: float = 1.0) -> None:
    """People and machines; `trades` scales how many workplaces look like a box."""
    rng = town.rng
    town.inside_share = float(rng.uniform(0.3, 0.7))
    groups = {
        "call-centre": (int(rng.integers(1, 3)), _call_centre),
        "telesales": (int(rng.integers(1, 4)), _telesales),
        "courier": (max(4, town.wanted // 250), _courier),
        "taxi": (max(3, town.wanted // 400), _taxi),
        "hotel": (max(2, town.wanted // 4000), _hotel),
        "notifier": (max(2, town.wanted // 2500), _notifier),
        "meters": (max(1, town.wanted // 5000), _meters),
        "alarm": (max(2, town.wanted // 2500), _alarm),
        "repair-shop": (max(1, town.wanted // 8000), _repair_shop),
        "dormitory": (max(1, town.wanted // 8000), _dormitory),
        "pbx": (max(1, town.wanted // 10000), _pbx),
        "clinic": (max(2, town.wanted // 3000), _clinic),
        "two-sims": (max(3, town.wanted // 200), _two_sims),
        "newcomer": (max(3, town.wanted // 150), _newcomer),
        "quiet": (max(3, town.wanted // 40), _quiet),
        "second-hand": (max(2, town.wanted // 700), _second_hand),
        "phone-shop": (max(1, town.wanted // 6_000), _phone_shop),
        "carpool": (max(1, town.wanted // 1_500), _carpool),
        "closed-group": (max(1, town.wanted // 4_000), _closed_group),
    }
    _people(town)
    open_shops(town, trades)
    for count, make_group in groups.values():
        for _ in range(count):
            make_group(town)
    while len(town.kind_of) < town.wanted:
        town.sim("ordinary", town.place(), town.place(), 400.0)


def _people(town: Canvas) -> None:
    rng, n = town.rng, town.ordinary
    for at in range(n):
        home, roams = town.place(), float(rng.lognormal(5.5, 0.8))
        if at % 60 == 0:
            town.sim("heavy", home, town.place(), roams)
        elif at % 7 == 0:
            town.sim("home", home, home, float(rng.uniform(0, 60)))
        else:
            town.sim("ordinary", home, town.place(), roams)
    rate = rng.gamma(1.2, float(rng.uniform(2.0, 4.5)) / 1.2, n)  # acts begun a day
    rate[::60] = rng.uniform(40, 130, len(rate[::60]))
    _social(town, np.arange(n), rate)


def _social(town: Canvas, who: Ints, rate: Floats, *, wake: tuple[float, float] = (7.0, 23.5)) -> None:
    """Calls and messages with a circle of friends, some numbers once, some service messages."""
    rng = town.rng
    counts = rng.poisson(rate * town.days)
    acts = np.repeat(who, counts)
    circle = np.maximum(2, rng.lognormal(2.2, 0.6, len(who))).astype(int)
    size = np.repeat(circle, counts)
    rank = np.minimum((size * rng.random(len(acts)) ** 2).astype(int), size - 1)
    # friends live beside each other on a ring of a fixed permutation, so that friendship is mutual
    order = np.random.default_rng(7).permutation(town.ordinary)
    place = np.empty(town.ordinary, np.int64)
    place[order] = np.arange(town.ordinary)
    mine = place[acts % town.ordinary]
    side = np.where(rng.random(len(acts)) < 0.5, 1, -1)
    friend = order[(mine + side * (rank + 1)) % town.ordinary]
    stranger = rng.random(len(acts)) < rng.beta(2, 8, len(who)).repeat(counts)
    whom = friend.copy()
    whom[stranger] = town.strangers(int(stranger.sum()))
    early, late = (
        rng.normal(wake[0], 1.0, len(who)).repeat(counts),
        rng.normal(wake[1], 1.0, len(who)).repeat(counts),
    )
    when = town.hours(len(acts), 0, 1) // DAY_S * DAY_S + 3600 * (
        early + (late - early) * rng.beta(1.6, 1.4, len(acts))
    )
    message = rng.random(len(acts)) < rng.beta(1.2, 4, len(who)).repeat(counts)
    answered = rng.random(len(acts)) < 0.72
    begins = rng.beta(3, 3, len(who)).repeat(counts)  # some people mostly call, some are mostly called
    inward = rng.random(len(acts)) < np.where(whom < 0, 0.45, begins * 0.8)
    town.acts.add(acts, whom, when, town.talk(len(acts), 95.0, 1.1), message=message, inward=inward, answered=answered)
    noticed = rng.uniform(0.3, 4.0) * rng.lognormal(-0.5, 1.0, len(who))  # messages from services a day
    notes = rng.poisson(np.minimum(noticed, 15.0) * town.days)
    served = np.repeat(who, notes)
    town.acts.add(
        served,
        rng.choice(town.service_senders(), len(served)),
        town.hours(len(served), 7, 23),
        0,
        message=True,
        inward=True,
    )


def _desk(
    town: Canvas,
    kind: str,
    seats: int,
    calls_a_day: float,
    hours: tuple[float, float],
    talk_s: float,
    answer: float,
    back: float,
    static: bool = True,
) -> None:
    """People whose work is to call: strangers, from one room, in office hours, and some call back."""
    rng, room = town.rng, town.place()
    tac = str(rng.choice(town.tac))
    days = town.workdays() if rng.random() < 0.8 else np.arange(town.days)
    for _ in range(seats):
        sim = town.sim(kind, room, room, 5.0 if static else 300.0, town.imei(tac if rng.random() < 0.5 else None))
        n = rng.poisson(calls_a_day * rng.uniform(0.6, 1.4) * len(days))
        if not n:
            continue
        when = town.hours(n, hours[0], hours[1], days)
        lunch = ((when % DAY_S) / 3600 > 12) & ((when % DAY_S) / 3600 < 13) & (rng.random(n) < 0.8)
        when[lunch] += 3600
        whom = town.strangers(n)
        again = rng.random(n) < rng.uniform(0.05, 0.25)
        whom[again] = rng.choice(whom, int(again.sum()))
        answered = rng.random(n) < answer
        town.acts.add(np.full(n, sim), whom, when, town.talk(n, talk_s), answered=answered)
        returns = rng.random(n) < back
        town.acts.add(
            np.full(int(returns.sum()), sim),
            whom[returns],
            when[returns] + rng.exponential(5_000, int(returns.sum())),
            town.talk(int(returns.sum()), 60),
            inward=True,
            answered=rng.random(int(returns.sum())) < 0.75,
        )


def _call_centre(town: Canvas) -> None:
    rng = town.rng
    _desk(
        town,
        "call-centre",
        int(rng.integers(8, 40)),
        rng.uniform(40, 130),
        (rng.uniform(7.5, 9.5), rng.uniform(17, 21)),
        rng.uniform(60, 200),
        rng.uniform(0.4, 0.8),
        rng.uniform(0.04, 0.2),
    )


def _telesales(town: Canvas) -> None:
    rng = town.rng
    _desk(
        town,
        "telesales",
        int(rng.integers(3, 18)),
        rng.uniform(80, 220),
        (rng.uniform(8.5, 10), rng.uniform(18, 20.5)),
        rng.uniform(20, 60),
        rng.uniform(0.25, 0.55),
        rng.uniform(0.02, 0.1),
    )


def _courier(town: Canvas) -> None:
    rng, base = town.rng, town.place()
    sim = town.sim("courier", town.place(), base, 1_800.0)
    n = rng.poisson(rng.uniform(40, 110) * town.days)
    whom, when = town.strangers(n), town.hours(n, 8, 20.5, rush=0.4)
    town.acts.add(
        np.full(n, sim),
        whom,
        when,
        town.talk(n, 25, 0.7),
        answered=rng.random(n) < 0.8,
        message=rng.random(n) < 0.1,
    )
    back = rng.random(n) < rng.uniform(0.1, 0.3)
    k = int(back.sum())
    town.acts.add(np.full(k, sim), whom[back], when[back] + rng.exponential(1_500, k), town.talk(k, 30), inward=True)
    own = town.sim("courier", town.home[sim], base, 1_800.0)
    _contact_calls(town, own, rng.uniform(3, 8))
    _contact_calls(town, sim, rng.uniform(0.5, 3))


def _contact_calls(town: Canvas, sim: int, rate: float) -> None:
    rng = town.rng
    circle = rng.integers(0, town.ordinary, int(rng.integers(4, 15)))
    n = rng.poisson(rate * town.days)
    town.chat(sim, circle, n)


def _taxi(town: Canvas) -> None:
    rng = town.rng
    sim = town.sim("taxi", town.place(), town.place(), 3_500.0)
    night = rng.random() < 0.4
    n = rng.poisson(rng.uniform(15, 50) * town.days)
    hours = (17.0, 29.0) if night else (6.0, 20.0)
    town.acts.add(
        np.full(n, sim),
        town.strangers(n),
        town.hours(n, *hours),
        town.talk(n, 30, 0.6),
        inward=rng.random(n) < 0.5,
        answered=rng.random(n) < 0.85,
    )
    _contact_calls(town, sim, 4)


def _hotel(town: Canvas) -> None:
    rng, here = town.rng, town.place()
    for _ in range(int(rng.integers(2, 6))):
        sim = town.sim("hotel", here, here, 5.0)
        n = rng.poisson(rng.uniform(20, 60) * town.days)
        town.acts.add(
            np.full(n, sim),
            town.strangers(n),
            town.hours(n, 0, 24, rush=0.5),
            town.talk(n, 80),
            inward=rng.random(n) < rng.uniform(0.3, 0.6),
            answered=rng.random(n) < 0.7,
        )


def _notifier(town: Canvas) -> None:
    rng, here = town.rng, town.place()
    sim = town.sim("notifier", here, here, 1.0)
    customers = town.strangers(int(rng.integers(40, 400)))
    n = rng.poisson(rng.uniform(60, 600) * town.days)
    hours = (0.0, 24.0) if rng.random() < 0.5 else (8.0, 20.0)
    town.acts.add(np.full(n, sim), rng.choice(customers, n), town.hours(n, *hours), 0, message=True)


def _meters(town: Canvas) -> None:
    rng = town.rng
    head = town.number("1064899000001")
    for _ in range(int(rng.integers(10, 60))):
        sim = town.sim("meter", town.place(), None, 0.5)
        every = float(rng.choice([3_600, 14_400, 43_200]))
        when = FIRST_DAY_S + np.arange(rng.uniform(0, every), town.days * DAY_S, every)
        town.acts.add(np.full(len(when), sim), np.full(len(when), head), when, 0, message=True)


def _alarm(town: Canvas) -> None:
    rng, here = town.rng, town.place()
    sim = town.sim("alarm", here, here, 0.5)
    few = rng.integers(0, town.ordinary, 4)
    n = rng.poisson(rng.uniform(8, 40) * town.days)
    town.acts.add(
        np.full(n, sim), rng.choice(few, n), town.hours(n, 0, 24), rng.uniform(5, 12), answered=rng.random(n) < 0.9
    )


def _repair_shop(town: Canvas) -> None:
    rng, here = town.rng, town.place()
    bench = town.imei()
    for sim in rng.integers(0, town.ordinary, int(rng.integers(8, 30))):
        start = FIRST_DAY_S + rng.integers(0, town.days) * DAY_S + rng.uniform(9, 18) * 3600
        n = int(rng.integers(1, 4))
        town.tracks[int(sim)] = [(start, *here), (start + 900, np.nan, np.nan)]
        town.imeis[int(sim)] = [(start, bench), (start + 900, town.imei_of[sim])]
        town.acts.add(np.full(n, sim), np.full(n, town.number("10086")), start + np.sort(rng.uniform(10, 800, n)), 8)


def _dormitory(town: Canvas) -> None:
    rng, here = town.rng, town.place()
    who = np.array([town.sim("dormitory", here, here, 40.0) for _ in range(int(rng.integers(30, 90)))])
    _social(town, who, rng.gamma(2.0, 4.0, len(who)), wake=(8.0, 25.5))


def _pbx(town: Canvas) -> None:
    rng, here = town.rng, town.place()
    for _ in range(int(rng.integers(2, 8))):
        sim = town.sim("pbx", here, here, 1.0)
        n = rng.poisson(rng.uniform(40, 120) * len(town.workdays()))
        whom = town.strangers(n)
        regular = rng.random(n) < rng.uniform(0.35, 0.7)
        whom[regular] = rng.choice(whom[:25] if n > 25 else whom, int(regular.sum())) if n else whom[regular]
        town.acts.add(
            np.full(n, sim),
            whom,
            town.hours(n, 7.5, 18.5, town.workdays()),
            town.talk(n, 130),
            inward=rng.random(n) < rng.uniform(0.05, 0.4),
            answered=rng.random(n) < 0.7,
        )


def _clinic(town: Canvas) -> None:
    rng, here = town.rng, town.place()
    sim = town.sim("clinic", here, here, 3.0)
    n = rng.poisson(rng.uniform(20, 60) * len(town.workdays()))
    town.acts.add(
        np.full(n, sim),
        town.strangers(n),
        town.hours(n, 8, 18, town.workdays()),
        town.talk(n, 50),
        inward=rng.random(n) < 0.4,
        answered=rng.random(n) < 0.7,
        message=rng.random(n) < 0.5,
    )


def _two_sims(town: Canvas) -> None:
    rng = town.rng
    home, work, roams = town.place(), town.place(), float(rng.lognormal(5.5, 0.8))
    body = town.imei()
    first = town.sim("two-sims", home, work, roams, body)
    second = town.sim("two-sims", home, work, roams, body if rng.random() < 0.3 else town.imei(body[:8]))
    _contact_calls(town, first, rng.uniform(4, 15))
    _contact_calls(town, second, rng.uniform(1, 8))


def _newcomer(town: Canvas) -> None:
    """Somebody who bought a SIM these days: a traveller, a new customer; notices, and a life that begins."""
    rng, here = town.rng, town.place()
    sim = town.sim("newcomer", here, town.place(), float(rng.lognormal(6, 1)))
    begin, end = town.whole()
    begin = rng.uniform(begin, end - 3_600)
    end = min(end, begin + rng.exponential(4) * DAY_S)
    n = 1 + rng.poisson(rng.uniform(2, 25) * (end - begin) / DAY_S)
    circle = np.concatenate([rng.integers(0, town.ordinary, int(rng.integers(1, 8))), town.strangers(4)])
    town.acts.add(
        np.full(n, sim),
        rng.choice(circle, n),
        rng.uniform(begin, end, n),
        town.talk(n, 80),
        inward=rng.random(n) < rng.uniform(0.1, 0.6),
        answered=rng.random(n) < 0.75,
        message=rng.random(n) < 0.2,
    )
    k = rng.poisson(rng.uniform(1, 25))
    when = begin + np.minimum(rng.exponential(20_000, k), end - begin)
    town.acts.add(np.full(k, sim), rng.choice(town.service_senders(), k), when, 0, message=True, inward=True)


def _quiet(town: Canvas) -> None:
    """A SIM kept for its number alone, an old person's, a child's watch: notices, and hardly a call."""
    rng, home = town.rng, town.place()
    sim = town.sim("quiet", home, home, float(rng.choice([5.0, 300.0, 1_500.0])))
    _contact_calls(town, sim, float(rng.choice([0.0, 0.3, 1.0])))
    k = rng.poisson(min(20.0, float(rng.lognormal(0.7, 1.0))) * town.days)
    when = town.hours(k, 7, 23)
    town.acts.add(np.full(k, sim), rng.choice(town.service_senders(), k), when, 0, message=True, inward=True)


def _second_hand(town: Canvas) -> None:
    """A phone that goes from one person to another."""
    one, other = town.rng.integers(0, town.ordinary, 2).tolist()
    when = town.rng.uniform(*town.whole())
    town.imeis[one] = [(FIRST_DAY_S, town.imei_of[one]), (when, town.imei())]
    town.imeis[other] = [(FIRST_DAY_S, town.imei_of[other]), (when, town.imei_of[one])]


def _phone_shop(town: Canvas) -> None:
    """New SIMs, each tried in the shop's phone before it goes to its owner."""
    rng, here = town.rng, town.place()
    bench = [town.imei() for _ in range(int(rng.integers(1, 3)))]
    for _ in range(int(rng.integers(5, 40))):
        sim = town.sim("newcomer", town.place(), town.place(), 400.0)
        start = float(town.hours(1, 9, 20)[0])
        n, k = 1 + int(rng.poisson(3)), int(rng.poisson(4))
        town.tracks[sim] = [(start, *here), (start + 1_200, *town.home[sim])]
        town.imeis[sim] = [(start, str(rng.choice(bench))), (start + 1_200, town.imei_of[sim])]
        town.acts.add(np.full(n, sim), town.strangers(n), start + rng.uniform(0, 1_200, n), town.talk(n, 10))
        later = start + rng.exponential(20_000, 3 * n)
        town.acts.add(
            np.full(3 * n, sim), rng.integers(0, town.ordinary, 3 * n), later, 60, inward=rng.random(3 * n) < 0.4
        )
        notes = start + rng.exponential(3_000, k)
        town.acts.add(np.full(k, sim), rng.choice(town.service_senders(), k), notes, 0, message=True, inward=True)


def _carpool(town: Canvas) -> None:
    """A few people, or a bus of them, on one road for an hour or two."""
    rng = town.rng
    riders = rng.integers(0, town.ordinary, int(rng.choice([2, 3, 4, 12])))
    begin = float(town.hours(1, 6, 20)[0])
    road, at, spot = [], begin, np.array(town.place())
    heading = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(8, 30))):
        road.append((at, float(spot[0]), float(spot[1])))
        heading += rng.normal(0, 0.3)
        spot = spot + rng.uniform(200, 700) * np.array([np.cos(heading), np.sin(heading)])
        at += rng.uniform(60, 240)
    for sim in riders.tolist():
        town.tracks[sim] = [*road, (at, np.nan, np.nan)]
        n = rng.poisson(2)
        town.acts.add(np.full(n, sim), rng.integers(0, town.ordinary, n), rng.uniform(begin, at, n), town.talk(n, 90))


def _closed_group(town: Canvas) -> None:
    """A firm whose people call each other and customers."""
    rng, room = town.rng, town.place()
    staff = np.array([town.sim("closed-group", town.place(), room, 60.0) for _ in range(int(rng.integers(6, 40)))])
    for sim in staff.tolist():
        n = rng.poisson(rng.uniform(4, 30) * len(town.workdays()))
        whom = rng.choice(staff, n)
        outside = rng.random(n) < rng.uniform(0.2, 0.7)
        whom[outside] = town.strangers(int(outside.sum()))
        when = town.hours(n, 8, 18.5, town.workdays())
        town.acts.add(np.full(n, sim), whom, when, town.talk(n, 70), inward=rng.random(n) < 0.4, answered=True)
        _contact_calls(town, sim, 3)
