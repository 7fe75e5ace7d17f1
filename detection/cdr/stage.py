"""From the fields of a file to typed columns, one row a line, the bad ones with their reason."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from detection.cdr.columns import Layout
from detection.cdr.export import OpenFile, cut_lines
from detection.cdr.meanings import answered, duration, kind
from detection.cdr.numbers import is_scientific, normal_imei, normal_number, strip_marks
from detection.cdr.spool import MARK, UNIT
from detection.cdr.times import EARLIEST, LATEST, joined_seconds, local_seconds, offset_seconds
from detection.cdr.words import EMPTY_WORDS

SCIENTIFIC = "in scientific notation: the spreadsheet has thrown its last digits away; export it as text"

# state of a line: what it counts as
HEADER, BLANK, CONTINUED, BAD, GOOD = range(5)

PARTY_ROLES = ("served", "calling", "called", "other")
BARE_ROLES = ("imsi", "imei", *PARTY_ROLES)
LONGEST_CALL_S = 31 * 86_400
LARGEST_TA = 20_512  # the widest timing advance of LTE and NR in steps, 0 to 1282 on LTE
TYPED_TEXTS = ("imsi", "imei", "served", "other")
TEXT_ROLES = ("lac", "ci", "cgi", "mcc", "mnc")
TYPED = ("kind", *TYPED_TEXTS, "t_s", "offset_s", "duration_s", *TEXT_ROLES, "ta", "answered", "rest")


def staged(opened: OpenFile, number: int, dialect: int, engine: Backend) -> ir.Table:
    """Typed rows of a file, line by line in order.

    `number` is the file's, `dialect` that of the first file laid out like it. Columns: file, dialect, state, reason,
    bad_column, bad_value; kind, imsi, imei, served, other, t_s and offset_s (local seconds, and the text's own
    offset), duration_s, lac ci cgi mcc mnc (text), ta, answered, rest.
    """
    layout = opened.file.layout
    lines = _layer(engine, f"cut_{number}", cut_lines(opened))
    fields = [lines[f"f{at}"] for at in range(layout.fields)]
    shape = _parquet_shape() if opened.file.parquet else _line_shape(opened, lines.line, lines.width)
    filled = {f"v_{role}": _filled(fields[at]) for role, at in layout.roles.items()}
    used = set(layout.roles.values())
    rest = [fields[at].fill_null("") for at in range(layout.fields) if at not in used]
    joined = ibis.literal(UNIT).join(rest) if rest else ibis.null("string")
    texts = _layer(
        engine,
        f"texts_{number}",
        lines.select(
            state=shape.state,
            shape_bad=shape.bad,
            shape_reason=shape.reason,
            shape_value=shape.value,
            rest=joined,
            **filled,
        ),
    )
    values = {role: texts[f"v_{role}"] for role in layout.roles}
    marks = {f"b_{role}": strip_marks(values[role]) for role in BARE_ROLES if role in values}
    bare = _layer(engine, f"bare_{number}", texts.mutate(kind=kind(layout, values), **marks))
    values = {role: bare[f"v_{role}"] for role in layout.roles}
    numbers = {f"n_{role}": normal_number(bare[f"b_{role}"]) for role in PARTY_ROLES if role in values}
    normal = _layer(engine, f"normal_{number}", bare.mutate(**numbers))
    typed = _layer(engine, f"typed_{number}", normal.mutate(**_typed(layout, normal)))
    checks = _checks(layout, typed)
    fault = ibis.cases(*[(check.bad.fill_null(False), at) for at, check in enumerate(checks, 1)], else_=0)
    record = typed.state == GOOD
    fault = ibis.cases((~record, 0), (typed.shape_bad, -1), else_=fault).cast("int8")
    judged = _layer(engine, f"judged_{number}", typed.mutate(fault=fault))
    at_fault = judged.fault
    kept = {
        name: ibis.ifelse((judged.state == GOOD) & (at_fault == 0), judged[name], ibis.null(judged[name].type()))
        for name in TYPED
    }
    return judged.select(
        file=ibis.literal(number, "int32"),
        dialect=ibis.literal(dialect, "int32"),
        state=ibis.ifelse(at_fault != 0, ibis.literal(BAD, "int8"), judged.state),
        reason=_told(at_fault, judged.shape_reason, [ibis.literal(check.reason) for check in checks]),
        bad_column=_told(
            at_fault, ibis.literal(""), [ibis.literal(layout.names[layout.roles[c.role]]) for c in checks]
        ),
        bad_value=_told(at_fault, judged.shape_value, [judged[f"v_{check.role}"] for check in checks]).substr(0, 60),
        **kept,
    )


def _layer(engine: Backend, name: str, table: ir.Table) -> ir.Table:
    """A view, so that the expressions above it name its columns instead of repeating what they are made of."""
    return engine.create_view(name, table)


def drop_layers(engine: Backend, number: int) -> None:
    """Drops the views of a file that has been read."""
    for stage in ("judged", "typed", "normal", "bare", "texts", "cut"):
        engine.con.execute(f'DROP VIEW IF EXISTS "{stage}_{number}"')


def _told(fault: ir.IntegerValue, shape: ir.StringValue, texts: list[ir.StringValue]) -> ir.StringValue:
    cases = [(fault == at, text) for at, text in enumerate(texts, 1)]
    return ibis.cases((fault == 0, ibis.null("string")), (fault == -1, shape), *cases, else_=ibis.null("string"))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a row is before its fields are looked at: its state, and whether and why it is no record."""

    state: ir.IntegerValue
    bad: ir.BooleanValue
    reason: ir.StringValue
    value: ir.StringValue


def _parquet_shape() -> Shape:
    return Shape(ibis.literal(GOOD, "int8"), ibis.literal(False), ibis.literal(""), ibis.literal(""))


def _line_shape(opened: OpenFile, line: ir.StringValue, count: ir.IntegerValue) -> Shape:
    layout = opened.file.layout
    blank = line.isnull() | line.re_search(rf"^[\s{_class(layout.delimiter)}{UNIT}]*$")
    header = line.strip() == layout.header_text if layout.header_text else ibis.literal(False)
    if opened.split_by != layout.delimiter and layout.header_text:
        header = header | (line == UNIT.join(layout.names))
    state = ibis.cases((blank, BLANK), (line == MARK + "+", CONTINUED), (header, HEADER), else_=GOOD).cast("int8")
    ordered = line.startswith(MARK + "!")
    told = line.split(UNIT)
    width = ibis.literal("has ") + count.cast("string") + f" fields where the file has {layout.fields}"
    return Shape(
        state,
        (ordered | (count != layout.fields)).fill_null(False),
        ibis.ifelse(ordered, told[0].substr(2), width),
        ibis.ifelse(ordered, told[1], line.replace(UNIT, " ")),
    )


def _class(delimiter: str) -> str:
    return {"|": r"\|", "^": r"\^", "\t": ""}.get(delimiter, delimiter)


def _filled(text: ir.StringValue) -> ir.StringValue:
    """Null for the ways exports write "nothing"."""
    short = text.length() <= 8
    return ibis.ifelse(short & text.strip().lower().isin(EMPTY_WORDS), ibis.null("string"), text)


def _typed(layout: Layout, table: ir.Table) -> dict[str, ir.Value]:
    nothing = ibis.null("string")
    value = {role: table[f"v_{role}"] for role in layout.roles}
    party = {role: table[f"n_{role}"] for role in PARTY_ROLES if role in value}
    calling, called = party.get("calling", nothing), party.get("called", nothing)
    receives = table.kind.isin(["mtc", "smt", "fwd"])
    both = {"calling", "called"} & set(value)
    own = ibis.ifelse(receives, called, calling) if both else nothing
    served = party.get("served", own)
    other = party.get("other", nothing)
    if "other" not in value and both:
        opposite = ibis.ifelse(receives, calling, called)
        other = opposite if len(both) == 2 else ibis.coalesce(called, calling)
        if "served" in value and len(both) == 2:
            other = ibis.cases((calling == served, called), (called == served, calling), else_=opposite)
    time, offset = _time(layout, value)
    return {
        "imsi": table.b_imsi if "imsi" in value else nothing,
        "imei": normal_imei(table.b_imei) if "imei" in value else nothing,
        "served": served,
        "other": other,
        "t_s": time,
        "offset_s": offset,
        "duration_s": duration(value),
        **{role: value[role].strip() if role in value else nothing for role in TEXT_ROLES},
        "ta": value["ta"].strip().re_replace(r"\.0+$", "").try_cast("int32") if "ta" in value else ibis.null("int32"),
        "answered": answered(value),
    }


def _time(layout: Layout, value: Mapping[str, ir.StringValue]) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    reading = layout.time
    if reading.time_way is not None:
        time = value["start_time"]
        seconds = joined_seconds(value["start_date"], reading.way, time, reading.time_way)
        return seconds, offset_seconds(time) if reading.offsets else ibis.null("int64")
    start = value["start"]
    seconds = local_seconds(start, reading.way)
    if reading.way.universal:
        return seconds, ibis.literal(0, "int64")
    return seconds, offset_seconds(start) if reading.offsets else ibis.null("int64")


@dataclass(frozen=True, slots=True)
class Check:
    """A fault that a record may have: where, and what it is called."""

    bad: ir.BooleanValue
    role: str
    reason: str


def _checks(layout: Layout, table: ir.Table) -> list[Check]:
    """The faults of a record, in the order in which they are named: the first counts."""
    value = {role: table[f"v_{role}"] for role in layout.roles}
    checks: list[Check] = []
    for role in BARE_ROLES:
        if role in value:
            suspicious = value[role].re_search(r"\d[eE]")
            checks.append(
                Check(ibis.ifelse(suspicious, is_scientific(value[role]), ibis.literal(False)), role, SCIENTIFIC)
            )
    start = "start" if "start" in value else "start_date"
    checks.append(Check(value[start].isnull(), start, "no time"))
    seconds = table.t_s
    checks.append(Check(seconds.isnull(), start, f"not a time like the others ({_way_names(layout)})"))
    checks.append(Check((seconds < EARLIEST) | (seconds >= LATEST), start, "not a time of this age"))
    if "imsi" in value:
        checks.append(Check(~table.b_imsi.re_search(r"^\d{14,15}$"), "imsi", "not an IMSI of 14 or 15 digits"))
    if "imei" in value:
        checks.append(Check(~table.b_imei.re_search(r"^(\d{14,16}|0+)$"), "imei", "not an IMEI of 14 to 16 digits"))
    for role in PARTY_ROLES:
        if role in value:
            checks.append(
                Check(table[f"b_{role}"].re_search("\ufffd") | (value[role].length() > 40), role, "not a number")
            )
    for role in ("duration", "duration_ms"):
        if role in value:
            unread = value[role].notnull() & table.duration_s.isnull()
            checks.append(Check(unread, role, "not a duration"))
            checks.append(Check((table.duration_s < 0) | (table.duration_s > LONGEST_CALL_S), role, "not a duration"))
    if "ta" in value:
        unread = value["ta"].notnull() & table.ta.isnull()
        checks.append(Check(unread | (table.ta < 0) | (table.ta > LARGEST_TA), "ta", "not a timing advance"))
    party = next(role for role in ("served", "calling", "called", "imsi") if role in value)
    checks.append(Check(table.served.isnull() & table.imsi.isnull(), party, "no party"))
    return checks


def _way_names(layout: Layout) -> str:
    way = layout.time
    return way.way.name if way.time_way is None else f"{way.way.name} and {way.time_way.name}"
