"""The lock on a cell: where each frame stands on the sample clock, and the carrier's frequency. TS 45.010 §5.

The crystal's error moves both; the two are measured apart, places from the synchronisation bursts and the frequency
from the frequency correction bursts, so that a carrier moved by a converter is no trouble. Places are samples of
the wideband stream; frame numbers count on beyond the hyperframe.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensor.gsm.burst import FRAME_SYMBOLS, SYMBOL_RATE_HZ

CLOCK_DOUBT = 100e-6  # before it is measured
JITTER_SYMBOLS = 0.1  # of one burst's place
KEPT = 60  # synchronisation bursts: 2.8 s
FREQUENCY_GAIN = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where the burst of a frame was found, and how much it counts."""

    fn: int
    sample: float
    weight: float


class Lock:
    """Line through the places of the last synchronisation bursts."""

    def __init__(self, fn: int, sample: float, frequency_hz: float, rate_hz: float) -> None:
        self.nominal = FRAME_SYMBOLS * rate_hz / SYMBOL_RATE_HZ
        self.symbol = rate_hz / SYMBOL_RATE_HZ
        self.frame = self.nominal
        self.fn = fn
        self.sample = sample
        self.frequency_hz = frequency_hz
        self.steady = False
        self._places: deque[Place] = deque([Place(fn, sample, 1.0)], maxlen=KEPT)

    def sample_of(self, fn: NDArray[np.int64] | int) -> NDArray[np.float64]:
        """Sample at which bit 0 of time slot 0 of each frame stands."""
        samples: NDArray[np.float64] = self.sample + (np.asarray(fn) - self.fn) * self.frame
        return samples

    def frame_at(self, sample: float) -> float:
        """Frame number, with its fraction, at a sample."""
        return self.fn + (sample - self.sample) / self.frame

    def reach_symbols(self, fn: NDArray[np.int64]) -> NDArray[np.float64]:
        """How far (symbols) the burst of each frame may be from where it is expected."""
        known = [place.fn for place in self._places]
        away = np.maximum(np.maximum(min(known) - fn, fn - max(known)), 0) * FRAME_SYMBOLS
        return 1.5 + away * self.clock_doubt()

    def clock_doubt(self) -> float:
        """Relative doubt about the frame's length, 3 sigma."""
        span = FRAME_SYMBOLS * (self._places[-1].fn - self._places[0].fn)
        return min(CLOCK_DOUBT, 4 * JITTER_SYMBOLS / span) if span > 0 else CLOCK_DOUBT

    @property
    def clock_ppm(self) -> float:
        """How much too fast the receiver's sample clock runs."""
        return 1e6 * (self.frame / self.nominal - 1)

    def learn(self, places: list[Place]) -> None:
        """Takes in new places and draws the line again; outliers count less."""
        merged = sorted({place.fn: place for place in [*self._places, *places]}.values(), key=lambda place: place.fn)
        self._places = deque(merged, maxlen=KEPT)
        fn = np.array([place.fn for place in self._places], float)
        sample = np.array([place.sample for place in self._places])
        weight = np.array([place.weight for place in self._places])
        middle = round(float(np.average(fn, weights=weight)))
        for _ in range(3):
            self._fit(fn - middle, sample, weight, middle)
            miss = np.abs(sample - self.sample_of(np.asarray(fn, np.int64))) / (self.symbol * JITTER_SYMBOLS)
            weight = np.array([place.weight for place in self._places]) / np.maximum(1, miss / 2)

    def _fit(
        self, turn: NDArray[np.float64], sample: NDArray[np.float64], weight: NDArray[np.float64], fn: int
    ) -> None:
        """Weighted least squares with the nominal frame as a weak belief."""
        belief = (JITTER_SYMBOLS / (CLOCK_DOUBT / 2 * FRAME_SYMBOLS)) ** 2
        total, first, second = weight.sum(), (weight * turn).sum(), (weight * turn**2).sum() + belief
        rest = sample - turn * self.nominal
        level, slope = (weight * rest).sum(), (weight * turn * rest).sum()
        determinant = total * second - first**2
        self.fn = fn
        self.sample = float((second * level - first * slope) / determinant)
        self.frame = self.nominal + float((total * slope - first * level) / determinant)

    def hear(self, frequency_hz: float) -> None:
        """Takes in a batch's measured carrier frequency."""
        gain = FREQUENCY_GAIN if self.steady else 1.0
        self.frequency_hz += gain * (frequency_hz - self.frequency_hz)
        self.steady = True
