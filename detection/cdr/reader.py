"""The one call of DuckDB's readers: a file's lines, or a Parquet file's rows, every value as text.

A text file is read as one column of whole lines. The separator GS (0x1d) stands in no clean line, quotes mean
nothing, and nothing is inferred, skipped or rejected by the engine; so its rows are the file's lines, in order.
"""

from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from detection.cdr.spool import LONGEST_LINE, NEVER
from detection.errors import ExportError


def read_lines(engine: Backend, path: str) -> ir.Table:
    """Table `line` (text; null where a line is empty) of a clean text file."""
    return engine.read_csv(
        path,
        header=False,
        auto_detect=False,
        columns={"line": "VARCHAR"},
        delim=NEVER,
        quote="",
        escape="",
        comment="",
        strict_mode=False,
        null_padding=False,
        compression="none",
        max_line_size=LONGEST_LINE * 4 + 4096,
    )


def read_parquet(engine: Backend, path: Path) -> ir.Table:
    """The columns of a Parquet file, each as text. Raises ExportError."""
    try:
        table = engine.read_parquet(str(path))
    except (duckdb.Error, OSError) as error:
        first = str(error).splitlines()[0]
        raise ExportError(f"export {path}: not a Parquet file that can be read ({first[:120]})") from error
    columns = {}
    for name, kind in table.schema().items():
        column = table[name]
        if kind.is_nested() or kind.is_binary():
            columns[name] = ibis.literal(None, "string")
        elif kind.is_floating():  # 460001234567890.0 is exact in a double, and stands for 460001234567890
            columns[name] = ibis.ifelse(
                (column == column.floor()) & (column.abs() < 2**53),
                column.try_cast("int64").cast("string"),
                column.cast("string"),
            )
        else:
            columns[name] = column.cast("string")
    return table.select(**columns)
