"""`catpool cdr inspect`: what an export's columns are taken for, and why."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from detection.cdr.asn1.conversion import told_lines
from detection.cdr.columns import MISSING_COSTS, ROLES, first_example
from detection.cdr.export import ExportFile, examine, find_files
from detection.cdr.places import read_cells_of
from detection.cdr.record_words import meaning_of
from detection.cdr.records import machine_zone, open_engine
from detection.cdr.typed import TEXT_ROLES
from detection.cdr.words import is_empty
from detection.lead import PlacedCell

DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret", "~": "tilde", "\x01": "0x01"}
UNUSED = "no header word and no content that is known"
UNUSED_ASN1 = "tells records apart"
HIDDEN = ("imsi", "imei", "served", "calling", "called", "other")


def describe(names: Sequence[Path], placed: Sequence[PlacedCell], timezone: str | None) -> Iterator[dict[str, Any]]:
    """One description a file. Raises ExportError."""
    engine = open_engine()
    for path in find_files(names):
        yield describe_file(examine(path), placed, timezone)
    engine.disconnect()


def describe_file(file: ExportFile, placed: Sequence[PlacedCell], timezone: str | None) -> dict[str, Any]:
    layout = file.layout
    columns = []
    role_of = {at: role for role, at in layout.roles.items()}
    for at, name in enumerate(layout.names):
        role = role_of.get(at)
        example = first_example(layout.rows, at)
        if role in HIDDEN or role is None:
            example = "".join("#" if char.isdigit() else char for char in example)
        columns.append(
            {
                "column": at + 1,
                "name": name,
                "role": role,
                "reads_as": ROLES[role] if role else None,
                "why": layout.reasons[role] if role else UNUSED_ASN1 if file.asn1 else UNUSED,
                "example": example[:40],
            }
        )
    reading = layout.time
    base = reading.way.universal or reading.offsets
    zone = timezone or ("in the file" if base else machine_zone().key + " (this machine's; give --timezone)")
    return {
        "file": str(file.path),
        "encoding": file.encoding,
        "encoding_why": file.encoding_reason,
        "gzip": file.gzipped,
        "delimiter": None if file.parquet or file.asn1 else layout.delimiter,
        "header_line": None if layout.header_line is None or file.parquet else layout.header_line + 1,
        "columns": columns,
        "time": {
            "format": reading.way.name
            if reading.time_way is None
            else f"{reading.way.name} and {reading.time_way.name}",
            "why": reading.reason,
            "offset_in_file": reading.offsets,
            "timezone": zone,
        },
        "cells": describe_cells(file, placed),
        "record_types": describe_types(file),
        "missing": {key: MISSING_COSTS[key] for key in layout.missing},
        "asn1": file.asn1.describe() if file.asn1 else None,
    }


def describe_cells(file: ExportFile, placed: Sequence[PlacedCell]) -> dict[str, Any] | None:
    layout = file.layout
    if not {"ci", "cgi", "lac"} & set(layout.roles):
        return None
    at = [layout.roles.get(role) for role in TEXT_ROLES]
    texts = sorted({tuple("" if n is None else row[n].strip() for n in at) for row in layout.rows})
    table = read_cells_of(texts, placed)  # type: ignore[arg-type]
    example = next(((text, cell) for text, cell in table.cells.items() if cell is not None), None)
    known = {(cell.identity.lac, cell.identity.ci) for cell in placed}
    read = [cell for cell in table.cells.values() if cell is not None]
    return {
        "lac": table.lac_base.reason,
        "ci": table.ci_base.reason,
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


def describe_types(file: ExportFile) -> dict[str, str]:
    """Each record-type value of the sample, and what it is taken for."""
    from detection.cdr.formats import vocabulary

    layout = file.layout
    if "record_type" not in layout.roles:
        return {}
    values = sorted({row[layout.roles["record_type"]].strip() for row in layout.rows})[:30]
    if layout.numbered_types:
        table = vocabulary().numbered[layout.numbered_types]
        return {value: table.get(int(float(value)), "other") for value in values if not is_empty(value)}
    return {value: meaning_of(value) or "other" for value in values if not is_empty(value)}


def described_lines(told: dict[str, Any]) -> list[str]:
    """A description for people."""
    cut = (
        ""
        if told["delimiter"] is None
        else f", fields split by {DELIMITER_NAMES.get(told['delimiter'], told['delimiter'])}"
    )
    header = ", no header line" if told["header_line"] is None else f", header in line {told['header_line']}"
    header = "" if told["asn1"] else header
    lines = [f"{told['file']}: {told['encoding']} ({told['encoding_why']}){cut}{header}"]
    lines += told_lines(told["asn1"]) if told["asn1"] else []
    for column in told["columns"]:
        role = column["reads_as"] or "not used"
        lines.append(
            f"  {column['column']:>3} {column['name'][:24]:<24} {role:<22} {column['example'][:24]:<24} {column['why']}"
        )
    time = told["time"]
    lines.append(f"  times: {time['format']}; local time: {time['timezone']}")
    if told["cells"]:
        cells = told["cells"]
        lines.append(
            f"  areas: {cells['lac']}; cells: {cells['ci']} ({cells['different']} different, {cells['unread']} unread)"
        )
    if told["record_types"]:
        lines.append("  kinds: " + ", ".join(f"{value} = {kind}" for value, kind in told["record_types"].items()))
    lines += [f"  missing: {key.replace('_', ' ')}: {cost}" for key, cost in told["missing"].items()]
    return lines
