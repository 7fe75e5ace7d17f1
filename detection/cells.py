"""CELLS.csv: where masts stand. `lac,ci,lat,lon,azimuth`, optional `mcc,mnc,beamwidth,range_m,rat`.

LAC and CI (TAC and ECI on LTE) are decimal; degrees are WGS-84 and clockwise from north; an empty azimuth is an
antenna that radiates all round. Strict: a value that can't stand is named with its line and column.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from detection.errors import ExportError
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

REQUIRED = ("lac", "ci", "lat", "lon", "azimuth")
OPTIONAL = ("mcc", "mnc", "beamwidth", "range_m", "rat")
RATS = ("gsm", "lte", "wcdma", "nr")


def read_cells(path: Path | str) -> list[PlacedCell]:
    """The cells of a CELLS.csv, in its order. Raises ExportError with line and column."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExportError(f"cells {path}: not UTF-8 text (octet {error.start}); save it as CSV in UTF-8") from error
    except OSError as error:
        raise ExportError(f"cells {path}: cannot be read ({error.strerror})") from error
    return parse_cells(io.StringIO(text, newline=""), str(path))


def parse_cells(lines: Iterable[str], name: str) -> list[PlacedCell]:
    """The cells of the lines of a CELLS.csv; `name` is what errors call it. Raises ExportError."""
    reader = csv.reader(lines, strict=True)
    try:
        header = [column.strip().lower() for column in next(reader, [])]
        _check_header(header, name)
        cells: dict[CellIdentity, PlacedCell] = {}
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            where = f"cells {name}: line {reader.line_num}"
            if len(row) != len(header):
                raise ExportError(f"{where}: {len(row)} columns where the header has {len(header)}")
            cell = _cell(dict(zip(header, (field.strip() for field in row), strict=True)), where)
            if cells.setdefault(cell.identity, cell) is not cell:
                raise ExportError(f"{where}, column ci: this cell stands there twice; keep one line of it")
    except csv.Error as error:
        raise ExportError(f"cells {name}: line {reader.line_num}: not CSV ({error})") from error
    if not cells:
        raise ExportError(f"cells {name}: no cell in it")
    return list(cells.values())


def _check_header(header: list[str], name: str) -> None:
    known = (*REQUIRED, *OPTIONAL)
    for column in REQUIRED:
        if column not in header:
            raise ExportError(f"cells {name}: line 1: no column {column!r}; the header is {','.join(REQUIRED)}")
    for column in header:
        if column in known and header.count(column) > 1:
            raise ExportError(f"cells {name}: line 1: column {column!r} stands there twice")


def _cell(row: dict[str, str], where: str) -> PlacedCell:
    rat = row.get("rat", "").lower() or "gsm"
    if rat not in RATS:
        raise ExportError(f"{where}, column rat: {row['rat']!r}; it is one of {', '.join(RATS)}")
    identity = CellIdentity(
        rat=rat,
        mcc=_digits(row, "mcc", (3,), where),
        mnc=_digits(row, "mnc", (2, 3), where),
        lac=_whole(row, "lac", 0xFFFFFF if rat == "nr" else 0xFFFF, where),
        ci=_whole(row, "ci", _largest_ci(rat), where),
    )
    azimuth = _optional(row, "azimuth", -360.0, 360.0, where)
    return PlacedCell(
        identity=identity,
        lat=_number(row, "lat", -90.0, 90.0, where),
        lon=_number(row, "lon", -180.0, 180.0, where),
        azimuth_deg=None if azimuth is None else azimuth % 360.0,
        beamwidth_deg=_optional(row, "beamwidth", 1.0, 360.0, where),
        range_m=_optional(row, "range_m", 1.0, 200_000.0, where),
    )


def _largest_ci(rat: str) -> int:
    """CI has 16 bits, a UTRAN cell 28 and an ECI 28, an NCI 36: TS 23.003 §4.3.1, §19.6."""
    return {"gsm": 0xFFFF, "nr": 0xFFFFFFFFF}.get(rat, 0xFFFFFFF)


def _digits(row: dict[str, str], column: str, lengths: tuple[int, ...], where: str) -> str | None:
    text = row.get(column, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) in lengths):
        wanted = " or ".join(str(n) for n in lengths)
        raise ExportError(f'{where}, column {column}: {text!r} is not {wanted} digits ("02" keeps its zero)')
    return text


def _whole(row: dict[str, str], column: str, largest: int, where: str) -> int:
    text = row[column]
    if not (text.isascii() and text.isdigit()) or int(text) > largest:
        raise ExportError(f"{where}, column {column}: {text!r} is not a whole number from 0 to {largest}")
    return int(text)


def _optional(row: dict[str, str], column: str, low: float, high: float, where: str) -> float | None:
    return _number(row, column, low, high, where) if row.get(column) else None


def _number(row: dict[str, str], column: str, low: float, high: float, where: str) -> float:
    text = row[column]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ExportError(f"{where}, column {column}: {text!r} is not a number from {low:g} to {high:g}")
    return value
