"""An export: files and folders that are one, each with its layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from detection.cdr.answers import rows_of
from detection.cdr.columns import Layout, assign, lay_out
from detection.cdr.reader import read_lines, read_parquet
from detection.cdr.spool import UNIT, Spool, look_at, make_spool
from detection.errors import ExportError

SUFFIXES = (".csv", ".txt", ".tsv", ".gz", ".parquet", ".dat", ".cdr", ".log", ".psv", ".xls")
OWN_FILES = ("suspects.csv", "rejects.csv", "cells.csv")
PARQUET_SAMPLE = 4_000


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of an export, its layout chosen; `text` is None for Parquet."""

    path: Path
    layout: Layout
    encoding: str
    encoding_reason: str
    gzipped: bool
    parquet: bool


def find_files(names: Sequence[str | Path]) -> list[Path]:
    """Files named or found in the folders named, in a fixed order, each once. Raises ExportError."""
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = sorted(entry for entry in path.rglob("*") if _is_candidate(entry, path))
            if not inside:
                raise ExportError(f"export {path}: a folder without files named {' '.join(SUFFIXES)}")
            found.extend(inside)
        elif path.exists():
            found.append(path)
        else:
            raise ExportError(f"export {path}: no such file or folder")
    seen: dict[Path, Path] = {}
    for path in found:
        seen.setdefault(path.resolve(), path)
    return list(seen.values())


def _is_candidate(entry: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in entry.relative_to(folder).parts)
    return entry.is_file() and not hidden and entry.suffix.lower() in SUFFIXES and entry.name.lower() not in OWN_FILES


def examine(path: Path, engine: Backend) -> ExportFile:
    """Encoding and layout of one file. Raises ExportError where it is no export of call records."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise ExportError(f"export {path}: cannot be read ({error.strerror}); check its name and rights") from error
    if magic == b"PAR1":
        table = read_parquet(engine, path)
        sample = rows_of(table.limit(PARQUET_SAMPLE))
        rows = tuple(tuple("" if value is None else str(value) for value in row) for row in sample)
        layout = assign(tuple(table.columns), rows, str(path), header_line=0)
        return ExportFile(path, layout, "Parquet", "its first octets say so", False, True)
    text = look_at(path)
    layout = lay_out(text.sample, str(path))
    return ExportFile(path, layout, text.encoding, text.encoding_reason, text.gzipped, False)


@dataclass(slots=True)
class OpenFile:
    """Rows of one file, ready for an expression."""

    table: ir.Table  # columns: line (text or null), or the fields of Parquet
    file: ExportFile
    spool: Spool | None

    def close(self) -> None:
        if self.spool is not None:
            self.spool.close()

    @property
    def split_by(self) -> str:
        return UNIT if self.spool is not None and self.spool.quoted else self.file.layout.delimiter


def open_file(file: ExportFile, engine: Backend) -> OpenFile:
    """The rows of a file. Close it when they have been read. Raises ExportError."""
    if file.parquet:
        return OpenFile(read_parquet(engine, file.path), file, None)
    spool = make_spool(look_at(file.path), file.layout.delimiter, file.layout.fields)
    try:
        return OpenFile(read_lines(engine, spool.path), file, spool)
    except BaseException:
        spool.close()
        raise


def cut_lines(opened: OpenFile) -> ir.Table:
    """Columns line, width (number of fields) and f0, f1, ... (each field as text) of a file's rows."""
    table, width = opened.table, opened.file.layout.fields
    if opened.file.parquet:
        fields = {f"f{at}": table[name] for at, name in enumerate(table.columns)}
        return table.select(line=ibis.null("string"), width=ibis.literal(width), **fields)
    parts = table.line.split(opened.split_by)
    return table.select("line", width=parts.length(), **{f"f{at}": parts[at] for at in range(width)})
