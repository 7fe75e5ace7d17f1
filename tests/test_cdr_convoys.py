"""Convoys: who goes the same way at the same time, and who only frequents the same places."""

from collections.abc import Sequence

import numpy as np

from detection.cdr.acts import Acts
from detection.cdr.convoys import FIRST, GAIN, LEAST_ODDS, MOST, convoys, settled

HOUR = 3_600
ROUTE = [10, 11, 12, 13, 14, 15, 16, 17]  # a cell an hour


def ways(*cells: Sequence[int | None], minutes: tuple[int, ...] = (5, 35)) -> Acts:
    """Calls of SIMs that are on a cell in each hour (None: silent)."""
    rows = [
        (sim, cell, hour * HOUR + 60 * minute + sim)
        for sim, way in enumerate(cells)
        for hour, cell in enumerate(way)
        if cell is not None
        for minute in minutes
    ]
    sim, cell, t = (np.array(column) for column in zip(*rows, strict=True))
    none = np.full(len(sim), -1)
    return Acts(sim, cell, none, t, t, none, none, np.zeros(len(sim), int), none, none)


def test_sims_of_one_car_find_each_other_within_hours() -> None:
    found = convoys(ways(ROUTE, ROUTE, ROUTE[::-1]), np.ones(3))
    assert found.sims.tolist() == [0, 1]
    assert [(link.one, link.two, link.why) for link in found.links()] == [(0, 1, "road")]
    since = int(found.since_s[0])
    assert 4 * HOUR <= since <= 6 * HOUR
    given = found.evidence(np.arange(3), np.array([since - 1, since, 8 * HOUR]))
    assert given.tolist() == [[0, FIRST, FIRST], [0, FIRST, FIRST], [0, 0, 0]]


def test_more_companions_say_more_up_to_a_bound() -> None:
    of_five, of_forty = (convoys(ways(*[ROUTE] * n), np.ones(n)).at_last(8 * HOUR) for n in (5, 40))
    assert np.allclose(of_five, FIRST + GAIN * np.log(4))
    assert np.allclose(of_forty, MOST)


def test_sims_that_take_turns_meet_within_three_hours() -> None:
    stops = [cell for cell in ROUTE for _ in range(3)]
    first = [cell if hour % 3 != 1 else None for hour, cell in enumerate(stops)]
    second = [cell if hour % 3 == 1 else None for hour, cell in enumerate(stops)]
    assert convoys(ways(first, second), np.ones(2)).sims.tolist() == [0, 1]


def test_people_of_the_same_places_are_no_convoy() -> None:
    rng = np.random.default_rng(4)
    office = [[int(rng.choice([1, 2, 3, 4, 5])) for _ in range(60)] for _ in range(12)]  # one site, cells in turn
    assert not len(convoys(ways(*office), np.ones(12)).sims)
    rounds = [rng.permutation(np.repeat(ROUTE, 8)).tolist() for _ in range(12)]  # the same streets, each in its order
    assert not len(convoys(ways(*rounds), np.ones(12)).sims)


def test_only_sims_that_may_be_of_a_box_are_asked() -> None:
    assert not len(convoys(ways(ROUTE, ROUTE), np.array([1.0, -4.0])).sims)


def test_convoys_part_a_group_by_their_ways() -> None:
    acts = ways(ROUTE, ROUTE, ROUTE[::-1], ROUTE[::-1], [1] * 8, [1] * 8)
    bonds = convoys(acts, np.ones(6)).bonds(acts, np.arange(6))
    assert bonds[0, 1] >= LEAST_ODDS
    assert bonds[2, 3] >= LEAST_ODDS
    assert bonds[0, 2] < 0
    assert bonds[1, 3] < 0
    assert bonds[4, 5] == 0, "those that don't move are told apart by other marks"
    assert np.array_equal(bonds, bonds.T)


def test_phones_that_stop_for_hours_are_told_from_a_car() -> None:
    assert settled(ways(ROUTE)) == 0
    assert settled(ways([cell for cell in ROUTE for _ in range(4)])) > 0.7
    assert settled(ways([3])) == 0
