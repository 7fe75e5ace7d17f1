"""Trades of a made-up city: people and machines whose work looks like a box's, each by ranges that a town draws from.

Ranges are wide on purpose, and `odd-trade` takes any of them: what ranks well over many towns leans on no one law.
"""

from dataclasses import dataclass

import numpy as np

from detection.town.canvas import DAY_S, Canvas, Floats, Ints

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Trade:
    """How one trade uses its SIMs. Pairs are the least and the most that a workplace may draw."""

    name: str
    places: Range  # workplaces for 10,000 subscribers
    seats: Range  # SIMs of one workplace
    calls: Range = (0, 0)  # outgoing calls of a SIM in a working day, drawn evenly in the logarithm
    messages: Range = (0, 0)  # sent in a working day, likewise
    called: Range = (0, 0)  # calls from strangers in a working day
    notices: Range = (0, 0)  # messages from services in a day
    opens: Range = (8, 10)
    closes: Range = (17, 21)
    weekends: float = 0.4  # chance that a workplace works on them
    talk_s: Range = (20, 150)
    answered: Range = (0.3, 0.8)
    regulars: Range = (0, 0.3)  # share of calls to numbers on its list
    listed: Range = (20, 400)
    shared_list: float = 0.3  # chance that all its SIMs call from one list
    returns: Range = (0, 0.15)  # calls back for each call
    friends: Range = (0, 3)  # own calls a day with people one knows
    roams_m: Range = (2, 40)
    one_model: float = 0.5  # chance that all its handsets are of one model
    one_body: float = 0.0  # chance that its SIMs take turns in each other's handsets


TRADES = (
    Trade("survey", (0.3, 1.5), (5, 50), (50, 260), talk_s=(15, 240), closes=(18, 21.5), returns=(0, 0.05)),
    Trade("collections", (0.3, 1.5), (3, 25), (60, 250), talk_s=(20, 120), regulars=(0.3, 0.8), listed=(40, 300)),
    Trade("outbound", (0.3, 1.5), (5, 60), (40, 300), talk_s=(15, 200), friends=(0, 1), one_model=0.8),
    Trade(
        "firm-gateway",
        (0.5, 3),
        (2, 20),
        (20, 220),
        talk_s=(60, 220),
        regulars=(0.1, 0.7),
        listed=(100, 1_500),
        shared_list=0.9,
        returns=(0, 0.08),
        friends=(0, 0),
        roams_m=(0, 3),
        one_model=0.9,
        answered=(0.5, 0.85),
    ),
    Trade("support", (0.3, 1.5), (4, 40), (10, 80), called=(20, 120), talk_s=(60, 400), returns=(0.05, 0.3)),
    Trade(
        "agent",
        (4, 15),
        (1, 2),
        (25, 160),
        called=(0, 20),
        regulars=(0.1, 0.5),
        returns=(0.05, 0.4),
        friends=(1, 8),
        roams_m=(200, 4_000),
        weekends=0.9,
    ),
    Trade(
        "trader",
        (3, 12),
        (1, 3),
        (40, 200),
        called=(5, 60),
        regulars=(0.3, 0.9),
        talk_s=(10, 60),
        returns=(0.1, 0.4),
        friends=(1, 6),
        opens=(4, 9),
        roams_m=(2, 400),
        weekends=0.9,
    ),
    Trade(
        "dispatch",
        (0.5, 3),
        (1, 8),
        (60, 350),
        called=(20, 150),
        regulars=(0.3, 0.9),
        listed=(20, 120),
        talk_s=(10, 50),
        opens=(0, 7),
        closes=(19, 24),
        weekends=1.0,
        friends=(0, 1),
    ),
    Trade(
        "rider",
        (3, 15),
        (1, 2),
        (25, 140),
        called=(0, 15),
        talk_s=(8, 40),
        regulars=(0, 0.1),
        returns=(0.05, 0.35),
        friends=(0.5, 6),
        roams_m=(800, 4_000),
        opens=(7, 11),
        closes=(18, 23),
        weekends=0.9,
    ),
    Trade(
        "parcel-shelf",
        (0.5, 3),
        (1, 3),
        (2, 40),
        messages=(30, 400),
        called=(2, 40),
        returns=(0.1, 0.4),
        friends=(0, 4),
        weekends=0.9,
    ),
    Trade(
        "reminder",
        (0.5, 3),
        (1, 2),
        messages=(20, 500),
        regulars=(0.2, 0.9),
        listed=(100, 3_000),
        friends=(0, 0.2),
        roams_m=(0, 3),
    ),
    Trade(
        "club",
        (0.5, 3),
        (1, 1),
        (1, 8),
        messages=(20, 200),
        regulars=(0.8, 1),
        listed=(30, 200),
        friends=(1, 6),
        weekends=1.0,
        roams_m=(50, 900),
    ),
    Trade(
        "reception",
        (1, 5),
        (1, 5),
        (10, 80),
        called=(10, 80),
        talk_s=(30, 120),
        regulars=(0.05, 0.4),
        opens=(0, 8),
        closes=(18, 24),
        weekends=1.0,
        friends=(0, 1),
    ),
    Trade(
        "on-call",
        (1, 4),
        (1, 1),
        (10, 60),
        called=(10, 60),
        regulars=(0.2, 0.6),
        returns=(0.1, 0.4),
        friends=(1, 8),
        opens=(0, 8),
        closes=(18, 24),
        weekends=1.0,
        roams_m=(20, 3_000),
    ),
    Trade("test-lab", (0.3, 1.5), (3, 25), (0.2, 4), notices=(4, 60), friends=(0, 2), roams_m=(0, 5), one_body=0.4),
    Trade(
        "web-shop",
        (0.5, 3),
        (1, 6),
        (2, 30),
        messages=(1, 40),
        notices=(3, 40),
        called=(2, 20),
        friends=(1, 6),
        one_body=0.2,
    ),
    Trade("shift-desk", (0.5, 2), (2, 8), (10, 120), called=(0, 60), friends=(0, 2), one_body=1.0, weekends=0.8),
    Trade(
        "lift-line",
        (0.5, 3),
        (1, 6),
        (0.3, 12),
        regulars=(1, 1),
        listed=(1, 4),
        talk_s=(5, 60),
        opens=(0, 1),
        closes=(23, 24),
        weekends=1.0,
        friends=(0, 0),
        roams_m=(0, 1),
    ),
    Trade("radio-show", (0.1, 0.5), (1, 4), (0.5, 10), called=(60, 500), talk_s=(5, 120), friends=(0, 1)),
    Trade(
        "odd-trade",
        (2, 8),
        (1, 40),
        (5, 250),
        messages=(0.1, 60),
        called=(0, 40),
        opens=(0, 12),
        closes=(14, 24),
        weekends=0.5,
        talk_s=(8, 300),
        answered=(0.2, 0.95),
        regulars=(0, 0.8),
        listed=(10, 1_000),
        returns=(0, 0.4),
        friends=(0, 5),
        roams_m=(0, 2_000),
        one_body=0.1,
    ),
)


def open_shops(town: Canvas, share: float) -> None:
    """Sets up the workplaces of every trade; `share` scales how many there are."""
    for trade in TRADES:
        places = town.rng.poisson(town.rng.uniform(*trade.places) * share * town.wanted / 10_000)
        for _ in range(places):
            workplace(town, trade)


def workplace(town: Canvas, trade: Trade) -> None:
    rng, room = town.rng, town.place()
    seats = max(1, round(evenly(town, trade.seats)))
    days = np.arange(town.days) if rng.random() < trade.weekends else town.workdays()
    opens, closes = rng.uniform(*trade.opens), rng.uniform(*trade.closes)
    tac = str(rng.choice(town.tac)) if rng.random() < trade.one_model else None
    listed = town.strangers(int(evenly(town, trade.listed)))
    shared_list = rng.random() < trade.shared_list
    law = {name: rng.uniform(*getattr(trade, name)) for name in ("talk_s", "answered", "regulars", "returns")}
    pace = {name: evenly(town, getattr(trade, name)) for name in ("calls", "messages", "called", "notices")}
    bodies = [town.imei(tac) for _ in range(seats)]
    turns = rng.random() < trade.one_body
    for seat in range(seats):
        roams = rng.uniform(*trade.roams_m)
        home = town.place() if roams > 100 else room
        sim = town.sim(trade.name, home, room, roams, bodies[seat])
        own = listed if shared_list else town.strangers(max(1, len(listed) // seats))
        busy = rng.lognormal(0, 0.3)
        _work(town, sim, days, (opens, closes), {name: rate * busy for name, rate in pace.items()}, law, own)
        _life(town, sim, rng.uniform(*trade.friends), pace["notices"])
        if turns and seats > 1:
            begins = np.sort(rng.uniform(*town.whole(), rng.integers(1, 4 * town.days)))
            town.imeis[sim] = [(float(at), bodies[int(rng.integers(seats))]) for at in begins]


def evenly(town: Canvas, span: Range) -> float:
    """A draw that is even in the logarithm; 0 where the range is."""
    return float(np.exp(town.rng.uniform(*np.log(np.maximum(span, 0.05))))) if span[1] else 0.0


def _work(
    town: Canvas, sim: int, days: Ints, hours: Range, pace: dict[str, float], law: dict[str, float], own: Ints
) -> None:
    rng = town.rng
    for what, message in (("calls", False), ("messages", True)):
        n = rng.poisson(pace[what] * len(days))
        if not n:
            continue
        when, whom = _at_work(town, n, hours, days), town.strangers(n)
        known = rng.random(n) < law["regulars"]
        whom[known] = own[(len(own) * rng.random(int(known.sum())) ** 1.5).astype(int)]
        town.acts.add(
            np.full(n, sim),
            whom,
            when,
            0 if message else town.talk(n, law["talk_s"]),
            message=message,
            answered=rng.random(n) < (0.95 if message else law["answered"]),
        )
        back = rng.random(n) < law["returns"]
        k = int(back.sum())
        town.acts.add(
            np.full(k, sim),
            whom[back],
            when[back] + rng.exponential(6_000, k),
            town.talk(k, 60),
            inward=True,
            answered=rng.random(k) < 0.75,
        )
    n = rng.poisson(pace["called"] * len(days))
    town.acts.add(
        np.full(n, sim),
        town.strangers(n),
        _at_work(town, n, hours, days),
        town.talk(n, law["talk_s"]),
        inward=True,
        answered=rng.random(n) < 0.85,
    )


def _at_work(town: Canvas, n: int, hours: Range, days: Ints) -> Floats:
    """Times in working hours, two busy spells a day and a pause between."""
    opens, closes = hours
    share = np.where(town.rng.random(n) < 0.5, town.rng.beta(2, 3, n) * 0.55, 0.5 + town.rng.beta(2, 2.5, n) * 0.5)
    return town.hours(n, 0, 1, days) // DAY_S * DAY_S + 3600 * (opens + (closes - opens) * share)


def _life(town: Canvas, sim: int, friends: float, notices: float) -> None:
    """Calls with people one knows, and messages from services."""
    rng = town.rng
    n = rng.poisson(friends * town.days)
    circle = rng.integers(0, town.ordinary, int(rng.integers(2, 12)))
    town.chat(sim, circle, n)
    n = rng.poisson((0.4 * rng.random() + notices) * town.days)
    town.acts.add(
        np.full(n, sim), rng.choice(town.service_senders(), n), town.hours(n, 7, 23), 0, message=True, inward=True
    )
