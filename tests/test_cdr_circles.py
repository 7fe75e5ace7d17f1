"""Closed circles of SIMs that ring one another."""

from itertools import combinations

import numpy as np

from detection.cdr.acts import Acts
from detection.cdr.boxes import Link
from detection.cdr.circles import A_NIGHT_S, GAIN, NO_CIRCLES, circles
from detection.cdr.features import MOC

NUMBER = np.arange(100, 120)


def acts(rows: list[tuple[int, int, int]], home: int | None = None) -> Acts:
    """Outgoing calls of (SIM, number, Unix s), in order, on cell 7; before 60 s on a cell of each one's own."""
    sim, other, t_s = (np.array(column) for column in zip(*sorted(rows), strict=True))
    none = np.full(len(sim), -1)
    cell = np.full(len(sim), 7) if home is None else np.where(t_s < 60, home + sim, 7)
    return Acts(sim, cell, none, t_s, t_s, none, other, np.full(len(sim), MOC), none, none)


def rung(pairs: list[tuple[int, int]], strangers: int = 5, home: int | None = None) -> Acts:
    """Every pair rings both ways, at 100 s, 200 s ...; each SIM rings strangers too."""
    rows = []
    for at, (one, two) in enumerate(pairs):
        rows += [(one, 100 + two, 100 * at + 100), (two, 100 + one, 100 * at + 150)]
    rows += [(sim, 900 + at, 50) for sim in range(20) for at in range(strangers)]
    return acts(rows, home)


def test_four_that_all_ring_one_another_are_a_circle() -> None:
    found = circles(rung(list(combinations((3, 5, 8, 13), 2))), np.zeros(20), NUMBER)
    assert found.sims.tolist() == [3, 5, 8, 13]
    assert len(set(found.circle.tolist())) == 1
    assert found.since_s.tolist() == [300, 500, 600, 600]  # from each one's third partner on
    assert found.links() == [Link(3, 5, "calls", 500), Link(3, 8, "calls", 600), Link(3, 13, "calls", 600)]


def test_the_evidence_waits_a_night_and_is_for_its_sims_alone() -> None:
    found = circles(rung(list(combinations((3, 5, 8, 13), 2))), np.zeros(20), NUMBER)
    given = found.evidence(np.array([3, 13, 7]), np.array([299, 700, 300 + A_NIGHT_S]))
    assert np.allclose(given, [[0, 0, GAIN * np.log(4)], [0, 0, GAIN * np.log(4)], [0, 0, 0]])  # once a night is over


def test_people_and_a_call_centre_that_they_ring_are_no_circle() -> None:
    calls = [(customer, seat) for customer in range(8) for seat in (10, 11, 12, 13)]
    assert circles(rung(calls), np.zeros(20), NUMBER) is NO_CIRCLES


def test_who_goes_home_says_nothing() -> None:
    found = circles(rung(list(combinations((3, 5, 8, 13), 2)), home=50), np.zeros(20), NUMBER)
    assert found.evidence(found.sims, np.array([900 + A_NIGHT_S])).sum() == 0


def test_who_looks_like_people_or_mostly_rings_others_is_not_asked() -> None:
    four = list(combinations((3, 5, 8, 13), 2))
    own = np.zeros(20)
    own[5] = -9.0
    assert circles(rung(four), own, NUMBER) is NO_CIRCLES
    assert circles(rung(four, strangers=80), np.zeros(20), NUMBER) is NO_CIRCLES
