"""Frequency correction bursts, 3GPP TS 45.002 §5.2.4, found blind in any stretch of spectrum.

The burst is a pure tone, 13e6/192 Hz (67.708 kHz) above its carrier and 148 symbols (546 us) long; it stands in
frames 0, 10, 20, 30, 40 of the 51-multiframe. Two laws tell it from everything else, with no level, raster or
timing known:

- in its time, nearly all the power within +-40 kHz of it lies in three bins of 2.1 kHz (noise and GMSK spread
  theirs over all of them);
- it comes and goes: the bin is weaker at most other times (a spur or the DC spike is always there).

Looks that pass are ranked by how many others of the same frequency stand 10, 11, 20, ... frames away. A mirror
image passes too; its synchronisation burst is backwards and does not decode.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from sensor.gsm.burst import BURST_BITS, FCCH_TONE_HZ, FRAME_SYMBOLS, SYMBOL_RATE_HZ

WINDOW_SYMBOLS = 128  # leaves 20 symbols of a burst to place it in
HOP_SYMBOLS = 32
NEAR_HZ = 40e3  # the band whose power the tone must own
MIN_SHARE = 0.45
MIN_RISE = 3.0  # power over the bin's median in time
SAME_TONE_HZ = 2.5e3
SAME_PLACE_FRAMES = 0.06  # 75 symbols: both may be a hop off
DISTANCES = tuple(sorted({51 * turns + 10 * step + late for turns in range(3) for step in range(5) for late in (0, 1)}))


@dataclass(frozen=True, slots=True)
class Look:
    """A window of the spectrogram that looks like a frequency correction burst."""

    window: int
    tone_hz: float  # to about 1 kHz
    share: float  # of the power near it, 0 to 1
    fellows: int = 0  # others of its frequency at a distance that the multiframe has


@dataclass(frozen=True, slots=True)
class Tone:
    """One frequency correction burst; `carrier_hz` relative to the tuned centre, `sample` its first (+-20 symbols)."""

    carrier_hz: float
    sample: float
    share: float
    fellows: int


def spectrogram(samples: NDArray[np.complex64], rate_hz: float) -> NDArray[np.float32]:
    """Power (times, bins) of Hann windows of 128 symbols every 32 symbols; bins ascending from -rate/2."""
    window, hop = window_samples(rate_hz)
    count = 1 + (len(samples) - window) // hop
    if count < 1:
        return np.zeros((0, window), np.float32)
    taper = np.hanning(window + 2)[1:-1].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]
    power = np.empty((count, window), np.float32)
    for at in range(0, count, 256):
        bins = fft.fft(frames[at : at + 256] * taper, axis=1)
        power[at : at + 256] = fft.fftshift(bins.real**2 + bins.imag**2, axes=1)
    return power


def window_samples(rate_hz: float) -> tuple[int, int]:
    """Length and hop of the spectrogram's windows, in samples."""
    per_symbol = rate_hz / SYMBOL_RATE_HZ
    length = round(WINDOW_SYMBOLS * per_symbol)
    return int(fft.next_fast_len(length)), max(1, round(HOP_SYMBOLS * per_symbol))


def find_tones(samples: NDArray[np.complex64], rate_hz: float, most: int = 60) -> list[Tone]:
    """The likeliest frequency correction bursts in `samples`, likeliest first, `most` at most."""
    power = spectrogram(samples, rate_hz)
    if len(power) < 3:
        return []
    looks = rank(looks_of(power, rate_hz), rate_hz)
    return [measure(samples, rate_hz, look) for look in looks[:most]]


def looks_of(power: NDArray[np.float32], rate_hz: float) -> list[Look]:
    """Places that stand out in frequency and in time and are the strongest of their surroundings."""
    bins = power.shape[1]
    bin_hz = rate_hz / bins
    usual = 3 * ndimage.uniform_filter1d(np.median(power[:: max(1, len(power) // 200)], axis=0), 3, mode="wrap")
    parts = [_stand_out(power[at : at + 512], usual, bin_hz, at) for at in range(0, len(power), 512)]
    times, columns, own, share = (np.concatenate(column) for column in zip(*parts, strict=True))
    taken = np.zeros(power.shape, bool)
    reach = round(10e3 / bin_hz)
    looks = []
    for i in np.argsort(-own):
        at, column = int(times[i]), int(columns[i])
        if not taken[at, column]:
            looks.append(Look(at, (column - bins // 2) * bin_hz, float(share[i])))
            taken[max(0, at - 5) : at + 6, max(0, column - reach) : column + reach + 1] = True
    return looks


def _stand_out(
    power: NDArray[np.float32], usual: NDArray[np.float32], bin_hz: float, first: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Times, bins, powers and shares of what passes both laws."""
    own = 3 * ndimage.uniform_filter1d(power, 3, axis=1, mode="wrap")
    width = 2 * round(NEAR_HZ / bin_hz) + 1
    around = width * ndimage.uniform_filter1d(power, width, axis=1, mode="wrap")
    times, columns = np.nonzero((own > MIN_SHARE * around) & (own > MIN_RISE * usual))
    passed = own[times, columns]
    share: NDArray[np.float32] = (passed / np.maximum(around[times, columns], 1e-30)).astype(np.float32)
    return times + first, columns, passed, share


def rank(looks: list[Look], rate_hz: float) -> list[Look]:
    """The looks with their fellows counted, best first: fellows, then share."""
    if not looks:
        return []
    tone = np.array([look.tone_hz for look in looks])
    frame = (
        np.array([look.window for look in looks])
        * window_samples(rate_hz)[1]
        / (FRAME_SYMBOLS * rate_hz / SYMBOL_RATE_HZ)
    )
    ranked = []
    for look, tone_hz, at in zip(looks, tone, frame, strict=True):
        apart = np.abs(frame - at)[np.abs(tone - tone_hz) < SAME_TONE_HZ]
        near = np.min(np.abs(apart[:, None] - np.array(DISTANCES[1:])[None, :]), axis=1) if len(apart) else apart
        fellows = int(np.count_nonzero((near < SAME_PLACE_FRAMES) & (apart > 5)))
        ranked.append(Look(look.window, look.tone_hz, look.share, fellows))
    return sorted(ranked, key=lambda look: (-min(look.fellows, 4), -look.share))


def measure(samples: NDArray[np.complex64], rate_hz: float, look: Look) -> Tone:
    """Start and frequency of the tone of a look: the 148 symbols that hold most of it, then its periodogram's peak."""
    window, hop = window_samples(rate_hz)
    tone_hz = peak_hz(samples[look.window * hop :][:window], rate_hz, look.tone_hz)
    first = max(0, look.window * hop - window // 2)
    cut = samples[first : first + 2 * window]
    mixed = cut * np.exp(-2j * np.pi * tone_hz / rate_hz * np.arange(len(cut)))
    length = round(BURST_BITS * rate_hz / SYMBOL_RATE_HZ)
    total = np.concatenate([[0], np.cumsum(mixed)])
    start = first
    if len(cut) > length:
        start += int(np.argmax(np.abs(total[length:] - total[:-length])))
    tone_hz = peak_hz(samples[start : start + length], rate_hz, tone_hz, reach_hz=1e3)
    return Tone(tone_hz - FCCH_TONE_HZ, float(start), look.share, look.fellows)


def peak_hz(burst: NDArray[np.complex64], rate_hz: float, near_hz: float, reach_hz: float = 3e3) -> float:
    """Frequency (Hz) of the strongest tone within `reach_hz` of `near_hz`; to about 40 Hz at 3 dB (Cramer-Rao)."""
    n = np.arange(len(burst))
    step = max(1, int(rate_hz / 30e3))  # after mixing, sums of `step` samples pass all that matters
    mixed = burst * np.exp(-2j * np.pi * near_hz / rate_hz * n)
    sums = np.add.reduceat(mixed, np.arange(0, len(burst), step))
    size = 2048
    lines = np.abs(fft.fft(sums, size)) ** 2
    line_hz = rate_hz / step / size
    order = np.arange(-int(reach_hz / line_hz), int(reach_hz / line_hz) + 1)
    best = int(order[int(np.argmax(lines[order]))])
    left, middle, right = lines[best - 1], lines[best], lines[(best + 1) % size]
    bend = left - 2 * middle + right
    return float(near_hz + line_hz * (best + (0.5 * (left - right) / bend if bend < 0 else 0.0)))


def coherence(burst: NDArray[np.complex64], rate_hz: float, tone_hz: float) -> float:
    """How much of the burst's energy is a tone of this frequency, 0 to 1; noise alone: one in its number of samples."""
    n = np.arange(len(burst))
    energy = len(burst) * float(np.vdot(burst, burst).real)
    return float(abs(np.vdot(np.exp(2j * np.pi * tone_hz / rate_hz * n), burst)) ** 2 / max(energy, 1e-30))
