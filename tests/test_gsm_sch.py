"""Synchronisation bursts out of the modulator's signal, and the lock that follows them."""

import numpy as np
import pytest

from sensor.gsm import multiframe, sch
from sensor.gsm.burst import FRAME_SYMBOLS, SYMBOL_RATE_HZ
from sensor.gsm.downconvert import SAMPLES_A_SYMBOL
from sensor.gsm.lock import Lock, Place
from sensor.gsm.modulator import modulate

RATE_HZ = 2 * SYMBOL_RATE_HZ
FRAME = FRAME_SYMBOLS * SAMPLES_A_SYMBOL


def find(samples: np.ndarray, frame: int, reach: int = 20) -> sch.Synchronisation:
    expected = np.array([frame * FRAME - 5.0])
    places = sch.strongest_place(samples, expected, 1.0, RATE_HZ, 0.0, reach)
    return sch.read_synchronisation(samples, places, 1.0, RATE_HZ, 0.0)[0][0]


@pytest.mark.parametrize("esn0_db", [3.0, 15.0])
def test_bsic_and_frame_number_are_read(esn0_db: float) -> None:
    start = 51 * 4321
    samples = modulate({}, 37, start, 14, rate_hz=RATE_HZ, esn0_db=esn0_db, rng=np.random.default_rng(3))
    first, second = find(samples, 1), find(samples, 11)
    assert (first.bsic, first.fn) == (37, start + 1)
    assert (second.bsic, second.fn) == (37, start + 11)
    assert second.place - first.place == pytest.approx(10 * FRAME, abs=0.2)


def test_a_mirror_image_is_no_cell() -> None:
    samples = modulate({}, 37, 51 * 4321, 14, rate_hz=RATE_HZ, esn0_db=20.0, rng=np.random.default_rng(3))
    found = find(samples.conj(), 1)
    assert found.fn is None
    assert found.match < sch.MIN_MATCH


def test_noise_is_no_cell() -> None:
    noise = np.random.default_rng(4).standard_normal((300_000, 2)).astype(np.float32).view(np.complex64)[:, 0]
    expected = np.arange(500.0, 290_000.0, 700.0)
    places = sch.strongest_place(noise, expected, 1.0, RATE_HZ, 0.0, 24)
    found, _ = sch.read_synchronisation(noise, places, 1.0, RATE_HZ, 0.0)
    assert not [one for one in found if one.fn is not None]


@pytest.mark.parametrize("ppm", [-40.0, 7.0, 40.0])
def test_the_lock_learns_the_clock_in_spite_of_outliers(ppm: float) -> None:
    rate_hz = 1e6
    rng = np.random.default_rng(5)
    true = FRAME_SYMBOLS * rate_hz / SYMBOL_RATE_HZ * (1 + ppm * 1e-6)
    lock = Lock(1000, 0.0, 0.0, rate_hz)
    fns = [fn for fn in range(1001, 1400) if fn % 51 in multiframe.SCH_AT]
    places = [Place(fn, (fn - 1000) * true + rng.normal(0, 0.2) + (60 if fn == fns[7] else 0), 1.0) for fn in fns]
    lock.learn(places)
    assert lock.clock_ppm == pytest.approx(ppm, abs=0.3)
    assert float(lock.sample_of(1400)) == pytest.approx(400 * true, abs=0.3)
    assert lock.frame_at(float(lock.sample_of(1234))) == pytest.approx(1234)
