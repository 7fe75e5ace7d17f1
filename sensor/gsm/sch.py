"""Synchronisation bursts: frame timing, BSIC and frame number. TS 45.002 §5.2.5, TS 45.003 §4.7, TS 44.018 §9.1.30.

The burst stands one frame after each frequency correction burst, in frames 1, 11, 21, 31, 41 of the 51-multiframe.
Its 64 training bits give the place to a few hundredths of a symbol, its 25 bits the BSIC and the frame number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensor.gsm import equaliser, multiframe
from sensor.gsm.burst import SCH_DATA_AT, SCH_TRAINING, SCH_TRAINING_AT
from sensor.gsm.coding import read_sch
from sensor.gsm.decoding import decode_sch
from sensor.gsm.downconvert import SAMPLES_A_SYMBOL, Samples, read_bursts, turn_back

TAPS = 14  # symbols: wide, because it is not known yet which path is the strongest
FIRST_TAP = 5  # the tap at which the middle of the paths is put
PATHS_REACH = 5  # symbols before and after the strongest path that may hold others
FAINT = 0.2  # of the strongest: what is less is noise and the sequence's own echoes
MIN_MATCH = 0.35  # share of the training's energy that the channel estimate explains beyond what it does of noise

_TRAINING = equaliser.sch_training(TAPS)
_KNOWN = equaliser.known_bits(SCH_TRAINING, SCH_TRAINING_AT)


@dataclass(frozen=True, slots=True)
class Synchronisation:
    """One synchronisation burst. `place` is where its bit 0 stands (tap 0 of the window), in narrow samples."""

    place: float
    match: float  # 0 to 1
    noise: float  # power a sample
    bsic: int | None  # None where the parity fails
    fn: int | None
    slope_hz: float = 0.0  # how far the carrier is from where it was thought; to about 20 Hz at 10 dB


def strongest_place(
    stream: Samples, expected: NDArray[np.float64], spacing: float, rate_hz: float, frequency_hz: float, reach: int
) -> NDArray[np.float64]:
    """Places (bursts,) within `reach` symbols of `expected` where the training correlates best; to 0.05 symbols."""
    lags = 2 * SAMPLES_A_SYMBOL * reach + 1
    length = 2 * len(SCH_TRAINING)
    first = expected + spacing * SAMPLES_A_SYMBOL * (SCH_TRAINING_AT + FIRST_TAP - reach)
    raw = read_bursts(stream, first, spacing, length + lags)
    bursts = equaliser.derotate(turn_back(raw, _seconds(raw, spacing, rate_hz), frequency_hz))
    symbols = (1.0 - 2.0 * SCH_TRAINING).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(bursts, length, axis=1)[:, :lags, ::SAMPLES_A_SYMBOL]
    strength = np.abs(windows @ symbols) ** 2
    lag = _middle(strength) - SAMPLES_A_SYMBOL * reach
    places: NDArray[np.float64] = expected + spacing * lag
    return places


def _middle(strength: NDArray[np.float32]) -> NDArray[np.float64]:
    """Centre of gravity (bursts,) of the paths around the strongest, so that two of equal strength make no jumps."""
    lags = np.arange(strength.shape[1])
    peak = np.argmax(strength, axis=1)
    near = np.abs(lags[None, :] - peak[:, None]) <= SAMPLES_A_SYMBOL * PATHS_REACH
    weight = np.where(near, np.clip(strength - FAINT * strength.max(axis=1, keepdims=True), 0, None), 0).astype(float)
    middle: NDArray[np.float64] = (weight * lags).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-30)
    return np.where(weight.sum(axis=1) > 0, middle, peak.astype(float))


def read_channels(
    stream: Samples, places: NDArray[np.float64], spacing: float, rate_hz: float, frequency_hz: float
) -> NDArray[np.complex64]:
    """Channel estimates (bursts, 14 taps, 2) of the bursts at `places`."""
    raw = read_bursts(stream, places, spacing, equaliser.burst_samples(TAPS))
    return _TRAINING.least_squares(equaliser.derotate(turn_back(raw, _seconds(raw, spacing, rate_hz), frequency_hz)))[0]


def _seconds(raw: Samples, spacing: float, rate_hz: float) -> NDArray[np.floating]:
    return np.arange(raw.shape[1]) * spacing / rate_hz


def read_synchronisation(
    stream: Samples, places: NDArray[np.float64], spacing: float, rate_hz: float, frequency_hz: float
) -> tuple[list[Synchronisation], NDArray[np.complex64]]:
    """What the bursts at `places` say, and their channel estimates (bursts, 14 taps, 2)."""
    raw = read_bursts(stream, places, spacing, equaliser.burst_samples(TAPS))
    bursts = equaliser.derotate(turn_back(raw, _seconds(raw, spacing, rate_hz), frequency_hz))
    h, noise = _TRAINING.least_squares(bursts)
    power = (np.abs(_TRAINING.view(bursts)) ** 2).mean(axis=(1, 2))
    match = 1 - noise / np.maximum(power, 1e-30)
    likely = np.flatnonzero(match > MIN_MATCH)
    level = max(float(np.median(noise[likely])), 1e-4 * float(power.max())) if len(likely) else 1.0
    soft = equaliser.equalise(bursts[likely], h[likely], level, _KNOWN)
    information, whole = decode_sch(soft[:, SCH_DATA_AT])
    told: dict[int, tuple[int, int]] = {}
    for i, bits, right in zip(likely, information, whole, strict=True):
        bsic, t1, t2, t3_prime = read_sch(bits)
        if right and t2 < 26 and t3_prime < 5:
            told[int(i)] = bsic, multiframe.sch_frame_number(t1, t2, t3_prime)
    slopes = _TRAINING.slope(bursts, h) * rate_hz / (spacing * SAMPLES_A_SYMBOL)
    found = []
    for at, place in enumerate(places):
        known: tuple[int | None, int | None] = told.get(at, (None, None))
        found.append(
            Synchronisation(float(place), float(match[at]), float(noise[at]), known[0], known[1], float(slopes[at]))
        )
    return found, h
