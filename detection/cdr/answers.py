"""What the engine answers, as plain Python or numpy: by Arrow, without pandas in between."""

from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def rows_of(table: ir.Table) -> list[tuple[Any, ...]]:
    """Every row as a tuple; None where a value is null."""
    arrow = table.to_pyarrow()
    return list(zip(*(column.to_pylist() for column in arrow.columns), strict=True)) if arrow.num_rows else []


def first_of(table: ir.Table) -> dict[str, Any]:
    """The first row by column name."""
    answer: dict[str, Any] = table.to_pyarrow().to_pylist()[0]
    return answer


def holds_any(table: ir.Table) -> bool:
    """Whether the table has a row."""
    return bool(table.limit(1).to_pyarrow().num_rows)


def whole_numbers(table: ir.Table) -> dict[str, NDArray[np.int64]]:
    """Columns of whole numbers as int64; -1 where null."""
    arrow = table.to_pyarrow()
    made: dict[str, NDArray[np.int64]] = {}
    while arrow.num_columns:  # each column is let go before the next is made: there may be millions of rows
        name, made_of = arrow.column_names[0], arrow.column(0)
        arrow = arrow.remove_column(0)
        made[name] = _whole(made_of)
    return made


def _whole(column: pa.ChunkedArray) -> NDArray[np.int64]:
    made, at = np.empty(len(column), np.int64), 0
    for chunk in column.chunks:
        made[at : at + len(chunk)] = chunk.fill_null(-1).to_numpy(zero_copy_only=False)
        at += len(chunk)
    return made
