"""What a lead says: hours, cells, joint facts in sentences, kinds of target, where next."""

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from detection.cdr import roads, victims
from detection.cdr.acts import Acts
from detection.cdr.advice import ADVICE, KINDS, advise
from detection.cdr.features import MOC
from detection.cdr.joint import facts, in_time, once, relay, silences, span, turns
from detection.cdr.sentences import share_in_words
from detection.cdr.visits import best_hours, listen_to
from detection.lead import PlacedCell
from detection.wording import hours_in_words
from sensor.cell import CellIdentity
from web.i18n import tell

Ints = NDArray[np.int64]
DAY_S, HOUR_S = 86_400, 3_600
FIRST_S = 1_772_409_600  # 2026-03-02 00:00, local


def clock(*hours: float, days: int = 1, every_s: int = 120) -> Ints:
    """Times of acts between pairs of hours, on each day."""
    spans = zip(hours[::2], hours[1::2], strict=True)
    one = np.concatenate([np.arange(int(a * HOUR_S), int(b * HOUR_S), every_s) for a, b in spans])
    return np.concatenate([FIRST_S + day * DAY_S + one for day in range(days)])


@pytest.mark.parametrize(
    ("acts", "told"),
    [
        (clock(14, 18, days=3), ["14-18"]),
        (clock(9, 12, 20, 22, days=3), ["9-12", "20-22"]),
        (clock(22, 24, 0, 2, days=3), ["22-2"]),
        (clock(0, 24, days=3), ["0-24"]),
        (clock(8, 20, days=2), ["9-15"]),
        (np.zeros(0, np.int64), []),
    ],
)
def test_best_hours_are_those_in_which_it_is_heard(acts: Ints, told: list[str]) -> None:
    assert best_hours(acts) == told


def test_hours_are_said_as_clocks_show_them() -> None:
    assert hours_in_words(["14-18", "22-2"]) == "14:00-18:00, 22:00-02:00"


def test_what_it_did_lately_counts_most() -> None:
    moved = np.concatenate([clock(8, 10, days=1), clock(20, 22, days=1) + 9 * DAY_S])
    assert best_hours(moved) == ["20-22"]


def test_cells_and_rings_come_with_their_shares() -> None:
    spots = listen_to(np.array([4] * 6 + [4] * 3 + [7, -1]), np.array([2] * 6 + [3] * 3 + [-1, 5]))
    assert [(spot.cell, spot.timing_advance, round(spot.share, 2)) for spot in spots] == [(4, 2, 0.6), (4, 3, 0.3)]


def acts(sim: Ints, local_s: Ints, **columns: Ints) -> Acts:
    """Outgoing calls; what isn't told is unknown."""
    unknown = np.full(len(sim), -1)
    told = dict.fromkeys(("cell", "ta", "imei", "other", "duration_s", "answered"), unknown) | columns
    return Acts(sim=sim, t_s=local_s - 8 * HOUR_S, local_s=local_s, kind=np.full(len(sim), MOC), **told)


def box(sim: Ints, t_s: Ints, imei: int = 1, other: Ints | None = None, duration_s: int = 30) -> Acts:
    n = len(sim)
    called = np.arange(n) if other is None else other
    return in_time(acts(sim, t_s, imei=np.full(n, imei), other=called, duration_s=np.full(n, duration_s)))


def test_turns_on_one_imei_are_counted() -> None:
    sim = np.repeat([1, 2, 3, 1, 2, 3], 10)
    acts = box(sim, clock(8, 10))
    assert turns(acts) == "on the busiest IMEI three SIMs took turns: 5 changes, never two at once"
    assert turns(box(sim, clock(8, 10), duration_s=300)) == "on the busiest IMEI three SIMs took turns: 5 changes"
    assert turns(box(np.ones(60, np.int64), clock(8, 10))) == ""


def test_a_relay_of_sims_is_told() -> None:
    assert relay(box(np.repeat([5, 4, 6], 20), clock(8, 10))) == (
        "three SIMs came one after another, each silent before the next began"
    )
    assert relay(box(np.arange(60) % 3, clock(8, 10))) == ""


def test_a_power_cut_is_told_and_a_daily_pause_is_not() -> None:
    cut = np.concatenate([clock(0, 3.2, every_s=60), clock(4.05, 8, every_s=60)])
    assert silences(box(np.arange(len(cut)) % 4, cut)) == [
        "all four SIMs fell silent together from 03:11 to 04:03 on 2026-03-02, as in a power cut"
    ]
    daily = clock(8, 12, 13, 18, days=4, every_s=60)
    assert silences(box(np.arange(len(daily)) % 4, daily)) == []


def test_calls_to_strangers_are_counted() -> None:
    others = np.concatenate([np.arange(47), [47, 47]])
    assert once(box(np.ones(49, np.int64), FIRST_S + np.arange(49) * 60, other=others)) == (
        "47 of 49 calls went to numbers called once"
    )


def test_joint_facts_are_told_in_chinese_too() -> None:
    cut = np.concatenate([clock(0, 3.2, every_s=60), clock(4.05, 8, every_s=60)])
    told = facts(box(np.arange(len(cut)) % 4, cut))
    assert len(told) == 4
    assert [tell("zh", sentence) for sentence in told if tell("zh", sentence) == sentence] == []
    assert tell("zh", told[1]) == "2026-03-02 03:11 至 04:03 全部 4 张 SIM 卡同时静默，如同停电"


def test_days_and_hours_at_work_are_told() -> None:
    one, always = clock(14, 18), clock(0, 24, days=3)
    told = [span(box(np.ones(len(acts), np.int64), acts)) for acts in (one, always)]
    assert told == [
        "at work from 2026-03-02 14:00 to 2026-03-02 17:58 local time, on one day; most at 14:00-18:00",
        "at work from 2026-03-02 00:00 to 2026-03-04 23:58 local time, on 3 days; day and night",
    ]
    assert tell("zh", told[1]) == "当地时间 2026-03-02 00:00 至 2026-03-04 23:58 活动，共 3 天，昼夜不停"


def test_shares_are_said_as_people_say_them() -> None:
    said = "{k} of {n} calls went out"
    told = [share_in_words("outgoing", said, k, n) for k, n in ((47, 49), (49, 49), (0, 49), (1, 1), (0, 0))]
    assert told == [
        "47 of 49 calls went out", "all 49 calls went out", "none of 49 calls went out", "1 of 1 calls went out", "",
    ]  # fmt: skip


def cell(at: int) -> CellIdentity:
    return CellIdentity("gsm", "460", "00", 100, at)


def mast(at: int, east_m: float = 0.0, north_m: float = 0.0) -> PlacedCell:
    return PlacedCell(cell(at), 31.2 + north_m / 111_320, 121.4 + east_m / 95_000)


def heard(cells: list[int], t_s: Ints | None = None) -> Acts:
    at = np.array(cells)
    times = FIRST_S + np.arange(len(at)) * 60 if t_s is None else t_s
    return acts(np.zeros(len(at), np.int64), times, cell=at, ta=np.where(at < 0, -1, 1))


@pytest.mark.parametrize(
    ("cells", "form", "kind"),
    [
        ([0] * 20, "naive", "fixed"),
        ([0, 1] * 10, "naive", "fixed"),
        ([0, 2] * 10, "human", "distributed"),
        ([0, 1, 2] * 7, "car", "car"),
        ([0] * 20, "pair", "pair"),
        ([-1] * 20, "landline", "landline"),
        ([-1] * 20, "naive", "fixed"),
    ],
)
def test_a_lead_says_what_target_it_is(cells: list[int], form: str, kind: str) -> None:
    placed = [mast(0), mast(1, east_m=800), mast(2, north_m=9_000)]
    told = advise(heard(cells), form, [cell(at) for at in range(3)], placed, FIRST_S)
    assert told.kind == KINDS[kind]
    assert told.words == ADVICE[form if kind == "fixed" else kind]
    assert (told.next_hour is None) == (kind not in ("car", "pair"))


def test_a_car_that_comes_back_each_day_is_foreseen() -> None:
    hours = np.arange(4 * 24)
    route = np.where((hours % 24 >= 9) & (hours % 24 < 10), 3, np.where(hours % 24 < 9, 1, 2))
    t_s = np.concatenate([FIRST_S + hour * HOUR_S + np.arange(0, HOUR_S, 300) for hour in hours.tolist()])
    track = roads.Track(t_s - 8 * HOUR_S, t_s, np.repeat(route, 12))
    ground = roads.lay_ground([mast(at, east_m=2_000.0 * at) for at in range(5)])
    now = FIRST_S + 3 * DAY_S + 9 * HOUR_S - 8 * HOUR_S - 1
    law = roads.next_hour(track, now, ground)
    assert sum(law.values()) == pytest.approx(1.0)
    assert max(law, key=lambda at: law[at]) == 3
    assert roads.next_hour(track, FIRST_S - DAY_S, ground) == {}


def test_a_box_without_masts_is_foreseen_from_its_own_cells() -> None:
    track = roads.Track(np.arange(0, 7_200, 60), np.arange(0, 7_200, 60), np.repeat([0, 1], 60))
    law = roads.next_hour(track, 7_200, roads.lay_ground([None, None]))
    assert max(law, key=lambda at: law[at]) == 1


def calls(*rows: tuple[str, bool, float, int]) -> victims.Calls:
    others, inward, hours, lasted = zip(*rows, strict=True)
    t_s = np.array([int(FIRST_S + hour * HOUR_S) for hour in hours])
    names = np.array(["L-a"] * len(rows), dtype=object)
    return victims.Calls(
        names, np.array(others, dtype=object), np.array(inward), t_s - 8 * HOUR_S, t_s, np.array(lasted)
    )


def test_victims_are_those_long_on_the_line_the_most_urgent_first() -> None:
    held = calls(
        ("short", False, 1, 20),
        ("once", False, 2, 600),
        ("late", False, 30, 600),
        ("own", False, 3, 900),
        ("106", False, 3, 900),
        ("back", False, 29, 600),
        ("back", True, 30, 60),
        ("only-in", True, 30, 900),
    )
    people = {"short", "once", "late", "own", "back", "only-in"}
    found = victims.find(held, people, {"own"}, FIRST_S + 22 * HOUR_S)
    assert [victim.number for victim in found] == ["back", "late", "once"]
    assert found[0].reason == "one call of 10 min, on 2026-03-03 at 05:00; called back once"
    assert found[0].last_call == datetime.fromtimestamp(FIRST_S + 29 * HOUR_S, UTC).replace(tzinfo=None).isoformat()


@pytest.mark.parametrize(("seconds", "told"), [(45, "45 s"), (720, "12 min"), (7_500, "2 h 5 min"), (7_200, "2 h")])
def test_durations_are_said_shortly(seconds: int, told: str) -> None:
    assert victims.lasting(seconds) == told
