"""A plain, slow reader: a text export line by line, by the same layout and meanings as the engine's. The oracle."""

import codecs
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from detection.cdr import meanings, shifts
from detection.cdr.columns import Layout, lay_out
from detection.cdr.contents import SCIENTIFIC
from detection.cdr.countries import one_form
from detection.cdr.cutting import cut
from detection.cdr.lines import look_at
from detection.cdr.places import read_cells_of
from detection.cdr.times import EARLIEST, LATEST, offset_of, read_both, read_one, zone_steps
from detection.cdr.words import bare_text, is_empty, narrow
from detection.lead import PlacedCell

NO_IMEI = r"0{8}\d*|1{14}|9{14}|12345678\d*|\d{6}0{8}"
TEXTS = ("lac", "ci", "cgi", "mcc", "mnc")


@dataclass(frozen=True, slots=True)
class Refused:
    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Plain:
    """Records by line number, refusals by line number, and how many lines are header and blank."""

    records: dict[int, dict[str, object]]
    refused: dict[int, Refused]
    layout: Layout
    header: int = 0
    blank: int = 0


class _BadLineError(ValueError):
    pass


def read_plain(path: Path, placed: list[PlacedCell], timezone: str) -> Plain:
    """Reads a file with one record a line."""
    text = look_at(path)
    layout = lay_out(text.sample, str(path))
    body = codecs.getincrementaldecoder(text.encoding)(errors="replace").decode(path.read_bytes(), final=True)
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    result = Plain({}, {}, layout)
    for number, line in enumerate(lines, 1):
        plain = narrow(line) if layout.wide else line
        if not plain.strip(' \t"' + layout.delimiter):
            result.blank += 1
            continue
        if layout.header_text and plain.strip() == layout.header_text:
            result.header += 1
            continue
        try:
            result.records[number] = record(layout, cut(plain, layout.delimiter))
        except _BadLineError as bad:
            result.refused[number] = Refused(number, *bad.args)
    settle(result, placed, timezone)
    return result


def record(layout: Layout, fields: list[str]) -> dict[str, object]:
    if len(fields) != layout.fields:
        raise _BadLineError("", f"has {len(fields)} fields where the file has {layout.fields}")
    value = {role: None if is_empty(fields[at]) else fields[at].strip() for role, at in layout.roles.items()}

    def bad(role: str, reason: str) -> _BadLineError:
        return _BadLineError(layout.names[layout.roles[role]], reason)

    for role in ("imsi", "imei", "served", "calling", "called", "other"):
        if (text := value.get(role)) and SCIENTIFIC.match(text):
            raise bad(role, "in scientific notation")
    reading = layout.time
    start = "start" if reading.time_way is None else "start_date"
    if value[start] is None:
        raise bad(start, "no time")
    if reading.time_way is None:
        t_s = read_one(reading.way, str(value["start"]))
        offset = 0 if reading.way.universal else offset_of(str(value["start"])) if reading.offsets else None
    else:
        t_s = read_both(reading.way, str(value["start_date"]), reading.time_way, str(value["start_time"] or ""))
        offset = offset_of(str(value["start_time"])) if reading.offsets else None
    if t_s is None or not EARLIEST <= t_s < LATEST:
        raise bad(start, "not a time like the others")
    imsi = bare_text(str(value["imsi"])) if value.get("imsi") else None
    if imsi and not (imsi.isdigit() and 14 <= len(imsi) <= 15):
        raise bad("imsi", "not an IMSI of 14 or 15 digits")
    imei = bare_text(str(value["imei"])) if value.get("imei") else None
    if imei and not (imei.isdigit() and (14 <= len(imei) <= 16 or not imei.strip("0"))):
        raise bad("imei", "not an IMEI of 14 to 16 digits")
    kind = meanings.kind_of(layout, value.get("record_type"), value.get("service"))
    if not kind:
        raise bad("record_type" if "record_type" in value else "service", "not a kind of record")
    duration = None
    for role in ("duration", "duration_ms"):
        if (text := value.get(role)) is not None:
            duration = meanings.seconds_of(layout, text)
            if duration is None or not 0 <= duration <= 31 * 86_400:
                raise bad(role, "not a duration")
    if (
        duration is None
        and not {"duration", "duration_ms"} & set(value)
        and value.get("end")
        and reading.time_way is None
    ):
        end = read_one(reading.way, str(value["end"]))
        duration = end - t_s if end is not None and 0 <= end - t_s <= 31 * 86_400 else None
    ta = None
    if (text := value.get("ta")) is not None:
        ta_text = text.removesuffix(".0")
        if not ta_text.isdigit() or int(ta_text) > 20_512:
            raise bad("ta", "not a timing advance")
        ta = int(ta_text)
    if shifts.is_shifted(layout, fields):
        raise _BadLineError("", shifts.SHIFTED)
    party = {
        r: one_form(str(value[r]), layout.home) if value.get(r) else None
        for r in ("served", "calling", "called", "other")
        if r in value
    }
    receives = kind in ("mtc", "smt", "fwd")
    calling, called = party.get("calling"), party.get("called")
    served = party.get("served", called if receives else calling)
    other = party.get("other")
    if "other" not in party and {"calling", "called"} & set(party):
        both = {"calling", "called"} <= set(party)
        other = (calling if receives else called) if both else called or calling
        if "served" in party and both:
            other = called if calling == served else calling if called == served else other
    if not (served or imsi):
        raise _BadLineError("", "no party")
    texts = {role: value.get(role) for role in TEXTS}
    for role, at in layout.before.items():
        if texts[role] and not is_empty(fields[at]):
            texts[role] = f"{fields[at].strip()}-{texts[role]}"
    answered = meanings.answered_of(layout, value.get("result"))
    seconds = None if duration is None else round(duration)
    return {
        "kind": kind,
        "imsi": imsi,
        "imei": real_imei(imei),
        "number": served,
        "other": other,
        "t_s": t_s,
        "offset": offset,
        "duration_s": seconds,
        "ta": ta,
        "answered": answered if answered is not None else None if seconds is None else seconds > 0,
        "texts": tuple(texts.values()),
    }


def real_imei(imei: str | None) -> str | None:
    import re

    return None if imei is None or re.fullmatch(NO_IMEI, imei[:14]) or not imei.strip("0") else imei[:14]


def settle(result: Plain, placed: list[PlacedCell], timezone: str) -> None:
    """Cells by all their different texts, times in UTC."""
    texts = sorted({r["texts"] for r in result.records.values()}, key=str)
    table = read_cells_of(texts, placed, result.layout.cell_base)  # type: ignore[arg-type]
    zone = ZoneInfo(timezone)
    times = [int(str(r["t_s"])) for r in result.records.values()]
    steps = zone_steps(zone, min(times), max(times)) if times else []
    for number, row in list(result.records.items()):
        text = row["texts"]
        if text in table.unread:
            role, _ = table.unread[text]  # type: ignore[index]
            result.refused[number] = Refused(number, role, "not a cell number")
            del result.records[number]
            continue
        row["cell"] = table.cells[text]  # type: ignore[index]
        offset = row["offset"]
        t_s = int(str(row["t_s"]))
        if offset is None:
            offset = [value for start, value in steps if t_s >= start][-1]
        row["t_s"] = t_s - int(str(offset))
