"""SIMs of one spot that take turns at fewer ports."""

import numpy as np
from numpy.typing import NDArray

from detection.cdr.acts import Acts
from detection.cdr.boxes import Spots
from detection.cdr.features import HOUR_S, MOC
from detection.cdr.turns import DESK, MOST, SENDERS, Turns, turns

SIMS, OTHERS, DAYS, OPENS, CLOSES = 12, 60, 3, 8, 20
MIDNIGHT = 20_000 * 24


def calls(hours: dict[int, list[int]]) -> Acts:
    """Three calls of a SIM in each of its hours (since the first midnight), UTC."""
    rows = [
        (sim, (MIDNIGHT + hour) * HOUR_S + 900 * at) for sim, own in hours.items() for hour in own for at in (0, 1, 2)
    ]
    sim, t_s = (np.array(column) for column in zip(*sorted(rows), strict=True))
    none = np.full(len(sim), -1)
    return Acts(sim, none + 8, none + 4, t_s, t_s, none, none, np.full(len(sim), MOC), none, none)


def found(hours: dict[int, list[int]], own: NDArray[np.float64] | None = None, family: int = 0) -> Turns:
    """The first SIMs on cell 7 at timing advance 3, and others at work on cell 9."""
    acts = calls({**hours, **{sim: at_work()[0] for sim in range(SIMS, SIMS + OTHERS)}})
    sim, n = np.unique(acts.sim, return_counts=True)
    none = np.zeros(len(sim), int)
    spots = Spots(sim, np.where(sim < SIMS, 7, 9), none + 3, n, none, none)
    own = np.append(np.full(SIMS, 2.0) if own is None else own, np.full(OTHERS, 2.0))
    return turns(acts, own, np.full(len(sim), family), spots)


def in_turns() -> dict[int, list[int]]:
    """Four ports, each with three SIMs in turn, three hours each, from day to day."""
    work = [24 * day + hour for day in range(DAYS) for hour in range(OPENS, CLOSES)]
    return {sim: [hour for at, hour in enumerate(work) if (at // 3 + sim) % 5 % 3 == 0] for sim in range(SIMS)}


def at_work() -> dict[int, list[int]]:
    return {sim: [24 * day + hour for day in range(DAYS) for hour in range(OPENS, CLOSES)] for sim in range(SIMS)}


def test_a_crowd_that_takes_turns_speaks_for_each_of_it_once_that_shows() -> None:
    given = found(in_turns()).evidence(np.arange(SIMS), (MIDNIGHT + np.array([OPENS + 1, 24 * DAYS])) * HOUR_S)
    assert (given[:, 0] == 0).all()
    assert (given[:, 1] > 2).all()
    assert given.max() <= MOST


def test_what_comes_later_changes_nothing_earlier() -> None:
    whole, until = in_turns(), 24 * 2
    part = {sim: [hour for hour in hours if hour < until] for sim, hours in whole.items()}
    times = (MIDNIGHT + np.arange(until) + 1) * HOUR_S
    assert np.allclose(found(whole).evidence(np.arange(SIMS), times), found(part).evidence(np.arange(SIMS), times))


def at_the_end(shown: Turns) -> NDArray[np.float64]:
    return shown.evidence(np.arange(SIMS), np.array([(MIDNIGHT + 24 * DAYS) * HOUR_S]))[:, 0]


def test_a_desk_speaks_against_a_box_from_its_second_day_on() -> None:
    given = found(at_work()).evidence(np.arange(SIMS), (MIDNIGHT + np.array([23, 24 + CLOSES])) * HOUR_S)
    assert (given[:, 0] == 0).all()
    assert (given[:, 1] == -DESK).all()


def test_shifts_are_no_turns() -> None:
    early_and_late = {
        sim: [hour for hour in hours if (hour % 24 < 14) == (sim % 2 == 0)] for sim, hours in at_work().items()
    }
    assert (at_the_end(found(early_and_late)) <= 0).all()


def test_who_works_at_night_or_sends_messages_is_at_no_desk() -> None:
    day_and_night = {sim: list(range(24 * DAYS)) for sim in range(SIMS)}
    assert (at_the_end(found(day_and_night)) == 0).all()
    assert (at_the_end(found(at_work(), family=SENDERS)) == 0).all()


def test_people_are_not_asked_and_one_alone_says_nothing() -> None:
    assert (at_the_end(found(in_turns(), np.full(SIMS, -9.0))) == 0).all()
    assert at_the_end(found({**at_work(), 0: in_turns()[0]}))[0] == 0
