"""Records of an export: every line accounted for, duplicates counted once, times in UTC, cells named.

Lines read = accepted + duplicates + rejected + header + blank, exactly. A quoted record of several lines counts
with all of them; a row of Parquet counts as a line.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pyarrow
from ibis.backends.duckdb import Backend

from detection.cdr.answers import first_of, holds_any, rows_of
from detection.cdr.export import ExportFile, examine, find_files, open_file
from detection.cdr.places import CellTable, CellTexts, read_cells_of
from detection.cdr.stage import BAD, BLANK, CONTINUED, GOOD, HEADER, TEXT_ROLES, drop_layers, staged
from detection.cdr.times import zone_offset
from detection.errors import ExportError
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

STAGED = "staged"
RECORDS = "records"
KEY = (
    "kind",
    "imsi",
    "imei",
    "served",
    "other",
    "t_s",
    "offset_s",
    "duration_s",
    "cell",
    "ta",
    "answered",
    "rest",
)


@dataclass(frozen=True, slots=True)
class Account:
    """Where every line went."""

    lines: int
    accepted: int
    duplicates: int
    rejected: int
    header: int
    blank: int

    def check(self) -> None:
        """Raises ExportError if a line is unaccounted for."""
        if self.lines != self.accepted + self.duplicates + self.rejected + self.header + self.blank:
            raise ExportError(f"export: {self.lines} lines read but {self.told()}; nothing was written")

    def told(self) -> str:
        return (
            f"{self.accepted} accepted + {self.duplicates} duplicates + {self.rejected} rejected"
            f" + {self.header} header + {self.blank} blank"
        )


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is no record, with what is wrong; columns of rejects.csv."""

    file: str
    line: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Records:
    """The records of an export in the engine (table `records`), and what was learnt while reading them.

    Columns of the table: sim (identity: IMSI, else number), number, imei, kind, other, t_s (UTC), local_s
    (carrier's local time, as if UTC), duration_s, cell (index into `cells`, null if none), ta, answered.
    """

    engine: Backend
    table: ir.Table
    files: list[ExportFile]
    account: Account
    cells: list[CellIdentity]
    zone: str
    warnings: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    has: frozenset[str] = frozenset()  # columns that hold anything


def open_engine(memory_mb: int = 3_000, threads: int | None = None) -> Backend:
    """DuckDB in memory, bounded; what it spills to disk is encrypted."""
    engine = ibis.duckdb.connect(threads=threads or min(4, os.cpu_count() or 1), memory_limit=f"{memory_mb}MB")
    engine.con.execute("SET temp_file_encryption = true")
    engine.con.execute(f"SET temp_directory = '{tempfile.gettempdir()}/.catpool-duckdb-{os.getpid()}'")
    engine.con.execute("SET enable_progress_bar = false")
    return engine


def read_records(
    names: Sequence[str | Path],
    engine: Backend,
    *,
    placed: Sequence[PlacedCell] = (),
    timezone: str | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Records:
    """Reads an export whole. Raises ExportError where nothing in it is an export of call records."""
    paths = find_files(names)
    files: list[ExportFile] = []
    warnings: list[str] = []
    for path in paths:
        try:
            files.append(examine(path, engine))
        except ExportError as error:
            if len(paths) == 1 or path in [Path(name) for name in names]:
                raise
            warnings.append(f"left out: {error}")
    if not files:
        raise ExportError(warnings[0].removeprefix("left out: "))
    first_rows = _load(files, engine, warnings, progress)
    return _settle(files, first_rows, engine, placed, timezone, warnings, progress)


def _load(
    files: list[ExportFile], engine: Backend, warnings: list[str], progress: Callable[[str, float], None]
) -> list[int]:
    """Fills table `staged`; gives the row number at which each file begins."""
    first_rows, rows = [], 0
    dialects: dict[object, int] = {}
    for number, file in enumerate(files):
        progress("reading", number / len(files))
        opened = open_file(file, engine)
        try:
            expression = staged(opened, number, dialects.setdefault(_signature(file), number), engine)
            if number == 0:
                engine.create_table(STAGED, expression)
            else:
                engine.insert(STAGED, expression)
        finally:
            opened.close()
            drop_layers(engine, number)
        first_rows.append(rows)
        before, rows = rows, int(engine.table(STAGED).count().to_pyarrow().as_py())
        if opened.spool is not None and rows - before != opened.spool.lines:
            raise ExportError(
                f"export {file.path}: {opened.spool.lines} lines, of which the engine read {rows - before}"
            )
        if opened.spool is not None and opened.spool.truncated:
            warnings.append(f"{file.path} is cut off: the end of the gzip file is missing")
    return first_rows


def _signature(file: ExportFile) -> object:
    """Files with one signature come from one source, and are read alike."""
    return file.layout.names, tuple(sorted(file.layout.roles.items())), file.parquet


def _settle(
    files: list[ExportFile],
    first_rows: list[int],
    engine: Backend,
    placed: Sequence[PlacedCell],
    timezone: str | None,
    warnings: list[str],
    progress: Callable[[str, float], None],
) -> Records:
    table = engine.table(STAGED)
    table = table.mutate(row=table.rowid())
    progress("cells", 0.0)
    cell_tables = {dialect: read_cells_of(texts, placed) for dialect, texts in _cell_texts(table).items()}
    named = {cell for read in cell_tables.values() for cell in read.cells.values() if cell is not None}
    cells = sorted(named, key=_cell_order)
    good = table.filter(table.state == GOOD)
    keys = _cell_keys(engine, cell_tables, cells)
    joined = good.left_join(
        keys,
        [good.dialect == keys.dialect_of, *(good[role].fill_null("") == keys[f"{role}_text"] for role in TEXT_ROLES)],
    )
    progress("duplicates", 0.0)
    unread = joined.filter(joined.unread_column != "")
    readable = joined.filter(joined.unread_column == "")
    grouped = readable.group_by([readable[name] for name in KEY]).agg(copies=readable.count(), row=readable.row.min())
    zone, offset = _zone(grouped, table, timezone, warnings)
    grouped = grouped.mutate(
        utc_s=grouped.t_s - ibis.coalesce(grouped.offset_s, offset),
        local_s=grouped.t_s + ibis.ifelse(grouped.offset_s.isnull(), 0, _shift(grouped, zone, timezone)),
    )
    records = engine.create_table(
        RECORDS,
        grouped.select(
            "row",
            "copies",
            "kind",
            "imei",
            "other",
            "duration_s",
            "cell",
            "ta",
            "local_s",
            sim=ibis.coalesce(grouped.imsi, grouped.served),
            imsi=grouped.imsi,
            number=grouped.served,
            t_s=grouped.utc_s,
            answered=ibis.coalesce(grouped.answered, grouped.duration_s > 0),
        ),
    )
    account, rejects = _account(files, first_rows, table, unread, records)
    account.check()
    has = _held(records)
    told = zone.key if isinstance(zone, ZoneInfo) else "the offset in the file"
    result = Records(engine, records, files, account, cells, told, warnings, rejects, has)
    if account.accepted == 0:
        first = rejects[0] if rejects else None
        why = f" (line {first.line}: {first.column} {first.reason})" if first else ""
        raise ExportError(f"export {files[0].path}: no line of {account.lines} is a call record{why}")
    return result


def _cell_order(cell: CellIdentity) -> tuple[str, str, int, int]:
    return (cell.mcc or "", cell.mnc or "", cell.lac or 0, cell.ci or 0)


def _cell_texts(table: ir.Table) -> dict[int, list[CellTexts]]:
    """Every different cell text, by dialect: what is hex in one may be decimal in another."""
    good = table.filter(table.state == GOOD)
    distinct = good.select(good.dialect, *[good[role].fill_null("") for role in TEXT_ROLES]).distinct()
    texts: dict[int, list[CellTexts]] = {}
    for dialect, *text in sorted(rows_of(distinct)):
        texts.setdefault(dialect, []).append(tuple(text))
    return texts


def _cell_keys(engine: Backend, cell_tables: dict[int, CellTable], cells: list[CellIdentity]) -> ir.Table:
    """Table of every cell text with its cell's index, to join records with."""
    index = {cell: at for at, cell in enumerate(cells)}
    rows: list[tuple[object, ...]] = []
    for dialect, read in cell_tables.items():
        rows += [(dialect, *text, index[cell] if cell else None, "") for text, cell in read.cells.items()]
        rows += [(dialect, *text, None, column) for text, (column, _) in read.unread.items()]
    names = [f"{role}_text" for role in TEXT_ROLES]
    schema = ibis.schema(
        {"dialect_of": "int32", **dict.fromkeys(names, "string"), "cell": "int32", "unread_column": "string"}
    )
    columns = {name: [row[at] for row in rows] for at, name in enumerate(schema)}
    arrow = pyarrow.table(columns, schema=schema.to_pyarrow())
    return engine.create_table("cell_keys", ibis.memtable(arrow))


def _zone(
    grouped: ir.Table, table: ir.Table, timezone: str | None, warnings: list[str]
) -> tuple[ZoneInfo | None, ir.IntegerValue]:
    """The carrier's zone, and its offset from UTC (s) as an expression over `t_s`."""
    good = table.filter(table.state == GOOD)
    span = first_of(good.agg(first=good.t_s.min(), last=good.t_s.max(), bare=good.offset_s.isnull().sum()))
    carried = span["bare"] == 0
    if timezone is None and carried and not _universal_only(good):
        return None, ibis.literal(0, "int64")
    zone = ZoneInfo(timezone) if timezone else machine_zone()
    if timezone is None:
        warnings.append(f"times without offset are taken as {zone.key}, this machine's zone: give --timezone NAME")
    if span["first"] is None:
        return zone, ibis.literal(0, "int64")
    return zone, zone_offset(grouped.t_s, zone, int(span["first"]), int(span["last"]))


def _universal_only(good: ir.Table) -> bool:
    """True where every offset is zero: Unix times, or Z: not the carrier's local time."""
    return not holds_any(good.filter(good.offset_s != 0))


def _shift(grouped: ir.Table, zone: ZoneInfo | None, timezone: str | None) -> ir.IntegerValue:
    """What to add to a time that carries its own offset, so that it becomes the carrier's local time."""
    if zone is None:
        return ibis.literal(0, "int64")
    span_first, span_last = 631_152_000, 4_102_444_800
    bounds = first_of(grouped.agg(first=grouped.t_s.min(), last=grouped.t_s.max()))
    if bounds["first"] is not None:
        span_first, span_last = int(bounds["first"]), int(bounds["last"])
    return zone_offset(grouped.t_s - grouped.offset_s, zone, span_first, span_last) - grouped.offset_s


def machine_zone() -> ZoneInfo:
    """This machine's zone, else UTC."""
    named = os.environ.get("TZ", "").lstrip(":")
    try:
        if named:
            return ZoneInfo(named)
        target = os.path.realpath("/etc/localtime")
        return ZoneInfo(target.split("/zoneinfo/", 1)[1]) if "/zoneinfo/" in target else ZoneInfo("UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _account(
    files: list[ExportFile], first_rows: list[int], table: ir.Table, unread: ir.Table, records: ir.Table
) -> tuple[Account, list[Reject]]:
    counts = dict(rows_of(table.group_by("state").agg(n=table.count())))
    bad = table.filter(table.state == BAD).select("file", "row", "bad_column", "bad_value", "reason")
    bad = bad.order_by("row")
    cells = unread.select("file", "row", "unread_column", *TEXT_ROLES).order_by("row")
    rejects = [
        Reject(str(files[file].path), row - first_rows[file] + 1, column or "", value or "", reason)
        for file, row, column, value, reason in rows_of(bad)
    ]
    for file, row, role, *texts in rows_of(cells):
        layout = files[file].layout
        name = layout.names[layout.roles[role]] if role in layout.roles else role
        value = dict(zip(TEXT_ROLES, texts, strict=True))[role]
        rejects.append(Reject(str(files[file].path), row - first_rows[file] + 1, name, value[:60], "not a cell number"))
    rejects.sort(key=lambda reject: (reject.file, reject.line))
    continued = _continued(table, unread, records) if counts.get(CONTINUED) else (0, 0, 0)
    kept = first_of(records.agg(n=records.count(), copies=records.copies.sum()))
    accepted, copies = int(kept["n"]), int(kept["copies"] if kept["n"] else 0)
    return (
        Account(
            lines=int(sum(counts.values())),
            accepted=accepted + continued[0],
            duplicates=copies - accepted + continued[1],
            rejected=len(rejects) + continued[2],
            header=int(counts.get(HEADER, 0)),
            blank=int(counts.get(BLANK, 0)),
        ),
        rejects,
    )


def _continued(table: ir.Table, unread: ir.Table, records: ir.Table) -> tuple[int, int, int]:
    """Continuation lines of (accepted, duplicate, rejected) records: each counts with the record above it."""
    marks = table.select("row", "state").order_by("row")
    owner, owners = -1, []
    for row, state in rows_of(marks):
        if state != CONTINUED:
            owner = row
        else:
            owners.append(owner)
    kept = set(records.row.to_pyarrow().to_pylist())
    bad = set(table.filter(table.state == BAD).row.to_pyarrow().to_pylist()) | set(unread.row.to_pyarrow().to_pylist())
    accepted = sum(row in kept for row in owners)
    rejected = sum(row in bad for row in owners)
    return accepted, len(owners) - accepted - rejected, rejected


def _held(records: ir.Table) -> frozenset[str]:
    columns = ("imsi", "number", "imei", "other", "duration_s", "cell", "ta", "answered")
    counts = first_of(records.agg(**{name: records[name].notnull().sum() for name in columns}))
    return frozenset(name for name in columns if counts[name])
