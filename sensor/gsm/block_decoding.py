"""From the samples of a block's four bursts to its 23 octets: equaliser and decoder together, TS 45.003 §4.1.

A block whose parity fails is tried again: its own soft decisions, all 148 of a burst instead of 26, measure the
channel anew.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensor.gsm import equaliser
from sensor.gsm.burst import DATA_AT, NORMAL_TRAINING_AT, TRAINING
from sensor.gsm.decoding import decode_blocks
from sensor.gsm.downconvert import Samples

ROUNDS = 2  # of measuring the channel anew


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a batch of bursts says of the channel."""

    bsic: int
    noise: float  # power a sample
    spread: NDArray[np.complex128]  # covariance of the channel, (2 taps, 2 taps)


def decode_bursts(samples: Samples, conditions: Conditions) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Octets (blocks, 23) of bursts (blocks, 4, n), and which pass their parity."""
    if not len(samples):
        return decode_blocks(np.zeros((0, 4, 114), np.float32))
    tsc = conditions.bsic & 7
    bursts = samples.reshape(-1, samples.shape[2])
    known = equaliser.known_bits(TRAINING[tsc], NORMAL_TRAINING_AT)
    training = equaliser.normal_training(conditions.bsic)
    h = training.smoothed(bursts, conditions.spread, conditions.noise)
    ratios = equaliser.equalise(bursts, h, conditions.noise, known)
    octets, whole = decode_blocks(_data(ratios))
    ratios = ratios.reshape(len(samples), 4, -1)
    for _ in range(ROUNDS):
        bad = np.flatnonzero(~whole)
        if not len(bad):
            break
        again = samples[bad].reshape(-1, samples.shape[2])
        symbols = np.tanh(ratios[bad].reshape(-1, ratios.shape[2]) / 2)
        h = equaliser.remeasured(again, symbols, conditions.spread, conditions.noise)
        retried = equaliser.equalise(again, h, conditions.noise, known)
        ratios[bad] = retried.reshape(len(bad), 4, -1)
        octets[bad], whole[bad] = decode_blocks(_data(retried))
    return octets, whole


def _data(ratios: NDArray[np.float32]) -> NDArray[np.float32]:
    return ratios[:, DATA_AT].reshape(-1, 4, len(DATA_AT))
