"""The made-up cell's schedule: what stands where, and that nothing asked for is lost."""

from datetime import UTC, datetime

import numpy as np
import pytest

from sensor.cell import CellIdentity
from sensor.gsm.assignments import AssignmentReader
from sensor.gsm.block import FRAME_S
from sensor.gsm.cell_schedule import FILL_FRAME, CellPlan, Request, decoded, schedule
from sensor.gsm.messages import PagingRequest, SystemInformation3, read
from sensor.gsm.multiframe import HYPERFRAME

IDENTITY = CellIdentity("gsm", "460", "00", 1201, 3305)
PLAN = CellPlan(IDENTITY, arfcn=20, bsic=25, neighbours=(27, 70))
RNG_SEED = 5


def some_requests(count: int, span_s: float) -> list[Request]:
    rng = np.random.default_rng(RNG_SEED)
    times = rng.uniform(0, span_s, count)
    return [Request(float(t), int(rng.integers(0, 256)), int(rng.integers(0, 64))) for t in times]


def test_an_idle_cell_sends_system_information_in_turn_fills_and_empty_paging() -> None:
    blocks = schedule(PLAN, [], 51 * 8 * 10, 51 * 8, np.random.default_rng(0))
    assert len(blocks) == 80
    bcch = [l2[2] for fn, l2 in blocks.items() if fn % 51 == 2]
    assert bcch == [0x19, 0x1A, 0x1B, 0x1C, 0x1A, 0x1A, 0x1B, 0x1C]
    assert {l2 for fn, l2 in blocks.items() if fn % 51 == 6} == {FILL_FRAME}
    paging = [read(l2) for fn, l2 in blocks.items() if fn % 51 > 6]
    assert {message.paged for message in paging if isinstance(message, PagingRequest)} == {0}


def test_a_combined_cell_has_three_ccch_blocks() -> None:
    plan = CellPlan(IDENTITY, 20, 25, ccch_conf=1)
    blocks = schedule(plan, some_requests(4, 0.1), 0, 51 * 8, np.random.default_rng(0))
    assert {fn % 51 for fn in blocks} == {2, 6, 12, 16}
    information = read(blocks[51 * 2 + 2])
    assert isinstance(information, SystemInformation3)
    assert information.control.ccch_conf == 1


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        CellPlan(IDENTITY, 20, 25, neci=0, repeats=1, extended=True, paged_per_s=30, bs_ag_blks_res=3),
        CellPlan(IDENTITY, 20, 25, ccch_conf=1, bs_ag_blks_res=0),
    ],
)
def test_every_request_is_granted_once_over_the_hyperframes_end(plan: CellPlan) -> None:
    start, requests = HYPERFRAME - 3000, some_requests(150, 60)
    blocks = schedule(plan, requests, start, 16_000, np.random.default_rng(1))
    reader = AssignmentReader()
    told = [one for block in decoded(plan, blocks) for one in reader.feed(block)] + reader.finish()
    asked = [((start + round(one.time_s / FRAME_S)) % HYPERFRAME, one.ra, one.timing_advance) for one in requests]
    assert sorted((one.request_fn, one.ra, one.timing_advance) for one in told) == sorted(asked)
    assert {one.identity for one in told} == {IDENTITY}
    assert {one.neci for one in told} == {plan.neci}


def test_paging_load_is_what_was_asked_for() -> None:
    plan = CellPlan(IDENTITY, 20, 25, paged_per_s=8)
    blocks = list(decoded(plan, schedule(plan, [], 0, 51 * 500, np.random.default_rng(2))))
    per_s = sum(block.paged or 0 for block in blocks) / (51 * 500 * FRAME_S)
    assert per_s == pytest.approx(8, rel=0.1)


def test_decoded_blocks_are_those_of_a_receiver() -> None:
    start = datetime(2026, 3, 4, tzinfo=UTC)
    blocks = list(decoded(PLAN, schedule(PLAN, [], HYPERFRAME - 51, 102, np.random.default_rng(0)), start))
    assert (blocks[0].channel, blocks[0].carrier_hz, blocks[0].band, blocks[0].time) == (
        "BCCH",
        939_000_000,
        "GSM900",
        start,
    )
    assert blocks[10].fn == 2
    assert blocks[10].time is not None
    assert (blocks[10].time - start).total_seconds() == pytest.approx(51 * FRAME_S, abs=1e-5)
    assert blocks[2].l2.hex() == "15062100" + "2b" * 19
    assert blocks[2].paged == 0


def test_the_same_seed_gives_the_same_blocks() -> None:
    plan = CellPlan(IDENTITY, 20, 25, paged_per_s=20)
    runs = [schedule(plan, some_requests(20, 3), 0, 1000, np.random.default_rng(4)) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_cell_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="MCC, MNC, LAC and CI"):
        schedule(CellPlan(CellIdentity(), 20, 25), [], 0, 51, np.random.default_rng(0))
