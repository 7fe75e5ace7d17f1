"""Bursts: their fixed bits and their layout, 3GPP TS 45.002 §5.2.

A burst is 148 bits of a 156.25-symbol time slot, sent in the order of the array (BN0 first):

| burst           | layout                                                              | clause |
|-----------------|---------------------------------------------------------------------|--------|
| normal          | 3 tail, 57 data, stealing flag, 26 training, flag, 57 data, 3 tail  | 5.2.3  |
| frequency (FCCH)| 3 tail, 142 fixed (all 0), 3 tail: a tone 13e6/192 Hz over carrier  | 5.2.4  |
| synchronisation | 3 tail, 39 data, 64 training, 39 data, 3 tail                       | 5.2.5  |
| dummy           | 3 tail, 142 mixed bits, 3 tail; stands on every idle slot of C0     | 5.2.6  |
| access (uplink) | 8 tail, 41 training, 36 data, 3 tail, 68.25 guard                   | 5.2.7  |

Tail bits are 0. All bit arrays are np.int8 of 0 and 1. The training sequence of BCCH and CCCH is the one whose
number is the cell's BCC, the low three bits of the BSIC (§5.2.3).
"""

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.int8]

SYMBOL_RATE_HZ = 13e6 / 48  # TS 45.004 §2.1
SLOT_SYMBOLS = 156.25  # TS 45.002 §5.2
SLOTS_PER_FRAME = 8  # TS 45.002 §4.3
FRAME_SYMBOLS = 1250  # 8 * 156.25
BURST_BITS = 148  # useful bits of a full burst, TS 45.002 §5.2.3
TAIL_BITS = 3
FCCH_TONE_HZ = SYMBOL_RATE_HZ / 4  # what a burst of zeros is after GMSK: TS 45.002 §5.2.4


def bits(text: str) -> Bits:
    """The bits written in `text`, blanks left out."""
    array = np.array([int(digit) for digit in text if digit != " "], dtype=np.int8)
    array.setflags(write=False)
    return array


TRAINING = np.stack(  # TS 45.002 §5.2.3, TSC set 1, shape (8, 26)
    [
        bits("00100 1011100001000100 10111"),
        bits("00101 1011101111000101 10111"),
        bits("01000 0111011101001000 01110"),
        bits("01000 1111011010001000 11110"),
        bits("00011 0101110010000011 01011"),
        bits("01001 1101011000001001 11010"),
        bits("10100 1111101100010100 11111"),
        bits("11101 1110001001011101 11100"),
    ]
)
TRAINING.setflags(write=False)
SCH_TRAINING = bits(  # TS 45.002 §5.2.5
    "1011100101100010000001000000111100101101010001010111011000011011"
)
ACCESS_TRAINING = bits("01001011011111111001100110101010001111000")  # TS 45.002 §5.2.7, TS0
ACCESS_TAIL = bits("00111010")  # TS 45.002 §5.2.7
DUMMY_MIXED = bits(  # TS 45.002 §5.2.6, BN3 to BN144
    "11111011011101100000101001001110000010010001000000011111000111000101110001011100"
    "01010111010010100011001100111001111010011111000100101111101010"
)

NORMAL_TRAINING_AT = 61  # first training bit of a normal burst
SCH_TRAINING_AT = 42
DATA_AT = np.r_[3:60, 88:145]  # where the 114 coded bits of a normal burst stand
STEALING_AT = (60, 87)  # hl, hu: TS 45.003 §4.1.5
SCH_DATA_AT = np.r_[3:42, 106:145]  # where the 78 coded bits of the synchronisation burst stand

FCCH_BURST = np.zeros(BURST_BITS, dtype=np.int8)
FCCH_BURST.setflags(write=False)
DUMMY_BURST = np.pad(DUMMY_MIXED, TAIL_BITS)
DUMMY_BURST.setflags(write=False)


def training_sequence(bsic: int) -> Bits:
    """The 26 training bits of BCCH and CCCH in a cell of this BSIC."""
    sequence: Bits = TRAINING[bsic & 7]
    return sequence


def normal_bursts(coded: Bits, tsc: int, stealing: int = 1) -> Bits:
    """Normal bursts (..., 148) around coded bits (..., 114). Both stealing flags are 1 on control channels."""
    burst = np.zeros((*coded.shape[:-1], BURST_BITS), dtype=np.int8)
    burst[..., DATA_AT] = coded
    burst[..., STEALING_AT] = stealing
    burst[..., NORMAL_TRAINING_AT : NORMAL_TRAINING_AT + 26] = TRAINING[tsc]
    return burst


def sch_bursts(coded: Bits) -> Bits:
    """Synchronisation bursts (..., 148) around coded bits (..., 78)."""
    burst = np.zeros((*coded.shape[:-1], BURST_BITS), dtype=np.int8)
    burst[..., SCH_DATA_AT] = coded
    burst[..., SCH_TRAINING_AT : SCH_TRAINING_AT + 64] = SCH_TRAINING
    return burst
