"""The channeliser and the interpolator against tones whose every sample is known."""

import numpy as np
import pytest

from sensor.gsm.downconvert import OVERLAP, Channel, Spectra, Spectrum, read_bursts


def tone(hz: float, rate_hz: float, n: int) -> np.ndarray:
    return np.exp(2j * np.pi * hz / rate_hz * np.arange(n)).astype(np.complex64)


def narrow(stream: np.ndarray, rate_hz: float, carrier_hz: float, pieces: int = 3) -> tuple[np.ndarray, Channel]:
    spectra = Spectra(rate_hz)
    blocks: list[Spectrum] = []
    for piece in np.array_split(stream, pieces):
        blocks += spectra.push(piece)
    blocks += spectra.push(np.zeros(0, np.complex64), last=True)
    channel = Channel(rate_hz, carrier_hz, spectra.size)
    assert blocks[0].start == -spectra.size // OVERLAP
    return channel.take(blocks), channel


@pytest.mark.parametrize(("rate_hz", "carrier_hz"), [(1e6, 123_456.0), (2.4e6, -700_001.0), (5e5, 8_500.0)])
def test_a_carriers_tone_comes_out_in_phase(rate_hz: float, carrier_hz: float) -> None:
    out, channel = narrow(tone(carrier_hz + 30e3, rate_hz, int(0.2 * rate_hz)), rate_hz, carrier_hz)
    place = np.arange(200, int(0.19 * channel.rate_hz))
    wanted = np.exp(2j * np.pi * (30e3 + channel.residual_hz) / channel.rate_hz * place)
    assert np.abs(out[place] - wanted).max() < 2e-3


def test_a_neighbour_is_gone() -> None:
    out, _ = narrow(tone(150e3, 1e6, 200_000), 1e6, 0.0)
    assert np.abs(out[1000:-1000]).max() < 1e-3


def test_pieces_make_no_difference() -> None:
    rng = np.random.default_rng(1)
    stream = rng.standard_normal((100_000, 2)).astype(np.float32).view(np.complex64)[:, 0]
    whole, _ = narrow(stream, 1e6, 5e3, 1)
    cut, _ = narrow(stream, 1e6, 5e3, 17)
    assert np.array_equal(whole, cut)


def test_bursts_are_read_at_fractions() -> None:
    stream = tone(90e3, 541_992.0, 4000)
    first = np.array([100.3, 2000.77])
    read = read_bursts(stream, first, 1.00037, 300)
    places = first[:, None] + 1.00037 * np.arange(300)
    assert np.abs(read - np.exp(2j * np.pi * 90e3 / 541_992.0 * places)).max() < 8e-3


def test_outside_the_stream_is_silence() -> None:
    assert not read_bursts(np.ones(100, np.complex64), np.array([-500.0, 900.0]), 1.0, 50).any()
    assert not read_bursts(np.zeros(0, np.complex64), np.array([0.0]), 1.0, 5).any()
