"""Pools: far more SIMs that only receive messages on one spot than chance puts there.

One SIM of a registration pool is a SIM that somebody keeps for its number: a few codes a day, hardly a call. What
gives the pool away is that dozens of them stand at one cell and timing advance. Innocent pools exist (a test lab, a
home for old people), so that the crowd alone raises nobody.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.cdr.boxes import Spots, standing
from detection.cdr.together import Shown, size_by

CANDIDATE_POOL = 0.0  # least own evidence
RECEIVERS = 2  # verdict.families
LEAST_EXPECTED = 1.5  # SIMs on a spot by chance, at least
GAIN, MOST = 2.0, 6.0  # log odds for each e-fold of SIMs above chance, and at most

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pools(Shown):
    """SIMs that stand in crowds (ascending): on which spot, since when (Unix s); how many are there by chance."""

    sims: Ints
    spot: Ints
    since_s: Ints
    expected: float

    def of(self, at: int, until_s: Ints) -> Floats:
        """By how many stood on the spot of the SIM at a place."""
        size = size_by(self.spot, self.since_s, at, until_s)
        gain = GAIN * np.log(np.maximum(size, 1) / self.expected)
        return np.where(until_s >= self.since_s[at], np.clip(gain, 0, MOST), 0)


NO_POOLS = Pools(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), LEAST_EXPECTED)


def pools(own: Floats, family: Ints, spots: Spots) -> Pools:
    """From the `spots` of at least all candidates; `own` evidence and `family` of every SIM."""
    asked = np.where((family == RECEIVERS) & (own >= CANDIDATE_POOL), np.inf, -np.inf)
    sim, cell, ta, since = standing(asked, spots)
    if not len(sim):
        return NO_POOLS
    first = np.unique(sim, return_index=True)[1]
    sim, cell, ta, since = sim[first], cell[first], ta[first], since[first]
    _, spot, there = np.unique(np.stack([cell, ta]), axis=1, return_inverse=True, return_counts=True)
    return Pools(sim, spot, since, max(LEAST_EXPECTED, float(np.median(there))))
