"""One made truth of call records, written down in a random dialect: every line's meaning is known."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bench import cdr_dialect_words as words
from bench.cdr_dialect_truth import HOMES, LANGUAGE_HOMES, Home, Truth, make_truth
from bench.cdr_dialect_writers import (
    CHINESE_TIMES,
    CLOCKS,
    DATES,
    cell_writers,
    duration_writers,
    imei_writers,
    imsi_writers,
    junk_writer,
    local,
    party_writer,
    time_writers,
)


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
        if rng.random() < 0.4 or (cell_way in ("hex", "hex small") and rng.random() < 0.5):
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
                if value.startswith('="') and quoting != "all" and delimiter not in value
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
    for _at, (values, truth) in enumerate(written):
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
                [*values[:at], "", *values[at:-1]] if rng.random() < 0.5 else [*values[:at], values[at], *values[at:-1]]
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
