"""Acts of some SIMs as arrays: what grouping, placing and the reasons look at."""

from dataclasses import dataclass, fields

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from detection.cdr.answers import whole_numbers

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts by SIM and time, all arrays of one length; -1 where there is no value."""

    sim: Ints
    cell: Ints
    ta: Ints
    t_s: Ints
    local_s: Ints
    imei: Ints
    other: Ints
    kind: Ints
    duration_s: Ints
    answered: Ints

    def of(self, rows: Ints | NDArray[np.bool_]) -> "Acts":
        return Acts(*(getattr(self, column.name)[rows] for column in fields(self)))

    def of_sims(self, sims: Ints) -> "Acts":
        """Those of some SIMs, without looking at all the others."""
        every = np.unique(sims)
        begin, end = np.searchsorted(self.sim, every), np.searchsorted(self.sim, every, "right")
        rows = [np.arange(first, last) for first, last in zip(begin.tolist(), end.tolist(), strict=True)]
        return self.of(np.concatenate([np.zeros(0, np.int64), *rows]))

    def devices(self) -> list[int]:
        return [int(imei) for imei in np.unique(self.imei[self.imei >= 0])]


def acts_in(records: ir.Table) -> Acts:
    """All acts of typed records."""
    held = records.order_by(["sim_id", "t_s", "row"])
    names = ("sim_id", "cell", "ta", "t_s", "local_s", "imei_id", "other_id", "kind", "duration_s")
    rows = whole_numbers(held.select(*names, answered=held.answered.cast("int8")))
    return Acts(*rows.values())
