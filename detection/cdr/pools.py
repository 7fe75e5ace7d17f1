"""Pools: far more SIMs that only receive messages, or only send them, on one spot than chance puts there.

One SIM of a registration pool is a SIM that somebody keeps for its number: a few codes a day, hardly a call. What
gives the pool away is that dozens of them stand at one cell and timing advance. So with modems that send: a clinic or
a bank has up to eight of them, and who lawfully sends more does it without SIMs. Innocent pools exist (a test lab, a
home for old people), so that the crowd alone raises nobody; neighbours of a pool look less like one than its SIMs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.cdr.boxes import Spots, standing
from detection.cdr.together import Shown

CANDIDATE_POOL = -3.0  # least own evidence
SENDERS, RECEIVERS = 1, 2  # verdict.families
LEAST_EXPECTED = {SENDERS: 8.0, RECEIVERS: 1.5}  # SIMs on a spot by chance, at least
ALIKE = 3.0  # of own evidence below another SIM's, up to which a SIM is as suspicious; below a crowd's, its neighbour
GAIN, MOST = 2.0, 6.0  # log odds for each e-fold of SIMs above chance, and at most

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pools(Shown):
    """SIMs that stand in crowds (ascending): where, since when (Unix s), and what each brings along, log odds."""

    sims: Ints
    cell: Ints  # apart for senders and receivers
    ta: Ints  # -1 unknown
    since_s: Ints
    own: Floats
    expected: Floats  # SIMs of the sort, about as suspicious or more, on a spot by chance

    def beside(self, at: int) -> NDArray[np.bool_]:
        """Which stand on the cell of the SIM at a place, at its timing advance or the next."""
        ring = (self.ta < 0) | (self.ta[at] < 0) | (np.abs(self.ta - self.ta[at]) <= 1)
        there: NDArray[np.bool_] = (self.cell == self.cell[at]) & ring
        return there

    def of(self, at: int, until_s: Ints) -> Floats:
        """By how many stood beside the SIM at a place, less how far it lags behind them in evidence of its own."""
        beside = self.beside(at)
        since = np.sort(self.since_s[beside & (self.own >= self.own[at] - ALIKE)])
        gain = GAIN * np.log(np.maximum(np.searchsorted(since, until_s, "right"), 1) / self.expected[at])
        lags = max(float(np.median(self.own[beside])) - ALIKE - float(self.own[at]), 0.0)
        return np.where(until_s >= self.since_s[at], np.maximum(np.clip(gain, 0, MOST) - lags, 0), 0)


NO_IDS = np.zeros(0, np.int64)
NO_POOLS = Pools(NO_IDS, NO_IDS, NO_IDS, NO_IDS, np.zeros(0), np.zeros(0))


def pools(own: Floats, family: Ints, spots: Spots) -> Pools:
    """From the `spots` of at least all candidates; `own` evidence and `family` of every SIM."""
    asked = np.where(np.isin(family, list(LEAST_EXPECTED)) & (own >= CANDIDATE_POOL), np.inf, -np.inf)
    sim, cell, ta, since = standing(asked, spots)
    if not len(sim):
        return NO_POOLS
    order = np.lexsort((ta < 0, sim))
    first = order[np.unique(sim[order], return_index=True)[1]]
    sim, cell, ta, since = sim[first], cell[first], ta[first], since[first]
    cells = len(np.unique(spots.cell))
    expected = np.zeros(len(sim))
    for sort, least in LEAST_EXPECTED.items():
        mine = family[sim] == sort
        ranked = np.sort(own[sim[mine]])
        as_much = len(ranked) - np.searchsorted(ranked, own[sim[mine]] - ALIKE)
        expected[mine] = np.maximum(least, as_much / cells)
    apart = cell * len(LEAST_EXPECTED) + family[sim] % len(LEAST_EXPECTED)
    return Pools(sim, apart, ta, since, own[sim], expected)
