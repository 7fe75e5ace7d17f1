"""A made-up truth of call records: SIMs of a home country, their calls, messages, data and location updates."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Home:
    mcc: str
    mnc: str
    code: str
    trunk: str
    national: str  # template of a mobile number, # a digit
    zone: str
    land: str


HOMES = {
    "cn": Home("460", "00", "86", "0", "13#########", "Asia/Shanghai", "010########"),
    "uk": Home("234", "15", "44", "0", "7#########", "Europe/London", "20########"),
    "in": Home("404", "45", "91", "0", "9#########", "Asia/Kolkata", "11########"),
    "ru": Home("250", "01", "7", "8", "9#########", "Europe/Moscow", "495#######"),
    "fr": Home("208", "01", "33", "0", "6########", "Europe/Paris", "1########"),
    "es": Home("214", "07", "34", "", "6########", "Europe/Madrid", "91#######"),
    "sa": Home("420", "01", "966", "0", "5########", "Asia/Riyadh", "11#######"),
    "us": Home("310", "260", "1", "1", "9#########", "America/New_York", "212#######"),
    "ke": Home("639", "02", "254", "0", "7########", "Africa/Nairobi", "20#######"),
    "mx": Home("334", "020", "52", "", "55########", "America/Mexico_City", "81########"),
}
LANGUAGE_HOMES = {
    "cn": ["cn"],
    "en": ["uk", "in", "us", "ke", "cn", "sa"],
    "ru": ["ru"],
    "fr": ["fr"],
    "es": ["es", "mx"],
    "ar": ["sa"],
}


@dataclass(frozen=True, slots=True)
class Party:
    national: str
    canon: str
    foreign: bool = False
    plain: bool = False  # a short number, a sender's name: written as it is


@dataclass(frozen=True, slots=True)
class Truth:
    """A record as the engine should read it; None where the dialect doesn't tell."""

    kind: str
    imsi: str
    imei: str | None
    own: Party
    other: Party | None
    utc: datetime
    dur: int
    lac: int
    ci: int
    ta: int
    answered: bool


def luhn(digits: str) -> str:
    total = sum(n if (n := int(c) * (1 + at % 2)) < 10 else n - 9 for at, c in enumerate(digits))
    return str(-total % 10)


def number(rng: random.Random, template: str) -> str:
    return "".join(str(rng.randrange(10)) if c == "#" else c for c in template)


def make_truth(rng: random.Random, home: Home, rat: str, n: int, kinds: tuple[str, ...], both: bool) -> list[Truth]:
    """n records of some 60 SIMs in two days, in order of time."""

    def mobile() -> Party:
        national = number(rng, home.national)
        if home.code == "86":
            national = rng.choice(["138", "139", "150", "186", "133", "177", "199"]) + national[3:]
        return Party(national, national if home.code == "86" else home.code + national)

    tacs = [rng.choice(["35", "86", "01"]) + number(rng, "######") for _ in range(9)]
    areas = rng.sample(range(4_097, 60_000), 4)
    cells: list[tuple[int, int]] = []
    for _ in range(18):
        ci = (
            rng.randrange(2_000, 65_000) if rat == "gsm" else rng.randrange(70_000, 900_000) * 256 + rng.randrange(1, 4)
        )
        cells.append((areas[len(cells) % 4], ci))
    sims = []
    for _ in range(60):
        body = rng.choice(tacs) + number(rng, "######")
        width = 10 if len(home.mnc) == 2 else 9
        imsi = home.mcc + home.mnc + number(rng, "#" * width)
        sims.append((mobile(), imsi, body + luhn(body), rng.sample(cells, 3), [mobile() for _ in range(8)]))
    others = [mobile() for _ in range(100)]
    foreign = [Party(f"4477009{number(rng, '#####')}", "", True) for _ in range(3)]
    if home.code == "44":
        foreign = [Party(f"861380013{number(rng, '####')}", "", True) for _ in range(3)]
    foreign = [Party(p.national, p.national, True) for p in foreign]
    short = [
        Party(s, s, plain=True) for s in (["10086", "95588", "10690123456"] if home.code == "86" else ["611", "22345"])
    ]
    truths = []
    for _ in range(n):
        own, imsi, imei, places, friends = rng.choice(sims)
        kind = rng.choices(kinds, [{"moc": 10, "mtc": 7, "smo": 3, "smt": 4, "data": 2, "lu": 2}[k] for k in kinds])[0]
        hour = rng.choices(
            range(24), [2, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 13, 12, 12, 13, 13, 13, 13, 14, 13, 11, 9, 6, 4]
        )[0]
        local = FIRST + timedelta(days=rng.randrange(2), hours=hour, seconds=rng.randrange(3600))
        utc = local.replace(tzinfo=ZoneInfo(home.zone)).astimezone(UTC)
        talks = kind in ("moc", "mtc")
        answered = rng.random() < 0.7 if talks else True
        lasts = rng.randrange(1, 90) if rng.random() < 0.7 else rng.randrange(60, 4_000)
        pick = rng.random()
        other = (
            rng.choice(friends)
            if pick < 0.6
            else rng.choice(others)
            if pick < 0.9
            else rng.choice(foreign if talks else short)
        )
        lac, ci = rng.choice(places)
        truths.append(
            Truth(
                kind,
                imsi,
                imei,
                own,
                None if kind in ("data", "lu") else other,
                utc,
                (lasts if answered else 0) if talks else (lasts * 7 if kind == "data" else 0),
                lac,
                ci,
                min(63, int(rng.expovariate(0.3))),
                answered,
            )
        )
    return sorted(truths, key=lambda truth: truth.utc)
