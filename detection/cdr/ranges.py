"""The features of records that lie by ranges of SIMs, one range after the other: what the engine holds at once is a
range's, however many records there are.

No count looks beyond its own SIM, so that ranges give what the whole would.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from detection.cdr import features
from detection.cdr.features import Tables

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ranges:
    """A source of features. `bounds[i]` is the first SIM of range i; the rows of a range lie together."""

    records: ir.Table
    bounds: Ints

    @property
    def sims(self) -> ir.Table:
        return self._of_each(features.sims)

    @property
    def devices(self) -> ir.Table:
        return self._of_each(features.devices)

    def totals(self) -> list[ir.Table]:
        return [table for part in self.parts() for table in features.tables(part).totals()]

    def hourly(self) -> list[ir.Table]:
        return [table for part in self.parts() for table in features.tables(part).hourly()]

    def of(self, sims: Ints) -> Tables:
        """The tables over the records of some SIMs, held on this machine."""
        return features.tables(self.records).of(sims)

    def _of_each(self, table: Callable[[ir.Table], ir.Table]) -> ir.Table:
        """A table of every range: no SIM is in two."""
        return ibis.memtable(pa.concat_tables([table(part).to_pyarrow() for part in self.parts()]))

    def parts(self) -> list[ir.Table]:
        """The records of each range."""
        sim = self.records.sim_id
        pairs = zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True)
        return [self.records.filter(sim >= first, sim < end) for first, end in pairs]


def in_ranges(records: ir.Table, bounds: Ints) -> ir.Table:
    """The rows in the order of their ranges."""
    at = ibis.cases(*[(records.sim_id < end, at) for at, end in enumerate(bounds[1:].tolist())], else_=len(bounds))
    return records.order_by(at)
