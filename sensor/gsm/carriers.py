"""Carriers in a wideband stream: how strong each 200 kHz channel is, and where its raster lies.

Levels are for the summary and for a survey; whether a carrier is a cell is decided by its bursts (fcch, sch).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sensor.gsm.arfcn import RASTER_HZ
from sensor.gsm.downconvert import Samples

LINE_HZ = 2e3
DC_LINES = 2  # left out on either side of the tuned frequency: the spike is the receiver's own
CHANNEL_HZ = 180e3  # of a channel's 200 kHz, what is counted as its own
EDGE = 0.48  # of the rate: beyond it the receiver's own filter falls


@dataclass(frozen=True, slots=True)
class CarrierLevel:
    """Mean power of one channel of the raster over the stretch that was looked at."""

    carrier_hz: int
    power_dbfs: float


def power_lines(samples: Samples, rate_hz: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequency (Hz from the centre, ascending) and mean power of each line; the powers add up to the stream's."""
    size = int(fft.next_fast_len(max(16, int(rate_hz / LINE_HZ))))
    count = len(samples) // size
    if not count:
        return np.zeros(0), np.zeros(0)
    step = max(1, count // 2000)
    taper = np.hanning(size).astype(np.float32)
    frames = samples[: count * size].reshape(count, size)[::step]
    total = np.zeros(size)
    for at in range(0, len(frames), 128):
        total += (np.abs(fft.fft(frames[at : at + 128] * taper, axis=1)) ** 2).sum(axis=0, dtype=np.float64)
    total /= len(frames) * size * float((taper**2).sum())
    return (np.arange(size) - size // 2) * rate_hz / size, fft.fftshift(total)


def carrier_levels(samples: Samples, rate_hz: float, centre_hz: float) -> list[CarrierLevel]:
    """Levels of the raster's channels inside the stream, strongest first. The DC spike counts for none."""
    line, power = power_lines(samples, rate_hz)
    if not len(line):
        return []
    power = power.copy()
    middle = len(line) // 2
    power[middle - DC_LINES : middle + DC_LINES + 1] = np.median(power[middle - 20 : middle + 21])
    reach = EDGE * rate_hz
    first = int(np.ceil((centre_hz - reach + CHANNEL_HZ / 2) / RASTER_HZ))
    last = int(np.floor((centre_hz + reach - CHANNEL_HZ / 2) / RASTER_HZ))
    levels = []
    for step in range(first, last + 1):
        inside = np.abs(line - (step * RASTER_HZ - centre_hz)) < CHANNEL_HZ / 2
        levels.append(CarrierLevel(step * RASTER_HZ, level_dbfs(float(power[inside].sum()))))
    return sorted(levels, key=lambda level: -level.power_dbfs)


def level_dbfs(power: float) -> float:
    """Decibels relative to |I + jQ| = 1; -200 for silence."""
    return round(10 * float(np.log10(max(power, 1e-20))), 1)
