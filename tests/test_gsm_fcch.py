"""Frequency correction bursts against tones that are made here."""

import numpy as np
import pytest

from sensor.gsm import fcch
from sensor.gsm.burst import FCCH_TONE_HZ, FRAME_SYMBOLS, SYMBOL_RATE_HZ

RATE_HZ = 1e6
FRAME = FRAME_SYMBOLS * RATE_HZ / SYMBOL_RATE_HZ


def stream_with_tones(carrier_hz: float, esn0_db: float, frames: tuple[float, ...], seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n = int(30 * FRAME)
    noise = rng.standard_normal((n, 2)).view(np.complex128)[:, 0]
    stream = noise * np.sqrt(0.5 * 10 ** (-esn0_db / 10) * RATE_HZ / SYMBOL_RATE_HZ)
    for frame in frames:
        start = int(frame * FRAME)
        t = np.arange(round(148 * RATE_HZ / SYMBOL_RATE_HZ))
        stream[start : start + len(t)] += np.exp(2j * np.pi * (carrier_hz + FCCH_TONE_HZ) / RATE_HZ * (t + start))
    return stream.astype(np.complex64)


@pytest.mark.parametrize("carrier_hz", [-301_234.0, 12_345.0, 250_000.0])
def test_tones_are_found_where_they_are(carrier_hz: float) -> None:
    places = (2.3, 12.3, 22.3)
    tones = fcch.find_tones(stream_with_tones(carrier_hz, 3.0, places), RATE_HZ)
    found = sorted(tones[:3], key=lambda tone: tone.sample)
    assert [tone.carrier_hz for tone in found] == pytest.approx([carrier_hz] * 3, abs=250)
    assert [tone.sample / FRAME for tone in found] == pytest.approx(places, abs=20 / FRAME_SYMBOLS)
    assert all(tone.fellows == 2 for tone in found)


def test_noise_alone_gives_next_to_nothing() -> None:
    tones = fcch.find_tones(stream_with_tones(0.0, 0.0, ()), RATE_HZ)
    assert max((tone.share for tone in tones), default=0.0) < 0.75
    assert max((tone.fellows for tone in tones), default=0) <= 1


def test_a_spur_that_is_always_there_is_no_burst() -> None:
    stream = stream_with_tones(0.0, 10.0, ())
    stream += np.exp(2j * np.pi * 0.1 * np.arange(len(stream))).astype(np.complex64)
    assert not [tone for tone in fcch.find_tones(stream, RATE_HZ) if abs(tone.carrier_hz + FCCH_TONE_HZ - 1e5) < 5e3]


@pytest.mark.parametrize("length", [0, 1, 100, 600, 1500])
def test_too_little_is_nothing(length: int) -> None:
    assert fcch.find_tones(np.zeros(length, np.complex64), RATE_HZ) == []


def test_frequency_is_measured_near_the_bound() -> None:
    """Cramer-Rao at 3 dB over 148 symbols is 41 Hz."""
    burst = stream_with_tones(1000.0, 3.0, (0.0,))[: round(148 * RATE_HZ / SYMBOL_RATE_HZ)]
    misses = []
    for seed in range(40):
        burst = stream_with_tones(1000.0, 3.0, (0.0,), seed)[:546]
        misses.append(fcch.peak_hz(burst, RATE_HZ, FCCH_TONE_HZ + 1200, 1e3) - FCCH_TONE_HZ - 1000)
    assert np.sqrt(np.mean(np.square(misses))) < 1.5 * 41
