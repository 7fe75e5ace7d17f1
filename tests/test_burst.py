"""Burst formats: what the standard says of the sequences' shape, not their bits again."""

import numpy as np
import pytest

from sensor.gsm.burst import (
    ACCESS_TRAINING,
    DUMMY_BURST,
    NORMAL_TRAINING_AT,
    SCH_TRAINING,
    SCH_TRAINING_AT,
    TRAINING,
    normal_bursts,
    sch_bursts,
    training_sequence,
)


def correlation(sequence: np.ndarray, shift: int) -> float:
    """Of the middle 16 bits with the sequence shifted."""
    signs = 1.0 - 2.0 * sequence
    return float(signs[5:21] @ signs[5 + shift : 21 + shift]) / 16


@pytest.mark.parametrize("number", range(8))
def test_training_sequences_are_cyclic_and_white_within_five_symbols(number: int) -> None:
    """TS 45.002 §5.2.3: the outer five bits repeat the middle sixteen, whose correlation is 0 at shifts to 5."""
    sequence = TRAINING[number]
    assert (sequence[:5] == sequence[16:21]).all()
    assert (sequence[21:] == sequence[5:10]).all()
    assert [correlation(sequence, shift) for shift in range(-5, 6) if shift] == [0] * 10


def test_the_training_sequences_differ() -> None:
    assert len({tuple(sequence) for sequence in TRAINING.tolist()}) == 8
    assert (training_sequence(25) == TRAINING[1]).all()  # BSIC 25: NCC 3, BCC 1


def test_long_sequences_stand_out() -> None:
    for sequence, weakest in ((SCH_TRAINING, 5), (ACCESS_TRAINING, 3)):
        signs = 1.0 - 2.0 * sequence
        sides = np.correlate(signs, signs, "full")
        sides[len(signs) - 1] = 0
        assert len(signs) / np.abs(sides).max() > weakest


def test_layouts() -> None:
    data = np.arange(114, dtype=np.int8)[None]  # not bits, but places
    normal = normal_bursts(data, 3, stealing=-1)[0]
    assert normal[:3].tolist() == normal[145:].tolist() == [0, 0, 0]
    assert normal[3:60].tolist() == list(range(57))
    assert normal[88:145].tolist() == list(range(57, 114))
    assert normal[[60, 87]].tolist() == [-1, -1]
    assert (normal[NORMAL_TRAINING_AT:87] == TRAINING[3]).all()
    sch = sch_bursts(data[:, :78])[0]
    assert sch[3:42].tolist() == list(range(39))
    assert sch[106:145].tolist() == list(range(39, 78))
    assert (sch[SCH_TRAINING_AT:106] == SCH_TRAINING).all()
    assert len(DUMMY_BURST) == 148
    assert not DUMMY_BURST[:3].any()
