"""GMSK as bursts are sent: 3GPP TS 45.004 §2. The phase is exact, not linearised.

Bits are coded differentially, d(i) xor d(i-1) = 0 or 1 giving a slope of +1 or -1, a quarter turn a symbol. Before and
after a burst the modulator sees ones (§2.2), so a slot is 148 bits, then ones to its end at 156.25 symbols. The phase
is a quarter turn times the integral of that staircase smoothed by a Gaussian, BT = 0.3. The integral of a staircase is
a polygon, so the smoothed phase is the polygon plus a short correction at each of its corners, in closed form.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from sensor.gsm.burst import BURST_BITS, SLOT_SYMBOLS, Bits

BT = 0.3  # TS 45.004 §2.4
SIGMA_SYMBOLS = np.sqrt(np.log(2)) / (2 * np.pi * BT)  # of the Gaussian's impulse response, TS 45.004 §2.4
REACH_SYMBOLS = 3.0  # beyond it a corner's correction is under 1e-11
SEGMENTS = BURST_BITS + 2  # a slope each: 148 bits, the change to ones, the rest of the ones
LAST_SEGMENT_SYMBOLS = SLOT_SYMBOLS - (SEGMENTS - 1)

_GRID = 4096  # points a symbol of the correction's table; linear interpolation is good to 1e-8
_U = np.arange(int(REACH_SYMBOLS * _GRID) + 2) / _GRID
_CORNER = SIGMA_SYMBOLS * np.exp(-0.5 * (_U / SIGMA_SYMBOLS) ** 2) / np.sqrt(2 * np.pi) - _U * ndtr(-_U / SIGMA_SYMBOLS)


def slopes(bursts: Bits) -> NDArray[np.float64]:
    """Phase slopes (slots, 150), quarter turns a symbol, of bursts (slots, 148) one after another."""
    ones = np.ones((len(bursts), 1), dtype=np.int8)
    framed = np.concatenate([ones, bursts, ones, ones], axis=1)
    steps: NDArray[np.float64] = 1.0 - 2.0 * (framed[:, 1:] ^ framed[:, :-1])
    return steps


def turned(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quarter turns (slots,) that each slot adds, of slopes (slots, 150)."""
    turns: NDArray[np.float64] = steps[:, :-1].sum(axis=1) + steps[:, -1] * LAST_SEGMENT_SYMBOLS
    return turns


def phase(steps: NDArray[np.float64], symbols: NDArray[np.float64]) -> NDArray[np.float64]:
    """Phase in quarter turns at times `symbols` from the start of the first slot, where the polygon is 0.

    `steps` are slopes (slots, 150); times must keep REACH_SYMBOLS away from both ends.
    """
    n_slots = len(steps)
    starts = (np.arange(n_slots)[:, None] * SLOT_SYMBOLS + np.arange(SEGMENTS)).ravel()
    flat = steps.ravel()
    lengths = np.tile(np.r_[np.ones(SEGMENTS - 1), LAST_SEGMENT_SYMBOLS], n_slots)
    corner_height = np.concatenate([[0.0], np.cumsum(flat * lengths)[:-1]])
    bend = np.diff(flat, prepend=flat[0])

    slot = np.floor(symbols / SLOT_SYMBOLS)
    within = symbols - slot * SLOT_SYMBOLS
    at = (slot * SEGMENTS + np.minimum(np.floor(within), SEGMENTS - 1)).astype(np.int64)
    result = corner_height[at] + flat[at] * (symbols - starts[at])
    for step in range(-2, 4):  # the corners within reach: three before, three after
        near = at + step
        result += bend[near] * _corner(symbols - starts[near])
    return result


def _corner(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """What smoothing adds at a distance (symbols) from a corner that bends by 1."""
    place = np.minimum(np.abs(distance) * _GRID, len(_CORNER) - 1.000001)
    low = place.astype(np.int64)
    value: NDArray[np.float64] = _CORNER[low] + (place - low) * (_CORNER[low + 1] - _CORNER[low])
    return value
