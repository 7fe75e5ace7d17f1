"""Roles given to columns: by header words that the contents do not contradict, or by a dialect."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from detection.cdr.contents import Column
from detection.cdr.countries import CHINA, Home
from detection.cdr.dialect import Dialect, column_of, way_named
from detection.cdr.headers import NOTHING, is_flag, role_of
from detection.cdr.times import PARTS, WAYS, TimeReading, TimeWay, carry_offset
from detection.cdr.words import is_empty
from detection.errors import ExportError

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
                if twin := next((other for other, held in self.told.items() if held == at), None):
                    raise ExportError(
                        f"export {where}: the dialect's columns.{twin} and columns.{role} are one column"
                        f" ({self.names[at]}); give each its own"
                    )
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


def identity_key(found: Assignment) -> list[str] | None:
    """What tells one SIM from another beside its number."""
    for role in ("imsi", "imei"):
        if role in found.roles:
            return ["" if is_empty(value) or not value.strip("0") else value for value in found.of(role).values]
    return None
