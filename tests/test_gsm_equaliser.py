"""The equaliser against all words counted out, and against bursts of the modulator's."""

import itertools

import numpy as np
import pytest

from sensor.gsm import equaliser
from sensor.gsm.burst import BURST_BITS, TRAINING, normal_bursts


def linear_bursts(bits: np.ndarray, h: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Bursts through taps h (taps, 2), as the equaliser's model has them."""
    symbols = 1.0 - 2.0 * bits
    halves = [np.apply_along_axis(np.convolve, 1, symbols, h[:, half]) for half in range(2)]
    clean = np.stack(halves, axis=-1).reshape(len(bits), -1)
    clean = np.pad(clean, ((0, 0), (0, max(0, equaliser.burst_samples() - clean.shape[1]))))
    noisy = clean + np.sqrt(noise / 2) * rng.standard_normal((*clean.shape, 2)).view(np.complex128)[..., 0]
    return noisy.astype(np.complex64)


@pytest.fixture
def channel() -> np.ndarray:
    rng = np.random.default_rng(7)
    h = rng.standard_normal((equaliser.TAPS, 2, 2)).view(np.complex128)[..., 0]
    return h * np.array([0.3, 0.8, 0.9, 0.4, 0.1, 0.3, 0.1, 0.05])[:, None]


def test_ratios_are_those_of_all_words_counted_out() -> None:
    rng = np.random.default_rng(1)
    n, memory, bursts = 9, 3, 5
    y = rng.normal(0, 1, (bursts, n)).astype(np.float32)
    g = rng.normal(0, 0.4, (bursts, memory)).astype(np.float32)
    prior = rng.normal(0, 0.3, (n, bursts)).astype(np.float32)
    words = np.array(list(itertools.product([1.0, -1.0], repeat=n + memory)))  # `memory` unknown symbols before
    metric = np.zeros((bursts, len(words)))
    for k in range(n):
        now = words[:, memory + k]
        echo = sum(g[:, lag, None] * words[:, memory + k - 1 - lag] for lag in range(memory))
        metric += now * (y[:, k, None] - echo) + now * prior[k][:, None]
    wanted = np.stack(
        [
            metric[:, words[:, memory + k] > 0].max(axis=1) - metric[:, words[:, memory + k] < 0].max(axis=1)
            for k in range(n)
        ],
        axis=1,
    )
    assert equaliser.forward_backward(y, g, prior) == pytest.approx(wanted, abs=1e-4)


def test_training_measures_the_channel(channel: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    bits = normal_bursts(rng.integers(0, 2, (200, 114)).astype(np.int8), tsc=3)
    samples = linear_bursts(bits, channel, 0.02, rng)
    training = equaliser.normal_training(bsic=3)
    h, noise = training.least_squares(samples)
    assert np.abs(h.mean(axis=0) - channel).max() < 0.02
    assert float(noise.mean()) == pytest.approx(0.02, rel=0.1)
    spread = equaliser.spread_of(h, training, 0.02)
    smoothed = training.smoothed(samples, spread, 0.02)
    assert (np.abs(smoothed - channel) ** 2).mean() < 0.5 * (np.abs(h - channel) ** 2).mean()
    anew = equaliser.remeasured(samples, (1.0 - 2.0 * bits).astype(np.float32), spread, 0.02)
    assert (np.abs(anew - channel) ** 2).mean() < (np.abs(smoothed - channel) ** 2).mean()


def test_bits_come_back_through_a_long_channel(channel: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    bits = normal_bursts(rng.integers(0, 2, (50, 114)).astype(np.int8), tsc=5)
    samples = linear_bursts(bits, channel, 0.05, rng)
    h = np.broadcast_to(channel, (50, *channel.shape)).astype(np.complex64)
    known = equaliser.known_bits(TRAINING[5], 61)
    ratios = equaliser.equalise(samples, h, 0.05, known)
    assert ratios.shape == (50, BURST_BITS)
    assert ((ratios < 0) == bits).mean() > 0.999


def test_known_bits_stay_known() -> None:
    rng = np.random.default_rng(4)
    samples = rng.standard_normal((3, equaliser.burst_samples(), 2)).astype(np.float32).view(np.complex64)[..., 0]
    h = np.ones((3, equaliser.TAPS, 2), np.complex64) * 0.1
    known = equaliser.known_bits(TRAINING[0], 61)
    ratios = equaliser.equalise(samples, h, 1.0, known)
    assert ((ratios[:, 61:87] < 0) == TRAINING[0]).all()
    assert (ratios[:, :3] > 0).all()


def test_silence_gives_no_opinion() -> None:
    samples = np.zeros((2, equaliser.burst_samples()), np.complex64)
    h = np.zeros((2, equaliser.TAPS, 2), np.complex64)
    ratios = equaliser.equalise(samples, h, 0.0, np.zeros(BURST_BITS, np.float32))
    assert np.isfinite(ratios).all()
    assert not ratios.any()
