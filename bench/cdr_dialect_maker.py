"""One made truth of call records, written down in a random dialect: every line's meaning is known."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bench import cdr_dialect_words as words

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
    "cn": ["cn"], "en": ["uk", "in", "us", "ke", "cn", "sa"], "ru": ["ru"], "fr": ["fr"], "es": ["es", "mx"], "ar": ["sa"]
}  # fmt: skip


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
    cells = []
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
                kind, imsi, imei, own, None if kind in ("data", "lu") else other, utc,
                (lasts if answered else 0) if talks else (lasts * 7 if kind == "data" else 0), lac, ci,
                min(63, int(rng.expovariate(0.3))), answered,
            )
        )  # fmt: skip
    return sorted(truths, key=lambda truth: truth.utc)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line is: good (with its truth), again (a duplicate), bad (with why), header or blank."""

    text: str
    is_a: str
    truth: Truth | None = None
    why: str = ""


@dataclass(slots=True)
class Dialect:
    """A random dialect, and what it does not tell."""

    seed: int
    language: str
    home: Home
    notes: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    tells: set[str] = field(default_factory=set)
    encoding: str = "utf-8"
    body: bytes = b""
    cells: list[tuple[int, int]] = field(default_factory=list)
    without_imei: set[str] = field(default_factory=set)


Writer = Callable[[Truth], str]


def local(truth: Truth, home: Home) -> datetime:
    return truth.utc.astimezone(ZoneInfo(home.zone))


def offset_text(moment: datetime, colon: str = ":") -> str:
    text = moment.strftime("%z")
    return text[:3] + colon + text[3:]


def time_writers(home: Home) -> dict[str, Writer]:
    def form(text: str) -> Writer:
        return lambda t: local(t, home).strftime(text)

    def excel(t: Truth) -> str:
        naive = local(t, home).replace(tzinfo=None)
        return f"{(naive - datetime(1899, 12, 30)) / timedelta(days=1):.9f}"

    return {
        "iso": form("%Y-%m-%d %H:%M:%S"), "isoT": form("%Y-%m-%dT%H:%M:%S"), "slashes": form("%Y/%m/%d %H:%M:%S"),
        "slashes1": lambda t: (m := local(t, home)).strftime(f"%Y/{m.month}/{m.day} {m.hour}:%M:%S"),
        "compact": form("%Y%m%d%H%M%S"), "compact gap": form("%Y%m%d %H%M%S"), "compact clock": form("%Y%m%d %H:%M:%S"),
        "short year": form("%y%m%d%H%M%S"), "dmy": form("%d/%m/%Y %H:%M:%S"), "dmy dots": form("%d.%m.%Y %H:%M:%S"), "mdy": form("%m/%d/%Y %H:%M:%S"),
        "dmy2": form("%d/%m/%y %H:%M:%S"), "mdy am": form("%m/%d/%Y %I:%M:%S %p"), "dmy am": form("%d-%m-%Y %I:%M:%S %p"),
        "named": form("%d-%b-%Y %H:%M:%S"), "named short": lambda t: local(t, home).strftime("%d-%b-%y %I.%M.%S.000000 %p").upper(),
        "named us": form("%b %d, %Y %I:%M:%S %p"), "named slash": form("%d/%b/%Y:%H:%M:%S"),
        "fraction": lambda t: local(t, home).strftime("%Y-%m-%d %H:%M:%S.") + f"{t.dur * 37 % 1000:03d}",
        "offset": lambda t: local(t, home).strftime("%Y-%m-%dT%H:%M:%S") + offset_text(local(t, home)),
        "offset gap": lambda t: local(t, home).strftime("%Y-%m-%d %H:%M:%S ") + offset_text(local(t, home), ""),
        "asn": lambda t: local(t, home).strftime("%y%m%d%H%M%S") + offset_text(local(t, home), ""),
        "zulu": lambda t: t.utc.strftime("%Y-%m-%dT%H:%M:%SZ"), "zulu fraction": lambda t: t.utc.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "epoch": lambda t: str(int(t.utc.timestamp())), "epoch ms": lambda t: str(int(t.utc.timestamp()) * 1000), "excel": excel,
        "words": form("%Y年%m月%d日 %H时%M分%S秒"), "words clock": form("%Y年%m月%d日 %H:%M:%S"),
        "cn am": lambda t: (m := local(t, home)).strftime("%Y/%m/%d ") + ("上午" if m.hour < 12 else "下午") + m.strftime(" %I:%M:%S"),
    }  # fmt: skip


DATES = {
    "d iso": "%Y-%m-%d",
    "d compact": "%Y%m%d",
    "d dmy": "%d/%m/%Y",
    "d words": "%Y年%m月%d日",
    "d slashes": "%Y/%m/%d",
    "d named": "%d-%b-%Y",
    "d dots": "%d.%m.%Y",
}
CLOCKS = {"c colon": "%H:%M:%S", "c compact": "%H%M%S", "c am": "%I:%M:%S %p"}
CHINESE_TIMES = ("words", "words clock", "cn am")


def duration_writers() -> dict[str, Callable[[int], str]]:
    return {
        "s": str, "ms": lambda s: str(s * 1000), "hms": lambda s: f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}",
        "HHMMSS": lambda s: f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}", "ms colon": lambda s: f"{s // 60}:{s % 60:02d}", "decimal": lambda s: f"{s}.0", "decimals": lambda s: f"{s}.00",
        "words": lambda s: (f"{s // 3600}小时" if s >= 3600 else "") + (f"{s // 60 % 60}分" if s >= 60 else "") + f"{s % 60}秒",
        "words long": lambda s: (f"{s // 3600}时" if s >= 3600 else "") + (f"{s // 60 % 60}分钟" if s >= 60 else "") + f"{s % 60}秒",
        "s unit": lambda s: f"{s}s", "sec unit": lambda s: f"{s}秒", "en words": lambda s: f"{s // 60}m {s % 60}s", "quotes": lambda s: f"{s // 60}'{s % 60:02d}''",
    }  # fmt: skip


def cell_writers(home: Home, rat: str) -> dict[str, dict[str, Callable[[int, int], str]]]:
    m, n = home.mcc, home.mnc
    ways: dict[str, dict[str, Callable[[int, int], str]]] = {
        "decimal": {"lac": lambda a, c: str(a), "ci": lambda a, c: str(c)},
        "hex": {"lac": lambda a, c: f"{a:04X}", "ci": lambda a, c: f"{c:04X}"},
        "hex small": {"lac": lambda a, c: f"{a:x}", "ci": lambda a, c: f"{c:x}"},
        "hex 0x": {"lac": lambda a, c: f"0x{a:04X}", "ci": lambda a, c: f"0x{c:04X}"},
        "float": {"lac": lambda a, c: f"{a}.0", "ci": lambda a, c: f"{c}.0"},
        "padded": {"lac": lambda a, c: f"{a:08d}", "ci": lambda a, c: f"{c:010d}"},
        "with network": {"mcc": lambda a, c: m, "mnc": lambda a, c: n, "lac": lambda a, c: str(a), "ci": lambda a, c: str(c)},
        "cgi": {"cgi": lambda a, c: f"{m}-{n}-{a}-{c}"},
        "cgi dots": {"cgi": lambda a, c: f"{m}.{n}.{a}.{c}"},
        "cgi underline": {"cgi": lambda a, c: f"{m}_{n}_{a}_{c}"},
        "cgi together": {"cgi": lambda a, c: f"{m}{n}-{a}-{c}"},
        "cgi hex": {"cgi": lambda a, c: f"{m}-{n}-{a:04X}-{c:04X}"},
        "pair": {"cgi": lambda a, c: f"{a}-{c}"},
        "pair colon": {"cgi": lambda a, c: f"{a}:{c}"},
        "pair hex": {"cgi": lambda a, c: f"{a:04X}-{c:04X}"},
    }  # fmt: skip
    if rat == "gsm":
        ways["packed"] = {"cgi": lambda a, c: f"{m}{n}{a:04X}{c:04X}"}
        ways["lai"] = {"lai": lambda a, c: f"{m}-{n}-{a}", "ci": lambda a, c: str(c)}
    else:
        ways["site"] = {"lac": lambda a, c: str(a), "ci": lambda a, c: f"{c // 256}-{c % 256}"}
        ways["ecgi site"] = {"lac": lambda a, c: str(a), "cgi": lambda a, c: f"{m}-{n}-{c // 256}-{c % 256}"}
        ways["ecgi packed"] = {"lac": lambda a, c: str(a), "cgi": lambda a, c: f"{m}{n}{c:07X}"}
        ways["ecgi"] = {"lac": lambda a, c: str(a), "cgi": lambda a, c: f"{m}-{n}-{c}"}
        ways["enb and cell"] = {
            "lac": lambda a, c: str(a),
            "enb": lambda a, c: str(c // 256),
            "sector": lambda a, c: str(c % 256),
        }
    return ways


def imsi_writers() -> dict[str, Callable[[str], str]]:
    return {
        "plain": str, "spaces": lambda t: f"{t[:3]} {t[3:5]} {t[5:]}", "apostrophe": lambda t: f"'{t}", "formula": lambda t: f'="{t}"',
        "float": lambda t: f"{t}.0", "padded": lambda t: f" {t} ", "tab": lambda t: f"{t}\t", "dashes": lambda t: f"{t[:3]}-{t[3:5]}-{t[5:]}",
    }  # fmt: skip


def imei_writers() -> dict[str, Callable[[str], str]]:
    return {
        "15": str, "14": lambda t: t[:14], "16": lambda t: t[:14] + "07", "15 zero": lambda t: t[:14] + "0", "apostrophe": lambda t: f"'{t}",
        "formula": lambda t: f'="{t}"', "float": lambda t: f"{t}.0", "dashes": lambda t: f"{t[:2]}-{t[2:8]}-{t[8:14]}-{t[14]}", "spaces": lambda t: f"{t[:6]} {t[6:8]} {t[8:]}",
    }  # fmt: skip


def party_writer(rng: random.Random, home: Home, mixed: bool) -> Callable[[Party], str]:
    """Own numbers come in one form, others in several."""
    forms = {
        "national": lambda p: p.national, "code": lambda p: home.code + p.national, "plus": lambda p: "+" + home.code + p.national,
        "zeros": lambda p: "00" + home.code + p.national, "trunk": lambda p: home.trunk + p.national,
    }  # fmt: skip
    if home.code == "86":
        forms["prefix"] = lambda p: rng.choice(["17951", "12593", "17909"]) + p.national
    names = sorted(forms)
    fixed = rng.choice([name for name in names if name != "prefix" and (name != "trunk" or home.code != "86")])
    usual = rng.choice(["national", "code", fixed])

    def write(party: Party) -> str:
        if party.plain:
            return party.national
        if party.foreign:
            return rng.choice(["00", "+"]) + party.national
        name = fixed if not mixed else usual if rng.random() < 0.8 else rng.choice(names)
        return forms[name](party)

    return write


def junk_writer(rng: random.Random) -> Callable[[int], str]:
    texts = rng.sample(
        ["北京", "上海", "Plan A", "成都市", "MSC01", "MSC02", "TG1201", "prepaid", "postpaid", "GSM", "本地"], 3
    )
    fixed = rng.choice(["0", "1", "", "N", "001"])
    return rng.choice(
        [
            lambda n: str(n + 1), lambda n: str(1_000_000_007 + n), lambda n: f"{rng.random() * 3:.2f}", lambda n: rng.choice(texts),
            lambda n: fixed, lambda n: f"{rng.getrandbits(64):016x}", lambda n: rng.choice(["0", "1", "2"]), lambda n: f"{rng.randrange(100, 140)}",
            lambda n: "", lambda n: str(rng.randrange(1000, 1010)), lambda n: f"MSC{rng.randrange(4)}", lambda n: rng.choice(["T", "F"]),
        ]
    )  # fmt: skip


def make(seed: int, n: int = 700, clean: bool = False) -> Dialect:
    """A file in the dialect of this seed."""
    rng = random.Random(seed)
    language = rng.choices(["cn", "en", "ru", "fr", "es", "ar"], [10, 9, 2, 2, 2, 1])[0]
    home = HOMES[rng.choice(LANGUAGE_HOMES[language])]
    made = Dialect(seed, language, home)
    head = words.HEADERS[language]
    header = rng.choices(["known", "none", "unknown", "half"], [6, 2, 1, 1])[0]
    rat = rng.choice(["gsm", "lte"])
    shape = rng.choices(["one", "two", "service", "legs"], [5, 2, 3, 3])[0]  # legs: no kind; each call once
    shape = "one" if shape == "legs" and rng.random() < 0.3 else shape
    types = rng.choice(words.TYPES[language])
    services = rng.choice(words.SERVICES[language])
    directions = rng.choice(words.DIRECTIONS[language])
    names = ("moc", "mtc", "smo", "smt", "data", "lu")
    if shape == "service":
        code = dict(zip(names, [services[0]] * 2 + [services[1]] * 2 + [services[2], services[3]], strict=True))
    elif shape == "legs":
        code = {"moc": "x"}
    else:
        code = dict(zip(names, types, strict=True))
    kinds = tuple(k for k in names if code.get(k) is not None and (k in ("moc", "mtc") or rng.random() < 0.8))
    truths = make_truth(rng, home, rat, n, kinds, both=True)
    columns: list[tuple[str, str, Callable[[Truth, int], str]]] = []  # role, header, writer
    tells = made.tells

    def title(role: str) -> str:
        return rng.choice(head[role])

    def add(role: str, write: Callable[[Truth, int], str], key: str | None = None) -> None:
        columns.append((role, title(key or role), write))

    if shape == "service":
        add("service", lambda t, n: str(code[t.kind]))
        add("direction", lambda t, n: directions[1] if t.kind in ("mtc", "smt") else directions[0])
        made.notes["kinds"] = f"{services} {directions}"
    elif shape != "legs":
        add("type", lambda t, n: str(code[t.kind]))
        made.notes["kinds"] = str(types)
    own_party, other_party = party_writer(rng, home, rng.random() < 0.15), party_writer(rng, home, rng.random() < 0.6)
    empty = rng.choice(["", "", "", "NULL", "\\N", "-", "N/A"])
    if shape in ("legs", "two"):

        def side(t: Truth, calling: bool) -> str:
            mine = calling != (t.kind in ("mtc", "smt"))
            return own_party(t.own) if mine else other_party(t.other) if t.other else empty

        add("calling", lambda t, n: side(t, True))
        add("called", lambda t, n: side(t, False))
        if rng.random() < 0.3 and shape == "two":
            add("served", lambda t, n: own_party(t.own))
    else:
        add("served", lambda t, n: own_party(t.own))
        add("other", lambda t, n: other_party(t.other) if t.other else empty)
    tells |= {"kind", "number", "other", "t_s"}
    imsi_way = rng.choices(list(imsi_writers()), [8, 1, 1, 1, 1, 1, 1, 1])[0]
    if rng.random() < 0.85 or header == "none":
        add("imsi", lambda t, n: imsi_writers()[imsi_way](t.imsi))
        tells.add("imsi")
    imei_way = rng.choices(list(imei_writers()), [6, 2, 2, 2, 1, 1, 1, 1, 1])[0]
    imei_empty = rng.choice([empty, "0", "000000000000000"])
    missing = made.without_imei = {truth.imsi for truth in rng.sample(truths, 3)}
    if rng.random() < 0.85:
        add("imei", lambda t, n: imei_empty if t.imsi in missing else imei_writers()[imei_way](str(t.imei)))
        tells.add("imei")
    if rng.random() < 0.25:
        date, clock = rng.choice(list(DATES)), rng.choice(list(CLOCKS))
        columns.append(("date", title("date"), lambda t, n: local(t, home).strftime(DATES[date])))
        columns.append(("clock", title("clock"), lambda t, n: local(t, home).strftime(CLOCKS[clock])))
        made.notes["time"] = f"{date} | {clock}"
        end_writer = None
    else:
        time_way = rng.choice([w for w in time_writers(home) if language == "cn" or w not in CHINESE_TIMES])
        add("start", lambda t, n: time_writers(home)[time_way](t))
        made.notes["time"] = time_way
        end_writer = time_writers(home)[time_way]
    has_end = end_writer is not None and rng.random() < 0.2
    if has_end and end_writer is not None:
        write_end = end_writer

        def ended(t: Truth, n: int) -> str:
            return write_end(
                Truth(
                    t.kind,
                    t.imsi,
                    t.imei,
                    t.own,
                    t.other,
                    t.utc + timedelta(seconds=t.dur),
                    t.dur,
                    t.lac,
                    t.ci,
                    t.ta,
                    t.answered,
                )
            )

        add("end", ended)
    if rng.random() < 0.92 or header == "none":
        ways = duration_writers()
        dur_way = rng.choices(list(ways), [10, 1, 2, 2, 1, 2, 1, 1, 1, 1, 1, 1, 1])[0]
        if header != "known" and dur_way == "ms":
            dur_way = "s"
        if language != "cn" and ("words" in dur_way or dur_way == "sec unit") and dur_way != "en words":
            dur_way = "s"
        add("dur", lambda t, n: ways[dur_way](t.dur), "dur_ms" if dur_way == "ms" else None)
        tells.add("dur")
        made.notes["dur"] = dur_way
    if rng.random() < 0.85:
        cells = cell_writers(home, rat)
        cell_way = rng.choice(list(cells))
        extra = {
            "lai": ["LAI"],
            "enb": ["ENODEBID", "eNodeB", "eNB ID", "ENBID", "基站ID"],
            "sector": ["CELLID", "LCID", "Local Cell ID", "扇区"],
        }
        for role, write in cells[cell_way].items():
            name = rng.choice(extra[role]) if role in extra else title(role)
            columns.append((role, name, lambda t, n, write=write: write(t.lac, t.ci)))  # type: ignore[misc]
        tells.add("cell")
        if not {"lac", "lai"} & set(cells[cell_way]) and rat == "lte" and "ecgi" in cell_way:
            tells.add("no lac")
        made.notes["cell"] = f"{rat} {cell_way}"
        if rng.random() < 0.5 and cell_way not in ("enb and cell",):
            add("ta", lambda t, n: str(t.ta))
            tells.add("ta")
        if rng.random() < 0.4 or cell_way in ("hex", "hex small") and rng.random() < 0.5:
            made.cells = sorted({(t.lac, t.ci) for t in truths})
    if rng.random() < 0.5:
        if rng.random() < 0.25:
            yes, no = rng.choice(words.FLAGS)
            add("result", lambda t, n: yes if t.answered else no, "flag")
            made.notes["result"] = f"flag {yes}/{no}"
        else:
            good, bad = rng.choice(words.RESULTS[language])
            add("result", lambda t, n: good[0] if t.answered else bad[n % len(bad)])
            made.notes["result"] = f"{good}/{bad}"
        tells.add("answered")
    if has_end:
        tells.add("dur")
    junk = rng.choice([0, 0, 1, 2, 4])
    for name in rng.sample(words.JUNK[language], min(junk, len(words.JUNK[language]))):
        write_junk = junk_writer(rng)
        columns.append(("junk", name, lambda t, n, write=write_junk: write(n)))  # type: ignore[misc]
    if rng.random() < 0.75:
        rng.shuffle(columns)
    if header == "none" or rng.random() < 0.8:  # a date stands before its time
        at = [i for i, c in enumerate(columns) if c[0] in ("date", "clock")]
        if at:
            pair = sorted((columns[i] for i in at), key=lambda c: c[0] == "clock")
            for i, c in zip(sorted(at), pair, strict=True):
                columns[i] = c
    unknown = rng.choice(words.UNKNOWN_HEADERS)
    strange = [header == "unknown" or (header == "half" and rng.random() < 0.5) for _ in columns]
    title_words = [unknown.format(at + 1) if strange[at] else c[1] for at, c in enumerate(columns)]
    made.notes |= {
        "header": header,
        "shape": shape,
        "imsi": imsi_way,
        "imei": imei_way,
        "columns": " ".join(c[0] for c in columns),
    }
    made.notes["titles"] = "|".join(title_words)
    write_lines(made, rng, columns, title_words if header != "none" else [], truths, clean)
    return made


def write_lines(
    made: Dialect,
    rng: random.Random,
    columns: list[tuple[str, str, Callable[[Truth, int], str]]],
    titles: list[str],
    truths: list[Truth],
    clean: bool,
) -> None:
    delimiter = rng.choices([",", ";", "\t", "|"], [6, 2, 3, 2])[0]
    gap = rng.choice(["", "", "", "", " "]) if delimiter != "\t" else ""
    quoting = rng.choice(["none", "none", "all", "some"])
    trailing = rng.random() < 0.15
    trailing_header = trailing and rng.random() < 0.5
    wide = rng.random() < 0.04

    def quoted(value: str, at: int) -> str:
        must = delimiter in value or '"' in value
        if must or quoting == "all" or (quoting == "some" and at % 3 == 1):
            return (
                value
                if value.startswith('="') and quoting != "all" and not delimiter in value
                else '"' + value.replace('"', '""') + '"'
            )
        return value

    def join(values: list[str], end: bool) -> str:
        return (gap + delimiter + gap if gap else delimiter).join(quoted(v, at) for at, v in enumerate(values)) + (
            delimiter if end else ""
        )

    made.notes |= {"cut": repr(delimiter + gap), "quoting": quoting, "trailing": str(trailing)}
    lines: list[Line] = []
    if not clean and titles and rng.random() < 0.2 and made.language in words.TITLES:
        lines += [Line(text, "header") for text in words.TITLES[made.language][: rng.randrange(1, 3)]]
        if rng.random() < 0.5:
            lines.append(Line("", "blank"))
    top = join(titles, trailing_header) if titles else ""
    if titles:
        lines.append(Line(top, "header"))
    written = []
    for n, truth in enumerate(truths):
        values = [write(truth, n) for _, _, write in columns]
        if wide:
            values = ["".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in v) for v in values]
        written.append((values, truth))
    if rng.random() < 0.5:
        rng.shuffle(written)
    elif rng.random() < 0.5:
        written.reverse()
    roles = [c[0] for c in columns]
    dirt = 0.0 if clean else rng.choice([0.0, 0.01, 0.03])
    for at, (values, truth) in enumerate(written):
        lines.append(Line(join(values, trailing), "good", truth))
        if rng.random() < dirt:
            lines.append(
                dirty(
                    rng, values, roles, lambda v: join(v, trailing), top, lines[-1], truth, len(truths), made.language
                )
            )
    if not clean and rng.random() < 0.3:
        lines.append(Line(rng.choice(words.FOOTERS[made.language]).format(n=len(truths)), "bad", None, "footer"))
    made.lines = [line for line in lines if line.text is not None]
    encodings = {
        "cn": ["utf-8", "utf-8-sig", "gb18030", "gb18030", "utf-16", "utf-16-le", "utf-16-be"],
        "ru": ["utf-8", "utf-8-sig", "cp1251", "utf-16"],
    }
    latin = ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"]
    encoding = rng.choice(
        encodings.get(made.language, latin if made.language in ("en", "fr", "es") else ["utf-8", "utf-16", "utf-8-sig"])
    )
    end = rng.choice(["\n", "\n", "\r\n", "\r\n", "mixed"])
    ends = [rng.choice(["\n", "\r\n"]) if end == "mixed" else end for _ in made.lines]
    ends[-1] = rng.choice(["", ends[-1]])
    text = "".join(line.text + stop for line, stop in zip(made.lines, ends, strict=True))
    if encoding.startswith("cp") and (wide or any(char >= "\u2e80" for char in text)):
        encoding = "utf-8"
    made.encoding = encoding
    made.notes |= {"encoding": encoding, "ends": repr(end), "wide": str(wide)}
    made.body = text.encode(encoding, "replace" if encoding == "cp1251" else "strict")


def dirty(
    rng: random.Random,
    values: list[str],
    roles: list[str],
    join: Callable[[list[str]], str],
    top: str,
    last: Line,
    truth: Truth,
    n: int,
    language: str,
) -> Line:
    """A line gone wrong in one of the usual ways."""
    sorts = [
        "again",
        "blank",
        "short",
        "missing",
        "shifted left",
        "shifted right",
        "no time",
        "bad time",
        "comment",
        "longer",
        "footer",
        "empty",
    ]
    sorts += ["excel"] * 2 if "imsi" in roles else []
    sorts += ["header"] if top else []
    sorts += ["bad cell"] if {"ci", "cgi"} & set(roles) else []
    sort = rng.choice(sorts)
    other = list(values)
    if sort == "again":
        return Line(last.text, "again", truth)
    if sort == "blank":
        return Line(rng.choice(["", "   "]), "blank")
    if sort == "empty":
        return Line(join([""] * len(values)), "blank")
    if sort == "header":
        return Line(top, "header")
    if sort == "comment":
        return Line(rng.choice(["# switch restarted", "-- page 2 --", "//", "****"]), "bad", None, sort)
    if sort == "footer":
        return Line(rng.choice(words.FOOTERS[language]).format(n=n), "bad", None, sort)
    if sort == "short":
        return Line(join(values[: rng.randrange(1, len(values))]).rstrip(",;|\t "), "bad", truth, sort)
    if sort == "missing":
        del other[rng.randrange(len(values))]
        return Line(join(other), "bad", truth, sort)
    if sort == "longer":
        return Line(join([*values[:2], "x", *values[2:]]), "bad", truth, sort)
    used = [at for at, role in enumerate(roles) if role != "junk"]
    if sort in ("shifted left", "shifted right"):
        at = rng.choice(used[:-3]) if len(used) > 4 else used[0]
        if sort == "shifted left":
            other = values[:at] + values[at + 1 :] + [""]
        else:
            other = (
                values[:at] + [""] + values[at:-1] if rng.random() < 0.5 else values[:at] + [values[at]] + values[at:-1]
            )
        moved = [
            v
            for v, o, role in zip(values, other, roles, strict=True)
            if v != o and role not in ("junk", "ta", "result", "end")
        ]
        if len(moved) > 1:
            return Line(join(other), "bad", truth, sort)
        sort = "no time"
    time = next(at for at, role in enumerate(roles) if role in ("start", "date"))
    if sort == "excel":
        other[roles.index("imsi")] = rng.choice(["4.60E+14", "4.60013E+14", "4,60E+14", "4.6e14"])
    elif sort == "bad cell":
        other[next(at for at, role in enumerate(roles) if role in ("ci", "cgi"))] = rng.choice(["Z1Z", "n/k!", "###"])
    elif sort == "no time":
        other[time] = ""
    else:
        other[time] = rng.choice(["garbage", "2026-13-45 10:00:00", "0000-00-00 00:00:00", "1", "########"])
        sort = "bad time"
    return Line(join(other), "bad", truth, sort)
