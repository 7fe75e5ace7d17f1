"""SIMs of one box that ring one another: ports that play people do, and so give away a bank's several gateways."""

import numpy as np
from numpy.typing import NDArray

from detection.cdr.acts import Acts
from detection.cdr.boxes import Link
from detection.cdr.features import SMT

CANDIDATE_CALLS = 2.0  # least own evidence of both
LEAST_SHARE = 0.05  # of the calls and messages of each that are with other candidates

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def mutual_links(own: Floats, number: Ints, acts: Acts) -> list[Link]:
    """Links "calls" among candidates, each from the first act between the two.

    `own` evidence and `number` id (-1 none) of every SIM; `acts` hold those of at least all candidates.
    """
    met = meetings(own, number, acts, CANDIDATE_CALLS)
    return [Link(a, b, "calls", when) for a, b, when in zip(*(column.tolist() for column in met), strict=True)]


def meetings(own: Floats, number: Ints, acts: Acts, least_own: float) -> tuple[Ints, Ints, Ints]:
    """(SIM, SIM, first act) of pairs that called or wrote, each pair once and in order, among SIMs of `least_own`.

    A SIM whose share of acts with others of them is below LEAST_SHARE is no candidate.
    """
    none = np.zeros(0, np.int64)
    candidates = np.flatnonzero((own >= least_own) & (number >= 0))
    if not len(candidates):
        return none, none, none
    numbers, first = np.unique(number[candidates], return_index=True)
    acts = acts.of((own[acts.sim] >= least_own) & (acts.kind <= SMT))
    at = np.minimum(np.searchsorted(numbers, acts.other), len(numbers) - 1)
    sim, other = acts.sim, candidates[first][at]
    among = (numbers[at] == acts.other) & (sim != other)
    share = np.bincount(sim[among], minlength=len(own)) / np.maximum(np.bincount(sim, minlength=len(own)), 1)
    among &= (share[sim] >= LEAST_SHARE) & (share[other] >= LEAST_SHARE)
    low, high, t_s = np.minimum(sim, other)[among], np.maximum(sim, other)[among], acts.t_s[among]
    order = np.lexsort((t_s, high, low))
    low, high, t_s = low[order], high[order], t_s[order]
    new = (np.diff(low, prepend=-1) != 0) | (np.diff(high, prepend=-1) != 0)
    return low[new], high[new], t_s[new]
