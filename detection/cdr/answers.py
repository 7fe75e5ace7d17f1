"""What the engine answers, as plain Python or numpy: by Arrow, without pandas in between."""

from typing import Any

import ibis.expr.types as ir
import numpy as np
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
    return {
        name: arrow[name].combine_chunks().fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        for name in arrow.column_names
    }
