"""The places of a bank: its acts parted into gateways, each with its own spots.

A phone that stands still is served by several cells in turn, so two spots (cell and timing advance) are of one
gateway when its SIMs go to and fro between them, and when one place explains both.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from detection.cdr.acts import Acts

Ints = NDArray[np.int64]

TO_AND_FRO_S = 1_800  # between two acts of a SIM, for a change of spot to count
LEAST_SHARE, LEAST_ACTS, LEAST_SIMS = 0.06, 8, 2  # of a box's acts, for a spot to be a gateway's
CHANGES = 0.25  # changes between two spots for each act at the rarer one, for them to be of one place
MOST_SPOTS = 60

Spot = tuple[int, int]  # cell, timing advance
Fits = Callable[[list[Spot]], bool]  # whether one place explains all these spots


def part(acts: Acts, fits: Fits) -> Ints:
    """The gateway (0 the busiest, -1 none) of every act of a box, whose acts are in order of SIM and time."""
    label = np.full(len(acts.sim), -1)
    placed = np.flatnonzero(acts.cell >= 0)
    if not len(placed):
        return label
    key = acts.cell[placed] * 2_000 + acts.ta[placed] + 2
    names, at, n = np.unique(key, return_inverse=True, return_counts=True)
    spots: list[Spot] = [(int(name) // 2_000, int(name) % 2_000 - 2) for name in names]
    follows = (np.diff(acts.sim[placed]) == 0) & (np.diff(acts.t_s[placed]) <= TO_AND_FRO_S)
    changes = np.zeros((len(names), len(names)))
    np.add.at(changes, (at[:-1][follows], at[1:][follows]), 1.0)
    changes += changes.T
    sims = [len(np.unique(acts.sim[placed][at == one])) for one in range(len(names))]
    own = _join(spots, n, changes, sims, fits)
    label[placed] = own[at]
    return _by_weight(label)


def _join(spots: list[Spot], n: Ints, changes: NDArray[np.float64], sims: list[int], fits: Fits) -> Ints:
    """The gateway of each spot: from the busiest down, each joins the one that it changes with, or founds its own."""
    of = np.full(len(spots), -1)
    members: list[list[int]] = []
    for one in np.argsort(-n, kind="stable")[:MOST_SPOTS].tolist():
        ties = [(float(changes[one, held].sum()), at) for at, held in enumerate(members)]
        near = [at for at, held in enumerate(members) if any(_beside(spots[one], spots[h]) for h in held)]
        likely = [at for tie, at in sorted(ties, key=lambda tie: -tie[0]) if tie >= CHANGES * n[one]]
        home = next((at for at in near + likely if fits([spots[m] for m in (*members[at], one)])), None)
        if home is None and n[one] >= max(LEAST_ACTS, LEAST_SHARE * n.sum()) and sims[one] >= LEAST_SIMS:
            home = len(members)
            members.append([])
        elif home is None and not members:
            home = 0
            members.append([])
        if home is not None:
            members[home].append(one)
            of[one] = home
    return of


def _beside(one: Spot, other: Spot) -> bool:
    return one[0] == other[0] and abs(one[1] - other[1]) <= 1


def _by_weight(label: Ints) -> Ints:
    """The labels renumbered, most acts first."""
    if not (label >= 0).any():
        return label
    order = np.argsort(-np.bincount(label[label >= 0]), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return np.where(label >= 0, rank[np.maximum(label, 0)], -1)
