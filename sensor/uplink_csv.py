"""READINGS.csv: one row a second, kit and burst stream.

Columns in any order; those not known are left aside. t_s, lat, lon and rssi_dbfs must be there. Empty is
None. A row that cannot be right is left out, counted and named: file, line, column, value, reason.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from sensor.errors import ReadingsError
from sensor.journal import Journal
from sensor.readings import Position, Stamp, UplinkReading

COLUMNS = [
    *("t_s", "kit", "lat", "lon", "hdop", "speed_mps", "course_deg", "tune_mhz", "freq_mhz", "slot", "rssi_dbfs"),
    *("gain_db", "noise_dbfs", "snr_db", "clip", "n_bursts", "det"),
]
METER_COLUMNS = [*COLUMNS, "sub", "toa_us", "toa_sd_us", "p_box", "rat"]
REQUIRED = ("t_s", "lat", "lon", "rssi_dbfs")
RANGES: dict[str, tuple[float, float]] = {
    "lat": (-90, 90),
    "lon": (-180, 180),
    "hdop": (0, 1e4),
    "speed_mps": (0, 1e3),
    "course_deg": (-360, 360),
    "tune_mhz": (1, 1e5),
    "freq_mhz": (1, 1e5),
    "slot": (0, 7),
    "rssi_dbfs": (-250, 60),
    "noise_dbfs": (-250, 60),
    "snr_db": (-100, 200),
    "gain_db": (-100, 200),
    "clip": (0, 1),
    "det": (0, 1),
    "n_bursts": (0, 1e6),
    "sub": (0, 7),
    "toa_sd_us": (0, 1e9),
    "p_box": (0, 1),
}
WHOLE = frozenset({"slot", "clip", "n_bursts", "det", "sub"})
RATS = ("gsm", "lte", "wcdma", "nr")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was left out; `line` counts from 1, the header's."""

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, column {self.column}: {self.value!r} {self.reason}"


@dataclass(frozen=True, slots=True)
class ReadReadings:
    """The rows of one file. Rows read = readings + rejected + blank."""

    readings: tuple[UplinkReading, ...]
    rejected: tuple[RejectedRow, ...]
    blank: int


class RowError(ReadingsError):
    """One value of a row that cannot be right."""

    def __init__(self, column: str, value: object, reason: str) -> None:
        super().__init__(f"column {column}: {value!r} {reason}")
        self.column, self.value, self.reason = column, value, reason


class RowReader:
    """Reads rows under one header. Raises ReadingsError when a required column is missing or named twice."""

    def __init__(self, columns: Sequence[str], where: str = "readings") -> None:
        self.columns = [column.strip().lower() for column in columns]
        lacking = [name for name in REQUIRED if name not in self.columns]
        if lacking:
            raise ReadingsError(
                f"{where}, line 1: no column {', '.join(lacking)}; READINGS.csv starts with {','.join(COLUMNS)}"
            )
        twice = [name for name in self.columns if name and self.columns.count(name) > 1]
        if twice:
            raise ReadingsError(f"{where}, line 1: column {twice[0]} stands twice")

    def read(self, values: Sequence[str | float | int | None]) -> UplinkReading:
        """One row, its values text or numbers ("" and None are empty). Raises RowError."""
        if len(values) != len(self.columns):
            raise RowError("(row)", len(values), f"fields, but the header has {len(self.columns)}")
        return reading_of(dict(zip(self.columns, values, strict=True)))


def reading_of(row: Mapping[str, str | float | int | None]) -> UplinkReading:
    """A reading from a row by column name. Raises RowError."""
    got: dict[str, Any] = {}
    for name in FIELDS:
        value = row.get(name)
        if isinstance(value, str):
            value = value.strip()
        got[name] = None if value in (None, "") else READERS[name](name, value)
    if got["t_s"] is None:
        raise RowError("t_s", "", "is empty")
    if got["det"] is None:
        got["det"] = int(got["rssi_dbfs"] is not None)
    if got["det"] and got["rssi_dbfs"] is None:
        raise RowError("rssi_dbfs", "", "is empty though det is 1")
    if (got["lat"] is None) != (got["lon"] is None):
        raise RowError("lat" if got["lat"] is None else "lon", "", "is empty, but its other half is not")
    got["kit"] = got["kit"] or "kit-1"
    got["clip"] = got["clip"] or 0
    got["rat"] = got["rat"] or "gsm"
    if got["n_bursts"] is None:
        got["n_bursts"] = got["det"]
    return UplinkReading(**got)


def read_number(column: str, value: str | float | int) -> float | int:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (isinstance(value, str) and "_" in value):
        raise RowError(column, value, "is not a number")
    low, high = RANGES.get(column, (-math.inf, math.inf))
    if not low <= number <= high:
        raise RowError(column, value, f"is outside {low:g} to {high:g}")
    if column not in WHOLE:
        return number
    if number != int(number):
        raise RowError(column, value, "is not a whole number")
    return int(number)


def read_text(column: str, value: str | float | int) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_rat(column: str, value: str | float | int) -> str:
    if str(value).lower() not in RATS:
        raise RowError(column, value, f"is none of {', '.join(RATS)}")
    return str(value).lower()


FIELDS = [field.name for field in fields(UplinkReading)]
READERS: dict[str, Callable[[str, str | float | int], Any]] = dict.fromkeys(FIELDS, read_number) | {
    "kit": read_text,
    "rat": read_rat,
}


def read_readings(path: Path | str) -> ReadReadings:
    """READINGS.csv at `path`. Raises ReadingsError: no such file, not a table of readings, or no row is right."""
    rows = _table(Path(path), _text_of(Path(path)))
    reader = RowReader(rows[0][1], str(path))
    readings: list[UplinkReading] = []
    rejected: list[RejectedRow] = []
    blank = 0
    for line, values in rows[1:]:
        if not any(value.strip() for value in values):
            blank += 1
            continue
        try:
            readings.append(reader.read(values))
        except RowError as error:
            rejected.append(RejectedRow(str(path), line, error.column, str(error.value), error.reason))
    if rejected and not readings:
        raise ReadingsError(f"no row of {len(rejected)} can be read: {rejected[0]}")
    return ReadReadings(tuple(readings), tuple(rejected), blank)


def _text_of(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadingsError(f"{path}: not a READINGS.csv: not text in UTF-8") from error
    except IsADirectoryError as error:
        raise ReadingsError(f"{path}: is a folder; name the READINGS.csv in it") from error
    except OSError as error:
        raise ReadingsError(f"{path}: cannot be read ({error.strerror})") from error
    if not text.strip():
        raise ReadingsError(f"{path}: empty: it holds no readings")
    return text


def _table(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """The file's rows, each with its line; the delimiter is the one that splits the header most."""
    head = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if rows or any(value.strip() for value in row):
                rows.append((reader.line_num, row))
    except csv.Error as error:
        raise ReadingsError(f"{path}, line {reader.line_num}: not CSV ({error})") from error
    return rows


def write_readings(file: TextIO, readings: Iterable[UplinkReading], columns: Sequence[str] = METER_COLUMNS) -> int:
    """Writes READINGS.csv, header first; gives the number of rows. None is written empty."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for reading in readings:
        writer.writerow([_cell(getattr(reading, column)) for column in columns])
        count += 1
    return count


def _cell(value: object) -> object:
    return "" if value is None else repr(value) if isinstance(value, float) else value


def journal_readings(
    journal: Journal, readings: Sequence[UplinkReading], *, start: datetime, boot_id: str, source: str
) -> int:
    """Adds a drive to the journal, readings and track, unless this `source` is there already; gives the rows added.

    `start` is the time at which t_s is 0. Name the source after the file and its content, so that a file
    read twice counts once.
    """
    if journal.has_source(source):
        return 0
    rows: list[tuple[Stamp, UplinkReading] | Stamp] = []
    seen: set[tuple[str, float]] = set()
    for reading in readings:
        stamp = stamp_of(reading, start, boot_id, source)
        rows.append((stamp, reading))
        if stamp.position is not None and (reading.kit, reading.t_s) not in seen:
            seen.add((reading.kit, reading.t_s))
            rows.append(stamp)
    return journal.add(rows)


def stamp_of(reading: UplinkReading, start: datetime, boot_id: str, source: str) -> Stamp:
    """The stamp of a reading of a drive; its clock is the file's own."""
    time = start + timedelta(seconds=reading.t_s)
    place = None
    if reading.lat is not None and reading.lon is not None:
        place = Position(reading.lat, reading.lon, reading.hdop, reading.speed_mps, reading.course_deg, time)
    return Stamp(time, boot_id, reading.t_s, "capture", place, source)
