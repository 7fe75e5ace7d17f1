"""IQ of GSM downlinks as a dongle would hear them: made from blocks, for tests and the made-up town.

One crystal drives tuner and sampling clock. `ppm` > 0 means a fast crystal: with centre C and rate R set, the tuner
really stands at C (1 + ppm/1e6), so a carrier F appears LOWER, at F - C (1 + ppm/1e6), and samples come FASTER,
R (1 + ppm/1e6) a second of true time. Es/N0 is of the first carrier; 0 dBFS is |I + jQ| = 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensor.gsm.burst import FRAME_SYMBOLS, SLOTS_PER_FRAME, SYMBOL_RATE_HZ
from sensor.gsm.downlink import Downlink, frame_bursts
from sensor.gsm.gmsk import phase, slopes, turned

CHUNK_SAMPLES = 1 << 18
FADING_WAVES = 24  # sinusoids that make up a Rayleigh path


@dataclass(frozen=True, slots=True)
class Reception:
    """How a receiver hears. `image` is the gain of the mirrored spectrum, `dc` the offset at the converter."""

    rate_hz: float
    centre_hz: float
    ppm: float = 0.0
    drift_ppm_per_s: float = 0.0
    sampling_phase: float = 0.0  # time of the first sample, in samples
    esn0_db: float | None = None  # None: no noise
    level_dbfs: float = -8.0  # of the first carrier
    dc: complex = 0.0
    image: complex = 0.0


class Emitter:
    """One downlink's waveform at ascending times, phase-continuous from call to call, in bounded memory."""

    def __init__(self, downlink: Downlink) -> None:
        self.downlink = downlink
        self.heights: dict[int, float] = {}  # quarter turns at the start of frames, modulo 4
        self.waves = fading_waves(downlink)

    def emit(self, seconds: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Complex envelope (n,) of amplitude 1 for a single path, at `seconds` from time 0, ascending."""
        symbols = (seconds + self.downlink.start_s) * SYMBOL_RATE_HZ
        first = int(symbols[0] // FRAME_SYMBOLS) - 1
        n_frames = int(symbols[-1] // FRAME_SYMBOLS) + 2 - first
        bursts = frame_bursts(self.downlink, self.downlink.start_fn + first, n_frames)
        steps = slopes(bursts.reshape(n_frames * SLOTS_PER_FRAME, -1))
        height = self.reach(first, turned(steps).reshape(n_frames, SLOTS_PER_FRAME).sum(axis=1))
        envelope = np.zeros(len(seconds), dtype=np.complex128)
        for number, (delay, gain) in enumerate(self.downlink.taps):
            angle = height + phase(steps, symbols - first * FRAME_SYMBOLS - delay)
            envelope += gain * self.fade(number, seconds) * np.exp(0.5j * np.pi * angle)
        return envelope

    def reach(self, first: int, turns: NDArray[np.float64]) -> float:
        """The height at the start of frame `first`; notes those of the frames after it."""
        height = self.heights[first] if self.heights else 0.0
        ends = (height + np.cumsum(turns)) % 4
        self.heights = {first: height} | {first + 1 + n: float(end) for n, end in enumerate(ends)}
        return height

    def fade(self, path: int, seconds: NDArray[np.float64]) -> NDArray[np.complex128] | complex:
        """Gain of a path: 1, or Rayleigh fading of mean power 1 with Clarke's spectrum."""
        if self.downlink.fading_hz == 0:
            return 1.0
        grid = np.linspace(seconds[0], seconds[-1], 2 + int((seconds[-1] - seconds[0]) * self.downlink.fading_hz * 200))
        doppler, start = self.waves[path]
        gains = np.exp(1j * (doppler * grid[:, None] + start)).sum(axis=1) / np.sqrt(FADING_WAVES)
        faded: NDArray[np.complex128] = np.interp(seconds, grid, gains)
        return faded


def fading_waves(downlink: Downlink) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Doppler (rad/s) and start phase of the waves that make up each path's fading."""
    rng = np.random.default_rng((downlink.seed, 1))
    waves = []
    for _ in downlink.taps:
        arrival, start = rng.uniform(0, 2 * np.pi, (2, FADING_WAVES))
        waves.append((2 * np.pi * downlink.fading_hz * np.cos(arrival), start))
    return waves


def hear(
    downlinks: Sequence[Downlink],
    reception: Reception,
    n_samples: int,
    rng: np.random.Generator,
    chunk_samples: int = CHUNK_SAMPLES,
) -> Iterator[NDArray[np.complex64]]:
    """The samples, in pieces of `chunk_samples`, that a receiver makes of these carriers together."""
    emitters = [Emitter(downlink) for downlink in downlinks]
    level = 10 ** (reception.level_dbfs / 20)
    for start in range(0, n_samples, chunk_samples):
        sample = start + np.arange(min(chunk_samples, n_samples - start), dtype=np.float64) + reception.sampling_phase
        local_s = sample / reception.rate_hz  # what the receiver's clock says
        true_s = local_s / (1 + reception.ppm * 1e-6) - 0.5e-6 * reception.drift_ppm_per_s * local_s**2
        air = np.zeros(len(sample), dtype=np.complex128)
        for emitter in emitters:
            offset_hz = emitter.downlink.carrier_hz - reception.centre_hz
            turns = offset_hz * true_s + reception.centre_hz * (true_s - local_s)
            gain = level * 10 ** (emitter.downlink.power_db / 20)
            air += gain * emitter.emit(true_s) * np.exp(2j * np.pi * turns)
        yield digitise(air, reception, level, rng)


def digitise(
    air: NDArray[np.complex128], reception: Reception, level: float, rng: np.random.Generator
) -> NDArray[np.complex64]:
    """Adds noise, image and offset."""
    if reception.esn0_db is not None:
        per_symbol = level**2 / 10 ** (reception.esn0_db / 10)  # noise power in one symbol rate of bandwidth
        deviation = np.sqrt(0.5 * per_symbol * reception.rate_hz / SYMBOL_RATE_HZ)
        air = air + deviation * rng.standard_normal((len(air), 2)).view(np.complex128)[:, 0]
    return (air + reception.image * air.conj() + reception.dc).astype(np.complex64)


def modulate(
    blocks: Mapping[int, bytes],
    bsic: int,
    start_frame_number: int,
    n_frames: int,
    *,
    rate_hz: float = 1e6,
    carrier_hz: float = 939e6,
    offset_hz: float = 0.0,
    ppm: float = 0.0,
    sampling_phase: float = 0.0,
    esn0_db: float | None = None,
    rng: np.random.Generator | None = None,
    start_s: float = 0.0,
    taps: tuple[tuple[float, complex], ...] = ((0.0, 1.0),),
    level_dbfs: float = -8.0,
) -> NDArray[np.complex64]:
    """One cell's C0 for `n_frames`, whole; the receiver stands `offset_hz` below the carrier. See Reception.

    `start_s` is how far into the first frame the capture begins. For long signals see `hear`.
    """
    downlink = Downlink(carrier_hz, bsic, blocks, start_frame_number, start_s, taps=taps)
    reception = Reception(rate_hz, carrier_hz - offset_hz, ppm, 0.0, sampling_phase, esn0_db, level_dbfs)
    n_samples = int(n_frames * FRAME_SYMBOLS / SYMBOL_RATE_HZ * rate_hz * (1 + ppm * 1e-6))
    generator = rng if rng is not None else np.random.default_rng(0)
    return np.concatenate(list(hear([downlink], reception, n_samples, generator)))
