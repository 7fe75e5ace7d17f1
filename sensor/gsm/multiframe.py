"""Where things stand on time slot 0 of C0, and frame number arithmetic: 3GPP TS 45.002 §4.3.3, §6.3.1, §7 table 3.

The downlink's 51-multiframe (frame = fn mod 51; a block is four frames from its start):

| frames                  | not combined (CCCH_CONF 0, 2, 4, 6) | combined (CCCH_CONF 1)          |
|-------------------------|-------------------------------------|---------------------------------|
| 0, 10, 20, 30, 40       | FCCH                                | FCCH                            |
| 1, 11, 21, 31, 41       | SCH                                 | SCH                             |
| 2                       | BCCH block                          | BCCH block                      |
| 6, 12, 16               | CCCH blocks 0, 1, 2                 | CCCH blocks 0, 1, 2             |
| 22, 26, 32, 36          | CCCH blocks 3, 4, 5, 6              | SDCCH/4: never ours to decode   |
| 42, 46                  | CCCH blocks 7, 8                    | SACCH/C4: never ours to decode  |
| 50                      | idle                                | idle                            |

CCCH_CONF 2, 4, 6 carry further CCCHs on time slots 2, 4, 6, each of which also has a BCCH block at 2 and
no FCCH or SCH (dummy bursts there).
"""

from dataclasses import dataclass

MULTIFRAME = 51  # frames
SUPERFRAME = 26 * 51  # frames, TS 45.002 §4.3.3
HYPERFRAME = 2048 * SUPERFRAME  # frames, TS 45.002 §4.3.3
REQUEST_MODULUS = 32 * SUPERFRAME  # 42432: T1' is T1 mod 32, TS 44.018 §10.5.2.30

FCCH_AT = (0, 10, 20, 30, 40)
SCH_AT = (1, 11, 21, 31, 41)
BCCH_AT = 2
CCCH_AT = (6, 12, 16, 22, 26, 32, 36, 42, 46)
COMBINED_CCCH_AT = CCCH_AT[:3]
DEDICATED_IF_COMBINED = CCCH_AT[3:]  # places that are a dedicated channel's where CCCH_CONF is 1
BLOCK_AT = (BCCH_AT, *CCCH_AT)
IDLE_AT = 50

COMBINED = 1  # the CCCH_CONF of a combined cell, TS 44.018 §10.5.2.11
CCCH_SLOTS = {0: (0,), 1: (0,), 2: (0, 2), 4: (0, 2, 4), 6: (0, 2, 4, 6)}  # by CCCH_CONF; others are reserved


@dataclass(frozen=True, slots=True)
class FrameTime:
    """A frame number as the SCH sends it: T1 0-2047, T2 0-25, T3 0-50 (TS 45.002 §3.3.2.2)."""

    t1: int
    t2: int
    t3: int

    @property
    def t3_prime(self) -> int:
        """T3' = (T3 - 1) div 10, 0-4: which SCH of the multiframe; only where T3 is in SCH_AT."""
        return (self.t3 - 1) // 10

    @property
    def fn(self) -> int:
        """The frame number, modulo the range that T1 has."""
        return frame_number(self.t1, self.t2, self.t3)


def frame_time(fn: int) -> FrameTime:
    """T1, T2, T3 of a frame number; any integer, taken modulo the hyperframe."""
    fn %= HYPERFRAME
    return FrameTime(fn // SUPERFRAME, fn % 26, fn % MULTIFRAME)


def frame_number(t1: int, t2: int, t3: int) -> int:
    """51 ((T3 - T2) mod 26) + T3 + 51 * 26 T1, TS 45.002 §4.3.3. With T1' (0-31) it is fn mod 42432."""
    return MULTIFRAME * ((t3 - t2) % 26) + t3 + SUPERFRAME * t1


def sch_frame_number(t1: int, t2: int, t3_prime: int) -> int:
    """The frame number that a synchronisation burst tells of itself."""
    return frame_number(t1, t2, 10 * t3_prime + 1)


def block_channel(fn: int, ccch_conf: int | None) -> str | None:
    """ "BCCH" or "CCCH" if a common-channel block starts at frame `fn` of time slot 0, else None.

    None too where CCCH_CONF is unknown and the place would be a dedicated channel's on a combined cell:
    see `waits_for_ccch_conf`.
    """
    at = fn % MULTIFRAME
    if at == BCCH_AT:
        return "BCCH"
    if at in COMBINED_CCCH_AT or (at in DEDICATED_IF_COMBINED and ccch_conf not in (None, COMBINED)):
        return "CCCH"
    return None


def waits_for_ccch_conf(fn: int) -> bool:
    """Whether a block that starts at `fn` is common only if the cell is not combined."""
    return fn % MULTIFRAME in DEDICATED_IF_COMBINED


def block_places(ccch_conf: int) -> tuple[int, ...]:
    """Starts, in fn mod 51, of the common-channel blocks of time slot 0."""
    return (BCCH_AT, *COMBINED_CCCH_AT) if ccch_conf == COMBINED else BLOCK_AT


def ccch_places(ccch_conf: int) -> tuple[int, ...]:
    """Starts, in fn mod 51, of CCCH blocks 0, 1, ... of one time slot."""
    return COMBINED_CCCH_AT if ccch_conf == COMBINED else CCCH_AT


def access_grant_places(ccch_conf: int, bs_ag_blks_res: int) -> tuple[int, ...]:
    """Starts of the blocks kept for access grants: no phone waits for its paging there (TS 45.002 §6.5.1)."""
    return ccch_places(ccch_conf)[:bs_ag_blks_res]


def paging_groups(ccch_conf: int, bs_ag_blks_res: int, bs_pa_mfrms: int) -> int:
    """Number of paging subchannels of one CCCH, TS 45.002 §6.5.2."""
    return max(0, len(ccch_places(ccch_conf)) - bs_ag_blks_res) * bs_pa_mfrms


def system_information_turn(fn: int) -> int:
    """TC = (fn div 51) mod 8, 0-7: whose turn it is on the BCCH (TS 45.002 §6.3.1.3)."""
    return fn // MULTIFRAME % 8
