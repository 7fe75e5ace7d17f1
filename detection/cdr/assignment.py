"""Roles given to columns: first by header words that the contents do not contradict, then by contents and relations."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from detection.cdr import relations
from detection.cdr.contents import Column, follows, pairs_as_times
from detection.cdr.countries import CHINA, Home, countries, find_home
from detection.cdr.dialect import Dialect, column_of, way_named
from detection.cdr.formats import vocabulary
from detection.cdr.headers import NOTHING, is_flag, role_of
from detection.cdr.record_words import says_service_only
from detection.cdr.times import PARTS, WAYS, TimeReading, TimeWay, carry_offset, read_one
from detection.cdr.words import is_empty
from detection.errors import ExportError

_NUMBER = re.compile(r"\d+(?:[.,]\d*)?")
PARTIES = ("served", "calling", "called", "other")
TIMES = ("start", "start_date", "start_time", "end")


@dataclass(slots=True)
class Assignment:
    """What is known so far of a file's columns."""

    names: Sequence[str]
    columns: Sequence[Column]
    headed: bool
    roles: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    nothing: set[int] = field(default_factory=set)  # columns whose header means no role
    known: int = 0  # headers that are understood
    before: dict[str, int] = field(default_factory=dict)
    home: Home = CHINA
    numbered: str = ""
    duration_form: str = ""
    results: dict[str, bool] = field(default_factory=dict)
    flag: bool = False
    told: dict[str, int] = field(default_factory=dict)  # by a dialect
    barred: set[str] = field(default_factory=set)  # roles that no column has, as a dialect says
    clock: tuple[TimeWay, TimeWay] | None = None  # ways of date and time of day, by a dialect

    def obey(self, dialect: Dialect, where: str) -> None:
        """Takes what a dialect says as it is. Raises ExportError where it names a column that there is not."""
        for role, told in dialect.columns.items():
            at = column_of(told, self.names, role, where)
            if at < 0:
                self.barred.add(role)
            else:
                self.told[role] = at
                self.roles[role], self.reasons[role] = at, "the dialect says so"
        way, clock = (way_named(name, (*WAYS, *PARTS)) for name in (dialect.time, dialect.time_of_day))
        if way is not None and not (way.date_only or way.time_only) and "start" in self.told:
            column = self.columns[self.told["start"]]
            offsets = way.has_offset and carry_offset(column.filled)
            column.__dict__["times"] = TimeReading(way, f"{way.name}: the dialect says so", offsets=offsets)
        self.clock = (way, clock) if way is not None and clock is not None else None

    def give(self, role: str, at: int, why: str) -> None:
        if role in self.barred or role in self.told or at in self.told.values():
            return
        self.roles[role], self.reasons[role] = at, why

    def rename(self, role: str, new: str, why: str) -> None:
        self.roles[new] = self.roles.pop(role)
        self.reasons[new] = self.reasons.pop(role) + why

    def drop(self, role: str) -> None:
        self.roles.pop(role, None)
        self.reasons.pop(role, None)

    def free(self) -> list[int]:
        """Columns that have no role yet and may have one."""
        taken = set(self.roles.values()) | self.nothing
        return [at for at, column in enumerate(self.columns) if at not in taken and column.filled_share > 0.02]

    def of(self, role: str) -> Column:
        return self.columns[self.roles[role]]

    @property
    def spoken(self) -> bool:
        """True where the header's words are mostly understood: then what has no role by word needs strong evidence."""
        return self.headed and self.known >= 0.5 * len(self.names)


def complete(found: Assignment, name: str) -> TimeReading:
    """Gives every role that words or contents can give. Raises ExportError without a time or a party."""
    if found.headed:
        by_words(found)
    elif found.told:
        mend_cells(found)
    time = find_times(found, name)
    find_identities(found)
    find_kinds(found)
    found.home = home_of(found)
    find_parties(found, name)
    if not found.spoken:
        _network(found)
    find_cells(found)
    find_duration(found, time)
    find_numbered_kinds(found)
    find_result(found)
    find_timing(found)
    return time


def home_of(found: Assignment) -> Home:
    """The home country: of the IMSIs or cells, else of the column whose numbers fit one best."""
    networks = networks_of(found)
    if networks and (home := find_home(networks, [])).reason != CHINA.reason:
        return home
    parties = [found.of(role) for role in PARTIES if role in found.roles]
    parties += [found.columns[at] for at in found.free() if found.columns[at].subscribers > 0.5]
    homes = [find_home([], column.filled[:500]) for column in parties]
    known = [home for home in homes if home.code]
    return max(known, key=lambda home: home.share) if known else (homes or [CHINA])[0]


def networks_of(found: Assignment) -> list[str]:
    """Texts that begin with a country code: IMSIs, else MCCs and whole cell names."""
    if "imsi" in found.roles:
        return found.of("imsi").filled
    if "mcc" in found.roles:
        return found.of("mcc").filled
    named = [column for column in found.columns if column.global_cells > 0.8 and column.times is None]
    return [value for column in named for value in column.filled if re.match(r"[2-7]\d\d[-_.:/ ]?\d\d", value)]


SUITS: dict[str, Callable[[Column], bool]] = {
    "imsi": lambda c: c.identity_like > 0.5,
    "imei": lambda c: c.imeis > 0.5 or c.share(lambda v: not v.strip("0'\"= ")) > 0.9,
    "duration": lambda c: c.durations > 0.7,
    "duration_ms": lambda c: c.durations > 0.7,
    "lac": lambda c: max(c.hexes, c.areas, c.global_cells) > 0.7,
    "ci": lambda c: max(c.hexes, c.global_cells) > 0.7,
    "cgi": lambda c: max(c.hexes, c.global_cells) > 0.5,
    "lai": lambda c: max(c.hexes, c.areas) > 0.7,
    "enb": lambda c: c.hexes > 0.7,
    "ta": lambda c: c.small(20_512) > 0.7,
    "mcc": lambda c: c.share(lambda v: bool(re.fullmatch(r"\d{3}(\.0)?", v))) > 0.7,
    "mnc": lambda c: c.share(lambda v: bool(re.fullmatch(r"\d{1,3}(\.0)?", v))) > 0.7,
    "record_type": lambda c: c.distinct <= 60 and c.times is None and c.subscribers < 0.3,
    "service": lambda c: c.distinct <= 60 and c.times is None and c.subscribers < 0.3,
    "result": lambda c: c.distinct <= 80 and c.times is None and c.subscribers < 0.3,
    "served": lambda c: (c.numbers > 0.5 and c.times is None) or (c.times is not None and c.subscribers > 0.9),
    "calling": lambda c: c.numbers > 0.3 and (c.times is None or c.subscribers > 0.9),
    "called": lambda c: c.numbers > 0.3 and (c.times is None or c.subscribers > 0.9),
    "other": lambda c: c.numbers > 0.3 and (c.times is None or c.subscribers > 0.9),
}  # fmt: skip


def by_words(found: Assignment) -> None:
    """Roles by header words, whole words before parts; what a column holds may refuse a role."""
    told = [(read[1], -at, read[0], read[2]) for at, word in enumerate(found.names) if (read := role_of(word))]
    told = [one for one in told if -one[1] not in found.told.values()]
    found.known = len(told)
    spare: list[tuple[str, int, str]] = []
    for _, negative, role, why in sorted(told, reverse=True):
        at = -negative
        column = found.columns[at]
        if role == NOTHING:
            found.nothing.add(at)
            continue
        found.flag = found.flag or role == "flag"
        role = "result" if role == "flag" else role
        if column.filled and role in SUITS and not SUITS[role](column):
            spare.append((role, at, why))
        elif role in found.roles:
            spare.append((role, at, why))
            if not found.of(role).filled and column.filled:
                found.give(role, at, why)
        else:
            found.give(role, at, why)
    if "result" in found.roles:
        found.flag = found.flag or is_flag(found.names[found.roles["result"]])
    for role, at, why in spare:
        second_meaning(found, role, at, why)
    mend_cells(found)


def second_meaning(found: Assignment, role: str, at: int, why: str) -> None:
    """What a column is whose header's word has a role that another has, or that it can't have."""
    column = found.columns[at]
    if role in ("record_type", "service") and SUITS["record_type"](column):
        twin = "service" if role == "record_type" else "record_type"
        if twin not in found.roles and column.kind_share > 0.5:
            found.give(twin, at, why + ", and it holds words for kinds")
    elif role == "result" and column.kind_share > 0.9 and "record_type" not in found.roles:
        found.give("record_type", at, why + ", but it holds words for kinds")
    elif role in PARTIES and SUITS["served"](column) and found.roles.get(role) is not None:
        for twin in PARTIES:
            if twin not in found.roles and {twin, role} in ({"served", "other"}, {"calling", "called"}):
                found.give(twin, at, why + ", the second of that name")
                return
    elif role in ("ci", "cgi", "lac") and not SUITS[role](column):
        found.nothing.add(at)


def mend_cells(found: Assignment) -> None:
    """Header words of places by what their columns hold: whole cell names, areas, single numbers."""
    for role in ("lac", "lai"):
        if role in found.roles and found.of(role).areas > 0.8 and {"ci", "cgi"} & set(found.roles):
            cell = "ci" if "ci" in found.roles else "cgi"
            if found.of(cell).hexes > 0.7:
                found.before["cgi"] = found.roles[role]
                if role != "lai":
                    found.rename(role, "lai", ", and it holds whole area names")
                if cell == "ci":
                    found.rename("ci", "cgi", ", after the area's name")
                return
    if "lai" in found.roles:
        found.rename("lai", "lac", "") if "lac" not in found.roles else found.drop("lai")
    if "enb" in found.roles and "ci" in found.roles and found.of("ci").small(255) > 0.95:
        found.before["cgi"] = found.roles["enb"]
        found.rename("ci", "cgi", ", the cell of the eNodeB before it")
        return
    found.drop("enb")
    for role in ("ci", "lac"):
        if role in found.roles and "cgi" not in found.roles and found.of(role).global_cells > 0.7:
            found.rename(role, "cgi", ", and it holds whole cell names")
    if "cgi" in found.roles and found.of("cgi").global_cells < 0.5 <= found.of("cgi").hexes:
        if "ci" in found.roles:
            found.nothing.add(found.roles["cgi"])
            found.drop("cgi")
        else:
            found.rename("cgi", "ci", ", and it holds single numbers")


def find_times(found: Assignment, name: str) -> TimeReading:
    """How the time of a record is read, and from which columns. Raises ExportError where none can be."""
    if found.clock is not None and {"start_date", "start_time"} <= set(found.told):
        return TimeReading(found.clock[0], "the dialect says so", found.clock[1])
    if "start" in found.told and (reading := found.of("start").times):
        found.reasons["start"] += f"; {reading.reason}"
        return reading
    named = {role: found.roles[role] for role in TIMES if role in found.roles}
    wholes = {role: at for role, at in named.items() if found.columns[at].times is not None}
    dated = [at for role, at in named.items() if role != "end" and found.columns[at].midnights]
    for role in named:
        found.drop(role) if role != "end" or role not in wholes else None
    why = {at: f'its header is "{found.names[at]}"' for at in named.values()}
    clocks = [at for role, at in named.items() if role in ("start_time", "start") and at not in wholes.values()]
    if not (dated and clocks):
        for role in ("start", "start_date", "start_time"):
            if role in wholes:
                return _whole(found, wholes[role], why[wholes[role]])
    dates = [
        at
        for role, at in named.items()
        if role in ("start_date", "start") and (at not in wholes.values() or at in dated)
    ]
    free = sorted(found.free(), key=lambda at: -hours_of(found.columns[at])) if dates or clocks else []
    for date in dates or free:
        for clock in clocks or free:
            if date != clock and (reading := pairs_as_times(found.columns[date], found.columns[clock])):
                found.give("start_date", date, f"{why.get(date, 'holds dates')}; {reading.reason}")
                found.give("start_time", clock, why.get(clock, "holds times of day"))
                return reading
    return times_by_contents(found, name)


def times_by_contents(found: Assignment, name: str) -> TimeReading:
    free = found.free()
    often = [at for at in free if found.columns[at].filled_share > 0.5] or free
    readings = {at: reading for at in often if (reading := found.columns[at].times)}
    if not readings and found.headed:
        free = [at for at in range(len(found.columns)) if at not in found.roles.values()]
        readings = {at: reading for at in free if (reading := found.columns[at].times)}
    certain = [at for at in readings if not readings[at].way.unit_s] or list(readings)
    if certain:
        first = certain[0]
        for second in certain[1:]:
            one, two = (_moments(found.columns[at], readings[at]) for at in (first, second))
            if relations.by_the_end(one, two) > 0.9:
                if "end" not in found.roles and one != two:
                    found.give("end", second, f"holds times at or after those of column {first + 1}")
                break
            if relations.by_the_end(two, one) > 0.9:
                if "end" not in found.roles:
                    found.give("end", first, f"holds times at or after those of column {second + 1}")
                first = second
                break
        return _whole(found, first, f"a column that holds times ({readings[first].way.name})")
    free = sorted(free, key=lambda at: -hours_of(found.columns[at]))
    for date in free:
        for clock in free:
            if date != clock and (reading := pairs_as_times(found.columns[date], found.columns[clock])):
                found.give("start_date", date, f"holds dates; {reading.reason}")
                found.give("start_time", clock, "holds times of day")
                return reading
    raise _no_time(found, name)


def hours_of(column: Column) -> int:
    """How many different hours stand at the beginning of its texts: a time of day has many, a duration few."""
    return len({value[:2] for value in column.counts if re.match(r"[0-2]\d\D?[0-5]\d", value)})


def _no_time(found: Assignment, name: str) -> ExportError:
    if not any(column.filled for column in found.columns):
        return ExportError(f"export {name}: a header, and no record below it; ask for the export again")
    example = next((column.filled[0] for column in found.columns if column.filled), "nothing")
    return ExportError(
        f"export {name}: no column holds times that can be read (such as {example[:30]!r}); "
        "times like 2026-03-04 09:12:03, 20260304091203, Unix seconds or Excel days are known"
    )


def _whole(found: Assignment, at: int, why: str) -> TimeReading:
    reading = found.columns[at].times
    assert reading is not None
    found.give("start", at, f"{why}; {reading.reason}")
    return reading


def _moments(column: Column, reading: TimeReading) -> list[int | None]:
    return [read_one(reading.way, value) for value in column.values]


def find_identities(found: Assignment) -> None:
    """IMSI and IMEI by form: an IMSI begins with the country, IMEIs share types and have a check digit."""
    if "imsi" not in found.roles:
        fits = [(found.columns[at].imsis, -at) for at in found.free() if not _is_imei(found.columns[at])]
        if fits and max(fits)[0] > 0.8:
            found.give("imsi", -max(fits)[1], f"{max(fits)[0]:.0%} of its values are IMSIs of one or two countries")
    if "imei" not in found.roles:
        free = [at for at in found.free() if found.columns[at].imeis > 0.8 and found.columns[at].times is None]
        free = [at for at in free if found.columns[at].imsis < 0.9 and not found.columns[at].ordered]
        if free:
            at = max(free, key=lambda n: (found.columns[n].luhns, found.columns[n].type_codes, -n))
            column = found.columns[at]
            found.give(
                "imei",
                at,
                f"{column.imeis:.0%} of its values have 14 to 16 digits, "
                f"{column.luhns:.0%} of those of 15 a valid check digit",
            )


def _is_imei(column: Column) -> bool:
    return column.luhns > 0.6


def find_kinds(found: Assignment) -> None:
    """Record type and service by their words: one tells the direction, the other perhaps only the service."""
    if "record_type" in found.roles and "service" in found.roles:
        kind, service = found.of("record_type"), found.of("service")
        if service.tells_direction and not kind.tells_direction and kind.kind_share > 0.5:
            found.roles["record_type"], found.roles["service"] = found.roles["service"], found.roles["record_type"]
            found.reasons["record_type"] += ", and it holds words for directions"
    if "service" in found.roles and "record_type" not in found.roles:
        alone = found.of("service")
        if alone.tells_direction or numbered_dialect(alone.codes):
            found.rename("service", "record_type", ", and it holds kinds of record")
    free = [at for at in found.free() if found.columns[at].kind_share > 0.9 and 2 <= found.columns[at].distinct <= 40]
    free = [at for at in free if max(map(len, found.columns[at].counts)) > 1 or found.columns[at].tells_direction]
    for at in sorted(free, key=lambda n: (not found.columns[n].tells_direction, n)):
        column = found.columns[at]
        services = all(map(says_service_only, column.usual_kinds)) and not column.tells_direction
        several = len(set(column.usual_kinds.values())) > 1
        if column.results > 0.9 and (column.results > column.exact_kinds or not column.tells_direction):
            continue  # "answered" and "not answered"
        if "record_type" not in found.roles and not services and several:
            found.give("record_type", at, "its values are words for kinds of record")
        elif "service" not in found.roles and services and several:
            found.give("service", at, "its values are words for calls, messages and data")
    _name_numbers(found)


def _name_numbers(found: Assignment) -> None:
    for role in ("record_type",):
        if role in found.roles and not found.numbered:
            found.numbered = numbered_dialect(found.of(role).codes)
            if found.numbered:
                found.reasons[role] += f"; its numbers are read as in {found.numbered}"


def numbered_dialect(values: Sequence[str]) -> str:
    """Which dialect's numbers a record-type column holds; empty where it holds words."""
    whole = [value.strip() for value in values if re.fullmatch(r"\d{1,3}(?:\.0)?", value.strip())]
    if len(whole) < 0.9 * max(1, len(values)) or not whole:
        return ""
    numbers = {int(float(value)) for value in whole}
    dialects = vocabulary().numbered
    if 0 in numbers or numbers & {6, 7}:
        return "ts32298" if numbers <= set(dialects["ts32298"]) else ""
    return "billing_cn" if numbers <= set(dialects["billing_cn"]) else ""


def kinds_table(found: Assignment) -> tuple[Column, dict[str, str]] | None:
    """The column that tells the direction, and what its values mean."""
    if "record_type" not in found.roles:
        return None
    column = found.of("record_type")
    if found.numbered:
        table = vocabulary().numbered[found.numbered]
        return column, {
            value: table.get(int(float(value)), "") for value in column.counts if re.fullmatch(r"\d+(?:\.0)?", value)
        }
    return column, column.kinds


def identity_key(found: Assignment) -> list[str] | None:
    """What tells one SIM from another beside its number."""
    for role in ("imsi", "imei"):
        if role in found.roles:
            return ["" if is_empty(value) or not value.strip("0") else value for value in found.of(role).values]
    return None


def find_parties(found: Assignment, name: str) -> None:
    """Whose number stands where. Raises ExportError where no column holds a party."""
    held = set(PARTIES) & set(found.roles)
    key, told = identity_key(found), kinds_table(found)
    outward = relations.outward_of(*told) if told else None
    if not held or held == {"other"}:
        free = [at for at in found.free() if found.columns[at].numbers > 0.7 and found.columns[at].subscribers > 0.3]
        free = [at for at in free if found.columns[at].distinct > 1 and not found.columns[at].ordered]
        free = [at for at in free if found.columns[at].times is None or found.columns[at].subscribers > 0.9]
        free = [at for at in free if max(found.columns[at].global_cells, found.columns[at].areas) < 0.8]
        likely = [at for at in free if relations.at_home(found.columns[at], found.home) > 0.3]
        free = likely or free
        if free:
            if outward is None and key is not None and not found.spoken:
                outward = by_orientation(found, free[:4], key)
            parties = relations.find_parties(found.columns, free[:4], key, outward, found.home)
            for role, at in parties.roles.items():
                if role not in found.roles:
                    found.give(role, at, parties.why[role])
    if "calling" in found.roles and "called" in found.roles and "served" not in found.roles:
        always_own(found, key, outward)
    if "calling" in found.roles and "called" not in found.roles and "served" not in found.roles:
        found.rename("calling", "served", ", the only one of its kind")
    if "called" in found.roles and "calling" not in found.roles and "other" not in found.roles:
        found.rename("called", "other", "")
    if not {"served", "calling", "called", "imsi"} & set(found.roles):
        raise ExportError(
            f"export {name}: no column holds a number or an IMSI of a party (found: {', '.join(found.names)[:120]})"
        )


def by_orientation(found: Assignment, parties: Sequence[int], key: list[str]) -> list[bool | None] | None:
    """The column of numbers that says which of two parties is the SIM's own: with it, each identity has one number."""
    forms = [relations.in_one_form(found.columns[at], found.home) for at in parties]
    if len(forms) < 2 or max(follows(key, form) for form in forms) > 0.9:
        return None
    for at in found.free():
        column = found.columns[at]
        dialect = numbered_dialect(column.codes) if 2 <= len(column.codes) <= 8 else ""
        if not dialect or at in parties:
            continue
        table = vocabulary().numbered[dialect]
        outward = relations.outward_of(column, {code: table.get(int(float(code)), "") for code in column.codes})
        for one, two in ((0, 1), (1, 0)):
            if follows(key, relations.own_numbers(outward, forms[one], forms[two])) > 0.9:
                found.give("record_type", at, "tells which number is the SIM's own")
                _name_numbers(found)
                return outward
    return None


def always_own(found: Assignment, key: list[str] | None, outward: list[bool | None] | None) -> None:
    """Some exports put the SIM's own number in "calling" whichever way the call went: its IMSI tells."""
    if key is None or outward is None or not any(out is False for out in outward):
        return
    calling = relations.in_one_form(found.of("calling"), found.home)
    called = relations.in_one_form(found.of("called"), found.home)
    turned = follows(key, relations.own_numbers(outward, calling, called))
    if follows(key, calling) > max(0.95, turned + 0.05):
        found.rename("calling", "served", ", and it holds one number for each identity, whichever way the call went")
        found.rename("called", "other", "")


def find_cells(found: Assignment) -> None:
    """Cells by form (CGI) or by what lies in what."""
    free = found.free()
    if not {"ci", "cgi"} & set(found.roles):
        whole = [at for at in free if found.columns[at].global_cells > 0.9 and found.columns[at].times is None]
        whole = [at for at in whole if found.columns[at].distinct > 1 and found.columns[at].clocks < 0.5]
        if whole:
            at = max(whole, key=lambda n: (found.columns[n].distinct, -n))
            if found.columns[at].areas > 0.9 and (cell := _cell_under(found, at)) is not None:
                found.give("lai", at, "its values are areas with their network, each cell number under one of them")
                found.give("cgi", cell, "holds numbers each of which stands under one area")
                found.before["cgi"] = at
                return
            found.give("cgi", at, "its values are whole cell names (LAC-CI or longer)")
            if "lac" not in found.roles:
                _area_of(found, at)
        elif "lac" not in found.roles and (pair := relations.find_cell_pair(found.columns, free)) is not None:
            found.give("lac", pair[0], "holds few numbers, each cell number under one of them")
            found.give("ci", pair[1], "holds numbers each of which stands under one area code")
            _site_and_sector(found)
    elif "ci" in found.roles and "lac" not in found.roles and not found.spoken:
        _area_of(found, found.roles["ci"])


def _site_and_sector(found: Assignment) -> None:
    """Numbers of 17 to 20 bits are eNodeBs (TS 36.413 §9.2.1.37); a column of few small numbers tells their cells."""
    sites = found.of("ci")
    numbers = [int(value) for value in sites.usual if value.isdigit()]
    if not numbers or len(numbers) < len(sites.usual) or not 0xFFFF < max(numbers) <= 0xFFFFF:
        return
    if sum(number > 0xFFFF for number in numbers) < 0.5 * len(numbers):
        return
    small = [
        at for at in found.free() if found.columns[at].small(255) > 0.95 and 2 <= len(found.columns[at].usual) <= 30
    ]
    beside = [
        (follows(sites.values, found.columns[at].values) > 0.95, -abs(at - found.roles["ci"]), at) for at in small
    ]
    told = [fit for fit in beside if fit[0] or fit[1] == -1]
    if told:
        found.before["cgi"] = found.roles["ci"]
        found.rename("ci", "enb", ", and its numbers are as large as eNodeBs' and no larger")
        found.give("cgi", max(told)[2], "holds few small numbers beside the eNodeB: its cells")


def _cell_under(found: Assignment, area: int) -> int | None:
    """The column of cell numbers of which each stands under one area."""
    areas = found.columns[area]
    for at in found.free():
        column = found.columns[at]
        cells = column.distinct >= areas.distinct and column.hexes > 0.95 and column.distinct < 0.7 * len(column.filled)
        if at != area and cells and max(map(len, column.counts)) >= 3 and follows(column.values, areas.values) > 0.98:
            return at
    return None


def _area_of(found: Assignment, cell: int) -> None:
    for at in found.free():
        column = found.columns[at]
        fits = column.hexes > 0.95 and 2 <= len(column.usual) < found.columns[cell].distinct
        if fits and max(map(len, column.usual)) >= 3 and follows(found.columns[cell].values, column.values) > 0.95:
            found.give("lac", at, "holds few numbers, each cell under one of them")
            return


def _network(found: Assignment) -> None:
    if "imsi" not in found.roles or not found.of("imsi").bare:
        return
    imsi = found.of("imsi").bare.most_common(1)[0][0]
    for at in found.free():
        value = found.columns[at].counts.most_common(1)[0][0]
        single = len(found.columns[at].codes) == 1
        if single and value == imsi[:3] and value in countries() and "mcc" not in found.roles:
            found.give("mcc", at, "holds the country code of the IMSIs")
        elif single and "mcc" in found.roles and value == imsi[3 : 3 + len(value)] and len(value) > 1:
            found.give("mnc", at, "holds the network code of the IMSIs")


def find_duration(found: Assignment, time: TimeReading) -> None:
    """Duration by form (1:20), by the end less the start, or by being the most varied of small numbers."""
    if not {"duration", "duration_ms"} & set(found.roles):
        free = [at for at in found.free() if found.columns[at].durations > 0.9]
        spoken = [at for at in free if found.columns[at].clocks > 0.8]
        by_end = [at for at in free if _fits_the_end(found, at, time)]
        varied = [at for at in free if looks_like_durations(found.columns[at])]
        for choice, why in (
            (by_end, "holds the end less the start"),
            (spoken, "its values are times like H:M:S"),
            ([] if "end" in found.roles else varied, "holds the most varied of the small numbers"),
        ):
            if choice:
                best = max(choice, key=lambda n: (lasting(found, n), found.columns[n].distinct, -n))
                found.give("duration", best, why)
                break
    if "duration" in found.roles:
        found.duration_form = duration_form(found.of("duration"))


def lasting(found: Assignment, at: int) -> int:
    """2 where messages last nothing and calls do, as durations have it; 1 where some values are 0; else 0."""
    column = found.columns[at]
    zeros = [is_empty(value) or not value.strip("0:.秒s ") for value in column.values]
    for role in ("record_type", "service"):
        kinds = found.of(role).kinds if role in found.roles else {}
        said = [kinds.get(value) for value in found.of(role).values] if kinds else []
        silent = [zero for zero, kind in zip(zeros, said, strict=False) if kind in ("smo", "smt", "lu")]
        voiced = [zero for zero, kind in zip(zeros, said, strict=False) if kind in ("moc", "mtc")]
        if len(silent) > 5 and len(voiced) > 5 and sum(silent) > 0.9 * len(silent) and sum(voiced) < 0.8 * len(voiced):
            return 2
    return int(sum(zeros) > 0.02 * len(zeros))


def _fits_the_end(found: Assignment, at: int, time: TimeReading) -> bool:
    if "end" not in found.roles or "start" not in found.roles:
        return False
    starts, ends = (_moments(found.of(role), time) for role in ("start", "end"))
    seconds = relations.seconds_of(found.columns[at])
    told = [
        abs(end - start - s) <= 1
        for start, end, s in zip(starts, ends, seconds, strict=True)
        if start is not None and end is not None and s is not None
    ]
    return len(told) > 5 and sum(told) > 0.9 * len(told) and found.columns[at].distinct > 1


def looks_like_durations(column: Column) -> bool:
    """Whole numbers, many different, most of them small beside the largest, in no order."""
    if column.small(100_000) < 0.98 or column.ordered or column.share(lambda v: bool(re.fullmatch(r"0\d+", v))) > 0.2:
        return False
    if column.share(lambda value: bool(re.fullmatch(r"\d+\.\d*[1-9]\d*", value))) > 0.3:
        return False  # money
    values = sorted(float(value.replace(",", ".")) for value in column.filled if _NUMBER.fullmatch(value))
    if len(column.filled) < 30:
        return bool(values) and values[-1] > 5
    if column.distinct <= 12 or not values or (len(values) > 200 and column.distinct > 0.8 * len(values)):
        return False
    if values[-1 - len(values) // 100] < 100:
        return False  # as timing advances are
    return values[len(values) // 2] < 0.65 * values[-1] and values[0] <= max(10, 0.02 * values[-1])


def duration_form(column: Column) -> str:
    """ "HHMMSS" or "ms" where plain numbers are that; else empty."""
    plain = [value for value in column.filled if value.isdigit()]
    if len(plain) < 0.9 * len(column.filled) or len(plain) < 5:
        return ""
    if all(len(value) == 6 and value[2] < "6" and value[4] < "6" for value in plain) and any(
        v[0] == "0" for v in plain
    ):
        return "HHMMSS"
    large = [value for value in plain if int(value)]
    if len(set(large)) > 20 and all(value.endswith("000") for value in large):
        return "ms"
    return ""


def find_numbered_kinds(found: Assignment) -> None:
    """A record type that is a number, where no header and no word tells it: few small ones, before the time."""
    if "record_type" in found.roles or (found.spoken and "service" not in found.roles):
        return
    key = identity_key(found)
    if key is not None and "calling" in found.roles:
        own = relations.in_one_form(found.of("calling"), found.home)
        if follows(key, own) > 0.95:
            return  # every record is its caller's
    start = found.roles.get("start", found.roles.get("start_date", 0))
    seconds = relations.seconds_of(found.of("duration")) if "duration" in found.roles else None
    fits = []
    for at in found.free():
        column = found.columns[at]
        if not (2 <= len(column.codes) <= 8 and _plausible_kinds(column)):
            continue
        if seconds is not None and relations.outcomes(column, seconds, [True] * len(seconds)):
            continue  # it tells whether a call lasted: a result
        fits.append((at > start, at))
    if fits:
        found.give("record_type", min(fits)[1], "holds few small numbers, as record types are")
        _name_numbers(found)


def _plausible_kinds(column: Column) -> bool:
    """True where the codes are a dialect's, and calls are forwarded now and then, not every third time."""
    dialect = numbered_dialect(column.codes)
    if not dialect:
        return False
    table = vocabulary().numbered[dialect]
    kinds = [table.get(int(float(code)), "") for code in column.codes]
    forwarded = sum(column.counts[code] for code, kind in zip(column.codes, kinds, strict=True) if kind == "fwd")
    return forwarded < 0.1 * len(column.filled) and {"moc", "mtc"} <= set(kinds)


def find_result(found: Assignment) -> None:
    """Result by whether calls with it lasted, or by its words."""
    told = kinds_table(found)
    calls = [True] * len(found.columns[0].values)
    if told is not None and told[1]:
        calls = [told[1].get(value) in ("moc", "mtc", None) for value in told[0].values]
    if "service" in found.roles:
        voice = found.of("service")
        calls = [
            call and voice.kinds.get(value) in ("moc", "mtc", None)
            for call, value in zip(calls, voice.values, strict=True)
        ]
    seconds = None
    for role in ("duration", "duration_ms"):
        if role in found.roles:
            seconds = relations.seconds_of(found.of(role))
    if "result" not in found.roles:
        for at in found.free():
            column = found.columns[at]
            if not 2 <= column.distinct <= 12:
                continue
            words = column.results > 0.9 and column.share(lambda value: not value.isdigit() and len(value) > 1) > 0.9
            words = words or (
                column.results > 0.9 and bool({"16", "200"} & set(column.codes)) and len(column.codes) > 1
            )
            if (seconds and relations.outcomes(column, seconds, calls)) or (words and not found.spoken):
                found.give(
                    "result",
                    at,
                    "its values go with calls that lasted or not" if not words else "its values are words for results",
                )
                break
    if "result" in found.roles:
        found.results = relations.outcomes(found.of("result"), seconds, calls) if seconds else {}
        _other_codes(found)


def _other_codes(found: Assignment) -> None:
    """A code that no dialect knows, beside one that means answered, is one of the many for calls that failed."""
    column, known = found.of("result"), vocabulary().results
    codes = [value for value in column.usual if re.fullmatch(r"\d{1,4}", value)]
    meanings = {code: found.results.get(code, known.get(code)) for code in codes}
    if len(codes) > 0.9 * len(column.usual) and True in meanings.values() and not found.flag:
        found.results |= {code: False for code, answered in meanings.items() if answered is None}


def find_timing(found: Assignment) -> None:
    """Timing advance: small whole numbers, the smaller the more common, beside a cell."""
    if "ta" in found.roles or not {"ci", "cgi"} & set(found.roles) or found.spoken:
        return
    fits = []
    for at in found.free():
        column = found.columns[at]
        values = sorted(int(value) for value in column.filled if value.isdigit() and int(value) <= 1_282)
        if len(values) < 0.95 * len(column.filled) or column.ordered or not 4 <= len(column.usual) <= 300:
            continue
        if values[len(values) // 2] <= 0.4 * values[-1 - len(values) // 100] and values[0] <= 1:
            fits.append((len(column.usual), -at))
    if fits:
        at = -max(fits)[1]
        found.give("ta", at, "holds small whole numbers, the smaller the more common, as timing advances are")
