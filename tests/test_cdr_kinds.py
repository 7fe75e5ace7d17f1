"""The laws of kinds: what an export tells, and what it leaves untold."""

import numpy as np

from detection.cdr import kinds
from detection.cdr.features import COUNTS
from detection.cdr.history import round_the_clock
from detection.cdr.kinds import ALL_TOLD, Counts, Telling, told_by


def people(n: int = 1, **held: float) -> Counts:
    """n SIMs alike that did nothing but what is told."""
    names = (*COUNTS, "awake", "life", "peers", "late")
    return {name: np.full(n, float(held.get(name, 0))) for name in names}


def test_an_export_of_both_legs_tells_all_that_comes_in() -> None:
    told = told_by(people(calls_out=5_000, calls_in=5_100, sms_out=3_000, sms_in=9_000, steps=100))
    assert (told.calls_heard, told.messages_heard) == (1, 1)
    assert told.law("outgoing", 0.6, 5.0) == (0.6, 5.0)


def test_an_export_of_one_leg_tells_a_part_of_it() -> None:
    told = told_by(people(calls_out=5_000, calls_in=1_500, sms_out=900))
    assert 0.3 < told.calls_heard < 0.6
    assert told.messages_heard == 1, "too few messages to tell"
    mean, _ = told.law("outgoing", 0.5, 5.0)
    assert np.isclose(mean, 1 / (1 + told.calls_heard))
    assert np.isclose(told.law("contacts", 0.5, 5.0)[0], 0.5 * told.calls_heard)
    assert told.law("night", 0.1, 5.0) == (0.1, 5.0)


def said_by(feature: str, counts: Counts, told: Telling = ALL_TOLD) -> dict[str, float]:
    """What a feature says of every kind, log likelihood."""
    row = kinds.evidence(counts, told)[feature][0]
    return {kind.name: float(log) for kind, log in zip(kinds.kinds(), row, strict=True)}


def test_calls_that_one_leg_leaves_out_are_not_held_against_anybody() -> None:
    called_once = people(calls_out=60, calls_in=3)
    half = Telling(ALL_TOLD.shares, calls_heard=0.3)
    for name in ("ordinary", "courier", "heavy"):
        assert said_by("outgoing", called_once, half)[name] > said_by("outgoing", called_once)[name] + 0.3, name


def test_rest_is_asked_about_after_a_day_and_a_night() -> None:
    known = round_the_clock(np.array([5.0, 20.0, 70.0]), np.array([6, 23, 72]))
    assert known["awake"].tolist() == [0, 0, 70]
    assert known["life"].tolist() == [0, 0, 72]


def test_a_sim_that_never_rests_is_no_call_centre() -> None:
    never, desk = (said_by("awake", people(awake=awake, life=72)) for awake in (68, 40))
    assert never["call-centre"] - never["naive"] < -1
    assert desk["call-centre"] - desk["naive"] > 0


def test_none_is_no_rarer_in_a_month_than_in_days() -> None:
    days, weeks, month = (float(kinds.measures_of(people(hours=hours))["received"][0][0]) for hours in (20, 96, 400))
    assert days > weeks == month
