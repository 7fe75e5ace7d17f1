"""Which column is what: by its header's word where that is known, else by what it holds; and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from detection.cdr.assignment import Assignment
from detection.cdr.completion import complete
from detection.cdr.contents import Column
from detection.cdr.countries import CHINA, Home, home_by_code
from detection.cdr.cutting import cut, find_header, header_words, sniff, width_of
from detection.cdr.dialect import Dialect
from detection.cdr.places import Base, WholeNames, choose_base
from detection.cdr.record_words import says_service_only
from detection.cdr.times import TimeReading
from detection.cdr.words import is_empty, is_wide, narrow
from detection.errors import ExportError

SAMPLE = 2_000
NO_DIALECT = Dialect()

ROLES = {
    "record_type": "record type",
    "service": "service (call or message)",
    "served": "served number",
    "calling": "calling number",
    "called": "called number",
    "other": "other party",
    "imsi": "IMSI",
    "imei": "IMEI",
    "start": "start",
    "start_date": "start: date",
    "start_time": "start: time of day",
    "end": "end",
    "duration": "duration, s",
    "duration_ms": "duration, ms",
    "lac": "LAC/TAC",
    "ci": "CI/ECI",
    "cgi": "cell in one column",
    "lai": "area, before the cell",
    "enb": "eNodeB, before the cell",
    "ta": "timing advance",
    "result": "result",
    "mcc": "MCC",
    "mnc": "MNC",
    "rat": "radio access",
}

MISSING_COSTS = {
    "imsi": "SIMs are told apart by their numbers alone; a SIM whose number changes counts as two",
    "imei": "SIMs that take turns in one device cannot be joined by it",
    "duration": "answered and failed calls look the same where no result says it",
    "cell": "boxes cannot be placed, and SIMs that stand together are not joined",
    "ta": "the place of a lead is a whole sector, not a ring in it",
    "record_type": "every record counts as an outgoing call",
    "direction": "told by which number is the IMSI's own, where it can be; without a service, messages count as calls",
    "other": "strangers called once, the strongest mark, cannot be counted",
    "result": "a call counts as answered when it lasted",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file are cut into fields, and which field has which role."""

    delimiter: str
    fields: int
    header_line: int | None  # 0-based; lines before it hold no records
    names: tuple[str, ...]  # header words, or "column 1" and so on
    roles: dict[str, int]  # role -> column
    reasons: dict[str, str]  # role -> why
    time: TimeReading
    missing: tuple[str, ...] = ()
    numbered_types: str = ""  # dialect of numbers in the record type column; empty: words
    header_text: str = ""
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)  # the sample
    header_cut: tuple[str, ...] = ()  # the header's fields as they stand
    home: Home = CHINA
    wide: bool = False  # lines hold full-width digits or delimiters: `narrow` them first
    before: dict[str, int] = field(default_factory=dict)  # role -> column whose value and "-" go before the role's
    duration_form: str = ""  # "ms" or "HHMMSS" where numbers mean that; else as each is written
    results: dict[str, bool] = field(default_factory=dict)  # result value -> answered, where the file itself tells
    flag: bool = False  # the result is a yes or no to "answered?"
    types: dict[str, str] = field(default_factory=dict)  # record type or service value -> kind, where a dialect says so
    cell_base: dict[str, bool] = field(default_factory=dict)  # lac, ci -> hexadecimal, where a dialect says so
    shape: dict[int, tuple[int, int]] = field(default_factory=dict)  # column -> lengths (fewest, most) in the sample
    always: frozenset[int] = frozenset()  # columns that are never empty in the sample
    timezone: str = ""  # where a dialect names it
    lettered: bool = False  # its cells hold the letters of hex numbers
    undirected: bool = False  # no column tells which way a call went: the IMSI's own number does, if there is one

    @property
    def kin(self) -> object:
        """What layouts of one source have in common."""
        return self.names, tuple(sorted(self.roles.items()))


def lay_out(lines: Sequence[str], name: str, dialect: Dialect = NO_DIALECT) -> Layout:
    """The layout of a text export from its first lines. Raises ExportError where it is no CDR export."""
    wide = sum(map(is_wide, lines[:200])) > min(3, len(lines[:200]) / 4)
    if wide:
        lines = [narrow(line) for line in lines]
    delimiter, fields = sniff(lines)
    if dialect.delimiter:
        delimiter, fields = dialect.delimiter, width_of(lines, dialect.delimiter)
    if fields < 2:
        raise ExportError(
            f"export {name}: not a CSV of call records: no delimiter (comma, semicolon, tab, bar) splits its lines"
        )
    header_line = None if dialect.header is False else find_header(lines, delimiter, fields)
    if dialect.header and header_line is None:
        header_line = next((at for at, line in enumerate(lines) if header_words(line, delimiter, fields)), None)
    first = 0 if header_line is None else header_line + 1
    rows = []
    for line in lines[first:]:
        if line.strip() and len(row := cut(line, delimiter)) == fields:
            rows.append(tuple(row))
            if len(rows) >= SAMPLE * 10:
                break
    names = tuple(f"column {n + 1}" for n in range(fields))
    raw: tuple[str, ...] = ()
    if header_line is not None:
        raw = tuple(cut(lines[header_line], delimiter))
        words = header_words(lines[header_line], delimiter, fields) or []
        names = tuple(word.strip().strip("\ufeff\"'") for word in words)
    text = "" if header_line is None else lines[header_line].strip()
    return assign(
        names,
        tuple(rows),
        name,
        delimiter=delimiter,
        header_line=header_line,
        header_text=text,
        header_cut=raw,
        wide=wide,
        dialect=dialect,
    )


def assign(
    names: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    name: str,
    *,
    delimiter: str = ",",
    header_line: int | None = None,
    header_text: str = "",
    header_cut: tuple[str, ...] = (),
    wide: bool = False,
    dialect: Dialect = NO_DIALECT,
) -> Layout:
    """Roles of columns from header words and contents. Raises ExportError without a time or a party."""
    sample = spread(rows, SAMPLE * 2)
    types = dialect.types()
    columns = [Column([row[at] for row in sample], types) for at in range(len(names))]
    found = Assignment(names, columns, headed=header_line is not None)
    found.obey(dialect, name)
    time = complete(found, name)
    shape, always = shapes(columns)
    undirected = is_undirected(found)
    return Layout(
        delimiter=delimiter,
        fields=len(names),
        header_line=header_line,
        names=names,
        roles=found.roles,
        reasons=found.reasons,
        time=time,
        missing=what_is_missing(found.roles, undirected and "imsi" in found.roles),
        numbered_types=found.numbered,
        header_text=header_text,
        rows=rows,
        header_cut=header_cut,
        home=home_by_code(dialect.country) or found.home if dialect.country else found.home,
        wide=wide,
        before=found.before,
        duration_form=dialect.duration or found.duration_form,
        results=found.results | dialect.outcomes(),
        flag=found.flag,
        types=types,
        cell_base=dialect.bases(),
        timezone=dialect.timezone,
        shape=shape,
        always=always,
        lettered=is_lettered(found),
        undirected=undirected,
    )


def spread(rows: tuple[tuple[str, ...], ...], most: int) -> tuple[tuple[str, ...], ...]:
    """At most so many rows: the first ones whole, so that what repeats is seen to repeat, and some of the rest."""
    if len(rows) <= most:
        return rows
    near = most * 3 // 4
    rest = rows[near:]
    return rows[:near] + rest[:: max(1, len(rest) // (most - near))][: most - near]


def shapes(columns: Sequence[Column]) -> tuple[dict[int, tuple[int, int]], frozenset[int]]:
    """(lengths that a column's values have, columns that are never empty) in the sample."""
    shape = {}
    for at, column in enumerate(columns):
        if column.filled:
            lengths = sorted(len(value) for value in column.filled)
            low, high = lengths[len(lengths) // 100], lengths[-1 - len(lengths) // 100]
            shape[at] = (low, high)
    always = {at for at, column in enumerate(columns) if len(column.values) > 20 and column.filled_share > 0.97}
    return shape, frozenset(always)


def is_lettered(found: Assignment) -> bool:
    """True where areas or cells are hex by their letters."""
    plain = Base(False, "")
    told = [choose_base(found.of(role).values, set(), role) for role in ("lac", "ci") if role in found.roles]
    whole = WholeNames.of(found.of("cgi").values, [], plain).hexadecimal if "cgi" in found.roles else False
    return whole or any(base.hexadecimal for base in told)


def is_undirected(found: Assignment) -> bool:
    """True where calling and called stand in a record, and no column tells whose it is."""
    roles = found.roles
    if not {"calling", "called"} <= set(roles) or {"served", "other"} & set(roles) or found.numbered:
        return False
    words = [word for role in ("record_type", "service") if role in roles for word in found.of(role).usual_kinds]
    return all(map(says_service_only, words))


def what_is_missing(roles: dict[str, int], undirected: bool = False) -> tuple[str, ...]:
    """Keys of MISSING_COSTS for which no column stands."""
    held = set(roles) | {"record_type" if undirected else "direction"}
    if held & {"ci", "cgi"}:
        held.add("cell")
    if held & {"calling", "called"} and len(held & {"calling", "called", "served"}) > 1:
        held.add("other")
    if held & {"duration_ms", "end"}:
        held.add("duration")
    if "service" in held:
        held.add("record_type")
    return tuple(key for key in MISSING_COSTS if key not in held)


def first_example(rows: Sequence[Sequence[str]], at: int) -> str:
    return next((row[at].strip() for row in rows if not is_empty(row[at])), "")
