"""Crowds of SIMs that only receive."""

import numpy as np

from detection.cdr.boxes import Spots
from detection.cdr.pools import GAIN, LEAST_EXPECTED, MOST, NO_POOLS, RECEIVERS, pools


def spots(*rows: tuple[int, int, int]) -> Spots:
    """Ten acts of a SIM at a cell, from a second on; timing advance 4."""
    sim, cell, since = (np.array(column) for column in zip(*rows, strict=True))
    ta, acts = np.full(len(sim), 4), np.full(len(sim), 10)
    return Spots(sim, cell, ta, acts, since, since)


def test_a_crowd_of_receivers_speaks_for_each_of_them_as_it_grows() -> None:
    crowd = [(sim, 7, 100 * sim) for sim in range(12)]
    lone = [(sim, 20 + sim, 0) for sim in range(12, 20)]
    found = pools(np.ones(20), np.full(20, RECEIVERS), spots(*crowd, *lone))
    given = found.evidence(np.array([0, 11, 15]), np.array([0, 600, 1_200]))
    later = [GAIN * np.log(n / LEAST_EXPECTED) for n in (7, 12)]
    assert np.allclose(given, [[0, *later], [0, 0, later[1]], [0, 0, 0]])
    assert given.max() <= MOST


def test_callers_and_people_are_not_asked() -> None:
    crowd = spots(*[(sim, 7, 0) for sim in range(12)])
    assert pools(np.ones(12), np.zeros(12, int), crowd) is NO_POOLS
    assert pools(np.full(12, -5.0), np.full(12, RECEIVERS), crowd) is NO_POOLS
