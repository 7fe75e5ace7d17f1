"""Closed circles: SIMs of which each rings or writes to several others of the same circle.

The ports of a bank that plays people have only one another to be friends with. Honest circles (a family, a
dormitory) are of SIMs that look like nothing else but people; so only SIMs that might be a box's are asked. Of these
the circle is what is left when pairs without a common partner, and SIMs with fewer than PARTNERS partners, are struck
out again and again: people and the call centre that they ring have no partners in common. A firm's people ring one
another too, but go home: a circle counts as far as its SIMs stand at common spots, and only when a night has passed.
Boarders of one house do both, so that a circle alone raises nobody.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from detection.cdr.acts import Acts
from detection.cdr.boxes import Link
from detection.cdr.features import SMT
from detection.cdr.mutual import meetings
from detection.cdr.together import Shown, size_by

CANDIDATE_CIRCLE = -4.0  # least own evidence
PARTNERS = 3
GAIN, MOST = 2.0, 7.0  # log odds for each e-fold of a circle's size, and at most
A_NIGHT_S = 20 * 3_600  # from a circle's first meeting until it counts: by then a firm's people have been home
LEAST_THERE, SHARE_THERE = 3, 0.15  # SIMs of a circle, and share of them, for a cell and ring to be a common spot
APART, TOGETHER = 0.9, 0.96  # of its median SIM's acts at common spots: where a circle says nothing, and all it can

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Circles(Shown):
    """SIMs in circles (ascending), which circle, since when it had PARTNERS partners (Unix s), how far that counts."""

    sims: Ints
    circle: Ints
    since_s: Ints
    weight: Floats  # of its circle, 0 to 1

    def of(self, at: int, until_s: Ints) -> Floats:
        """By the size of the circle of the SIM at a place."""
        began = int(self.since_s[self.circle == self.circle[at]].min())
        gain = np.clip(GAIN * np.log(np.maximum(size_by(self.circle, self.since_s, at, until_s), 1)), 0, MOST)
        counts = until_s >= max(int(self.since_s[at]), began + A_NIGHT_S)
        return np.where(counts, self.weight[at] * gain, 0)

    def links(self) -> list[Link]:
        """Links "calls" that join each circle to its first SIM."""
        found = []
        for name in np.unique(self.circle):
            members = np.flatnonzero(self.circle == name)
            first = int(members[np.argmin(self.since_s[members])])
            for at in members[members != first].tolist():
                one, two = sorted((int(self.sims[first]), int(self.sims[at])))
                found.append(Link(one, two, "calls", int(self.since_s[at])))
        return found


NO_CIRCLES = Circles(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def circles(acts: Acts, own: Floats, number: Ints) -> Circles:
    """From `acts` of at least all candidates; `own` evidence and `number` id (-1 none) of every SIM."""
    one, two, since = meetings(own, number, acts, CANDIDATE_CIRCLE)
    while len(one):
        joined = csr_array((np.ones(len(one)), (one, two)), shape=(len(own), len(own)))
        joined = csr_array(joined + joined.T)
        common: Floats = np.asarray((joined @ joined)[one, two]).ravel()
        partners: Floats = np.asarray(joined.sum(axis=0)).ravel()
        kept = (common >= 1) & (partners[one] >= PARTNERS) & (partners[two] >= PARTNERS)
        if kept.all():
            break
        one, two, since = one[kept], two[kept], since[kept]
    if not len(one):
        return NO_CIRCLES
    sims = np.unique([one, two])
    _, circle = connected_components(joined, directed=False)
    ends, times = np.concatenate([one, two]), np.concatenate([since, since])
    order = np.lexsort((times, ends))
    third = np.searchsorted(ends[order], sims) + PARTNERS - 1
    names = circle[sims].astype(np.int64)
    weight = np.zeros(len(sims))
    for name in np.unique(names):
        members = acts.of_sims(sims[names == name])
        weight[names == name] = _together(members.of(members.kind <= SMT))
    held = weight > 0
    return Circles(sims[held], names[held], times[order][third][held], weight[held])


def _together(acts: Acts) -> float:
    """How far the SIMs of `acts` stand at common spots, 0 to 1; 0 where no cell is told."""
    acts = acts.of(acts.cell >= 0)
    if not len(acts.sim):
        return 0.0
    sims, sim = np.unique(acts.sim, return_inverse=True)
    _, spot = np.unique(np.stack([acts.cell, acts.ta]), axis=1, return_inverse=True)
    there = np.bincount(np.unique(spot * len(sims) + sim) // len(sims))
    common = there[spot] >= max(LEAST_THERE, SHARE_THERE * len(sims))
    share = np.bincount(sim, common) / np.bincount(sim)
    return float(np.clip((np.median(share) - APART) / (TOGETHER - APART), 0, 1))
