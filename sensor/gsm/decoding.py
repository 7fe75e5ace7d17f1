"""Channel decoding of the common channels and the SCH, 3GPP TS 45.003 §4.1 and §4.7, from soft bits, in batches.

A soft bit is log P(0) - log P(1). The Viterbi decoder runs over all blocks at once; a block counts only if its
whole parity (40 bits Fire code, or 10 of the SCH) comes out right. Nothing is corrected beyond that: the Fire
code's 40 bits stay a check, so a block of noise passes once in 2^40.
"""

import numpy as np
from numpy.typing import NDArray

from sensor.gsm import coding
from sensor.gsm.burst import Bits

Soft = NDArray[np.float32]

STATES = 1 << (coding.CONSTRAINT_LENGTH - 1)


def _trellis() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For state s (newest bit lowest) and choice c: the state before, and the two code bits as signs, 1 for a 0."""
    before = np.empty((STATES, 2), np.intp)
    signs = np.empty((2, STATES, 2), np.float32)
    for state in range(STATES):
        for choice in range(2):
            history = state | choice << (coding.CONSTRAINT_LENGTH - 1)  # bit d is the input d steps ago
            before[state, choice] = history >> 1
            for output, delays in enumerate(coding.GENERATORS):
                signs[output, state, choice] = 1 - 2 * (sum(history >> delay & 1 for delay in delays) % 2)
    return before, signs


BEFORE, SIGNS = _trellis()


def viterbi(soft: Soft) -> Bits:
    """Most likely input bits (blocks, n) of soft code bits (blocks, 2 n); the last four inputs are tail zeros."""
    blocks, n = len(soft), soft.shape[1] // 2
    pairs = soft.reshape(blocks, n, 2).astype(np.float32)
    metric = np.full((blocks, STATES), -1e9, np.float32)
    metric[:, 0] = 0
    chosen = np.empty((n, blocks, STATES), bool)
    flat_signs = SIGNS.reshape(2, -1)
    for k in range(n):
        branch = (pairs[:, k] @ flat_signs).reshape(blocks, STATES, 2)
        both = metric[:, BEFORE] + branch
        chosen[k] = both[:, :, 1] > both[:, :, 0]
        metric = both.max(axis=2)
    return _trace_back(chosen)


def _trace_back(chosen: NDArray[np.bool_]) -> Bits:
    n, blocks, _ = chosen.shape
    state = np.zeros(blocks, np.intp)
    rows = np.arange(blocks)
    bits = np.empty((blocks, n), np.int8)
    for k in range(n - 1, -1, -1):
        bits[:, k] = state & 1
        state = BEFORE[state, chosen[k, rows, state].astype(np.intp)]
    return bits


def decode_blocks(soft: Soft) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Layer 2 octets (blocks, 23) of the soft bits of four bursts each (blocks, 4, 114), and which are whole.

    A block of all zeros, which the code would let pass only with its parity, is refused with the rest.
    """
    if not len(soft):
        return np.zeros((0, coding.BLOCK_OCTETS), np.uint8), np.zeros(0, bool)
    word = viterbi(coding.deinterleave(soft))[:, : coding.BLOCK_BITS + coding.FIRE_PARITY_BITS]
    whole: NDArray[np.bool_] = np.logical_not(coding.fire_syndrome(word).any(axis=1))
    return coding.bits_to_octets(word[:, : coding.BLOCK_BITS]), whole


def decode_sch(soft: Soft) -> tuple[Bits, NDArray[np.bool_]]:
    """Information bits (bursts, 25) of soft SCH bits (bursts, 78), and which pass the 10 parity bits."""
    if not len(soft):
        return np.zeros((0, coding.SCH_BITS), np.int8), np.zeros(0, bool)
    word = viterbi(soft)[:, : coding.SCH_BITS + coding.SCH_PARITY_BITS]
    whole: NDArray[np.bool_] = np.logical_not(coding.sch_syndrome(word).any(axis=1))
    return word[:, : coding.SCH_BITS], whole
