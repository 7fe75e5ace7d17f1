"""The rows of a Parquet file, every value as text, a block at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.compute as pc
import pyarrow.parquet

from detection.cdr.digits import Column, Ints, column_of
from detection.errors import ExportError

BLOCK_ROWS = 65_536
BUFFER_OCTETS = 1 << 20  # read ahead in each column
EXACT = 2.0**53  # whole numbers below are exact in a double


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Rows as columns of texts; `line` counts within the block."""

    columns: list[Column]
    line: Ints

    def column(self, at: int) -> Column:
        return self.columns[at]


def row_block(batch: pyarrow.RecordBatch) -> RowBlock:
    """Rows as they come from the file, as texts."""
    return RowBlock([column_of(_text(column)) for column in batch.columns], np.arange(batch.num_rows))


def text_rows(path: Path, most: int) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """(names of the columns, the first rows, each value as text). Raises ExportError."""
    first = next(batches(path)).slice(0, most)
    columns = [["" if text is None else text for text in _text(column).to_pylist()] for column in first.columns]
    return tuple(first.schema.names), tuple(zip(*columns, strict=True))


def batches(path: Path) -> Iterator[pyarrow.RecordBatch]:
    """The rows of a Parquet file as they are, a block at a time; one of none if it is empty. Raises ExportError."""
    try:
        # pre_buffer would hold the whole file's octets by the end
        with pyarrow.parquet.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER_OCTETS) as file:
            yield from file.iter_batches(BLOCK_ROWS)
            if not file.metadata.num_rows:
                schema = file.schema_arrow
                yield pyarrow.RecordBatch.from_arrays([pyarrow.array([], kind) for kind in schema.types], schema=schema)
    except (pyarrow.ArrowException, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ExportError(f"export {path}: not a Parquet file that can be read ({first[:120]})") from error


def _text(column: pyarrow.Array) -> pyarrow.Array:
    kind = column.type
    if pyarrow.types.is_nested(kind) or pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
        return pyarrow.nulls(len(column), pyarrow.string())
    if pyarrow.types.is_floating(kind):  # 460001234567890.0 is exact in a double, and stands for 460001234567890
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), EXACT))
        exact = pc.if_else(whole, column, None).cast(pyarrow.int64()).cast(pyarrow.string())
        return pc.coalesce(exact, column.cast(pyarrow.string()))
    if pyarrow.types.is_timestamp(kind):
        universal = kind.tz is not None
        text = column.cast(pyarrow.timestamp(kind.unit)).cast(pyarrow.string())
        return pc.binary_join_element_wise(text, "Z", "") if universal else text
    return column.cast(pyarrow.string())
