"""A hit: what a signature saw at one place of one cell. A lead, never proof."""

from dataclasses import dataclass
from datetime import datetime

from sensor.cell import CellIdentity


@dataclass(frozen=True, slots=True)
class Hit:
    """Evidence that crossed its signature's threshold, merged over time.

    `log10_odds` are posterior odds. `from_s`, `to_s` and `raised_s` (when it first crossed) count from the
    first frame or reading of the run that raised it; `first_seen` and `last_seen` are UTC.
    """

    signature: str
    version: int
    cell: CellIdentity
    arfcn: int | None
    bsic: int | None
    timing_advance: int | None
    distance_m: tuple[int, int] | None
    log10_odds: float
    learned: bool
    from_s: float
    to_s: float
    raised_s: float | None
    reasons: tuple[str, ...]
    look_alikes: tuple[str, ...]
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    source: str = ""
    id: int | None = None  # given by the store
