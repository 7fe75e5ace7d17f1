"""The company that a SIM keeps: what share of its acts is with other suspected SIMs.

Ports of a bank that plays people ring each other, and honest people hardly ever ring a bank's ports. So among SIMs
that look like a box's, calls among themselves speak for a box, however human they look one by one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.cdr.acts import Acts
from detection.cdr.together import Shown

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SUSPECTED, HEEDED = 2.0, 0.0  # own evidence from which a SIM counts as company, and from which company counts for it
GAIN, MOST_SHARE = 10.0, 0.3  # log odds for all acts among suspects; the share from which more says no more


@dataclass(frozen=True, slots=True)
class Crowd(Shown):
    """Acts of the SIMs that it heeds (ascending), in order of time, and how many so far were with suspects."""

    sims: Ints
    start: Ints
    t_s: Ints
    inside: Floats

    def of(self, at: int, until_s: Ints) -> Floats:
        """By the share of the acts of the SIM at a place that were with suspects."""
        acts = slice(int(self.start[at]), int(self.start[at + 1]))
        n = np.searchsorted(self.t_s[acts], until_s, "right")
        met = np.concatenate([[0.0], self.inside[acts]])[n]
        given: Floats = GAIN * np.minimum(met / np.maximum(n, 1), MOST_SHARE)
        return given


NOBODY = Crowd(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0))


def crowd(acts: Acts, own: Floats, number: Ints) -> Crowd:
    """From the acts of suspects; `own` evidence and `number` id (-1 none) of every SIM."""
    suspects = np.flatnonzero((own >= SUSPECTED) & (number >= 0))
    acts = acts.of(own[acts.sim] >= HEEDED)
    if not len(acts.sim):
        return NOBODY
    met = np.isin(acts.other, number[suspects]) & (acts.other != number[acts.sim])
    sims, begin = np.unique(acts.sim, return_index=True)
    start = np.append(begin, len(acts.sim))
    total = np.cumsum(met).astype(float)
    before = np.repeat(total[begin] - met[begin], np.diff(start))
    return Crowd(sims, start, acts.t_s, total - before)
