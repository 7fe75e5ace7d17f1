"""An export: files and folders that are one, each with its layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detection.cdr.asn1.recognition import recognise
from detection.cdr.columns import NO_DIALECT, Layout, assign, lay_out
from detection.cdr.dialect import Dialect
from detection.cdr.lines import look_at
from detection.cdr.reader import text_rows
from detection.errors import ExportError

if TYPE_CHECKING:
    from detection.cdr.asn1.conversion import Asn1File

SUFFIXES = (".csv", ".txt", ".tsv", ".gz", ".parquet", ".dat", ".cdr", ".log", ".psv", ".xls")
OWN_FILES = ("suspects.csv", "rejects.csv", "cells.csv")
PARQUET_SAMPLE = 4_000
ASN1_HEAD = 4_096  # octets


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of an export, its layout chosen; `text` is None for Parquet."""

    path: Path
    layout: Layout
    encoding: str
    encoding_reason: str
    gzipped: bool
    parquet: bool
    asn1: "Asn1File | None" = None


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
            if not path.is_file():
                raise ExportError(f"export {path}: not a regular file; it is read twice: save it as a file first")
            found.append(path)
        else:
            raise ExportError(f"export {path}: no such file or folder")
    seen: dict[Path, Path] = {}
    for path in found:
        seen.setdefault(path.resolve(), path)
    return list(seen.values())


def _is_candidate(entry: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in entry.relative_to(folder).parts)
    if hidden or not entry.is_file() or entry.name.lower() in OWN_FILES:
        return False
    return entry.suffix.lower() in SUFFIXES or _is_asn1(entry)


def _is_asn1(entry: Path) -> bool:
    """Files of roaming partners and exchanges have any name: they are known by their first octets."""
    try:
        with entry.open("rb") as stream:
            return recognise(stream.read(ASN1_HEAD), entry.stat().st_size) != ""
    except OSError:
        return False


def examine(path: Path, dialect: Dialect = NO_DIALECT) -> ExportFile:
    """Encoding and layout of one file. Raises ExportError where it is no export of call records."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise ExportError(f"export {path}: cannot be read ({error.strerror}); check its name and rights") from error
    if magic == b"PAR1":
        names, rows = text_rows(path, PARQUET_SAMPLE)
        layout = assign(names, rows, str(path), header_line=0, dialect=dialect)
        return ExportFile(path, layout, "Parquet", "its first octets say so", False, True)
    from detection.cdr.asn1.conversion import look_at_asn1

    if told := look_at_asn1(path):
        return ExportFile(path, told.layout, told.encoding, told.encoding_reason, told.gzipped, False, told)
    text = look_at(path, dialect.encoding)
    layout = lay_out(text.sample, str(path), dialect)
    return ExportFile(path, layout, text.encoding, text.encoding_reason, text.gzipped, False)
