"""A made-up cell's common channel: which block stands at which frame, from its parameters and its phones' requests.

System information follows its turn on the BCCH (3GPP TS 45.002 §6.3.1.3); a grant goes into the first free CCCH block
after the network's delay; blocks kept for access grants are filled when idle, other blocks page (TS 44.018 §3.3.2).
Made-up identities only: TMSIs come from the given generator.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from sensor.cell import CellIdentity
from sensor.gsm.arfcn import downlink_hz
from sensor.gsm.block import FRAME_S, Block
from sensor.gsm.messages import (
    ImmediateAssignment,
    ImmediateAssignmentExtended,
    SystemInformation1,
    SystemInformation2,
    SystemInformation3,
    SystemInformation4,
    blank,
    paging,
)
from sensor.gsm.messages.cell_parameters import CellSelection, ControlChannel
from sensor.gsm.messages.channel import SDCCH_4, SDCCH_8, Channel
from sensor.gsm.messages.header import BLOCK_OCTETS, FILL
from sensor.gsm.messages.immediate_assignment import Grant
from sensor.gsm.messages.location_area import LocationArea
from sensor.gsm.messages.request_reference import RequestReference
from sensor.gsm.multiframe import (
    COMBINED,
    HYPERFRAME,
    MULTIFRAME,
    REQUEST_MODULUS,
    access_grant_places,
    block_channel,
    block_places,
    system_information_turn,
)

FILL_FRAME = bytes([0x03, 0x03, 0x01]).ljust(BLOCK_OCTETS, bytes([FILL]))  # TS 44.006 §8.2.1, UI frame of nothing
TURNS = (1, 2, 3, 4, 2, 2, 3, 4)  # SYSTEM INFORMATION type by TC: TS 45.002 §6.3.1.3


@dataclass(frozen=True, slots=True)
class CellPlan:
    """What a made-up cell broadcasts of itself. `grant_delay_frames`: from request to the earliest grant."""

    identity: CellIdentity
    arfcn: int
    bsic: int
    band: str = "GSM900"
    neighbours: tuple[int, ...] = ()
    neci: int = 1
    ccch_conf: int = 0
    bs_ag_blks_res: int = 1
    bs_pa_mfrms: int = 5
    t3212_min: int = 60
    grant_delay_frames: int = 26
    repeats: int = 0  # how often each grant is told again
    extended: bool = False  # two grants that wait together share a block
    paged_per_s: float = 0.0  # made-up TMSIs paged a second, on average


@dataclass(frozen=True, slots=True)
class Request:
    """A phone's channel request: seconds after the first frame, its eight bits, its timing advance (0-63)."""

    time_s: float
    ra: int
    timing_advance: int


def schedule(
    plan: CellPlan, requests: Sequence[Request], start_fn: int, n_frames: int, rng: np.random.Generator
) -> dict[int, bytes]:
    """Blocks (23 octets) by the frame number of their first burst, in order, for `n_frames` from `start_fn`.

    Only blocks that end within the span. Requests whose grant would fall behind it go unanswered.
    """
    information = system_information(plan)
    reserved = access_grant_places(plan.ccch_conf, plan.bs_ag_blks_res)
    waiting = grants(plan, requests, start_fn)
    blocks: dict[int, bytes] = {}
    for offset in range(n_frames - 3):
        fn = (start_fn + offset) % HYPERFRAME
        if fn % MULTIFRAME not in block_places(plan.ccch_conf):
            continue
        if block_channel(fn, plan.ccch_conf) == "BCCH":
            blocks[fn] = information[TURNS[system_information_turn(fn)]]
        elif waiting and waiting[0][0] <= offset:
            blocks[fn] = next_grant_block(plan, waiting, offset)
        elif fn % MULTIFRAME in reserved:
            blocks[fn] = FILL_FRAME
        else:
            blocks[fn] = paging_block(plan, rng, len(reserved))
    return blocks


def system_information(plan: CellPlan) -> dict[int, bytes]:
    """The cell's SYSTEM INFORMATION blocks by type, 1 to 4. Raises ValueError for an incomplete identity."""
    who = plan.identity
    if who.mcc is None or who.mnc is None or who.lac is None or who.ci is None:
        raise ValueError(f"a made-up cell needs MCC, MNC, LAC and CI, not {who}")
    area = LocationArea(who.mcc, who.mnc, who.lac)
    control = ControlChannel(plan.ccch_conf, plan.bs_ag_blks_res, plan.bs_pa_mfrms, plan.t3212_min)
    selection = CellSelection(neci=plan.neci)
    allocation = SystemInformation1((plan.arfcn,), band_1900=plan.band == "PCS1900")
    return {
        1: allocation.encode(),
        2: SystemInformation2(plan.neighbours).encode(),
        3: SystemInformation3(who.ci, area, control, selection=selection).encode(),
        4: SystemInformation4(area, selection).encode(),
    }


def grants(plan: CellPlan, requests: Sequence[Request], start_fn: int) -> list[tuple[int, Grant]]:
    """(earliest frame from the start, grant) of every request and its repetitions, by time."""
    combined = plan.ccch_conf == COMBINED
    waiting = []
    for number, request in enumerate(sorted(requests, key=lambda one: one.time_s)):
        asked = round(request.time_s / FRAME_S)
        kind, slot, count = (SDCCH_4, 0, 4) if combined else (SDCCH_8, 1, 8)
        channel = Channel(kind, slot, number % count, plan.bsic & 7, arfcn=plan.arfcn)
        reference = RequestReference(request.ra, (start_fn + asked) % HYPERFRAME % REQUEST_MODULUS)
        grant = Grant(reference, request.timing_advance, channel)
        earliest = asked + plan.grant_delay_frames
        waiting += [(earliest + 20 * again, grant) for again in range(plan.repeats + 1)]
    return sorted(waiting, key=lambda one: one[0])


def next_grant_block(plan: CellPlan, waiting: list[tuple[int, Grant]], offset: int) -> bytes:
    """Takes the next grant, or the next two, from `waiting` as a block."""
    first = waiting.pop(0)[1]
    if plan.extended and waiting and waiting[0][0] <= offset and waiting[0][1] != first:
        return ImmediateAssignmentExtended((first, waiting.pop(0)[1])).encode()
    return ImmediateAssignment(first).encode()


def paging_block(plan: CellPlan, rng: np.random.Generator, reserved: int) -> bytes:
    """A paging request for as many made-up TMSIs as the load brings (0 to 4)."""
    places = len(block_places(plan.ccch_conf)) - 1 - reserved
    mean = plan.paged_per_s * MULTIFRAME * FRAME_S / max(places, 1)
    count = min(int(rng.poisson(mean)), 4) if mean > 0 else 0
    return paging.encode(tuple(int(tmsi) for tmsi in rng.integers(1, 2**32 - 1, count)))


def decoded(plan: CellPlan, blocks: Mapping[int, bytes], start_time: datetime | None = None) -> Iterator[Block]:
    """The blocks as a receiver gives them: blanked, with the cell's carrier; in the order of `blocks`.

    `start_time` is the time of the first block.
    """
    carrier_hz = downlink_hz(plan.arfcn, plan.band)
    first: int | None = None
    for fn, l2 in blocks.items():
        first = fn if first is None else first
        time = start_time + timedelta(seconds=(fn - first) % HYPERFRAME * FRAME_S) if start_time else None
        public, paged = blank(l2)
        channel = block_channel(fn, plan.ccch_conf) or "CCCH"
        yield Block(fn, channel, public, plan.arfcn, plan.band, carrier_hz, plan.bsic, time, paged)
