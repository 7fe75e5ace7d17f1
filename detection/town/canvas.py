"""The ground of a made-up city: masts, places, devices, numbers, and how acts become records."""

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


@dataclass(slots=True)
class Acts:
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


class Canvas:
    """What a city is made on: masts, people with places and devices, and their acts; all drawn from one generator."""

    def __init__(
        self,
        rng: np.random.Generator,
        subscribers: int,
        days: int,
        evasive: bool,
        rat: str,
        centre: tuple[float, float],
        mast_gap_m: tuple[float, float],
    ) -> None:
        self.mast_gap_m = mast_gap_m
        self.rng, self.days, self.evasive, self.rat, self.centre = rng, days, evasive, rat, centre
        self.wanted = subscribers
        self.ordinary = int(subscribers * 0.93)  # of them people with a circle of friends: SIMs 0 and up
        self.inside_share = 0.5  # of strangers who are SIMs of this carrier
        self.side_m = float(np.clip(900 * np.sqrt(subscribers / 400), 2_500, 14_000))
        self.kind_of: list[str] = []
        self.home: list[tuple[float, float]] = []
        self.work: list[tuple[float, float]] = []
        self.roams: list[float] = []  # metres a person strays between acts
        self.born: list[float] = []
        self.imei_of: list[str] = []
        self.acts = Acts()
        self.fading = float(np.exp(rng.uniform(np.log(0.03), np.log(0.5))))  # in the logarithm of the distance
        self.line_share = float(rng.uniform(0, 0.2))  # of strangers elsewhere who are fixed lines
        self.plain = False  # whether boxes do nothing but their work
        self.outside: list[str] = []
        self.senders: list[int] = []
        self.boxes: list[tuple[str, str, tuple[float, float], list[int]]] = []
        self.tracks: dict[int, list[tuple[float, float, float]]] = {}  # SIM -> (from, x, y): a box's SIM, a car
        self.imeis: dict[int, list[tuple[float, str]]] = {}  # SIM -> (from, IMEI)
        self.tac = [f"{rng.integers(35_000_000, 36_000_000)}" for _ in range(60)] + [
            f"86{rng.integers(0, 10**6):06d}" for _ in range(140)
        ]

    def masts(self) -> None:
        rng, step = self.rng, float(self.rng.uniform(*self.mast_gap_m))
        grid = np.arange(-self.side_m / 2, self.side_m / 2 + step, step)
        xs, ys = np.meshgrid(grid, grid)
        self.mast = np.column_stack([xs.ravel(), ys.ravel()]) + rng.normal(0, step * 0.15, (xs.size, 2))
        self.azimuth0 = rng.uniform(0, 120, len(self.mast))
        self.lac0, self.ci0 = int(rng.integers(4_000, 50_000)), int(rng.integers(1_000, 30_000))

    def place(self) -> tuple[float, float]:
        x, y = self.rng.normal(0, self.side_m / 4.5, 2)
        half = self.side_m / 2
        return float(np.clip(x, -half, half)), float(np.clip(y, -half, half))

    def imei(self, tac: str | None = None) -> str:
        body = (tac or str(self.rng.choice(self.tac))) + f"{self.rng.integers(0, 10**6):06d}"
        total = 0
        for at, char in enumerate(body):
            value = int(char) * (2 if at % 2 else 1)
            total += value - 9 if value > 9 else value
        return body + str(-total % 10)

    def sim(
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
        self.imei_of.append(imei or self.imei())
        return len(self.kind_of) - 1

    def number(self, text: str) -> int:
        """Index of a number outside; it becomes an index behind the SIMs' own when records are made."""
        self.outside.append(text)
        return -len(self.outside)

    def service_senders(self) -> Ints:
        """Numbers of banks, shops and offices that send notices."""
        if not self.senders:
            self.senders = [self.number(f"1069{self.rng.integers(0, 10**6):06d}") for _ in range(60)]
        return np.array(self.senders)

    def strangers(self, n: int) -> Ints:
        """Numbers nobody is likely to call twice: half subscribers of this city, half of elsewhere."""
        inside = self.rng.integers(0, max(1, self.ordinary), n)
        outside = np.array([self.number(self._stranger()) for _ in range(n)]) if n else np.zeros(0, int)
        return np.where(self.rng.random(n) < self.inside_share, inside, outside)

    def _stranger(self) -> str:
        if self.rng.random() < self.line_share:
            return f"0{self.rng.integers(10, 1_000)}{self.rng.integers(10**6, 10**7)}"
        return f"1{self.rng.integers(3, 10)}{self.rng.integers(0, 10**9):09d}"

    def hours(self, n: int, first_h: float, last_h: float, days: Ints | None = None, rush: float = 0.0) -> Floats:
        """Times between two hours of the day, on the days given."""
        day = self.rng.choice(days if days is not None else np.arange(self.days), n)
        hour = self.rng.uniform(first_h, last_h, n)
        if rush:
            peak = self.rng.normal((first_h + last_h) / 2, (last_h - first_h) / 5, n)
            hour = np.where(self.rng.random(n) < rush, np.clip(peak, first_h, last_h), hour)
        return FIRST_DAY_S + day * DAY_S + hour * 3600

    def workdays(self) -> Ints:
        days = np.arange(self.days)
        kept = days[(days % 7) < 5]
        return kept if len(kept) else days

    def talk(self, n: int, mean: float, spread: float = 1.0) -> Floats:
        return np.maximum(1, self.rng.lognormal(np.log(mean) - spread**2 / 2, spread, n))

    def chat(self, sim: int, circle: Ints, n: int) -> None:
        """Calls and messages of a SIM, either way, with people whom one knows."""
        rng = self.rng
        self.acts.add(
            np.full(n, sim),
            rng.choice(circle, n),
            self.hours(n, 7, 23),
            self.talk(n, 90),
            inward=rng.random(n) < 0.5,
            answered=rng.random(n) < 0.75,
            message=rng.random(n) < 0.15,
        )

    def whole(self) -> tuple[float, float]:
        return FIRST_DAY_S, FIRST_DAY_S + self.days * DAY_S

    def records(self) -> City:
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
        begin, end = self.whole()
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
        sim, other, kind, t, duration = (a[order] for a in (sim, other, kind, t, duration))
        x, y = self.positions(sim, t)
        cell, ta = self.serving(x, y)
        numbers = self.own_numbers() + self.outside
        mnc = "00"
        imsi_body = rng.permutation(10**7)[:n_sims] + 1_000_000_000
        imsi = [f"460{mnc}{body}" for body in imsi_body]
        boxes = [CityBox(name, form, *self.degrees(*here), tuple(held)) for name, form, here, held in self.boxes]
        return City(
            self.cells(),
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
            self.imeis_at(sim, t),
            reached[order],
        )

    def own_numbers(self) -> list[str]:
        rng, n = self.rng, len(self.kind_of)
        body = (rng.integers(0, 10**8) + np.arange(n) * 41_421_357) % 10**8  # odd and not a multiple of 5: all differ
        return [
            f"14400{value:08d}" if kind == "meter" else f"1{prefix}{value:08d}"
            for kind, value, prefix in zip(
                self.kind_of, body, rng.choice([35, 36, 37, 38, 39, 50, 58, 59, 82, 87], n), strict=True
            )
        ]

    def positions(self, sim: Ints, t: Ints) -> tuple[Floats, Floats]:
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

    def serving(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        from scipy.spatial import cKDTree

        found = cKDTree(self.mast).query(np.column_stack([x, y]), k=min(3, len(self.mast)))
        distance, near = np.asarray(found[0]), np.asarray(found[1])
        fade = self.rng.normal(0, self.fading, distance.shape)
        pick = np.argmin(np.log(np.maximum(distance, 30)) + fade, axis=1)
        rows = np.arange(len(x))
        mast, far = near[rows, pick], distance[rows, pick]
        bearing = np.degrees(np.arctan2(x - self.mast[mast, 0], y - self.mast[mast, 1])) % 360
        sector = ((bearing - self.azimuth0[mast] + 60) % 360 // 120).astype(int)
        step = GSM_STEP_M if self.rat == "gsm" else LTE_STEP_M
        ta = np.floor(far / step + 0.5 + self.rng.normal(0, 0.08, len(x))).astype(int)
        return mast * 3 + sector, np.maximum(ta, 0)

    def cells(self) -> list[CityCell]:
        cells = []
        for at, (x, y) in enumerate(self.mast):
            lat, lon = self.degrees(float(x), float(y))
            for sector in range(3):
                lac = self.lac0 + (0 if x < 0 else 1) + (0 if y < 0 else 2)
                ci = (self.ci0 + at) * 256 + sector + 1 if self.rat == "lte" else self.ci0 + at * 3 + sector
                azimuth = round(float(self.azimuth0[at] + 120 * sector) % 360, 1)
                cells.append(CityCell(CellIdentity(self.rat, "460", "00", lac, ci), lat, lon, azimuth))
        return cells

    def degrees(self, x: float, y: float) -> tuple[float, float]:
        lat = self.centre[0] + y / METRES_A_DEGREE
        return round(lat, 6), round(
            self.centre[1] + x / (METRES_A_DEGREE * float(np.cos(np.radians(self.centre[0])))), 6
        )

    def imeis_at(self, sim: Ints, t: Ints) -> NDArray[np.str_]:
        imei = np.array(self.imei_of)[sim]
        for owner, changes in self.imeis.items():
            rows = np.flatnonzero(sim == owner)
            starts = np.array([begin for begin, _ in changes])
            at = np.searchsorted(starts, t[rows], "right") - 1
            names = np.array([name for _, name in changes])
            imei[rows[at >= 0]] = names[at[at >= 0]]
        return imei
