"""`catpool cdr inspect`: what an export's columns are taken for, and why."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from detection.cdr import meanings
from detection.cdr.agreement import examine_all
from detection.cdr.asn1.conversion import told_lines
from detection.cdr.columns import MISSING_COSTS, NO_DIALECT, ROLES, Layout, first_example
from detection.cdr.dialect import Dialect
from detection.cdr.export import ExportFile, find_files
from detection.cdr.intake import IDENTITIES
from detection.cdr.masking import shape_of
from detection.cdr.places import read_cells_of
from detection.cdr.pseudonyms import Names
from detection.cdr.records import Records, machine_zone, open_engine, read_records
from detection.cdr.typed import TEXT_ROLES
from detection.cdr.words import bare_text, is_empty
from detection.errors import ExportError
from detection.lead import PlacedCell

DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret", "~": "tilde", "\x01": "0x01"}
UNUSED = "no header word and no content that is known"
UNUSED_ASN1 = "tells records apart"
REFUSED_SHOWN = 5
VALUES_SHOWN = 30
FEW_ROWS = 50  # in no more than these a word of the export may stand once
LONG_NUMBER = re.compile(r"\d{5}")  # of an identity: not shown


def describe(
    names: Sequence[Path],
    placed: Sequence[PlacedCell],
    timezone: str | None,
    dialect: Dialect = NO_DIALECT,
    now: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """One description a file, with the account of its lines. Raises ExportError."""
    files, _ = examine_all(find_files(names), [Path(name) for name in names], dialect)
    for file in files:
        yield describe_file(file, placed, timezone) | account_of(file, placed, timezone, now)


def account_of(
    file: ExportFile, placed: Sequence[PlacedCell], timezone: str | None, now: datetime | None
) -> dict[str, dict[str, int] | list[dict[str, object]]]:
    """Where every line goes, and the first lines refused by each reason, digits hidden."""
    engine = open_engine()
    try:
        naming = Names(os.urandom(32))
        zone = timezone or file.layout.timezone or "UTC"
        read = read_records([file.path], engine, placed=placed, timezone=zone, naming=naming, examined=[file], now=now)
    except ExportError as error:
        return {"lines": {}, "refused": [{"line": 0, "column": "", "reason": str(error), "value": "", "lines": 0}]}
    finally:
        engine.disconnect()
    told = {name: getattr(read.account, name) for name in read.account.__dataclass_fields__}
    return {"lines": told, "refused": refusals(read)}


def refusals(read: Records) -> list[dict[str, object]]:
    """The commonest reasons for which lines were refused, each with its first line."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for reject in read.rejects:
        shown = reject.shown[:40]
        told = first.setdefault(
            (reject.column, reject.reason),
            {"line": reject.line, "column": reject.column, "reason": reject.reason, "value": shown, "lines": 0},
        )
        told["lines"] += 1
    return sorted(first.values(), key=lambda told: (-told["lines"], told["line"]))[:REFUSED_SHOWN]


def describe_file(file: ExportFile, placed: Sequence[PlacedCell], timezone: str | None) -> dict[str, Any]:
    """What is understood of one file from its first lines."""
    layout = file.layout
    reading = layout.time
    base = reading.way.universal or reading.offsets
    zone = timezone or layout.timezone
    told = zone or ("in the file" if base else machine_zone().key + " (this machine's; give --timezone)")
    home = layout.home
    described: dict[str, Any] = {
        "file": str(file.path),
        "encoding": file.encoding,
        "encoding_why": file.encoding_reason,
        "gzip": file.gzipped,
        "delimiter": None if file.parquet or file.asn1 else layout.delimiter,
        "header_line": None if layout.header_line is None or file.parquet or file.asn1 else layout.header_line + 1,
        "columns": describe_columns(file),
        "time": {
            "format": reading.way.name
            if reading.time_way is None
            else f"{reading.way.name} and {reading.time_way.name}",
            "why": reading.reason,
            "offset_in_file": reading.offsets,
            "timezone": told,
        },
        "country": {"code": home.code or None, "why": home.reason},
        "cells": describe_cells(file, placed),
        "record_types": describe_values(layout, "record_type"),
        "services": describe_values(layout, "service"),
        "results": describe_results(layout),
        "missing": {key: MISSING_COSTS[key] for key in layout.missing},
        "asn1": file.asn1.describe() if file.asn1 else None,
    }
    described["dialect"] = as_dialect(file, described, zone)
    return described


def describe_columns(file: ExportFile) -> list[dict[str, Any]]:
    layout = file.layout
    role_of = {at: role for role, at in layout.roles.items()}
    unused = UNUSED if file.asn1 is None else UNUSED_ASN1
    columns = []
    for at, name in enumerate(layout.names):
        role = role_of.get(at)
        example = first_example(layout.rows, at)
        if role in IDENTITIES or role is None:
            example = shape_of(example)
        columns.append(
            {
                "column": at + 1,
                "name": name,
                "role": role,
                "reads_as": ROLES[role] if role else None,
                "why": layout.reasons[role] if role else unused,
                "example": example[:40],
            }
        )
    return columns


def describe_cells(file: ExportFile, placed: Sequence[PlacedCell]) -> dict[str, Any] | None:
    layout = file.layout
    if not {"ci", "cgi", "lac"} & set(layout.roles):
        return None
    texts = sorted({tuple(_cell_text(layout, row, role) for role in TEXT_ROLES) for row in layout.rows})
    table = read_cells_of(texts, placed, layout.cell_base)  # type: ignore[arg-type]
    example = next(((text, cell) for text, cell in table.cells.items() if cell is not None), None)
    known = {(cell.identity.lac, cell.identity.ci) for cell in placed}
    read = [cell for cell in table.cells.values() if cell is not None]
    return {
        "lac": table.lac_base.reason,
        "ci": table.ci_base.reason,
        "lac_hexadecimal": table.lac_base.hexadecimal,
        "ci_hexadecimal": table.ci_base.hexadecimal,
        "different": len(read),
        "unread": len(table.unread),
        "in_cells_csv": sum((cell.lac, cell.ci) in known for cell in read) if placed else None,
        "example": None
        if example is None
        else {
            "text": "-".join(part for part in example[0] if part),
            "rat": example[1].rat,
            "lac": example[1].lac,
            "ci": example[1].ci,
        },
    }


def _cell_text(layout: Layout, row: Sequence[str], role: str) -> str:
    if role not in layout.roles:
        return ""
    text = row[layout.roles[role]].strip()
    if role in layout.before and text and not is_empty(row[layout.before[role]]):
        return f"{row[layout.before[role]].strip()}-{text}"
    return text


def describe_values(layout: Layout, role: str) -> dict[str, str]:
    """Each different value of a record type or service in the sample, and what it is taken for."""
    if role not in layout.roles:
        return {}
    return {value: meanings.kind_alone(layout, role, value) or "no kind" for value in usual_values(layout, role)}


def usual_values(layout: Layout, role: str) -> list[str]:
    """The different values of a column in the sample, without those so rare that they may have strayed in."""
    counts = Counter(row[layout.roles[role]].strip() for row in layout.rows)
    fewest = max(len(layout.rows) / 400, 2 if len(layout.rows) > FEW_ROWS else 1)
    usual = [value for value, count in counts.items() if count >= fewest and not is_empty(value)]
    return sorted(value for value in usual if not LONG_NUMBER.search(value))[:VALUES_SHOWN]


def describe_results(layout: Layout) -> dict[str, bool | None]:
    """Each different result of the sample, and whether it means that the call was answered."""
    if "result" not in layout.roles:
        return {}
    return {value: meanings.answered_of(layout, value) for value in usual_values(layout, "result")}


def as_dialect(file: ExportFile, told: dict[str, Any], zone: str) -> dict[str, Any]:
    """What was understood, as a dialect file says it."""
    layout = file.layout
    dialect: dict[str, Any] = {}
    if not file.parquet and not file.asn1:
        dialect |= {"encoding": file.encoding, "delimiter": layout.delimiter, "header": layout.header_line is not None}
    dialect["time"] = layout.time.way.name
    if layout.time.time_way is not None:
        dialect["time_of_day"] = layout.time.time_way.name
    if zone:
        dialect["timezone"] = zone
    if layout.home.code:
        dialect["country"] = layout.home.code
    if layout.duration_form:
        dialect["duration"] = layout.duration_form
    if told["cells"]:
        for key, role in (("areas", "lac"), ("cells", "ci")):
            if role in layout.roles:
                dialect[key] = "hex" if told["cells"][f"{role}_hexadecimal"] else "decimal"
    named = layout.header_line is not None and len(set(layout.names)) == len(layout.names)
    dialect["columns"] = {
        "ci" if role in layout.before else role: layout.names[at] if named and bare_text(layout.names[at]) else at + 1
        for role, at in layout.roles.items()
    }
    dialect["record_types"], dialect["results"] = {}, {}
    for value, kind in (told["services"] | told["record_types"]).items():
        if kind in meanings.KINDS:
            dialect["record_types"].setdefault(kind, []).append(value)
    for value, answered in told["results"].items():
        if answered is not None:
            dialect["results"].setdefault("answered" if answered else "failed", []).append(value)
    return dialect


def described_lines(told: dict[str, Any]) -> list[str]:
    """A description for people."""
    cut = ""
    if told["delimiter"] is not None:
        cut = f", fields split by {DELIMITER_NAMES.get(told['delimiter'], told['delimiter'])}"
    header = ", no header line" if told["header_line"] is None else f", header in line {told['header_line']}"
    header = "" if told["asn1"] else header
    lines = [f"{told['file']}: {told['encoding']} ({told['encoding_why']}){cut}{header}"]
    lines += told_lines(told["asn1"]) if told["asn1"] else []
    for column in told["columns"]:
        role = column["reads_as"] or "not used"
        lines.append(
            f"  {column['column']:>3} {column['name'][:24]:<24} {role:<22} {column['example'][:24]:<24} {column['why']}"
        )
    time, country = told["time"], told["country"]
    lines.append(f"  times: {time['format']}; local time: {time['timezone']}")
    code = f"+{country['code']}" if country["code"] else "unknown"
    lines.append(f"  numbers: of country {code}: {country['why']}")
    if told["cells"]:
        cells = told["cells"]
        lines.append(
            f"  areas: {cells['lac']}; cells: {cells['ci']} ({cells['different']} different, {cells['unread']} unread)"
        )
    for name, key in (("kinds", "record_types"), ("services", "services")):
        if told[key]:
            lines.append(f"  {name}: " + ", ".join(f"{value} = {kind}" for value, kind in told[key].items()))
    if told["results"]:
        words = {True: "answered", False: "not answered", None: "unknown"}
        lines.append("  results: " + ", ".join(f"{value} = {words[it]}" for value, it in told["results"].items()))
    lines += [f"  missing: {key.replace('_', ' ')}: {cost}" for key, cost in told["missing"].items()]
    return [*lines, *_account_lines(told)]


def _account_lines(told: dict[str, Any]) -> list[str]:
    lines = []
    if counts := told.get("lines"):
        parts = " + ".join(
            f"{counts[name]} {name}" for name in ("accepted", "duplicates", "rejected", "header", "blank")
        )
        lines.append(f"  lines: {counts['lines']} = {parts}")
    for refused in told.get("refused", []):
        if not refused["lines"]:
            lines.append(f"  refused as a whole: {refused['reason']}")
            continue
        where = f"column {refused['column']}: " if refused["column"] else ""
        value = f" ({refused['value']})" if refused["value"] else ""
        lines.append(
            f"  refused: {refused['lines']} lines, first line {refused['line']}: {where}{refused['reason']}{value}"
        )
    return lines
