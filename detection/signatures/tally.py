"""A cell's assignments as counts a timing advance, for any window that ends now."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

PLACES = 64  # TA 0 to 63: TS 44.018 §10.5.2.40
BIN_S = 10.0  # the grain of time; windows and judgements fall on it
KEPT_S = 14_400.0  # four hours: the longest window a signature asks for
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


class Side(Enum):
    """On which side of the ratio an establishment cause stands."""

    ORIGINATED = 0
    OTHER = 1


OTHER_CAUSES = frozenset(("paging-answer", "location-update", "emergency", "re-establishment", "other-sdcch"))


def side(establishment: str, neci: int | None) -> Side | None:
    """The side of a cause; None where it tells nothing: packet data, reserved, or unclear while NECI is unknown.

    At NECI 0 an unclear SDCCH request is a location update or a paging answer (TS 44.018 §9.1.8): never a call.
    """
    if establishment in ("originated-call", "originated-any"):
        return Side.ORIGINATED
    if establishment in OTHER_CAUSES or (establishment == "unclear" and neci == 0):
        return Side.OTHER
    return None


class Tally(Protocol):
    """What a signature reads of a cell."""

    @property
    def now_s(self) -> float:
        """Seconds from the cell's first frame."""

    @property
    def originated_any(self) -> bool:
        """NECI 0, or not known: calls can't be told from SMS, USSD and detach."""

    def windows(self, lengths_s: Sequence[float]) -> tuple[Counts, Floats]:
        """Counts of the windows that end now, (windows, 2, 64), and how many seconds of each were heard, (windows,)."""


class CellTally:
    """Counts of one cell, in bins of BIN_S seconds, as running sums: a window is one subtraction."""

    def __init__(self) -> None:
        self._rows = int(KEPT_S / BIN_S) + 1
        self._sums = np.zeros((2 * self._rows, 2, PLACES), dtype=np.int64)  # bin, side, timing advance
        self._end = 0  # the newest closed bin's row
        self._open = np.zeros((2, PLACES), dtype=np.int64)
        self.closed = 0  # bins closed since the first frame
        self.originated_any = False

    def add(self, which: Side, timing_advance: int, bins_ago: int = 0) -> None:
        """One assignment, in the bin that is open, or in one that was closed some bins ago."""
        if bins_ago <= 0:
            self._open[which.value, timing_advance] += 1
        elif bins_ago < min(self.closed + 1, self._rows):
            self._sums[self._end + 1 - bins_ago : self._end + 1, which.value, timing_advance] += 1

    def close_bin(self) -> None:
        if self._end + 1 == len(self._sums):
            self._sums[: self._rows] = self._sums[self._end + 1 - self._rows : self._end + 1]
            self._end = self._rows - 1
        self._sums[self._end + 1] = self._sums[self._end] + self._open
        self._end += 1
        self.closed += 1
        self._open[:] = 0

    def forget(self, bins: int) -> None:
        """Lets bins pass in which nothing was heard, and everything before them is too old."""
        self._sums[:] = 0
        self._end = 0
        self.closed += bins

    @property
    def now_s(self) -> float:
        """End of the newest closed bin, in seconds from the cell's first frame."""
        return self.closed * BIN_S

    def windows(self, lengths_s: Sequence[float]) -> tuple[Counts, Floats]:
        bins = np.minimum(np.round(np.array(lengths_s) / BIN_S).astype(int), min(self.closed, self._rows - 1))
        return self._sums[self._end] - self._sums[self._end - bins], bins * BIN_S
