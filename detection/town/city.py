"""A made-up city's days of call records: honest people and machines of many kinds, and boxes hidden among them.

Everything about it is drawn from the seed, the laws too: how often a kind of person calls, how long, when they
sleep, how a call centre keeps its hours, how many SIMs a box turns over. So no two cities agree, and what ranks
well on many of them leans on none. Times are local seconds since 1970 as if UTC; places WGS-84 degrees.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sensor.cell import GSM_STEP_M, LTE_STEP_M, CellIdentity

METRES_A_DEGREE = 111_320.0
DAY_S = 86_400
FIRST_DAY_S = 1_772_409_600  # 2026-03-02, a Monday
KINDS = ("moc", "mtc", "smo", "smt", "lu")
FRAUD = ("naive", "human", "scam", "car", "pair", "sms", "otp")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CityCell:
    """A sector of a mast."""

    identity: CellIdentity
    lat: float
    lon: float
    azimuth_deg: float
    beamwidth_deg: float = 120.0


@dataclass(frozen=True, slots=True)
class CityBox:
    """A hidden box: where it stands (at its last stop, if it moves), what it is, which SIMs it holds."""

    name: str
    form: str
    lat: float
    lon: float
    sims: tuple[int, ...]


@dataclass(slots=True)
class City:
    """Records as columns, one row a leg, in order of time; and the truth.

    `sim` is an index into `imsi`, `msisdn` and `kind_of`; `other` an index into `numbers`.
    """

    cells: list[CityCell]
    boxes: list[CityBox]
    imsi: list[str]
    msisdn: list[str]
    kind_of: list[str]  # of each SIM: one of FRAUD, or what honest kind it is
    numbers: list[str]  # every number that occurs: the SIMs' own first
    kind: NDArray[np.int8]  # index into KINDS
    sim: Ints
    other: Ints
    t_s: Ints
    duration_s: Ints
    cell: Ints  # index into `cells`
    timing_advance: Ints
    imei: NDArray[np.str_]
    answered: NDArray[np.bool_]
    first_act: dict[int, int] = field(default_factory=dict)  # of each SIM

    def is_fraud(self, sim: int) -> bool:
        return self.kind_of[sim] in FRAUD


@dataclass(slots=True)
class _Acts:
    """Acts before their legs are made: who, whom (an index of a number), when, how."""

    who: list[Ints] = field(default_factory=list)
    whom: list[Ints] = field(default_factory=list)
    when: list[Floats] = field(default_factory=list)
    lasts: list[Floats] = field(default_factory=list)
    message: list[NDArray[np.bool_]] = field(default_factory=list)
    inward: list[NDArray[np.bool_]] = field(default_factory=list)
    answered: list[NDArray[np.bool_]] = field(default_factory=list)

    def add(self, who, whom, when, lasts, *, message=False, inward=False, answered=True) -> None:  # type: ignore[no-untyped-def]
        n = len(who)
        self.who.append(np.asarray(who, np.int64))
        self.whom.append(np.asarray(whom, np.int64))
        self.when.append(np.asarray(when, float))
        self.lasts.append(np.broadcast_to(np.asarray(lasts, float), n))
        for kept, flag in ((self.message, message), (self.inward, inward), (self.answered, answered)):
            kept.append(np.broadcast_to(np.asarray(flag, bool), n))


def make(
    seed: int,
    subscribers: int = 20_000,
    days: int = 3,
    *,
    boxes: dict[str, int] | None = None,
    evasive: bool = False,
    rat: str = "gsm",
    centre: tuple[float, float] = (31.23, 121.47),
) -> City:
    """A city with `subscribers` honest SIMs, and boxes by form (by default one or two of each).

    `evasive` boxes call a third as much and forge an IMEI for every SIM.
    """
    return _Maker(np.random.default_rng(seed), subscribers, days, evasive, rat, centre).make(boxes)


class _Maker:
    def __init__(
        self,
        rng: np.random.Generator,
        subscribers: int,
        days: int,
        evasive: bool,
        rat: str,
        centre: tuple[float, float],
    ) -> None:
        self.rng, self.days, self.evasive, self.rat, self.centre = rng, days, evasive, rat, centre
        self.wanted = subscribers
        self.side_m = float(np.clip(900 * np.sqrt(subscribers / 400), 2_500, 14_000))
        self.kind_of: list[str] = []
        self.home: list[tuple[float, float]] = []
        self.work: list[tuple[float, float]] = []
        self.roams: list[float] = []  # metres a person strays between acts
        self.born: list[float] = []
        self.imei_of: list[str] = []
        self.acts = _Acts()
        self.outside: list[str] = []
        self.boxes: list[tuple[str, str, tuple[float, float], list[int]]] = []
        self.tracks: dict[int, list[tuple[float, float, float]]] = {}  # SIM -> (from, x, y): a box's SIM, a car
        self.imeis: dict[int, list[tuple[float, str]]] = {}  # SIM -> (from, IMEI)
        self.tac = [f"{rng.integers(35_000_000, 36_000_000)}" for _ in range(60)] + [
            f"86{rng.integers(0, 10**6):06d}" for _ in range(140)
        ]

    # people and places

    def make(self, boxes: dict[str, int] | None) -> City:
        self._masts()
        self._honest()
        self.honest = len(self.kind_of)
        chosen = boxes if boxes is not None else {form: int(self.rng.integers(1, 3)) for form in FRAUD}
        for form, count in chosen.items():
            for at in range(count):
                getattr(self, f"_box_{form}")(f"{form}-{at + 1}")
        return self._records()

    def _masts(self) -> None:
        rng, step = self.rng, float(self.rng.uniform(700, 1_300))
        grid = np.arange(-self.side_m / 2, self.side_m / 2 + step, step)
        xs, ys = np.meshgrid(grid, grid)
        self.mast = np.column_stack([xs.ravel(), ys.ravel()]) + rng.normal(0, step * 0.15, (xs.size, 2))
        self.azimuth0 = rng.uniform(0, 120, len(self.mast))
        self.lac0, self.ci0 = int(rng.integers(4_000, 50_000)), int(rng.integers(1_000, 30_000))

    def _place(self) -> tuple[float, float]:
        x, y = self.rng.normal(0, self.side_m / 4.5, 2)
        half = self.side_m / 2
        return float(np.clip(x, -half, half)), float(np.clip(y, -half, half))

    def _imei(self, tac: str | None = None) -> str:
        body = (tac or str(self.rng.choice(self.tac))) + f"{self.rng.integers(0, 10**6):06d}"
        total = 0
        for at, char in enumerate(body):
            value = int(char) * (2 if at % 2 else 1)
            total += value - 9 if value > 9 else value
        return body + str(-total % 10)

    def _sim(
        self,
        kind: str,
        home: tuple[float, float],
        work: tuple[float, float] | None = None,
        roams: float = 0.0,
        imei: str | None = None,
    ) -> int:
        self.kind_of.append(kind)
        self.home.append(home)
        self.work.append(work or home)
        self.roams.append(roams)
        self.imei_of.append(imei or self._imei())
        return len(self.kind_of) - 1

    def _number(self, text: str) -> int:
        """Index of a number outside; it becomes an index behind the SIMs' own when records are made."""
        self.outside.append(text)
        return -len(self.outside)

    def _strangers(self, n: int) -> Ints:
        """Numbers nobody is likely to call twice: half subscribers of this city, half of elsewhere."""
        inside = self.rng.integers(0, max(1, self.ordinary), n)
        outside = (
            np.array([self._number(f"1{self.rng.integers(3, 10)}{self.rng.integers(0, 10**9):09d}") for _ in range(n)])
            if n
            else np.zeros(0, int)
        )
        return np.where(self.rng.random(n) < self.inside_share, inside, outside)

    def _hours(self, n: int, first_h: float, last_h: float, days: Ints | None = None, rush: float = 0.0) -> Floats:
        """Times between two hours of the day, on the days given."""
        day = self.rng.choice(days if days is not None else np.arange(self.days), n)
        hour = self.rng.uniform(first_h, last_h, n)
        if rush:
            peak = self.rng.normal((first_h + last_h) / 2, (last_h - first_h) / 5, n)
            hour = np.where(self.rng.random(n) < rush, np.clip(peak, first_h, last_h), hour)
        return FIRST_DAY_S + day * DAY_S + hour * 3600

    def _workdays(self) -> Ints:
        days = np.arange(self.days)
        kept = days[(days % 7) < 5]
        return kept if len(kept) else days

    def _talk(self, n: int, mean: float, spread: float = 1.0) -> Floats:
        return np.maximum(1, self.rng.lognormal(np.log(mean) - spread**2 / 2, spread, n))

    # honest kinds

    def _honest(self) -> None:
        rng = self.rng
        self.inside_share = float(rng.uniform(0.3, 0.7))
        groups = {
            "call-centre": (int(rng.integers(1, 3)), self._call_centre),
            "telesales": (int(rng.integers(1, 4)), self._telesales),
            "courier": (max(4, self.wanted // 250), self._courier),
            "taxi": (max(3, self.wanted // 400), self._taxi),
            "hotel": (max(2, self.wanted // 4000), self._hotel),
            "notifier": (max(2, self.wanted // 2500), self._notifier),
            "meters": (max(1, self.wanted // 5000), self._meters),
            "alarm": (max(2, self.wanted // 2500), self._alarm),
            "repair-shop": (max(1, self.wanted // 8000), self._repair_shop),
            "dormitory": (max(1, self.wanted // 8000), self._dormitory),
            "pbx": (max(1, self.wanted // 10000), self._pbx),
            "clinic": (max(2, self.wanted // 3000), self._clinic),
            "two-sims": (max(3, self.wanted // 200), self._two_sims),
        }
        self.ordinary = int(self.wanted * 0.93)
        self._people()
        for count, make_group in groups.values():
            for _ in range(count):
                if len(self.kind_of) < self.wanted * 1.02 + 60:
                    make_group()
        while len(self.kind_of) < self.wanted:
            self._sim("ordinary", self._place(), self._place(), 400.0)

    def _people(self) -> None:
        rng, n = self.rng, self.ordinary
        for at in range(n):
            self._sim(
                "heavy" if at % 60 == 0 else "ordinary", self._place(), self._place(), float(rng.lognormal(5.5, 0.8))
            )
        rate = rng.gamma(1.2, float(rng.uniform(2.0, 4.5)) / 1.2, n)  # acts begun a day
        rate[::60] = rng.uniform(40, 130, len(rate[::60]))
        self._social(np.arange(n), rate)

    def _social(self, who: Ints, rate: Floats, *, wake: tuple[float, float] = (7.0, 23.5)) -> None:
        """Calls and messages with a circle of friends, some numbers once, some service messages."""
        rng = self.rng
        counts = rng.poisson(rate * self.days)
        acts = np.repeat(who, counts)
        circle = np.maximum(2, rng.lognormal(2.2, 0.6, len(who))).astype(int)
        size = np.repeat(circle, counts)
        rank = np.minimum((size * rng.random(len(acts)) ** 2).astype(int), size - 1)
        # friends live beside each other on a ring of a fixed permutation, so that friendship is mutual
        order = np.random.default_rng(7).permutation(self.ordinary)
        place = np.empty(self.ordinary, int)
        place[order] = np.arange(self.ordinary)
        mine = place[np.clip(acts, 0, self.ordinary - 1)]
        side = np.where(rng.random(len(acts)) < 0.5, 1, -1)
        friend = order[(mine + side * (rank + 1)) % self.ordinary]
        stranger = rng.random(len(acts)) < rng.beta(2, 8, len(who)).repeat(counts)
        whom = friend.copy()
        whom[stranger] = self._strangers(int(stranger.sum()))
        early, late = (
            rng.normal(wake[0], 1.0, len(who)).repeat(counts),
            rng.normal(wake[1], 1.0, len(who)).repeat(counts),
        )
        when = self._hours(len(acts), 0, 1) // DAY_S * DAY_S + 3600 * (
            early + (late - early) * rng.beta(1.6, 1.4, len(acts))
        )
        message = rng.random(len(acts)) < rng.beta(1.2, 4, len(who)).repeat(counts)
        answered = rng.random(len(acts)) < 0.72
        begins = rng.beta(3, 3, len(who)).repeat(counts)  # some people mostly call, some are mostly called
        inward = rng.random(len(acts)) < np.where(whom < 0, 0.45, begins * 0.8)
        self.acts.add(
            acts, whom, when, self._talk(len(acts), 95.0, 1.1), message=message, inward=inward, answered=answered
        )
        notes = rng.poisson(0.8 * self.days, len(who))
        served = np.repeat(who, notes)
        senders = np.array([self._number(f"1069{rng.integers(0, 10**6):06d}") for _ in range(40)])
        self.acts.add(
            served, rng.choice(senders, len(served)), self._hours(len(served), 7, 23), 0, message=True, inward=True
        )

    def _desk(
        self,
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
        rng, room = self.rng, self._place()
        tac = str(rng.choice(self.tac))
        days = self._workdays() if rng.random() < 0.8 else np.arange(self.days)
        for _ in range(seats):
            sim = self._sim(kind, room, room, 5.0 if static else 300.0, self._imei(tac if rng.random() < 0.5 else None))
            n = rng.poisson(calls_a_day * rng.uniform(0.6, 1.4) * len(days))
            if not n:
                continue
            when = self._hours(n, hours[0], hours[1], days)
            lunch = ((when % DAY_S) / 3600 > 12) & ((when % DAY_S) / 3600 < 13) & (rng.random(n) < 0.8)
            when[lunch] += 3600
            whom = self._strangers(n)
            again = rng.random(n) < rng.uniform(0.05, 0.25)
            whom[again] = rng.choice(whom, int(again.sum()))
            answered = rng.random(n) < answer
            self.acts.add(np.full(n, sim), whom, when, self._talk(n, talk_s), answered=answered)
            returns = rng.random(n) < back
            self.acts.add(
                np.full(int(returns.sum()), sim),
                whom[returns],
                when[returns] + rng.exponential(5_000, int(returns.sum())),
                self._talk(int(returns.sum()), 60),
                inward=True,
                answered=rng.random(int(returns.sum())) < 0.75,
            )

    def _call_centre(self) -> None:
        rng = self.rng
        self._desk(
            "call-centre",
            int(rng.integers(8, 40)),
            rng.uniform(40, 130),
            (rng.uniform(7.5, 9.5), rng.uniform(17, 21)),
            rng.uniform(60, 200),
            rng.uniform(0.4, 0.8),
            rng.uniform(0.04, 0.2),
        )

    def _telesales(self) -> None:
        rng = self.rng
        self._desk(
            "telesales",
            int(rng.integers(3, 18)),
            rng.uniform(80, 220),
            (rng.uniform(8.5, 10), rng.uniform(18, 20.5)),
            rng.uniform(20, 60),
            rng.uniform(0.25, 0.55),
            rng.uniform(0.02, 0.1),
        )

    def _courier(self) -> None:
        rng, base = self.rng, self._place()
        sim = self._sim("courier", self._place(), base, 1_800.0)
        n = rng.poisson(rng.uniform(40, 110) * self.days)
        whom, when = self._strangers(n), self._hours(n, 8, 20.5, rush=0.4)
        self.acts.add(
            np.full(n, sim),
            whom,
            when,
            self._talk(n, 25, 0.7),
            answered=rng.random(n) < 0.8,
            message=rng.random(n) < 0.1,
        )
        back = rng.random(n) < rng.uniform(0.1, 0.3)
        k = int(back.sum())
        self.acts.add(
            np.full(k, sim), whom[back], when[back] + rng.exponential(1_500, k), self._talk(k, 30), inward=True
        )
        own = self._sim("courier", self.home[sim], base, 1_800.0)
        self._contact_calls(own, rng.uniform(3, 8))
        self._contact_calls(sim, rng.uniform(0.5, 3))

    def _contact_calls(self, sim: int, rate: float) -> None:
        rng = self.rng
        circle = rng.integers(0, self.ordinary, int(rng.integers(4, 15)))
        n = rng.poisson(rate * self.days)
        self.acts.add(
            np.full(n, sim),
            rng.choice(circle, n),
            self._hours(n, 7, 23),
            self._talk(n, 90),
            inward=rng.random(n) < 0.5,
            answered=rng.random(n) < 0.75,
            message=rng.random(n) < 0.15,
        )

    def _taxi(self) -> None:
        rng = self.rng
        sim = self._sim("taxi", self._place(), self._place(), 3_500.0)
        night = rng.random() < 0.4
        n = rng.poisson(rng.uniform(15, 50) * self.days)
        hours = (17.0, 29.0) if night else (6.0, 20.0)
        self.acts.add(
            np.full(n, sim),
            self._strangers(n),
            self._hours(n, *hours),
            self._talk(n, 30, 0.6),
            inward=rng.random(n) < 0.5,
            answered=rng.random(n) < 0.85,
        )
        self._contact_calls(sim, 4)

    def _hotel(self) -> None:
        rng, here = self.rng, self._place()
        for _ in range(int(rng.integers(2, 6))):
            sim = self._sim("hotel", here, here, 5.0)
            n = rng.poisson(rng.uniform(20, 60) * self.days)
            self.acts.add(
                np.full(n, sim),
                self._strangers(n),
                self._hours(n, 0, 24, rush=0.5),
                self._talk(n, 80),
                inward=rng.random(n) < rng.uniform(0.3, 0.6),
                answered=rng.random(n) < 0.7,
            )

    def _notifier(self) -> None:
        rng, here = self.rng, self._place()
        sim = self._sim("notifier", here, here, 1.0)
        customers = self._strangers(int(rng.integers(40, 400)))
        n = rng.poisson(rng.uniform(60, 600) * self.days)
        hours = (0.0, 24.0) if rng.random() < 0.5 else (8.0, 20.0)
        self.acts.add(np.full(n, sim), rng.choice(customers, n), self._hours(n, *hours), 0, message=True)

    def _meters(self) -> None:
        rng = self.rng
        head = self._number("1064899000001")
        for _ in range(int(rng.integers(10, 60))):
            sim = self._sim("meter", self._place(), None, 0.5)
            every = float(rng.choice([3_600, 14_400, 43_200]))
            when = FIRST_DAY_S + np.arange(rng.uniform(0, every), self.days * DAY_S, every)
            self.acts.add(np.full(len(when), sim), np.full(len(when), head), when, 0, message=True)

    def _alarm(self) -> None:
        rng, here = self.rng, self._place()
        sim = self._sim("alarm", here, here, 0.5)
        few = rng.integers(0, self.ordinary, 4)
        n = rng.poisson(rng.uniform(8, 40) * self.days)
        self.acts.add(
            np.full(n, sim), rng.choice(few, n), self._hours(n, 0, 24), rng.uniform(5, 12), answered=rng.random(n) < 0.9
        )

    def _repair_shop(self) -> None:
        rng, here = self.rng, self._place()
        bench = self._imei()
        for sim in rng.integers(0, self.ordinary, int(rng.integers(8, 30))):
            start = FIRST_DAY_S + rng.integers(0, self.days) * DAY_S + rng.uniform(9, 18) * 3600
            n = int(rng.integers(1, 4))
            self.tracks[int(sim)] = [(start, *here), (start + 900, np.nan, np.nan)]
            self.imeis[int(sim)] = [(start, bench), (start + 900, self.imei_of[sim])]
            self.acts.add(
                np.full(n, sim), np.full(n, self._number("10086")), start + np.sort(rng.uniform(10, 800, n)), 8
            )

    def _dormitory(self) -> None:
        rng, here = self.rng, self._place()
        who = np.array([self._sim("dormitory", here, here, 40.0) for _ in range(int(rng.integers(30, 90)))])
        self._social(who, rng.gamma(2.0, 4.0, len(who)), wake=(8.0, 25.5))

    def _pbx(self) -> None:
        rng, here = self.rng, self._place()
        for _ in range(int(rng.integers(2, 8))):
            sim = self._sim("pbx", here, here, 1.0)
            n = rng.poisson(rng.uniform(40, 120) * len(self._workdays()))
            whom = self._strangers(n)
            regular = rng.random(n) < rng.uniform(0.35, 0.7)
            whom[regular] = rng.choice(whom[:25] if n > 25 else whom, int(regular.sum())) if n else whom[regular]
            self.acts.add(
                np.full(n, sim),
                whom,
                self._hours(n, 7.5, 18.5, self._workdays()),
                self._talk(n, 130),
                inward=rng.random(n) < rng.uniform(0.05, 0.4),
                answered=rng.random(n) < 0.7,
            )

    def _clinic(self) -> None:
        rng, here = self.rng, self._place()
        sim = self._sim("clinic", here, here, 3.0)
        n = rng.poisson(rng.uniform(20, 60) * len(self._workdays()))
        self.acts.add(
            np.full(n, sim),
            self._strangers(n),
            self._hours(n, 8, 18, self._workdays()),
            self._talk(n, 50),
            inward=rng.random(n) < 0.4,
            answered=rng.random(n) < 0.7,
            message=rng.random(n) < 0.5,
        )

    def _two_sims(self) -> None:
        rng = self.rng
        home, work, roams = self._place(), self._place(), float(rng.lognormal(5.5, 0.8))
        body = self._imei()
        first = self._sim("two-sims", home, work, roams, body)
        second = self._sim("two-sims", home, work, roams, body if rng.random() < 0.3 else self._imei(body[:8]))
        self._contact_calls(first, rng.uniform(4, 15))
        self._contact_calls(second, rng.uniform(1, 8))

    # boxes

    def _turns(
        self, sims: list[int], ports: int, dwell_s: float, start: float, end: float
    ) -> list[tuple[int, int, float, float]]:
        """(SIM, port, from, to): SIMs take turns on ports."""
        turns, queue = [], list(sims)
        free = [start + self.rng.uniform(0, dwell_s) for _ in range(ports)]
        while queue:
            port = int(np.argmin(free))
            begin = free[port]
            if begin >= end:
                break
            sim = queue.pop(0)
            stop = min(end, begin + dwell_s * self.rng.uniform(0.9, 1.1))
            turns.append((sim, port, begin, stop))
            free[port] = stop + self.rng.uniform(30, 240)
            if begin < end:
                queue.append(sim)
        return turns

    def _bank(
        self,
        name: str,
        form: str,
        *,
        sims: int,
        ports: int,
        dwell_s: float,
        rate_h: float,
        hours: tuple[float, float],
        talk_s: float,
        answer: float,
        start: float,
        end: float,
        shared: bool,
        back: float = 0.0,
        message: float = 0.0,
    ) -> list[int]:
        rng, here = self.rng, self._place()
        rate_h *= 1 / 3 if self.evasive else 1
        shared = shared and not self.evasive
        tac = str(rng.choice(self.tac))
        port_imei = [self._imei(tac) for _ in range(ports)]
        held = [self._sim(form, here, here, 2.0) for _ in range(sims)]
        for sim, port, begin, stop in self._turns(held, ports, dwell_s, start, end):
            own = port_imei[port] if shared else self.imei_of[sim]
            self.imeis.setdefault(sim, []).append((begin, own))
            n = rng.poisson(rate_h * (stop - begin) / 3600)
            when = rng.uniform(begin, stop, n)
            hour = when % DAY_S / 3600
            when = when[(hour >= hours[0]) & (hour < hours[1])]
            n = len(when)
            whom = self._strangers(n)
            self.acts.add(
                np.full(n, sim),
                whom,
                when,
                self._talk(n, talk_s),
                answered=rng.random(n) < answer,
                message=rng.random(n) < message,
            )
            k = rng.binomial(n, back) if n else 0
            if k:
                self.acts.add(
                    np.full(k, sim),
                    rng.choice(whom, k),
                    rng.choice(when, k) + rng.exponential(1_500, k),
                    self._talk(k, 20),
                    inward=True,
                    answered=rng.random(k) < 0.3,
                )
        self.boxes.append((name, form, here, held))
        return held

    def _whole(self) -> tuple[float, float]:
        return FIRST_DAY_S, FIRST_DAY_S + self.days * DAY_S

    def _box_naive(self, name: str) -> None:
        rng = self.rng
        start, end = self._whole()
        ports = int(rng.choice([4, 8, 16, 32]))
        sims = int(ports * rng.uniform(1, 3.5))
        hours = (0.0, 24.0) if rng.random() < 0.7 else (6.0, 24.0)
        self._bank(
            name,
            "naive",
            sims=sims,
            ports=ports,
            dwell_s=rng.uniform(1_800, 20_000),
            rate_h=rng.uniform(5, 18),
            hours=hours,
            talk_s=rng.uniform(60, 220),
            answer=rng.uniform(0.4, 0.75),
            start=start,
            end=end,
            shared=rng.random() < 0.8,
            back=rng.uniform(0, 0.03),
        )

    def _box_human(self, name: str) -> None:
        rng = self.rng
        start, end = self._whole()
        ports = int(rng.choice([8, 16, 32]))
        held = self._bank(
            name,
            "human",
            sims=int(ports * rng.uniform(1, 2.5)),
            ports=ports,
            dwell_s=rng.uniform(5_000, 40_000),
            rate_h=rng.uniform(2, 6),
            hours=(rng.uniform(6.5, 8.5), rng.uniform(22, 24)),
            talk_s=rng.uniform(70, 200),
            answer=rng.uniform(0.5, 0.75),
            start=start,
            end=end,
            shared=rng.random() < 0.6,
            back=rng.uniform(0.02, 0.08),
            message=rng.uniform(0, 0.1),
        )
        for sim in held:
            n = rng.poisson(rng.uniform(1.5, 5) * self.days)
            whom = rng.choice([other for other in held if other != sim], n)
            self.acts.add(
                np.full(n, sim),
                whom,
                self._hours(n, 8, 22.5),
                self._talk(n, 60),
                answered=np.ones(n, bool),
                message=rng.random(n) < 0.25,
            )

    def _box_scam(self, name: str) -> None:
        rng = self.rng
        day = int(rng.integers(0, self.days))
        start = FIRST_DAY_S + day * DAY_S + rng.uniform(7.5, 11) * 3600
        end = min(self._whole()[1], start + rng.uniform(0.4, 2.5) * DAY_S)
        ports = int(rng.choice([2, 4, 8]))
        self._bank(
            name,
            "scam",
            sims=int(ports * rng.uniform(1, 3)),
            ports=ports,
            dwell_s=rng.uniform(1_200, 9_000),
            rate_h=rng.uniform(10, 30),
            hours=(8.5, 20.0),
            talk_s=rng.uniform(30, 120),
            answer=rng.uniform(0.3, 0.6),
            start=start,
            end=end,
            shared=rng.random() < 0.6,
            back=rng.uniform(0.01, 0.08),
        )

    def _box_car(self, name: str) -> None:
        rng = self.rng
        day = int(rng.integers(0, self.days))
        start = FIRST_DAY_S + day * DAY_S + rng.uniform(8, 11) * 3600
        end = min(self._whole()[1], start + rng.uniform(6, 30) * 3600)
        ports = int(rng.choice([4, 8, 16]))
        held = self._bank(
            name,
            "car",
            sims=int(ports * rng.uniform(1, 2)),
            ports=ports,
            dwell_s=rng.uniform(2_000, 12_000),
            rate_h=rng.uniform(8, 22),
            hours=(7.5, 22.0),
            talk_s=rng.uniform(40, 140),
            answer=rng.uniform(0.3, 0.6),
            start=start,
            end=end,
            shared=rng.random() < 0.5,
        )
        x, y = self._place()
        route, at, heading = [], start - 600, rng.uniform(0, 2 * np.pi)
        while at < end + 7200:
            route.append((at, x, y))
            heading += rng.normal(0, 0.5)
            step = rng.uniform(150, 500)
            half = self.side_m / 2
            x, y = (
                float(np.clip(x + step * np.cos(heading), -half, half)),
                float(np.clip(y + step * np.sin(heading), -half, half)),
            )
            if abs(x) >= half or abs(y) >= half:
                heading += np.pi / 2
            at += rng.uniform(60, 240)
        for sim in held:
            self.tracks[sim] = route
        self.boxes[-1] = (name, "car", (route[-1][1], route[-1][2]), held)

    def _box_pair(self, name: str) -> None:
        rng = self.rng
        start = FIRST_DAY_S + int(rng.integers(0, self.days)) * DAY_S + rng.uniform(8, 12) * 3600
        end = min(self._whole()[1], start + rng.uniform(8, 50) * 3600)
        held = self._bank(
            name,
            "pair",
            sims=int(rng.integers(1, 5)),
            ports=int(rng.integers(1, 3)),
            dwell_s=rng.uniform(4_000, 14_000),
            rate_h=rng.uniform(8, 20),
            hours=(8.0, 21.0),
            talk_s=rng.uniform(60, 240),
            answer=rng.uniform(0.35, 0.65),
            start=start,
            end=end,
            shared=rng.random() < 0.8,
        )
        stops, at = [], start - 60
        while at < end + 7200:
            stops.append((at, *self._place()))
            at += rng.uniform(2, 6) * 3600
        for sim in held:
            self.tracks[sim] = stops
        self.boxes[-1] = (name, "pair", (stops[-1][1], stops[-1][2]), held)

    def _box_sms(self, name: str) -> None:
        rng, here = self.rng, self._place()
        start = FIRST_DAY_S + int(rng.integers(0, self.days)) * DAY_S + rng.uniform(7, 14) * 3600
        end = min(self._whole()[1], start + rng.uniform(3, 40) * 3600)
        body = [self._imei() for _ in range(int(rng.integers(1, 5)))]
        held = [self._sim("sms", here, here, 2.0) for _ in range(int(len(body) * rng.uniform(1, 4)))]
        rate = rng.uniform(80, 400) / (3 if self.evasive else 1)
        for sim, port, begin, stop in self._turns(held, len(body), rng.uniform(1_500, 9_000), start, end):
            if not self.evasive:
                self.imeis.setdefault(sim, []).append((begin, body[port]))
            n = rng.poisson(rate * (stop - begin) / 3600)
            self.acts.add(
                np.full(n, sim),
                self._strangers(n),
                rng.uniform(begin, stop, n),
                0,
                message=True,
                answered=rng.random(n) < 0.95,
            )
        self.boxes.append((name, "sms", here, held))

    def _box_otp(self, name: str) -> None:
        rng, here = self.rng, self._place()
        start, end = self._whole()
        ports = int(rng.choice([8, 16, 32]))
        tac = str(rng.choice(self.tac))
        body = [self._imei(tac) for _ in range(ports)]
        held = [self._sim("otp", here, here, 2.0) for _ in range(int(ports * rng.uniform(2, 6)))]
        senders = np.array([self._number(f"106{rng.integers(0, 10**8):08d}") for _ in range(150)])
        rate = rng.uniform(4, 20) / (3 if self.evasive else 1)
        for sim, port, begin, stop in self._turns(held, ports, rng.uniform(1_800, 12_000), start, end):
            if not self.evasive:
                self.imeis.setdefault(sim, []).append((begin, body[port]))
            n = rng.poisson(rate * (stop - begin) / 3600)
            self.acts.add(
                np.full(n, sim), rng.choice(senders, n), rng.uniform(begin, stop, n), 0, message=True, inward=True
            )
        self.boxes.append((name, "otp", here, held))

    # records

    def _records(self) -> City:
        acts, rng = self.acts, self.rng
        who, whom = np.concatenate(acts.who), np.concatenate(acts.whom)
        when, lasts = np.concatenate(acts.when), np.concatenate(acts.lasts)
        message, inward, answered = (
            np.concatenate(acts.message),
            np.concatenate(acts.inward),
            np.concatenate(acts.answered),
        )
        n_sims = len(self.kind_of)
        whom = np.where(whom < 0, n_sims - 1 - whom, whom)
        begin, end = self._whole()
        keep = (when >= begin) & (when < end) & (who != whom)
        who, whom, when, lasts, message, inward, answered = (
            a[keep] for a in (who, whom, when, lasts, message, inward, answered)
        )
        lasts = np.where(message | ~answered, 0, np.minimum(np.round(lasts), 7200))
        own_kind = np.where(message, np.where(inward, 3, 2), np.where(inward, 1, 0))
        legs = whom < n_sims  # the other side is a SIM of this carrier: its own leg is recorded too
        other_kind = np.where(message, np.where(inward, 2, 3), np.where(inward, 0, 1))
        sim = np.concatenate([who, whom[legs]])
        other = np.concatenate([whom, who[legs]])
        kind = np.concatenate([own_kind, other_kind[legs]])
        t = np.round(np.concatenate([when, when[legs] + rng.uniform(0, 3, int(legs.sum()))])).astype(np.int64)
        duration = np.concatenate([lasts, lasts[legs]]).astype(np.int64)
        reached = np.concatenate([answered, answered[legs]])
        order = np.lexsort((sim, t))
        sim, other, kind, t, duration, reached = (a[order] for a in (sim, other, kind, t, duration, reached))
        x, y = self._positions(sim, t)
        cell, ta = self._serving(x, y)
        numbers = self._own_numbers() + self.outside
        mnc = "00"
        imsi_body = rng.permutation(10**7)[:n_sims] + 1_000_000_000
        imsi = [f"460{mnc}{body}" for body in imsi_body]
        boxes = [CityBox(name, form, *self._degrees(*here), tuple(held)) for name, form, here, held in self.boxes]
        return City(
            self._cells(),
            boxes,
            imsi,
            numbers[:n_sims],
            self.kind_of,
            numbers,
            kind.astype(np.int8),
            sim,
            other,
            t,
            duration,
            cell,
            ta,
            self._imeis_at(sim, t),
            reached,
        )

    def _own_numbers(self) -> list[str]:
        rng, n = self.rng, len(self.kind_of)
        body = (rng.integers(0, 10**8) + np.arange(n) * 41_421_357) % 10**8  # odd and not a multiple of 5: all differ
        return [
            f"14400{value:08d}" if kind == "meter" else f"1{prefix}{value:08d}"
            for kind, value, prefix in zip(
                self.kind_of, body, rng.choice([35, 36, 37, 38, 39, 50, 58, 59, 82, 87], n), strict=True
            )
        ]

    def _positions(self, sim: Ints, t: Ints) -> tuple[Floats, Floats]:
        rng = self.rng
        home, work, roams = np.array(self.home)[sim], np.array(self.work)[sim], np.array(self.roams)[sim]
        hour, day = t % DAY_S / 3600, (t - FIRST_DAY_S) // DAY_S
        shift = (sim * 7919 % 100) / 50 - 1
        at_work = (hour > 8.5 + shift) & (hour < 18 + shift) & (day % 7 < 5)
        where = np.where(at_work[:, None], work, home)
        out = rng.random(len(sim)) < np.clip(roams / 4_000, 0, 0.9)
        stray = np.where(out, roams, np.minimum(roams, 60.0) / 4)
        where = where + rng.normal(0, 1, (len(sim), 2)) * stray[:, None]
        for owner, track in self.tracks.items():
            rows = np.flatnonzero(sim == owner)
            starts = np.array([stop[0] for stop in track])
            at = np.searchsorted(starts, t[rows], "right") - 1
            points = np.array([[stop[1], stop[2]] for stop in track])
            valid = (at >= 0) & ~np.isnan(points[np.maximum(at, 0), 0])
            where[rows[valid]] = points[at[valid]]
        return where[:, 0], where[:, 1]

    def _serving(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        from scipy.spatial import cKDTree

        distance, near = cKDTree(self.mast).query(np.column_stack([x, y]), k=min(3, len(self.mast)))
        fade = self.rng.normal(0, 0.05, distance.shape)
        pick = np.argmin(np.log(np.maximum(distance, 30)) + fade, axis=1)
        rows = np.arange(len(x))
        mast, far = near[rows, pick], distance[rows, pick]
        bearing = np.degrees(np.arctan2(x - self.mast[mast, 0], y - self.mast[mast, 1])) % 360
        sector = ((bearing - self.azimuth0[mast] + 60) % 360 // 120).astype(int)
        step = GSM_STEP_M if self.rat == "gsm" else LTE_STEP_M
        ta = np.floor(far / step + 0.5 + self.rng.normal(0, 0.08, len(x))).astype(int)
        return mast * 3 + sector, np.maximum(ta, 0)

    def _cells(self) -> list[CityCell]:
        cells = []
        for at, (x, y) in enumerate(self.mast):
            lat, lon = self._degrees(float(x), float(y))
            for sector in range(3):
                lac = self.lac0 + (0 if x < 0 else 1) + (0 if y < 0 else 2)
                ci = (self.ci0 + at) * 256 + sector + 1 if self.rat == "lte" else self.ci0 + at * 3 + sector
                azimuth = round(float(self.azimuth0[at] + 120 * sector) % 360, 1)
                cells.append(CityCell(CellIdentity(self.rat, "460", "00", lac, ci), lat, lon, azimuth))
        return cells

    def _degrees(self, x: float, y: float) -> tuple[float, float]:
        lat = self.centre[0] + y / METRES_A_DEGREE
        return round(lat, 6), round(
            self.centre[1] + x / (METRES_A_DEGREE * float(np.cos(np.radians(self.centre[0])))), 6
        )

    def _imeis_at(self, sim: Ints, t: Ints) -> NDArray[np.str_]:
        imei = np.array(self.imei_of)[sim]
        for owner, changes in self.imeis.items():
            rows = np.flatnonzero(sim == owner)
            starts = np.array([begin for begin, _ in changes])
            at = np.searchsorted(starts, t[rows], "right") - 1
            names = np.array([name for _, name in changes])
            imei[rows[at >= 0]] = names[at[at >= 0]]
        return imei


HEADER = ("record_type", "imsi", "imei", "msisdn", "other_party", "start_time", "duration", "lac", "ci", "ta", "result")
TYPE_WORDS = ("MOC", "MTC", "SMS-MO", "SMS-MT", "LU")


def csv_lines(city: City) -> list[str]:
    """The city's records as a clean CSV export: HEADER, then a line a leg."""
    times = np.datetime_as_string(city.t_s.astype("datetime64[s]"))
    lac = [cell.identity.lac for cell in city.cells]
    ci = [cell.identity.ci for cell in city.cells]
    lines = [",".join(HEADER)]
    for k, s, o, t, d, c, ta, imei, ok in zip(
        city.kind.tolist(),
        city.sim.tolist(),
        city.other.tolist(),
        times.tolist(),
        city.duration_s.tolist(),
        city.cell.tolist(),
        city.timing_advance.tolist(),
        city.imei.tolist(),
        city.answered.tolist(),
        strict=True,
    ):
        lines.append(
            f"{TYPE_WORDS[k]},{city.imsi[s]},{imei},{city.msisdn[s]},{city.numbers[o]},{t.replace('T', ' ')},{d},{lac[c]},{ci[c]},{ta},{'0' if ok else '1'}"
        )
    return lines


def cells_lines(city: City) -> list[str]:
    """CELLS.csv of the city."""
    rows = ["lac,ci,lat,lon,azimuth,mcc,mnc,beamwidth,range_m,rat"]
    for cell in city.cells:
        who = cell.identity
        rows.append(
            f"{who.lac},{who.ci},{cell.lat:.6f},{cell.lon:.6f},{cell.azimuth_deg},{who.mcc},{who.mnc},{cell.beamwidth_deg:.0f},,{who.rat}"
        )
    return rows
