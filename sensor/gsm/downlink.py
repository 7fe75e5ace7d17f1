"""A cell's C0 as bursts: what stands on each time slot of each frame, 3GPP TS 45.002 §7.

Time slot 0 has FCCH, SCH and the given blocks; every slot with nothing to send has the dummy burst (§5.2.6): C0 is
never silent. `traffic` fills a share of the other slots with normal bursts of random bits instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sensor.gsm.burst import DUMMY_BURST, FCCH_BURST, SLOTS_PER_FRAME, Bits, normal_bursts, sch_bursts
from sensor.gsm.coding import BURSTS_PER_BLOCK, encode_blocks, encode_sch, sch_information
from sensor.gsm.multiframe import FCCH_AT, HYPERFRAME, MULTIFRAME, SCH_AT, frame_time


@dataclass(frozen=True, slots=True)
class Downlink:
    """One cell's carrier. `blocks`: 23 octets by the frame number of their first burst, on time slot 0."""

    carrier_hz: float
    bsic: int
    blocks: Mapping[int, bytes]
    start_fn: int = 0  # frame that is on the air at time 0
    start_s: float = 0.0  # how far into it
    power_db: float = 0.0  # relative to the reception's level
    taps: tuple[tuple[float, complex], ...] = ((0.0, 1.0),)  # (delay in symbols, gain) of each path
    fading_hz: float = 0.0  # Doppler of each path's Rayleigh fading; 0: paths stand still
    traffic: float = 0.0  # share of time slots 1-7 with normal bursts
    seed: int = 0  # of traffic and fading


def frame_bursts(downlink: Downlink, first_fn: int, n_frames: int) -> Bits:
    """Bursts (n_frames, 8, 148) of the frames from `first_fn` on."""
    bursts = np.broadcast_to(DUMMY_BURST, (n_frames, SLOTS_PER_FRAME, len(DUMMY_BURST))).copy()
    frames = (first_fn + np.arange(n_frames)) % HYPERFRAME
    bursts[np.isin(frames % MULTIFRAME, FCCH_AT), 0] = FCCH_BURST
    place_sch(bursts, frames, downlink.bsic)
    place_blocks(bursts, first_fn, downlink)
    if downlink.traffic > 0:
        place_traffic(bursts, frames, downlink)
    return bursts


def place_sch(bursts: Bits, frames: np.ndarray[tuple[int], np.dtype[np.int64]], bsic: int) -> None:
    """Puts a synchronisation burst where the 51-multiframe has one."""
    at = np.flatnonzero(np.isin(frames % MULTIFRAME, SCH_AT))
    if len(at) == 0:
        return
    times = [frame_time(int(fn)) for fn in frames[at]]
    information = np.stack([sch_information(bsic, time.t1, time.t2, time.t3_prime) for time in times])
    bursts[at, 0] = sch_bursts(encode_sch(information))


def place_blocks(bursts: Bits, first_fn: int, downlink: Downlink) -> None:
    """Puts the blocks' bursts on time slot 0, also of a block that began before the first frame."""
    before = BURSTS_PER_BLOCK - 1
    offsets = [n for n in range(-before, len(bursts)) if (first_fn + n) % HYPERFRAME in downlink.blocks]
    if not offsets:
        return
    octets = [downlink.blocks[(first_fn + n) % HYPERFRAME] for n in offsets]
    coded = encode_blocks(np.frombuffer(b"".join(octets), dtype=np.uint8).reshape(len(octets), -1))
    for offset, block in zip(offsets, normal_bursts(coded, downlink.bsic & 7), strict=True):
        first, last = max(offset, 0), min(offset + BURSTS_PER_BLOCK, len(bursts))
        bursts[first:last, 0] = block[first - offset : last - offset]


def place_traffic(bursts: Bits, frames: np.ndarray[tuple[int], np.dtype[np.int64]], downlink: Downlink) -> None:
    """Random normal bursts on a share of time slots 1-7; the same again for the same frame and seed."""
    for number, fn in enumerate(frames):
        rng = np.random.default_rng((downlink.seed, int(fn)))
        busy = np.flatnonzero(rng.random(SLOTS_PER_FRAME - 1) < downlink.traffic) + 1
        bits = rng.integers(0, 2, (len(busy), 114), dtype=np.int8)
        bursts[number, busy] = normal_bursts(bits, downlink.bsic & 7, stealing=0)
