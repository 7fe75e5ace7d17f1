"""Cells whose frequency correction burst does not get through: paths of equal strength can silence its one tone.

GMSK squared has lines at twice the carrier +- 1/(2 T) (Mengali and Mysore, squaring synchronisers for MSK), which
two paths weaken but never both silence with the burst's tone. Each strong line gives a guess of the carrier; the
synchronisation burst is then looked for by its training sequence alone, wherever it may stand.
"""

from collections.abc import Iterator

import numpy as np
from scipy import fft, ndimage

from sensor.gsm import sch
from sensor.gsm.burst import FRAME_SYMBOLS, SCH_TRAINING, SCH_TRAINING_AT, SYMBOL_RATE_HZ
from sensor.gsm.carriers import power_lines
from sensor.gsm.downconvert import SAMPLES_A_SYMBOL, Samples

LINE_SAMPLES = 8192
MIN_LINE_DB = 12.0  # over the squared signal's median line
LINES = 3
PLACES = 8  # of the training's strongest correlations that are tried
FRAMES = 24  # looked through: two synchronisation bursts at least
CARRIER_WIDTH_HZ = 180e3
MIN_RISE_DB = 5.0  # of a carrier over the stream's floor


def strong_places_hz(samples: Samples, rate_hz: float, known_hz: list[float], most: int = 3) -> list[float]:
    """Middles (Hz from the centre) of the strongest carriers, but for those within 150 kHz of a known one."""
    line, power = power_lines(samples, rate_hz)
    if not len(line) or rate_hz < 2 * CARRIER_WIDTH_HZ:
        return []
    width = max(1, round(CARRIER_WIDTH_HZ / (line[1] - line[0])))
    level = ndimage.uniform_filter1d(power, width, mode="constant")
    free = np.ones(len(level), bool)
    places: list[float] = []
    floor = float(np.percentile(level, 20)) * 10 ** (MIN_RISE_DB / 10)
    for hz in known_hz:
        free &= np.abs(line - hz) > 150e3
    while len(places) < most and free.any():
        best = int(np.argmax(np.where(free, level, 0)))
        if level[best] < floor:
            break
        places.append(float(line[best]))
        free &= np.abs(line - line[best]) > 150e3
    return places


def carrier_guesses_hz(stream: Samples, rate_hz: float) -> Iterator[float]:
    """Where (Hz from the narrow stream's 0) the carrier may be, likeliest first."""
    count = len(stream) // LINE_SAMPLES
    if not count:
        return
    squared = (stream[: count * LINE_SAMPLES] ** 2).reshape(count, LINE_SAMPLES)
    taper = np.hanning(LINE_SAMPLES).astype(np.float32)
    power = (np.abs(fft.fft(squared * taper, axis=1)) ** 2).mean(axis=0)
    power = power / max(float(np.median(power)), 1e-30)
    lines = fft.fftfreq(LINE_SAMPLES, 1 / rate_hz)
    for _ in range(LINES):
        best = int(np.argmax(power))
        if power[best] < 10 ** (MIN_LINE_DB / 10):
            return
        near = [power[(best + d) % LINE_SAMPLES] for d in (-1, 0, 1)]
        middle = lines[best] + rate_hz / LINE_SAMPLES * (near[2] - near[0]) / sum(near)
        for side in (-1, 1):
            guess = (middle + side * SYMBOL_RATE_HZ / 2) / 2
            yield (guess + rate_hz / 4) % (rate_hz / 2) - rate_hz / 4
        power[np.abs(lines - lines[best]) < 200] = 0


def find_synchronisation(stream: Samples, rate_hz: float) -> tuple[sch.Synchronisation, float] | None:
    """A synchronisation burst anywhere in the first frames of a narrow stream, and its carrier (Hz); None if none."""
    spacing = rate_hz / SYMBOL_RATE_HZ / SAMPLES_A_SYMBOL
    part = stream[: int(FRAMES * FRAME_SYMBOLS * SAMPLES_A_SYMBOL * spacing)]
    for carrier_hz in carrier_guesses_hz(stream, rate_hz):
        places = training_places(part, rate_hz, carrier_hz)
        if not len(places):
            continue
        found, _ = sch.read_synchronisation(part, places, spacing, rate_hz, carrier_hz)
        sound = [one for one in found if one.fn is not None]
        if sound:
            return max(sound, key=lambda one: one.match), carrier_hz
    return None


def training_places(stream: Samples, rate_hz: float, carrier_hz: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Where bit 0 of synchronisation bursts may stand: the strongest correlations with their training sequence."""
    n = np.arange(len(stream))
    turned = stream * np.exp(-2j * np.pi * (carrier_hz + SYMBOL_RATE_HZ / 4) / rate_hz * n).astype(np.complex64)
    pattern = np.zeros(2 * len(SCH_TRAINING), np.float32)
    pattern[::SAMPLES_A_SYMBOL] = 1.0 - 2.0 * SCH_TRAINING
    if len(turned) < len(pattern):
        return np.zeros(0)
    size = int(fft.next_fast_len(len(turned)))
    sums = fft.ifft(fft.fft(turned, size) * fft.fft(pattern, size).conj())[: len(turned) - len(pattern) + 1]
    strength = np.abs(sums) ** 2
    energy = ndimage.uniform_filter1d((np.abs(turned) ** 2).astype(np.float64), len(pattern))[: len(strength)]
    strength = strength / np.maximum(energy, 1e-30 + 0.1 * float(energy.mean()))
    places = []
    for _ in range(PLACES):
        best = int(np.argmax(strength))
        places.append(best - SAMPLES_A_SYMBOL * (SCH_TRAINING_AT + sch.FIRST_TAP))
        strength[max(0, best - 8) : best + 9] = 0
    return np.array(places, float)
