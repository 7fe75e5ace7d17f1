"""The channel's delay profile: what power arrives when. It gives places that paths of equal strength don't upset.

The strongest path of one burst may be another one's second; the whole profile, laid over the usual one, moves only if
the clock does. Profiles are of the wide window of sch (14 taps, two samples each).
"""

import numpy as np
from numpy.typing import NDArray

from sensor.gsm import equaliser, sch
from sensor.gsm.downconvert import SAMPLES_A_SYMBOL
from sensor.gsm.equaliser import Channels

SHIFTS = 3 * SAMPLES_A_SYMBOL  # samples to either side that a burst's profile may be away
GAIN = 0.3  # of a batch's profile
HABIT = 0.01  # of the energy that another window must hold more before it is taken


class DelayProfile:
    """The usual profile, and the equaliser's window in it (`window`: samples from the wide window's start)."""

    def __init__(self) -> None:
        self.window = SAMPLES_A_SYMBOL * (sch.FIRST_TAP - 2)
        self._usual: NDArray[np.float64] | None = None

    def shifts(self, h: Channels, trust: NDArray[np.float64]) -> NDArray[np.float64]:
        """How many samples later (bursts,) each burst came than where its channel h was read.

        `trust`: quality of each; the best one is the usual profile as long as there is none.
        """
        if not len(h):
            return np.zeros(0)
        heights = profile_heights(h)
        if self._usual is None:
            self._usual = heights[int(np.argmax(trust))]
        lags = np.arange(-SHIFTS, SHIFTS + 1)
        padded = np.pad(self._usual, SHIFTS)
        length = heights.shape[1]
        moved = np.stack([padded[SHIFTS - lag : SHIFTS - lag + length] for lag in lags])
        likeness = heights @ moved.T
        best = np.clip(np.argmax(likeness, axis=1), 1, len(lags) - 2)
        rows = np.arange(len(best))
        left, middle, right = (likeness[rows, best + d] for d in (-1, 0, 1))
        bend = np.minimum(left - 2 * middle + right, -1e-30)
        result: NDArray[np.float64] = lags[best] + np.clip(0.5 * (left - right) / bend, -1, 1)
        return result

    def learn(self, h: Channels) -> bool:
        """Takes in channels (bursts, 14, 2) read where the lock says; whether the equaliser's window has moved."""
        if not len(h):
            return False
        fresh = profile_heights(h).mean(axis=0)
        self._usual = fresh if self._usual is None else (1 - GAIN) * self._usual + GAIN * fresh
        starts = np.arange(0, SAMPLES_A_SYMBOL * (sch.TAPS - equaliser.TAPS) + 1)
        power = self._usual**2
        energy = np.array([power[at : at + SAMPLES_A_SYMBOL * equaliser.TAPS].sum() for at in starts])
        energy -= 1e-3 * energy.max() * np.abs(starts - SAMPLES_A_SYMBOL * (sch.FIRST_TAP - 2))
        best = int(starts[int(np.argmax(energy))])
        if energy[best] <= energy[self.window] + HABIT * energy.max():
            return False
        self.window = best
        return True

    def cut(self, h: Channels) -> Channels:
        """The equaliser's eight taps out of channels (bursts, 14, 2)."""
        flat = h.reshape(len(h), -1)[:, self.window : self.window + SAMPLES_A_SYMBOL * equaliser.TAPS]
        return flat.reshape(len(h), equaliser.TAPS, SAMPLES_A_SYMBOL)


def profile_heights(h: Channels) -> NDArray[np.float64]:
    """Heights (bursts, samples) of the channels' samples, what is noise taken off."""
    power = (np.abs(h.reshape(len(h), -1)) ** 2).astype(np.float64)
    noise = np.sort(power, axis=1)[:, : power.shape[1] // 2].mean(axis=1, keepdims=True)
    heights: NDArray[np.float64] = np.sqrt(np.clip(power - 2 * noise, 0, None))
    return heights
