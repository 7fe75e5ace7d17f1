"""The 51-multiframe and frame numbers."""

from hypothesis import given
from hypothesis import strategies as st

from sensor.gsm.multiframe import (
    BLOCK_AT,
    FCCH_AT,
    HYPERFRAME,
    IDLE_AT,
    SCH_AT,
    access_grant_places,
    block_channel,
    ccch_places,
    frame_number,
    frame_time,
    paging_groups,
    sch_frame_number,
    system_information_turn,
    waits_for_ccch_conf,
)

# TS 45.002 clause 7, frames 0 to 50 of the downlink of time slot 0: F, S, B (BCCH), C (CCCH), D (dedicated), - (idle)
NOT_COMBINED = "FSBBBBCCCCFSCCCCCCCCFSCCCCCCCCFSCCCCCCCCFSCCCCCCCC-"
COMBINED = "FSBBBBCCCCFSCCCCCCCCFSDDDDDDDDFSDDDDDDDDFSDDDDDDDD-"


def drawn(ccch_conf: int) -> str:
    """The multiframe as the module lays it out."""
    letters = ["?"] * 51
    for at in FCCH_AT:
        letters[at] = "F"
    for at in SCH_AT:
        letters[at] = "S"
    letters[IDLE_AT] = "-"
    for at in BLOCK_AT:
        kind = {"BCCH": "B", "CCCH": "C", None: "D"}[block_channel(at, ccch_conf)]
        letters[at : at + 4] = [kind] * 4
    return "".join(letters)


def test_every_frame_has_its_place() -> None:
    assert drawn(0) == drawn(2) == drawn(6) == NOT_COMBINED
    assert drawn(1) == COMBINED


def test_what_may_be_dedicated_waits_until_ccch_conf_is_known() -> None:
    waiting = [at for at in range(51) if waits_for_ccch_conf(at)]
    assert waiting == [22, 26, 32, 36, 42, 46]
    assert [block_channel(at, None) for at in waiting] == [None] * 6
    assert [block_channel(at, None) for at in (2, 6, 12, 16)] == ["BCCH", "CCCH", "CCCH", "CCCH"]


def test_paging_and_grant_blocks() -> None:
    assert ccch_places(1) == (6, 12, 16)
    assert access_grant_places(0, 2) == (6, 12)
    assert paging_groups(0, 1, 5) == 40
    assert paging_groups(1, 1, 2) == 4
    assert [system_information_turn(51 * n) for n in range(9)] == [0, 1, 2, 3, 4, 5, 6, 7, 0]


@given(st.integers(0, HYPERFRAME - 1))
def test_frame_numbers_come_back(fn: int) -> None:
    time = frame_time(fn)
    assert time.fn == fn
    assert frame_number(time.t1 % 32, time.t2, time.t3) == fn % 42432


@given(st.integers(0, HYPERFRAME // 51 - 1), st.sampled_from(SCH_AT))
def test_sch_frame_numbers_come_back(multiframe: int, at: int) -> None:
    fn = 51 * multiframe + at
    time = frame_time(fn)
    assert sch_frame_number(time.t1, time.t2, time.t3_prime) == fn


def test_time_wraps_with_the_hyperframe() -> None:
    assert HYPERFRAME == 2_715_648
    assert frame_time(HYPERFRAME) == frame_time(0)
    assert frame_time(-1).t1 == 2047
