"""Links among SIMs that ring one another."""

import numpy as np

from detection.cdr.acts import Acts
from detection.cdr.boxes import Link
from detection.cdr.features import MOC, MTC, SMO
from detection.cdr.mutual import mutual_links

OWN = np.array([5.0, 3.0, 4.0, -6.0, 2.5])
NUMBER = np.array([100, 101, 102, 103, -1])


def acts(*rows: tuple[int, int, int, int]) -> Acts:
    """Acts of (SIM, number, Unix s, kind), in order."""
    sim, other, t_s, kind = (np.array(column) for column in zip(*sorted(rows), strict=True))
    none = np.full(len(sim), -1)
    return Acts(sim, none, none, t_s, t_s, none, other, kind, none, none)


def strangers(sim: int, n: int) -> list[tuple[int, int, int, int]]:
    return [(sim, 500 + at, 1_000 + at, MOC) for at in range(n)]


def test_candidates_that_ring_each_other_are_linked_from_their_first_act() -> None:
    heard = acts(*strangers(0, 8), (0, 101, 50, MOC), (0, 101, 20, SMO), (1, 100, 51, MTC), *strangers(1, 5))
    assert mutual_links(OWN, NUMBER, heard) == [Link(0, 1, "calls", 20)]


def test_who_hardly_rings_suspects_is_not_linked() -> None:
    heard = acts(*strangers(0, 30), (0, 101, 50, MOC), *strangers(1, 4), (1, 100, 50, MTC))
    assert mutual_links(OWN, NUMBER, heard) == []


def test_honest_and_numberless_sims_are_left_out() -> None:
    heard = acts((0, 103, 50, MOC), (3, 100, 50, MTC), (4, -1, 60, MOC), (2, 102, 70, MOC))
    assert mutual_links(OWN, NUMBER, heard) == []
    assert mutual_links(np.full(5, -1.0), NUMBER, heard) == []
