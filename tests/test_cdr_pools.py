"""Crowds of SIMs that only receive, or only send."""

import numpy as np
from numpy.typing import NDArray

from detection.cdr.boxes import Spots
from detection.cdr.pools import GAIN, LEAST_EXPECTED, MOST, RECEIVERS, SENDERS, Pools, pools

CELLS, SIMS = 60, 100
Floats = NDArray[np.float64]


def pooled(*rows: tuple[int, int, int], family: int = RECEIVERS, own: float | Floats = 1.0) -> Pools:
    """Ten acts of a SIM at a cell, from a second on, on either of two rings; and a person on each other cell."""
    people = [(sim, 100 + sim, 0) for sim in range(SIMS - CELLS, SIMS)]
    sim, cell, since = (np.array(column) for column in zip(*rows, *people, strict=True))
    spots = Spots(sim, cell, 4 + sim % 2, np.full(len(sim), 10), since, since)
    mine = np.isin(np.arange(SIMS), [row[0] for row in rows])
    return pools(np.where(mine, own, -5.0), np.where(mine, family, 0), spots)


def test_a_crowd_of_receivers_speaks_for_each_of_them_as_it_grows() -> None:
    crowd = [(sim, 7, 100 * sim) for sim in range(12)]
    found = pooled(*crowd, *[(sim, 20 + sim, 0) for sim in range(12, 20)])
    given = found.evidence(np.array([0, 11, 15]), np.array([0, 600, 1_200]))
    later = [GAIN * np.log(n / LEAST_EXPECTED[RECEIVERS]) for n in (7, 12)]
    assert np.allclose(given, [[0, *later], [0, 0, later[1]], [0, 0, 0]])
    assert given.max() <= MOST


def test_modems_that_send_are_a_crowd_where_there_are_more_than_a_firm_has() -> None:
    more, few = ([(sim, 7, 0) for sim in range(n)] for n in (24, 8))
    assert np.allclose(pooled(*more, family=SENDERS).at_last(9), GAIN * np.log(3))
    assert (pooled(*few, family=SENDERS).at_last(9) == 0).all()


def test_receivers_that_look_rather_honest_one_by_one_are_asked() -> None:
    crowd = [(sim, 7, 0) for sim in range(12)]
    assert np.allclose(pooled(*crowd, own=-2.5).at_last(9), GAIN * np.log(12 / LEAST_EXPECTED[RECEIVERS]))


def test_callers_and_people_are_not_asked() -> None:
    crowd = [(sim, 7, 0) for sim in range(12)]
    assert not len(pooled(*crowd, family=0).sims)
    assert not len(pooled(*crowd, own=-5.0).sims)


def test_neighbours_of_a_pool_get_less_of_it() -> None:
    own = np.full(SIMS, -5.0)
    own[:12], own[12:15] = 5.0, [1.0, 0.0, -2.0]
    given = pooled(*[(sim, 7, 0) for sim in range(15)], own=own).at_last(9)
    assert np.allclose(given[:12], GAIN * np.log(12 / LEAST_EXPECTED[RECEIVERS]))
    assert np.allclose(given[12:], GAIN * np.log(15 / LEAST_EXPECTED[RECEIVERS]) - np.array([1, 2, 4]))
