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
    candidates = np.flatnonzero((own >= CANDIDATE_CALLS) & (number >= 0))
    if not len(candidates):
        return []
    numbers, first = np.unique(number[candidates], return_index=True)
    acts = acts.of((own[acts.sim] >= CANDIDATE_CALLS) & (acts.kind <= SMT))
    at = np.minimum(np.searchsorted(numbers, acts.other), len(numbers) - 1)
    one, two = acts.sim, candidates[first][at]
    among = (numbers[at] == acts.other) & (one != two)
    total = np.bincount(one, minlength=len(own))
    share = np.bincount(one[among], minlength=len(own)) / np.maximum(total, 1)
    kept = among & (share[one] >= LEAST_SHARE) & (share[two] >= LEAST_SHARE)
    low, high, since = np.minimum(one, two)[kept], np.maximum(one, two)[kept], acts.t_s[kept]
    order = np.lexsort((since, high, low))
    low, high, since = low[order], high[order], since[order]
    new = (np.diff(low, prepend=-1) != 0) | (np.diff(high, prepend=-1) != 0)
    pairs = zip(low[new].tolist(), high[new].tolist(), since[new].tolist(), strict=True)
    return [Link(a, b, "calls", when) for a, b, when in pairs]
