"""From the wideband stream to one carrier's narrow one, and from there to the samples of single bursts.

Two steps, so that the costly one is shared by all carriers and the clock error costs nothing:

1. overlapped FFT blocks of the wideband stream, made once; each carrier takes its own bins through a filter that
   is flat to +-100 kHz and gone at +-135 kHz, and goes back to time at about two samples a symbol;
2. a burst is read from the narrow stream at any fractional place and spacing by a 12-tap windowed sinc, so a
   crystal that is off moves the places of the bursts (TS 45.010 §5.1: one source for carrier and clock), not a
   resampler.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sensor.gsm.burst import SYMBOL_RATE_HZ

PASS_HZ = 100e3
STOP_HZ = 135e3
SAMPLES_A_SYMBOL = 2  # of a burst that was read
TAPS = 12
PHASES = 256  # of the interpolator: the error of the nearest one is below -60 dB inside +-100 kHz
OVERLAP = 16  # one part in 16 of each FFT block is thrown away at either end, far more than the filter is long

Samples = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One FFT block: `bins` of the samples from `start` on (start may be negative: silence before the stream)."""

    start: int
    bins: Samples


class Spectra:
    """Cuts a stream into overlapping FFT blocks. Keeps less than one block."""

    def __init__(self, rate_hz: float, start: int = 0) -> None:
        self.size = max(1 << 12, int(2 ** np.ceil(np.log2(rate_hz * 0.03))))
        self.edge = self.size // OVERLAP
        self.start = start - self.edge
        self._kept = np.zeros(self.edge, np.complex64)

    def push(self, samples: Samples, last: bool = False) -> list[Spectrum]:
        """The blocks that are full now; with `last`, also the rest, filled up with silence."""
        stream = np.concatenate([self._kept, samples])
        hop = self.size - 2 * self.edge
        if last:
            stream = np.concatenate([stream, np.zeros(self.edge + hop, np.complex64)])
        spectra = []
        while len(stream) >= self.size:
            spectra.append(Spectrum(self.start, fft.fft(stream[: self.size])))
            stream = stream[hop:]
            self.start += hop
        self._kept = stream.copy()
        return spectra


class Channel:
    """One carrier's narrow stream.

    Sample m of the stream stands at wideband sample `origin + m * step`; the carrier lies at 0 Hz but for
    `residual_hz`, what is left because only whole bins are moved.
    """

    def __init__(self, rate_hz: float, carrier_hz: float, size: int) -> None:
        self.narrow = int(np.ceil(size * SAMPLES_A_SYMBOL * SYMBOL_RATE_HZ / rate_hz / (2 * OVERLAP))) * 2 * OVERLAP
        self.size = size
        self.step = size / self.narrow
        self.rate_hz = rate_hz / self.step
        self.shift = round(carrier_hz / rate_hz * size)
        self.residual_hz = carrier_hz - self.shift * rate_hz / size
        offsets = np.arange(-int(STOP_HZ / rate_hz * size), int(STOP_HZ / rate_hz * size) + 1)
        away = np.abs(offsets) * rate_hz / size
        slope = np.clip((away - PASS_HZ) / (STOP_HZ - PASS_HZ), 0, 1)
        self._gain = (np.cos(np.pi / 2 * slope) ** 2 / self.step).astype(np.float32)
        wide = offsets + self.shift
        inside = (wide >= -(size // 2)) & (wide < size // 2)
        self._from, self._to, self._gain = wide[inside] % size, offsets[inside] % self.narrow, self._gain[inside]

    def take(self, spectra: list[Spectrum]) -> Samples:
        """Narrow samples of these blocks, one after the other; the first stands at the first block's start + edge."""
        edge = self.narrow // OVERLAP
        pieces = []
        for spectrum in spectra:
            bins = np.zeros(self.narrow, np.complex64)
            turn = np.exp(-2j * np.pi * ((self.shift * spectrum.start) % self.size) / self.size)
            bins[self._to] = spectrum.bins[self._from] * self._gain * np.complex64(turn)
            pieces.append(fft.ifft(bins)[edge : self.narrow - edge])
        return np.concatenate(pieces) if pieces else np.zeros(0, np.complex64)


def interpolator() -> NDArray[np.float32]:
    """Kaiser-windowed sinc, (PHASES + 1, TAPS): row p is a delay of TAPS/2 - 1 + p/PHASES samples."""
    places = np.arange(TAPS)[None, :] - (TAPS // 2 - 1) - np.arange(PHASES + 1)[:, None] / PHASES
    window = np.i0(8.0 * np.sqrt(np.clip(1 - (places / (TAPS / 2)) ** 2, 0, 1))) / np.i0(8.0)
    taps = np.sinc(places) * window
    rows: NDArray[np.float32] = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
    return rows


_INTERPOLATOR = interpolator()


def read_bursts(stream: Samples, first: NDArray[np.float64], spacing: float, count: int) -> Samples:
    """Samples (bursts, count) of `stream` at places first[i] + k * spacing, in narrow samples; silence outside."""
    places = first[:, None] + spacing * np.arange(count)[None, :]
    if not places.size:
        return np.zeros(places.shape, np.complex64)
    whole = np.floor(places).astype(np.int64)
    rows = _INTERPOLATOR[np.rint((places - whole) * PHASES).astype(np.int64)]
    near = TAPS // 2
    at = np.clip(whole, -near - 1, len(stream) + near)  # beyond that there is silence anyway
    low, high = int(at.min()) + 1 - near, int(at.max()) + near
    cut = np.pad(stream[max(0, low) : max(0, high + 1)], (max(0, -low), max(0, high + 1 - max(len(stream), low, 0))))
    at -= low + near - 1
    bursts = np.zeros(places.shape, np.complex64)
    for tap in range(TAPS):
        bursts += cut[at + tap] * rows[:, :, tap]
    return bursts


def turn_back(bursts: Samples, seconds: NDArray[np.floating], frequency_hz: float) -> Samples:
    """Bursts mixed down by `frequency_hz`; `seconds` (bursts, samples) or (samples,) say when each sample was."""
    cycles = frequency_hz * seconds
    turned: Samples = (bursts * np.exp(-2j * np.pi * (cycles - np.floor(cycles)))).astype(np.complex64)
    return turned
