"""Evidence that SIMs give by what they do together: how circles, crowds and pools answer for any time."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Shown(ABC):
    """Log odds by time of some SIMs (ascending); every other SIM has none."""

    __slots__ = ()
    sims: Ints

    @abstractmethod
    def of(self, at: int, until_s: Ints) -> Floats:
        """Log odds of the SIM at a place of `sims`, from the acts up to each time (Unix s)."""

    def evidence(self, sims: Ints, until_s: Ints) -> Floats:
        """(SIMs, times) log odds from the acts up to each time (Unix s)."""
        given = np.zeros((len(sims), len(until_s)))
        at = np.searchsorted(self.sims, sims)
        for row in np.flatnonzero(np.isin(sims, self.sims)).tolist():
            given[row] = self.of(int(at[row]), until_s)
        return given

    def at_last(self, ends_s: int) -> Floats:
        """Log odds of each of its SIMs from all acts, the last of which is at `ends_s`."""
        given: Floats = self.evidence(self.sims, np.array([ends_s]))[:, 0]
        return given


def size_by(name: Ints, since_s: Ints, at: int, until_s: Ints) -> Ints:
    """How many SIMs of one's own `name` (a circle, a spot) were there at each time; `since_s`: from when each is."""
    return np.searchsorted(np.sort(since_s[name == name[at]]), until_s, "right")
